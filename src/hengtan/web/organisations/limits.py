"""How often something may be done, counted once for all processes and machines of an installation.

Passwords, invitations, the first run and password resets are limited by allauth, whose counts lie in the cache of the database: twelve small
queries for a count, about 1 ms of processor beside some 50 ms for the password itself, and three counts for a sign-in.
Calls of the API come too often for a row to be written each time: a process draws tickets in lots from the common count, and remembers
until when there are none left, so a refused caller costs no query.
"""

from __future__ import annotations

import threading
import time

from django.db import connection

from hengtan.web.jobs.clock import every

from .models import Tally

LOT, NONE = 20, -1
FORGET_ABOVE = 10_000  # tickets of as many callers are kept in a process


class Tickets:
    """A limit: ``most`` in ``seconds``, by all processes together. A window begins with the first who comes after the last one ended."""

    def __init__(self, name: str, most: int, seconds: int, lot: int = LOT) -> None:
        self.name, self.most, self.seconds, self.lot = name, most, seconds, max(1, min(lot, most))
        self._held: dict[str, tuple[float, int]] = {}  # until when, how many tickets; NONE: the window has none left
        self._lock = threading.Lock()

    def take(self, who: str) -> int:
        """0 when it may be done, else after how many seconds it may be tried again."""
        with self._lock:
            now = time.time()
            until, left = self._held.get(who, (0.0, 0))
            if now >= until or left == 0:
                taken, until = drawn(f"{self.name}:{who}", self.lot, now, now + self.seconds)
                left = max(NONE, min(self.lot, self.most - (taken - self.lot)))
                left = left or NONE
            if len(self._held) > FORGET_ABOVE:
                self._held = {each: held for each, held in self._held.items() if held[0] > now}
            self._held[who] = (until, left if left == NONE else left - 1)
            return max(1, round(until - now)) if left == NONE else 0


def drawn(key: str, lot: int, now: float, until: float) -> tuple[int, float]:
    """Adds to the count of a window, which begins when there is none; the count and when its window ends. One statement, on both databases."""
    table = Tally._meta.db_table
    sql = (
        f"INSERT INTO {table} (key, taken, until_ms) VALUES (%s, %s, %s) ON CONFLICT (key) DO UPDATE SET"
        f" taken = CASE WHEN {table}.until_ms <= %s THEN excluded.taken ELSE {table}.taken + excluded.taken END,"
        f" until_ms = CASE WHEN {table}.until_ms <= %s THEN excluded.until_ms ELSE {table}.until_ms END"
        " RETURNING taken, until_ms"
    )
    at = int(now * 1000)
    with connection.cursor() as cursor:
        cursor.execute(sql, [key, lot, int(until * 1000), at, at])
        taken, ends = cursor.fetchone()
    return int(taken), ends / 1000


@every(3600)
def forget() -> None:
    """Counts of windows that are over."""
    Tally.objects.filter(until_ms__lt=int(time.time() * 1000)).delete()
