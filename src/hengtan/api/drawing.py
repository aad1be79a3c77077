"""Bars by matplotlib, where it is installed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib.resources import files
from typing import Any

from .chart import COLOURS

FONT = files("hengtan.reports") / "fonts" / "HengtanSansSC-Regular.ttf"


def figure(sums: Mapping[str, Mapping[str, Decimal]], parts: Sequence[str], title: str) -> Any:
    """A matplotlib Figure of stacked horizontal bars in t CO2e; None without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return None
    drawn = Figure(figsize=(8, 1.2 + 0.32 * max(len(sums), 2)), layout="constrained")
    axes = drawn.add_subplot()
    labels = list(sums)[::-1]
    starts = dict.fromkeys(labels, 0.0)
    for at, part in enumerate(parts):
        widths = [float(sums[label].get(part, Decimal(0))) / 1000 for label in labels]
        axes.barh(
            labels, widths, left=[starts[label] for label in labels], label=part, color=COLOURS[at % len(COLOURS)]
        )
        for label, width in zip(labels, widths, strict=True):
            starts[label] += width
    axes.set_xlabel("t CO2e")
    axes.set_title(title)
    if len(parts) > 1:
        axes.legend()
    axes.spines[["top", "right"]].set_visible(False)
    _readable(axes)
    return drawn


def _readable(axes: Any) -> None:
    """Chinese in the report's own font: matplotlib's has none."""
    legend = axes.get_legend()
    shown = [axes.title, *axes.get_yticklabels(), *(legend.get_texts() if legend else [])]
    if any(not text.get_text().isascii() for text in shown):
        from matplotlib.font_manager import FontProperties

        for text in shown:
            text.set_fontproperties(FontProperties(fname=str(FONT), size=text.get_fontsize()))


def told_once(text: str) -> None:
    """A word to the person, not an error."""
    warnings.warn(text, stacklevel=3)
