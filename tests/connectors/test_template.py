"""Templates for foreign sheets."""

from datetime import date, datetime
from decimal import Decimal

import pytest
import xlsxwriter

from hengtan.connectors import read
from hengtan.connectors.template import load_template, parse_template, shipped
from hengtan.factors import find_type
from hengtan.problems import HengtanError
from hengtan.units import parse

TEMPLATE = r"""
template: 1
name: shops
title: {en: Shops, zh: 门店}
expect: {A2: Shop}
rows:
  header: [1, 2]
  first: 3
  skip:
    - {column: A, equals: Example}
    - {column: A, begins: Total}
activity_id: "S-{row}-{column}"
values:
  facility: {column: A}
  start: {cell: F1}
  end: {cell: F1}
  region: {cell: G1, match: '\((.+)\)'}
tags:
  town: {column: H}
activities:
  - {activity_type: electricity, quantity: B, unit: {column: C}, units: {kW h: kWh}, unit_if_zero: kWh, factor_id: F1}
  - {activity_type: fuel.natural_gas, quantity: D, unit: m3}
reference: {column: E, unit: t, tolerance_pct: "0.5", title: {en: As stated, zh: 公布值}}
"""
HEAD = [["", "Electricity", "", "Gas", "CO2", "2023-02", "China (CN)"], ["Shop", "Quantity", "Unit", "Quantity", "t"]]
ROWS = [
    ["Example", 1, "kW h", 2, 3],
    ["North", 100.5, "kW h", "1,234.5", "1.5"],
    [],
    ["South", 0, 0, 0, "", "", "", "Nanjing"],
    ["East", "", "", "#REF!", "n/a"],
    ["West", "12%", "MWh", 7, 2],
    ["Total", 100, "kW h", 7, 9],
]


def parsed(text=TEMPLATE):
    return parse_template(text, "shops.yaml")


@pytest.fixture
def shops(tmp_path):
    """Writes a sheet and the template, and reads one by the other."""

    def read_it(rows=ROWS, head=HEAD, template=TEMPLATE, fill=None, name="shops.xlsx", **options):
        book = xlsxwriter.Workbook(str(tmp_path / name))
        sheet = book.add_worksheet("2023")
        for down, line in enumerate([*head, *rows]):
            for across, cell in enumerate(line):
                if cell != "":
                    sheet.write(down, across, cell)
        if fill:
            fill(book, sheet)
        book.close()
        (tmp_path / "shops.yaml").write_text(template, encoding="utf-8")
        return read([tmp_path / name], template=tmp_path / "shops.yaml", **options)

    return read_it


def test_a_wide_sheet_becomes_one_row_for_each_carrier_with_its_cell(shops):
    intake = shops()
    lines = {line["activity_id"]: line for line in intake.sources[0].data.to_pylist()}
    assert list(lines) == ["S-4-B", "S-4-D", "S-6-B", "S-6-D", "S-7-D", "S-8-B", "S-8-D"]
    north = lines["S-4-B"]
    assert (north["quantity"], north["unit"], north["unit_as_given"], north["factor_id"]) == (
        "100.5",
        "kWh",
        "kW h",
        "F1",
    )
    assert (north["cell"], north["unit_cell"], north["row"], north["region"]) == ("B4", "C4", 4, "CN")
    assert (north["start"], north["end"]) == (date(2023, 2, 1), date(2023, 2, 28))
    assert (lines["S-4-D"]["quantity"], lines["S-4-D"]["unit"], lines["S-4-D"]["unit_cell"]) == ("1234.5", "m3", None)
    assert (lines["S-6-B"]["quantity"], lines["S-6-B"]["unit"], lines["S-6-B"]["unit_as_given"]) == ("0", "kWh", "0")
    assert (lines["S-6-B"]["town"], lines["S-8-B"]["unit"]) == ("Nanjing", "MWh")


def test_cells_that_cannot_be_read_are_told_with_the_header_above_them(shops):
    intake = shops()
    assert [(p.code, p.row, p.column) for p in intake.problems] == [
        ("template.reference-unreadable", 7, "CO2 / t (E)"),
        ("cell.formula-error", 7, "Gas / Quantity (D)"),
        ("cell.number-percent", 8, "Electricity / Quantity (B)"),
    ]
    unreadable = {line["activity_id"] for line in intake.sources[0].data.to_pylist() if line["unreadable"]}
    assert unreadable == {"S-7-D", "S-8-B"}


def test_published_totals_are_kept_to_compare_with(shops):
    reference = shops().reference
    assert [(o.row, o.name, o.published_kg, o.cell) for o in reference.operations] == [
        (4, "North", Decimal(1500), "E4"), (6, "South", None, "E6"), (7, "East", None, "E7"), (8, "West", Decimal(2000), "E8")]  # fmt: skip
    assert (reference.total_kg, reference.tolerance_pct) == (Decimal(3500), Decimal("0.5"))
    assert reference.operations[reference.activities["S-8-D"]].name == "West"


def test_a_sheet_of_another_form_is_refused_with_the_cell_that_differs(shops):
    with pytest.raises(HengtanError) as caught:
        shops(head=[HEAD[0], ["Store", "Quantity", "Unit", "Quantity", "t"]])
    problem = caught.value.problems[0]
    assert (problem.code, problem.row, problem.column, problem.values["found"]) == ("template.expect", 2, "A", "Store")


def test_a_named_sheet_that_is_missing_is_told(shops):
    with pytest.raises(HengtanError) as caught:
        shops(template=TEMPLATE + "sheet: '2024'\n")
    assert caught.value.problems[0].values["found"] == "2023"


def test_the_right_sheet_is_found_among_others(shops):
    def fill(book, sheet):
        book.add_worksheet("Cover").write(0, 0, "hello")

    assert shops(fill=fill).sources[0].sheet == "2023"


def test_merged_quantities_are_told(shops):
    def fill(book, sheet):
        sheet.merge_range("D4:D6", 5)

    intake = shops(fill=fill)
    assert [(p.code, p.row) for p in intake.problems if p.code == "cell.merged"] == [
        ("cell.merged", 4),
        ("cell.merged", 6),
    ]


def test_dates_of_a_sheet_may_be_real_dates(shops):
    def fill(book, sheet):
        sheet.write_datetime("F1", datetime(2023, 3, 5), book.add_format({"num_format": "yyyy-mm-dd"}))

    line = shops(fill=fill).sources[0].data.to_pylist()[0]
    assert (line["start"], line["end"]) == (date(2023, 3, 5), date(2023, 3, 5))


def test_a_wide_csv_is_read_the_same_way(tmp_path, shops):
    whole = shops().sources[0].data.to_pylist()
    import csv

    with (tmp_path / "w.csv").open("w", newline="", encoding="gb18030") as file:
        csv.writer(file).writerows([*HEAD, *ROWS])
    again = read([tmp_path / "w.csv"], template=tmp_path / "shops.yaml").sources[0].data.to_pylist()
    keys = ("activity_id", "quantity", "unit", "cell", "row", "start", "unreadable")
    assert [{k: line[k] for k in keys} for line in again] == [{k: line[k] for k in keys} for line in whole]


def test_several_files_give_one_reference(shops, tmp_path):
    template = TEMPLATE.replace("S-{row}", "{stem}-{row}")
    shops(template=template, name="a.xlsx")
    shops(template=template, name="b.xlsx")
    intake = read([tmp_path / "a.xlsx", tmp_path / "b.xlsx"], template=tmp_path / "shops.yaml")
    assert intake.reference.total_kg == 7000
    assert intake.reference.operations[intake.reference.activities["b-8-D"]].file.endswith("b.xlsx")


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("activities:", "activites:", "template.key-unknown", 22), ("name: shops", "nam: shops", "template.key-unknown", 3),
        ("  facility: {column: A}\n", "", "template.key-missing", 15), ("quantity: D", "quantity: 4", "template.value", 23),
        ("template: 1", "template: 2", "template.value", 2), ("S-{row}-{column}", "S-{row}", "template.value", 13),
        ("S-{row}-{column}", "S-{row.x}-{column}", "template.value", 13), ("unit: t", "unit: tons", "template.value", 24),
        ("'\\((.+)\\)'", "'(('", "template.value", 18), ("'\\((.+)\\)'", "'x'", "template.value", 18),
        ("first: 3", "first: 1", "template.value", 7), ("first: 3", "first: x", "template.value", 8),
        ("equals: Example", "equal: Example", "template.key-unknown", 10), ("A2: Shop", "2A: Shop", "template.value", 5),
        ("town:", "region:", "template.value", 20), ("tolerance_pct: \"0.5\"", "tolerance_pct: much", "template.value", 24),
        ("cell: F1", "cell: F1, column: A", "template.key-missing", 16), ("name: shops", "name: shops\nname: x", "template.key-twice", 3),
        ("title: {", "title: [", "template.syntax", 4), ("title: {en: Shops, zh: 门店}", "title: Shops", "template.value", 4),
    ],
)  # fmt: skip
def test_a_mistake_in_a_template_is_told_with_its_line(old, new, code, line):
    assert old in TEMPLATE
    with pytest.raises(HengtanError) as caught:
        parsed(TEMPLATE.replace(old, new, 1))
    found = [(problem.code, problem.row) for problem in caught.value.problems]
    assert code in [c for c, _ in found]
    assert any(c == code and abs(r - line) <= 1 for c, r in found), found


def test_all_mistakes_of_a_template_are_told_at_once():
    with pytest.raises(HengtanError) as caught:
        parsed(TEMPLATE.replace("quantity: B", "quantity: 2").replace("name: shops", "nam: shops"))
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("text", ["", "x", "- 1", "template: 1", "a: &a [*a]"])
def test_what_is_no_template_is_refused(text):
    with pytest.raises(HengtanError):
        parsed(text)


def test_an_unknown_template_names_the_shipped_ones():
    with pytest.raises(HengtanError) as caught:
        load_template("ontario")
    assert caught.value.problems[0].values["shipped"] == "ontario_bps"


@pytest.mark.parametrize("name", shipped())
def test_shipped_templates_use_known_types_and_units(name):
    template = load_template(name)
    assert template.title.keys() == {"en", "zh"}
    for carrier in template.carriers:
        assert find_type(carrier.activity_type).id == carrier.activity_type
        for unit in carrier.units.values():
            parse(unit)


def test_a_template_does_not_read_parquet(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")
    with pytest.raises(HengtanError) as caught:
        read([tmp_path / "t.parquet"], template="ontario_bps")
    assert caught.value.problems[0].code == "template.parquet"
