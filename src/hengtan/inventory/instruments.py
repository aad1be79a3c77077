"""Contractual instruments of market-based scope 2: what they cover, and what is left for the residual mix.

GHG Protocol Scope 2 Guidance, chapter 6: certificates, contracts and supplier rates first, the residual mix for the
rest; covered = min(instruments, use). An instrument of limited quantity is shared over its rows in proportion to
their use, so that neither the order nor the number of rows changes a result. One that is for certain facilities
comes before one that is for all, so that what both may cover is left to the narrower one.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import inf

from hengtan.problems import HengtanError, Problem, both
from hengtan.units import Unit, UnitError, conversion, parse

from .keys import Key


@dataclass(frozen=True, slots=True)
class Instrument:
    """One line of the instruments file. co2e_kg_per_unit or factor_id says what one ``unit`` releases; 0 is a value.

    facilities   whose use alone it covers; empty: everybody's
    """

    instrument_id: str
    kind: str
    factor_id: str
    co2e_kg_per_unit: Decimal | None
    quantity: Decimal
    unit: Unit
    region: str
    first: date | None
    last: date | None
    source: str
    facilities: frozenset[str] = frozenset()


@dataclass(slots=True)
class Cover:
    """What covers one key: (instrument, part of the use), and the part left for the residual mix.

    used   instrument -> what of it covers the key, in its own unit
    """

    parts: list[tuple[Instrument, Fraction]] = field(default_factory=list)
    used: dict[str, Fraction] = field(default_factory=dict)
    rest: Fraction = Fraction(1)
    warnings: list[Problem] = field(default_factory=list)


def parse_instruments(
    rows: Sequence[Mapping[str, str]], file: str, numbers: Sequence[int] = ()
) -> dict[str, Instrument]:
    """The instruments by id from the rows of their file; HengtanError with every problem of the file.

    numbers   the rows as the person sees them; without it they follow a header in row 1
    """
    problems: list[Problem] = []
    found: dict[str, Instrument] = {}
    for number, row in zip(numbers or range(2, len(rows) + 2), rows, strict=True):
        text = {name: (row.get(name) or "").strip() for name in row}

        def wrong(column: str, hint: str, hint_zh: str, at: int = number, cells: Mapping[str, str] = text) -> None:
            values = {"value": cells.get(column, ""), "column": column, "hint": hint, "hint_zh": hint_zh}
            problems.append(Problem("instrument.line-wrong", file=file, row=at, column=column, values=values))

        name = text.get("instrument_id", "")
        if not name or name in found:
            wrong("instrument_id", "Give every instrument an id of its own.", "请为每项合同凭证填写唯一编号。")
            continue
        quantity, rate = _number(text.get("quantity", "")), _number(text.get("co2e_kg_per_unit", ""))
        if quantity is None:
            wrong("quantity", "Give the quantity as a number of 0 or more.", "请填写不小于 0 的数量。")
            continue
        if rate is None and (text.get("co2e_kg_per_unit") or not text.get("factor_id")):
            wrong("co2e_kg_per_unit", "Give kg CO2e per unit (0 is a value) or a factor_id.",
                  "请填写每单位 kgCO2e（0 是有效值）或 factor_id。")  # fmt: skip
            continue
        if rate is not None and text.get("factor_id"):
            wrong("factor_id", "Give either a factor_id or co2e_kg_per_unit, not both: they may differ.",
                  "factor_id 与 co2e_kg_per_unit 只能填一个：两者可能不一致。")  # fmt: skip
            continue
        try:
            unit = parse(text.get("unit", ""))
        except UnitError:
            wrong("unit", "Give a unit of energy, for example kWh or MWh.", "请填写能量单位，例如 kWh 或 MWh。")
            continue
        dates: list[date | None] = []
        for column in ("valid_from", "valid_to"):
            try:
                dates.append(date.fromisoformat(text[column]) if text.get(column) else None)
            except ValueError:
                wrong(column, "Give YYYY-MM-DD or leave it empty.", "请填写 YYYY-MM-DD 或留空。")
        if len(dates) == 2:
            found[name] = Instrument(name, text.get("kind", ""), text.get("factor_id", ""), rate, quantity, unit,
                                     text.get("region", ""), dates[0], dates[1], text.get("source", ""),
                                     _facilities(text.get("facility", "")))  # fmt: skip
    if problems:
        raise HengtanError(problems)
    return found


def _facilities(text: str) -> frozenset[str]:
    """Names between semicolons; the whole text is a name too, for a facility that has one in its own."""
    return frozenset(name for part in (text, *text.split(";")) if (name := part.strip()))


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() and value >= 0 else None


def allot(
    keys: Sequence[Key],
    instruments: Mapping[str, Instrument],
    within: Callable[[Key, str], bool],
    energy: Callable[[Key], str],
    covers_energy: Callable[[Instrument], frozenset[str] | None],
) -> tuple[dict[int, Cover], list[Problem]]:
    """What covers each key (by its number), and what is to be told about the file as a whole.

    within(key, region)   whether the key lies in an instrument's region
    energy(key)           the kind of purchased energy: electricity, heat, ...; "" for what is not scope 2
    covers_energy(instrument)   the kinds that it may cover, None where it does not tell; one that no row names is
                                shared over electricity alone
    """
    covers: dict[int, Cover] = {}
    told: list[Problem] = []
    used_energy = [(key, used) for key in keys if (used := energy(key))]
    named = {name for key, _ in used_energy for name in _names(key)}
    for instrument in sorted(instruments.values(), key=lambda i: (i.instrument_id not in named, _width(i))):
        by_name = instrument.instrument_id in named
        users = []
        kinds = covers_energy(instrument)
        for key, used in used_energy:
            wanted = (
                instrument.instrument_id in _names(key) if by_name else not key.instrument and used == "electricity"
            )
            if not wanted or key.zero or (not by_name and kinds and used not in kinds):
                continue
            if not by_name and instrument.facilities and key.facility not in instrument.facilities:
                continue
            cover = covers.setdefault(key.number, Cover())
            why = _why_not(instrument, key, within) or (
                other_energy(kinds) if kinds and used in ENERGIES and used not in kinds else None
            )
            use = _use(key, instrument)
            if use is None:
                why = why or both("why", "instrument-unit", unit=key.unit or "-")
            if why:
                if by_name:
                    values = {"instrument": instrument.instrument_id, **why}
                    cover.warnings.append(Problem("instrument.outside", values=values))
                continue
            if cover.rest and use:
                users.append((cover, use))
        total = sum((use * cover.rest for cover, use in users), Fraction(0))
        share = min(Fraction(1), Fraction(instrument.quantity) / total) if total else Fraction(0)
        for cover, use in users:
            if share:
                cover.used[instrument.instrument_id] = use * cover.rest * share
                cover.parts.append((instrument, cover.rest * share))
                cover.rest -= cover.rest * share
        values = {"instrument": instrument.instrument_id, "quantity": str(instrument.quantity),
                  "unit": instrument.unit.symbol, "region": instrument.region or "-"}  # fmt: skip
        if not users:
            told.append(Problem("instrument.unused", values=values))
        elif not by_name and not instrument.facilities:
            told.append(Problem("instrument.allocated", values=values))
    return covers, told


def used_of(covers: Mapping[int, Cover], instruments: Mapping[str, Instrument], but: Container[int]) -> dict[str, str]:
    """What of each instrument covers posted use, in its unit, to 6 decimals; ``but``: keys that were not posted."""
    found = dict.fromkeys(instruments, Fraction(0))
    for number, cover in covers.items():
        if number not in but:
            for name, used in cover.used.items():
                found[name] += used
    return {name: _decimals(used) for name, used in found.items()}


def _decimals(value: Fraction) -> str:
    """Half even at the sixth decimal, without zeros at the end.

    >>> _decimals(Fraction(1, 3)), _decimals(Fraction(20))
    ('0.333333', '20')
    """
    whole, parts = divmod(round(value * 1_000_000), 1_000_000)
    return f"{whole}.{parts:06}".rstrip("0").rstrip(".")


def _width(instrument: Instrument) -> float:
    return len(instrument.facilities) or inf


def _names(key: Key) -> tuple[str, ...]:
    return tuple(part.strip() for part in key.instrument.split(";") if part.strip())


def _use(key: Key, instrument: Instrument) -> Fraction | None:
    try:
        return Fraction(key.quantity) * conversion(parse(key.unit), instrument.unit, fuel=False)
    except UnitError:
        return None


ENERGIES = {"electricity": "电力", "heat": "热力", "steam": "蒸汽", "cooling": "冷量"}


def other_energy(kinds: frozenset[str]) -> dict[str, str]:
    """That the instrument is for other energy than the row uses, as values of ``instrument.outside``."""
    told = [name for name in ENERGIES if name in kinds]
    names = "、".join(ENERGIES[name] for name in told)
    return both("why", "instrument-energy", kinds=" and ".join(told), kinds_zh=names)


def _why_not(instrument: Instrument, key: Key, within: Callable[[Key, str], bool]) -> dict[str, str] | None:
    """Why the instrument does not cover the key, as values of ``instrument.outside``; None when it may."""
    if instrument.region and not within(key, instrument.region):
        return both("why", "instrument-region", region=instrument.region)
    if instrument.facilities and key.facility not in instrument.facilities:
        return both("why", "instrument-facility", facility=key.facility or "-")
    if instrument.first and key.start and key.start < instrument.first:
        return both("why", "instrument-from", day=str(instrument.first))
    if instrument.last and key.end and key.end > instrument.last:
        return both("why", "instrument-to", day=str(instrument.last))
    return None
