"""Programs keep the book: proposed by one token, approved by another, once however often it is sent."""

import pytest

from hengtan.web.assets import models
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.services import sequence

from .booked import opens_a_book
from .test_api import Caller, codes

EVENT = {"kind": "allocate", "day": "2026-09-30", "account": "yong-B", "instrument": "CEA25", "quantity": "700"}


@pytest.fixture
def book(company):
    return opens_a_book(company)


@pytest.fixture
def manager(book):
    return Caller(book.people[Role.MANAGER])


@pytest.fixture
def approver(book):
    return Caller(book.people[Role.APPROVER])


def test_an_event_becomes_a_proved_posting(book, manager, approver):
    made = manager.post("/assets/proposals", {"event": EVENT, "key": "A-1"})
    assert (made.status_code, made.json()["state"]) == (201, "pending"), made.content
    again = manager.post("/assets/proposals", {"event": EVENT, "key": "A-1"})
    assert again.json()["id"] == made.json()["id"]
    path = f"/assets/proposals/{made.json()['id']}"
    assert codes(manager.post(f"{path}/approve", {})) == ["book.four-eyes"]
    key = {"Idempotency-Key": "approve-1"}
    posted = approver.post(f"{path}/approve", {}, headers=key)
    assert (posted.status_code, posted.json()["number"]) == (200, 4), posted.content
    assert approver.post(f"{path}/approve", {}, headers=key).json() == posted.json()
    assert codes(approver.post(f"{path}/approve", {})) == ["book.decided-already"]
    one = f"/assets/postings/{posted.json()['id']}"
    assert manager.get(f"{one}/proof").status_code == 404
    sequence(book.organisation)
    assert manager.get(f"{one}/proof").content.startswith(b"c2sp.org/tlog-proof@v1")
    assert manager.get(one).json()["ledger_index"] is not None
    held = {
        (each["instrument"], each["source"]): each["held"] for each in manager.get("/assets/holdings?year=2025").json()
    }
    assert held["CEA25", "own allocation"] == 1700
    lines = manager.get(
        f"/assets/accounts/{models.Account.objects.of(book.organisation).get(key='yong-B').pk}/statement?first=2026-09-01&last=2026-12-31"
    ).json()
    assert [(each["change"], each["after"]) for each in lines["lines"]] == [(700, 700)]


def test_what_speaks_against_it_is_told_with_rule_and_mend(manager):
    answer = manager.post("/assets/proposals", {"event": {**EVENT, "instrument": "CEA27"}})
    assert (answer.status_code, codes(answer)) == (422, ["book.future"])
    assert answer.json()["problems"][0]["mend"]
    assert codes(manager.post("/assets/proposals", {"event": {"kind": "gift"}})) == ["book.event-kind"]


def test_quotes_statements_breaks_units_results(book, manager, approver):
    assert manager.post("/assets/quotes", {"quotes": [{"day": "2026-10-09", "close": "97.80"}]}).json() == {
        "new": 1,
        "known": 0,
    }
    differs = manager.post("/assets/quotes", {"quotes": [{"day": "2026-10-09", "close": "97.90"}]})
    assert codes(differs) == ["book.quote-differs"]
    told = {
        "account": "yong-A",
        "day": "2026-10-09",
        "lines": [{"instrument": "CEA25", "held": 999}, {"instrument": "GEC-yong", "held": 30}],
    }
    assert manager.post("/assets/statements", told).json()["breaks"] == 1
    (one,) = manager.get("/assets/breaks").json()["items"][-1:]
    assert (one["ours"], one["theirs"], one["closed"]) == (1000, 999, False)
    assert codes(manager.post(f"/assets/breaks/{one['id']}/close", {"reason": ""})) == ["book.reason-missing"]
    closed = manager.post(f"/assets/breaks/{one['id']}/close", {"reason": "asked"}).json()
    assert (closed["closed"], closed["closed_by"]) == (True, "Manager yong")
    assert {each["place"] for each in manager.get("/assets/units").json()["items"]} == {"held", "retired"}
    results = manager.get("/assets/results?method=fifo").json()
    assert next(each for each in results["positions"] if each["instrument"] == "CEA25")["value_cny"] == "97800.00"
    posting = manager.get("/assets/postings").json()["items"][0]
    back = manager.post(f"/assets/postings/{posting['id']}/reverse", {"reason": "twice"})
    assert (back.status_code, back.json()["kind"]) == (201, "reverse")
    assert (
        approver.post(f"/assets/proposals/{back.json()['id']}/reject", {"reason": "no"}).json()["state"] == "rejected"
    )


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR])
def test_who_may_not_enter_does_not(book, role):
    caller = Caller(book.people[role])
    assert codes(caller.post("/assets/proposals", {"event": EVENT})) == ["call.role"]
    assert codes(caller.post("/assets/accounts", {"key": "Z", "entity": "z"})) == ["call.role"]
    assert (caller.get("/assets/postings").status_code == 200) == (role == Role.VIEWER)


def test_the_position_of_a_day_comes_with_the_day_of_its_quote(book, manager):
    """1,000 t since 8 October at 97.40; the day before nothing."""
    then = {each["instrument"]: each for each in manager.get("/assets/holdings?day=2026-10-08&year=2025").json()}
    assert (then["CEA25"]["held"], then["CEA25"]["value_cny"]) == (1000, "97400.00")
    assert (then["CEA25"]["quote_cny"], then["CEA25"]["quote_day"]) == ("97.40", "2026-10-08")
    assert manager.get("/assets/holdings?day=2026-10-07").json() == []
