"""The steps of a compliance year and their last days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from .law import Law, law


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what, until when, for which sectors (empty: all). ``expected``: set forth from the last notice, not announced."""

    id: str
    title: Mapping[str, str]
    day: date
    year: int
    sectors: tuple[str, ...]
    mark: str
    expected: bool
    law: Law


def surrender_deadline(year: int) -> tuple[date, str, bool]:
    """Last day to surrender emissions of ``year``, its mark, and whether it is only expected.

    >>> surrender_deadline(2025)
    (datetime.date(2026, 12, 31), 'R', False)
    """
    known = law("calendar.surrender").values.get(str(year))
    if known is not None:
        return known["date"], known["mark"], False
    if year < 2019:
        raise ValueError(f"no surrender for {year}")
    return date(year + 1, 12, 31), "K", True


def steps(year: int, sector: str = "") -> list[Step]:
    """The steps for emissions of ``year``, in order of their days; ``sector`` empty: of every sector.

    A year after the last notice gets the same days a year on, said to be expected; for an earlier one only the surrender is known.
    """
    rule = law("calendar.steps")
    noticed = rule.values["emission_year"]
    if year < noticed:
        day, mark, _ = surrender_deadline(year)
        title = next(each["title"] for each in rule.values["steps"] if each["id"] == "surrender")
        return [Step("surrender", title, day, year, (), mark, False, law("calendar.surrender"))]
    found = []
    for each in rule.values["steps"]:
        if (each.get("once") and year != noticed) or (sector and each["sectors"] and sector not in each["sectors"]):
            continue
        day = each["date"].replace(year=each["date"].year + year - noticed)
        expected = year != noticed
        mark = "K" if expected else rule.mark
        found.append(Step(each["id"], each["title"], day, year, tuple(each["sectors"]), mark, expected, rule))
    return sorted(found, key=lambda step: step.day)


def evidence_due(month: date) -> date:
    """Last day to upload the evidence of a month: 40 natural days after its end.

    >>> evidence_due(date(2026, 10, 1))
    datetime.date(2026, 12, 10)
    """
    after = (month.replace(day=1) + timedelta(days=32)).replace(day=1)
    return after - timedelta(days=1) + timedelta(days=law("calendar.steps").values["evidence_days"])
