"""What goes over the wire for carbon assets."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from hengtan.market.book.posting import LARGEST_QUANTITY

from .wire import Problem

TEXT: Any = Field("", max_length=200)
UNITS: Any = Field(0, ge=0, le=LARGEST_QUANTITY)
CNY: Any = Field("", max_length=30, description="CNY, at most two decimals.")


class AssetAccountIn(Schema):
    """A registry account; its name in the book never changes."""

    key: str = Field(min_length=1, max_length=60)
    entity: str = Field(min_length=1, max_length=200)
    registry: str = TEXT
    number: str = TEXT


class AssetAccountOut(AssetAccountIn):
    """As it stands."""

    id: int


class AssetHoldingOut(Schema):
    """A line of the position. ``usable``: free units that may be surrendered for the year; null where that is no question."""

    instrument: str
    kind: str
    source: str
    unit: str
    held: int
    frozen: int
    lent: int
    usable: int | None
    state: str
    reason: str
    value_cny: str | None
    quote_cny: str | None = Field(description="By which it is valued, CNY a unit.")
    quote_day: date | None


class AssetEventIn(Schema):
    """What happened: the fields of `hengtan assets template KIND`, as text; ``serials`` is a list of SERIES:FIRST-LAST."""

    event: dict[str, str | int | list[str]] = Field(max_length=60)
    key: str = Field("", max_length=120, description="The same key again is the event that is there.")


class AssetProposalOut(Schema):
    """An event that waits or was decided."""

    id: int
    kind: str
    event: dict[str, Any]
    state: str
    source: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    reason: str
    posting: int | None = Field(description="The number of its posting.")


class AssetReasonIn(Schema):
    """Why."""

    reason: str = Field("", max_length=300)


class AssetDecideIn(Schema):
    """Several events and what is said of them; each is posted or refused by itself."""

    ids: list[int] = Field(min_length=1, max_length=200)
    verdict: Literal["approve", "reject"]
    reason: str = Field("", max_length=300, description="Needed to turn them down.")


class AssetDecidedOut(Schema):
    """What became of one: ``posting`` its number; ``problems`` why it was refused and still waits."""

    id: int
    posting: int | None
    problems: list[Problem]


class AssetPostingOut(Schema):
    """A posting; ``record`` is what the ledger commits to, ``ledger_index`` null while it waits."""

    id: int
    number: int
    kind: str
    day: date
    entity: str
    quantity: int
    reverses: int | None
    record: dict[str, Any]
    posted_at: datetime
    ledger_index: int | None


class AssetUnitOut(Schema):
    """Units with one range of numbers in one place; numbers as text, both ends included."""

    id: int
    instrument: str
    kind: str
    account: str
    place: str
    contract: str
    series: str
    first: str
    last: str
    quantity: int
    batch: int
    origin: str
    since: date


class AssetLineOut(Schema):
    """What a posting did to an instrument on the account."""

    posting: int
    day: date
    kind: str
    instrument: str
    change: int
    after: int
    contract: str


class AssetStatementOut(Schema):
    """Opening, lines, closing; free, frozen and lent units count."""

    account: str
    first: date
    last: date
    opening: dict[str, int]
    lines: list[AssetLineOut]
    closing: dict[str, int]


class AssetPositionOut(Schema):
    """At cost and at the newest quote, CNY."""

    entity: str
    instrument: str
    quantity: int
    cost_cny: str
    value_cny: str | None
    unrealised_cny: str | None


class AssetResultOut(Schema):
    """What one posting came to, CNY."""

    posting: int
    day: date
    entity: str
    instrument: str
    use: str
    quantity: int
    proceeds_cny: str
    cost_cny: str
    result_cny: str | None


class AssetResultsOut(Schema):
    """By one method of cost."""

    method: str
    positions: list[AssetPositionOut]
    results: list[AssetResultOut]


class AssetQuoteIn(Schema):
    """One day of one symbol."""

    symbol: str = Field("CEA", min_length=1, max_length=60)
    day: date
    close: str = Field(min_length=1, max_length=30, description="CNY a unit.")
    open: str = CNY
    high: str = CNY
    low: str = CNY
    listed_t: int = UNITS
    listed_cny: str = CNY
    block_t: int = UNITS
    block_cny: str = CNY


class AssetQuotesIn(Schema):
    """Quotes; other prices for a known day are refused unless they are a correction."""

    quotes: list[AssetQuoteIn] = Field(min_length=1, max_length=5000)
    source: str = TEXT
    correct: bool = False


class AssetTakenOut(Schema):
    """How many are new, how many were there."""

    new: int
    known: int


class AssetStatementLineIn(Schema):
    """A line of a registry's statement."""

    instrument: str = Field(min_length=1, max_length=200)
    held: int = Field(ge=0, le=LARGEST_QUANTITY)
    frozen: int = UNITS
    serials: str = Field("", max_length=200, description="SERIES:FIRST-LAST")


class AssetRegistryStatementIn(Schema):
    """What a registry says of an account on a day."""

    account: str = Field(min_length=1, max_length=60)
    day: date
    lines: list[AssetStatementLineIn] = Field(max_length=5000)
    source: str = TEXT


class AssetBreaksOut(Schema):
    """What came of it."""

    statement: int
    breaks: int
    new: bool


class AssetBreakOut(Schema):
    """A difference; closed once somebody said why it is none any more."""

    id: int
    account: str
    day: date
    kind: str
    instrument: str
    numbers: str
    ours: int
    theirs: int
    closed: bool
    closed_by: str | None
    reason: str
