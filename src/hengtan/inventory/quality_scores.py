"""What rows say about how good their activity data are: ``uncertainty_pct`` and the pedigree scores in ``data_quality``."""

from __future__ import annotations

import re
import unicodedata

from .pedigree import COEFFICIENTS, pedigree_gsd2
from .spread import Spread

ORDER = tuple(COEFFICIENTS)
"""The order of bare scores: reliability; technical; geographic; temporal; completeness (as in Bilan Carbone)."""

_NAMES = {
    "reliability": ("reliab", "可靠"),
    "technical": ("tech", "技术"),
    "geographic": ("geo", "地理", "地域"),
    "temporal": ("temp", "time", "时间"),
    "completeness": ("compl", "完整"),
}
_PARTS = re.compile(r"[;,/|、]")
_PAIR = re.compile(r"^([^\d=:]+?)\s*[=:]\s*(\S+)$")


def half_width(text: str) -> Spread:
    """From a cell of ``uncertainty_pct``: ``5``, ``5 %``, ``±5%``. Raises ValueError for anything else."""
    plain = unicodedata.normalize("NFKC", text).strip().lstrip("±").removesuffix("%").strip()
    if not re.fullmatch(r"\d+(\.\d*)?|\.\d+|\d(\.\d+)?[eE][-+]?\d+", plain):
        raise ValueError(text)
    return Spread.of_half_width(float(plain))


def pedigree(text: str) -> Spread | None:
    """From a cell of ``data_quality``; None where it is a label ("measured") and no scores.

    ``5;1;2;4;5`` in the order of ``ORDER``, an empty place being a missing score, or named in any order,
    ``reliability=5; technical=1``. 5 is best, 1 worst; a missing score counts as the worst. Raises ValueError for
    scores that are not five, not 1 to 5, named unknown or twice.
    """
    parts = [part.strip() for part in _PARTS.split(unicodedata.normalize("NFKC", text).strip())]
    pairs = [_PAIR.match(part) for part in parts if part]
    scores: dict[str, int] = {}
    if any(pairs):
        for pair in pairs:
            name = _question(pair[1]) if pair else ""
            if pair is None or not name or name in scores:
                raise ValueError(text)
            scores[name] = _score(pair[2], text)
    elif len(parts) > 1 and any(parts) and all(not part or part.isdigit() for part in parts):
        if len(parts) != len(ORDER):
            raise ValueError(text)
        scores = {name: _score(part, text) for name, part in zip(ORDER, parts, strict=True) if part}
    else:
        return None
    return Spread.of_gsd2(pedigree_gsd2(scores))


def _question(name: str) -> str:
    folded = name.strip().casefold()
    return next((question for question, starts in _NAMES.items() if folded.startswith(starts)), "")


def _score(text: str, whole: str) -> int:
    if text not in ("1", "2", "3", "4", "5"):
        raise ValueError(whole)
    return int(text)
