"""The API: what the pages do, for programs."""

import importlib
import json
import pkgutil

import pytest
from django.test import Client
from django.utils import timezone
from ninja import Schema

import hengtan.web.api as api_package
from hengtan.web.api import tokens
from hengtan.web.api.models import Answer, Scope, Token
from hengtan.web.boundaries.models import Facility
from hengtan.web.jobs import worker
from hengtan.web.organisations.roles import Role

from .booked import opens_a_book

ALL = [scope.value for scope in Scope]


class Caller:
    """A program with a token."""

    def __init__(self, membership, scopes=ALL, days=90):
        self.token, self.text = tokens.make(membership, "program", scopes, days)
        self.client = Client()

    def call(self, method, path, body=None, **more):
        headers = {"Authorization": f"Bearer {self.text}", **more.pop("headers", {})}
        kind = more.pop("kind", "application/json")
        data = json.dumps(body) if kind == "application/json" and body is not None else body or ""
        return self.client.generic(method, f"/api/v1{path}", data, content_type=kind, headers=headers, **more)

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.call("POST", path, body, **more)


def codes(answer):
    return [each["code"] for each in answer.json()["problems"]]


@pytest.fixture
def owner(company):
    return Caller(company.people[Role.OWNER])


def worked():
    while worker.run_one():
        pass


NEW = {"name": "Jiaxing works", "region": "浙江", "floor_area_m2": "1200.50", "valid_from": "2025-01-01"}


def test_a_token_says_whom_it_acts_for(company, owner):
    told = owner.get("/me").json()
    assert (told["organisation"], told["role"], told["scopes"]) == ("Yong River Works", "owner", sorted(ALL))
    owner.token.refresh_from_db()
    assert owner.token.used_at is not None
    assert Token.objects.filter(sha256=owner.text).count() == 0  # only its hash is kept


def test_without_a_valid_token_nobody_gets_in(company, owner):
    membership = company.people[Role.MANAGER]
    expired, revoked, left = Caller(membership), Caller(membership), Caller(company.people[Role.VIEWER])
    Token.objects.filter(pk=expired.token.pk).update(expires_at=timezone.now())
    tokens.revoke(revoked.token, membership)
    company.people[Role.VIEWER].ended_at = timezone.now()
    company.people[Role.VIEWER].save()
    for caller in (expired, revoked, left):
        answer = caller.get("/me")
        assert (answer.status_code, codes(answer)) == (401, ["call.token-unknown"])
        assert answer["WWW-Authenticate"] == "Bearer"
    assert Client().get("/api/v1/me").status_code == 401
    assert company.client().get("/api/v1/me").status_code == 401  # a session is no token


def test_guessing_tokens_is_slowed_down(company, monkeypatch):
    answers = {Client().get("/api/v1/me", headers={"Authorization": "Bearer hgt_no"}).status_code for _ in range(70)}
    assert answers == {401, 429}


@pytest.mark.parametrize(
    ("role", "scopes", "code"),
    [(Role.OWNER, ["read"], "call.scope"), (Role.VIEWER, ALL, "call.role"), (Role.CONTRIBUTOR, ALL, "call.role")],
)
def test_scope_and_role_must_both_allow_it(company, role, scopes, code):
    answer = Caller(company.people[role], scopes).post("/facilities", NEW)
    assert (answer.status_code, codes(answer)) == (403, [code])
    assert not Facility.objects.filter(name=NEW["name"]).exists()


def test_a_facility_is_made_moved_and_closed(company, owner):
    made = owner.post("/facilities", NEW)
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["region"], told["floor_area_m2"], told["places"][0]["valid_from"]) == ("CN-33", "1200.5", "2025-01-01")
    moved = owner.post(f"/facilities/{told['id']}/move", {"unit": company.group.pk, "valid_from": "2025-07-01"}).json()
    assert [place["valid_to"] for place in moved["places"]] == ["2025-06-30", None]
    closed = owner.post(f"/facilities/{told['id']}/close", {"last_day": "2025-12-31"}).json()
    assert closed["places"][-1]["valid_to"] == "2025-12-31"
    assert owner.get(f"/facilities/{told['id']}").json() == closed


def test_what_is_wrong_is_said_at_its_place_in_the_language_of_the_call(company, owner):
    answer = owner.post("/facilities", NEW | {"region": "Atlantis", "floor_area_m2": "-1"})
    assert answer.status_code == 422
    assert {each["place"] for each in answer.json()["problems"]} == {"region", "floor_area_m2"} or {
        each["reason"].partition(":")[0] for each in answer.json()["problems"]
    } == {"region", "floor_area_m2"}
    answer = owner.post("/facilities", {"name": "x"}, headers={"Accept-Language": "zh"})
    assert (answer.status_code, codes(answer)) == (422, ["call.body"])
    assert "请" in answer.json()["problems"][0]["mend"]
    broken = owner.post("/facilities", "{", kind="text/plain")
    assert broken.status_code in (400, 422) and broken.json()["problems"]


def test_a_repeated_call_is_answered_as_before_and_does_nothing(company, owner):
    key = {"Idempotency-Key": "a6d0"}
    first = owner.post("/facilities", NEW, headers=key)
    again = owner.post("/facilities", NEW, headers=key)
    assert (first.status_code, again.status_code) == (201, 201) and first.json() == again.json()
    assert Facility.objects.filter(name=NEW["name"]).count() == 1
    other = owner.post("/facilities", NEW | {"name": "other"}, headers=key)
    assert (other.status_code, codes(other)) == (409, ["call.key-reused"])
    refused = owner.post("/facilities", NEW, headers={"Idempotency-Key": "b"})
    assert refused.status_code == 422 and not Answer.objects.filter(key="b").exists()  # what failed may be tried again
    assert codes(owner.post("/facilities", NEW, headers={"Idempotency-Key": "x" * 129})) == ["call.key-form"]


def test_pages_of_a_list_hold_everything_once(company, owner):
    for number in range(7):
        company.plant(f"more {number}")
    seen, cursor = [], ""
    while cursor is not None:
        told = owner.get(f"/facilities?limit=3&cursor={cursor}").json()
        assert len(told["items"]) <= 3
        seen += [each["name"] for each in told["items"]]
        cursor = told["next"]
    assert sorted(seen) == sorted(
        Facility.objects.filter(organisation=company.organisation).values_list("name", flat=True)
    )
    for bad in ("zzz", "djE6LTE", "é", "djE6MQ==", "0"):
        assert owner.get(f"/facilities?cursor={bad}").status_code == 422


def test_a_contributor_sees_only_what_is_given_to_him(company):
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[0])
    caller = Caller(company.people[Role.CONTRIBUTOR])
    assert [each["name"] for each in caller.get("/facilities").json()["items"]] == ["yong plant 1"]
    assert caller.get(f"/facilities/{company.plants[1].pk}").status_code == 404
    assert caller.get("/units").status_code == 403
    told = caller.get("/runs").json()["items"][0]
    assert told["totals"] is None


def test_an_id_of_another_tenant_is_not_there(company, stranger, owner):
    """Every operation with an id, found in the description of the API itself."""
    opens_a_book(stranger)
    theirs = {
        "/jobs/{key}": stranger.job.key, "/batches/{key}": stranger.batch.key, "/runs/{key}": stranger.run.key,
        "/people/{pk}": stranger.people[Role.VIEWER].pk, "/invitations/{pk}": stranger.invitation.pk,
        "/facilities/{pk}": stranger.plants[0].pk, "/units/{pk}": stranger.group.pk, "/closings/{pk}": stranger.lock.pk,
        "/own-factors/{key}": stranger.own_factor.key, "/own-policies/{key}": stranger.own_policy.key,
        "/own-methods/{key}": stranger.own_method.key,
        "/assets/proposals/{pk}": stranger.proposal.pk, "/assets/postings/{pk}": stranger.posting.pk,
        "/assets/accounts/{pk}": stranger.book_account.pk, "/assets/files/{pk}": stranger.intake.pk, "/assets/breaks/{pk}": stranger.broken.pk,
        "/webhooks/{pk}": stranger.endpoint.pk, "/deliveries/{pk}": stranger.delivery.pk,
        "/sources/{pk}": stranger.source.pk, "/issues/{pk}": stranger.issue.pk,
        "/quality-plans/{key}": stranger.quality_plan.key, "/reporting-entities/{key}": stranger.entity.key,
        "/month-evidence/{pk}": stranger.month_evidence.pk,
        "/statements/{key}": stranger.statement.key, "/allocations/{key}": stranger.allocation.key,
        "/compliance-plans/{key}": stranger.compliance_plan.key,
        "/reconciliations/{key}": stranger.reconciliation.key,
        "/reports/{key}": stranger.report.key, "/engagements/{key}": stranger.engagement.key,
        "/notices/{pk}": stranger.notice.pk, "/evidence/{pk}": stranger.evidence.pk, "/requests/{pk}": stranger.request.pk, "/events/{pk}": stranger.organisation.events.first().pk,
    }  # fmt: skip
    bodies = {
        "move": {"valid_from": "2025-01-01", "since": "2025-01-01"}, "close": {"last_day": "2025-01-01", "opinion": "adverse", "statement": "x"}, "questions": {"text": "x"},
        "fix": {"cells": [{"file": "a.csv", "row": 2}]}, "withdraw": {"reason": "x"}, "answer": {"quantity": "1"},
        "ignore": {"reason": "x"}, "return": {"comment": "x"}, "open": {"reason": "x"}, "check": {},
        "notes": {"line": "x", "step": 1, "text": "x"}, "hand-over": {"facility": "x"},
        "values": {"values": []}, "filing": {"filed_on": "2026-02-05"},
        "propose": {"year": 2025}, "assign": {"line": 1, "kind": "buy", "proposal": 1},
        "revise": {"why": "year", "year": 2027, "valid_from": "2027-01-01"},
        "rotate": {"secret": "whsec_" + "A" * 32},
    }  # fmt: skip
    walked = set()
    for path, operations in owner.client.get("/api/v1/openapi.json").json()["paths"].items():
        bare = path.removeprefix("/api/v1")
        for start, mark in theirs.items():
            if bare.startswith(start):
                walked.add(start)
                filled = (
                    bare.replace("{key}", str(mark))
                    .replace("{pk}", str(mark))
                    .replace("{name}", "run.json")
                    .replace("{by}", "facility")
                    .replace("{month}", "2026-01")
                )
                for method in operations:
                    query = (
                        "?activity=a"
                        if bare.endswith("explanation")
                        else "?name=a"
                        if bare.endswith("evidence")
                        else ""
                    )
                    body = (
                        NEW | {"role": "viewer", "url": "https://a.example/", "events": ["run.done"]}
                        if method == "put"
                        else bodies.get(bare.rpartition("/")[2], {})
                    )
                    answer = owner.call(method.upper(), filled + query, None if method == "get" else body)
                    assert answer.status_code == 404, (method, path, answer.content)
        if "{" not in bare and "get" in operations:
            text = owner.get(bare + ("?q=diesel" if bare == "/factors" else "")).content.decode().lower()
            assert "maple" not in text, bare
    assert walked == set(theirs)


CSV = """activity_id,facility,activity_type,start,end,quantity,unit,region
e1,yong plant 1,electricity,2025-01-01,2025-01-31,12850.5,kWh,CN-33
e2,yong plant 2,electricity,2025-02-01,2025-02-28,-5,kWh,CN-33
"""


def test_from_rows_to_a_proven_number(company, owner):
    manager = Caller(company.people[Role.MANAGER])
    sent = owner.post("/batches?name=January&file=jan.csv", CSV, kind="text/csv")
    assert (sent.status_code, sent.json()["next"]) == (202, "job"), sent.content
    key = sent.json()["id"]
    worked()
    assert owner.get(f"/batches/{key}").json()["next"] == "mapping"
    assert owner.get(f"/batches/{key}/mapping").json()["mapping"]["forms"][0]["columns"]["quantity"] == 5
    assert owner.post(f"/batches/{key}/check", {}).status_code == 202
    worked()
    told = owner.get(f"/batches/{key}").json()
    assert (told["next"], told["rows_in"], told["rows_good"], told["rows_rejected"]) == ("submit", 2, 1, 1)
    assert [(each["code"], each["count"]) for each in told["problems"]] == [("activity.quantity-negative", 1)]
    assert told["problems"][0]["reason"] and told["problems"][0]["mend"]
    owner.post(f"/batches/{key}/submit")
    worked()
    assert owner.get(f"/batches/{key}").json()["next"] == "decision"
    own = owner.post(f"/batches/{key}/approve")
    assert (own.status_code, codes(own)) == (422, ["call.refused"])  # four eyes
    approved = manager.post(f"/batches/{key}/approve")
    assert (approved.status_code, approved.json()["state"]) == (200, "approved"), approved.content
    rows = owner.get(f"/batches/{key}/rows")
    assert rows["Content-Type"] == "application/vnd.apache.parquet" and b"".join(rows.streaming_content)[:4] == b"PAR1"

    asked = manager.post("/runs", {"name": "January", "first": "2025-01-01", "last": "2025-12-31"})
    assert asked.status_code == 202, asked.content
    run = asked.json()["id"]
    assert manager.get(f"/runs/{run}/rows").status_code == 404  # not done
    worked()
    told = manager.get(f"/runs/{run}").json()
    assert told["done"] and told["rows_posted"] == 1, told
    found = manager.get(f"/runs/{run}/rows").json()
    (row,) = found["items"]
    assert found["next"] is None and found["co2e_kg"] == row["co2e_kg"]
    assert row["co2e_kg"].rstrip("0") == told["totals"]["scope2_location_kg"].rstrip("0")
    explained = manager.get(f"/runs/{run}/explanation?activity={row['activity_id']}").json()
    assert explained["activity_id"] == row["activity_id"] and explained["results"]
    proof = manager.get(f"/runs/{run}/proof").json()
    assert proof["ok"] and proof["run_sha256"] == told["run_sha256"]
    assert manager.get("/ledger/checkpoint").content.count(b"\n") >= 4
    assert manager.get("/ledger/vkey").content.decode().strip() == proof["vkey"]
    for name in ("report.pdf", "report.pdf.tlog-proof", "emissions.parquet"):
        assert manager.get(f"/runs/{run}/files/{name}").status_code == 200, name
    assert manager.get(f"/runs/{run}/files/plan.parquet").status_code == 404
    event = manager.get("/events?limit=500").json()["items"][-1]
    assert manager.get(f"/events/{event['id']}/proof").status_code in (200, 404)
    assert manager.post(f"/runs/{run}/choose").json()["chosen"]


def test_ndjson_keeps_every_digit(company, owner):
    lines = [
        {"activity_id": f"n{at}", "facility": "yong plant 1", "activity_type": "electricity", "start": "2025-01-01",
         "end": "2025-01-31", "unit": "kWh", "region": "CN-33"} for at in range(3)
    ]  # fmt: skip
    text = "\n".join(json.dumps(line)[:-1] + ', "quantity": 0.123456789012345678901}' for line in lines)
    sent = owner.post("/batches?name=meters", text, kind="application/x-ndjson")
    assert sent.status_code == 202, sent.content
    import pyarrow.parquet as pq

    from hengtan.web.activities.models import SourceFile
    from hengtan.web.vault.services import facts

    file = SourceFile.objects.latest("pk")
    table = pq.read_table(facts(company.organisation).path(file.digest))
    assert table["quantity"].to_pylist() == ["0.123456789012345678901"] * 3


@pytest.mark.parametrize(
    ("text", "word"),
    [("{", "JSON"), ("[1]", "object"), ('{"a": [1]}', "text or a number"), ("\n", "no row"), ("\xff", "UTF-8")],
)
def test_what_is_no_ndjson_is_refused_with_its_line(company, owner, text, word):
    answer = owner.post("/batches?name=x", text.encode("latin-1"), kind="application/x-ndjson")
    assert answer.status_code == 422 and word in answer.json()["problems"][0]["reason"], answer.content


def test_fifty_thousand_rows_go_in_one_call_and_no_more(company, owner):
    line = '{"activity_id": "r%d", "quantity": 1}\n'
    answer = owner.post("/batches?name=many", "".join(line % at for at in range(50_000)), kind="application/x-ndjson")
    assert answer.status_code == 202, answer.content[:500]
    answer = owner.post("/batches?name=many", "".join(line % at for at in range(50_001)), kind="application/x-ndjson")
    assert answer.status_code == 422 and "50000" in answer.json()["problems"][0]["reason"]


def test_a_batch_that_is_sent_twice_with_a_key_is_there_once(company, owner):
    key = {"Idempotency-Key": "batch-1"}
    first = owner.post("/batches?name=January", CSV, kind="text/csv", headers=key)
    again = owner.post("/batches?name=January", CSV, kind="text/csv", headers=key)
    assert first.json() == again.json()
    other = owner.post("/batches?name=January", CSV + "\n", kind="text/csv", headers=key)
    assert codes(other) == ["call.key-reused"]


def test_the_library_answers(company, owner):
    found = owner.get("/factors?q=grid electricity china 2023&limit=3", headers={"Accept-Language": "en"}).json()
    assert found and all(each["source_title"] for each in found)
    one = owner.get("/factors/CN-EL-AVG-CN-2023").json()
    assert one["co2_kg"] == "0.5306"
    assert owner.get("/factors/none").status_code == 404
    assert {"electricity"} <= {each["id"] for each in owner.get("/types?prefix=electricity").json()}


def test_a_fault_has_a_number_and_no_stack(company, owner, monkeypatch):
    def broken(*_):
        raise RuntimeError("secret")

    monkeypatch.setattr("hengtan.web.api.about._job", broken)
    owner.client.raise_request_exception = False
    answer = owner.get("/jobs")
    assert (answer.status_code, codes(answer)) == (500, ["call.fault"]) and b"secret" not in answer.content


def test_the_description_is_openapi_3_1_and_says_every_refusal(client, db):
    told = client.get("/api/v1/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            assert {"401", "403", "404", "422"} <= set(operation["responses"]), (method, path)
            assert operation["description"], (method, path)
    page = client.get("/api/v1/docs").content.decode()
    assert "<script>" not in page and "http://" not in page and "https://" not in page


def test_the_pages_of_tokens(company):
    client = company.client(Role.MANAGER)
    made = client.post(company.url("tokens/new/"), {"name": "ERP", "scopes": ["read", "enter"], "days": "30"})
    token = Token.objects.get(name="ERP")
    text = made.content.decode()
    assert made.status_code == 200 and text.count("hgt_") >= 1 and "no-store" in made["Cache-Control"]
    listed = client.get(company.url("tokens/")).content.decode()
    assert token.hint in listed and token.sha256 not in listed
    wrong = client.post(company.url("tokens/new/"), {"name": "", "scopes": ["all"], "days": "9999"})
    assert wrong.status_code == 422
    client.post(company.url(f"tokens/{token.pk}/revoke/"))
    token.refresh_from_db()
    assert token.revoked_at is not None
    other = Caller(company.people[Role.CONTRIBUTOR])
    assert other.token.hint not in company.client(Role.VIEWER).get(company.url("tokens/")).content.decode()


def test_no_two_forms_of_the_description_share_a_name():
    """Ninja describes both by the one that was read last."""
    names = [
        each.__name__
        for module in pkgutil.iter_modules(api_package.__path__)
        for each in vars(importlib.import_module(f"{api_package.__name__}.{module.name}")).values()
        if isinstance(each, type) and issubclass(each, Schema) and each.__module__.endswith(f".{module.name}")
    ]
    assert sorted(names) == sorted(set(names))
