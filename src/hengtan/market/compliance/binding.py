"""Why nothing keeps the rules: which limits stand against each other, and by how much, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil

from hengtan.problems import Problem

from .model import Key, Model, build
from .relaxed import CNY, LIMITS, Elastic, limits
from .solve import Answer, solve
from .supply import Supply

_CODES = {"cash": "comply.cash-binds", "daily": "comply.volume-binds"}
_SECONDS = 20.0
_PARTS = 1e-4  # what is short by less is not short


def binding(given: Supply, answer: Answer) -> list[Problem]:
    """Which limits keep a plan from being there: those of a kind without which there is one, each with what it is short of.

    What is short is the least that would do, where parts of tonnes are allowed.
    """
    if not answer.optimal:
        return [Problem("comply.no-time")]
    model = build(given)
    elastic = answer.elastic or Elastic(model, limits(model), _SECONDS)
    there = [family for family in LIMITS if any(key[0] == family for key in elastic.weights)]
    both = elastic.least(LIMITS) if there else None
    if both is None:
        return [_missing(given, build(given, without=frozenset(_CODES)))]
    found: list[Problem] = []
    alike = Elastic(model, limits(model, alike=True), _SECONDS)  # what is told is what a limit lacks in all futures
    for family in there:
        if elastic.least({family}) is None:
            continue
        if answer.in_parts and solve(build(given, without=frozenset({family})), with_duals=False).tonnes is None:
            continue
        found += _short(given, family, alike.least({family}) or {})
    if found:
        return found
    both = alike.least(LIMITS) or {}
    return [Problem("comply.cash-and-volume-bind"), *_short(given, "cash", both), *_short(given, "daily", both)]


def _short(given: Supply, family: str, short: Mapping[Key, float]) -> list[Problem]:
    """The limits of a kind that are passed, in all futures by the same."""
    there = {limit: much for limit, much in short.items() if limit[0] == family}
    passed = {limit: much for limit, much in there.items() if much > _PARTS}
    if not passed:
        return [Problem(_CODES[family], values={"short": "", "short_zh": ""})] if there else []
    told = (_cash if family == "cash" else _daily)(given, passed)
    return [replace(Problem(_CODES[family], values=values), column=path) for path, values in told]


def _cash(given: Supply, passed: Mapping[Key, float]) -> list[tuple[str, dict[str, str]]]:
    found = []
    for (_, at), much in passed.items():
        limit = given.case.cash[int(str(at))]
        whose = f" of {limit.entity}" if limit.entity else ""
        whose_zh = f"{limit.entity} " if limit.entity else ""
        cny = f"{ceil(much * 100 - 0.01) / 100:,.2f}"
        found.append(
            (limit.path, {"short": f": the limit{whose} up to {limit.by} lacks {cny} CNY", "short_zh": f"：{whose_zh}截至 {limit.by} 的限额至少缺 {cny} 元"})
        )  # fmt: skip
    return found


def _daily(given: Supply, passed: Mapping[Key, float]) -> list[tuple[str, dict[str, str]]]:
    found = []
    for (_, kind, position), much in passed.items():
        at = int(str(position))
        window = "now" if not at else str(given.years[at - 1])
        window_zh = "现买窗口" if not at else f"{window} 年度期限前"
        tonnes = f"{ceil(much - _PARTS):,}"
        found.append(
            (f"/limits/daily_most_t/{kind}",
             {"short": f": {tonnes} t of {kind} too few in the window {window}", "short_zh": f"：{window_zh} {kind} 至少缺 {tonnes} 吨"})
        )  # fmt: skip
    return found


def _missing(given: Supply, model: Model) -> Problem:
    """Too little is there and to be had: the first year in which it is missing, and how much, in the future that lacks most."""
    years, tonne = len(given.years), CNY * model.dearest + 1.0

    def weight(key: Key) -> float:
        return tonne * (
            1.0 + 0.001 * (years - int(str(key[2])))
        )  # told of the year that lacks it, not of one that could have kept it

    weights = {key: weight(key) for key in model.rows if key[0] == "CEA"}
    short = Elastic(model, weights, _SECONDS, sign=1.0).least({"CEA"}) or {}
    gaps: dict[tuple[int, int], float] = {}
    for key, much in short.items():
        if much > _PARTS:
            y, s = int(str(key[2])), int(str(key[3]))
            gaps[y, s] = gaps.get((y, s), 0.0) + much
    y = min((of for of, _ in gaps), default=0)
    gap = max((ceil(much - _PARTS) for (of, _), much in gaps.items() if of == y), default=0)
    return Problem("comply.nothing-to-buy", values={"year": str(given.years[y]), "gap": f"{gap:,}"})
