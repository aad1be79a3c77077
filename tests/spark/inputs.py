"""Small inputs with all that may come out differently on another engine: each case is a list of arguments of ``calculate``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.generate import chunk, streams

from golden.calculating import Calculator, Outcome, activity, write_csv
from hengtan.api import job
from hengtan.engine.spark import Spark
from hengtan.inventory import run
from hengtan.inventory.cube import write_cube

ROWS = 1_500
_ROW_GROUP = 100  # rows: many tasks, whose parts must come back in order
_ORGANISATION = "facility,org_unit,region,approach,share_pct,valid_from,valid_to\n"
_INSTRUMENTS = "instrument_id,kind,factor_id,co2e_kg_per_unit,quantity,unit,region,valid_from,valid_to,source\n"
_ODD = (0.1, 0.0000015, 0.0000025, 2.5e-7, 0.0, -0.0, 1e-7, 123456.7890125, 8589934592.123457, 987654321098.1234, 1e11,
        999999999999.9999, 1e12, 1e16, 1.5e20, 1e22, float("nan"), float("inf"), float("-inf"), -3.5, -1e-7, None,
        4503599627370497.5, 0.30000000000000004, 33333333.3333335, 2.0**33 + 0.0000005, 1e5, 12345678.9)  # fmt: skip


def company(folder: Path) -> list[object]:
    """A made-up company: months, bills across months and years, wrong rows, repeated ids, twins, a share of a site."""
    table = chunk(streams(ROWS), 0, ROWS)
    rows = table.slice(0, 60).to_pylist()
    for at, row in enumerate(rows):
        row["activity_id"] = f"again-{at // 2:02d}" if at < 20 else f"B{at:03d}"
        if 20 <= at < 40:
            rows[at] = {**rows[at - 1], "activity_id": row["activity_id"]} if at % 2 else row
        if 40 <= at < 50:
            row["start"], row["end"] = date(2024, 11, 20), date(2025, 2, 10 + at % 7)
        if at >= 50:
            row["quantity"] = 0.0
    ids = [f"𐐀-{at}" if at % 40 == 0 else name for at, name in enumerate(table["activity_id"].to_pylist())]
    table = table.set_column(0, "activity_id", pa.array(ids))
    made = {
        name: table[name].to_pylist()
        for name in ("facility", "org_unit", "uncertainty_pct")
        if name in table.column_names
    }
    sites = [
        {0: "\ufb01ne site", 1: "厂区一", 2: "𐐀 works"}.get(at % 50, name) for at, name in enumerate(made["facility"])
    ]
    table = table.set_column(table.column_names.index("facility"), "facility", pa.array(sites))
    width = pa.array(["5" if at % 3 else ("12.5" if at % 2 else None) for at in range(ROWS)])
    table = table.append_column("uncertainty_pct", width)
    first = folder / "company.parquet"
    pq.write_table(table, first, row_group_size=_ROW_GROUP)
    second = folder / "more [1] {x} ?*.parquet"  # a name is a name, not a pattern
    extra = pa.Table.from_pylist(rows, table.drop_columns(["uncertainty_pct"]).schema)
    pq.write_table(extra, second, row_group_size=17)
    organisation = folder / "organisation.csv"
    lines = [
        f"{name},,,equity_share,{share},,"
        for name, share in zip(sorted(set(sites))[::9], range(10, 99, 7), strict=False)
    ]
    organisation.write_text(_ORGANISATION + "\n".join(lines) + "\n", "utf-8")
    return [first, second, "--org", organisation]


def electricity(folder: Path) -> list[object]:
    """Both bases of scope 2 with instruments of a validity, in a CSV with headers and numbers that need reading."""
    rows = []
    for at in range(400):
        month = at % 12 + 1
        rows.append(
            activity(
                f"e{at}",
                facility=f"站点 {at % 7}",
                start=f"2024-{month:02d}-01",
                end=f"2024-{month:02d}-28",
                quantity=f"{at * 1000 + 1},{at % 10}{at % 7}" if at % 2 else f"{at}.5",
                instrument=("GO", "PPA", "GO;PPA", "")[at % 4],
                region=("GB", "CN-44", "US-WA")[at % 3],
                data_quality=("measured", "estimated", "geschätzt")[at % 3],
            )
        )
    path = write_csv(folder / "电力.csv", rows)
    instruments = folder / "instruments.csv"
    instruments.write_text(
        _INSTRUMENTS + "GO,GO,,0,90000,kWh,GB,2024-01-01,2024-06-30,\nPPA,PPA,,0.012,1,GWh,,,,\n", "utf-8"
    )
    return [path, "--instruments", instruments, "--upstream", "--gwp", "AR6"]


def cells(folder: Path) -> list[object]:
    """Quantities and days of every type that a Parquet file may have; what is no quantity is told in the same words."""
    doubles, days = [], [date(2023, 12, 30) + timedelta(days=at) for at in range(len(_ODD))]
    for at, value in enumerate(_ODD):
        doubles.append(activity(f"d{at}", quantity=value, unit="kWh", start=days[at], end=days[at]))
    paths = [_typed(folder / "doubles.parquet", doubles, quantity=pa.float64(), start=pa.date32(), end=pa.date32())]
    moments: list[tuple[str, Any, Callable[[date], Any]]] = [
        ("ns", pa.timestamp("ns"), lambda d: datetime(d.year, d.month, d.day, 23, 59, 59, 999999)),
        ("us", pa.timestamp("us"), lambda d: datetime(d.year, d.month, d.day, 12)),
        ("utc", pa.timestamp("ms", "UTC"), lambda d: datetime(d.year, d.month, d.day, 22)),
        ("int96", pa.timestamp("ns"), lambda d: datetime(d.year, d.month, d.day, 23, 59)),
        ("text", pa.string(), lambda d: d.isoformat()),
    ]
    kinds: dict[str, tuple[Any, list[Any]]] = {
        "ns": (pa.decimal128(30, 9), [Decimal("1.0000005"), Decimal("1.0000015"), Decimal("-2.5"), None]),
        "us": (pa.int64(), [0, 7, -1, 10**15]),
        "utc": (pa.float32(), [0.1, 1e10, 16777217.0, float("nan")]),
        "int96": (pa.uint32(), [0, 7, 2**32 - 1]),
        "text": (pa.string(), ["1e3", "0.0000025", "1.00000250000000000000000000000000000001", "-1e20"]),
    }
    for name, kind, moment in moments:
        number, quantities = kinds[name]
        rows = [
            activity(
                f"{name}{at}",
                quantity=value,
                start=moment(date(1969, 12, 31) if at == 1 else date(2024, 2, 28)),
                end=moment(date(2024, 3, 1)),
            )
            for at, value in enumerate(quantities)
        ]
        if name == "text":
            bad = activity("bad-day", quantity="5", start="2024-02-30", end="2024-03-01")
            rows += [bad, bad | {"activity_id": "no-day", "start": None}, *_methodical()]
        paths.append(_typed(folder / f"{name}.parquet", rows, quantity=number, start=kind, end=kind))
    return [*paths, "--period", "2023/2024"]


def _methodical() -> list[dict[str, Any]]:
    return [
        activity(
            "m1",
            activity_type="steam",
            method="cn-steam-by-mass",
            unit="t",
            region="CN-32",
            enthalpy_kj_per_kg="2763.8",
        ),
        activity(
            "m2", activity_type="steam", method="cn-steam-by-mass", unit="t", region="CN-32", enthalpy_kj_per_kg="5000"
        ),
        activity("m3", activity_type="steam", method="", unit="GJ", region="CN-32", enthalpy_kj_per_kg=None),
    ]


def _typed(path: Path, rows: list[dict[str, Any]], **kinds: Any) -> Path:
    names = dict.fromkeys(name for row in rows for name in row)
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])
    old = path.stem == "int96"
    pq.write_table(pa.Table.from_pylist(rows, schema), path, row_group_size=10, use_deprecated_int96_timestamps=old)
    return path


CASES = {"company": company, "electricity": electricity, "cells": cells}


def calculated(
    folder: Path, arguments: list[object], engine: Spark | None, patch: pytest.MonkeyPatch, report: bool = False
) -> Outcome:
    """A run of the command line, with the ledger's digest and the cube of the Python API beside the usual files."""

    def calculate(*given: Any, **more: Any) -> Any:
        finish = more.pop("finish")

        def with_cube(into: Path, done: Any, con: Any) -> None:
            write_cube(con, done.posting, into / "cube.parquet")
            finish(into, done, con)

        return run.calculate(*given, **{**more, "engine": engine, "finish": with_cube, "seal": lambda _: None})

    patch.setattr(job, "calculate", calculate)
    out = folder / ("duckdb" if engine is None else "spark")
    return Calculator(folder).calculate(*arguments, out=out, report=report)
