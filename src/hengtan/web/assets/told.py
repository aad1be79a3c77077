"""Who is told at once: that a proposal waits for him, and what became of the one that he made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hengtan.market.book import Proposal
from hengtan.web.accounts.models import User
from hengtan.web.notices.kinds import VALUES, register
from hengtan.web.notices.models import Notice
from hengtan.web.notices.services import settled, tell, who_may
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act

from .models import Proposal as Row
from .words import kind

WAITING = ("assets.proposed", "assets.waits")
VALUES["asset_event"] = kind
register("assets.proposed", _("%(by)s proposes: %(asset_event)s %(what)s. It waits for your decision."), "clock", task=True)  # fmt: skip
register("assets.proposed-many", _("%(by)s proposes %(number)s events of “%(source)s”. They wait for your decision."), "clock", task=True)  # fmt: skip
register("assets.posted", _("%(by)s approved %(asset_event)s %(what)s: posting %(number)s."), "check")
register("assets.posted-many", _("%(by)s approved %(number)s of your events; they are posted."), "check")
register(
    "assets.rejected-many", _("%(by)s rejected %(number)s of your events: %(comment)s"), "arrow-back-up", task=True
)
register("assets.rejected", _("%(by)s rejected %(asset_event)s %(what)s: %(comment)s"), "arrow-back-up", task=True)


def proposed(membership: Membership, proposals: list[Proposal], source: str = "") -> None:
    """In the transaction of the proposals: whoever may decide and did not propose. Several at once are one notice."""
    organisation, by = membership.organisation, membership.user
    people = who_may(organisation, Act.APPROVE, but=[by.pk])
    if not proposals or not people:
        return
    if len(proposals) == 1:
        values = {"by": by.name, **_said(proposals[0])}
        tell(organisation, people, "assets.proposed", values, address(organisation, proposals[0].id))
        return
    proposed_many(membership, len(proposals), source)


def proposed_many(membership: Membership, number: int, source: str) -> None:
    """In the transaction of the proposals of a file."""
    organisation, by = membership.organisation, membership.user
    people = who_may(organisation, Act.APPROVE, but=[by.pk])
    if number and people:
        here = reverse("assets-queue", kwargs={"key": organisation.key})
        tell(
            organisation,
            people,
            "assets.proposed-many",
            {"by": by.name, "number": str(number), "source": source or "—"},
            here,
        )


def decided(membership: Membership, one: Proposal, *, posting: int | None = None, comment: str = "") -> None:
    """In the transaction of the decision: who proposed. For those who might have decided it waits no more."""
    organisation, by = membership.organisation, membership.user
    here = address(organisation, one.id)
    settled(organisation, WAITING, here)
    if one.proposed_by == str(by.pk) or not one.proposed_by.isdecimal():
        return
    values = {"by": by.name, "number": str(posting or ""), "comment": comment, **_said(one)}
    people = User.objects.filter(pk=int(one.proposed_by))
    tell(organisation, people, "assets.rejected" if posting is None else "assets.posted", values, here)


def decided_many(membership: Membership, proposals: Iterable[int], verdict: str, comment: str) -> None:
    """After the decisions: each who proposed, in one notice. For those who might have decided they wait no more."""
    organisation, by = membership.organisation, membership.user
    done = set(proposals)
    waits = (
        Notice.objects.filter(organisation=organisation, kind__in=WAITING).values_list("address", flat=True).distinct()
    )
    for here in set(waits) & {address(organisation, each) for each in done}:
        settled(organisation, WAITING, here)
    rows = (
        Row.objects.of(organisation).filter(pk__gte=min(done), pk__lte=max(done)).values_list("pk", "proposed_by")
        if done
        else ()
    )
    mine = Counter(person for number, person in rows if number in done)
    kind = "assets.posted-many" if verdict == "approve" else "assets.rejected-many"
    for person, count in mine.items():
        if person != str(by.pk) and person.isdecimal():
            values = {"by": by.name, "number": str(count), "comment": comment}
            here = reverse("assets-queue", kwargs={"key": organisation.key})
            tell(organisation, User.objects.filter(pk=int(person)), kind, values, here)


def address(organisation: Organisation, proposal: int) -> str:
    """Of a proposal's page."""
    return reverse("assets-proposal", kwargs={"key": organisation.key, "pk": proposal})


def _said(one: Proposal) -> dict[str, str]:
    """The event without its kind: what, how much, where."""
    event = one.event
    count = f"{event.quantity:,}" if event.quantity else ""
    where = " → ".join(each for each in (event.account, event.to_account) if each)
    parts = (event.instrument.code, count, where, event.contract)
    return {"asset_event": event.kind, "what": " · ".join(each for each in parts if each)}
