"""The page of a compliance year: what is to be surrendered, with what, at which cost and until when; from the newest plan and the live book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hengtan.market.book.kept import quotes as all_quotes
from hengtan.market.book.quote import Quote, price_of
from hengtan.market.compliance.standing import Standing, together
from hengtan.market.rules import steps as steps_of_rules
from hengtan.market.rules import surrender_deadline
from hengtan.web.assets import services as assets
from hengtan.web.assets.holdings import holdings
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of

from . import feed, live, shown, steps, told
from .live import Live
from .models import CompliancePlan, Status, Step
from .owed import Owed, owed
from .propose import propose

FIRST = 2021
MOST_PLANS = 20  # that are opened to find one with the entity
PEOPLE = ("created_by", "submitted_by", "decided_by")
ENTITIES = (
    "entity",
    "due_t",
    "verified",
    "usable_t",
    "gap_t",
    "spare_t",
    "surrendered_t",
    "transferred_out_t",
    "transferred_in_t",
)


def year_now(today: date) -> int:
    """The year that is surrendered next.

    >>> year_now(date(2026, 11, 22)), year_now(date(2027, 1, 1))
    (2025, 2026)
    """
    return next(year for year in range(today.year - 2, today.year + 1) if surrender_deadline(year)[0] >= today)


def asked_year(request: TenantRequest, today: date) -> int:
    """Of the address, else the one that is surrendered next."""
    text = request.GET.get("year", "") or request.POST.get("year", "")
    return (
        int(text)
        if text.isascii() and text.isdigit() and len(text) == 4 and FIRST <= int(text) <= today.year + 3
        else year_now(today)
    )


def newest(request: TenantRequest, year: int, entity: str = "") -> tuple[CompliancePlan | None, CompliancePlan | None]:
    """(the plan that counts, a newer one that nobody approved): the newest approved one that covers the year (and the entity), else the newest that is done."""
    found = CompliancePlan.objects.visible_to(request.user).of(request.organisation).exclude(status=Status.WORKING)
    rows = [(each.step != Step.APPROVED, -each.pk) for each in found.only("pk", "years", "step") if year in each.years]
    picked = None
    for _approved, pk in sorted(rows)[: MOST_PLANS if entity else 1]:
        one = found.select_related("organisation", "job", "entry", *PEOPLE).get(pk=-pk)
        if shown.stands_of(one.record, year, entity):
            picked = one
            break
    if picked is None:
        return None, None
    later = min((pk for _approved, pk in rows), default=0)
    newer = found.defer("record").get(pk=-later) if picked.step == Step.APPROVED and -later > picked.pk else None
    return picked, newer


@within(Act.WHOLE)
def this_year(request: TenantRequest) -> HttpResponse:
    """``?year=`` of the emissions, ``?entity=`` by name."""
    today, language = timezone.localdate(), lang()
    year, entity = asked_year(request, today), request.GET.get("entity", "")[:200]
    one, newer = newest(request, year, entity)
    with assets.reading(request.organisation) as store:
        found = live.live(store, year, today)
        quotes = all_quotes(store)
        names = _names(one, found, entity)
        held = [] if entity and not names else holdings(store, year, today, quotes, names[0] if names else "")
        taken = steps.waiting(store) if one else {}
    used = live.surrendered_since(one) if one else {}
    dues = owed(request.user, request.organisation, year)
    stands = told.standings(one, found, year, entity) if one else _bare_standings(found, dues, entity)
    total = together(list(stands.values()))
    context: dict[str, Any] = {
        "year": year, "entity": entity, "one": one, "newer": newer, "language": language, "total": total, "used_t": total.surrendered_t + total.offset_t,
        "held": sorted((each for each in held if each.kind in ("cea", "ccer")), key=lambda each: (each.kind != "cea", not each.usable)), "has_accounts": bool(found.accounts), "years": range(today.year + 1, FIRST - 1, -1),
        "entities": live.entities([one.record] if one else [], found), "drafts": told.drafts(year, today), "feed": feed.address(request),
        "waits": assets.waiting(request.organisation), "here": "compliance", **told.prices(quotes), **told.registry(request), **told.may(request, one),
    }  # fmt: skip
    context |= (
        _planned(request, one, year, entity, found, taken, used, dues, stands, today)
        if one
        else _bare(request, year, entity, quotes, dues, stands, total, today)
    )
    rows = context["rows"]
    if form := form_of(request):
        return as_table(form, f"surrender-{year}", ENTITIES, _lines(rows))
    context["several"] = len(rows) > 1 and not entity
    context["sums"] = {name: shown.sum_of([each[name] for each in rows]) for name in ("due", "have", "gap", "spare", "into", "out")} | {
        "used": sum((each["now"] or {}).get("used", 0) for each in rows)
    }  # fmt: skip
    return render(request, "compliance/year.html", context)


def _planned(
    request: TenantRequest, one: CompliancePlan, year: int, entity: str, found: Live, taken: Mapping[tuple[str, str], int], used: Mapping[tuple[str, str], int], dues: Mapping[str, Owed],
    stands: Mapping[str, Standing], today: date,
) -> dict[str, Any]:  # fmt: skip
    """What the plan says, and how far the book has come with it."""
    every = steps.parts(one.record)
    steps.seen(one.organisation, one, every)
    parts = steps.of_lines(one.record, every, year)
    positions = shown.stands_of(one.record, year, entity)
    alone = positions[0] if len(positions) == 1 else None
    source = next((dues[name] for name in (alone["name"], alone["entity"]) if name in dues), None) if alone else None
    address = source.address if source and alone and source.t == alone["due_t"] else ""
    now = {name: {"usable": each.usable_t, "used": each.surrendered_t + each.offset_t} for name, each in stands.items()}
    figures = shown.figures(one.record, year, entity, today)
    total = together(list(stands.values()))
    if total.surrendered_t or total.offset_t:  # from then on the gap is what the book says is missing
        figures |= shown.since_the_plan(total, year, today)
    return {
        "f": figures, "rows": shown.entities(one.record, year, now), "known": live.known(one.record, found),
        "moved": live.moved(one.record, found, steps.own(every), used, entity)[: live.MOST_MOVED], "alone": alone["name"] if alone else "", "count": len(positions),
        "sectors": sorted({each["sector"] for each in positions if each.get("sector")}), **told.doors(request, one, year, entity, address),
        **told.told(request, one, year, entity, found, parts, taken, today),
    }  # fmt: skip


def _bare_standings(found: Live, dues: Mapping[str, Owed], entity: str) -> dict[str, Standing]:
    """By entity without a plan."""
    every = sorted({*found.accounts, *dues}) if not entity else [entity]
    return {name: found.standing(dues[name].t if name in dues else None, name) for name in every}


def _bare(
    request: TenantRequest, year: int, entity: str, quotes: Sequence[Quote], dues: Mapping[str, Owed], stands: Mapping[str, Standing], total: Standing, today: date
) -> dict[str, Any]:  # fmt: skip
    """What the book and the statements say alone."""
    close = price_of("CEA", "cea", quotes, today)
    figures = shown.without_a_plan(total, year, today, Decimal(close.close) / 100 if close else None)
    figures["verified"] = bool(stands) and all(name in dues and dues[name].verified for name in stands)
    rows = [
        {
            "name": name, "due": each.due_t, "verified": name in dues and dues[name].verified, "have": each.usable_t, "gap": each.gap_t, "spare": each.spare_t,
            "out": None, "into": None, "now": {"usable": each.usable_t, "used": each.surrendered_t + each.offset_t},
        }
        for name, each in stands.items()
    ]  # fmt: skip
    source = dues[next(iter(stands))].address if len(stands) == 1 and next(iter(stands)) in dues else ""
    calendar = [
        {"day": each.day.isoformat(), "id": each.id, "year": of, "title": each.title, "expected": each.expected, "entity": ""}
        for of in (year, year + 1) for each in steps_of_rules(of) if each.day >= today
    ]  # fmt: skip
    return {
        "f": figures, "rows": rows, "days": shown.days(calendar, today, lang())[: told.MOST_DAYS], "alone": next(iter(stands)) if len(stands) == 1 else "",
        "count": len(stands), "plan_at": "", **told.doors(request, None, year, entity, source),
    }  # fmt: skip


@within(Act.WHOLE, change=Act.ASSETS)
def propose_all(request: TenantRequest, pk: int) -> HttpResponse:
    """The year's surrenders and offsets go before a second person, as far as the book can do them now."""
    found = CompliancePlan.objects.visible_to(request.user).of(request.organisation).select_related("organisation")
    one, today = get_object_or_404(found, pk=pk), timezone.localdate()
    year = asked_year(request, today)
    if request.method == "POST" and one.is_done:
        answers = propose(request.membership, one, year, today)
        made = sum(len(each.made) for each in answers)
        if made:
            messages.success(request, ngettext("One surrender is proposed and waits for somebody else.", "%(count)d surrenders are proposed and wait for somebody else.", made) % {"count": made})  # fmt: skip
        for each in [each for each in answers if not each.made][:8]:
            why = each.why or " ".join(f"{problem.reason(lang())} {problem.mend(lang())}" for problem in each.problems)
            messages.warning(
                request, _("Step %(step)s was not proposed: %(why)s") % {"step": each.part.line, "why": why}
            )
        if not answers:
            messages.info(request, _("Nothing of this year is left to be proposed."))
    return redirect(f"{reverse('compliance', kwargs={'key': request.organisation.key})}?year={year}#steps")


def _lines(rows: Sequence[Mapping[str, Any]]) -> list[tuple[object, ...]]:
    return [
        (each["name"], each["due"], str(each["verified"]).lower(), each["have"], each["gap"], each["spare"], (each["now"] or {}).get("used"), each["out"], each["into"])
        for each in rows
    ]  # fmt: skip


def _names(one: CompliancePlan | None, found: Live, entity: str) -> tuple[str, ...]:
    """The names that an entity has in the book."""
    if not entity:
        return ()
    also = [each["entity"] for each in one.record["positions"] if each["name"] == entity] if one else []
    return found.names(entity, *also)
