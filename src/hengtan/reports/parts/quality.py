"""Uncertainty and data quality."""

from __future__ import annotations

from decimal import Decimal

from .. import charts
from ..blocks import Block, Cell, Chart, Column, Heading, Note, Table, Text
from ..numbers import add, exact, grouped, minus, percent, ratio, tonnes
from ..reading import MATCHES, Reading
from .common import TONES, mass, match_tone

INTERVALS = ("scope1", "scope2_location", "scope2_market", "scope3", "total")


def uncertainty(reading: Reading) -> list[Block]:
    """95 % intervals by scope, or that nothing is known of them."""
    words = reading.words
    names = [
        n
        for n in (*INTERVALS, *sorted(set(reading.data.summary.get("uncertainty") or {}) - set(INTERVALS)))
        if reading.interval(n)
    ]
    if not names:
        return [Note("gap", words("uncertainty.none"))]
    rows, drawn = [], []
    for name in names:
        interval = reading.interval(name)
        assert interval is not None
        low, high = interval
        kg = reading.headline() if name == "total" else reading.total(name + "_kg") if name + "_kg" in TONES else None
        label = (
            words("total.location")
            if name == "total"
            else words("scope." + name[5:].replace("_", "."))
            if name + "_kg" in TONES
            else name
        )
        half = None if kg is None else ratio(minus(high, low) / 2, kg)
        rows.append(
            (
                Cell(label, TONES.get(name + "_kg", "")),
                mass(reading, kg),
                Cell(tonnes(low)),
                Cell(tonnes(high)),
                Cell(percent(half)),
            )
        )
        if kg is not None:
            short = words("total") if name == "total" else label
            drawn.append(
                (
                    short,
                    TONES.get(name + "_kg", "ink"),
                    float(low) / 1000,
                    float(kg) / 1000,
                    float(high) / 1000,
                    f"{tonnes(low, 0)} – {tonnes(high, 0)}",
                )
            )
    draws = int(reading.options.get("draws") or 0)
    title = f"{words('chart.uncertainty')}{words('unit.bracket')}"
    blocks: list[Block] = [
        Text(words("uncertainty.draws", draws=grouped(draws)) if draws else words("uncertainty.closed"))
    ]
    if drawn:
        blocks.append(
            Chart(title, words("html.alt-table"), lambda p: charts.intervals(p, drawn, title, words("html.alt-table")))
        )
    blocks.append(
        Table(
            (
                Column(words("col.scope"), "text", 4),
                Column(words("col.value"), "num", 2),
                Column(words("col.low"), "num", 1.8),
                Column(words("col.high"), "num", 1.8),
                Column(words("col.half"), "num", 1),
            ),
            tuple(rows),
        )
    )
    return [*blocks, *_coverage(reading)]


def _coverage(reading: Reading) -> list[Block]:
    """Which part of each sum has a stated uncertainty: what is not stated is in no interval."""
    words = reading.words
    stated = (reading.data.manifest.get("uncertainty") or {}).get("stated") or {}
    rows = []
    for name in INTERVALS:
        if name in stated:
            label = words("total") if name == "total" else words("scope." + name[5:].replace("_", "."))
            shares = (exact(stated[name].get(key)) for key in ("factor_pct", "activity_pct", "unstated_pct"))
            cells = (Cell("—", "na") if share is None else Cell(grouped(share, 1)) for share in shares)
            rows.append((Cell(label), *cells))
    if not rows:
        return []
    columns = (
        Column(words("col.scope"), "text", 4),
        *(Column(words(key), "num", 2) for key in ("col.stated-factor", "col.stated-data", "col.unstated")),
    )
    return [Table(columns, tuple(rows), (), words("uncertainty.coverage"))]


def quality(reading: Reading) -> list[Block]:
    """How well the factors fit, and what the activity data say of their own quality."""
    words = reading.words
    blocks: list[Block] = []
    classes = {n: v for n, v in (reading.data.summary.get("by_match") or {}).items() if v}
    if classes:
        names = sorted(classes, key=lambda n: MATCHES.index(n) if n in MATCHES else 9)
        known = [(n, int(classes[n].get("rows") or 0), exact(classes[n].get("co2e_kg")) or Decimal(0)) for n in names]
        whole = add(*(kg for _, _, kg in known))
        parts = [
            (n if n in MATCHES else "none", float(kg), f"{words.get('match.' + n, n)} {percent(ratio(kg, whole))} %")
            for n, _, kg in known
        ]
        blocks.append(
            Chart(
                words("chart.match"),
                words("html.alt-table"),
                lambda p: charts.strip(p, parts, words("chart.match"), words("html.alt-table")),
            )
        )
        blocks.append(
            Table(
                (
                    Column(words("col.class"), "text", 4),
                    Column(words("col.rows"), "num", 1.5),
                    Column(words("col.emissions"), "num", 2),
                    Column(words("col.share"), "num", 1.3),
                ),
                tuple(
                    (
                        Cell(words.get("match." + n, n), match_tone(n)),
                        Cell(grouped(rows)),
                        Cell(tonnes(kg)),
                        Cell(percent(ratio(kg, whole))),
                    )
                    for n, rows, kg in known
                ),
                (
                    Cell(words("total")),
                    Cell(grouped(sum(rows for _, rows, _ in known))),
                    Cell(tonnes(whole)),
                    Cell(percent(ratio(whole, whole))),
                ),
                words("quality.match"),
            )
        )
    labels = reading.data.data_quality
    if not [r for r in labels if r.get("label")]:
        return [*blocks, Note("gap", words("quality.none"))]
    whole = add(*(exact(r.get("co2e_kg")) for r in labels))
    rows = tuple(
        (
            Cell(str(r.get("label") or words("quality.unlabelled")), "" if r.get("label") else "gap"),
            Cell(grouped(int(r.get("rows") or 0))),
            mass(reading, exact(r.get("co2e_kg"))),
            Cell(percent(ratio(exact(r.get("co2e_kg")) or Decimal(0), whole))),
        )
        for r in labels
    )
    return [
        *blocks,
        Heading(words("quality.labels")),
        Table(
            (
                Column(words("col.quality"), "text", 4),
                Column(words("col.rows"), "num", 1.5),
                Column(words("col.emissions"), "num", 2),
                Column(words("col.share"), "num", 1.3),
            ),
            rows,
        ),
    ]
