"""The activity types: what a row may be called, in the words that people use."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

CHOICE = Path(__file__).parent / "choice"
_SPACE = re.compile(r"[\s_\-]+")


@dataclass(frozen=True, slots=True)
class ActivityType:
    """One kind of activity.

    id        dotted, stable: ``fuel.diesel``
    title     ``{"en": ..., "zh": ...}``
    aliases   other names, as people write them, English and Chinese
    scope     1, 2, 3; None outside the scopes (biogenic CO2)
    category  stationary, mobile, process, fugitive; electricity, heat, steam, cooling; "1" to "15"; "" outside the scopes
    carrier   fuel (its energy has a calorific basis), energy (electricity, heat: it has none), none
    units     units in which the library holds factors, the usual one first
    note      what to know before use
    """

    id: str
    title: Mapping[str, str]
    aliases: tuple[str, ...] = ()
    scope: int | None = None
    category: str = ""
    carrier: str = "none"
    units: tuple[str, ...] = ()
    note: str = ""

    @property
    def upstream(self) -> tuple[str, ...]:
        """The types of category 3 (fuel- and energy-related) that go with this one of scope 1 or 2."""
        if self.scope not in (1, 2):
            return ()
        known = types()
        return tuple(
            name for name in (f"wtt.{self.id}", f"td_losses.{self.id}", f"wtt.td_losses.{self.id}") if name in known
        )


def read_rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of one of our CSV files under ``choice/``."""
    with (CHOICE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def folded(text: str) -> str:
    """How names are compared: without regard to case, width, spaces, hyphens and underscores."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()


@cache
def types() -> Mapping[str, ActivityType]:
    """Every activity type by id, in the order of ``types.csv``; the spend types of ``naics.csv`` last."""
    found = {row["activity_type"]: _type(row) for row in read_rows("types.csv")}
    for row in read_rows("naics.csv"):
        for kind in _spend(row["code"], row["title"]):
            found[kind.id] = kind
    return found


def _type(row: Mapping[str, str]) -> ActivityType:
    return ActivityType(
        row["activity_type"],
        {"en": row["title_en"], "zh": row["title_zh"]},
        tuple(filter(None, row["aliases"].split("|"))),
        int(row["scope"]) if row["scope"] else None,
        row["category"],
        row["carrier"],
        tuple(filter(None, row["units"].split("|"))),
        row["note"],
    )


def _spend(code: str, title: str) -> Iterator[ActivityType]:
    for suffix, en, zh in (("", "purchaser price", "购买者价格"), (".producer", "producer price", "生产者价格")):
        yield ActivityType(
            f"spend.naics.{code}{suffix}",
            {"en": f"Spend: {title} (NAICS {code}), {en}", "zh": f"采购支出：{title}（NAICS {code}），{zh}"},
            (),
            3,
            "1",
            "none",
            ("USD_2022",),
        )


@cache
def _names() -> Mapping[str, str]:
    """Folded id, alias or title to id. An id comes before an alias, an alias before a title of another type."""
    titles: dict[str, set[str]] = {}
    for kind in types().values():
        for title in kind.title.values():
            titles.setdefault(folded(title), set()).add(kind.id)
    names = {title: ids.pop() for title, ids in titles.items() if len(ids) == 1}  # a title of two types names neither
    aliases: dict[str, str] = {}
    for kind in types().values():
        for alias in kind.aliases:
            aliases.setdefault(folded(alias), kind.id)
    names.update(aliases)
    names.update({folded(name): name for name in types()})
    return names


def find_type(text: str) -> ActivityType | None:
    """The type that the text names, by id or alias; None when there is none."""
    known = types()
    if text in known:
        return known[text]
    name = _names().get(folded(text))
    return known[name] if name else None


def told_types(name: str, *ids: str) -> dict[str, str]:
    """Types as two values of a problem: their ids in English, their Chinese names with the ids behind in Chinese."""
    known = types()
    told = [f"{known[i].title['zh']}（{i}）" if i in known else i for i in ids]
    return {name: ", ".join(ids) or "-", f"{name}_zh": "、".join(told) or "无"}


def near_types(text: str, limit: int = 5) -> list[str]:
    """Ids of types whose id, alias or title comes near the text, the nearest first."""
    return list(_near(text, limit))


@lru_cache(maxsize=1024)
def _near(text: str, limit: int) -> tuple[str, ...]:
    from rapidfuzz import fuzz, process  # noqa: PLC0415  30 ms, for a mistake only

    names = {key: name for key, name in _names().items() if not name.startswith(("wtt.", "spend."))}
    wanted = folded(text)
    hits = process.extract(wanted, list(names), scorer=fuzz.WRatio, limit=limit * 20, score_cutoff=60)
    # WRatio gives one score to many names that hold a part of the text: of those the one that resembles it as a whole.
    hits = sorted(hits, key=lambda hit: (-hit[1], -fuzz.ratio(wanted, hit[0]), names[hit[0]].count(".")))
    return tuple(dict.fromkeys(names[hit[0]] for hit in hits))[:limit]


def kinds(name: str) -> tuple[str, ...]:
    """The types below this one, the more general first: ``travel.air`` -> ``travel.air.long_haul``, ..."""
    return _below().get(name, ())


@cache
def _below() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name in sorted(types(), key=lambda name: name.count(".")):
        parts = name.split(".")
        for end in range(1, len(parts)):
            found.setdefault(".".join(parts[:end]), []).append(name)
    return {name: tuple(below) for name, below in found.items()}
