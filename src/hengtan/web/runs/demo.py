"""``hengtan serve --demo``: a city's real filing and a Chinese company's, calculated, with three people to sign in as.

It is made once, in an installation that nobody has set up, by the steps that a company takes: one enters, another approves.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from hengtan.connectors import read
from hengtan.web.accounts.models import User
from hengtan.web.accounts.services import new_person
from hengtan.web.activities import services as data
from hengtan.web.activities.models import Batch, State
from hengtan.web.assets import demo as assets
from hengtan.web.boundaries.models import Facility, FacilityPlace, Unit, UnitPlace
from hengtan.web.collection import demo as collecting
from hengtan.web.compliance import demo as compliance
from hengtan.web.configuration import kept
from hengtan.web.jobs.models import State as JobState
from hengtan.web.jobs.worker import run_one
from hengtan.web.organisations.first_run import wanted
from hengtan.web.organisations.models import Installation, Membership, Organisation
from hengtan.web.organisations.roles import Role
from hengtan.web.quality import demo as quality
from hengtan.web.reconciliation import demo as boundaries
from hengtan.web.statements import demo as statements
from hengtan.web.vault.services import keep_file

from .models import Run
from .services import approved, choose, start

HERE = Path(__file__).resolve().parent
TORONTO = "GHG inventory 2018"
NINGBO = ("2021 初始报告 as filed", "2021 核查结论 as verified")
STEPS = 120  # more than it takes
SQUARE_FOOT_M2 = Decimal("0.09290304")
NEAR = {  # operations of the filing that emit most: latitude and longitude to about a kilometre, ours and not the filing's
    "Main Treatment Plant": ("43.66", "-79.32"),
    "Highland Creek Treatment Plant": ("43.77", "-79.15"),
    "Humber Treatment Plant": ("43.64", "-79.48"),
    "R.L. Clark Filtration Plant": ("43.59", "-79.52"),
    "R.C. Harris Filtration Plant": ("43.67", "-79.28"),
    "F.J. Horgan Filtration Plant": ("43.76", "-79.16"),
    "Wilson Subway Stn": ("43.73", "-79.45"),
    "Hillcrest, Gunn, Bathurst Garage": ("43.67", "-79.42"),
    "John Street Pumping Station": ("43.65", "-79.39"),
    "Oakvale Substation": ("43.68", "-79.33"),
    "Mt. Dennis Bus Garage": ("43.69", "-79.49"),
}
PEOPLE = (
    ("lin", "林薇 Lin Wei", Role.OWNER),
    ("chen", "陈宇 Chen Yu", Role.APPROVER),
    ("sam", "Sam Reid", Role.AUDITOR),
)


@dataclass(frozen=True, slots=True)
class Door:
    """How to come in: e-mails of the three people, their password, the address that leads to the first inventory."""

    emails: tuple[str, ...]
    password: str
    path: str


def folder() -> Path:
    """The examples: in the package, else in the checkout that it is run from."""
    for place in (HERE.parent / "examples", HERE.parents[3] / "examples"):
        if (place / "toronto").is_dir():
            return place
    raise FileNotFoundError("examples")


def _email(name: str) -> str:
    return f"{name}@demo.example"


def make(tell: Callable[[str], None] = lambda _ready: None) -> Door | None:
    """The demo; None in an installation that belongs to somebody. What a start that was cut short has left goes on.

    tell   is told of each inventory as soon as it stands
    """
    password = kept(settings.CONFIGURATION.data / "demo-password", f"demo-{secrets.token_hex(4)}")
    emails = tuple(_email(name) for name, _full, _role in PEOPLE)
    if wanted():
        with transaction.atomic():
            Installation.objects.create(id=1)
            people = [
                (_person(email, full, password, role), role)
                for email, (_name, full, role) in zip(emails, PEOPLE, strict=True)
            ]
            _toronto(people)
            _ningbo(people)
            _sectors(people)
            _works(people)
            _assets(people)
    elif not User.objects.filter(email=emails[0]).exists():
        return None
    organisations = list(Organisation.objects.filter(memberships__user__email=emails[0]).order_by("pk"))
    told = set(Run.objects.filter(chosen_at__isnull=False).values_list("pk", flat=True))
    for _step in range(STEPS):
        while run_one() is not None:
            pass
        for run in Run.objects.filter(chosen_at__isnull=False).exclude(pk__in=told).select_related("organisation"):
            told.add(run.pk)
            tell(f"{run.organisation.name}: {run.name}")
        if not any([*map(_goes_on, organisations), *map(_reconciles, organisations)]):
            break
    first = reverse("inventory", kwargs={"key": organisations[0].key})
    return Door(emails, password, f"{reverse('account_login')}?next={quote(first)}")


def _person(email: str, name: str, password: str, role: Role) -> User:
    """Nobody reads the e-mails of somebody invented: they would stand on the console between the newcomer and his link."""
    user = new_person(email=email, name=name, password=password, is_operator=role == Role.OWNER)
    user.notice_mail = User.NoticeMail.NEVER
    user.save(update_fields=["notice_mail"])
    return user


def _reconciles(organisation: Organisation) -> bool:
    """The next step of an invented company whose statement becomes an inventory."""
    members = Membership.objects.of(organisation).filter(ended_at=None).select_related("user", "organisation")
    owner, approver = (members.filter(role=role, user__email=_email(name)).first() for name, _full, role in PEOPLE[:2])
    return boundaries.goes_on(owner, approver, folder())


def _goes_on(organisation: Organisation) -> bool:
    """The next step of what a company does: enter, submit, approve by somebody else, calculate, choose.

    Only with batches of the demo: what people did in it afterwards is theirs.
    """
    members = Membership.objects.of(organisation).filter(ended_at=None).select_related("user", "organisation")
    owner = members.filter(role=Role.OWNER, user__email=_email("lin")).first()
    approver = members.filter(role=Role.APPROVER, user__email=_email("chen")).first()
    batches = Batch.objects.of(organisation).select_related("job").order_by("pk")
    works = batches.filter(name=collecting.ROWS).first()
    batch = works or batches.last()
    if owner is None or approver is None or batch is None or batch.name not in (TORONTO, *NINGBO, collecting.ROWS):
        return False
    if batch.job is not None and batch.job.state != JobState.DONE:
        return False
    run = Run.objects.of(organisation).filter(sample=True, name=batch.name).first()
    if batch.state == State.DRAFT:
        if batch.preview:
            data.submit(batch, owner.user)
        else:
            data.assign(batch, owner.user, batch.mapping)
    elif batch.state == State.SUBMITTED:
        data.approve(batch, approver)
    elif run is None:
        start(organisation, owner.user, batch.name, approved(organisation), {}, sample=True)
    elif run.is_done and run.chosen_at is None:
        if works is None or not collecting.goes_on(owner, approver, timezone.localdate()):
            choose(run, owner.user)
    elif run.is_done and run.name == NINGBO[0]:
        data.begin(owner, NINGBO[1], _ningbo_files(organisation, "verified"), supersedes=batch)
    else:
        return False
    return True


def _toronto(people: list[tuple[User, Role]]) -> None:
    organisation = _organisation("City of Toronto", "CA-ON", people)
    place = folder() / "toronto"
    workbook, factors = place / "toronto_2018_energy_ghg_report.xlsx", place / "ontario_2018_factors.csv"
    _facilities(organisation, workbook)
    files = [_given(organisation, workbook), _given(organisation, factors, "factors")]
    data.begin(_owner(organisation), TORONTO, files)


def _ningbo(people: list[tuple[User, Role]]) -> None:
    organisation = _organisation("宁波力世实业 Ningbo Lishi Industry", "CN-33", people)
    facility = Facility.objects.create(organisation=organisation, name="Ningbo Lishi Industry", region="CN-33")
    FacilityPlace.objects.create(organisation=organisation, facility=facility)
    data.begin(_owner(organisation), NINGBO[0], _ningbo_files(organisation, "initial"))


def _sectors(people: list[tuple[User, Role]]) -> None:
    """Two invented companies with statements by sector guidelines and their allowances."""
    for which, (name, *_rest) in enumerate(statements.COMPANIES):
        organisation = _organisation(name, "CN-33", people)
        members = Membership.objects.of(organisation).select_related("user", "organisation")
        statements.make(members.get(role=Role.OWNER), members.get(role=Role.APPROVER), folder(), which)
        quality.furnish(members.get(role=Role.OWNER), members.get(role=Role.APPROVER))


def _works(people: list[tuple[User, Role]]) -> None:
    """An invented manufacturer whose plants are asked for their figures."""
    organisation = _organisation(collecting.COMPANY, "CN-33", people)
    collecting.furnish(organisation, _owner(organisation))


def _assets(people: list[tuple[User, Role]]) -> None:
    """An invented group with a book of carbon assets and a compliance plan."""
    organisation = _organisation(assets.COMPANY, "CN-33", people)
    members = Membership.objects.of(organisation).select_related("user", "organisation")
    owner, approver = members.get(role=Role.OWNER), members.get(role=Role.APPROVER)
    assets.make(owner, approver)
    compliance.make(owner, approver)


def _ningbo_files(organisation: Organisation, report: str) -> list[data.Given]:
    place = folder() / "ningbo"
    rows, factors = place / "活动数据.csv", place / f"factors_{report}.csv"
    return [_given(organisation, rows), _given(organisation, factors, "factors")]


def _owner(organisation: Organisation) -> Membership:
    return Membership.objects.of(organisation).select_related("user", "organisation").get(role=Role.OWNER)


def _organisation(name: str, region: str, people: list[tuple[User, Role]]) -> Organisation:
    organisation = Organisation.objects.create(name=name, region=region)
    for user, role in people:
        Membership.objects.create(organisation=organisation, user=user, role=role)
    return organisation


def _given(organisation: Organisation, path: Path, role: str = "activities") -> data.Given:
    return data.Given(path.name, keep_file(organisation, path), path.stat().st_size, "", role)


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
            **_near(name),
        )
        for name, row in sorted(rows.items())
    }  # fmt: skip
    Facility.objects.bulk_create(made.values())
    FacilityPlace.objects.bulk_create(
        FacilityPlace(organisation=organisation, facility=facility, unit=units.get(rows[name]["org_unit"]))
        for name, facility in made.items()
    )


def _near(name: str) -> dict[str, Decimal]:
    if name not in NEAR:
        return {}
    latitude, longitude = NEAR[name]
    return {"latitude": Decimal(latitude), "longitude": Decimal(longitude)}


def _area(row: dict[str, Any]) -> Decimal | None:
    feet = Decimal(row["floor_area"] or 0)
    return (feet * SQUARE_FOOT_M2).quantize(Decimal("0.01")) if feet > 0 else None
