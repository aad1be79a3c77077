"""The page of the position: what is held by instrument and by entity, now or at the end of any day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from hengtan.market.book.kept import quotes as all_quotes
from hengtan.market.rules import market_years
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of

from . import services, words
from .holdings import Held, Holding, by_entity, holdings
from .models import Account, Batch, Break, Posting, Statement
from .pictures import years_chart
from .views import context_of, entities_of, year_of

HOLDINGS = (
    "instrument", "kind", "source", "unit", "held", "frozen", "lent", "usable", "year", "state", "reason", "value_cny", "quote_cny", "quote_day", "day",
)  # fmt: skip
FIRST_DAY = date(2019, 1, 1)


def day_asked(request: TenantRequest) -> date | None:
    """The day of the address; None for today, a later one and none at all."""
    try:
        found = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None
    return found if FIRST_DAY <= found < timezone.localdate() else None


@within(Act.WHOLE)
def index(request: TenantRequest) -> HttpResponse:
    """``?day=``: at the end of that day, by its rules and prices; ``?year=``: usable for; ``?entity=``."""
    today, as_of, entity = timezone.localdate(), day_asked(request), request.GET.get("entity", "")[:200]
    entity = entity if entity.isprintable() else ""
    day = as_of or today
    year = year_of(request) if request.GET.get("year") else day.year - 1
    with services.reading(request.organisation) as store:
        every = all_quotes(store)
        found = holdings(store, year, day, every, entity, as_of=as_of)
        columns, group = by_entity(store, year, day, every, as_of=as_of)
    if form := form_of(request):
        if request.GET.get("table") == "entities":
            heads = (
                "entity",
                *(f"{name}_{unit}" for name, unit in columns),
                "frozen",
                "usable",
                "year",
                "value_cny",
                "day",
            )
            rows = (
                (each.entity, *each.units, each.frozen, each.usable, year, _plain(each.value), day) for each in group
            )
            return as_table(form, f"holdings-by-entity-{day}", heads, rows)
        return as_table(form, f"holdings-{day}", HOLDINGS, _lines(found, year, day))
    mine = Account.objects.visible_to(request.user).of(request.organisation)
    context = context_of(
        request, "assets", found=found, year=year, years=range(today.year + 1, 2020, -1), entity=entity, entities=entities_of(request), day=day, as_of=as_of,
        today=today, group=group, columns=[("CCER" if name == "ccer" else words.instrument(name), unit) for name, unit in columns],
        whole=_whole(group) if len(group) > 1 else None,
        has_accounts=bool(found) or mine.exists(), chart=years_chart(), chart_source=market_years()[-1],
        quotes_address=reverse("assets-quotes", kwargs={"key": request.organisation.key}), **_sums(found), **_beside(request),
    )  # fmt: skip
    return render(request, "assets/holdings.html", context)


def _plain(amount: int | None) -> str:
    return "" if amount is None else words.yuan(amount).replace(",", "").replace("−", "-")


def _lines(found: Iterable[Holding], year: int, day: date) -> Iterable[tuple[object, ...]]:
    return (
        (each.code, each.kind, str(each.source), each.unit, each.held, each.frozen, each.lent, each.usable, year, each.state, each.why, _plain(each.value),
         _plain(each.quote.close) if each.quote else "", each.quote.day if each.quote else "", day) for each in found
    )  # fmt: skip


def _sums(found: list[Holding]) -> dict[str, Any]:
    tonnes = [each for each in found if each.kind in ("cea", "ccer")]
    known = [each.value for each in found if each.value is not None]
    return {
        "cea": sum(each.held for each in tonnes if each.kind == "cea"), "ccer": sum(each.held for each in tonnes if each.kind == "ccer"),
        "usable": sum(each.usable or 0 for each in tonnes), "frozen": sum(each.frozen for each in tonnes), "lent": sum(each.lent for each in tonnes),
        "mwh": sum(each.held for each in found if each.unit == "MWh"), "value": sum(known) if known else None,
        "unpriced": sum(each.value is None for each in found), "quote_day": max((each.quote.day for each in found if each.quote), default=None),
    }  # fmt: skip


def _whole(group: Sequence[Held]) -> dict[str, Any]:
    """All entities together, column by column."""
    known = [each.value for each in group if each.value is not None]
    return {
        "units": [sum(column) for column in zip(*(each.units for each in group), strict=True)], "frozen": sum(each.frozen for each in group),
        "usable": sum(each.usable for each in group), "value": sum(known) if known else None,
    }  # fmt: skip


def _beside(request: TenantRequest) -> dict[str, Any]:
    breaks = Break.objects.visible_to(request.user).of(request.organisation)
    last = Posting.objects.visible_to(request.user).of(request.organisation)
    batches = Batch.objects.visible_to(request.user).of(request.organisation)
    kinds = dict(batches.values_list("code", "kind").order_by().distinct())
    return {
        "open_breaks": breaks.filter(closing=None).count(), "statement": Statement.objects.visible_to(request.user).of(request.organisation).first(),
        "last": [(each, words.unit_of(json.loads(each.proposal.event), kinds)) for each in last.select_related("proposal")[:6]],
    }  # fmt: skip
