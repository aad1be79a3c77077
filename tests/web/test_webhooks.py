"""Webhooks: other systems hear what happened, signed, once it is certain and as often as it takes."""

import base64
import hashlib
import hmac
import json
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from hengtan.client import NotOurs, heard
from hengtan.web.jobs import worker
from hengtan.web.jobs.models import Job
from hengtan.web.notices.models import Notice
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.models import Outbox
from hengtan.web.webhooks import sending, services
from hengtan.web.webhooks.models import EVENTS, Delivery, Endpoint, State


class Hearing(BaseHTTPRequestHandler):
    """Answers with the next status that was laid out; keeps what it heard."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.end_headers()
        self.wfile.write(self.server.says)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def other(settings):
    """Another system, which this installation may reach."""
    with HTTPServer(("127.0.0.1", 0), Hearing) as there:
        there.heard, there.statuses, there.says = [], [], b"thanks"
        there.url = f"http://127.0.0.1:{there.server_port}/hook?door=7"
        settings.CONFIGURATION = replace(settings.CONFIGURATION, outbound_allow=("http://127.0.0.1:*",))
        threading.Thread(target=there.serve_forever, args=(0.02,), daemon=True).start()
        yield there
        there.shutdown()


@pytest.fixture
def endpoint(company, other):
    found, text = services.make(company.people[Role.OWNER], other.url, ["batch.approved", "run.done"], "the ERP")
    found.text = text
    return found


def worked():
    while worker.run_one():
        pass


def announced(company, event="batch.approved", **data):
    with transaction.atomic():
        return services.announce(company.organisation, event, data)


def delivery():
    return Delivery.objects.order_by("-pk").first()


def verified(headers, body, secret):
    """As the other side does it: with the standard's words alone."""
    content = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mine = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return mine in headers["webhook-signature"].split(" ")


def test_the_client_hears_what_is_ours_and_nothing_else(company, endpoint, other):
    announced(company, batch="k7")
    worked()
    [(headers, body)] = other.heard
    assert heard(headers, body, endpoint.text)["data"]["batch"] == "k7"
    for wrong in (
        (headers, body + b" ", endpoint.text), (headers, body, services.new_secret()), ({}, body, endpoint.text),
        (headers | {"webhook-timestamp": "1614265330"}, body, endpoint.text),
    ):  # fmt: skip
        with pytest.raises(NotOurs):
            heard(*wrong)
    with pytest.raises(NotOurs):
        heard(headers, body, endpoint.text, now=int(headers["webhook-timestamp"]) + 301)


def test_the_signature_is_that_of_the_published_example():
    made = sending.signed(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}'
    )
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_who_asked_for_an_event_hears_it_signed_and_nobody_else(company, stranger, endpoint, other):
    assert announced(company, batch="k7") == 1
    assert announced(company, "report.issued") == 0
    assert announced(stranger) == 0
    worked()
    [(headers, body)] = other.heard
    told = json.loads(body)
    assert (told["type"], told["data"]) == ("batch.approved", {"organisation": company.organisation.key, "batch": "k7"})
    assert verified(headers, body, endpoint.text)
    assert not verified(headers, body + b" ", endpoint.text)
    row = delivery()
    assert (row.state, row.status, row.answer, row.tries) == (State.DONE, 200, "thanks", 1)
    assert headers["webhook-id"] == row.message


def test_what_is_rolled_back_was_never_announced(company, endpoint, other):
    with pytest.raises(RuntimeError), transaction.atomic():
        services.announce(company.organisation, "batch.approved", {})
        raise RuntimeError
    with pytest.raises(ValueError, match="is not announced"):
        announced(company, "batch.invented")
    worked()
    assert not other.heard
    assert not Delivery.objects.exclude(pk=company.delivery.pk).exists()


def test_outside_of_a_transaction_nothing_is_announced(transactional_db):
    with pytest.raises(transaction.TransactionManagementError):
        services.announce(None, "batch.approved", {})


def test_a_failure_is_tried_again_later_under_the_same_id_and_given_up_in_the_end(company, endpoint, other):
    other.statuses, other.says = [500] * 20, b"<b>out of order</b>" * 100
    announced(company)
    for number in range(1, len(sending.PAUSES) + 2):
        worked()
        row = delivery()
        assert row.tries == number
        if number <= len(sending.PAUSES):
            assert row.state == State.WAITING
            wait = (row.due_at - timezone.now()).total_seconds()
            assert 0.85 * sending.PAUSES[number - 1] < wait <= 1.1 * sending.PAUSES[number - 1]
            sending.look()
            worked()
            assert len(other.heard) == number  # not before its time
            Delivery.objects.update(due_at=timezone.now())
        sending.look()
    assert (row.state, row.status, len(row.log), len(row.answer)) == (State.FAILED, 500, 10, 500)
    assert len({headers["webhook-id"] for headers, _ in other.heard}) == 1
    assert len({body for _, body in other.heard}) == 1

    services.redeliver(row)
    other.statuses = []
    worked()
    assert delivery().state == State.DONE


def test_a_worker_that_died_leaves_the_delivery_to_the_next(company, endpoint, other):
    announced(company)
    assert sending._taken(delivery()) is not None  # and then it died
    worked()
    assert not other.heard  # it may still be at it
    Delivery.objects.update(due_at=timezone.now())
    sending.look()
    worked()
    assert len(other.heard) == 1


def test_two_workers_do_not_take_the_same_delivery(company, endpoint, other):
    announced(company)
    seen = delivery()
    assert sending._taken(seen) is not None
    assert sending._taken(seen) is None


def test_an_endpoint_that_fails_does_not_hold_up_the_others(company, endpoint, other):
    good, _ = services.make(company.people[Role.MANAGER], other.url + "&second", ["batch.approved"])
    Endpoint.objects.filter(pk=endpoint.pk).update(url="http://127.0.0.1:9/")  # nobody there
    for _ in range(3):
        announced(company)
    worked()
    assert Delivery.objects.filter(endpoint=good, state=State.DONE).count() == 3
    waits = Delivery.objects.filter(endpoint=endpoint, state=State.WAITING)
    assert waits.count() == 3
    assert waits.exclude(why={}).first().why["en"].startswith("127.0.0.1:9 does not answer")


@pytest.mark.parametrize(("status", "days"), [(410, 0), (503, 6)])
def test_what_is_gone_or_fails_for_days_is_switched_off_and_people_are_told(company, endpoint, other, status, days):
    other.statuses = [status]
    Endpoint.objects.update(failing_since=timezone.now() - timedelta(days=days) if days else None)
    announced(company)
    announced(company, "run.done")
    worked()
    endpoint.refresh_from_db()
    assert (endpoint.is_on, endpoint.off_reason) == (False, "gone" if status == 410 else "failing")
    assert not Delivery.objects.filter(state=State.WAITING).exists()
    told = Notice.objects.filter(kind__startswith="webhook.")
    assert {each.person_id for each in told} == {company.people[role].user.pk for role in (Role.OWNER, Role.MANAGER)}
    assert announced(company) == 0
    assert Outbox.objects.filter(kind="webhook.off").exists()
    page = company.client().get(company.url(f"webhooks/{endpoint.pk}/")).content.decode()
    assert "off" in page


def test_a_failure_in_between_does_not_count_as_days(company, endpoint, other):
    other.statuses = [500, 200, 500]
    for _ in range(3):
        announced(company)
        worked()
        Delivery.objects.filter(state=State.WAITING).delete()
    endpoint.refresh_from_db()
    assert endpoint.failing_since > timezone.now() - timedelta(minutes=1)
    assert endpoint.is_on


def test_after_a_rotation_both_secrets_sign_for_a_day_and_then_the_new_one_alone(company, endpoint, other):
    fresh = services.rotate(endpoint, company.people[Role.OWNER])
    announced(company)
    worked()
    headers, body = other.heard[-1]
    assert verified(headers, body, fresh)
    assert verified(headers, body, endpoint.text)
    Endpoint.objects.update(old_until=timezone.now())
    announced(company)
    worked()
    headers, body = other.heard[-1]
    assert verified(headers, body, fresh)
    assert not verified(headers, body, endpoint.text)


def test_the_secret_stands_nowhere_in_the_open(company, endpoint, other, caplog):
    announced(company)
    worked()
    page = company.client().get(company.url(f"webhooks/{endpoint.pk}/")).content.decode()
    raw = endpoint.text.removeprefix("whsec_")
    row = Endpoint.objects.get(pk=endpoint.pk)
    stored = json.dumps(
        [list(Job.objects.values_list("arguments", "result")), list(Outbox.objects.values_list("record"))]
    )
    for text in (page, stored, caplog.text, row.secret, str(list(Delivery.objects.values()))):
        assert raw not in text
    assert "door=7" not in stored  # an address may let in whoever knows it


def test_a_secret_of_one_organisation_opens_for_no_other(company, stranger, endpoint, other):
    row, _ = services.make(stranger.people[Role.OWNER], other.url, ["batch.approved"])
    Endpoint.objects.filter(pk=row.pk).update(secret=endpoint.secret)
    announced(stranger)
    worked()
    assert not other.heard
    assert "cannot be opened" in delivery().why["en"]


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "https://example.com/", "file:///etc/passwd", "http://u:p@127.0.0.1/", "http://127.0.0.1/#x", "nothing"]
)  # fmt: skip
def test_an_address_that_is_not_allowed_is_refused_when_it_is_given(company, other, url):
    client = company.client()
    sent = {"url": url, "events": ["run.done"], "note": "kept"}
    answer = client.post(company.url("webhooks/new/"), sent)
    assert answer.status_code == 422
    assert "kept" in answer.content.decode()
    with pytest.raises(ValidationError):
        services.make(company.people[Role.OWNER], url, ["run.done"])
    assert not Endpoint.objects.exclude(pk=company.endpoint.pk).exists()


def test_the_way_of_a_person_through_the_pages(company, other):
    client = company.client(Role.MANAGER)
    company.endpoint.delete()
    empty = client.get(company.url("webhooks/")).content.decode()
    assert "No webhook yet" in empty
    made = client.post(company.url("webhooks/new/"), {"url": other.url, "events": ["run.done"], "note": "ERP"})
    assert "whsec_" in made.content.decode()
    assert made["Cache-Control"].startswith("max-age=0")
    row = Endpoint.objects.get()
    one = company.url(f"webhooks/{row.pk}/")
    client.post(one + "do/", {"ping": "1"})
    worked()
    assert other.heard
    page = client.get(one).content.decode()
    assert "Delivered" in page
    sent = delivery()
    shown = client.get(company.url(f"webhooks/deliveries/{sent.pk}/")).content.decode()
    assert "thanks" in shown and sent.message in shown
    client.post(company.url(f"webhooks/deliveries/{sent.pk}/"))
    worked()
    assert len(other.heard) == 2
    assert "whsec_" in client.post(one + "do/", {"rotate": "1"}).content.decode()
    client.post(one + "do/", {"off": "1"})
    row.refresh_from_db()
    assert not row.is_on
    client.post(one + "do/", {"on": "1"})
    row.refresh_from_db()
    assert row.is_on
    changed = client.post(one + "edit/", {"url": other.url, "events": ["run.done", "batch.returned"], "note": "SAP"})
    assert changed.status_code == 302
    row.refresh_from_db()
    assert (row.note, row.events) == ("SAP", ["batch.returned", "run.done"])
    table = client.get(one + "?format=csv").content.decode("utf-8-sig")
    assert table.splitlines()[0].startswith("message,")
    assert "ping" in table


def test_what_the_other_side_answers_is_shown_as_text(company, endpoint, other):
    other.statuses, other.says = [400], b"<script>alert(1)</script>\x00\xff=cmd|calc"
    announced(company)
    worked()
    page = company.client().get(company.url(f"webhooks/deliveries/{delivery().pk}/")).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.APPROVER, Role.AUDITOR, Role.VIEWER])
def test_only_owners_and_managers_come_here(company, endpoint, role):
    client = company.client(role)
    for path in ("webhooks/", "webhooks/new/", f"webhooks/{endpoint.pk}/"):
        assert client.get(company.url(path)).status_code == 403
    assert not Endpoint.objects.visible_to(company.people[role].user).exists()


def test_every_event_has_a_name_in_both_languages():
    from django.utils import translation

    for name, title in EVENTS.items():
        with translation.override("zh-hans"):
            assert any("一" <= sign <= "鿿" for sign in str(title)), name


def test_a_batch_is_announced_when_it_is_approved_and_when_it_is_returned(company, endpoint, other):
    from .importing import HEAD, line, submitted

    services.change(
        endpoint, company.people[Role.OWNER], other.url, ["batch.submitted", "batch.approved", "batch.returned"], ""
    )
    batch = submitted(company, {"bills.csv": HEAD + line(1, "yong plant 1")}, Role.MANAGER)
    client = company.client(Role.APPROVER)
    client.post(company.url(f"data/{batch.pk}/decide/"), {"approve": "1"})
    worked()
    told = [json.loads(body) for _, body in other.heard]
    assert [each["type"] for each in told] == ["batch.submitted", "batch.approved"]
    assert told[0]["data"]["batch"] == batch.key
