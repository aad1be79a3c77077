"""Which kind of scope 2 energy a row uses, and which kinds an instrument may cover: a certificate of electricity makes no steam.

An instrument says what it is for, first by the category of its factor, then by the words of its ``kind``, then by its
unit: the watt-hours are units of electricity here, and heat in kWh has to say ``heat`` in its kind. Where none of them
tells, the row that names the instrument decides.
"""

from __future__ import annotations

import re

from hengtan.factors import Factor, Library, find_type
from hengtan.factors.placing import CATEGORIES, category_in, energies_of_factor, scope_in, scope_of_factor

from .instruments import Instrument
from .keys import Key

ANY = frozenset(CATEGORIES[2])
ELECTRICITY = frozenset({"electricity"})
OPEN = "open"
"""Scope 2, of a kind that neither the row nor its factor tells."""

# Words of the column kind, in both languages. Heat and steam are published and sold together.
_WORDS: tuple[tuple[str, frozenset[str]], ...] = (
    (r"heat|thermal|steam|热|蒸汽", frozenset({"heat", "steam"})),
    (r"cool|chill|冷", frozenset({"cooling"})),
    (r"electr|power|电", ELECTRICITY),
)
_CERTIFICATES = r"绿证|\b(i-?recs?|recs?|gos?|regos?|gecs?|eacs?|v?ppas?|tigrs?|lgcs?)\b"
"""Certificates and contracts of electricity, where no word beside them says heat or cold."""
_WATT_HOURS = ("Wh", "kWh", "MWh", "GWh", "万kWh")


def energy_of_row(key: Key, library: Library) -> str:
    """electricity, heat, steam or cooling; ``OPEN`` for scope 2 of an untold kind; "" for what is not scope 2.

    A pinned factor comes before the activity type, as it does for the scope of the result.
    """
    factor = library.get(key.factor_id) if key.factor_id else None
    kind = find_type(key.activity_type) if key.activity_type else None
    scope = kind.scope if kind else None
    if factor is not None:
        scope = scope_of_factor(factor) or scope_in(key.scope) or scope
    if scope != 2:
        return ""
    own = (kind.category if kind and kind.scope == 2 else "") or category_in(key.category, 2)
    if factor is None:
        return own or OPEN
    known = energies_of_factor(factor)
    if own and (not known or own in known):
        return own
    return known[0] if known else OPEN


def energies_of_instrument(instrument: Instrument, library: Library) -> frozenset[str] | None:
    """The kinds of energy that the instrument covers; None where it does not tell."""
    factor = library.get(instrument.factor_id) if instrument.factor_id else None
    return (
        (energies_of_named(factor) if factor else None)
        or _by_words(instrument.kind)
        or (ELECTRICITY if instrument.unit.symbol in _WATT_HOURS else None)
    )


def energies_of_named(factor: Factor) -> frozenset[str] | None:
    """The kinds of energy of a factor that a row names as its instrument; None where its category does not tell."""
    return frozenset(energies_of_factor(factor)) or None


def _by_words(kind: str) -> frozenset[str] | None:
    found = frozenset().union(*(energies for words, energies in _WORDS if re.search(words, kind, re.IGNORECASE)))
    if not found and re.search(_CERTIFICATES, kind, re.IGNORECASE):
        return ELECTRICITY
    return found or None
