"""Facts: appending, the state of a book, reading before and after compaction, by the number of batches; digests by rows.

``python -m benchmarks.facts`` runs this part alone and prints its tables; ``BENCH_FACTS="100 1000"`` names the numbers of
batches of 1,000 rows each. An append is timed from the Arrow table to the acknowledged entry: Parquet written, object and
manifest durable, entry durable. Readers start cold (nothing read, nothing verified) in a warm page cache.
"""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from hengtan.facts import Book, Store, canonical_digest, rows_digest

ROWS = 1000
WINDOW = 100  # appends at the beginning and at the end that are compared
GROUPS = 650_000
PIECE = 16_384
MEGABYTES = 256
TARGETS = {"append_ms": 30.0, "growth": 1.5, "merged": 1.5, "canonical_s": 1.5}


def sizes() -> list[int]:
    """Numbers of batches, small ones first."""
    return sorted(int(word) for word in os.environ.get("BENCH_FACTS", "100 1000").split())


def batch(number: int) -> pa.Table:
    """1,000 activities; no two batches share one."""
    first = number * ROWS
    return pa.table(
        {
            "activity_id": [f"A-{first + row:09d}" for row in range(ROWS)],
            "facility": [f"Site {row % 37}" for row in range(ROWS)],
            "activity_type": [("electricity", "fuel.diesel", "travel.air")[row % 3] for row in range(ROWS)],
            "quantity": pa.array([Decimal(first + row) / 1000 for row in range(ROWS)], pa.decimal128(18, 6)),
            "unit": ["kWh"] * ROWS,
        }
    )


def run(work: Path, times: int) -> dict[str, Any]:
    """All of it; the fastest of several readings counts."""
    return {
        "sizes": [_of_size(work / f"facts_{size}", size, times) for size in sizes()],
        "digests": _digests(work, times),
    }


def _of_size(folder: Path, size: int, times: int) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    book, taken = Book(Store(folder), "bench"), []
    for number in range(size):
        table = batch(number)
        began = time.perf_counter()
        book.add(table, kind="activities", who="benchmark")
        taken.append((time.perf_counter() - began) * 1e3)
    small = _readings(folder, times)
    files = Store(folder).usage()
    compaction = _seconds(book.compact)
    merged = _readings(folder, times)
    after = Store(folder).usage()
    one = Store(folder).put_table(book.table(kind="activities"))
    single = min(_seconds(lambda: Store(folder).table(one)) for _ in range(times))
    found = {
        "batches": size,
        "append_ms": {
            "median": statistics.median(taken),
            "of_20_the_slowest": statistics.quantiles(taken, n=20)[-1],
            "first": statistics.median(taken[:WINDOW]),
            "last": statistics.median(taken[-WINDOW:]),
        },
        "files": files.objects + files.books,
        "state_s": small["state_s"],
        "read_s": small["read_s"],
        "compaction_s": compaction,
        "merged_state_s": merged["state_s"],
        "merged_read_s": merged["read_s"],
        "one_file_s": single,
        "files_after": after.objects + after.packs + after.books,
    }
    shutil.rmtree(folder)
    return found


def _readings(folder: Path, times: int) -> dict[str, float]:
    state, read = [], []
    for _ in range(times):
        book = Book(Store(folder), "bench")
        state.append(_seconds(book.as_of))
        read.append(_seconds(lambda book=book: book.table(kind="activities")))
    return {"state_s": min(state), "read_s": min(read)}


def _digests(work: Path, times: int) -> dict[str, float]:
    columns = [(name, "text") for name in ("facility", "month", "scope", "category", "basis", "factor_id", "co2e_kg")]
    pieces = list(_pieces())
    rows = pa.concat_tables(batch(number) for number in range(1000)).combine_chunks()
    large = work / "facts_large"
    large.write_bytes(os.urandom(1 << 20) * MEGABYTES)
    folder = work / "facts_of_one"
    shutil.rmtree(folder, ignore_errors=True)
    put = _seconds(lambda: Store(folder).put_file(large))
    (digest,) = Store(folder).digests()
    found = {
        "canonical_s": min(
            _seconds(lambda: canonical_digest("emissions", columns, pieces, GROUPS)) for _ in range(times)
        ),
        "rows_s": min(_seconds(lambda: rows_digest(rows.to_batches())) for _ in range(times)),
        "put_mb_per_s": MEGABYTES / put,
        "verify_mb_per_s": MEGABYTES / min(_seconds(lambda: Store(folder).verify(digest)) for _ in range(times)),
    }
    shutil.rmtree(folder)
    large.unlink()
    return found


def _pieces() -> Iterator[bytes]:
    """The texts of 650,000 groups, about 150 bytes each."""
    form = '["Facility %07d","2024-%02d","2","electricity","location","CN-EL-AVG-CN-2023","%d.123456789012345678"]'
    for first in range(0, GROUPS, PIECE):
        texts = [form % (number // 12, number % 12 + 1, number) for number in range(first, min(first + PIECE, GROUPS))]
        yield ("," * bool(first) + ",".join(texts)).encode()


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def lines(results: Mapping[str, Any]) -> list[str]:
    """The tables, as lines of Markdown."""
    found = [
        "## Facts",
        "",
        f"Batches of {ROWS:,} rows appended one by one to a book in a local folder, each durable before the next; then its state and",
        "all its rows read by a reader that starts cold, before and after compaction, and the same rows from one file.",
        "",
        "| batches | append, ms (median, 19 of 20 within) | of the first, the last hundred, ms | state, s | all rows, s | compaction, s "
        "| state after, s | all rows after, s | one file, s | files before, after |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for each in results["sizes"]:
        append = each["append_ms"]
        found.append(
            f"| {each['batches']:,} | {append['median']:.1f}, {append['of_20_the_slowest']:.1f} | {append['first']:.1f}, {append['last']:.1f} "
            f"| {each['state_s']:.3f} | {each['read_s']:.2f} | {each['compaction_s']:.2f} | {each['merged_state_s']:.3f} "
            f"| {each['merged_read_s']:.2f} | {each['one_file_s']:.2f} | {each['files']:,}, {each['files_after']:,} |"
        )
    return [*found, "", "| measure | figure | target |", "| --- | ---: | ---: |", *_measures(results), ""]


def _measures(results: Mapping[str, Any]) -> list[str]:
    large, digests = results["sizes"][-1], results["digests"]
    append, count = large["append_ms"], f"{large['batches']:,}"
    rows = [
        (f"append of {ROWS:,} rows, median of {count}, ms", append["median"], f"at most {TARGETS['append_ms']:g}"),
        (
            f"last hundred of {count} appends, times the first",
            append["last"] / append["first"],
            f"at most {TARGETS['growth']:g}",
        ),
        (
            f"{count} compacted batches read, times one file",
            large["merged_read_s"] / large["one_file_s"],
            f"at most {TARGETS['merged']:g}",
        ),
        (f"canonical digest of {GROUPS:,} groups, s", digests["canonical_s"], f"at most {TARGETS['canonical_s']:g}"),
        ("digest of a million rows in any order, s", digests["rows_s"], ""),
        (f"a file of {MEGABYTES} MB put, durable, MB/s", digests["put_mb_per_s"], ""),
        (f"a file of {MEGABYTES} MB verified, MB/s", digests["verify_mb_per_s"], ""),
    ]
    return [f"| {name} | {figure:,.2f} | {target} |" for name, figure, target in rows]


def main() -> None:
    """This part alone."""
    work = Path(__file__).parent / "work"
    work.mkdir(exist_ok=True)
    print("\n".join(lines(run(work, int(os.environ.get("BENCH_REPEAT", "2"))))))


if __name__ == "__main__":
    main()
