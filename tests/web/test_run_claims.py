"""Certificates of the book in runs: ticked, for one entity and year, used once, and explained down to their posting."""

from decimal import Decimal

import pytest

from hengtan.market.book.decide import Account
from hengtan.market.rules import valid_until
from hengtan.problems import HengtanError
from hengtan.web.assets import services as assets
from hengtan.web.assets.models import Posting
from hengtan.web.organisations.roles import Role
from hengtan.web.runs import claims
from hengtan.web.runs.models import Run, RunClaim
from hengtan.web.runs.services import Source
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import keep_file

from .booked import post
from .calculated import worked

# 100 MWh at plant 1 and 40 MWh at plant 2 in January and February 2025, Zhejiang
YEAR = """activity_id,facility,activity_type,start,end,quantity,unit,region
E-1,yong plant 1,electricity,2025-01-01,2025-01-31,100000,kWh,CN-33
E-2,yong plant 2,electricity,2025-02-01,2025-02-28,40000,kWh,CN-33
H-1,yong plant 1,heat,2025-01-01,2025-01-31,1000,GJ,CN-33
"""
RESIDUAL = Decimal(
    "0.6096"
)  # kg/kWh, MEE and NBS for 2023, the newest that the library holds for 2025 (sheet 04, section 2 [R])


@pytest.fixture
def book(company):
    """An account with 500 certificates of March 2025."""
    assets.open_account(company.people[Role.MANAGER], Account("G", "Yong River Works", "GEC", "G-1"))
    bought(company, "GEC-1", "S:1-500")
    return company


def bought(company, code, serials, kind="gec", month="2025-03"):
    post(
        company,
        "buy",
        account="G",
        instrument=code,
        instrument_kind=kind,
        serials=serials,
        produced_on=month,
        way="otc",
        amount="1000.00",
    )


def claim(company, beneficiary, mwh, year=2025, code="GEC-1", purpose="scope2"):
    return post(
        company,
        "retire",
        account="G",
        instrument=code,
        quantity=mwh,
        purpose=purpose,
        beneficiary=beneficiary,
        year=year,
    ).number


def begun(company, *wanted, period="2025-01-01/2025-12-31", text=YEAR):
    sources = [Source("year.csv", keep_file(company.organisation, text.encode()))]
    return claims.start_with(
        company.organisation, company.people[Role.OWNER].user, "2025", sources, {"period": period},
        [claims.Wanted(*each) for each in wanted],
    )  # fmt: skip


def done(company, *wanted, **more):
    run = begun(company, *wanted, **more)
    job = worked(run)
    assert job.state == "done", (job.problems, job.reference)
    return Run.objects.get(pk=run.pk)


def market(run):
    return Decimal(run.totals["scope2_market_kg"])


def refused(company, *wanted, **more):
    with pytest.raises(HengtanError) as told:
        begun(company, *wanted, **more)
    return [each.code for each in told.value.problems]


def test_what_is_claimed_for_the_whole_covers_electricity_alone_and_the_rest_is_residual_mix(book):
    claim(book, "Yong River Works", 90)
    without, taken = done(book), done(book, ("Yong River Works", 2025))
    # by hand: 140 MWh are used, 90 are covered; heat stays as it is, and so does the location-based result
    assert abs(market(without) - market(taken) - 90_000 * RESIDUAL) < Decimal("1e-6")  # a coefficient has 12 decimals
    assert without.totals["scope2_location_kg"] == taken.totals["scope2_location_kg"]
    row = RunClaim.objects.get(run=taken)
    assert (row.claimed_mwh, row.mwh, row.used_mwh, row.unused_mwh) == (90, 90, 90, 0)


def test_a_claim_of_a_facility_covers_that_facility_alone_and_what_is_above_its_use_covers_nothing(book):
    claim(book, "yong  Plant 2", 60)
    without, taken = done(book), done(book, ("yong Plant 2", 2025))
    assert market(without) - market(taken) == 40_000 * RESIDUAL  # of 60 MWh, 40 are used there
    assert RunClaim.objects.get(run=taken).unused_mwh == 20


def test_a_claim_of_a_unit_covers_what_is_below_it(book):
    claim(book, "yong group", 120)
    taken = done(book, ("yong group", 2025))
    assert RunClaim.objects.get(run=taken).used_mwh == 120


def test_a_claim_of_another_entity_or_year_or_of_none_is_not_taken(book):
    claim(book, "Somebody else", 10)
    claim(book, "Yong River Works", 10, year=2026)
    assert refused(book, ("Somebody else", 2025)) == ["run.claim-entity"]
    assert refused(book, ("Somebody else", 2025, "no such unit")) == ["run.claim-entity"]
    assert refused(book, ("Yong River Works", 2026)) == ["run.claim-year"]
    assert refused(book, ("Yong River Works", 2024)) == ["run.claim-none"]
    assert not Run.objects.of(book.organisation).filter(name="2025").exists()


def test_a_person_may_say_which_unit_an_entity_is_and_the_ledger_keeps_it(book):
    claim(book, "Yong Plant Two Ltd", 10)
    taken = done(book, ("Yong Plant Two Ltd", 2025, "yong plant 2"))
    assert RunClaim.objects.get(run=taken).used_mwh == 10
    told = Outbox.objects.of(book.organisation).get(kind="run.claims")
    assert '"counted_for":"yong plant 2"' in told.record.replace(": ", ":")
    assert told.created_by == book.people[Role.OWNER].user


def test_the_same_days_again_are_no_second_use_and_other_days_get_what_is_left(book):
    number = claim(book, "Yong River Works", 120)
    january = done(book, ("Yong River Works", 2025), period="2025-01-01/2025-01-31")
    assert RunClaim.objects.get(run=january).used_mwh == 100
    again = done(book, ("Yong River Works", 2025), period="2025-01-01/2025-01-31")
    assert RunClaim.objects.get(run=again).mwh == 120  # the same inventory, calculated again
    february = done(book, ("Yong River Works", 2025), period="2025-02-01/2025-02-28")
    assert (RunClaim.objects.get(run=february).mwh, RunClaim.objects.get(run=february).used_mwh) == (20, 20)
    whole = done(book, ("Yong River Works", 2025))
    assert RunClaim.objects.get(run=whole).mwh == 120  # its days hold those of the others
    assert [row.posting for row in RunClaim.objects.filter(run=whole)] == [number]


def test_where_all_of_it_is_used_by_other_days_it_is_refused(book):
    claim(book, "Yong River Works", 80)
    done(book, ("Yong River Works", 2025), period="2025-01-01/2025-01-31")
    assert refused(book, ("Yong River Works", 2025), period="2025-02-01/2025-02-28") == ["run.claim-used"]


def test_a_run_that_waits_holds_what_it_may_use_and_one_that_failed_holds_nothing(book):
    claim(book, "Yong River Works", 80)
    waits = begun(book, ("Yong River Works", 2025), period="2025-01-01/2025-01-31")
    assert refused(book, ("Yong River Works", 2025), period="2025-02-01/2025-02-28") == ["run.claim-used"]
    waits.job.state = "failed"
    waits.job.save()
    assert begun(book, ("Yong River Works", 2025), period="2025-02-01/2025-02-28").claims.get().mwh == 80


def test_the_form_takes_what_is_ticked_and_nothing_else(book, monkeypatch):
    from hengtan.web.runs import services

    claim(book, "Yong River Works", 30)
    claim(book, "yong plant 2", 20)
    source = Source("year.csv", keep_file(book.organisation, YEAR.encode()))
    monkeypatch.setattr(services, "approved", lambda organisation: [source])
    client = book.client(Role.MANAGER)
    page = client.get(book.url("runs/new/")).content.decode()
    assert "from the book of carbon assets" in page and "2025:yong plant 2" in page and "[R]" in page
    told = {"name": "none", "gwp": "AR5", "first": "2025-01-01", "last": "2025-12-31"}
    assert client.post(book.url("runs/new/"), told).status_code == 302
    assert not RunClaim.objects.filter(run__number__gt=900).exists()  # 900 is of the fixture
    seen = claims.offered(book.organisation)[1]
    later = claim(book, "yong plant 2", 5)  # meanwhile; it was not shown
    ticked = told | {"name": "some", "take": [seen.key], f"seen:{seen.key}": str(seen.last)}
    assert client.post(book.url("runs/new/"), ticked).status_code == 302
    assert [(row.beneficiary, row.mwh) for row in RunClaim.objects.filter(run__number__gt=900)] == [
        ("yong plant 2", 20)
    ]
    assert not RunClaim.objects.filter(posting=later).exists()
    wrong = client.post(book.url("runs/new/"), ticked | {"first": "2024-01-01", "last": "2024-12-31"})
    assert wrong.status_code == 422
    said = wrong.content.decode()
    assert "consumption of its year alone" in said and 'value="2025:yong plant 2" checked' in said


def test_an_explained_number_leads_to_the_claim_and_the_proof_of_its_posting(book):
    number = claim(book, "yong plant 1", 25)
    run = done(book, ("yong plant 1", 2025))
    client, pk = book.client(Role.VIEWER), Posting.objects.of(book.organisation).get(number=number).pk
    page = client.get(book.url(f"runs/{run.pk}/explain/?id=E-1&basis=market")).content.decode()
    assert f"GEC-1 #{number}" in page and "25%" in page and "S:1-25" in page
    assert book.url(f"assets/postings/{pk}/proof/?what=proof") in page
    assert "GEC-1 #" not in client.get(book.url(f"runs/{run.pk}/explain/?id=E-1&basis=location")).content.decode()
    board = client.get(book.url(f"runs/{run.pk}/")).content.decode()
    assert "Green certificates and green power in this run" in board and book.url(f"assets/postings/{pk}/") in board
    table = client.get(book.url(f"runs/{run.pk}/?format=csv&table=claims")).content.decode("utf-8-sig")
    assert table.splitlines()[1].startswith(f"{number},GEC-1,gec,S:1-25,2025,yong plant 1,yong plant 1,25,25")


def test_a_run_says_that_more_was_claimed_since_and_that_the_book_changed_but_stays_as_it_is(book):
    claim(book, "Yong River Works", 25)
    run = done(book, ("Yong River Works", 2025))
    client = book.client(Role.VIEWER)
    assert "Since this run" not in client.get(book.url(f"runs/{run.pk}/")).content.decode()
    claim(book, "Yong River Works", 30)
    assert "Since this run 30 MWh were claimed" in client.get(book.url(f"runs/{run.pk}/")).content.decode()
    RunClaim.objects.filter(run=run).update(claimed_mwh=26)  # as if another book had taken the place of this one
    assert "no longer has these claims" in client.get(book.url(f"runs/{run.pk}/")).content.decode()
    assert market(Run.objects.get(pk=run.pk)) == market(run)


def test_the_page_of_certificates_tells_which_run_used_a_claim_and_what_is_left_unused(book):
    claim(book, "yong plant 2", 60)
    run = done(book, ("yong plant 2", 2025))
    page = book.client(Role.VIEWER).get(book.url("assets/certificates/")).content.decode()
    assert run.code in page and book.url(f"runs/{run.pk}/#claims") in page
    table = (
        book.client(Role.VIEWER)
        .get(book.url("assets/certificates/?format=csv&table=claims"))
        .content.decode("utf-8-sig")
    )
    assert table.splitlines()[1].endswith(f"{run.code},40,20")


def test_a_certificate_of_two_years_ago_is_refused_by_the_book_before_any_run(book):
    from datetime import date

    assert valid_until(date(2025, 3, 1)) == date(2027, 2, 28)
    with pytest.raises(HengtanError) as told:
        claim(book, "Yong River Works", 5, year=2024)
    assert [each.code for each in told.value.problems] == ["law.certificate-period"]


def test_a_program_sees_what_may_be_taken_takes_it_and_reads_what_was_used(book, monkeypatch):
    from hengtan.web.runs import services

    from .test_api import Caller

    monkeypatch.setattr(
        services, "approved", lambda organisation: [Source("year.csv", keep_file(organisation, YEAR.encode()))]
    )
    number = claim(book, "yong plant 2", 60)
    claim(book, "Somebody else", 5)
    manager = Caller(book.people[Role.MANAGER])
    offered = {
        each["beneficiary"]: each for each in manager.get("/scope2-claims?first=2025-01-01&last=2025-12-31").json()
    }
    assert (offered["yong plant 2"]["counted_for"], offered["Somebody else"]["counted_for"]) == ("yong plant 2", None)
    assert (
        offered["yong plant 2"] | {"posting": number, "mwh": 60, "free_mwh": "60", "numbers": ["S:1-60"]}
        == offered["yong plant 2"]
    )
    asked = {"name": "2025", "first": "2025-01-01", "last": "2025-12-31"}
    wrong = manager.post("/runs", asked | {"claims": [{"beneficiary": "Somebody else", "year": 2025}]})
    assert (wrong.status_code, wrong.json()["problems"][0]["code"]) == (422, "run.claim-entity")
    answer = manager.post("/runs", asked | {"claims": [{"beneficiary": "yong plant 2", "year": 2025}]})
    assert answer.status_code == 202, answer.content
    run = Run.objects.get(key=answer.json()["id"])
    assert manager.get(f"/runs/{run.key}/claims").json()["items"][0]["used_mwh"] is None
    worked(run)
    (told,) = manager.get(f"/runs/{run.key}/claims").json()["items"]
    assert (told["posting"], told["mwh"], told["used_mwh"]) == (number, "60", "40")
    assert Caller(book.people[Role.CONTRIBUTOR]).get(f"/runs/{run.key}/claims").status_code == 403
