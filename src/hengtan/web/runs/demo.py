"""``hengtan serve --demo``: a city's real filing and a Chinese company's, calculated, with three people to sign in as.

It is made once, in an installation that nobody has set up; what is missing after a start that was cut short is calculated by
the worker, as any run.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from hengtan.connectors import read
from hengtan.web.accounts.models import User
from hengtan.web.accounts.services import new_person
from hengtan.web.boundaries.models import Facility, FacilityPlace, Unit, UnitPlace
from hengtan.web.configuration import kept
from hengtan.web.jobs.worker import run_one
from hengtan.web.organisations.first_run import wanted
from hengtan.web.organisations.models import Installation, Membership, Organisation
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.services import keep_file

from .models import Run
from .services import Source, choose, start

HERE = Path(__file__).resolve().parent
SQUARE_FOOT_M2 = Decimal("0.09290304")
PEOPLE = (
    ("lin", "林薇 Lin Wei", Role.OWNER),
    ("chen", "陈宇 Chen Yu", Role.APPROVER),
    ("sam", "Sam Reid", Role.AUDITOR),
)


@dataclass(frozen=True, slots=True)
class Door:
    """How to come in: addresses of the three people and their password."""

    emails: tuple[str, ...]
    password: str


def folder() -> Path:
    """The examples: in the package, else in the checkout that it is run from."""
    for place in (HERE.parent / "examples", HERE.parents[3] / "examples"):
        if (place / "toronto").is_dir():
            return place
    raise FileNotFoundError("examples")


def make() -> Door | None:
    """The demo; None in an installation that belongs to somebody."""
    password = kept(settings.CONFIGURATION.data / "demo-password", f"demo-{secrets.token_hex(4)}")
    emails = tuple(f"{name}@demo.example" for name, _full, _role in PEOPLE)
    if wanted():
        with transaction.atomic():
            Installation.objects.create(id=1)
            people = [
                (new_person(email=email, name=full, password=password, is_operator=role == Role.OWNER), role)
                for email, (_name, full, role) in zip(emails, PEOPLE, strict=True)
            ]
            _toronto(people)
            _ningbo(people)
    elif not User.objects.filter(email=emails[0]).exists():
        return None
    while run_one() is not None:
        pass
    _chosen()
    return Door(emails, password)


def _toronto(people: list[tuple[User, Role]]) -> None:
    organisation = _organisation("City of Toronto", "CA-ON", people)
    place = folder() / "toronto"
    workbook, factors = place / "toronto_2018_energy_ghg_report.xlsx", place / "ontario_2018_factors.csv"
    _facilities(organisation, workbook)
    sources = [_source(organisation, workbook), _source(organisation, factors, "factors")]
    options = {"template": "ontario_bps", "as_of": "2026-11-01"}
    start(organisation, people[0][0], "GHG inventory 2018", sources, options, sample=True)


def _ningbo(people: list[tuple[User, Role]]) -> None:
    organisation = _organisation("宁波力世实业 Ningbo Lishi Industry", "CN-33", people)
    place = folder() / "ningbo"
    facility = Facility.objects.create(organisation=organisation, name="Ningbo Lishi Industry", region="CN-33")
    FacilityPlace.objects.create(organisation=organisation, facility=facility)
    before: Run | None = None
    for name, factors in (("2021 初始报告 as filed", "initial"), ("2021 核查结论 as verified", "verified")):
        sources = [
            _source(organisation, place / "活动数据.csv"),
            _source(organisation, place / f"factors_{factors}.csv", "factors"),
        ]
        before = start(organisation, people[0][0], name, sources, {"lang": "zh"}, sample=True, previous=before)


def _organisation(name: str, region: str, people: list[tuple[User, Role]]) -> Organisation:
    organisation = Organisation.objects.create(name=name, region=region)
    for user, role in people:
        Membership.objects.create(organisation=organisation, user=user, role=role)
    return organisation


def _source(organisation: Organisation, path: Path, role: str = "input") -> Source:
    return Source(path.name, keep_file(organisation, path), role)


def _facilities(organisation: Organisation, workbook: Path) -> None:
    """The operations of the filing with their floor areas, under the units that it names."""
    table: Any = read([workbook], template="ontario_bps").sources[0].data
    rows = {row["facility"]: row for row in reversed(table.to_pylist())}
    units = {
        name: Unit(organisation=organisation, name=name)
        for name in sorted({row["org_unit"] for row in rows.values()})
        if name
    }
    Unit.objects.bulk_create(units.values())
    UnitPlace.objects.bulk_create(UnitPlace(organisation=organisation, unit=unit) for unit in units.values())
    made = {
        name: Facility(
            organisation=organisation, name=name[:200], region="CA-ON", floor_area_m2=_area(row),
            address=", ".join(part for part in (row["address"], row["city"]) if part)[:300],
        )
        for name, row in sorted(rows.items())
    }  # fmt: skip
    Facility.objects.bulk_create(made.values())
    FacilityPlace.objects.bulk_create(
        FacilityPlace(organisation=organisation, facility=facility, unit=units.get(rows[name]["org_unit"]))
        for name, facility in made.items()
    )


def _area(row: dict[str, Any]) -> Decimal | None:
    feet = Decimal(row["floor_area"] or 0)
    return (feet * SQUARE_FOOT_M2).quantize(Decimal("0.01")) if feet > 0 else None


def _chosen() -> None:
    """The last run of each demo organisation is the one that is seen first; the person who made it says so."""
    for run in (
        Run.objects.filter(sample=True, done_at__isnull=False)
        .select_related("organisation", "created_by")
        .order_by("number")
    ):
        later = Run.objects.of(run.organisation).filter(number__gt=run.number).exists()
        if not later and not Run.objects.of(run.organisation).filter(chosen_at__isnull=False).exists():
            choose(run, run.created_by)
    while run_one() is not None:
        pass
