"""What limits guessing counts for all processes together, and costs little."""

import os
import subprocess
import sys
import threading

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hengtan.client import ApiError
from hengtan.client import Client as Caller
from hengtan.web.api import door
from hengtan.web.organisations import limits
from hengtan.web.organisations.limits import Tickets
from hengtan.web.organisations.models import Tally
from hengtan.web.organisations.roles import Role
from house.house import environment

from .company import Company

SHARED = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"}
OTHER = """
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
settings.ALLOWED_HOSTS.append("testserver")
import django; django.setup()
import sys
from django.test import Client
from hengtan.web.organisations.limits import Tickets
kind, who = sys.argv[1:]
if kind == "tickets":
    limit = Tickets("tried", 50, 60)
    print(sum(limit.take(who) == 0 for _ in range(100)))
else:
    hashed = []
    from django.contrib.auth import hashers
    from django.contrib.auth import base_user
    check = hashers.check_password
    base_user.check_password = lambda *given, **more: hashed.append(1) or check(*given, **more)
    for _ in range(10):
        Client().post("/account/login/", {"login": who, "password": "wrong"})
    print(len(hashed))
"""


@pytest.fixture
def shared(monkeypatch):
    """The cache as an installation has it; other tests keep theirs in the process."""
    monkeypatch.setitem(settings.CACHES, "default", SHARED)
    monkeypatch.setitem(caches.settings, "default", SHARED)
    held = caches["default"] if "default" in getattr(caches._connections, "__dict__", {}) else None
    del caches["default"]
    yield
    del caches["default"]
    if held is not None:
        caches["default"] = held


def elsewhere(*words):
    """The same in another process, on the database of this test."""
    told = connection.settings_dict
    address = f"sqlite:///{told['NAME']}"
    if connection.vendor == "postgresql":
        address = f"postgresql://{told['USER']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"
    environ = {**environment(), "HENGTAN_DATA": str(settings.CONFIGURATION.data), "DATABASE_URL": address}
    environ |= {"DJANGO_SETTINGS_MODULE": "hengtan.web.settings", "HENGTAN_CONFIG": os.environ["HENGTAN_CONFIG"]}
    return subprocess.Popen(
        [sys.executable, "-c", OTHER, *words], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def told(process):
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return int(out)


@pytest.mark.django_db(transaction=True)
def test_two_processes_together_do_it_as_often_as_one_may(shared, monkeypatch):
    company = Company("Yong River Works", "yong", roles=(Role.OWNER,))
    call_command("createcachetable", verbosity=0)
    other = elsewhere("tickets", "somebody")
    limit = Tickets("tried", 50, 60)
    ours = sum(limit.take("somebody") == 0 for _ in range(100))
    assert ours + told(other) == 50
    assert limit.take("somebody else") == 0
    hashed, check, email = [], hashers.check_password, company.people[Role.OWNER].user.email
    monkeypatch.setattr(
        "django.contrib.auth.base_user.check_password", lambda *given, **more: hashed.append(1) or check(*given, **more)
    )
    other = elsewhere("passwords", email)
    for _ in range(10):
        answer = Client().post("/account/login/", {"login": email, "password": "wrong"})
    theirs = told(other)
    assert "Too many" in answer.content.decode()
    assert theirs + len(hashed) == 5  # passwords that were hashed, in both


def test_threads_of_a_process_draw_no_ticket_twice_and_an_end_is_known_without_asking(db):
    limit = Tickets("tried", 30, 60, lot=7)
    assert sum(limit.take("a") == 0 for _ in range(100)) == 30
    with CaptureQueriesContext(connection) as queries:
        waits = {limit.take("a") for _ in range(50)}
    assert len(queries) == 0
    assert waits <= {59, 60}
    assert Tally.objects.get().taken >= 30
    again = Tickets("tried", 30, 60, lot=7)  # another process
    assert again.take("a") > 0
    fresh, taken = Tickets("locked", 1000, 60), []
    fresh._held["a"] = (1e12, 1000)  # no query, so that threads need no connection
    threads = [threading.Thread(target=lambda: taken.extend(fresh.take("a") for _ in range(250))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [0] * 1000
    assert fresh._held["a"] == (1e12, 0)


def test_a_window_that_is_over_begins_anew_and_old_counts_are_forgotten(db, monkeypatch):
    now = [1_000_000.0]
    monkeypatch.setattr(limits.time, "time", lambda: now[0])
    limit = Tickets("tried", 3, 60, lot=1)
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 60]
    now[0] += 30
    assert limit.take("a") == 30
    now[0] += 31
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 60]
    limits.forget()
    assert Tally.objects.count() == 1
    now[0] += 61
    limits.forget()
    assert Tally.objects.count() == 0


def test_a_token_that_calls_too_often_is_told_how_long_to_wait(company, client, monkeypatch):
    monkeypatch.setattr(door, "CALLS", Tickets("calls", 5, 60))
    head = {"Authorization": f"Bearer {company.token_text}"}
    answers = [client.get("/api/v1/me", headers={**head, "Accept-Language": "zh"}) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert answers[-1].json()["problems"][0]["code"] == "call.too-often"
    assert "每分钟最多可调用 5 次" in answers[-1].json()["problems"][0]["reason"]
    assert 50 <= int(answers[-1]["Retry-After"]) <= 60
    assert client.get("/api/v1/openapi.json").status_code == 200


def test_wrong_tokens_are_counted_by_address_and_a_right_one_still_works(company, client, monkeypatch):
    monkeypatch.setattr(door, "FAILURES", Tickets("wrong-tokens", 5, 60))
    codes = [client.get("/api/v1/me", headers={"Authorization": f"Bearer hgt_{n}"}).status_code for n in range(7)]
    assert codes == [401] * 5 + [429] * 2
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {company.token_text}"}).status_code == 200


def test_the_page_that_says_it_is_one_of_ours_and_says_when(company, monkeypatch):
    client = Client()
    for _ in range(21):
        answer = client.post(f"/invitations/{'x' * 20}/", {})
    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    assert "That was tried too often" in answer.content.decode()
    assert "Content-Security-Policy" in answer


def test_the_client_waits_as_it_is_told(monkeypatch):
    import httpx

    slept, answers = [], [httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(200, json={"ok": 1})]
    monkeypatch.setattr("hengtan.client.client.time.sleep", slept.append)
    with Caller("http://x", "t", transport=httpx.MockTransport(lambda _: answers.pop(0))) as carbon:
        assert carbon.get("/me") == {"ok": 1}
    assert slept == [7.0]
    always = httpx.MockTransport(lambda _: httpx.Response(429))
    with Caller("http://x", "t", transport=always) as carbon, pytest.raises(ApiError):
        carbon.get("/me")
