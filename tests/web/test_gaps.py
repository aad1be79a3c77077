"""Which source has data for which month, and where it should have."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hengtan.web.activities import gaps, services
from hengtan.web.activities.models import Batch, PeriodLock
from hengtan.web.organisations.roles import Role

from .importing import HEAD, approved, forget_jobs, line, submitted


@pytest.fixture
def company(company):
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[0])
    Batch.objects.all().delete()
    PeriodLock.objects.all().delete()
    forget_jobs()
    one, two, _three = (plant.name for plant in company.plants)
    rows = [(one, "2025-01"), (one, "2025-02"), (one, "2025-04"), (two, "2025-02"), (two, "2025-05")]
    text = HEAD + "".join(line(f"{name}{month}", name, month=month) for name, month in rows)
    approved(company, {"a.csv": text}, Role.MANAGER, by=Role.APPROVER)
    submitted(company, {"b.csv": HEAD + line("later", one, month="2025-05")}, Role.MANAGER)
    return company


def told(company, year=2025, role=Role.OWNER):
    seen = {plant.name for plant in company.plants}
    if role == Role.CONTRIBUTOR:
        seen = {company.plants[0].name}
    found = gaps.coverage(company.organisation, seen)
    locks = list(PeriodLock.objects.of(company.organisation))
    shown = gaps.lines(found, year, locks, date(2025, 9, 1))
    return {each.facility: "".join(state[0] for _m, state in each.months) for each in shown}


def test_a_month_is_missing_between_the_first_of_a_source_and_the_last_of_any(company):
    assert told(company) == {"yong plant 1": "aamasnnnnnnn", "yong plant 2": "nammannnnnnn"}


def test_what_is_closed_is_not_asked_for_any_more(company):
    services.close(company.people[Role.MANAGER], "2025-03", "2025-03")
    assert told(company) == {"yong plant 1": "aacasnnnnnnn", "yong plant 2": "nacmannnnnnn"}


def test_a_year_before_any_data_holds_no_source_and_the_future_is_not_due(company):
    assert told(company, 2024) == {}
    assert set(told(company, 2026).values()) == {"nnnnnnnnnnnn"}
    assert told(company, 2027) == {}  # nothing of it for a year: it is no source any more


def test_a_gap_leads_to_the_grid_with_what_is_known_filled_in(company):
    client = company.client(Role.MANAGER)
    page = client.get(company.url("data/calendar/")).content.decode()
    link = "entry/?facility=yong+plant+1&amp;activity_type=electricity&amp;start=2025-03"
    assert link in page
    grid = client.get(company.url("data/" + link.replace("&amp;", "&"))).content.decode()
    assert 'value="2025-03"' in grid
    assert "entry/?" not in company.client(Role.AUDITOR).get(company.url("data/calendar/")).content.decode()


def test_a_contributor_sees_the_sources_of_given_facilities_and_the_page_asks_little(company):
    client = company.client(Role.CONTRIBUTOR)
    page = client.get(company.url("data/calendar/")).content.decode()
    assert "yong plant 1" in page
    assert "yong plant 2" not in page
    with CaptureQueriesContext(connection) as queries:
        client.get(company.url("data/calendar/?year=2025"))
    assert len(queries) == 9


def test_a_source_by_the_quarter_lacks_a_quarter_and_not_its_months(company):
    found = {
        ("Plant", "electricity"): dict.fromkeys(("2024-12", "2025-02"), "approved"),
        ("Other", "fuel.diesel"): {"2025-09": "approved"},
    }
    paces = {("Plant", "electricity"): "quarter"}
    line = next(each for each in gaps.lines(found, 2025, [], date(2025, 12, 1), paces) if each.facility == "Plant")
    assert [month for month, state in line.months if state == "missing"] == ["2025-06", "2025-09"]
    yearly = next(
        each
        for each in gaps.lines(found, 2025, [], date(2026, 2, 1), {("Plant", "electricity"): "year"})
        if each.facility == "Plant"
    )
    assert yearly.missing == 0


def test_a_facility_lacks_nothing_before_it_opens_and_after_it_closes(company):
    found = {("Plant", "electricity"): {"2025-01": "approved"}, ("Other", "fuel.diesel"): {"2025-09": "approved"}}
    line = next(
        each
        for each in gaps.lines(found, 2025, [], date(2025, 12, 1), {}, {"Plant": (("", "2025-03"), ("2025-08", ""))})
        if each.facility == "Plant"
    )
    assert [month for month, state in line.months if state == "missing"] == [
        "2025-02",
        "2025-03",
        "2025-08",
        "2025-09",
    ]


def test_who_runs_the_inventory_says_how_often_a_source_has_data(company):
    given = {"facility": company.plants[0].name, "activity": "electricity", "pace": "quarter", "year": "2025"}
    assert company.client(Role.CONTRIBUTOR).post(company.url("data/calendar/pace/"), given).status_code == 403
    assert company.client().post(company.url("data/calendar/pace/"), given)["Location"].endswith("?year=2025")
    assert gaps.paces(company.organisation)[company.plants[0].name, "electricity"] == "quarter"
    company.client().post(company.url("data/calendar/pace/"), given | {"pace": "month"})
    company.client().post(company.url("data/calendar/pace/"), given | {"pace": "weekly"})
    company.client().post(company.url("data/calendar/pace/"), given | {"facility": "maple plant 1"})
    assert list(gaps.paces(company.organisation)) == [("yong plant 3", "electricity")]


def test_rows_that_pin_a_factor_and_name_no_type_are_a_source_too(tmp_path):
    days = [date(2025, 1, 1), date(2025, 1, 31)]
    rows = {
        "facility": ["works", "works"],
        "activity_type": [None, "electricity"],
        "start": [days[0]] * 2,
        "end": [days[1]] * 2,
    }
    pq.write_table(pa.table(rows), tmp_path / "rows.parquet")
    found = {
        (facility, kind): dict.fromkeys(months, "approved")
        for facility, kind, months in gaps._covered(str(tmp_path / "rows.parquet"))
    }
    assert [(each.activity, each.missing) for each in gaps.lines(found, 2025, [], date(2025, 9, 1))] == [
        ("", 0),
        ("electricity", 0),
    ]
