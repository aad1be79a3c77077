"""The statement of a retirement, for a customer: issued once as PDF and HTML in both languages, each file named by an entry of the ledger."""

from __future__ import annotations

from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan.market.book import read_record
from hengtan.market.book.posting import FINAL
from hengtan.market.book.posting import Batch as BookBatch
from hengtan.reports.html import page as html_page
from hengtan.reports.pdf import paper
from hengtan.reports.retirement import Proved, retirement_document
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.reporting.models import RetirementPaper
from hengtan.web.vault import services as vault
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import keep_file, record

from . import services
from .models import Account, Claim, Logged, Posting

FORMS = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}
LANGUAGES = ("zh", "en")
WAITS = _("The posting's entry is on the way into the ledger; try again in a minute.")


def is_retirement(row: Posting) -> bool:
    """Whether it retired something for somebody."""
    claims = Claim.objects.of(row.organisation).filter(posting=row.number)
    return claims.exclude(purpose="compliance").exists()


def papers(row: Posting) -> QuerySet[RetirementPaper]:
    """Its files; none before it is issued."""
    found = RetirementPaper.objects.of(row.organisation).filter(posting=row.number)
    return found.select_related("event__organisation", "issued_by")


def entry(row: Posting) -> Outbox | None:
    """The event that commits to the posting."""
    logged = Logged.objects.of(row.organisation).filter(posting=row.number).select_related("event").first()
    return logged.event if logged else None


def issue(membership: Membership, row: Posting) -> bool:
    """Whether its four files are there, each with its entry of the ledger; done once. False while the posting itself is not in the ledger yet."""
    of, event = membership.organisation, entry(row)
    if event is None or event.entry_index is None:
        return False
    if papers(row).exists():
        return True
    files = {
        (language, form): data for language in LANGUAGES for form, data in _written(of, row, event, language).items()
    }
    kept = {each: keep_file(of, data) for each, data in files.items()}
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=of.pk)
        if papers(row).exists():
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


def _written(of: Organisation, row: Posting, event: Outbox, language: str) -> dict[str, bytes]:
    posting = read_record(row.record)
    with services.reading(of) as store:
        batches: dict[int, BookBatch] = {
            lot.batch: store.batch(lot.batch) for lot in posting.made if lot.place in FINAL
        }
    account = Account.objects.of(of).get(key=next(lot.account for lot in posting.made if lot.place in FINAL))
    proved = Proved(
        event.entry_index or 0,
        event.commitment,
        sha256(event.record.encode()).hexdigest(),
        vault.vkey(of),
    )
    document = retirement_document(
        posting,
        batches,
        (account.entity, account.registry, account.number),
        proved,
        language,
        sample="sample" in account.registry.lower(),
        issued=timezone.localdate().isoformat(),
    )
    return {"pdf": paper(document), "html": html_page(document).encode()}
