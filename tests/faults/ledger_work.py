"""What a process does to a log while the fault suite stops it: opens, appends, says what was acknowledged.

``python ledger_work.py FOLDER SIZE...`` appends batches until the log has each size in turn, and prints
``ack SIZE`` once ``append`` has returned, ``failed CODE`` when it was refused. ``record SIZE`` words post records instead,
``stamp`` posts one with the time of the clock, ``erase`` erases the record of entry 0.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from hengtan.ledger import Log, Records, event
from hengtan.ledger.keys import load
from hengtan.problems import HengtanError

NOW = datetime(2026, 3, 31, 8, tzinfo=UTC)


def entry(number):
    """Entry ``number`` of every log of the suite; long enough that a bundle is more than a page of the disk."""
    return b'{"kind":"test","n":"%d","pad":"%s"}' % (number, b"x" * 40)


def record(number):
    return {"by": "somebody", "n": str(number)}


def main(folder, words):
    private = folder / "private"
    try:
        with Log.open(folder, load(private / "key")) as log:
            records = Records(folder)
            if any(not word.isdigit() for word in words):
                records.settle(log)
            print("ack", log.size, flush=True)
            for word in words:
                if word == "erase":
                    records.erase(log, 0)
                elif word == "record":
                    records.post(log, [event("test.record", record(number), NOW) for number in range(2)])
                elif word == "stamp":
                    records.post(log, [event("test.stamp", record(log.size))])
                elif int(word) > log.size:
                    log.append([entry(number) for number in range(log.size, int(word))])
                print("ack", log.size, flush=True)
    except HengtanError as refused:
        print("failed", refused.problems[0].code, flush=True)
        raise SystemExit(2) from None


def begin(folder, *words):
    """As a child of the nursery."""
    main(Path(folder), words)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
