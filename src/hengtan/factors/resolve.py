"""The choice of a factor: declared rules, nothing guessed, and a class for how good the match is (contract, section 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import log

from hengtan.problems import Problem
from hengtan.units import Unit, UnitError, UnitMismatchError, conversion, parse

from .gwp_rules import coefficients
from .library import Library
from .mapping import datasets_of, stem
from .pinned import resolve_pinned
from .placing import category_in, place
from .policy import CLASSES, Policy, Tier
from .question import Choice, Considered, Query, Refusal, worse
from .refusal import abstract, not_found, unknown_type
from .regions import WORLD, find_region, near_regions, parents
from .shelf import Row, shelf_of
from .taxonomy import ActivityType, find_type, kinds, told_types, types

_FEW = 5  # places whose rows may be named as nearest
_NAMED = 3  # rows of other places that are named where the policy has no rule
_ANYWHERE = 9  # how far away a row counts whose region does not matter


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A row that may be seen. level: 0 the same region, n its nth parent; back: years; match: "" when too old."""

    row: Row
    level: int
    back: int
    match: str


@dataclass(frozen=True, slots=True)
class _Found:
    row: Row
    match: str
    per_unit: Fraction
    considered: tuple[Considered, ...]


def resolve(
    query: Query, *, basis: str, library: Library, policy: Policy, as_of: date | None = None, gwp: str = "AR5"
) -> Choice | Refusal:
    """The factor for a row, or the problems that say why there is none and what came near.

    basis   "location" or "market"; outside scope 2 both give the same
    policy  ``load_policy("default")`` takes the country's own
    as_of   factors published later are not seen
    gwp     the set of the run: of rows that a publisher states in several sets, the one in this set
    """
    region = find_region(query.region) if query.region.strip() else None
    if region is None and query.region.strip():
        near = ", ".join(near_regions(query.region)) or "-"
        return (Problem("region.unknown", column="region", values={"region": query.region, "near": near}),)
    policy = policy.at(region.country if region else "")
    kind = find_type(query.activity_type) if query.activity_type.strip() else None
    if query.factor_id.strip():
        return resolve_pinned(query, kind, region, basis=basis, library=library, policy=policy, as_of=as_of)
    if kind is None:
        return (unknown_type(query.activity_type),)
    if region is None:
        return (Problem("region.missing", column="region", values=told_types("type", kind.id)),)
    unit: Unit | None = None
    if query.unit.strip():
        try:
            unit = parse(query.unit)
        except UnitError as error:
            return (Problem(error.problem_code, column="unit", values=error.values),)
    mobile = types().get(f"{kind.id}.mobile")
    if mobile and category_in(query.category, 1) == "mobile":
        kind = mobile
    frame = _Frame(unit, region.code, query.year, as_of, gwp, policy, library)
    return _Search(frame, kind).choice(query, basis)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a search has in common with that for another type."""

    unit: Unit | None
    region: str
    year: int
    as_of: date | None
    gwp: str
    policy: Policy
    library: Library


class _Search:
    """One search: the same question put to tier after tier."""

    def __init__(self, frame: _Frame, kind: ActivityType) -> None:
        self.frame, self.kind = frame, kind
        self.unit, self.region, self.year, self.as_of = frame.unit, frame.region, frame.year, frame.as_of
        self.gwp, self.policy, self.library = frame.gwp, frame.policy, frame.library
        self.shelf = shelf_of(frame.library)
        self.fuel = kind.carrier == "fuel"
        self.chain = (frame.region, *parents(frame.region))

    def choice(self, query: Query, basis: str) -> Choice | Refusal:
        rule = self.policy.rule(self.kind.id)
        warnings: tuple[Problem, ...] = ()
        substitute = False
        found: _Found | Refusal | None = None
        market = basis == "market" and self.kind.scope == 2
        if market and rule and rule.market:
            found = self.in_tiers(rule.market)
        if not isinstance(found, _Found):
            if market and self.policy.without_residual_mix == "refuse":
                return (Problem("choice.residual-mix-missing", values=self.values()),)
            found, substitute = self.in_tiers(rule.order if rule else ()), market
        if isinstance(found, tuple):
            return found
        factor = self.library.get(found.row.id)
        if factor is None:  # the row was read from this library
            raise LookupError(found.row.id)
        placed = place(factor, self.kind, query.scope, query.category, pinned=False)
        if isinstance(placed, Problem):
            return (placed,)
        if substitute:
            warnings = (Problem("choice.no-residual-mix", values=self.values() | {"factor": found.row.id}),)
        return Choice(
            factor,
            "proxy" if substitute else found.match,
            self.policy.name,
            basis if placed.scope == 2 else "-",
            placed.scope,
            placed.category,
            found.per_unit,
            found.considered,
            (*warnings, *placed.warnings),
        )

    def values(self) -> dict[str, str]:
        return {
            **told_types("type", self.kind.id),
            "unit": self.unit.symbol if self.unit else "-",
            "region": self.region,
            "year": str(self.year),
        }

    def in_tiers(self, tiers: Sequence[Tier]) -> _Found | Refusal:
        """What the first tier with an answer says; else why none has one."""
        seen: list[_Candidate] = []
        refusals: list[tuple[_Candidate, UnitMismatchError]] = []
        for tier in tiers:
            candidates = list(self.candidates(tier))
            usable = [candidate for candidate in candidates if candidate.match]
            found = self.best(usable, refusals)
            if found is not None:
                return found
            seen += candidates
        if not seen and not self.anything(tiers):
            below = self.kinds_with_rows(tiers)
            if below:
                return (abstract(below, self.values()),)
        rows = [candidate.row for candidate in seen] or list(self.elsewhere(tiers) if tiers else self.abroad())
        datasets = [name for tier in tiers for name in (*tier.datasets, *tier.factors)]
        return not_found(self.values(), datasets, rows, [(c.row, error) for c, error in refusals])

    def candidates(self, tier: Tier) -> Iterator[_Candidate]:
        """The rows of a tier in the region and around it that are published and not later than the year."""
        chain = (*self.chain, WORLD) if tier.world and WORLD not in self.chain else self.chain
        for by_region in self.shelf.rows(self.kind.id, tier.datasets):
            if tier.anywhere:
                for region, rows in by_region.items():
                    level = self.chain.index(region) if region in self.chain else _ANYWHERE
                    yield from self.judged(rows, level, tier)
            else:
                for level, region in enumerate(chain):
                    yield from self.judged(by_region.get(region, ()), level, tier)
        for factor_id in tier.factors:
            row = self.shelf.single(factor_id)
            if row is not None and (row.region in chain or tier.anywhere or not row.region):
                yield from self.judged((row,), chain.index(row.region) if row.region in chain else 0, tier)

    def judged(self, rows: Sequence[Row], level: int, tier: Tier) -> Iterator[_Candidate]:
        for row in rows:
            if self.as_of is not None and row.published > self.as_of:
                continue
            back = row.back(self.year)
            if back is None:
                continue
            match = "exact"
            if back:
                match = "earlier-year" if back <= self.policy.earlier_years else ""
            if match and level:
                match = worse(match, "proxy" if level == _ANYWHERE else "parent-region")
            if match and tier.match:
                match = worse(match, tier.match)
            if match not in self.policy.classes:
                match = ""
            yield _Candidate(row, level, back, match)

    def best(
        self, usable: Sequence[_Candidate], refusals: list[tuple[_Candidate, UnitMismatchError]]
    ) -> _Found | Refusal | None:
        """The best of the usable rows whose unit converts; a problem where two are equally good and differ."""
        ranked: list[tuple[tuple[object, ...], _Candidate, Fraction]] = []
        for candidate in usable:
            row = candidate.row
            try:
                per_unit = Fraction(1) if self.unit is None else conversion(self.unit, row.unit, fuel=self.fuel)
            except UnitMismatchError as error:
                refusals.append((candidate, error))
                continue
            newest = -(row.valid_from.toordinal() if row.valid_from else 0)
            other_set = row.total_only and row.gwp_set not in ("", self.gwp)
            rank = (CLASSES.index(candidate.match), candidate.level, candidate.back, other_set, newest)
            ranked.append((rank, candidate, per_unit))
        if not ranked:
            return None
        top = min(rank for rank, _, _ in ranked)
        level = [(candidate, per_unit) for rank, candidate, per_unit in ranked if rank == top]
        chosen, per_unit = min(level, key=lambda one: (*self.distance(one[0].row), one[0].row.id))
        for other, other_per_unit in level:
            if self.differs((chosen.row, per_unit), (other.row, other_per_unit)):
                pair = ", ".join(sorted((chosen.row.id, other.row.id)))
                return (Problem("factor.ambiguous", values=self.values() | {"factors": pair}),)
        return _Found(chosen.row, chosen.match, per_unit, self.passed_over(chosen, ranked))

    def distance(self, row: Row) -> tuple[int, float]:
        """Rows of one publisher in several units: the same unit first, then the nearest in size."""
        if self.unit is None or row.unit.symbol == self.unit.symbol:
            return (0, 0.0)
        return (1, abs(log(row.unit.scale / self.unit.scale)))

    def differs(self, one: tuple[Row, Fraction], other: tuple[Row, Fraction]) -> bool:
        """Two rows that are not the same line of one publisher in two units, and say different things."""
        a, b = one[0], other[0]
        if a.id == b.id or (a.dataset == b.dataset and stem(a.name) == stem(b.name) and a.unit != b.unit):
            return False
        return self.content(*one) != self.content(*other)

    def content(self, row: Row, per_unit: Fraction) -> object:
        factor = self.library.get(row.id)
        found = coefficients(factor, self.gwp) if factor else ()
        if isinstance(found, tuple):
            return row.id
        gases = (found.co2_kg, found.ch4_kg, found.n2o_kg, found.co2e_kg, found.biogenic_co2_kg)
        return tuple(None if kg is None else kg * per_unit for kg in gases)

    def passed_over(
        self, chosen: _Candidate, ranked: Sequence[tuple[tuple[object, ...], _Candidate, Fraction]]
    ) -> tuple[Considered, ...]:
        rest = sorted(((rank, c) for rank, c, _ in ranked if c.row.id != chosen.row.id), key=lambda one: one[0])
        return tuple(Considered(c.row.id, c.match, *_why(c, chosen, self.gwp)) for _, c in rest[:5])

    def anything(self, tiers: Sequence[Tier]) -> bool:
        """True when some tier holds any row of this type, whatever its region and year."""
        return any(self.shelf.rows(self.kind.id, tier.datasets) or tier.factors for tier in tiers)

    def elsewhere(self, tiers: Sequence[Tier]) -> Iterator[Row]:
        """Rows of this type that do not answer: later ones here, else those of other places, when they are few."""
        for tier in tiers:
            for by_region in self.shelf.rows(self.kind.id, tier.datasets):
                here = [row for region in (*self.chain, WORLD) for row in by_region.get(region, ())]
                yield from here or ([rows[-1] for rows in by_region.values()] if len(by_region) <= _FEW else ())

    def abroad(self) -> list[Row]:
        """Where the policy has no rule for the type: what others publish for it, never taken but shown, to be pinned."""
        found: list[tuple[tuple[object, ...], Row]] = []
        for listed, name in enumerate((self.kind.id, *kinds(self.kind.id))):
            rows = [
                row
                for by_region in self.shelf.rows(name, datasets_of(name))
                if len(by_region) <= _FEW
                for rows in by_region.values()
                for row in rows
                if row.back(self.year) is not None and (self.as_of is None or row.published <= self.as_of)
            ]
            same = [row for row in rows if self.unit is None or row.unit.group == self.unit.group]
            if same:
                row = min(same, key=lambda row: (row.back(self.year), *self.distance(row), row.id))
                # The type itself before its kinds, the general kinds before the special ones, then as they are listed.
                found.append(((bool(listed), row.back(self.year), self.distance(row)[0], name.count("."), listed), row))
        return [row for _, row in sorted(found, key=lambda one: one[0])[:_NAMED]]

    def kinds_with_rows(self, tiers: Sequence[Tier]) -> list[str]:
        """Types below this one that have rows in the region or around it, the nearest to what is asked first.

        Near: a row that may be used, in the unit of the row or one that converts, of the region itself, of the year.
        """
        found: list[tuple[tuple[object, ...], str]] = []
        for listed, name in enumerate(kinds(self.kind.id)):
            below = _Search(self.frame, types()[name])
            rule = self.policy.rule(name)
            near = [
                (not one.match, self.unit is not None and one.row.unit.group != self.unit.group, one.level, one.back)
                for tier in (rule.order if rule else tiers)
                for one in below.candidates(tier)
            ]
            if near:
                found.append(((*min(near), name.count("."), listed), name))
        return [name for _, name in sorted(found)]


def _why(candidate: _Candidate, chosen: _Candidate, gwp: str) -> tuple[str, str]:
    """Why a row stood behind the chosen one."""
    row = candidate.row
    if candidate.level > chosen.level:
        return f"of a larger region, {row.region}", f"属于更大的区域 {row.region}"
    if candidate.back > chosen.back:
        return (
            f"{candidate.back} year{'s' if candidate.back > 1 else ''} before the activity",
            f"早于活动年份 {candidate.back} 年",
        )
    if candidate.match != chosen.match:
        return "a worse match", "匹配等级较低"
    if row.total_only and row.gwp_set not in ("", gwp):
        return f"in GWP set {row.gwp_set}", f"采用 {row.gwp_set} GWP"
    if row.valid_from != chosen.row.valid_from:
        return "an older edition", "较早的版本"
    return f"per {row.unit.symbol}, another unit", f"以 {row.unit.symbol} 计，单位不同"
