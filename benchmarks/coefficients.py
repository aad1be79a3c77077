"""The coefficient table that the hand-written script joins: what hengtan planned, as DOUBLE, one row per key and basis."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

GASES = ("co2_kg", "ch4_kg", "n2o_kg", "other_co2e_kg", "co2e_kg", "biogenic_co2_kg")
KEY = "activity_type, unit, region, year"


def write(plan: Path, target: Path) -> Path:
    """``plan.parquet`` of a run, without the keys that were rejected."""
    gases = ", ".join(f"any_value({name})::DOUBLE AS {name}" for name in GASES)
    duckdb.execute(
        f"""COPY (SELECT {KEY}, line_basis AS basis, any_value(line_scope) AS scope, any_value(line_category) AS category, {gases},
            any_value(line_factor_id) AS factor_id, any_value(line_match) AS match, any_value(line_method) AS method
            FROM read_parquet('{plan}') WHERE line_basis IS NOT NULL GROUP BY {KEY}, line_basis ORDER BY ALL) TO '{target}' (FORMAT parquet)"""
    )
    return target


def totals_agree(ours: Path, theirs: Path) -> bool:
    """Whether the sums by scope and basis are the same but for the last digits of a DOUBLE."""
    totals = json.loads((ours / "summary.json").read_text("utf-8"))["totals"]
    query = f"SELECT scope, basis, sum(co2e_kg) FROM read_csv('{theirs / 'by_month.csv'}') GROUP BY ALL"
    found = {(scope, basis): value for scope, basis, value in duckdb.execute(query).fetchall()}
    pairs = (
        ("scope1_kg", (1, "-")),
        ("scope2_location_kg", (2, "location")),
        ("scope2_market_kg", (2, "market")),
        ("scope3_kg", (3, "-")),
    )
    return all(
        abs(float(totals[name]) - found.get(key, 0.0)) <= 1e-9 * max(1.0, abs(float(totals[name])))
        for name, key in pairs
    )
