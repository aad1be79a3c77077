"""Pages of carbon assets: what is typed stays, what is refused names its rule, what is decided is decided by another."""

import csv
import io
import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hengtan.market.book.replay import replay
from hengtan.web.assets import demo, models, services
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.services import sequence

from .booked import opens_a_book, post

PAGES = (
    "assets/", "assets/queue/", "assets/postings/", "assets/units/", "assets/accounts/", "assets/results/", "assets/certificates/",
    "assets/reconciliation/?state=all", "assets/quotes/",
)  # fmt: skip


@pytest.fixture
def book(company):
    return opens_a_book(company)


def text(answer):
    return answer.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_the_next_step_where_there_is_nothing_and_shows_a_table_where_there_is(company, page):
    client = company.client(Role.MANAGER)
    empty = client.get(company.url(page))
    assert empty.status_code == 200
    assert re.search(r'class="ht-empty|class="ht-pad', text(empty)), page
    opens_a_book(company)
    full = text(client.get(company.url(page)))
    assert "<tbody>" in full
    for form in ("csv", "xlsx"):
        answer = client.get(company.url(page) + ("&" if "?" in page else "?") + f"format={form}")
        assert answer.status_code == 200, (page, form)
        assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_costs_the_same_for_many_rows(book, page):
    client = book.client(Role.MANAGER)

    def asked():
        client.get(book.url(page))
        with CaptureQueriesContext(connection) as queries:
            client.get(book.url(page))
        return len(queries)

    few = asked()
    for number in range(8):
        post(book, "allocate", account="yong-A", instrument="CEA25", quantity=10 + number)
        services.propose(
            book.people[Role.MANAGER],
            {
                "kind": "allocate",
                "day": "2026-10-09",
                "account": "yong-B",
                "instrument": "CEA25",
                "quantity": str(number + 1),
            },
        )
    assert asked() == few
    assert few <= 22


def test_the_position_says_what_is_usable_and_why_not(book):
    post(book, "allocate", account="yong-A", instrument="CEA24", quantity=70)
    post(book, "pledge", account="yong-A", instrument="CEA25", quantity=400, contract="P1", counterparty="bank")
    shown = book.client(Role.VIEWER).get(book.url("assets/?year=2025&format=csv")).content.decode("utf-8-sig")
    rows = {row["instrument"]: row for row in csv.DictReader(io.StringIO(shown))}
    assert (rows["CEA25"]["held"], rows["CEA25"]["frozen"], rows["CEA25"]["usable"]) == ("1000", "400", "600")
    assert (rows["CEA24"]["held"], rows["CEA24"]["usable"]) == ("70", "0")
    assert "[R]" in rows["CEA24"]["reason"]
    assert rows["CEA25"]["value_cny"] == "97400.00"  # 1,000 t x 97.40


def test_an_event_is_proposed_by_its_form_and_posted_by_another_person(book):
    manager, approver = book.client(Role.MANAGER), book.client(Role.APPROVER)
    given = {
        "day": "2026-10-10", "account": "yong-A", "instrument": "CEA25", "way": "listed", "quantity": "200", "price": "97.40", "token": "t1",
    }  # fmt: skip
    answer = manager.post(book.url("assets/new/?kind=sell"), given)
    assert answer.status_code == 302
    again = manager.post(book.url("assets/new/?kind=sell"), given)  # the same click twice is one event
    assert again["Location"] == answer["Location"]
    page = answer["Location"]
    own = manager.post(f"{page}decide/", {"verdict": "approve"})
    assert own.status_code == 422
    assert "Whoever proposed an event does not approve it" in text(own)
    assert approver.post(f"{page}decide/", {"verdict": "approve"}).status_code == 302
    assert models.Posting.objects.of(book.organisation).get(number=4).kind == "sell"
    twice = approver.post(f"{page}decide/", {"verdict": "approve"})
    assert twice.status_code == 422
    assert models.Posting.objects.of(book.organisation).count() == 4


@pytest.mark.parametrize(
    ("kind", "given", "says"),
    [
        ("sell", {"instrument": "CEA25", "way": "listed", "quantity": "5000", "price": "97"}, "1,000"),
        ("surrender", {"instrument": "CEA25", "quantity": "50", "year": "2024", "due_t": "100"}, "[R]"),
        ("allocate", {"instrument": "CEA27", "quantity": "5"}, "CEA27"),
        (
            "retire",
            {"instrument": "GEC-yong", "serials": "yong:1-5", "purpose": "scope2", "beneficiary": "x", "year": "2026"},
            "yong:1-5",
        ),
        ("buy", {"instrument": "GEC-yong", "way": "otc", "amount": "1", "serials": "yong:60-55"}, "yong:60-55"),
        ("sell", {"instrument": "CEA25", "way": "listed", "quantity": "1.5", "price": "97"}, "1.5"),
    ],
)
def test_what_is_refused_says_why_and_what_was_typed_stays(book, kind, given, says):
    """Above holdings, vintage of a later year, of the future, a claim twice, reversed numbers, half a tonne."""
    before = models.Proposal.objects.of(book.organisation).count()
    waits = book.proposal.pk
    services.reject(book.people[Role.APPROVER], waits, "clears the way")
    answer = book.client(Role.MANAGER).post(
        book.url(f"assets/new/?kind={kind}"),
        {"day": "2026-10-10", "account": "yong-A", "note": "typed by hand", **given},
    )
    assert answer.status_code == 422
    assert says in text(answer)
    assert "typed by hand" in text(answer)
    assert models.Proposal.objects.of(book.organisation).count() == before


def test_a_posting_shows_its_legs_its_money_and_its_proof(book):
    row = models.Posting.objects.of(book.organisation).get(number=2)
    client = book.client(Role.VIEWER)
    shown = text(client.get(book.url(f"assets/postings/{row.pk}/")))
    for each in ("YONG:1–50", "250.00", "price:yong power", "in the log within a minute", 'hx-select="#proof"'):
        assert each in shown, each
    waits = client.get(book.url(f"assets/postings/{row.pk}/proof/?what=proof"))
    assert waits.status_code == 302
    sequence(book.organisation)
    shown = text(client.get(book.url(f"assets/postings/{row.pk}/")))
    assert "ledger entry" in shown and 'hx-select="#proof"' not in shown  # it asks again until it is there
    proof = client.get(book.url(f"assets/postings/{row.pk}/proof/?what=proof"))
    assert proof.content.startswith(b"c2sp.org/tlog-proof@v1")
    assert b'"act":"buy"' in client.get(book.url(f"assets/postings/{row.pk}/proof/")).content


def test_a_mistake_is_reversed_with_a_reason_and_what_is_final_is_not(book):
    client = book.client(Role.MANAGER)
    first = book.posting.pk
    assert client.post(book.url(f"assets/postings/{first}/reverse/"), {"reason": " "}).status_code == 422
    answer = client.post(book.url(f"assets/postings/{first}/reverse/"), {"reason": "entered twice"})
    assert answer.status_code == 302
    book.client(Role.APPROVER).post(f"{answer['Location']}decide/", {"verdict": "approve"})
    assert "reversed by #4" in text(client.get(book.url(f"assets/postings/{first}/")))
    retired = models.Posting.objects.of(book.organisation).get(kind="retire")
    page = text(client.get(book.url(f"assets/postings/{retired.pk}/")))
    assert "Propose the reversal" not in page
    refused = client.post(book.url(f"assets/postings/{retired.pk}/reverse/"), {"reason": "no"})
    assert refused.status_code == 422


CONFIRMATIONS = """成交编号,成交日期,买卖方向,交易账户,标的代码,成交数量(吨),成交价(元/吨),交易方式,手续费
T-1,2026/10/12,买入,yong-A,CEA25,2000,97.40,挂牌协议,194.80
T-2,2026/10/13,卖出,yong-A,CEA25,500,98.10,挂牌协议,49.05
"""


def sent(client, book, what, data, name="file.csv", **more):
    return client.post(
        book.url("assets/import/"), {"what": what, "file": SimpleUploadedFile(name, data.encode()), **more}
    )


def test_confirmations_are_imported_once_and_wait(book):
    client = book.client(Role.MANAGER)
    first = sent(client, book, "trades", CONFIRMATIONS)
    assert first.status_code == 302, re.findall(r"(?s)as-wrong.*?</div>", text(first))
    assert services.waiting(book.organisation) == 3
    assert sent(client, book, "trades", CONFIRMATIONS).status_code == 302
    assert services.waiting(book.organisation) == 3
    queue = text(book.client(Role.APPROVER).get(book.url("assets/queue/")))
    assert "file.csv" in queue
    broken = sent(client, book, "trades", CONFIRMATIONS.replace("T-2,2026/10/13", "T-3,someday"))
    assert broken.status_code == 422
    assert "row 3" in text(broken)
    assert services.waiting(book.organisation) == 3


def test_a_registry_statement_leaves_breaks_that_somebody_closes(book):
    client = book.client(Role.MANAGER)
    answer = sent(
        client, book, "statement", "品种,可用数量,冻结数量\nCEA25,990,10\n", account="yong-A", day="2026-10-09"
    )
    assert answer.status_code == 302
    found = models.Break.objects.of(book.organisation).filter(statement__day=date(2026, 10, 9), code="CEA25")
    assert sorted((each.kind, each.ours, each.theirs) for each in found) == [("frozen", 0, 10), ("quantity", 1000, 990)]
    page = text(client.get(book.url("assets/reconciliation/")))
    assert "+10" in page
    one = found.first()
    empty = client.post(book.url(f"assets/breaks/{one.pk}/close/"), {"reason": " "})
    assert empty.status_code == 422
    assert (
        client.post(book.url(f"assets/breaks/{one.pk}/close/"), {"reason": "pledge entered a day late"}).status_code
        == 302
    )
    assert models.Closing.objects.of(book.organisation).get(broken=one).reason == "pledge entered a day late"
    assert "pledge entered a day late" in text(client.get(book.url("assets/reconciliation/?state=all")))
    missing = sent(client, book, "statement", "品种,可用数量\nCEA25,1\n")
    assert missing.status_code == 422
    assert "A statement needs it." in text(missing)


def test_quotes_are_taken_in_and_value_the_position(book):
    client = book.client(Role.MANAGER)
    assert sent(client, book, "quotes", "交易日期,收盘价\n2026-10-09,98.00\n").status_code == 302
    assert "98.00" in text(client.get(book.url("assets/quotes/")))
    differs = sent(client, book, "quotes", "交易日期,收盘价\n2026-10-09,99.00\n")
    assert differs.status_code == 422
    assert sent(client, book, "quotes", "交易日期,收盘价\n2026-10-09,99.00\n", correct="on").status_code == 302
    rows = client.get(book.url("assets/results/?format=csv")).content.decode("utf-8-sig")
    cea = next(row for row in csv.DictReader(io.StringIO(rows)) if row["instrument"] == "CEA25")
    assert cea["value_cny"] == "99000.00"


def test_results_by_both_methods_are_as_worked_by_hand(book):
    """1,000 t at 0, then 100 t for 9,000.00: average cost of 550 sold = 9,000 x 550/1,100 = 4,500.00; first in first out = 0."""
    post(book, "buy", account="yong-A", instrument="CEA25", quantity=100, price="90.00", way="otc")
    post(book, "sell", account="yong-A", instrument="CEA25", quantity=550, price="100.00", way="otc", day="2026-10-09")
    client = book.client(Role.VIEWER)
    for method, cost, result in (("average", "4500.00", "50500.00"), ("fifo", "0.00", "55000.00")):
        told = client.get(book.url(f"assets/results/?method={method}&table=results&format=csv")).content.decode(
            "utf-8-sig"
        )
        sold = next(row for row in csv.DictReader(io.StringIO(told)) if row["use"] == "sale")
        assert (sold["cost_cny"], sold["result_cny"]) == (cost, result)


def test_certificates_and_their_claims(book):
    page = text(book.client(Role.VIEWER).get(book.url("assets/certificates/")))
    for each in ("2028-02-29", "YONG:1–20", "yong power"):
        assert each in page, each


def test_the_statement_of_an_account_adds_up(book):
    told = book.client(Role.VIEWER).get(
        book.url(f"assets/accounts/{book.book_account.pk}/?first=2026-10-01&last=2026-10-31&format=csv")
    )
    rows = list(csv.DictReader(io.StringIO(told.content.decode("utf-8-sig"))))
    changes = sum(int(row["change"]) for row in rows if row["change"] and row["instrument"] == "GEC-yong")
    assert (
        changes
        == int(next(row["after"] for row in rows if row["kind"] == "closing" and row["instrument"] == "GEC-yong"))
        == 30
    )


def test_roles(book):
    viewer, contributor, approver = (book.client(role) for role in (Role.VIEWER, Role.CONTRIBUTOR, Role.APPROVER))
    assert contributor.get(book.url("assets/")).status_code == 403
    for client in (viewer, approver):
        assert client.get(book.url("assets/")).status_code == 200
        assert client.get(book.url("assets/new/")).status_code == 403
        assert client.post(book.url("assets/accounts/"), {"key": "Z", "entity": "z"}).status_code == 403
    assert viewer.post(book.url(f"assets/queue/{book.proposal.pk}/decide/"), {"verdict": "approve"}).status_code == 403


def test_the_pages_speak_the_language_of_the_regulation(book):
    client = book.client(Role.MANAGER)
    client.cookies["django_language"] = "zh-hans"
    shown = "".join(text(client.get(book.url(page))) for page in (*PAGES, "assets/new/"))
    for word in (
        "持仓",
        "冻结",
        "碳质押",
        "借碳",
        "碳回购",
        "清缴",
        "注销",
        "结转",
        "登记",
        "对账",
        "绿证",
        "审批",
        "国家核证自愿减排量",
        "CCER",
        "CEA25",
    ):
        assert word in shown, word


def test_the_invented_group_is_whole_and_marked(company):
    """Eight entities; what was approved comes to what is shown; one break is open; every page is full."""
    demo.make(company.people[Role.OWNER], company.people[Role.APPROVER])
    of = company.organisation
    assert models.Account.objects.of(of).values("entity").distinct().count() == 8
    records = models.Posting.objects.of(of).order_by("number").values_list("record", flat=True)
    found = replay(list(records))
    assert found.broken == []
    assert found.balances == {(each.account, each.code, each.place): each.quantity for each in services.balances(of)}
    assert found.balances["P1", "CEA25", "frozen"] == 40_000
    assert models.Break.objects.of(of).filter(closing=None).count() == 1
    assert services.waiting(of) == 3
    client = company.client(Role.VIEWER)
    for page in PAGES:
        assert "ht-empty" not in text(client.get(company.url(page))), page
    shown = client.get(
        company.url("assets/?year=2025&entity=" + demo.ENTITIES[0][1].replace(" ", "+") + "&format=csv")
    ).content.decode("utf-8-sig")
    usable = {(row["instrument"], row["source"]): row["usable"] for row in csv.DictReader(io.StringIO(shown))}
    assert (usable["CEA25", "own allocation"], usable["CEA25", "carried over"], usable["CEA24", "own allocation"]) == (
        "972400",
        "61600",
        "0",
    )
