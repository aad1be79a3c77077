"""Rows that are typed: the same way as a file, without a file."""

import json
import re

import pytest
from django.test import Client

from hengtan.web.activities import services
from hengtan.web.activities.models import Batch, State, Typed
from hengtan.web.activities.typing_in import COLUMNS
from hengtan.web.organisations.roles import Role

from .importing import forget_jobs, work


@pytest.fixture
def company(company):
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[0])
    Batch.objects.all().delete()
    forget_jobs()
    return company


def sent(*rows, **more):
    return {"packed": json.dumps([list(row) for row in rows]), **more}


JANUARY = ("yong plant 1", "电力", "2025-01", "", "1,250.5", "kWh", "bill 7")


def test_typed_rows_are_checked_at_once_and_a_month_stands_for_its_days(company):
    client = company.client(Role.CONTRIBUTOR)
    answer = client.post(company.url("data/entry/"), sent(JANUARY, ["", "", "", "", "", "", ""], name="January"))
    assert answer.status_code == 302
    work()
    batch = Batch.objects.get()
    assert (batch.name, batch.preview["good"], batch.preview["rejected"]) == ("January", 1, 0)
    services.submit(batch, company.people[Role.CONTRIBUTOR].user)
    work()
    batch.refresh_from_db()
    assert (batch.state, str(batch.first_day), str(batch.last_day)) == (State.SUBMITTED, "2025-01-01", "2025-01-31")
    assert batch.controls[0]["good"] == "1250.5"


def test_without_a_script_the_fields_are_sent_one_by_one(company):
    client = company.client(Role.CONTRIBUTOR)
    fields = {name: [cell, ""] for name, cell in zip(COLUMNS, JANUARY, strict=True)}
    assert client.post(company.url("data/entry/"), fields).status_code == 302
    work()
    assert Batch.objects.get().preview["good"] == 1


def test_what_was_typed_comes_back_to_be_typed_further(company):
    client = company.client(Role.CONTRIBUTOR)
    client.post(company.url("data/entry/"), sent(JANUARY))
    work()
    batch = Batch.objects.get()
    assert client.get(company.url(f"data/{batch.pk}/columns/"))["Location"].endswith("/entry/")
    page = client.get(company.url(f"data/{batch.pk}/entry/")).content.decode()
    assert 'value="1,250.5"' in page
    client.post(
        company.url(f"data/{batch.pk}/entry/"), sent(JANUARY, ("yong plant 1", "电力", "2025-02", "", "-5", "kWh", ""))
    )
    work()
    batch.refresh_from_db()
    assert (Batch.objects.count(), batch.preview["rows_in"], batch.preview["good"]) == (1, 2, 1)
    assert batch.preview["groups"][0]["cells"][0]["name"] == "E3"


@pytest.mark.parametrize("packed", ["", "null", "[]", "{}", "nonsense", '[["",""]]', "[1]"])
def test_nothing_typed_is_told_and_nothing_is_made(company, packed):
    answer = company.client().post(company.url("data/entry/"), {"packed": packed, "name": "kept"})
    assert answer.status_code == 422
    assert 'value="kept"' in answer.content.decode()
    assert not Batch.objects.exists()


def test_too_many_rows_are_a_file_and_stay_on_the_page(company):
    answer = company.client().post(company.url("data/entry/"), sent(*[JANUARY] * 2001))
    assert answer.status_code == 422
    assert "more than 2000 rows" in answer.content.decode()


def test_a_new_facility_lies_where_the_organisation_lies_unless_its_rows_say_otherwise(company):
    company.client(Role.MANAGER).post(company.url("data/entry/"), sent(("yong hall", *JANUARY[1:])))
    work()
    batch = Batch.objects.get()
    assert (batch.preview["good"], batch.preview["new_facilities"]) == (1, ["yong hall"])


def test_what_is_typed_is_kept_on_the_server_and_is_there_for_its_person_alone(company):
    client, other = company.client(), company.client(Role.MANAGER)
    address = company.url("data/entry/draft/")
    assert client.post(address, sent(JANUARY, name="half done")).status_code == 204
    page = client.get(company.url("data/entry/")).content.decode()
    assert 'value="1,250.5"' in page and "and did not send" in page and 'value="half done"' in page
    assert 'value="1,250.5"' not in other.get(company.url("data/entry/")).content.decode()
    assert (
        'value="2026-03"' in client.get(company.url("data/entry/?start=2026-03")).content.decode()
    )  # a gap is a new beginning
    assert client.post(address, sent(JANUARY, ["", "", "", "", "", "", ""], name="more")).status_code == 204
    assert Typed.objects.filter(batch=None).count() == 1
    client.post(address, {"forget": "1"})
    assert "and did not send" not in client.get(company.url("data/entry/")).content.decode()


def test_what_was_sent_is_forgotten_and_the_browser_hears_of_it(company):
    client = company.client()
    client.post(company.url("data/entry/draft/"), sent(JANUARY))
    form = re.search(r'name="form" value="(\w+)"', client.get(company.url("data/entry/")).content.decode())[1]
    client.post(company.url("data/entry/"), sent(JANUARY, form=form))
    assert not Typed.objects.filter(batch=None).exists()
    assert form in re.search(r'data-done="([^"]*)"', client.get(company.url("data/entry/")).content.decode())[1]


def test_what_is_typed_into_the_batch_of_another_is_not_kept(company, stranger):
    theirs = Batch.objects.create(
        organisation=company.organisation, name="x", created_by=company.people[Role.OWNER].user
    )
    client = company.client(Role.CONTRIBUTOR)
    for pk in (theirs.pk, stranger.batch.pk):
        assert client.post(company.url("data/entry/draft/"), sent(JANUARY, batch=pk)).status_code == 404
    assert company.client(Role.VIEWER).post(company.url("data/entry/draft/"), sent(JANUARY)).status_code == 403
    assert Client().post(company.url("data/entry/draft/"), sent(JANUARY)).status_code == 302
