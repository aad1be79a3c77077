"""What a person asks for: words to find, and a unit, a region and a year that he would like.

>>> ask = wanted("英国 柴油 升 2024", known=lambda word: True)
>>> ask.terms[0][:2], ask.unit, ask.region, ask.year
((('柴油',), ('diesel',)), 'L', 'GB', 2024)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hengtan import units

from .regions import find_region
from .terms import Phrase, chinese_names, meanings
from .words import STOP, STOP_ZH, is_chinese, words

LONGEST = 4
LONG_ENOUGH = 3
_TOKENS = re.compile(r"[\u3400-\u9fff]+|[^\s\u3400-\u9fff,;，；、]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_CODES = frozenset({"uk", "us", "usa", "eu", "prc", "uae"})
_NOT_UNITS = frozenset({"t", "d", "m", "g"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """terms: each a meaning, as the phrases that mean it; unit, region: canonical, "" if none is named.

    chinese: asked in Chinese, so that Chinese factors are likelier
    """

    terms: tuple[tuple[Phrase, ...], ...]
    unit: str
    region: str
    year: int | None
    chinese: bool


def wanted(text: str, known: Callable[[str], bool]) -> Wanted:
    """Take a question apart. ``known`` says whether a word stands in the index."""
    tokens = [_mended(piece, known) for piece in _pieces(unicodedata.normalize("NFKC", text))]
    year = next((int(token) for token in tokens if _YEAR.fullmatch(token)), None)
    tokens = [token for token in tokens if not _YEAR.fullmatch(token)]
    rest, region = _taken(tokens, _region)
    left, unit = _taken(rest, _unit)
    terms = tuple(_terms(left, known)) or tuple(_terms(rest, known)) or tuple(_terms(tokens, known))
    return Wanted(terms, unit, region, year, any(map(is_chinese, tokens)))


def _pieces(text: str) -> Iterator[str]:
    """Words between spaces; Chinese cut at the longest names of terms, regions and units."""
    for token in _TOKENS.findall(text):
        yield from _chinese(token) if is_chinese(token) else (token,)


def _chinese(run: str) -> Iterator[str]:
    run = STOP_ZH.sub("", run) or run
    loose = ""
    at = 0
    while at < len(run):
        size = next((size for size in range(min(8, len(run) - at), 0, -1) if _is_name(run[at : at + size])), 0)
        if size:
            if loose:
                yield loose
            yield run[at : at + size]
            loose = ""
        else:
            loose += run[at]
        at += size or 1
    if loose:
        yield loose


def _mended(piece: str, known: Callable[[str], bool]) -> str:
    """A Chinese word that nobody knows as the listed one that it resembles: 天燃气 is 天然气."""
    if not is_chinese(piece) or len(piece) < LONG_ENOUGH or _is_name(piece) or all(map(known, words(piece))):
        return piece
    from rapidfuzz import fuzz, process  # noqa: PLC0415  20 ms, only for a word that nobody knows

    near = process.extractOne(piece, sorted(chinese_names()), scorer=fuzz.ratio, score_cutoff=65)
    return near[0] if near else piece


def _is_name(text: str) -> bool:
    if text in chinese_names():
        return True
    return bool(_region(text)) or (text != "年" and bool(_unit(text)))


def _taken(tokens: list[str], meaning: Callable[[str], str]) -> tuple[list[str], str]:
    """The tokens without the longest run that has the meaning, and the meaning."""
    for size in range(min(LONGEST, len(tokens)), 0, -1):
        for at in range(len(tokens) - size + 1):
            found = meaning(" ".join(tokens[at : at + size]))
            if found:
                return tokens[:at] + tokens[at + size :], found
    return tokens, ""


def _region(text: str) -> str:
    if is_chinese(text) and (len(text) < 2 or text in chinese_names()):
        return ""
    if len(text) <= 3 and not is_chinese(text) and not text.isupper() and text.lower() not in _CODES:
        return ""  # "in" is a word before it is India
    region = find_region(text)
    return region.code if region else ""


def _unit(text: str) -> str:
    if text in _NOT_UNITS or (is_chinese(text) and text in chinese_names()):
        return ""
    try:
        return units.parse(text).symbol
    except units.UnitError:
        return ""


def _terms(tokens: list[str], known: Callable[[str], bool]) -> Iterator[tuple[Phrase, ...]]:
    """Meanings of the list, the longest first; single words for the rest."""
    run = [word for token in tokens for word in words(token)]
    run = [word for word in run if word not in STOP] or run
    same = meanings()
    at = 0
    while at < len(run):
        for size in range(min(LONGEST, len(run) - at), 0, -1):
            phrase = tuple(run[at : at + size])
            joined = "".join(phrase)
            if phrase in same:
                yield same[phrase]
            elif size > 1 and joined.isascii() and not joined.isalpha() and known(joined):  # "R 410a"
                yield ((joined,),)
            elif size == 1:
                yield (phrase,)
            else:
                continue
            at += size
            break
