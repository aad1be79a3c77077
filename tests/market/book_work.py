"""What a process does to a book while the tests kill it: proposes and approves three events, says which posting was acknowledged."""

from pathlib import Path

from hengtan.market.book import read_event
from hengtan.market.book.proved import Folder


def approve(folder, start):
    book = Folder(Path(folder))
    for number in range(int(start), int(start) + 3):
        told = {
            "kind": "allocate",
            "day": "2026-09-30",
            "account": "A1",
            "instrument": "CEA25",
            "quantity": str(10**number),
        }
        with book.store() as store:
            proposal = store.propose(read_event(told), "li", key=f"k{number}")
        with book.store() as store:
            if store.proposal(proposal.id).state == "pending":
                store.approve(proposal.id, "wang")
        print("posted", number, flush=True)
        book.log()
        print("entered", number, flush=True)
