"""The book of carbon assets: double entry of numbered units and fen, append-only, approved by a second person.

>>> book = Book([Account("A1", "Sample Power")])
>>> given = {"kind": "allocate", "day": "2026-09-30", "account": "A1", "instrument": "CEA25", "quantity": "1000"}
>>> _ = book.post(read_event(given))
>>> book.balances()
[Balance(account='A1', code='CEA25', place='held', quantity=1000)]

An ``Event`` is decided by a view of the book into a ``Posting`` of whole lots that go and lots that come; ``Book`` keeps it in
memory, ``Store`` in a database whose constraints (``schema``) hold what must always hold. Rules of law come from ``market.rules``;
files are read above.
"""

from .book import Balance, Book, BrokenBookError
from .decide import Account, View, decide
from .event import Event, fen, read_event
from .instrument import Instrument, cea
from .posting import Batch, Claim, Lot, Money, Posting, Range
from .record import as_record, read_record
from .schema import schema, unmade
from .store import Proposal, Store
from .upgrade import upgrade

__all__ = [
    "Account",
    "Balance",
    "Batch",
    "Book",
    "BrokenBookError",
    "Claim",
    "Event",
    "Instrument",
    "Lot",
    "Money",
    "Posting",
    "Proposal",
    "Range",
    "Store",
    "View",
    "as_record",
    "cea",
    "decide",
    "fen",
    "read_event",
    "read_record",
    "schema",
    "unmade",
    "upgrade",
]
