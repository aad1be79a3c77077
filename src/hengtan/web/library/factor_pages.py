"""Pages of own factors: the list, a form, an import, one with its decision and its document."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePath
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hengtan.connectors.sniff import kind_of
from hengtan.factors import describe, open_library
from hengtan.problems import HengtanError
from hengtan.units import symbols
from hengtan.web.activities.models import OPEN, State
from hengtan.web.activities.uploads import MOST_FACTORS, clean_name
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of

from . import documents, own_factors, proposals, usage, words
from .browsing import as_factor
from .deciding import decided
from .forms import FactorForm
from .models import OwnFactor
from .services import ALL_COLUMNS

PAGE, AT_ONCE = 50, 200


def row_of(request: TenantRequest, pk: int) -> OwnFactor:
    """The factor, when this person may see it."""
    found = OwnFactor.objects.visible_to(request.user).of(request.organisation)
    return get_object_or_404(
        found.select_related("organisation", "created_by", "submitted_by", "decided_by", "supersedes"), pk=pk
    )


@within()
def index(request: TenantRequest) -> HttpResponse:
    """Every own factor; several may be submitted or approved at once."""
    if request.method == "POST":
        return _several(request)
    found = OwnFactor.objects.visible_to(request.user).of(request.organisation)
    state = request.GET.get("state", "")
    counts = found.aggregate(
        all=Count("pk"), waiting=Count("pk", filter=Q(state=State.SUBMITTED)), open=Count("pk", filter=Q(state__in=OPEN)),
        approved=Count("pk", filter=Q(state=State.APPROVED)),
        mine=Count("pk", filter=Q(state=State.SUBMITTED) & ~Q(created_by=request.user) & ~Q(submitted_by=request.user)),
    )  # fmt: skip
    chosen = found.filter(state=state) if state in State.values else found
    chosen = chosen.select_related("created_by", "decided_by", "supersedes")
    form = form_of(request)
    if form:
        columns = ("state", "version", *ALL_COLUMNS, "reason", "created_by", "decided_by", "document_sha256")
        rows = ([each.state, each.version, *(each.cells.get(name, "") for name in ALL_COLUMNS), each.reason,
                 each.created_by.name, each.decided_by.name if each.decided_by else "", each.document] for each in chosen)  # fmt: skip
        return as_table(form, _("own factors"), columns, rows)
    page = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    lines = [{"row": each, **words.line(as_factor(each)), "box": _box(request, each)} for each in page.object_list]
    context = {
        "page": page, "lines": lines, "counts": counts, "states": State.choices, "state": state, "tab": "own-factors",
        "may_enter": request.membership.may(Act.ENTER), "may_approve": request.membership.may(Act.APPROVE),
        "boxes": {each["box"] for each in lines},
    }  # fmt: skip
    return render(request, "library/own_factors.html", context)


def _box(request: TenantRequest, row: OwnFactor) -> str:
    """What this person may do with several like it at once."""
    if proposals.may_change(row, request.membership):
        return "submit"
    other = request.user.pk not in proposals.own_hands(row)
    return "approve" if row.state == State.SUBMITTED and other and request.membership.may(Act.APPROVE) else ""


def _several(request: TenantRequest) -> HttpResponse:
    """Submits or approves those that are marked; each for itself, so that one that is refused keeps no other."""
    act = "approve" if "approve" in request.POST else "submit"
    if not request.membership.may(Act.APPROVE if act == "approve" else Act.ENTER):
        raise PermissionDenied
    chosen = [
        int(each)
        for each in request.POST.getlist("pk")[:AT_ONCE]
        if each.isascii() and each.isdecimal() and len(each) < 19
    ]
    done = 0
    for row in OwnFactor.objects.visible_to(request.user).of(request.organisation).filter(pk__in=chosen).order_by("pk"):
        try:
            if act == "approve":
                proposals.approve(row, request.membership)
            else:
                own_factors.submit(row, request.membership)
            done += 1
        except HengtanError as error:
            _refused(request, row, error.problems[0].sentence(words.lang()))
        except ValidationError as error:
            _refused(request, row, error.messages[0])
    if done:
        told = (
            ngettext("%(number)d factor is approved.", "%(number)d factors are approved.", done)
            if act == "approve"
            else ngettext("%(number)d factor waits for a decision.", "%(number)d factors wait for a decision.", done)
        )
        messages.success(request, told % {"number": done})
    elif not chosen:
        messages.error(request, _("Mark at least one."))
    return redirect("own-factors", key=request.organisation.key)


def _refused(request: TenantRequest, row: OwnFactor, why: str) -> None:
    told = f"{row.factor_id}: {why}"
    messages.error(request, told)


@within(Act.ENTER)
def new(request: TenantRequest) -> HttpResponse:
    """A form; begun from a factor of the library (``?like=``), or a correction of an own one (``?corrects=``)."""
    corrects, initial = None, {"dataset": ""}
    given = request.GET.get("corrects", "")
    if given.isascii() and given.isdecimal() and len(given) < 19:
        corrects = row_of(request, int(given))
        if corrects.state != State.APPROVED:
            return redirect("own-factor", key=request.organisation.key, pk=corrects.pk)
        initial = dict(corrects.cells)
    like = open_library().get(request.GET.get("like", "")[:200])
    if like is not None and corrects is None:
        initial = like.as_row() | {"factor_id": "", "dataset": "", "dataset_version": ""}
        initial["retrieved_from"] = _("known: library factor %(id)s") % {"id": like.factor_id}
    return _form(request, None, corrects, initial)


@within(Act.ENTER)
def edit(request: TenantRequest, pk: int) -> HttpResponse:
    """A draft, or one that was returned."""
    row = row_of(request, pk)
    if not proposals.may_change(row, request.membership):
        return redirect("own-factor", key=request.organisation.key, pk=pk)
    return _form(request, row, row.supersedes, row.cells | {"reason": row.reason})


def _form(
    request: TenantRequest, row: OwnFactor | None, corrects: OwnFactor | None, initial: dict[str, str]
) -> HttpResponse:
    sent = request.method == "POST"
    form = FactorForm(
        request.POST if sent else None, request.FILES if sent else None, initial=initial, corrects=corrects
    )
    told: list[dict[str, str]] = []
    if not sent and row is not None:
        told = own_factors.told_in_words(_gate(request, row, corrects, row.cells))
    if sent:
        cells = form.cells()
        if corrects is not None:
            cells["factor_id"] = corrects.factor_id
        told = form.tell(_gate(request, row, corrects, cells)) if form.is_valid() else []
        if (
            "reason" not in form.errors
            and "document" not in form.errors
            and cells["factor_id"]
            and cells["activity_unit"]
        ):
            answer = _keep(request, form, row, corrects, cells)
            if answer is not None:
                return answer
    context = {
        "form": form, "row": row, "corrects": corrects, "told": told, "units": symbols(), "tab": "own-factors",
    }  # fmt: skip
    return render(request, "library/factor_form.html", context, status=422 if form.errors else 200)


def _gate(
    request: TenantRequest, row: OwnFactor | None, corrects: OwnFactor | None, cells: dict[str, str]
) -> list[Any]:
    but = [each.pk for each in (row, corrects) if each is not None]
    return own_factors.gate(request.organisation, [cells], but=but)


def _keep(
    request: TenantRequest, form: FactorForm, row: OwnFactor | None, corrects: OwnFactor | None, cells: dict[str, str]
) -> HttpResponse | None:
    """The draft; submitted as well when that was asked and the gate lets it pass. None: the form is shown with what is wrong."""
    submit = "submit" in request.POST
    if submit and form.errors:
        return None
    try:
        document = _document(request)
        reason = str(form["reason"].value() or "")
        if row is None:
            row = own_factors.propose(request.membership, cells, reason, document, corrects)
        else:
            row = own_factors.change(row, request.membership, cells, reason, document)
    except ValidationError as error:
        form.add_error(None, error)
        return None
    if not submit:
        messages.success(request, _("The draft is kept. Submit it when nothing is wrong any more."))
        return redirect("own-factor-edit" if form.errors else "own-factor", key=request.organisation.key, pk=row.pk)
    try:
        own_factors.submit(row, request.membership)
        messages.success(request, _("Submitted. A colleague decides."))
    except HengtanError as error:
        for each in error.problems:
            messages.error(request, each.sentence(words.lang()))
        return redirect("own-factor-edit", key=request.organisation.key, pk=row.pk)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("own-factor-edit", key=request.organisation.key, pk=row.pk)
    return redirect("own-factor", key=request.organisation.key, pk=row.pk)


def _document(request: TenantRequest) -> documents.Document | None:
    file = request.FILES.get("document")
    return documents.kept(request.organisation, file) if file is not None else None


@within()
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """One version: its columns, beside those of the version that it corrects; its document, its history, where it was used."""
    row = row_of(request, pk)
    factor, old = as_factor(row), row.supersedes
    before = dict(old.cells) if old is not None else {}
    columns = [
        {"name": name, "title": title, "cell": row.cells.get(name, "") or cell, "remark": remark, "before": before.get(name, ""),
         "changed": old is not None and before.get(name, "") != row.cells.get(name, "")}
        for name, title, cell, remark in words.cells(factor)
    ]  # fmt: skip
    problems = (
        own_factors.gate(request.organisation, [row.cells], but=[row.pk, *([old.pk] if old else [])])
        if row.is_open
        else []
    )
    versions = (
        OwnFactor.objects.of(request.organisation)
        .filter(factor_id=row.factor_id)
        .select_related("created_by", "decided_by")
    )
    context = {
        "row": row, "line": words.line(factor), "columns": columns, "old": old, "versions": list(versions[:50]), "tab": "own-factors",
        "told": own_factors.told_in_words(problems) if row.is_open else _kept_warnings(row),
        "errors": bool(own_factors.errors(problems)), "used": usage.of_factor(request.membership, row.factor_id),
        "may_decide": row.state == State.SUBMITTED and request.membership.may(Act.APPROVE),
        "own": request.user.pk in proposals.own_hands(row), "picture": row.document_kind in ("png", "jpeg"),
        "mine": proposals.may_change(row, request.membership), "hands": proposals.others(row),
        "may_enter": request.membership.may(Act.ENTER), "category": describe.category(factor.category, words.lang()),
        "successor": row.successors.exclude(state__in=OPEN).order_by("pk").last(),
    }  # fmt: skip
    return render(request, "library/own_factor.html", context)


def _kept_warnings(row: OwnFactor) -> list[dict[str, str]]:
    here = words.lang()
    return [{"code": each["code"], "severity": each["severity"], "column": "", "reason": each["reason"][here],
             "mend": each["mend"][here]} for each in row.warnings]  # fmt: skip


@within()
def decide(request: TenantRequest, pk: int) -> HttpResponse:
    """Submit, discard, approve or return."""
    row = row_of(request, pk)
    return decided(
        request, row, lambda: own_factors.submit(row, request.membership), "own-factor", "own-factors",
        _("Approved. Every later run is given it."),
    )  # fmt: skip


@within(Act.ENTER)
def import_file(request: TenantRequest) -> HttpResponse:
    """A factor file becomes drafts, each with what the gate tells of it."""
    wrong: list[str] = []
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            wrong = [_("Choose a file.")]
        elif (file.size or 0) > MOST_FACTORS:
            wrong = [_("%(name)s is larger than %(most)d MB.") % {"name": file.name, "most": MOST_FACTORS >> 20}]
        else:
            try:
                made = _imported(request, file)
                told = ngettext("%(number)d draft is made.", "%(number)d drafts are made.", len(made)) % {
                    "number": len(made)
                }
                messages.success(request, told)
                return redirect("own-factors", key=request.organisation.key)
            except HengtanError as error:
                wrong = [each.sentence(words.lang()) for each in error.problems[:20]]
            except ValidationError as error:
                wrong = list(error.messages)
    context = {"wrong": wrong, "columns": [(name, words.TITLES[name]) for name in ALL_COLUMNS], "tab": "own-factors"}
    return render(request, "library/import.html", context, status=422 if wrong else 200)


def _imported(request: TenantRequest, file: Any) -> list[OwnFactor]:
    name = clean_name(file.name or "factors.csv")
    with tempfile.TemporaryDirectory(prefix="hengtan-factors-") as folder:
        path = Path(folder) / f"file{PurePath(name).suffix.lower()}"
        path.write_bytes(b"".join(file.chunks()))
        kind_of(path, name)  # refuses what is no table, and an archive that unpacks to too much
        return own_factors.import_file(request.membership, path, name, documents.kept(request.organisation, file))


@within()
def document(request: TenantRequest, pk: int) -> HttpResponse:
    """The source document: shown where the browser runs nothing of it, else taken away."""
    row = row_of(request, pk)
    if not row.document:
        return redirect("own-factor", key=request.organisation.key, pk=pk)
    kept = documents.Document(row.document, row.document_name, row.document_bytes, row.document_kind)
    return documents.answer(request.organisation, kept, show="show" in request.GET)


@within()
def empty_file(_request: TenantRequest) -> HttpResponse:
    """A factor file with its columns and one example."""
    example = open_library().get("CN-EL-AVG-CN-2023")
    if example is None:
        raise Http404
    row = example.as_row() | {"factor_id": "OWN-example", "dataset": "own"}
    return as_table("csv", "factors", ALL_COLUMNS, [[row[name] for name in ALL_COLUMNS]])
