"""Sampling of posted rows by their mass: every kilogram has the same chance, so a large row is looked at and a small one may be.

Monetary unit sampling as auditors of accounts use it (ISA 530, appendix 1; AICPA Audit Guide "Audit Sampling"), with kg CO2e in the place of money:

    materiality     what a reader would mind: a percent of the total, chosen by the verifier
    performance     a part of it, so that what stays unfound together with what is found does not exceed it
    interval        performance / confidence factor; the factor is the Poisson upper limit of no misstatement (95 %: 3.00)
    top stratum     every row of the interval or more; all of them are tested
    drawn           of the others, in the order of the run: the rows that hold the points start, start + interval, start + 2 interval ...

The start follows from a seed that is printed, as is the start itself, so that anybody draws the same rows again, with a spreadsheet.

>>> drawn = draw([("a", Decimal(500)), ("b", Decimal(40)), ("c", Decimal(80))], Decimal(100), "seed")
>>> [row.activity_id for row in drawn.top], drawn.low_kg
(['a'], Decimal('120'))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal, localcontext
from functools import cache
from hashlib import sha256
from pathlib import Path

from .totals import EXACT

CONFIDENCE = (80, 90, 95, 99)  # percent
MARK = b"hengtan-mus-1\n"  # what is hashed before the seed
_PLACES = Decimal(1).scaleb(-18)
_CENT = Decimal("0.01")
_WIDE = Context(prec=60)
_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class Plan:
    """kg CO2e throughout."""

    total_kg: Decimal
    materiality_kg: Decimal
    performance_kg: Decimal
    factor: Decimal
    interval_kg: Decimal


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row of the sample; place: in the order of the run, from 1; hits: points that it holds, 0 in the top stratum."""

    activity_id: str
    kg: Decimal
    place: int
    hits: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """start: the first point; rows and kg of the population above zero, and of the part below the interval."""

    start: Decimal
    top: tuple[Chosen, ...]
    drawn: tuple[Chosen, ...]
    rows: int
    low_rows: int
    low_kg: Decimal

    @property
    def top_kg(self) -> Decimal:
        """Of the rows that are all tested."""
        return total(row.kg for row in self.top)

    @property
    def drawn_kg(self) -> Decimal:
        """Of the rows that were drawn."""
        return total(row.kg for row in self.drawn)


@dataclass(frozen=True, slots=True)
class Side:
    """Misstatements of one direction: what was found, projected on what was not looked at, and the limit that it does not exceed.

    limit = projected + basic precision + incremental allowance, at the confidence of the plan
    """

    found_kg: Decimal
    projected_kg: Decimal
    basic_kg: Decimal
    allowance_kg: Decimal

    @property
    def limit_kg(self) -> Decimal:
        """The upper limit of the misstatement."""
        return total((self.projected_kg, self.basic_kg, self.allowance_kg))


def plan(total_kg: Decimal, materiality_pct: Decimal, performance_pct: Decimal, confidence: int) -> Plan:
    """The interval of a sample. Masses have eighteen decimals, half-even."""
    factor = confidence_factor(confidence, 0)
    with localcontext(_WIDE):
        materiality = _placed(total_kg * materiality_pct / 100)
        performance = _placed(materiality * performance_pct / 100)
        return Plan(total_kg, materiality, performance, factor, _placed(performance / factor))


def draw(rows: Iterable[tuple[str, Decimal]], interval: Decimal, seed: str) -> Drawn:
    """The sample of rows (activity id, kg) in their order; those of 0 or less cannot be drawn."""
    if interval <= 0:
        raise ValueError("an interval is above zero")
    start = first_point(interval, seed)
    top: list[Chosen] = []
    drawn: list[Chosen] = []
    count, low, point, passed = 0, 0, start, Decimal(0)
    with localcontext(EXACT):
        for place, (name, kg) in enumerate(rows, 1):
            if kg <= 0:
                continue
            count += 1
            if kg >= interval:
                top.append(Chosen(name, kg, place, 0))
                continue
            low += 1
            passed += kg
            hits = 0
            while point <= passed:
                hits, point = hits + 1, point + interval
            if hits:
                drawn.append(Chosen(name, kg, place, hits))
    return Drawn(start, tuple(top), tuple(drawn), count, low, passed)


def first_point(interval: Decimal, seed: str) -> Decimal:
    """Above 0 and at most the interval: the interval times (SHA-256 of the seed + 1) / 2^256, half-even to eighteen decimals."""
    number = int.from_bytes(sha256(MARK + seed.encode()).digest(), "big") + 1
    with localcontext(Context(prec=140)):
        return max(_PLACES, (interval * number / 2**256).quantize(_PLACES, ROUND_HALF_EVEN))


def evaluate(
    top: Iterable[tuple[Decimal, Decimal]],
    drawn: Iterable[tuple[Decimal, Decimal, int]],
    interval: Decimal,
    confidence: int,
) -> tuple[Side, Side]:
    """Over- and understatement, from (book, audited) of the top stratum and (book, audited, hits) of what was drawn.

    A drawn row stands for the interval: its tainting (misstatement / book) times the interval for each point that it holds.
    The allowance orders the projections and weighs each by how much the next confidence factor is more than 1 above the last.
    """
    sure, projected = ([], []), ([], [])  # type: tuple[list[Decimal], list[Decimal]], tuple[list[Decimal], list[Decimal]]
    found = ([], [])  # type: tuple[list[Decimal], list[Decimal]]
    with localcontext(_WIDE):
        for book, audited in top:
            side = 0 if book > audited else 1
            sure[side].append(abs(book - audited))
            found[side].append(abs(book - audited))
        for book, audited, hits in drawn:
            if book == audited:
                continue
            side = 0 if book > audited else 1
            found[side].append(abs(book - audited))
            projected[side].extend([_placed(abs(book - audited) * interval / book)] * hits)
        return (
            _side(found[0], sure[0], projected[0], interval, confidence),
            _side(found[1], sure[1], projected[1], interval, confidence),
        )


def _side(
    found: Sequence[Decimal], sure: Sequence[Decimal], projected: Sequence[Decimal], interval: Decimal, confidence: int
) -> Side:
    basic = interval * confidence_factor(confidence, 0)
    allowance = Decimal(0)
    for number, each in enumerate(sorted(projected, reverse=True), 1):
        step = confidence_factor(confidence, number) - confidence_factor(confidence, number - 1) - 1
        allowance += each * max(step, Decimal(0))
    return Side(total(found), total((*sure, *projected)), basic, allowance)


@cache
def confidence_factor(confidence: int, misstatements: int) -> Decimal:
    """The mean of the Poisson distribution of which so few or fewer have the chance 100 - confidence percent, rounded up to two decimals.

    These are the confidence factors of the tables: 95 %: 3.00, 4.75, 6.30, 7.76 ...
    """
    with localcontext(Context(prec=40)):
        wanted, low, high = Decimal(100 - confidence) / 100, Decimal(0), Decimal(misstatements * 2 + 30)
        for _step in range(60):
            middle = (low + high) / 2
            term = chance = (-middle).exp()
            for number in range(1, misstatements + 1):
                term = term * middle / number
                chance += term
            low, high = (middle, high) if chance > wanted else (low, middle)
        return high.quantize(_CENT, ROUND_CEILING)


def population(folder: Path, basis: str) -> Iterator[tuple[str, Decimal]]:
    """Activity id and kg CO2e of the rows within the scopes, scope 2 on this basis, in the order of the run."""
    import pyarrow.parquet as pq  # noqa: PLC0415  plans and evaluations need none

    with pq.ParquetFile(folder / "emissions.parquet") as file:
        for batch in file.iter_batches(_AT_ONCE, columns=["activity_id", "scope", "basis", "co2e_kg"]):
            columns = batch.to_pydict()
            for name, scope, of, kg in zip(
                *(columns[each] for each in ("activity_id", "scope", "basis", "co2e_kg")), strict=True
            ):
                if scope is not None and of in ("-", basis):
                    yield name, kg


def total(values: Iterable[Decimal]) -> Decimal:
    """An exact sum."""
    with localcontext(EXACT):
        return sum(values, Decimal(0))


def _placed(value: Decimal) -> Decimal:
    return value.quantize(_PLACES, ROUND_HALF_EVEN)
