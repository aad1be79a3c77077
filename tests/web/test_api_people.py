"""People, invitations, gaps, fixed cells and comparisons by the API."""

from __future__ import annotations

from decimal import Decimal

from django.core import mail
from django.test import Client

from hengtan.web.activities.models import Batch
from hengtan.web.api.models import Answer
from hengtan.web.organisations.models import Invitation, Membership
from hengtan.web.organisations.roles import Role

from .calculated import YEAR, calculated
from .importing import HEAD, approved, line
from .test_api import CSV, Caller, codes, worked


def test_a_person_is_invited_by_mail_alone_and_the_link_is_stored_nowhere(company, django_capture_on_commit_callbacks):
    caller = Caller(company.people[Role.MANAGER])
    body = {"email": "Mei@Yong.example", "role": "contributor", "facilities": [company.plants[0].pk]}
    with django_capture_on_commit_callbacks(execute=True):
        made = caller.post("/invitations", body, headers={"Idempotency-Key": "mei"})
    assert (made.status_code, made.json()["email"]) == (201, "mei@yong.example"), made.content
    assert made.json()["facilities"] == [company.plants[0].pk]
    link = next(word for word in mail.outbox[-1].body.split() if "/invitation" in word)
    token = link.rstrip("/").rpartition("/")[2]
    assert token not in made.content.decode() and token not in str(Answer.objects.get(key="mei").body)
    assert Client().get(f"/{link.partition('://')[2].partition('/')[2]}").status_code == 200
    assert [each["email"] for each in caller.get("/invitations").json()["items"]][-1] == "mei@yong.example"
    gone = caller.post(f"/invitations/{made.json()['id']}/revoke")
    assert gone.status_code == 200 and not Invitation.objects.get(pk=made.json()["id"]).is_open


def test_a_manager_makes_no_owner_and_the_last_owner_stays(company):
    owner, manager = Caller(company.people[Role.OWNER]), Caller(company.people[Role.MANAGER])
    viewer = company.people[Role.VIEWER]
    raised = manager.call("PUT", f"/people/{viewer.pk}", {"role": "owner"})
    assert raised.status_code == 422, raised.content
    given = owner.call("PUT", f"/people/{viewer.pk}", {"role": "approver"})
    assert (given.status_code, given.json()["role"]) == (200, "approver")
    last = owner.post(f"/people/{company.people[Role.OWNER].pk}/end")
    assert (last.status_code, codes(last)) == (422, ["call.refused"])
    assert owner.post(f"/people/{viewer.pk}/end").status_code == 200
    assert Membership.objects.get(pk=viewer.pk).ended_at is not None
    assert Caller(company.people[Role.VIEWER]).get("/me").status_code == 401
    assert (
        Caller(company.people[Role.AUDITOR])
        .post("/invitations", {"email": "a@b.example", "role": "viewer"})
        .status_code
        == 403
    )


def test_the_organisation_tells_its_name_and_only_an_owner_changes_it(company):
    owner = Caller(company.people[Role.OWNER])
    assert owner.get("/organisation").json()["name"] == "Yong River Works"
    body = {"name": "Yong River Steel", "region": "浙江", "approach": "equity_share"}
    assert Caller(company.people[Role.MANAGER]).call("PUT", "/organisation", body).status_code == 403
    told = owner.call("PUT", "/organisation", body)
    assert (told.status_code, told.json()["region"]) == (200, "CN-33"), told.content
    assert owner.call("PUT", "/organisation", body | {"region": "Atlantis"}).status_code == 422


def test_a_wrong_cell_is_fixed_a_row_left_out_and_a_draft_discarded(company):
    owner = Caller(company.people[Role.OWNER])
    key = owner.post("/batches?name=January&file=jan.csv", CSV, kind="text/csv").json()["id"]
    worked()
    owner.post(f"/batches/{key}/check", {})
    worked()
    cell = {"file": "jan.csv", "row": 3, "column": 5, "value": "5"}
    assert owner.post(f"/batches/{key}/fix", {"cells": [cell | {"file": "other.csv"}]}).status_code == 422
    assert owner.post(f"/batches/{key}/fix", {"cells": [cell]}).status_code == 202
    worked()
    told = owner.get(f"/batches/{key}").json()
    assert (told["rows_good"], told["rows_rejected"]) == (2, 0), told
    owner.post(f"/batches/{key}/fix", {"cells": [{"file": "jan.csv", "row": 2}]})
    worked()
    assert owner.get(f"/batches/{key}").json()["rows_good"] == 1
    assert owner.post(f"/batches/{key}/discard").status_code == 200
    assert not Batch.objects.filter(key=key).exists()


def test_gaps_and_the_pace_of_a_source(company):
    text = HEAD + line("e1", company.plants[0]) + line("e2", company.plants[0], month="2025-03")
    approved(company, {"a.csv": text}, Role.MANAGER, by=Role.APPROVER)
    owner = Caller(company.people[Role.OWNER])
    (row,) = owner.get("/gaps").json()["items"]
    assert (row["missing"], row["months"]["2025-01"], row["months"]["2025-02"]) == (1, "approved", "missing")
    source = {"facility": row["facility"], "activity_type": row["activity_type"]}
    assert owner.call("PUT", "/gaps/pace", source | {"pace": "quarter"}).status_code == 200
    (row,) = owner.get("/gaps?year=2025").json()["items"]
    assert (row["pace"], row["missing"]) == ("quarter", 0)
    assert owner.call("PUT", "/gaps/pace", source | {"facility": "nowhere", "pace": "year"}).status_code == 422


def test_two_runs_are_compared_and_the_effects_add_up(company):
    first = calculated(company)
    second = calculated(company, YEAR.replace("50000", "60000"), "again")
    owner = Caller(company.people[Role.OWNER])
    told = owner.get(f"/runs/{second.key}/comparison?before={first.key}&by=facility").json()
    total = told["total"]
    assert told["exact"] and Decimal(total["difference_kg"]) == sum(map(Decimal, total["effects"].values())) > 0
    assert sum(Decimal(row["difference_kg"]) for row in told["items"]) == Decimal(total["difference_kg"])
    assert Decimal(total["after_kg"]) - Decimal(total["before_kg"]) == Decimal(total["difference_kg"])
    assert owner.get(f"/runs/{second.key}/comparison?before={second.key}").status_code == 404  # with itself
    hot = owner.get(f"/runs/{second.key}/hot-spots").json()["items"]
    assert [each["co2e_kg"] for each in hot] == sorted((each["co2e_kg"] for each in hot), key=Decimal, reverse=True)
    (wrong,) = owner.get(f"/runs/{second.key}/problems").json()["items"]
    assert (wrong["severity"], wrong["count"]) == ("error", 1) and wrong["reason"] and wrong["mend"]
    assert (
        Caller(company.people[Role.CONTRIBUTOR]).get(f"/runs/{second.key}/comparison?before={first.key}").status_code
        == 403
    )
