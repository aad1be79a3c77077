"""A quantity column of any type as DECIMAL(18,6), rounded half-even from the shortest decimal that reads back."""

from __future__ import annotations

from typing import Any

import ibis

from hengtan.engine import DECIMAL_QUANTITY

# Wide enough for 13 digits before the point and 25 after: what is cut beyond is far below the sixth place.
_WIDE = "decimal(38,25)"
_HALF = "0.0000005"
LIMIT = "1000000000000"  # CONTRACT section 2: a quantity of 10^12 or more wants another unit
_NOT_FINITE = ("nan", "+nan", "-nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity")
_FAST = 1e9  # below this a double and its decimal of 6 places have at most 15 digits: one answer


def quantity_decimal(column: Any) -> Any:
    """The quantity, or NULL where it is empty, not finite or 10^13 and more (``quantity_text`` then says why)."""
    kind = column.type()
    if kind.is_floating():
        direct = column.try_cast(DECIMAL_QUANTITY)
        plain = (column.abs() < _FAST) & (direct.cast("float64") == column)
        return ibis.cases((plain, direct), else_=_half_even(column.cast("string").try_cast(_WIDE)))
    if kind.is_integer():
        return column.try_cast(DECIMAL_QUANTITY)
    if kind.is_decimal() and kind.scale <= 6:
        return column.try_cast(DECIMAL_QUANTITY)
    if kind.is_decimal():
        return _half_even(column.cast("string").try_cast(_WIDE))
    direct = column.try_cast(DECIMAL_QUANTITY)
    # Plain text with at most six places needs no rounding; the rest takes the wide way.
    plain = column.re_search(r"^[+-]?[0-9]{1,12}(\.[0-9]{1,6})?$")
    return ibis.cases((plain, direct), else_=_half_even(column.try_cast(_WIDE)))


def _half_even(wide: Any) -> Any:
    away = wide.try_cast(DECIMAL_QUANTITY)  # rounds half away from zero
    tie = (away.cast(_WIDE) - wide).abs() == ibis.literal(_HALF).cast(_WIDE)
    last_odd = (away.cast("string").right(1).cast("int8") % 2) == 1
    step = ibis.ifelse(wide < ibis.literal("0").cast(_WIDE), ibis.literal("-0.000001"), ibis.literal("0.000001"))
    return ibis.cases((tie & last_odd, (away - step.cast(DECIMAL_QUANTITY)).cast(DECIMAL_QUANTITY)), else_=away)


def quantity_text(column: Any) -> Any:
    """The quantity as it stands, for a sentence."""
    return column.cast("string")


def quantity_marks(column: Any) -> dict[str, Any]:
    """What the given value is, besides its size: given_empty, given_finite, given_zero."""
    kind = column.type()
    empty = column.isnull()
    if kind.is_floating():
        return {
            "given_empty": empty,
            "given_finite": ~(column.isnan() | column.isinf()).fill_null(False),
            "given_zero": (column == 0).fill_null(False),
        }
    if kind.is_numeric():
        return {"given_empty": empty, "given_finite": ibis.literal(True), "given_zero": (column == 0).fill_null(False)}
    word = column.strip().lower()
    return {
        "given_empty": empty | (word == ""),
        "given_finite": ~word.isin(_NOT_FINITE).fill_null(False),
        "given_zero": word.re_search(r"^[+-]?(0+(\.0*)?|\.0+)(e[+-]?[0-9]+)?$").fill_null(False),
    }
