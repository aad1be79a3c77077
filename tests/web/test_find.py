"""What somebody types into the find field leads to its page, and to nothing that is not his."""

import re
from urllib.parse import quote

import pytest

from hengtan.inventory.posted import Asked, posted
from hengtan.web.organisations.roles import Role
from hengtan.web.runs.services import approved, start
from hengtan.web.runs.templatetags.masses import t

from . import importing
from .calculated import calculated, worked


@pytest.fixture
def run(company):
    return calculated(company)


def find(company, text, role=Role.OWNER, **more):
    return company.client(role).get(company.url(f"find/?q={quote(text)}"), **more)


def links(answer):
    return re.findall(r'<a href="([^"]+)"', answer.content.decode().partition('class="cb ht-ways"')[2])


def test_an_activity_a_run_a_digest_and_a_factor_lead_straight_to_their_pages(company, run):
    assert "explain/?id=E-1" in find(company, "E-1")["Location"]
    assert find(company, run.code)["Location"] == company.url(f"runs/{run.pk}/")
    assert find(company, run.run_sha256)["Location"] == company.url(f"runs/{run.pk}/")
    assert find(company, run.digest[:20])["Location"] == company.url(f"runs/{run.pk}/")
    (row,) = posted(run.folder, Asked(activities=["E-1"]), 5).rows
    assert quote(row["factor_id"], safe="") in find(company, row["factor_id"])["Location"]


def test_a_number_leads_to_the_rows_and_sums_that_are_shown_like_it(company, run):
    (row,) = posted(run.folder, Asked(activities=["E-1"]), 5).rows
    shown = t(row["co2e_kg"])
    told = links(find(company, f"{shown} tCO2e")) or [find(company, shown)["Location"]]
    assert any("explain/?id=E-1" in each for each in told)
    scope1 = t(run.totals["scope1_kg"])
    answer = find(company, scope1)
    told = [answer["Location"]] if answer.status_code == 302 else links(answer)
    assert any("scope=1" in each for each in told)
    assert "Nothing found" in find(company, "98,765,432.10").content.decode()


def test_a_cell_leads_to_the_row_that_was_read_from_it(company):
    plant = company.plants[1].name
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[1])
    importing.approved(company, {"a.csv": importing.HEAD + importing.line(1, plant) + importing.line(2, plant)})
    run = start(company.organisation, company.people[Role.OWNER].user, "2025", approved(company.organisation), {})
    assert worked(run).state == "done"
    assert "explain/?id=A-2" in find(company, "F3")["Location"]
    assert "Nothing found" in find(company, "F99").content.decode()
    assert "Nothing found" in find(company, "Other!F3").content.decode()


def test_names_of_facilities_and_batches_are_found_by_their_parts(company, run):
    answer = find(company, "plant")
    assert all(f"facilities/{plant.pk}/" in answer.content.decode() for plant in company.plants)
    assert find(company, company.batch.name)["Location"] == company.url(f"data/{company.batch.pk}/")
    assert company.url(f"facilities/{company.plants[0].pk}/") == find(company, company.plants[0].name)["Location"]


def test_the_list_below_the_field_comes_alone_and_its_text_is_escaped(company, run):
    answer = find(company, "plant", headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert "plant 1" in answer.content.decode()
    nasty = find(company, '<script>alert("1")</script>').content.decode()
    assert "<script>alert" not in nasty


def test_who_sees_one_plant_finds_nothing_of_the_others(company, run):
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[1])
    assert "explain/?id=E-2" in find(company, "E-2", Role.CONTRIBUTOR)["Location"]
    (row,) = posted(run.folder, Asked(activities=["E-1"]), 5).rows
    for text in ("E-1", t(row["co2e_kg"]), company.plants[0].name, t(run.totals["scope1_kg"]), "bills"):
        answer = find(company, text, Role.CONTRIBUTOR)
        assert answer.status_code == 200, text
        assert "Nothing found" in answer.content.decode(), text


def test_nothing_of_another_tenant_is_found(company, stranger, run):
    for text in ("E-1", run.run_sha256, company.plants[0].name, company.batch.name, company.batch.key, run.digest[:12]):
        assert "Nothing found" in find(stranger, text).content.decode(), text


NONSENSE = [
    "",
    " ",
    "a",
    "'",
    "%",
    "x" * 3000,
    "R-" + "9" * 40,
    "1e999",
    "9" * 400,
    "!!A1",
    "−",
    "\x00ab",
    "A" * 5 + "!A1",
    "📄📄",
]


def test_nonsense_finds_nothing_and_breaks_nothing(company, run):
    for text in NONSENSE:
        assert find(company, text).status_code in (200, 302), text
