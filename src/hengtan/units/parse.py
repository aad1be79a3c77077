"""From what people write to a unit: the symbol itself, an alias, a calorific basis in words, money of a year."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from .currencies import CURRENCIES, NAMES
from .errors import AmbiguousUnitError, PriceYearError, UnknownUnitError
from .unit import Unit, currency, symbols

DATA = Path(__file__).parent / "data"
_BASIS = re.compile(
    r"^(?P<unit>.*?)[\s_,]*[(\[]?\s*(?:(?P<gcv>gross(?:\s+cv)?|gcv|hhv|高位(?:发热量|热值)?)"
    r"|(?P<ncv>net(?:\s+cv)?|ncv|lhv|低位(?:发热量|热值)?))\s*[)\]]?$",
    re.IGNORECASE,
)
_YEAR = r"(?P<year>(?:19|20)\d\d)年?"
_MONEY = (
    re.compile(rf"^(?P<name>\D+?)[\s_(/-]*{_YEAR}\)?$"),
    re.compile(rf"^{_YEAR}[\s_-]*(?P<name>\D+)$"),
)


def parse(text: str, aliases: Mapping[str, str] | None = None) -> Unit:
    """The unit that the text names.

    aliases  a company's own names, name to symbol; they come before ours
    Raises UnknownUnitError, AmbiguousUnitError (both with the nearest or the possible ones) or PriceYearError.
    """
    if aliases:
        own = aliases.get(text) or aliases.get(text.strip())
        if own:
            return _parse(own)
    return _parse(text)


@cache
def _parse(text: str) -> Unit:
    table = symbols()
    if text in table:
        return table[text]
    # NFKC: full-width letters, m³, ㎥, ㎏ and the like become plain ones.
    plain = " ".join(unicodedata.normalize("NFKC", text).replace("·", ".").replace("•", ".").split())
    found = _named(plain) or _with_basis(plain)
    if found:
        return found
    money = _money(plain)
    if money:
        return money
    raise UnknownUnitError(text, _near(plain))


def _named(plain: str) -> Unit | None:
    """By symbol or alias: as written, then without regard to case."""
    table, exact, folded = symbols(), _exact(), _folded()
    if plain in table:
        return table[plain]
    for names, name in ((exact, plain), (folded, plain.casefold())):
        meant = names.get(name)
        if meant:
            if len(meant) > 1 or name in _unsure():
                raise AmbiguousUnitError(plain, meant)
            return table[meant[0]]
    return None


def _with_basis(plain: str) -> Unit | None:
    match = _BASIS.match(plain)
    if not match or not match["unit"]:
        return None
    unit = _named(match["unit"].strip())
    if unit is None or unit.group != "energy" or unit.basis:
        return None
    return symbols()[unit.symbol + ("_gcv" if match["gcv"] else "_ncv")]


def _money(plain: str) -> Unit | None:
    code = _currency_code(plain)
    if code:
        raise PriceYearError(plain, code)
    for pattern in _MONEY:
        match = pattern.match(plain)
        if match:
            code = _currency_code(match["name"].strip(" _-("))
            if code:
                return currency(f"{code}_{match['year']}")
    return None


def _currency_code(name: str) -> str | None:
    if name.upper() in CURRENCIES and len(name) == 3:
        return name.upper()
    return NAMES.get(name.casefold())


@cache
def _exact() -> Mapping[str, tuple[str, ...]]:
    """Alias as written to the symbols that it is or may be."""
    return {row["alias"]: tuple(row["symbol"].split(";")) for row in _rows()}


@cache
def _unsure() -> frozenset[str]:
    """Aliases that only may be what they stand for (mt: a metric ton, or a million): refused, never guessed."""
    names = [row["alias"] for row in _rows() if row["meaning"] != "is"]
    return frozenset(names) | {name.casefold() for name in names if name.casefold() not in symbols()}


@cache
def _rows() -> list[dict[str, str]]:
    with (DATA / "aliases.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _folded() -> Mapping[str, tuple[str, ...]]:
    """The same without regard to case. Where case tells two units apart (mL, ML), all of them."""
    names: dict[str, tuple[str, ...]] = {}
    for name, meant in [*((symbol, (symbol,)) for symbol in symbols()), *_exact().items()]:
        key = name.casefold()
        names[key] = tuple(dict.fromkeys((*names.get(key, ()), *meant)))
    return names


def _near(plain: str) -> list[str]:
    close = get_close_matches(plain.casefold(), list(_folded()), n=6, cutoff=0.6)
    meant = [symbol for name in close for symbol in _folded()[name]]
    return list(dict.fromkeys(meant))[:4]
