"""A bar chart as SVG that needs nothing installed and reads well on light and on dark pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

# Mid tones of equal weight: at least 3:1 against white and against a dark notebook.
COLOURS = ("#c2703d", "#3a8f85", "#8a7bc8", "#7d8a3c", "#b0638f", "#5c86b8")
_GREY = "#8a8a8a"
_ROW, _BAR, _LEFT, _WIDTH, _RIGHT = 26, 16, 150, 360, 110


@dataclass(frozen=True, repr=False)
class Svg:
    """A drawing. ``text`` is the SVG; a notebook shows it by itself."""

    text: str

    def _repr_svg_(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Svg({len(self.text)} characters; .text is the SVG)"


def bars(sums: Mapping[str, Mapping[str, Decimal]], parts: Sequence[str], title: str) -> Svg:
    """One horizontal bar per label, stacked by part; values in kg CO2e, shown in tonnes.

    sums    label -> part -> kg; negative values are drawn as 0
    parts   the order of the stack; more than there are colours share the last one, grey
    """
    totals = {label: sum((max(kg, Decimal(0)) for kg in row.values()), Decimal(0)) for label, row in sums.items()}
    most = max(totals.values(), default=Decimal(0)) or Decimal(1)
    colours = {part: COLOURS[at] if at < len(COLOURS) else _GREY for at, part in enumerate(parts)}
    top = 46 if len(parts) > 1 else 26
    height = top + _ROW * len(sums) + 6
    width = _LEFT + _WIDTH + _RIGHT
    drawn = [f'<text x="0" y="14" font-weight="600">{escape(title)}</text>']
    if len(parts) > 1:
        drawn += _legend(colours)
    for at, (label, row) in enumerate(sums.items()):
        y = top + at * _ROW
        drawn.append(f'<text x="{_LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(_short(label))}</text>')
        x = float(_LEFT)
        for part in parts:
            kg = max(row.get(part, Decimal(0)), Decimal(0))
            long = float(kg / most) * _WIDTH
            if long > 0:
                told = f"<title>{escape(label)}, {escape(part)}: {tonnes(kg)} t CO2e</title>"
                drawn.append(
                    f'<rect x="{x:.1f}" y="{y}" width="{max(long, 0.5):.1f}" height="{_BAR}" '
                    f'fill="{colours[part]}">{told}</rect>'
                )
            x += long
        drawn.append(f'<text x="{x + 6:.1f}" y="{y + 12}">{tonnes(totals[label])} t</text>')
    return Svg(
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title)}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="system-ui,sans-serif" font-size="12" fill="currentColor" '
        f'style="max-width:100%;height:auto">{"".join(drawn)}</svg>'
    )


def _legend(colours: Mapping[str, str]) -> list[str]:
    found, x = [], 0
    for part, colour in colours.items():
        found.append(f'<rect x="{x}" y="24" width="10" height="10" fill="{colour}"/>')
        found.append(f'<text x="{x + 14}" y="33">{escape(_short(part))}</text>')
        x += 26 + 7 * len(_short(part))
    return found


def _short(label: str) -> str:
    return label if len(label) <= 22 else label[:21] + "…"


def tonnes(kg: Decimal) -> str:
    """kg as tonnes with three or more digits that count."""
    value = kg / 1000
    places = 0 if value >= 100 else 2 if value >= 1 else 4
    return f"{value:,.{places}f}"
