"""A statement: one row for each value, by enterprise, process and unit; read into values, with everything that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from functools import cache

from hengtan.problems import Problem
from hengtan.units import Compound, UnitError, parse, parse_compound

from .method import Parameter, SectorMethod

COLUMNS = ("entity", "process", "unit_name", "parameter", "month", "value", "unit", "obtained", "source")
NEEDS = ("entity", "parameter", "value", "unit")
HEADERS = {name: name for name in COLUMNS} | {
    "企业": "entity", "企业名称": "entity", "单位名称": "entity", "工序": "process", "生产线": "process", "机组": "unit_name",
    "设施": "unit_name", "参数": "parameter", "月份": "month", "数值": "value", "计量单位": "unit", "单位": "unit",
    "获取方式": "obtained", "数据来源": "source",
}  # fmt: skip
OBTAINED = {
    "measured": "measured", "calculated": "calculated", "design": "design", "default": "default", "": "",
    "实测": "measured", "实测值": "measured", "计算": "calculated", "计算值": "calculated", "设计值": "design", "设计": "design",
    "缺省值": "default", "缺省": "default", "默认值": "default",
}  # fmt: skip
MONTHS = range(1, 13)
_SUBSTANCE = re.compile(r"(?<=[tg])(CO2e|CO2|CH4|N2O|COD|C)\b")
_HOUR = Compound(Fraction(3600), {"time": 1})
_OWN = {  # what statements count in and inventories do not
    "h": _HOUR, "小时": _HOUR, "MW": parse_compound("MWh") / _HOUR, "kW": parse_compound("kWh") / _HOUR,
    "degC": parse_compound("degC"), "℃": parse_compound("degC"), "°C": parse_compound("degC"),
    "m2": Compound(Fraction(1), {"area": 1}), "m²": Compound(Fraction(1), {"area": 1}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """One value in the unit of its parameter; obtained: measured, calculated, design, default or "" where it was not said."""

    value: Fraction
    obtained: str
    source: str
    row: int


Values = Mapping[str, Mapping[int | None, Given]]
"""By parameter as written in the statement, then by month (None: the year)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a statement: an enterprise, a process, a unit of it; the last two may be empty."""

    entity: str
    process: str
    unit_name: str


@dataclass(frozen=True, slots=True)
class Statement:
    """values by place, in the order of the file; bad: rows that were rejected."""

    values: Mapping[Place, Values]
    problems: Sequence[Problem]
    rows_in: int
    bad: frozenset[int] = field(default_factory=frozenset)


def read_statement(
    rows: Iterable[tuple[int, Mapping[str, str]]], method: SectorMethod, year: int | None = None
) -> Statement:
    """Rows as ``connectors.table`` gives them: (number, cells by column), ``value`` as plain decimal text."""
    values: dict[Place, dict[str, dict[int | None, Given]]] = {}
    problems: list[Problem] = []
    rows_in, bad = 0, set()
    for row, cells in rows:
        tidy = {name: " ".join(cells.get(name, "").split()) for name in COLUMNS}
        if not (tidy["value"] or tidy["obtained"] or tidy["source"]):
            continue  # a row of the form that nobody filled in
        rows_in += 1
        found = _row(row, tidy, method, year)
        if isinstance(found, Problem):
            problems.append(found)
            bad.add(row)
            continue
        place, month, given = found
        months = values.setdefault(place, {}).setdefault(tidy["parameter"], {})
        if month in months:
            told = {"parameter": tidy["parameter"], "row": str(months[month].row)}
            problems.append(Problem("sector.twice", row=row, column="parameter", values=told))
            bad |= {row, months[month].row}
            continue
        months[month] = given
    for places in values.values():
        for name in list(places):
            places[name] = {month: each for month, each in places[name].items() if each.row not in bad}
            if not places[name]:
                del places[name]
    return Statement(values, problems, rows_in, frozenset(bad))


def _row(
    row: int, cells: Mapping[str, str], method: SectorMethod, year: int | None
) -> tuple[Place, int | None, Given] | Problem:
    def wrong(code: str, column: str, /, **told: str) -> Problem:
        return Problem(code, row=row, column=column, values={"parameter": cells["parameter"], **told})

    if not cells["entity"]:
        return wrong("sector.entity-missing", "entity")
    found = method.find(cells["parameter"])
    if found is None:
        near = get_close_matches(cells["parameter"], [name for name, _, _ in method.inputs()], 3, 0.5)
        return wrong("sector.parameter-unknown", "parameter", method=method.id, near=", ".join(near) or "-")
    _, _, parameter = found
    if cells["process"] and method.processes and cells["process"] not in _processes(method):
        return wrong("sector.process-unknown", "process", process=cells["process"], known=", ".join(method.processes))
    month: int | None = None
    if cells["month"]:
        if not cells["month"].removesuffix("月").isdigit() or int(cells["month"].removesuffix("月")) not in MONTHS:
            return wrong("sector.month", "month", month=cells["month"])
        month = int(cells["month"].removesuffix("月"))
    if not cells["value"]:
        return wrong("sector.value-missing", "value")
    factor = converted(cells["unit"], parameter.unit)
    if factor is None:
        return wrong("sector.unit", "unit", unit=cells["unit"] or "-", wanted=parameter.unit)
    value = Fraction(cells["value"]) * factor
    low, high = parameter.low, parameter.high
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = (
            f"{'' if low is None else float(low):g} … {'' if high is None else f'{float(high):g}'}"
            if low is not None
            else f"… {float(high or 0):g}"
        )
        return wrong(
            "sector.range", "value", value=cells["value"], unit=cells["unit"], range=bounds, wanted=parameter.unit
        )
    if cells["obtained"] not in OBTAINED:
        return wrong("sector.obtained", "obtained", obtained=cells["obtained"])
    obtained = OBTAINED[cells["obtained"]]
    default = parameter.default(year)
    if obtained == "default" and default is not None and default.value != value:
        return wrong(
            "sector.not-the-default", "value", value=cells["value"], default=f"{default.text} {parameter.unit}"
        )
    if parameter.only_default and default is not None and value != default.value:
        return wrong("sector.only-default", "value", value=cells["value"], default=f"{default.text} {parameter.unit}")
    place = Place(cells["entity"], _processes(method).get(cells["process"], cells["process"]), cells["unit_name"])
    return place, month, Given(value, obtained, cells["source"], row)


@cache
def _names(method_id: str, pairs: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {name: process for process, name in pairs}


def _processes(method: SectorMethod) -> Mapping[str, str]:
    """Every name of a process, in both languages -> its id."""
    pairs = [(each, name) for each, title in method.processes.items() for name in (each, title["en"], title["zh"])]
    return _names(method.id, tuple(pairs))


@cache
def converted(given: str, wanted: str) -> Fraction | None:
    """What a value in ``given`` is multiplied by to be in ``wanted``; None where the two are different things."""
    try:
        one, other = _compound(given), _compound(wanted)
    except UnitError:
        return None
    return one.scale / other.scale if one.powers == other.powers else None


def _compound(text: str) -> Compound:
    """As people write units: tCO2/t, GJ/万Nm3, tC/GJ, kJ/kg, %, 10^4 Nm3. Calorific values of these guidelines are net."""
    text = (
        text.replace("10^4", "万")
        .replace("1e4", "万")
        .replace("万 ", "万")
        .replace("_ncv", "")
        .replace("·", "*")
        .strip()
    )
    if text in ("", "-", "1", "无量纲"):
        return Compound()
    if text == "%":
        return Compound(Fraction(1, 100))
    result = Compound()
    for index, part in enumerate(text.split("/")):
        piece = _piece(part.strip())
        result = result / piece if index else result * piece
    return result


def _piece(part: str) -> Compound:
    if part in _OWN:
        return _OWN[part]
    part = _SUBSTANCE.sub(r" \1", part).replace("  ", " ")
    try:
        return parse_compound(part)
    except UnitError:
        return parse_compound(parse(part).symbol)


def is_missing(parameter: Parameter, months: Mapping[int | None, Given]) -> list[int]:
    """Months without a value, where some have one and the year has none."""
    if None in months or not months:
        return []
    return [month for month in MONTHS if month not in months]
