"""Source streams of a finished run: what each facility did of each kind, on each basis, read back from its folder.

A stream is the rows of one facility under one key of the plan. There are as many as groups.parquet has lines: tens of
thousands, however many rows were posted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from hengtan.engine import read_parquet
from hengtan.factors import find_type
from hengtan.problems import HengtanError, Problem
from hengtan.units import UnitError, parse

from .line import GASES
from .report_data import read_manifest
from .totals import EXACT

# What the rows of a key say beside what they are: where these agree as well, two streams are surely the same.
TELLING = ("region_used", "factor_id", "method", "scope", "category", "instrument", "inputs")


@dataclass(frozen=True, slots=True)
class Place:
    """What a stream is, in any year: the same place in two runs may be compared.

    kind    the activity type, by its id; "" where the rows only pin a factor
    units   group of units that convert into each other, with the calorific basis of a fuel; "" without a unit
    """

    facility: str
    kind: str
    units: str
    scope: int
    category: str
    basis: str


@dataclass(frozen=True, slots=True)
class Stream:
    """Rows of one facility and one key on one basis. Masses in kg, exact; the share of the organisation is in them.

    quantity   in the base unit of its group, and ``shared`` the same times the organisation's share
    scale      one ``unit`` of the rows in the base unit
    told       what else the rows say: region, pinned factor, method, instrument, measured inputs
    """

    place: Place
    org_unit: str
    told: tuple[str, ...]
    year: int
    rows: int
    unit: str
    scale: Fraction
    quantity: Fraction
    shared: Fraction
    masses: Mapping[str, Decimal | None]
    factor_id: str
    method: str

    @property
    def kg(self) -> Decimal:
        """CO2e in kg."""
        return self.masses["co2e_kg"] or Decimal(0)


@dataclass(frozen=True, slots=True)
class Streams:
    """Everything of a run that a comparison reads. totals: kg as summary.json states them."""

    folder: Path
    manifest: Mapping[str, Any]
    totals: Mapping[str, Decimal]
    streams: tuple[Stream, ...] = field(repr=False)

    @property
    def gwp(self) -> str:
        """The GWP set of the run."""
        return str(self.manifest["options"]["gwp"])


def read_streams(folder: Path) -> Streams:
    """The streams of a finished run, scopes 1 to 3, both bases.

    Raises HengtanError when the folder holds no finished run, or when its parts do not add up to its totals.
    """
    manifest = read_manifest(folder)
    try:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        plan = read_parquet(folder / "plan.parquet").to_pylist()
        groups = read_parquet(folder / "groups.parquet").to_pylist()
    except (OSError, ValueError):
        raise HengtanError(Problem("folder.not-a-run", values={"folder": str(folder)})) from None
    totals = {name: Decimal(kg) for name, kg in summary["totals"].items()}
    by_key: dict[int, list[Mapping[str, Any]]] = {}
    for row in plan:
        if row["line_basis"] and row["line_scope"]:
            by_key.setdefault(row["key_id"], []).append(row)
    with localcontext(EXACT):
        streams = tuple(_streams(groups, by_key))
        _whole(folder, streams, totals)
    return Streams(folder, manifest, totals, streams)


def _streams(groups: list[dict[str, Any]], by_key: Mapping[int, list[Mapping[str, Any]]]) -> Iterator[Stream]:
    for group in groups:
        for line in by_key.get(group["key_id"], ()):
            unit, units, scale = _unit(line["unit"])
            quantity = Fraction(group["quantity"]) * scale
            place = Place(
                group["facility"],
                _kind(line["activity_type"]),
                units,
                line["line_scope"],
                line["line_category"] or "",
                line["line_basis"],
            )
            yield Stream(
                place,
                group["org_unit"] or "",
                tuple(str(line[name] or "") for name in TELLING),
                line["year"],
                group["rows"],
                unit,
                scale,
                quantity,
                quantity * Fraction(line["share"]),
                {gas: None if line[gas] is None else group["quantity"] * line[gas] for gas in GASES},
                line["line_factor_id"] or "",
                line["line_method"] or "",
            )


def _whole(folder: Path, streams: tuple[Stream, ...], totals: Mapping[str, Decimal]) -> None:
    sums = {name: Decimal(0) for name in totals if name.startswith("scope")}
    for stream in streams:
        basis = f"_{stream.place.basis}" if stream.place.scope == 2 else ""
        sums[f"scope{stream.place.scope}{basis}_kg"] += stream.kg
    for name, kg in sums.items():
        if kg != totals[name]:
            values = {"folder": str(folder), "name": name, "stated": str(totals[name]), "found": f"{kg:f}"}
            raise HengtanError(Problem("compare.not-whole", values=values))


@cache
def _unit(text: str) -> tuple[str, str, Fraction]:
    """Symbol, group with calorific basis, and size in the base unit of the group; a 0 may stand without a unit."""
    try:
        unit = parse(text)
    except UnitError:
        return text, text, Fraction(1)
    return unit.symbol, f"{unit.group} {unit.basis}".strip(), unit.scale


@cache
def _kind(text: str) -> str:
    found = find_type(text) if text else None
    return found.id if found else text
