"""Statements by sector guidelines: filled in, worked out, submitted, approved by somebody else, corrected, taken away."""

import io
import json

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hengtan.web.organisations.roles import Role
from hengtan.web.statements import services
from hengtan.web.statements.forms import credit_code_is_right
from hengtan.web.statements.models import State, Statement
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import facts

from .test_api import Caller


def made(company, by=Role.MANAGER, method="cn-aluminium-2024", year=2024):
    return services.make(company.people[by], "甬江铝业", method, year, {"name": "甬江铝业"})


def packed(*lines):
    """As the page packs its grid: parameter, unit, obtained, source, year, twelve months."""
    return json.dumps([[*line, *[""] * (17 - len(line))] for line in lines])


def filled(company, amount="100000", **more):
    statement = made(company, **more)
    return services.fill(statement, [["甬江铝业", "", "", "aluminium", "", amount, "t", "measured", "scale"]])


def url(company, statement, page=""):
    return company.url(f"statements/{statement.pk}/{page}")


def test_a_statement_is_begun_typed_and_worked_out(company):
    client = company.client(Role.MANAGER)
    answer = client.post(
        company.url("statements/new/"), {"method": "cn-aluminium-2024", "year": "2024", "name": "甬江铝业"}
    )
    assert answer.status_code == 302
    statement = Statement.objects.get(organisation=company.organisation, name="甬江铝业")
    entry = url(company, statement, "entry/")
    assert "aluminium" in client.get(entry).content.decode()
    months = ["", *["1,000"] * 12]
    answer = client.post(
        entry, {"packed": packed(["aluminium", "t", "measured", "scale", *months]), "process": "", "unit": ""}
    )
    assert answer.status_code == 302
    statement.refresh_from_db()
    assert len(statement.rows) == 12
    assert statement.record["by_entity"][0]["t_co2e"] == "20807.904"  # 12,000 t x 1.733992
    page = client.get(url(company, statement)).content.decode()
    assert "20,807.90" in page
    assert "0.411" in page  # the default that counted, in the steps
    assert page.count("st-dot on") == 12


def test_what_is_typed_for_one_place_leaves_the_others(company):
    statement = made(company, method="cn-power-2022")
    client = company.client(Role.MANAGER)
    for unit, amount in (("1", "1000"), ("2", "2000"), ("1", "3000")):
        line = ["coal.conventional.amount", "t", "measured", "", amount]
        client.post(url(company, statement, "entry/"), {"packed": packed(line), "process": "", "unit": unit})
    statement.refresh_from_db()
    assert [(row[2], row[5]) for row in statement.rows] == [("2", "2000"), ("1", "3000")]


def test_what_cannot_be_is_told_and_kept(company):
    statement = services.fill(
        made(company),
        [
            ["甬江铝业", "", "", "aluminium", "", "many", "t", "", ""],
            ["甬江铝业", "", "", "anode_ash", "", "3", "1", "", ""],
        ],
    )
    assert [each["code"] for each in statement.problems] == ["table.number", "sector.range"]
    client = company.client(Role.MANAGER)
    page = client.get(url(company, statement)).content.decode()
    assert "is not a plain number" in page
    assert 'value="many"' in client.get(url(company, statement, "entry/")).content.decode()
    assert client.post(url(company, statement, "submit/")).status_code == 302
    statement.refresh_from_db()
    assert statement.state == State.DRAFT


@pytest.mark.parametrize("given", ["", "[", "{}", "[[1,2]]", '"x"', "null"])
def test_a_grid_that_did_not_arrive_whole_changes_nothing(company, given):
    statement = filled(company)
    answer = company.client(Role.MANAGER).post(url(company, statement, "entry/"), {"packed": given})
    assert answer.status_code == 422
    statement.refresh_from_db()
    assert len(statement.rows) == 1


def test_a_file_is_taken_in_and_given_back(company):
    statement = made(company)
    client = company.client(Role.MANAGER)
    book = openpyxl.load_workbook(io.BytesIO(client.get(url(company, statement, "form/")).content))
    for line in book.worksheets[0].iter_rows(min_row=2):
        if line[3].value == "aluminium":
            line[5].value, line[7].value = 1000, "measured"
    out = io.BytesIO()
    book.save(out)
    client.post(url(company, statement, "file/"), {"file": SimpleUploadedFile("form.xlsx", out.getvalue())})
    statement.refresh_from_db()
    assert statement.record["by_entity"][0]["t_co2e"] == "20807.904"
    text = client.get(url(company, statement, "download/") + "?form=csv").content.decode("utf-8-sig")
    again = made(company)
    client.post(url(company, again, "file/"), {"file": SimpleUploadedFile("again.csv", text.encode())})
    again.refresh_from_db()
    assert again.record["by_source"] == statement.record["by_source"]
    client.post(url(company, again, "file/"), {"file": SimpleUploadedFile("wrong.csv", b"a,b\n1,2\n")})
    again.refresh_from_db()
    assert again.record["by_source"] == statement.record["by_source"]


def test_a_statement_is_of_one_enterprise_however_its_file_spells_it(company):
    statement = made(company)
    head = "entity,process,unit_name,parameter,month,value,unit,obtained,source\n"
    client = company.client(Role.MANAGER)
    for rows, kept in (
        ("Smelter,,,aluminium,,1000,t,measured,\n", 1),
        ("A,,,aluminium,,1,t,,\nB,,,aluminium,,2,t,,\n", 1),
    ):
        client.post(url(company, statement, "file/"), {"file": SimpleUploadedFile("s.csv", (head + rows).encode())})
        statement.refresh_from_db()
        assert len(statement.rows) == kept
        assert statement.rows[0][0] == statement.name
    assert statement.rows[0][5] == "1000"


def test_nobody_approves_what_he_entered_and_the_ledger_holds_the_decision(company):
    statement = filled(company)
    own = company.client(Role.MANAGER)
    own.post(url(company, statement, "submit/"))
    own.post(url(company, statement, "decide/"), {"approve": "1"})
    statement.refresh_from_db()
    assert statement.state == State.SUBMITTED
    other = company.client(Role.APPROVER)
    other.post(url(company, statement, "decide/"), {"comment": ""})  # a return says why
    statement.refresh_from_db()
    assert statement.state == State.SUBMITTED
    other.post(url(company, statement, "decide/"), {"approve": "1"})
    statement.refresh_from_db()
    assert (statement.state, statement.decided_by) == (State.APPROVED, company.people[Role.APPROVER].user)
    kinds = list(
        Outbox.objects.of(company.organisation).filter(kind__startswith="statement.").values_list("kind", flat=True)
    )
    assert sorted(kinds) == ["statement.approved", "statement.submitted"]
    assert json.loads(facts(company.organisation).read(statement.record_digest)) == statement.record
    with pytest.raises(Exception, match="not open"):
        services.fill(statement, [])


def test_a_returned_one_is_mended_and_an_approved_one_corrected_by_a_new_one(company):
    statement = filled(company)
    services.submit(company.people[Role.MANAGER], statement)
    services.decide(company.people[Role.APPROVER], statement, approve=False, comment="July?")
    assert "July?" in company.client(Role.MANAGER).get(url(company, statement)).content.decode()
    services.submit(company.people[Role.MANAGER], statement)
    services.decide(company.people[Role.APPROVER], statement, approve=True, comment="")
    client = company.client(Role.MANAGER)
    form = {"method": "cn-aluminium-2024", "year": "2024", "name": "甬江铝业"}
    answer = client.post(company.url(f"statements/new/?corrects={statement.pk}"), form)
    correction = Statement.objects.get(supersedes=statement)
    assert answer["Location"].endswith(f"/statements/{correction.pk}/")
    assert correction.rows == statement.rows
    services.fill(correction, [["甬江铝业", "", "", "aluminium", "", "90000", "t", "measured", ""]])
    told = client.get(url(company, statement, f"compare/?with={correction.pk}")).content.decode()
    assert "-10000" in told
    services.submit(company.people[Role.MANAGER], correction)
    services.decide(company.people[Role.APPROVER], correction, approve=True, comment="")
    statement.refresh_from_db()
    assert statement.state == State.SUPERSEDED


@pytest.mark.parametrize("form", ["pdf", "xlsx", "html", "csv", "json"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_is_taken_away(company, form, lang):
    statement = filled(company)
    answer = company.client(Role.AUDITOR).get(url(company, statement, f"download/?form={form}&lang={lang}"))
    assert answer.status_code == 200
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert len(answer.content) > 50


def test_who_may_do_what(company):
    statement = filled(company)
    assert company.client(Role.VIEWER).get(url(company, statement)).status_code == 200
    assert company.client(Role.VIEWER).get(url(company, statement, "entry/")).status_code == 403
    assert company.client(Role.AUDITOR).post(url(company, statement, "submit/")).status_code == 403
    assert company.client(Role.CONTRIBUTOR).get(url(company, statement)).status_code == 404
    mine = filled(company, by=Role.CONTRIBUTOR)
    assert company.client(Role.CONTRIBUTOR).get(url(company, mine, "entry/")).status_code == 200
    assert company.client(Role.CONTRIBUTOR).post(url(company, mine, "decide/"), {"approve": "1"}).status_code == 403


def test_a_credit_code_checks_itself():
    assert credit_code_is_right("91350100M000100Y43")  # the worked example of GB 32100-2015
    assert not credit_code_is_right("91350100M000100Y44")
    assert not credit_code_is_right("91350100I000100Y43")


def test_the_rules_show_every_source_and_mark(company):
    client = company.client(Role.VIEWER)
    assert "cn-steel-2024" in client.get(company.url("rules/")).content.decode()
    page = client.get(company.url("rules/guideline/?id=cn-aluminium-2024")).content.decode()
    assert "0.411" in page
    assert "[R]" in page
    assert "draft for consultation" in client.get(company.url("rules/plan/?id=power-2025-2026-draft")).content.decode()
    assert client.get(company.url("rules/plan/?id=power-2025-2026-draft&format=csv")).status_code == 200
    assert client.get(company.url("rules/guideline/?id=none")).status_code == 404


def test_the_list_asks_the_database_as_often_for_many_as_for_one(company, django_assert_max_num_queries):
    filled(company)
    client = company.client()
    client.get(company.url("statements/"))
    with django_assert_max_num_queries(12):
        client.get(company.url("statements/"))
    for _number in range(8):
        filled(company)
    with django_assert_max_num_queries(12):
        client.get(company.url("statements/"))


def test_a_program_goes_the_whole_way_and_needs_a_second_person(company):
    manager, approver = Caller(company.people[Role.MANAGER]), Caller(company.people[Role.APPROVER])
    made = manager.post("/statements", {"name": "甬江铝业", "method": "cn-aluminium-2024", "year": 2024}).json()
    value = {"parameter": "aluminium", "value": "100000", "unit": "t", "obtained": "measured"}
    told = manager.post(f"/statements/{made['id']}/values", {"values": [value]}).json()
    assert told["by_entity"][0]["t_co2e"] == "173399.2"
    assert manager.post(f"/statements/{made['id']}/submit", {}).json()["state"] == "submitted"
    assert manager.post(f"/statements/{made['id']}/approve", {}).status_code == 422
    assert approver.post(f"/statements/{made['id']}/return", {"comment": "July?"}).json()["comment"] == "July?"
    manager.post(f"/statements/{made['id']}/submit", {})
    assert approver.post(f"/statements/{made['id']}/approve", {}).json()["state"] == "approved"
    assert manager.post("/statements", {"name": "x", "method": "none", "year": 2024}).status_code == 422
    assert len(manager.get("/sector-methods").json()) == 27
    assert manager.get("/sector-inputs?method=cn-steel-2024").json()[0]["unit"]
    assert manager.get("/sector-inputs?method=none").status_code == 404


def test_a_program_allocates(company):
    manager = Caller(company.people[Role.MANAGER])
    row = {"entity": "A", "unit_name": "1", "class": "I", "rated_mw": 660, "generation_mwh": 3000000, "heat_gj": 2000000, "load_factor": 0.6,
           "verified_t": 2800000}  # fmt: skip
    made = manager.post("/allocations", {"name": "2023", "year": 2023, "rows": [row]})
    assert made.status_code == 201, made.content
    assert made.json()["totals"]["final"] == 2738952
    assert manager.get(f"/allocations/{made.json()['id']}").json()["units"][0]["initial"] == 2738952
    assert manager.post("/allocations", {"name": "x", "year": 2018, "rows": [row]}).status_code == 422
    assert manager.post("/allocations", {"name": "x", "year": 2023, "rows": [{"colour": "blue"}]}).status_code == 422
    assert {"power-2023-2024"} <= {each["id"] for each in manager.get("/allocation-plans").json()}
