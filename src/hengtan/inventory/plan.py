"""The plan: every distinct key resolved once, in exact arithmetic, into lines of coefficients or into problems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from hengtan.factors import (
    Choice,
    Coefficients,
    Factor,
    Library,
    Query,
    find_region,
    find_type,
    parents,
    resolve,
)
from hengtan.factors.placing import category_in, scope_in
from hengtan.problems import Problem
from hengtan.units import conversion, parse

from .energy import energies_of_instrument, energy_of_row
from .gas_sum import GasSum
from .instruments import Cover, Instrument, allot, used_of
from .keys import Key
from .line import GASES, Line, Term
from .market import Market, Part, market_of
from .methodical import Applied, Named, apply_method, asked_unit, by_method_alone, named_method
from .organisation import Organisation
from .rules import Rules
from .upstream import MISSING, given_too, told_once, upstream_lines

CLASSES = ("pinned", "exact", "earlier-year", "parent-region", "proxy")
NO_MATCH = ""  # a zero quantity without a usable unit meets no factor
_ANY_UNIT = ("kWh", "t", "m3", "L", "kg", "GJ", "km", "t.km", "p.km", "Nm3", "mmBtu", "GJ_ncv", "kWh_gcv", "room.night")


@dataclass(slots=True)
class Plan:
    """lines by key, location before market; rejected: why a key has none; told: what concerns a file as a whole.

    used   what of each instrument covers posted use, in its unit, as decimal text; None without an instruments file
    """

    lines: list[Line] = field(default_factory=list)
    rejected: dict[int, tuple[Problem, ...]] = field(default_factory=dict)
    warnings: dict[int, tuple[Problem, ...]] = field(default_factory=dict)
    told: list[Problem] = field(default_factory=list)
    used: dict[str, str] | None = None


def plan(keys: Sequence[Key], rules: Rules) -> Plan:
    """Resolve every key. Linear in the number of keys; the rows are not needed."""
    result = Plan()
    covers: dict[int, Cover] = {}
    missing: list[tuple[Key, Problem]] = []
    placed = [replace(key, region=_region(key, rules.organisation)) for key in keys]
    if rules.instruments is not None:
        covers, result.told = allot(
            placed,
            rules.instruments,
            _within,
            lambda key: energy_of_row(key, rules.library),
            lambda instrument: energies_of_instrument(instrument, rules.library),
        )
    for key in placed:
        found = _Resolution(key, rules, covers.get(key.number)).lines()
        if isinstance(found, list):
            result.lines += found
            told = [w for line in found for w in line.warnings]
            if key.instrument.strip() and not any(line.scope == 2 for line in found):
                told.append(
                    Problem("instrument.not-scope-2", column="instrument", values={"instrument": key.instrument})
                )
            missing += [(key, w) for w in told if w.code == MISSING]
            warnings = tuple(dict.fromkeys(_hashable(w) for w in told if w.code != MISSING))
            if warnings:
                result.warnings[key.number] = tuple(Problem(c, column=col, values=dict(v)) for c, col, v in warnings)
        else:
            result.rejected[key.number] = found
    if rules.instruments is not None:
        result.used = used_of(covers, rules.instruments, result.rejected)
    result.told += told_once(missing)
    for number, problem in given_too(placed) if rules.upstream else ():
        if number not in result.rejected:
            result.warnings[number] = (*result.warnings.get(number, ()), problem)
    return result


def _hashable(problem: Problem) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    return problem.code, problem.column, tuple(problem.values.items())


def _region(key: Key, organisation: Organisation) -> str:
    if key.region or not key.facility:
        return key.region
    member = organisation.line(key.facility, key.start)
    return member.region if member else ""


def _within(key: Key, region: str) -> bool:
    here, there = find_region(key.region), find_region(region)
    return bool(here and there and (here.code == there.code or there.code in parents(here.code)))


class _Resolution:
    """One key on its way to lines."""

    def __init__(self, key: Key, rules: Rules, cover: Cover | None) -> None:
        self.key, self.rules, self.cover = key, rules, cover
        self.named: Named | None = None
        self.warnings: list[Problem] = []
        if key.spans:
            self.warnings.append(Problem("activity.spans-years", values={"year": str(key.year)}))

    def lines(self) -> list[Line] | tuple[Problem, ...]:
        share = self.share()
        if isinstance(share, Problem):
            return (share,)
        named = named_method(self.key, self.rules.methods)
        if isinstance(named, tuple):
            return named
        self.named = named
        if named and not named.takes_factor:
            return self.by_method(named, share)
        first = self.choice("location", self.key)
        if named and not named.needs_factor and not isinstance(first, Choice):
            return self.by_method(named, share)
        if not isinstance(first, Choice):
            return self.nothing(share) if self.key.zero and not self.key.factor_id else first
        bases = ("location", "market") if first.scope == 2 else ("-",)
        lines: list[Line] = []
        for basis in bases:
            found = self.line(basis, first, share)
            if not isinstance(found, Line):
                return found
            lines.append(found)
        return self.with_upstream(lines, first, share)

    def with_upstream(self, lines: list[Line], first: Choice | None, share: Fraction) -> list[Line]:
        """The lines with those of category 3 that are derived from them, when asked for."""
        if not self.rules.upstream:
            return lines
        more, told = upstream_lines(self.key, first, self.rules, share)
        last = replace(lines[-1], warnings=(*lines[-1].warnings, *told))
        return [*lines[:-1], last, *more]

    def share(self) -> Fraction | Problem:
        key, organisation = self.key, self.rules.organisation
        if not key.facility or not organisation.lines:
            return Fraction(1)
        if key.facility not in organisation.lines:
            values = {"facility": key.facility}
            self.warnings.append(Problem("organisation.facility-unlisted", column="facility", values=values))
            return Fraction(1)
        share = organisation.share(key.facility, key.start, key.end)
        if share is None:
            values = {"facility": key.facility, "start": str(key.start), "end": str(key.end)}
            return Problem("organisation.outside-validity", column="facility", values=values)
        return share

    def choice(self, basis: str, key: Key) -> Choice | tuple[Problem, ...]:
        unit = asked_unit(key, self.named)
        if isinstance(unit, tuple):
            return unit
        query = Query(key.activity_type, unit, key.region, key.year, key.factor_id, key.start, key.end,
                      key.scope, key.category)  # fmt: skip
        rules = self.rules
        found = resolve(
            query, basis=basis, library=rules.library, policy=rules.policy, as_of=rules.as_of, gwp=rules.gwp
        )
        if isinstance(found, Choice) or not key.zero:
            return found
        # CONTRACT section 2: 0 needs no unit. Any unit that the type is published in tells scope and factor.
        for unit in (
            _ANY_UNIT
            if any(problem.code.startswith(("unit.", "factor.unit")) for problem in found) or not key.unit
            else ()
        ):
            query = replace(query, unit=unit)
            again = resolve(query, basis=basis, library=rules.library, policy=rules.policy, as_of=rules.as_of,
                            gwp=rules.gwp)  # fmt: skip
            if isinstance(again, Choice):
                return again
        return found

    def nothing(self, share: Fraction) -> list[Line] | tuple[Problem, ...]:
        """A zero quantity that no factor is found for: posted as 0 under the scope of its type."""
        kind = find_type(self.key.activity_type) if self.key.activity_type else None
        if kind is None:
            found = self.choice("location", self.key)
            return () if isinstance(found, Choice) else found
        zero = dict.fromkeys(GASES, Decimal(0))
        bases = ("location", "market") if kind.scope == 2 else ("-",)
        return [
            Line(self.key, basis, kind.scope, kind.category, zero, "", NO_MATCH, "factor", "", share,
                 warnings=tuple(self.warnings))
            for basis in bases
        ]  # fmt: skip

    def by_method(self, named: Named, share: Fraction) -> list[Line] | tuple[Problem, ...]:
        """Lines of a method that needs no factor: scope and category are those of the activity type or the row."""
        kind = find_type(self.key.activity_type) if self.key.activity_type else None
        scope = kind.scope if kind else scope_in(self.key.scope)
        if scope is None:
            return (Problem("method.no-scope", column="activity_type", values={"method": named.method.id}),)
        category = (kind.category if kind else "") or category_in(self.key.category, scope)
        applied = by_method_alone(self.key, named, self.rules.gwp, self.rules.as_of)
        if isinstance(applied, tuple):
            return applied
        gases = GasSum()
        gases.add(applied.coefficients, applied.per_unit)
        numbers = gases.rounded(self.key, share)
        if isinstance(numbers, Problem):
            return (numbers,)
        warnings = (*self.warnings, *applied.warnings)
        lines = [
            Line(self.key, basis, scope, category, numbers, "", "exact", applied.method, "", share, applied.terms,
                 warnings=warnings)
            for basis in (("location", "market") if scope == 2 else ("-",))
        ]  # fmt: skip
        return self.with_upstream(lines, None, share)

    def line(self, basis: str, first: Choice, share: Fraction) -> Line | tuple[Problem, ...]:
        made = self.market(first) if basis == "market" else Market((Part(first),))
        if not isinstance(made, Market):
            return made
        gases, terms, factors, methods = GasSum(), [], [], []
        matches: list[str] = []
        warnings = list(self.warnings)
        chosen = next((part.source for part in reversed(made.parts) if isinstance(part.source, Choice)), first)
        for part in made.parts:
            one = part.source
            if isinstance(one, Instrument):
                gases.add(_stated(one), part.weight * self.per_instrument_unit(one), one.instrument_id)
                matches.append("pinned")
                factors.append(one.instrument_id)
                terms.append(Term("instrument", str(one.co2e_kg_per_unit), f"kg CO2e/{one.unit.symbol}",
                                  one.source or one.instrument_id, part.note, one.instrument_id))  # fmt: skip
                continue
            applied = apply_method(self.key, one, self.rules.gwp, self.rules.policy, self.rules.as_of, self.named)
            if isinstance(applied, tuple):
                return applied
            gases.add(applied.coefficients, part.weight * applied.per_unit, one.factor.factor_id)
            warnings += [*one.warnings, *applied.coefficients.warnings, *applied.warnings]
            matches.append(one.match)
            factors.append(one.factor.factor_id)
            methods.append(applied.method)
            terms += [replace(term, note=part.note) for term in applied.terms] if part.note else applied.terms
        warnings += made.warnings
        numbers = gases.rounded(self.key, share)
        if isinstance(numbers, Problem):
            return (numbers,)
        return Line(
            self.key,
            basis,
            first.scope,
            first.category,
            numbers,
            ";".join(dict.fromkeys(factors)),
            max(matches, key=CLASSES.index),
            methods[-1] if methods else "factor",
            first.policy,
            share,
            tuple(terms),
            tuple({"factor_id": c.factor_id, "match": c.match, "why": c.why, "zh": c.zh} for c in chosen.considered),
            tuple(warnings),
            gases.shared(share),
        )

    def market(self, first: Choice) -> Market | tuple[Problem, ...]:
        """What the market-based result is made of; beside an instruments file a row may still name a factor."""
        instruments, named = self.rules.instruments, self.key.instrument.strip()
        if instruments is not None and named and named not in instruments and self.rules.library.get(named) is not None:
            instruments = None
        return market_of(self.key, first, self.cover, instruments, lambda key: self.choice("market", key))

    def per_instrument_unit(self, instrument: Instrument) -> Fraction:
        return conversion(parse(self.key.unit), instrument.unit, fuel=False)


def _stated(instrument: Instrument) -> Coefficients:
    kg = Fraction(instrument.co2e_kg_per_unit or 0)
    return Coefficients(None, None, None, None, kg, None, "", ())


def factors_of(lines: Iterable[Line], library: Library) -> dict[str, Factor]:
    """The library factors that stand in the lines, by id."""
    names = dict.fromkeys(name for line in lines for name in line.factor_id.split(";") if name)
    return {name: factor for name in names if (factor := library.get(name)) is not None}


__all__ = ["Applied", "Plan", "Rules", "factors_of", "plan"]
