"""What holds for every table: additivity, order, threads, nothing without explanation. In process, with Hypothesis."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golden.calculating import SUMS, activity
from hengtan.connectors import read
from hengtan.engine import Engine, ordered, words
from hengtan.factors import load_policy, open_library
from hengtan.inventory.checks import CHECKS, Period, rejected
from hengtan.inventory.rules import Rules
from hengtan.inventory.run import Options, Run, calculate
from hengtan.inventory.staging import stage

RULES = Rules(open_library(), load_policy("default"))
KINDS = (
    ("electricity", "kWh", "GB"), ("electricity", "MWh", "CN-44"), ("electricity", "MWh", "US-WA"), ("fuel.diesel", "L", "GB"),
    ("fuel.natural_gas", "kWh_gcv", "GB"), ("fuel.natural_gas", "kWh", "GB"), ("travel.air.long_haul.economy", "p.km", "GB"),
    ("heat", "GJ", "CN"), ("refrigerant.R-410A", "kg", "GB"), ("warp.drive", "kWh", "GB"), ("outside.wood.pellets", "t", "GB"),
    ("electricity", "furlong", "GB"), ("electricity", "kWh", ""), ("fuel.diesel", "", "GB"), ("electricity", "kWh", "ZZ"),
)  # fmt: skip
QUANTITIES = st.one_of(
    st.integers(0, 10**9).map(lambda i: str(Decimal(i).scaleb(-3))),
    st.sampled_from(["0", "", "nan", "-1", "1e12", "1e-9", "x", "0.0000025", "999999999999.999999"]),
)


@st.composite
def rows(draw: st.DrawFn, ids: str = "r") -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(1, 12))):
        kind, unit, region = draw(st.sampled_from(KINDS))
        start = date(2022, 1, 1) + timedelta(days=draw(st.integers(0, 1100)))
        end = start + timedelta(days=draw(st.integers(-2, 400)))
        name = draw(st.sampled_from([f"{ids}{number}", f"{ids}{number}", f"{ids}{number}", f"{ids}0", ""]))
        found.append(activity(name, activity_type=kind, unit=unit, region=region, quantity=draw(QUANTITIES), start=str(start),
                              end=str(end), facility=draw(st.sampled_from(["北厂", "South", "S,outh\"", ""]))))  # fmt: skip
    return found


@dataclass(frozen=True)
class _Source:
    file: str
    path: Path
    data: Any
    rows: int
    sheet: str = ""
    sha256: str = ""
    bytes: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {}

    letters = headers


def source(given_rows: Sequence[dict[str, Any]]) -> _Source:
    names = list(activity())
    columns: dict[str, Any] = {name: pa.array([row[name] for row in given_rows], pa.string()) for name in names}
    for name in ("start", "end"):
        columns[name] = pa.array([date.fromisoformat(row[name]) for row in given_rows], pa.date32())
    return _Source("rows.csv", Path("rows.csv"), pa.table(columns), len(given_rows))


def compute(given_rows: Sequence[dict[str, Any]], out: Path | None = None, threads: int = 1) -> Run:
    return calculate([source(given_rows)], RULES, Options(), out, engine=Engine(threads=threads))


def sums(run: Run) -> dict[str, Fraction]:
    return {name: Fraction(run.summary["totals"][name]) for name in (*SUMS, "biogenic_co2_kg")}


FEW = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))


@FEW
@given(rows("a"), rows("b"))
def test_two_sites_together_emit_what_they_emit_apart(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> None:
    one, other, both = compute(a), compute(b), compute([*a, *b])
    assert sums(both) == {name: sums(one)[name] + sums(other)[name] for name in sums(both)}
    months = {name for run in (one, other) for name in run.summary["by_month"]}
    assert set(both.summary["by_month"]) == months
    for month in months:
        for name in SUMS:
            parts = [Fraction(run.summary["by_month"].get(month, {}).get(name, "0")) for run in (one, other)]
            assert Fraction(both.summary["by_month"][month][name]) == sum(parts)
    assert both.summary["rows_posted"] == one.summary["rows_posted"] + other.summary["rows_posted"]


@FEW
@given(rows(), st.randoms(use_true_random=False))
def test_every_row_is_posted_or_told_and_parts_add_up_in_any_order(
    given_rows: list[dict[str, Any]], chance: Any
) -> None:
    shuffled = list(given_rows)
    chance.shuffle(shuffled)
    run, other = compute(given_rows), compute(shuffled)
    summary = run.summary
    assert run.manifest["outputs"]["digest"] == other.manifest["outputs"]["digest"]
    assert summary == other.summary
    assert summary["rows_in"] == len(given_rows) == summary["rows_posted"] + summary["rows_rejected"]
    assert len({p.row for p in run.problems.listed if p.severity == "error"}) == summary["rows_rejected"]
    for name in SUMS:
        whole = Fraction(summary["totals"][name])
        assert sum(Fraction(row[name]) for row in summary["by_month"].values()) == whole
        assert sum(Fraction(row[name]) for row in summary["by_facility"].values()) == whole


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Parts of 7 rows instead of a million."""
    defaults = ordered.parts_of.__defaults__
    ordered.parts_of.__defaults__ = (7,)
    yield
    ordered.parts_of.__defaults__ = defaults


def many(count: int) -> list[dict[str, Any]]:
    return [
        activity(f"row {i * 7919 % count:05d}", activity_type=kind, unit=unit, region=region, quantity=str(i + 1), facility=f"site {i % 3}",
                 start=f"202{2 + i % 3}-0{1 + i % 9}-01", end=f"202{2 + i % 3}-12-31")
        for i, (kind, unit, region) in ((i, KINDS[i % len(KINDS)]) for i in range(count))
    ]  # fmt: skip


def test_any_number_of_threads_writes_the_same_bytes_in_the_order_of_the_input(
    small_parts: None, tmp_path: Path
) -> None:
    given_rows = many(400)
    written, digest = [], compute(given_rows).manifest["outputs"]["digest"]
    for threads in (1, 2, 4):
        run = compute(given_rows, tmp_path / f"{threads}", threads)
        written.append((tmp_path / f"{threads}/emissions.parquet").read_bytes())
        assert digest == run.manifest["outputs"]["digest"]
    assert written[0] == written[1] == written[2]
    file = pq.ParquetFile(tmp_path / "4/emissions.parquet")
    assert file.metadata.num_row_groups > 20  # there were many parts
    posted = list(dict.fromkeys(file.read()["activity_id"].to_pylist()))
    wanted = [row["activity_id"] for row in given_rows]
    assert posted == [name for name in wanted if name in set(posted)] and len(posted) > 200


def test_parts_of_any_size_hold_the_same_rows(small_parts: None, tmp_path: Path) -> None:
    compute(many(100), tmp_path / "small", 2)
    ordered.parts_of.__defaults__ = (1_000_000,)
    compute(many(100), tmp_path / "large", 2)
    assert pq.read_table(tmp_path / "small/emissions.parquet").equals(
        pq.read_table(tmp_path / "large/emissions.parquet")
    )


@pytest.mark.parametrize("most", [0, 2, 1000])
def test_columns_of_few_words_are_grouped_like_any_text(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them, some of them, all of them as ENUM: every file of the run is the same."""
    compute(many(100), tmp_path / "text")
    monkeypatch.setattr(words, "MANY", 0)
    monkeypatch.setattr(words, "FEW", most)
    compute(many(100), tmp_path / "words")
    for name in ("emissions.parquet", "plan.parquet", "summary.json", "problems.csv"):
        assert (tmp_path / "text" / name).read_bytes() == (tmp_path / "words" / name).read_bytes(), name


def test_no_result_stands_without_its_explanation(tmp_path: Path) -> None:
    given_rows = many(200)
    compute(given_rows, tmp_path / "run")
    plan = pq.read_table(tmp_path / "run/plan.parquet").to_pylist()
    by_id = {row["activity_id"]: row for row in given_rows}
    for row in pq.read_table(tmp_path / "run/emissions.parquet").to_pylist():
        cells = by_id[row["activity_id"]]
        lines = [
            line for line in plan
            if (line["activity_type"], line["unit"], line["region"], line["year"], line["line_basis"])
            == (cells["activity_type"], cells["unit"], cells["region"], int(cells["start"][:4]), row["basis"])
        ]  # fmt: skip
        assert len(lines) == 1, row
        (line,) = lines
        assert (
            line["line_factor_id"] == row["factor_id"]
            and line["line_match"] == row["match"]
            and line["line_method"] == row["method"]
        )
        assert row["co2e_kg"] == Decimal(cells["quantity"]) * line["co2e_kg"]
        assert json.loads(line["terms"])[0]["source"]  # where the number can be read


GOOD = {
    "activity_id": "a", "facility": "F", "activity_type": "electricity", "factor_id": "", "unit": "kWh",
    "start": date(2024, 1, 1), "end": date(2024, 6, 1), "quantity": "1", "unreadable": False,
}  # fmt: skip
ODD = st.dictionaries(st.sampled_from(sorted(GOOD)), st.integers(0, 40), max_size=3)
CELLS: dict[str, tuple[Any, ...]] = {
    "activity_id": ("", "b"),
    "facility": ("",),
    "activity_type": ("",),
    "factor_id": ("X",),
    "unit": ("",),
    "start": (None, date(2023, 12, 31), date(2024, 6, 1)),
    "end": (None, date(2024, 1, 1), date(2023, 12, 31), date(2025, 1, 1)),
    "quantity": (None, "", " ", "0", "-0", "0.0000001", "-1", "-1e-9", "1e12", "1e-400", "1e400", "nan", "inf", "x", "999999999999.9999999"),
    "unreadable": (True,),
}  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(ODD, min_size=1, max_size=40),
    st.sampled_from([Period(), Period(date(2024, 1, 1), date(2024, 12, 31)), Period(None, date(2024, 6, 1))]),
)
def test_what_is_rejected_is_exactly_what_some_check_finds(
    tmp_path_factory: pytest.TempPathFactory, odd: list[dict[str, Any]], period: Period
) -> None:
    """``rejected`` is written for speed; CHECKS say which cell is wrong. An unreadable row has been told by intake."""
    odd = [GOOD | {name: CELLS[name][at % len(CELLS[name])] for name, at in row.items()} for row in odd]
    odd += [GOOD | {name: value} for name, values in CELLS.items() for value in values]
    schema = pa.schema(
        [
            (name, pa.bool_() if name == "unreadable" else pa.date32() if name in ("start", "end") else pa.string())
            for name in odd[0]
        ]
    )
    table = pa.Table.from_pylist(odd, schema)
    given_source = _Source("odd.csv", Path("odd.csv"), table, len(odd))
    with Engine(threads=1).session() as con:
        staged = stage([given_source], tmp_path_factory.mktemp("stage"), con)
        rows = staged.union(con)
        columns = {check.code: check.condition(rows, period) for check in CHECKS if check.rejects}
        found = rows.select("position", "unreadable", bad=rejected(rows, period), **columns).to_pyarrow().to_pylist()
    for row in found:
        codes = [code for code in columns if row[code]]
        assert row["bad"] == (bool(codes) or row["unreadable"]), (odd[row["position"]], codes)


def test_sums_of_sites_are_those_of_files_too(tmp_path: Path) -> None:
    """The same through intake: two files together are their rows together."""
    from golden.calculating import write_csv

    a, b = many(60)[:30], many(60)[30:]
    paths = [write_csv(tmp_path / f"{name}.csv", rows) for name, rows in (("a", a), ("b", b))]
    intake = read(paths)
    both = calculate(intake.sources, RULES, Options(), None)
    assert sums(both) == {name: sums(compute(a))[name] + sums(compute(b))[name] for name in sums(both)}
