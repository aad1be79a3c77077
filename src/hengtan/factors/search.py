"""Find factors by what they are called: Chinese or English, misspelt, in whatever unit; the likeliest first.

A row must hold as many of the asked things as any row does. Among those a rare word counts more than a common one, a name
more than a category, a plain fuel or grid more than its upstream share, and the newest edition stands for the others.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from hengtan import units
from hengtan.problems import HengtanError, Problem

from .factor import Factor
from .index import ALWAYS, WEIGHTS, Index
from .library import Library
from .regions import find_region, near_regions
from .terms import Phrase, meanings
from .wanted import Wanted, wanted
from .words import is_chinese

ELSEWHERE = 0.35
TRANSLATION = 0.9
SYNONYM = 0.6
BEGINNING = 0.8
MISSPELT = 0.7
VERY_UNIT = 10


@dataclass(frozen=True, slots=True)
class Hit:
    """A factor that fits. score: the higher the better; others: ids of its other years, the newest first."""

    factor: Factor
    score: float
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what fits, and how many there are in all (the years of one factor count once)."""

    count: int
    hits: list[Hit]


def search(
    library: Library,
    text: str,
    *,
    region: str | None = None,
    year: int | None = None,
    unit: str | None = None,
    category: str | None = None,
    limit: int = 20,
) -> list[Hit]:
    """The factors that fit best: the hits of ``found``."""
    return found(library, text, region=region, year=year, unit=unit, category=category, limit=limit).hits


def found(
    library: Library,
    text: str,
    *,
    region: str | None = None,
    year: int | None = None,
    unit: str | None = None,
    category: str | None = None,
    dataset: str | None = None,
    stated: str | None = None,
    limit: int = 20,
    offset: int = 0,
) -> Found:
    """The factors that fit best, from the ``offset``-th on.

    region    only this place, the larger ones around it and what lies in it, the place itself first
    year      only what is valid on some day of it
    unit      only this unit, however written (kWh means net and gross too); if there is none, what converts to it
    category  only this category
    dataset   only this dataset
    stated    only what states this: one of ``index.STATED``, or a GWP set by which a CO2e is stated
    Raises HengtanError for a region, unit or category that does not exist.
    """
    index = index_for(library)
    ask = wanted(text, index.__contains__)
    filters = _filters(index, region, year, unit, category)
    if dataset:
        filters.append(lambda row: index.datasets[row] == dataset)
    if stated:
        filters.append(lambda row: stated in index.stated[row])
    rows_found = _scores(index, ask)
    if "-" in text:
        best = len(ask.terms) + 1  # an id, or the beginning of one, is more than any word
        rows_found |= dict.fromkeys(index.rows_with_id(text.strip()), (best, 1.0))
    for keep in filters:
        rows_found = {row: got for row, got in rows_found.items() if keep(row)}
    if unit and rows_found:
        rows_found = _in_unit(index, rows_found, units.parse(unit))
    if ask.region:  # a place that was named is one of the asked things
        here = index.columns["region"]
        rows_found = {row: (terms + (here[row] == ask.region), score) for row, (terms, score) in rows_found.items()}
    most = max((terms for terms, _ in rows_found.values()), default=0)
    likes = _likes(index, ask, region)
    weight = index.columns["weight"]
    ranked = {row: score * weight[row] * likes(row) for row, (terms, score) in rows_found.items() if terms == most}
    if unit:  # the very unit before its net and gross kin
        column, symbol = index.columns["unit"], units.parse(unit).symbol
        ranked = {row: score * (VERY_UNIT if column[row] == symbol else 1) for row, score in ranked.items()}
    return _hits(index, ranked, year or ask.year, limit, offset)


@lru_cache(maxsize=4)
def index_for(library: Library) -> Index:
    """The index of a library, made once."""
    return Index(library)


def _scores(index: Index, ask: Wanted) -> dict[int, tuple[int, float]]:
    """Row to how many of the asked things it holds, and how well."""
    total: dict[int, tuple[int, float]] = {}
    size = len(index.columns["weight"])
    for term in ask.terms:
        best: dict[int, float] = {}
        for phrase, factor in _spellings(index, term):
            for row, score in _phrase_rows(index, phrase).items():
                if score * factor > best.get(row, 0):
                    best[row] = score * factor
        rarity = math.log(2 + size / (1 + len(best)))
        for row, score in best.items():
            count, before = total.get(row, (0, 0.0))
            total[row] = (count + 1, before + score * rarity)
    if not ask.terms:
        return dict.fromkeys(range(size), (0, 1.0))
    return total


def _phrase_rows(index: Index, phrase: Phrase) -> dict[int, float]:
    """Rows that hold all words of a phrase, 1 for a name."""
    result: dict[int, float] | None = None
    for word in phrase:
        rows = index.rows(word)
        here = dict.fromkeys(rows.about, ELSEWHERE) | dict.fromkeys(rows.names, 1.0)
        result = (
            here if result is None else {row: min(score, here[row]) for row, score in result.items() if row in here}
        )
    return result or {}


def _spellings(index: Index, term: tuple[Phrase, ...]) -> Iterator[tuple[Phrase, float]]:
    """What a term may stand as, and how sure that is: itself, its synonyms, words that begin so, words spelt like it."""
    yield term[0], 1.0
    yield from ((phrase, _nearness(term[0], phrase)) for phrase in term[1:])
    word = term[0][0]
    if len(term) > 1 or len(term[0]) > 1 or word in index:
        return
    start = bisect_left(index.vocabulary, word)
    longer = (
        list(takewhile(lambda w: w.startswith(word), index.vocabulary[start : start + 60])) if len(word) > 1 else []
    )
    yield from (((other,), BEGINNING) for other in longer)
    if len(word) > 3 and not longer:
        yield from _misspelt(index, word)


def _nearness(said: Phrase, meant: Phrase) -> float:
    """The English for a Chinese word is the same thing; another English word may be another kind (gas oil, diesel)."""
    return TRANSLATION if is_chinese(said[0]) and not is_chinese(meant[0]) else SYNONYM


def _misspelt(index: Index, word: str) -> Iterator[tuple[Phrase, float]]:
    from rapidfuzz import fuzz, process  # noqa: PLC0415  20 ms, only for a word that nobody knows

    listed = (phrase[0] for phrase in meanings() if len(phrase) == 1)
    choices = [*index.vocabulary, *(name for name in listed if name not in index)]
    found = process.extract(word, choices, scorer=fuzz.ratio, limit=6, score_cutoff=72)
    best = found[0][1] if found else 0
    for other, likeness, _ in found:
        if likeness >= best - 6:
            for phrase in meanings().get((other,), ((other,),)):
                nearness = 1 if phrase == (other,) else _nearness((other,), phrase)
                yield phrase, MISSPELT * nearness * likeness / 100


def _filters(
    index: Index, region: str | None, year: int | None, unit: str | None, category: str | None
) -> list[Callable[[int], bool]]:
    columns = index.columns
    keep: list[Callable[[int], bool]] = []
    if region:
        code = region_named(region)
        around = {code} | _up(code)
        places = {place for place in set(columns["region"]) if place in around or code in _up(place)}
        keep.append(lambda row: columns["region"][row] in places)
    if year:
        first, last = columns["first"], columns["last"]
        keep.append(lambda row: first[row] <= year <= last[row])
    if category:
        wanted_category = category_named(category, columns["category"])
        keep.append(lambda row: columns["category"][row] == wanted_category)
    if unit:
        unit_named(unit)
    return keep


def _in_unit(index: Index, found: dict[int, tuple[int, float]], unit: units.Unit) -> dict[int, tuple[int, float]]:
    """Rows of the very unit (a bare one with its net and gross kin), else rows whose unit converts to it."""
    column = index.columns["unit"]
    kin = {unit.symbol} | ({f"{unit.symbol}_{basis}" for basis in ("ncv", "gcv", "hhv")} if not unit.basis else set())
    if unit.basis == "gcv":
        kin.add(unit.symbol.removesuffix("_gcv") + "_hhv")
    exact = {row: got for row, got in found.items() if column[row] in kin}
    if exact:
        return exact
    groups = {symbol: units.parse(symbol).group for symbol in set(column)}
    return {row: got for row, got in found.items() if groups[column[row]] == unit.group}


def _likes(index: Index, ask: Wanted, region: str | None) -> Callable[[int], float]:
    """How much better a row is for the region, unit and year that were named."""
    columns = index.columns
    place = (find_region(region) if region else None) or (find_region(ask.region) if ask.region else None)
    code = place.code if place else ""
    larger = _up(code) if code else set()

    def liking(row: int) -> float:
        value = 1.0
        if code:
            here = columns["region"][row]
            value *= 4 if here == code else 1.5 if here in larger else 1.2 if code in _up(here) else 0.3
        if ask.unit:
            mine = columns["unit"][row]
            value *= 2 if mine == ask.unit else 1.8 if mine.split("_")[0] == ask.unit else 1
        if ask.year:
            value *= 1.5 if columns["first"][row] <= ask.year <= columns["last"][row] else 0.5
        return value

    def chinese(row: int) -> float:
        return 1.5 if columns["region"][row].startswith("CN") else 1.0

    return liking if code or ask.unit or ask.year else chinese if ask.chinese else lambda row: 1.0


def _hits(index: Index, ranked: dict[int, float], year: int | None, limit: int, offset: int) -> Found:
    families: dict[object, list[int]] = {}
    family, first, last = (index.columns[name] for name in ("family", "first", "last"))
    for row in ranked:
        families.setdefault(family[row], []).append(row)

    def best(rows: Iterable[int]) -> list[int]:
        """The rows of a family: of the asked year first, then the newest."""
        return sorted(
            rows, key=lambda row: (bool(year) and first[row] <= (year or 0) <= last[row], first[row]), reverse=True
        )

    groups = [best(rows) for rows in families.values()]
    groups.sort(key=lambda rows: (-max(ranked[row] for row in rows), rows[0]))
    hits = [
        Hit(
            index.factor(rows[0]),
            round(max(ranked[row] for row in rows), 3),
            tuple(map(index.factor_id, rows[1:])),
        )
        for rows in groups[offset : offset + limit]
    ]
    return Found(len(groups), hits)


def unit_named(text: str) -> units.Unit:
    """The unit, or HengtanError ``unit.unknown``."""
    try:
        return units.parse(text)
    except units.UnitError as fault:
        raise HengtanError(Problem(fault.problem_code, values=fault.values)) from fault


def category_named(text: str, known: Iterable[str]) -> str:
    """The category that the text means, or HengtanError with the ones there are."""
    names = sorted(set(known) | WEIGHTS.keys())
    slug = text.strip().lower().replace(" ", "_").replace("-", "_")
    near = [name for name in names if slug in name]
    if slug in names:
        return slug
    if len(near) == 1:
        return near[0]
    raise HengtanError(Problem("factor.category-unknown", values={"category": text, "known": ", ".join(near or names)}))


def region_named(text: str) -> str:
    """The code of the place, or HengtanError ``region.unknown``."""
    place = find_region(text)
    if place is None:
        near = ", ".join(near_regions(text))
        raise HengtanError(Problem("region.unknown", values={"region": text, "near": near}))
    return place.code


@lru_cache(maxsize=2048)
def _up(code: str) -> set[str]:
    """The larger places around one."""
    found: set[str] = set()
    place = find_region(code)
    while place and place.parent and place.parent not in found:
        found.add(place.parent)
        place = find_region(place.parent)
    return found


__all__ = ["ALWAYS", "Found", "Hit", "category_named", "found", "index_for", "search", "unit_named"]
