"""``hengtan ets``: files in, files out, exit codes."""

import csv
import json

import pytest
import xlsxwriter

from golden.calculating import Calculator

HEADER = "entity,unit_name,class,rated_mw,generation_mwh,supply_mwh,heat_gj,load_factor,heat_ratio,cooling,verified_t"
ROW = "Plant,1,I,660,3000000,2800000,2000000,0.6,0.1,water,2800000"


@pytest.fixture
def run(tmp_path):
    calculator = Calculator(tmp_path)

    def go(text, *args, name="units.csv", year=2023):
        path = tmp_path / name
        if text is not None:
            path.write_text(text, "utf-8")
        return calculator.command(
            "ets", "allocate", path, "--year", year, "--out", tmp_path / "out", *args, out=tmp_path / "out"
        )

    go.command = calculator.command
    return go


def rows(outcome, name):
    with (outcome.folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_file_becomes_allocation_entities_problems_and_a_manifest(run):
    outcome = run(f"{HEADER}\n{ROW}\n")
    assert outcome.code == 0
    (unit,), (entity,) = rows(outcome, "allocation.csv"), rows(outcome, "entities.csv")
    assert unit["initial"] == unit["final"] == "2738952"
    assert (unit["power_benchmark"], unit["heat_benchmark"], unit["load_correction"]) == (
        "0.795",
        "0.1038",
        "1.061363550625",
    )
    assert (unit["power_allowances"], unit["heat_allowances"]) == ("2531352.068241", "207600")
    assert entity == entity | {
        "entity": "Plant", "initial": "2738952", "topped_up": "0", "final": "2738952", "verified": "2800000", "to_buy": "61048",
        "gap_rate_pct": "2.18",
    }  # fmt: skip
    assert outcome.manifest["plan"]["id"] == "power-2023-2024"
    assert "2,738,952" in outcome.out


def test_a_rejected_row_is_told_and_the_exit_is_3(run):
    outcome = run(f"{HEADER}\n{ROW}\nOther,2,I,660,1,1,0,x,0,water,5\n")
    assert outcome.code == 3
    assert outcome.codes() == ["table.number"]
    assert [entity["entity"] for entity in rows(outcome, "entities.csv")] == ["Plant"]


@pytest.mark.parametrize("text", ["", "nothing,known\n1,2\n", "entity,unit_name\nA,1\n"])
def test_what_is_no_table_of_units_leaves_the_folder_untouched(run, text):
    outcome = run(text)
    assert outcome.code == 2
    assert not outcome.folder.exists()


def test_a_year_without_a_plan_and_a_kind_without_values_are_refused(run):
    assert run(f"{HEADER}\n{ROW}\n", year=2018).code == 2
    assert run(None, "--plan", "balance", year=2024).code == 2
    assert run(None, "--plan", "balance", year=2022).code == 2
    assert run(None, "--plan", "balance", year=2021).code == 0


def test_a_folder_that_is_not_ours_stays(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/letter.txt").write_text("mine")
    assert run(f"{HEADER}\n{ROW}\n").code == 2
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["letter.txt"]


def test_a_chinese_workbook_is_read(run, tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "机组.xlsx")
    sheet = book.add_worksheet("机组")
    header = ["单位名称", "机组名称", "机组类别", "额定功率(MW)", "发电量(MWh)", "供热量(GJ)", "负荷系数", "核查排放量"]
    for row, cells in enumerate([["2023 年度"], header, ["甲电厂", "1号", "Ⅰ", 660, 3000000, 2000000, 0.6, 2800000]]):
        sheet.write_row(row, 0, cells)
    book.close()
    outcome = run(None, "--lang", "zh", name="机组.xlsx")
    assert outcome.code == 0, outcome.err
    assert rows(outcome, "allocation.csv")[0]["initial"] == "2738952"
    assert "甲电厂" in outcome.out


def test_a_draft_says_so(run):
    outcome = run(f"{HEADER}\n{ROW}\n", year=2025)
    assert outcome.code == 0
    assert "ets.plan-draft" in outcome.codes("warning")
    assert rows(outcome, "allocation.csv")[0]["draft"] == "yes"


def test_the_balance_value_is_solved_and_told(run):
    text = "entity,line,sector,output_t,verified_t,intensity,balance_value\nA,1,steel,,100,1,\nB,1,steel,,300,2,\n"
    outcome = run(text, year=2025)
    assert outcome.code == 0
    assert [row["balance_value"] for row in rows(outcome, "allocation.csv")] == ["1.875", "1.875"]
    assert [row["final"] for row in rows(outcome, "entities.csv")] == ["103", "297"]
    assert outcome.manifest["balance"]["steel"]["residual_t"] == "0"
    assert run(text, year=2023).code == 2


def test_a_number_explains_itself(run):
    folder = run(f"{HEADER}\n{ROW}\n").folder
    told = run.command("ets", "explain", folder, "1").out
    assert "3000000 x 0.795 x 1.061363550625 = 2531352.068241" in told
    assert "[R] 2023-2024 power allocation plan" in told
    assert run.command("ets", "explain", folder, "9").code == 3
    assert run.command("ets", "explain", folder.parent, "1").code == 2
    record = json.loads(run.command("ets", "explain", folder, "1", "--json").out)
    assert {term["symbol"] for term in record["terms"]} == {"Qe", "Be", "Ff", "Qh", "Bh"}


def test_two_allocations_are_compared(run, tmp_path):
    first = run(f"{HEADER}\n{ROW}\n").folder.rename(tmp_path / "first")
    second = run(None, "--plan", "balance").folder
    (row,) = json.loads(run.command("ets", "compare", first, second, "--json").out)
    assert row["difference"] == row["b"] - row["a"] != 0
    assert "no difference" in run.command("ets", "compare", first, first).out


def test_plans_are_listed_with_marks_and_shown_with_every_source(run):
    plans = json.loads(run.command("ets", "plans", "--json").out)
    assert {plan["id"]: (plan["draft"], plan["mark"]) for plan in plans}["power-2025-2026-draft"] == (True, "R")
    told = run.command("ets", "show", "power-2019-2020", "--lang", "zh").out
    assert "[K] 2019 I benchmark" in told
    assert run.command("ets", "show", "none").code == 2
    assert all(len(line) <= 80 for line in run.command("ets", "plans").out.splitlines())


STAGES = """entity,unit_name,class,rated_mw,generation_mwh,supply_mwh,heat_gj,load_factor,heat_ratio,cooling,verified_t,previous_verified_t
A,1,I,660,3000000,2800000,0,0.9,0,water,4000000,3000001
A,2,IV,400,1000000,950000,0,,0,,400000,400000
B,1,I,660,3000000,2800000,0,0.9,0,water,1000000,4000000
"""


def test_an_entity_explains_exemption_cap_and_stages(run):
    """2023: unit 1 of A 2,385,000; gas unit 330,500, raised to 400,000; cap 0.8 x 4,400,000 = 3,520,000; before 0.7 x 3,400,001."""
    folder = run(STAGES).folder
    record = json.loads(run.command("ets", "explain", folder, "--entity", "A", "--json").out)
    assert [(each["step"], each["value"]) for each in record["steps"]] == [
        ("initial", "2715500"), ("exempt", "2785000"), ("cap", "3520000"), ("final", "3520000"), ("pre_allocation", "2380000"),
        ("to_issue", "1140000"),
    ]  # fmt: skip
    assert {each["mark"] for each in record["steps"] if each["source"]} == {"R"}
    told = run.command("ets", "explain", folder, "--entity", "B", "--lang", "zh").out
    assert "收回 415,000" in told
    assert "0.7 × 4,000,000 = 2,800,000" in told
    assert run.command("ets", "explain", folder, "--entity", "C").code == 3


def test_borrowing_is_explained_with_its_threshold(run):
    text = f"{HEADER}\nPlant,1,I,660,3000000,2800000,0,0.9,0,water,2900000\n"
    folder = run(text, year=2021).folder
    told = run.command("ets", "explain", folder, "--entity", "Plant").out
    assert "0.5 x gap of 580,000 = 290,000" in " ".join(told.split())
    assert "[K]" in told


def test_a_header_alone_leaves_nothing(run):
    outcome = run(f"{HEADER}\n")
    assert outcome.code == 2
    assert not outcome.folder.exists()
