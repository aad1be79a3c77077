"""``hengtan sector``: what is listed, the form, a statement in and the record out."""

import json

import openpyxl
import pytest

from golden.calculating import Calculator
from hengtan.sectors import sector_methods

HEADER = "entity,process,unit_name,parameter,month,value,unit,obtained,source\n"


@pytest.fixture
def run(tmp_path):
    calculator = Calculator(tmp_path)

    def go(text, method, *args, name="statement.csv", out="out"):
        path = tmp_path / name
        if text is not None:
            path.write_text(HEADER + text, "utf-8")
        return calculator.command(
            "sector", "calculate", path, "--method", method, "--out", tmp_path / out, *args, out=tmp_path / out
        )

    go.command = calculator.command
    return go


def statement(outcome):
    return json.loads((outcome.folder / "statement.json").read_text("utf-8"))


def test_a_statement_becomes_emissions_by_source_process_and_enterprise(run):
    outcome = run("Smelter,,,aluminium,,100000,t,measured,scale\n", "cn-aluminium-2024")
    assert outcome.code == 0, outcome.err
    found = statement(outcome)
    assert {each["source"]: (each["t_co2"], each["t_co2e"]) for each in found["by_source"]} == {
        "anode": ("147083.2", "147083.2"), "anode_effect": ("0", "26316"),
    }  # fmt: skip
    assert found["by_entity"][0] | {"t_co2e": "173399.2", "equation": "anode + anode_effect"} == found["by_entity"][0]
    (step,) = found["by_source"][0]["steps"]
    assert step["worked"] == "100000 * 0.411 * (1 - 0.02 - 0.004) * 44 / 12 = 147083.2 t CO2"
    assert {(value["parameter"], value["obtained"], value["mark"]) for value in step["values"]} >= {
        ("anode_net", "default", "R")
    }
    assert "173,399.20" in outcome.out
    assert outcome.manifest["method"]["id"] == "cn-aluminium-2024"


def test_a_refused_row_is_told_and_the_exit_is_3(run):
    outcome = run(
        "Smelter,,,aluminium,,100000,t,measured,\nSmelter,,,anode_sulphur,,2,1,measured,\n", "cn-aluminium-2024"
    )
    assert outcome.code == 3
    assert outcome.codes() == ["sector.range"]
    assert (statement(outcome)["rows_in"], statement(outcome)["rows_rejected"]) == (2, 1)


def test_what_cannot_be_read_leaves_nothing(run, tmp_path):
    assert run("x\n", "no-such-method").code == 2
    (tmp_path / "empty.csv").write_text("", "utf-8")
    assert run(None, "cn-steel-2024", name="empty.csv").code == 2
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", "utf-8")
    assert run(None, "cn-steel-2024", name="other.csv").code == 2
    assert not (tmp_path / "out").exists()


def test_the_workbook_is_filled_in_and_read_again(run, tmp_path):
    book = tmp_path / "form.xlsx"
    assert run.command("sector", "template", "cn-aluminium-2024", "--xlsx", book, "--lang", "zh").code == 0
    assert run.command("sector", "template", "cn-aluminium-2024", "--xlsx", book).code == 2  # it may hold data
    workbook = openpyxl.load_workbook(book)
    sheet = workbook.worksheets[0]
    for line in sheet.iter_rows(min_row=2):
        if line[3].value == "aluminium":
            line[0].value, line[5].value, line[7].value = "铝厂", 1000, "实测值"
    workbook.save(book)
    outcome = run(None, "cn-aluminium-2024", "--lang", "zh", name="form.xlsx")
    assert outcome.code == 0, outcome.out + outcome.err
    (entity,) = statement(outcome)["by_entity"]
    assert (entity["entity"], entity["t_co2e"]) == ("铝厂", "20807.904")  # 12,000 t x 1.733992


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_method_has_a_form_and_a_page(run, tmp_path, lang):
    listed = json.loads(run.command("sector", "list", "--json").out)
    assert [each["id"] for each in listed] == list(sector_methods())
    for each in listed:
        shown = json.loads(run.command("sector", "show", each["id"], "--json").out)
        assert all(set(row) >= {"id", "unit", "title", "default", "source", "mark"} for row in shown["inputs"])
        assert run.command("sector", "show", each["id"], "--lang", lang).code == 0
        assert (
            run.command(
                "sector", "template", each["id"], "--xlsx", tmp_path / f"{each['id']}.xlsx", "--lang", lang
            ).code
            == 0
        )


def test_last_years_statement_is_compared(run, tmp_path):
    text = "Plant,,1,coal.conventional.amount,,1000,t,measured,\nPlant,,1,coal.conventional.c_ar,,{},tC/t,measured,\n"
    before = run(text.format("0.5"), "cn-power-2022", out="before")
    now = run(text.format("0.555"), "cn-power-2022", "--previous", before.folder, out="now")
    assert now.code == 0
    assert now.codes("warning") == ["sector.jump"]
    rows = json.loads(run.command("sector", "compare", before.folder, now.folder, "--json").out)
    assert {row["figure"] for row in rows} == {"coal.conventional.c_ar (t C/t)", "coal (t CO2e)", "total (t CO2e)"}
    told = run.command("sector", "explain", now.folder, "coal").out
    assert "1000 * 0.555 * 0.99 * 44 / 12" in told
    assert run.command("sector", "explain", tmp_path).code == 2
