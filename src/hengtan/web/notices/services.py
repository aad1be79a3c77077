"""Telling people, and what they have read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from hengtan.web.accounts.models import User
from hengtan.web.jobs.models import Job, State
from hengtan.web.jobs.services import enqueue
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import MAY, Act

from .kinds import KINDS
from .models import Notice

MAIL = "notices.mail"  # the job
DIGEST_HOUR = 7  # in the time zone of the person
LONGEST = 300


def tell(
    organisation: Organisation, people: Iterable[User], kind: str, values: Mapping[str, object], address: str
) -> list[Notice]:
    """In the caller's transaction: what is rolled back is told to nobody. Each person is told once; who has left, is not.

    kind     registered in ``kinds``
    values   what fills the gaps of its sentence, short; address: a path of this installation, ``/o/...``
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("people are told in the transaction of what happened")
    if kind not in KINDS:
        raise LookupError(f"{kind} is no registered kind of notice")
    if not address.startswith("/") or address.startswith("//"):
        raise ValueError(f"{address!r} is no path of this installation")
    wanted = {each.pk for each in people}
    here = User.objects.filter(
        pk__in=wanted, is_active=True, memberships__organisation=organisation, memberships__ended_at=None
    )
    short = {name: str(value)[:LONGEST] for name, value in values.items()}
    now = timezone.now()
    made = Notice.objects.bulk_create(
        Notice(
            organisation=organisation, person=person, kind=kind, values=short, address=address[:500],
            mail_at=mail_due(person, now),
        )
        for person in here.order_by("pk")
    )  # fmt: skip
    at_once = next((each.person for each in made if each.mail_at is not None and each.mail_at <= now), None)
    if at_once is not None:
        ask_to_mail(organisation, at_once)
    return made


def ask_to_mail(organisation: Organisation, person: User) -> None:
    """A job sends what is due, unless one waits already."""
    if not Job.objects.of(organisation).filter(kind=MAIL, state=State.QUEUED).exists():
        enqueue(organisation, MAIL, {}, person)


def mail_due(person: User, now: datetime) -> datetime | None:
    """When the person wants to have an e-mail of what happens now; None for never."""
    if person.notice_mail == User.NoticeMail.NEVER:
        return None
    if person.notice_mail == User.NoticeMail.AT_ONCE:
        return now
    here = now.astimezone(ZoneInfo(person.time_zone or "UTC"))
    due = here.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return due if due > here else due + timedelta(days=1)


def who_may(organisation: Organisation, act: Act, *, but: Iterable[int | None] = ()) -> list[User]:
    """The people whose role allows the act, without those (ids) who are left out."""
    found = Membership.objects.of(organisation).filter(ended_at=None, role__in=MAY[act]).exclude(user_id__in=[
        pk for pk in but if pk is not None
    ])  # fmt: skip
    return [each.user for each in found.select_related("user")]


def read(user: User, organisation: Organisation, pk: int | None = None) -> int:
    """One notice, or all, count as read from now on; how many did not before."""
    mine = Notice.objects.visible_to(user).of(organisation).filter(read_at=None)
    return (mine if pk is None else mine.filter(pk=pk)).update(read_at=timezone.now())


def settled(organisation: Organisation, kinds: Iterable[str], address: str) -> int:
    """What waited there is done: unread notices of these kinds count as read, and e-mails of them that did not go yet do not go."""
    waiting = Notice.objects.of(organisation).filter(kind__in=list(kinds), address=address, read_at=None)
    waiting.filter(mailed_at=None).update(mail_at=None)
    return waiting.update(read_at=timezone.now())


def unread(user: User, organisation: Organisation) -> int:
    """How many notices wait for the person there."""
    return Notice.objects.filter(person_id=user.pk, organisation=organisation, read_at=None).count()
