"""What the book of carbon assets asks to be done: contracts that end, certificates that expire, breaks and proposals that wait."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

from django.urls import reverse

from hengtan.market.book.posting import FROZEN, HELD, LENT
from hengtan.market.rules import valid_until
from hengtan.web.assets.models import Account, Batch, Break, Lot, Posting, Proposal
from hengtan.web.organisations.models import Organisation
from hengtan.web.organisations.roles import Act

from .due import Due, digest

CERTIFICATES = ("gec", "green_power")


def of_book(organisation: Organisation) -> list[Due]:
    """Everything that has a day and is open now."""
    if not Account.objects.of(organisation).exists():
        return []
    return [
        *_contracts(organisation), *_certificates(organisation), *_breaks(organisation), *_proposals(organisation)
    ]  # fmt: skip


def _contracts(organisation: Organisation) -> Iterator[Due]:
    """Pledges, repos and loans that state their last day and are not back yet."""
    begun = (
        Posting.objects.of(organisation)
        .filter(kind__in=("pledge", "repo", "lend", "borrow"))
        .select_related("proposal")
    )
    taken_back = set(Posting.objects.of(organisation).exclude(reverses=None).values_list("reverses", flat=True))
    bound: dict[str, int] = {}
    for contract, first, last in (
        Lot.objects.of(organisation).filter(spent_by=None, place__in=(FROZEN, LENT)).values_list("contract", "first_number", "last_number")
    ):  # fmt: skip
        bound[contract] = bound.get(contract, 0) + last - first + 1
    returned: dict[str, int] = {}
    for number, contract, count in (
        Posting.objects.of(organisation).filter(kind="give_back").values_list("number", "contract", "quantity")
    ):
        if number not in taken_back:
            returned[contract] = returned.get(contract, 0) + count
    for one in begun.order_by("number"):
        event = json.loads(one.proposal.event)
        if not event.get("due") or one.number in taken_back:
            continue
        left = bound.get(one.contract, 0)
        if one.kind == "borrow":
            left = one.quantity - returned.get(one.contract, 0)
        if left > 0:
            here = reverse("assets-posting", kwargs={"key": organisation.key, "pk": one.pk})
            values = {
                "asset_event": one.kind, "contract": one.contract, "entity": one.entity, "t": f"{left:,}",
                "counterparty": str(event.get("counterparty", "")), "day": event["due"],
            }  # fmt: skip
            yield Due(f"contract:{one.number}", "assets.contract", date.fromisoformat(event["due"]), here, values)


def _certificates(organisation: Organisation) -> Iterator[Due]:
    """Green certificates that are held and whose months run out, by account and certificate."""
    months = {
        number: produced
        for number, produced in Batch.objects.of(organisation)
        .filter(kind__in=CERTIFICATES)
        .values_list("number", "produced_on")
        if produced is not None
    }
    held: dict[tuple[str, str, date], int] = {}
    lots = Lot.objects.of(organisation).filter(spent_by=None, place=HELD, batch__in=list(months))
    for account, code, batch, first, last in lots.values_list(
        "account", "code", "batch", "first_number", "last_number"
    ):
        key = (account, code, valid_until(months[batch]))
        held[key] = held.get(key, 0) + last - first + 1
    here = reverse("assets-certificates", kwargs={"key": organisation.key})
    for (account, code, day), count in sorted(held.items()):
        values = {"account": account, "code": code, "t": f"{count:,}", "day": day.isoformat()}
        yield Due(f"certificates:{digest(account, code)}:{day}", "assets.certificates", day, here, values)


def _breaks(organisation: Organisation) -> Iterator[Due]:
    """Statements of a registry with differences that nobody has closed."""
    here = reverse("assets-reconciliation", kwargs={"key": organisation.key})
    found: dict[int, tuple[str, date, date, int]] = {}
    rows = Break.objects.of(organisation).filter(closing=None).order_by("statement_id")
    for statement, account, day, taken_in in rows.values_list(
        "statement_id", "statement__account", "statement__day", "statement__imported_at"
    ):
        count = found[statement][3] if statement in found else 0
        found[statement] = (account, day, taken_in.date(), count + 1)
    for statement, (account, day, since, count) in found.items():
        values = {"account": account, "day": day.isoformat(), "number": str(count), "since": since.isoformat()}
        yield Due(f"breaks:{statement}", "assets.breaks", since, here, values, waits=True)


def _proposals(organisation: Organisation) -> Iterator[Due]:
    """Proposals on which nobody has decided."""
    for one in Proposal.objects.of(organisation).filter(decision=None).order_by("pk"):
        here = reverse("assets-proposal", kwargs={"key": organisation.key, "pk": one.pk})
        values = {"asset_event": one.kind, "number": str(one.pk), "since": one.proposed_at.date().isoformat()}
        by = int(one.proposed_by) if one.proposed_by.isdecimal() else None
        yield Due(
            f"proposal:{one.pk}", "assets.waits", one.proposed_at.date(), here, values, Act.APPROVE, by, waits=True
        )
