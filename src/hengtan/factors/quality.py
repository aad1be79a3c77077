"""The quality gate for a user's factor file: everything that is wrong or odd about it, before it is used.

A check is a function from the read file to problems; ``CHECKS`` names them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from hengtan import units
from hengtan.gases import SETS
from hengtan.problems import HengtanError, Problem

from .factor import AMOUNTS, Factor
from .library import Library, open_library
from .regions import find_region, near_regions
from .userfile import UserFile, read_user_file

FAR = 1000
"""Outside 1/1000 to 1000 times the range of its kind a number is wrong."""
ODD = 10
"""Outside 1/10 to 10 times it is worth a look."""
ROUNDING = 1.01
TYPICAL_CH4 = 28.0
TYPICAL_N2O = 265.0
"""To compare magnitudes only: the AR5 values."""


@dataclass(frozen=True, slots=True)
class Range:
    """Smallest and largest amount above zero, kg CO2e per unit, and the unit it was found in."""

    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check may look at: the file as read, and the library to compare with."""

    file: UserFile
    library: Library

    def rows(self) -> Iterator[tuple[int, Factor]]:
        """Every row by its number in the file, without the cells that cannot be read."""
        yield from self.file.drafts.items()

    def problem(self, code: str, row: int, column: str, **values: str) -> Problem:
        """A problem of a cell."""
        sheet = self.file.sheet
        factor = self.file.drafts[row]
        values = {"factor_id": factor.factor_id, **values}
        header = sheet.headers.get(column, column)
        return Problem(code, file=sheet.file, sheet=sheet.name, row=row, column=header, values=values)


def check(path: Path, shown: str = "") -> list[Problem]:
    """Every problem of a factor file, in row order.

    shown  the file as the person named it
    Raises HengtanError where the file cannot be read, has no header with ``factor_id`` or no row.
    """
    library = open_library()
    file = read_user_file(path, library, shown)
    if not file.sheet.lines:
        raise HengtanError(file.errors)
    checked = Checked(file, library)
    found = [*file.problems, *(problem for one in CHECKS for problem in one(checked))]
    return sorted(found, key=lambda problem: problem.row or 0)


def amount_is_of_its_kind(checked: Checked) -> Iterator[Problem]:
    """An amount lies within 1/1000 to 1000 times what the library has for its category and unit."""
    for row, factor in checked.file.factors.items():
        amount = typical_amount(factor)
        known = range_of(checked.library, factor.category, factor.activity_unit)
        column = next(name for name in ("co2e_kg", *AMOUNTS) if getattr(factor, name) is not None)
        if known is None:
            yield checked.problem("factor.range-none", row, column, category=factor.category, unit=factor.activity_unit)
        elif amount > 0:
            values = {
                "value": f"{amount:.6g}",
                "unit": factor.activity_unit,
                "low": f"{known.low:.4g}",
                "high": f"{known.high:.4g}",
                "category": factor.category or "-",
            }
            if not known.low / FAR <= amount <= known.high * FAR:
                yield checked.problem("factor.out-of-range", row, column, **values)
            elif not known.low / ODD <= amount <= known.high * ODD:
                yield checked.problem("factor.unusual", row, column, **values)


def category_is_one_of_ours(checked: Checked) -> Iterator[Problem]:
    """A category is one that the library uses, so that ranges and the choice understand it."""
    known = ranges(checked.library)
    for row, factor in checked.rows():
        if factor.category and factor.category not in known:
            names = ", ".join(sorted(name for name in known if name))
            yield checked.problem("factor.category-other", row, "category", category=factor.category, known=names)


def amounts_are_not_negative(checked: Checked) -> Iterator[Problem]:
    """A factor below zero is a credit, which an inventory keeps apart."""
    for row, factor in checked.rows():
        for name in AMOUNTS:
            amount = getattr(factor, name)
            if amount is not None and amount < 0:
                yield checked.problem("factor.negative", row, name, value=str(amount))


def parts_stay_within_the_total(checked: Checked) -> Iterator[Problem]:
    """CO2 and the parts stated in CO2e do not exceed the total."""
    for row, factor in checked.rows():
        parts = (factor.co2_kg or 0) + (factor.ch4_kgco2e or 0) + (factor.n2o_kgco2e or 0)
        if factor.co2e_kg is not None and float(parts) > float(factor.co2e_kg) * ROUNDING:
            yield checked.problem("factor.parts-exceed", row, "co2e_kg", parts=str(parts), total=str(factor.co2e_kg))


def gwp_set_is_known(checked: Checked) -> Iterator[Problem]:
    """A CO2e number says by which set of warming potentials it was made."""
    for row, factor in checked.rows():
        if factor.gwp_set and factor.gwp_set not in SETS:
            yield checked.problem("factor.gwp-unknown", row, "gwp_set", set=factor.gwp_set, known=", ".join(SETS))
        elif not factor.gwp_set and factor.co2e_kg is not None and factor.co2e_kg != factor.co2_kg:
            yield checked.problem("factor.gwp-missing", row, "gwp_set", known=", ".join(SETS))


def region_is_known(checked: Checked) -> Iterator[Problem]:
    """A region is a place that the choice can find."""
    for row, factor in checked.rows():
        if not factor.region:
            yield checked.problem("factor.region-missing", row, "region")
        elif find_region(factor.region) is None:
            near = ", ".join(near_regions(factor.region)) or "-"
            yield checked.problem("factor.region-unknown", row, "region", region=factor.region, near=near)


def dates_are_in_order(checked: Checked) -> Iterator[Problem]:
    """A validity does not end before it begins."""
    for row, factor in checked.rows():
        if factor.valid_from and factor.valid_to and factor.valid_to < factor.valid_from:
            days = {"start": str(factor.valid_from), "end": str(factor.valid_to)}
            yield checked.problem("factor.dates-reversed", row, "valid_to", **days)


def validities_do_not_overlap(checked: Checked) -> Iterator[Problem]:
    """Of the same thing, in the same place and unit, by the same GWP set, one number holds on a day."""
    seen: dict[tuple[str, ...], list[tuple[date, date, int]]] = {}
    for row, factor in checked.rows():
        name = factor.name or factor.name_zh
        if not name:
            continue
        key = (" ".join(name.casefold().split()), factor.region, factor.activity_unit, factor.gwp_set)
        start, end = factor.valid_from or date.min, factor.valid_to or date.max
        for other_start, other_end, other in seen.get(key, []):
            if start <= other_end and other_start <= end:
                first = checked.file.drafts[other].factor_id
                values = {"other": first, "other_row": str(other), "name": name}
                yield checked.problem("factor.overlap", row, "valid_from", **values)
                break
        seen.setdefault(key, []).append((start, end, row))


CHECKS: tuple[Callable[[Checked], Iterator[Problem]], ...] = (
    amount_is_of_its_kind,
    category_is_one_of_ours,
    amounts_are_not_negative,
    parts_stay_within_the_total,
    gwp_set_is_known,
    region_is_known,
    dates_are_in_order,
    validities_do_not_overlap,
)


def typical_amount(factor: Factor) -> float:
    """kg CO2e of one unit, near enough to compare magnitudes: the stated total, else the gases; biogenic CO2 if alone."""
    return _typical({name: float(getattr(factor, name) or 0) for name in AMOUNTS})


def _typical(kg: Mapping[str, float]) -> float:
    gases = kg["co2_kg"] + kg["ch4_kg"] * TYPICAL_CH4 + kg["n2o_kg"] * TYPICAL_N2O + kg["ch4_kgco2e"] + kg["n2o_kgco2e"]
    return kg["co2e_kg"] or gases or kg["biogenic_co2_kg"]


def range_of(library: Library, category: str, unit: str) -> Range | None:
    """The range of a category in a unit, or in those that convert to it; None where the library has nothing alike.

    Without a known category the unit alone is compared.
    """
    known = ranges(library)
    by_unit = known.get(category) or known[""]
    if unit in by_unit:
        return by_unit[unit]
    found = [near for near in (_converted(one, unit) for one in by_unit.values()) if near]
    if not found:
        return None
    return Range(min(one.low for one in found), max(one.high for one in found), unit)


def _converted(known: Range, unit: str) -> Range | None:
    try:
        rate = float(units.conversion(units.parse(unit), units.parse(known.unit), fuel=False))
    except units.UnitError:
        return None
    return Range(known.low * rate, known.high * rate, unit)


@lru_cache(maxsize=2)
def ranges(library: Library) -> Mapping[str, Mapping[str, Range]]:
    """Category to unit to range; the category "" is all of them together."""
    found: dict[str, dict[str, Range]] = {"": {}}
    table = library.table
    columns = [table.column(name).to_pylist() for name in ("category", "activity_unit", *AMOUNTS)]
    for category, unit, *cells in zip(*columns, strict=True):
        amount = _typical({name: float(cell or 0) for name, cell in zip(AMOUNTS, cells, strict=True)})
        if amount > 0:
            for key in (category, ""):
                before = found.setdefault(key, {}).get(unit, Range(amount, amount, unit))
                found[key][unit] = Range(min(before.low, amount), max(before.high, amount), unit)
    return found
