"""Three views of one set of activities: handed over once, reconciled, what is left explained by a person, signed by a second."""

import json
from datetime import date
from decimal import Decimal

import pytest

from hengtan.engine import read_parquet
from hengtan.web.activities.models import Batch, State
from hengtan.web.activities.services import approve, discard
from hengtan.web.boundaries.models import Facility
from hengtan.web.organisations.roles import Role
from hengtan.web.reconciliation import handing, services
from hengtan.web.reconciliation.models import HandOver, Reconciliation
from hengtan.web.runs.models import Run
from hengtan.web.runs.services import approved, start
from hengtan.web.statements import services as statements
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import facts

from .calculated import without_reports
from .test_api import worked

COAL = [
    ["甬江发电", "", "1号机组", "coal.conventional.amount", str(month), "1000", "t", "measured", "belt scale"] for month in range(1, 13)
]  # fmt: skip
REST = [
    ["甬江发电", "", "1号机组", "coal.conventional.c_ar", "", "0.5", "tC/t", "measured", "laboratory"],
    ["甬江发电", "", "", "electricity_bought", "", "200", "MWh", "measured", "meter"],
]


@pytest.fixture(autouse=True)
def quick():
    with without_reports():
        yield


def stated(company, rows=(*COAL, *REST), supersedes=None, method="cn-power-2022"):
    """An approved statement."""
    manager, approver = company.people[Role.MANAGER], company.people[Role.APPROVER]
    made = statements.make(manager, "甬江发电", method, 2024, {"name": "甬江发电"}, supersedes)
    made = statements.fill(made, [list(row) for row in rows])
    statements.submit(manager, made)
    return statements.decide(approver, made, approve=True, comment="")


def handed(company, statement, *, own=True):
    """The approved batch of a statement."""
    made = handing.hand_over(company.people[Role.MANAGER], statement, "甬江发电", own=own)
    worked()
    made.batch.refresh_from_db()
    assert made.batch.state == State.SUBMITTED, made.batch.preview
    approve(made.batch, company.people[Role.APPROVER])
    return made


def typed(company, *rows):
    """An approved batch of rows that somebody typed."""
    text = "activity_id,facility,activity_type,start,end,quantity,unit,region\n" + "\n".join(rows) + "\n"
    from hengtan.web.activities import services as data
    from hengtan.web.vault.services import keep_file

    given = data.Given("more.csv", keep_file(company.organisation, text.encode()), len(text), "csv", "activities")
    columns = text.splitlines()[0].split(",")
    batch = data.type_in(company.people[Role.MANAGER], "more", given, columns, len(rows), submit=True)
    worked()
    batch.refresh_from_db()
    approve(batch, company.people[Role.APPROVER])
    return batch


def calculated(company):
    run = start(company.organisation, company.people[Role.MANAGER].user, "2024", approved(company.organisation), {})
    worked()
    return Run.objects.get(pk=run.pk)


def reconciled(company, statements_, run, **more):
    return services.make(company.people[Role.MANAGER], "2024", statements_, run, **more)


@pytest.fixture
def whole(company):
    """Handed over, with company cars and an emergency generator beside it, calculated and reconciled."""
    statement = stated(company)
    handed(company, statement)
    typed(
        company,
        "c1,甬江发电,fuel.petrol.mobile,2024-01-01,2024-12-31,10,t,CN-33",
        "g1,甬江发电,fuel.diesel,2024-01-01,2024-12-31,2,t,CN-33",
    )
    one = reconciled(company, [statement], calculated(company))
    return company, statement, one


def line(one, key):
    return next(each for each in one.record["lines"] if each["key"] == key)


def test_a_statement_becomes_activities_that_name_its_cells_and_is_typed_once(company):
    statement = stated(company)
    made = handed(company, statement)
    rows = read_parquet(facts(company.organisation).path(made.batch.parquet)).to_pylist()
    assert len(rows) == 13
    first = min(rows, key=lambda row: (row["start"], row["activity_id"]))
    assert first["activity_id"] == f"ST-{statement.key}/1号机组/coal.conventional/2024-01"
    assert (first["start"], first["end"], Decimal(first["quantity"])) == (date(2024, 1, 1), date(2024, 1, 31), 1000)
    assert {file.role for file in made.batch.files.all()} == {"activities", "factors"}
    assert Outbox.objects.of(company.organisation).filter(kind="statement.handed-over").count() == 1
    assert Facility.objects.of(company.organisation).filter(name="甬江发电").exists()


def test_a_corrected_statement_takes_the_place_of_what_was_handed_over(company):
    statement = stated(company)
    first = handed(company, statement)
    corrected = stated(company, [*COAL[:11], [*COAL[11][:5], "1500", *COAL[11][6:]], *REST], supersedes=statement)
    second = handed(company, corrected)
    first.batch.refresh_from_db()
    assert (first.batch.state, second.batch.supersedes) == (State.SUPERSEDED, first.batch)
    assert Batch.objects.of(company.organisation).filter(state=State.APPROVED).count() == 1


def test_a_statement_is_not_handed_over_twice_at_a_time(company):
    statement = stated(company)
    made = handing.hand_over(company.people[Role.MANAGER], statement, "甬江发电", own=True)
    client = company.client(Role.MANAGER)
    answer = client.post(company.url(f"statements/{statement.pk}/hand-over/"), {"facility": "甬江发电", "own": "own"})
    assert answer.status_code == 422
    assert "on its way" in answer.content.decode()
    discard(made.batch, company.people[Role.MANAGER].user)
    assert not HandOver.objects.of(company.organisation).filter(statement=statement).exists()
    answer = client.post(company.url(f"statements/{statement.pk}/hand-over/"), {"facility": "甬江发电", "own": "own"})
    assert answer.status_code == 302


def test_by_its_own_values_the_inventory_says_of_coal_what_the_statement_says(whole):
    """12,000 t x 0.5 x 0.99 x 44/12 = 21,780 t on all three sides."""
    _company, _statement, one = whole
    coal = line(one, "coal.conventional")
    assert {name: Decimal(side["t_co2e"]) for name, side in coal["sides"].items()} == {
        "ets": Decimal(21780), "enterprise": Decimal(21780), "inventory": Decimal(21780)
    }  # fmt: skip


def test_cars_and_electricity_are_explained_by_rules_and_a_generator_is_not(whole):
    _company, _statement, one = whole
    for key in ("1.mobile.fuel.petrol.mobile", "electricity"):
        assert Decimal(line(one, key)["differences"][1]["remainder"]) == 0
        assert line(one, key)["differences"][1]["parts"][0]["rule"]["mark"] == "R"
    assert Decimal(line(one, "fuel.diesel")["differences"][1]["remainder"]) == Decimal("6.1918192")  # 2 t x 3.0959096
    assert Decimal(one.remainder) == Decimal("6.1918192")
    assert Decimal(one.record["totals"]["inventory"]) * 1000 == sum(
        Decimal(one.run.totals[name]) for name in ("scope1_kg", "scope2_location_kg", "scope3_kg")
    )


def test_what_is_left_takes_a_word_and_the_signature_a_second_person(whole):
    company, _statement, one = whole
    approver, page = company.client(Role.APPROVER), company.url(f"three-views/{one.pk}/")
    approver.post(f"{page}sign/")
    one.refresh_from_db()
    assert not one.is_signed  # something is left
    said = {"line": "fuel.diesel", "step": "1", "text": "emergency generator of the office"}
    company.client(Role.OWNER).post(f"{page}say/", said)
    company.client(Role.MANAGER).post(f"{page}sign/")
    company.client(Role.OWNER).post(f"{page}sign/")
    one.refresh_from_db()
    assert not one.is_signed  # who made it and who explained it do not sign it
    assert "emergency generator" in approver.get(page).content.decode()
    approver.post(f"{page}sign/")
    one.refresh_from_db()
    assert (one.signed_by, one.is_signed) == (company.people[Role.APPROVER].user, True)
    kept = json.loads(facts(company.organisation).read(one.digest))
    assert kept["notes"][0]["text"] == "emergency generator of the office"
    assert Outbox.objects.of(company.organisation).filter(kind="reconciliation.signed").count() == 1
    company.client(Role.OWNER).post(f"{page}say/", said)
    assert one.notes.count() == 1  # nothing is said of what is signed


def test_a_corrected_statement_makes_a_reconciliation_stale_and_nobody_signs_it(whole):
    company, statement, one = whole
    services.say(company.people[Role.OWNER], one, "fuel.diesel", 1, "generator")
    corrected = stated(company, [*COAL[:6], *REST], supersedes=statement)
    page = company.url(f"three-views/{one.pk}/")
    client = company.client(Role.APPROVER)
    client.post(f"{page}sign/")
    one.refresh_from_db()
    assert not one.is_signed
    shown = company.client(Role.MANAGER).get(page).content.decode()
    assert "A statement was corrected since" in shown
    assert f"statement={corrected.pk}" in shown


def test_the_page_shows_totals_rules_cells_and_rows(whole):
    company, statement, one = whole
    shown = company.client(Role.VIEWER).get(company.url(f"three-views/{one.pk}/")).content.decode()
    assert "21,780.00" in shown
    assert "leaves fuel of transport and offices out" in shown
    assert company.url(f"statements/{statement.pk}/") in shown
    assert "factor_id=CN-FUEL-CETS24-gasoline" in shown
    assert "Nobody signs" not in shown
    chinese = company.client(Role.VIEWER)
    chinese.cookies["django_language"] = "zh-hans"
    assert "全国碳市场" in chinese.get(company.url(f"three-views/{one.pk}/")).content.decode()


def test_tables_are_taken_away_and_add_up(whole):
    import csv
    import io

    company, _statement, one = whole
    client = company.client(Role.VIEWER)
    parts = client.get(company.url(f"three-views/{one.pk}/") + "?format=csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(parts)))
    totals = one.record["totals"]
    for first, second in services.STEPS:
        found = sum(Decimal(row["t_co2e"]) for row in rows if (row["from"], row["to"]) == (first, second))
        assert found == Decimal(totals[second]) - Decimal(totals[first])
    assert client.get(company.url(f"three-views/{one.pk}/") + "?format=xlsx&table=lines").content[:2] == b"PK"
    assert "2024" in client.get(company.url("three-views/") + "?format=csv").content.decode()


def test_the_form_makes_one_and_keeps_what_was_chosen_when_it_is_refused(whole):
    company, statement, one = whole
    client = company.client(Role.MANAGER)
    other = stated(
        company, [["甬江发电", "", "", "aluminium", "", "10", "t", "measured", ""]], method="cn-aluminium-2024"
    )
    other.year = 2023
    other.save(update_fields=["year"])
    given = {"statements": [statement.pk, other.pk], "run": one.run.pk, "name": "both"}
    answer = client.post(company.url("three-views/new/"), given)
    assert answer.status_code == 422
    assert "different years" in answer.content.decode()
    assert 'value="both"' in answer.content.decode()
    answer = client.post(
        company.url("three-views/new/"), {**given, "statements": [statement.pk], "facilities": ["甬江发电"]}
    )
    assert answer.status_code == 302
    assert Reconciliation.objects.of(company.organisation).filter(name="both", facilities=["甬江发电"]).exists()


def test_nobody_chooses_what_is_not_his(whole, stranger):
    company, statement, one = whole
    client = stranger.client(Role.MANAGER)
    given = {"statements": [statement.pk], "run": one.run.pk, "name": "x"}
    assert client.post(stranger.url("three-views/new/"), given).status_code == 422
    assert company.client(Role.CONTRIBUTOR).get(company.url("three-views/")).status_code == 403
    assert company.client(Role.VIEWER).post(company.url(f"three-views/{one.pk}/say/"), {}).status_code == 403
