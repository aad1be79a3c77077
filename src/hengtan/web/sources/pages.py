"""Pages of sources: list, new, one with its queue, runs and files, one run."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hengtan.connectors.plugins import Connector, connectors, lacking
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of

from . import services
from .forms import WEEKDAYS, SourceForm, lang, zones
from .models import UNDER_WAY, Issue, IssueState, Rhythm, Source, SourceRun, Taken

PAGE, RUNS, QUEUE = 50, 10, 100


def _seen(request: TenantRequest) -> Any:
    return Source.objects.visible_to(request.user).of(request.organisation)


def _one(request: TenantRequest, pk: int) -> Source:
    found: Source = get_object_or_404(_seen(request).select_related("organisation", "run_by"), pk=pk)
    return found


def title_of(name: str) -> str:
    """A connector in the language of now."""
    plug = connectors().get(name)
    return plug.title[lang()] if plug else name


def when(source: Source) -> str:
    """Its hours in words."""
    at = f"{source.at:%H:%M}"
    if source.rhythm == Rhythm.MINUTES:
        return _("every %(minutes)d minutes") % {"minutes": source.minutes}
    if source.rhythm == Rhythm.WEEKLY:
        return _("%(day)s at %(at)s") % {"day": WEEKDAYS[source.weekday], "at": at}
    if source.rhythm == Rhythm.MONTHLY:
        return _("on day %(day)d of the month at %(at)s") % {"day": source.day, "at": at}
    return _("every day at %(at)s") % {"at": at}


@within(Act.CONNECT)
def index(request: TenantRequest) -> HttpResponse:
    """All of the organisation, with how they stand."""
    last = SourceRun.objects.filter(source=OuterRef("pk"), dry=False, ended_at__isnull=False).order_by("-pk")
    found = _seen(request).annotate(
        waiting=Count("issues", filter=Q(issues__state=IssueState.OPEN)),
        last_at=Subquery(last.values("ended_at")[:1]), last_failed=Subquery(last.values("failed")[:1]),
    )  # fmt: skip
    rows = [{"source": each, "title": title_of(each.connector), "when": when(each)} for each in found]
    form = form_of(request)
    if form:
        columns = ("name", "connector", "schedule", "zone", "on", "last_run", "failed", "next_run", "issues")
        lines = [
            (s.name, s.connector, each["when"], s.zone, s.is_on, s.last_at, s.last_failed, s.next_at, s.waiting)
            for each in rows
            for s in [each["source"]]
        ]
        return as_table(form, "sources", columns, lines)
    return render(request, "sources/sources.html", {"rows": rows})


@within(Act.CONNECT)
def new(request: TenantRequest) -> HttpResponse:
    """First the connector, then what it wants to know; a dry run follows."""
    name = request.GET.get("connector", "")
    plug = connectors().get(name)
    if plug is None:
        return render(request, "sources/choose.html", {"connectors": _offered()})
    form = SourceForm(request, plug)
    if request.method == "POST" and form.is_valid():
        try:
            source = services.make(request.membership, name, form.given())
            made = services.run(source, dry=True)
            return redirect("source-run", key=request.organisation.key, pk=made.pk)
        except ValidationError as wrong:
            form.refuse(wrong)
    return _form(request, form, plug, None)


def _offered() -> list[dict[str, Any]]:
    here = lang()
    found = []
    for name, plug in connectors().items():
        missing = lacking(plug)
        found.append(
            {
                "name": name,
                "title": plug.title[here],
                "note": plug.note[here],
                "missing": missing.mend(here) if missing else "",
            }
        )
    return found


def _form(request: TenantRequest, form: SourceForm, plug: Connector, source: Source | None) -> HttpResponse:
    schemes = tuple(f"{each}://" for each in plug.scheme.split())
    allowed = [each for each in settings.CONFIGURATION.outbound_allow if not schemes or each.startswith(schemes)]
    own = request.organisation.key
    places = [f"{each[7:].rstrip('/')}/{own}" if each.startswith("file://") else each for each in allowed]
    context = {
        "form": form, "title": plug.title[lang()], "note": plug.note[lang()], "source": source, "places": places,
        "zones": zones(), "file": plug.scheme == "file",
    }  # fmt: skip
    return render(request, "sources/form.html", context, status=422 if form.errors else 200)


@within(Act.CONNECT)
def edit(request: TenantRequest, pk: int) -> HttpResponse:
    """Other settings."""
    source = _one(request, pk)
    plug = source.plug
    if plug is None:
        messages.error(request, _("This connector is not installed."))
        return redirect("source", key=request.organisation.key, pk=pk)
    form = SourceForm(request, plug, source)
    if request.method == "POST" and form.is_valid():
        try:
            services.change(source, request.membership, form.given())
            messages.success(request, _("Saved. A dry run shows what it brings now."))
            return redirect("source", key=request.organisation.key, pk=pk)
        except ValidationError as wrong:
            form.refuse(wrong)
    return _form(request, form, plug, source)


@within(Act.CONNECT)
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """One: its queue, its runs, what came in."""
    source = _one(request, pk)
    here = lang()
    taken = Taken.objects.of(request.organisation).filter(source=source).select_related("batch")
    form = form_of(request)
    if form and request.GET.get("table") == "issues":
        columns = ("what", "code", "reason", "state", "times", "first", "last", "closed_reason")
        lines = [
            (each.name, each.problem.get("code"), _said(each, "reason"), each.state, each.count, each.first_at, each.last_at, each.closed_reason)
            for each in Issue.objects.of(request.organisation).filter(source=source)[:10_000]
        ]  # fmt: skip
        return as_table(form, f"source-{source.pk}-issues", columns, lines)
    if form:
        files = [
            (each.name, each.key, each.digest, each.step, each.batch.key if each.batch else "", each.at)
            for each in taken[:10_000]
        ]
        return as_table(form, f"source-{source.pk}", ("name", "key", "sha256", "step", "batch", "at"), files)
    issues = list(
        Issue.objects.of(request.organisation)
        .filter(source=source, state=IssueState.OPEN)
        .select_related("taken")[:QUEUE]
    )
    plug = source.plug
    titles = (
        [(each.title[here], source.settings.get(each.name, "")) for each in plug.fields if each.kind != "secret"]
        if plug
        else []
    )
    runs = SourceRun.objects.of(request.organisation).filter(source=source).select_related("job")[:RUNS]
    page = Paginator(taken, PAGE).get_page(request.GET.get("page"))
    under_way = any(each.state in ("waiting", "running") for each in runs) or any(e.step in UNDER_WAY for e in page)
    context = {
        "source": source, "title": title_of(source.connector), "when": when(source), "installed": plug is not None,
        "issues": [
            {
                "row": each, "reason": _said(each, "reason"), "mend": _said(each, "mend"), "place": _said(each, "place"),
                "changed": bool(each.taken_id and each.digest and each.taken and each.digest != each.taken.digest),
                "batch": each.taken.batch_id if each.taken else None,
            }
            for each in issues
        ],
        "runs": runs, "page": page, "under_way": under_way,
        "facts": [(title, value) for title, value in titles if value],
        "facilities": list(source.facilities.values_list("name", flat=True)[:50]),
        "has_secret": bool(source.secrets),
    }  # fmt: skip
    answer = render(request, "sources/source.html", context)
    if request.htmx and not under_way:
        answer["HX-Refresh"] = "true"  # the queue above, too, is another one now
    return answer


def _said(issue: Issue, name: str) -> str:
    return str(issue.problem.get(name, {}).get(lang(), ""))


@within(Act.CONNECT)
def act(request: TenantRequest, pk: int) -> HttpResponse:
    """Run, dry run, on, off."""
    source = _one(request, pk)
    if request.method == "POST":
        if "dry" in request.POST:
            made = services.run(source, dry=True)
            return redirect("source-run", key=request.organisation.key, pk=made.pk)
        if "run" in request.POST:
            services.run(source)
            messages.success(request, _("It runs. What comes in is shown here."))
        elif "on" in request.POST or "off" in request.POST:
            services.switch(source, "on" in request.POST, request.membership)
    return redirect("source", key=request.organisation.key, pk=pk)


@within(Act.CONNECT)
def one_run(request: TenantRequest, pk: int) -> HttpResponse:
    """What a run found; of a dry run, what would come in."""
    from hengtan.web.jobs.views import progress  # noqa: PLC0415  a page of its own

    found = SourceRun.objects.visible_to(request.user).of(request.organisation)
    run = get_object_or_404(found.select_related("source", "source__organisation", "job__organisation"), pk=pk)
    here = lang()
    shown = []
    for each in run.result.get("shown", []):
        problem = each.get("problem")
        told = {name: problem[name].get(here, "") for name in ("reason", "mend", "place")} if problem else None
        shown.append({**each, "problem": told})
    context = {"run": run, "source": run.source, "shown": shown, "title": title_of(run.source.connector)}
    if run.job is not None and run.state in ("waiting", "running"):
        context |= progress(request, run.job)
    return render(request, "sources/run.html", context)


@within(Act.CONNECT)
def issue(request: TenantRequest, pk: int) -> HttpResponse:
    """Once more, or left with a reason."""
    found = (
        Issue.objects.visible_to(request.user)
        .of(request.organisation)
        .select_related("source__organisation", "organisation")
    )
    row = get_object_or_404(found, pk=pk)
    if request.method == "POST":
        try:
            if "ignore" in request.POST:
                services.ignore(row, request.membership, request.POST.get("reason", ""))
                messages.success(request, _("Left as it is."))
            elif "retry" in request.POST:
                services.retry(row, request.membership)
                messages.success(request, _("It is tried once more. What comes of it is shown here."))
        except ValidationError as wrong:
            messages.error(request, wrong.messages[0])
    return redirect("source", key=request.organisation.key, pk=row.source_id)
