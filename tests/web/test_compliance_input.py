"""The input of a compliance plan in the browser: out of the book, field by field, from a workbook; what was typed stays, and is mended at its field."""

import io
import json
import re
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from golden.calculating import EXAMPLES
from hengtan.market.compliance import case_of
from hengtan.web.assets import services as assets
from hengtan.web.compliance import begin, services
from hengtan.web.compliance.forms import QUOTES, given_of
from hengtan.web.compliance.models import CompliancePlan
from hengtan.web.organisations.roles import Role
from hengtan.web.statements.models import State, Statement

from .booked import opens_a_book, post
from .company import Company
from .test_api import Caller

ONE, GROUP = (json.loads((EXAMPLES / f"comply/{name}.json").read_text("utf-8")) for name in ("yongjiang", "group"))
TODAY = date(2026, 11, 20)
INPUT = re.compile(r'<input type="(?:text|date|hidden)" name="([^"]+)"(?: id="[^"]*")? value="([^"]*)"')
SELECT = re.compile(r'<select name="([^"]+)".*?</select>', re.S)
CHOSEN = re.compile(r'<option value="([^"]*)" selected')
QUOTED = re.compile(r'<textarea name="quotes.text".*?>(.*?)</textarea>', re.S)


def fields(answer):
    """What a browser would send of the page's form."""
    from html import unescape

    page = answer.content.decode()
    page = page[page.index('id="cp-form"') : page.index("</form>", page.index('id="cp-form"'))]
    found = {name: unescape(value) for name, value in INPUT.findall(page) if name != "csrfmiddlewaretoken"}
    for match in SELECT.finditer(page):
        chosen = CHOSEN.search(match[0])
        found[match[1]] = unescape(chosen[1]) if chosen else ""
    found[QUOTES] = unescape(QUOTED.search(page)[1])
    return found


def named(told, value):
    """The field of the form that holds a value."""
    return next(name for name, text in told.items() if text.replace(",", "") == value)


@pytest.fixture
def client(company):
    return company.client(Role.MANAGER)


@pytest.fixture
def address(company):
    return company.url("compliance/new/")


def the_plan(company):
    return CompliancePlan.objects.of(company.organisation).exclude(pk=company.compliance_plan.pk).get()


# --- field by field


@pytest.mark.parametrize("value", [ONE, GROUP], ids=["one", "group"])
def test_an_input_goes_through_the_form_and_comes_out_as_it_was(company, client, address, value):
    made = services.make(company.people[Role.MANAGER], json.dumps(value))
    page = client.get(f"{address}?from={made.pk}")
    answer = client.post(address, fields(page))
    assert answer.status_code == 302, re.findall(r"cpi-wrong.*?</ul>", answer.content.decode(), re.S)
    other = CompliancePlan.objects.of(company.organisation).latest("pk")
    assert other.pk != made.pk
    assert case_of(json.loads(services.given_of(other))) == case_of(value)


def test_a_plan_is_made_from_an_empty_form_by_hand(company, client, address):
    told = fields(client.get(f"{address}?begin=empty"))
    told |= {"general.0.as_of": "2026-11-20", "general.0.years": "2025", "general.0.title": "手工填写"}
    told |= {"entities.0.id": "A1", "entities.0.name": "甬江热电", "entities.0.sector": "power"}
    told = fields(client.post(address, told | {"do": "years"}))
    told = fields(client.post(address, told | {"do": "add:holdings:0:CEA"}))
    told = fields(client.post(address, told | {"do": "add:offers:CEA"}))
    assert told["entities.0.name"] == "甬江热电"
    told |= {"emissions.0.verified_t": "1,000", "holdings.0.id": "自有", "holdings.0.t": "940", "holdings.0.vintage": "CEA25", "holdings.0.origin": "allocated"}  # fmt: skip
    told |= {"offers.0.id": "现货", "offers.0.price": "97.4", "offers.0.delivered": "2026-11-20", "offers.0.vintage": "2025"}  # fmt: skip
    assert client.post(address, told | {"plan": "1"}).status_code == 302
    given = json.loads(services.given_of(CompliancePlan.objects.of(company.organisation).latest("pk")))
    assert given["entities"][0] == {
        "id": "A1", "name": "甬江热电", "sector": "power", "emissions": [{"year": 2025, "verified_t": 1000}],
        "holdings": [{"id": "自有", "kind": "CEA", "t": 940, "vintage": 2025, "origin": "allocated"}],
    }  # fmt: skip
    assert given["offers"][0]["price_cny_t"] == "97.40"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "«many» cannot stand here. Give whole tonnes"), ("zh-hans", "此处不能填“many”。请填写：0 至 1,000,000,000 的整数吨")],
)  # fmt: skip
def test_a_refused_field_says_why_at_the_field_and_nothing_typed_is_lost(company, client, address, language, words):
    user = company.people[Role.MANAGER].user
    user.language = language
    user.save()
    made = services.make(company.people[Role.MANAGER], json.dumps(ONE))
    told = fields(client.get(f"{address}?from={made.pk}"))
    held = named(told, "1012400")
    told |= {held: "many", "general.0.title": "改过的名称 <b>", "offers.0.price": ""}
    answer = client.post(address, told)
    assert answer.status_code == 422
    page = answer.content.decode()
    at = page.index(f'name="{held}"')
    assert words in page[at : page.index("</ul>", at)]
    assert 'aria-invalid="true"' in page[at : page.index(">", at)]
    assert fields(answer) == told
    assert CompliancePlan.objects.of(company.organisation).count() == 2


def test_a_rule_that_joins_fields_is_told_at_one_of_them(company, client, address):
    made = services.make(company.people[Role.MANAGER], json.dumps(GROUP))
    told = fields(client.get(f"{address}?from={made.pk}"))
    told |= {"scenarios.0.probability": "0.3"}
    page = client.post(address, told).content.decode()
    assert "add up to 1.05, not to 1" in page
    assert re.search(r'class="n badc">1\.05<', page)
    told |= {"scenarios.0.probability": "25%", named(told, "2410500"): ""}
    page = client.post(address, told).content.decode()
    assert "There are no emissions. Give them verified, as a forecast, or by month." in page


def test_rows_come_and_go_without_touching_the_others(company, client, address):
    made = services.make(company.people[Role.MANAGER], json.dumps(GROUP))
    told = fields(client.get(f"{address}?from={made.pk}"))
    more = fields(client.post(address, told | {"do": "add:holdings:1:CCER"}))
    assert {name: text for name, text in more.items() if text} == {
        name: text for name, text in told.items() if text
    } | {name: more[name] for name in more if name not in told and more[name]}
    less = fields(client.post(address, told | {"do": "remove:entities:0"}))
    given = services.make(company.people[Role.MANAGER], json.dumps(GROUP | {"entities": GROUP["entities"][1:]}))
    wanted = fields(client.get(f"{address}?from={given.pk}"))
    assert sorted(text for text in less.values() if len(text) > 3) == sorted(
        text for text in wanted.values() if len(text) > 3
    )
    by_month = fields(client.post(address, wanted | {"do": "months:0:2025"}))
    assert "months.0.m1" in by_month


def test_a_group_of_sixty_entities_by_month_is_not_more_than_a_form_takes(company, client, address):
    entity = GROUP["entities"][0]
    many = [entity | {"id": f"E{at}", "name": f"单位 {at}"} for at in range(60)]
    made = services.make(company.people[Role.MANAGER], json.dumps(GROUP | {"entities": many}))
    told = fields(client.get(f"{address}?from={made.pk}"))
    assert len(told) > 4000
    answer = client.post(address, told | {"do": "add:entities"})
    assert answer.status_code == 200
    assert "entities.60.name" in fields(answer)
    more = services.make(company.people[Role.MANAGER], json.dumps(GROUP | {"entities": [*many, *({**each, "id": f"x{each['id']}", "name": f"x{each['name']}"} for each in many), entity]}))  # fmt: skip
    assert "at most 120 entities" in client.get(f"{address}?from={more.pk}").content.decode()


def test_a_year_more_asks_for_its_emissions_and_a_year_less_keeps_what_was_typed():
    draft = given_of(ONE)
    draft.rows["general"][0]["years"] = "2025 2026"
    from hengtan.web.compliance.forms import done

    assert [row["year"] for row in done(draft, "years").rows["emissions"]] == ["2025", "2026"]
    draft.rows["emissions"][1]["expected_t"] = "5"
    draft.rows["general"][0]["years"] = "2025"
    assert [row["year"] for row in done(draft, "years").rows["emissions"]] == ["2025", "2026"]


@pytest.mark.parametrize(
    "act",
    ["add:nothing", "add:holdings:99:CEA", "add:holdings", "remove:holdings:99999", "remove:general:0", "remove:holdings:-1", "months:0:1900", "months:x", "add:", ":", "x" * 5000],
)  # fmt: skip
def test_an_act_that_cannot_be_changes_nothing(company, client, address, act):
    told = fields(client.get(f"{address}?begin=empty"))
    answer = client.post(address, told | {"do": act})
    assert answer.status_code == 200
    assert fields(answer) == told


def test_names_of_fields_that_are_none_of_ours_are_left_out(company, client, address):
    told = fields(client.get(f"{address}?begin=empty"))
    hostile = {
        "holdings.0.@entity": "99", "holdings.1.@entity": "²", "entities.99999.name": "远", "x.0.y": "z", "prices.0.@entity": "-1", "general.0.@from.title": "book|<script>|",
        "emissions.0.@from": "quote|%(name)s|", QUOTES: "a b c d e\n" * 3 + "\x00",
    }  # fmt: skip
    answer = client.post(address, told | hostile)
    assert answer.status_code == 422
    assert "<script>|" not in answer.content.decode()


# --- out of the book


@pytest.fixture
def booked(company):
    opens_a_book(company)
    mark, manager = company.mark, company.people[Role.MANAGER]
    account = f"{mark}-A"
    post(company, "pledge", account=account, instrument="CEA25", quantity=300, contract=f"{mark}-P", counterparty="银行", due="2026-12-15")  # fmt: skip
    credit = {"instrument": f"CCER-{mark}", "instrument_kind": "ccer", "project": "P", "methodology": "M", "registered_on": "2025-06-18"}  # fmt: skip
    post(company, "buy", account=account, serials=f"{mark}-C:1-40", way="otc", amount="3600.00", **credit)
    company.allocation.entities = [{"entity": f"{mark} power", "verified": "1200", "final": "1100", "to_buy": "100"}]
    company.allocation.year = 2025
    company.allocation.save()
    Statement.objects.create(
        organisation=company.organisation, name=f"{mark} heat", method="cn-cement-2024", year=2025, created_by=manager.user, state=State.APPROVED,
        record={"by_entity": [{"t_co2e": "777.5"}]}, decided_by=company.people[Role.APPROVER].user,
    )  # fmt: skip
    return company


def begun(company, years=(2025,)):
    return begin.begun(
        sources := begin.Sources(company.people[Role.MANAGER], TODAY), list(years), list(sources.entities)
    )


def test_the_book_fills_holdings_pledges_quotes_and_offers_and_says_so(booked):
    mark, made = booked.mark, begun(booked)
    power, heat = (
        next(each for each in made.value["entities"] if each["name"] == f"{mark} {name}") for name in ("power", "heat")
    )
    assert power["emissions"] == [{"year": 2025, "verified_t": 1200}]  # the allocation
    assert (heat["emissions"], heat["sector"]) == ([{"year": 2025, "verified_t": 778}], "cement")  # the statement
    assert {(each["id"], each["t"], each.get("pledge", {}).get("free_on")) for each in power["holdings"]} == {
        ("CEA25 allocated", 700, None), (f"CEA25 allocated {mark}-P", 300, "2026-12-15"), (f"CCER-{mark}", 40, None),
    }  # fmt: skip
    assert "inside_market" not in next(each for each in power["holdings"] if each["kind"] == "CCER")  # nobody said it
    assert power["allocations"] == [
        {"year": 2025, "t": 100}
    ]  # 1,100 of the allocation, 1,000 in the book; no day is known
    (offer,) = made.value["offers"]
    assert (offer["price_cny_t"], offer["vintage"]) == ("97.40", 2025)
    assert made.said["/offers/0"].sentence() == "close of CEA on 2026-10-08 in the book, without fees: add yours"
    assert made.value["quotes"][0]["day"] == "2026-10-08"
    assert begin.told(made.said["/entities/0/holdings/0"])["zh"] == "取自账簿，2026-11-20 日终"


def test_the_carry_over_that_is_posted_fills_its_facts_and_a_reversed_issue_is_still_to_come(booked):
    account, manager = f"{booked.mark}-A", booked.people[Role.MANAGER]
    post(booked, "allocate", account=account, instrument="CEA24", quantity=20000, day="2025-09-25")
    post(booked, "carry_over", account=account, instrument="CEA24", quantity=5000, day="2026-06-08", sold_t=34400, bought_t=0, holding_t=72300, on_time="2023, 2024")  # fmt: skip
    more = post(booked, "allocate", account=account, instrument="CEA25", quantity=60)

    def power():
        return next(each for each in begun(booked).value["entities"] if each["name"] == f"{booked.mark} power")

    found = power()
    assert found["trades"] == {"sold_t": 34400, "bought_t": 0, "holding_t": 72300}
    assert found["surrendered_on_time"] == [2023, 2024]
    assert ("CEA25 carried-over", 5000) in {(each["id"], each["t"]) for each in found["holdings"]}
    assert found["allocations"] == [{"year": 2025, "t": 40}]
    back = assets.reverse(manager, more.number, "entered twice", TODAY)
    assets.approve(booked.people[Role.APPROVER], back.id)
    assert power()["allocations"] == [{"year": 2025, "t": 100}]


def test_what_nobody_knows_is_asked_for_and_never_filled(booked):
    asked = {pointer for pointer, _problem in begun(booked).asked()}
    at = next(n for n, each in enumerate(begun(booked).value["entities"]) if each["name"] == f"{booked.mark} power")
    assert f"/entities/{at}/allocations/0" in asked  # its day
    assert any(pointer.startswith(f"/entities/{at}/holdings/") for pointer in asked)  # inside the market or not


def test_what_somebody_said_in_an_earlier_plan_is_taken_up_again(booked):
    value = begun(booked).value
    value["entities"] = [each for each in value["entities"] if each["name"] == f"{booked.mark} power"]
    power = value["entities"][0]
    power |= {"emissions": [{"year": 2025, "verified_t": 1200}, {"year": 2026, "expected_t": 900}]}
    next(each for each in power["holdings"] if each["kind"] == "CCER")["inside_market"] = False
    del power["allocations"]
    value["offers"][0]["price_cny_t"] = "97.40"
    services.make(booked.people[Role.MANAGER], json.dumps(value))
    again = begun(booked, (2025, 2026))
    at, power = next(
        (n, each) for n, each in enumerate(again.value["entities"]) if each["name"] == f"{booked.mark} power"
    )
    assert power["emissions"][1] == {"year": 2026, "expected_t": 900}
    assert "sample" not in again.value
    assert "as in the plan" in again.said[f"/entities/{at}/emissions/1"].sentence()
    assert next(each for each in power["holdings"] if each["kind"] == "CCER")["inside_market"] is False


def test_a_new_plan_begins_in_the_book_and_the_page_says_where_each_value_is_from(booked):
    client, address = booked.client(Role.MANAGER), booked.url("compliance/new/")
    start = client.get(address).content.decode()
    assert f'value="{booked.mark} power" checked' in start
    answer = client.get(f"{address}?begin=book&as_of=2026-11-20&year=2025&entity={booked.mark} power")
    page = answer.content.decode()
    for words in (
        "from the book, after the events of 2026-11-20",
        "close of CEA on 2026-10-08 in the book",
        "from the allocation «",
    ):
        assert words in page, words
    told = fields(answer)
    assert told[named(told, f"CCER-{booked.mark}").replace(".id", ".inside_market")] == ""
    refused = client.post(address, told)
    assert refused.status_code == 422
    assert "from the book, after the events of 2026-11-20" in refused.content.decode()
    told[named(told, f"CCER-{booked.mark}").replace(".id", ".inside_market")] = "no"
    told |= {"entities.0.sector": "power", "allocations.0.on": "2026-12-01"}
    assert client.post(address, told).status_code == 302
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{address}?begin=book&form=xlsx").content))
    assert len(book.sheetnames) == 14


def test_an_older_input_takes_the_holdings_afresh_and_keeps_what_a_person_said(booked):
    client, address, mark = booked.client(Role.MANAGER), booked.url("compliance/new/"), booked.mark
    told = fields(client.get(f"{address}?begin=book&as_of=2026-11-20&year=2025&entity={mark} power"))
    credit = named(told, f"CCER-{mark}").replace(".id", "")
    held = named(told, "700")
    told |= {f"{credit}.inside_market": "no", held: "1", "general.0.title": "mine"}
    post(
        booked,
        "buy",
        account=f"{mark}-A",
        instrument="CEA25",
        way="listed",
        quantity=50,
        price="97.40",
        day="2026-11-02",
    )
    fresh = fields(client.post(address, told | {"do": "book"}))
    assert fresh["general.0.title"] == "mine"
    assert {"700", "300", "50", "40"} <= {text for name, text in fresh.items() if name.endswith(".t")}
    assert fresh[named(fresh, f"CCER-{mark}").replace(".id", ".inside_market")] == "no"


def test_nobody_begins_with_what_is_a_strangers(booked, db):
    stranger = Company("Other", "stranger")
    opens_a_book(stranger)
    text = json.dumps(begun(booked).value) + booked.client(Role.MANAGER).get(booked.url("compliance/new/?begin=book")).content.decode()  # fmt: skip
    assert "stranger power" not in text
    made = services.make(stranger.people[Role.MANAGER], json.dumps(ONE))
    for url in (f"compliance/new/?from={made.pk}", f"compliance/plans/{made.pk}/input/"):
        assert booked.client(Role.MANAGER).get(booked.url(url)).status_code == 404


def test_a_program_begins_an_input_adds_what_is_asked_for_and_posts_it(booked):
    caller = Caller(booked.people[Role.MANAGER])
    found = caller.get(f"/compliance-plans/begin?year=2025&entity={booked.mark} power&as_of=2026-11-20").json()
    value, mark = found["input"], booked.mark
    assert [each["name"] for each in value["entities"]] == [f"{mark} power"]
    assert {"pointer": "/offers/0", "source": "quote", "name": "CEA", "day": "2026-10-08"}.items() <= {
        each["pointer"]: each for each in found["origins"]
    }["/offers/0"].items()
    assert {each["pointer"] for each in found["asked"]} >= {"/entities/0/allocations/0"}
    assert caller.post("/compliance-plans", {"input": value}).status_code == 422
    value["entities"][0]["sector"] = "power"
    value["entities"][0]["allocations"][0]["on"] = "2026-12-01"
    next(each for each in value["entities"][0]["holdings"] if each["kind"] == "CCER")["inside_market"] = False
    assert caller.post("/compliance-plans", {"input": value}).status_code == 202
    for day in ("tomorrow", "0372-04-25", "9999-12-31"):
        assert caller.get(f"/compliance-plans/begin?as_of={day}").status_code == 422
        assert booked.client(Role.MANAGER).get(booked.url(f"compliance/new/?begin=book&as_of={day}")).status_code == 200


# --- workbooks


def workbook(content, name="input.xlsx"):
    return SimpleUploadedFile(name, content, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def changed(content, sheet, cell, value):
    book = openpyxl.load_workbook(io.BytesIO(content))
    book[sheet][cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_an_input_is_taken_away_as_a_workbook_changed_and_given_again(company, client, address):
    made = services.make(company.people[Role.MANAGER], json.dumps(ONE))
    content = client.get(reverse("compliance-plan-input", kwargs={"key": company.organisation.key, "pk": made.pk})).content  # fmt: skip
    answer = client.post(address, {"file": workbook(changed(content, "Emissions", "D2", 1200000))})
    assert answer.status_code == 302
    given = json.loads(services.given_of(CompliancePlan.objects.of(company.organisation).latest("pk")))
    assert given == ONE | {"entities": [ONE["entities"][0] | {"emissions": [{"year": 2025, "verified_t": 1200000}]}]}


def test_a_wrong_workbook_becomes_a_form_that_says_sheet_row_and_column(company, client, address):
    made = services.make(company.people[Role.MANAGER], json.dumps(ONE))
    content = client.get(reverse("compliance-plan-input", kwargs={"key": company.organisation.key, "pk": made.pk})).content  # fmt: skip
    answer = client.post(address, {"file": workbook(changed(content, "Holdings", "E2", "1 million"))})
    assert answer.status_code == 422
    assert (
        "input.xlsx, sheet Holdings, row 2, column Held, t: «1 million» cannot stand here." in answer.content.decode()
    )
    told = fields(answer)
    told[named(told, "1 million")] = "1,000,000"
    assert client.post(address, told).status_code == 302


def test_a_workbook_that_a_form_cannot_show_is_told_and_mended_in_the_workbook(company, client, address):
    content = client.get(reverse("compliance-template", kwargs={"key": company.organisation.key})).content
    page = client.post(address, {"file": workbook(changed(content, "Holdings", "B5", "nobody"))})
    assert page.status_code == 422
    assert "There is no entity nobody." in page.content.decode()
    for bad in (b"", b"PK\x03\x04nothing", b"\xff\xfe"):
        assert client.post(address, {"file": workbook(bad)}).status_code == 422


def test_what_was_typed_so_far_can_be_taken_away_as_a_workbook(company, client, address):
    made = services.make(company.people[Role.MANAGER], json.dumps(GROUP))
    told = fields(client.get(f"{address}?from={made.pk}")) | {"offers.0.price": "later"}
    book = openpyxl.load_workbook(io.BytesIO(client.post(address, told | {"do": "xlsx"}).content))
    assert book["Offers"]["D2"].value == "later"
    assert [row[1].value for row in book["Holdings"].iter_rows(min_row=2, max_row=3)] == ["dl-power", "dl-power"]


def test_who_may_not_plan_begins_nothing(company):
    for role in (Role.APPROVER, Role.VIEWER, Role.CONTRIBUTOR):
        assert company.client(role).get(company.url("compliance/new/?begin=empty")).status_code == 403
    assert Caller(company.people[Role.VIEWER]).get("/compliance-plans/begin").status_code == 403
