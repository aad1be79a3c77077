"""Factors of an organisation: proposed, checked, approved by a second person, corrected, given to every later run."""

import json
import re

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from hengtan.factors import open_library
from hengtan.web.activities.models import State
from hengtan.web.library import own_factors, proposals, services
from hengtan.web.library.models import OwnFactor, OwnMethod, OwnPolicy
from hengtan.web.notices.models import Notice
from hengtan.web.organisations.roles import MAY, Act, Role
from hengtan.web.runs.models import Run
from hengtan.web.runs.services import approved as approved_sources
from hengtan.web.runs.services import start
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import facts

from .calculated import worked
from .importing import approved as approved_batch
from .test_queries import asked

STEAM = {
    "factor_id": "OWN-steam-2025", "name": "Steam of the park", "name_zh": "园区蒸汽", "category": "purchased_heat", "scope": "2",
    "activity_unit": "GJ", "region": "CN-33", "valid_from": "2025-01-01", "valid_to": "2025-12-31", "co2_kg": "98.6",
    "source_title": "Contract with the heat supplier", "source_table": "annex 2", "licence": "own", "published": "2025-02-01",
}  # fmt: skip
PDF = b"%PDF-1.4 a contract"


def sent(company, role=Role.CONTRIBUTOR, path="library/own/new/", status=302, **more):
    document = SimpleUploadedFile("contract.pdf", PDF)
    form = STEAM | {"reason": "measured", "document": document, "submit": "1"} | more
    answer = company.client(role).post(company.url(path), {name: each for name, each in form.items() if each})
    assert answer.status_code == status, answer.content.decode()[-3000:]
    return answer


def proposed(company, role=Role.CONTRIBUTOR, **more):
    sent(company, role, **more)
    return OwnFactor.objects.of(company.organisation).latest("pk")


def in_force(company, by=Role.APPROVER, role=Role.CONTRIBUTOR, **more):
    row = proposed(company, role, **more)
    proposals.approve(row, company.people[by])
    row.refresh_from_db()
    return row


def test_a_factor_goes_from_the_form_to_a_file_of_every_later_run(company):
    row = proposed(company)
    assert (row.state, row.version, row.submitted_by) == (State.SUBMITTED, 1, company.people[Role.CONTRIBUTOR].user)
    assert services.inputs(company.organisation) == []
    client = company.client(Role.APPROVER)
    shown = client.get(company.url(f"library/own/{row.pk}/")).content.decode()
    assert "contract.pdf" in shown and "98.6" in shown and "annex 2" in shown
    client.post(company.url(f"library/own/{row.pk}/decide/"), {"approve": "1"})
    row.refresh_from_db()
    assert (row.state, row.decided_by) == (State.APPROVED, company.people[Role.APPROVER].user)
    (given,) = services.inputs(company.organisation)
    assert given["role"] == "factors" and given["digest"][:12] in given["name"]
    factor = open_library([facts(company.organisation).path(given["digest"])]).get("OWN-steam-2025")
    assert (str(factor.co2_kg), factor.activity_unit, factor.origin) == ("98.6", "GJ", "user")
    assert row.document in factor.retrieved_from and not factor.unverified
    kinds = [json.loads(each.record)["kind"] for each in Outbox.objects.of(company.organisation)]
    assert kinds[-2:] == ["factor.submitted", "factor.approved"]
    told = {(each.kind, each.person.email.split("@")[0]) for each in Notice.objects.of(company.organisation)}
    assert {("factor.waiting", "approver"), ("factor.approved", "contributor")} <= told


def test_four_eyes_are_kept_by_the_page_and_by_the_database(company):
    row = proposed(company, Role.MANAGER)
    client = company.client(Role.MANAGER)
    client.post(company.url(f"library/own/{row.pk}/decide/"), {"approve": "1"})
    row.refresh_from_db()
    assert row.state == State.SUBMITTED
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnFactor.objects.filter(pk=row.pk).update(
            state=State.APPROVED, decided_by=company.people[Role.MANAGER].user, decided_at=timezone.now()
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnFactor.objects.filter(pk=row.pk).update(state=State.APPROVED)


@pytest.mark.parametrize("role", list(Role))
def test_who_may_propose_and_who_may_decide(company, role):
    client = company.client(role)
    status = client.post(company.url("library/own/new/"), STEAM | {"keep": "1"}).status_code
    assert (status == 403) == (role not in MAY[Act.ENTER])
    other = Role.OWNER if role != Role.OWNER else Role.MANAGER
    row = proposed(company, other, factor_id="OWN-x")
    client.post(company.url(f"library/own/{row.pk}/decide/"), {"approve": "1"})
    row.refresh_from_db()
    assert (row.state == State.APPROVED) == (role in MAY[Act.APPROVE])


def test_who_runs_the_inventory_changes_a_colleagues_draft_and_then_decides_no_more(company):
    sent(company, Role.CONTRIBUTOR, submit=None)
    row = OwnFactor.objects.of(company.organisation).latest("pk")
    assert row.state == State.DRAFT
    page = company.url(f"library/own/{row.pk}/")
    manager, owner = company.client(Role.MANAGER), company.client(Role.OWNER)
    shown = manager.get(page).content.decode()
    assert f"{page}edit/" in shown and 'name="discard"' not in shown
    sent(company, Role.MANAGER, path=f"library/own/{row.pk}/edit/", co2_kg="97.1", submit=None)
    row.refresh_from_db()
    assert (row.cells["co2_kg"], row.hands) == ("97.1", [company.people[Role.MANAGER].user.pk])
    company.client(Role.CONTRIBUTOR).post(f"{page}decide/", {"submit": "1"})
    for role in (Role.MANAGER, Role.CONTRIBUTOR):
        company.client(role).post(f"{page}decide/", {"approve": "1"})
        row.refresh_from_db()
        assert row.state == State.SUBMITTED, role
    with pytest.raises(ValidationError):
        proposals.approve(row, company.people[Role.MANAGER])
    assert company.people[Role.MANAGER].user.name in owner.get(page).content.decode()
    asked_to = set(Notice.objects.filter(kind="factor.waiting").values_list("person__email", flat=True))
    assert company.people[Role.MANAGER].user.email not in asked_to
    proposals.give_back(row, company.people[Role.OWNER], "Which annex?")
    row.refresh_from_db()
    own_factors.submit(row, company.people[Role.OWNER])
    row.refresh_from_db()
    for role in (Role.OWNER, Role.MANAGER, Role.CONTRIBUTOR):  # who ever touched it, also in an earlier round
        if company.people[role].may(Act.APPROVE):
            with pytest.raises(ValidationError):
                proposals.approve(row, company.people[role])
    proposals.approve(row, company.people[Role.APPROVER])


def test_a_contributor_changes_no_draft_of_somebody_else_and_only_its_maker_throws_it_away(company):
    sent(company, Role.MANAGER, submit=None)
    row = OwnFactor.objects.of(company.organisation).latest("pk")
    edit = company.url(f"library/own/{row.pk}/edit/")
    company.client(Role.CONTRIBUTOR).post(edit, STEAM | {"reason": "x", "co2_kg": "1"})
    company.client(Role.OWNER).post(company.url(f"library/own/{row.pk}/decide/"), {"discard": "1"})
    row.refresh_from_db()
    assert (row.cells["co2_kg"], row.hands) == ("98.6", [])


def test_what_the_gate_finds_stands_at_its_field_and_nothing_typed_is_lost(company):
    answer = sent(company, co2_kg="98,6 kg", region="Atlantis", activity_unit="gjj", valid_to="2024-01-01", status=422)
    text = answer.content.decode()
    for field in ("co2_kg", "region", "activity_unit", "valid_to"):
        assert re.search(rf'id="id_{field}_error"|aria-describedby="[^"]*id_{field}_error', text), field
    for typed in ("98,6 kg", "Atlantis", "gjj", "annex 2", "measured"):
        assert typed in text
    assert OwnFactor.objects.of(company.organisation).count() == 1  # that of the company itself


def test_a_draft_with_errors_is_kept_but_not_submitted(company):
    client = company.client(Role.CONTRIBUTOR)
    client.post(company.url("library/own/new/"), STEAM | {"co2_kg": "much", "keep": "1"})
    row = OwnFactor.objects.of(company.organisation).latest("pk")
    assert (row.state, row.cells["co2_kg"]) == (State.DRAFT, "much")
    client.post(company.url(f"library/own/{row.pk}/decide/"), {"submit": "1"})
    row.refresh_from_db()
    assert row.state == State.DRAFT
    client.post(company.url(f"library/own/{row.pk}/edit/"), STEAM | {"submit": "1"})
    row.refresh_from_db()
    assert row.state == State.SUBMITTED
    assert company.client().post(company.url(f"library/own/{row.pk}/decide/"), {"discard": "1"}).status_code == 403
    assert OwnFactor.objects.filter(pk=row.pk).exists()


def test_a_correction_is_a_new_version_with_old_and_new_and_the_old_one_stays(company):
    old = in_force(company)
    before = services.inputs(company.organisation)
    then = timezone.now()
    new = proposed(company, path=f"library/own/new/?corrects={old.pk}", co2_kg="97.1", reason="remeasured")
    assert (new.version, new.supersedes, new.factor_id) == (2, old, old.factor_id)
    text = company.client(Role.APPROVER).get(company.url(f"library/own/{new.pk}/")).content.decode()
    assert "98.6" in text and "97.1" in text and "Old and new" in text
    assert services.inputs(company.organisation) == before
    proposals.approve(new, company.people[Role.APPROVER])
    old.refresh_from_db()
    assert old.state == State.SUPERSEDED and old.cells["co2_kg"] == "98.6"
    assert services.inputs(company.organisation) != before
    assert services.inputs(company.organisation, then) == before
    assert old.decided_at and services.inputs(company.organisation, old.created_at) == []
    another = company.client(Role.CONTRIBUTOR).post(company.url(f"library/own/new/?corrects={old.pk}"), STEAM)
    assert another.status_code == 302  # what is superseded is shown, not corrected


def test_an_id_counts_once_whether_proposed_or_brought_by_a_batch(company):
    in_force(company)

    answer = sent(company, Role.MANAGER, status=422)
    assert "OWN-steam-2025" in answer.content.decode()
    taken = open_library().get("CN-EL-AVG-CN-2023").factor_id
    sent(company, Role.MANAGER, factor_id=taken, status=422)
    text = services.factor_file(
        [OwnFactor(factor_id="B-1", cells=own_factors.cleaned(STEAM | {"factor_id": "B-1"}))]
    ).decode()
    head = "activity_id,facility,activity_type,start,end,quantity,unit,region,factor_id\n"
    row = f"H-1,{company.mark} plant 1,steam,2025-01-01,2025-01-31,10,GJ,CN-33,B-1\n"
    approved_batch(company, {"rows.csv": head + row, "factors.csv": text}, Role.OWNER)
    sent(company, Role.MANAGER, factor_id="B-1", status=422)


def test_a_returned_one_says_why_and_goes_again(company):
    row = proposed(company)
    client = company.client(Role.APPROVER)
    client.post(company.url(f"library/own/{row.pk}/decide/"), {"return": "1", "comment": ""})
    row.refresh_from_db()
    assert row.state == State.SUBMITTED
    client.post(company.url(f"library/own/{row.pk}/decide/"), {"return": "1", "comment": "which boiler?"})
    row.refresh_from_db()
    assert (row.state, row.comment) == (State.RETURNED, "which boiler?")
    form = company.client(Role.CONTRIBUTOR).get(company.url(f"library/own/{row.pk}/edit/")).content.decode()
    assert "which boiler?" in form
    sent(company, path=f"library/own/{row.pk}/edit/")
    row.refresh_from_db()
    assert row.state == State.SUBMITTED


def test_a_factor_file_becomes_drafts_that_are_submitted_and_approved_together(company):
    lines = [
        STEAM | {"factor_id": f"OWN-{at}", "name": f"n{at}", "co2_kg": "98.6" if at else "a lot"} for at in range(4)
    ]
    data = own_factors._as_file([own_factors.cleaned(each) for each in lines])
    client = company.client(Role.CONTRIBUTOR)
    answer = client.post(company.url("library/own/import/"), {"file": SimpleUploadedFile("ours.csv", data)})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    made = list(OwnFactor.objects.of(company.organisation).filter(factor_id__startswith="OWN-").order_by("pk"))
    assert [each.state for each in made] == [State.DRAFT] * 4
    assert {each.document_name for each in made} == {"ours.csv"}
    client.post(company.url("library/own/"), {"submit": "1", "pk": [each.pk for each in made]})
    states = [OwnFactor.objects.get(pk=each.pk).state for each in made]
    assert states == [State.DRAFT, *[State.SUBMITTED] * 3]
    company.client(Role.APPROVER).post(company.url("library/own/"), {"approve": "1", "pk": [each.pk for each in made]})
    (given,) = services.inputs(company.organisation)
    library = open_library([facts(company.organisation).path(given["digest"])])
    assert sorted(library.own) == ["OWN-1", "OWN-2", "OWN-3"]
    again = client.post(company.url("library/own/import/"), {"file": SimpleUploadedFile("ours.csv", data)})
    assert again.status_code in (302, 422)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b""), ("a.csv", b"x,y\n1,2\n"), ("a.xlsx", b"PK\x03\x04 no workbook"), ("a.pdf", PDF), ("a.csv", b"\x00\x01\x02" * 99),
        ("a.csv", b'factor_id,activity_unit\n"open,kg\n'), ("a.csv", b"factor_id,activity_unit\n"),
        ("a.csv", b"factor_id,activity_unit\n" + b"x,kg\n" * 501),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_its_reason(company, name, data):
    answer = company.client().post(company.url("library/own/import/"), {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 422 and "ht-errors" in answer.content.decode()
    assert OwnFactor.objects.of(company.organisation).count() == 1


def test_hostile_cells_neither_fill_the_memory_nor_become_formulas(company):
    sent(company, co2_kg="1e999999999", status=422)
    sent(company, co2_kg="1" * 500, status=422)
    sent(company, co2_kg="NaN", status=422)
    sent(company, valid_from="9999999-01-01", status=422)
    row = in_force(
        company, name="=cmd|' /C calc'!A0", source_title="<script>alert(1)</script>", source_url="javascript:alert(1)"
    )
    text = company.client().get(company.url(f"library/own/{row.pk}/")).content.decode()
    assert "<script>alert" not in text and 'href="javascript' not in text
    table = company.client().get(company.url("library/own/?format=csv")).content.decode()
    assert ",'=cmd" in table


def test_a_document_is_shown_only_when_nothing_of_it_runs_and_only_to_its_own(company, stranger):
    row = proposed(company)
    address = company.url(f"library/own/{row.pk}/document/")
    shown = company.client(Role.VIEWER).get(f"{address}?show=1")
    assert (shown.content, shown["Content-Type"]) == (PDF, "application/pdf")
    assert shown["X-Content-Type-Options"] == "nosniff"
    page = SimpleUploadedFile("a.pdf", b"<html><script>alert(1)</script>")
    hostile = proposed(company, Role.MANAGER, factor_id="OWN-h", document=page)
    answer = company.client().get(company.url(f"library/own/{hostile.pk}/document/?show=1"))
    assert answer["Content-Type"] == "application/octet-stream" and answer["Content-Disposition"].startswith(
        "attachment"
    )
    assert stranger.client().get(address).status_code == 404


def test_approved_factors_alone_make_no_run(company):
    in_force(company)
    assert approved_sources(company.organisation) == []


def test_a_row_that_names_an_own_factor_is_posted_explained_with_its_version_and_named_in_run_json(company):
    row = in_force(company)
    text = (
        "activity_id,facility,activity_type,start,end,quantity,unit,region,factor_id\n"
        f"H-1,{company.mark} plant 1,steam,2025-01-01,2025-01-31,10,GJ,CN-33,OWN-steam-2025\n"
    )
    batch = approved_batch(company, {"rows.csv": text}, Role.OWNER)
    assert batch.rows_good == 1
    asked = company.client().get(company.url("runs/new/")).content.decode()
    assert "OWN-steam-2025 v1" in asked
    run = start(
        company.organisation, company.people[Role.OWNER].user, "heat", approved_sources(company.organisation), {}
    )
    assert worked(run).state == "done"
    run = Run.objects.get(pk=run.pk)
    assert run.totals["scope2_location_kg"] == "986"
    manifest = json.loads((run.folder / "run.json").read_text())
    (given,) = services.inputs(company.organisation)
    assert given["digest"] in [each["sha256"] for each in manifest["files"] if each["role"] == "factors"]
    new = in_force(company, path=f"library/own/new/?corrects={row.pk}", co2_kg="97.1", reason="remeasured")
    page = company.client().get(company.url(f"runs/{run.pk}/explain/?id=H-1")).content.decode()
    assert f"/library/own/{row.pk}/" in page and f"/library/own/{new.pk}/" not in page
    used = company.client().get(company.url(f"library/own/{row.pk}/")).content.decode()
    assert run.code in used
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnFactor.objects.filter(pk=row.pk).update(state=State.APPROVED)


PAGES = (
    "library/",
    "library/?q=steam",
    "library/own/",
    "library/policy/",
    "library/methods/",
    f"library/factor/?id={'CN-EL-AVG-CN-2023'}",
)
GOLDEN = dict(zip(PAGES, (4, 5, 7, 7, 5, 5), strict=True))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_library_asks_the_database_as_often_for_many_own_as_for_few(company, path):
    client = company.client()
    few, _ = asked(client, company.url(path))
    for number in range(20):
        more = {
            "organisation": company.organisation,
            "created_by": company.people[Role.MANAGER].user,
            "version": number + 2,
        }
        OwnFactor.objects.create(factor_id=f"steam-{number}", cells=STEAM, **more)
        OwnPolicy.objects.create(body="extends: default\n", **more)
        OwnMethod.objects.create(method_id=f"m{number}", body="id: own\n", **more)
    many, queries = asked(client, company.url(path))
    told = "\n".join(query["sql"] for query in queries)
    assert few == many == GOLDEN[path], (few, many, told)


def test_an_id_that_came_with_a_batch_after_it_was_submitted_keeps_a_factor_from_being_approved(company):
    row = proposed(company, factor_id="B-2")
    text = services.factor_file(
        [OwnFactor(factor_id="B-2", cells=own_factors.cleaned(STEAM | {"factor_id": "B-2"}))]
    ).decode()
    head = "activity_id,facility,activity_type,start,end,quantity,unit,region,factor_id\n"
    line = f"H-1,{company.mark} plant 1,steam,2025-01-01,2025-01-31,10,GJ,CN-33,B-2\n"
    approved_batch(company, {"rows.csv": head + line, "factors.csv": text}, Role.OWNER)
    with pytest.raises(ValidationError):
        proposals.approve(row, company.people[Role.APPROVER])
    row.refresh_from_db()
    assert row.state == State.SUBMITTED


def test_an_own_factor_is_found_beside_the_library_in_both_languages_and_compared_with_it(company, stranger):
    row = in_force(company)
    for words in ("OWN-steam", "园区 蒸汽", "steam PARK", "GJ 蒸汽"):
        text = company.client().get(company.url("library/"), {"q": words}).content.decode()
        assert f'value="{row.factor_id}"' in text, words
        assert row.factor_id not in stranger.client().get(stranger.url("library/"), {"q": words}).content.decode()
    page = company.client().get(company.url("library/compare/?id=OWN-steam-2025&id=CN-EL-AVG-CN-2023")).content.decode()
    assert "98.6" in page and "0.5306" in page
    assert company.client().get(company.url("library/factor/?id=OWN-steam-2025")).status_code == 302
