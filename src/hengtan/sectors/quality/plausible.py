"""What is unlikely in a statement: months that differ from the others, heat and carbon that do not belong together, units beyond their power.

Remarks, never refusals: each has its numbers, and the mend is to explain or to correct. Limits are ours (known:), wide enough to be quiet
about coal that changes and narrow enough for a slipped digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from hengtan.problems import Problem
from hengtan.sectors.method import SectorMethod
from hengtan.sectors.statement import Given, Place, Statement, Values

JUMP_PCT = 10  # of a month's carbon content or calorific value from the mean of the year's others
SPECIFIC_PCT = 15  # of a month's fuel per MWh from the mean of the others
FEWEST = 4  # months before a mean says anything
CARBON_PER_HEAT = (
    Fraction("0.022"),
    Fraction("0.034"),
)  # t C/GJ of coals; anthracite 0.02749, brown coal 0.02800, CFB 0.02858
WITHIN = (  # what cannot be more than what it is part of
    ("own_use", "generation"), ("supply", "generation"), ("heat_supplied", "heat_produced"), ("electricity_exported", "electricity_bought"),
)  # fmt: skip
MEANS = ("c_ar", "c_ad", "c_d", "ncv")


def plausible(statement: Statement, method: SectorMethod) -> list[Problem]:
    """Remarks on the values of each place; ``row`` is that of the value in the statement."""
    found: list[Problem] = []
    for place, values in statement.values.items():
        found += _months(place, values, method)
        found += _specific(place, values)
        found += _carbon(place, values)
        found += _within(place, values)
        found += _power(place, values)
    return found


def _where(place: Place) -> str:
    return " / ".join(part for part in (place.process, place.unit_name) if part) or place.entity


def _by_month(values: Values, name: str) -> dict[int, Given]:
    return {month: each for month, each in values.get(name, {}).items() if month is not None}


def _shown(value: Fraction) -> str:
    return f"{float(value):.4g}"


def _outliers(months: Mapping[int, Fraction], limit_pct: int) -> Iterator[tuple[int, Fraction, Fraction, Fraction]]:
    """(month, value, mean of the others, change in per cent) where the change is beyond the limit."""
    if len(months) < FEWEST:
        return
    whole = sum(months.values(), Fraction(0))
    for month, value in sorted(months.items()):
        mean = (whole - value) / (len(months) - 1)
        if mean and abs(value / mean - 1) * 100 > limit_pct:
            yield month, value, mean, (value / mean - 1) * 100


def _told(
    place: Place, parameter: str, month: int, value: Fraction, mean: Fraction, change: Fraction
) -> dict[str, str]:
    return {"place": _where(place), "parameter": parameter, "month": str(month), "value": _shown(value), "mean": _shown(mean),
            "change": f"{float(change):+.1f}"}  # fmt: skip


def _months(place: Place, values: Values, method: SectorMethod) -> Iterator[Problem]:
    """Carbon contents and calorific values that were measured, month beside month."""
    for name in values:
        known = method.find(name)
        if known is None or name.rpartition(".")[2] not in MEANS:
            continue
        months = {month: each for month, each in _by_month(values, name).items() if each.obtained != "default"}
        for month, value, mean, change in _outliers({month: each.value for month, each in months.items()}, JUMP_PCT):
            told = _told(place, name, month, value, mean, change)
            yield Problem(
                "quality.month-jumps", row=months[month].row, column="value", values={**told, "limit": str(JUMP_PCT)}
            )


def _specific(place: Place, values: Values) -> Iterator[Problem]:
    """Fuel burned per MWh generated, month beside month."""
    generated = {month: each.value for month, each in _by_month(values, "generation").items() if each.value}
    for name in values:
        if not name.endswith(".amount") or name.partition(".")[0] not in ("coal", "fuel"):
            continue
        burned = _by_month(values, name)
        rates = {
            month: each.value / generated[month] for month, each in burned.items() if month in generated and each.value
        }
        for month, value, mean, change in _outliers(rates, SPECIFIC_PCT):
            told = _told(place, name, month, value, mean, change)
            yield Problem(
                "quality.fuel-per-mwh",
                row=burned[month].row,
                column="value",
                values={**told, "limit": str(SPECIFIC_PCT)},
            )


def _carbon(place: Place, values: Values) -> Iterator[Problem]:
    """Measured carbon by measured heat of coal, as received both."""
    low, high = CARBON_PER_HEAT
    for name in values:
        if not name.startswith("coal.") or not name.endswith(".c_ar"):
            continue
        carbon, heat = _by_month(values, name), _by_month(values, f"{name.removesuffix('.c_ar')}.ncv")
        for month, each in carbon.items():
            other = heat.get(month)
            if other is None or not other.value or "default" in (each.obtained, other.obtained):
                continue
            ratio = each.value / other.value
            if not low <= ratio <= high:
                told = {
                    "place": _where(place),
                    "parameter": name,
                    "month": str(month),
                    "value": _shown(ratio),
                    "low": _shown(low),
                    "high": _shown(high),
                }
                yield Problem("quality.carbon-per-heat", row=each.row, column="value", values=told)


def _within(place: Place, values: Values) -> Iterator[Problem]:
    """A part is not more than its whole, in no month and not in the year."""
    for part, whole in WITHIN:
        for month, each in values.get(part, {}).items():
            other = values.get(whole, {}).get(month)
            if other is not None and each.value > other.value:
                told = {
                    "place": _where(place),
                    "parameter": part,
                    "whole": whole,
                    "month": str(month or "—"),
                    "value": _shown(each.value),
                    "most": _shown(other.value),
                }
                yield Problem("quality.more-than-whole", row=each.row, column="value", values=told)


def _power(place: Place, values: Values) -> Iterator[Problem]:
    """What a unit generated is not more than its rated power gives in the hours it ran."""
    rated = values.get("rated_power", {}).get(None)
    hours = values.get("running_hours", {})
    if rated is None:
        return
    for month, each in values.get("generation", {}).items():
        ran = hours.get(month)
        if ran is not None and ran.value and each.value > rated.value * ran.value:
            factor = each.value / (rated.value * ran.value)
            told = {
                "place": _where(place),
                "parameter": "generation",
                "month": str(month or "—"),
                "value": _shown(factor),
            }
            yield Problem("quality.beyond-rated", row=each.row, column="value", values=told)
