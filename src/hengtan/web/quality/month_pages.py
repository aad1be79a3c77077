"""Pages of monthly evidence: the calendar, one month, its filing; and the days of the carbon market."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin

from hengtan.problems import HengtanError
from hengtan.sectors import sector_methods
from hengtan.sectors.calendar import notice_of, rules, spans, yearly
from hengtan.sectors.quality import Want
from hengtan.sectors.quality.form import parameter_title, place_title
from hengtan.web.accounts.models import User
from hengtan.web.activities.evidence import MOST_BYTES
from hengtan.web.activities.evidence_pages import served, uploaded
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import MAY, Act
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of
from hengtan.web.vault.services import facts

from . import evidence, services
from .feed import address
from .models import Filing, MonthEvidence, ReportingEntity, may_enter
from .months import Standing, lacking, standing, year_of

PAGE = 50
COLUMNS = (
    "enterprise",
    "guideline",
    "month",
    "state",
    "values",
    "with_number",
    "with_evidence",
    "due",
    "days_left",
    "filed_on",
    "days_late",
)
DAY_COLUMNS = ("day", "id", "title", "emissions_of", "sectors", "mark", "source")


def entity_of(request: TenantRequest, pk: int, *, change: bool = False) -> ReportingEntity:
    """One that the person sees, and may give evidence for."""
    seen = (
        ReportingEntity.objects.visible_to(request.user)
        .of(request.organisation)
        .select_related("organisation", "assignee")
    )
    entity = get_object_or_404(seen, pk=pk)
    if change and not may_enter(request.membership, entity):
        raise PermissionDenied
    return entity


def _year(text: str, today: date) -> int:
    return int(text) if text.isdecimal() and len(text) == 4 and 2013 <= int(text) <= 2100 else today.year


@within()
def index(request: TenantRequest) -> HttpResponse:
    """Entities by months of a year."""
    today = timezone.localdate()
    year = _year(request.GET.get("year", ""), today)
    seen = ReportingEntity.objects.visible_to(request.user).of(request.organisation)
    if form := form_of(request):
        entities = list(seen)
        found = year_of(request.organisation, entities, year, today)
        rows = (_exported(each, row) for each in entities for row in found[each.pk])
        return as_table(form, f"evidence-{year}", COLUMNS, rows)
    page = Paginator(seen, PAGE).get_page(request.GET.get("page"))
    entities = list(page.object_list)
    found = year_of(request.organisation, entities, year, today)
    shown = [
        {"entity": each, "title": _title(each.method), "cells": [cell(row, each, request.organisation.key) for row in found[each.pk]]}
        for each in entities
    ]  # fmt: skip
    months = [row.month for rows in found.values() for row in rows]
    waiting = sorted((each for each in months if each.days is not None and each.days >= 0 and each.state in ("missing", "partial") and each.filed_on is None and each.wants), key=lambda each: each.days or 0)  # fmt: skip
    near = [f"{month:02}" for month in range(1, 13) if year == today.year and 0 <= today.month - month < 3] or [
        "01",
        "02",
        "03",
    ]
    context = {
        "page": page, "rows": shown, "year": year, "years": range(today.year - 3, today.year + 2), "months": [f"{month:02}" for month in range(1, 13)],
        "near": near,
        "overdue": sum(each.is_overdue and bool(each.wants) and each.filed_on is None for each in months),
        "late": sum(bool(each.late) for each in months), "complete": sum(each.state == "complete" for each in months),
        "next": waiting[0] if waiting else None, "feed": address(request), "may_enter": request.membership.may(Act.ENTER),
        "rules": rules(),
    }  # fmt: skip
    return render(request, "quality/months.html", context)


def _title(method: str) -> str:
    known = sector_methods().get(method)
    return known.title[lang()] if known else method


def _exported(entity: ReportingEntity, row: Standing) -> tuple[object, ...]:
    found = row.month
    return (entity.name, entity.method, f"{found.month:%Y-%m}", found.state if row.plan else "no-plan", len(found.wants), len(found.given),
            len(found.proven), found.due.day if found.due else "", found.days if found.days is not None else "",
            found.filed_on or "", found.late if found.late is not None else "")  # fmt: skip


def cell(row: Standing, entity: ReportingEntity, key: str) -> dict[str, Any]:
    """What a cell of the calendar says: a look, a word, and where it leads."""
    found = row.month
    link = reverse("evidence-month", kwargs={"key": key, "pk": entity.pk}) + f"?month={found.month:%Y-%m}"
    return {"month": found, "look": look(row), "link": link, "lacking": len(lacking(found)), "plan": row.plan}


def look(row: Standing) -> str:
    """One of: future, running, noplan, overdue, late, complete, filed, partial, missing."""
    found = row.month
    if found.state in ("future", "running"):
        return found.state
    if found.late:
        return "late"
    if found.filed_on is not None:
        return "complete" if found.state == "complete" else "filed"
    if row.plan is None or not found.wants:
        return "noplan"
    return "overdue" if found.is_overdue else found.state


@within(change=Act.ENTER)
def month(request: TenantRequest, pk: int) -> HttpResponse:
    """One month (``?month=2026-03``) of an entity: what is there, what is missing; an upload."""
    entity = entity_of(request, pk, change=request.method == "POST")
    text = request.GET.get("month", "")
    if not text:
        return redirect("evidence-months", key=request.organisation.key)
    try:
        first = evidence.month_from(text)
    except ValueError:
        raise Http404 from None
    wrong: list[str] = []
    chosen = request.POST.getlist("value")[: evidence.MOST_VALUES + 1]
    if request.method == "POST":
        try:
            given = uploaded(request.membership, request.FILES.getlist("files"))
            evidence.attach(entity, first, request.membership, given, [_want(each) for each in chosen])
            messages.success(request, _("Attached."))
            return redirect(f"{request.path}?month={text}")
        except ValidationError as fault:
            wrong = list(fault.messages)
        except HengtanError as fault:
            wrong = [each.sentence(lang()) for each in fault.problems]
    today = timezone.localdate()
    row = standing(request.organisation, [entity], [first], today)[entity.pk][0]
    files = list(
        MonthEvidence.objects.of(request.organisation)
        .filter(entity=entity, month=first)
        .select_related("added_by", "withdrawn_by")
    )
    context = {
        "entity": entity, "title": _title(entity.method), "first": first, "text": text, "row": row, "found": row.month, "look": look(row),
        "values": _values(request, entity, row, files, chosen), "files": [_file(each, entity) for each in files], "wrong": wrong,
        "filings": list(Filing.objects.of(request.organisation).filter(entity=entity, month=first).select_related("made_by").order_by("-pk")),
        "may_enter": may_enter(request.membership, entity), "lacking": len(lacking(row.month)), "today": today, "most": MOST_BYTES >> 20,
        "before": _beside(first, -1), "after": _beside(first, 1), "people": _people(request), "over": abs(row.month.days or 0),
    }  # fmt: skip
    return render(request, "quality/month.html", context, status=422 if wrong else 200)


def _beside(first: date, step: int) -> str:
    at = first.year * 12 + first.month - 1 + step
    return f"{at // 12}-{at % 12 + 1:02}"


def _want(text: str) -> Want:
    parts = [part[:120] for part in text.split("|")]
    if len(parts) != 3:
        raise ValidationError(_("Choose the values that the file stands for."))
    return Want(*parts)


def _values(
    request: TenantRequest, entity: ReportingEntity, row: Standing, files: list[MonthEvidence], chosen: list[str]
) -> list[dict[str, Any]]:
    """Each value of the month with its number, its files and where it is typed."""
    method, found = services.method_of(entity), row.month
    numbers: dict[tuple[str, str, str], tuple[str, str]] = {}
    titles = {title: name for name, both in method.processes.items() for title in both.values()}
    if row.statement is not None:
        for cells in row.statement.rows:
            if str(cells[4]).removesuffix("月") == str(found.month.month):
                numbers[titles.get(cells[1], cells[1]), cells[2], cells[3]] = (cells[5], cells[6])
    standing_files: dict[tuple[str, str, str], list[MonthEvidence]] = {}
    for each in files:
        if each.withdrawn_at is None:
            for value in each.stands_for:
                standing_files.setdefault(tuple(value), []).append(each)
    rows = []
    for want in found.wants:
        key = (want.process, want.unit_name, want.parameter)
        title, unit = parameter_title(method, want.parameter, lang())
        number = numbers.get(key)
        rows.append({
            "want": want, "where": place_title(method, want.process, want.unit_name, lang()), "id": "|".join(key), "title": title, "unit": number[1] if number else unit, "number": number[0] if number else "",
            "files": standing_files.get(key, []), "link": _typed_at(request, row, want), "chosen": "|".join(key) in chosen,
            "line": row.plan and services.content(row.plan).line(*key),
        })  # fmt: skip
    return rows


def _typed_at(request: TenantRequest, row: Standing, want: Want) -> str:
    """The grid of the statement where the value is typed; its page, where it is not open any more; "" where there is none."""
    if row.statement is None:
        return ""
    name = "statement-entry" if row.statement.is_open else "statement"
    address = reverse(name, kwargs={"key": request.organisation.key, "pk": row.statement.pk})
    return (
        f"{address}?{urlencode({'process': want.process, 'unit': want.unit_name})}"
        if row.statement.is_open
        else address
    )


def _file(each: MonthEvidence, entity: ReportingEntity) -> dict[str, Any]:
    method = services.method_of(entity)
    return {
        "file": each,
        "values": [
            " ".join(filter(None, (value[0], value[1], parameter_title(method, value[2], lang())[0])))
            for value in each.stands_for
        ],
    }


def _people(request: TenantRequest) -> list[Membership]:
    """Who may gather evidence."""
    if not request.membership.may(Act.BOUNDARY):
        return []
    return list(
        Membership.objects.of(request.organisation)
        .filter(ended_at=None, role__in=MAY[Act.ENTER])
        .select_related("user")
        .order_by("user__name")
    )


def _month_asked(request: TenantRequest) -> date:
    try:
        return evidence.month_from(request.POST.get("month", ""))
    except ValueError:
        raise Http404 from None


@within(Act.ENTER)
def filing(request: TenantRequest, pk: int) -> HttpResponse:
    """Notes that a month was put on the management platform."""
    entity = entity_of(request, pk, change=True)
    if request.method != "POST":
        return redirect("evidence-months", key=request.organisation.key)
    first = _month_asked(request)
    try:
        day = date.fromisoformat(request.POST.get("filed_on", "")[:10])
        evidence.file(entity, first, request.membership, day, request.POST.get("receipt", ""))
        messages.success(request, _("Noted."))
    except ValueError:
        messages.error(request, _("Give the day on which it was filed."))
    except ValidationError as fault:
        for message in fault.messages:
            messages.error(request, message)
    return redirect(
        reverse("evidence-month", kwargs={"key": request.organisation.key, "pk": pk}) + f"?month={first:%Y-%m}"
    )


@within(Act.BOUNDARY)
def assign(request: TenantRequest, pk: int) -> HttpResponse:
    """Who gathers the evidence of an entity, and is reminded."""
    entity = entity_of(request, pk)
    if request.method != "POST":
        return redirect("evidence-months", key=request.organisation.key)
    chosen = request.POST.get("person", "")
    person: User | None = None
    if chosen:
        person = next((each.user for each in _people(request) if str(each.user_id) == chosen), None)
        if person is None:
            raise Http404
    ReportingEntity.objects.filter(pk=entity.pk).update(assignee=person)
    messages.success(request, _("Kept."))
    text = request.POST.get("month", "")
    try:
        evidence.month_from(text)
    except ValueError:
        return redirect("evidence-months", key=request.organisation.key)
    return redirect(reverse("evidence-month", kwargs={"key": request.organisation.key, "pk": pk}) + f"?month={text}")


def _evidence(request: TenantRequest, pk: int) -> MonthEvidence:
    found = MonthEvidence.objects.visible_to(request.user).of(request.organisation)
    row: MonthEvidence = get_object_or_404(found.select_related("entity__organisation", "organisation"), pk=pk)
    return row


@never_cache
@xframe_options_sameorigin
@within()
def file(request: TenantRequest, pk: int) -> HttpResponse:
    """The file itself: to take away, or (``?inline``) as PDF or image."""
    one = _evidence(request, pk)
    try:
        data = facts(request.organisation).read(one.digest)
    except HengtanError:
        raise Http404 from None
    return served(data, one, "inline" in request.GET)


@within(Act.ENTER)
def withdraw(request: TenantRequest, pk: int) -> HttpResponse:
    """It stands behind nothing any more."""
    one = _evidence(request, pk)
    if request.method == "POST":
        try:
            evidence.withdraw(one, request.membership, request.POST.get("reason", ""))
            messages.success(request, _("Withdrawn. The file stays to be seen, with the reason."))
        except ValidationError as fault:
            messages.error(request, fault.messages[0])
    return redirect(
        reverse("evidence-month", kwargs={"key": request.organisation.key, "pk": one.entity_id})
        + f"?month={one.month:%Y-%m}"
    )


@within()
def deadlines(request: TenantRequest) -> HttpResponse:
    """The days of a year; and where a span of working days ends (``?rule=`` ``&from=``)."""
    today = timezone.localdate()
    year = _year(request.GET.get("year", ""), today)
    days = yearly(year)
    if form := form_of(request):
        rows = (
            (
                each.day,
                each.id,
                each.title[lang()],
                each.emissions_of or "",
                ", ".join(each.sectors),
                each.mark,
                each.source,
            )
            for each in days
        )
        return as_table(form, f"deadlines-{year}", DAY_COLUMNS, rows)
    context: dict[str, Any] = {
        "year": year, "years": range(2021, today.year + 2), "today": today,
        "days": [{"day": each, "title": each.title[lang()], "left": (each.day - today).days, "sectors": [_sector(name) for name in each.sectors]} for each in days],
        "spans": [(each, each.title[lang()]) for each in spans().values()], "rules": [(each, each.title[lang()]) for each in rules()],
        "start": request.GET.get("from", "")[:10] or today.isoformat(), "rule": request.GET.get("rule", ""), "feed": address(request),
    }  # fmt: skip
    if context["rule"]:
        span = spans().get(context["rule"])
        if span is None:
            raise Http404
        context |= _counted(span, context["start"])
    return render(request, "quality/deadlines.html", context)


def _counted(span: Any, start: str) -> dict[str, Any]:
    try:
        day = date.fromisoformat(start)
        end = span.ends(day)
    except HengtanError as fault:
        return {"wrong": fault.problems[0].reason(lang()), "mend": fault.problems[0].mend(lang())}
    except (ValueError, OverflowError):
        return {"wrong": _("Give a day.")}
    return {
        "end": end,
        "span": span,
        "span_title": span.title[lang()],
        "notices": [notice_of(year) for year in range(day.year, end.year + 1)],
    }


def _sector(name: str) -> str:
    return {
        "power": _("Power generation"),
        "steel": _("Steel"),
        "cement": _("Cement"),
        "aluminium": _("Aluminium"),
    }.get(name, name)
