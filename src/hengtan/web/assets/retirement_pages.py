"""Pages of the statement of a retirement: what it says, its issue, its files and their proofs."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hengtan.evidence.proof_file import SUFFIX
from hengtan.ledger import Refused
from hengtan.market.book import read_record
from hengtan.market.book.posting import FINAL
from hengtan.problems import Problem
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.vault import services as vault
from hengtan.web.vault.services import facts

from . import retirement, words
from .models import Posting
from .views import context_of


def _one(request: TenantRequest, pk: int) -> tuple[Posting, bool]:
    """A posting of this tenant, or 404; and whether it retired something for somebody."""
    row = get_object_or_404(Posting.objects.visible_to(request.user).of(request.organisation), pk=pk)
    return row, retirement.is_retirement(row)


def _to_posting(request: TenantRequest, pk: int) -> HttpResponse:
    return redirect("assets-posting", key=request.organisation.key, pk=pk)


@within(Act.WHOLE)
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """What the statement says, and its files once they are issued."""
    row, retired = _one(request, pk)
    if not retired:
        return _to_posting(request, pk)
    told = read_record(row.record)
    papers, event = list(retirement.papers(row)), retirement.entry(row)
    assert told.claim is not None
    context = context_of(
        request, "assets-postings", row=row, claim=told.claim, told=words.sentence(told.event),
        purpose=words.PURPOSES.get(told.claim.purpose, told.claim.purpose), papers=papers, event=event,
        waits=any(each is None or each.entry_index is None for each in (event, *(one.event for one in papers))),
        quantity=sum(lot.quantity for lot in told.made if lot.place in FINAL),
    )  # fmt: skip
    return render(request, "assets/retirement.html", context)


@within(Act.WHOLE, change=Act.ASSETS)
def issue(request: TenantRequest, pk: int) -> HttpResponse:
    """Writes the four files and enters each into the ledger; done once."""
    row, retired = _one(request, pk)
    if not retired:
        return _to_posting(request, pk)
    if request.method == "POST":
        if retirement.issue(request.membership, row):
            messages.success(
                request, _("The statement of retirement is issued; its files are on the way into the ledger.")
            )
        else:
            messages.info(request, retirement.WAITS)
    return redirect("assets-retirement", key=request.organisation.key, pk=pk)


@within(Act.WHOLE)
def file(request: TenantRequest, pk: int) -> HttpResponseBase:
    """A file (``?form=pdf&lang=zh``) or its proof (``&what=proof``), which ``hengtan verify`` takes offline."""
    row, _retired = _one(request, pk)
    asked = request.GET
    found = (
        retirement.papers(row).filter(form=asked.get("form", "pdf")[:4], language=asked.get("lang", "zh")[:2]).first()
    )
    if found is None:
        return redirect("assets-retirement", key=request.organisation.key, pk=pk)
    if asked.get("what") != "proof":
        opened = facts(request.organisation).path(found.digest).open("rb")
        answer: HttpResponseBase = FileResponse(
            opened, as_attachment=True, filename=found.name, content_type=retirement.FORMS[found.form]
        )
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
    try:
        data = vault.proof(found.event)
    except Refused as fault:
        data = None
        for each in words.said([Problem(fault.code, values=fault.values)]):
            messages.error(request, each["reason"])
    if data is None:
        if found.event.entry_index is None:
            messages.info(request, _("Its entry is on the way into the ledger; try again in a minute."))
        return redirect("assets-retirement", key=request.organisation.key, pk=pk)
    answer = HttpResponse(data, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{found.name}{SUFFIX}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
