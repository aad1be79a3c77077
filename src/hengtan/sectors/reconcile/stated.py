"""A statement taken apart: each source as a side, by the key that the inventory shares with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from hengtan.gases import gwp
from hengtan.sectors.loader import sector_methods
from hengtan.sectors.result import rounded

from .rules import Mapped, by_name, market_electricity
from .side import ZERO, GridFactor, Side


@dataclass(frozen=True, slots=True)
class Taken:
    """A statement that is reconciled. ref: how cells and activities name it; record: as ``hengtan.sectors.record`` makes it."""

    ref: str
    record: Mapping[str, Any]

    @property
    def method(self) -> str:
        """Id of its guideline."""
        return str(self.record["method"]["id"])


@dataclass(frozen=True, slots=True)
class Found:
    """A step of a statement as a side. source: of the guideline; minus: it is subtracted."""

    key: str
    title: Mapping[str, str]
    source: str
    side: Side
    mapped: Mapped | None
    values: Mapping[str, Mapping[str, Any]]
    place: tuple[str, str, str]


def found(taken: Taken, grid: Sequence[GridFactor] = ()) -> Iterator[Found]:
    """Every source that counts, step by step; what is subtracted is below zero."""
    method = sector_methods().get(taken.method)
    decimals = method.emission_decimals if method else None
    minus = {
        (source.id, part.group, part.equation.text)
        for source in (method.sources if method else ())
        for part in source.parts
        if part.minus
    }
    for each in taken.record["by_source"]:
        if each["kind"] == "note" or not each["counts"]:
            continue
        place = (each["entity"], each["process"], each["unit_name"])
        sign = -1 if each["kind"] == "removed" else 1
        left = sign * Fraction(each["t_co2e"])
        kept: list[Found] = []
        for step in each["steps"]:
            group = step["item"].partition(".")[0]
            turn = -sign if (each["source"], group, step["equation"]) in minus else sign
            exact = Fraction(step["t_gas"]) * (
                1 if step["gas"] == "CO2" else Fraction(gwp(step["gas"], taken.record["gwp_set"]))
            )
            stated = turn * rounded(exact, decimals)
            left -= stated
            name = step["item"] or f"source:{each['source']}"
            mapped = by_name().get(name)
            values = {value["parameter"].rpartition(".")[2]: value for value in step["values"]}
            side = _side(taken, place, step, values, mapped, turn, stated, turn * exact, grid)
            key, title = (mapped.key, mapped.title) if mapped else (f"source.{each['source']}", each["title"])
            one = Found(key, title, each["source"], side, mapped, values, place)
            if kept and kept[-1].key == key:  # CF4 and C2F6 of one amount
                one = replace(one, side=_together(kept.pop().side, one.side))
            kept.append(one)
        yield from kept
        if left:
            side = Side(left, left, gwp_set=taken.record["gwp_set"], cells=((taken.ref, *place, each["source"]),))
            yield Found(f"source.{each['source']}", each["title"], each["source"], side, None, {}, place)


def _together(a: Side, b: Side) -> Side:
    """Two gases of one source: its amount counts once."""
    gases = {gas: a.gases.get(gas, ZERO) + b.gases.get(gas, ZERO) for gas in (*a.gases, *b.gases)}
    return replace(
        a,
        stated=a.stated + b.stated,
        exact=a.exact + b.exact,
        gases=gases,
        cells=tuple(dict.fromkeys((*a.cells, *b.cells))),
        sources=tuple(dict.fromkeys((*a.sources, *b.sources))),
    )


def _side(
    taken: Taken, place: tuple[str, str, str], step: Mapping[str, Any], values: Mapping[str, Mapping[str, Any]],
    mapped: Mapped | None, turn: int, stated: Fraction, exact: Fraction, grid: Sequence[GridFactor],
) -> Side:  # fmt: skip
    def value(name: str) -> Fraction | None:
        return Fraction(values[name]["value"]) if name in values else None

    amount = None if mapped is None else amount_of(mapped, values)
    carbon, ncv, cc = value("c_ar"), value("ncv"), value("cc")
    if carbon is None and ncv is not None and cc is not None:
        carbon = ncv * cc
    known = next((each for each in grid if each.region == "CN" and each.value == value("grid_factor")), None)
    names = amount_names(mapped) if mapped else ()
    sources = tuple(
        f"{each['parameter']} {each['value']} {each['unit']}: {each['source'] or each['obtained']}"
        for name, each in values.items()
        if name not in names
    )
    cells = tuple((taken.ref, *place, each["parameter"]) for name, each in values.items() if not names or name in names)
    return Side(
        stated, exact, mapped.unit if mapped else "", amount, {step["gas"]: turn * Fraction(step["t_gas"])}, ZERO,
        taken.record["gwp_set"], carbon, None if "c_ar" in values else ncv, None if "c_ar" in values else cc, value("of"),
        known.region if known else "", known.year if known else None, sources, cells,
    )  # fmt: skip


def amount_names(mapped: Mapped) -> tuple[str, ...]:
    """The parameters that say how much: ``bought - exported`` are two."""
    return tuple(name.strip() for name in mapped.amount.split("-"))


def amount_of(mapped: Mapped, values: Mapping[str, Mapping[str, Any]], month: str = "") -> Fraction | None:
    """What a step used of its source in a month or, without one, in the year; None where it does not say."""
    total = None
    for at, name in enumerate(amount_names(mapped)):
        each = values.get(name)
        if each is None:
            continue
        text = each["months"].get(month) if month else each["value"]
        if text is not None:
            total = (total or ZERO) + (-1 if at else 1) * Fraction(text)
    if total is not None and mapped.times and mapped.times in values:
        total *= Fraction(values[mapped.times]["value"])
    return total


def beside(taken: Taken) -> Iterator[tuple[Mapped, tuple[str, str, str], Mapping[str, Any]]]:
    """Values that the guideline lists without counting them, and the inventory counts: (source, place, value)."""
    for each in taken.record["values"]:
        mapped = by_name().get(f"value:{each['parameter']}")
        if mapped is not None:
            yield mapped, (each["entity"], each["process"], each["unit_name"]), each


def market_side(taken: Taken, year: int) -> Side | None:
    """Electricity that units bought, in the years in which the market counted it."""
    fixed = market_electricity(taken.method, year)
    found = [
        (place, each)
        for mapped, place, each in beside(taken)
        if mapped.key == "electricity" and (each["months"] or each["year"])
    ]
    if fixed is None or not found:
        return None
    amount = sum((year_of(each) for _, each in found), ZERO)
    mass = amount * fixed[0]
    cells = tuple((taken.ref, *place, each["parameter"]) for place, each in found)
    return Side(
        mass, mass, "MWh", amount, {"CO2": mass}, gwp_set=taken.record["gwp_set"], sources=(fixed[1],), cells=cells
    )


def year_of(each: Mapping[str, Any]) -> Fraction:
    """A value that adds up: the year as stated, else its months."""
    if each["months"]:
        return sum((Fraction(text) for text in each["months"].values()), ZERO)
    return Fraction(each["year"])
