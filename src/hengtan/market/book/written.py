"""How numbers, money and serial ranges are written: read exactly, or not at all."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from hengtan.problems import HengtanError, Problem

from .posting import LARGEST_QUANTITY, LARGEST_SERIAL, Range

_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+", re.ASCII)  # 1,000 or 1000; 97,40 may mean another thing
_SERIES = re.compile(r"[ -~\u3400-\u9fff]+")  # what looks alike in another script is another number, or none
_RANGE = re.compile(r"(?P<series>.{1,120}):(?P<first>[0-9]{1,19})(?:-(?P<last>[0-9]{1,19}))?", re.ASCII | re.S)


def fen(amount: int) -> str:
    """Yuan with two decimals, as people write it.

    >>> fen(974000), fen(-5)
    ('9740.00', '-0.05')
    """
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02}"


def as_fen(text: str) -> int | None:
    """Fen of an amount of yuan; None where it is no amount with at most two decimals.

    >>> as_fen("97.4"), as_fen("1,234.50"), as_fen("0.005"), as_fen("97,40")
    (9740, 123450, None, None)
    """
    found = re.fullmatch(r"([0-9,]{1,20})(?:\.([0-9]{1,30}))?", text.strip(), re.ASCII)
    if not found or whole_of(found[1]) is None or len((found[2] or "").rstrip("0")) > 2:
        return None
    return (whole_of(found[1]) or 0) * 100 + int(((found[2] or "") + "00")[:2])


def whole_of(text: str) -> int | None:
    """A whole number as people write it, thousands parted by commas or not at all; None for what is none.

    >>> whole_of("12,000"), whole_of("12000"), whole_of("12,00"), whole_of("1e3")
    (12000, 12000, None, None)
    """
    return int(text.replace(",", "")) if len(text) <= 30 and _GROUPED.fullmatch(text) else None


def spelled(series: str) -> str:
    """The one spelling of the name of a series: letters large, wide ones narrow, spaces single.

    >>> spelled("ｃn-2025  a"), spelled("CN-2025 A")
    ('CN-2025 A', 'CN-2025 A')
    """
    return " ".join(unicodedata.normalize("NFKC", series).upper().split())


def ranges_of(texts: Sequence[str]) -> tuple[Range, ...]:
    """Serial ranges as people write them. Raises HengtanError ``book.serial-*``."""
    wrong: list[Problem] = []
    found = serials_of(texts, wrong)
    if wrong:
        raise HengtanError(wrong)
    return found


def serials_of(texts: Any, wrong: list[Problem]) -> tuple[Range, ...]:
    """As ``ranges_of``, with what is wrong put to the list."""
    found: list[Range] = []
    for text in texts:
        told = _RANGE.fullmatch(text)
        first = int(told["first"]) if told else 0
        last = int(told["last"] or first) if told else 0
        series = spelled(told["series"]) if told else ""
        if (
            told is None
            or max(first, last) > LARGEST_SERIAL
            or not _SERIES.fullmatch(series)
            or set(series) & set(":,;")
        ):
            wrong.append(Problem("book.serial-form", column="serials", values={"value": text[:80]}))
        elif last < first:
            wrong.append(
                Problem(
                    "book.serial-reversed",
                    column="serials",
                    values={"value": text[:160], "first": str(first), "last": str(last)},
                )
            )
        elif last - first >= LARGEST_QUANTITY:
            wrong.append(
                Problem(
                    "book.event-whole",
                    column="serials",
                    values={"field": "serials", "value": text[:80], "most": f"{LARGEST_QUANTITY:,}"},
                )
            )
        else:
            found.append(Range(series, first, last))
    found.sort(key=lambda each: (each.series, each.first))
    for one, two in itertools.pairwise(found):
        if one.series == two.series and two.first <= one.last:
            wrong.append(Problem("book.serial-overlap", column="serials", values={"one": str(one), "two": str(two)}))
    return tuple(found)
