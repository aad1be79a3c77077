"""What the market-based result of scope 2 is made of: instruments first, the residual mix for the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from hengtan.factors import Choice
from hengtan.problems import Problem

from .energy import energies_of_named
from .instruments import ENERGIES, Cover, Instrument, other_energy
from .keys import Key

Refusal = tuple[Problem, ...]
Choose = Callable[[Key], Choice | Refusal]
"""The factor of the market-based result for a key, or why there is none."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the use and what it is weighed with: a factor, or an instrument that states its own rate.

    weight   the part of the use, 0 to 1
    note     for ``explain``: ``instrument``, ``covers:60%``, ``rest:40%``; "" for a result of one factor
    """

    source: Choice | Instrument
    weight: Fraction = Fraction(1)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Market:
    """The parts make up the whole use; warnings: what does not cover the row although it is named."""

    parts: tuple[Part, ...]
    warnings: tuple[Problem, ...] = ()


def market_of(
    key: Key, first: Choice, cover: Cover | None, instruments: Mapping[str, Instrument] | None, choose: Choose
) -> Market | Refusal:
    """The parts of a key.

    first         the location-based choice, which tells the kind of energy
    cover         what the instruments file allots to the key
    instruments   None: no file, so that an ``instrument`` names a factor for the whole use
    """
    if key.instrument and instruments is None:
        return _named(key, first, choose)
    for name in (part.strip() for part in key.instrument.split(";")):
        if name and instruments is not None and name not in instruments:
            return (Problem("instrument.unknown", column="instrument", values={"instrument": name}),)
    parts: list[Part] = []
    for instrument, weight in cover.parts if cover else ():
        note = f"covers:{_percent(weight)}"
        if instrument.co2e_kg_per_unit is not None:
            parts.append(Part(instrument, weight, note))
            continue
        factor = choose(replace(key, factor_id=instrument.factor_id))
        if not isinstance(factor, Choice):
            return factor
        parts.append(Part(factor, weight, note))
    rest = cover.rest if cover else Fraction(1)
    if rest:
        residual = choose(key)
        if not isinstance(residual, Choice):
            return residual
        parts.append(Part(residual, rest, f"rest:{_percent(rest)}" if parts else ""))
    return Market(tuple(parts), tuple(cover.warnings) if cover else ())


def _named(key: Key, first: Choice, choose: Choose) -> Market | Refusal:
    """The factor that the row names as its instrument; the residual mix where that is for other energy than the row's."""
    named = choose(replace(key, factor_id=key.instrument))
    if not isinstance(named, Choice):
        return named
    kinds = energies_of_named(named.factor)
    if not kinds or first.category not in ENERGIES or first.category in kinds:
        return Market((Part(named, note="instrument"),))
    values = {"instrument": key.instrument, **other_energy(kinds)}
    told = Problem("instrument.outside", column="instrument", values=values)
    residual = choose(key)
    return Market((Part(residual),), (told,)) if isinstance(residual, Choice) else residual


def _percent(part: Fraction) -> str:
    return f"{float(part * 100):.4f}".rstrip("0").rstrip(".") + "%"
