"""Pages of data collection: the board, one's tasks, one request and its form, a new series."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.units import symbols
from hengtan.web.accounts.models import User
from hengtan.web.activities.evidence_pages import uploaded
from hengtan.web.activities.gaps import coverage, lines, opened, paces
from hengtan.web.activities.models import PeriodLock
from hengtan.web.activities.views import lang
from hengtan.web.activities.wizard import known_types
from hengtan.web.boundaries.models import Facility
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import MAY, Act
from hengtan.web.shell.tables import as_table, form_of

from . import services
from .forms import SeriesForm
from .models import Reminder, Request, Series
from .services import SOURCES, Answer, number_of
from .state import TO_DO, State, expected, history, is_being_checked, is_draft, states
from .words import activity_title

COLUMN, PAGE, LINES = 6, 100, 40
CELLS = {
    State.APPROVED: "approved", State.SUBMITTED: "submitted", State.RETURNED: "returned", State.OVERDUE: "missing",
    State.OPEN: "open", State.NOT_DUE: "notdue",
}  # fmt: skip


def seen(request: TenantRequest) -> Any:
    """The requests of this person, with what their state needs."""
    found = Request.objects.visible_to(request.user).of(request.organisation).filter(withdrawn_at=None)
    return found.select_related("series", "facility", "batch__job", "assignee").defer(
        *(f"batch__{name}" for name in ("mapping", "outline", "fixes", "preview", "controls", "months"))
    )


def with_state(request: TenantRequest, found: list[Request]) -> list[Request]:
    """Each with ``state``, ``late`` (days), ``title`` and whether something was typed."""
    today = timezone.localdate()
    stand = states(request.organisation, found, today)
    for each in found:
        each.state, each.late = stand[each.pk], (today - each.due).days
        each.title, each.typed = activity_title(each.series.activity_type), is_draft(each)
    return found


@within()
def board(request: TenantRequest) -> HttpResponse:
    """The calendar of gaps with the requests in it, and the requests in columns by state."""
    today = timezone.localdate()
    asked = request.GET.get("year", "")
    found = list(seen(request).filter(series__organisation=request.organisation))
    facilities = set(Facility.objects.visible_to(request.user).of(request.organisation).values_list("name", flat=True))
    covered = coverage(request.organisation, facilities)
    years = sorted({each.start.year for each in found} | {int(m[:4]) for months in covered.values() for m in months}, reverse=True)  # fmt: skip
    year = int(asked) if asked.isdigit() and 1900 < int(asked) < 2200 else min(years[0], today.year) if years else today.year  # fmt: skip
    here = with_state(request, [each for each in found if each.start.year <= year <= each.end.year])
    if form := form_of(request):
        return as_table(form, f"{_('Data collection')} {year}", [
            _("Facility"), _("Activity"), _("Period"), _("State"), _("Due"), _("Who is asked"),
        ], [(e.facility.name, e.title, e.period, State(e.state).label, e.due, e.assignee.name) for e in here])  # fmt: skip
    by = {state: [each for each in here if each.state == state] for state in State}
    grid = _grid(request, covered, here, year, today)
    page = Paginator(grid, LINES).get_page(request.GET.get("page"))
    given, waiting = len(by[State.APPROVED]), len(by[State.SUBMITTED])
    due = len(here) - len(by[State.NOT_DUE])
    context = {
        "year": year, "years": years, "page": page, "here": len(here), "due": due, "given": given, "waiting": waiting,
        "counts": {state.value: len(each) for state, each in by.items()}, "months": [f"{n:02}" for n in range(1, 13)],
        "near": _near(grid), "percent": round(100 * given / due) if due else 0, "today": today,
        "columns": [
            ("missing", State.OVERDUE.label, by[State.OVERDUE][:COLUMN], len(by[State.OVERDUE])),
            ("open", State.OPEN.label, by[State.OPEN][:COLUMN], len(by[State.OPEN])),
            ("returned", State.RETURNED.label, by[State.RETURNED][:COLUMN], len(by[State.RETURNED])),
            ("submitted", State.SUBMITTED.label, by[State.SUBMITTED][:COLUMN], waiting),
            ("approved", State.APPROVED.label, by[State.APPROVED][::-1][:COLUMN], given),
        ],
        "may_ask": request.membership.may(Act.BOUNDARY), "mine": sum(each.assignee_id == request.user.pk and each.state in TO_DO for each in here),
        "series": _running(request),
    }  # fmt: skip
    urgent = [*by[State.OVERDUE], *by[State.RETURNED], *by[State.OPEN]]
    context["panel"] = panel(request, urgent[0]) if urgent else None
    return render(request, "collection/board.html", context)


def _running(request: TenantRequest) -> list[Series]:
    if not request.membership.may(Act.BOUNDARY):
        return []
    found = list(Series.objects.visible_to(request.user).of(request.organisation).filter(ended_at=None)[:50])
    for each in found:
        each.title = activity_title(each.activity_type)
    return found


def _grid(request: TenantRequest, covered: Any, here: list[Request], year: int, today: date) -> list[dict[str, Any]]:
    """A line for each source that has data or is asked for, twelve cells each."""
    of = request.organisation
    locks = list(PeriodLock.objects.of(of).filter(opened_at=None))
    cells: dict[tuple[str, str], dict[str, Any]] = {}
    titles: dict[tuple[str, str], str] = {}
    for line in lines(covered, year, locks, today, paces(of), opened(of)):
        source = (line.facility, line.activity)
        titles[source] = line.title(lang())
        cells[source] = {month: {"month": month, "state": state, "pk": None} for month, state in line.months}
    for each in here:
        source = (each.facility.name, each.series.activity_type)
        titles.setdefault(source, each.title)
        line_ = cells.setdefault(source, {f"{year}-{n:02}": {"month": f"{year}-{n:02}", "state": "none", "pk": None} for n in range(1, 13)})  # fmt: skip
        last = f"{each.end:%Y-%m}"
        for number in range(1, 13):
            month = f"{year}-{number:02}"
            inside = f"{each.start:%Y-%m}" <= month <= last
            if inside and (month == last or each.state in (State.APPROVED, State.SUBMITTED)):
                line_[month] = {"month": month, "state": CELLS[each.state], "pk": each.pk}
            elif inside and line_[month]["state"] in ("missing", "none"):
                line_[month] = {"month": month, "state": "within", "pk": each.pk}
            if line_[month]["state"] == "approved" and any(lock.holds(month) for lock in locks):
                line_[month]["state"] = "locked"
    rows: list[dict[str, Any]] = [
        {"facility": facility, "activity": activity, "title": titles[facility, activity], "cells": list(months.values()),
         "bad": sum(cell["state"] in ("missing", "returned") for cell in months.values())}
        for (facility, activity), months in cells.items()
    ]  # fmt: skip
    worst: dict[str, int] = {}
    for row in rows:
        worst[row["facility"]] = worst.get(row["facility"], 0) + row["bad"]
    rows.sort(key=lambda row: (-worst[row["facility"]], row["facility"], row["title"]))
    before = None
    for row in rows:
        row["begins"], before = row["facility"] != before, row["facility"]
    return rows


def _near(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """The last three months in which anything is due, for narrow screens."""
    due = [n for n in range(12) if any(row["cells"][n]["state"] not in ("none", "notdue", "within") for row in rows)]
    last = max(due, default=11)
    return tuple(f"{n + 1:02}" for n in range(max(last - 2, 0), last + 1))


def panel(request: TenantRequest, one: Request) -> dict[str, Any]:
    """What stands beside the calendar of one request: who, since when, what it used to be."""
    past = history(request.organisation, one.facility.name, one.series.activity_type)
    bars = []
    unit = one.series.unit
    months = {f"{first:%Y-%m}": value for (first, last), (value, named) in past.items() if named == unit and (first.year, first.month) == (last.year, last.month)}  # fmt: skip
    known = expected(past, one.start, one.end, unit)
    guess = known.before or known.last
    most = max([*months.values(), *([guess] if guess else [])], default=0)
    if most and one.start.year == one.end.year:
        for number in range(1, 13):
            value = months.get(f"{one.start.year}-{number:02}")
            here = one.start.month <= number <= one.end.month
            height = round(float((value if value is not None else (guess or 0) if here else 0) / most) * 60, 1)
            bars.append({"n": number, "value": value, "here": here and value is None, "x": (number - 1) * 26 + 4, "h": height, "y": 68 - height})  # fmt: skip
    return {
        "one": one, "bars": bars if months else [], "expected": known,
        "reminders": list(one.reminders.filter(told=True).select_related("by")[:6]),
        "may_answer": services.may_answer(one, request.membership), "may_ask": request.membership.may(Act.BOUNDARY),
    }  # fmt: skip


def one_of(request: TenantRequest, pk: int) -> Request:
    """A request that this person may see, with its state."""
    found: Request = get_object_or_404(seen(request).select_related("organisation"), pk=pk)
    return with_state(request, [found])[0]


@within()
def tasks(request: TenantRequest) -> HttpResponse:
    """What this person is asked for, the most urgent first; below it what was given lately."""
    mine = [each for each in _mine(request) if services.may_answer(each, request.membership)]
    waiting = [each for each in mine if each.state in TO_DO]
    context = {
        "waiting": waiting[:PAGE], "number": len(waiting), "more": max(0, len(waiting) - PAGE),
        "soon": [each for each in mine if each.state == State.NOT_DUE][:10],
        "given": [each for each in mine if each.state in (State.SUBMITTED, State.APPROVED)][::-1][:10],
        "feed": feed_of(request), "checking": any(map(is_being_checked, waiting)),
    }  # fmt: skip
    return render(request, "collection/tasks.html", context)


def feed_of(request: TenantRequest) -> str:
    """The address of the person's calendar."""
    from .feed import address  # noqa: PLC0415  it imports this module

    return address(request)


def _mine(request: TenantRequest) -> list[Request]:
    found = seen(request).filter(assignee=request.user)
    return with_state(request, list(found))


@within()
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """One request: the form for who may give it, and what is known of it. ``?panel``: that alone, for the board."""
    one = one_of(request, pk)
    if request.htmx and "panel" in request.GET:
        return render(request, "collection/panel.html", {"panel": panel(request, one)})
    may = services.may_answer(one, request.membership)
    open_ = may and one.state not in (State.SUBMITTED, State.APPROVED)
    answer, wrong = services.drafted(one), dict[str, list[str]]()
    surprise = None
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        answer = _typed(request, answer)
        try:
            wrong = _files(request, answer)
            services.save_draft(one, request.membership, answer)
            if "draft" in request.POST and not wrong:
                messages.success(request, _("Kept. Nobody sees it before you submit it."))
                return redirect("tasks", key=request.organisation.key)
            surprise = _surprise(request, one, answer)
            if surprise and not answer.note.strip():
                wrong["note"] = [_("Say why it is right, or correct it.")]
            if not wrong:
                services.give(one, request.membership, answer)
                return _next(request, one)
        except ValidationError as fault:
            told = fault.message_dict if hasattr(fault, "error_dict") else {"": fault.messages}
            wrong |= told
    past = history(request.organisation, one.facility.name, one.series.activity_type)
    number = number_of(answer.quantity)
    known = expected(past, one.start, one.end, answer.unit)
    context = {
        "one": one, "panel": panel(request, one), "answer": answer, "wrong": wrong, "open": open_,
        "surprise": surprise or (known.judge(number) if number is not None else None), "expected": known,
        "units": list(dict.fromkeys([one.series.unit, *symbols()])), "sources": _sources(), "people": _people(request),
        **_place(request, one),
    }  # fmt: skip
    return render(request, "collection/request.html", context, status=422 if wrong else 200)


def _sources() -> list[tuple[str, str]]:
    names = {"meter": _("Meter"), "bill": _("Bill"), "estimate": _("Estimate")}
    return [(each, names[each]) for each in SOURCES]


def _people(request: TenantRequest) -> Any:
    if not request.membership.may(Act.BOUNDARY):
        return []
    members = Membership.objects.of(request.organisation).filter(ended_at=None, role__in=MAY[Act.ENTER])
    return User.objects.filter(pk__in=members.values("user")).order_by("name")


def _place(request: TenantRequest, one: Request) -> dict[str, Any]:
    """Which of the person's tasks it is."""
    waiting = [each.pk for each in _mine(request) if each.state in TO_DO]
    at = waiting.index(one.pk) + 1 if one.pk in waiting else 0
    return {"at": at, "of": len(waiting), "percent_done": round(100 * at / len(waiting)) if at else 0}


def _typed(request: TenantRequest, before: Answer) -> Answer:
    post = request.POST
    kept = [file for number, file in enumerate(before.files) if f"drop-{number}" not in post]
    return Answer(
        post.get("quantity", "")[:60], post.get("unit", "")[:30], post.get("start", before.start)[:10],
        post.get("end", before.end)[:10], post.get("source", "")[:20], post.get("note", "")[:500], kept,
    )  # fmt: skip


def _files(request: TenantRequest, answer: Answer) -> dict[str, list[str]]:
    chosen = request.FILES.getlist("photo")
    if chosen:
        try:
            answer.files = [*answer.files, *uploaded(request.membership, chosen)][:20]
        except ValidationError as fault:
            return {"photo": fault.messages}
    return {}


def _surprise(request: TenantRequest, one: Request, answer: Answer) -> Any:
    number = number_of(answer.quantity)
    if number is None:
        return None
    past = history(request.organisation, one.facility.name, one.series.activity_type)
    return expected(past, one.start, one.end, answer.unit).judge(number)


def _next(request: TenantRequest, one: Request) -> HttpResponse:
    """To the next task, or to the list of them."""
    messages.success(request, _("Given. It is submitted as soon as it is checked; somebody else approves it."))
    waiting = [each for each in _mine(request) if each.state in TO_DO and each.pk != one.pk and each.batch_id is None]
    if waiting:
        return redirect("request", key=request.organisation.key, pk=waiting[0].pk)
    return redirect("tasks", key=request.organisation.key)


@within()
def check(request: TenantRequest, pk: int) -> HttpResponse:
    """What is surprising in what is being typed; for the form, while one types."""
    one = one_of(request, pk)
    unit, number = request.GET.get("unit", "")[:30] or one.series.unit, number_of(request.GET.get("quantity", "")[:60])
    known = expected(
        history(request.organisation, one.facility.name, one.series.activity_type), one.start, one.end, unit
    )
    context = {"one": one, "expected": known, "surprise": known.judge(number) if number is not None else None}
    return render(request, "collection/check.html", context)


@within(Act.BOUNDARY)
def new(request: TenantRequest) -> HttpResponse:
    """Ask for a figure, once or for every period."""
    asked = {name: request.GET[name] for name in ("activity_type", "facilities") if name in request.GET}
    first = timezone.localdate().replace(day=1)
    form = SeriesForm(request.POST or None, giver=request.membership, initial={"first": first, **asked})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        series = Series(**{name: value for name, value in given.items() if name != "facilities"})
        try:
            services.ask(series, request.membership, given["facilities"])
            messages.success(request, _("Asked. Who has to give it was told."))
            return redirect("collection", key=request.organisation.key)
        except ValidationError as fault:
            form.add_error(None, fault)
    context = {"form": form, "types": known_types(), "units": symbols()}
    return render(request, "collection/new.html", context, status=422 if form.errors else 200)


@within(Act.BOUNDARY)
def act(request: TenantRequest, pk: int) -> HttpResponse:
    """Remind, withdraw, ask somebody else."""
    one = one_of(request, pk)
    if request.method == "POST":
        try:
            if "remind" in request.POST:
                services.remind(one, request.membership)
                messages.success(request, _("%(name)s was reminded.") % {"name": one.assignee})
            elif "withdraw" in request.POST:
                services.withdraw(one, request.membership)
                messages.success(request, _("Withdrawn: nobody is asked for it any more."))
                return redirect("collection", key=request.organisation.key)
            elif request.POST.get("person", "").isdigit():
                person = get_object_or_404(_people(request), pk=int(request.POST["person"]))
                services.hand_over(one, request.membership, person)
                messages.success(request, _("%(name)s is asked now.") % {"name": person})
        except ValidationError as fault:
            messages.error(request, fault.messages[0])
    return redirect("request", key=request.organisation.key, pk=pk)


@within(Act.BOUNDARY)
def series(request: TenantRequest, pk: int) -> HttpResponse:
    """The end of a series."""
    found = get_object_or_404(Series.objects.visible_to(request.user).of(request.organisation), pk=pk)
    if request.method == "POST":
        services.end(found, request.membership)
        messages.success(request, _("Ended: no further periods are asked for."))
    return redirect("collection", key=request.organisation.key)


__all__ = ["Reminder", "act", "board", "check", "new", "series", "show", "tasks"]
