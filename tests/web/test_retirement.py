"""The statement of a retirement: what a customer gets, and checks offline. Units are booked as people do it, by forms and files."""

import re

import pytest

from hengtan.connectors.table import read_table
from hengtan.evidence import verify
from hengtan.market.book.decide import Account
from hengtan.market.book.template import events_of, templates
from hengtan.web.assets import models, services
from hengtan.web.organisations.roles import Role
from hengtan.web.reporting.models import RetirementPaper
from hengtan.web.vault.services import sequence, vkey

from .booked import post


@pytest.fixture
def book(company):
    for key, entity, registry in (
        ("V", "Yong River Works", "Verra"),
        ("B", "Yong Beijing", "BEA"),
        ("H", "Yong Shanghai", "SHEA"),
    ):
        services.open_account(company.people[Role.MANAGER], Account(key, entity, registry, f"{key}-1"))
    return company


def approved(book, proposal):
    return services.approve(book.people[Role.APPROVER], proposal)


def entered(book, **given):
    """By the form, as somebody types it; approved by another."""
    client = book.client(Role.MANAGER)
    answer = client.post(
        book.url(f"assets/new/?kind={given['kind']}"),
        {"step": "propose", "token": given.get("reference", given["kind"]), **given},
    )
    assert answer.status_code == 302, re.findall(r'class="[^"]*err[^"]*"[^>]*>([^<]*)<', answer.content.decode())
    return approved(book, models.Proposal.objects.of(book.organisation).order_by("pk").last().pk)


VCS = {"kind": "buy", "day": "2026-09-01", "account": "V", "instrument": "VCS-1234", "instrument_kind": "voluntary", "market": "VCS", "project": "VCS 1234 wind",
       "vintage": "2023", "way": "otc", "amount": "5000.00", "serials": "VCS-VCU-1234:1001-1500"}  # fmt: skip


def retired(book):
    post(book, **{"by": Role.MANAGER, **VCS})
    return post(
        book, "retire", day="2026-09-02", account="V", instrument="VCS-1234", serials="VCS-VCU-1234:1101-1200", purpose="offset",
        beneficiary="Customer & Sons", year=2025, reference="Verra 77-1",
    )  # fmt: skip


def test_a_statement_is_issued_once_and_verified_offline_by_the_customer(book, tmp_path):
    posting = retired(book)
    sequence(book.organisation)
    row = models.Posting.objects.of(book.organisation).get(number=posting.number)
    client, at = book.client(Role.MANAGER), book.url(f"assets/postings/{row.pk}/retirement/")
    assert "Issue the statement" in client.get(at).content.decode()
    for _ in range(2):
        assert client.post(f"{at}issue/").status_code == 302
    assert RetirementPaper.objects.of(book.organisation).filter(posting=posting.number).count() == 4
    sequence(book.organisation)
    for form, language in (("pdf", "zh"), ("pdf", "en"), ("html", "zh"), ("html", "en")):
        asked = f"{at}file/?form={form}&lang={language}"
        data, proof = b"".join(client.get(asked).streaming_content), client.get(f"{asked}&what=proof").content
        file = tmp_path / f"statement-{language}.{form}"
        file.write_bytes(data)
        file.with_name(f"{file.name}.tlog-proof").write_bytes(proof)
        report = verify(file, vkey=vkey(book.organisation))
        assert report.ok, report
        file.write_bytes(data.replace(b"1101", b"1102") if form == "html" else data + b" ")
        assert not verify(file, vkey=vkey(book.organisation)).ok


def test_it_says_numbers_beneficiary_purpose_day_and_what_proves_it_in_both_languages(book):
    posting = retired(book)
    sequence(book.organisation)
    row = models.Posting.objects.of(book.organisation).get(number=posting.number)
    client, at = book.client(Role.MANAGER), book.url(f"assets/postings/{row.pk}/retirement/")
    client.post(f"{at}issue/")
    logged = models.Logged.objects.of(book.organisation).get(posting=posting.number)
    for language, words in (
        ("en", ("offsetting of emissions", "Both ends of a range", "its book", "VCS 1234 wind")),
        ("zh", ("注销证明", "抵销排放", "受益人", "编号区间含首尾")),
    ):
        text = b"".join(client.get(f"{at}file/?form=html&lang={language}").streaming_content).decode()
        for told in (
            "VCS-VCU-1234",
            "1101",
            "1200",
            "100 t",
            "Customer &amp; Sons",
            "2026-09-02",
            "Verra 77-1",
            logged.event.commitment,
            *(w for w in words if w != "its book"),
        ):
            assert told in text, (language, told)


def test_nothing_is_issued_before_the_posting_is_in_the_ledger_and_nothing_for_what_retired_nothing(book):
    posting = retired(book)
    row = models.Posting.objects.of(book.organisation).get(number=posting.number)
    client = book.client(Role.MANAGER)
    client.post(book.url(f"assets/postings/{row.pk}/retirement/issue/"))
    assert not RetirementPaper.objects.of(book.organisation).filter(posting=posting.number).exists()
    bought = models.Posting.objects.of(book.organisation).get(number=posting.number - 1)
    answer = client.get(book.url(f"assets/postings/{bought.pk}/retirement/"))
    assert answer["Location"].endswith(f"/assets/postings/{bought.pk}/")
    assert book.client(Role.VIEWER).post(book.url(f"assets/postings/{row.pk}/retirement/issue/")).status_code in (
        403,
        404,
    )


def test_pilot_allowances_of_two_cities_are_kept_apart_by_form_and_sold(book):
    for account, city, market in (("B", "BEA25", "BEA"), ("H", "SHEA25", "SHEA")):
        given = {
            "kind": "allocate",
            "day": "2026-08-01",
            "account": account,
            "instrument": city,
            "instrument_kind": "pilot",
            "market": market,
            "vintage": "2025",
            "quantity": "1000",
        }
        post(book, **{"by": Role.MANAGER, **given})
    post(
        book,
        "sell",
        day="2026-08-02",
        account="B",
        instrument="BEA25",
        quantity=400,
        way="listed",
        price="110.50",
        reference="B-1",
    )
    held = {(each.code, each.place): each.quantity for each in services.balances(book.organisation)}
    assert held["BEA25", "held"] == 600 and held["SHEA25", "held"] == 1000


def read(template, tmp_path, text):
    file = tmp_path / "file.csv"
    file.write_text(text, "utf-8")
    of = templates()[template]
    events, wrong = events_of(of, read_table(file, file.name, of.headers, of.numbers).rows)
    assert not wrong
    return [event for _row, _key, event in events]


def test_confirmations_of_voluntary_credits_and_pilot_allowances_are_imported(book, tmp_path):
    head = "日期,类型,账户,品种,品种类别,数量,金额,交易方式,成交编号,序列号,项目,市场,配额年度\n"
    credit, pilot = read("trades", tmp_path, head + (
        "2026-09-01,买入,V,GS-77,自愿减排信用,50,500.00,协议,T-1,GS1-77:1-50,GS 77 cookstoves,Gold Standard,2024\n"
        "2026-09-02,买入,B,BEA25,试点配额,200,22000.00,挂牌,T-2,,,BEA,2025\n"
    ))  # fmt: skip
    told = (credit.instrument.kind, credit.instrument.market, credit.instrument.project, credit.instrument.vintage)
    assert told == ("voluntary", "Gold Standard", "GS 77 cookstoves", 2024)
    assert (pilot.instrument.kind, pilot.instrument.market, pilot.instrument.vintage, pilot.amount) == (
        "pilot",
        "BEA",
        2025,
        2_200_000,
    )
    assert services.propose_all(book.people[Role.MANAGER], [(2, "T-1", credit), (3, "T-2", pilot)], "file.csv") == (
        2,
        0,
    )


def test_green_power_comes_by_contract_and_month_with_its_certificates(book, tmp_path):
    services.open_account(book.people[Role.MANAGER], Account("G", "Yong River Works", "GEC", "G-1"))
    head = "结算日期,绿证账户,品种,合同编号,发电企业,结算月,发电省份,用电省份,结算电量,成交价,绿证编号,结算单号\n"
    events = read("green-power", tmp_path, head + (
        "2026-03-12,G,GP-2026-02,PPA-1,Ordos wind,2026-02,CN-15,CN-33,120,432.50,GP02:1-120,S-1\n"
        "2026-04-12,G,GP-2026-03,PPA-1,Ordos wind,2026-03,CN-15,CN-33,80,432.50,GP03:1-80,S-2\n"
    ))  # fmt: skip
    services.propose_all(book.people[Role.MANAGER], [(n, f"S-{n}", each) for n, each in enumerate(events)], "file.csv")
    for row in models.Proposal.objects.of(book.organisation).order_by("pk"):
        approved(book, row.pk)
    post(
        book,
        "retire",
        day="2026-05-01",
        account="G",
        instrument="GP-2026-02",
        quantity=100,
        purpose="scope2",
        beneficiary="Yong River Works",
        year=2026,
    )
    client = book.client(Role.VIEWER)
    page = client.get(book.url("assets/certificates/")).content.decode()
    assert "Green power contracts" in page and "Ordos wind" in page
    table = client.get(book.url("assets/certificates/?format=csv&table=power")).content.decode("utf-8-sig").splitlines()
    assert [line.rpartition(",")[0] for line in table[1:]] == [
        "PPA-1,Ordos wind,2026-03,CN-15,Yong River Works,CN-33,80,432.50,34600.00,0",
        "PPA-1,Ordos wind,2026-02,CN-15,Yong River Works,CN-33,120,432.50,51900.00,100",
    ]
