"""Reports as they were prepared and issued, and what the company says of itself in them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext

from hengtan.web.jobs.models import Job
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.owned import OwnedQuerySet
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet, new_key
from hengtan.web.runs.models import Run
from hengtan.web.vault.models import Outbox

PERSON: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class Standard(models.TextChoices):
    """By which a report is structured."""

    ISO14064 = "iso14064", _("ISO 14064-1:2018")
    GHGP = "ghgp", _("GHG Protocol Corporate Standard")
    CN_ENTERPRISE = "cn-enterprise", _("Chinese enterprise report form")


class Language(models.TextChoices):
    """Of a report."""

    ZH = "zh", "中文"
    EN = "en", "English"


class Format(models.TextChoices):
    """Of a file."""

    PDF = "pdf", "PDF"
    XLSX = "xlsx", "XLSX"
    HTML = "html", "HTML"


class About(TenantModel):
    """What reports say of the company, by the fields of ``hengtan.api.about.FIELDS``; kept for the next one."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="about")
    fields = models.JSONField(default=dict)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    changed_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[TenantQuerySet[About]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return str(self.fields.get("name", ""))


class State(models.TextChoices):
    """Of a report. What was issued stays for ever; it may be withdrawn, or a newer one may take its place."""

    PREPARED = "prepared", _("waits to be issued")
    ISSUING = "issuing", _("being issued")
    ISSUED = "issued", _("issued")
    RETURNED = "returned", _("not issued")
    WITHDRAWN = "withdrawn", pgettext("report", "withdrawn")
    SUPERSEDED = "superseded", _("superseded")


PUBLIC = (State.ISSUED, State.WITHDRAWN, State.SUPERSEDED)


class ReportQuerySet(OwnedQuerySet["Report"]):
    """Reports hold sums of the whole: only who may read the whole sees them."""

    owner = "prepared_by"


class Report(TenantModel):
    """One report of one run.

    number     of those that were issued, counted in the organisation; None before
    about      what it says of the company, and ``previous``: the run that it is compared with; frozen when it is prepared
    replaces   the issued report whose place it takes
    comment    why it was not issued; reason: why it was withdrawn
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="reports")
    key = models.CharField(max_length=16, unique=True, default=new_key, editable=False)
    number = models.PositiveIntegerField(null=True, blank=True)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="reports")
    previous = models.ForeignKey(Run, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    standard = models.CharField(_("Standard"), max_length=16, choices=Standard.choices)
    languages = models.JSONField(default=list)
    formats = models.JSONField(default=list)
    about = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PREPARED)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    prepared_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True)
    issued_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    withdrawn_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    objects: ClassVar[ReportQuerySet] = ReportQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "number"], name="report_number")]

    def __str__(self) -> str:
        return f"{self.code} {self.get_standard_display()}"

    @property
    def code(self) -> str:
        """RP-0001; a dash before it is issued."""
        return f"RP-{self.number:04d}" if self.number else "—"

    @property
    def is_public(self) -> bool:
        """Whether its files were issued once."""
        return self.state in PUBLIC

    @property
    def language_names(self) -> list[str]:
        """As people read them."""
        return [str(Language(each).label) for each in self.languages]

    @property
    def format_names(self) -> list[str]:
        """As people read them."""
        return [str(Format(each).label) for each in self.formats]


class ReportFile(TenantModel):
    """A file of an issued report; digest: its SHA-256, under which the facts keep it; event: the entry that vouches for it."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=80)
    format = models.CharField(max_length=4, choices=Format.choices)
    language = models.CharField(max_length=2, choices=Language.choices)
    digest = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    event = models.ForeignKey(Outbox, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[TenantQuerySet[ReportFile]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """In the order of their names."""

        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["report", "name"], name="report_file_name")]

    def __str__(self) -> str:
        return self.name


class Category(models.TextChoices):
    """Why a base year is what it is (GHG Protocol Corporate Standard, chapter 5)."""

    CHOSEN = "chosen", _("chosen")
    STRUCTURAL = "structural", _("structural change: bought, sold, outsourced, insourced")
    METHOD = "method", _("method of calculation")
    FACTOR = "factor", _("emission factors, GWP")
    ERROR = "error", _("error in the data")


class RecalculationPolicy(TenantModel):
    """From which change on the base year is restated, and how. Each row is one decision; the newest holds."""

    threshold_pct = models.DecimalField(
        _("Significance threshold, % of the base year's total"), max_digits=5, decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100))],
    )  # fmt: skip
    text = models.TextField(_("Recalculation policy"), max_length=4000)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    set_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantQuerySet[RecalculationPolicy]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.threshold_pct} %"


class BaseYear(TenantModel):
    """The run that later years are measured against, from the day it was chosen. A restatement is a new row that replaces one.

    basis     of scope 2 in the figures beside it
    change    of a restatement: {before, after, effects: {name: kg}, percent, threshold_pct}, kg as decimal text
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="base_years")
    basis = models.CharField(max_length=8, default="location")
    category = models.CharField(max_length=12, choices=Category.choices, default=Category.CHOSEN)
    reason = models.TextField(_("Reason"), max_length=4000)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    change = models.JSONField(null=True)
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    chosen_at = models.DateTimeField(auto_now_add=True)
    event = models.ForeignKey(Outbox, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[TenantQuerySet[BaseYear]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.run.code} {self.get_category_display()}"

    @property
    def is_restatement(self) -> bool:
        """Of the same period as the one before; else it was chosen anew."""
        return self.category != Category.CHOSEN


class RetirementPaper(TenantModel):
    """A file of the statement that carbon units were retired (注销证明). It never changes; the file lies in the vault under its digest."""

    posting = models.PositiveBigIntegerField()
    language = models.CharField(max_length=2)
    form = models.CharField(max_length=4)
    digest = models.CharField(max_length=64)
    bytes = models.PositiveIntegerField()
    event: Any = models.OneToOneField(Outbox, on_delete=models.PROTECT, related_name="+")
    issued_by: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantQuerySet[RetirementPaper]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """One of each language and form."""

        ordering: ClassVar = ["posting", "form", "language"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "posting", "language", "form"], name="one_paper_of_a_retirement"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Of the file."""
        return f"retirement-{self.posting}-{self.language}.{self.form}"
