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
from hengtan.units.compound import SUBSTANCES
from hengtan.units.decimal_text import fraction

from .method import Default, Parameter, SectorMethod

COLUMNS = ("entity", "process", "unit_name", "parameter", "month", "value", "unit", "obtained", "source")
MORE = ("meter", "evidence")
"""Columns that the forms of the guidelines have too; a file may leave them out."""
NEEDS = ("entity", "parameter", "value", "unit")
HEADERS = {name: name for name in (*COLUMNS, *MORE)} | {
    "计量器具": "meter", "监测设备": "meter", "支撑材料": "evidence", "证据文件": "evidence", "凭证": "evidence",
    "企业": "entity", "企业名称": "entity", "单位名称": "entity", "重点排放单位": "entity", "重点排放单位名称": "entity", "工序": "process",
    "工序名称": "process", "生产线": "process", "机组": "unit_name", "机组名称": "unit_name", "设施": "unit_name", "设施名称": "unit_name",
    "参数": "parameter", "参数名称": "parameter", "月份": "month", "月": "month", "数值": "value", "计量单位": "unit", "单位": "unit",
    "获取方式": "obtained", "数据来源": "source", "来源": "source",
}  # fmt: skip
OBTAINED = {
    "measured": "measured", "calculated": "calculated", "design": "design", "default": "default", "": "",
    "实测": "measured", "实测值": "measured", "计算": "calculated", "计算值": "calculated", "设计值": "design", "设计": "design",
    "缺省值": "default", "缺省": "default", "默认值": "default",
}  # fmt: skip
MONTHS = range(1, 13)
_YEAR = ("", "year", "annual", "全年", "年度", "年", "合计")
_MONTH = re.compile(
    r"0?(\d{1,2})月?|\d{4}[-/年]0?(\d{1,2})(?:月|[-/]\d{1,2})?", re.ASCII
)  # 1, 01, 1月, 2024-01, 2024-01-31
_SPACE = re.compile(r"\s")
_SUBSTANCE = re.compile(r"(?<=[tg])(CO2e|CO2|CH4|N2O|COD|C)\b")
_HOUR = Compound(Fraction(3600), {"time": 1})
_OWN = {  # what statements count in and inventories do not
    "h": _HOUR, "小时": _HOUR, "MW": parse_compound("MWh") / _HOUR, "kW": parse_compound("kWh") / _HOUR,
    "degC": parse_compound("degC"), "℃": parse_compound("degC"), "°C": parse_compound("degC"),
    "m2": Compound(Fraction(1), {"area": 1}), "m²": Compound(Fraction(1), {"area": 1}), "平方米": Compound(Fraction(1), {"area": 1}),
    "kcal": Compound(Fraction("4186.8"), {"energy": 1}), "千卡": Compound(Fraction("4186.8"), {"energy": 1}),
    "大卡": Compound(Fraction("4186.8"), {"energy": 1}),  # of the International Table, as GB/T 213 and steam tables use it
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """One value in the unit of its parameter; obtained: measured, calculated, design, default or "" where it was not said."""

    value: Fraction
    obtained: str
    source: str
    row: int
    meter: str = ""
    evidence: str = ""


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
    known = _Known(method, year)
    for row, cells in rows:
        tidy = {name: _tidy(cells.get(name, "")) for name in (*COLUMNS, *MORE)}
        if not (tidy["value"] or tidy["obtained"] or tidy["source"]):
            continue  # a row of the form that nobody filled in
        rows_in += 1
        found = _row(row, tidy, known)
        if isinstance(found, Problem):
            problems.append(found)
            bad.add(row)
            continue
        place, name, month, given = found
        months = values.setdefault(place, {}).setdefault(name, {})
        if month in months:
            told = {"parameter": name, "row": str(months[month].row)}
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


def _row(row: int, cells: Mapping[str, str], known: _Known) -> tuple[Place, str, int | None, Given] | Problem:
    def wrong(code: str, column: str, /, **told: str) -> Problem:
        return Problem(code, row=row, column=column, values={"parameter": cells["parameter"], **told})

    if not cells["entity"]:
        return wrong("sector.entity-missing", "entity")
    found = known.parameter(cells["parameter"])
    method = known.method
    if found is None:
        near = get_close_matches(cells["parameter"], [name for name, _, _ in method.inputs()], 3, 0.5)
        return wrong("sector.parameter-unknown", "parameter", method=method.id, near=", ".join(near) or "-")
    name, parameter, default, printed = found
    if cells["process"] and method.processes and cells["process"].casefold() not in known.processes:
        return wrong("sector.process-unknown", "process", process=cells["process"], known=", ".join(method.processes))
    month: int | None = None
    if cells["month"].casefold() not in _YEAR:
        written = _MONTH.fullmatch(cells["month"])
        if written is None or int(written[1] or written[2]) not in MONTHS:
            return wrong("sector.month", "month", month=cells["month"])
        month = int(written[1] or written[2])
    if not cells["value"]:
        return wrong("sector.value-missing", "value")
    factor = Fraction(1) if cells["unit"] in parameter.also else converted(cells["unit"], parameter.unit)
    if factor is None:
        return wrong("sector.unit", "unit", unit=cells["unit"] or "-", wanted=parameter.unit)
    value = fraction(cells["value"])
    if factor != 1:
        value *= factor
    low, high = parameter.low, parameter.high
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = _bounds(low, high)
        return wrong(
            "sector.range", "value", value=cells["value"], unit=cells["unit"], range=bounds, wanted=parameter.unit
        )
    if cells["obtained"].lower() not in OBTAINED:
        return wrong("sector.obtained", "obtained", obtained=cells["obtained"])
    obtained = OBTAINED[cells["obtained"].lower()]
    if obtained == "default" and default is not None and value not in printed:
        return wrong(
            "sector.not-the-default", "value", value=cells["value"], default=f"{default.text} {parameter.unit}"
        )
    if parameter.only_default and default is not None and value != default.value:
        return wrong("sector.only-default", "value", value=cells["value"], default=f"{default.text} {parameter.unit}")
    place = Place(
        cells["entity"], known.processes.get(cells["process"].casefold(), cells["process"]), cells["unit_name"]
    )
    return place, name, month, Given(value, obtained, cells["source"], row, cells["meter"], cells["evidence"])


def _bounds(low: Fraction | None, high: Fraction | None) -> str:
    if high is None:
        return f"≥ {float(low or 0):g}"
    return f"≤ {float(high):g}" if low is None else f"{float(low):g} … {float(high):g}"


class _Known:
    """What a method says of the names in a statement, each looked up once."""

    def __init__(self, method: SectorMethod, year: int | None) -> None:
        self.method, self.year = method, year
        self.processes = {
            name.casefold(): each
            for each, title in method.processes.items()
            for name in (each, title["en"], title["zh"])
        }
        self._titles = method.by_title()
        self._found: dict[str, tuple[str, Parameter, Default | None, frozenset[Fraction]] | None] = {}

    def parameter(self, written: str) -> tuple[str, Parameter, Default | None, frozenset[Fraction]] | None:
        """(id, parameter, default of the year, values that may be called a default), by id or by the title in either language."""
        if written not in self._found:
            title = written.casefold().replace(": ", "：").replace(":", "：")
            name = written if self.method.find(written) else self._titles.get(title, "")
            found = self.method.find(name)
            if found is None:
                self._found[written] = None
            else:
                default = found[2].default(self.year)
                chosen = found[2].defaults if self.year is None else (default,)
                printed = frozenset(each.value for each in chosen if each is not None)
                self._found[written] = (name, found[2], default, printed)
        return self._found[written]


def _tidy(cell: str) -> str:
    return " ".join(cell.split()) if _SPACE.search(cell) else cell


@cache
def converted(given: str, wanted: str) -> Fraction | None:
    """What a value in ``given`` is multiplied by to be in ``wanted``; None where the two are different things.

    A unit that names no substance takes that of the parameter: ``%`` of carbon is t C/t. One that names another is another thing.
    """
    try:
        one, other = compound(given), compound(wanted)
    except UnitError:
        return None
    if one.powers == other.powers or (_names_none(one) and _bare(other).powers == one.powers):
        return one.scale / other.scale
    return None


def _names_none(unit: Compound) -> bool:
    return not any(name.partition(" ")[2] in SUBSTANCES for name in unit.powers)


def _bare(unit: Compound) -> Compound:
    """Without the substances: t C/GJ becomes t/GJ."""
    result = Compound(unit.scale)
    for name, power in unit.powers.items():
        group, _, substance = name.partition(" ")
        piece = Compound(powers={group if substance in SUBSTANCES else name: abs(power)})
        result = result * piece if power > 0 else result / piece
    return result


@cache
def compound(text: str) -> Compound:
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
