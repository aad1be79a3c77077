"""The calendar of compliance by RFC 5545, read as a foreign program reads it: unfolded, unescaped, each event whole."""

import re
from datetime import date, datetime

import pytest

from hengtan.web.assets import demo as assets
from hengtan.web.compliance import demo, feed
from hengtan.web.compliance.models import CompliancePlan
from hengtan.web.organisations.roles import Role
from hengtan.web.shell.ical import Event, calendar_text

LINE = re.compile(r"([A-Z-]+)((?:;[A-Z-]+=[^;:]+)*):(.*)", re.S)  # 3.1: name, parameters, value
ONCE = ("UID", "DTSTAMP", "DTSTART", "SUMMARY", "URL")


def read(text):
    """(properties of the calendar, events with their alarms). Fails where the text is not as the RFC says."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")  # 3.1: every line ends with CRLF
    for line in text.split("\r\n"):
        assert len(line.encode()) <= 75, line  # 3.1: octets, not signs
    stack, events, found = [], [], {}
    for line in text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n"):
        name, _parameters, value = LINE.fullmatch(line).groups()
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value)
        if name == "BEGIN":
            stack.append((value, {}))
            if value == "VEVENT":
                stack[-1][1]["alarms"] = []
        elif name == "END":
            kind, of = stack.pop()
            assert kind == value
            if kind == "VEVENT":
                events.append(of)
            elif kind == "VALARM":
                stack[-1][1]["alarms"].append(of)
            else:
                found = of
        else:
            here = stack[-1][1]
            assert name not in here, name
            here[name] = unescaped(value) if name in ("SUMMARY", "DESCRIPTION", "X-WR-CALNAME") else value
    assert stack == []
    return found, events


def unescaped(value):
    """3.3.11: a backslash stands before what separates, and nothing that separates stands alone."""
    assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value), value
    return re.sub(r"\\(.)", lambda sign: {"n": "\n", "N": "\n"}.get(sign[1], sign[1]), value)


@pytest.fixture
def calendar(company, monkeypatch):
    """The feed of the invented group, on a day and in a language."""
    CompliancePlan.objects.all().delete()
    owner = company.people[Role.OWNER]
    assets.make(owner, company.people[Role.APPROVER])
    demo.make(owner, company.people[Role.APPROVER])
    token = feed.feeds.token(feed.SIGNER, owner)

    def of(day, language="en"):
        owner.user.language = language
        owner.user.save()
        monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: date.fromisoformat(day))
        return company.client(Role.VIEWER).get(f"/calendars/compliance/{token}.ics").content.decode()

    return of


def test_days_of_the_plan_and_of_the_rules_are_whole_by_the_rfc(calendar):
    told, events = read(calendar("2026-11-20"))
    assert (told["VERSION"], told["CALSCALE"]) == ("2.0", "GREGORIAN")
    assert told["PRODID"].startswith("-//hengtan//")
    assert len(events) == len({each["UID"] for each in events}) > 20
    for each in events:
        assert all(each.get(name) for name in ONCE)
        assert datetime.strptime(each["DTSTAMP"], "%Y%m%dT%H%M%SZ")
        assert datetime.strptime(each["DTSTART"], "%Y%m%d").date() >= date(2026, 11, 20)
        assert re.fullmatch(r"https?://[^/]+/o/\w+/compliance/plans/\d+/", each["URL"])
        assert [alarm["TRIGGER"] for alarm in each["alarms"]] == ["-P7D", "-P1D"]
        assert {alarm["ACTION"] for alarm in each["alarms"]} == {"DISPLAY"}
        assert all(alarm["DESCRIPTION"] == each["SUMMARY"] for alarm in each["alarms"])
    titles = {each["SUMMARY"]: each["DTSTART"] for each in events}
    assert titles["Surrender"] == "20261231"
    assert titles["Annual emission report (expected, not announced)"]
    name = next(entity for key, entity, *_ in assets.ENTITIES if key == "P1")
    assert titles[f"{name}: Release the pledge and surrender CEA25 40,000 t (sample data)"] == "20261215"


def test_an_event_keeps_its_name_when_it_is_read_again_and_when_days_pass(calendar):
    first = {each["UID"]: each["SUMMARY"] for each in read(calendar("2026-11-20"))[1]}
    later = {each["UID"]: each["SUMMARY"] for each in read(calendar("2026-12-20"))[1]}
    assert 0 < len(later) < len(first)
    assert later.items() <= first.items()


def test_the_calendar_speaks_the_language_of_its_person(calendar):
    titles = {each["SUMMARY"] for each in read(calendar("2026-11-20", "zh-hans"))[1]}
    assert {"配额清缴", "报送下一年度数据质量控制方案", "报送年度排放报告（预计，尚未公布）"} <= titles
    assert any("解除质押后清缴 CEA25 40,000 吨（示例数据）" in each for each in titles)


def test_a_newer_plan_takes_the_days_of_the_older_one_away(calendar, company):
    before = {each["UID"] for each in read(calendar("2026-11-20"))[1]}
    old = CompliancePlan.objects.get()
    newer = CompliancePlan.objects.create(
        organisation=old.organisation, title="again", as_of=old.as_of, years=old.years, digest=old.digest, status=old.status,
        record=old.record | {"calendar": [each for each in old.record["calendar"] if each["id"] != "plan"]}, created_by=old.created_by,
        submitted_by=old.submitted_by, decided_by=old.decided_by, step=old.step,
    )  # fmt: skip
    after = {each["UID"] for each in read(calendar("2026-11-20"))[1]}
    assert after < before
    assert not any(each.startswith("plan-") for each in after)
    assert newer.pk > old.pk


@pytest.mark.parametrize("title", ["清缴" * 60, "a,b;c\\d\ne", "\x1b[31mred\r", "e\u0301" * 90, "😀" * 40, ""])
def test_whatever_a_title_holds_comes_back_from_the_file(title):
    text = calendar_text("x", title, [Event("u", date(2026, 12, 31), title, "https://a.example/", (1,))])
    told, (event,) = read(text)
    plain = "".join(sign for sign in title if sign >= " " or sign == "\n")
    assert event["SUMMARY"] == told["X-WR-CALNAME"] == plain
