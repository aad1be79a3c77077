"""From what a cumulative register showed to what was used on each day. Nothing is guessed: gaps and resets are told.

A day is known when there is a reading near both its midnights. Without one, the days up to the next known midnight are one row. A register
that goes back was reset or changed: what was used in between is told and left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise

from hengtan.problems import Problem

from .contract import Reading

NEAR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Used:
    """From the first day to the last, both inclusive."""

    meter: str
    first: date
    last: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Daily:
    """What is known; told: by a key that stays the same, what is wrong.

    closed  the day whose midnight is the last that is known; settled: the moment of the reading that stands for it
    """

    used: tuple[Used, ...]
    told: tuple[tuple[str, Problem], ...]
    closed: date | None
    settled: datetime | None


def daily(
    meter: str, readings: Sequence[Reading], now: datetime, zone: tzinfo, closed: date | None = None,
    settled: datetime | None = None,
) -> Daily:  # fmt: skip
    """readings: of one meter, in the order of time; closed, settled: of what came out of it before, so that days join without seam."""
    known = boundaries(readings, now, zone)
    if closed is not None:
        stands = next((place for place, each in enumerate(readings) if each.at == settled), None)
        begun = [] if stands is None else [(closed, stands)]
        known = [*begun, *(each for each in known if each[0] > closed)]
    used: list[Used] = []
    told: list[tuple[str, Problem]] = []
    for (begins, first), (ends, last) in pairwise(known):
        last_day = ends - timedelta(days=1)
        back = _back(readings[first : last + 1])
        if back is not None:
            before, after = back
            at = after.at.astimezone(zone).isoformat(timespec="minutes")
            values = {"meter": meter, "before": f"{before.value:f}", "after": f"{after.value:f}", "at": at}
            told.append((f"{meter}/{begins}/reset", Problem("source.meter-reset", values=values)))
            continue
        if last_day > begins:
            values = {"meter": meter, "first": str(begins), "last": str(last_day)}
            told.append((f"{meter}/{begins}/gap", Problem("source.meter-gap", values=values)))
        used.append(Used(meter, begins, last_day, readings[last].value - readings[first].value))
    if not known:
        return Daily((), (), closed, settled)
    return Daily(tuple(used), tuple(told), known[-1][0], readings[known[-1][1]].at)


def boundaries(
    readings: Sequence[Reading], now: datetime, zone: tzinfo, near: timedelta = NEAR
) -> list[tuple[date, int]]:  # fmt: skip
    """Midnights that are past, each with the place of the reading nearest to it."""
    found: dict[date, tuple[timedelta, int]] = {}
    for place, reading in enumerate(readings):
        here = reading.at.astimezone(zone)
        for day in (here.date(), here.date() + timedelta(days=1)):
            midnight = datetime.combine(day, time(), zone)
            away = abs(reading.at - midnight)
            if away <= near and midnight + near <= now and (day not in found or away < found[day][0]):
                found[day] = (away, place)
    return [(day, place) for day, (_away, place) in sorted(found.items())]


def _back(readings: Sequence[Reading]) -> tuple[Reading, Reading] | None:
    return next(((a, b) for a, b in pairwise(readings) if b.value < a.value), None)
