"""The book of carbon assets: a million postings computed again from their records, by the number of postings.

``python -m benchmarks.book`` runs this part alone and prints its table; ``BENCH_BOOK="0.01 0.1 1"`` names the sizes in million postings.
The records lie in a book's database as the store writes them and are read by it. Every group of four is a purchase, a transfer, a sale and a
surrender that split lots; the laws of the book are checked on the way. Posting through the store, with its constraints and its entry, is
timed apart, over 300 postings; what an account's statement of the last month and the costs of all cost to ask, by the number of postings.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hengtan.ledger import canonical
from hengtan.market.book import Account, Store, read_event, read_record
from hengtan.market.book.lite import Cursor, connect
from hengtan.market.book.movements import valued
from hengtan.market.book.proved import Folder
from hengtan.market.book.replay import replay
from hengtan.market.book.value import valuation

TARGETS = {"postings_per_s": 50_000}
ACCOUNTS = 50
POSTED = 300
ASKED = (1_000, 10_000, 100_000)
BEGINS = date(2022, 1, 1)
DAYS = 1_780


def sizes() -> list[int]:
    """Numbers of postings, small ones first."""
    return sorted(int(float(word) * 1_000_000) for word in os.environ.get("BENCH_BOOK", "0.01 0.1 1").split())


def records(count: int) -> Iterator[tuple[int, str, str]]:
    """(number, kind, record) of postings that stand."""
    instrument = {"code": "CEA25", "kind": "cea", "vintage": "2025"}
    for start in range(0, count, 4):
        batch, one, two = str(start // 4 + 1), f"A{start % ACCOUNTS}", f"A{(start + 1) % ACCOUNTS}"
        group: list[dict[str, Any]] = [
            {"act": "buy", "made": [[batch, "1", "100", one, "held"]], "batches": [[batch, "", "1", "100", "2026-10-12", "buy", instrument]],
             "money": [["price", f"cash:{one}", f"price:{one}", "974000"], ["fee", f"cash:{one}", f"fee:{one}", "974"]]},
            {"act": "transfer", "spent": [[batch, "1", "100", one, "held"]], "made": [[batch, "1", "40", two, "held"], [batch, "41", "100", one, "held"]]},
            {"act": "sell", "spent": [[batch, "41", "100", one, "held"]], "made": [[batch, "41", "90", one, "out"], [batch, "91", "100", one, "held"]],
             "money": [["price", f"price:{one}", f"cash:{one}", "490000"]]},
            {"act": "surrender", "spent": [[batch, "1", "40", two, "held"]], "made": [[batch, "1", "40", two, "surrendered"]], "claim": ["compliance", two, "2025"]},
        ]  # fmt: skip
        for place, told in enumerate(group, 1):
            event = {
                "account": one,
                "day": "2026-10-12",
                "instrument": "CEA25",
                "kind": told["act"],
                "quantity": "100",
                "reference": f"T{start + place}",
            }
            more = {"number": str(start + place), "day": "2026-10-12", "entity": one, "event": event, "kind": "assets.posted",
                    "proposed_by": "li", "approved_by": "wang", "posted_at": "2026-10-12 08:00:00+00:00"}  # fmt: skip
            yield start + place, str(told["act"]), canonical(told | more).decode()


def run(work: Path, times: int) -> dict[str, Any]:
    """All of it; the fastest of several readings counts."""
    return {
        "sizes": [_of_size(work / f"book_{size}", size, times) for size in sizes()],
        "posting_ms": _posting(work / "book_posting"),
        "asked": [_asked(work / f"book_asked_{size}", size) for size in ASKED],
    }


def _of_size(folder: Path, size: int, times: int) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    connection = connect(folder / "book.sqlite", create=True)
    _fill(connection, size)
    store, taken = Store(Cursor(connection), 1), []
    for _ in range(times):
        began = time.perf_counter(), time.process_time()
        found = replay(store.records())
        taken.append((time.perf_counter() - began[0], time.process_time() - began[1]))
        gone = found.count, found.broken
        del found  # a million lots of the last reading are not there at the next
        if gone != (size, []):
            raise SystemExit(f"{gone[0]} of {size}: {gone[1][:3]}")
    connection.close()
    shutil.rmtree(folder)
    wall, cpu = min(taken)
    return {"postings": size, "replay_s": wall, "cpu_s": cpu, "postings_per_s": size / wall}


def _fill(connection: sqlite3.Connection, size: int) -> None:
    """The rows of postings alone: what is measured reads nothing else."""
    connection.execute("PRAGMA foreign_keys = OFF")
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'book_posting'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO book_posting (organisation_id, number, proposal_id, kind, day, entity, contract, quantity, reverses, record, posted_at) "
        "VALUES (1, ?, ?, ?, '2026-10-12', '', '', 100, NULL, ?, '2026-10-12 08:00:00+00:00')",
        ((number, number, kind, record) for number, kind, record in records(size)),
    )
    connection.execute("COMMIT")


def _asked(folder: Path, size: int) -> dict[str, Any]:
    """Milliseconds of a statement of a month, of an account's whole statement, and seconds of all costs, in a book with all its rows."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    connection = connect(folder / "book.sqlite", create=True)
    _rows(connection, size)
    store = Store(Cursor(connection), 1)
    end = BEGINS + timedelta(days=DAYS)

    def best(act: Callable[[], object]) -> float:
        taken = []
        for _ in range(3):
            began = time.perf_counter()
            act()
            taken.append(time.perf_counter() - began)
        return min(taken)

    told = {
        "postings": size,
        "month_ms": best(lambda: store.statement("A1", end - timedelta(days=30), end)) * 1e3,
        "account_ms": best(lambda: store.statement("A1", BEGINS, end)) * 1e3,
        "costs_s": best(lambda: valued(store, "fifo")),
        "records_s": best(lambda: valuation((read_record(each) for each in store.records()), {each.key: each.entity for each in store.accounts()}, "fifo")),
    }  # fmt: skip
    connection.close()
    shutil.rmtree(folder)
    return told


def _rows(connection: sqlite3.Connection, size: int) -> None:
    """Accounts, batches, lots and money of the postings too, over five years, as the store writes them."""
    connection.execute("PRAGMA foreign_keys = OFF")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    write = connection.execute
    write("BEGIN")
    for number in range(ACCOUNTS):
        write(
            "INSERT INTO book_account (organisation_id, key, entity, registry, number) VALUES (1, ?, ?, '', '')",
            (f"A{number}", f"E{number % 8}"),
        )
    lots: dict[tuple[str, ...], int] = {}
    for number, kind, record in records(size):
        day = (BEGINS + timedelta(days=number * DAYS // size)).isoformat()
        told = json.loads(record.replace("2026-10-12", day))
        write(
            "INSERT INTO book_posting (organisation_id, number, proposal_id, kind, day, entity, contract, quantity, reverses, record, posted_at) "
            "VALUES (1, ?, ?, ?, ?, '', '', 100, NULL, ?, '')", (number, number, kind, day, json.dumps(told)),
        )  # fmt: skip
        for each in told.get("batches", ()):
            write(
                "INSERT INTO book_batch (organisation_id, number, posting, code, kind, vintage, project, methodology, region, market, series, first_number, "
                "last_number, day, origin) VALUES (1, ?, ?, 'CEA25', 'cea', 2025, '', '', '', '', '', 1, 100, ?, 'buy')", (int(each[0]), number, day),
            )  # fmt: skip
        for each in told.get("spent", ()):
            write("UPDATE book_lot SET spent_by = ? WHERE id = ?", (number, lots.pop(tuple(each))))
        for each in told.get("made", ()):
            made = write(
                "INSERT INTO book_lot (organisation_id, posting, batch, code, series, first_number, last_number, account, place, contract) "
                "VALUES (1, ?, ?, 'CEA25', '', ?, ?, ?, ?, '')", (number, int(each[0]), int(each[1]), int(each[2]), each[3], each[4]),
            )  # fmt: skip
            lots[tuple(each)] = made.lastrowid or 0
        for line, each in enumerate(told.get("money", ())):
            write("INSERT INTO book_money (organisation_id, posting, line, what, source, target, fen) VALUES (1, ?, ?, ?, ?, ?, ?)",
                  (number, line, *each[:3], int(each[3])))  # fmt: skip
    write("COMMIT")


def _posting(folder: Path) -> float:
    """Milliseconds of one proposal and its approval, two durable transactions, without the ledger's append."""
    shutil.rmtree(folder, ignore_errors=True)
    book = Folder(folder, create=True)
    with book.store() as store:
        store.add_account(Account("A1", "Sample"))
    told = {"kind": "allocate", "day": "2026-10-12", "account": "A1", "instrument": "CEA25", "quantity": "100"}
    began = time.perf_counter()
    for number in range(POSTED):
        with book.store() as store:
            proposal = store.propose(read_event(told), "li", key=str(number))
        with book.store() as store:
            store.approve(proposal.id, "wang")
    taken = (time.perf_counter() - began) * 1e3 / POSTED
    book.close()
    shutil.rmtree(folder)
    return taken


def lines(found: Mapping[str, Any]) -> list[str]:
    """A section of the results."""
    return [
        "## The book of carbon assets",
        "",
        f"Records read from the book's database and computed again, every law checked; posting: {found['posting_ms']:.1f} ms from proposal to approved posting.",
        "",
        "| postings | replay, s | processor s | postings / s | postings / processor s |",
        "| ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {each['postings']:,} | {each['replay_s']:.2f} | {each['cpu_s']:.2f} | {each['postings_per_s']:,.0f} | {each['postings'] / each['cpu_s']:,.0f} |"
            for each in found["sizes"]
        ),
        "",
        "Asked of a book with all its rows, 50 accounts, five years: the statement of an account for the last month and for all, and all costs and results (FIFO) "
        "from lots and money, beside the same from every record.",
        "",
        "| postings | statement of a month, ms | of all, ms | costs, s | costs from records, s |",
        "| ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {each['postings']:,} | {each['month_ms']:.1f} | {each['account_ms']:.1f} | {each['costs_s']:.2f} | {each['records_s']:.2f} |"
            for each in found.get("asked", ())
        ),
        "",
    ]


if __name__ == "__main__":
    print("\n".join(lines(run(Path(__file__).parent / "work", 2))))
