"""Numbers as people write them: ``1,234.5``, ``1 234,5``, ``１２３``, ``1.2万``, ``(500)``, ``¥3,000.00``.

>>> read_number("1.2万").text
'12000'
>>> read_number("1,234").problem            # one thousand, or one and a bit? The cell alone does not say
'cell.number-ambiguous'
>>> read_number("1,234", Convention.POINT).text
'1234'

A point is the decimal sign. A comma with exactly three digits after it may be either, and is decided only by what the
other cells of the column show (``Evidence``) or by what the company states in its aliases file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20, 0x2212: 0x2D, 0x2010: 0x2D, 0x2011: 0x2D, 0x2013: 0x2D, 0xFFE5: 0xA5, 0x3002: 0x2E,
}  # fmt: skip
_SPACES = "\u0020\u00a0\u2009\u202f"
_GROUPED_BY_SPACE = re.compile(rf"(\d{{1,3}})((?:[{_SPACES}'’]\d{{3}})+)(?=$|[.,]\d)", re.ASCII)
_BODY = re.compile(r"([.,]?\d[\d.,]*)(?:[eE]([+-]?\d{1,9}))?", re.ASCII)
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,9})?", re.ASCII)
_MYRIADS = {"": 0, "千": 3, "万": 4, "萬": 4, "百万": 6, "千万": 7, "亿": 8, "億": 8, "万亿": 12}
_SUFFIX = re.compile(r"(百万|千万|万亿|[千万萬亿億])$")
_CURRENCIES = {
    "¥": ("CNY", "JPY"), "元": ("CNY",), "人民币": ("CNY",), "RMB": ("CNY",), "CNY": ("CNY",), "美元": ("USD",),
    "USD": ("USD",), "US$": ("USD",), "$": ("USD", "CAD", "AUD", "HKD", "SGD", "NZD", "TWD", "MXN"), "€": ("EUR",),
    "欧元": ("EUR",), "EUR": ("EUR",), "£": ("GBP",), "GBP": ("GBP",), "英镑": ("GBP",), "JPY": ("JPY",),
    "HK$": ("HKD",), "HKD": ("HKD",), "港元": ("HKD",), "日元": ("JPY",), "CAD": ("CAD",),
}  # fmt: skip
_CURRENCY_ORDER = sorted(_CURRENCIES, key=len, reverse=True)
FORMULA_ERRORS = frozenset((
    "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!",
    "#BLOCKED!", "#UNKNOWN!", "#BUSY!",
))  # fmt: skip
_NOT_FINITE = {"nan": "nan", "inf": "inf", "infinity": "inf", "-inf": "-inf", "-infinity": "-inf", "+inf": "inf"}


class Convention(Enum):
    """What the comma and the point of a column mean."""

    OPEN = "nothing shows it: a point is decimal, a lone comma before three digits is ambiguous"
    POINT = "the point is decimal, the comma groups thousands"
    COMMA = "the comma is decimal, the point groups thousands"
    UNEVEN = "the same, with more or fewer than three decimals: a comma before three digits that end in 0 is ambiguous"
    MIXED = "both are seen: what could be either is ambiguous"


DECIMAL_COMMA = frozenset((Convention.COMMA, Convention.UNEVEN))


@dataclass(frozen=True, slots=True)
class Reading:
    """``text``: plain decimal or exponent form; or ``problem``: the code of what is wrong.

    shows       what this cell alone proves about its column: "point", "comma" or ""
    places      digits after a comma that is decimal
    swayed      its reading hangs on the convention of the column
    currencies  the codes a currency sign may mean; the unit must be one of them
    """

    text: str | None = None
    problem: str = ""
    shows: str = ""
    swayed: bool = False
    currencies: tuple[str, ...] = ()
    places: int = 0


class Evidence:
    """What the cells of one column prove, taken together."""

    def __init__(self) -> None:
        self.point = self.comma = self.uneven = False

    def add(self, reading: Reading) -> None:
        """Takes note of one cell."""
        self.point |= reading.shows == "point"
        self.comma |= reading.shows == "comma"
        self.uneven |= reading.shows == "comma" and reading.places != 3

    @property
    def convention(self) -> Convention:
        """The convention that is proved, if one is."""
        if self.point and self.comma:
            return Convention.MIXED
        if self.comma:
            return Convention.UNEVEN if self.uneven else Convention.COMMA
        return Convention.POINT if self.point else Convention.OPEN


def read_number(given: str, convention: Convention = Convention.OPEN) -> Reading:
    """Reads one cell; an empty one gives ``Reading(None)``."""
    if _PLAIN.fullmatch(given) and "." not in given:
        return Reading(given)
    text = given.translate(FULL_WIDTH).strip()
    if not text:
        return Reading()
    if is_formula_error(text):
        return Reading(problem="cell.formula-error")
    if text.lower() in _NOT_FINITE:
        return Reading(_NOT_FINITE[text.lower()])
    if "%" in text or "‰" in text:
        return Reading(problem="cell.number-percent")
    text, currencies = _without_currency(text)
    negative, text = _sign(text)
    text, more = _without_currency(text)
    currencies = currencies or more
    power = 0
    if (suffix := _SUFFIX.search(text)) is not None:
        power = _MYRIADS[suffix[1]]
        text = text[: suffix.start()].strip()
    text, spaced = _without_spaces(text)
    body = _BODY.fullmatch(text)
    if body is None:
        return Reading(problem="cell.number-unreadable")
    plain, shows, swayed = _decimal_sign(body[1], spaced, convention)
    if plain is None:
        code = "cell.number-ambiguous" if swayed else "cell.number-unreadable"
        return Reading(problem=code, shows=shows, swayed=swayed)
    try:
        exponent = int(body[2] or 0) + power
        value = Decimal(plain).scaleb(exponent) if exponent else Decimal(plain)
    except (InvalidOperation, OverflowError):
        return Reading(problem="cell.number-unreadable")
    written = f"{value:f}" if -30 < value.adjusted() < 30 and not body[2] else str(value)
    places = len(plain.partition(".")[2]) if shows == "comma" else 0
    return Reading(("-" if negative else "") + written, "", shows, swayed, currencies, places)


def is_formula_error(text: str) -> bool:
    """What a spreadsheet shows where a formula failed: ``#REF!``, ``#DIV/0!``, LibreOffice's ``Err:502``."""
    return text in FORMULA_ERRORS or (text.startswith("Err:5") and len(text) == 7)


def _without_currency(text: str) -> tuple[str, tuple[str, ...]]:
    upper = text.upper()
    for sign in _CURRENCY_ORDER:
        if upper.startswith(sign):
            return text[len(sign) :].strip(), _CURRENCIES[sign]
        if upper.endswith(sign):
            return text[: -len(sign)].strip(), _CURRENCIES[sign]
    return text, ()


def _sign(text: str) -> tuple[bool, str]:
    """Accountants' brackets, a sign before or (SAP) after the digits."""
    if text.startswith("(") and text.endswith(")"):
        return True, text[1:-1].strip()
    if text[:1] in "+-":
        return text[:1] == "-", text[1:].strip()
    if text[-1:] == "-":
        return True, text[:-1].strip()
    return False, text


def _without_spaces(text: str) -> tuple[str, bool]:
    found = _GROUPED_BY_SPACE.match(text)
    if found is None:
        return text, False
    return found[1] + re.sub(r"\D", "", found[2]) + text[found.end() :], True


def _decimal_sign(body: str, spaced: bool, convention: Convention) -> tuple[str | None, str, bool]:
    """The digits with a point for decimal sign, what they prove, and whether the convention swayed the reading."""
    commas, points = body.count(","), body.count(".")
    if not commas and not points:
        return body, "", False
    if commas and points:
        decimal, group, shows = (".", ",", "point") if body.rindex(".") > body.rindex(",") else (",", ".", "comma")
        head, _, tail = body.rpartition(decimal)
        if spaced or not tail or decimal in head or not _grouped(head, group):
            return None, "", False
        return head.replace(group, "") + "." + tail, shows, False
    sign = "," if commas else "."
    shows_if_decimal, shows_if_group = ("comma", "point") if commas else ("point", "comma")
    if commas + points > 1:
        if spaced or not _grouped(body, sign):
            return None, "", False
        return body.replace(sign, ""), shows_if_group, False
    head, _, tail = body.partition(sign)
    if not tail and commas:
        return None, "", False
    decimal_reading = f"{head or '0'}.{tail or '0'}"
    if spaced or len(tail) != 3 or not 1 <= len(head) <= 3 or head.startswith("0"):
        return decimal_reading, shows_if_decimal, False
    if convention is Convention.MIXED or (convention is Convention.OPEN and commas):
        return None, "", True
    if convention is Convention.UNEVEN and commas and tail.endswith("0"):
        return None, "", True  # no program writes 1,000 beside 1,5 where the comma is decimal
    decimal_is_comma = convention in DECIMAL_COMMA
    return (decimal_reading if decimal_is_comma == bool(commas) else head + tail), "", True


def _grouped(text: str, sign: str) -> bool:
    first, *rest = text.split(sign)
    return 1 <= len(first) <= 3 and all(len(part) == 3 for part in rest)


def plain(value: float) -> str:
    """A double as its shortest decimal that reads back the same: 5.0 -> '5', 0.1 -> '0.1', 1e21 -> '1e+21'."""
    text = repr(value)
    return text[:-2] if text.endswith(".0") else text
