"""Steps of plans that an event could be. The book knows no plans; who keeps them answers here, and a person decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hengtan.web.organisations.models import Organisation


@dataclass(frozen=True, slots=True)
class Step:
    """An open step of an approved plan.

    key    as the form of an event takes it in ``step``; title: what is said to the person; exact: of the same amount
    at     address of the plan; assign_at: address that takes a proposal for this step
    """

    key: str
    title: str
    exact: bool
    at: str
    assign_at: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The step that a proposal stands for. undo_at: empty where it was proposed as the step from the beginning."""

    title: str
    at: str
    reason: str
    by: str
    undo_at: str


@dataclass(frozen=True, slots=True)
class Plans:
    """What an app that keeps plans can be asked.

    fitting  open steps that an event could be
    asked    the step of a key, None where it is not to be had or the event does not fit
    stands   the step for which a proposal stands
    """

    fitting: Callable[[Organisation, Mapping[str, Any]], Sequence[Step]]
    asked: Callable[[Organisation, str, Mapping[str, Any] | None], Step | None]
    stands: Callable[[Organisation, int], Taken | None]


_KEPT: list[Plans] = []


def answers(plans: Plans) -> None:
    """From here on the book asks these plans too."""
    _KEPT.append(plans)


def fitting(organisation: Organisation, told: Mapping[str, Any]) -> list[Step]:
    """Open steps that an event could be, those of the same amount first."""
    found = [step for plans in _KEPT for step in plans.fitting(organisation, told)]
    return sorted(found, key=lambda each: not each.exact)


def asked(organisation: Organisation, key: str, told: Mapping[str, Any] | None = None) -> Step | None:
    """The step that a form was opened for; with an event only where it fits."""
    return next((step for plans in _KEPT if (step := plans.asked(organisation, key, told))), None)


def stands(organisation: Organisation, proposal: int) -> Taken | None:
    """The step for which a proposal stands."""
    return next((said for plans in _KEPT if (said := plans.stands(organisation, proposal))), None)
