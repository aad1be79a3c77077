"""Trading on the exchange: which way an order goes, and what its price may be."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

from hengtan.problems import Problem

from .law import law

Way = Literal["listed", "block"]


def way_of(quantity_t: int) -> Way:
    """Listed below 100,000 t an order, block from there on."""
    return "listed" if quantity_t < law("trading.listed").values["below_t"] else "block"


def price_band(previous_close_cny_t: Decimal, way: Way) -> tuple[Decimal, Decimal]:
    """Lowest and highest price in CNY/t, in whole ticks that lie inside the band.

    >>> price_band(Decimal("97.40"), "listed"), price_band(Decimal("97.40"), "block")
    ((Decimal('87.66'), Decimal('107.14')), (Decimal('68.18'), Decimal('126.62')))
    """
    band, tick = Decimal(law(f"trading.{way}").values["band"]), Decimal(law("trading.unit").values["tick_cny"])
    low, high = previous_close_cny_t * (1 - band), previous_close_cny_t * (1 + band)
    return low.quantize(tick, ROUND_CEILING), high.quantize(tick, ROUND_FLOOR)


def order_refusals(
    quantity_t: int, price_cny_t: Decimal, previous_close_cny_t: Decimal | None = None, way: Way | None = None
) -> list[Problem]:
    """Why an order cannot stand; empty where it can. ``way`` None: as the quantity asks; no close: the band is not checked."""
    wrong: list[Problem] = []
    unit = law("trading.unit")
    if quantity_t < unit.values["lot_t"]:
        wrong.append(unit.refuse("law.order-lot", tonnes=quantity_t, lot=unit.values["lot_t"]))
    tick = Decimal(unit.values["tick_cny"])
    if price_cny_t <= 0 or price_cny_t % tick:
        wrong.append(unit.refuse("law.order-tick", price=price_cny_t, tick=tick))
    asked = way_of(quantity_t)
    if way is not None and way != asked:
        rule = law(f"trading.{way}")
        limit = f"{law('trading.listed').values['below_t']:,}"
        wrong.append(rule.refuse("law.order-way", tonnes=f"{quantity_t:,}", way=way, way_zh=_WAY[way], limit=limit))
    if previous_close_cny_t is not None:
        taken = way or asked
        low, high = price_band(previous_close_cny_t, taken)
        if not low <= price_cny_t <= high:
            wrong.append(
                law(f"trading.{taken}").refuse(
                    "law.order-band", price=price_cny_t, low=low, high=high, close=previous_close_cny_t
                )
            )
    return wrong


_WAY = {"listed": "挂牌协议", "block": "大宗协议"}
