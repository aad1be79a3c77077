"""Last year's annual report becomes a statement, marked as imported, with the file as its evidence."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hengtan.connectors.statement_report import is_report, read_report
from hengtan.problems import HengtanError, Problem
from hengtan.sectors import sector_methods
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.vault import services as vault

from . import services
from .models import Statement

FILE, DIGEST = "imported_file", "imported_sha256"
SUFFIXES = (".xlsx", ".xls", ".ods", ".csv", ".parquet")


class ImportForm(forms.Form):
    """Which guideline and year, and the file."""

    method = forms.ChoiceField(label=gettext_lazy("Guideline"))
    year = forms.IntegerField(label=gettext_lazy("Year of the report"), min_value=2013, max_value=2100)
    name = forms.CharField(label=gettext_lazy("Enterprise"), max_length=120)
    file = forms.FileField(
        label=gettext_lazy("Annual report or statement file"),
        help_text=gettext_lazy("The XLSX that was issued here, a filled workbook, or a statement file (XLSX, CSV)."),
    )

    def __init__(self, language: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(each.id, each.title[language]) for each in sector_methods().values()]
        self.fields["method"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]  # a ChoiceField


def take(
    membership: Membership, name: str, method: str, year: int, path: Path, file_name: str
) -> tuple[Statement, list[Problem]]:
    """A draft of what the report says; it is submitted and approved like any other. Raises HengtanError for what is no report."""
    if is_report(path, file_name):
        rows, problems = read_report(path, file_name, sector_methods()[method])
        rows = [[name, *row[1:]] for row in rows]
    else:
        rows, problems = services.from_file(Statement(name=name), path, file_name)
    if not rows:
        raise HengtanError(Problem("sector.not-a-report", file=file_name))
    with transaction.atomic():
        digest = vault.keep_file(membership.organisation, path)
        about = {"name": name, FILE: file_name[:200], DIGEST: digest}
        made = services.fill(services.make(membership, name, method, year, about), rows)
        told = {
            "statement": made.key,
            "method": method,
            "year": str(year),
            "file": digest,
            "file_name": file_name[:200],
        }
        vault.record(membership.organisation, "statement.imported", told, by=membership.user)
    return made, problems


@within(Act.ENTER)
def bring(request: TenantRequest) -> HttpResponse:
    """The form; then the draft."""
    initial = {"year": timezone.localdate().year - 2, "name": request.organisation.name}
    form = ImportForm(lang(), request.POST or None, request.FILES or None, initial=initial)
    wrong: list[str] = []
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        file_name = str(given["file"].name)
        with tempfile.TemporaryDirectory() as folder:
            suffix = Path(file_name).suffix.lower()
            path = Path(folder) / f"report{suffix if suffix in SUFFIXES else ''}"
            with path.open("wb") as file:
                for chunk in given["file"].chunks():
                    file.write(chunk)
            try:
                made, problems = take(
                    request.membership, given["name"], given["method"], given["year"], path, file_name
                )
                for problem in problems[:5]:
                    messages.warning(request, problem.sentence(lang()))
                messages.success(request, _("Imported as a draft. Look through it, then submit it like any other."))
                return redirect("statement", key=request.organisation.key, pk=made.pk)
            except HengtanError as fault:
                wrong = [problem.sentence(lang()) for problem in fault.problems[:10]]
            except ValidationError as fault:
                wrong = list(fault.messages)
    status = 422 if request.method == "POST" else 200
    return render(request, "statements/bring.html", {"form": form, "wrong": wrong}, status=status)


@within()
def original(request: TenantRequest, pk: int) -> HttpResponse:
    """The file from which a statement was imported."""
    found = Statement.objects.visible_to(request.user).of(request.organisation)
    statement = get_object_or_404(found.defer("rows", "record", "problems"), pk=pk)
    if DIGEST not in statement.about:
        if request.method == "GET":
            return redirect("statement", key=request.organisation.key, pk=pk)
        raise Http404
    answer = HttpResponse(
        vault.facts(request.organisation).read(statement.about[DIGEST]), content_type="application/octet-stream"
    )
    suffix = Path(statement.about[FILE]).suffix.lower()
    answer["Content-Disposition"] = (
        f'attachment; filename="report-{statement.key}{suffix if suffix in SUFFIXES else ""}"'
    )
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
