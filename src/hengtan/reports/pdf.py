"""The report on paper: A4, typeset by typst with fonts of its own, so that it looks the same on every machine.

What people wrote reaches the template only as JSON values, never as markup. The creation date of the file is that of the run,
so the same data give the same bytes.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from hengtan.problems import HengtanError, Problem

from .blocks import Block, Cell, Chart, Document, Facts, Heading, Note, Table, Text
from .charts import PAPER, Paint
from .glyphs import printable

FONT = {
    "zh": "Hengtan Sans SC, Hengtan Sans SC Rare, DejaVu Sans Mono",
    "en": "Hengtan Sans SC Latin, Hengtan Sans SC, Hengtan Sans SC Rare, DejaVu Sans Mono",
}
_LONG = re.compile(r"[!-~]{17,}")
_PIECE = re.compile(r"[^-_.,;:/]{0,11}[-_.,;:/]+|[^-_.,;:/]{12}")
WIDTH = 640  # px of a chart that fills the text width of 170 mm


def paper(document: Document) -> bytes:
    """The PDF (tagged, PDF/UA-1: readable aloud). Raises ``HengtanError`` where typst is not installed."""
    inputs = {"document": json.dumps(plain_document(document), ensure_ascii=False)}
    content = _compiler().compile(
        format="pdf", sys_inputs=inputs, timestamp=_moment(document.created), pdf_standards=["ua-1"]
    )
    return bytes(content)


@cache
def _compiler() -> Any:
    """One compiler for the process: the fonts are read once, those of the system never."""
    try:
        import typst  # noqa: PLC0415  (an extra: xlsx and html work without it)
    except ImportError as missing:
        raise HengtanError(Problem("report.typst-missing")) from missing
    with as_file(files(__package__)) as folder:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(folder / "fonts")])
        root = folder / "templates"
        return typst.Compiler(str(root / "report.typ"), root=str(root), font_paths=fonts, ignore_system_fonts=True)


def _moment(created: str) -> datetime:
    """When the run was made; the epoch if the manifest does not say."""
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def plain_document(document: Document) -> dict[str, Any]:
    """The document as JSON values with each text made printable."""
    paint = Paint(WIDTH, printable, PAPER, FONT[document.lang])
    return {
        "lang": document.lang,
        "brief": document.brief,
        **{
            key: printable(getattr(document, key))
            for key in ("title", "organisation", "period", "standard", "sample", "created", "digest")
        },
        "figures": [
            {
                "label": printable(f.label),
                "value": printable(f.value),
                "unit": f.unit,
                "note": printable(f.note),
                "tone": f.tone,
            }
            for f in document.figures
        ],
        "cover": [[printable(name), _cell(cell)] for name, cell in document.cover],
        "labels": document.labels,
        "sections": [
            {"title": printable(s.title), "clause": s.clause, "blocks": [_block(b, paint) for b in s.blocks]}
            for s in document.sections
        ],
    }


def _cell(cell: Cell) -> dict[str, str]:
    made = {"t": _breakable(cell.text)}
    if cell.tone:
        made["k"] = cell.tone
    if cell.note:
        made["n"] = _breakable(cell.note)
    return made


def _breakable(text: str) -> str:
    """Printable text whose long words (file names, ids, hashes, addresses) may break, so that none runs into the next column."""
    return _LONG.sub(lambda word: _PIECE.sub("\\g<0>\u200b", word.group()), printable(text))


def _block(block: Block, paint: Paint) -> dict[str, Any]:
    match block:
        case Text():
            return {"kind": "text", "text": printable(block.text)}
        case Heading():
            return {"kind": "heading", "text": printable(block.text)}
        case Note():
            return {"kind": "note", "tone": block.kind, "text": printable(block.text)}
        case Facts():
            return {"kind": "facts", "pairs": [[printable(name), _cell(cell)] for name, cell in block.pairs]}
        case Chart():
            return {
                "kind": "chart",
                "title": printable(block.title),
                "alt": printable(f"{block.title}. {block.alt}"),
                "svg": block.draw(paint),
                "legend": [[PAPER[token], text] for token, text in block.legend],
            }
        case Table():
            rows = block.rows[: block.head] + ((block.rest,) if block.rest else ()) if block.head else block.rows
            return {
                "kind": "table",
                "columns": [{"title": c.title, "kind": c.kind, "width": c.width} for c in block.columns],
                "rows": [[_cell(cell) for cell in row] for row in rows],
                "total": [_cell(cell) for cell in block.total],
                "note": printable(block.note),
                "slim": block.slim,
            }
