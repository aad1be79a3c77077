"""Activity tables as companies have them, of any size, the same on every machine: ``python -m benchmarks.generate MILLIONS FILE``.

200 activity types, 40 regions in three countries, five units or more, two years; a facility has one region and a dozen streams
(type, unit, meter, supplier), a row is one month's bill, one day's reading or, rarely, a bill across months. About one row in
a thousand is wrong in the ways that people get it wrong. Written a million rows at a time, so memory stays small.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

CHUNK = 1_000_000
SEED = 20180101
STREAMS_PER_FACILITY = 12
REGIONS = {
    "GB": ("GB",),
    "US": ("US", "US-WA", "US-TX", "US-NY", "US-eGRID-CAMX", "US-eGRID-ERCT", "US-eGRID-NEWE", "US-eGRID-RFCE", "US-eGRID-SRVC"),
    "CN": tuple(f"CN-{code}" for code in
                ("BJ TJ HE SX NM LN JL HL SH JS ZJ AH FJ JX SD HA HB HN GD GX HI CQ SC GZ YN SN GS QH NX XJ").split()),
}  # fmt: skip
COUNTRY_SHARE = {"GB": 0.25, "US": 0.3, "CN": 0.45}  # of facilities; only the regions within one are even
YEARS = (2024, 2025)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a facility can book: typical is the median quantity of one row, in the unit."""

    activity_type: str
    unit: str
    typical: float
    weight: float


@dataclass(frozen=True, slots=True)
class Streams:
    """One entry per stream, as columns."""

    facility: pa.Array
    org_unit: pa.Array
    region: pa.Array
    activity_type: pa.Array
    unit: pa.Array
    supplier: pa.Array
    meter: pa.Array
    cost_centre: pa.Array
    typical: np.ndarray  # (streams,) in the stream's unit
    weight: np.ndarray  # (streams,) share of rows, sums to 1


def kinds() -> dict[str, list[Kind]]:
    """By country, from ``types.csv``."""
    found: dict[str, list[Kind]] = {}
    with (Path(__file__).parent / "types.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            kind = Kind(row["activity_type"], row["unit"], float(row["typical"]), float(row["weight"]))
            found.setdefault(row["country"], []).append(kind)
    return found


def streams(rows: int) -> Streams:
    """The company behind a table of that many rows: a facility per 5,000 rows, at least 200."""
    dice = np.random.default_rng(SEED)
    table = kinds()
    facilities = max(200, rows // 5_000)
    columns: dict[str, list[str]] = {
        name: []
        for name in ("facility", "org_unit", "region", "activity_type", "unit", "supplier", "meter", "cost_centre")
    }
    typical, weight = [], []
    countries = dice.choice(list(REGIONS), size=facilities, p=[COUNTRY_SHARE[c] for c in REGIONS])
    turn = dict.fromkeys(REGIONS, 0)
    for number, country in enumerate(countries):
        regions, choices = REGIONS[country], table[country]
        region = regions[turn[country] % len(regions)]
        turn[country] += 1
        chance = np.array([kind.weight for kind in choices])
        size = float(dice.lognormal(0, 1))
        picks = dice.choice(
            len(choices), size=min(STREAMS_PER_FACILITY, len(choices)), replace=False, p=chance / chance.sum()
        )
        for place, pick in enumerate(picks):
            kind = choices[pick]
            columns["facility"].append(f"{country}-site-{number:05}")
            columns["org_unit"].append(f"Division {number % 17:02}/{country}")
            columns["region"].append(region)
            columns["activity_type"].append(kind.activity_type)
            columns["unit"].append(kind.unit)
            columns["supplier"].append(f"Supplier {dice.integers(500):03}")
            columns["meter"].append(f"M-{number:05}-{place:02}")
            columns["cost_centre"].append(f"CC{dice.integers(300):03}")
            typical.append(kind.typical * size)
            weight.append(kind.weight**0.5)
    share = np.array(weight) / sum(weight)
    return Streams(
        **{name: pa.array(values) for name, values in columns.items()}, typical=np.array(typical), weight=share
    )


def chunk(company: Streams, first: int, rows: int) -> pa.Table:
    """Rows ``first`` to ``first + rows``; each chunk has dice of its own, so any part can be made alone."""
    dice = np.random.default_rng((SEED, first))
    which = np.searchsorted(np.cumsum(company.weight), dice.random(rows)).clip(0, len(company.weight) - 1)
    start, end = periods(dice, rows)
    quantity = np.round(dice.lognormal(0, 0.6, rows) * company.typical[which] + 0.001, 3)
    missing, activity_type = mistakes(dice, rows, quantity, start, end, company.activity_type.take(pa.array(which)))
    take = pa.array(which)
    number = np.arange(first + 1, first + rows + 1)
    return pa.table({
        "activity_id": _numbered("A", number, 12),
        "facility": company.facility.take(take),
        "org_unit": company.org_unit.take(take),
        "activity_type": activity_type,
        "start": pa.array(start.astype("datetime64[D]")),
        "end": pa.array(end.astype("datetime64[D]")),
        "quantity": pa.array(quantity, mask=missing),
        "unit": company.unit.take(take),
        "region": company.region.take(take),
        "supplier": company.supplier.take(take),
        "data_quality": pa.array(["measured", "invoiced", "estimated"]).take(pa.array(dice.choice(3, rows, p=[0.3, 0.6, 0.1]))),
        "evidence": _numbered("INV-", number // 3 + 7_000_000, 10),
        "meter": company.meter.take(take),
        "cost_centre": company.cost_centre.take(take),
    })  # fmt: skip


def periods(dice: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Days since 1970 of start and end, (rows,) each: 60 % months, 39.5 % days, 0.5 % bills of about two months."""
    epoch = date(1970, 1, 1)
    firsts = [date(year, month, 1) for year in YEARS for month in range(1, 13)] + [date(YEARS[-1] + 1, 1, 1)]
    edges = np.array([(day - epoch).days for day in firsts])
    month = dice.integers(0, len(edges) - 1, rows)
    first, last = edges[month], edges[month + 1] - 1
    kind = dice.random(rows)
    day = first + (dice.random(rows) * (last - first + 1)).astype(np.int64)
    start = np.where(kind < 0.6, first, day)
    end = np.where(kind < 0.6, last, day)
    across = kind >= 0.995
    year_end = edges[(month // 12 + 1) * 12] - 1
    end = np.where(across, np.minimum(day + dice.integers(45, 75, rows), year_end), end)
    return start.astype(np.int64), end.astype(np.int64)


def mistakes(
    dice: np.random.Generator, rows: int, quantity: np.ndarray, start: np.ndarray, end: np.ndarray, types: pa.Array
) -> tuple[np.ndarray, pa.Array]:
    """One row in a thousand, changed in place: below zero, empty, turned dates, a type nobody knows."""
    luck = dice.random(rows)
    quantity[luck < 0.0003] *= -1
    turned = (luck >= 0.0005) & (luck < 0.0007)
    start[turned] = end[turned] + timedelta(days=10).days
    return (luck >= 0.0003) & (luck < 0.0005), pc.if_else(
        pa.array((luck >= 0.0007) & (luck < 0.001)), pa.scalar("misc. energy"), types
    )


def _numbered(prefix: str, number: np.ndarray, width: int) -> pa.Array:
    digits = pc.utf8_lpad(pc.cast(pa.array(number), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def write(rows: int, path: Path) -> Path:
    """The whole table; an unfinished file never stands under the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    company, writer = streams(rows), None
    for first in range(0, rows, CHUNK):
        table = chunk(company, first, min(CHUNK, rows - first))
        writer = writer or pq.ParquetWriter(part, table.schema)
        writer.write_table(table, row_group_size=CHUNK // 8)
    assert writer is not None
    writer.close()
    part.replace(path)
    return path


if __name__ == "__main__":
    write(int(float(sys.argv[1]) * 1_000_000), Path(sys.argv[2]))
