"""What a process does to a store of facts while the fault suite stops it.

``python facts_work.py FOLDER WORD...``: ``N`` appends batches until the book has that many, ``rows N`` the same with tables,
``compact`` and ``sweep`` do that, ``remove`` removes the object of the second batch. Prints ``ack WORD`` when the word was done, ``entry SEQUENCE ID`` for every append that was
acknowledged, ``failed CODE`` when something was refused. Books have thousands of four entries here, packs two objects.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from hengtan.facts import Book, Store, entry, sequence
from hengtan.problems import HengtanError

WHEN = datetime(2026, 3, 31, 8, tzinfo=UTC)
SMALL_THOUSAND = 4


def content(number):
    """The bytes of batch ``number``; more than a page of the disk."""
    return b"meter,kWh\n" + b"%d,12.5\n" % number * 700


def table(number):
    """The rows of batch ``number``."""
    import pyarrow as pa

    return pa.table({"activity_id": [f"{number}-{row}" for row in range(5)], "kwh": range(number, number + 5)})


def shrink():
    """So that a short book has bundles and packs."""
    entry.THOUSAND = sequence.THOUSAND = SMALL_THOUSAND


def main(folder, words):
    shrink()
    store = Store(folder)
    book = Book(store, "energy")
    kind = "bytes"
    try:
        for word in words:
            if word == "rows":
                kind = "rows"
            elif word == "compact":
                from hengtan.facts import merge

                merge.FEW = 2
                book.compact()
            elif word == "remove":
                store.remove([book.history()[1].manifest.digest])
            elif word == "sweep":
                store.sweep()
            else:
                for number in range(int(word)):
                    what = table(number) if kind == "rows" else content(number)
                    done = book.add(what, kind=kind, who="a writer", when=WHEN, name=str(number))
                    print("entry", done.sequence, done.manifest.id, flush=True)
            print("ack", word, flush=True)
    except HengtanError as refused:
        print("failed", refused.problems[0].code, flush=True)
        raise SystemExit(2) from None


def begin(folder, *words):
    """As a child of the nursery."""
    main(Path(folder), words)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
