"""What lets a reader check: index of the standard, control totals, rows left out, comparisons."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hengtan.inventory.view import Row

from .. import charts
from ..blocks import Block, Cell, Chart, Column, Facts, Heading, Note, Table, Text
from ..numbers import add, exact, grouped, minus, percent, ratio, signed_tonnes, tonnes
from ..reading import Reading
from .common import fields

EFFECTS = ("activity", "factor", "method", "boundary", "gwp")
SHOWN_PROBLEMS = 24
SHOWN_OF_A_CODE = 6


def index(reading: Reading) -> list[Block]:
    """Each item that the standard asks for: where it stands, or that it is missing and who must give it."""
    words, spec = reading.words, reading.spec["standard"]
    numbers = {section["id"]: str(n) for n, section in enumerate(spec["sections"], 1)}
    rows = []
    for item in spec["items"]:
        known = [reading.known(need) for need in item["needs"]]
        who = words("who." + item["who"])
        if all(known):
            cell = Cell(words("status.given", section=numbers[item["section"]]), "ok")
        elif any(known):
            cell = Cell(words("status.partly", section=numbers[item["section"]], who=who), "warn")
        elif item.get("optional"):
            cell = Cell(words("status.optional"), "gap")
        else:
            cell = Cell(words("status.missing", who=who), "bad")
        rows.append((Cell(item["id"]), Cell(item["text"][words.lang]), cell))
    return [
        Text(words("index.intro")),
        Table(
            (
                Column(words("col.item"), "text", 0.7),
                Column(words("col.asked"), "text", 5.2),
                Column(words("col.where"), "text", 4.1),
            ),
            tuple(rows),
        ),
    ]


def control(reading: Reading) -> list[Block]:
    """Rows in = posted + rejected."""
    counts = {name: reading.count(name) for name in ("rows_in", "rows_posted", "rows_rejected")}
    agree = counts["rows_in"] == counts["rows_posted"] + counts["rows_rejected"]
    text = reading.words("control.ok" if agree else "control.bad", **{n: grouped(v) for n, v in counts.items()})
    return [Note("ok" if agree else "bad", text)]


def _place(row: Row, words: Any) -> str:
    file = re.split(r"[\\/]", str(row.get("file") or ""))[-1]
    parts = [part for part in (file, str(row.get("sheet") or "")) if part]
    if row.get("row") not in (None, ""):
        parts.append(words("place.row", row=str(row["row"])))
    if row.get("column"):
        parts.append(str(row["column"]))
    return ", ".join(parts) or "—"


def _by_weight(problems: Sequence[Row], often: Mapping[str, int]) -> tuple[list[Row], int]:
    """Errors first, rare codes before frequent ones, a few of each code before the rest; and how many of them are shown."""
    seen: dict[str, int] = {}
    first: list[Row] = []
    rest: list[Row] = []
    for row in sorted(problems, key=lambda r: (r.get("severity") != "error", often.get(str(r.get("code")), 0))):
        code = str(row.get("code"))
        seen[code] = seen.get(code, 0) + 1
        (first if seen[code] <= SHOWN_OF_A_CODE else rest).append(row)
    return [*first, *rest], min(len(first), SHOWN_PROBLEMS)


def exclusions(reading: Reading) -> list[Block]:
    """What was not posted, by reason, and the first rows."""
    words = reading.words
    rejected = reading.count("rows_rejected")
    counts = reading.data.problem_counts
    warnings = sum(int(r.get("count") or 0) for r in counts if r.get("severity") == "warning")
    blocks: list[Block] = [
        Note("bad", words("exclusions.rejected", count=grouped(rejected)))
        if rejected
        else Note("ok", words("exclusions.none"))
    ]
    if warnings:
        blocks.append(Note("warn", words("exclusions.warnings", count=grouped(warnings))))
    if counts:
        ordered = sorted(
            counts, key=lambda r: (r.get("severity") != "error", -int(r.get("count") or 0), str(r.get("code")))
        )
        blocks.append(
            Table(
                (
                    Column(words("col.severity"), "text", 1.3),
                    Column(words("col.code"), "mono", 2.6),
                    Column(words("col.count"), "num", 1),
                    Column(words("col.reason"), "text", 6),
                ),
                tuple(
                    (
                        Cell(
                            words.get(f"severity.{r.get('severity')}", str(r.get("severity"))),
                            "bad" if r.get("severity") == "error" else "warn",
                        ),
                        Cell(str(r.get("code")), "mono"),
                        Cell(grouped(int(r.get("count") or 0))),
                        Cell(str(r.get("reason") or ""), "", str(r.get("mend") or "")),
                    )
                    for r in ordered
                ),
            )
        )
    often = {str(r.get("code")): int(r.get("count") or 0) for r in counts}
    rows, enough = _by_weight(reading.data.problems, often)
    if rows:
        total = sum(int(r.get("count") or 0) for r in counts) or len(rows)
        head = enough if enough < len(rows) else 0
        cells = tuple(
            (
                Cell(_place(r, words)),
                Cell(str(r.get("activity_id") or "—")),
                Cell(
                    str(r.get("reason") or ""), "bad" if r.get("severity") == "error" else "", str(r.get("mend") or "")
                ),
            )
            for r in rows
        )
        rest = (
            (Cell(words("rest", count=grouped(total - head)), "strong"), Cell("—", "na"), Cell(words("rest.problems")))
            if head
            else ()
        )
        blocks += [
            Heading(words("problems.first", shown=grouped(head or len(rows)), count=grouped(total))),
            Table(
                (
                    Column(words("col.place"), "text", 3),
                    Column(words("xl.activity_id"), "text", 2),
                    Column(words("col.reason"), "text", 5.4),
                ),
                cells,
                head=head,
                rest=rest,
            ),
        ]
    return blocks


def reference(reading: Reading) -> list[Block]:
    """The template's own totals against ours; every operation that differs, with both figures."""
    words, ref = reading.words, reading.data.reference
    if ref is None:
        return [Note("info", words("reference.none"))]
    published, ours = (exact(ref.get(k)) or Decimal(0) for k in ("published_kg", "recomputed_kg"))
    blocks: list[Block] = [
        Text(
            words(
                "reference.intro",
                title=str(ref.get("title") or words("sheet.reference")),
                agree=grouped(int(ref.get("agree") or 0)),
                total=grouped(int(ref.get("total") or 0)),
                tolerance=str(ref.get("tolerance_pct") or "0"),
                published=tonnes(published),
                recomputed=tonnes(ours),
                difference=signed_tonnes(minus(ours, published)),
            )
        )
    ]
    rows = list(ref.get("differing") or ())
    if not rows:
        return [*blocks, Note("ok", words("reference.agree"))]
    cells = []
    for row in rows:
        told, got = (exact(row.get(k)) or Decimal(0) for k in ("published_kg", "recomputed_kg"))
        gap = minus(got, told)
        cells.append(
            (
                Cell(str(row.get("name") or "—")),
                Cell(str(row.get("row") or "—")),
                Cell(tonnes(told)),
                Cell(tonnes(got)),
                Cell(signed_tonnes(gap), "up" if gap > 0 else "down"),
                Cell(percent(ratio(gap, told))),
            )
        )
    told_sum, got_sum = (add(*(exact(r.get(k)) for r in rows)) for k in ("published_kg", "recomputed_kg"))
    count = max(int(ref.get("total") or 0) - int(ref.get("agree") or 0), len(rows))
    head = 60 if len(cells) > 60 else 0
    rest = (
        (Cell(words("rest", count=grouped(count - head)), "strong"), *(Cell("—", "na") for _ in range(5)))
        if head
        else ()
    )
    blocks += [
        Note("warn", words("reference.differ", count=grouped(count))),
        Table(
            (
                Column(words("col.operation"), "text", 4),
                Column(words("col.row"), "num", 0.9),
                Column(words("col.published-kg"), "num", 1.8),
                Column(words("col.recomputed"), "num", 1.8),
                Column(words("col.difference"), "num", 1.8),
                Column(words("col.difference-pct"), "num", 1.1),
            ),
            tuple(cells),
            (
                Cell(words("reference.listed")),
                Cell(""),
                Cell(tonnes(told_sum)),
                Cell(tonnes(got_sum)),
                Cell(signed_tonnes(minus(got_sum, told_sum))),
                Cell(percent(ratio(minus(got_sum, told_sum), told_sum))),
            ),
            head=head,
            rest=rest,
        ),
    ]
    return blocks


def changes(reading: Reading) -> list[Block]:
    """The change against the run before, split into effects that add up."""
    words, before = reading.words, reading.data.previous
    blocks: list[Block] = [Facts(fields(reading, reading.spec["fields"]))] if reading.spec.get("fields") else []
    if before is None:
        return [*blocks, Note("gap", words("previous.none"))]
    effects = [(name, exact(before.get(name)) or Decimal(0)) for name in EFFECTS]
    total = exact(before.get("total"))
    total = add(*(kg for _, kg in effects)) if total is None else total
    drawn = [(words("effect." + n), float(kg), signed_tonnes(kg)) for n, kg in effects]
    title = f"{words('chart.effects')}{words('unit.bracket')}"
    rows = [
        (Cell(words("effect." + n)), Cell(signed_tonnes(kg), "up" if kg > 0 else "down" if kg < 0 else ""))
        for n, kg in effects
    ]
    for key, label in (("before_kg", "previous.before"), ("after_kg", "previous.after")):
        kg = exact(before.get(key))
        if kg is not None:
            name = str(before.get("name") or "") if key == "before_kg" else ""
            rows.insert(0 if key == "before_kg" else len(rows), (Cell(words(label), "strong", name), Cell(tonnes(kg))))
    return [
        *blocks,
        Text(words("previous.intro", total=signed_tonnes(total))),
        Chart(title, words("html.alt-table"), lambda p: charts.effects(p, drawn, title, words("html.alt-table"))),
        Table(
            (Column(words("col.effect"), "text", 5), Column(words("col.change"), "num", 2)),
            tuple(rows),
            (Cell(words("effect.total")), Cell(signed_tonnes(total))),
            slim=True,
        ),
    ]
