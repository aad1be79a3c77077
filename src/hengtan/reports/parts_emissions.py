"""The parts of a report that state emissions: summary, scopes, categories, gases, facilities, months."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hengtan.inventory.view import Row

from . import charts
from .blocks import Block, Cell, Chart, Column, Note, Table, Text
from .numbers import add, exact, grouped, percent, ratio, tonnes
from .reading import SUMS, Reading, located, remainder

SHOWN_FACILITIES = 30
CHART_FACILITIES = 12
TONES = {"scope1_kg": "s1", "scope2_location_kg": "s2", "scope2_market_kg": "s2m", "scope3_kg": "s3"}
NAMES = {"scope1_kg": "scope.1", "scope2_location_kg": "scope.2.location", "scope2_market_kg": "scope.2.market",
         "scope3_kg": "scope.3"}
ISO_OF_SCOPE3 = {4: 3, 6: 3, 7: 3, 9: 3, 1: 4, 2: 4, 3: 4, 5: 4, 8: 4} | dict.fromkeys(range(10, 16), 5)


def mass(reading: Reading, kg: Decimal | None, tone: str = "") -> Cell:
    """A mass in t, or the look of a gap."""
    return Cell(reading.words("not-collected"), "gap") if kg is None else Cell(tonnes(kg), tone)


def value_label(kg: Decimal) -> str:
    """A chart label: whole tonnes, or two decimals when the value is small."""
    return tonnes(kg, 0) if abs(kg) >= 100_000 else tonnes(kg)


def summary(reading: Reading) -> list[Block]:
    """What the report is about, in three sentences."""
    words = reading.words
    if not reading.count("rows_posted"):
        return [Note("bad", words("summary.empty", rows_in=grouped(reading.count("rows_in"))))]
    blocks: list[Block] = [Text(words("summary.intro", organisation=reading.organisation(),
                                      period=reading.period() or "—", gwp=reading.gwp()))]
    if not reading.collected("3"):
        blocks.append(Note("gap", words("scope3.gap")))
    return blocks


def scopes(reading: Reading) -> list[Block]:
    """The sums by scope, both results of scope 2, biogenic CO2 apart, as table and bars."""
    words, total = reading.words, reading.headline()
    if not reading.count("rows_posted"):
        return []
    rows = []
    for name in SUMS:
        kg = reading.total(name)
        title = words(NAMES[name].replace("scope.", "scope.long.", 1))
        if name == "scope2_market_kg":
            rows.append((Cell(title, TONES[name], words("scope2.beside")), mass(reading, kg), Cell("—", "na")))
        else:
            rows.append((Cell(title, TONES[name]), mass(reading, kg), Cell(reading.share(kg))))
    bio = reading.biogenic()
    rows.append((Cell(words("biogenic.long"), "bio"), Cell("—", "na") if bio is None else mass(reading, bio), Cell("—", "na")))
    table = Table((Column(words("col.scope"), "text", 6), Column(words("col.emissions"), "num", 2),
                   Column(words("col.share"), "num", 1.4)), tuple(rows),
                  (Cell(reading.headline_label()), Cell(tonnes(total)), Cell(reading.share(total))),
                  words("summary.rounding"))
    bars = [charts.Bar(words(NAMES[name]), ((TONES[name], float(kg)),), value_label(kg)) if kg is not None
            else charts.Bar(words(NAMES[name]), (), words("not-collected"), gap=True)
            for name in SUMS for kg in [reading.total(name)]]
    title = f"{words('chart.scopes')}{words('unit.bracket')}"
    return [Chart(title, words("html.alt-table"), lambda p: charts.bars(p, bars, title, words("html.alt-table"))), table]


def categories(reading: Reading) -> list[Block]:
    """Every category with its sum; scope 2 on both bases, of which one is added."""
    words, found = reading.words, reading.categories()
    if not found:
        return []
    rows, bars = [], []
    for (scope, category, basis), kg in found.items():
        name = reading.category_name(scope, category)
        beside = basis == "market" or not scope
        suffix = f"{words('colon.bracket.open')}{words('basis.' + basis)}{words('colon.bracket.close')}" if scope == "2" else ""
        rows.append((Cell(words(f"scope.{scope or 'none'}")), Cell(name + suffix), mass(reading, kg),
                     Cell("—", "na") if beside else Cell(reading.share(kg))))
        if not beside:
            bars.append(charts.Bar(name, ((f"s{scope}", float(kg)),), value_label(kg)))
    total = reading.headline()
    title = f"{words('chart.categories')}{words('unit.bracket')}"
    table = Table((Column(words("col.scope"), "text", 1.8), Column(words("col.category"), "text", 5),
                   Column(words("col.emissions"), "num", 2), Column(words("col.share"), "num", 1.4)), tuple(rows),
                  (Cell(reading.headline_label()), Cell(""), Cell(tonnes(total)), Cell(reading.share(total))))
    legend = tuple((f"s{s}", words(f"scope.{s}")) for s in "123" if reading.collected(s))
    bars.sort(key=lambda bar: -sum(value for _, value in bar.parts))
    return [Chart(title, words("html.alt-table"), lambda p: charts.bars(p, bars, title, words("html.alt-table")), legend), table]


def iso_categories(reading: Reading) -> list[Block]:
    """The six categories of ISO 14064-1, derived from the scopes."""
    words = reading.words
    sums: dict[int, Decimal | None] = {1: reading.total("scope1_kg"), 2: reading.total("scope2_location_kg")}
    for (scope, category, _), kg in reading.categories().items():
        if scope == "3":
            number = ISO_OF_SCOPE3.get(int(category) if category.isdigit() else 0, 6)
            sums[number] = add(sums.get(number), kg)
    rows = tuple((Cell(words(f"iso.{n}")), mass(reading, sums.get(n)), Cell(reading.share(sums.get(n)))) for n in range(1, 7))
    table = Table((Column(words("col.category"), "text", 6), Column(words("col.emissions"), "num", 2),
                   Column(words("col.share"), "num", 1.4)), rows,
                  (Cell(words("total")), Cell(tonnes(reading.headline())), Cell(reading.share(reading.headline()))),
                  words("iso.mapping"))
    return [table]


def scope3(reading: Reading) -> list[Block]:
    """Which scope 3 categories have data, and which have none."""
    words = reading.words
    have = {category for scope, category, _ in reading.categories() if scope == "3"}
    if not have:
        return [Note("gap", words("scope3.gap"))]
    names = [str(n) for n in range(1, 16)]
    listed = [n for n in names if n in have]
    return [Note("gap", words("scope3.partial", have=words("comma").join(listed) or "—",
                              gap=words("comma").join(n for n in names if n not in have) or "—"))]


def scope2(reading: Reading) -> list[Block]:
    """Both results of scope 2 side by side, by kind of energy."""
    words = reading.words
    if not reading.collected("2"):
        return [Note("gap", words("scope2.none"))]
    found = reading.categories()
    kinds = dict.fromkeys(category for scope, category, _ in found if scope == "2")
    rows = tuple((Cell(reading.category_name("2", kind)), mass(reading, found.get(("2", kind, "location"))),
                  mass(reading, found.get(("2", kind, "market")))) for kind in kinds)
    location, market = reading.total("scope2_location_kg"), reading.total("scope2_market_kg")
    table = Table((Column(words("col.category"), "text", 4), Column(words("scope.2.location"), "num", 2.4),
                   Column(words("scope.2.market"), "num", 2.4)), rows,
                  (Cell(words("total.unit")), mass(reading, location), mass(reading, market)))
    blocks: list[Block] = [Text(words("scope2.both")), table]
    if location == market:
        blocks.append(Note("info", words("scope2.same")))
    return blocks


def gases(reading: Reading) -> list[Block]:
    """Masses of the gases by scope and category, and what cannot be split."""
    words, unsplit = reading.words, reading.unsplit()
    names = ("co2_kg", "ch4_kg", "n2o_kg", "other_co2e_kg", "co2e_kg")
    rows = []
    total: dict[str, Decimal | None] = dict.fromkeys(names)
    listed = [row for row in reading.data.gases if row.get("scope") is not None]
    listed.sort(key=lambda r: (str(r["scope"]), str(r.get("basis")), -(exact(r.get("co2e_kg")) or 0)))
    for row in listed:
        scope, basis = str(row["scope"]), str(row.get("basis") or "-")
        values = [exact(row.get(name)) for name in names]
        title = words("scope.2." + basis) if scope == "2" else words("scope." + scope)
        rows.append((Cell(reading.category_name(scope, str(row.get("category") or "")), "", title),
                     *(Cell(words("not-split"), "gap") if v is None else Cell(tonnes(v)) for v in values)))
        if basis != "market":
            for name, value in zip(names, values, strict=True):
                if value is not None:
                    total[name] = add(total[name], value)
    if not rows:
        return []
    blocks: list[Block] = []
    if all(total[name] is None for name in names[:3]):
        blocks.append(Note("gap", words("gases.none", value=tonnes(unsplit))))
    elif unsplit:
        blocks.append(Note("gap", words("gases.unsplit", value=tonnes(unsplit))))
    columns = (Column(words("col.category"), "text", 3.4), *(Column(words(c), "num", 1.5) for c in
               ("col.co2", "col.ch4", "col.n2o", "col.other", "col.total")))
    blocks.append(Table(columns, tuple(rows), (Cell(words("total.location")), *(
        Cell(words("not-split"), "gap") if v is None else Cell(tonnes(v)) for v in total.values())),
        words("gases.mass", gwp=reading.gwp())))
    return blocks


def biogenic(reading: Reading) -> list[Block]:
    """Biogenic CO2, apart from everything else."""
    words, total = reading.words, reading.biogenic()
    if total is None:
        return [Note("info", words("biogenic.none"))]
    rows = []
    for row in reading.data.gases:
        kg = exact(row.get("biogenic_co2_kg"))
        if kg and row.get("basis") != "market":
            scope = "" if row.get("scope") is None else str(row["scope"])
            rows.append((Cell(words(f"scope.{scope or 'none'}")), Cell(reading.category_name(scope, str(row.get("category") or ""))),
                         Cell(tonnes(kg))))
    table = Table((Column(words("col.scope"), "text", 2), Column(words("col.category"), "text", 5),
                   Column(words("col.biogenic"), "num", 2)), tuple(rows), (Cell(words("total")), Cell(""), Cell(tonnes(total))))
    return [Text(words("biogenic.some")), table]


def _sums(reading: Reading, first: Cell, row: Row, columns: Sequence[str]) -> tuple[Cell, ...]:
    kg = located(row)
    return (first, *(mass(reading, exact(row.get(name))) for name in columns), Cell(tonnes(kg)),
            Cell(percent(ratio(kg, reading.headline()))))


def sum_columns(reading: Reading) -> list[str]:
    """The scope sums that this run has."""
    return [name for name in SUMS if reading.collected(name[5])]


def sum_heads(reading: Reading, first: str, wide: float) -> tuple[Column, ...]:
    """Column heads of a table of scope sums."""
    heads = {"scope1_kg": "col.s1", "scope2_location_kg": "col.s2", "scope2_market_kg": "col.s2m", "scope3_kg": "col.s3"}
    return (Column(first, "text", wide), *(Column(reading.words(heads[n]), "num", 1.5) for n in sum_columns(reading)),
            Column(reading.words("col.sum"), "num", 1.6), Column(reading.words("col.share"), "num", 1.1))


def _total_row(reading: Reading) -> tuple[Cell, ...]:
    return (Cell(reading.words("total")), *(mass(reading, reading.total(n)) for n in sum_columns(reading)),
            Cell(tonnes(reading.headline())), Cell(reading.share(reading.headline())))


def facility_name(reading: Reading, row: Row) -> str:
    """The name as filed; the two that stand for none have words of ours."""
    name = str(row.get("facility") or "")
    return reading.words("no-facility") if not name else reading.words("rest.row") if name == "(other)" else name


def facilities(reading: Reading) -> list[Block]:
    """The largest facilities by scope; the rest is summed and stated."""
    words, rows = reading.words, reading.facility_rows()
    if not [row for row in rows if row.get("facility")]:
        return [Note("gap", words("facilities.unnamed"))]
    columns = sum_columns(reading)
    cells = tuple(_sums(reading, Cell(facility_name(reading, row), "", str(row.get("org_unit") or "")), row, columns) for row in rows)
    shown = rows[:SHOWN_FACILITIES]
    rest: tuple[Cell, ...] = ()
    count = _facility_count(reading, rows)
    if len(rows) > len(shown):
        left: dict[str, Decimal | None] = {name: remainder(reading.total(name), shown, name) for name in columns}
        rest = _sums(reading, Cell(words("rest.facilities", count=grouped(count - len(shown))), "strong"), left, columns)
    bars = [charts.Bar(facility_name(reading, row), _parts(row), value_label(located(row)))
            for row in rows[:CHART_FACILITIES] if row.get("facility") != "(other)"]
    title = f"{words('chart.facilities', count=len(bars))}{words('unit.bracket')}"
    legend = tuple((f"s{s}", words("scope.2.location" if s == "2" else f"scope.{s}")) for s in "123" if reading.collected(s))
    note = (words("facilities.shown", shown=len(shown), count=grouped(count), listed=grouped(len(rows))) if rest
            else words("facilities.all", count=grouped(count)))
    return [Chart(title, words("html.alt-table"), lambda p: charts.bars(p, bars, title, words("html.alt-table")), legend),
            Table(sum_heads(reading, words("col.facility"), 4), cells, _total_row(reading), note + words("gap") + words("unit.note"),
                  head=len(shown), rest=rest)]


def _facility_count(reading: Reading, rows: Sequence[Row]) -> int:
    return int((reading.data.manifest.get("counts") or {}).get("facilities") or len(rows))


def _parts(row: Row) -> tuple[tuple[str, float], ...]:
    return tuple((TONES[name], float(exact(row.get(name)) or 0)) for name in SUMS if name != "scope2_market_kg")


def hot_spots(reading: Reading) -> list[Block]:
    """The largest single activities."""
    words, rows = reading.words, reading.data.hot_spots
    if not rows:
        return []
    cells = tuple((Cell(str(r.get("facility") or words("no-facility")), "", str(r.get("activity_id") or "")),
                   Cell(str(r.get("activity_type") or "—")), mass(reading, exact(r.get("co2e_kg"))),
                   Cell(percent(exact(r.get("share"))))) for r in rows[:12])
    return [Table((Column(words("col.activity"), "text", 4), Column(words("col.type"), "text", 3),
                   Column(words("col.emissions"), "num", 1.8), Column(words("col.share"), "num", 1.2)), cells, (),
                  words("hot.intro"))]


def months(reading: Reading) -> list[Block]:
    """Emissions by month as lines and table; a missing month stays a gap."""
    words = reading.words
    by_month = reading.data.summary.get("by_month") or {}
    if not by_month:
        return [Note("gap", words("months.none"))]
    names = sorted(by_month)
    span = _calendar(names[0], names[-1])
    rows, gap = [], False
    for month in span:
        row = by_month.get(month)
        if row is None:
            gap = True
            rows.append((Cell(month), *(Cell(words("not-collected"), "gap") for _ in sum_columns(reading)), Cell("—", "na"), Cell("—", "na")))
        else:
            rows.append(_sums(reading, Cell(month), row, sum_columns(reading)))
    table = Table(sum_heads(reading, words("col.month"), 2), tuple(rows), _total_row(reading),
                  words("months.split") + words("gap") + words("unit.note"))
    values = {m: by_month[m] for m in span if m in by_month}
    lines = [charts.Line(words("total"), "ink", tuple(float(located(values[m])) / 1000 if m in values else None for m in span), True)]
    for name in SUMS:
        if reading.collected(name[5]) and name != "scope2_market_kg":
            lines.append(charts.Line(words("scope." + name[5]), TONES[name],
                                     tuple(float(exact(values[m].get(name)) or 0) / 1000 if m in values else None for m in span)))
    band = [_band(values.get(m)) for m in span]
    title = f"{words('chart.months')}{words('unit.bracket')}"
    blocks: list[Block] = [Chart(title, words("html.alt-table"), lambda p: charts.months(
        p, [_month_label(m, reading.words.lang, len(span)) for m in span], lines, band, "", title, words("html.alt-table")))]
    if any(band):
        blocks.append(Note("info", words("months.band")))
    if gap:
        blocks.append(Note("gap", words("months.gap")))
    return [*blocks, table]


def _band(row: Row | None) -> tuple[float, float] | None:
    low, high = (exact(row.get(k)) if row else None for k in ("p2_5_kg", "p97_5_kg"))
    return None if low is None or high is None else (float(low) / 1000, float(high) / 1000)


def _calendar(first: str, last: str) -> list[str]:
    """Every month from the first to the last, both included; at most 600."""
    year, month = int(first[:4]), int(first[5:7])
    span = []
    while f"{year:04d}-{month:02d}" <= last and len(span) < 600:
        span.append(f"{year:04d}-{month:02d}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return span


def _month_label(month: str, lang: str, count: int) -> str:
    if count > 12:
        return month
    number = int(month[5:7])
    return f"{number}月" if lang == "zh" else "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[number - 1]

