"""One cell of a sheet as people write it: 1,034,680, 97.4, 2026/11/20, CEA25, 25%, 是. What it comes to is as the schema asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from hengtan.market.rules import vintage_name, vintage_year

from .sheets import Column

_GROUPED = re.compile(r"[0-9]{1,3}(?:[, \u00a0\u2009][0-9]{3})+(?:\.[0-9]+)?")
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?(?:e-0?[1-9])?")  # a spreadsheet gives 0.000001 as 1e-06
_DAY = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)")
_CONTROL = re.compile("[\u0000-\u001f\u007f]|[\ud800-\udfff]")
_YES = {"yes": True, "true": True, "y": True, "是": True, "1": True, "no": False, "false": False, "n": False, "否": False, "0": False}  # fmt: skip
_NOW = ("now", "现在", "现买")
_MOST_T = 1_000_000_000


def value_of(column: Column, text: str) -> Any:
    """What a cell that is not empty says. Raises ValueError where it says nothing that may stand there."""
    if column.kind in _TEXTS:
        return _text(text.strip(), _TEXTS[column.kind])
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if column.kind == "choice":
        return _choice(column, plain)
    return _KINDS[column.kind](plain)


def text_of(column: Column, value: Any) -> str:
    """A value as a cell that ``value_of`` reads again."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value)


def shown(column: Column, text: str, lang: str) -> str:
    """A cell in a person's language: codes become words."""
    if column.kind == "yes" and text in ("yes", "no"):
        return {"yes": ("yes", "是"), "no": ("no", "否")}[text][lang == "zh"]
    if column.kind == "vintage" and text.isdecimal() and 2019 <= int(text) <= 2060:
        return vintage_name(int(text)) if int(text) != 2019 else text
    if column.kind == "window" and text == "now":
        return "现在" if lang == "zh" else "now"
    return column.choices[text][lang] if text in column.choices else text


def _text(text: str, most: int) -> str:
    if len(text) > most or _CONTROL.search(text):
        raise ValueError(text)
    return text


def _choice(column: Column, text: str) -> str:
    for code, title in column.choices.items():
        if text.casefold() in (unicodedata.normalize("NFKC", each).casefold() for each in (code, *title.values())):
            return code
    raise ValueError(text)


def _number(text: str, decimals: int) -> Decimal:
    if _GROUPED.fullmatch(text):
        text = re.sub(r"[, \u00a0\u2009]", "", text)
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    number = Decimal(text)
    if number != round(number, decimals):
        raise ValueError(text)
    return number


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(_number(text, 0))
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return read


def _fen(digits: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        number = _number(text.removeprefix("¥").removeprefix("￥").strip(), 2)
        if number >= 10**digits:
            raise ValueError(text)
        return f"{number:.2f}"

    return read


def _monthly(text: str) -> str:
    number = _number(text, 6)
    if number >= 10**9:
        raise ValueError(text)
    return _short(number)


def _share(text: str) -> str:
    number = _number(text[:-1].strip(), 7) / 100 if text.endswith("%") else _number(text, 9)
    if number > 1:
        raise ValueError(text)
    return _short(number)


def _confidence(text: str) -> str:
    number = Decimal(_share(text))
    if not Decimal("0.5") <= number < 1 or number != round(number, 5):
        raise ValueError(text)
    return _short(number)


def _factor(text: str) -> str:
    number = _number(text[:-1].strip(), 4) / 100 if text.endswith("%") else _number(text, 6)
    if number >= 10:
        raise ValueError(text)
    return _short(number)


def _short(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(text: str) -> str:
    found = _DAY.fullmatch(text.removesuffix(" 00:00:00"))
    if found is None:
        raise ValueError(text)
    return date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5])).isoformat()


def _vintage(text: str) -> int:
    year = vintage_year(text) if text.upper().startswith("CEA") else int(_number(text, 0))
    if not 2019 <= year <= 2060:
        raise ValueError(text)
    return year


def _years(text: str) -> list[int]:
    found = [_whole(2019, 2060)(each) for each in re.split(r"[,;、\s]+", text) if each]
    if len(set(found)) != len(found) or not found:
        raise ValueError(text)
    return found


def _yes(text: str) -> bool:
    if text.casefold() not in _YES:
        raise ValueError(text)
    return _YES[text.casefold()]


def _window(text: str) -> str:
    return "now" if text.casefold() in _NOW else str(_whole(2000, 2099)(text))


_TEXTS = {"text": 100, "title": 200, "entity": 100, "scenario": 100}
_KINDS: dict[str, Callable[[str], Any]] = {
    "tonnes": _whole(0, _MOST_T), "monthly": _monthly, "price": _fen(7), "money": _fen(13), "share": _share, "factor": _factor,
    "confidence": _confidence, "day": _day, "year": _whole(2019, 2060), "vintage": _vintage, "years": _years, "yes": _yes,
    "lot": _whole(1, 1_000_000), "days": _whole(0, 400), "horizon": _whole(1, 60), "window": _window,
}  # fmt: skip
