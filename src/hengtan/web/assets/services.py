"""The one door to the book: the tenant's store in a transaction, each posting with its event in the ledger's outbox."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone

from hengtan.market.book import Event, Posting, Proposal, Store, many, read_event
from hengtan.market.book import kept as beside
from hengtan.market.book.book import Balance
from hengtan.market.book.decide import Account
from hengtan.market.book.instrument import cea_of
from hengtan.market.book.many import Row
from hengtan.market.book.quote import Quote
from hengtan.market.book.record import instrument_record
from hengtan.market.book.registry import StatementLine
from hengtan.market.book.store import KIND
from hengtan.problems import HengtanError, Problem
from hengtan.web.accounts.models import User
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.vault import services as vault

from . import told as tells
from .models import Decision, Logged
from .models import Proposal as ProposalRow

MOST_AT_ONCE = 2000
"""Events of one file."""


@contextmanager
def reading(organisation: Organisation) -> Iterator[Store]:
    """The book, to be read."""
    with connection.cursor() as cursor:
        yield Store(cursor, organisation.pk, now=timezone.now)


@contextmanager
def writing(membership: Membership) -> Iterator[Store]:
    """The book in a transaction of its own or of the caller: all that is done, with its ledger entries, or nothing."""

    def posted(posting: Posting, record: dict[str, Any]) -> None:
        event = vault.record(membership.organisation, KIND, {"posting": record}, by=membership.user)
        Logged.objects.create(organisation=membership.organisation, posting=posting.number, event=event)

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            yield Store(cursor, membership.organisation.pk, posted=posted, now=timezone.now)
    except HengtanError as fault:
        raise HengtanError([_named(each) for each in fault.problems]) from fault


def who(membership: Membership) -> str:
    """How the book names a person: by number, so that who leaves can be forgotten."""
    return str(membership.user.pk)


def names(ids: Iterable[str]) -> dict[str, str]:
    """The names of people whom a book names."""
    wanted = {int(each) for each in ids if each.isdecimal()}
    return (
        {str(pk): name for pk, name in User.objects.filter(pk__in=wanted).values_list("pk", "name")} if wanted else {}
    )


def _named(problem: Problem) -> Problem:
    by = problem.values.get("by", "")
    return replace(problem, values={**problem.values, "by": names([by]).get(by, by)}) if by else problem


def _may(membership: Membership, act: Act) -> None:
    if not (membership.may(Act.WHOLE) and membership.may(act)):
        raise PermissionDenied


def open_account(membership: Membership, account: Account) -> bool:
    """Whether it is new. Raises HengtanError ``book.account-differs``."""
    _may(membership, Act.ASSETS)
    with writing(membership) as store:
        new = store.add_account(account)
        if new:
            told = {
                "account": account.key,
                "entity": account.entity,
                "registry": account.registry,
                "number": account.number,
            }
            vault.record(membership.organisation, "assets.account", told, by=membership.user)
    return new


def propose(
    membership: Membership, told: Mapping[str, Any], *, key: str = "", source: str = "", tell: bool = True
) -> Proposal:
    """Puts an event before somebody else. Raises HengtanError with all that is wrong with it or speaks against it.

    tell   False: the caller tells of several together (``told.proposed``)
    """
    _may(membership, Act.ASSETS)
    with writing(membership) as store:
        made = store.propose(read_event(completed(store, told)), who(membership), key=key, source=source)
        if made.is_new and tell:
            tells.proposed(membership, [made])
    return made


def completed(store: Store, told: Mapping[str, Any]) -> dict[str, Any]:
    """With the attributes of an instrument that the book knows already, where only its code was given."""
    code = " ".join(str(told.get("instrument", "")).split())
    given = dict(told)
    if (
        given.get("kind") in ("buy", "borrow", "allocate", "preallocate")
        and code.isprintable()
        and code
        and cea_of(code) is None
        and not given.get("instrument_kind")
    ):
        known = store.instrument(code)
        if known is not None:
            for name, value in instrument_record(known).items():
                field = {"kind": "instrument_kind"}.get(name, name)
                if name != "code" and not (name == "vintage" and value == "0"):
                    given.setdefault(field, value)
    return given


def propose_all(
    membership: Membership,
    events: Sequence[Row],
    source: str,
    void: Collection[str] = (),
    looked: bool = False,
) -> tuple[int, int]:
    """(new, known already) of the events of a file: all of them, or none with every row that is refused.

    void    sources that were withdrawn; looked: they were checked a moment ago
    """
    _may(membership, Act.ASSETS)
    with writing(membership) as store:
        wrong = [] if looked else many.checked(store, events, source)
        if wrong:
            raise HengtanError(wrong)
        new, known = many.proposed(store, events, who(membership), source, void)
        tells.proposed_many(membership, new, source)
    return new, known


def approve(membership: Membership, proposal: int, reason: str = "", *, tell: bool = True) -> Posting:
    """Posts what somebody else proposed, with its entry in the ledger. tell False: the caller tells of several together."""
    _may(membership, Act.APPROVE)
    with writing(membership) as store:
        posting = store.approve(proposal, who(membership), reason)
        if tell:
            tells.decided(membership, store.proposal(proposal), posting=posting.number)
    return posting


def reject(membership: Membership, proposal: int, reason: str, *, tell: bool = True) -> None:
    """Turns it down, or takes one's own back, with the reason."""
    mine = ProposalRow.objects.of(membership.organisation).filter(pk=proposal, proposed_by=who(membership)).exists()
    _may(membership, Act.ASSETS if mine else Act.APPROVE)
    with writing(membership) as store:
        store.reject(proposal, who(membership), reason)
        if tell:
            tells.decided(membership, store.proposal(proposal), comment=reason.strip())
        told = {"proposal": str(proposal), "reason": reason.strip()}
        vault.record(membership.organisation, "assets.rejected", told, by=membership.user)


def reverse(membership: Membership, number: int, reason: str, day: date | None = None, key: str = "") -> Proposal:
    """Proposes to take a posting back as a whole."""
    told = {"kind": "reverse", "day": str(day or timezone.localdate()), "reverses": str(number), "reason": reason}
    return propose(membership, told, key=key)


def refusals(organisation: Organisation, event: Event) -> list[Problem]:
    """What speaks against an event by the book as it is now; nothing is written."""
    from hengtan.market.book import decide  # noqa: PLC0415  the name of this module's own act

    try:
        with reading(organisation) as store:
            number = (store.rows("SELECT number FROM book_head WHERE organisation_id = %s", store.tenant) or [[0]])[0][
                0
            ]
            decide(event, store, int(number) + 1)
    except HengtanError as fault:
        return list(fault.problems)
    return []


def add_quotes(
    membership: Membership, quotes: Sequence[Quote], source: str, *, correct: bool = False
) -> tuple[int, int]:
    """(new, known already)."""
    _may(membership, Act.ASSETS)
    with writing(membership) as store:
        new, known = beside.add_quotes(store, quotes, correct=correct)
        if new:
            told = {"source": source, "new": str(new), "days": sorted({each.day.isoformat() for each in quotes})[:400]}
            vault.record(membership.organisation, "assets.quotes", told, by=membership.user)
    return new, known


def add_statement(
    membership: Membership, account: str, day: date, lines: Sequence[StatementLine], source: str
) -> tuple[int, int, bool]:
    """(id, how many breaks, whether it is new) of a registry's statement."""
    _may(membership, Act.ASSETS)
    with writing(membership) as store:
        number, breaks, new = beside.add_statement(store, account, day, lines, who(membership), source)
        if new:
            told = {
                "account": account,
                "day": day.isoformat(),
                "lines": str(len(lines)),
                "breaks": str(len(breaks)),
                "source": source,
            }
            vault.record(membership.organisation, "assets.statement", told, by=membership.user)
    return number, len(breaks), new


def close_break(membership: Membership, number: int, reason: str) -> None:
    """Somebody says why a break is none any more."""
    _may(membership, Act.ASSETS)
    with writing(membership) as store:
        beside.close(store, number, who(membership), reason)
        told = {"break": str(number), "reason": reason.strip()}
        vault.record(membership.organisation, "assets.break-closed", told, by=membership.user)


def waiting(organisation: Organisation) -> int:
    """How many proposals nobody has decided."""
    decided = Decision.objects.of(organisation).values("proposal_id")
    return ProposalRow.objects.of(organisation).exclude(pk__in=decided).count()


def balances(organisation: Organisation, day: date | None = None) -> list[Balance]:
    """What is where."""
    with reading(organisation) as store:
        return store.balances(day)
