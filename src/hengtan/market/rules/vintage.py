"""Which allowances can be surrendered for a year, and how many old ones could be carried over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import floor

from hengtan.problems import Problem

from .law import law

FIRST = 2019


def vintage_refusal(vintage: int, year: int, on: date) -> Problem | None:
    """Why allowances of ``vintage`` cannot be surrendered for emissions of ``year`` by what is known on a day; None where they can."""
    if vintage < FIRST or year < FIRST:
        return law("surrender.any-sector").refuse(
            "law.vintage-unknown", vintage=vintage if vintage < FIRST else year, first=FIRST
        )
    if vintage > year and {vintage, year} != {2019, 2020} and not drawn_ahead(vintage, year):  # CEA19-20 is one vintage
        return law("surrender.no-borrowing").refuse("law.vintage-later", vintage=vintage_name(vintage), year=year)
    void = law("surrender.old-vintages-void")
    if void.holds(year, on) and void.values["from_vintage"] <= vintage <= void.values["to_vintage"]:
        return void.refuse("law.vintage-void", vintage=vintage_name(vintage), year=year)
    return None


def drawn_ahead(vintage: int, year: int) -> bool:
    """Whether allowances of a vintage serve a year only as drawn ahead: 2021 and 2022 could draw on 2023; how much, ``draw_limit`` says."""
    rule = law("surrender.borrowing-2021-2022")
    return vintage == rule.values["vintage"] and year in rule.years


def draw_limit(due_t: int, own_t: int) -> int:
    """The most that an entity could draw ahead for 2021 and 2022: half of its gap, where that is a tenth of what is due.

    >>> draw_limit(1000, 800), draw_limit(1000, 901), draw_limit(1000, 899)
    (100, 0, 50)
    """
    values = law("surrender.borrowing-2021-2022").values
    gap = max(due_t - own_t, 0)
    return floor(gap * Decimal(values["share"])) if gap and gap >= due_t * Decimal(values["from_gap"]) else 0


def vintages_allowed(year: int, on: date) -> tuple[int, ...]:
    """The vintages that can be surrendered for emissions of ``year``, oldest first.

    >>> vintages_allowed(2025, date(2026, 11, 20)), vintages_allowed(2023, date(2024, 11, 20))
    ((2025,), (2019, 2020, 2021, 2022, 2023))
    """
    return tuple(each for each in range(FIRST, year + 3) if vintage_refusal(each, year, on) is None)


def vintage_name(vintage: int) -> str:
    """``CEA25``; 2019 and 2020 are one vintage, ``CEA19-20``."""
    return "CEA19-20" if vintage in (2019, 2020) else f"CEA{vintage % 100:02d}"


def vintage_year(name: str) -> int:
    """The year of ``CEA25``; 2020 for ``CEA19-20``. Raises ValueError.

    >>> vintage_year("CEA25"), vintage_year("CEA19-20")
    (2025, 2020)
    """
    digits = name.strip().upper().removeprefix("CEA")
    if digits in ("19-20", "19", "20"):
        return 2020
    if len(digits) != 2 or not (digits.isascii() and digits.isdigit()) or int(digits) < 19:
        raise ValueError(name)
    return 2000 + int(digits)


@dataclass(frozen=True, slots=True)
class CarryOver:
    """How many tonnes of 2019 to 2024 could become CEA25.

    net_sold_t  sold - bought from 2024-01-01 to 2025-12-31, never below 0
    formula_t   10,000 + 1.5 x net sales, rounded down
    most_t      that, but not above the holding of 2025-12-31; 0 where refused
    refusals    which condition is not met
    """

    net_sold_t: int
    formula_t: int
    most_t: int
    refusals: tuple[Problem, ...] = ()


def carry_over(
    *, sold_t: int, bought_t: int, holding_t: int, on_time: tuple[int, ...] = (2023, 2024), applied: date | None = None
) -> CarryOver:
    """The limit of the carry-over into CEA25.

    sold_t, bought_t  trades from 2024-01-01 to 2025-12-31; holding_t: vintages 2019 to 2024 on 2025-12-31
    on_time           the years that were surrendered in full and on time
    applied           the day of the application; None where it is not made yet and only the limit is asked for

    >>> carry_over(sold_t=100000, bought_t=40000, holding_t=80000).most_t
    80000
    """
    rule = law("surrender.carry-over")
    if min(sold_t, bought_t, holding_t) < 0:
        raise ValueError("tonnes below zero")
    net = max(sold_t - bought_t, 0)
    formula = floor(rule.values["free_t"] + net * Decimal(rule.values["per_net_sold"]))
    wrong = [
        rule.refuse("law.carry-over-late-surrender", year=year)
        for year in rule.values["on_time"]
        if year not in on_time
    ]
    if applied is not None and applied > rule.values["apply_until"]:
        wrong.append(rule.refuse("law.carry-over-late", day=applied, last=rule.values["apply_until"]))
    return CarryOver(net, formula, 0 if wrong else min(formula, holding_t), tuple(wrong))


def carry_over_refusals(tonnes: int, vintage: int, limit: CarryOver) -> list[Problem]:
    """Why ``tonnes`` of ``vintage`` cannot become CEA25 under a limit; empty where they can."""
    rule = law("surrender.carry-over")
    wrong = list(limit.refusals)
    if not rule.values["from_vintage"] <= vintage <= rule.values["to_vintage"]:
        wrong.append(rule.refuse("law.carry-over-vintage", vintage=vintage_name(vintage)))
    if tonnes > limit.most_t and not limit.refusals:
        wrong.append(rule.refuse("law.carry-over-limit", tonnes=f"{tonnes:,}", most=f"{limit.most_t:,}"))
    return wrong
