"""Two finished folders on the command line: real filings, and what a person sees of the difference."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from unicodedata import east_asian_width

import pyarrow.parquet as pq
import pytest

from golden.calculating import EXAMPLES, Calculator, activity
from hengtan.inventory.compare import compare
from hengtan.inventory.effects import EFFECTS
from hengtan.inventory.stream import read_streams


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Calculator:
    return Calculator(tmp_path_factory.mktemp("compare"))


@pytest.fixture(scope="module")
def ningbo(desk):
    folder = EXAMPLES / "ningbo"
    return [
        desk.calculate(folder / "活动数据.csv", "--factors", folder / f"factors_{name}.csv").folder
        for name in ("initial", "verified")
    ]


@pytest.fixture(scope="module")
def years(desk):
    """Two years of a small company: more power, a site sold, another share, a contract, a stock of gas, one row rejected."""
    first = [
        activity("e1", facility="One", region="CN-33", quantity="1000", unit="MWh"),
        activity("e2", facility="Two", quantity="500"),
        activity("d1", facility="Two", activity_type="fuel.diesel", unit="L", quantity="700"),
        activity("x1", facility="Sold", activity_type="fuel.diesel", unit="L", quantity="70"),
        activity("z1", facility="Two", activity_type="fuel.petrol", unit="L", quantity="0"),
    ]
    for row in first:
        row |= {"start": "2022-01-01", "end": "2022-12-31"}
    second = [{**row, "start": "2023-01-01", "end": "2023-12-31"} for row in first if row["facility"] != "Sold"]
    second[0] |= {"quantity": "1100000", "unit": "kWh"}
    second[1] |= {"instrument": "I-1"}
    second[3] |= {"quantity": "9"}
    second.append(activity("bad", quantity="-1"))
    folders = []
    for rows, share, more in ((first, "60", ()), (second, "80", ("--gwp", "AR4"))):
        organisation = desk.folder / f"org-{share}.csv"
        organisation.write_text(
            "facility,org_unit,region,approach,share_pct,valid_from,valid_to\n"
            f"One,,,equity_share,100,,\nTwo,,,equity_share,{share},,\nSold,,,equity_share,100,,\nPlant,,,equity_share,1,,\n"
        )
        instruments = desk.folder / "instruments.csv"
        instruments.write_text(
            "instrument_id,kind,factor_id,co2e_kg_per_unit,quantity,unit,region,valid_from,valid_to,source\n"
            "I-1,rego,,0,400,kWh,GB,,,Registry\n"
        )
        folders.append(desk.table(rows, "--org", organisation, "--instruments", instruments, *more).folder)
    return folders


def record(desk, a, b, *args):
    told = desk.command("compare", a, b, "--json", *args)
    assert told.code == 0, told.err
    return json.loads(told.out)


def adds_up(change) -> None:
    effects = {name: Decimal(kg) for name, kg in change["effects_kg"].items()}
    assert list(effects) == list(EFFECTS)
    assert Decimal(change["before_kg"]) + sum(effects.values()) == Decimal(change["after_kg"])
    assert sum(effects.values()) == Decimal(change["difference_kg"])


def test_the_factor_explains_all_of_what_the_verifier_changed_at_ningbo_lishi(desk, ningbo):
    found = record(desk, *ningbo)
    kg = {"before_kg": "1508192.9", "after_kg": "1372976", "difference_kg": "-135216.9"}  # 1,508.19 t and 1,372.98 t
    assert {name: found["total"][name] for name in kg} == kg
    assert found["total"]["effects_kg"] == {**dict.fromkeys(EFFECTS, "0"), "factor": "-135216.9"}
    (cause,) = found["causes"]
    assert (cause["effect"], cause["activity_type"], cause["kg_per_unit"]) == (
        "factor",
        "electricity",
        ["703.5", "640"],
    )


@pytest.mark.parametrize("args", [(), ("--basis", "market"), ("--by", "type"), ("--by", "category")])
def test_the_effects_of_two_years_add_up_in_every_table(desk, years, args):
    found = record(desk, *years, *args)
    basis = found["basis"]
    for side, folder in zip(("before_kg", "after_kg"), years, strict=True):
        totals = json.loads((folder / "summary.json").read_text("utf-8"))["totals"]
        wanted = sum(Decimal(totals[name]) for name in ("scope1_kg", f"scope2_{basis}_kg", "scope3_kg"))
        assert Decimal(found["total"][side]) == wanted
    for change in (found["total"], *found["by_scope"].values(), *found["lines"], *found["entries"]):
        adds_up(change)


def test_every_effect_is_where_it_was_made(desk, years):
    entries = {(e["facility"], e["activity_type"]): e for e in record(desk, *years)["entries"]}
    made = {
        place: {name for name, kg in entry["effects_kg"].items() if Decimal(kg)} for place, entry in entries.items()
    }
    assert made[("Sold", "fuel.diesel")] == {"boundary"}
    assert made[("One", "electricity")] == {"activity", "factor"}
    assert made[("Two", "fuel.petrol")] == {"activity"}
    assert {"factor", "boundary", "gwp"} <= made[("Two", "fuel.diesel")]
    assert entries[("One", "electricity")]["quantities"] == ["1000000", "1100000"]


def test_a_contract_is_a_factor_of_the_market_basis_alone(desk, years):
    def two(basis):
        entries = record(desk, *years, "--basis", basis)["entries"]
        return next(e for e in entries if (e["facility"], e["activity_type"]) == ("Two", "electricity"))["effects_kg"]

    assert Decimal(two("market")["factor"]) < Decimal(two("location")["factor"])


def test_a_run_and_itself_have_no_difference(desk, years):
    found = record(desk, years[1], years[1])
    assert all(set(change["effects_kg"].values()) == {"0"} for change in (found["total"], *found["entries"]))
    assert "Nothing changed" in desk.command("compare", years[1], years[1]).out


def test_other_factors_on_the_same_rows_leave_the_activity_alone(desk):
    rows = [activity(f"a{n}", facility=f"F{n % 3}", activity_type=kind, unit=unit, quantity=str(n + 1), region="GB")
            for n, (kind, unit) in enumerate([("electricity", "kWh"), ("fuel.diesel", "L"), ("fuel.diesel", "t"),
                                              ("fuel.natural_gas", "kWh_gcv"), ("electricity", "MWh")])]  # fmt: skip
    a, b = desk.table(rows).folder, desk.table(rows, "--as-of", "2023-12-31").folder
    effects = record(desk, a, b)["total"]["effects_kg"]
    assert Decimal(effects["factor"]) != 0
    assert {name for name, kg in effects.items() if Decimal(kg)} == {"factor"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_picture_and_the_table_fit_eighty_columns(desk, years, lang, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    told = desk.command("compare", *years, "--lang", lang)
    lines = [line.rstrip() for line in told.out.splitlines() if not line.startswith(("A  ", "B  "))]
    assert max(sum(1 + (east_asian_width(c) in "WF") for c in line) for line in lines) <= 80
    assert "█" in told.out
    assert {"en": "boundary", "zh": "边界"}[lang] in told.out
    assert {"en": "Rows rejected: 0 and 1", "zh": "被拒收的行：0 与 1"}[lang] in told.out


def test_a_long_table_is_cut_and_says_how_many_lines_are_not_shown(desk, years):
    assert "1 others" in desk.command("compare", *years, "--limit", "2").out


def test_a_report_gets_the_effects_against_the_run_before(years):
    previous = compare(*map(read_streams, years)).previous()
    assert previous["before_kg"] + sum(previous[name] for name in EFFECTS) == previous["after_kg"]
    assert previous["run"] == str(years[0])


def test_what_is_no_folder_of_a_run_is_exit_2(desk, years, tmp_path):
    assert desk.command("compare", years[0], tmp_path).code == 2
    assert desk.command("compare", tmp_path / "none", years[0]).code == 2


def test_a_folder_whose_parts_do_not_belong_together_is_exit_2(desk, years, tmp_path):
    copy = shutil.copytree(years[0], tmp_path / "copy")
    groups = pq.read_table(copy / "groups.parquet")
    pq.write_table(groups.slice(1), copy / "groups.parquet")
    told = desk.command("compare", copy, years[1])
    assert told.code == 2
    assert "compare.not-whole" in told.err
