"""Months with their interval, gases and intensities of a run: chart, table and API tell the same; old runs say what they lack."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from html import escape, unescape

import pytest
from django.utils import translation

from hengtan.inventory.totals import SUMS
from hengtan.web.boundaries.models import Denominator, Facility
from hengtan.web.organisations.roles import Role
from hengtan.web.runs.dashboard import Dashboard
from hengtan.web.runs.models import Run

from .calculated import YEAR, calculated
from .test_api import Caller, codes
from .test_runs_pages import text_of

LABELLED = """activity_id,facility,activity_type,start,end,quantity,unit,region,data_quality
E-1,{m} plant 1,electricity,2025-01-01,2025-01-31,50000,kWh,CN-33,measured
E-2,{m} plant 2,electricity,2025-02-01,2025-02-28,40000,kWh,CN-33,
E-3,{m} plant 3,electricity,2025-04-16,2025-05-15,30000,kWh,CN-33,估算
E-4,{m} plant 3,electricity,2025-05-16,2025-05-31,7000,kWh,CN-33,measured
"""
METERED = """activity_id,facility,activity_type,start,end,quantity,unit,region,uncertainty_pct
E-1,{m} plant 1,electricity,2025-01-01,2025-01-31,50000,kWh,CN-33,10
E-2,{m} plant 2,electricity,2025-02-01,2025-02-28,40000,kWh,CN-33,
E-3,{m} plant 3,electricity,2025-04-16,2025-05-15,30000,kWh,CN-33,20
"""


@pytest.fixture
def run(company):
    return calculated(company, METERED)


@pytest.fixture
def owner(company):
    return Caller(company.people[Role.OWNER])


def table(company, run, name, role=Role.OWNER, **more):
    address = company.url(f"runs/{run.pk}/")
    answer = company.client(role).get(address, {"format": "csv", "table": name, **more})
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_chart_has_a_band_where_something_is_stated_and_a_gap_elsewhere(company, run):
    band = Dashboard(run, run.figures, "location").months["band"]
    assert [low is None for low in band["low"]] == [False, True, True, False, False]
    january = Decimal(next(row for row in run.figures["months"] if row["month"] == "2025-01")["location_kg"]) / 1000
    assert band["low"][0] == pytest.approx(float(january) * 0.9, abs=0.006)
    assert band["high"][0] == pytest.approx(float(january) * 1.1, abs=0.006)
    # 15 of 30 days lie in either month: the same mass, the same relative error
    assert (band["low"][3], band["high"][3]) == (band["low"][4], band["high"][4])
    assert Dashboard(run, run.figures, "market").months["band"] is None
    answer = company.client().get(company.url(f"runs/{run.pk}/?basis=market"))
    assert "interval is known of the location-based total" in text_of(answer)


def test_table_and_api_tell_the_band_of_each_month(company, run, owner):
    rows = table(company, run, "months")
    told = owner.get(f"/runs/{run.key}/months").json()
    assert told["intervals"] == "kept"
    assert [row["month"] for row in rows] == [each["month"] for each in told["items"]]
    for row, each in zip(rows, told["items"], strict=True):
        assert (row["location_p2_5_kg"], row["location_p97_5_kg"]) == (each["p2_5_kg"] or "", each["p97_5_kg"] or "")
        assert {name: row[name] for name in SUMS} == {name: each[name] for name in SUMS}
    assert [each["p2_5_kg"] is None for each in told["items"]] == [False, True, False, False]


def test_an_old_run_shows_no_band_and_says_so_and_so_does_one_without_stated_errors(company, run, owner):
    Run.objects.filter(pk=run.pk).update(figures={k: v for k, v in run.figures.items() if k != "month_bands"})
    words = text_of(company.client().get(company.url(f"runs/{run.pk}/")))
    assert "this run is older than it" in words
    assert "location_p2_5_kg" not in table(company, run, "months")[0]
    assert owner.get(f"/runs/{run.key}/months").json()["intervals"] is None
    plain = calculated(company, YEAR, name="plain")
    words = text_of(company.client().get(company.url(f"runs/{plain.pk}/")))
    assert "neither factors nor quantities state an uncertainty" in words
    with translation.override("zh-hans"):
        assert "未说明不确定性" in Dashboard(plain, plain.figures, "location").band_told


def test_who_sees_some_facilities_sees_no_band_of_all(company, run):
    member = company.people[Role.CONTRIBUTOR]
    member.facilities.set([Facility.objects.get(name=f"{company.mark} plant 1")])
    caller = Caller(member)
    told = caller.get(f"/runs/{run.key}/months").json()
    assert told["intervals"] is None
    assert [each["month"] for each in told["items"]] == ["2025-01"]
    assert told["items"][0]["p2_5_kg"] is None
    assert "95%" not in text_of(company.client(Role.CONTRIBUTOR).get(company.url(f"runs/{run.pk}/")))
    assert [each["name"] for each in caller.get(f"/runs/{run.key}/sums/facility").json()["items"]] == [
        f"{company.mark} plant 1"
    ]
    for what in ("gases", "intensities"):
        refused = caller.get(f"/runs/{run.key}/{what}")
        assert (refused.status_code, codes(refused)) == (403, ["call.role"])


def test_sums_by_every_column_add_up_to_the_totals_and_come_in_pages(company, run, owner):
    for by in ("category", "facility", "org_unit", "activity_type", "match"):
        items = owner.get(f"/runs/{run.key}/sums/{by}").json()["items"]
        for name in SUMS:
            assert sum(Decimal(each[name]) for each in items) == Decimal(run.totals[name]), (by, name)
    first = owner.get(f"/runs/{run.key}/sums/facility?limit=2").json()
    rest = owner.get(f"/runs/{run.key}/sums/facility?limit=2&cursor={first['next']}").json()
    assert len({each["name"] for each in first["items"] + rest["items"]}) == 3
    assert rest["next"] is None
    assert owner.get(f"/runs/{run.key}/sums/colour").status_code == 422


def test_gases_add_up_to_the_total_on_either_basis(company, owner):
    run = calculated(company)
    for basis in ("location", "market"):
        told = owner.get(f"/runs/{run.key}/gases?basis={basis}").json()
        assert told["gwp_set"] == "AR5"
        assert sum(Decimal(each["co2e_kg"]) for each in told["items"]) == Decimal(told["total_co2e_kg"])
        assert Decimal(told["total_co2e_kg"]) == Dashboard(run, run.figures, basis).total


def test_an_intensity_is_what_its_months_emitted_for_one_of_it(company, run, owner):
    Denominator.objects.create(
        organisation=company.organisation, kind=Denominator.Kind.OUTPUT, start=date(2025, 1, 1), end=date(2025, 1, 31),
        value=Decimal(250), unit="t",
    )  # fmt: skip
    january = Decimal(owner.get(f"/runs/{run.key}/months").json()["items"][0]["location_kg"])
    told = [each for each in owner.get(f"/runs/{run.key}/intensities").json()["items"] if each["kind"] == "output"]
    assert len(told) == 1
    assert Decimal(told[0]["co2e_kg"]) == january
    assert abs(Decimal(told[0]["co2e_kg_per_unit"]) - january / 250) < Decimal("1e-11")
    assert (told[0]["unit"], told[0]["first"], told[0]["last"]) == ("t", "2025-01", "2025-01")


def total_of(answer):
    return Decimal(re.search(r"([\d,.]+)\s*tCO₂e", text_of(answer)).group(1).replace(",", ""))


def test_a_share_of_data_quality_leads_to_its_rows_which_add_up_to_it(company, owner):
    run = calculated(company, LABELLED)
    board = Dashboard(run, run.figures, "location")
    assert {row["name"]: row["rows"] for row in board.quality} == {"measured": 2, "估算": 1, "": 1}
    page = company.client().get(company.url(f"runs/{run.pk}/")).content.decode()
    for row in board.quality:
        assert escape(row["href"]) in page
        answer = company.client().get(row["href"])
        assert total_of(answer) == round(row["co2e_kg"] / 1000, 2), row
    items = owner.get(f"/runs/{run.key}/rows?quality=measured").json()["items"]
    assert [row["activity_id"] for row in items] == ["E-1", "E-4"]
    Run.objects.filter(pk=run.pk).update(figures={k: v for k, v in run.figures.items() if k != "labels"})
    assert "quality=measured" not in company.client().get(company.url(f"runs/{run.pk}/")).content.decode()


def test_an_intensity_leads_to_the_rows_of_its_months(company, run):
    one = Denominator.objects.create(
        organisation=company.organisation, kind=Denominator.Kind.OUTPUT, start=date(2025, 1, 1), end=date(2025, 3, 31),
        value=Decimal(250), unit="t",
    )  # fmt: skip
    (found,) = Dashboard(run, run.figures, "location").intensities([one])
    assert total_of(company.client().get(found["href"])) == round(found["kg"] / 1000, 2)


def test_cells_of_facilities_and_of_a_comparison_lead_to_rows(company, run):
    later = calculated(company, METERED.replace("50000", "60000"), name="later")
    compared = company.client().get(company.url(f"runs/{later.pk}/compare/?with={run.pk}&by=category")).content.decode()
    facilities = company.client().get(company.url(f"runs/{run.pk}/facilities/")).content.decode()
    links = [
        unescape(each) for each in re.findall(r'<a class="ht-ex"\s+href="([^"]+/rows/[^"]*)"', compared + facilities)
    ]
    assert any(f"/runs/{run.pk}/rows/?basis=location&scope=2&category=electricity" in each for each in links)
    assert any("scope=2&facility=" in each for each in links)
    for each in links:
        assert company.client().get(each).status_code == 200, each
