"""From one view to the next: the parts of a difference, in a fixed order, and what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction

from hengtan.gases import UnknownGasError, UnknownGwpError, gwp

from .rules import Rule
from .side import C_TO_CO2, ZERO, GridFactor, Side

DIGITS = 12
CLOSE = Fraction(1, 100_000)
"""What published factors are rounded by: a leftover below this share of the source is rounding."""

KINDS = (
    "boundary", "period", "rounding", "gwp", "amount", "gases", "ncv", "carbon", "oxidation", "grid-year", "grid-region", "factor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a difference, t CO2e. was, now: the value that changed, in ``unit``; rule: of a boundary; sources: where both stand."""

    kind: str
    value: Decimal
    was: str = ""
    now: str = ""
    unit: str = ""
    rule: Rule | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """``sum of parts + remainder == total``, to the last digit. hint: why something stays unexplained."""

    total: Decimal
    parts: tuple[Part, ...] = ()
    remainder: Decimal = Decimal(0)
    hint: str = ""


def exact(value: Fraction) -> Decimal:
    """With twelve decimals, half-even."""
    with localcontext() as context:
        context.prec = 80
        return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(1).scaleb(-DIGITS))


def plain(value: Fraction | None, decimals: int = 8) -> str:
    """As people read it."""
    if value is None:
        return ""
    with localcontext() as context:
        context.prec = 80
        text = f"{(Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(1).scaleb(-decimals)):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


@dataclass(slots=True)
class _Way:
    """The parts as they are found; ``at`` is what the source would come to after them."""

    at: Fraction
    parts: list[tuple[str, Fraction, dict[str, object]]] = field(default_factory=list)

    def to(self, kind: str, value: Fraction, **told: object) -> None:
        if value != self.at:
            self.parts.append((kind, value - self.at, told))
            self.at = value


def difference(
    a: Side | None, b: Side | None, rule: Rule | None = None, grid: Sequence[GridFactor] = (), hint: str = ""
) -> Difference:
    """What leads from a to b. rule: why one of them is not there; without one nothing of the difference is explained."""
    total = (b.stated if b else ZERO) - (a.stated if a else ZERO)
    way = _Way(a.stated if a else ZERO)
    if a is None or b is None:
        if rule is not None and total:
            way.to("boundary", way.at + total, rule=rule)
    else:
        hint = _through(way, a, b, grid)
    return _closed(total, way, hint)


def alone(kind: str, side: Side) -> Difference:
    """One part says it all."""
    return Difference(exact(side.stated), (Part(kind, exact(side.stated)),) if side.stated else ())


def _through(way: _Way, a: Side, b: Side, grid: Sequence[GridFactor]) -> str:
    """From a to b: rounding, potentials, amount, gases, factor, rounding; what hint is left."""
    other = _other(a, b.gwp_set)
    way.to("rounding", a.exact)
    if other is not None and a.gwp_set != b.gwp_set:
        way.to("gwp", a.co2 + other, was=a.gwp_set, now=b.gwp_set)
    scale = _scale(a, b)
    if scale is None:
        way_ends = way.at + (b.stated - b.exact)
        way.to("rounding", way_ends)
        return "amounts"
    share, amount = scale
    way.to("amount", way.at * share, was=plain(a.amount, 3), now=plain(b.amount, 3), unit=b.unit)
    co2 = a.co2 * share
    rest = way.at - co2
    b_rest = b.exact - b.co2
    gases = {gas for side in (a, b) for gas, mass in side.gases.items() if mass and gas != "CO2"}
    if bool(rest) != bool(b_rest) and (a.co2 or b.co2):
        way.to("gases", co2 + b_rest, was=_names(a), now=_names(b) if b.gases else "CO2e")
    elif rest != b_rest:
        way.to("factor", co2 + b_rest, was=plain(rest / amount), now=plain(b_rest / amount), unit=f"t CO2e/{b.unit}",
               sources=(*a.sources, *b.sources), gases=gases)  # fmt: skip
    _factor(way, a, b, share, amount, b_rest, grid)
    leftover = b.exact - way.at
    if leftover and abs(leftover) <= CLOSE * abs(b.exact):
        way.to("rounding", b.exact)
    way.to("rounding", way.at + (b.stated - b.exact))
    return ""


def _factor(
    way: _Way, a: Side, b: Side, share: Fraction, amount: Fraction, rest: Fraction, grid: Sequence[GridFactor]
) -> None:
    """CO2 per unit: calorific value, carbon, oxidation where both sides tell them, year and region of a grid; else as one."""
    sources = (*a.sources, *b.sources)
    per_unit = amount * C_TO_CO2
    if a.carbon is not None and b.carbon is not None:
        burned = a.oxidation if a.oxidation is not None else Fraction(1)
        told = _near(a.co2 * share, per_unit * a.carbon * burned)
        if told and _near(b.co2, per_unit * b.carbon * (b.oxidation if b.oxidation is not None else Fraction(1))):
            way.to("rounding", rest + per_unit * a.carbon * burned)
            if a.ncv is not None and a.cc is not None and b.ncv is not None and b.cc is not None:
                way.to(
                    "ncv",
                    rest + per_unit * b.ncv * a.cc * burned,
                    was=plain(a.ncv),
                    now=plain(b.ncv),
                    unit=f"GJ/{b.unit}",
                    sources=sources,
                )
                way.to(
                    "carbon",
                    rest + per_unit * b.ncv * b.cc * burned,
                    was=plain(a.cc),
                    now=plain(b.cc),
                    unit="t C/GJ",
                    sources=sources,
                )
            way.to(
                "carbon",
                rest + per_unit * b.carbon * burned,
                was=plain(a.carbon),
                now=plain(b.carbon),
                unit=f"t C/{b.unit}",
                sources=sources,
            )
            after = b.oxidation if b.oxidation is not None else Fraction(1)
            way.to(
                "oxidation", rest + per_unit * b.carbon * after, was=plain(burned), now=plain(after), sources=sources
            )
            return
    was, now = a.co2 * share / amount, b.co2 / amount
    unit = f"t CO2/{b.unit}"
    if b.year is not None and a.year is not None and b.region and a.region and (a.year, a.region) != (b.year, b.region):
        between = next((each.value for each in grid if (each.region, each.year) == (a.region, b.year)), None)
        if between is not None and a.year != b.year:
            way.to(
                "grid-year",
                rest + amount * between,
                was=f"{plain(was)} ({a.region} {a.year})",
                now=f"{plain(between)} ({a.region} {b.year})",
                unit=unit,
                sources=sources,
            )
        kind = "grid-region" if a.region != b.region else "grid-year"
        way.to(
            kind,
            rest + b.co2,
            was=f"{plain(between or was)} ({a.region} {b.year if between else a.year})",
            now=f"{plain(now)} ({b.region} {b.year})",
            unit=unit,
            sources=sources,
        )
        return
    if abs(rest + b.co2 - way.at) <= CLOSE * abs(b.co2):
        way.to("rounding", rest + b.co2)
    way.to("factor", rest + b.co2, was=plain(was), now=plain(now), unit=unit, sources=sources)


def _scale(a: Side, b: Side) -> tuple[Fraction, Fraction] | None:
    """(b's amount as a share of a's, b's amount); None where they cannot be compared."""
    if not a.amount or not b.amount or a.unit != b.unit:
        return None
    return b.amount / a.amount, b.amount


def _other(a: Side, gwp_set: str) -> Fraction | None:
    """CO2e of what is not CO2 by another set; None where the set has no value, or the gases are not told."""
    if not gwp_set:
        return None
    total = a.other_co2e
    for gas, mass in a.gases.items():
        if gas != "CO2":
            try:
                total += mass * Fraction(gwp(gas, gwp_set))
            except (UnknownGasError, UnknownGwpError, ValueError):
                return None
    return total


def _names(side: Side) -> str:
    return ", ".join(gas for gas, mass in side.gases.items() if mass)


def _near(one: Fraction, other: Fraction) -> bool:
    return abs(one - other) <= CLOSE * max(abs(one), abs(other))


def _closed(total: Fraction, way: _Way, hint: str) -> Difference:
    """In decimals: what rounding to twelve of them leaves goes to the largest part, so that the sum holds to the last digit."""
    told = exact(total)
    merged: dict[tuple[str, str, str], tuple[Fraction, dict[str, object]]] = {}
    for kind, value, more in way.parts:
        key = (kind, str(more.get("was", "")), str(more.get("now", "")))
        before = merged.get(key, (ZERO, more))
        merged[key] = (before[0] + value, more)
    parts = [(key[0], exact(value), more) for key, (value, more) in merged.items()]
    parts = [each for each in parts if each[1]]
    remainder = exact(total - sum((value for _, value, _ in way.parts), ZERO))
    dust = told - sum((value for _, value, _ in parts), Decimal(0)) - remainder
    if dust and parts:
        largest = max(range(len(parts)), key=lambda at: abs(parts[at][1]))
        parts[largest] = (parts[largest][0], parts[largest][1] + dust, parts[largest][2])
    elif dust:
        remainder += dust
    return Difference(told, tuple(_part(*each) for each in parts), remainder, hint if remainder else "")


def _part(kind: str, value: Decimal, more: Mapping[str, object]) -> Part:
    rule = more.get("rule")
    sources = more.get("sources", ())
    return Part(
        kind, value, str(more.get("was", "")), str(more.get("now", "")), str(more.get("unit", "")),
        rule if isinstance(rule, Rule) else None, tuple(dict.fromkeys(sources)) if isinstance(sources, tuple) else (),
    )  # fmt: skip
