"""The parameters of a statement as rows of its report: stated, calculated or by default, with numbers as they are printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .blocks import Cell


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter of a place, as it was stated or as an equation used it, ready to be printed."""

    place: tuple[str, str, str]
    name: str
    title: Mapping[str, str]
    unit: str
    months: Mapping[str, str]
    year: str
    obtained: str
    source: str
    mark: str
    adds_up: bool
    used: bool
    given: bool
    in_total: bool
    meter: str = ""
    evidence: str = ""

    @property
    def process(self) -> str:
        """Of the place."""
        return self.place[1]


def rows_of(record: Mapping[str, Any]) -> Iterable[Row]:
    """What was stated, in its order, then what equations took beside it: defaults and what was calculated."""
    used: dict[tuple[tuple[str, str, str], str], tuple[Mapping[str, Any], bool]] = {}
    for source in record["by_source"]:
        place = (source["entity"], source["process"], source["unit_name"])
        for step in source["steps"]:
            for value in step["values"]:
                counted = source["kind"] != "note"
                before = used.get((place, value["parameter"]))
                used[place, value["parameter"]] = (value, counted or (before is not None and before[1]))
    stated = {
        ((each["entity"], each["process"], each["unit_name"]), each["parameter"]): each for each in record["values"]
    }
    for key in dict.fromkeys([*stated, *used]):
        place, name = key
        own, (read, counted) = stated.get(key), used.get(key, (None, False))
        one: Mapping[str, Any] = own or read or {}
        share = one.get("share", False)
        months = own["months"] if own else (read or {}).get("months", {})
        yield Row(
            place, name, one.get("title", {"en": name, "zh": name}), "%" if share else one["unit"],
            {month: share_text(text) if share else grouped(text) for month, text in months.items()}, _year(own, read, share=share),
            (own or read or {})["obtained"], one["source"], (read or {}).get("mark", "") if not own else "",
            bool(one.get("adds_up", False)), read is not None or bool(own and ("." in name or own.get("counted"))), own is not None,
            counted or bool(own and own.get("counted")),
            (own or {}).get("meter", ""), (own or {}).get("evidence", ""),
        )  # fmt: skip


def _year(own: Mapping[str, Any] | None, read: Mapping[str, Any] | None, *, share: bool) -> str:
    """As an equation used it; else the sum or the weighted mean of the months, or what was stated for the year."""
    text = read["value"] if read else None
    if text is None and own is not None:
        text = (
            own["year"]
            if own["year"] is not None
            else _sum(own["months"].values())
            if own["adds_up"]
            else own.get("mean")
        )
    return "—" if text is None else share_text(text) if share else grouped(text)


def month_cell(each: Row, month: str) -> Cell:
    """The value of a month, or a dash."""
    text = each.months.get(month)
    return Cell(text) if text is not None else Cell("—", "gap")


def is_bought(name: str) -> bool:
    """What the guidelines list as auxiliary: power and heat bought."""
    return name.startswith(
        ("electricity", "grid_", "steam_", "hot_water", "heat_bought", "heat_exported", "heat_factor")
    )


def last_title(value: Mapping[str, Any], lang: str) -> str:
    """The parameter without its item: consumption, not «bituminous coal, consumption»."""
    title: str = value.get("title", {}).get(lang, value["parameter"])
    return title.rpartition("：" if lang == "zh" else ", ")[2]


def named(text: str, names: Mapping[str, str]) -> str:
    """An equation with titles in place of names, and signs as people write them."""
    for name, title in sorted(names.items(), key=lambda pair: -len(pair[0])):
        text = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w.])", title.replace("\\", r"\\"), text)
    return text.replace(" * ", " × ").replace("sum(", "Σ(").replace(" / ", " ÷ ")


def mass_text(text: str) -> str:
    """Two decimals, as many as are needed below one tonne."""
    return two(text) if abs(Decimal(text)) >= 1 or not Decimal(text) else grouped(text, 9)


def worked_text(text: str) -> str:
    """An equation in numbers with signs as people write them and at most eight decimals a number."""
    short = re.sub(r"(\d+\.\d{8})\d+", lambda found: f"{Decimal(found[0]):.8f}", text)
    return short.replace(" * ", " × ")


def item_title(step: Mapping[str, Any], lang: str) -> str:
    """What a step is about: the fuel, the product; "" for single parameters."""
    mark = "：" if lang == "zh" else ", "
    titles = [value.get("title", {}).get(lang, "") for value in step["values"] if "." in value["parameter"]]
    found: str = titles[0].rpartition(mark)[0] if titles else ""
    return found


def share_text(text: str) -> str:
    """A fraction in per cent."""
    return grouped(f"{Decimal(text) * 100:f}", 4)


def _sum(values: Iterable[str]) -> str:
    return f"{sum((Decimal(value) for value in values), Decimal(0)):f}"


def grouped(text: str, most: int = 6) -> str:
    """As it is given, with thousands separators; at most so many decimals."""
    number = Decimal(text)
    if -int(number.as_tuple().exponent) > most:
        number = number.quantize(Decimal(1).scaleb(-most))
    whole = f"{number:,f}"
    return whole.rstrip("0").rstrip(".") if "." in whole else whole


def two(text: str) -> str:
    """With two decimals and grouped, as emissions are reported."""
    return f"{Decimal(text):,.2f}"
