"""Data quality control plans: made, filled, submitted, approved by another, revised with a reason, taken away."""

import io
import json
from datetime import date

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from hengtan.web.organisations.roles import Role
from hengtan.web.quality import services
from hengtan.web.quality.models import Plan
from hengtan.web.statements import services as statements
from hengtan.web.statements.models import State
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import facts
from sectors.plans import POWER

from .planned import NAME, approved, draft, stated
from .test_api import Caller


def url(company, plan, page=""):
    return company.url(f"quality/plan/{plan.pk}/{page}")


def test_a_plan_begins_with_what_a_statement_gave(company):
    statement = stated(company, months=(1, 2))
    client = company.client(Role.MANAGER)
    form = {
        "name": NAME,
        "method": "cn-power-2022",
        "year": "2026",
        "valid_from": "2026-01-01",
        "statement": statement.pk,
    }
    answer = client.post(company.url("quality/new/"), form)
    assert answer.status_code == 302
    plan = Plan.objects.get(entity__name=NAME)
    names = {(each["unit_name"], each["parameter"], each.get("obtained")) for each in plan.body["lines"]}
    assert ("Unit 1", "coal.conventional.amount", "measured") in names
    assert ("Unit 1", "coal.conventional.of", "default") in names
    page = client.get(answer["Location"]).content.decode()
    assert "belongs" not in page
    assert "lacks: What it is" in page
    assert client.post(company.url("quality/new/"), form).status_code == 422  # it has one already
    assert client.post(company.url("quality/new/"), {**form, "method": "cn-steel-2024"}).status_code == 422


def test_the_parts_of_a_plan_are_typed_and_what_is_missing_gets_less(company):
    plan = services.make(company.people[Role.MANAGER], NAME, "cn-power-2022", 2026, date(2026, 1, 1))
    client, seen = company.client(Role.MANAGER), lambda: services.mark_of(Plan.objects.get(pk=plan.pk))
    before = len(services.problems(plan))
    for part, told in (
        ("enterprise", {**POWER["entity"], "boundary": "Unit 1", "valid_from": "2026-01-01"}),
        (
            "facilities",
            {"f-0-process": "", "f-0-unit_name": "Unit 1", "f-0-number": "1", "f-1-process": "", "f-1-unit_name": ""},
        ),
        ("management", POWER["management"]),
    ):
        assert client.get(url(company, plan, f"edit/?part={part}")).status_code == 200
        answer = client.post(url(company, plan, "edit/"), {"part": part, "seen": seen(), **told})
        assert answer.status_code == 302, (part, answer.content.decode())
    line = {**POWER["lines"][0], "facility": "|Unit 1", "n": "", "seen": seen()}
    line.pop("unit_name")
    assert client.post(url(company, plan, "line/"), line).status_code == 302
    plan.refresh_from_db()
    assert plan.body["lines"][-1] == POWER["lines"][0]
    assert plan.body["management"] == POWER["management"]
    assert len(services.problems(plan)) < before
    assert client.get(url(company, plan, "line/?n=1&copy=2")).status_code == 200
    assert client.get(url(company, plan, "line/?n=99")).status_code == 404
    last = len(plan.body["lines"])
    client.post(url(company, plan, "line/"), {"n": last, "seen": seen(), "remove": "1"})
    plan.refresh_from_db()
    assert len(plan.body["lines"]) == last - 1


def test_a_form_that_is_refused_keeps_what_was_typed(company):
    plan = draft(company)
    client = company.client(Role.MANAGER)
    answer = client.post(
        url(company, plan, "line/"),
        {"n": "1", "seen": services.mark_of(plan), "facility": "|Unit 1", "parameter": "colour", "how": "by eye"},
    )
    assert answer.status_code == 422
    assert "by eye" in answer.content.decode()
    answer = client.post(
        url(company, plan, "line/"),
        {"n": "", "seen": services.mark_of(plan), "facility": "|Unit 1", "parameter": "generation"},
    )
    assert "stands in the plan for this facility already" in answer.content.decode()
    # somebody else kept the plan meanwhile: nothing of his is lost, nothing of mine
    old = services.mark_of(plan)
    services.fill(plan, {**POWER, "boundary": "Units 1 and 2"})
    answer = client.post(url(company, plan, "edit/"), {"part": "management", "seen": old, "making": "mine"})
    assert answer.status_code == 422
    assert ">\nmine</textarea>" in answer.content.decode()
    plan.refresh_from_db()
    assert (plan.body["boundary"], plan.body["management"]) == ("Units 1 and 2", POWER["management"])


def test_what_lacks_something_is_not_submitted_and_nobody_approves_his_own(company):
    plan = draft(company)
    own, other = company.client(Role.MANAGER), company.client(Role.APPROVER)
    services.fill(plan, {**POWER, "boundary": ""})
    own.post(url(company, plan, "submit/"))
    plan.refresh_from_db()
    assert plan.state == State.DRAFT
    services.fill(plan, POWER)
    own.post(url(company, plan, "submit/"))
    own.post(url(company, plan, "decide/"), {"approve": "1"})
    plan.refresh_from_db()
    assert plan.state == State.SUBMITTED
    other.post(url(company, plan, "decide/"), {"comment": ""})  # a return says why
    plan.refresh_from_db()
    assert plan.state == State.SUBMITTED
    other.post(url(company, plan, "decide/"), {"comment": "which belt scale?"})
    assert "which belt scale?" in own.get(url(company, plan)).content.decode()
    own.post(url(company, plan, "submit/"))
    other.post(url(company, plan, "decide/"), {"approve": "1"})
    plan.refresh_from_db()
    assert (plan.state, plan.decided_by) == (State.APPROVED, company.people[Role.APPROVER].user)
    assert json.loads(facts(company.organisation).read(plan.digest)) == plan.body
    kinds = (
        Outbox.objects.of(company.organisation).filter(kind__startswith="quality-plan.").values_list("kind", flat=True)
    )
    assert sorted(kinds) == [
        "quality-plan.approved",
        "quality-plan.returned",
        "quality-plan.submitted",
        "quality-plan.submitted",
    ]
    with pytest.raises(ValidationError, match="not open"):
        services.fill(plan, POWER)


def test_a_change_is_a_new_version_with_a_reason_and_the_old_one_counts_until_its_day(company):
    plan = approved(company)
    client = company.client(Role.MANAGER)
    form = {"why": "", "year": "2026", "valid_from": "2026-07-01"}
    assert client.post(url(company, plan, "revise/"), form).status_code == 422
    assert client.post(url(company, plan, "revise/"), {**form, "why": "other"}).status_code == 422  # says it in words
    answer = client.post(url(company, plan, "revise/"), {**form, "why": "instrument", "reason": "new belt scale"})
    assert answer.status_code == 302
    second = Plan.objects.get(supersedes=plan)
    assert (second.version, second.body) == (2, plan.body)
    assert client.post(url(company, plan, "revise/"), {**form, "why": "better"}).status_code == 422  # one at a time
    lines = [{**POWER["lines"][0], "serial": "P1-002"}, *POWER["lines"][1:]]
    services.fill(second, {**POWER, "lines": lines})
    services.submit(company.people[Role.MANAGER], second)
    services.decide(company.people[Role.APPROVER], second, approve=True, comment="")
    plans = list(plan.entity.plans.all())
    assert [services.in_force(plans, day).version for day in (date(2026, 6, 30), date(2026, 7, 1))] == [1, 2]
    assert services.in_force(plans, date(2025, 12, 31)) is None
    page = client.get(url(company, second, "changes/")).content.decode()
    assert "P1-001" in page
    assert "P1-002" in page
    assert "P1-002" in client.get(url(company, second, "changes/?format=csv")).content.decode()
    assert client.get(url(company, plan, "changes/")).status_code == 302  # the first has nothing before it
    event = json.loads(Outbox.objects.of(company.organisation).filter(kind="quality-plan.approved").last().record)
    assert (event["why"], event["reason"], event["supersedes"]) == ("instrument", "new belt scale", plan.key)


def test_next_years_plan_begins_as_this_years(company):
    plan = approved(company)
    page = company.client(Role.MANAGER).get(url(company, plan, "revise/?next=1")).content.decode()
    assert 'value="2027"' in page
    assert 'value="2027-01-01"' in page


def test_all_lines_go_out_as_a_workbook_and_come_back(company):
    plan = draft(company)
    client = company.client(Role.MANAGER)
    book = openpyxl.load_workbook(io.BytesIO(client.get(url(company, plan, "lines/")).content))
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    assert sheet.cell(2, heads.index("How obtained") + 1).value == "measured"
    sheet.cell(2, heads.index("Serial number") + 1).value = "P9"
    sheet.cell(3, heads.index("Sampled and tested by") + 1).value = "委托检测"  # either language
    out = io.BytesIO()
    book.save(out)
    client.post(url(company, plan, "lines/"), {"file": SimpleUploadedFile("lines.xlsx", out.getvalue())})
    plan.refresh_from_db()
    assert plan.body["lines"] == [{**POWER["lines"][0], "serial": "P9"}, *POWER["lines"][1:]]
    client.post(url(company, plan, "lines/"), {"file": SimpleUploadedFile("lines.csv", b"a,b\n1,2\n")})
    plan.refresh_from_db()
    assert plan.body["lines"][0]["serial"] == "P9"


@pytest.mark.parametrize("form", ["pdf", "xlsx", "html", "json"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_plan_is_taken_away(company, form, lang):
    plan = approved(company)
    answer = company.client(Role.AUDITOR).get(url(company, plan, f"download/?form={form}&lang={lang}"))
    assert answer.status_code == 200
    if form == "html":
        text = answer.content.decode()
        assert ("数据质量控制计划" if lang == "zh" else "Data quality control plan") in text
        assert "ICS-17A" in text
        assert "2027-01-10" in text  # the next calibration
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
        assert {"91350100M000100Y43", "P1-001"} <= cells
        assert ("皮带秤" if lang == "zh" else "belt scale") in cells


def test_a_statement_is_laid_beside_its_plan(company):
    plan = approved(company)
    client = company.client(Role.VIEWER)
    assert client.get(url(company, plan, "statement/")).status_code == 302  # there is none
    statement = stated(company, months=(1,))
    statement.rows[0][7] = "calculated"
    statement.save()
    page = client.get(url(company, plan, "statement/")).content.decode()
    assert "is calculated in months 1; the plan says measured" in page
    assert (
        "quality.obtained-differs"
        in client.get(url(company, plan, f"statement/?with={statement.pk}&format=csv")).content.decode()
    )
    statement.rows[0][5] = "Infinity"
    statement.save()
    assert client.get(url(company, plan, "statement/")).status_code == 200


def test_who_may_do_what(company):
    plan = draft(company)
    assert company.client(Role.VIEWER).get(url(company, plan)).status_code == 200
    assert company.client(Role.VIEWER).get(url(company, plan, "edit/")).status_code == 403
    assert company.client(Role.AUDITOR).post(url(company, plan, "submit/")).status_code == 403
    assert company.client(Role.CONTRIBUTOR).get(url(company, plan)).status_code == 404
    mine = draft(company, by=Role.CONTRIBUTOR, name="甬江铝业")
    assert company.client(Role.CONTRIBUTOR).get(url(company, mine, "edit/")).status_code == 200
    assert company.client(Role.CONTRIBUTOR).post(url(company, mine, "decide/"), {"approve": "1"}).status_code == 403


def test_pages_speak_chinese_in_the_terms_of_the_regulation(company):
    plan = approved(company)
    user = company.people[Role.MANAGER].user
    user.language = "zh-hans"
    user.save()
    client = company.client(Role.MANAGER)
    page = client.get(url(company, plan)).content.decode()
    for word in (
        "数据质量控制计划",
        "统一社会信用代码",
        "核算边界",
        "获取方式",
        "实测值",
        "已批准",
    ):
        assert word in page, word
    assert "月度存证" in client.get(company.url("evidence/")).content.decode()


def test_a_program_goes_the_whole_way_and_needs_a_second_person(company):
    manager, approver = Caller(company.people[Role.MANAGER]), Caller(company.people[Role.APPROVER])
    new = {"name": NAME, "method": "cn-power-2022", "year": 2026, "valid_from": "2026-01-01"}
    made = manager.post("/quality-plans", new)
    assert made.status_code == 201, made.content
    key = made.json()["id"]
    assert made.json()["plan"]["lines"]
    assert manager.post("/quality-plans", new).status_code == 422
    assert manager.post(f"/quality-plans/{key}/submit", {}).status_code == 422
    filled = manager.call("PUT", f"/quality-plans/{key}/plan", {name: POWER[name] for name in ("entity", "boundary", "facilities", "lines", "management")})  # fmt: skip
    assert filled.json()["problems"] == [], filled.content
    assert filled.json()["calibrations"][0]["next"] == "2027-01-10"
    assert manager.post(f"/quality-plans/{key}/submit", {}).json()["state"] == "submitted"
    assert manager.post(f"/quality-plans/{key}/approve", {}).status_code == 422
    assert approver.post(f"/quality-plans/{key}/return", {"comment": "which scale?"}).json()["state"] == "returned"
    manager.post(f"/quality-plans/{key}/submit", {})
    assert approver.post(f"/quality-plans/{key}/approve", {}).json()["in_force"] is True
    again = manager.post(
        f"/quality-plans/{key}/revise", {"why": "instrument", "year": 2026, "valid_from": "2026-07-01"}
    )
    assert (again.status_code, again.json()["version"]) == (201, 2)
    assert manager.call("PUT", f"/quality-plans/{again.json()['id']}/plan", {"lines": [{}] * 2001}).status_code == 422
    stated(company, months=(1,))
    told = manager.get(f"/quality-plans/{key}/statement").json()
    assert told == []

    entity = made.json()["entity"]
    months = manager.get("/evidence-months?year=2026").json()
    january = next(each for each in months if each["name"] == NAME and each["month"] == "2026-01")
    assert (january["wanted"], january["given"], january["proven"], january["due"]) == (5, 5, 0, "2026-03-12")
    values = ",".join(f"{each['process']}|{each['unit_name']}|{each['parameter']}" for each in january["lacking"])
    place = f"/reporting-entities/{entity}/months/2026-01"
    sent = manager.call("POST", f"{place}/evidence?name=report.csv&values={values}", b"day,t\n1,2\n", kind="application/octet-stream")  # fmt: skip
    assert sent.status_code == 201, sent.content
    assert manager.get(f"{place}/evidence").json()[0]["sha256"] == sent.json()["sha256"]
    assert b"".join(manager.get(f"/month-evidence/{sent.json()['id']}/file").streaming_content) == b"day,t\n1,2\n"
    filed = manager.post(f"{place}/filing", {"filed_on": "2026-03-15"}).json()
    assert (filed["state"], filed["days_late"]) == ("late", 3)
    assert manager.post(f"/month-evidence/{sent.json()['id']}/withdraw", {"reason": "x"}).json()["reason"] == "x"
    assert manager.get("/reporting-entities/none/months/2026-01/evidence").status_code == 404
    assert manager.get(f"/reporting-entities/{entity}/months/2026-13/evidence").status_code == 404


def test_a_program_reads_deadlines_and_counts_working_days(company):
    viewer = Caller(company.people[Role.VIEWER], ["read"])
    assert {each["id"] for each in viewer.get("/deadlines?year=2026").json()} >= {"surrender", "annual-report"}
    assert viewer.get("/deadlines?year=2030").json() == []
    assert viewer.get("/monthly-rules").json()[0]["days"] == 40
    told = viewer.get("/working-days?rule=verification-objection&start=2026-09-24").json()
    assert (told["end"], told["mark"]) == ("2026-10-12", "K")
    refused = viewer.get("/working-days?rule=verification-objection&start=2026-12-28")
    assert (refused.status_code, refused.json()["problems"][0]["code"]) == (422, "calendar.year-unknown")


def test_what_is_unlikely_in_a_statement_is_told_beside_it(company):
    statement = stated(company, months=(1, 2, 3, 4))

    def unlikely():
        return [(each["code"], each["row"]) for each in statement.problems if each["code"].startswith("quality.")]

    assert unlikely() == []
    rows = [[*row[:5], "0.6", *row[6:]] if (row[3], row[4]) == ("coal.conventional.c_ad", "4") else row for row in statement.rows]  # fmt: skip
    statement = statements.fill(statement, rows)
    assert unlikely() == [("quality.month-jumps", 18)]
    assert statement.errors == 0
    page = company.client(Role.MANAGER).get(company.url(f"statements/{statement.pk}/")).content.decode()
    assert "in the mean of the other months" in page
