"""Emissions by scope and category, and both results of scope 2."""

from __future__ import annotations

from decimal import Decimal

from .. import charts
from ..blocks import Block, Cell, Chart, Column, Note, Table, Text
from ..numbers import add, grouped, tonnes
from ..reading import SUMS, Reading
from .common import NAMES, TONES, mass, value_label

ISO_OF_SCOPE3 = {4: 3, 6: 3, 7: 3, 9: 3, 1: 4, 2: 4, 3: 4, 5: 4, 8: 4} | dict.fromkeys(range(10, 16), 5)


def summary(reading: Reading) -> list[Block]:
    """What the report is about, in three sentences."""
    words = reading.words
    if not reading.count("rows_posted"):
        return [Note("bad", words("summary.empty", rows_in=grouped(reading.count("rows_in"))))]
    blocks: list[Block] = [
        Text(
            words(
                "summary.intro",
                organisation=reading.organisation(),
                period=reading.period() or words("period.unknown"),
                gwp=reading.gwp(),
            )
        )
    ]
    if not reading.collected("3"):
        blocks.append(Note("gap", scope3_gap(reading)))
    if unknown := reading.refused(""):
        blocks.append(Note("gap", words("unposted.no-scope", count=grouped(unknown))))
    return blocks


def scope3_gap(reading: Reading) -> str:
    """Why the report states no scope 3."""
    refused = reading.refused("3")
    return reading.words("scope3.refused", count=grouped(refused)) if refused else reading.words("scope3.gap")


def scopes(reading: Reading) -> list[Block]:
    """The sums by scope, both results of scope 2, biogenic CO2 apart, as table and bars."""
    words, total = reading.words, reading.headline()
    if not reading.count("rows_posted"):
        return []
    rows = []
    for name in SUMS:
        kg, refused = reading.total(name), reading.refused(name[5])
        title = words(NAMES[name].replace("scope.", "scope.long.", 1))
        if name == "scope2_market_kg":
            rows.append(
                (Cell(title, TONES[name], words("scope2.beside")), mass(reading, kg, refused=refused), Cell("—", "na"))
            )
        else:
            rows.append((Cell(title, TONES[name]), mass(reading, kg, refused=refused), Cell(reading.share(kg))))
    bio = reading.biogenic()
    rows.append(
        (Cell(words("biogenic.long"), "bio"), Cell("—", "na") if bio is None else mass(reading, bio), Cell("—", "na"))
    )
    table = Table(
        (
            Column(words("col.scope"), "text", 6),
            Column(words("col.emissions"), "num", 2),
            Column(words("col.share"), "num", 1.4),
        ),
        tuple(rows),
        (Cell(reading.headline_label()), Cell(tonnes(total)), Cell(reading.share(total))),
        words("summary.rounding"),
    )
    bars = [
        charts.Bar(words(NAMES[name]), ((TONES[name], float(kg)),), value_label(kg))
        if kg is not None
        else charts.Bar(words(NAMES[name]), (), reading.missing(reading.refused(name[5])), gap=True)
        for name in SUMS
        for kg in [reading.total(name)]
    ]
    title = f"{words('chart.scopes')}{words('unit.bracket')}"
    return [
        Chart(title, words("html.alt-table"), lambda p: charts.bars(p, bars, title, words("html.alt-table"))),
        table,
    ]


def categories(reading: Reading) -> list[Block]:
    """Every category with its sum; scope 2 on both bases, of which one is added."""
    words, found = reading.words, reading.categories()
    if not found:
        return []
    rows, bars = [], []
    for (scope, category, basis), kg in found.items():
        name = reading.category_name(scope, category)
        beside = basis == "market" or not scope
        if not scope and not kg:
            continue  # only biogenic CO2: it has a table of its own
        suffix = (
            f"{words('colon.bracket.open')}{words('basis.' + basis)}{words('colon.bracket.close')}"
            if scope == "2"
            else ""
        )
        rows.append(
            (
                Cell(words(f"scope.{scope or 'none'}")),
                Cell(name + suffix),
                mass(reading, kg),
                Cell("—", "na") if beside else Cell(reading.share(kg)),
            )
        )
        if not beside:
            bars.append(charts.Bar(name, ((f"s{scope}", float(kg)),), value_label(kg)))
    for scope, category in reading.refused_categories():
        gap = mass(reading, None, refused=reading.refused(scope, category))
        rows.append((Cell(words(f"scope.{scope}")), Cell(reading.category_name(scope, category)), gap, Cell("—", "na")))
    total = reading.headline()
    title = f"{words('chart.categories')}{words('unit.bracket')}"
    table = Table(
        (
            Column(words("col.scope"), "text", 1.8),
            Column(words("col.category"), "text", 5),
            Column(words("col.emissions"), "num", 2),
            Column(words("col.share"), "num", 1.4),
        ),
        tuple(rows),
        (Cell(words("total")), Cell(reading.headline_label()), Cell(tonnes(total)), Cell(reading.share(total))),
    )
    legend = tuple((f"s{s}", words(f"scope.{s}")) for s in "123" if reading.collected(s))
    bars.sort(key=lambda bar: -sum(value for _, value in bar.parts))
    return [
        Chart(title, words("html.alt-table"), lambda p: charts.bars(p, bars, title, words("html.alt-table")), legend),
        table,
    ]


def iso_categories(reading: Reading) -> list[Block]:
    """The six categories of ISO 14064-1, derived from the scopes."""
    words = reading.words
    if not reading.categories():
        return [Note("gap", words("categories.none"))]
    sums: dict[int, Decimal | None] = {1: reading.total("scope1_kg"), 2: reading.total("scope2_location_kg")}
    for (scope, category, _), kg in reading.categories().items():
        if scope == "3":
            sums[_iso(category)] = add(sums.get(_iso(category)), kg)
    refused = {1: reading.refused("1"), 2: reading.refused("2")}
    for scope, category in reading.refused_categories():
        if scope == "3":
            refused[_iso(category)] = refused.get(_iso(category), 0) + reading.refused(scope, category)
    rows = tuple(
        (
            Cell(words(f"iso.{n}")),
            mass(reading, sums.get(n), refused=refused.get(n, 0)),
            Cell(reading.share(sums.get(n))),
        )
        for n in range(1, 7)
    )
    table = Table(
        (
            Column(words("col.category"), "text", 6),
            Column(words("col.emissions"), "num", 2),
            Column(words("col.share"), "num", 1.4),
        ),
        rows,
        (Cell(words("total")), Cell(tonnes(reading.headline())), Cell(reading.share(reading.headline()))),
        words("iso.mapping"),
    )
    return [table]


def _iso(category: str) -> int:
    """The ISO category of a scope 3 category; 6 (other) where the row names none."""
    return ISO_OF_SCOPE3.get(int(category) if category.isdigit() else 0, 6)


def scope3(reading: Reading) -> list[Block]:
    """Which scope 3 categories have data, and which have none."""
    words = reading.words
    have = {category for scope, category, _ in reading.categories() if scope == "3"}
    if not have:
        return [Note("gap", scope3_gap(reading))]
    names = [str(n) for n in range(1, 16)]
    refused = [n for n in names if n not in have and reading.refused("3", n)]
    told = {
        "have": [n for n in names if n in have],
        "gap": [n for n in names if n not in have and n not in refused],
        "refused": refused,
    }
    lists = {key: words("comma").join(listed) or "—" for key, listed in told.items()}
    return [Note("gap", words("scope3.partial.refused" if refused else "scope3.partial", **lists))]


def scope2(reading: Reading) -> list[Block]:
    """Both results of scope 2 side by side, by kind of energy."""
    words = reading.words
    if not reading.collected("2"):
        refused = reading.refused("2")
        text = words("scope2.refused", count=grouped(refused)) if refused else words("scope2.none")
        return [Note("gap", text)]
    found = reading.categories()
    kinds = dict.fromkeys(category for scope, category, _ in found if scope == "2")
    kinds |= dict.fromkeys(category for scope, category in reading.refused_categories() if scope == "2")
    rows = tuple(
        (
            Cell(reading.category_name("2", kind)),
            *(
                mass(reading, found.get(("2", kind, basis)), refused=reading.refused("2", kind))
                for basis in ("location", "market")
            ),
        )
        for kind in kinds
    )
    location, market = reading.total("scope2_location_kg"), reading.total("scope2_market_kg")
    table = Table(
        (
            Column(words("col.category"), "text", 4),
            Column(words("scope.2.location"), "num", 2.4),
            Column(words("scope.2.market"), "num", 2.4),
        ),
        rows,
        (Cell(words("total.unit")), mass(reading, location), mass(reading, market)),
    )
    blocks: list[Block] = [Text(words("scope2.both")), table]
    if location == market:
        blocks.append(Note("info", words("scope2.same")))
    return blocks
