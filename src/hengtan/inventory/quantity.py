"""A quantity column of any type as DECIMAL(18,6), rounded half-even from the shortest decimal that reads back."""

from __future__ import annotations

from typing import Any

import ibis

from hengtan.engine import DECIMAL_QUANTITY

# Wide enough for 13 digits before the point and 25 after. Doubles have no more; in longer texts the last place stands
# for all that follows, so that a little more than half is not taken for half.
_WIDE = "decimal(38,25)"
_CUT = 25
_WIDER = "decimal(20,6)"
_LONG = r"^([+-]?[0-9]*\.[0-9]{24})[0-9]*[1-9][0-9]*$"
_HALF = "0.0000005"
_NOT_FINITE = ("nan", "+nan", "-nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity")
_LIMIT = 1e12
_FAST = 2.0**33  # below this doubles lie closer than 10^-6: at most one decimal of six places reads back as the double


def is_odd(column: Any) -> Any | None:
    """True where a cast alone would not give the decimal; None for types where it always does.

    What is no number below 10^12 is not odd: the cast makes it NULL, and it is rejected whatever it is. A column
    without odd rows takes the short way. The long way is written out once, for all rows: inside a CASE an engine may
    compute it for every row all the same.
    """
    kind = column.type()
    if kind.is_floating():
        straight = (column.abs() < _FAST) & (column.try_cast(DECIMAL_QUANTITY).cast("float64") == column)
        return ((column.abs() < _LIMIT) & ~straight).fill_null(False)
    if kind.is_integer() or (kind.is_decimal() and kind.scale <= 6):
        return None
    if kind.is_decimal():
        return column.notnull()
    straight = column.re_search(r"^[+-]?[0-9]{1,12}(\.[0-9]{1,6})?$")
    return (~straight & column.try_cast("float64").notnull()).fill_null(False)


def plain_decimal(column: Any) -> Any:
    """DECIMAL(18,6) of a column whose rows are all plain."""
    return column.try_cast(DECIMAL_QUANTITY)


def quantity_decimal(column: Any) -> Any:
    """The quantity, or NULL where it is empty, not finite, unreadable or 10^12 and more."""
    if is_odd(column) is None:
        return plain_decimal(column)
    text, kind = column.cast("string"), column.type()
    if kind.is_string() or (kind.is_decimal() and kind.scale > _CUT):
        text = text.re_replace(_LONG, r"\11")
    return _half_even(text.try_cast(_WIDE))


def _half_even(wide: Any) -> Any:
    away = wide.try_cast(DECIMAL_QUANTITY)  # rounds half away from zero
    tie = (away.cast(_WIDE) - wide).abs() == ibis.literal(_HALF).cast(_WIDE)
    last_odd = (away.cast("string").right(1).cast("int8") % 2) == 1
    step = ibis.ifelse(wide < ibis.literal("0").cast(_WIDE), ibis.literal("-0.000001"), ibis.literal("0.000001"))
    # Ibis leaves out a cast to the type that it believes is there: the difference is made wider, so that the cast stays.
    even = away.cast(_WIDER) - step.cast(_WIDER)
    return ibis.cases((tie & last_odd, even.cast(DECIMAL_QUANTITY)), else_=away)


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
            # Not isnan: DuckDB 2.0 believes the statistics of a file, in which NaN has no place.
            "given_finite": ~column.cast("string").isin(_NOT_FINITE).fill_null(False),
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
