"""What a hostile person sends to the pages of the book: nothing of it is a fault, and nothing of it is posted."""

import csv
import io
import itertools
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from hengtan.web.assets import models, services
from hengtan.web.assets.forms import OF
from hengtan.web.jobs.worker import run_one
from hengtan.web.organisations.roles import Role

from .booked import opens_a_book, post
from .test_api import Caller, codes
from .test_tenancy import ids, tenant_addresses

HOSTILE = (
    "", " ", "-1", "0", "1e9", "9" * 30, "9" * 5000, "NaN", "-0.001", "１２３", "٣", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "'; DROP TABLE book_lot;--",
    "\x00", "\u202e", "𝔘𝔫𝔦" * 400, "2026-02-30", "0001-01-01", "9999-12-31", "CEA25", "yong-A", "X:5-1", "X:1-99999999999999999999", "a\r\nSet-Cookie: x=1", "{{ 7*7 }}",
)  # fmt: skip
NAMES = sorted({name for fields in OF.values() for name in fields} | {
    "id", "source", "upto", "verdict", "token", "step", "pick", "act", "what", "key", "registry", "number", "back", "page", "state", "first", "last", "symbol", "method",
    "place", "table", "form", "lang", "q", "all", "check",
})  # fmt: skip
WHOLE = {
    "day": "2026-10-09", "account": "yong-A", "to_account": "yong-B", "instrument": "CEA25", "quantity": "1", "amount": "1", "way": "otc", "year": "2025",
}  # fmt: skip
FORMULA = "=cmd|' /C calc'!A0"
HEAD = "成交编号,成交日期,买卖方向,交易账户,标的代码,成交数量(吨),成交价(元/吨),交易方式\n"


@pytest.fixture
def book(company):
    return opens_a_book(company)


def stands(company):
    """What nothing of this may change."""
    kinds = (models.Posting, models.Lot, models.Claim, models.Decision, models.Closing, models.Statement, models.Quote)
    return [kind.objects.of(company.organisation).count() for kind in kinds]


def text(answer):
    return answer.content.decode()


def sent(book, data, name="trades.csv", **more):
    file = SimpleUploadedFile(name, data if isinstance(data, bytes) else data.encode())
    return book.client(Role.MANAGER).post(
        book.url("assets/import/"), {"what": "trades", "account": "yong-A", "day": "2026-10-09", "file": file, **more}
    )


def test_no_page_falls_over_whatever_is_sent_to_it(book):
    """Every address of the book; each time other hostile values in every field that any page reads."""
    client, before, values = book.client(Role.OWNER), stands(book), itertools.cycle(HOSTILE)
    for name, rest in tenant_addresses():
        if not name.startswith("assets"):
            continue
        more = {"pk": ids(book)[name]} if rest else {}
        address = reverse(name, kwargs={"key": book.organisation.key, **more})
        for method in (client.get, client.get, client.post, client.post):
            answer = method(address, {field: next(values) for field in NAMES})
            assert answer.status_code in (200, 302, 404, 422), (name, answer.status_code)
    assert stands(book) == before


@pytest.mark.parametrize("kind", ["buy", "transfer", "release", "surrender", "retire", "carry_over", "charge"])
def test_no_form_falls_over_and_nothing_is_posted(book, kind):
    """A whole event with one hostile value, each value in another field; and the part beside the form."""
    client, before, fields = book.client(Role.MANAGER), stands(book), itertools.cycle(OF[kind])
    for value in HOSTILE:
        given = {**WHOLE, next(fields): value, "token": value}
        assert client.post(book.url(f"assets/new/?kind={kind}"), given).status_code in (200, 302, 422), value[:40]
        assert client.get(book.url("assets/new/beside/"), {**given, "kind": kind}).status_code == 200, value[:40]
    assert stands(book) == before


def test_the_same_form_sent_twice_is_one_event_and_says_so(book):
    client, given = book.client(Role.MANAGER), {**WHOLE, "token": "t1"}
    before = services.waiting(book.organisation)
    first, again = (client.post(book.url("assets/new/?kind=allocate"), given) for _ in range(2))
    assert first["Location"] == again["Location"]
    assert services.waiting(book.organisation) == before + 1
    assert "was sent before" in text(client.get(again["Location"]))


def test_two_who_decide_the_same_proposal_make_one_posting_and_the_second_is_told(book):
    address, before = book.url(f"assets/queue/{book.proposal.pk}/decide/"), stands(book)[0]
    assert book.client(Role.APPROVER).post(address, {"verdict": "approve"}).status_code == 302
    for verdict in ("approve", "reject"):
        late = book.client(Role.OWNER).post(address, {"verdict": verdict, "reason": "x"})
        assert late.status_code == 422
        assert "decided" in text(late)
    assert stands(book)[0] == before + 1
    many = book.client(Role.OWNER).post(
        book.url("assets/queue/decide/"), {"id": book.proposal.pk, "verdict": "approve"}, follow=True
    )
    assert many.status_code == 200
    assert stands(book)[0] == before + 1


def test_numbers_of_another_tenant_in_a_body_decide_and_withdraw_nothing(book, stranger):
    opens_a_book(stranger)
    before = stands(stranger), services.waiting(stranger.organisation)
    client = book.client(Role.OWNER)
    theirs = {"id": stranger.proposal.pk, "source": "form", "upto": "999999"}
    for verdict in ("approve", "reject", ""):
        client.post(book.url("assets/queue/decide/"), {"id": stranger.proposal.pk, "verdict": verdict, "reason": "x"})
    assert "Tick events" in text(client.get(book.url("assets/queue/sums/"), {"id": stranger.proposal.pk}))
    client.post(book.url("assets/queue/decide/"), {**theirs, "verdict": "reject", "reason": "x"})
    assert sent(book, HEAD + "N-1,2026-10-12,买入,maple-A,CEA25,5,97.40,挂牌协议\n").status_code == 422
    assert (stands(stranger), services.waiting(stranger.organisation)) == before


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR, Role.AUDITOR, Role.APPROVER])
def test_who_may_not_propose_sends_no_form_and_no_file(book, role):
    client, before = book.client(role), services.waiting(book.organisation)
    assert client.post(book.url("assets/new/?kind=allocate"), {**WHOLE, "token": "t"}).status_code == 403
    file = SimpleUploadedFile("t.csv", HEAD.encode())
    assert client.post(book.url("assets/import/"), {"what": "trades", "file": file}).status_code == 403
    assert client.post(book.url("assets/internal-price/propose/"), {"year": "2025"}).status_code == 403
    assert services.waiting(book.organisation) == before


@pytest.mark.parametrize("what", ["trades", "quotes", "statement"])
def test_a_bomb_is_refused_before_it_is_opened(book, what):
    """120 MB of nothing in a workbook of some 100 kB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (120 << 20))
    assert out.tell() < 300_000
    answer = sent(book, out.getvalue(), "trades.xlsx", what=what)
    assert answer.status_code == 422
    assert "unpack" in text(answer)


@pytest.mark.parametrize(
    ("rows", "says"), [(20_001, "20,001 rows"), (400_000, "may have 4 MB")], ids=["too many rows", "too many bytes"]
)  # fmt: skip
@pytest.mark.parametrize("what", ["quotes", "statement"])
def test_a_file_that_is_read_while_somebody_waits_has_an_end(book, what, rows, says):
    """Of 2.5 million rows of quotes the page was busy for minutes."""
    head, line = {
        "quotes": ("交易日期,收盘价\n", "2026-10-12,97.80\n"),
        "statement": ("品种,可用数量\n", "CEA25,1000000\n"),
    }[what]
    answer = sent(book, head + line * rows, "q.csv", what=what)
    assert answer.status_code == 422
    assert says in text(answer)


def test_a_file_of_more_than_fifty_megabytes_is_not_kept(book):
    before = models.Intake.objects.of(book.organisation).count()
    answer = sent(book, b"\x00" * ((50 << 20) + 1))
    assert answer.status_code == 422
    assert "may have 50 MB" in text(answer)
    assert models.Intake.objects.of(book.organisation).count() == before


def test_a_formula_in_a_file_or_a_form_is_text_in_every_table(book):
    """A note, a counterparty and a contract that a spreadsheet would calculate."""
    post(
        book,
        "buy",
        account="yong-A",
        instrument="CEA25",
        quantity=5,
        price="97.40",
        way="otc",
        counterparty=FORMULA,
        note=FORMULA,
    )
    post(book, "pledge", account="yong-A", instrument="CEA25", quantity=5, contract="=1+1", counterparty="+1")
    services.open_account(book.people[Role.MANAGER], services.Account("=2+2", "@SUM(A1)", "-1+1", "=3"))
    client, formulas = book.client(Role.MANAGER), 0
    for page in (
        "queue/?state=approved&",
        "postings/?",
        "units/?",
        "accounts/?",
        "reconciliation/?state=all&",
        "?",
        "results/?",
        "import/files/?",
    ):
        for form in ("csv", "tsv", "xlsx"):
            answer = client.get(book.url(f"assets/{page}format={form}"))
            assert answer.status_code == 200, page
            if form == "xlsx":
                cells = [cell for row in openpyxl.load_workbook(io.BytesIO(answer.content)).active for cell in row]
                assert not [cell for cell in cells if cell.data_type == "f"], page
                formulas += sum(str(cell.value).startswith(("=", "@")) for cell in cells)
            else:
                lines = csv.reader(
                    io.StringIO(answer.content.decode("utf-8-sig")), delimiter="\t" if form == "tsv" else ","
                )
                assert not [cell for line in lines for cell in line if cell.startswith(("=", "@", "+"))], page
    assert formulas  # they were there, as text


def test_a_token_that_only_enters_does_not_take_back_what_somebody_else_sent(book):
    caller = Caller(book.people[Role.MANAGER])
    sent(book, HEAD + "N-1,2026-10-12,买入,yong-A,CEA25,5,97.40,挂牌协议\n")
    one = models.Intake.objects.of(book.organisation).first()
    assert one.state == "proposed"
    other = Caller(book.people[Role.OWNER], ["read", "enter"])
    path = f"/assets/files/{one.pk}/withdraw"
    assert codes(other.post(path, {"reason": "not mine"})) == ["call.scope"]
    assert caller.post(path, {"reason": "mine"}).json()["state"] == "withdrawn"


def test_a_job_that_finds_a_file_withdrawn_meanwhile_proposes_nothing(book):
    while run_one() is not None:
        pass
    sent(book, HEAD + "N-1,2026-10-12,买入,yong-A,CEA25,5,97.40,挂牌协议\n")
    one, before = models.Intake.objects.of(book.organisation).first(), services.waiting(book.organisation)
    client, address = book.client(Role.MANAGER), book.url(f"assets/import/{one.pk}/act/")
    for act in ("withdraw", "propose", "withdraw", "propose", "x", ""):
        assert client.post(address, {"act": act}).status_code == 302
    assert services.waiting(book.organisation) == before - 1
