"""Pages of green certificates and green power: what is held, what was claimed for whom, which run used it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from hengtan.market.book import fen
from hengtan.market.rules import law, valid_until
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.models import RunClaim
from hengtan.web.runs.services import current
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of

from . import words
from .models import Batch, Claim, Lot, Posting
from .power import COLUMNS as POWER
from .power import deliveries
from .views import context_of

CERTIFICATES = (
    "instrument",
    "kind",
    "month",
    "valid_until",
    "region",
    "series",
    "first",
    "last",
    "mwh",
    "held",
    "claimed",
    "left",
)
SHOWN = 200  # rows of a table on the page; its file has all
RULES = (
    "certificate.validity",
    "certificate.used-once",
    "certificate.scope-2-only",
    "certificate.bundled",
    "certificate.quantity",
    "certificate.residual",
    "certificate.no-surrender",
    "certificate.not-with-credit",
)
CLAIMS = ("posting", "day", "purpose", "beneficiary", "year", "mwh", "numbers", "run", "used_mwh", "unused_mwh")


NOT_USED: dict[str, Any] = {"run": "", "run_pk": None, "used": None, "unused": None, "more_runs": 0}


def _used(request: TenantRequest, postings: list[int]) -> dict[int, dict[str, Any]]:
    """What became of claims in the inventory: the run that people look at first, where it took the claim, else the newest that did."""
    chosen = current(request.organisation)
    taken = RunClaim.objects.visible_to(request.user).of(request.organisation).filter(posting__in=postings)
    rows = (
        taken.filter(run__done_at__isnull=False)
        .order_by("run__number")
        .values_list("posting", "run_id", "run__number", "mwh", "used_mwh")
    )
    found: dict[int, dict[str, Any]] = {}
    for posting, run, number, free, used in rows:  # free: what runs of other days left
        before = found.get(posting)
        count = 0 if before is None else before["more_runs"] + 1
        if before is not None and chosen is not None and before["run_pk"] == chosen.pk:
            before["more_runs"] = count
            continue
        found[posting] = {
            "run": f"R-{number:04d}",
            "run_pk": run,
            "used": plain(used),
            "unused": plain(free - (used or Decimal(0))),
            "more_runs": count,
        }
    return found


def plain(value: Decimal | None) -> Decimal | None:
    """Without the zeros that the column adds."""
    return None if value is None else Decimal(f"{value.normalize():f}")


def claims(request: TenantRequest) -> list[dict[str, Any]]:
    """Uses of certificates: purpose, beneficiary, year, MWh, posting."""
    of = request.organisation
    lots = Lot.objects.visible_to(request.user).of(of).filter(place="retired", spent_by=None)
    numbers = set(Batch.objects.of(of).filter(kind__in=("gec", "green_power")).values_list("number", flat=True))
    by_posting: dict[int, list[Lot]] = {}
    for lot in lots.filter(batch__in=numbers):
        by_posting.setdefault(lot.posting, []).append(lot)
    pks = dict(Posting.objects.of(of).filter(number__in=by_posting).values_list("number", "pk"))
    days = dict(Posting.objects.of(of).filter(number__in=by_posting).values_list("number", "day"))
    used = _used(request, list(by_posting))
    return [
        {"claim": each, **used.get(each.posting, NOT_USED), "purpose": words.PURPOSES.get(each.purpose, each.purpose), "quantity": sum(lot.last_number - lot.first_number + 1 for lot in by_posting[each.posting]),
         "lots": by_posting[each.posting], "pk": pks[each.posting], "day": days[each.posting],
         "numbers": "; ".join(f"{lot.series.partition('|')[2]}:{lot.first_number}–{lot.last_number}" for lot in by_posting[each.posting][:6])}
        for each in Claim.objects.visible_to(request.user).of(of).filter(posting__in=by_posting)
    ]  # fmt: skip


@within(Act.WHOLE)
def certificates(request: TenantRequest) -> HttpResponse:
    """Green certificates: until when they hold, what is left, what was claimed for whom."""
    of = request.organisation
    batches = list(Batch.objects.visible_to(request.user).of(of).filter(kind__in=("gec", "green_power")))
    lots = (
        Lot.objects.visible_to(request.user).of(of).filter(spent_by=None, batch__in=[each.number for each in batches])
    )
    sums: dict[int, dict[str, int]] = {}
    for lot in lots:
        places = sums.setdefault(lot.batch, {})
        places[lot.place] = places.get(lot.place, 0) + lot.last_number - lot.first_number + 1
    claimed = claims(request)
    today = timezone.localdate()
    shown: list[dict[str, Any]] = []
    for each in batches:
        last = valid_until(each.produced_on) if each.produced_on else today
        places = sums.get(each.number, {})
        shown.append({
            "batch": each, "kind": words.instrument(each.kind), "until": last, "expired": today > last, "mwh": each.last_number - each.first_number + 1,
            "held": places.get("held", 0) + places.get("frozen", 0), "claimed": places.get("retired", 0), "left": places.get("out", 0) + places.get("lent", 0) + places.get("cancelled", 0),
            "series": each.series.partition("|")[2],
        })  # fmt: skip
    power = deliveries(of, batches, sums)
    if form := form_of(request):
        return _table(request, form, shown, claimed, power)
    waiting = sum(each["quantity"] for each in claimed if each["run_pk"] is None and each["claim"].purpose == "scope2")
    context = context_of(
        request, "assets-certificates", shown=shown[:SHOWN], claims=claimed[:SHOWN], deliveries=power[:SHOWN],
        batches_more=max(0, len(shown) - SHOWN), waiting_mwh=waiting, may_calculate=request.membership.may(Act.CALCULATE),
        held=sum(each["held"] for each in shown if not each["expired"]), claimed=sum(each["claimed"] for each in shown),
        expired=sum(each["held"] for each in shown if each["expired"]),
        rules=[(each.says[lang()], each.source[lang()], each.mark) for each in map(law, RULES)],
    )  # fmt: skip
    return render(request, "assets/certificates.html", context)


def _table(
    request: TenantRequest,
    form: str,
    shown: list[dict[str, Any]],
    claimed: list[dict[str, Any]],
    power: list[dict[str, Any]],
) -> HttpResponse:
    wanted = request.GET.get("table", "")
    if wanted == "claims":
        lines: Iterator[tuple[object, ...]] = (
            (each["claim"].posting, each["day"], each["claim"].purpose, each["claim"].beneficiary, each["claim"].year, each["quantity"],
             each["numbers"], each["run"], each["used"], each["unused"]) for each in claimed
        )  # fmt: skip
        return as_table(form, "certificate-claims", CLAIMS, lines)
    if wanted == "power":
        lines = (
            (each["contract"], each["counterparty"], each["month"], each["region"], each["entity"], each["market"], each["mwh"],
             "" if each["price"] is None else fen(each["price"]), "" if each["amount"] is None else fen(each["amount"]), each["claimed"],
             each["posting"]) for each in power
        )  # fmt: skip
        return as_table(form, "green-power", POWER, lines)
    lines = (
        (each["batch"].code, each["batch"].kind, f"{each['batch'].produced_on:%Y-%m}", each["until"], each["batch"].region, each["series"],
         str(each["batch"].first_number), str(each["batch"].last_number), each["mwh"], each["held"], each["claimed"], each["left"]) for each in shown
    )  # fmt: skip
    return as_table(form, "green-certificates", CERTIFICATES, lines)
