"""What changed between two runs, and why: activity, factor, method, boundary and GWP effects that add up exactly.

Streams of the same place (facility, activity type, group of units, scope, category) are compared with each other, those
that also agree in year, region, pinned factor, method and instrument first. What only one run has is a change of

    boundary   where the facility or the activity type stands in one run alone, or the activity moved to another scope
               or category
    activity   else: the facility and the type are in both, the amount went from or to nothing
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

from .effects import EFFECTS, NOTHING, effects, side
from .stream import Place, Stream, Streams
from .totals import EXACT

BY = ("facility", "org_unit", "type", "category", "scope")
Name = tuple[str, str, int, str]


@dataclass(slots=True)
class Change:
    """kg before and after and the effects between; ``after == before + sum of effects``, exactly."""

    before: Decimal = NOTHING
    after: Decimal = NOTHING
    effects: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(EFFECTS, NOTHING))

    @property
    def total(self) -> Decimal:
        """after less before."""
        return EXACT.subtract(self.after, self.before)

    def add(self, other: Change) -> None:
        """Put another change to this one."""
        with localcontext(EXACT):
            self.before += other.before
            self.after += other.after
            for name in EFFECTS:
                self.effects[name] += other.effects[name]


@dataclass(slots=True)
class Entry:
    """The change of one activity type of one facility in one scope and category.

    unit        with the quantities before and after, where both runs count in units that convert; "" where they do not
    shared      the quantities times the organisation's share
    factors     factor ids before and after
    """

    facility: str
    org_unit: str
    kind: str
    scope: int
    category: str
    change: Change = field(default_factory=Change)
    unit: str | None = None
    quantities: tuple[Fraction, Fraction] | None = None
    shared: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    factors: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def rates(self) -> tuple[Decimal, Decimal, str] | None:
        """kg per unit that counts before and after, to 12 digits, and the unit; None where nothing counts."""
        if not self.unit or not all(self.shared):
            return None
        before, after = (
            _digits(Fraction(kg) / quantity)
            for kg, quantity in zip((self.change.before, self.change.after), self.shared, strict=True)
        )
        return before, after, self.unit

    def called(self, by: str) -> str:
        """The group it belongs to, by one of ``BY``."""
        if by == "category":
            return f"{self.scope}.{self.category}" if self.category else str(self.scope)
        if by == "type":
            return self.kind
        return str(getattr(self, by))


@dataclass(frozen=True, slots=True)
class Cause:
    """One effect on one activity type over all facilities, with the number of entries that have it.

    rates   kg per unit before and after and the unit, where they are the same in all of these entries
    """

    effect: str
    kind: str
    kg: Decimal
    entries: int
    rates: tuple[Decimal, Decimal, str] | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference between run A and run B on one basis of scope 2, in kg CO2e."""

    a: Streams
    b: Streams
    basis: str
    total: Change
    entries: tuple[Entry, ...]

    def by(self, name: str) -> dict[str, Change]:
        """Changes summed by one of ``BY``, the largest first."""
        return summed(self.entries, lambda entry: entry.called(name))

    def top(self, count: int = 10) -> list[tuple[Entry, str, Decimal]]:
        """The largest single effects: entry, effect and kg."""
        found = [(entry, name, kg) for entry in self.entries for name, kg in entry.change.effects.items() if kg]
        return sorted(found, key=lambda one: (-abs(one[2]), one[0].facility, one[0].kind, one[1]))[:count]

    def causes(self, count: int = 10) -> list[Cause]:
        """The largest effects by activity type."""
        found: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            for name, kg in entry.change.effects.items():
                if kg:
                    found.setdefault((name, entry.kind), []).append(entry)
        with localcontext(EXACT):
            causes = [
                Cause(
                    name, kind, sum((e.change.effects[name] for e in entries), NOTHING), len(entries), _rates(entries)
                )
                for (name, kind), entries in found.items()
            ]
        return sorted(causes, key=lambda cause: (-abs(cause.kg), cause.effect, cause.kind))[:count]

    def previous(self) -> dict[str, Any]:
        """The effects as a report's ``previous`` wants them, seen from run B."""
        change = self.total
        return {**change.effects, "total": change.total, "before_kg": change.before, "after_kg": change.after,
                "run": str(self.a.folder)}  # fmt: skip


def compare(a: Streams, b: Streams, basis: str = "location") -> Comparison:
    """The change from run ``a`` to run ``b``; ``basis`` location or market, for scope 2."""
    with localcontext(EXACT):
        ours = [[s for s in run.streams if s.place.basis in ("-", basis)] for run in (a, b)]
        apart = _Apart(*ours)
        entries: dict[Name, Entry] = {}
        for place, before, after in _matched(*(_by_place(streams) for streams in ours)):
            for one, other in _pairs(before, after):
                change = _change(one, other, a.gwp, b.gwp, apart.effect(place, before, after))
                name = _name(place)
                unit = (*before, *after)[0].org_unit
                entry = entries.setdefault(name, Entry(place.facility, unit, place.kind, place.scope, place.category))
                entry.change.add(change)
            _describe(entries, place, before, after)
    ranked = sorted(entries.values(), key=lambda e: (-abs(e.change.total), e.facility, e.kind, e.scope, e.category))
    total = Change()
    for entry in ranked:
        total.add(entry.change)
    return Comparison(a, b, basis, total, tuple(ranked))


def summed(entries: Iterable[Entry], name: Callable[[Entry], str]) -> dict[str, Change]:
    """Changes by a name, those with the largest difference first."""
    found: dict[str, Change] = {}
    for entry in entries:
        found.setdefault(name(entry), Change()).add(entry.change)
    return dict(sorted(found.items(), key=lambda item: (-abs(item[1].total), -item[1].before, item[0])))


def _digits(value: Fraction) -> Decimal:
    with localcontext(Context(prec=12)):
        return (Decimal(value.numerator) / Decimal(value.denominator)).normalize()


def _rates(entries: Sequence[Entry]) -> tuple[Decimal, Decimal, str] | None:
    found = {entry.rates for entry in entries}
    return found.pop() if len(found) == 1 else None


def _by_place(streams: Iterable[Stream]) -> dict[Place, list[Stream]]:
    found: dict[Place, list[Stream]] = {}
    for stream in streams:
        found.setdefault(stream.place, []).append(stream)
    return found


def _matched(
    a: dict[Place, list[Stream]], b: dict[Place, list[Stream]]
) -> Iterator[tuple[Place, list[Stream], list[Stream]]]:
    for place in dict.fromkeys((*a, *b)):
        yield place, a.get(place, []), b.get(place, [])


def _pairs(before: list[Stream], after: list[Stream]) -> Iterator[tuple[list[Stream], list[Stream]]]:
    """Streams that tell the same first, with the year where both runs cover the same years; then whatever is left."""
    years = {stream.year for stream in before} == {stream.year for stream in after}
    tellings: list[Callable[[Stream], Any]] = [lambda s: s.told, lambda _: ()]
    if years:
        tellings.insert(0, lambda s: (s.told, s.year))
    for telling in tellings:
        groups: dict[Any, tuple[list[Stream], list[Stream]]] = {}
        for at, streams in enumerate((before, after)):
            for stream in streams:
                groups.setdefault(telling(stream), ([], []))[at].append(stream)
        before, after = [], []
        for one, other in groups.values():
            if one and other:
                yield one, other
            else:
                before, after = [*before, *one], [*after, *other]
    if before or after:
        yield before, after


def _change(one: Sequence[Stream], other: Sequence[Stream], gwp_a: str, gwp_b: str, alone: str) -> Change:
    before, after = side(one, gwp_a), side(other, gwp_b)
    change = Change(before.kg, after.kg)
    if one and other:
        change.effects.update(effects(before, after))
    else:
        change.effects[alone] = after.kg - before.kg
    return change


class _Apart:
    """Which effect it is when a place stands in one run alone."""

    def __init__(self, a: Iterable[Stream], b: Iterable[Stream]) -> None:
        both = (list(a), list(b))
        facilities = [{s.place.facility for s in streams} for streams in both]
        kinds = [{s.place.kind for s in streams} for streams in both]
        self.facilities, self.kinds = facilities[0] & facilities[1], kinds[0] & kinds[1]
        # Rows that only pin a factor name no type: beside them nobody can say that a type is new.
        self.nameless = {(s.place.scope, s.place.category) for streams in both for s in streams if not s.place.kind}
        self.counted = [{_name(s.place) for s in streams} for streams in both]
        self.by_activity: list[dict[tuple[str, str], list[Name]]] = [{}, {}]
        for found, names in zip(self.by_activity, self.counted, strict=True):
            for name in names:
                found.setdefault(name[:2], []).append(name)

    def effect(self, place: Place, before: Sequence[Stream], after: Sequence[Stream]) -> str:
        """boundary or activity."""
        if before and after:
            return "activity"
        if place.facility not in self.facilities:
            return "boundary"
        if place.kind not in self.kinds and (place.scope, place.category) not in self.nameless:
            return "boundary"
        this, other = (0, 1) if before else (1, 0)
        here = _name(place)
        if here in self.counted[other]:
            return "activity"  # counted in units that do not convert
        there = self.by_activity[other].get(here[:2], ())
        return "boundary" if any(name not in self.counted[this] for name in there) else "activity"


def _name(place: Place) -> Name:
    return place.facility, place.kind, place.scope, place.category


def _describe(entries: dict[Name, Entry], place: Place, before: Sequence[Stream], after: Sequence[Stream]) -> None:
    entry = entries[_name(place)]
    factors = tuple(
        tuple(sorted({*known, *(s.factor_id for s in streams if s.factor_id and s.quantity)}))
        for known, streams in zip(entry.factors, (before, after), strict=True)
    )
    entry.factors = (factors[0], factors[1])
    if not any(s.quantity for s in (*before, *after)):
        return
    if entry.unit is not None:  # a second group of units in the same entry: the quantities do not add up
        entry.unit, entry.quantities, entry.shared = "", None, (Fraction(0), Fraction(0))
        return
    largest = max((*after, *before), key=lambda s: s.quantity)
    scale = largest.scale
    entry.unit = largest.unit
    entry.quantities = (_sum(s.quantity for s in before) / scale, _sum(s.quantity for s in after) / scale)
    entry.shared = (_sum(s.shared for s in before) / scale, _sum(s.shared for s in after) / scale)


def _sum(values: Iterable[Fraction]) -> Fraction:
    return sum(values, Fraction(0))
