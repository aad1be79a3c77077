"""Batches to fill a book with."""

from decimal import Decimal

import pyarrow as pa

from hengtan.facts import FactRefused


def batch(number, rows=20):
    """Rows that no other batch has."""
    return pa.table(
        {
            "activity_id": [f"b{number}-{row}" for row in range(rows)],
            "quantity": pa.array([Decimal(number * rows + row) / 1000 for row in range(rows)], pa.decimal128(18, 6)),
            "unit": ["kWh"] * rows,
        }
    )


def filled(book, count, rows=20, first=0):
    """The entries of that many batches, appended."""
    return [
        book.add(batch(number, rows), kind="activities", who="import", name=f"{number}.parquet")
        for number in range(first, first + count)
    ]


def refusal(act):
    """Code and file of the refusal, or None when nothing was refused."""
    try:
        act()
    except FactRefused as refused:
        return refused.problem.code, refused.problem.file
    return None


def overwritten(path, data):
    """The file with other bytes, in place: a disk that went bad, or a hand that reached in."""
    path.chmod(0o644)
    path.write_bytes(data)


def flipped(data, place, bit=0):
    """The bytes with one bit turned."""
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    return bytes(changed)
