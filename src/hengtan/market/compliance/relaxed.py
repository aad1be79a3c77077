"""The program where everything may be a part of a tonne, and what limits lack where it has no plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import highspy
import numpy as np

from .model import Key, Model
from .program import program

LIMITS = ("cash", "daily")  # families of rows that can be passed for a price
CNY = 100.0  # what a yuan too few costs; a tonne too few so many times the highest price
_DEARER = 1000.0
_PARTS = 1e-4  # what is passed by less is not passed


class Elastic:
    """The program with limits that may be passed, for a price far above what passing could save.

    Unlike the program itself it always has a plan, unless units are missing: where nothing keeps the rules, to find that out took the
    solver up to half a minute, and a plan that passes the limits least is found as soon as any other.
    """

    def __init__(self, model: Model, weights: Mapping[Key, float], seconds: float, *, sign: float = -1.0) -> None:
        """weights: by limit (a row, or its name without the scenario: then it is passed by as much in all), for a tonne or a yuan; sign: -1 where a row limits from above, 1 where it asks for more than there is."""
        self.columns, self.weights = len(model.cost), weights
        self.found: dict[frozenset[str], dict[Key, float] | None] = {}
        self.highs = program(model, np.zeros(self.columns, bool), seconds)
        self.highs.setOptionValue("dual_feasibility_tolerance", 1e-7)
        count = len(weights)
        self.places = np.arange(self.columns, self.columns + count, dtype=np.int32)
        rows: dict[Key, list[int]] = {key: [] for key in weights}
        for key, at in model.rows.items():
            of = key if key in rows else key[:-1]
            if of in rows:
                rows[of].append(at)
        unit = {at: model.units.get(key, 1.0) for key, at in model.rows.items()}
        index = [at for of in rows.values() for at in of]
        starts = np.cumsum([0, *(len(of) for of in rows.values())])[:-1].astype(np.int32)
        self.highs.addCols(
            count, np.array(list(weights.values()), float), np.zeros(count), np.full(count, highspy.kHighsInf), len(index),
            starts, np.array(index, np.int32), np.array([sign / unit[at] for at in index]),
        )  # fmt: skip

    def least(self, families: Collection[str]) -> dict[Key, float] | None:
        """By how much limits of some families have to be passed so that all rows hold, weighted least; None where even that does not help.

        The others may be passed for a price a thousand times as high, so that there is a plan to go on from.
        """
        asked = frozenset(families)
        if asked in self.found:
            return self.found[asked]
        weights = {key: weight * (1.0 if key[0] in families else _DEARER) for key, weight in self.weights.items()}
        passed = self._run(weights)
        if passed is not None and any(much > _PARTS for key, much in passed.items() if key[0] not in families):
            passed = None
        self.found[asked] = passed
        return passed

    def needed(self) -> bool:
        """Whether it is proved that some limit has to be passed, whatever that costs; after a plan was found."""
        places = np.arange(self.columns, dtype=np.int32)
        costs, basis = np.array(self.highs.getLp().col_cost_)[: self.columns], self.highs.getBasis()
        self.highs.changeColsCost(self.columns, places, np.zeros(self.columns))
        passed = self._run(dict.fromkeys(self.weights, 1.0))
        self.highs.changeColsCost(self.columns, places, costs)
        self.highs.setBasis(basis)
        return passed is not None and max(passed.values()) > _PARTS

    def shut(self) -> None:
        """No limit may be passed."""
        count = len(self.weights)
        self.highs.setOptionValue("simplex_strategy", 1)
        self.highs.changeColsBounds(count, self.places, np.zeros(count), np.zeros(count))

    def _run(self, weights: Mapping[Key, float]) -> dict[Key, float] | None:
        self.highs.changeColsCost(len(weights), self.places, np.array(list(weights.values()), float))
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        self.highs.setOptionValue("simplex_strategy", 4)  # primal: what stands keeps the rows, only prices change
        return dict(zip(weights, list(self.highs.getSolution().col_value)[self.columns :], strict=True))


def limits(model: Model, *, alike: bool = False) -> dict[Key, float]:
    """The limits that can be passed, each with its price; alike: in all scenarios by as much, which takes longer."""
    tonne = CNY * model.dearest + 1.0
    return {(key[:-1] if alike else key): CNY if key[0] == "cash" else tonne for key in model.rows if key[0] in LIMITS}


class Relaxed:
    """The cheapest plan in parts of tonnes, which no plan undercuts.

    values  (columns,), None where there is none: endless (it could always be cheaper), or nothing keeps the rules
    bound   CNY; prices: (rows,) CNY; highs: the solver, to go on from there; basis: where it stands, without what it has more than the program
    """

    def __init__(self, model: Model, seconds: float, start: Any) -> None:
        """start: the basis of a program with the same rows and columns.

        Of plans of one cost, one with few hand-overs is looked for: first each costs a little more than it does, then the true costs are put in,
        and the solver goes on from where it stands.
        """
        self.columns = len(model.cost)
        self.values: Any = None
        self.bound, self.endless = 0.0, False
        self.places = np.arange(self.columns, dtype=np.int32)
        self.true, self.tie = np.array(model.cost, float), np.array(model.tie, float)
        self.elastic: Elastic | None = None
        weights = limits(model)
        if weights:
            passed = self._passing(model, weights, seconds, start)
            if passed:
                return
        if self.values is None:
            self.highs = program(model, np.zeros(self.columns, bool), seconds)
            self._plain(start)

    def _passing(self, model: Model, weights: Mapping[Key, float], seconds: float, start: Any) -> bool:
        """Whether limits have to be passed; where not, the plan is there."""
        self.elastic = Elastic(model, weights, seconds)
        self.highs = self.elastic.highs
        self.highs.changeColsCost(self.columns, self.places, self.true + self.tie)
        if start is not None:
            self.highs.setBasis(_wider(start, len(weights)))
        least = self.elastic.least(LIMITS)
        if least is None:
            return False
        if max(least.values()) > _PARTS and self.elastic.needed():
            return True
        self.elastic.shut()
        self.highs.setOptionValue("dual_feasibility_tolerance", 1e-9)
        self.highs.run()
        if self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            self._found()
        return False

    def _plain(self, start: Any) -> None:
        self.highs.changeColsCost(self.columns, self.places, self.true + self.tie)
        if start is not None:
            self.highs.setBasis(start)
        self.highs.run()
        if self.highs.getModelStatus() in (highspy.HighsModelStatus.kUnknown, highspy.HighsModelStatus.kTimeLimit):
            self.highs.clearSolver()  # rarely, where prices lie far apart
            self.highs.setOptionValue("dual_feasibility_tolerance", 1e-7)
            self.highs.setOptionValue("presolve", "on")
            self.highs.run()
        status = self.highs.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            self._found()
        elif status != highspy.HighsModelStatus.kInfeasible:
            self.highs.clearSolver()
            self.highs.changeColsCost(self.columns, self.places, np.zeros(self.columns))
            self.highs.run()
            self.endless = bool(self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def _found(self) -> None:
        if self.tie.any():
            self.highs.changeColsCost(self.columns, self.places, self.true)
            self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return
        solution = self.highs.getSolution()
        self.values = np.array(solution.col_value)[: self.columns]
        self.prices = np.array(solution.row_dual)
        self.bound = float(self.highs.getInfo().objective_function_value)

    @property
    def basis(self) -> Any:
        """Where the solver stands, for a program of the same rows and columns."""
        return _narrow(self.highs.getBasis(), self.columns)


def _narrow(basis: Any, columns: int) -> Any:
    basis.col_status = list(basis.col_status)[:columns]
    return basis


def _wider(basis: Any, count: int) -> Any:
    wide = highspy.HighsBasis()
    wide.col_status = [*basis.col_status, *[highspy.HighsBasisStatus.kLower] * count]
    wide.row_status = list(basis.row_status)
    return wide
