"""Whole tonnes near a plan in parts of tonnes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .model import Model
from .program import Nothing, outcome, run

_NEAR = 1e-6
_ENOUGH = 1e-6  # of the cost, around what is a part of a tonne


def is_whole(values: Any) -> bool:
    """Whether all tonnes are whole."""
    return bool(np.abs(values - np.round(values)).max(initial=0.0) <= _NEAR)


def rounded(model: Model, values: Any, whole: Any, seconds: float, relaxed: Any = None) -> Any:
    """Whole tonnes near a plan in parts of tonnes: decisions are rounded and held; around what is a part of a tonne, all is asked to be whole.

    whole: (columns,) which are decisions and lots; relaxed: the solver that has the program solved already, to go on from there. None where it leads
    to nothing.
    """
    low, high = np.array(model.low, float), np.array(model.high, float)
    columns = len(model.cost)
    nothing, every = np.zeros(columns, bool), np.ones(columns, bool)
    near = np.clip(np.round(values), low, high)
    low, high = np.where(whole, near, low), np.where(whole, near, high)
    if whole.any():
        if relaxed is None:
            found = run(model, nothing, seconds, bounds=(low, high))
        else:
            found = _with(relaxed, whole, low, high)
        if found is None or isinstance(found, Nothing):
            return None
        values = found[0]
        if is_whole(values):
            return np.round(values)
    for hops in (1, 2):
        free = _around(model, np.abs(values - np.round(values)) > _NEAR, hops)
        bounds = (np.where(free, low, np.round(values)), np.where(free, high, np.round(values)))
        found = run(model, every, seconds, gap=_ENOUGH, bounds=bounds)
        if found is not None and not isinstance(found, Nothing) and found[0] is not None:
            return found[0]
    used = (values > _NEAR) | (low > 0)
    found = run(model, every, seconds, gap=_ENOUGH, bounds=(low, np.where(used, high, 0.0)))
    return None if found is None or isinstance(found, Nothing) else found[0]


def decided(model: Model, values: Any, held: Any, whole: Any, relaxed: Any) -> Any:
    """A plan in which decisions and lots are whole: half of those that are not are rounded at a time, nearest first; None where that leads to nothing.

    held: (columns,) which are held as ``values`` has them from the start
    """
    low, high = np.array(model.low, float), np.array(model.high, float)
    near = np.clip(np.round(values), low, high)
    low, high = np.where(held, near, low), np.where(held, near, high)
    found = _with(relaxed, whole, low, high)
    while found is not None and not isinstance(found, Nothing):
        values = found[0]
        away = np.abs(values - np.round(values))
        parts = np.flatnonzero(whole & (away > _NEAR))
        if not len(parts):
            return values
        rest = whole & (away <= _NEAR)
        low, high = np.where(rest, np.round(values), low), np.where(rest, np.round(values), high)
        order = parts[np.argsort(away[parts], kind="stable")]
        half, one = order[: (len(order) + 1) // 2], order[:1]
        turned = np.where(np.round(values) > values, np.floor(values), np.ceil(values))
        for columns, wanted in ((half, np.round(values)), (one, np.round(values)), (one, turned)):
            lower, upper = low.copy(), high.copy()
            lower[columns] = upper[columns] = wanted[columns]
            found = _with(relaxed, whole, lower, upper)
            if found is not None and not isinstance(found, Nothing):
                low, high = lower, upper
                break
    return None


def _with(relaxed: Any, columns: Any, low: Any, high: Any) -> tuple[Any, float] | Nothing | None:
    """The program with other bounds on some columns, from where the solver stands."""
    places = np.flatnonzero(columns).astype(np.int32)
    relaxed.changeColsBounds(len(places), places, low[places], high[places])
    return outcome(relaxed, np.zeros(len(columns), bool))


def _around(model: Model, parts: Any, hops: int) -> Any:
    """The columns that share a row of tonnes (not one of cash or volume, which all share) with some columns, and so on."""
    starts, index, _ = model.entries()
    of = np.repeat(np.arange(len(model.cost)), np.diff(starts))
    local = np.array([str(key[0]).startswith(("CEA", "CCER", "pool", "cap")) for key in model.rows], bool)
    for _ in range(hops):
        rows = np.zeros(len(model.row_low), bool)
        rows[index[parts[of]]] = True
        rows &= local
        wider = np.zeros(len(model.cost), bool)
        wider[of[rows[index]]] = True
        parts = parts | wider
    return parts
