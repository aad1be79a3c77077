"""The rules of the market that book and plan keep, each with source and mark: where figures and refusals lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hengtan.market.rules import laws
from hengtan.web.assets import services as assets
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of

COLUMNS = ("id", "title", "says", "source", "mark", "draft", "published")
GROUPS: Mapping[str, str | Promise] = {
    "surrender": _("Surrender and carry-over"), "offset": _("Offset by CCER"), "credit": _("What a CCER is"), "penalty": _("Fines"),
    "calendar": _("Days of the regulation"), "trading": _("Trading"), "certificate": _("Green power certificates"),
}  # fmt: skip


@within(Act.WHOLE)
def rules(request: TenantRequest) -> HttpResponse:
    """Those that are known today."""
    today, language = timezone.localdate(), lang()
    groups: dict[str, list[dict[str, Any]]] = {}
    for each in laws().values():
        if each.published <= today:
            groups.setdefault(each.id.partition(".")[0], []).append({
                "id": each.id, "title": each.title[language], "says": each.says[language], "source": each.source[language], "mark": each.mark,
                "draft": each.draft, "published": each.published,
            })  # fmt: skip
    order = [*(name for name in GROUPS if name in groups), *(name for name in groups if name not in GROUPS)]
    if form := form_of(request):
        return as_table(
            form, "market-rules", COLUMNS, ([row[name] for name in COLUMNS] for group in order for row in groups[group])
        )
    shown = [(GROUPS.get(name, name), groups[name]) for name in order]
    return render(
        request,
        "compliance/rules.html",
        {"groups": shown, "here": "compliance-rules", "waits": assets.waiting(request.organisation)},
    )
