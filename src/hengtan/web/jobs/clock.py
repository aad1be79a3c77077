"""What workers look at again and again: hours that have come, work that somebody left.

A function may run in several workers at once, and again after one died in the middle of it: twice must be as once. What takes long
it asks for as a job.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import OperationalError

from hengtan.web.organisations import wall

Look = Callable[[], None]
log = logging.getLogger("hengtan.web.jobs")


@dataclass(slots=True)
class Hand:
    """A function, how often it is called, and when next."""

    look: Look
    every_s: float
    next: float = 0.0


HANDS: list[Hand] = []


def every(seconds: float) -> Callable[[Look], Look]:
    """Register the function; workers call it about so often, the first time when they start."""

    def register(look: Look) -> Look:
        HANDS.append(Hand(look, seconds))
        return look

    return register


def tick() -> None:
    """Calls what is due. What fails is written to the log and tried again next time; the others do not wait for it."""
    for hand in HANDS:
        now = time.monotonic()
        if now < hand.next:
            continue
        hand.next = now + hand.every_s
        try:
            with wall.opened():
                hand.look()
        except OperationalError:
            raise
        except Exception:
            log.exception("%s failed", hand.look.__qualname__)
