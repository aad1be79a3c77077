"""What can be held: allowances by vintage, credits, certificates; which purposes each may serve."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

Kind = Literal["cea", "ccer", "gec", "green_power", "pilot", "voluntary"]
KINDS: tuple[Kind, ...] = ("cea", "ccer", "gec", "green_power", "pilot", "voluntary")
TITLES: dict[str, tuple[str, str]] = {
    "cea": ("national allowance", "全国碳市场配额"),
    "ccer": ("certified voluntary emission reduction", "国家核证自愿减排量"),
    "gec": ("green certificate", "绿证"),
    "green_power": ("green power contract", "绿电合同"),
    "pilot": ("allowance of a pilot market", "试点市场配额"),
    "voluntary": ("voluntary credit", "自愿减排信用"),
}
UNITS: dict[str, str] = {"gec": "MWh", "green_power": "MWh"}  # the others: t
# What a unit of each kind may be used for; the database holds the same table. One unit serves one purpose, once.
PURPOSES: dict[str, tuple[str, ...]] = {
    "cea": ("compliance", "voluntary"),
    "pilot": ("compliance", "voluntary"),
    "ccer": ("compliance", "offset"),
    "voluntary": ("offset",),
    "gec": ("scope2",),
    "green_power": ("scope2",),
}
SERIAL_KINDS = ("ccer", "gec", "green_power", "voluntary")  # their registries number every unit
_CEA = re.compile(r"CEA-?(?:(?:20)?(\d{2})-)?(?:20)?(\d{2})", re.I)
_FIRST = 19  # the first year of the national market; its allowances are those of 2019 and 2020 together


@dataclass(frozen=True, slots=True)
class Instrument:
    """One sort of unit; units of one code are alike but for their numbers.

    code           ``CEA25``, or a name of the company's own such as ``CCER-OFFSHORE-1``
    vintage        year of the allowance (``CEA19-20``: 2020); 0 where there is none
    registered_on  when the reductions (CCER) were registered
    produced_on    first day of the month in which the power of a certificate was made
    market         a pilot's or a standard's name, such as ``GDEA`` or ``VCS``
    inside_market  whether the project (CCER) is inside the allocation of the national market; None: nobody said
    """

    code: str
    kind: str
    vintage: int = 0
    project: str = ""
    methodology: str = ""
    registered_on: date | None = None
    produced_on: date | None = None
    region: str = ""
    market: str = ""
    inside_market: bool | None = None

    @property
    def unit(self) -> str:
        """``t`` or ``MWh``."""
        return UNITS.get(self.kind, "t")


def told_together(known: Instrument, given: Instrument) -> Instrument | None:
    """What both say of one code; None where they contradict each other. What one of them leaves open, the other may say."""
    inside = given.inside_market if known.inside_market is None else known.inside_market
    one, two = replace(known, inside_market=inside), replace(given, inside_market=inside)
    return one if one == two and given.inside_market in (None, inside) else None


def cea(year: int) -> Instrument:
    """The national allowance of a year.

    >>> cea(2025).code, cea(2020).code
    ('CEA25', 'CEA19-20')
    """
    return Instrument(
        "CEA19-20" if year in (2019, 2020) else f"CEA{year % 100:02}", "cea", 2020 if year == 2019 else year
    )


def cea_of(code: str) -> Instrument | None:
    """The allowance that a code names, however it is spelled; None for other codes.

    >>> cea_of("CEA2025").code, cea_of("cea-19-20").vintage, cea_of("CCER-1")
    ('CEA25', 2020, None)
    >>> cea_of("CEA22-23"), cea_of("CEA18")
    (None, None)
    """
    found = _CEA.fullmatch(code.strip())
    if found is None or int(found[2]) < _FIRST or (found[1] and (int(found[1]), int(found[2])) != (_FIRST, 20)):
        return None
    return cea(2000 + int(found[2]))
