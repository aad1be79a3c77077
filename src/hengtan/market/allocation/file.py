"""A file of units or lines, row by row: what is wrong with each, and the allowances of the rest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor
from typing import Any

from hengtan.problems import HengtanError, Problem
from hengtan.units.decimal_text import fraction

from . import industry, power
from .allotment import Allotment, EntityAllotment
from .balance import Balance
from .entity import entities
from .industry import Line
from .plan import Kind, Plan
from .power import Unit

POWER_NUMBERS = ("rated_mw", "generation_mwh", "supply_mwh", "heat_gj", "load_factor", "heat_ratio", "verified_t")
INDUSTRY_NUMBERS = ("output_t", "verified_t", "intensity", "balance_value", "special_rate")
BASES = ("previous_verified_t", "base_allocation_t")
POWER_COLUMNS = ("entity", "unit_name", "class", *POWER_NUMBERS[:-1], "cooling", "verified_t", "special", *BASES)
INDUSTRY_COLUMNS = ("entity", "line", "sector", *INDUSTRY_NUMBERS, "special", *BASES)
POWER_NEEDS = ("entity", "unit_name", "class", "verified_t", "load_factor", "heat_gj")
INDUSTRY_NEEDS = ("entity", "line", "sector", "verified_t")
NUMBERS = frozenset((*POWER_NUMBERS, *INDUSTRY_NUMBERS, *BASES))
_CHINESE = {
    "单位名称": "entity", "重点排放单位": "entity", "企业名称": "entity", "机组名称": "unit_name", "机组": "unit_name", "机组类别": "class",
    "额定功率": "rated_mw", "额定功率(mw)": "rated_mw", "装机容量(mw)": "rated_mw", "发电量": "generation_mwh", "发电量(mwh)": "generation_mwh",
    "供电量": "supply_mwh", "供电量(mwh)": "supply_mwh", "供热量": "heat_gj", "供热量(gj)": "heat_gj", "负荷(出力)系数": "load_factor",
    "负荷系数": "load_factor", "供热比": "heat_ratio", "冷却方式": "cooling", "核查排放量": "verified_t", "经核查排放量": "verified_t",
    "核查排放量(t)": "verified_t", "生产线": "line", "工序": "line", "行业": "sector", "产品产量": "output_t", "产量": "output_t",
    "碳排放强度": "intensity", "平衡值": "balance_value", "特殊情形": "special", "上年度核查排放量": "previous_verified_t",
}  # fmt: skip
HEADERS = {name: name for name in (*POWER_COLUMNS, *INDUSTRY_COLUMNS)} | _CHINESE
_COOLING = {
    "water": "water", "water-cooled": "water", "wet": "water", "水冷": "water", "水冷却": "water", "开式循环": "water", "闭式循环": "water",
    "air": "air", "air-cooled": "air", "dry": "air", "空冷": "air", "空冷却": "air", "直接空冷": "air", "间接空冷": "air",
}  # fmt: skip
_CLASSES = {
    "1": "I", "2": "II", "3": "III", "4": "IV", "Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III", "Ⅳ": "IV", "一": "I", "二": "II", "三": "III", "四": "IV",
    "300MW等级以上常规燃煤机组": "I", "300MW等级及以下常规燃煤机组": "II", "燃煤矸石煤泥水煤浆等非常规燃煤机组(含循环流化床)": "III",
    "燃煤矸石、煤泥、水煤浆等非常规燃煤机组(含燃煤循环流化床机组)": "III", "非常规燃煤机组": "III", "循环流化床机组": "III", "CFB": "III",
    "燃气机组": "IV", "燃气": "IV", "GAS": "IV",
}  # fmt: skip
_SECTORS = {
    "钢铁": "steel", "iron and steel": "steel", "iron & steel": "steel", "水泥": "cement", "水泥熟料": "cement", "clinker": "cement",
    "铝冶炼": "aluminium", "电解铝": "aluminium", "aluminum": "aluminium", "primary aluminium": "aluminium", "aluminium smelting": "aluminium",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a file comes to under a plan.

    rows_in, rejected  rows of the file, and those with an error among the problems
    incomplete         entities with a rejected row: they have no total
    """

    plan: Plan
    year: int
    kind: Kind
    allotments: Sequence[Allotment]
    entities: Sequence[EntityAllotment]
    balances: Mapping[str, Balance]
    problems: Sequence[Problem]
    rows_in: int
    incomplete: frozenset[str] = field(default_factory=frozenset)

    @property
    def rejected(self) -> int:
        """Rows without allowances."""
        return self.rows_in - len(self.allotments)


def allocate(
    rows: Iterable[tuple[int, Mapping[str, str]]],
    plan: Plan,
    year: int,
    kind: Kind = "benchmark",
    unreadable: Iterable[int | None] = (),
) -> Allocation:
    """The allowances of a file: (row as the person sees it, cells by column; numbers as plain decimal text).

    unreadable   rows whose numbers could not be read: rejected, and told by who read them

    Raises HengtanError where the plan does not hold the year, or has no values of this kind.
    """
    if year not in plan.years:
        values = {"plan": plan.id, "years": ", ".join(map(str, plan.years)), "year": str(year)}
        raise HengtanError(Problem("ets.plan-year", values=values))
    if plan.sector == "power" and kind not in plan.kinds(year):
        raise HengtanError(
            Problem("ets.plan-kind", values={"year": str(year), "kind": kind, "known": ", ".join(plan.kinds(year))})
        )
    given = [(row, _tidy(cells)) for row, cells in rows]
    problems: list[Problem] = []
    bad = {row for row in unreadable if row is not None}
    bad |= _twins(given, plan, problems) | _negative(given, problems)
    given = [(row, _whole(row, cells, problems)) for row, cells in given]
    balances: Mapping[str, Balance] = {}
    if plan.sector == "power":
        units = [_unit(row, cells, plan) for row, cells in given if row not in bad]
        wrong = [problem for unit in units for problem in power.faults(unit, plan, year, kind)]
        bad |= _rejected(wrong)
        units = [unit for unit in units if unit.row not in bad]
        units = _below_threshold(units, plan, {cells["entity"] for row, cells in given if row in bad})
        allotments = [power.allot(unit, plan, year, kind) for unit in units]
    else:
        lines = [_line(row, cells, plan) for row, cells in given if row not in bad]
        wrong = [problem for line in lines for problem in industry.faults(line, plan)]
        bad |= _rejected(wrong)
        lines = [line for line in lines if line.row not in bad]
        balances, more = industry.balances(lines, plan)
        bad |= _rejected(more)
        wrong += more
        allotments = [industry.allot(line, plan, balances.get(line.sector)) for line in lines if line.row not in bad]
    problems = sorted([*problems, *wrong], key=lambda problem: (problem.row or 0, problem.code))
    incomplete = frozenset(cells["entity"] for row, cells in given if row in bad)
    whole = [each for each in allotments if each.entity not in incomplete]
    found = entities(whole, plan, _bases(given, plan))
    problems += [Problem("ets.entity-incomplete", values={"entity": name or "-"}) for name in sorted(incomplete)]
    return Allocation(plan, year, kind, allotments, found, balances, problems, len(given), incomplete)


def _rejected(problems: Iterable[Problem]) -> set[int]:
    """Rows with an error; a warning leaves the row where it is."""
    return {each.row for each in problems if each.row is not None and each.severity == "error"}


_SPACE = re.compile(r"\s")


def _tidy(cells: Mapping[str, str]) -> dict[str, str]:
    return {name: " ".join(cell.split()) if _SPACE.search(cell) else cell for name, cell in cells.items()}


def _name(cells: Mapping[str, str]) -> tuple[str, str]:
    return cells.get("entity", ""), cells.get("unit_name", cells.get("line", ""))


def _twins(given: Sequence[tuple[int, Mapping[str, str]]], plan: Plan, problems: list[Problem]) -> set[int]:
    """Rows that share a name with another, or have none."""
    counts = Counter(_name(cells) for _, cells in given)
    bad = set()
    for row, cells in given:
        entity, unit = _name(cells)
        column = "unit_name" if plan.sector == "power" else "line"
        if not entity or not unit:
            problems.append(Problem("ets.name-missing", row=row, column="entity" if not entity else column))
        elif counts[entity, unit] > 1:
            problems.append(Problem("ets.twin", row=row, column=column, values={"unit": unit, "entity": entity}))
        else:
            continue
        bad.add(row)
    return bad


def _negative(given: Sequence[tuple[int, Mapping[str, str]]], problems: list[Problem]) -> set[int]:
    bad = set()
    for row, cells in given:
        for name in NUMBERS & cells.keys():
            if cells[name].startswith("-") and Fraction(cells[name]):
                problems.append(
                    Problem("ets.negative", row=row, column=name, values={"column": name, "value": cells[name]})
                )
                bad.add(row)
    return bad


def _whole(row: int, cells: dict[str, str], problems: list[Problem]) -> dict[str, str]:
    """Verified emissions are reported in whole tonnes; others are rounded half up, and told."""
    text = cells.get("verified_t", "")
    value = fraction(text or "0")
    if value.denominator == 1:
        return cells
    rounded = str(floor(value + Fraction(1, 2)))
    problems.append(
        Problem("ets.verified-rounded", row=row, column="verified_t", values={"value": text, "rounded": rounded})
    )
    return {**cells, "verified_t": rounded}


def _numbers(cells: Mapping[str, str], names: Iterable[str]) -> dict[str, Any]:
    return {name: fraction(cells[name]) for name in names if cells.get(name)}


def _verified(numbers: dict[str, Any]) -> dict[str, Any]:
    if "verified_t" in numbers:
        numbers["verified_t"] = int(numbers["verified_t"])
    return numbers


def _class(text: str) -> str:
    """I to IV of ``I``, ``Ⅰ``, ``1``, ``class I``, ``I类``, and of the names in the plans."""
    plain = text.upper().replace("（", "(").replace("）", ")").replace(" ", "")
    plain = plain.removeprefix("CLASS").removeprefix("第").removesuffix("类").removesuffix("类机组")
    return _CLASSES.get(plain, plain)


def _sector(text: str) -> str:
    plain = text.lower().removesuffix("行业").removesuffix("业") if text != "铝冶炼业" else "铝冶炼"
    return _SECTORS.get(plain, plain)


def _special(cells: Mapping[str, str], plan: Plan) -> str:
    """The id of a special case, also where it is called by its title."""
    text = cells.get("special", "")
    if not text:
        return ""
    by_title = {title.casefold(): each.id for each in plan.special for title in each.title.values()}
    return by_title.get(text.casefold(), text)


def _unit(row: int, cells: Mapping[str, str], plan: Plan) -> Unit:
    cooling = cells.get("cooling", "").lower()
    return Unit(*_name(cells), _class(cells.get("class", "")), row, **_verified(_numbers(cells, POWER_NUMBERS)),
                cooling=_COOLING.get(cooling, cooling), special=_special(cells, plan))  # fmt: skip


def _line(row: int, cells: Mapping[str, str], plan: Plan) -> Line:
    return Line(*_name(cells), _sector(cells.get("sector", "")), row, **_verified(_numbers(cells, INDUSTRY_NUMBERS)),
                special=_special(cells, plan))  # fmt: skip


def _below_threshold(units: Sequence[Unit], plan: Plan, incomplete: set[str]) -> list[Unit]:
    """Units of entities whose emissions stay below the threshold of the plan: they get what they emitted."""
    if "threshold" not in plan.rules:
        return list(units)
    sums: Counter[str] = Counter()
    for unit in units:
        sums[unit.entity] += unit.verified_t or 0
    least = plan.rules["threshold"].numbers["tonnes"]
    small = {entity for entity, tonnes in sums.items() if tonnes < least} - incomplete
    return [replace(unit, special=power.BELOW_THRESHOLD) if unit.entity in small else unit for unit in units]


def _bases(given: Sequence[tuple[int, Mapping[str, str]]], plan: Plan) -> dict[str, Fraction]:
    """By entity, where every row of it gives the number that the pre-allocation is a share of."""
    if "pre_allocation" not in plan.rules:
        return {}
    column = plan.pre_allocation_of
    cells: dict[str, list[str]] = {}
    for _, each in given:
        cells.setdefault(each["entity"], []).append(each.get(column, ""))
    return {name: sum(map(fraction, each), Fraction(0)) for name, each in cells.items() if all(each)}
