"""What the page of the year and the page of a plan say alike: steps with what became of them, doors, days, prices, who may do what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from hengtan.market.book.quote import Quote
from hengtan.market.compliance.standing import Standing, together
from hengtan.market.rules import laws
from hengtan.web.assets.models import Break, Statement
from hengtan.web.assets.pictures import years_chart
from hengtan.web.organisations.door import TenantRequest
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang

from . import named, picture, shown, steps
from .live import Live
from .models import CompliancePlan, Step
from .steps import Part

MOST_DAYS = 8


def told(
    request: TenantRequest, one: CompliancePlan, year: int | None, entity: str, found: Live, parts: Sequence[Part], taken: Mapping[tuple[str, str], int], today: date
) -> dict[str, Any]:  # fmt: skip
    """Steps with what became of them in the book, other assumptions, days, the years ahead, what is wrong."""
    made, language = one.record, lang()
    names = {each["entity"]: each["name"] for each in made["positions"]}
    book = reverse("assets-new", kwargs={"key": request.organisation.key})
    steps.hindered(one, parts, found, taken)
    for part in parts:
        if part.open_t and one.step == Step.APPROVED and found.names(*part.entity):
            part.form = steps.address(book, one, part, steps.event(one, part, found, today))
    return {
        "table": shown.table(made, year, entity, language, parts), "otherwise": shown.otherwise(made, language), "ahead": shown.ahead(made, entity),
        "worth": shown.worth_told(made, year or made["years"][0], entity), "days": shown.days(made["calendar"], today, language, entity, names)[:MOST_DAYS],
        "problems": named.told(one, [each for name in ("broken", "binding") for each in made[name][:10]], language),
        "hindered": sorted({part.why for part in parts if part.why and part.open_t}),
        "ready": sum(part.use and part.open_t > 0 and not part.why for part in parts),
    }  # fmt: skip


def standings(one: CompliancePlan, found: Live, year: int, entity: str = "") -> dict[str, Standing]:
    """By entity of a plan, what the book says of it today."""
    return {
        each["name"]: found.standing(each["due_t"], each["name"], each["entity"])
        for each in shown.stands_of(one.record, year, entity)
    }


def sum_of(one: CompliancePlan, found: Live, year: int) -> Standing:
    """The book's word of all entities of a plan."""
    return together(list(standings(one, found, year).values()))


def doors(
    request: TenantRequest, one: CompliancePlan | None, year: int, entity: str = "", owed: str = ""
) -> dict[str, str]:
    """Where the figures lead: what is due to the statement or allocation that says it, what is held to the book, the others to the plan."""
    key = {"key": request.organisation.key}
    plan = reverse("compliance-plan", kwargs={**key, "pk": one.pk}) if one else ""
    asked = urlencode({"year": year, **({"entity": entity} if entity else {})})
    return {
        "plan_at": plan, "due_at": owed or (f"{plan}#positions" if plan else "#entities"), "have_at": f"{reverse('assets', kwargs=key)}?{asked}",
        "gap_at": f"{plan}#positions" if plan else "#entities", "cost_at": "#steps", "held_at": f"{reverse('assets', kwargs=key)}?{asked}",
    }  # fmt: skip


def may(request: TenantRequest, one: CompliancePlan | None) -> dict[str, bool]:
    """What this person can do with a plan."""
    if one is None:
        return {"may": request.membership.may(Act.ASSETS)}
    mine = request.user.pk in (one.created_by_id, one.submitted_by_id)
    return {
        "may": request.membership.may(Act.ASSETS),
        "may_submit": request.membership.may(Act.ASSETS) and one.step in (Step.DRAFT, Step.RETURNED) and one.is_sound,
        "may_decide": request.membership.may(Act.APPROVE) and one.step == Step.SUBMITTED and not mine,
    }


def drafts(year: int, today: date) -> list[tuple[str, str]]:
    """(source, id) of the rules for a year that are texts for consultation."""
    found = (each for each in laws().values() if each.draft and each.years != (None, None) and each.holds(year, today))
    return list({each.source[lang()]: each.id for each in found}.items())


def prices(quotes: Sequence[Quote]) -> dict[str, Any]:
    """The published years, and one's own quotes by month."""
    rows = picture.months(quotes)
    return {"years_chart": years_chart(), "months_chart": picture.months_chart(rows) if rows else None}


def registry(request: TenantRequest) -> dict[str, Any]:
    """Where the reconciliation with the registry stands."""
    breaks = Break.objects.visible_to(request.user).of(request.organisation).filter(closing=None)
    statement = Statement.objects.visible_to(request.user).of(request.organisation).first()
    return {"open_breaks": breaks.count(), "statement": statement}
