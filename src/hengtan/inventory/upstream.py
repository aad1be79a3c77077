"""Upstream of fuels and energy (scope 3 category 3), derived from the activities of scope 1 and 2 when asked for.

GHG Protocol Scope 3 Calculation Guidance, category 3, average-data method: (a) upstream of the fuels burnt, (b) upstream
of the energy bought, (c) what is lost on the way of the energy bought, with its own upstream. The activity types of
``factors`` say which parts go with a type (``wtt.*``, ``td_losses.*``, ``wtt.td_losses.*``). What no publisher states
stays out, is told as a warning, and is never filled in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from hengtan.factors import (
    ActivityType,
    Choice,
    Factor,
    Policy,
    Query,
    coefficients,
    find_region,
    find_type,
    resolve,
    told_types,
    types,
)
from hengtan.factors.mapping import Matcher
from hengtan.factors.policy import CLASSES
from hengtan.problems import Problem, both

from .gas_sum import GasSum
from .keys import Key
from .line import Line, Term
from .rules import Rules

METHOD = "upstream"
_SAME = ("type", "parts", "region", "cause", "unit")
MISSING = "upstream.missing"
"""Told once for a type and a place, however many rows it concerns."""
CATEGORY = "3"
# Life-cycle intensities of generation hold the upstream of the fuels already: adding it would count it twice.
LIFE_CYCLE_DATASETS = frozenset({"owid_ember_electricity_carbon_intensity"})
LIFE_CYCLE_CATEGORY = "electricity_footprint"
_ENERGY_CATEGORIES = ("stationary", "mobile", "electricity", "heat", "steam", "cooling")
# The rows of plug-in hybrids per km: upstream of fuel and electricity is published with the fuel's row.
_TOLD_WITH_FUEL = ".phev.electricity"


@dataclass(frozen=True, slots=True)
class _Gap:
    """A part of the upstream that is not found; why: None where the policy names nobody who publishes it."""

    name: str
    why: Problem | None


def upstream_lines(key: Key, first: Choice | None, rules: Rules, share: Fraction) -> tuple[list[Line], list[Problem]]:
    """The lines of category 3 that go with a key of scope 1 or 2, and what is to be told about them.

    first   the choice of the key itself (location-based in scope 2); None where its method needs no factor
    share   the organisation's part, as in the key's own lines
    Returns no line for activities of scope 3, which are never doubled, and for those that are neither fuel nor energy.
    """
    kind = _kind(key, first)
    if (first.scope if first else kind.scope if kind else None) not in (1, 2):
        return [], []
    if kind is None:
        if first is None:
            return [], []
        named = {"factor": first.factor.factor_id}
        told = [Problem("upstream.type-unknown", values=named)] if first.category in _ENERGY_CATEGORIES else []
        return [], told
    if not (kind.carrier in ("fuel", "energy") or kind.id.startswith("vehicle.")) or kind.id.endswith(_TOLD_WITH_FUEL):
        return [], []
    if first and (first.factor.dataset in LIFE_CYCLE_DATASETS or first.factor.category == LIFE_CYCLE_CATEGORY):
        return [], [
            Problem("upstream.life-cycle", values={"factor": first.factor.factor_id, **told_types("type", kind.id)})
        ]
    return _derived(key, kind, first, rules, share)


def _kind(key: Key, first: Choice | None) -> ActivityType | None:
    """The type that the row names, else the one that the mapping gives to its pinned factor."""
    if key.activity_type:
        return find_type(key.activity_type)
    if first is None:
        return None
    names = (types()[name] for name in _matcher(first.factor.dataset).types(first.factor.name) if name in types())
    served = [kind for kind in names if kind.scope == first.scope]
    return next((kind for kind in served if kind.category == first.category), served[0] if served else None)


@cache
def _matcher(dataset: str) -> Matcher:
    return Matcher(dataset)


def parts_of(kind: ActivityType) -> tuple[str, ...]:
    """The types of category 3 that go with a type; a vehicle's fuel that has none takes those of the fuel."""
    if kind.upstream or not kind.id.endswith(".mobile"):
        return kind.upstream
    general = types().get(kind.id.removesuffix(".mobile"))
    return general.upstream if general else ()


def _derived(
    key: Key, kind: ActivityType, first: Choice | None, rules: Rules, share: Fraction
) -> tuple[list[Line], list[Problem]]:
    gases = GasSum()
    found: list[Choice] = []
    missing: list[_Gap] = []
    terms: list[Term] = []
    told: list[Problem] = []
    names = parts_of(kind)
    for name in names:
        part = _choice(key, name, first, rules)
        if not isinstance(part, Choice):
            missing.append(_Gap(name, part[0] if part and _is_searched(name, key, first, rules.policy) else None))
            continue
        numbers = coefficients(part.factor, rules.gwp, rules.policy)
        if isinstance(numbers, tuple):
            missing.append(_Gap(name, numbers[0]))
            continue
        gases.add(numbers, part.per_unit, part.factor.factor_id)
        found.append(part)
        told += [*part.warnings, *numbers.warnings]
        terms += _terms(name, part.factor, f"{float(numbers.co2e_kg):.12g}", part.per_unit, key)
    if missing or not names:
        told.append(_missing(kind, key, first, missing))
    if not found:
        return [], told
    rounded = gases.rounded(key, share)
    if isinstance(rounded, Problem):
        return [], [*told, replace(rounded, code="upstream.coefficient")]
    line = Line(
        key,
        "-",
        3,
        CATEGORY,
        rounded,
        ";".join(dict.fromkeys(part.factor.factor_id for part in found)),
        max((part.match for part in found), key=CLASSES.index),
        METHOD,
        found[0].policy,
        share,
        tuple(terms),
        tuple({"factor_id": c.factor_id, "match": c.match, "why": c.why, "zh": c.zh} for c in found[0].considered),
        parts=gases.shared(share),
    )
    return [line], told


def _choice(key: Key, name: str, first: Choice | None, rules: Rules) -> Choice | tuple[Problem, ...]:
    unit = first.factor.activity_unit if first and key.zero else key.unit  # CONTRACT section 2: 0 needs no unit
    query = Query(name, unit, _region(key, first), key.year, "", key.start, key.end)
    return resolve(query, basis="-", library=rules.library, policy=rules.policy, as_of=rules.as_of, gwp=rules.gwp)


def _terms(name: str, factor: Factor, co2e_kg: str, per_unit: Fraction, key: Key) -> Iterable[Term]:
    source = ", ".join(part for part in (factor.source_title, factor.source_table) if part)
    yield Term("factor", co2e_kg, f"kg CO2e/{factor.activity_unit}", source, f"type:{name}", factor.factor_id)
    if per_unit != 1:
        yield Term("conversion", str(per_unit), f"{factor.activity_unit}/{key.unit}")


def _region(key: Key, first: Choice | None) -> str:
    return key.region or (first.factor.region if first else "")


def _is_searched(name: str, key: Key, first: Choice | None, policy: Policy) -> bool:
    """Whether the policy of the place names anywhere to look for a type; where it does not, nobody there publishes it."""
    region = find_region(_region(key, first))
    rule = policy.at(region.country if region else "").rule(name)
    return rule is not None and any(tier.datasets or tier.factors for tier in rule.order)


def _missing(kind: ActivityType, key: Key, first: Choice | None, missing: Sequence[_Gap]) -> Problem:
    """One warning for a key whose upstream is not published, or not in this unit or GWP set."""
    why = next((gap.why for gap in missing if gap.why is not None), None)
    values = {
        **told_types("type", kind.id),
        **told_types("parts", *([gap.name for gap in missing] or [f"wtt.{kind.id}"])),
        "region": _region(key, first) or "-",
        "year": str(key.year),
        "rows": str(key.rows),
        "cause": why.code if why else "",
        "unit": why.values.get("unit", "") if why and why.column == "unit" else "",
        **({"why": why.reason("en"), "why_zh": why.reason("zh")} if why else both("why", "upstream-nobody")),
    }
    return Problem(MISSING, values=values)


def told_once(found: Iterable[tuple[Key, Problem]]) -> list[Problem]:
    """The warnings of keys whose upstream is missing, one for each type, place and reason, with its years and rows."""
    years: dict[tuple[tuple[str, str], ...], set[int]] = {}
    rows: Counter[tuple[tuple[str, str], ...]] = Counter()
    first: dict[tuple[tuple[str, str], ...], Problem] = {}
    for key, problem in found:
        same = tuple((name, problem.values[name]) for name in _SAME)  # the sentence of why names the first of the years
        years.setdefault(same, set()).add(key.year)
        rows[same] += key.rows
        first.setdefault(same, problem)
    return [
        replace(problem, values={**problem.values, "year": _span(years[same]), "rows": str(rows[same])})
        for same, problem in first.items()
    ]


def _span(years: set[int]) -> str:
    return str(min(years)) if len(years) == 1 else f"{min(years)}-{max(years)}"


def given_too(keys: Iterable[Key]) -> list[tuple[int, Problem]]:
    """Rows that state an upstream activity which ``upstream`` derives as well from another row: (key number, warning)."""
    derived: dict[str, str] = {}
    stated: list[tuple[Key, str]] = []
    for key in keys:
        kind = find_type(key.activity_type) if key.activity_type else None
        if kind is None:
            continue
        if kind.id.startswith(("wtt.", "td_losses.")):
            stated.append((key, kind.id))
        else:
            derived |= dict.fromkeys(parts_of(kind), kind.id)
    return [
        (
            key.number,
            Problem(
                "upstream.given-too",
                column="activity_type",
                values=told_types("type", name) | told_types("of", derived[name]),
            ),
        )
        for key, name in stated
        if name in derived
    ]
