"""The 95 % interval of what was emitted in each month, in closed form.

A month is a sum like any other: its rows share the errors of their factors, and their quantities err for themselves (2006 IPCC
Guidelines, volume 1, chapter 3, Approach 1: equation 3.1 for a product, 3.2 for independent parts; parts that share an error add up
their half-widths). A row over several months has in each the share of its days, with its whole relative error. The intervals of months
are not to be added: what the months share errs in all of them at once, and the interval of the run is of all rows together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Any

from .spread import fitted
from .stated import Amount
from .totals import EXACT
from .uncertainty_sums import CERTAIN, Model, Part, combined, rounded

Spans = Mapping[tuple[int, date, date], Amount]


@dataclass(slots=True)
class _Share:
    """What one key has in one month: quantity of which nothing is stated, exact and of rows over several months; what is stated."""

    whole: Decimal = Decimal(0)
    split: float = 0.0
    amount: Amount = field(default_factory=Amount)

    @property
    def quantity(self) -> float:
        return float(self.whole) + self.split + self.amount.mean


def month_bands(
    groups: Iterable[Mapping[str, Any]], spans: Spans, model: Model
) -> dict[str, dict[str, dict[str, str]]]:
    """Month -> sum -> p2_5_kg, p97_5_kg; without the sums of a month in which nothing is stated.

    groups   key_id, first, last, quantity, as ``keys.by_months`` gives them; spans: what is stated of their quantities
    """
    if not model.spreads and not spans:
        return {}
    months = _shares(groups, spans)
    found: dict[str, dict[str, dict[str, str]]] = {}
    for month in sorted(months):
        keys = months[month]
        for name, weights in model.sums.items():
            parts: list[Part] = []
            told = False
            for number, weight in weights.items():
                share = keys.get(number)
                if share is not None:
                    parts.append((weight.per_unit, share.quantity, share.amount))
                    told = told or _is_stated(weight.per_unit, share)
            if told:
                bounds = fitted(*combined(parts, model)).interval()
                found.setdefault(month, {})[name] = rounded(*bounds)
    return found


def _is_stated(per_unit: Mapping[str, float], share: _Share) -> bool:
    """Whether something that is not 0 has a stated uncertainty."""
    if share.amount.stated and any(per_unit.values()):
        return True
    return bool(share.quantity) and any(kg for source, kg in per_unit.items() if source != CERTAIN)


def _shares(groups: Iterable[Mapping[str, Any]], spans: Spans) -> dict[str, dict[int, _Share]]:
    found: dict[str, dict[int, _Share]] = {}
    ordered = sorted(groups, key=lambda group: (group["key_id"], group["first"], group["last"]))
    with localcontext(EXACT):
        for group in ordered:
            number, first, last = group["key_id"], group["first"], group["last"]
            told = spans.get((number, first, last))
            rest = group["quantity"] - (told.stated if told else 0)
            for month, share in day_shares(first, last):
                into = found.setdefault(month, {}).setdefault(number, _Share())
                if share == 1:
                    into.whole += rest
                else:
                    into.split += float(rest) * share
                if told:
                    _add(into.amount, told, share)
    return found


def _add(into: Amount, told: Amount, share: float) -> None:
    into.stated += told.stated
    into.mean += told.mean * share
    into.variance += told.variance * share**2
    into.third += told.third * share**3


def day_shares(first: date, last: date) -> Iterator[tuple[str, float]]:
    """Which part of the days lies in each month; first == last stands for one whole month."""
    days = (last - first).days + 1
    while (first.year, first.month) != (last.year, last.month):
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        yield f"{first:%Y-%m}", (following - first).days / days
        first = following
    yield f"{first:%Y-%m}", ((last - first) + timedelta(days=1)).days / days
