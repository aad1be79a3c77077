"""``{% evidence_of_row batch activity %}``: the bills and photographs behind one row, for pages that explain it."""

from __future__ import annotations

from typing import Any

from django import template

from hengtan.web.activities.evidence import standing
from hengtan.web.activities.models import Batch

register = template.Library()


@register.inclusion_tag("activities/evidence_of_row.html", takes_context=True)
def evidence_of_row(context: template.Context, batch: Any, activity: str) -> dict[str, Any]:
    """``batch``: its pk, nothing for a row that came in none. Names to who may see the row, links to who may see the batch."""
    request = context["request"]
    shown = {"organisation": request.organisation, "known": False, "zh": context.get("zh")}
    batches = Batch.objects.of(request.organisation).defer(
        "preview", "outline", "fixes", "mapping"
    )  # megabytes of a large one
    found = batches.filter(pk=batch).first() if batch else None
    if found is None:
        return shown
    stands = standing(found, found.evidence.filter(withdrawn_at=None).order_by("pk"))
    return shown | {
        "known": True, "files": stands.of(activity), "whole": stands.whole[:20],
        "may_see": Batch.objects.visible_to(request.user).filter(pk=found.pk).exists(),
    }  # fmt: skip
