"""What a report is made of: sections of blocks, the same for paper and screen.

The sections (``parts_*.py``) say what stands in a report, the writers (``pdf``, ``html``) say how it looks. A block holds finished
text in one language; only charts are drawn by the writer, who knows the colours of its ground.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .charts import Paint

Drawing = Callable[[Paint], str]
"""Draws one SVG with the colours of the ground it stands on."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, how it is meant, and a grey line below.

    tone    "" | "gap" (not collected) | "na" (does not apply) | "up" | "down" | "bad" | "warn" | "ok" | "mono" | "strong" |
            "match-<class>" (with its coloured dot) | "s1" "s2" "s2m" "s3" (with its swatch)
    """

    text: str
    tone: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """Title, kind ("text", "num", "mono", "short": not broken) and the share of the width that it wants on paper (0: as wide as its content)."""

    title: str
    kind: str = "text"
    width: float = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under columns; ``total`` is the last, bold row; ``note`` stands below.

    slim    two short columns: takes half of the width
    head    how many rows are shown at once (0: all); the screen folds the others away, paper shows ``rest`` in their place
    rest    the row that sums up or counts what paper leaves out
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    note: str = ""
    head: int = 0
    slim: bool = False
    rest: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, set as a list."""

    pairs: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A remark with a coloured edge: kind "info", "warn", "bad", "ok" or "gap" (something is missing, and who gives it)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its title and, in words, what it shows (for those who cannot see it)."""

    title: str
    alt: str
    draw: Drawing
    legend: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    text: str


Block = Table | Facts | Text | Note | Chart | Heading


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of the report; ``clause`` names what of the standard it answers."""

    title: str
    clause: str = ""
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """One headline figure of the cover: label, value, unit, line below, tone of the swatch."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report in one language. brief: a paper of a page or two, without cover, contents and numbered sections."""

    lang: str
    title: str
    organisation: str
    period: str
    standard: str
    sample: str
    created: str
    digest: str
    figures: tuple[Figure, ...]
    cover: tuple[tuple[str, Cell], ...]
    sections: tuple[Section, ...]
    labels: dict[str, str] = field(default_factory=dict)
    brief: bool = False
