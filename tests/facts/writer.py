"""One of several processes: ``main ROOT OPTIONS NUMBER COUNT [and all | same]`` appends and says what was acknowledged."""

import json
from datetime import UTC, datetime

import pyarrow as pa

from hengtan.facts import Book, Store, merge


def main(root, options, number, count, *words):
    store = Store(root, options=json.loads(options))
    book = Book(store, "energy")
    merge.FEW = 2
    for at in range(int(count)):
        mine = 0 if "same" in words else int(number)
        table = pa.table({"activity_id": [f"{mine}-{at}-{row}" for row in range(5)]})
        when = datetime(2026, 3, 31, tzinfo=UTC) if "same" in words else datetime.now(UTC)
        entry = book.add(table, kind="activities", who=f"writer {mine}", when=when)
        print(entry.sequence, entry.manifest.id, flush=True)
        if "all" in words and at % 7 == int(number):
            book.compact()
            store.sweep()
        if "all" in words and at % 5 == int(number):
            assert Book(Store(root), "energy").table(kind="activities").num_rows >= 5 * (at + 1)
