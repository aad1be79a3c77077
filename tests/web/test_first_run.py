"""The first run makes one administrator and one organisation, once."""

import threading

import pytest
from django.db import connection

from hengtan.web.accounts.models import User
from hengtan.web.organisations import first_run
from hengtan.web.organisations.models import Installation, Membership, Organisation

GIVEN = {
    "organisation": "宁波甬江精密制造", "region": "浙江", "approach": "operational_control",
    "name": "林薇", "email": "Lin.Wei@Example.com", "password": "bridge lantern copper 41",
}  # fmt: skip


def test_it_makes_an_owner_who_is_signed_in_and_the_organisation_in_its_region(client, db):
    answer = client.post("/welcome/", {**GIVEN, "code": first_run.code()})
    organisation = Organisation.objects.get()
    assert answer["Location"] == f"/o/{organisation.key}/"
    assert organisation.region == "CN-33"
    assert User.objects.get().email == "lin.wei@example.com"
    assert Membership.objects.get().role == "owner"
    assert client.get(answer["Location"]).status_code == 200


def test_without_the_code_of_the_console_nobody_gets_in(client, db):
    answer = client.post("/welcome/", {**GIVEN, "code": "00000000"})
    assert answer.status_code == 422
    assert not User.objects.exists()


def test_what_was_typed_is_still_there_and_every_mistake_is_told_at_its_field(client, db):
    answer = client.post("/welcome/", {**GIVEN, "region": "Zhejiangg", "password": "short", "code": first_run.code()})
    page = answer.content.decode()
    assert "宁波甬江精密制造" in page
    assert "is not a place we know" in page
    assert "CN-33" in page
    assert "too short" in page
    assert "short&quot;" not in page


def test_the_second_time_it_leads_to_the_door(client, company):
    Installation.objects.create()
    assert client.get("/welcome/")["Location"] == "/"
    assert client.post("/welcome/", {**GIVEN, "code": "x"})["Location"] == "/"


@pytest.mark.django_db(transaction=True)
def test_of_eight_that_come_at_once_one_wins():
    outcomes, ready = [], threading.Barrier(8)

    def run(number):
        ready.wait()
        try:
            first_run.begin(
                email=f"{number}@example.com", name="A", password="p", language="en",
                organisation=Organisation(name="A", region="GB"),
            )  # fmt: skip
            outcomes.append("won")
        except first_run.TooLateError:
            outcomes.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["late"] * 7 + ["won"]
    assert (User.objects.count(), Organisation.objects.count(), Membership.objects.count()) == (1, 1, 1)
