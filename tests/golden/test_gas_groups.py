"""Reports list fluorinated gases by group, as ISO 14064-1 and the GHG Protocol ask, as far as anybody tells the gas."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from golden.calculating import Calculator, Outcome, activity
from hengtan.inventory.report_data import report_data

OWN = [
    {"factor_id": "LEAK", "name": "Chiller, R-404A leak", "category": "refrigerant", "activity_unit": "kg", "co2e_kg": "3943", "gwp_set": "AR5"},
    {"factor_id": "MYSTERY", "name": "Chiller, gas unknown", "category": "refrigerant", "activity_unit": "kg", "co2e_kg": "100", "gwp_set": "AR5"},
]  # fmt: skip
ROWS = [
    activity("gas", activity_type="fuel.natural_gas", unit="kWh_gcv", quantity=100000),
    activity("hfc", activity_type="R410A", unit="kg", quantity="12.5"),
    activity("sf6", activity_type="refrigerant.SF6", unit="kg", quantity="1.5"),
    activity("mix", activity_type="refrigerant.R-401A.all_gases", unit="kg", quantity=3),
    activity("weighed", activity_type="refrigerant.HFC-134a", unit="kg", quantity=3, region="CN", method="refrigerant-simplified"),
    activity("smelter", activity_type="process.aluminium.anode_effect", unit="t", region="CN", method="cn-aluminium-anode-effect"),
    activity("own", activity_type="", unit="kg", quantity=1, factor_id="LEAK"),
    activity("mystery", activity_type="", unit="kg", quantity=1, factor_id="MYSTERY"),
]  # fmt: skip


@pytest.fixture(scope="module")
def done(desk: Calculator) -> Outcome:
    outcome = desk.table(ROWS, "--factors", desk.factors(*OWN), report=True)
    assert outcome.code == 0, outcome.problems
    return outcome


@pytest.fixture(scope="module")
def gases(done: Outcome) -> dict[str, dict[str, object]]:
    from hengtan.engine import Engine

    with Engine().session() as con:
        return {str(row["category"]): row for row in report_data(done.folder, con).gases}


def test_every_kg_stands_in_a_group_or_is_told_to_be_in_none(
    done: Outcome, gases: dict[str, dict[str, object]]
) -> None:
    kg = {row["activity_id"]: row["co2e_kg"] for row in done.rows}
    fugitive, process = gases["fugitive"]["groups"], gases["process"]["groups"]
    assert isinstance(fugitive, dict) and isinstance(process, dict)
    assert process == {"pfc": kg["smelter"]}
    assert fugitive["sf6"] == kg["sf6"]
    assert fugitive["hfc"] + fugitive["montreal"] == kg["hfc"] + kg["mix"] + kg["weighed"] + kg["own"]
    assert 0 < fugitive["montreal"] < kg["mix"]
    assert gases["fugitive"]["unsplit_co2e_kg"] == kg["mystery"] == 100
    assert gases["stationary"]["groups"] == {}


def test_the_lines_by_gas_add_up_to_scope_1(done: Outcome) -> None:
    html = (done.folder / "report.html").read_text("utf-8")
    section = html[html.index("Direct emissions by gas, and removals<span") :]
    section = section[: section.index("</table>")]
    lines = dict(re.findall(r'<th scope="row">([^<]+)</th><td class="n[^"]*">([^<]+)<', section))
    assert {"HFCs", "PFCs", "SF₆"} <= lines.keys() and "Published as CO₂e only, not split" in lines
    total = Decimal(done.summary["totals"]["scope1_kg"]) / 1000
    names = (
        "CO₂",
        "CH₄",
        "N₂O",
        "HFCs",
        "PFCs",
        "SF₆",
        "CFCs, HCFCs and halons (Montreal Protocol)",
        "Published as CO₂e only, not split",
    )
    values = [lines[name].replace(",", "") for name in names]
    summed = sum(Decimal(v.removesuffix(" kg")) / (1000 if v.endswith("kg") else 1) for v in values)
    assert abs(summed - total) < Decimal("0.04")


def test_a_group_that_nothing_releases_is_a_dash_and_not_zero(done: Outcome) -> None:
    html = (done.folder / "report.html").read_text("utf-8")
    assert re.search(r'<th scope="row">NF₃</th><td class="n"><span class="t-na">—', html)


def test_the_workbook_has_a_column_for_each_group(done: Outcome) -> None:
    sheet = load_workbook(done.folder / "report.xlsx", read_only=True)["By category"]
    head, *rows = sheet.iter_rows(values_only=True)
    at = {
        name: head.index(name)
        for name in ("HFCs (t CO₂e)", "PFCs (t CO₂e)", "SF₆ (t CO₂e)", "CFCs, HCFCs (t CO₂e)", "Other (t CO₂e)")
    }
    by_name = {row[1]: row for row in rows}
    assert (
        by_name["Process emissions"][at["PFCs (t CO₂e)"]] > 20
        and by_name["Process emissions"][at["HFCs (t CO₂e)"]] == "—"
    )
    assert by_name["Fugitive emissions"][at["SF₆ (t CO₂e)"]] == 35.25


def test_without_fluorinated_gases_there_are_no_columns_for_them(run: Calculator) -> None:
    done = run.table([activity()], report=True)
    sheet = load_workbook(done.folder / "report.xlsx", read_only=True)["By category"]
    assert "HFCs (t CO₂e)" not in next(iter(sheet.iter_rows(values_only=True)))
