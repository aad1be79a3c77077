"""Monte Carlo: sampled factors and quantities, the same digits for the same draws wherever they are drawn.

Every source of error has a random stream of its own, seeded by its name, so that a factor draws the same errors in
every run and comparisons of runs are not blurred. Legacy MT19937 streams of NumPy are used because NumPy promises that
they never change.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import numpy as np

from .keys import Key
from .spread import Fit, Spread, fitted
from .uncertainty_sums import CERTAIN, Model, Weight

SEED = "hengtan 1"
CHUNK = 20_000


def simulated(model: Model, draws: int) -> dict[str, tuple[float, float]]:
    """2.5 % and 97.5 % of every sum, in kg.

    A factor is drawn once for all its rows. A key's quantity is drawn from the distribution with the mean, variance
    and third moment of the sum of its rows; for a single row that is its own distribution.
    """
    factors = {source: _stream(f"factor {source}") for source in model.spreads}
    known = {weight.key.number: weight for weights in model.sums.values() for weight in weights.values()}
    uncertain = [known[number] for number in sorted(known) if known[number].amount.variance]
    quantities = {weight.key.number: (_stream(_name(weight.key)), _fit(weight)) for weight in uncertain}
    fixed = {name: _fixed(weights.values()) for name, weights in model.sums.items()}
    samples: dict[str, list[Any]] = {name: [] for name in model.sums}
    for start in range(0, draws, CHUNK):
        size = min(CHUNK, draws - start)
        drawn = {source: _multipliers(model.spreads[source], stream, size) for source, stream in factors.items()}
        drawn[CERTAIN] = np.ones(size)
        chunk = {name: np.zeros(size) for name in model.sums}
        for name, by_source in fixed.items():
            for source, kg in by_source.items():
                chunk[name] += kg * drawn[source]
        for weight in uncertain:
            number = weight.key.number
            stream, fit = quantities[number]
            amount = _values(fit, stream.standard_normal(size))
            for name, weights in model.sums.items():
                if number in weights:
                    per_unit = np.zeros(size)
                    for source, kg in weights[number].per_unit.items():
                        per_unit += kg * drawn[source]
                    chunk[name] += amount * per_unit
        for name, values in chunk.items():
            samples[name].append(values)
    return {name: _interval(np.concatenate(parts)) for name, parts in samples.items()}


def _interval(sample: Any) -> tuple[float, float]:
    low, high = np.quantile(sample, [0.025, 0.975])
    return float(low), float(high)


def _stream(name: str) -> np.random.RandomState:
    words = np.frombuffer(sha256(f"{SEED} {name}".encode()).digest(), dtype="<u4")
    return np.random.RandomState(words)


def _name(key: Key) -> str:
    """A key by what it says, not by its number, which other rows can shift."""
    said = (key.activity_type, key.unit, key.region, key.factor_id, key.method, key.scope, key.category, key.instrument,
            key.facility, key.year, key.start, key.end, sorted(key.inputs.items()))  # fmt: skip
    return f"key {said}"


def _fit(weight: Weight) -> Fit:
    return fitted(weight.mean, weight.amount.variance, weight.amount.third)


def _fixed(weights: Iterable[Weight]) -> dict[str, float]:
    """kg by source of error, of the keys whose quantity is certain."""
    found: dict[str, float] = {}
    for weight in weights:
        if not weight.amount.variance:
            for source, kg in weight.per_unit.items():
                found[source] = found.get(source, 0.0) + kg * weight.mean
    return found


def _multipliers(spread: Spread, stream: np.random.RandomState, size: int) -> Any:
    normal = stream.standard_normal(size) * spread.sigma
    return np.exp(normal) if spread.lognormal else 1 + normal


def _values(fit: Fit, normal: Any) -> Any:
    return fit.shift + fit.scale * (np.exp(fit.sigma * normal) if fit.sigma else normal)
