"""Pages of files that come in: the form, one file with its preview, sums and refused rows, its way to the queue and back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hengtan.market.book.template import templates
from hengtan.problems import HengtanError
from hengtan.web.jobs.views import progress
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of

from . import intake as files
from . import market_pages, words
from .deciding import Sum
from .forms import ImportForm
from .models import Account, Decision, Intake
from .views import PAGE, context_of

REFUSED = ("file", "sheet", "row", "column", "reason", "mend", "code")
FILES = ("file", "name", "what", "state", "rows", "new", "known", "refused", "by", "at")
State = Intake.State


@contextmanager
def _on_disk(file: UploadedFile[Any]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{Path(file.name or 'file').suffix[:8]}"
        with path.open("wb") as out:
            for chunk in file.chunks():
                out.write(chunk)
        yield path


@within(Act.ASSETS)
def import_file(request: TenantRequest) -> HttpResponse:
    """Confirmations and events go to the queue, statements and quotes into the book; large files by a job, with ``look`` none before it was looked at."""
    accounts = list(Account.objects.visible_to(request.user).of(request.organisation))
    begun = {"what": request.GET.get("what", "trades"), "day": timezone.localdate()}
    form = ImportForm(request.POST or None, request.FILES or None, accounts=accounts, initial=begun)
    wrong: list[dict[str, str]] = []
    left, one = 0, None
    if request.method == "POST" and form.is_valid():
        given, file = form.cleaned_data, form.cleaned_data["file"]
        try:
            with _on_disk(file) as path:
                if given["what"] in ("quotes", "statement"):
                    messages.success(
                        request, market_pages.take(request.membership, given["what"], path, file.name or "file", given)
                    )
                    target = "assets-quotes" if given["what"] == "quotes" else "assets-reconciliation"
                    return redirect(target, key=request.organisation.key)
                one = files.begin(request.membership, file.name or "file", given["what"], path)
            return _taken(request, one, file.size or 0)
        except HengtanError as fault:
            wrong = words.said(list(fault.problems[: files.MOST_TOLD]))
            left = len(fault.problems) - len(wrong)
    shown = [
        (each, each.title[lang()], each.note[lang()], market_pages.headers_of(each)) for each in templates().values()
    ]
    context = context_of(
        request, "assets-import", form=form, wrong=wrong, left=left, templates=shown, has_accounts=bool(accounts), one=one,
        before=_mine(request)[:5],
    )  # fmt: skip
    return render(request, "assets/import.html", context, status=422 if request.method == "POST" else 200)


def _taken(request: TenantRequest, one: Intake, size: int) -> HttpResponse:
    """A small file is proposed at once, unless it is to be looked at; a large one is read by a job."""
    if size > files.NOW_BYTES:
        files.ask(one, request.membership, "read")
        return redirect("assets-intake", key=request.organisation.key, pk=one.pk)
    try:
        looked = files.look(one)
    except HengtanError as fault:
        looked = files.Looked(0, [], list(fault.problems))
    files.keep(one, looked)
    if looked.wrong:
        raise HengtanError(looked.wrong)
    if "look" in request.POST or len(looked.events) > files.NOW_ROWS:
        return redirect("assets-intake", key=request.organisation.key, pk=one.pk)
    try:
        new, known = files.propose(one, request.membership, looked)
    except HengtanError as fault:
        files.keep(one, files.Looked(looked.rows, looked.events, list(fault.problems)))
        raise
    messages.success(request, _said(new, known))
    return redirect("assets-queue", key=request.organisation.key)


def _said(new: int, known: int) -> str:
    return _("%(new)d events are proposed and wait for somebody else; %(known)d were known.") % {
        "new": new,
        "known": known,
    }


def _mine(request: TenantRequest) -> QuerySet[Intake]:
    return (
        Intake.objects.visible_to(request.user)
        .of(request.organisation)
        .select_related("created_by", "job")
        .defer("preview", "sums", "refused")
    )


@within(Act.WHOLE)
def intakes(request: TenantRequest) -> HttpResponse:
    """Every file that came in."""
    found = _mine(request)
    if form := form_of(request):
        lines = ((each.pk, each.name, each.what, each.state, each.rows, each.new, each.known, each.wrong, each.created_by.name,
                  each.created_at.isoformat(timespec="seconds")) for each in found)  # fmt: skip
        return as_table(form, "asset-files", FILES, lines)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    under_way = any(each.job is not None and not each.job.is_over for each in page)
    return render(request, "assets/intakes.html", context_of(request, "assets-import", page=page, under_way=under_way))


@within(Act.WHOLE)
def intake(request: TenantRequest, pk: int) -> HttpResponse:
    """One file: its job, first rows, control totals, refused rows (as a table too), and what can be done with it."""
    found = Intake.objects.visible_to(request.user).of(request.organisation).select_related("job", "created_by")
    one = get_object_or_404(found, pk=pk)
    if form := form_of(request):
        here = lang()
        lines = (
            (each.file, each.sheet, each.row, each.column, each.reason(here), each.mend(here), each.code)
            for each in files.refused(one)
        )
        return as_table(form, f"refused-{one.pk}", REFUSED, lines)
    shown = words.said(files.refused(one)[: files.MOST_TOLD])
    decided = Decision.objects.of(request.organisation).filter(proposal__source=one.source)
    context = context_of(
        request, "assets-import", one=one, title=templates()[one.what].title[lang()] if one.what in templates() else one.what,
        preview=[(row, words.sentence(event), event) for row, event in one.preview], left=one.rows - len(one.preview),
        sums=[(words.kind(each[0]), Sum(*each)) for each in one.sums], count=one.rows, refused=shown, more=one.wrong - len(shown),
        decided=decided.exclude(verdict="rejected").count() if one.state == State.PROPOSED else 0,
        may_withdraw=one.state == State.PROPOSED and one.new > 0 and not decided.exists() and (one.job is None or one.job.is_over), **progress(request, one.job) if one.job else {"job": None},
    )  # fmt: skip
    return render(request, "assets/intake.html", context)


@within(Act.WHOLE, change=Act.ASSETS)
def act(request: TenantRequest, pk: int) -> HttpResponse:
    """Proposes what was looked at, or withdraws what nobody decided."""
    one = get_object_or_404(
        Intake.objects.visible_to(request.user).of(request.organisation).select_related("organisation", "job"), pk=pk
    )
    back = redirect("assets-intake", key=request.organisation.key, pk=pk)
    if request.method != "POST":
        return back
    under_way = one.job is not None and not one.job.is_over
    if request.POST.get("act") == "propose" and one.state == State.READY and not under_way:
        if one.rows > files.NOW_ROWS:
            files.ask(one, request.membership, "propose")
            return back
        looked = files.look(one)
        try:
            new, known = files.propose(one, request.membership, looked)
            messages.success(request, _said(new, known))
        except HengtanError as fault:
            files.keep(one, files.Looked(looked.rows, looked.events, list(fault.problems)))
    elif request.POST.get("act") == "withdraw" and not under_way:
        reason = _("The file was withdrawn by whoever sent it.")
        if one.created_by_id != request.user.pk:
            reason = _("The file was withdrawn by somebody else than who sent it.")
        if one.state == State.PROPOSED and one.new > files.NOW_ROWS:
            files.ask(one, request.membership, "withdraw", reason)
            return back
        count = files.withdraw(one, request.membership, reason)
        if count:
            said = ngettext("%(count)d event is withdrawn.", "%(count)d events are withdrawn.", count)
            messages.success(request, said % {"count": count})
        else:
            messages.warning(
                request, _("Somebody decided an event of this file already: reverse what was posted instead.")
            )
    return back
