"""What people are told of compliance plans and of the book: at once what waits for them, ahead what comes due."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hengtan.market.rules import steps
from hengtan.web.accounts.models import User
from hengtan.web.notices.kinds import VALUES, register
from hengtan.web.notices.services import settled, tell, who_may
from hengtan.web.organisations.roles import Act

from .models import CompliancePlan


def step_title(value: str) -> str:
    """A step of the regulation, ``verification:2026``, in the language of now."""
    name, _colon, year = value.partition(":")
    if not year.isdecimal():
        return value
    found = next((each for each in steps(int(year)) if each.id == name), None)
    return found.title["zh" if (get_language() or "").startswith("zh") else "en"] if found else value


VALUES["compliance_step"] = step_title
register("compliance.waiting", _("%(by)s submitted the compliance plan “%(name)s”. It waits for your decision."), "clock", task=True)  # fmt: skip
register("compliance.approved", _("%(by)s approved the compliance plan “%(name)s”."), "check")
register("compliance.returned", _("%(by)s returned the compliance plan “%(name)s”: %(comment)s"), "arrow-back-up", task=True)  # fmt: skip

register("compliance.surrender", _("%(entity)s: %(t)s t are to be surrendered for %(year)s by %(day)s."), "clock", task=True)  # fmt: skip
register("compliance.surrenders", _("%(entities)s entities: %(t)s t are to be surrendered for %(year)s by %(day)s."), "clock", task=True)  # fmt: skip
register("compliance.surrender-many", _("Surrenders are due: %(number)s, the first by %(day)s."), "clock", task=True)
register("compliance.surrenders-many", _("Surrenders are due: %(number)s, the first by %(day)s."), "clock", task=True)
register("compliance.surrender-over", _("%(entity)s: %(t)s t for %(year)s were to be surrendered by %(day)s and are missing in the book."), "alert-triangle", task=True)  # fmt: skip
register("compliance.surrenders-over", _("%(entities)s entities: %(t)s t for %(year)s were to be surrendered by %(day)s and are missing in the book."), "alert-triangle", task=True)  # fmt: skip
register("compliance.surrender-over-many", _("Surrenders are overdue: %(number)s, the first since %(day)s."), "alert-triangle", task=True)  # fmt: skip
register("compliance.surrenders-over-many", _("Surrenders are overdue: %(number)s, the first since %(day)s."), "alert-triangle", task=True)  # fmt: skip
register("compliance.buy", _("%(entity)s: by the plan %(t)s t of %(unit)s are to be bought by %(day)s."), "clock", task=True)  # fmt: skip
register("compliance.buy-many", _("By the plan %(number)s purchases are to be made, the first by %(day)s."), "clock", task=True)  # fmt: skip
register("compliance.release", _("%(entity)s: by the plan the pledge on %(t)s t of %(unit)s is to be released by %(day)s."), "clock", task=True)  # fmt: skip
register("compliance.release-many", _("By the plan %(number)s pledges are to be released, the first by %(day)s."), "clock", task=True)  # fmt: skip
register("compliance.release-over", _("%(entity)s: the pledge on %(t)s t of %(unit)s was to be released by %(day)s and still binds them."), "alert-triangle", task=True)  # fmt: skip
register("compliance.release-over-many", _("%(number)s pledges were to be released by the plan, the first by %(day)s."), "alert-triangle", task=True)  # fmt: skip
register("compliance.sell", _("%(entity)s: by the plan %(t)s t of %(unit)s are to be sold by %(day)s."), "clock", task=True)  # fmt: skip
register("compliance.sell-many", _("By the plan %(number)s sales are to be made, the first by %(day)s."), "clock", task=True)  # fmt: skip
register("compliance.convert", _("%(entity)s: by the plan %(t)s t of %(unit)s are to be carried over by %(day)s."), "clock", task=True)  # fmt: skip
register("compliance.convert-many", _("By the plan %(number)s conversions are to be applied for, the first by %(day)s."), "clock", task=True)  # fmt: skip
register("compliance.step", _("%(compliance_step)s: last day %(day)s."), "calendar", task=True)
register("compliance.step-many", _("%(number)s steps of the regulation come near, the first on %(day)s."), "calendar", task=True)  # fmt: skip

register("assets.contract", _("%(asset_event)s %(contract)s of %(entity)s with %(counterparty)s ends on %(day)s: %(t)s units."), "clock", task=True)  # fmt: skip
register("assets.contract-many", _("%(number)s pledges, repos and loans end soon, the first on %(day)s."), "clock", task=True)  # fmt: skip
register("assets.contract-over", _("%(asset_event)s %(contract)s of %(entity)s with %(counterparty)s ended on %(day)s, and %(t)s units are not back in the book."), "alert-triangle", task=True)  # fmt: skip
register("assets.contract-over-many", _("%(number)s pledges, repos and loans are past their day, the first since %(day)s."), "alert-triangle", task=True)  # fmt: skip
register("assets.certificates", _("Certificates %(code)s on %(account)s, %(t)s MWh, can be claimed until %(day)s."), "clock", task=True)  # fmt: skip
register("assets.certificates-many", _("%(number)s holdings of certificates expire soon, the first on %(day)s."), "clock", task=True)  # fmt: skip
register("assets.certificates-over", _("Certificates %(code)s on %(account)s, %(t)s MWh, expired on %(day)s: propose their expiry."), "alert-triangle", task=True)  # fmt: skip
register("assets.certificates-over-many", _("%(number)s holdings of certificates have expired, the first on %(day)s."), "alert-triangle", task=True)  # fmt: skip
register("assets.breaks", _("The statement of %(account)s of %(day)s differs from the book: %(number)s differences are open since %(since)s."), "alert-triangle", task=True)  # fmt: skip
register("assets.breaks-many", _("%(number)s statements of the registry have open differences, the first since %(day)s."), "alert-triangle", task=True)  # fmt: skip
register("assets.waits", _("Proposal %(number)s (%(asset_event)s) has waited for approval since %(since)s."), "clock", task=True)  # fmt: skip
register("assets.waits-many", _("%(number)s proposals have waited for approval, the first since %(day)s."), "clock", task=True)  # fmt: skip


def address(one: CompliancePlan) -> str:
    """Of a plan's page."""
    return reverse("compliance-plan", kwargs={"key": one.organisation.key, "pk": one.pk})


def tell_submitted(one: CompliancePlan, by: User) -> None:
    """In the transaction of the submission: whoever may decide, and neither made nor submitted it."""
    people = who_may(one.organisation, Act.APPROVE, but=(one.created_by_id, by.pk))
    tell(one.organisation, people, "compliance.waiting", {"by": by.name, "name": one.title}, address(one))


def tell_decided(one: CompliancePlan, by: User) -> None:
    """In the transaction of the decision: who made it and who submitted it; for the others it waits no more."""
    people = {each.pk: each for each in (one.created_by, one.submitted_by) if each is not None}.values()
    values = {"by": by.name, "name": one.title, "comment": one.comment}
    settled(one.organisation, ["compliance.waiting"], address(one))
    tell(one.organisation, people, "compliance.approved" if one.step == "approved" else "compliance.returned", values, address(one))  # fmt: skip
