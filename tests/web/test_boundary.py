"""Units and facilities through time."""

import csv
import io
import itertools
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.django import TestCase

from hengtan.inventory.organisation import parse_organisation
from hengtan.web.boundaries import services
from hengtan.web.boundaries.models import Denominator, Facility, FacilityPlace, UnitPlace
from hengtan.web.boundaries.tree import tree
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.roles import Role

FULL = {"approach": "operational_control", "share_pct": Decimal(100)}


def names(organisation, day):
    return [(branch.unit.name, branch.depth, branch.below) for branch in tree(organisation, day)]


def test_the_tree_is_the_one_of_its_day(company):
    organisation = company.organisation
    assert names(organisation, date(2023, 6, 1)) == [("yong group", 0, 0)]
    assert names(organisation, date(2024, 6, 1)) == [("yong group", 0, 3), ("yong division", 1, 3)]
    services.move_unit(company.division, parent=None, since=date(2026, 7, 1))
    assert names(organisation, date(2026, 6, 30)) == [("yong group", 0, 3), ("yong division", 1, 3)]
    assert names(organisation, date(2026, 7, 1)) == [("yong division", 0, 3), ("yong group", 0, 0)]


def test_a_facility_that_moves_leaves_its_past_as_it_was(company):
    plant = company.plants[0]
    services.move_facility(
        plant, unit=company.group, approach="equity_share", share_pct=Decimal("51"), since=date(2026, 7, 1)
    )
    lines = [(p.unit, p.share_pct, p.valid_from, p.valid_to) for p in plant.places.all()]
    assert lines == [
        (company.division, 100, None, date(2026, 6, 30)),
        (company.group, 51, date(2026, 7, 1), None),
    ]


def test_a_change_before_the_newest_line_is_refused_and_one_on_its_day_corrects_it(company):
    plant = company.plants[0]
    services.move_facility(plant, unit=company.group, since=date(2026, 7, 1), **FULL)
    with pytest.raises(ValidationError, match="2026-07-01"):
        services.move_facility(plant, unit=None, since=date(2026, 6, 30), **FULL)
    services.move_facility(plant, unit=None, since=date(2026, 7, 1), **FULL)
    assert [p.unit for p in plant.places.all()] == [company.division, None]


def test_a_sold_facility_is_outside_the_boundary_from_the_next_day_on(company):
    plant = company.plants[0]
    services.close_facility(plant, date(2026, 3, 31))
    assert FacilityPlace.objects.on(date(2026, 3, 31)).filter(facility=plant).exists()
    assert not FacilityPlace.objects.on(date(2026, 4, 1)).filter(facility=plant).exists()
    page = company.client().get(company.url("facilities/?on=2026-04-01")).content.decode()
    assert page.count("outside the boundary on that day") == 1


def test_a_unit_never_stands_under_itself_on_any_day(company):
    below = services.add_unit(company.organisation, "workshop", parent=company.division, since=date(2025, 1, 1))
    for parent in (company.group, company.division, below):
        with pytest.raises(ValidationError):
            services.move_unit(company.group, parent=parent, since=date(2026, 1, 1))
    services.move_unit(company.division, parent=None, since=date(2026, 1, 1))
    with pytest.raises(ValidationError):  # until the end of 2025 the division stood under the group
        services.move_unit(company.group, parent=below, since=date(2025, 6, 1))
    services.move_unit(company.group, parent=below, since=date(2026, 1, 1))
    assert [branch.unit.name for branch in tree(company.organisation, date(2026, 1, 1))] == [
        "yong division", "workshop", "yong group",
    ]  # fmt: skip


class TreesThroughTime(TestCase):
    """Whatever is moved in whatever order, each day has a tree: every unit that stands is reached once."""

    @settings(max_examples=25, deadline=None)
    @given(some.lists(some.tuples(some.integers(0, 4), some.integers(-1, 4), some.integers(1, 12)), max_size=12))
    def test_every_day_has_a_tree_that_reaches_every_unit_once(self, moves):
        organisation = Organisation.objects.create(name="A", region="GB")
        units = [services.add_unit(organisation, str(n), parent=None, since=None) for n in range(5)]
        for which, under, month in moves:
            try:
                services.move_unit(
                    units[which], parent=units[under] if under >= 0 else None, since=date(2025, month, 1)
                )
            except ValidationError:
                continue
        for month in range(1, 13):
            assert sorted(b.unit.name for b in tree(organisation, date(2025, month, 15))) == list("01234")
        for unit in units:
            spans = list(UnitPlace.objects.filter(unit=unit))
            for before, after in itertools.pairwise(spans):
                assert (after.valid_from - before.valid_to).days == 1


@pytest.mark.parametrize(
    ("typed", "code"), [("浙江", "CN-33"), ("cn-gd", "CN-44"), ("Germany", "DE"), ("CA-ON", "CA-ON"), (" GB ", "GB")]
)
def test_a_region_is_found_by_code_or_name_in_either_language(company, typed, code):
    company.client().post(company.url("facilities/new/"), facility(name="New", region=typed))
    assert Facility.objects.get(name="New").region == code


def facility(**more):
    return {
        "name": "New", "region": "CN-33", "approach": "operational_control", "share_pct": "100",
        "unit": "", "valid_from": "", "floor_area_m2": "", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"region": "Zhejiangg"}, "is not a place we know"),
        ({"name": "  yong   plant 1"}, "with this name already"),
        ({"share_pct": "51"}, "With control the share is 100"),
        ({"share_pct": "151", "approach": "equity_share"}, "less than or equal to 100"),
        ({"latitude": "91"}, "less than or equal to 90"),
        ({"floor_area_m2": "-1"}, "greater than or equal to 0"),
        ({"valid_from": "2026-02-30"}, "Enter a valid date"),
        ({"unit": "999999"}, "Select a valid choice"),
    ],
)
def test_a_mistake_in_a_facility_is_told_and_what_was_typed_stays(company, given, said):
    answer = company.client().post(company.url("facilities/new/"), facility(address="Harbour Road 1", **given))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "Harbour Road 1" in answer.content.decode()
    assert Facility.objects.of(company.organisation).count() == 3


def test_a_unit_of_another_tenant_cannot_be_chosen(company, stranger):
    answer = company.client().post(company.url("facilities/new/"), facility(unit=stranger.group.pk))
    assert answer.status_code == 422
    answer = company.client().post(
        company.url(f"units/{company.group.pk}/"), {"name": "g", "parent": stranger.group.pk, "since": "2026-01-01"}
    )
    assert answer.status_code == 422


def test_fields_that_the_form_does_not_have_are_not_set(company, stranger):
    plant = company.plants[0]
    company.client().post(
        company.url(f"facilities/{plant.pk}/edit/"),
        {
            "name": "Renamed",
            "region": "GB",
            "organisation": stranger.organisation.pk,
            "id": 999,
            "created_at": "2000-01-01",
        },
    )
    plant.refresh_from_db()
    assert (plant.name, plant.organisation, plant.created_at.year > 2000) == ("Renamed", company.organisation, True)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"kind": "revenue", "unit": "元2025"}, "CNY_2025"),
        ({"kind": "floor_area", "unit": "ft2"}, "m2"),
        ({"kind": "employees", "unit": ""}, "FTE"),
        ({"kind": "output", "unit": "件"}, "件"),
        ({"kind": "revenue", "unit": "CNY"}, None),
        ({"kind": "output", "unit": ""}, None),
        ({"kind": "output", "unit": "t", "end": "2024-12-31"}, None),
        ({"kind": "output", "unit": "t", "value": "0"}, None),
    ],
)
def test_a_denominator_has_the_unit_of_its_kind_and_money_has_a_year(company, given, kept):
    fields = {"start": "2025-01-01", "end": "2025-12-31", "value": "12.5", **given}
    answer = company.client().post(company.url("denominators/"), fields)
    found = Denominator.objects.filter(organisation=company.organisation, facility=None).first()
    assert (found.unit if found else None) == kept
    assert answer.status_code == (302 if kept else 422)


def test_one_period_has_one_value_of_a_kind(company):
    client, fields = (
        company.client(),
        {"kind": "output", "unit": "t", "start": "2025-01-01", "end": "2025-12-31", "value": "1"},
    )
    assert client.post(company.url("denominators/"), fields).status_code == 302
    assert client.post(company.url("denominators/"), {**fields, "start": "2025-06-01"}).status_code == 422
    assert (
        client.post(company.url("denominators/"), {**fields, "start": "2026-01-01", "end": "2026-12-31"}).status_code
        == 302
    )


def test_the_file_of_the_organisation_is_the_one_that_the_calculation_reads(company):
    services.move_facility(
        company.plants[0],
        unit=company.group,
        approach="equity_share",
        share_pct=Decimal("51.5"),
        since=date(2026, 7, 1),
    )
    text = company.client().get(company.url("organisation.csv")).content.decode("utf-8-sig")
    organisation = parse_organisation(list(csv.DictReader(io.StringIO(text))), "organisation.csv")
    line = organisation.line("yong plant 1", date(2026, 7, 1))
    assert (line.org_unit, float(line.share), line.region) == ("yong group", 0.515, "CN-33")
    assert organisation.line("yong plant 1", date(2026, 6, 30)).org_unit == "yong division"


def test_no_cell_of_a_file_is_a_formula(company):
    company.plant("=1+2")
    rows = csv.reader(
        io.StringIO(company.client(Role.AUDITOR).get(company.url("organisation.csv")).content.decode("utf-8-sig"))
    )
    assert [row[0] for row in rows if "1+2" in row[0]] == ["'=1+2"]


def test_suggested_places_come_in_the_language_of_the_page(client):
    assert '<option value="CN-33">Zhejiang</option>' in client.get("/regions/?q=zhejiang").content.decode()
    assert (
        '<option value="CN-33">浙江</option>'
        in client.get("/regions/?q=浙江", headers={"accept-language": "zh-CN"}).content.decode()
    )
