"""What another policy would change: the keys of the activities resolved by both, and the difference in kg.

Nothing is posted. There are thousands of keys, however many rows; the rows are read once, to group them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from hengtan.engine import Engine
from hengtan.factors import Policy
from hengtan.problems import Problem

from .amounts import settle_amounts
from .checks import Period
from .keys import Key
from .line import Line
from .phases import Phases
from .plan import Plan, plan
from .posting import prepare
from .problem_file import Problems
from .rules import Rules
from .staging import Source, stage
from .totals import EXACT

BASES = ("location", "market")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one policy makes of a key.

    factors  ids by basis (several with ``;`` between them); kg: kg CO2e by basis, of all its rows
    refused  why there is none
    """

    factors: Mapping[str, str]
    match: str
    policy: str
    kg: Mapping[str, Decimal]
    refused: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A key that one policy resolves otherwise than the other."""

    key: Key
    old: Outcome
    new: Outcome

    def effect(self, basis: str) -> Decimal:
        """kg CO2e more by the new policy, or less; what is refused counts for nothing."""
        return EXACT.subtract(self.new.kg.get(basis, ZERO), self.old.kg.get(basis, ZERO))


@dataclass(frozen=True, slots=True)
class WhatIf:
    """keys, rows: how many were resolved; old, new: kg CO2e by basis of all that is posted; changes: keys that differ."""

    keys: int
    rows: int
    old: Mapping[str, Decimal]
    new: Mapping[str, Decimal]
    changes: tuple[Change, ...]


def what_if(
    sources: Sequence[Source],
    rules: Rules,
    policy: Policy,
    period: Period | None = None,
    tell: Callable[[str], None] | None = None,
) -> WhatIf:
    """The activities by the policy of the rules and by another one; all else stays as it is."""
    engine, phases = Engine(), Phases(told=tell)
    with engine.session() as con, tempfile.TemporaryDirectory(prefix="hengtan-whatif-", dir=engine.folder) as scratch:

        def settle(path: Path, free: Path, source: Source) -> Path:
            return settle_amounts(con, path, free, source, rules.method)[0]

        with phases("stage"):
            staged = stage(sources, Path(scratch), con, settle)
        posting = prepare(con, staged, rules, period or Period(), Problems(), phases, engine)
        keys, before = posting.keys, posting.plan
    with phases("plan"):
        after = plan(keys, replace(rules, policy=policy))
    return compared(keys, before, after)


def compared(keys: Sequence[Key], before: Plan, after: Plan) -> WhatIf:
    """Two plans of the same keys."""
    lines = [_by_key(before), _by_key(after)]
    sums: list[dict[str, Decimal]] = [dict.fromkeys(BASES, ZERO), dict.fromkeys(BASES, ZERO)]
    changes = []
    for key in keys:
        old, new = (
            _outcome(key, found.get(key.number, ()), given) for found, given in zip(lines, (before, after), strict=True)
        )
        for total, outcome in zip(sums, (old, new), strict=True):
            for basis in BASES:
                total[basis] = EXACT.add(total[basis], outcome.kg.get(basis, ZERO))
        if _differs(lines[0].get(key.number, ()), lines[1].get(key.number, ())) or bool(old.refused) != bool(
            new.refused
        ):
            changes.append(Change(key, old, new))
    return WhatIf(len(keys), sum(key.rows for key in keys), sums[0], sums[1], tuple(changes))


def _by_key(given: Plan) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = {}
    for line in given.lines:
        found.setdefault(line.key.number, []).append(line)
    return found


def _outcome(key: Key, lines: Sequence[Line], given: Plan) -> Outcome:
    if not lines:
        return Outcome({}, "", "", {}, given.rejected.get(key.number, ()))
    kg = dict.fromkeys(BASES, ZERO)
    factors: dict[str, list[str]] = {basis: [] for basis in BASES}
    for line in lines:
        for basis in BASES if line.basis == "-" else (line.basis,):
            factors[basis] += [line.factor_id] if line.factor_id not in ("", *factors[basis]) else []
        if line.scope is None:
            continue
        mass = EXACT.multiply(key.quantity, line.coefficients["co2e_kg"] or ZERO)
        for basis in BASES if line.basis == "-" else (line.basis,):
            kg[basis] = EXACT.add(kg[basis], mass)
    first = lines[0]
    return Outcome({basis: ";".join(ids) for basis, ids in factors.items()}, first.match, first.policy, kg)


def _differs(old: Sequence[Line], new: Sequence[Line]) -> bool:
    return [_says(line) for line in old] != [_says(line) for line in new]


def _says(line: Line) -> tuple[object, ...]:
    return (
        line.basis,
        line.scope,
        line.category,
        line.factor_id,
        line.match,
        line.method,
        tuple(line.coefficients.items()),
    )
