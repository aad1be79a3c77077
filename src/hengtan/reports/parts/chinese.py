"""Tables that only the Chinese enterprise form has."""

from __future__ import annotations

from decimal import Decimal

from .. import charts
from ..blocks import Block, Cell, Chart, Column, Facts, Note, Table, Text
from ..numbers import add, exact, grouped, percent, plain, ratio, tonnes
from ..reading import Reading
from .common import mass


def cn_summary(reading: Reading) -> list[Block]:
    """The summary table of the Chinese form: fuel, process, power, heat, recovered; with and without purchased energy."""
    words = reading.words
    if not reading.count("rows_posted"):
        return [Note("bad", words("summary.empty", rows_in=grouped(reading.count("rows_in"))))]
    lines: dict[str, Decimal | None] = dict.fromkeys(("fuel", "process", "fugitive", "other", "power", "heat"))
    for (scope, category, basis), kg in reading.categories().items():
        if (name := _line(scope, category)) and basis != "market":
            lines[name] = add(lines[name], kg)
    refused = dict.fromkeys(lines, 0)
    for scope, category in reading.refused_categories():
        if name := _line(scope, category):
            refused[name] += reading.refused(scope, category)
    direct = add(*(lines[n] for n in ("fuel", "process", "fugitive", "other")))
    total = add(direct, lines["power"], lines["heat"])
    rows = [
        (
            Cell(words("cn." + n)),
            mass(reading, kg, refused=refused[n]),
            Cell("—" if kg is None else percent(ratio(kg, total))),
        )
        for n, kg in lines.items()
        if kg is not None or n != "other" or refused[n]
    ]
    recovered = reading.org.get("recovered")
    rows.append(
        (
            Cell(words("cn.recovered")),
            Cell(str(recovered)) if recovered else Cell(words("not-supplied"), "gap"),
            Cell("—", "na"),
        )
    )
    rows.append(
        (Cell(words("cn.direct"), "strong"), Cell(tonnes(direct), "strong"), Cell(percent(ratio(direct, total))))
    )
    drawn = [
        charts.Bar(words("cn." + n), (("s2" if n in ("power", "heat") else "s1", float(kg)),), tonnes(kg))
        for n, kg in lines.items()
        if kg is not None
    ]
    title = f"{words('chart.categories')}{words('unit.bracket')}"
    blocks: list[Block] = [
        Text(words("cn.equation")),
        Table(
            (
                Column(words("col.category"), "text", 6),
                Column(words("col.emissions"), "num", 2),
                Column(words("col.share"), "num", 1.4),
            ),
            tuple(rows),
            (Cell(words("cn.total")), Cell(tonnes(total)), Cell(percent(ratio(total, total)))),
            words("cn.location") + words("gap") + words("summary.rounding"),
        ),
    ]
    if drawn:
        blocks.insert(
            1, Chart(title, words("html.alt-table"), lambda p: charts.bars(p, drawn, title, words("html.alt-table")))
        )
    blocks.append(
        Note("info", words("cn.scope3", value=reading.shown(reading.total("scope3_kg"), reading.refused("3"))))
    )
    return blocks


def _line(scope: str, category: str) -> str:
    """The line of the Chinese form to which a category belongs; "" for scope 3 and what is outside the scopes."""
    if scope == "1":
        lines = {"stationary": "fuel", "mobile": "fuel", "process": "process", "fugitive": "fugitive"}
        return lines.get(category, "other")
    return ("power" if category == "electricity" else "heat") if scope == "2" else ""


def cn_activity(reading: Reading) -> list[Block]:
    """Activity data by factor: quantity, unit, factor, emissions (scope 2 location-based)."""
    words = reading.words
    rows = [r for r in reading.data.factors if r.get("basis") != "market"]
    if not rows:
        return [Note("gap", words("factors.none"))]
    cells = []
    for row in sorted(rows, key=lambda r: -(exact(r.get("co2e_kg")) or 0)):
        quantity, value, kg = (exact(row.get(k)) for k in ("quantity", "co2e_per_unit", "co2e_kg"))
        name = str((row.get("name_zh") if words.lang == "zh" else "") or row.get("name") or row.get("factor_id"))
        cells.append(
            (
                Cell(name, "", str(row.get("factor_id"))),
                Cell(words("not-supplied"), "gap") if quantity is None else Cell(grouped(quantity, 2)),
                Cell(str(row.get("activity_unit") or "—")),
                Cell("—", "na") if value is None else Cell(plain(value)),
                Cell(grouped(int(row.get("rows") or 0))),
                Cell("—", "na") if kg is None else Cell(tonnes(kg)),
            )
        )
    head = 40 if len(cells) > 45 else 0
    rest = (
        (Cell(words("rest.factors", count=grouped(len(cells) - head)), "strong"), *(Cell("—", "na") for _ in range(5)))
        if head
        else ()
    )
    return [
        Table(
            (
                Column(words("col.factor"), "text", 4),
                Column(words("col.quantity"), "num", 2),
                Column(words("col.unit"), "text", 1),
                Column(words("col.per-unit"), "num", 1.7),
                Column(words("col.rows"), "num", 1),
                Column(words("col.emissions"), "num", 1.7),
            ),
            tuple(cells[:1000]),
            (),
            words("cn.activity.note"),
            head=head,
            rest=rest,
        )
    ]


def cn_signature(reading: Reading) -> list[Block]:
    """The statement of truthfulness with room for signature and seal."""
    words = reading.words
    return [
        Text(words("statement.cn.true")),
        Facts(tuple((words(k), Cell("　", "line")) for k in ("cn.sign.legal", "cn.sign.seal", "cn.sign.date"))),
    ]
