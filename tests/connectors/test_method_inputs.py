"""Columns that methods read are found under the names that people give them, in the unit that the method reads."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from golden.calculating import Calculator, activity
from hengtan.connectors.headers import Headers, headings, name_of
from hengtan.connectors.method_inputs import input_of, method_inputs
from hengtan.methods import methods


@pytest.fixture
def run(tmp_path: Path) -> Calculator:
    return Calculator(tmp_path)


COAL = {
    "activity_type": "fuel.coal.bituminous",
    "unit": "t",
    "region": "CN",
    "method": "cn-ndrc-combustion",
    "quantity": 1000,
}


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("密度", "density_kg_per_L"), ("Density (kg/L)", "density_kg_per_L"), ("密度（t/m³）", "density_kg_per_L"),
        ("低位发热量", "ncv_gj_per_unit"), ("NCV", "ncv_gj_per_unit"), ("低位发热量（GJ/t）", "ncv_gj_per_unit"),
        ("低位发热量(GJ/万Nm3)", "ncv_gj_per_unit"), ("Net calorific value [GJ/t]", "ncv_gj_per_unit"), ("低位热值", "ncv_gj_per_unit"),
        ("单位热值含碳量", "carbon_content_tc_per_gj"), ("单位热值含碳量（tC/GJ）", "carbon_content_tc_per_gj"),
        ("Carbon content (t C/GJ)", "carbon_content_tc_per_gj"), ("氧化率", "oxidation"), ("碳氧化率", "oxidation"),
        ("Oxidation factor", "oxidation"), ("焓值", "enthalpy_kj_per_kg"), ("蒸汽焓值 (kJ/kg)", "enthalpy_kj_per_kg"),
        ("热水温度（℃）", "water_temp_c"), ("进口COD浓度", "cod_in_kg_per_m3"), ("甲烷修正因子", "mcf"), ("ncv_gj_per_unit", "ncv_gj_per_unit"),
    ],
)  # fmt: skip
def test_a_header_of_either_language_names_what_a_method_reads(header: str, name: str) -> None:
    found = input_of(header)
    assert found is not None and (found.name, found.fits) == (name, True)


@pytest.mark.parametrize(
    "header",
    [
        "低位发热量（kJ/kg）",
        "NCV (kcal/kg)",
        "密度(kg/m3)",
        "氧化率(%)",
        "含碳量(tC/TJ)",
        "进口COD浓度(mg/L)",
        "低位发热量(GJ)",
    ],
)
def test_another_unit_in_the_brackets_is_not_taken(header: str) -> None:
    found = input_of(header)
    assert found is not None and not found.fits


@pytest.mark.parametrize("header", ["备注", "colour", "of", "", "()", "温度", "carbon", "density of people"])
def test_other_headers_name_nothing(header: str) -> None:
    assert input_of(header) is None


def test_every_input_of_every_method_has_names_and_no_name_is_a_column_of_the_contract() -> None:
    read = {name for method in methods().values() for name in (*method.inputs, *method.amount_inputs)}
    assert read == set(method_inputs())
    for column in method_inputs().values():
        assert re.search("[\u4e00-\u9fff]", column.title["zh"]), column.name
        for alias in (column.name, *column.title.values(), *column.aliases):
            assert name_of(alias) is None and alias not in headings(), alias


def test_only_a_table_whose_rows_name_a_method_is_searched() -> None:
    cells = ["activity_id", "facility", "activity_type", "start", "end", "quantity", "unit", "密度", "燃料密度"]
    layout = Headers().layout(cells, file="f", sheet="", row=1)
    assert list(layout.tags) == ["密度", "燃料密度"] and not layout.inputs


def test_measured_values_under_chinese_headers_are_used(run: Calculator) -> None:
    own = {"ncv_gj_per_unit": "20.5", "carbon_content_tc_per_gj": "0.026", "oxidation": "0.93"}
    zh = {"低位发热量（GJ/t）": "20.5", "单位热值含碳量": "0.026", "氧化率": "93%"}
    wanted = run.table([activity(**COAL, **own)])
    done = run.table([activity(**COAL, **zh)])
    assert done.code == 0, done.problems
    assert (
        done.one("a1")["co2e_kg"] == wanted.one("a1")["co2e_kg"] != run.table([activity(**COAL)]).one("a1")["co2e_kg"]
    )


def test_a_problem_of_such_a_cell_stands_under_the_header_of_the_file(run: Calculator) -> None:
    done = run.table([activity(**COAL, **{"低位发热量": "viel"}), activity("good", **COAL, **{"低位发热量": ""})])
    assert [(p["code"], p["column"], p["row"]) for p in done.problems if p["severity"] == "error"] == [
        ("method.input-unreadable", "低位发热量", "2")
    ]


def test_a_column_in_another_unit_is_told_and_the_default_is_used(run: Calculator) -> None:
    done = run.table([activity(**COAL, **{"低位发热量(kJ/kg)": "20500"})])
    told = next(p for p in done.problems if p["code"] == "file.column-unit")
    assert "kJ/kg" in told["reason"] and "ncv_gj_per_unit" in told["reason"]
    assert done.one("a1")["co2e_kg"] == run.table([activity(**COAL)]).one("a1")["co2e_kg"]


def test_two_columns_for_one_input_are_a_problem_unless_one_has_its_very_name(run: Calculator) -> None:
    done = run.table([activity(**COAL, **{"低位发热量": "20", "NCV": "21"})])
    assert done.code == 2 and "ncv_gj_per_unit" in done.err
    done = run.table([activity(**COAL, **{"低位发热量": "20", "ncv_gj_per_unit": "20.5"})])
    assert done.one("a1")["co2e_kg"] == run.table([activity(**COAL, ncv_gj_per_unit="20.5")]).one("a1")["co2e_kg"]


def test_a_company_names_its_own_column_in_the_aliases_file(run: Calculator) -> None:
    aliases = run.folder / "aliases.csv"
    aliases.write_text("kind,alias,name\ncolumn,Heizwert,ncv_gj_per_unit\n", "utf-8")
    done = run.table([activity(**COAL, Heizwert="20.5")], "--aliases", aliases)
    assert done.one("a1")["co2e_kg"] == run.table([activity(**COAL, ncv_gj_per_unit="20.5")]).one("a1")["co2e_kg"]


def test_a_parquet_file_is_read_alike(run: Calculator) -> None:
    cells = {name: [str(value)] for name, value in activity(**COAL, **{"低位发热量": "20.5"}).items()}
    path = run.folder / "a.parquet"
    pq.write_table(pa.table(cells), path)
    done = run.calculate(path)
    assert done.one("a1")["co2e_kg"] == run.table([activity(**COAL, ncv_gj_per_unit="20.5")]).one("a1")["co2e_kg"]


def test_a_failed_formula_in_such_a_cell_rejects_the_row(run: Calculator) -> None:
    import xlsxwriter

    path, cells = run.folder / "a.xlsx", activity(**COAL, **{"低位发热量": ""})
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for column, (name, value) in enumerate(cells.items()):
        sheet.write_string(0, column, name)
        sheet.write_string(1, column, str(value))
    sheet.write_formula(1, len(cells) - 1, "=1/0", None, "#DIV/0!")
    book.close()
    done = run.calculate(path)
    assert done.code == 3 and done.codes() == ["cell.formula-error"] and done.summary["rows_posted"] == 0
