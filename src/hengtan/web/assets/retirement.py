"""The statement of a retirement, for a customer: issued once as PDF and HTML in both languages, each file named by an entry of the ledger."""

from __future__ import annotations

from hashlib import sha256

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hengtan.evidence.proof_file import SUFFIX
from hengtan.ledger import Refused
from hengtan.market.book import read_record
from hengtan.market.book.posting import FINAL
from hengtan.market.book.posting import Batch as BookBatch
from hengtan.problems import Problem
from hengtan.reports.html import page as html_page
from hengtan.reports.pdf import paper
from hengtan.reports.retirement import Proved, retirement_document
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.reporting.models import RetirementPaper
from hengtan.web.vault import services as vault
from hengtan.web.vault.services import facts, keep_file, record

from . import services, words
from .models import Account, Claim, Logged, Posting
from .views import context_of

FORMS = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}
LANGUAGES = ("zh", "en")


def _one(request: TenantRequest, pk: int) -> tuple[Posting, bool]:
    """A posting of this tenant, or 404; and whether it retired something for somebody."""
    row = get_object_or_404(Posting.objects.visible_to(request.user).of(request.organisation), pk=pk)
    claims = Claim.objects.of(request.organisation).filter(posting=row.number).exclude(purpose="compliance")
    return row, claims.exists()


def _to_posting(request: TenantRequest, pk: int) -> HttpResponse:
    return redirect("assets-posting", key=request.organisation.key, pk=pk)


@within(Act.WHOLE)
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """What the statement says, and its files once they are issued."""
    row, retired = _one(request, pk)
    if not retired:
        return _to_posting(request, pk)
    told = read_record(row.record)
    papers = list(
        RetirementPaper.objects.of(request.organisation).filter(posting=row.number).select_related("event", "issued_by")
    )
    logged = Logged.objects.of(request.organisation).filter(posting=row.number).select_related("event").first()
    assert told.claim is not None
    context = context_of(
        request, "assets-postings", row=row, claim=told.claim, told=words.sentence(told.event),
        purpose=words.PURPOSES.get(told.claim.purpose, told.claim.purpose), papers=papers, event=logged and logged.event,
        waits=any(each is None or each.entry_index is None for each in (logged and logged.event, *(one.event for one in papers))),
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
        if _issued(request.membership, row):
            messages.success(
                request, _("The statement of retirement is issued; its files are on the way into the ledger.")
            )
        else:
            messages.info(request, _("The posting's entry is on the way into the ledger; try again in a minute."))
    return redirect("assets-retirement", key=request.organisation.key, pk=pk)


def _issued(membership: Membership, row: Posting) -> bool:
    """Whether its files are there. False while the posting itself is not in the ledger yet."""
    of = membership.organisation
    logged = Logged.objects.of(of).filter(posting=row.number).select_related("event").first()
    if logged is None or logged.event.entry_index is None:
        return False
    files = {
        (language, form): data for language in LANGUAGES for form, data in _written(of, row, logged, language).items()
    }
    kept = {each: keep_file(of, data) for each, data in files.items()}
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=of.pk)
        if RetirementPaper.objects.of(of).filter(posting=row.number).exists():
            return True
        for (language, form), digest in kept.items():
            made = RetirementPaper(
                organisation=of, posting=row.number, language=language, form=form, digest=digest, bytes=len(files[language, form]),
                issued_by=membership.user,
            )  # fmt: skip
            told = {
                "name": made.name,
                "sha256": digest,
                "posting": str(row.number),
                "language": language,
                "format": form,
            }
            made.event = record(of, "report.issued", told, membership.user)
            made.save()
    return True


def _written(of: Organisation, row: Posting, logged: Logged, language: str) -> dict[str, bytes]:
    posting = read_record(row.record)
    with services.reading(of) as store:
        batches: dict[int, BookBatch] = {
            lot.batch: store.batch(lot.batch) for lot in posting.made if lot.place in FINAL
        }
    account = Account.objects.of(of).get(key=next(lot.account for lot in posting.made if lot.place in FINAL))
    proved = Proved(
        logged.event.entry_index or 0,
        logged.event.commitment,
        sha256(logged.event.record.encode()).hexdigest(),
        vault.vkey(of),
    )
    document = retirement_document(
        posting,
        batches,
        (account.entity, account.registry, account.number),
        proved,
        language,
        sample="sample" in account.registry.lower(),
    )
    return {"pdf": paper(document), "html": html_page(document).encode()}


@within(Act.WHOLE)
def file(request: TenantRequest, pk: int) -> HttpResponse:
    """A file (``?form=pdf&lang=zh``) or its proof (``&what=proof``), which ``hengtan verify`` takes offline."""
    row, _retired = _one(request, pk)
    asked = request.GET
    found = (
        RetirementPaper.objects.of(request.organisation)
        .filter(posting=row.number, form=asked.get("form", "pdf")[:4], language=asked.get("lang", "zh")[:2])
        .select_related("event__organisation")
        .first()
    )
    if found is None:
        return redirect("assets-retirement", key=request.organisation.key, pk=pk)
    if asked.get("what") != "proof":
        opened = facts(request.organisation).path(found.digest).open("rb")
        answer: HttpResponse = FileResponse(
            opened, as_attachment=True, filename=found.name, content_type=FORMS[found.form]
        )  # type: ignore[assignment]  # streams; whatever serves pages takes it as well
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
