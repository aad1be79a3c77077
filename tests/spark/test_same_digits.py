"""The same inputs on DuckDB and on a real cluster: everything that a run keeps is identical."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from golden.calculating import Calculator
from hengtan.engine.spark import Spark
from spark.inputs import CASES, calculated

pytestmark = pytest.mark.xdist_group("spark")
_TIMES = ("phases", "created")


@pytest.mark.parametrize(
    "case", [pytest.param(name, marks=pytest.mark.long if name == "cells" else ()) for name in CASES]
)
def test_a_cluster_gives_every_digit_that_duckdb_gives(
    case: str, engine: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = CASES[case](tmp_path)
    here = calculated(tmp_path, arguments, None, monkeypatch)
    there = calculated(tmp_path, arguments, engine, monkeypatch)
    assert there.code == here.code, there.err[-3000:]
    assert there.err == here.err
    for name in ("summary.json", "problems.csv"):
        one, other = ((folder / name).read_text("utf-8").splitlines() for folder in (here.folder, there.folder))
        assert one == other
    for name in ("emissions", "plan", "factors", "groups", "cube"):
        assert_same_table(here.folder / f"{name}.parquet", there.folder / f"{name}.parquet")
    one, other = here.manifest, there.manifest
    assert one["outputs"].pop("emissions_sha256") != other["outputs"].pop("emissions_sha256")  # two writers of Parquet
    assert (one["options"].pop("engine"), other["options"].pop("engine")) == ("duckdb", "spark")
    assert {name: one[name] for name in one if name not in _TIMES} == {
        name: other[name] for name in other if name not in _TIMES
    }
    assert one["outputs"]["canonical_digest"]
    assert sorted(path.name for path in here.folder.iterdir()) == sorted(path.name for path in there.folder.iterdir())


def assert_same_table(here: Path, there: Path) -> None:
    """The same rows in the same order with the same types; whether a column may be empty is each writer's own word."""
    one, other = pq.read_table(here), pq.read_table(there)
    assert [(field.name, field.type) for field in one.schema] == [(field.name, field.type) for field in other.schema]
    nullable = pa.schema([pa.field(field.name, field.type) for field in one.schema])
    if not one.cast(nullable).equals(other.cast(nullable)):
        for at, (left, right) in enumerate(zip(one.to_pylist(), other.to_pylist(), strict=True)):
            assert left == right, at
        raise AssertionError(here.name)


def test_the_cases_hold_what_they_are_for(tmp_path: Path) -> None:
    told: set[str] = set()
    for name, case in CASES.items():
        (tmp_path / name).mkdir()
        done = Calculator(tmp_path / name).calculate(*case(tmp_path / name))
        told |= set(done.manifest["problems"])
        if name == "electricity":
            assert {row["basis"] for row in done.rows} == {"location", "market", "-"}
        if name == "company":
            assert {row["basis"] for row in done.rows} == {"location", "market", "-"}
            assert len(done.summary["by_month"]) == 24 and done.summary["uncertainty"]
            assert done.manifest["uncertainty"]["stated"]
    assert {
        "activity.duplicate-id", "activity.identical", "activity.spans-years", "activity.quantity-negative",
        "activity.quantity-not-finite", "activity.quantity-too-small", "activity.quantity-too-large",
        "activity.start-empty", "cell.date-unreadable", "activity.outside-period", "method.input-range",
        "organisation.facility-unlisted", "instrument.outside",
    } <= told  # fmt: skip
