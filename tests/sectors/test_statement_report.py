"""Last year's report, as we issued it, is read back: the same emissions come out."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from hengtan.connectors.statement_report import is_report, read_report
from hengtan.problems import HengtanError
from hengtan.reports.statement_book import statement_workbook
from hengtan.reports.statement_form import statement_document
from hengtan.sectors import calculate, read_statement, sector_methods
from hengtan.sectors.record import record
from hengtan.sectors.statement import COLUMNS

EXAMPLES = Path(__file__).parents[2] / "examples/sector"


def worked(rows, method):
    known = sector_methods()[method]
    return record(calculate(read_statement(enumerate(rows, 2), known, 2024), known, 2024))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("name", "method"),
    [("power", "cn-power-2022"), ("steel", "cn-steel-2024"), ("power_enterprise", "cn-other-industry-2015")],
)
def test_a_report_that_we_issued_is_read_back_to_the_same_emissions(tmp_path, name, method, lang):
    with (EXAMPLES / f"{name}.csv").open(encoding="utf-8") as file:
        before = worked(list(csv.DictReader(file)), method)
    path = tmp_path / "report.xlsx"
    path.write_bytes(statement_workbook(statement_document(before, {}, [], "d", lang)))
    assert is_report(path, "report.xlsx")
    rows, problems = read_report(path, "report.xlsx", sector_methods()[method])
    assert problems == []
    entity = before["by_entity"][0]["entity"]
    again = worked([dict(zip(COLUMNS, [entity, *row[1:]], strict=True)) for row in rows], method)
    assert [each["entity"] for each in again["by_entity"]] == [entity]
    assert abs(Decimal(again["by_entity"][0]["t_co2e"]) - Decimal(before["by_entity"][0]["t_co2e"])) < Decimal("0.01")
    assert {(each["process"], each["unit_name"]) for each in again["by_source"]} == {
        (each["process"], each["unit_name"]) for each in before["by_source"]
    }


def test_another_file_is_no_report(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    assert not is_report(path, "x.csv")
    with pytest.raises(HengtanError) as told:
        read_report(path, "x.csv", sector_methods()["cn-power-2022"])
    assert told.value.problems[0].code == "sector.not-a-report"
