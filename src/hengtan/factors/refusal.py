"""What a refusal says: what was wanted, where it was searched, what came nearest, how to mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hengtan.problems import Problem
from hengtan.units import UnitMismatchError, parse

from .shelf import Row
from .taxonomy import near_types, types

# What a row may say besides, so that a method bridges the units: by type and groups of unit, English and Chinese.
_WAYS = {
    ("fuel", frozenset({"volume", "mass"})): (
        " With a density: name a combustion method (hengtan methods) in the column method and fill density_kg_per_L.",
        "已知密度时，可在 method 列填写燃烧方法（见 hengtan methods），并增加 density_kg_per_L 列（千克/升）。",
    ),
    ("steam", frozenset({"mass", "energy"})): (
        " With the enthalpy: fill a method such as cn-steam-by-mass and the column it asks for.",
        "已知焓值时，可在 method 列填写 cn-steam-by-mass，并增加 enthalpy_kj_per_kg 列。",
    ),
}
_SPEAKING = ("unit.calorific-basis", "unit.price-index", "unit.exchange-rate")  # these say all that is to be said


def unknown_type(text: str) -> Problem:
    """No activity type of this name."""
    if not text.strip():
        return Problem("type.missing", column="activity_type")
    near = near_types(text)
    values = {
        "type": text,
        "near": ", ".join(near) or "-",
        "near_zh": "、".join(f"{types()[name].title['zh']}（{name}）" for name in near) or "无",
    }
    return Problem("type.unknown", column="activity_type", values=values)


def abstract(names: Sequence[str], values: Mapping[str, str]) -> Problem:
    """The plain name has no published average here; its kinds, ``names``, have."""
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return Problem("type.abstract", column="activity_type", values={**values, "kinds": shown})


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
    if mismatches and "missing" in mismatches[0][1].values:
        bridge = {name: mismatches[0][1].values[name] for name in ("missing", "missing_zh")}
        groups = frozenset({parse(values["unit"]).group, mismatches[0][0].unit.group})
        way, way_zh = _WAYS.get((values["type"].partition(".")[0], groups), ("", ""))
        more |= {"way": way, "way_zh": way_zh}
        return (Problem("factor.unit", column="unit", values={**values, **more, **bridge}),)
    return (Problem("factor.not-found", values={**values, **more}),)


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
