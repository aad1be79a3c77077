"""One emission factor, as one publisher states it, and the columns of a factor file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

COLUMNS = (
    "factor_id",
    "dataset",
    "dataset_version",
    "name",
    "name_zh",
    "category",
    "scope",
    "ghgp_category",
    "activity_unit",
    "region",
    "valid_from",
    "valid_to",
    "co2_kg",
    "ch4_kg",
    "n2o_kg",
    "ch4_kgco2e",
    "n2o_kgco2e",
    "co2e_kg",
    "gwp_set",
    "biogenic_co2_kg",
    "lcv_mj_per_unit",
    "uncertainty_pct",
    "source_title",
    "source_url",
    "source_table",
    "licence",
    "retrieved_from",
)
"""The 27 columns of a factor file, in their order; an optional 28th is ``published``."""

AMOUNTS = ("co2_kg", "ch4_kg", "n2o_kg", "ch4_kgco2e", "n2o_kgco2e", "co2e_kg", "biogenic_co2_kg")
"""Columns that say what one unit releases; a row needs at least one of them."""

NUMBERS = (*AMOUNTS, "lcv_mj_per_unit", "uncertainty_pct")
DATES = ("valid_from", "valid_to", "published")

LONGEST = 60
"""Digits before or behind the point that a number may need; 1e999999999 is no amount, and writing it out would fill the memory."""

NEVER = date.min
"""``Factor.published`` of a row that gives neither a day of publication nor a year it describes."""

BIOMASS = (
    "bio", "wood", "straw", "grass", "landfill", "charcoal", "ethanol", "vegetable", "tallow", "hvo", "sludge",
    "sulphite", "生物", "木", "秸秆", "沼气",
)  # fmt: skip
PETROLEUM = ("diesel", "gasoline", "petrol", "cng", "lng", "lpg", "fuel oil", "jet fuel")
BURNT = frozenset({"stationary_combustion", "mobile_combustion"})


@dataclass(frozen=True, slots=True)
class Factor:
    """What one ``activity_unit`` of an activity releases.

    amounts            kg per ``activity_unit``; None where the publisher states nothing, which is never 0
    valid_from, _to    the days the number describes, both inclusive; None: open, or not stated
    published          the day it became known; ``published_assumed`` where no day is established, else
                       ``published_source`` says how the day is known (``read:`` or ``known:``)
    unverified         taken from what is known of the source, not read in it (``retrieved_from`` begins ``known:``)
    origin             ``library`` or ``user`` (a factor file)
    gas_origin         ``fossil``, ``biogenic`` or ``unknown``: what AR6 needs to know about CH4
    """

    factor_id: str
    dataset: str
    dataset_version: str
    name: str
    name_zh: str
    category: str
    scope: int | None
    ghgp_category: str
    activity_unit: str
    region: str
    valid_from: date | None
    valid_to: date | None
    co2_kg: Decimal | None
    ch4_kg: Decimal | None
    n2o_kg: Decimal | None
    ch4_kgco2e: Decimal | None
    n2o_kgco2e: Decimal | None
    co2e_kg: Decimal | None
    gwp_set: str
    biogenic_co2_kg: Decimal | None
    lcv_mj_per_unit: Decimal | None
    uncertainty_pct: Decimal | None
    source_title: str
    source_url: str
    source_table: str
    licence: str
    retrieved_from: str
    published: date
    published_assumed: bool
    published_source: str = ""
    origin: str = "library"

    @property
    def unverified(self) -> bool:
        """Not verified against the source."""
        return self.retrieved_from.startswith("known:")

    @property
    def gas_origin(self) -> str:
        """Where the carbon of its CH4 comes from, as far as the row tells."""
        return gas_origin(self)

    def title(self, lang: str = "en") -> str:
        """The name in the language, else in the one there is."""
        return (self.name_zh or self.name) if lang == "zh" else (self.name or self.name_zh)

    def covers(self, year: int) -> bool:
        """True when some day of the year lies in its validity."""
        after = self.valid_from is not None and self.valid_from.year > year
        before = self.valid_to is not None and self.valid_to.year < year
        return not (after or before)

    def as_row(self) -> dict[str, str]:
        """The 27 columns and ``published`` as the text of a factor file."""
        return {name: text(getattr(self, name)) for name in (*COLUMNS, "published")}


def text(value: object) -> str:
    """A cell as a factor file writes it: plain decimals, ISO dates, nothing for None."""
    if value is None or value == NEVER:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def decimal(cell: str) -> Decimal | None:
    """The exact number of a cell, exponent form included; None for an empty one.

    Raises ValueError for anything else, infinities and NaN included.
    """
    if not cell:
        return None
    try:
        number = Decimal(cell)
    except InvalidOperation:
        raise ValueError(cell) from None
    if not number.is_finite() or len(cell) > 2 * LONGEST or abs(number.adjusted()) > LONGEST:
        raise ValueError(cell)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and abs(exponent) > 2 * LONGEST:
        raise ValueError(cell)
    return Decimal(format(number, "f"))


def assumed_publication(valid_from: date | None) -> date:
    """The day a row counts as known when nobody wrote it down: the first day after its year plus one."""
    return NEVER if valid_from is None else date(valid_from.year + 2, 1, 1)


def gas_origin(factor: Factor) -> str:
    """Fossil or biogenic for burnt fuels and waste water, unknown for the rest (mixed waste, grids, travel)."""
    if factor.category == "wastewater":
        return "biogenic"
    if factor.category not in BURNT:
        return "unknown"
    name = f"{factor.name} {factor.name_zh}".lower()
    if "municipal" in name:
        return "unknown"
    if factor.co2_kg or "average biofuel blend" in name:
        return "fossil"
    if factor.biogenic_co2_kg or any(word in name for word in BIOMASS):
        return "biogenic"
    return "fossil" if any(word in name for word in PETROLEUM) else "unknown"


def factor_from(cells: Mapping[str, Any]) -> Factor:
    """A factor out of typed cells; a missing one is empty."""
    return Factor(**{field.name: cells[field.name] for field in fields(Factor) if field.name in cells})
