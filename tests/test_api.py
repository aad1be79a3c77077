"""The Python API: a table in, an inventory out, in memory, exact, explained, shown, kept."""

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pytest

import hengtan
from hengtan.api.chart import bars
from hengtan.api.sums import DIMENSIONS

ROWS = [
    {"activity_id": "E-01", "facility": "Leeds", "activity_type": "electricity", "start": "2024-01-01",
     "end": "2024-01-31", "quantity": 84250, "unit": "kWh", "region": "GB", "org_unit": "North"},
    {"activity_id": "G-01", "facility": "Leeds", "activity_type": "fuel.natural_gas", "start": "2024-01-15",
     "end": "2024-03-31", "quantity": 52400.5, "unit": "m3", "region": "GB", "org_unit": "North"},
    {"activity_id": "T-01", "facility": "York", "activity_type": "travel.air.long_haul", "start": "2024-02-01",
     "end": "2024-02-28", "quantity": 12000, "unit": "p.km", "region": "GB", "org_unit": "South"},
    {"activity_id": "W-01", "facility": "York", "activity_type": "fuel.wood.pellets", "start": "2024-02-01",
     "end": "2024-02-28", "quantity": 3, "unit": "t", "region": "GB", "org_unit": "South"},
    {"activity_id": "W-02", "facility": "York", "activity_type": "outside.wood.pellets", "start": "2024-02-01",
     "end": "2024-02-28", "quantity": 3, "unit": "t", "region": "GB", "org_unit": "South"},
]  # fmt: skip


@pytest.fixture(scope="module")
def inventory():
    return hengtan.calculate(ROWS)


def test_importing_hengtan_loads_nothing():
    code = "import hengtan, sys; print([m for m in ('pyarrow','ibis','yaml','duckdb','numpy','pandas') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.stdout.strip() == "[]"


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        hengtan.nothing_of_this_name  # noqa: B018


def kinds() -> Iterator[tuple[str, object]]:
    import pandas as pd

    table = pa.Table.from_pylist(ROWS)
    yield "list of dictionaries", ROWS
    yield "dictionary of columns", {name: [row[name] for row in ROWS] for name in ROWS[0]}
    yield "arrow", table
    yield "arrow stream", pa.RecordBatchReader.from_batches(table.schema, table.to_batches())
    yield "pandas", pd.DataFrame(ROWS)
    dated = pd.DataFrame(ROWS).assign(
        start=lambda t: pd.to_datetime(t["start"]), end=lambda t: pd.to_datetime(t["end"])
    )
    yield "pandas with timestamps", dated
    yield "pandas with an index", dated.set_index(pd.Index(list("abcde")))


@pytest.mark.parametrize(("kind", "table"), list(kinds()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_kind_of_table_gives_the_same_inventory(inventory, kind, table):
    found = hengtan.calculate(table)
    assert found.totals == inventory.totals
    assert found.manifest["outputs"]["digest"] == inventory.manifest["outputs"]["digest"]


def test_files_give_what_tables_give(inventory, tmp_path):
    path = tmp_path / "rows.csv"
    names = list(ROWS[0])
    path.write_text("\n".join([",".join(names), *(",".join(str(row[n]) for n in names) for row in ROWS)]), "utf-8")
    for given in (path, str(path), [path]):
        assert hengtan.calculate(given).totals == inventory.totals


@pytest.mark.parametrize("given", [3, object(), {"quantity": 3}, [1, 2]])
def test_what_is_no_table_is_said_kindly(given):
    with pytest.raises(hengtan.HengtanError) as told:
        hengtan.calculate(given)
    assert told.value.problems[0].code in ("api.not-a-table", "file.column-missing")


def test_a_column_of_mixed_kinds_is_read_by_what_it_shows():
    mixed = [dict(ROWS[0], activity_id=7), dict(ROWS[1], activity_id="G-7")]
    found = hengtan.calculate({name: [row[name] for row in mixed] for name in mixed[0]})
    assert found.emissions["activity_id"].to_pylist() == ["7", "7", "G-7"]


def test_chinese_headers_types_and_units_are_understood_in_memory():
    row = {"活动编号": "电-01", "设施": "苏州工厂", "活动类型": "外购电力", "开始日期": "2024-01-01", "结束日期": "2024-01-31",
           "数量": 21.5, "单位": "万千瓦时", "地区": "CN-JS"}  # fmt: skip
    found = hengtan.calculate([row], lang="zh")
    assert found.summary["rows_posted"] == 1
    assert "范围二" in repr(found)
    assert "苏州工厂" in str(found.explain("电-01"))


# --- sums ------------------------------------------------------------------------------------------------------------


def whole(inventory, basis="location"):
    sums = inventory.totals
    return sums["scope1_kg"] + sums[f"scope2_{basis}_kg"] + sums["scope3_kg"]


@pytest.mark.parametrize("name", [name for name in DIMENSIONS if name != "gas"])
@pytest.mark.parametrize("basis", ["location", "market"])
def test_every_way_to_sum_adds_up_to_the_whole_exactly(inventory, name, basis):
    assert inventory.by(name, basis=basis).total == whole(inventory, basis)
    assert inventory.by(name, "month", basis=basis).total == whole(inventory, basis)


def test_months_and_scopes_are_those_of_the_summary(inventory):
    for row in inventory.by("month", "scope"):
        name = {"1": "scope1_kg", "2": "scope2_location_kg", "3": "scope3_kg"}[row["scope"]]
        assert row["co2e_kg"] == Decimal(inventory.summary["by_month"][row["month"]][name])
    for row in inventory.by("facility", "scope"):
        name = {"1": "scope1_kg", "2": "scope2_location_kg", "3": "scope3_kg"}[row["scope"]]
        assert row["co2e_kg"] == Decimal(inventory.summary["by_facility"][row["facility"]][name])
    for row in inventory.by("category"):
        assert row["co2e_kg"] == Decimal(inventory.summary["by_category"][row["category"]])


def test_gases_are_kg_of_the_gas_and_agree_with_the_rows(inventory):
    found = inventory.by("gas")
    rows = [row for row in inventory.emissions.to_pylist() if row["basis"] != "market" and row["scope"]]
    assert found["CH4"] == sum(row["ch4_kg"] for row in rows if row["ch4_kg"] is not None)
    assert found["biogenic CO2 (outside the scopes)"] == inventory.totals["biogenic_co2_kg"] > 0


def test_a_label_finds_its_value_and_an_unknown_name_is_said(inventory):
    found = inventory.by("scope", "month")
    assert found["2", "2024-01"] == inventory.totals["scope2_location_kg"]
    with pytest.raises(KeyError):
        found["9"]
    with pytest.raises(hengtan.HengtanError, match="colour"):
        inventory.by("colour")
    with pytest.raises(hengtan.HengtanError, match="somewhere"):
        inventory.by("scope", basis="somewhere")


def test_a_table_becomes_arrow_and_pandas_with_every_digit(inventory):
    found = inventory.by("facility")
    assert pa.table(found)["co2e_kg"].to_pylist() == [row["co2e_kg"] for row in found]
    assert list(found.to_pandas()["facility"]) == ["Leeds", "York"]


def test_options_do_what_they_do_on_the_command_line():
    gas = [ROWS[1]]
    assert hengtan.calculate(gas, upstream=True).totals["scope3_kg"] > 0
    assert hengtan.calculate(gas, period=("2025-01-01", None)).summary["rows_rejected"] == 1
    assert hengtan.calculate(gas, period=2024).summary["rows_posted"] == 1
    assert hengtan.calculate(gas, as_of=date(2024, 1, 1)).manifest["options"]["as_of"] == "2024-01-01"
    assert hengtan.calculate(gas, gwp="AR4").summary["gwp_set"] == "AR4"


def test_own_factors_and_uncertainty(tmp_path):
    own = tmp_path / "own.csv"
    own.write_text(
        "factor_id,name,activity_unit,co2e_kg,gwp_set,scope,category,uncertainty_pct,source_title,licence\n"
        "own,Ours,t,10,AR5,1,process,20,us,ours\n",
        "utf-8",
    )
    row = dict(ROWS[0], activity_type="", factor_id="own", unit="t", quantity=100)
    found = hengtan.calculate([row], factors=own)
    bounds = found.summary["uncertainty"]["scope1"]
    assert (bounds["p2_5_kg"], bounds["p97_5_kg"]) == ("800", "1200")
    table = found.uncertainty()
    assert table["scope1"] == 1000
    (one, total) = table
    assert (one["p2_5_kg"], one["unstated_pct"]) == (Decimal(800), "0")
    assert total["scope"] == "total"
    drawn = hengtan.calculate([row], factors=[own], draws=20_000).uncertainty()
    assert float(next(iter(drawn))["p97_5_kg"]) == pytest.approx(1200, rel=0.02)


# --- explained, shown, kept ------------------------------------------------------------------------------------------


def test_a_number_explains_itself_down_to_the_row_of_the_table(inventory):
    told = inventory.explain("G-01")
    text = str(told)
    for part in ("52,400.5 m3", "row  2", "uk-desnz-2024-1-100-1004-1", "3 months by days", "table.parquet"):
        assert part in text
    assert told.as_dict()
    assert "<pre" in told._repr_html_()


def test_an_id_that_is_not_there_names_what_is_near(inventory):
    with pytest.raises(hengtan.HengtanError, match="G-01"):
        inventory.explain("G-1")


def test_problems_are_values_in_the_order_of_the_rows():
    found = hengtan.calculate([dict(ROWS[0], quantity=-5), ROWS[1], dict(ROWS[2], unit="foo")])
    errors = [problem for problem in found.problems if problem.severity == "error"]
    assert [problem.row for problem in errors] == [1, 3]
    assert errors[0].file == "table.parquet"
    assert "below" in errors[0].reason("en") or "negative" in errors[0].reason("en")
    assert "2 rejected" in repr(found)


def test_an_inventory_shows_itself(inventory):
    shown = repr(inventory)
    assert "Scope 2, location-based" in shown
    assert f"{inventory.totals['scope1_kg']:,.2f}" in shown
    html = inventory._repr_html_()
    svg = re.search(r"<svg.*</svg>", html, re.DOTALL).group()
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert "currentColor" in svg


def test_names_from_the_table_cannot_write_html():
    found = hengtan.calculate([dict(ROWS[0], facility="<script>alert(1)</script>")])
    assert "<script>" not in found._repr_html_()
    assert "<script>" not in found.by("facility")._repr_html_()
    assert "<script>" not in bars({"<b>": {"<i>": Decimal(1)}}, ["<i>"], "<u>").text.replace("<svg", "")
    assert "<script>" not in found.explain("E-01")._repr_html_()


def test_a_plot_is_a_figure_in_chinese_too(tmp_path):
    found = hengtan.calculate([dict(ROWS[0], facility="苏州工厂"), ROWS[1]], lang="zh")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found.plot("facility").savefig(tmp_path / "plot.png")
    with pytest.raises(hengtan.HengtanError):
        found.plot("gas")


def test_without_matplotlib_a_plot_is_our_own_svg_with_a_kind_word(inventory, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.warns(UserWarning, match="notebook"):
        drawn = inventory.plot()
    assert drawn._repr_svg_().startswith("<svg")


def test_a_saved_inventory_is_the_folder_of_the_command_line(inventory, tmp_path):
    folder = inventory.save(tmp_path / "kept")
    names = {path.name for path in folder.iterdir()}
    assert {"emissions.parquet", "problems.csv", "summary.json", "run.json", "table.parquet"} <= names
    assert json.loads((folder / "summary.json").read_text("utf-8")) == inventory.summary
    moved = folder.rename(tmp_path / "moved")
    told = subprocess.run(
        [Path(sys.executable).parent / "hengtan", "explain", moved, "G-01"], capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    assert "table.parquet" in told.stdout
    assert "no longer the file" not in told.stdout


def test_a_folder_of_somebody_else_is_left_alone(inventory, tmp_path):
    (tmp_path / "precious.txt").write_text("mine", "utf-8")
    with pytest.raises(hengtan.HengtanError):
        inventory.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = hengtan.calculate(ROWS)
    del found
    assert list(tmp_path.iterdir()) == []
