"""The book of carbon assets in the web: one entry a posting, four eyes, strangers' numbers, no way around."""

import json

import pytest
from django.db import IntegrityError, connection, transaction

from hengtan.market.book.replay import replay
from hengtan.problems import HengtanError
from hengtan.web.assets import models, services
from hengtan.web.organisations import wall
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import proof, sequence

from .booked import opens_a_book, post

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="tests/web/test_on_postgresql.py runs it")


@pytest.fixture
def book(company):
    return opens_a_book(company)


def refused(call, *given, **more):
    with pytest.raises(HengtanError) as told:
        call(*given, **more)
    return [each.code for each in told.value.problems]


def test_each_posting_has_one_entry_in_the_ledger_and_it_is_proved(book):
    of = book.organisation
    sequence(of)
    logged = {each.posting: each.event for each in models.Logged.objects.of(of).select_related("event")}
    assert sorted(logged) == [1, 2, 3]
    for number, event in logged.items():
        assert json.loads(event.record)["posting"]["number"] == str(number)
        assert event.entry_index is not None
        assert proof(event).startswith(b"c2sp.org/tlog-proof@v1")


def test_a_posting_without_its_entry_is_not_there(book, monkeypatch):
    manager = book.people[Role.MANAGER]
    waits = services.propose(
        manager, {"kind": "allocate", "day": "2026-10-08", "account": "yong-A", "instrument": "CEA25", "quantity": "5"}
    )
    monkeypatch.setattr(services.vault, "record", lambda *given, **more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.approve(book.people[Role.APPROVER], waits.id)
    assert models.Posting.objects.of(book.organisation).count() == 3
    assert not models.Decision.objects.of(book.organisation).filter(proposal_id=waits.id).exists()


def test_who_proposed_does_not_approve_and_is_named_by_name(book):
    manager = book.people[Role.MANAGER]
    with pytest.raises(HengtanError) as told:
        services.approve(manager, book.proposal.pk)
    (problem,) = told.value.problems
    assert (problem.code, problem.values["by"]) == ("book.four-eyes", "Manager yong")


def test_what_the_web_shows_is_what_its_records_come_to(book):
    records = models.Posting.objects.of(book.organisation).order_by("number").values_list("record", flat=True)
    found = replay(list(records))
    assert found.broken == []
    shown = {(each.account, each.code, each.place): each.quantity for each in services.balances(book.organisation)}
    assert found.balances == shown


def test_a_number_that_stands_in_a_strangers_book_is_refused_and_nothing_is_told_of_it(book, stranger):
    """Also behind the wall of PostgreSQL, where the stranger's row cannot be seen."""
    opens_a_book(stranger)
    given = {
        "instrument": "GEC-X", "instrument_kind": "gec", "produced_on": "2026-03", "way": "otc", "amount": "1.00", "quantity": 20,
        "serials": "maple:41-60",
    }  # fmt: skip
    with wall.within(book.organisation.pk):
        assert refused(post, book, "buy", account="yong-A", **given) == ["book.serial-taken"]
        free = {**given, "serials": "maple:51-70"}
        assert post(book, "buy", account="yong-A", **free).number == 4


@on_postgresql
def test_a_strangers_book_is_behind_the_wall(book, stranger):
    opens_a_book(stranger)
    with wall.within(book.organisation.pk), connection.cursor() as cursor:
        for table in ("book_head", "book_posting", "book_lot", "book_money", "book_entry", "assets_logged"):
            cursor.execute(f"SELECT DISTINCT organisation_id FROM {table}")
            assert cursor.fetchall() == [(book.organisation.pk,)], table


def test_hand_written_sql_changes_nothing_that_stands(book):
    for sql in (
        "UPDATE book_lot SET account = 'yong-B' WHERE spent_by IS NULL",
        "UPDATE book_lot SET spent_by = 99 WHERE place = 'retired'",
        "DELETE FROM book_posting",
        "UPDATE book_money SET fen = 1",
    ):
        with pytest.raises(IntegrityError, match="book"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_a_file_is_taken_in_whole_or_not_at_all_and_once(book):
    from hengtan.market.book import read_event

    def row(number, quantity):
        told = {
            "kind": "sell",
            "day": "2026-10-09",
            "account": "yong-A",
            "instrument": "CEA25",
            "way": "otc",
            "price": "90.00",
        }
        return number, f"trades:T{number}", read_event({**told, "quantity": str(quantity), "reference": f"T{number}"})

    manager = book.people[Role.MANAGER]
    future = read_event(
        {"kind": "allocate", "day": "2026-10-09", "account": "yong-A", "instrument": "CEA27", "quantity": "5"}
    )
    before = services.waiting(book.organisation)
    assert refused(services.propose_all, manager, [row(2, 100), (3, "", future)], "t.csv") == ["book.future"]
    assert services.waiting(book.organisation) == before
    assert services.propose_all(manager, [row(2, 100), row(4, 50)], "t.csv") == (2, 0)
    assert services.propose_all(manager, [row(2, 100), row(4, 50)], "t.csv") == (0, 2)
    assert services.waiting(book.organisation) == before + 2


def test_everything_else_is_in_the_ledger_too(book):
    kinds = set(Outbox.objects.of(book.organisation).values_list("kind", flat=True))
    assert {"assets.account", "assets.quotes", "assets.statement", "assets.break-closed"} <= kinds
