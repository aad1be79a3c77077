"""Allowances in the browser: a file, a plan, entities and units, each number with its steps."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hengtan.web.market import services
from hengtan.web.market.models import Allocation, Kind
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import facts

EXAMPLES = Path(__file__).parents[2] / "examples/ets"


def made(company, year=2024, name="units.csv", by=Role.MANAGER):
    return services.make(company.people[by], "示例", year, Kind.BENCHMARK, EXAMPLES / name, name)


def url(company, allocation, page=""):
    return company.url(f"allowances/{allocation.pk}/{page}")


def test_a_file_becomes_an_allocation_with_its_ledger_entry(company):
    client = company.client(Role.MANAGER)
    answer = client.post(
        company.url("allowances/new/"),
        {
            "year": "2024",
            "kind": "benchmark",
            "name": "示例",
            "file": SimpleUploadedFile("units.csv", (EXAMPLES / "units.csv").read_bytes()),
        },
    )
    assert answer.status_code == 302
    one = Allocation.objects.get(organisation=company.organisation, name="示例")
    assert (one.plan, one.rows_in, one.rejected) == ("power-2023-2024", 5, 0)
    assert facts(company.organisation).read(one.digest) == (EXAMPLES / "units.csv").read_bytes()
    assert Outbox.objects.get(pk=one.entry_id).kind == "allocation.calculated"
    page = client.get(url(company, one)).content.decode()
    assert "9,641,020" in page  # final of all
    assert "636,000" in page


def test_each_number_leads_to_its_steps_and_sources(company):
    one = made(company)
    page = (
        company.client(Role.AUDITOR)
        .get(url(company, one, "unit/?entity=Sample Power East&unit=Unit 1"))
        .content.decode()
    )
    assert "0.791" in page
    assert "[R]" in page
    assert "2023-2024 power allocation plan" in page
    assert company.client().get(url(company, one, "unit/?entity=none&unit=1")).status_code == 404
    gas = company.client().get(url(company, one, "unit/?entity=Sample Gas&unit=Unit 1")).content.decode()
    assert "raised to its verified emissions" in gas


def test_the_balance_value_is_told_with_what_proves_it(company):
    page = company.client().get(url(company, made(company, 2025, "lines.csv"))).content.decode()
    assert "balance value 1.534510810811" in page
    assert "0 t left over" in page


def test_a_draft_says_so_and_is_compared_with_another(company):
    draft, other = made(company, 2025), made(company, 2024)
    client = company.client()
    assert "draft for consultation" in client.get(url(company, draft)).content.decode()
    page = client.get(url(company, other, f"compare/?with={draft.pk}")).content.decode()
    assert "Sample Power West" in page
    assert client.get(url(company, other, f"compare/?with={draft.pk}&format=csv")).status_code == 200


@pytest.mark.parametrize(
    ("data", "year"),
    [(b"", "2024"), (b"a,b\n1,2\n", "2024"), (b"entity,line,sector,verified_t\nA,1,steel,1\n", "2020")],
)
def test_what_cannot_be_worked_out_is_told_and_nothing_is_kept(company, data, year):
    before = Allocation.objects.count()
    given = {"year": year, "kind": "benchmark", "name": "x", "file": SimpleUploadedFile("x.csv", data)}
    answer = company.client().post(company.url("allowances/new/"), given)
    assert answer.status_code == 422
    assert Allocation.objects.count() == before


def test_a_refused_row_stands_with_its_rule_and_mend(company, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text((EXAMPLES / "units.csv").read_text("utf-8").replace("0.55", "55"), "utf-8")
    one = services.make(company.people[Role.OWNER], "bad", 2024, Kind.BENCHMARK, path, "bad.csv")
    page = company.client().get(url(company, one)).content.decode()
    assert "1 refused" in page
    assert "Write it as a fraction, such as 0.55" in page


@pytest.mark.parametrize("form", ["csv", "xlsx", "tsv"])
def test_tables_are_taken_away(company, form):
    one = made(company)
    client = company.client()
    assert "9641020" in client.get(company.url("allowances/?format=csv")).content.decode()
    for table in ("", "units"):
        assert client.get(url(company, one, f"?format={form}&table={table}")).status_code == 200


def test_contributors_see_no_sums_of_the_whole_and_only_managers_allocate(company):
    one = made(company)
    assert company.client(Role.CONTRIBUTOR).get(url(company, one)).status_code == 403
    assert company.client(Role.VIEWER).get(url(company, one)).status_code == 200
    assert company.client(Role.APPROVER).get(company.url("allowances/new/")).status_code == 403
