"""All surrenders and offsets of a plan's year before a second person at once: each step alone, once, or with the reason why not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hengtan.market.book import Proposal, read_event
from hengtan.problems import HengtanError, Problem
from hengtan.web.assets import services as assets
from hengtan.web.assets.told import proposed
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act

from . import steps
from .live import live
from .models import CompliancePlan
from .steps import Free, Part


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a step: the proposals that were made now, or why there is none."""

    part: Part
    made: tuple[int, ...] = ()
    why: str = ""
    problems: tuple[Problem, ...] = ()


def propose(
    membership: Membership, one: CompliancePlan, year: int, today: date, lines: Collection[int] = ()
) -> list[Answer]:
    """What is open of the year's surrenders and offsets (``lines``: of these alone) goes into the approval queue, as far as the book can do it now.

    A step that is refused leaves the others alone. Whoever asks again proposes nothing twice. Nobody approves what he proposed: the book sees to that.
    """
    if not (membership.may(Act.WHOLE) and membership.may(Act.ASSETS)):
        raise PermissionDenied
    answers: list[Answer] = []
    asked: list[Proposal] = []
    with assets.writing(membership) as store:
        store.lock()  # what another proposes meanwhile is seen
        found = live(store, year, today)
        parts = steps.parts(one.record, year)
        steps.seen(one.organisation, one, parts)
        free = Free(found, steps.waiting(store))
        for part in parts:
            if not part.use or part.year != year or not part.open_t:
                continue
            why = steps.hindrance(one, part, found)
            given = (
                [] if why else free.take(part)
            )  # also for a line that is not asked for: its units are not given to a later one
            if lines and part.line not in lines:
                continue
            if not given:
                answers.append(Answer(part, why=why or steps.lacks(part)))
                continue
            try:
                with transaction.atomic():
                    proposals = [
                        store.propose(
                            read_event(steps.event(one, part, found, today, each)), assets.who(membership),
                            key=f"{steps.prefix(one)}{part.key}:{part.attempts + at}", source=f"plan {one.key}",
                        )
                        for at, each in enumerate(given, 1)
                    ]  # fmt: skip
                asked += proposals
                answers.append(Answer(part, tuple(each.id for each in proposals)))
            except HengtanError as fault:
                answers.append(Answer(part, problems=tuple(fault.problems)))
        proposed(membership, asked, one.title)
    return answers
