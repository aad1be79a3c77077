"""Asking for figures, asking again, answering, withdrawing."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hengtan.factors import find_type
from hengtan.units import UnitError, parse
from hengtan.web.accounts.models import User
from hengtan.web.activities import evidence
from hengtan.web.activities import services as activities
from hengtan.web.activities.evidence import Attached
from hengtan.web.activities.models import Batch, SourceFile
from hengtan.web.activities.services import TYPED, Given
from hengtan.web.boundaries.models import Facility, FacilityPlace
from hengtan.web.notices.services import tell
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import MAY, Act, Role
from hengtan.web.vault.services import keep_file, record

from .models import Reminder, Request, Series
from .periods import Every, begin_of, end_of, following
from .state import TO_DO, State, states

AHEAD = timedelta(days=31)  # before a period begins its request is there
MOST_FACILITIES, MOST_AT_ONCE = 2000, 5000
COLUMNS = ("facility", "activity_type", "start", "end", "quantity", "unit", "evidence", "data_quality", "note")
REMIND_AGAIN = timedelta(hours=20)
LONG_AGO = timedelta(days=365)


@transaction.atomic
def ask(series: Series, by: Membership, facilities: Iterable[Facility]) -> Series:
    """A new series; its first requests are made at once, and who has to answer hears of it."""
    if not by.may(Act.BOUNDARY):
        raise PermissionDenied
    chosen = list(facilities)
    _must_be_sound(series, by.organisation, chosen)
    series.organisation, series.made_by = by.organisation, by.user
    series.first = begin_of(series.every, series.first)
    series.full_clean(exclude=["organisation", "made_by"])
    series.save()
    series.facilities.set(chosen)
    made = make_ahead(series)
    record(by.organisation, "collection.asked", {
        "activity_type": series.activity_type, "unit": series.unit, "every": series.every, "first": str(series.first),
        "facilities": [each.name for each in chosen], "series": str(series.pk),
    }, by.user)  # fmt: skip
    _tell_each("collection.asked", made, by.user)
    return series


def _must_be_sound(series: Series, organisation: Organisation, facilities: Sequence[Facility]) -> None:
    wrong: dict[str, str] = {}
    found = find_type(series.activity_type)
    if found is None:
        wrong["activity_type"] = _("“%(type)s” is no activity type. Choose one of the list.") % {"type": series.activity_type}  # fmt: skip
    else:
        series.activity_type = found.id
    try:
        series.unit = str(parse(series.unit))
    except UnitError:
        wrong["unit"] = _("“%(unit)s” is no unit. Choose one of the list.") % {"unit": series.unit}
    if not facilities:
        wrong["facilities"] = _("Choose at least one facility.")
    if len(facilities) > MOST_FACILITIES:
        wrong["facilities"] = _("At most %(number)d facilities at once.") % {"number": MOST_FACILITIES}
    if series.assignee is not None and not _may_enter(organisation, series.assignee):
        wrong["assignee"] = _("%(name)s may not enter data here.") % {"name": series.assignee}
    if series.last is not None and series.last < series.first:
        wrong["last"] = _("It ends before it begins.")
    if wrong:
        raise ValidationError(wrong)


def _may_enter(organisation: Organisation, user: User) -> bool:
    found = Membership.objects.of(organisation).filter(user=user, ended_at=None, role__in=MAY[Act.ENTER])
    return found.exists()


def make_ahead(series: Series, today: date | None = None) -> list[Request]:
    """The requests of the periods up to a month from now that are not there yet, in the caller's transaction.

    Facilities that have not opened, or have closed, are not asked.
    """
    series = Series.objects.select_for_update(of=("self",)).select_related("organisation", "assignee", "made_by").get(pk=series.pk)  # fmt: skip
    if series.ended_at is not None:
        return []
    until = (today or timezone.localdate()) + AHEAD
    facilities = list(series.facilities.all())
    spans, people = _open_spans(series.organisation, facilities), _contributors(series.organisation, facilities)
    have = set(series.requests.values_list("facility", "start"))
    fresh = list[Request]()
    first = series.first
    while first <= until and (series.last is None or first <= series.last) and len(fresh) < MOST_AT_ONCE:
        last = end_of(series.every, first)
        for facility in facilities:
            if (facility.pk, first) in have or not _is_open(spans.get(facility.pk, []), first, last):
                continue
            person = series.assignee or people.get(facility.pk) or series.made_by
            fresh.append(Request(
                organisation=series.organisation, series=series, facility=facility, start=first, end=last,
                due=last + timedelta(days=series.due_days), assignee=person,
                remind_on=last + timedelta(days=series.due_days - series.remind_days),
            ))  # fmt: skip
        if series.every == Every.ONCE:
            break
        first = following(series.every, first)
    return Request.objects.bulk_create(fresh)


def _open_spans(
    organisation: Organisation, facilities: Sequence[Facility]
) -> dict[int, list[tuple[date | None, date | None]]]:
    found: dict[int, list[tuple[date | None, date | None]]] = defaultdict(list)
    places = FacilityPlace.objects.of(organisation).filter(facility__in=[each.pk for each in facilities])
    for pk, first, last in places.values_list("facility", "valid_from", "valid_to"):
        found[pk].append((first, last))
    return found


def _is_open(spans: Sequence[tuple[date | None, date | None]], first: date, last: date) -> bool:
    return not spans or any((a is None or a <= last) and (b is None or b >= first) for a, b in spans)


def _contributors(organisation: Organisation, facilities: Sequence[Facility]) -> dict[int, User]:
    """Of each facility the contributor to whom it was given first."""
    members = Membership.objects.of(organisation).filter(ended_at=None, role=Role.CONTRIBUTOR, user__is_active=True)
    found: dict[int, User] = {}
    wanted = {each.pk for each in facilities}
    for member in members.select_related("user").prefetch_related("facilities").order_by("pk"):
        for facility in member.facilities.all():
            if facility.pk in wanted:
                found.setdefault(facility.pk, member.user)
    return found


@transaction.atomic
def end(series: Series, by: Membership) -> None:
    """No further requests are made; those that are there stay."""
    if not by.may(Act.BOUNDARY):
        raise PermissionDenied
    if Series.objects.filter(pk=series.pk, ended_at=None).update(ended_at=timezone.now()):
        record(by.organisation, "collection.ended", {"series": str(series.pk), "activity_type": series.activity_type}, by.user)  # fmt: skip


@transaction.atomic
def withdraw(request: Request, by: Membership) -> None:
    """Nobody is asked for it any more."""
    if not by.may(Act.BOUNDARY):
        raise PermissionDenied
    if Request.objects.filter(pk=request.pk, withdrawn_at=None).update(withdrawn_at=timezone.now(), withdrawn_by=by.user):  # fmt: skip
        record(by.organisation, "collection.withdrawn", _told(request), by.user)


@transaction.atomic
def hand_over(request: Request, by: Membership, person: User) -> None:
    """Somebody else is asked."""
    if not by.may(Act.BOUNDARY):
        raise PermissionDenied
    if not _may_enter(by.organisation, person):
        raise ValidationError(_("%(name)s may not enter data here.") % {"name": person})
    Request.objects.filter(pk=request.pk).update(assignee=person)
    request.assignee = person
    record(by.organisation, "collection.handed-over", _told(request) | {"to": str(person.pk)}, by.user)
    _tell_each("collection.asked", [request], by.user)


@transaction.atomic
def remind(request: Request, by: Membership) -> None:
    """Now, by a person; not more often than once a day."""
    if not by.may(Act.BOUNDARY):
        raise PermissionDenied
    Request.objects.select_for_update().get(pk=request.pk)
    if states(by.organisation, [request], timezone.localdate())[request.pk] not in (*TO_DO, State.NOT_DUE):
        raise ValidationError(_("There is nothing to remind of: it was given."))
    if request.reminders.filter(kind=Reminder.Kind.HAND, made_at__gt=timezone.now() - REMIND_AGAIN).exists():
        raise ValidationError(_("%(name)s was reminded today already.") % {"name": request.assignee})
    Reminder.objects.create(organisation=by.organisation, request=request, kind=Reminder.Kind.HAND, by=by.user)
    tell(by.organisation, [request.assignee], "collection.reminded", values(request, by.user), address(request))


def _told(request: Request) -> dict[str, object]:
    return {
        "facility": request.facility.name, "activity_type": request.series.activity_type,
        "start": str(request.start), "end": str(request.end), "request": str(request.pk),
    }  # fmt: skip


def values(request: Request, by: User | None = None) -> dict[str, object]:
    """What notices say of it."""
    return {
        "by": by.name if by else "", "activity": request.series.activity_type, "facility": request.facility.name,
        "period": request.period, "due": str(request.due),
    }  # fmt: skip


def address(request: Request) -> str:
    """Where it is answered."""
    return reverse("request", kwargs={"key": request.organisation.key, "pk": request.pk})


def _tell_each(kind: str, requests: Iterable[Request], by: User | None = None) -> None:
    """One notice for each person, however many requests there are."""
    of: dict[User, list[Request]] = defaultdict(list)
    for each in requests:
        of[each.assignee].append(each)
    for person, mine in of.items():
        first = min(mine, key=lambda each: (each.due, each.pk))
        organisation = first.organisation
        if len(mine) == 1:
            tell(organisation, [person], kind, values(first, by), address(first))
        else:
            told = values(first, by) | {"number": len(mine)}
            tell(organisation, [person], f"{kind}-many", told, reverse("tasks", kwargs={"key": organisation.key}))


# reminders by the clock
def waiting(today: date) -> QuerySet[Request]:
    """Requests of whose day nobody has thought yet."""
    kinds, thought = Reminder.Kind, Reminder.objects.filter(request=OuterRef("pk"))

    def without(kind: str) -> Any:
        return ~Exists(thought.filter(kind=kind))

    return Request.objects.filter(withdrawn_at=None, due__gt=today - LONG_AGO).filter(
        Q(remind_on__lte=today, due__gt=today) & without(kinds.SOON)
        | Q(due=today) & without(kinds.DUE)
        | Q(due__lt=today) & without(kinds.OVERDUE)
    )


def remind_of(organisation: Organisation, today: date) -> int:
    """Whoever has something to give hears of it, once before it is due, once on the day, once after; how many requests.

    That it was thought of is kept in the transaction that tells it: a worker that dies tells it again or not at all.
    """
    found = list(waiting(today).filter(organisation=organisation).select_related("organisation", "series", "facility", "batch", "assignee"))  # fmt: skip
    stand = states(organisation, found, today)
    by_kind: dict[str, list[Request]] = defaultdict(list)
    for each in found:
        when = Reminder.Kind.SOON if each.due > today else Reminder.Kind.DUE if each.due == today else Reminder.Kind.OVERDUE  # fmt: skip
        by_kind[when.value].append(each)
    for kind, requests in by_kind.items():
        with transaction.atomic():
            held = {each.pk for each in Request.objects.select_for_update().filter(pk__in=[one.pk for one in requests])}
            done = set(Reminder.objects.filter(request__in=held, kind=kind).values_list("request", flat=True))
            fresh = [each for each in requests if each.pk in held - done]
            told = [each for each in fresh if stand[each.pk] in (*TO_DO, State.NOT_DUE)]
            Reminder.objects.bulk_create(
                Reminder(organisation=organisation, request=each, kind=kind, told=each in told) for each in fresh
            )
            _tell_each(f"collection.{kind}", told)
    return len(found)


# answering
@dataclass(slots=True)
class Answer:
    """What a person gives for a request; texts as they were typed."""

    quantity: str = ""
    unit: str = ""
    start: str = ""
    end: str = ""
    source: str = ""
    note: str = ""
    files: list[Attached] = field(default_factory=list)


SOURCES = ("meter", "bill", "estimate")


def number_of(text: str) -> Decimal | None:
    """A number as people type it, 1,284,600.5 or 1 284 600,5; None for what is none."""
    plain = text.strip().replace(" ", "").replace("\u00a0", "").replace("\u202f", "").replace("，", ",")
    if plain.count(",") == 1 and "." not in plain and len(plain.rpartition(",")[2]) != 3:
        plain = plain.replace(",", ".")
    try:
        number = Decimal(plain.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number < 10**12 else None


def may_answer(request: Request, by: Membership) -> bool:
    """Who is asked, who enters data of the facility, who runs the inventory."""
    if not by.may(Act.ENTER):
        return False
    if by.may(Act.BOUNDARY) or request.assignee_id == by.user.pk:
        return True
    return by.facilities.filter(pk=request.facility_id).exists()


@transaction.atomic
def save_draft(request: Request, by: Membership, answer: Answer) -> None:
    """What was typed stays until it is submitted, whoever looks next."""
    _answerable(request, by)
    files = [{"name": f.name, "digest": f.digest, "bytes": f.bytes, "kind": f.kind} for f in answer.files]
    request.draft = {
        "quantity": answer.quantity[:60], "unit": answer.unit[:30], "start": answer.start[:10], "end": answer.end[:10],
        "source": answer.source[:20], "note": answer.note[:500], "files": files, "by": by.user.pk,
    }  # fmt: skip
    Request.objects.filter(pk=request.pk).update(draft=request.draft)


def drafted(request: Request) -> Answer:
    """What was typed before, else what the request says of itself."""
    kept = request.draft or {}
    files = [Attached(f["name"], f["digest"], f["bytes"], f["kind"]) for f in kept.get("files", [])]
    return Answer(
        kept.get("quantity", ""), kept.get("unit") or request.series.unit, kept.get("start") or str(request.start),
        kept.get("end") or str(request.end), kept.get("source", ""), kept.get("note", ""), files,
    )  # fmt: skip


@transaction.atomic
def give(request: Request, by: Membership, answer: Answer) -> Batch:
    """A batch of one row, which is submitted by itself as soon as it is found good. Raises ValidationError by field."""
    request = _answerable(request, by)
    wrong: dict[str, str] = {}
    quantity = number_of(answer.quantity)
    if quantity is None:
        wrong["quantity"] = _("Give the quantity as a number.")
    try:
        unit = str(parse(answer.unit))
    except UnitError:
        unit = ""
        wrong["unit"] = _("“%(unit)s” is no unit. Choose one of the list.") % {"unit": answer.unit}
    days = []
    for name in ("start", "end"):
        try:
            days.append(date.fromisoformat(getattr(answer, name)))
        except ValueError:
            wrong[name] = _("Give the day as 2025-05-31.")
    if len(days) == 2 and days[0] > days[1]:
        wrong["end"] = _("It ends before it begins.")
    if wrong:
        raise ValidationError(wrong)
    row = (
        request.facility.name, request.series.activity_type, str(days[0]), str(days[1]), f"{quantity:f}", unit,
        "; ".join(each.name for each in answer.files), answer.source if answer.source in SOURCES else "",
        " ".join(answer.note.split())[:500],
    )  # fmt: skip
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows((COLUMNS, row))
    data = text.getvalue().encode()
    given = Given(f"{TYPED}.csv", keep_file(by.organisation, data), len(data), "csv", SourceFile.Role.ACTIVITIES)
    open_batch = request.batch if request.batch is not None and request.batch.is_open else None
    if open_batch is not None and open_batch.created_by_id != by.user.pk and not by.may(Act.BOUNDARY):
        open_batch = None
    kind = find_type(request.series.activity_type)
    what = kind.title["zh" if (get_language() or "").startswith("zh") else "en"] if kind else ""
    name = " · ".join(filter(None, (request.facility.name, what, request.period)))[:200]
    mapped = [column for column in COLUMNS if column != "note"]
    batch = activities.type_in(by, name, given, mapped, 1, open_batch, submit=True)
    have = set(batch.evidence.filter(withdrawn_at=None).values_list("digest", flat=True))
    fresh = [each for each in answer.files if each.digest not in have]
    if fresh:
        evidence.attach(batch, by, fresh)
    Request.objects.filter(pk=request.pk).update(batch=batch, draft={})
    request.batch, request.draft = batch, {}
    return batch


def _answerable(request: Request, by: Membership) -> Request:
    held = Request.objects.select_for_update(of=("self",)).select_related("organisation", "series", "facility", "batch")
    request = held.get(pk=request.pk)
    if not may_answer(request, by):
        raise PermissionDenied
    if request.withdrawn_at is not None:
        raise ValidationError(_("It is not asked for any more."))
    if request.batch is not None and not request.batch.is_open:
        stands = states(by.organisation, [request], timezone.localdate())[request.pk]
        if stands in (State.SUBMITTED, State.APPROVED):
            raise ValidationError(_("It was given already. A correction is a new batch."))
    return request
