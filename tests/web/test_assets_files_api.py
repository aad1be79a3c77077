"""Programs send files of the book: looked at first, proposed whole or not at all, withdrawn; and fetch the statement of a retirement."""

import pytest

from hengtan.evidence import verify
from hengtan.web.assets import models, services
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.services import sequence, vkey

from .booked import opens_a_book
from .test_api import Caller, codes, worked

HEAD = "成交编号,成交日期,买卖方向,交易账户,标的代码,成交数量(吨),成交价(元/吨),交易方式\n"
ROWS = HEAD + "".join(f"N-{n},2026-10-12,买入,yong-A,CEA25,{n},97.40,挂牌协议\n" for n in (1, 2, 3))
BROKEN = ROWS + "".join(f"M-{n},someday,买入,yong-A,CEA25,5,97.40,挂牌协议\n" for n in range(70))
BINARY = {"kind": "application/octet-stream"}


@pytest.fixture
def book(company):
    made = opens_a_book(company)
    services.reject(made.people[Role.APPROVER], made.proposal.pk, "clears the way")
    return made


@pytest.fixture
def manager(book):
    return Caller(book.people[Role.MANAGER])


def sent(caller, text=ROWS, query="file=trades.csv&what=trades", **more):
    return caller.post(f"/assets/files?{query}", text, **BINARY, **more)


def test_a_file_is_looked_at_confirmed_and_withdrawn(book, manager):
    """1 + 2 + 3 t at 97.40: 584.40."""
    answer = sent(manager)
    assert (answer.status_code, answer.json()["next"]) == (202, "job"), answer.content
    path = f"/assets/files/{answer.json()['id']}"
    assert codes(manager.post(f"{path}/propose")) == ["call.refused"]  # nobody has looked at it yet
    worked()
    told = manager.get(path).json()
    assert (told["next"], told["rows"], told["refused"], len(told["preview"])) == ("propose", 3, 0, 3)
    assert told["sums"] == [{"kind": "buy", "instrument": "CEA25", "events": 3, "units": 6, "cny": "584.40"}]
    assert services.waiting(book.organisation) == 0
    assert codes(manager.post(f"{path}/withdraw", {"reason": "no"})) == ["call.refused"]
    assert manager.post(f"{path}/propose").status_code == 202
    assert manager.post(f"{path}/propose").json()["next"] == "job"  # asked again meanwhile: no second job
    worked()
    told = manager.post(f"{path}/propose").json()
    assert (told["next"], told["new"], told["known"]) == ("decision", 3, 0)
    assert services.waiting(book.organisation) == 3
    assert codes(manager.post(f"{path}/withdraw", {"reason": " "})) == ["book.reason-missing"]
    back = manager.post(f"{path}/withdraw", {"reason": "sent too early"})
    assert (back.status_code, back.json()["state"], back.json()["next"]) == (200, "withdrawn", "")
    assert services.waiting(book.organisation) == 0
    assert codes(manager.post(f"{path}/propose")) == ["call.refused"]
    assert models.Decision.objects.of(book.organisation).latest("pk").reason == "sent too early"


def test_what_somebody_decided_is_not_withdrawn(book, manager):
    path = f"/assets/files/{sent(manager).json()['id']}"
    worked()
    manager.post(f"{path}/propose")
    worked()
    first = models.Proposal.objects.of(book.organisation).filter(decision=None).first()
    services.approve(book.people[Role.APPROVER], first.pk)
    assert codes(manager.post(f"{path}/withdraw", {"reason": "late"})) == ["call.refused"]
    assert services.waiting(book.organisation) == 2


def test_refused_rows_are_told_with_their_places_and_nothing_is_proposed(book, manager):
    path = f"/assets/files/{sent(manager, BROKEN).json()['id']}"
    worked()
    told = manager.get(path).json()
    assert (told["next"], told["refused"], len(told["problems"])) == ("mend", 70, 60)
    assert "row 5" in told["problems"][0]["place"] and told["problems"][0]["mend"]
    refused = manager.post(f"{path}/propose")
    assert (refused.status_code, codes(refused)[0]) == (422, told["problems"][0]["code"])
    seen, cursor = [], ""
    while cursor is not None:
        part = manager.get(f"{path}/refused?limit=30&cursor={cursor}").json()
        seen += [each["place"] for each in part["items"]]
        cursor = part["next"]
    assert len(seen) == len(set(seen)) == 70
    assert services.waiting(book.organisation) == 0


def test_a_call_with_a_key_makes_one_file_however_often_it_is_sent(book, manager):
    key = {"Idempotency-Key": "file-1"}
    first, again = sent(manager, headers=key), sent(manager, headers=key)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert codes(sent(manager, ROWS + " ", headers=key)) == ["call.key-reused"]
    mine = models.Intake.objects.of(book.organisation).filter(name="trades.csv")
    assert mine.count() == 1
    items = manager.get("/assets/files?limit=500").json()["items"]
    assert [each["name"] for each in items] == ["yong trades.csv", "trades.csv"]
    assert all(each["preview"] == [] for each in items)


@pytest.mark.parametrize(
    "body", [b"", b"\x00\xff" * 50, b"PK\x03\x04 no workbook", "一,二\n三,四\n".encode()], ids=["empty", "bytes", "no workbook", "no header"]
)  # fmt: skip
def test_what_is_no_such_table_waits_to_be_mended(manager, body):
    path = f"/assets/files/{sent(manager, body, 'file=a.xlsx').json()['id']}"
    worked()
    told = manager.get(path).json()
    assert (told["next"], told["rows"]) == ("mend", 0) and told["problems"][0]["reason"], told


@pytest.mark.parametrize("query", ["", "file=", "file=a.csv&what=quotes", "file=a%00.csv", "file=a.csv&what=x"])
def test_a_file_without_name_or_of_no_kind_is_refused(book, manager, query):
    assert sent(manager, ROWS, query).status_code == 422
    assert models.Intake.objects.of(book.organisation).count() == 1


def test_statements_and_quotes_come_as_files(book, manager):
    quotes = "交易日期,收盘价\n2026-10-12,97.80\n2026-10-13,98.00\n"
    assert manager.post("/assets/quotes/file?file=q.csv", quotes, **BINARY).json() == {"new": 2, "known": 0}
    assert manager.post("/assets/quotes/file?file=q.csv", quotes, **BINARY).json() == {"new": 0, "known": 2}
    other = quotes.replace("98.00", "98.10")
    assert codes(manager.post("/assets/quotes/file?file=q.csv", other, **BINARY)) == ["book.quote-differs"]
    corrected = manager.post("/assets/quotes/file?file=q.csv&correct=true", other, **BINARY).json()
    assert corrected == {"new": 1, "known": 1}
    lines = "品种,可用数量,冻结数量\nCEA25,999,0\nGEC-yong,30,0\n"
    at = "/assets/statements/file?account=yong-A&day=2026-10-12&file=s.csv"
    stated = manager.post(at, lines, **BINARY)
    assert (stated.status_code, stated.json()["breaks"], stated.json()["new"]) == (201, 1, True), stated.content
    assert manager.post(at, lines, **BINARY).json()["new"] is False
    wrong = manager.post(at, lines.replace("999", "many"), **BINARY)
    assert (wrong.status_code, "row 2" in wrong.json()["problems"][0]["place"]) == (422, True), wrong.content
    unknown = manager.post(at.replace("yong-A", "nobody"), lines, **BINARY)
    assert unknown.status_code == 422 and codes(unknown)[0].startswith("book.")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR, Role.APPROVER, Role.AUDITOR])
def test_who_may_not_enter_sends_proposes_and_withdraws_nothing(book, manager, role):
    path = f"/assets/files/{sent(manager).json()['id']}"
    worked()
    caller = Caller(book.people[role])
    assert codes(sent(caller)) == ["call.role"]
    assert codes(caller.post(f"{path}/propose")) == ["call.role"]
    assert codes(caller.post(f"{path}/withdraw", {"reason": "x"})) == ["call.role"]
    assert codes(caller.post("/assets/quotes/file?file=q.csv", "x", **BINARY)) == ["call.role"]
    assert codes(sent(Caller(book.people[Role.MANAGER], ["read"]))) == ["call.scope"]
    assert services.waiting(book.organisation) == 0


def test_the_statement_of_a_retirement_is_issued_listed_and_verified_offline(book, manager, tmp_path):
    """20 MWh for scope 2 of yong power in 2026."""
    row = models.Posting.objects.of(book.organisation).get(kind="retire")
    at = f"/assets/postings/{row.pk}/retirement"
    told = manager.get(at).json()
    assert (told["quantity"], told["beneficiary"], told["year"], told["files"]) == (20, "yong power", 2026, [])
    assert codes(manager.post(at)) == ["call.refused"]  # not in the ledger yet
    sequence(book.organisation)
    assert codes(Caller(book.people[Role.VIEWER]).post(at)) == ["call.role"]
    key = {"Idempotency-Key": "issue"}
    issued = manager.post(at, headers=key)
    assert issued.status_code == 200, issued.content
    assert manager.post(at, headers=key).json() == issued.json() == manager.post(at).json()
    assert {(each["format"], each["lang"]) for each in issued.json()["files"]} == {
        (form, lang) for form in ("pdf", "html") for lang in ("zh", "en")
    }
    (name, *_others) = [each["name"] for each in issued.json()["files"] if each["format"] == "pdf"]
    assert manager.get(f"{at}/files/{name}.tlog-proof").status_code == 404
    sequence(book.organisation)
    assert all(each["ledger_index"] is not None for each in manager.get(at).json()["files"])
    file = tmp_path / name
    file.write_bytes(b"".join(manager.get(f"{at}/files/{name}").streaming_content))
    file.with_name(f"{name}.tlog-proof").write_bytes(manager.get(f"{at}/files/{name}.tlog-proof").content)
    assert verify(file, vkey=vkey(book.organisation)).ok
    assert manager.get(f"{at}/files/other.pdf").status_code == 404
    allocated = models.Posting.objects.of(book.organisation).get(kind="allocate")
    for answer in (
        manager.get(f"/assets/postings/{allocated.pk}/retirement"),
        manager.post(f"/assets/postings/{allocated.pk}/retirement"),
    ):
        assert answer.status_code == 404
