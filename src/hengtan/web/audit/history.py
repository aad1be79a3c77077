"""What happened to any record: who, when, what was and what is, and where it stands in the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import MOST_ROWS, as_table, form_of
from hengtan.web.vault.models import Outbox

PAGE = 50
COLUMNS = ("at", "who", "event", "record", "field", "old", "new", "ledger_index")
KINDS: Mapping[str, tuple[str | Promise, tuple[str, ...]]] = {
    "batch": (_("Batches and rows"), ("batch.", "evidence.", "row.")),
    "factor": (_("Factors, methods, policy"), ("factor.", "method.", "policy.")),
    "facility": (_("Facilities, units, denominators"), ("facility.", "unit.", "denominator.")),
    "role": (_("People, roles, tokens"), ("role.", "token.", "invitation.")),
    "request": (_("Requests"), ("request.", "collection.")),
    "run": (_("Runs, base year"), ("run.", "base-year.")),
    "report": (_("Reports"), ("report.", "package.")),
    "period": (_("Closed months"), ("period.",)),
    "audit": (_("Audit room"), ("audit.",)),
}
EVENTS: Mapping[str, str | Promise] = {
    "assets.account": _("Registry account opened"), "assets.posted": _("Carbon assets posted"), "assets.rejected": _("Event of carbon assets turned down"),
    "assets.quotes": _("Quotes taken in"), "assets.statement": _("Registry statement taken in"), "assets.break-closed": _("Break with a registry closed"),
    "batch.submitted": _("Batch submitted"), "batch.approved": _("Batch approved"), "batch.returned": _("Batch returned"),
    "batch.superseded": _("Batch superseded"), "run.chosen": _("Run chosen as the inventory"), "period.closed": _("Months closed"),
    "period.opened": _("Months opened again"), "token.made": _("API token made"), "token.revoked": _("API token revoked"),
    "run.claims": _("Claims of certificates taken into a run"), "report.prepared": _("Report prepared"), "report.issued": _("Report file issued"), "report.returned": _("Report not issued"),
    "report.withdrawn": _("Report withdrawn"), "report.superseded": _("Report superseded"), "base-year.policy": _("Recalculation policy set"),
    "base-year.chosen": _("Base year chosen"), "base-year.restated": _("Base year restated"), "facility.made": _("Facility added"),
    "facility.changed": _("Facility changed"), "unit.made": _("Unit added"), "unit.changed": _("Unit changed"),
    "denominator.made": _("Denominator added"), "denominator.changed": _("Denominator changed"), "role.made": _("Person joined"),
    "role.changed": _("Role changed"), "audit.opened": _("Engagement opened"), "audit.sampled": _("Sample drawn"),
    "audit.tested": _("Row tested"), "audit.evidence": _("Evidence attached by the verifier"), "audit.asked": _("Question asked"),
    "audit.answered": _("Question answered"), "audit.settled": _("Question settled"), "audit.closed": _("Engagement closed"),
    "audit.verified": _("Verified"), "package.exported": _("Verification package exported"),
}  # fmt: skip
HIDDEN = frozenset({"by", "event", "kind", "old", "new", "facts", "record", "id"})
LONGEST = 300


@within(Act.WHOLE)
def show(request: TenantRequest) -> HttpResponse:
    """Events, the newest first; of one kind of record, or of one record."""
    found = asked(request, Outbox.objects.visible_to(request.user).of(request.organisation))
    form = form_of(request)
    if form:
        return as_table(form, "history", COLUMNS, (line for row in found[:MOST_ROWS] for line in _lines(row)))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "rows": [told(row) for row in page], "waits": any(row.entry_index is None for row in page), "kinds": [(name, title) for name, (title, _prefixes) in KINDS.items()],
        "kind": request.GET.get("kind", ""), "q": request.GET.get("q", "")[:100],
    }  # fmt: skip
    return render(request, "audit/history.html", context)


def asked(request: HttpRequest, rows: QuerySet[Outbox]) -> QuerySet[Outbox]:
    """Those of a kind, and those whose record holds all words: a name, a number such as R-0003, a key, a digest."""
    wanted = KINDS.get(request.GET.get("kind", ""))
    if wanted is not None:
        which = Q()
        for prefix in wanted[1]:
            which |= Q(kind__startswith=prefix)
        rows = rows.filter(which)
    for word in request.GET.get("q", "").replace("\x00", " ").split()[:6]:
        rows = rows.filter(record__icontains=json.dumps(word[:100], ensure_ascii=False)[1:-1])
    return rows.select_related("created_by").order_by("-pk")


def told(row: Outbox) -> dict[str, Any]:
    """An event for people; changes: field, old, new."""
    record = json.loads(row.record)
    old, new = record.get("old"), record.get("new")
    changes: list[tuple[str, str, str]] = []
    if isinstance(new, dict):
        was = old if isinstance(old, dict) else {}
        changes = [
            (name, _short(was.get(name, "")), _short(value))
            for name, value in new.items()
            if was.get(name, "") != value
        ]
    else:
        changes = [(name, "", _short(value)) for name, value in record.items() if name not in HIDDEN and _short(value)]
    return {
        "row": row, "who": _who(row, record), "changes": changes, "comparing": isinstance(new, dict), "title": EVENTS.get(row.kind, row.kind),
        "name": _short(next((record[each] for each in ("name", "activity_id", "file", "number", "run", "batch", "report") if record.get(each)), "")),
    }  # fmt: skip


def _who(row: Outbox, record: Mapping[str, Any]) -> str:
    if row.created_by is not None:
        return str(row.created_by.name)
    by = record.get("by")
    return str(by.get("name", "")) if isinstance(by, dict) else ""


def _short(value: object) -> str:
    if isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    words = "" if value is None else str(value)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def _lines(row: Outbox) -> list[tuple[object, ...]]:
    shown = told(row)
    head = (row.created_at.isoformat(timespec="seconds"), shown["who"], row.kind, shown["name"])
    return [(*head, name, old, new, row.entry_index) for name, old, new in shown["changes"]] or [
        (*head, "", "", "", row.entry_index)
    ]
