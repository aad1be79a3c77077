"""Faults that other carbon tools are known to have, each a test by its sentence (see DESIGN and the issue tracker)."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

from golden.calculating import ROOT, Calculator, activity, write_csv

POWER = {"category": "purchased_electricity", "scope": 2, "activity_unit": "kWh"}


def test_a_market_based_factor_of_0_is_not_treated_as_missing(run: Calculator) -> None:
    factors = run.factors(
        {"factor_id": "GREEN", "co2_kg": 0, **POWER},
        {"factor_id": "GREEN-TOTAL", "co2e_kg": "0.000", "gwp_set": "AR5", **POWER},
    )
    done = run.table(
        [activity("a", instrument="GREEN"), activity("b", instrument="GREEN-TOTAL"), activity("c", factor_id="GREEN")],
        "--factors",
        factors,
    )
    assert done.code == 0
    for name in "abc":
        assert done.one(name, "market")["co2e_kg"] == 0 and done.one(name, "market")["match"] == "pinned"
    assert done.one("a", "location")["co2e_kg"] > 0 and done.one("c", "location")["co2e_kg"] == 0
    assert done.summary["totals"]["scope2_market_kg"] == "0"


def test_an_unknown_country_is_not_answered_with_the_us_factor(run: Calculator) -> None:
    strange = ["Wakanda", "XX", "USA!", "U", "", "ZZ-01", "AQ"]
    done = run.table([activity(f"[{name}]", region=name) for name in strange])
    assert done.code == 3 and done.rows == []
    told = {p["activity_id"]: p["code"] for p in done.problems if p["severity"] == "error"}
    assert told["[Wakanda]"] == told["[XX]"] == "region.unknown" and told["[]"] == "region.missing"
    assert set(told) == {f"[{name}]" for name in strange}
    assert "egrid" not in str(done.rows)


def test_nan_in_is_not_nan_out(run: Calculator) -> None:
    rows = [activity(f"{i}", quantity=text) for i, text in enumerate(("nan", "inf", "-inf", "NaN", "#N/A", "none"))]
    done = run.table([*rows, activity("good")])
    assert {row["activity_id"] for row in done.rows} == {"good"}
    assert done.summary["rows_rejected"] == 6
    for text in done.summary["totals"].values():
        assert Decimal(text).is_finite()
    assert "nan" not in (done.folder / "summary.json").read_text("utf-8").lower()


def test_no_year_depends_on_today_s_date(run: Calculator) -> None:
    """The year is that of the row, past or to come; what is wanted for 2099 is not answered with this year's factor."""
    done = run.table(
        [activity("far", start="2099-03-01", end="2099-03-31"), activity("near", start="2026-03-01", end="2026-03-31")]
    )
    assert done.code == 3 and done.one("near", "location")["match"] == "earlier-year"
    assert [p["activity_id"] for p in done.problems if p["code"] == "factor.not-found"] == ["far"]


def test_nothing_asks_for_today_where_numbers_are_made() -> None:
    for package in ("units", "gases", "factors", "methods", "inventory", "engine"):
        for path in (ROOT / "src/hengtan" / package).rglob("*.py"):
            text = path.read_text("utf-8")
            assert "date.today(" not in text and "time.time(" not in text, path.name
            assert text.count("datetime.now(") <= (1 if path.name == "run.py" else 0), (
                path.name
            )  # "created" in run.json


def test_failure_does_not_exit_with_0(run: Calculator) -> None:
    for words in (["calculate"], ["calculate", "nothing.csv", "--out", run.folder / "x"], ["nonsense"], ["factors", "show", "no-such-id"],
                  ["report", run.folder], ["replay", run.folder / "run.json"], ["compare", run.folder, run.folder],
                  ["explain", run.folder, "a1"], ["factors", "check", "none.csv"], ["policy", "show", "mars"]):  # fmt: skip
        done = run.command(*words)
        assert done.code in (2, 3), (words, done.code, done.out, done.err)
        assert (done.err + done.out).strip(), words


def test_the_process_itself_ends_with_the_code(run: Calculator) -> None:
    path = write_csv(run.folder / "in.csv", [activity(quantity="-1")])
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from hengtan.cli import main; main()",
            "calculate",
            path,
            "--out",
            run.folder / "out",
            "--no-report",
        ],
        capture_output=True,
    )
    assert done.returncode == 3 and (run.folder / "out/run.json").exists()


def test_gross_and_net_kwh_are_not_mixed(run: Calculator) -> None:
    rows = [
        activity(unit, activity_type="fuel.natural_gas", unit=unit, quantity=1000)
        for unit in ("kWh_gcv", "kWh_ncv", "kWh", "GJ", "therm", "tce")
    ]
    done = run.table(rows)
    gross, net = done.one("kWh_gcv")["co2e_kg"], done.one("kWh_ncv")["co2e_kg"]
    assert Decimal("1.1") < net / gross < Decimal("1.12")  # a kWh net is about a tenth more gas
    told = {p["activity_id"]: p["code"] for p in done.problems if p["severity"] == "error"}
    assert told == {"kWh": "unit.calorific-basis", "GJ": "unit.calorific-basis"}
    assert done.one("therm")["factor_id"] == done.one("kWh_gcv")["factor_id"]
    assert done.one("tce")["factor_id"] == done.one("kWh_ncv")["factor_id"]


def test_a_newer_factor_set_does_not_rewrite_a_closed_year(run: Calculator) -> None:
    """With --as-of a closed year stays what it was, to the byte, when newer editions are installed beside it."""
    rows = [
        activity(region="CN", start="2022-01-01", end="2022-12-31"),
        activity("uk", start="2022-01-01", end="2022-12-31"),
    ]
    path = write_csv(run.folder / "in.csv", rows)
    before = run.calculate(path, "--as-of", "2025-01-31")
    newer = run.factors(
        {"factor_id": "NEWER", "dataset": "CN-MEE-ELECTRICITY", "name": "National average", "region": "CN", "co2_kg": "0.1", "valid_from": "2022-01-01",
         "valid_to": "2022-12-31", "published": "2025-12-31", **POWER}
    )  # fmt: skip
    after = run.calculate(path, "--as-of", "2025-01-31", "--factors", newer)
    assert [row["factor_id"] for row in before.rows] == [row["factor_id"] for row in after.rows]
    assert before.manifest["outputs"] == after.manifest["outputs"]
    early = run.calculate(path, "--as-of", "2022-06-30")  # what was known then
    assert early.code == 3 or {row["factor_id"] for row in early.rows} != {row["factor_id"] for row in before.rows}


def test_rows_that_share_a_reference_do_not_overwrite_one_another(run: Calculator) -> None:
    rows = [
        activity("inv-1", quantity=1),
        activity("inv-1", quantity=2, start="2024-02-01"),
        activity("inv-2", quantity=4),
    ]
    done = run.table(rows)
    assert done.code == 3
    assert {row["activity_id"] for row in done.rows} == {"inv-2"}
    told = [p for p in done.problems if p["code"] == "activity.duplicate-id"]
    assert [(p["row"], p["activity_id"]) for p in told] == [("2", "inv-1"), ("3", "inv-1")]


def test_ids_that_differ_in_case_or_blanks_inside_are_different_rows(run: Calculator) -> None:
    done = run.table(
        [activity("A-1"), activity("a-1", quantity=1), activity("a- 1", quantity=2), activity("ａ-1", quantity=3)]
    )
    assert done.code == 0 and len({row["activity_id"] for row in done.rows}) == 4


def test_identical_rows_are_posted_and_told_never_dropped(run: Calculator) -> None:
    done = run.table([activity("a"), activity("b")])
    assert done.code == 0 and done.summary["rows_posted"] == 2
    assert [p["activity_id"] for p in done.problems if p["code"] == "activity.identical"] == ["b"]


def test_missing_is_not_zero(run: Calculator) -> None:
    """A scope that nobody collected is not printed as 0 t."""
    done = run.table([activity(activity_type="fuel.diesel", unit="L")])
    lines = {line.split("  ")[0].strip(): line for line in done.out.splitlines()}
    assert "not collected" in lines["Scope 3"] and "0.00" not in lines["Scope 3"]
    done = run.table([activity(activity_type="fuel.diesel", unit="L", quantity="0")])
    assert "not collected" not in next(line for line in done.out.splitlines() if line.startswith("Scope 1"))
