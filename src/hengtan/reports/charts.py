"""Small charts as SVG, drawn by hand: bars start at 0, are labelled directly, and no colour is without meaning.

A :class:`Paint` says on which ground a chart is drawn: paper (colours as values, text made printable) or screen (colours as
classes of the style sheet, so that dark mode works). Numbers come as ready text for the labels and as floats for the
lengths; nothing that a person reads is computed here. Text of other people is escaped here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10
from unicodedata import east_asian_width

PAPER = {
    "ink": "#1A212B",
    "ink2": "#57606E",
    "line": "#E3E6EA",
    "strong": "#CBD1D9",
    "surface": "#FFFFFF",
    "accent": "#0B6E75",
    "band": "#CEE2E3",
    "s1": "#2B3A55",
    "s2": "#3E86C6",
    "s2m": "#8FBBE3",
    "s3": "#BF8415",
    "bio": "#8A94A3",
    "bar": "#57606E",
    "up": "#A4352A",
    "down": "#0B6E75",
    "pinned": "#2A2158",
    "exact": "#5D4DA6",
    "earlier-year": "#9389CF",
    "parent-region": "#CB8085",
    "proxy": "#A4436B",
    "none": "#CBD1D9",
}
SIZE = 11.0
# Advance widths of the paper's font in 1/1000 em, from the space to the tilde.
_ASCII = (
    224, 323, 474, 555, 555, 921, 680, 278, 338, 338, 467, 555, 278, 347, 278, 392, 555, 555, 555, 555, 555, 555, 555, 555,
    555, 555, 278, 278, 555, 555, 555, 474, 946, 608, 657, 638, 688, 589, 552, 689, 728, 293, 535, 646, 543, 812, 723, 742,
    633, 742, 635, 596, 599, 721, 575, 878, 573, 531, 603, 338, 392, 338, 555, 559, 606, 563, 618, 510, 620, 554, 325, 564,
    607, 275, 275, 552, 284, 926, 610, 606, 620, 620, 388, 468, 377, 607, 521, 802, 498, 521, 475, 338, 270, 338, 555,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paint:
    """The ground of a chart.

    width      px
    clean      makes text fit to be shown
    colours    values (paper) or None (classes of the style sheet)
    stretch    how much wider than ours the reader's font may be: labels get that much more room
    """

    width: int
    clean: Callable[[str], str]
    colours: dict[str, str] | None = None
    font: str = ""
    stretch: float = 1.0

    def fill(self, token: str) -> str:
        """The attribute that fills with a colour."""
        return f'fill="{self.colours[token]}"' if self.colours else f'class="f-{token}"'

    def stroke(self, token: str, width: float = 1, dash: str = "") -> str:
        """The attributes of a line; nothing is filled."""
        paint = f'stroke="{self.colours[token]}"' if self.colours else f'class="k-{token}"'
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        return f'fill="none" {paint} stroke-width="{width:g}"{dashes}'

    def text(self, x: float, y: float, text: str, anchor: str = "start", token: str = "ink", size: float = SIZE) -> str:
        """One line of text with its foot at ``y``."""
        return (
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size:g}" {self.fill(token)}>'
            f"{escape(self.clean(text))}</text>"
        )

    def room(self, text: str) -> float:
        """How wide the text may become (px)."""
        return text_width(self.clean(text)) * self.stretch

    def fitted(self, text: str, room: float) -> str:
        """The text, cut with an ellipsis where the room ends."""
        if self.room(text) <= room:
            return text
        while text and self.room(text) + SIZE > room:
            text = text[:-1]
        return text.rstrip() + "…"

    def svg(self, height: float, parts: Sequence[str], title: str, text: str) -> str:
        """The whole picture with its name and description."""
        font = f' font-family="{self.font}"' if self.font else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {height:.0f}" width="{self.width}" '
            f'height="{height:.0f}" role="img"{font}><title>{escape(self.clean(title))}</title>'
            f"<desc>{escape(self.clean(text))}</desc>{''.join(parts)}</svg>"
        )


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its parts (colour, value), what stands at its end. ``gap`` draws a dashed outline: not collected."""

    label: str
    parts: tuple[tuple[str, float], ...]
    value: str
    gap: bool = False


def text_width(text: str, size: float = SIZE) -> float:
    """How wide a line is in the font of the paper; other letters than ASCII count one em, or 0.6 where they are narrow."""
    return (
        size
        / 1000
        * sum(_ASCII[ord(c) - 32] if " " <= c <= "~" else 1000 if east_asian_width(c) in "WFA" else 600 for c in text)
    )


def _ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round values from ``low`` (or below) to ``high`` (or above)."""
    span = (high - low) or 1.0
    rough = span / count
    power = 10.0 ** floor(log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
    first = floor(low / step + 1e-9)
    ticks = [first * step]
    while ticks[-1] < high - step * 1e-9:
        ticks.append(ticks[-1] + step)
    return ticks


def bars(paint: Paint, rows: Sequence[Bar], title: str, alt: str) -> str:
    """Horizontal bars, one under the other; the parts of a bar stand side by side with a gap of 1 px."""
    pitch, thick = 22.0, 13.0
    widest = max((paint.room(row.label) for row in rows), default=0.0)
    room = min(widest + 2, paint.width * (0.4 if paint.width > 400 else 0.48))
    value_room = max((paint.room(row.value) for row in rows), default=0.0) + 8
    left, scale_room = room + 8, paint.width - room - 8 - value_room
    longest = max((sum(max(v, 0.0) for _, v in row.parts) for row in rows), default=0.0) or 1.0
    out: list[str] = []
    for index, row in enumerate(rows):
        top = index * pitch + 4
        out.append(f"<g><title>{escape(paint.clean(f'{row.label}: {row.value}'))}</title>")
        out.append(paint.text(room, top + thick - 2.5, paint.fitted(row.label, room), "end"))
        x = left
        if row.gap:
            out.append(
                f'<rect x="{left:.1f}" y="{top + 0.5:.1f}" width="{scale_room * 0.12:.1f}" height="{thick - 1:g}" '
                f"{paint.stroke('strong', 1, '3 2')}/>"
            )
            x += scale_room * 0.12
        for token, value in row.parts:
            width = max(value, 0.0) / longest * scale_room
            if width > 0:
                out.append(
                    f'<rect x="{x:.2f}" y="{top:.1f}" width="{max(width - (1 if width > 3 else 0), 0.6):.2f}" '
                    f'height="{thick:g}" {paint.fill(token)}/>'
                )
            x += width
        out.append(paint.text(x + 6, top + thick - 2.5, row.value, token="ink2"))
        out.append("</g>")
    out.append(f'<path d="M{left - 0.5:.1f} 0V{len(rows) * pitch:.1f}" {paint.stroke("strong")}/>')
    return paint.svg(len(rows) * pitch + 2, out, title, alt)


def strip(paint: Paint, parts: Sequence[tuple[str, float, str]], title: str, alt: str) -> str:
    """One bar for the whole: parts (colour, value, tooltip) side by side."""
    whole = sum(max(value, 0.0) for _, value, _ in parts) or 1.0
    x, out = 0.0, []
    for token, value, tip in parts:
        width = max(value, 0.0) / whole * paint.width
        if width > 0:
            out.append(
                f'<rect x="{x:.2f}" y="1" width="{max(width - 1, 0.6):.2f}" height="14" {paint.fill(token)}>'
                f"<title>{escape(paint.clean(tip))}</title></rect>"
            )
        x += width
    return paint.svg(16, out, title, alt)


@dataclass(frozen=True, slots=True)
class Line:
    """One series over the months: a value or None for a month without data (the line breaks there)."""

    label: str
    token: str
    values: tuple[float | None, ...]
    strong: bool = False
    dashed: bool = False


def months(
    paint: Paint,
    labels: Sequence[str],
    lines: Sequence[Line],
    band: Sequence[tuple[float, float] | None],
    unit: str,
    title: str,
    alt: str,
) -> str:
    """Lines over months with the axis from 0; ``band`` is the 95 % interval of the first line, where it is known."""
    height, top, foot = 230.0, 22.0, 22.0
    highest = max([v for line in lines for v in line.values if v is not None] + [b[1] for b in band if b], default=1.0)
    lowest = min([0.0] + [v for line in lines for v in line.values if v is not None])
    ticks = _ticks(lowest, highest or 1.0)
    tick_text = [_tick(t, ticks) for t in ticks]
    left = max(map(paint.room, tick_text)) + 10
    right = paint.width - max(paint.room(line.label) for line in lines) - 12
    count = len(labels)

    def x(i: int) -> float:
        return left + (right - left) * (i / (count - 1) if count > 1 else 0.5)

    def y(v: float) -> float:
        return height - foot - (height - foot - top) * (v - ticks[0]) / (ticks[-1] - ticks[0])

    out = [paint.text(0, 11, unit, token="ink2")]
    for tick, text in zip(ticks, tick_text, strict=True):
        out.append(
            f'<path d="M{left:.1f} {y(tick):.1f}H{right:.1f}" {paint.stroke("strong" if tick == 0 else "line")}/>'
        )
        out.append(paint.text(left - 6, y(tick) + 4, text, "end", "ink2"))
    every = max(1, -(-count * 44 // max(int(right - left), 1)))
    out += [paint.text(x(i), height - 6, label, "middle", "ink2") for i, label in enumerate(labels) if i % every == 0]
    for first, last in _runs([None if b is None else b[0] for b in band]):
        points = [(x(i), y(band[i][1])) for i in range(first, last)]  # type: ignore[index]
        points += [(x(i), y(band[i][0])) for i in range(last - 1, first - 1, -1)]  # type: ignore[index]
        out.append(f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}" {paint.fill("band")}/>')
    ends: list[tuple[float, Line]] = []
    for line in reversed(lines):
        style = paint.stroke(line.token, 2.2 if line.strong else 1.6, "4 3" if line.dashed else "")
        for first, last in _runs(line.values):
            points = [(x(i), y(line.values[i] or 0.0)) for i in range(first, last)]
            if len(points) == 1:
                out.append(f'<circle cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="3" {paint.fill(line.token)}/>')
            else:
                out.append(f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}" {style}/>')
        known = [v for v in line.values if v is not None]
        if known:
            ends.append((y(known[-1]), line))
    for place, line in _spread(ends):
        out.append(paint.text(right + 6, place + 4, line.label, token="ink" if line.strong else "ink2"))
    return paint.svg(height, out, title, alt)


def effects(paint: Paint, rows: Sequence[tuple[str, float, str]], title: str, alt: str) -> str:
    """Changes left and right of 0: rise and fall have their colours, and the sign stands in the label."""
    pitch, thick = 24.0, 14.0
    room = max(paint.room(name) for name, _, _ in rows) + 2
    value_room = max(paint.room(value) for _, _, value in rows) + 8
    low, high = min(0.0, *(v for _, v, _ in rows)), max(0.0, *(v for _, v, _ in rows))
    span = (high - low) or 1.0
    start = room + 10 + (value_room if low < 0 else 0)
    stop = paint.width - (value_room if high > 0 or low == 0 else 0)

    def x(v: float) -> float:
        return start + (stop - start) * (v - low) / span

    out: list[str] = []
    for index, (name, value, text) in enumerate(rows):
        top = index * pitch + 4
        out.append(paint.text(room, top + thick - 3, name, "end"))
        begin, end = sorted((x(0), x(value)))
        if value:
            out.append(
                f'<rect x="{begin:.1f}" y="{top:g}" width="{max(end - begin, 0.8):.1f}" height="{thick:g}" '
                f"{paint.fill('up' if value > 0 else 'down')}/>"
            )
        at, anchor = (begin - 5, "end") if value < 0 else (end + 5, "start")
        out.append(
            paint.text(at, top + thick - 3, text, anchor, "up" if value > 0 else "down" if value < 0 else "ink2")
        )
    out.append(f'<path d="M{x(0):.1f} 0V{len(rows) * pitch:g}" {paint.stroke("strong")}/>')
    return paint.svg(len(rows) * pitch + 2, out, title, alt)


def intervals(paint: Paint, rows: Sequence[tuple[str, str, float, float, float, str]], title: str, alt: str) -> str:
    """95 % intervals (label, colour, low, value, high, text) on one axis that starts at 0."""
    pitch = 26.0
    room = max(paint.room(row[0]) for row in rows) + 2
    value_room = max(paint.room(row[5]) for row in rows) + 10
    left, right = room + 10, paint.width - value_room
    ticks = _ticks(min(0.0, *(row[2] for row in rows)), max(row[4] for row in rows) or 1.0)
    foot = len(rows) * pitch

    def x(v: float) -> float:
        return left + (right - left) * (v - ticks[0]) / (ticks[-1] - ticks[0])

    out = [f'<path d="M{x(t):.1f} 0V{foot:g}" {paint.stroke("strong" if t == 0 else "line")}/>' for t in ticks]
    shown = ticks if (right - left) / len(ticks) > 48 else ticks[:: len(ticks) - 1]
    out += [paint.text(x(t), foot + 14, _tick(t, ticks), "middle", "ink2") for t in shown]
    for index, (label, token, low, value, high, text) in enumerate(rows):
        y = index * pitch + pitch / 2
        out.append(paint.text(room, y + 4, label, "end"))
        out.append(
            f'<rect x="{x(low):.1f}" y="{y - 6:g}" width="{max(x(high) - x(low), 1):.1f}" height="12" {paint.fill("band")}/>'
        )
        out.append(f'<path d="M{x(low):.1f} {y - 6:g}v12M{x(high):.1f} {y - 6:g}v12" {paint.stroke("accent")}/>')
        out.append(f'<circle cx="{x(value):.1f}" cy="{y:g}" r="4" {paint.fill(token)}/>')
        out.append(paint.text(paint.width - value_room + 10, y + 4, text, token="ink2"))
    return paint.svg(foot + 20, out, title, alt)


def _tick(value: float, ticks: Sequence[float]) -> str:
    step = ticks[1] - ticks[0]
    places = 0 if step >= 1 else min(9, -floor(log10(step)) + (0 if f"{step:.9f}".rstrip("0")[-1] in "12" else 1))
    return f"{value:,.{places}f}".replace("-", "−")


def _runs(values: Sequence[float | None]) -> list[tuple[int, int]]:
    """First and behind-last index of each stretch without a gap."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for index, value in enumerate([*values, None]):
        if value is not None and start is None:
            start = index
        elif value is None and start is not None:
            runs.append((start, index))
            start = None
    return runs


def _spread(ends: Sequence[tuple[float, Line]], apart: float = 14.0) -> list[tuple[float, Line]]:
    """Line-end labels pushed apart so that none covers another."""
    placed: list[tuple[float, Line]] = []
    for place, line in sorted(ends, key=lambda e: e[0]):
        placed.append((max(place, placed[-1][0] + apart) if placed else place, line))
    return placed
