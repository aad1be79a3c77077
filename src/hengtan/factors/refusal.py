"""What a refusal says: what was wanted, where it was searched, what came nearest, how to mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hengtan.problems import Problem, both
from hengtan.units import Unit, UnitMismatchError, parse

from .shelf import Row
from .taxonomy import find_type, near_types, told_types

# What is missing between two units and what a row may say instead, so that a method bridges them: by type and groups
# of unit, (English, Chinese, clause of the catalogue).
_WAYS = {
    ("fuel", frozenset({"volume", "mass"})): ("a density", "密度", "way-density"),
    ("steam", frozenset({"mass", "energy"})): ("the enthalpy", "焓值", "way-enthalpy"),
    ("heat", frozenset({"mass", "energy"})): ("the temperature of the water", "水温", "way-temperature"),
}
_KINDS = 8  # so many kinds of a general type are named
_SPEAKING = ("unit.calorific-basis", "unit.price-index", "unit.exchange-rate")  # these say all that is to be said


def unknown_type(text: str) -> Problem:
    """No activity type of this name."""
    if not text.strip():
        return Problem("type.missing", column="activity_type")
    near = near_types(text)
    return Problem("type.unknown", column="activity_type", values={"type": text, **told_types("near", *near)})


def abstract(names: Sequence[str], values: Mapping[str, str]) -> Problem:
    """The plain name has no published average here; its kinds, ``names``, have."""
    kinds = told_types("kinds", *names[:_KINDS])
    more = ", ..." if len(names) > _KINDS else ""
    kinds = {"kinds": kinds["kinds"] + more, "kinds_zh": kinds["kinds_zh"] + ("等" if more else "")}
    return Problem("type.abstract", column="activity_type", values={**values, **kinds})


def not_found(
    values: Mapping[str, str],
    datasets: Sequence[str],
    rows: Sequence[Row],
    mismatches: Sequence[tuple[Row, UnitMismatchError]],
) -> tuple[Problem, ...]:
    """No factor: the unit, when that alone stood in the way; else what came nearest."""
    if mismatches:
        for row, error in mismatches:
            if error.problem_code in _SPEAKING:
                same = (other.unit.symbol for other, why in mismatches if why.problem_code == error.problem_code)
                units = ", ".join(dict.fromkeys(same))
                more = {"target": units, "factor": row.id}
                return (Problem(error.problem_code, column="unit", values={**error.values, **more}),)
        rows = [row for row, _ in mismatches]
    nearest = sorted(rows, key=lambda row: _away(row, values["region"], int(values["year"])))
    picked = list({(row.name, row.unit.symbol): row for row in reversed(nearest[:12])}.values())[::-1][:3]
    more = {
        "searched": ", ".join(datasets) or "-",
        "where": ", ".join(datasets) or "nothing, the policy has no rule for it",
        "where_zh": "、".join(datasets) or "无，策略中没有该类型的规则",
        "nearest": ", ".join(_shown(row, "en", not datasets) for row in picked) or "none",
        "nearest_zh": "、".join(_shown(row, "zh", not datasets) for row in picked) or "无",
    }
    if mismatches and mismatches[0][1].problem_code == "unit.mismatch":
        row, error = mismatches[0]
        bridge = unit_bridge(values["type"], parse(values["unit"]), row.unit, error)
        return (Problem("factor.unit", column="unit", values={**values, **more, "way": "", **bridge}),)
    return (Problem("factor.not-found", values={**values, **more}),)


def unit_bridge(kind: str, given: Unit, wanted: Unit, error: UnitMismatchError) -> dict[str, str]:
    """Why a unit does not serve an activity type, and the method that bridges it: ``bridge`` and ``way``, both languages.

    What would bridge two groups of units for a fuel (a calorific value) is nonsense for electricity and heat.
    """
    known = _WAYS.get((kind.partition(".")[0], frozenset({given.group, wanted.group})))
    if known:
        missing, missing_zh, way = known
        return both("bridge", "unit-missing", missing=missing, missing_zh=missing_zh) | both("way", way)
    found = find_type(kind) if kind else None
    if found and (found.carrier == "energy" or "missing" not in error.values):
        return both("bridge", "unit-no-measure", unit=given.symbol, **told_types("type", kind))
    return {name: error.values[name] for name in ("bridge", "bridge_zh")}


def _away(row: Row, region: str, year: int) -> tuple[bool, int, bool, str]:
    """How far a row is from what was wanted: place, years, later, id."""
    first = row.valid_from.year if row.valid_from else year
    last = row.valid_to.year if row.valid_to else max(first, year)
    return (row.region != region, max(first - year, year - last, 0), first > year, row.id)


def _shown(row: Row, lang: str, named: bool) -> str:
    name = f"{row.name}, " if named else ""  # of a publisher whose ids say nothing to a stranger
    first = str(row.valid_from.year) if row.valid_from else ""
    last = str(row.valid_to.year) if row.valid_to else ""
    years = first if first == last else f"{first}-{last}"
    if lang == "zh":
        return f"{row.id}（{name}每 {row.unit.symbol}，{row.region}，{years or '年份不详'}）"
    return f"{row.id} ({name}per {row.unit.symbol}, {row.region}, {years or 'year not stated'})"
