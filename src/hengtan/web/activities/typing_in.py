"""Rows that are typed or pasted: kept as a file like any other, and checked at once."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from secrets import token_hex
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.units import symbols
from hengtan.web.boundaries.models import Facility
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.vault.services import facts, keep_file

from . import services
from .forms import title
from .models import Batch, SourceFile, Typed
from .services import TYPED, Given
from .views import batch_of
from .wizard import known_types

COLUMNS = ("facility", "activity_type", "start", "end", "quantity", "unit", "evidence")
EMPTY, MOST = 10, 2000
DONE = "typed"  # in the session: forms whose rows are sent
Rows = list[list[str]]


@within(Act.ENTER)
def new(request: TenantRequest) -> HttpResponse:
    """An empty grid."""
    return _grid(request, None)


@within(Act.ENTER)
def again(request: TenantRequest, pk: int) -> HttpResponse:
    """The grid of a draft that was typed."""
    batch = batch_of(request, pk, change=True)
    if not batch.is_open or not batch.mapping.get("typed"):
        return redirect("batch", key=request.organisation.key, pk=pk)
    return _grid(request, batch)


def _grid(request: TenantRequest, batch: Batch | None) -> HttpResponse:
    wrong: list[str] = []
    asked = [request.GET.get(name, "")[:500] for name in COLUMNS]  # a gap of the calendar
    rows = kept_rows(batch) if batch is not None else [asked] if any(asked) else []
    name = batch.name if batch is not None else ""
    left = None
    if request.method == "POST":
        rows, name = typed(request.POST), request.POST.get("name", "").strip()[:200]
        try:
            made = keep(request, batch, rows, name)
            _done(request, batch)
            return redirect("batch-problems", key=request.organisation.key, pk=made.pk)
        except ValidationError as fault:
            wrong = list(fault.messages)
    elif not any(asked):
        left = _left(request, batch)
        if left is not None:
            rows, name = [_cells(row) for row in left.rows], left.name
    seen = Facility.objects.visible_to(request.user).of(request.organisation)
    names = [(each, title(each)) for each in COLUMNS]
    empty = [[""] * len(COLUMNS) for _number in range(max(3, EMPTY - len(rows)))]
    context = {
        "batch": batch, "wrong": wrong, "name": name, "step": 1, "left": left,
        "rows": [list(zip(names, row, strict=True)) for row in [*rows, *empty]],
        "columns": names, "form_id": token_hex(8), "done": " ".join(request.session.get(DONE, [])),
        "facilities": seen.order_by("name").values_list("name", flat=True)[:2000],
        "types": known_types(), "units": symbols(), "most": MOST,
    }  # fmt: skip
    return render(request, "activities/entry.html", context, status=422 if wrong else 200)


def _done(request: TenantRequest, batch: Batch | None) -> None:
    """What was typed is sent: the server forgets it, and the browser hears that it may."""
    Typed.objects.filter(organisation=request.organisation, person=request.user, batch=batch).delete()
    form = request.POST.get("form", "")[:16]
    request.session[DONE] = [*request.session.get(DONE, []), form][-20:]


def _left(request: TenantRequest, batch: Batch | None) -> Typed | None:
    mine = Typed.objects.visible_to(request.user).of(request.organisation)
    return mine.filter(batch=batch).exclude(rows=[]).first()


@within(Act.ENTER)
def draft(request: TenantRequest) -> HttpResponse:
    """Keeps what is being typed; ``forget``: it is wanted no more."""
    if request.method != "POST":
        return redirect("entry", key=request.organisation.key)
    pk = request.POST.get("batch", "")
    batch = batch_of(request, int(pk), change=True) if pk.isdigit() else None
    place: dict[str, Any] = {"organisation": request.organisation, "person": request.user, "batch": batch}
    rows = typed(request.POST)[:MOST]
    if "forget" in request.POST or not rows:
        Typed.objects.filter(**place).delete()
        if "forget" in request.POST:
            _done(request, batch)
            return redirect("batch-entry", key=request.organisation.key, pk=batch.pk) if batch else redirect("entry", key=request.organisation.key)  # fmt: skip
        return HttpResponse(status=204)
    name = request.POST.get("name", "").strip()[:200]
    Typed.objects.update_or_create(**place, defaults={"rows": rows, "name": name})
    return HttpResponse(status=204)


def _cells(row: Sequence[Any]) -> list[str]:
    return [" ".join(str(cell or "").split())[:500] for cell in [*row, *[""] * len(COLUMNS)][: len(COLUMNS)]]


def typed(post: QueryDict) -> Rows:
    """The rows that hold anything: packed by the page, or field by field where no script runs."""
    rows: Iterable[Sequence[Any]]
    try:
        rows = json.loads(post.get("packed", "") or "null") or []
        rows = [row for row in rows if isinstance(row, list)]
    except (ValueError, TypeError):
        rows = []
    if not rows:
        rows = list(zip(*(post.getlist(name) for name in COLUMNS), strict=False))
    cells = [_cells(row) for row in rows]
    return [row for row in cells if any(row)]


def keep(request: TenantRequest, batch: Batch | None, rows: Rows, name: str) -> Batch:
    """A draft of these rows; raises ValidationError when there are none, or too many."""
    if not rows:
        raise ValidationError(_("Type at least one row."))
    if len(rows) > MOST:
        raise ValidationError(_("These are more than %(most)d rows: import them as a file.") % {"most": MOST})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    start, end = COLUMNS.index("start"), COLUMNS.index("end")
    for row in rows:
        writer.writerow([row[start] if at == end and not cell else cell for at, cell in enumerate(row)])
    data = text.getvalue().encode()
    given = Given(f"{TYPED}.csv", keep_file(request.organisation, data), len(data), "csv", SourceFile.Role.ACTIVITIES)
    told = name or _("Typed on %(day)s") % {"day": timezone.localdate()}
    return services.type_in(request.membership, told, given, COLUMNS, len(rows), batch)


def kept_rows(batch: Batch) -> Rows:
    """What was typed before."""
    file = batch.files.get()
    return list(csv.reader(io.StringIO(facts(batch.organisation).read(file.digest).decode())))[1:]
