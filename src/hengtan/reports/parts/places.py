"""Emissions by facility, by month, and the largest activities."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hengtan.factors import find_type
from hengtan.inventory.view import Row

from .. import charts
from ..blocks import Block, Cell, Chart, Column, Note, Table
from ..numbers import exact, grouped, percent, ratio, tonnes
from ..reading import SUMS, Reading, located, remainder
from .common import TONES, facility_name, mass, sum_columns, sum_heads, value_label

SHOWN_FACILITIES = 30
CHART_FACILITIES = 12
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _sums(reading: Reading, first: Cell, row: Row, columns: Sequence[str]) -> tuple[Cell, ...]:
    kg = located(row)
    return (
        first,
        *(mass(reading, exact(row.get(name))) for name in columns),
        Cell(tonnes(kg)),
        Cell(percent(ratio(kg, reading.headline()))),
    )


def _total_row(reading: Reading) -> tuple[Cell, ...]:
    return (
        Cell(reading.words("total")),
        *(mass(reading, reading.total(n)) for n in sum_columns(reading)),
        Cell(tonnes(reading.headline())),
        Cell(reading.share(reading.headline())),
    )


def facilities(reading: Reading) -> list[Block]:
    """The largest facilities by scope; the rest is summed and stated."""
    words, rows = reading.words, reading.facility_rows()
    if not [row for row in rows if row.get("facility")]:
        return [Note("gap", words("facilities.unnamed"))]
    columns = sum_columns(reading)
    cells = tuple(
        _sums(reading, Cell(facility_name(reading, row), "", str(row.get("org_unit") or "")), row, columns)
        for row in rows
    )
    named = sum(1 for row in rows if row.get("facility") != "(other)")
    shown = rows[:SHOWN_FACILITIES]
    rest: tuple[Cell, ...] = ()
    count = _facility_count(reading, rows)
    if len(rows) > len(shown):
        left: dict[str, Decimal | None] = {name: remainder(reading.total(name), shown, name) for name in columns}
        rest = _sums(
            reading, Cell(words("rest.facilities", count=grouped(count - len(shown))), "strong"), left, columns
        )
    bars = [
        charts.Bar(facility_name(reading, row), _parts(row), value_label(located(row)))
        for row in rows[:CHART_FACILITIES]
        if row.get("facility") != "(other)"
    ]
    title = f"{words('chart.facilities', count=len(bars))}{words('unit.bracket')}"
    legend = tuple(
        (f"s{s}", words("scope.2.location" if s == "2" else f"scope.{s}")) for s in "123" if reading.collected(s)
    )
    note = (
        words("facilities.shown", shown=len(shown), count=grouped(count), listed=grouped(named))
        if rest
        else words("facilities.all", count=grouped(count))
    )
    return [
        Chart(title, words("html.alt-table"), lambda p: charts.bars(p, bars, title, words("html.alt-table")), legend),
        Table(
            sum_heads(reading, words("col.facility"), 4),
            cells,
            _total_row(reading),
            note + words("gap") + words("unit.note"),
            head=len(shown),
            rest=rest,
        ),
    ]


def _facility_count(reading: Reading, rows: Sequence[Row]) -> int:
    return int((reading.data.manifest.get("counts") or {}).get("facilities") or len(rows))


def _parts(row: Row) -> tuple[tuple[str, float], ...]:
    return tuple((TONES[name], float(exact(row.get(name)) or 0)) for name in SUMS if name != "scope2_market_kg")


def hot_spots(reading: Reading) -> list[Block]:
    """The largest single activities."""
    words, rows = reading.words, reading.data.hot_spots
    if not rows:
        return []
    cells = tuple(
        (
            Cell(str(r.get("facility") or words("no-facility")), "", str(r.get("activity_id") or "")),
            _type(reading, str(r.get("activity_type") or "")),
            mass(reading, exact(r.get("co2e_kg"))),
            Cell(percent(exact(r.get("share")))),
        )
        for r in rows[:12]
    )
    return [
        Table(
            (
                Column(words("col.activity"), "text", 4),
                Column(words("col.type"), "text", 3),
                Column(words("col.emissions"), "num", 1.8),
                Column(words("col.share"), "num", 1.2),
            ),
            cells,
            (),
            words("hot.intro"),
        )
    ]


def _type(reading: Reading, name: str) -> Cell:
    """An activity type in the language of the report, with its id below."""
    kind = find_type(name) if name else None
    return Cell(kind.title[reading.words.lang], "", kind.id) if kind else Cell(name or "—")


def months(reading: Reading) -> list[Block]:
    """Emissions by month as lines and table; a missing month stays a gap."""
    words = reading.words
    by_month = reading.data.summary.get("by_month") or {}
    if not by_month:
        return [Note("gap", words("months.none"))]
    names = sorted(by_month)
    span = calendar_months(names[0], names[-1])
    rows, gap = [], False
    for month in span:
        row = by_month.get(month)
        if row is None:
            gap = True
            rows.append(
                (
                    Cell(month),
                    *(Cell(reading.missing_month(month), "gap") for _ in sum_columns(reading)),
                    Cell("—", "na"),
                    Cell("—", "na"),
                )
            )
        else:
            rows.append(_sums(reading, Cell(month), row, sum_columns(reading)))
    table = Table(
        sum_heads(reading, words("col.month"), 2),
        tuple(rows),
        _total_row(reading),
        words("months.split") + words("gap") + words("unit.note"),
    )
    values = {m: by_month[m] for m in span if m in by_month}
    lines = [
        charts.Line(
            words("total"), "ink", tuple(float(located(values[m])) / 1000 if m in values else None for m in span), True
        )
    ]
    for name in SUMS:
        if reading.collected(name[5]) and name != "scope2_market_kg":
            lines.append(
                charts.Line(
                    words("scope." + name[5]),
                    TONES[name],
                    tuple(float(exact(values[m].get(name)) or 0) / 1000 if m in values else None for m in span),
                )
            )
    band = [_band(values.get(m)) for m in span]
    title = f"{words('chart.months')}{words('unit.bracket')}"
    blocks: list[Block] = [
        Chart(
            title,
            words("html.alt-table"),
            lambda p: charts.months(
                p,
                [_month_label(m, reading.words.lang, len(span)) for m in span],
                lines,
                band,
                "",
                title,
                words("html.alt-table"),
            ),
        )
    ]
    if any(band):
        blocks.append(Note("info", words("months.band")))
    if gap:
        blocks.append(Note("gap", words("months.gap")))
    return [*blocks, table]


def _band(row: Row | None) -> tuple[float, float] | None:
    low, high = (exact(row.get(k)) if row else None for k in ("p2_5_kg", "p97_5_kg"))
    return None if low is None or high is None else (float(low) / 1000, float(high) / 1000)


def calendar_months(first: str, last: str) -> list[str]:
    """Every month from the first to the last, both included; at most 600."""
    year, month = int(first[:4]), int(first[5:7])
    span: list[str] = []
    while f"{year:04d}-{month:02d}" <= last and len(span) < 600:
        span.append(f"{year:04d}-{month:02d}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return span


def _month_label(month: str, lang: str, count: int) -> str:
    if count > 12:
        return month
    number = int(month[5:7])
    return f"{number}月" if lang == "zh" else MONTHS[number - 1]
