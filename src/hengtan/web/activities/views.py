"""Pages of batches: all of them, one with its decision, its rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hengtan.factors import find_type
from hengtan.web.jobs.views import progress
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.vault.services import facts

from . import evidence, services
from .models import OPEN, Batch, Json, SourceFile, State

PAGE, ROWS = 50, 100
SHOWN = (
    "activity_id",
    "facility",
    "activity_type",
    "start",
    "end",
    "quantity",
    "unit",
    "region",
    "factor_id",
    "source_cell",
)
WHERE = ("source_file", "source_sheet", "source_row")


@within()
def index(request: TenantRequest) -> HttpResponse:
    """Every batch that this person may see, the newest first."""
    found = Batch.objects.visible_to(request.user).of(request.organisation)
    state = request.GET.get("state", "")
    counts = found.aggregate(
        all=Count("pk"),
        waiting=Count("pk", filter=Q(state=State.SUBMITTED)),
        open=Count("pk", filter=Q(state__in=OPEN)),
        approved=Count("pk", filter=Q(state=State.APPROVED)),
        rows=Sum("rows_good", filter=Q(state=State.APPROVED)),
        mine=Count(
            "pk",
            filter=Q(state=State.SUBMITTED) & ~Q(created_by=request.user) & ~Q(submitted_by=request.user),
        ),
    )
    chosen = found.filter(state=state) if state in State.values else found
    heavy = ("mapping", "outline", "fixes", "preview", "controls", "months")
    chosen = chosen.select_related("created_by", "decided_by", "supersedes").defer(
        *heavy, *(f"supersedes__{name}" for name in heavy)
    )
    context = {
        "page": Paginator(chosen, PAGE).get_page(request.GET.get("page")),
        "counts": counts,
        "states": State.choices,
        "state": state,
        "may_enter": request.membership.may(Act.ENTER),
        "may_approve": request.membership.may(Act.APPROVE),
    }
    return render(request, "activities/batches.html", context)


def batch_of(request: TenantRequest, pk: int, *, change: bool = False) -> Batch:
    """The batch, when this person may see it; for a change, when he may enter data and it is his or he runs the inventory."""
    found = Batch.objects.visible_to(request.user).of(request.organisation)
    batch = get_object_or_404(
        found.select_related("organisation", "job", "created_by", "submitted_by", "decided_by", "supersedes"), pk=pk
    )
    if change and not may_change(request, batch):
        raise PermissionDenied
    return batch


def may_change(request: TenantRequest, batch: Batch) -> bool:
    """His own, or anybody's for who runs the inventory."""
    own = batch.created_by_id == request.user.pk
    return request.membership.may(Act.ENTER) and (own or request.membership.may(Act.BOUNDARY))


@within()
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """A draft leads to the step where it stands; all else is shown with what may be decided."""
    batch = batch_of(request, pk)
    if batch.is_open and may_change(request, batch):
        return redirect(step_of(batch), key=request.organisation.key, pk=pk)
    context: dict[str, Any] = {
        "batch": batch,
        "files": list(batch.files.all()),
        "bills": list(batch.evidence.filter(withdrawn_at=None)[:12]),
        "may_attach": evidence.may_attach(batch, request.membership),
        "may_decide": batch.state == State.SUBMITTED and request.membership.may(Act.APPROVE),
        "own": request.user.pk in services.hands(batch),
        "may_enter": request.membership.may(Act.ENTER),
        "superseded_by": batch.superseded_by.filter(state=State.APPROVED).first(),
        "closed": services.closed_months(request.organisation, batch.months),
        "controls": [control(each, lang()) for each in batch.controls],
        "groups": [{**each, "reason": each["reason"][lang()]} for each in batch.preview.get("groups", [])],
    }
    return render(request, "activities/batch.html", context)


def lang() -> str:
    """Of the page: en or zh."""
    return "zh" if (get_language() or "").startswith("zh") else "en"


def control(each: Json, language: str) -> Json:
    """A control total with the name of its activity, and whether both sums agree."""
    found = find_type(each["type"]) if each["type"] else None
    agrees = Decimal(each["in"]) == Decimal(each["good"])
    return {**each, "title": found.title[language] if found else each["type"], "agrees": agrees}


def step_of(batch: Batch) -> str:
    """The name of the page where a draft stands."""
    checking = batch.job is not None and batch.job.kind in (services.CHECK, services.SUBMIT)
    return "batch-problems" if batch.preview or checking else "batch-columns"


@within()
def decide(request: TenantRequest, pk: int) -> HttpResponse:
    """Approve, or return with a comment."""
    batch = batch_of(request, pk)
    if request.method != "POST":
        return redirect("batch", key=request.organisation.key, pk=pk)
    try:
        if "approve" in request.POST:
            services.approve(batch, request.membership)
            messages.success(request, _("Approved. The rows count from now on."))
        else:
            services.give_back(batch, request.membership, request.POST.get("comment", ""))
            messages.success(request, _("Returned with your comment."))
    except ValidationError as wrong:
        for each in wrong.messages:
            messages.error(request, each)
    return redirect("batch", key=request.organisation.key, pk=pk)


@within(Act.ENTER)
def discard(request: TenantRequest, pk: int) -> HttpResponse:
    """A draft that is wanted no more."""
    batch = batch_of(request, pk, change=True)
    if request.method == "POST":
        try:
            services.discard(batch, request.user)
            messages.success(request, _("The draft is gone."))
            return redirect("batches", key=request.organisation.key)
        except ValidationError as wrong:
            messages.error(request, wrong.messages[0])
    return redirect("batch", key=request.organisation.key, pk=pk)


@within()
def rows(request: TenantRequest, pk: int) -> HttpResponse:
    """The posted rows of a batch, page by page, with the cell that each came from."""
    batch = batch_of(request, pk)
    if not batch.parquet:
        return redirect("batch", key=request.organisation.key, pk=pk)
    with facts(request.organisation).open(batch.parquet) as stream:
        file = pq.ParquetFile(stream)
        names = [name for name in (*SHOWN, *WHERE) if name in file.schema_arrow.names]
        table = file.read(names)
    query = request.GET.get("q", "").strip().casefold()
    if query:
        keep = [
            any(query in str(value or "").casefold() for value in line)
            for line in zip(*(table[name].to_pylist() for name in names if name not in ("start", "end")), strict=True)
        ]
        table = table.filter(keep)
    page = Paginator(range(table.num_rows), ROWS).get_page(request.GET.get("page"))
    first = page.start_index() - 1 if table.num_rows else 0
    shown = [dict.fromkeys((*SHOWN, *WHERE)) | row for row in table.slice(max(first, 0), ROWS).to_pylist()]
    stands = evidence.standing(batch, batch.evidence.filter(withdrawn_at=None).order_by("pk"))
    for row in shown:
        row["proofs"] = len(stands.of(row["activity_id"]))
    context = {
        "batch": batch, "page": page, "rows": shown, "query": request.GET.get("q", ""), "found": table.num_rows,
        "may_attach": evidence.may_attach(batch, request.membership),
    }  # fmt: skip
    name = "activities/row_table.html" if request.htmx and request.htmx.target == "rows" else "activities/rows.html"
    return render(request, name, context)


def job_context(request: TenantRequest, batch: Batch) -> dict[str, Any]:
    """What the fragment of progress needs; nothing when no work belongs to the batch."""
    return progress(request, batch.job) if batch.job is not None else {"job": None}


def source_of(request: TenantRequest, pk: int) -> SourceFile:
    """A file of a batch that this person may see."""
    seen = Batch.objects.visible_to(request.user).of(request.organisation)
    found = SourceFile.objects.of(request.organisation).filter(batch__in=seen, pk=pk).first()
    if found is None:
        raise Http404
    return found
