"""A factor in words: what it amounts to, what its category and licence mean, in English and Chinese."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from .factor import AMOUNTS, NEVER, Factor

NAMES = {
    "co2_kg": {"en": "CO2", "zh": "CO2"},
    "ch4_kg": {"en": "CH4", "zh": "CH4"},
    "n2o_kg": {"en": "N2O", "zh": "N2O"},
    "ch4_kgco2e": {"en": "CH4, as CO2e", "zh": "CH4（CO2e）"},
    "n2o_kgco2e": {"en": "N2O, as CO2e", "zh": "N2O（CO2e）"},
    "co2e_kg": {"en": "CO2e", "zh": "CO2e"},
    "biogenic_co2_kg": {"en": "biogenic CO2", "zh": "生物源 CO2"},
}
DIGITS = 6
UNVERIFIED = {"en": "not verified against the source", "zh": "未与来源核对"}


def short(number: Decimal) -> str:
    """A number to six digits, never with an exponent; the whole of it stands in ``show``."""
    if number == number.to_integral_value() or len(number.normalize().as_tuple().digits) <= DIGITS:
        return format(number.normalize(), "f")
    places = DIGITS - number.adjusted() - 1
    return format(round(number, max(places, 0)).normalize(), "f")


def amount(factor: Factor, lang: str = "en") -> str:
    """The factor in one line: ``2.57082 kg CO2e / L``, or its gases where no total is stated."""
    unit = factor.activity_unit
    if factor.co2e_kg is not None:
        kind = "CO2" if factor.co2_kg == factor.co2e_kg and not factor.gwp_set else "CO2e"
        return f"{short(factor.co2e_kg)} kg {kind} / {unit}"
    parts = [
        f"{short(value)} {NAMES[name][lang]}"
        for name in AMOUNTS
        if (value := getattr(factor, name)) is not None and not (value == 0 and name != "co2_kg")
    ]
    return f"kg {' + '.join(parts) or '0'} / {unit}"


def years(factor: Factor, lang: str = "en") -> str:
    """``2024``, ``2024 -``, or that no validity is stated."""
    if factor.valid_from is None:
        return {"en": "no dates", "zh": "无日期"}[lang]
    first = factor.valid_from.year
    if factor.valid_to is None:
        return f"{first}-"
    return str(first) if factor.valid_to.year == first else f"{first}-{factor.valid_to.year}"


def published(factor: Factor, lang: str = "en") -> str:
    """The day of publication with how it is known, or that it is assumed."""
    if factor.published == NEVER:
        return {"en": "not stated; known from the start", "zh": "未注明，视为一直已知"}[lang]
    day = factor.published.isoformat()
    if factor.published_assumed:
        return day + {"en": " (assumed: no date of publication is established)", "zh": "（推定：未查明发布日期）"}[lang]
    how, _, source = factor.published_source.partition(": ")
    mark = {"read": {"en": "read", "zh": "读自来源"}, "known": {"en": "known, not re-read", "zh": "据所知，未复核"}}
    if how not in mark:
        return day
    return f"{day}（{mark[how][lang]}：{source}）" if lang == "zh" else f"{day} ({mark[how][lang]}: {source})"


def category(name: str, lang: str = "en") -> str:
    """The title of a category; the name itself for one that is not ours."""
    return _table("categories.csv").get(name, {}).get(lang, name)


def terms(licence: str, lang: str = "en") -> str:
    """What the licence asks for, "" if it is none that we know."""
    for begins, sentence in _table("licences.csv").items():
        if licence.startswith(begins):
            return sentence[lang]
    return ""


@cache
def _table(file: str) -> Mapping[str, Mapping[str, str]]:
    with Path(__file__).with_name(file).open(encoding="utf-8", newline="") as lines:
        return {next(iter(row.values())): row for row in csv.DictReader(lines)}


def record(factor: Factor) -> dict[str, Any]:
    """Every column as JSON shows it: numbers as exact decimal text, null for what is not stated."""
    cells: dict[str, Any] = dict(_cells(factor))
    cells["scope"] = factor.scope
    return cells | {
        "published": None if factor.published == NEVER else factor.published.isoformat(),
        "published_assumed": factor.published_assumed,
        "published_source": factor.published_source,
        "unverified": factor.unverified,
        "gas_origin": factor.gas_origin,
        "origin": factor.origin,
    }


def _cells(factor: Factor) -> Iterator[tuple[str, str | None]]:
    for name, cell in factor.as_row().items():
        empty_is_null = getattr(factor, name) is None
        yield name, None if empty_is_null else cell
