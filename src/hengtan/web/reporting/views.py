"""Pages of reports: the list, a new one with its preview, one with its files and proofs, issue, return, withdraw."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hengtan.evidence.proof_file import SUFFIX
from hengtan.problems import HengtanError
from hengtan.web.jobs.views import progress
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.services import current
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of
from hengtan.web.vault import services as vault

from . import base, proofs, rendering, services
from .forms import ReportForm
from .models import Language, Report, ReportFile, Standard, State

PAGE = 50
COLUMNS = ("number", "standard", "run", "run_sha256", "state", "prepared_by", "prepared_at", "issued_by", "issued_at",
           "replaces", "reason")  # fmt: skip
KINDS = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
}


def _reports(request: TenantRequest) -> Any:
    found = Report.objects.visible_to(request.user).of(request.organisation)
    return found.select_related("organisation", "run__organisation", "previous__organisation", "prepared_by", "decided_by",
                                "withdrawn_by", "replaces", "job")  # fmt: skip


def _report(request: TenantRequest, pk: int) -> Report:
    found: Report = get_object_or_404(_reports(request), pk=pk)
    return found


@within(Act.WHOLE)
def index(request: TenantRequest) -> HttpResponse:
    """All, the newest first."""
    found = _reports(request).defer("run__figures", "run__summary", "previous__figures", "previous__summary", "about")
    form = form_of(request)
    if form:
        return as_table(form, "reports", COLUMNS, (_line(each) for each in found))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "may": request.membership.may(Act.REPORT), "run": current(request.organisation),
        "under_way": any(each.state == State.ISSUING and each.job is not None and not each.job.is_over for each in page),
    }  # fmt: skip
    return render(request, "reporting/reports.html", context)


def _line(report: Report) -> tuple[object, ...]:
    return (
        report.code, report.standard, report.run.code, report.run.run_sha256, report.state, report.prepared_by.name,
        report.prepared_at.isoformat(timespec="seconds"), report.decided_by.name if report.issued_at and report.decided_by else "",
        report.issued_at.isoformat(timespec="seconds") if report.issued_at else "",
        report.replaces.code if report.replaces else "", report.reason,
    )  # fmt: skip


@within(Act.REPORT)
def new(request: TenantRequest) -> HttpResponse:
    """Choose, say what the company says, look at it, ask for its issue."""
    chosen = current(request.organisation)
    given = request.GET.get("run", "")
    initial = {
        "run": int(given) if given.isdecimal() and len(given) < 18 else chosen.pk if chosen else None,
        "standard": Standard.CN_ENTERPRISE if lang() == "zh" else Standard.ISO14064,
        "languages": [lang()], "formats": list(rendering.formats()), "replaces": request.GET.get("replaces"),
    }  # fmt: skip
    form = ReportForm(request.organisation, lang(), request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        run, asked = form.cleaned_data["run"], form.cleaned_data
        about = form.about()
        previous = base.run_to_compare(request.organisation, run)
        if "preview" in request.POST:
            return _page(run, asked["standard"], asked["languages"][0], services.told(about), previous)
        try:
            report = services.prepare(
                request.membership, run, asked["standard"], asked["languages"], asked["formats"], about,
                asked["replaces"], previous,
            )  # fmt: skip
        except ValidationError as wrong:
            form.add_error(None, wrong)
        else:
            messages.success(request, _("The report waits for a colleague who issues it."))
            return redirect("report", key=request.organisation.key, pk=report.pk)
    context = {"form": form, "run": chosen, "base": base.current(request.organisation)}
    return render(request, "reporting/new.html", context, status=422 if form.errors else 200)


def _page(run: Any, standard: str, language: str, about: dict[str, str], previous: Any) -> HttpResponse:
    """The report itself with a mark; its own policy allows its own style sheet alone."""
    mark = "预览，未签发" if language == "zh" or standard == Standard.CN_ENTERPRISE else "preview, not issued"
    content = rendering.preview(run, standard, language, about, previous, mark)
    answer = HttpResponse(content, content_type=KINDS["html"])
    answer["Content-Security-Policy"] = rendering.policy(content)
    return answer


@within(Act.WHOLE)
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """One: what it is, its files with their proofs, what can be done."""
    report = _report(request, pk)
    files = list(report.files.select_related("organisation", "event__organisation"))
    standings = [(file, proofs.standing(file.digest, file.event)) for file in files]
    context: dict[str, Any] = {
        "report": report, "files": standings, "may": request.membership.may(Act.REPORT), "own": request.user.pk == report.prepared_by_id,
        "pending": any(told.state == "pending" for _file, told in standings),
        "bad": [told for _file, told in standings if told.state == "bad"],
        "newer": Report.objects.of(request.organisation).filter(replaces=report, number__isnull=False).first(),
        "about": services.about_shown(report, lang()), "vkey": vault.vkey(request.organisation) if files else "",
        "size": max((told.size for _file, told in standings), default=0),
    }  # fmt: skip
    if report.state == State.ISSUING and report.job is not None:
        report.job.organisation = request.organisation
        context |= progress(request, report.job)
        context["failed"] = report.job.is_over and report.job.state != "done"
    return render(request, "reporting/report.html", context)


@within(Act.WHOLE)
def preview(request: TenantRequest, pk: int) -> HttpResponse:
    """As it would be issued, for who decides."""
    report = _report(request, pk)
    if not report.run.is_done:
        return redirect("report", key=request.organisation.key, pk=pk)
    language = request.GET.get("lang", "")
    if language not in Language.values:
        language = report.languages[0] if report.languages else lang()
    return _page(report.run, report.standard, language, report.about, report.previous)


def _acts(request: TenantRequest, pk: int, done: str, act: Any) -> HttpResponse:
    report = _report(request, pk)
    if request.method == "POST":
        try:
            act(report)
        except ValidationError as wrong:
            for each in wrong.messages:
                messages.error(request, each)
        else:
            messages.success(request, done)
    return redirect("report", key=request.organisation.key, pk=pk)


@within(Act.REPORT)
def issue(request: TenantRequest, pk: int) -> HttpResponse:
    """By a second person."""
    return _acts(
        request, pk, _("The report is being issued."), lambda report: services.issue(report, request.membership)
    )


@within(Act.REPORT)
def give_back(request: TenantRequest, pk: int) -> HttpResponse:
    """Not like this."""
    comment = request.POST.get("comment", "")
    return _acts(
        request,
        pk,
        _("The report is not issued."),
        lambda report: services.give_back(report, request.membership, comment),
    )


@within(Act.REPORT)
def withdraw(request: TenantRequest, pk: int) -> HttpResponse:
    """It no longer holds."""
    reason = request.POST.get("reason", "")
    return _acts(
        request, pk, _("The report is withdrawn. It stays to be seen with the reason."),
        lambda report: services.withdraw(report, request.membership, reason),
    )  # fmt: skip


@within(Act.WHOLE)
def file(request: TenantRequest, pk: int) -> HttpResponse:
    """A file as it was issued; ``?proof=1``: its proof."""
    mine = ReportFile.objects.filter(report__in=Report.objects.visible_to(request.user).of(request.organisation))
    found = get_object_or_404(mine.select_related("organisation", "event__organisation"), pk=pk)
    name, data, kind = found.name, b"", "application/octet-stream"
    try:
        if request.GET.get("proof"):
            proof = vault.proof(found.event) if found.event else None
            if proof is None:
                raise Http404
            name, data = f"{name}{SUFFIX}", proof
        else:
            data, kind = proofs.content(found), KINDS[found.format]
    except HengtanError as wrong:
        messages.error(request, wrong.problems[0].reason(lang()))
        return redirect("report", key=request.organisation.key, pk=found.report_id)
    return sent(name, data, kind)


@within(Act.WHOLE)
def files(request: TenantRequest, pk: int) -> HttpResponse:
    """All of a report with their proofs, in one ZIP."""
    report = _report(request, pk)
    if not report.is_public:
        return redirect("report", key=request.organisation.key, pk=pk)
    try:
        return sent(f"{report.code}.zip", proofs.bundle(report), "application/zip")
    except HengtanError as wrong:
        messages.error(request, wrong.problems[0].reason(lang()))
        return redirect("report", key=request.organisation.key, pk=pk)


def sent(name: str, data: bytes, kind: str) -> HttpResponse:
    """A file to keep, never to be opened as a page of ours."""
    answer = HttpResponse(data, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
