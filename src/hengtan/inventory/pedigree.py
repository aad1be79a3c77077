"""Uncertainty from pedigree scores, in log space: how good a number is, from five questions answered 1 (worst) to 5.

>>> round(pedigree_gsd2({"reliability": 5, "technical": 5, "geographic": 5, "temporal": 5, "completeness": 4}), 6)
1.02
>>> low, high = lognormal_interval(1200, 2.0)
>>> low, high
(600.0, 2400.0)

``gsd2`` is the squared geometric standard deviation: 95 % of a lognormal quantity lie between value / gsd2 and value x gsd2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import exp, log, sqrt

COEFFICIENTS: Mapping[str, Sequence[float]] = {
    "reliability": (1.5, 1.2, 1.1, 1.05, 1),
    "technical": (2, 1.5, 1.2, 1.1, 1),
    "geographic": (1.1, 1.05, 1.02, 1.01, 1),
    "temporal": (1.5, 1.2, 1.1, 1.03, 1),
    "completeness": (1.2, 1.1, 1.05, 1.02, 1),
}
"""The matrix of Bilan Carbone (after Weidema): contribution to gsd2 of the scores 1, 2, 3, 4, 5."""


def pedigree_gsd2(scores: Mapping[str, int], coefficients: Mapping[str, Sequence[float]] = COEFFICIENTS) -> float:
    """The squared geometric standard deviation of a number with these scores; a missing score is the worst.

    Raises ValueError for a score outside the matrix and KeyError for a question that it does not know.
    """
    unknown = scores.keys() - coefficients.keys()
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    parts = []
    for question, contributions in coefficients.items():
        score = scores.get(question, 1)
        if not 1 <= score <= len(contributions):
            raise ValueError(f"{question}: the score {score} is not between 1 and {len(contributions)}")
        parts.append(contributions[score - 1])
    return combined_gsd2(parts)


def combined_gsd2(parts: Iterable[float]) -> float:
    """gsd2 of a product of independent lognormal numbers, such as activity x factor: squares of logarithms add."""
    return exp(sqrt(sum(log(part) ** 2 for part in parts)))


def lognormal_interval(value: float, gsd2: float) -> tuple[float, float]:
    """The 95 % interval around a median value, in its unit."""
    if gsd2 < 1:
        raise ValueError(f"a squared geometric standard deviation is at least 1, not {gsd2}")
    return value / gsd2, value * gsd2
