"""Series of requests, the requests, and what people were reminded of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hengtan.web.activities.models import Batch
from hengtan.web.boundaries.models import Facility
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import MAY, Act
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet

from .periods import Every, called

if TYPE_CHECKING:
    from typing import Self

    from hengtan.web.accounts.models import User


class SeriesQuerySet(TenantQuerySet["Series"]):
    """Series: to who reads the whole organisation; to a contributor those of which he has a request."""

    def visible_to(self, user: User) -> Self:
        """See the class."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(pk__in=Request.objects.visible_to(user).order_by().values("series"))


class Series(TenantModel):
    """A figure that is asked for, of some facilities, once or for every period.

    first     the first day of the first period; last: no period begins after it
    due_days  after the end of the period; remind_days: before it is due
    assignee  who is asked; None: of each facility the contributor to whom it is given
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="series")
    activity_type = models.CharField(_("Activity type"), max_length=100)
    unit = models.CharField(_("Unit"), max_length=30)
    facilities = models.ManyToManyField(Facility, related_name="+")
    every = models.CharField(_("How often"), max_length=8, choices=Every.choices, default=Every.MONTH)
    first = models.DateField(_("First period"))
    last = models.DateField(_("Until"), null=True, blank=True)
    due_days = models.PositiveSmallIntegerField(_("Due, days after the period"), default=10, validators=[MaxValueValidator(365)])  # fmt: skip
    remind_days = models.PositiveSmallIntegerField(_("Reminder, days before"), default=3, validators=[MinValueValidator(0), MaxValueValidator(60)])  # fmt: skip
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")  # fmt: skip
    note = models.TextField(_("Note"), blank=True, max_length=2000)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    title: str  # put there by the page

    objects: ClassVar[SeriesQuerySet] = SeriesQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return self.activity_type


class RequestQuerySet(TenantQuerySet["Request"]):
    """Requests: one's own, those of the facilities that are given to one, all to who reads the whole organisation."""

    def visible_to(self, user: User) -> Self:
        """See the class."""
        if not user.is_authenticated:
            return self.none()
        mine = Membership.objects.filter(user_id=user.pk, ended_at__isnull=True)
        whole = mine.filter(role__in=MAY[Act.WHOLE]).values("organisation")
        here = Q(organisation__in=mine.values("organisation"))
        given = Q(facility__in=mine.values("facilities")) | Q(assignee_id=user.pk)
        return self.filter(Q(organisation__in=whole) | here & given)


class Request(TenantModel):
    """One figure: of a facility, for a period. Where it stands is read from the batches (``state.states``), never stored.

    batch   what was given for it through its own page; draft: what was typed there and is not complete yet
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="requests")
    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="requests")
    facility = models.ForeignKey(Facility, on_delete=models.CASCADE, related_name="+")
    start = models.DateField()
    end = models.DateField()
    due = models.DateField()
    remind_on = models.DateField()
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.SET_NULL, null=True, blank=True, related_name="requests")
    draft: Any = models.JSONField(default=dict)
    made_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    state: Any  # these four are put there by the pages: ``state.State``, days, words, whether there is a draft
    late: int
    title: str
    typed: bool

    objects: ClassVar[RequestQuerySet] = RequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """What is due first, first; one for a facility and a period of a series."""

        ordering: ClassVar = ["due", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "facility", "start"], name="one_request_for_a_period"),
            models.CheckConstraint(condition=Q(start__lte=F("end")), name="request_begins_before_it_ends"),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "due"], name="requests_by_due")]

    def __str__(self) -> str:
        return f"{self.facility}, {self.period}"

    @property
    def period(self) -> str:
        """2025-05, 2025-Q2, 2025."""
        return called(self.start, self.end)


class Reminder(TenantModel):
    """That somebody was reminded of a request: of each automatic kind once, also when a worker died in the middle.

    told  False: when its day came there was nothing to remind of any more
    """

    class Kind(models.TextChoices):
        """Before, on the day, after; or by a person."""

        SOON = "soon", _("before it was due")
        DUE = "due", _("on the day")
        OVERDUE = "overdue", _("when it was overdue")
        HAND = "reminded", _("by hand")

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    told = models.BooleanField(default=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantQuerySet[Reminder]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["request", "kind"], condition=~Q(kind="reminded"), name="one_reminder_of_a_kind"
            )
        ]
