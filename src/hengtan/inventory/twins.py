"""Rows that share an ``activity_id`` (all rejected) and rows that are identical but for it (warned).

Ten million ids are first compared by a 64-bit hash; only rows whose hashes meet are compared by what they hold, so
the answer does not depend on the hash.
"""

from __future__ import annotations

from typing import Any

import ibis

from hengtan.engine import Found, repeated_values

from .staging import OPTIONAL, REQUIRED

_SAME = tuple(name for name in (*REQUIRED, *OPTIONAL) if name != "activity_id")


def repeated_ids(table: Any, rows: int) -> Found | None:
    """activity_id and times, of ids that stand in more than one of the ``rows`` rows; None if there are none."""
    named = table.filter(table.activity_id != "").mutate(h=table.activity_id.hash())
    met = repeated_values(named, "h", rows)
    if met is None:
        return None
    suspects = named.semi_join(met.table, "h")
    times = suspects.group_by("activity_id").aggregate(times=suspects.count())
    return Found.of(times.filter(times.times > 1), total="times")


def identical_rows(table: Any, present: frozenset[str], tags: tuple[str, ...], rows: int) -> Found | None:
    """source, position and the row of the first twin (``other``) of every later row that says the same again.

    The same: every column but the id, tags included; zero quantities are left alone.
    """
    columns = [name for name in _SAME if name in present] + [f"tag_{tag}" for tag in tags]
    used = table.filter((table.quantity != 0).fill_null(False))
    hashed = used.mutate(h=ibis.struct({name: used[name] for name in columns}).hash())
    met = repeated_values(hashed, "h", rows)
    if met is None:
        return None
    suspects = hashed.semi_join(met.table, "h")
    order = ibis.window(group_by=columns, order_by=["source", "position"])
    ranked = suspects.mutate(place=ibis.row_number().over(order), other=suspects.row.first().over(order))
    return Found.of(ranked.filter(ranked.place > 0).select("source", "position", "other"))
