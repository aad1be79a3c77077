"""Allowances in the browser: a file, a plan, entities and units, each number with its steps."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from hengtan.web.market import services
from hengtan.web.market.models import Allocation, Kind
from hengtan.web.organisations.roles import Role
from hengtan.web.statements import services as statements
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import facts

EXAMPLES = Path(__file__).parents[2] / "examples/ets"
PLANS = Path(__file__).parents[2] / "src/hengtan/market/allocation/data"


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


# --- from statements, and once more

UNIT = [
    ["甬江发电", "", "1号机组", "coal.conventional.amount", "", "1200000", "t", "measured", ""],
    ["甬江发电", "", "1号机组", "coal.conventional.c_ar", "", "0.5", "tC/t", "measured", ""],
    ["甬江发电", "", "1号机组", "generation", "", "3000000", "MWh", "measured", ""],
    ["甬江发电", "", "1号机组", "own_use", "", "150000", "MWh", "measured", ""],
    ["甬江发电", "", "1号机组", "heat_supplied", "", "2000000", "GJ", "measured", ""],
    ["甬江发电", "", "1号机组", "heat_produced", "", "20000000", "GJ", "measured", ""],
    ["甬江发电", "", "1号机组", "rated_power", "", "660", "MW", "measured", ""],
    ["甬江发电", "", "1号机组", "running_hours", "", "7500", "h", "measured", ""],
]


def stated(company, rows=UNIT, year=2024, supersedes=None, method="cn-power-2022"):
    manager = company.people[Role.MANAGER]
    one = statements.make(manager, "甬江发电", method, year, {"name": "甬江发电"}, supersedes)
    one = statements.fill(one, rows)
    statements.submit(manager, one)
    return statements.decide(company.people[Role.APPROVER], one, approve=True, comment="")


def test_approved_statements_become_an_allocation_that_names_them(company):
    statement = stated(company)
    client, page = company.client(Role.MANAGER), company.url("allowances/from-statements/")
    shown = client.get(page).content.decode()
    assert "2,178,000.00" in shown
    assert 'placeholder="I"' in shown
    given = {
        "statement": [statement.pk],
        "name": "2024",
        "kind": "benchmark",
        "allocate": "1",
        "unit-0": f"{statement.key}/1号机组",
    }
    answer = client.post(page, given)
    assert answer.status_code == 302
    one = Allocation.objects.get(organisation=company.organisation, name="2024")
    assert one.statements == [
        {"key": statement.key, "name": "甬江发电", "method": "cn-power-2022", "digest": statement.record_digest}
    ]
    assert one.totals["verified"] == 2178000
    again = services.make(
        company.people[Role.MANAGER],
        "file",
        2024,
        Kind.BENCHMARK,
        facts(company.organisation).path(one.digest),
        "statements-2024.csv",
    )
    assert again.entities == one.entities  # the kept file gives the same by itself
    assert company.url(f"statements/{statement.pk}/") in client.get(url(company, one)).content.decode()


def test_what_a_person_says_beside_the_statement_is_told(company):
    statement = stated(company)
    given = {
        "statement": [statement.pk], "name": "2024", "allocate": "1", "unit-0": f"{statement.key}/1号机组", "verified_t-0": "2170000"
    }  # fmt: skip
    company.client(Role.MANAGER).post(company.url("allowances/from-statements/"), given)
    one = Allocation.objects.get(organisation=company.organisation, name="2024")
    assert one.totals["verified"] == 2170000
    assert "covered.given" in {each["code"] for each in one.problems}


def test_what_a_statement_lacks_is_told_with_its_mend_and_typed_cells_are_kept(company):
    statement = stated(company, [row for row in UNIT if row[3] != "rated_power"])
    client, page = company.client(Role.MANAGER), company.url("allowances/from-statements/")
    shown = client.get(f"{page}?statement={statement.pk}").content.decode()
    assert "the statement does not say rated_mw" in shown
    assert "give it here for this allocation" in shown
    other = stated(company, UNIT, 2023)
    mixed = client.post(page, {"statement": [statement.pk, other.pk], "allocate": "1", "name": "x"})
    assert mixed.status_code == 422
    assert "several sectors, years" in mixed.content.decode()


def test_a_corrected_statement_makes_an_allocation_visibly_stale(company):
    statement = stated(company)
    one = services.make_from_statements(company.people[Role.MANAGER], "2024", Kind.BENCHMARK, [statement])
    client = company.client(Role.MANAGER)
    assert "out of date" not in client.get(url(company, one)).content.decode()
    corrected = stated(
        company,
        [["甬江发电", "", "1号机组", "coal.conventional.amount", "", "1", "t", "", ""], *UNIT[1:]],
        supersedes=statement,
    )
    shown = client.get(url(company, one)).content.decode()
    assert "out of date" in shown
    assert f"statement={corrected.pk}" in shown
    assert "statement corrected" in client.get(company.url("allowances/")).content.decode()
    with pytest.raises(ValidationError):
        statement.refresh_from_db()
        services.make_from_statements(company.people[Role.MANAGER], "x", Kind.BENCHMARK, [statement])


def test_an_allocation_is_worked_out_again_by_another_year_or_text_and_compared(company):
    one = made(company, 2024)
    client, page = company.client(Role.MANAGER), url(company, one, "again/")
    answer = client.post(page, {"year": "2025", "kind": "benchmark", "name": "what if"})
    draft = Allocation.objects.get(organisation=company.organisation, name="what if")
    assert (draft.again_of, draft.draft, draft.digest) == (one, True, one.digest)
    assert answer["Location"].endswith(f"compare/?with={draft.pk}")
    text = (PLANS / "power-2023-2024.yaml").read_text("utf-8").replace("0.8", "0.85")
    given = {
        "year": "2024",
        "kind": "benchmark",
        "name": "own",
        "rules": SimpleUploadedFile("mine.yaml", text.encode()),
    }
    client.post(page, given)
    own = Allocation.objects.get(organisation=company.organisation, name="own")
    assert facts(company.organisation).read(own.rules).decode() == text
    assert "a text of one" in client.get(url(company, own)).content.decode()


@pytest.mark.parametrize("text", [b"a: &a [1]\nb: *a\n", b"x" * 300_000, b"id: x\n", b"\xff\xfe", b"- 1"])
def test_a_text_that_is_no_plan_is_refused_and_nothing_is_kept(company, text):
    one = made(company, 2024)
    before = Allocation.objects.count()
    given = {"year": "2024", "kind": "benchmark", "name": "own", "rules": SimpleUploadedFile("mine.yaml", text)}
    assert company.client(Role.MANAGER).post(url(company, one, "again/"), given).status_code == 422
    assert Allocation.objects.count() == before


def test_the_total_of_an_entity_leads_to_exemption_cap_and_stages(company):
    one = made(company)
    client = company.client(Role.AUDITOR)
    name = one.entities[0]["entity"]
    assert f"?entity={name.replace(' ', '%20')}" in client.get(url(company, one)).content.decode()
    page = client.get(url(company, one, f"unit/?entity={name}")).content.decode()
    assert "gap capped: at least 0.8 x" in page
    assert "issued before: 0.7 x" in page
    assert client.get(url(company, one, "unit/?entity=nobody")).status_code == 404
