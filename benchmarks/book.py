"""The book of carbon assets: a million postings computed again from their records, by the number of postings.

``python -m benchmarks.book`` runs this part alone and prints its table; ``BENCH_BOOK="0.01 0.1 1"`` names the sizes in million postings.
The records lie in a book's database as the store writes them and are read by it. Every group of four is a purchase, a transfer, a sale and a
surrender that split lots; the laws of the book are checked on the way. Posting through the store, with its constraints and its entry, is
timed apart, over 300 postings.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hengtan.ledger import canonical
from hengtan.market.book import Account, Store, read_event
from hengtan.market.book.lite import Cursor, connect
from hengtan.market.book.proved import Folder
from hengtan.market.book.replay import replay

TARGETS = {"postings_per_s": 50_000}
ACCOUNTS = 50
POSTED = 300


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
    ]


if __name__ == "__main__":
    print("\n".join(lines(run(Path(__file__).parent / "work", 2))))
