"""The tables of the book as the web reads them. ``hengtan.market.book.schema`` makes them and holds their laws; only its store writes them.

They are models so that the walls between tenants stand around them (``visible_to``, row-level security). What the web itself keeps is
the place of each posting in the ledger.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from hengtan.web.accounts.models import User
from hengtan.web.jobs.models import Job
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.tenancy import TenantModel, TenantQuerySet
from hengtan.web.vault.models import Outbox


class Head(TenantModel):
    """How far a book has come: numbers of the last posting and batch. One row a tenant, which a writer holds."""

    organisation = models.OneToOneField(Organisation, models.DO_NOTHING, primary_key=True, related_name="+")
    number = models.BigIntegerField()
    batches = models.BigIntegerField()

    objects: ClassVar[TenantQuerySet[Head]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """Of the book."""

        managed = False
        db_table = "book_head"


class Account(TenantModel):
    """An entity's account with a registry, under the name it has in the book."""

    key = models.TextField()
    entity = models.TextField()
    registry = models.TextField()
    number = models.TextField()

    objects: ClassVar[TenantQuerySet[Account]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """By name."""

        managed = False
        db_table = "book_account"
        ordering: ClassVar = ["key"]

    def __str__(self) -> str:
        return self.key


class Proposal(TenantModel):
    """An event that was proposed; ``proposed_by``: id of the person, as text."""

    key = models.TextField()
    kind = models.TextField()
    event = models.TextField()
    digest = models.TextField()
    source = models.TextField()
    proposed_by = models.TextField()
    proposed_at = models.DateTimeField()

    objects: ClassVar[TenantQuerySet[Proposal]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """In the order of their making."""

        managed = False
        db_table = "book_proposal"
        ordering: ClassVar = ["pk"]


class Decision(TenantModel):
    """What somebody else said of a proposal."""

    proposal: Any = models.OneToOneField(Proposal, models.DO_NOTHING, related_name="decision")
    verdict = models.TextField()
    decided_by = models.TextField()
    decided_at = models.DateTimeField()
    reason = models.TextField()
    posting = models.BigIntegerField(null=True)

    objects: ClassVar[TenantQuerySet[Decision]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """Of the book."""

        managed = False
        db_table = "book_decision"


class Posting(TenantModel):
    """An event as it stands in the book; ``record``: what the ledger commits to."""

    number = models.BigIntegerField()
    proposal: Any = models.OneToOneField(Proposal, models.DO_NOTHING, related_name="posted")
    kind = models.TextField()
    day = models.DateField()
    entity = models.TextField()
    contract = models.TextField()
    quantity = models.BigIntegerField()
    reverses = models.BigIntegerField(null=True)
    record = models.TextField()
    posted_at = models.DateTimeField()

    objects: ClassVar[TenantQuerySet[Posting]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        managed = False
        db_table = "book_posting"
        ordering: ClassVar = ["-number"]


class Batch(TenantModel):
    """Units that came in together, with all that decides what they are good for."""

    number = models.BigIntegerField()
    posting = models.BigIntegerField()
    code = models.TextField()
    kind = models.TextField()
    vintage = models.BigIntegerField()
    project = models.TextField()
    methodology = models.TextField()
    registered_on = models.DateField(null=True)
    produced_on = models.DateField(null=True)
    region = models.TextField()
    market = models.TextField()
    series = models.TextField()
    first_number = models.BigIntegerField()
    last_number = models.BigIntegerField()
    day = models.DateField()
    origin = models.TextField()
    inside_market = models.TextField()

    objects: ClassVar[TenantQuerySet[Batch]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        managed = False
        db_table = "book_batch"
        ordering: ClassVar = ["-number"]


class Lot(TenantModel):
    """A range of units of one batch in one place; ``spent_by``: the posting that took it away."""

    posting = models.BigIntegerField()
    spent_by = models.BigIntegerField(null=True)
    batch = models.BigIntegerField()
    code = models.TextField()
    series = models.TextField()
    first_number = models.BigIntegerField()
    last_number = models.BigIntegerField()
    account = models.TextField()
    place = models.TextField()
    contract = models.TextField()

    objects: ClassVar[TenantQuerySet[Lot]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """By batch and number."""

        managed = False
        db_table = "book_lot"
        ordering: ClassVar = ["batch", "first_number"]


class Money(TenantModel):
    """Fen that moved with a posting."""

    posting = models.BigIntegerField()
    line = models.BigIntegerField()
    what = models.TextField()
    source = models.TextField()
    target = models.TextField()
    fen = models.BigIntegerField()

    objects: ClassVar[TenantQuerySet[Money]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """Of the book."""

        managed = False
        db_table = "book_money"


class Claim(TenantModel):
    """For what, for whom and for which year units were used."""

    posting = models.BigIntegerField()
    purpose = models.TextField()
    beneficiary = models.TextField()
    year = models.BigIntegerField()

    objects: ClassVar[TenantQuerySet[Claim]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        managed = False
        db_table = "book_claim"
        ordering: ClassVar = ["-posting"]


class Quote(TenantModel):
    """Prices of a day as somebody entered them; a correction is a further revision."""

    symbol = models.TextField()
    day = models.DateField()
    revision = models.BigIntegerField()
    open_fen = models.BigIntegerField(null=True)
    high_fen = models.BigIntegerField(null=True)
    low_fen = models.BigIntegerField(null=True)
    close_fen = models.BigIntegerField()
    listed_t = models.BigIntegerField()
    listed_fen = models.BigIntegerField()
    block_t = models.BigIntegerField()
    block_fen = models.BigIntegerField()
    source = models.TextField()

    objects: ClassVar[TenantQuerySet[Quote]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """Of the book."""

        managed = False
        db_table = "book_quote"


class Statement(TenantModel):
    """A registry's statement of one account and day."""

    account = models.TextField()
    day = models.DateField()
    digest = models.TextField()
    source = models.TextField()
    imported_by = models.TextField()
    imported_at = models.DateTimeField()

    objects: ClassVar[TenantQuerySet[Statement]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        managed = False
        db_table = "book_statement"
        ordering: ClassVar = ["-pk"]


class Line(TenantModel):
    """A line of a registry's statement."""

    statement: Any = models.ForeignKey(Statement, models.DO_NOTHING, related_name="lines")
    row_number = models.BigIntegerField()
    code = models.TextField()
    series = models.TextField()
    first_number = models.BigIntegerField(null=True)
    last_number = models.BigIntegerField(null=True)
    held = models.BigIntegerField()
    frozen = models.BigIntegerField()

    objects: ClassVar[TenantQuerySet[Line]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """As in the statement."""

        managed = False
        db_table = "book_line"
        ordering: ClassVar = ["row_number"]


class Break(TenantModel):
    """A difference between a statement and the book."""

    statement: Any = models.ForeignKey(Statement, models.DO_NOTHING, related_name="breaks")
    kind = models.TextField()
    code = models.TextField()
    numbers = models.TextField()
    ours = models.BigIntegerField()
    theirs = models.BigIntegerField()

    objects: ClassVar[TenantQuerySet[Break]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        managed = False
        db_table = "book_break"
        ordering: ClassVar = ["-pk"]


class Closing(TenantModel):
    """Why a break is none any more, and who says so."""

    broken: Any = models.OneToOneField(Break, models.DO_NOTHING, db_column="break_id", related_name="closing")
    closed_by = models.TextField()
    reason = models.TextField()
    closed_at = models.DateTimeField()

    objects: ClassVar[TenantQuerySet[Closing]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """Of the book."""

        managed = False
        db_table = "book_closing"


class FolderEntry(TenantModel):
    """The outbox of a book in a folder; the web has its own (``Logged``), and leaves this table empty."""

    posting = models.BigIntegerField()
    salt = models.TextField()
    commitment = models.TextField()
    entry = models.TextField()
    entry_index = models.BigIntegerField(null=True)

    objects: ClassVar[TenantQuerySet[FolderEntry]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """Of the book."""

        managed = False
        db_table = "book_entry"


class Logged(TenantModel):
    """The event of the vault that commits to a posting, written in the transaction of the posting."""

    posting = models.PositiveBigIntegerField()
    event = models.OneToOneField(Outbox, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[TenantQuerySet[Logged]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """One event a posting."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "posting"], name="one_event_of_a_posting")
        ]

    def __str__(self) -> str:
        return str(self.posting)


class Intake(TenantModel):
    """A file of events: what was read of it, what was refused, and what became of it.

    state    ``reading``, ``wrong`` (some rows are refused, nothing is proposed), ``ready``, ``proposed``, ``withdrawn``
    preview  the first rows in words; sums: units and fen by kind and instrument; refused: problems with their places
    """

    class State(models.TextChoices):
        """From the file to the queue, or back."""

        READING = "reading", _("being read")
        WRONG = "wrong", _("refused")
        READY = "ready", _("ready to be proposed")
        PROPOSED = "proposed", _("proposed to a second person")
        WITHDRAWN = "withdrawn", _("withdrawn again")

    name = models.CharField(max_length=200)
    what = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    rows = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    preview = models.JSONField(default=list)
    sums = models.JSONField(default=list)
    refused = models.JSONField(default=list)
    job: Any = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    created_by: Any = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantQuerySet[Intake]] = TenantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return self.source

    @property
    def source(self) -> str:
        """How its events name it: two files of one name are two."""
        return f"{self.name} #{self.pk}"
