"""Pages that make an allocation from approved statements, and that work one out once more by another text."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hengtan.market.allocation import plans
from hengtan.problems import HengtanError
from hengtan.sectors.covered import ASKED, SECTORS
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.statements.models import Statement

from . import services
from .models import Allocation, Kind

LARGEST_RULES = 200_000
_ANCHOR = re.compile(r"(?m)(^|[\s\[{,:-])[&*][A-Za-z0-9_-]")
TITLES = {
    "class": gettext_lazy("Class"),
    "rated_mw": gettext_lazy("Rated MW"),
    "cooling": gettext_lazy("Cooling"),
    "special": gettext_lazy("Special case"),
    "verified_t": gettext_lazy("Verified t, if the verifier says otherwise"),
    "previous_verified_t": gettext_lazy("Verified t of the year before"),
    "intensity": gettext_lazy("Carbon intensity"),
    "balance_value": gettext_lazy("Balance value"),
}


class AgainForm(forms.Form):
    """Another year, other values, another text."""

    year = forms.TypedChoiceField(label=gettext_lazy("Plan of the year"), coerce=int)
    kind = forms.ChoiceField(label=gettext_lazy("Values"), choices=Kind.choices)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    rules = forms.FileField(
        label=gettext_lazy("A text of one's own (YAML)"), required=False,
        help_text=gettext_lazy("In place of the shipped plan: hengtan ets show PLAN --yaml writes one to change."),
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        years = sorted({year for plan in plans().values() for year in plan.years}, reverse=True)
        self.fields["year"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_rules(self) -> bytes | None:
        """Its bytes: small, and without the anchors of YAML, which can make a small file endless."""
        given = self.cleaned_data["rules"]
        if not isinstance(given, UploadedFile):
            return None
        if (given.size or 0) > LARGEST_RULES:
            raise ValidationError(_("A plan is a small file: at most %(most)d bytes.") % {"most": LARGEST_RULES})
        content = bytes(given.read())
        if _ANCHOR.search(content.decode("utf-8", "replace")):
            raise ValidationError(_("A plan is written without anchors and references (& and *)."))
        return content


@within(Act.CALCULATE)
def from_statements(request: TenantRequest) -> HttpResponse:
    """Choose statements of one sector and year, say what they leave open, and allocate."""
    known = services.usable(request.membership)
    asked = request.POST if request.method == "POST" else request.GET
    chosen = [each for each in known if str(each.pk) in asked.getlist("statement")]
    if not chosen and request.method == "GET" and len(known) == 1:
        chosen = known
    wrong: list[str] = []
    pairs: Sequence[tuple[Statement, dict[str, str]]] = ()
    told: list[Any] = []
    given = _given(request, chosen)
    try:
        if chosen:
            _rows, pairs, told = services.rows_of(request.membership, chosen, given)
        if request.method == "POST" and "allocate" in request.POST:
            name = request.POST.get("name", "").strip()[:120] or request.organisation.name
            made = services.make_from_statements(request.membership, name, _kind(request), chosen, given)
            return redirect("allocation", key=request.organisation.key, pk=made.pk)
    except HengtanError as fault:
        wrong = [problem.sentence(lang()) for problem in fault.problems[:20]]
    except ValidationError as fault:
        wrong = list(fault.messages)
    sector = SECTORS[chosen[0].method] if chosen else ""
    context = {
        "known": known, "chosen": {each.pk for each in chosen}, "wrong": wrong, "name": asked.get("name") or request.organisation.name,
        "kinds": Kind.choices, "kind": _kind(request), "told": [(each.severity, each.reason(lang()), each.mend(lang())) for each in told],
        "columns": [(name, TITLES[name]) for name in ASKED.get(sector, ())],
        "rows": [_line(request, at, statement, row, ASKED[SECTORS[statement.method]]) for at, (statement, row) in enumerate(pairs)],
        "power": sector == "power", "sector": sector,
    }  # fmt: skip
    return render(request, "market/from_statements.html", context, status=422 if wrong else 200)


def _kind(request: TenantRequest) -> Kind:
    return Kind.BALANCE if request.POST.get("kind") == Kind.BALANCE else Kind.BENCHMARK


def _given(request: TenantRequest, chosen: Sequence[Statement]) -> dict[str, dict[str, dict[str, str]]]:
    """What was typed beside the statements: ``cell-KEY-UNIT-COLUMN``, the names of units being the person's own."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    keys = {each.key for each in chosen}
    for at in range(services.MOST_UNITS):
        if f"unit-{at}" not in request.POST:
            break
        key, _slash, unit = request.POST[f"unit-{at}"].partition("/")
        if key in keys:
            cells = {name: request.POST.get(f"{name}-{at}", "").strip()[:60] for name in TITLES}
            found.setdefault(key, {})[unit] = {name: text for name, text in cells.items() if text}
    return found


def _line(
    request: TenantRequest, at: int, statement: Statement, row: dict[str, str], asked: Sequence[str]
) -> dict[str, Any]:
    unit = row.get("unit_name", row.get("line", ""))
    cells = []
    for name in asked:
        cells.append((name, TITLES[name], request.POST.get(f"{name}-{at}", ""), row.get(name, "")))
    return {
        "at": at, "statement": statement, "unit": unit, "ref": f"{statement.key}/{unit}", "row": row, "cells": cells,
        "address": reverse("statement", kwargs={"key": request.organisation.key, "pk": statement.pk}),
    }  # fmt: skip


@within(Act.CALCULATE)
def again(request: TenantRequest, pk: int) -> HttpResponse:
    """The same units by the plan as it is now, of another year, or by a text of one's own; then what differs."""
    one = get_object_or_404(
        Allocation.objects.visible_to(request.user).of(request.organisation).select_related("organisation"), pk=pk
    )
    form = AgainForm(
        request.POST or None, request.FILES or None, initial={"year": one.year, "kind": one.kind, "name": one.name}
    )
    wrong: list[str] = []
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        with tempfile.TemporaryDirectory() as folder:
            rules = Path(folder) / "plan.yaml" if asked["rules"] else None
            if rules is not None:
                rules.write_bytes(asked["rules"])
            try:
                made = services.again(request.membership, one, asked["name"], asked["year"], Kind(asked["kind"]), rules)
                messages.success(request, _("Worked out again. This is what differs."))
                return redirect(
                    f"{reverse('allocation-compare', kwargs={'key': request.organisation.key, 'pk': one.pk})}?with={made.pk}"
                )
            except HengtanError as fault:
                wrong = [problem.sentence(lang()) for problem in fault.problems[:20]]
    context = {"one": one, "form": form, "wrong": wrong}
    return render(request, "market/again.html", context, status=422 if request.method == "POST" else 200)
