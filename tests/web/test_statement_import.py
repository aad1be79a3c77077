"""Last year's report becomes a statement of its year, with the file as evidence, and is compared with this year's."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hengtan.reports.statement_book import statement_workbook
from hengtan.reports.statement_form import statement_document
from hengtan.web.api import tokens
from hengtan.web.api.models import Scope
from hengtan.web.organisations.roles import Role
from hengtan.web.statements import services
from hengtan.web.statements.models import State, Statement
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import facts

ROWS = [
    ["甬江发电", "", "1号机组", "coal.conventional.amount", "", "1000", "t", "measured", "scale"],
    ["甬江发电", "", "1号机组", "coal.conventional.c_ar", "", "0.5", "tC/t", "measured", "laboratory"],
]


def report(company, rows=ROWS):
    """The XLSX of a statement, as we issue it."""
    one = services.make(company.people[Role.MANAGER], "甬江发电", "cn-power-2022", 2022, {"name": "甬江发电"})
    one = services.fill(one, rows)
    book = statement_workbook(statement_document(one.record, one.about, [], "d", "zh"))
    one.delete()
    return book


def sent(company, data, name="report.xlsx", by=Role.MANAGER):
    given = {"method": "cn-power-2022", "year": "2023", "name": "甬江发电", "file": SimpleUploadedFile(name, data)}
    return company.client(by).post(company.url("statements/import/"), given)


def test_an_issued_report_becomes_a_statement_with_its_file_as_evidence(company):
    book = report(company)
    answer = sent(company, book)
    assert answer.status_code == 302
    one = Statement.objects.of(company.organisation).get(year=2023)
    assert (one.state, one.errors) == (State.DRAFT, 0)
    assert one.record["by_entity"][0]["t_co2e"] == "1815"  # 1,000 t x 0.5 x 0.99 x 44/12
    client = company.client(Role.MANAGER)
    page = client.get(company.url(f"statements/{one.pk}/")).content.decode()
    assert "imported from a report" in page
    assert client.get(company.url(f"statements/{one.pk}/original/")).content == book
    assert facts(company.organisation).read(one.about["imported_sha256"]) == book
    assert Outbox.objects.of(company.organisation).filter(kind="statement.imported").count() == 1


def test_a_jump_against_the_imported_year_is_told(company):
    sent(company, report(company))
    before = Statement.objects.of(company.organisation).get(year=2023)
    manager, approver = company.people[Role.MANAGER], company.people[Role.APPROVER]
    services.submit(manager, before)
    services.decide(approver, before, approve=True, comment="")
    now = services.make(manager, "甬江发电", "cn-power-2022", 2024, {"name": "甬江发电"})
    now = services.fill(now, [ROWS[0], [*ROWS[1][:5], "0.58", *ROWS[1][6:]]])
    page = company.client(Role.MANAGER).get(company.url(f"statements/{now.pk}/")).content.decode()
    assert "+16.0" in page  # 0.58 / 0.5


def test_a_statement_file_does_as_well(company):
    text = "entity,unit_name,parameter,value,unit\nX,1,coal.conventional.amount,1000,t\n"
    assert sent(company, text.encode(), "statement.csv").status_code == 302
    assert Statement.objects.of(company.organisation).get(year=2023).rows[0][0] == "甬江发电"


@pytest.mark.parametrize(
    ("data", "name"), [(b"", "x.xlsx"), (b"PK\x03\x04broken", "x.xlsx"), (b"a,b\n1,2\n", "x.csv"), (b"\x00" * 99, "x")]
)
def test_what_is_no_report_is_refused_with_its_mend_and_nothing_is_kept(company, data, name):
    before = Statement.objects.count()
    assert sent(company, data, name).status_code == 422
    assert Statement.objects.count() == before


def test_nobody_sees_the_file_of_another_tenant_and_viewers_import_nothing(company, stranger):
    sent(company, report(company))
    one = Statement.objects.of(company.organisation).get(year=2023)
    assert stranger.client(Role.OWNER).get(company.url(f"statements/{one.pk}/original/")).status_code == 404
    assert sent(company, b"x", by=Role.VIEWER).status_code == 403


def test_a_program_imports_a_report_as_a_person_does(company):
    book = report(company)
    client, (_row, token) = (
        Client(),
        tokens.make(company.people[Role.MANAGER], "program", [each.value for each in Scope], 90),
    )
    address = "/api/v1/statements/import?method=cn-power-2022&year=2023&name=甬江发电&file=report.xlsx"

    def call(data, kind="application/octet-stream"):
        return client.post(address, data, content_type=kind, headers={"Authorization": f"Bearer {token}"})

    made = call(book)
    assert (made.status_code, made.json()["state"]) == (201, State.DRAFT), made.content
    one = Statement.objects.of(company.organisation).get(year=2023)
    assert facts(company.organisation).read(one.about["imported_sha256"]) == book
    refused = call(b"PK\x03\x04broken")
    assert refused.status_code == 422, refused.content
    assert Statement.objects.of(company.organisation).filter(year=2023).count() == 1
