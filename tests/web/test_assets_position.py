"""The position at the end of any day, by entity as well as by instrument, with the price by which it is valued."""

import csv
import io
import re
from datetime import date

import pytest

from hengtan.market.book.quote import Quote
from hengtan.web.assets import models, services
from hengtan.web.organisations.roles import Role

from .booked import opens_a_book, post


@pytest.fixture
def book(company):
    made = opens_a_book(company)
    services.add_quotes(made.people[Role.MANAGER], [Quote("CEA", date(2026, 10, 12), 9800, source="own")], "own")
    post(made, "allocate", account="yong-B", instrument="CEA25", quantity=300, day="2026-10-10")
    post(
        made, "sell", account="yong-A", instrument="CEA25", quantity=150, price="98.00", way="listed", day="2026-10-12"
    )
    return made


def table(book, query):
    answer = book.client(Role.VIEWER).get(book.url(f"assets/?{query}&format=csv")).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(answer)))


def test_the_position_of_a_day_is_what_was_there_at_its_end_at_its_price(book):
    """8 October: 1,000 t at 97.40; 10 October: 1,300 at 97.40; 12 October: 1,150 at 98.00."""
    for day, held, price, quoted in (
        ("2026-10-07", None, None, None),
        ("2026-10-08", "1000", "97400.00", "2026-10-08"),
        ("2026-10-10", "1300", "126620.00", "2026-10-08"),
        ("2026-10-12", "1150", "112700.00", "2026-10-12"),
    ):
        found = [row for row in table(book, f"day={day}&year=2025") if row["instrument"] == "CEA25"]
        told = [(row["held"], row["value_cny"], row["quote_day"]) for row in found]
        assert told == ([(held, price, quoted)] if held else []), day


def test_the_rules_of_the_day_say_what_was_usable(book):
    """CEA24 could be surrendered for 2024 until 2025-12-31 and for nothing later: by the rules of June 2026 it is void for 2025."""
    post(book, "allocate", account="yong-A", instrument="CEA24", quantity=70, day="2025-09-25")
    then = next(row for row in table(book, "day=2025-10-01&year=2024") if row["instrument"] == "CEA24")
    now = next(row for row in table(book, "year=2025") if row["instrument"] == "CEA24")
    assert (then["usable"], now["usable"]) == ("70", "0")


def test_a_table_says_which_entity_holds_what_and_adds_up(book):
    rows = table(book, "table=entities&year=2025")
    assert [(row["entity"], row["CEA25_t"], row["gec_MWh"], row["usable"]) for row in rows] == [
        ("yong heat", "300", "0", "300"), ("yong power", "850", "30", "850"),
    ]  # fmt: skip
    whole = [row for row in table(book, "year=2025") if row["instrument"] == "CEA25"]
    assert sum(int(row["CEA25_t"]) for row in rows) == sum(int(row["held"]) for row in whole)
    page = book.client(Role.VIEWER).get(book.url("assets/")).content.decode()
    assert "Who holds what" in page
    assert re.search(r"entity=yong%20heat", page)


def test_a_day_that_is_none_or_not_there_yet_is_today(book):
    today = [row["held"] for row in table(book, "year=2025")]
    for day in ("2999-01-01", "yesterday", "2026-02-30", "\x00", "0001-01-01"):
        answer = book.client(Role.VIEWER).get(book.url("assets/"), {"day": day, "year": "2025", "format": "csv"})
        assert [row["held"] for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))] == today


def test_the_whole_life_of_units_stands_on_their_page(book):
    """50 MWh bought, 20 of them cancelled: from which posting, by which way, where they are."""
    batch = models.Batch.objects.of(book.organisation).get(code="GEC-yong")
    page = book.client(Role.VIEWER).get(book.url(f"assets/units/{batch.pk}/")).content.decode()
    for said in ("bilateral agreement", "cancelled voluntarily", "yong power"):
        assert said in page, said
