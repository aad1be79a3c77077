"""Methods: those that ship with their equation and case; an organisation's own, checked as a whole, proven by a case, used by runs."""

import json
import re
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from hengtan.methods import ids
from hengtan.web.activities.models import State
from hengtan.web.library import own_methods, proposals, services
from hengtan.web.library.method_pages import EXAMPLE
from hengtan.web.library.models import OwnMethod
from hengtan.web.organisations.roles import MAY, Act, Role
from hengtan.web.runs.models import Run
from hengtan.web.runs.services import approved, start

from .calculated import worked
from .importing import approved as approved_batch

CASE = {
    "case-source": "EPA, natural gas: 14.43 kg C/mmBtu", "case-quantity": "1000", "case-unit": "GJ_ncv", "case-year": "2025",
    "case-activity_type": "fuel.natural_gas", "case-gwp": "AR5", "case-inputs": "carbon_kg_per_gj = 15.3", "case-co2_kg": "55539",
}  # fmt: skip


def sent(company, body=EXAMPLE, role=Role.MANAGER, path="library/methods/new/?as=yaml", **more):
    return company.client(role).post(
        company.url(path), CASE | {"body": body, "reason": "measured", "submit": "1"} | more
    )


def latest(company):
    return OwnMethod.objects.of(company.organisation).latest("pk")


def in_force(company, body=EXAMPLE):
    answer = sent(company, body)
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    row = latest(company)
    assert row.state == State.SUBMITTED
    proposals.approve(row, company.people[Role.APPROVER])
    row.refresh_from_db()
    return row


def test_every_method_that_ships_has_a_page_with_its_equation_and_what_its_case_reaches(company):
    client = company.client(Role.VIEWER)
    listed = client.get(company.url("library/methods/")).content.decode()
    for method_id in ids():
        assert f"?id={method_id}" in listed
        page = client.get(company.url(f"library/methods/one/?id={method_id}"))
        assert page.status_code == 200 and "<math" in page.content.decode(), method_id
    page = client.get(company.url("library/methods/one/?id=cn-cets-2024-combustion")).content.decode()
    assert (
        "<mi>oxidation</mi>" in page
        and "2255.713" in page
        and "CETS-AG" in page
        and "Parameters by activity type" in page
    )
    assert client.get(company.url("library/methods/one/?id=none")).status_code == 404


def test_a_method_goes_from_the_form_to_the_rows_that_name_it(company):
    form = own_methods.form_of(EXAMPLE)
    fields = {name: form[name] for name in ("id", "title_en", "title_zh", "standard", "applies", "unit", "fuel")}
    for kind, rows in (("input", form["inputs"]), ("parameter", form["parameters"]), ("equation", form["equations"])):
        for row in rows:
            for name, text in row.items():
                fields.setdefault(f"{kind}-{name}", []).append(text)
    answer = company.client(Role.MANAGER).post(
        company.url("library/methods/new/"), CASE | fields | {"submit": "1", "reason": "x"}
    )
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    row = latest(company)
    assert row.state == State.SUBMITTED, company.client(Role.MANAGER).get(answer["Location"]).content.decode()[-3000:]
    assert own_methods.read(row.body) and row.reached == {"co2_kg": "55539"}
    proposals.approve(row, company.people[Role.APPROVER])
    (given,) = services.inputs(company.organisation)
    assert given["role"] == "method" and given["digest"] == OwnMethod.objects.get(pk=row.pk).sha256
    rows = (
        "activity_id,facility,activity_type,start,end,quantity,unit,region,method,carbon_kg_per_gj\n"
        f"M-1,{company.mark} plant 1,fuel.natural_gas,2025-01-01,2025-12-31,1000,GJ_ncv,CN-33,own-boiler-2025,15.3\n"
    )
    batch = approved_batch(company, {"rows.csv": rows}, Role.OWNER)
    assert batch.rows_good == 1
    run = start(company.organisation, company.people[Role.OWNER].user, "m", approved(company.organisation), {})
    assert worked(run).state == "done"
    run = Run.objects.get(pk=run.pk)
    assert Decimal(run.totals["scope1_kg"]) == Decimal("55539")
    told = json.loads((run.folder / "run.json").read_text())["files"]
    assert any(each["role"] == "method" and each["sha256"] == given["digest"] for each in told)
    page = company.client().get(company.url(f"runs/{run.pk}/explain/?id=M-1")).content.decode()
    assert f"/library/methods/{row.pk}/" in page
    used = company.client().get(company.url(f"library/methods/{row.pk}/")).content.decode()
    assert run.code in used


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("* co2_per_c", "", "equation, co2"), ("unit: kg C/GJ_ncv", "unit: kg C/GJ_gcv", "equation, co2"),
        ("oxidation * co2_per_c", "oxidatio * co2_per_c", "equation, co2"), ("amount * carbon", "amount * amount * carbon", "equation, co2"),
        ('source: "guideline, table", ', "", "parameters, oxidation"), ("unit: kg C/GJ_ncv", "unit: bananas", "inputs, carbon_kg_per_gj"),
        ("co2: amount", "co2: __import__('os').system('true') + amount", "equation, co2"), ("id: own-boiler-2025", "id: factor", "id"),
        ("applies: [fuel.*]", "table: {file: ../../../../etc/passwd}", "method"), ("carbon_kg_per_gj:", "amount:", ""),
        ("co2: amount", "co2: 1e999999999 * amount", "equation, co2"), ('value: "0.99"', 'value: "1e999999999"', "parameters, oxidation"),
        ("co2: amount", f"co2: {'power(' * 20}10{', 64)' * 20} * amount", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place_while_one_types_and_is_never_submitted(company, old, new, where):
    body = EXAMPLE.replace(old, new)
    assert body != EXAMPLE
    answer = company.client(Role.MANAGER).post(company.url("library/methods/check/"), CASE | {"body": body})
    text = answer.content.decode()
    assert answer.status_code == 200 and ("ht-note bad" in text or "ht-note warn" in text), text
    assert where in text
    assert sent(company, body).status_code in (302, 422)
    assert not OwnMethod.objects.of(company.organisation).filter(state=State.SUBMITTED).exists()


@pytest.mark.parametrize(
    "more",
    [{"case-co2_kg": "55540"}, {"case-co2_kg": ""}, {"case-source": ""}, {"case-quantity": "much"}, {"case-unit": "bananas"}, {"case-year": ""},
     {"case-inputs": ""}, {"case-inputs": "carbon_kg_per_gj = 900"}, {"case-quantity": "1e999999999"}, {"case-inputs": "carbon_kg_per_gj = 1e99999999"}],
)  # fmt: skip
def test_a_case_that_is_not_reached_or_not_given_keeps_it_from_being_submitted_and_the_draft_stays(company, more):
    client = company.client(Role.MANAGER)
    sending = CASE | {"body": EXAMPLE, "reason": "measured", "submit": "1"} | more
    answer = client.post(company.url("library/methods/new/?as=yaml"), sending)
    assert answer.status_code == 302
    row = latest(company)
    assert (row.state, row.body) == (State.DRAFT, EXAMPLE)
    page = client.get(answer["Location"])
    assert page.status_code == 200 and "ht-said bad" in page.content.decode()


def test_a_case_is_reached_to_the_digits_that_its_source_prints():
    method = own_methods.read(EXAMPLE)
    case = {
        "quantity": "1",
        "unit": "GJ_ncv",
        "year": "2025",
        "activity_type": "fuel.natural_gas",
        "inputs": {"carbon_kg_per_gj": "15.31"},
    }
    for expected, ok in (("55.6", True), ("55.58", True), ("55.5753", True), ("55.5754", False), ("60", False)):
        assert own_methods.run_case(method, case | {"expected": {"co2_kg": expected}})[0].ok == ok, expected


def test_four_eyes_versions_and_where_the_old_one_stays(company):
    row = in_force(company)
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnMethod.objects.filter(pk=row.pk).update(decided_by=row.created_by, decided_at=timezone.now())
    changed = EXAMPLE.replace('value: "0.99"', 'value: "1"')
    answer = sent(company, changed, path=f"library/methods/new/?as=yaml&corrects={row.pk}", **{"case-co2_kg": "56100"})
    assert answer.status_code == 302
    new = latest(company)
    assert (new.version, new.supersedes, new.state) == (2, row, State.SUBMITTED)
    page = company.client(Role.APPROVER).get(company.url(f"library/methods/{new.pk}/")).content.decode()
    assert re.search(r"<del>.*0\.99", page) and "<ins>" in page
    company.client(Role.MANAGER).post(company.url(f"library/methods/{new.pk}/decide/"), {"approve": "1"})
    new.refresh_from_db()
    assert new.state == State.SUBMITTED
    proposals.approve(new, company.people[Role.OWNER])
    row.refresh_from_db()
    assert row.state == State.SUPERSEDED and [each["digest"] for each in services.inputs(company.organisation)] == [
        new.sha256
    ]
    again = sent(company, EXAMPLE)
    assert again.status_code == 302 and latest(company).state in (State.SUBMITTED, State.DRAFT)


@pytest.mark.parametrize("role", list(Role))
def test_who_may_add_a_method(company, role):
    status = sent(company, role=role).status_code
    assert (status == 403) == (role not in MAY[Act.CALCULATE])
    assert company.client(role).get(company.url("library/methods/")).status_code == 200
    file = company.client(role).get(company.url(f"library/methods/{company.own_method.pk}/file/"))
    assert file.status_code == 200 and "attachment" in file["Content-Disposition"]


def test_form_and_yaml_say_the_same():
    form = own_methods.form_of(EXAMPLE)
    assert own_methods.form_of(own_methods.as_yaml(form)) == form
    assert own_methods.form_of("id: x\nnote: n\n") is None and own_methods.form_of("[1") is None
