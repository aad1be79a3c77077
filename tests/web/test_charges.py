"""The internal carbon price: from a run to approved charges, the difference alone when it is calculated again, and no money that is owed."""

from datetime import date

import pytest
from django.utils import timezone

from hengtan.market.book.decide import Account
from hengtan.web.assets import models, services
from hengtan.web.assets.charges import charged, lines
from hengtan.web.organisations.roles import Role

from .booked import post
from .calculated import calculated

# the plants belong to the division
YEAR = """activity_id,facility,activity_type,start,end,quantity,unit,region
E-1,{m} plant 1,electricity,2025-01-01,2025-01-31,500000,kWh,CN-33
E-2,{m} plant 2,electricity,2025-02-01,2025-02-28,{more},kWh,CN-33
"""


def run_of(company, more=300000):
    return calculated(company, YEAR.replace("{more}", str(more)))


@pytest.fixture
def book(company):
    services.open_account(company.people[Role.MANAGER], Account("A", "yong division", "CRS", "1"))
    post(company, "allocate", account="A", instrument="CEA25", quantity=1000)
    return company


def asked(run, **more):
    return {"run": run.key, "scopes": "12", "price": "85.50", "day": "2026-01-31", **more}


def approve_all(book):
    decided = models.Decision.objects.of(book.organisation).values("proposal_id")
    for row in models.Proposal.objects.of(book.organisation).exclude(pk__in=decided):
        services.approve(book.people[Role.APPROVER], row.pk)


def test_a_run_becomes_charges_that_somebody_else_approves(book):
    run, client = run_of(book), book.client(Role.MANAGER)
    page = client.get(book.url("assets/internal-price/"), asked(run)).content.decode()
    (line,) = lines(book.organisation, run, "12", 8550)
    # by hand: 800,000 kWh x the location factor of Zhejiang, in whole tonnes
    assert line["t"] == round(float(run.totals["scope2_location_kg"]) / 1000) and line["entity"] == "yong division"
    assert "Propose these charges" in page and f"{line['t']}" in page
    answer = client.post(book.url("assets/internal-price/propose/"), asked(run))
    assert answer["Location"].endswith("/assets/queue/")
    (waits,) = charged(book.organisation)
    assert (waits["number"], waits["t"], waits["amount"]) == (None, line["t"], line["t"] * 8550)
    assert client.post(book.url("assets/internal-price/propose/"), asked(run))["Location"].endswith(
        "/internal-price/"
    )  # not twice
    approve_all(book)
    (posted,) = charged(book.organisation)
    assert posted["number"] and "R-" in posted["note"]
    table = client.get(book.url("assets/internal-price/?format=csv")).content.decode("utf-8-sig").splitlines()
    assert table[1].startswith(f"2025,yong division,{line['t']},85.50,")


def test_a_run_that_is_calculated_again_charges_the_difference_alone(book):
    first, client = run_of(book), book.client(Role.MANAGER)
    client.post(book.url("assets/internal-price/propose/"), asked(first))
    approve_all(book)
    again = run_of(book, more=600000)
    (line,) = lines(book.organisation, again, "12", 8550)
    assert line["before"] == charged(book.organisation)[0]["t"] and 0 < line["rest"] < line["t"]
    client.post(book.url("assets/internal-price/propose/"), asked(again))
    approve_all(book)
    assert sum(each["t"] for each in charged(book.organisation)) == line["t"]
    less = run_of(book, more=1)
    page = client.get(book.url("assets/internal-price/"), asked(less)).content.decode()
    assert "charged too much: reverse it" in page


def test_what_was_turned_down_or_taken_back_may_be_charged_anew(book):
    run, client = run_of(book), book.client(Role.MANAGER)
    client.post(book.url("assets/internal-price/propose/"), asked(run))
    waits = charged(book.organisation)[0]
    services.reject(book.people[Role.APPROVER], waits["proposal"], "another price")
    assert not charged(book.organisation)
    client.post(book.url("assets/internal-price/propose/"), asked(run))
    approve_all(book)
    services.reverse(book.people[Role.MANAGER], charged(book.organisation)[0]["number"], "by mistake")
    approve_all(book)
    assert not charged(book.organisation)
    client.post(book.url("assets/internal-price/propose/"), asked(run))
    assert len(charged(book.organisation)) == 1


def test_a_charge_is_in_no_cost_result_or_money_that_is_owed(book):
    run, client = run_of(book), book.client(Role.MANAGER)
    before = (
        client.get(book.url("assets/results/?format=csv")).content,
        client.get(book.url("assets/results/?format=csv&table=results")).content,
    )
    client.post(book.url("assets/internal-price/propose/"), asked(run))
    approve_all(book)
    after = (
        client.get(book.url("assets/results/?format=csv")).content,
        client.get(book.url("assets/results/?format=csv&table=results")).content,
    )
    assert before == after
    rows = models.Money.objects.of(book.organisation).filter(what="notional")
    assert {(row.source.partition(":")[0], row.target.partition(":")[0]) for row in rows} == {
        ("internal", "fund")
    }  # never cash


def calculated_before(book):
    """A run that is done, without the calculation."""
    book.run.done_at, book.run.first, book.run.last = timezone.now(), date(2025, 1, 1), date(2025, 12, 31)
    book.run.save()
    return book.run


def test_what_is_wrong_is_refused_and_what_was_typed_stays(book):
    run, client = calculated_before(book), book.client(Role.MANAGER)
    for wrong in (
        {"price": "0"},
        {"price": "85.555"},
        {"price": "many"},
        {"run": "nobody"},
        {"scopes": "4"},
        {"day": "soon"},
    ):
        for answer in (
            client.get(book.url("assets/internal-price/"), asked(run) | wrong),
            client.post(book.url("assets/internal-price/propose/"), asked(run) | wrong),
        ):
            assert answer.status_code == 422, wrong
            assert "85.50" in answer.content.decode() or "price" in wrong
    assert not charged(book.organisation)


def test_who_may_not_propose_reads(book):
    run = run_of(book)
    assert (
        "Propose these charges"
        not in book.client(Role.VIEWER).get(book.url("assets/internal-price/"), asked(run)).content.decode()
    )
    assert book.client(Role.VIEWER).post(book.url("assets/internal-price/propose/"), asked(run)).status_code in (
        403,
        404,
    )
    assert book.client(Role.CONTRIBUTOR).get(book.url("assets/internal-price/")).status_code in (403, 404)
