"""Pages of evidence: those of a batch, one of them with its preview, the file itself.

What was uploaded is never run: a file is served with its own policy, as what its content is and nothing else, and only PDF and images
open in the browser at all.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin

from hengtan.problems import HengtanError
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.middleware import POLICY
from hengtan.web.vault.services import facts

from . import evidence
from .evidence import MOST_BYTES, SHOWN_AS, Attached
from .models import Batch, Evidence
from .uploads import MOST_FILES, clean_name
from .views import batch_of, lang

PAGE = 100
_ROWS = re.compile(r"[\s,;，；]+")
ALONE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
IMAGE = f"{ALONE}; img-src 'self'; sandbox"
PDF = f"{ALONE}; object-src 'self'; plugin-types application/pdf; style-src 'unsafe-inline'"  # what the viewer of the browser needs


class Kept(Protocol):
    """A file of the vault with the name that people know and its kind by content."""

    name: Any
    kind: Any


def uploaded(membership: Membership, files: Iterable[UploadedFile[Any]]) -> list[Attached]:
    """The files in the vault; raises ValidationError with all that is wrong with them."""
    chosen, found, wrong = list(files), list[Attached](), list[str]()
    if not chosen:
        raise ValidationError(_("Choose at least one file."))
    if len(chosen) > MOST_FILES:
        raise ValidationError(_("At most %(number)d files at once.") % {"number": MOST_FILES})
    for file in chosen:
        try:
            with tempfile.NamedTemporaryFile() as beside:
                for chunk in file.chunks() if (file.size or 0) <= MOST_BYTES else [b"\0" * (MOST_BYTES + 1)]:
                    beside.write(chunk)
                beside.flush()
                found.append(evidence.kept(membership, Path(beside.name), clean_name(file.name or "file")))
        except HengtanError as error:
            wrong += [each.sentence(lang()) for each in error.problems]
    if wrong:
        raise ValidationError(wrong)
    return found


def rows_from(text: str) -> list[str]:
    """Ids of rows, as a person lists them."""
    return [each for each in _ROWS.split(text.strip()) if each]


@within(change=Act.ENTER)
def of_batch(request: TenantRequest, pk: int) -> HttpResponse:
    """The evidence of a batch, and a way to add to it."""
    batch = batch_of(request, pk)
    wrong: list[str] = []
    row = request.GET.get("row", "")[:400]
    if request.method == "POST":
        try:
            again = request.POST.get("replaces", "")
            old = batch.evidence.filter(pk=int(again)).first() if again.isdigit() else None
            given = uploaded(request.membership, request.FILES.getlist("files"))
            evidence.attach(batch, request.membership, given, rows_from(request.POST.get("rows", "")), old)
            messages.success(request, _("Attached."))
            return redirect(f"{request.path}?row={quote(row)}" if row else request.path)
        except ValidationError as fault:
            wrong = list(fault.messages)
        except HengtanError as error:
            wrong = [each.sentence(lang()) for each in error.problems]
    found = list(batch.evidence.select_related("added_by", "withdrawn_by", "replaced_by"))
    stands = evidence.standing(batch, found)
    of: dict[int, list[str]] = {}
    for one, files in stands.by_row.items():
        for each in files:
            of.setdefault(each.pk, []).append(one)
    shown = [each for each in found if not row or each in stands.of(row)]
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    for each in page.object_list:
        each.stands_for = of.get(each.pk, [])
    lacking = sorted(stands.lacking.items(), key=lambda each: (-each[1], each[0]))
    context = {
        "batch": batch, "page": page, "row": row, "wrong": wrong, "rows": request.POST.get("rows", row),
        "lacking": lacking[:20], "lacking_more": max(0, len(lacking) - 20), "lacking_all": len(lacking),
        "proven": len(set(stands.by_row)), "whole": len(stands.whole),
        "may_attach": evidence.may_attach(batch, request.membership), "most": MOST_BYTES >> 20, "most_files": MOST_FILES,
    }  # fmt: skip
    return render(request, "activities/evidence.html", context, status=422 if wrong else 200)


def _one(request: TenantRequest, pk: int) -> Evidence:
    seen = Batch.objects.visible_to(request.user).of(request.organisation)
    found = Evidence.objects.of(request.organisation).filter(batch__in=seen)
    return get_object_or_404(
        found.select_related("batch__organisation", "added_by", "withdrawn_by", "replaced_by"), pk=pk
    )


@within()
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """One file: what it is, who added it, which rows it stands behind; shown where a browser may show it."""
    one = _one(request, pk)
    batch = one.batch
    stands = evidence.standing(batch, batch.evidence.order_by("pk"))
    rows = [each for each, files in stands.by_row.items() if one in files]
    context = {
        "one": one, "batch": batch, "rows": rows[:50], "rows_all": len(rows), "shows": one.kind in SHOWN_AS,
        "may_attach": one.withdrawn_at is None and evidence.may_attach(batch, request.membership),
    }  # fmt: skip
    answer = render(request, "activities/evidence_one.html", context)
    answer["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return answer


@never_cache
@xframe_options_sameorigin
@within()
def file(request: TenantRequest, pk: int) -> HttpResponse:
    """The file itself: to take away, or (``?inline``) as PDF or image, which a browser may show."""
    one = _one(request, pk)
    try:
        data = facts(request.organisation).read(one.digest)
    except HengtanError:
        raise Http404 from None
    return served(data, one, "inline" in request.GET)


def served(data: bytes, one: Kept, inline: bool) -> HttpResponse:
    """As what it is by its content; with a policy under which nothing in it runs."""
    inline = inline and one.kind in SHOWN_AS
    answer = HttpResponse(data, content_type=SHOWN_AS[one.kind] if inline else "application/octet-stream")
    answer["Content-Disposition"] = f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(one.name)}"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = PDF if inline and one.kind == "pdf" else IMAGE
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


@within(Act.ENTER)
def withdraw(request: TenantRequest, pk: int) -> HttpResponse:
    """It stands behind nothing any more."""
    one = _one(request, pk)
    if request.method == "POST":
        try:
            evidence.withdraw(one, request.membership, request.POST.get("reason", ""))
            messages.success(request, _("Withdrawn. The file stays to be seen, with the reason."))
        except ValidationError as fault:
            messages.error(request, fault.messages[0])
    return redirect("evidence", key=request.organisation.key, pk=pk)
