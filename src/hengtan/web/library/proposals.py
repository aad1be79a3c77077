"""What own factors, policies and methods have in common: submitted by one person, decided on by another, superseded, never edited."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.web.accounts.models import User
from hengtan.web.activities.models import State
from hengtan.web.notices.services import tell, who_may
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.vault.services import keep_file, record
from hengtan.web.webhooks.services import announce

from .models import OwnFactor, OwnMethod, OwnPolicy, Proposal
from .taken import ids_of_batches

Sort = TypeVar("Sort", bound=Proposal)
THINGS: dict[type[Proposal], str] = {OwnFactor: "factor", OwnPolicy: "policy", OwnMethod: "method"}


def in_force(kind: type[Sort], organisation: Organisation, as_of: datetime | None = None) -> QuerySet[Sort]:
    """What stood approved at a moment (now), in a fixed order."""
    found: QuerySet[Sort] = kind.objects.of(organisation)  # type: ignore[attr-defined]  # of TenantQuerySet
    if as_of is None:
        return found.filter(state=State.APPROVED).order_by("decided_at", "pk")
    found = found.filter(state__in=(State.APPROVED, State.SUPERSEDED), decided_at__lte=as_of)
    return found.filter(Q(superseded_at=None) | Q(superseded_at__gt=as_of)).order_by("decided_at", "pk")


def address(row: Proposal) -> str:
    """Where it is seen."""
    return reverse(f"own-{THINGS[type(row)]}", kwargs={"key": row.organisation.key, "pk": row.pk})


def next_version(kind: type[Proposal], organisation: Organisation, **of: str) -> int:
    """The number of a new version, in the transaction that makes it: nobody else takes it meanwhile."""
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    last = kind.objects.of(organisation).filter(**of).aggregate(last=Max("version"))["last"]  # type: ignore[attr-defined]
    return (last or 0) + 1


def may_change(row: Proposal, by: Membership) -> bool:
    """Whether this person may change it: who made it, or who runs the inventory; as long as nobody was asked to decide."""
    return row.is_open and _has_a_hand(row, by)


def _has_a_hand(row: Proposal, by: Membership) -> bool:
    if by.may(Act.CALCULATE):
        return True
    return row.created_by_id == by.user.pk and isinstance(row, OwnFactor) and by.may(Act.ENTER)


def opened(row: Sort, by: Membership) -> Sort:
    """The row, locked, for somebody who may change it; whoever touches it no longer decides on it."""
    held = type(row).objects.select_for_update(of=("self",)).select_related("organisation")  # type: ignore[attr-defined]
    row = held.get(pk=row.pk)
    if not _has_a_hand(row, by):
        raise PermissionDenied
    if not row.is_open:
        raise ValidationError(_("It is submitted: nothing in it changes any more. A correction is a new version."))
    if by.user.pk not in own_hands(row):
        row.hands = [*row.hands, by.user.pk]
        row.save(update_fields=["hands"])
    return row


def submitted(row: Proposal, by: Membership, content: bytes) -> None:
    """In a transaction, after its checks: the content is kept, others may decide."""
    thing = THINGS[type(row)]
    row.sha256 = keep_file(row.organisation, content)
    if row.submitted_by_id not in (None, by.user.pk, row.created_by_id, *row.hands):
        row.hands = [*row.hands, row.submitted_by_id]  # who submitted it before it was returned
    row.state, row.submitted_by, row.submitted_at = State.SUBMITTED, by.user, timezone.now()
    row.decided_by = row.decided_at = None
    row.comment = ""
    row.save()
    record(row.organisation, f"{thing}.submitted", told(row), by.user)
    deciders = who_may(row.organisation, Act.APPROVE, but={each for each in own_hands(row) if each is not None})
    tell(row.organisation, deciders, f"{thing}.waiting", {"by": by.user.name, "name": row.named}, address(row))


@transaction.atomic
def approve(row: Proposal, by: Membership) -> None:
    """It counts from now on, for every later run; what it supersedes no longer does."""
    row, thing = _decided(row, by, State.APPROVED), THINGS[type(row)]
    old = row.supersedes
    if old is not None:
        moved = type(row).objects.filter(pk=old.pk, state=State.APPROVED)  # type: ignore[attr-defined]
        if not moved.update(state=State.SUPERSEDED, superseded_at=row.decided_at):
            raise ValidationError(_("The version that it changes is no longer in force. Return this one."))
        record(row.organisation, f"{thing}.superseded", told(old) | {"superseded_by": row.named}, by.user)
    if isinstance(row, OwnFactor) and row.factor_id in ids_of_batches(row.organisation):
        raise ValidationError(_("A batch brings a factor of this id: it would stand twice. Return this one."))
    if _same(row).exists():
        raise ValidationError(_("Another version of it was approved meanwhile. Return this one."))
    row.save(update_fields=["state", "decided_by", "decided_at", "comment"])
    record(row.organisation, f"{thing}.approved", told(row), by.user)
    _tell_maker(row, by, f"{thing}.approved", {})
    if isinstance(row, OwnFactor):
        told_outside = {"id": row.key, "factor_id": row.factor_id, "version": row.version, "approved_by": by.user.name}
        announce(row.organisation, "factor.approved", told_outside)


@transaction.atomic
def give_back(row: Proposal, by: Membership, comment: str) -> None:
    """Returned with what is to be mended."""
    if not comment.strip():
        raise ValidationError(_("Say what is to be mended."))
    row, thing = _decided(row, by, State.RETURNED), THINGS[type(row)]
    row.comment = comment.strip()[:2000]
    row.save(update_fields=["state", "decided_by", "decided_at", "comment"])
    record(row.organisation, f"{thing}.returned", told(row) | {"comment": row.comment}, by.user)
    _tell_maker(row, by, f"{thing}.returned", {"comment": row.comment})


@transaction.atomic
def discard(row: Proposal, by: Membership) -> None:
    """A draft that never was submitted goes; only who made it throws it away."""
    if row.created_by_id != by.user.pk:
        raise PermissionDenied
    row = opened(row, by)
    if row.submitted_at is not None:
        raise ValidationError(_("It was submitted before: its history stays. Correct it, or leave it as it is."))
    row.delete()


def own_hands(row: Proposal) -> set[int | None]:
    """Who made, changed or submitted it: nobody of them decides."""
    return {row.created_by_id, row.submitted_by_id, *row.hands}


def others(row: Proposal) -> list[str]:
    """The names of those who had their hands in it beside its maker."""
    found = {each for each in own_hands(row) if each is not None} - {row.created_by_id}
    return sorted(User.objects.filter(pk__in=found).values_list("name", flat=True)) if found else []


def told(row: Proposal) -> dict[str, object]:
    """What the ledger is told of it."""
    what: dict[str, object] = {
        "key": row.key, "name": row.named, "version": str(row.version), "content_sha256": row.sha256, "reason": row.reason,
        "supersedes": row.supersedes.named if row.supersedes else "",
    }  # fmt: skip
    if isinstance(row, OwnFactor):
        what |= {"factor_id": row.factor_id, "document": row.document_name, "document_sha256": row.document}
    return what


def _same(row: Proposal) -> Any:
    """What is in force under the same name."""
    if isinstance(row, OwnFactor):
        return in_force(OwnFactor, row.organisation).exclude(pk=row.pk).filter(factor_id=row.factor_id)
    if isinstance(row, OwnMethod):
        return in_force(OwnMethod, row.organisation).exclude(pk=row.pk).filter(method_id=row.method_id)
    return in_force(OwnPolicy, row.organisation).exclude(pk=row.pk)


def _decided(row: Sort, by: Membership, state: State) -> Sort:
    if not by.may(Act.APPROVE):
        raise PermissionDenied
    held = type(row).objects.select_for_update(of=("self",)).select_related("organisation", "supersedes")  # type: ignore[attr-defined]
    row = held.get(pk=row.pk)
    if row.state != State.SUBMITTED:
        raise ValidationError(_("Somebody has decided on it in the meantime."))
    if by.user.pk in own_hands(row):
        raise ValidationError(_("Nobody approves what they entered themselves. Ask a colleague who may approve."))
    row.state, row.decided_by, row.decided_at = state, by.user, timezone.now()
    return row


def _tell_maker(row: Proposal, by: Membership, kind: str, more: dict[str, str]) -> None:
    values = {"by": by.user.name, "name": row.named, **more}
    people = User.objects.filter(pk__in=[each for each in own_hands(row) if each is not None]).order_by("pk")
    tell(row.organisation, people, kind, values, address(row))
