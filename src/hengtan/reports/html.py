"""The report on the screen: one file that loads nothing, runs nothing and reads well from a phone to a wide screen.

The content security policy of the page allows only its own style sheet, by its hash; text of people is escaped. Charts are drawn twice, for
wide and for narrow screens, and each stands over a table with the same figures.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files

from .blocks import Block, Cell, Chart, Column, Document, Facts, Heading, Note, Section, Table, Text
from .charts import Paint
from .glyphs import visible

WIDE, NARROW = 760, 330
STRETCH = 1.17  # DejaVu Sans, the widest of the usual system fonts
MARKS = {"info": "i", "warn": "!", "bad": "×", "ok": "✓", "gap": "–"}


def page(document: Document) -> str:
    """The whole page."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    labels = document.labels
    lang = "zh-CN" if document.lang == "zh" else "en"
    sample = f'<span class="tag sample">{_text(document.sample)}</span>' if document.sample else ""
    nav = "".join(
        f'<li><a href="#s{n}"><span>{n}</span>{_text(s.title)}</a></li>' for n, s in enumerate(document.sections, 1)
    )
    figures = "".join(
        f'<div class="kpi{" hero" if n == 0 else ""}"><dt>{_swatch(f.tone)}{_text(f.label)}</dt>'
        f'<dd><span class="v{" gap" if f.tone == "gap" else ""}">{_text(f.value)}</span> <span class="u">{escape(f.unit)}</span>'
        f'<span class="d">{_text(f.note)}</span></dd></div>'
        for n, f in enumerate(document.figures)
    )
    sections = "".join(_section(n, s, labels, brief=document.brief) for n, s in enumerate(document.sections, 1))
    contents = (
        ""
        if document.brief
        else f'<nav aria-label="{escape(labels["contents"])}"><div class="side"><p>{escape(labels["contents"])}</p><ol>{nav}</ol></div>'
        f"<details><summary>{escape(labels['contents'])}</summary><ol>{nav}</ol></details></nav>\n"
    )
    cover = f'<div class="card cover">{_facts(document.cover)}</div>\n' if document.cover else ""
    body = '<body class="brief">' if document.brief else "<body>"
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{_text(document.title)} · {_text(document.organisation)}</title>\n<style>{style}</style>\n</head>\n{body}\n"
        f'<a class="skip" href="#main">{escape(labels["skip"])}</a>\n'
        f'<header><p class="brand">hengtan <span lang="zh">衡碳</span></p>{sample}<h1>{_text(document.title)}</h1>'
        f'<p class="org">{_text(document.organisation)}</p><p class="mut">{_text(document.period)}</p></header>\n'
        f'<div class="frame">{contents}'
        f'<main id="main">\n<dl class="card kpis n{len(document.figures)}">{figures}</dl>\n'
        f"{cover}{sections}</main></div>\n</body>\n</html>\n"
    )


@cache
def _style() -> str:
    """The style sheet, without line breaks that would differ by platform."""
    text = files(__package__).joinpath("templates/report.css").read_text("utf-8")
    return "".join(line.strip() + "\n" for line in text.splitlines() if line.strip())


def _text(text: str) -> str:
    return escape(visible(text))


def _swatch(tone: str) -> str:
    return f'<i class="sw b-{tone}"></i>' if tone in ("s1", "s2", "s2m", "s3", "bio") else ""


def _section(number: int, section: Section, labels: dict[str, str], *, brief: bool) -> str:
    numbered = "" if brief else f"<span>{number}</span>"
    clause = f'<span class="clause">{escape(section.clause)}</span>' if section.clause else ""
    blocks = "".join(_block(block, labels) for block in section.blocks)
    return f'<section class="card" id="s{number}" aria-labelledby="h{number}"><h2 id="h{number}">{numbered}{_text(section.title)}{clause}</h2>\n{blocks}</section>\n'


def _cell(cell: Cell) -> str:
    tone, text = cell.tone, _text(cell.text)
    if tone in ("s1", "s2", "s2m", "s3", "bio"):
        text = _swatch(tone) + text
    elif tone.startswith("match-"):
        text = f'<i class="dot b-{tone[6:]}"></i>{text}'
    elif tone == "mono":
        text = f"<code>{text}</code>"
    elif tone == "strong":
        text = f"<strong>{text}</strong>"
    elif tone == "line":
        text = '<span class="line"></span>'
    elif tone:
        text = f'<span class="t-{tone}">{text}</span>'
    return text + (f"<small{' class=t-warn' if tone == 'warn' else ''}>{_text(cell.note)}</small>" if cell.note else "")


def _facts(pairs: tuple[tuple[str, Cell], ...]) -> str:
    if not any(name for name, _ in pairs):
        return "".join(f"<pre>{_cell(cell)}</pre>" for _, cell in pairs)
    return (
        "<dl class=facts>"
        + "".join(f"<div><dt>{_text(name)}</dt><dd>{_cell(cell)}</dd></div>" for name, cell in pairs)
        + "</dl>"
    )


def _block(block: Block, labels: dict[str, str]) -> str:
    match block:
        case Text():
            return f"<p>{_text(block.text)}</p>\n"
        case Heading():
            return f"<h3>{_text(block.text)}</h3>\n"
        case Note():
            return (
                f'<p class="note {block.kind}"><b aria-hidden="true">{MARKS[block.kind]}</b>{_text(block.text)}</p>\n'
            )
        case Facts():
            return _facts(block.pairs) + "\n"
        case Chart():
            legend = "".join(f'<li><i class="sw b-{token}"></i>{escape(text)}</li>' for token, text in block.legend)
            return (
                f"<figure><figcaption>{_text(block.title)}{f'<ul>{legend}</ul>' if legend else ''}</figcaption>"
                f'<div class="wide">{block.draw(Paint(WIDE, visible, stretch=STRETCH))}</div><div class="narrow">{block.draw(Paint(NARROW, visible, stretch=STRETCH))}</div></figure>\n'
            )
        case Table():
            return _table(block, labels)


def _table(table: Table, labels: dict[str, str]) -> str:
    head = table.rows[: table.head] if table.head else table.rows
    hidden = table.rows[table.head :] if table.head else ()
    body = "".join(_row(row, table.columns) for row in head)
    if hidden and table.rest:
        body += _row(table.rest, table.columns)
    foot = f"<tfoot>{_row(table.total, table.columns)}</tfoot>" if table.total else ""
    made = f'<div class="scroll"><table{_size(table)}>{_heads(table.columns)}<tbody>{body}</tbody>{foot}</table></div>'
    if hidden:
        more = labels["rest.more"].replace("{count}", f"{len(hidden):,}")
        rows = "".join(_row(row, table.columns) for row in hidden)
        made += f'<details class="more"><summary>{escape(more)}</summary><div class="scroll"><table{_size(table)}>{_heads(table.columns)}<tbody>{rows}</tbody></table></div></details>'
    return made + (f'<p class="foot">{_text(table.note)}</p>' if table.note else "") + "\n"


def _size(table: Table) -> str:
    """Slim tables stay slim; those of many columns scroll on a phone instead of being squeezed."""
    return ' class="slim"' if table.slim else ' class="many"' if len(table.columns) > 3 else ""


def _heads(columns: tuple[Column, ...]) -> str:
    return (
        "<thead><tr>" + "".join(f'<th scope="col"{_number(c)}>{_text(c.title)}</th>' for c in columns) + "</tr></thead>"
    )


def _number(column: Column) -> str:
    return ' class="n"' if column.kind == "num" else ' class="s"' if column.kind == "short" else ""


def _row(row: tuple[Cell, ...], columns: tuple[Column, ...]) -> str:
    first = f'<th scope="row"{_number(columns[0])}>{_cell(row[0])}</th>'
    return (
        f"<tr>{first}"
        + "".join(f"<td{_number(c)}>{_cell(cell)}</td>" for cell, c in zip(row[1:], columns[1:], strict=True))
        + "</tr>"
    )
