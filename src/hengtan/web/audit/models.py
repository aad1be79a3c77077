"""What a verifier does with one run: plan, sample, results, questions, evidence, statement; what was verified and exported."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hengtan.inventory.sampling import CONFIDENCE
from hengtan.web.jobs.models import Job
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.owned import OwnedQuerySet
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet, new_key
from hengtan.web.runs.models import Run
from hengtan.web.vault.models import Outbox

PERSON: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class Level(models.TextChoices):
    """Of assurance (ISO 14064-3, ISAE 3410)."""

    REASONABLE = "reasonable", _("Reasonable assurance")
    LIMITED = "limited", _("Limited assurance")


class Basis(models.TextChoices):
    """Of scope 2 in the population."""

    LOCATION = "location", _("Location-based")
    MARKET = "market", _("Market-based")


class Opinion(models.TextChoices):
    """Of the statement that closes an engagement (ISO 14064-3:2019, 9.3)."""

    UNMODIFIED = "unmodified", _("Unmodified opinion")
    MODIFIED = "modified", _("Modified opinion")
    ADVERSE = "adverse", _("Adverse opinion")
    DISCLAIMED = "disclaimed", _("Disclaimer of opinion")


class EngagementQuerySet(OwnedQuerySet["Engagement"]):
    """Engagements show rows of the whole: only who may read the whole sees them."""

    owner = "opened_by"


class Engagement(TenantModel):
    """One verification of one run.

    plan         of the sample, kg as decimal text: total, materiality, performance, factor, interval, start, top_kg, drawn_kg, low_kg
                 and the numbers of rows; {} until it is drawn
    job          that draws it
    closed_event the entry of the ledger that holds the statement
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="engagements")
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    number = models.PositiveIntegerField()
    name = models.CharField(_("Name"), max_length=120)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="engagements")
    level = models.CharField(_("Level of assurance"), max_length=12, choices=Level.choices)
    standard = models.CharField(_("Standard of verification"), max_length=120, default="ISO 14064-3:2019")
    verifier = models.CharField(_("Verification body"), max_length=200)
    basis = models.CharField(
        _("Scope 2 in the population"), max_length=8, choices=Basis.choices, default=Basis.LOCATION
    )
    materiality_pct = models.DecimalField(_("Materiality, % of the total"), max_digits=5, decimal_places=2)
    performance_pct = models.DecimalField(
        _("Performance materiality, % of materiality"), max_digits=5, decimal_places=2
    )
    confidence = models.PositiveSmallIntegerField(_("Confidence"), choices=[(each, f"{each} %") for each in CONFIDENCE])
    seed = models.CharField(_("Seed"), max_length=80)
    plan = models.JSONField(default=dict)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    opened_at = models.DateTimeField(auto_now_add=True)
    opinion = models.CharField(_("Opinion"), max_length=12, choices=Opinion.choices, blank=True)
    statement = models.TextField(_("Statement"), blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    closed_at = models.DateTimeField(null=True)
    closed_event = models.ForeignKey(Outbox, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[EngagementQuerySet] = EngagementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "number"], name="engagement_number")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def code(self) -> str:
        """V-0001."""
        return f"V-{self.number:04d}"

    @property
    def is_open(self) -> bool:
        """Whether the verifier still writes in it."""
        return self.closed_at is None


class Result(models.TextChoices):
    """What testing a row came to."""

    OPEN = "open", _("not tested")
    AGREED = "agreed", _("agreed")
    DIFFERENCE = "difference", _("difference")
    QUESTION = "question", _("in question")


class Item(TenantModel):
    """A row of the sample. Masses are kg as decimal text, exact on every database.

    place   of the row in the run, from 1; hits: points that it holds; 0 in the top stratum, which is tested in full
    cell    of the source where it is known: file, sheet, address of the quantity
    """

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="items")
    place = models.PositiveBigIntegerField()
    activity_id = models.CharField(max_length=400)
    facility = models.CharField(max_length=300)
    activity_type = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=400, blank=True)
    hits = models.PositiveIntegerField()
    book_kg = models.CharField(max_length=60)
    result = models.CharField(max_length=12, choices=Result.choices, default=Result.OPEN)
    audited_kg = models.CharField(max_length=60, blank=True)
    note = models.TextField(blank=True)
    tested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    tested_at = models.DateTimeField(null=True)

    objects: ClassVar[TenantQuerySet[Item]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The top stratum first, then what was drawn, each in the order of the run."""

        ordering: ClassVar = ["hits", "place"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["engagement", "activity_id"], name="item_of_a_sample")]

    def __str__(self) -> str:
        return self.activity_id

    @property
    def book(self) -> Decimal:
        """What the company says, kg."""
        return Decimal(self.book_kg)

    @property
    def audited(self) -> Decimal | None:
        """What the verifier says, kg; None until it is tested."""
        if self.result == Result.AGREED:
            return self.book
        return Decimal(self.audited_kg) if self.audited_kg else None

    @property
    def difference(self) -> Decimal | None:
        """The verifier's figure less the company's, kg."""
        return None if self.audited is None else self.audited - self.book


class Attachment(TenantModel):
    """A file that the verifier laid to a row, kept by its digest."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    added_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantQuerySet[Attachment]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name


class Question(TenantModel):
    """Asked by the verifier, answered by the company, settled by the verifier."""

    class State(models.TextChoices):
        """Whose turn it is."""

        ASKED = "asked", _("waits for the company")
        ANSWERED = "answered", _("answered")
        SETTLED = "settled", _("settled")

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="questions")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, null=True, blank=True, related_name="questions")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    text = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    asked_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantQuerySet[Question]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return self.text[:60]


class Reply(TenantModel):
    """What somebody said to a question."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="replies")
    text = models.TextField()
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    said_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantQuerySet[Reply]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """As they were said."""

        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.text[:60]


class Verification(TenantModel):
    """One click: what ``hengtan verify`` says of run, ledger and issued reports. outcome: the checks, [] until it is done."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="verifications")
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    outcome = models.JSONField(default=list)
    checkpoint = models.TextField(blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    objects: ClassVar[TenantQuerySet[Verification]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def failed(self) -> bool:
        """Whether one of its checks did."""
        return any(each["state"] == "failed" for each in self.outcome)


class Package(TenantModel):
    """An export of all that an outsider needs. list_sha256: of its package.json, for which ``event`` vouches; name: of the ZIP in its folder."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="packages")
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    list_sha256 = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.PositiveBigIntegerField(null=True)
    contents = models.JSONField(default=list)
    event = models.ForeignKey(Outbox, on_delete=models.PROTECT, null=True, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    objects: ClassVar[TenantQuerySet[Package]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return self.sha256[:12]
