"""Units and facilities, their places through time, and the denominators of intensities.

A place says where something belonged from one day to another, both inclusive, open where empty; the lines of a facility are
the lines of the organisation file that ``hengtan calculate --org`` reads.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from hengtan.web.organisations.models import Approach, Membership, Organisation, RegionField, known_region
from hengtan.web.organisations.roles import Role
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet

if TYPE_CHECKING:
    from hengtan.web.accounts.models import User


class Unit(TenantModel):
    """A company, division, department or site group."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="units")
    name = models.CharField(_("Name"), max_length=200)

    objects: ClassVar[TenantQuerySet[Unit]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """A name is one unit."""

        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "name"], name="unit_name")]

    def __str__(self) -> str:
        return self.name


class PlaceQuerySet(TenantQuerySet[Any]):
    """Places in time."""

    def on(self, day: date) -> Self:
        """Those that hold on that day."""
        began = models.Q(valid_from__isnull=True) | models.Q(valid_from__lte=day)
        return self.filter(began, models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=day))


class Place(TenantModel):
    """From one day to another, both inclusive; empty is open."""

    valid_from = models.DateField(_("From"), null=True, blank=True)
    valid_to = models.DateField(_("To"), null=True, blank=True)

    objects: ClassVar[PlaceQuerySet] = PlaceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """Of something."""

        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_from__isnull=True)
                | models.Q(valid_to__isnull=True)
                | models.Q(valid_from__lte=models.F("valid_to")),
                name="%(class)s_begins_before_it_ends",
            )
        ]


class UnitPlace(Place):
    """Under which unit a unit stands; under none it is a root."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="places")
    parent = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Belongs to")
    )

    class Meta(Place.Meta):
        """In the order of time."""

        ordering: ClassVar = ["unit", models.F("valid_from").asc(nulls_first=True)]


class FacilityQuerySet(TenantQuerySet["Facility"]):
    """Facilities."""

    def visible_to(self, user: User) -> Self:
        """Of the organisations of this person; a contributor sees those that are given to him."""
        if not user.is_authenticated:
            return self.none()
        mine = Membership.objects.filter(user_id=user.pk, ended_at__isnull=True)
        whole = mine.exclude(role=Role.CONTRIBUTOR).values("organisation")
        given = mine.filter(role=Role.CONTRIBUTOR).values("facilities")
        return self.filter(models.Q(organisation__in=whole) | models.Q(pk__in=given))


class Facility(TenantModel):
    """A site, building, plant, fleet or data centre: what activity data name."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="facilities")
    name = models.CharField(_("Name"), max_length=200, help_text=_("As your bills and meters name it."))
    region = RegionField(_("Country or region"), max_length=20, validators=[known_region])
    address = models.CharField(_("Address"), max_length=300, blank=True)
    latitude = models.DecimalField(
        _("Latitude"), max_digits=8, decimal_places=5, null=True, blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )  # fmt: skip
    longitude = models.DecimalField(
        _("Longitude"), max_digits=8, decimal_places=5, null=True, blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )  # fmt: skip
    floor_area_m2 = models.DecimalField(
        _("Floor area, m²"), max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[FacilityQuerySet] = FacilityQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """A name is one facility."""

        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "name"], name="facility_name")]

    def __str__(self) -> str:
        return self.name


class FacilityPlace(Place):
    """To which unit a facility belongs, and how much of it counts."""

    facility = models.ForeignKey(Facility, on_delete=models.CASCADE, related_name="places")
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="facility_places", verbose_name=_("Unit")
    )
    approach = models.CharField(
        _("Consolidation approach"), max_length=24, choices=Approach.choices, default=Approach.OPERATIONAL
    )
    share_pct = models.DecimalField(
        _("Share, %"), max_digits=7, decimal_places=4, default=Decimal(100),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Counts with equity share; with control, what is controlled counts in full."),
    )  # fmt: skip

    class Meta(Place.Meta):
        """In the order of time."""

        ordering: ClassVar = ["facility", models.F("valid_from").asc(nulls_first=True)]


class Denominator(TenantModel):
    """What an intensity is divided by, in one period: of a facility, or of the whole organisation."""

    class Kind(models.TextChoices):
        """What is counted."""

        FLOOR_AREA = "floor_area", _("Floor area")
        OUTPUT = "output", _("Output")
        REVENUE = "revenue", _("Revenue")
        EMPLOYEES = "employees", _("Employees")

    facility = models.ForeignKey(Facility, on_delete=models.CASCADE, null=True, blank=True, related_name="denominators")
    kind = models.CharField(_("Denominator"), max_length=12, choices=Kind.choices)
    start = models.DateField(_("From"))
    end = models.DateField(_("To"))
    value = models.DecimalField(
        _("Value"), max_digits=20, decimal_places=4, validators=[MinValueValidator(Decimal("0.0001"))]
    )
    unit = models.CharField(_("Unit"), max_length=40, help_text=_("m2, t, CNY_2025, FTE ..."))

    objects: ClassVar[TenantQuerySet[Denominator]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-end", "kind"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(start__lte=models.F("end")), name="denominator_begins_before_it_ends"
            )
        ]
