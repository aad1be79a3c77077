"""A source in one view: how much, by which factor, what it comes to, and where that stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import TypeVar

from hengtan.sectors.loader import sector_methods
from hengtan.sectors.statement import converted

C_TO_CO2 = Fraction(44, 12)
ZERO = Fraction(0)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class InventorySum:
    """Rows of a run that share activity type, scope, category and factor.

    co2_per_unit, co2e_per_unit  kg per ``unit``, as the plan of the run holds them; None where it does not say
    co2e_kg                      what the rows come to, location-based; the amount follows from it
    outside                      rows of another year
    factor_year, factor_region   of the factor; source: where it is published; name: of it, in both languages
    """

    activity_type: str
    title: Mapping[str, str]
    scope: int
    category: str
    factor_id: str
    unit: str
    co2_per_unit: Decimal | None
    co2e_per_unit: Decimal | None
    co2e_kg: Decimal
    gwp_set: str
    rows: int = 1
    outside: bool = False
    factor_year: int | None = None
    factor_region: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class GridFactor:
    """An average factor of electricity, t CO2/MWh. region: CN, CN-GRID-EAST, CN-33; year: that it describes."""

    region: str
    year: int
    value: Fraction
    source: str


@dataclass(frozen=True, slots=True)
class Side:
    """A source in one view, in tonnes.

    stated   what counts, rounded as the guideline rounds; exact: before
    amount   in ``unit``; None where it is not known
    gases    t of each gas, ``CO2`` among them; other_co2e: what is known as CO2e alone
    carbon   t C per unit; ncv GJ per unit, cc t C/GJ, oxidation: fractions; None where the factor does not split
    region, year   of a factor of the grid
    cells    (statement, entity, process, unit_name, parameter); rows: (activity type, factor, scope, category, t CO2e)
    """

    stated: Fraction
    exact: Fraction
    unit: str = ""
    amount: Fraction | None = None
    gases: Mapping[str, Fraction] = field(default_factory=dict)
    other_co2e: Fraction = ZERO
    gwp_set: str = ""
    carbon: Fraction | None = None
    ncv: Fraction | None = None
    cc: Fraction | None = None
    oxidation: Fraction | None = None
    region: str = ""
    year: int | None = None
    sources: tuple[str, ...] = ()
    cells: tuple[tuple[str, str, str, str, str], ...] = ()
    rows: tuple[tuple[str, str, int, str, Fraction], ...] = ()

    @property
    def co2(self) -> Fraction:
        """Tonnes of CO2 itself."""
        return self.gases.get("CO2", ZERO)

    @property
    def factor(self) -> Fraction | None:
        """t CO2 per unit."""
        return self.co2 / self.amount if self.amount else None


def merged(sides: Sequence[Side]) -> Side:
    """Several as one: amounts added where they count in one unit, factors weighted by what they are of."""
    first, *rest = sides
    if not rest:
        return first
    same = all(each.amount is not None and each.unit == first.unit for each in sides)
    amount = sum((each.amount or ZERO for each in sides), ZERO) if same else None
    gases: dict[str, Fraction] = {}
    for each in sides:
        for gas, mass in each.gases.items():
            gases[gas] = gases.get(gas, ZERO) + mass
    found = Side(
        sum((each.stated for each in sides), ZERO), sum((each.exact for each in sides), ZERO), first.unit if same else "", amount,
        gases, sum((each.other_co2e for each in sides), ZERO), _one(each.gwp_set for each in sides) or "",
        region=_one(each.region for each in sides) or "", year=_one(each.year for each in sides),
        sources=tuple(dict.fromkeys(text for each in sides for text in each.sources)),
        cells=tuple(cell for each in sides for cell in each.cells), rows=tuple(row for each in sides for row in each.rows),
    )  # fmt: skip
    if not amount:
        return found
    carbon = _weighted([(each.amount, each.carbon) for each in sides])
    heat = [
        (each.amount * each.ncv if each.amount is not None and each.ncv is not None else None, each.cc)
        for each in sides
    ]
    burned = [
        (each.amount * each.carbon if each.amount is not None and each.carbon is not None else None, each.oxidation)
        for each in sides
    ]
    return replace(found, carbon=carbon, ncv=_weighted([(each.amount, each.ncv) for each in sides]),
                   cc=_weighted(heat), oxidation=_weighted(burned))  # fmt: skip


def _one(values: Iterable[Value]) -> Value | None:
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _weighted(pairs: Sequence[tuple[Fraction | None, Fraction | None]]) -> Fraction | None:
    """None as soon as one is not known."""
    total = weight = ZERO
    for each, value in pairs:
        if each is None or value is None:
            return None
        total, weight = total + each * value, weight + each
    return total / weight if weight else None


def of_inventory(each: InventorySum, unit: str = "") -> Side:
    """A sum of the run, counted in ``unit`` where its own converts. Gases that the factor does not tell apart stay CO2e."""
    total = Fraction(each.co2e_kg) / 1000
    amount = co2 = None
    scale = converted(each.unit, unit) if unit else None
    counted = unit if scale is not None else each.unit
    if each.co2e_per_unit:
        used = Fraction(each.co2e_kg) / Fraction(each.co2e_per_unit)
        co2 = None if each.co2_per_unit is None else used * Fraction(each.co2_per_unit) / 1000
        amount = used * (scale if scale is not None else 1)
    ncv, cc, oxidation = _published(each.factor_id, counted)
    return Side(
        total, total, counted, amount, {} if co2 is None else {"CO2": co2}, total - (co2 or ZERO), each.gwp_set,
        None if ncv is None or cc is None else ncv * cc, ncv, cc, oxidation, each.factor_region, each.factor_year,
        (each.source,) if each.source else (),
        rows=((each.activity_type, each.factor_id, each.scope, each.category, total),),
    )  # fmt: skip


@cache
def _published(factor_id: str, unit: str) -> tuple[Fraction | None, Fraction | None, Fraction | None]:
    """Calorific value, carbon per heat and oxidation behind a fuel factor of the Chinese guidelines, per unit."""
    for prefix, method in (("CN-FUEL-CETS24-", "cn-cement-2024"), ("CN-FUEL-NDRC-", "cn-other-industry-2015")):
        name = factor_id.removeprefix(prefix)
        items = sector_methods()[method].groups["fuel"].items
        if name == factor_id or name not in items:
            continue
        parameters = items[name].parameters
        found = [parameters[each].default(None) for each in ("ncv", "cc", "of")]
        if parameters["amount"].unit == unit and all(found):
            return tuple(each.value for each in found if each)  # type: ignore[return-value]  # three of them
    return None, None, None
