"""The parts that say how the figures came about: organisation, boundary, methods, GWP, factors, uncertainty, quality."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hengtan.inventory.view import Row

from . import charts
from .blocks import Block, Cell, Chart, Column, Facts, Heading, Note, Table, Text
from .numbers import add, exact, grouped, minus, percent, plain, ratio, tonnes
from .parts_emissions import TONES, mass
from .reading import MATCHES, Reading

SHOWN_FACTORS = 40
INTERVALS = ("scope1", "scope2_location", "scope2_market", "scope3", "total")


def supplied(reading: Reading, key: str) -> Cell:
    """What the organisation says of itself, or that it has to."""
    value = reading.org.get(key)
    if value:
        return Cell(str(value))
    who = reading.words("who.verifier" if key == "verification" else "who.organisation")
    return Cell(reading.words("supplied-by", who=who), "gap")


def fields(reading: Reading, keys: Sequence[str]) -> tuple[tuple[str, Cell], ...]:
    """The fields that a standard wants of the organisation."""
    return tuple((reading.words("org." + key), supplied(reading, key)) for key in keys)


def organisation(reading: Reading) -> list[Block]:
    """Who reports, for which period."""
    words, period = reading.words, reading.period()
    who = words("supplied-by", who=words("who.run"))
    return [Facts((*fields(reading, reading.spec.get("fields", ())),
                   (words("period"), Cell(period) if period else Cell(who, "gap")),
                   (words("created"), Cell(str(reading.data.manifest.get("created") or "—")))))]


def boundary(reading: Reading) -> list[Block]:
    """How the boundary was drawn, as far as the run knows it."""
    words, options = reading.words, reading.options
    approach = str(options.get("approach") or "").replace("-", "_")
    known = words.get("approach." + approach, approach) if approach else words("supplied-by", who=words("who.organisation"))
    collected = [words("scope." + s) for s in "123" if reading.collected(s)]
    facts = [(words("approach"), Cell(known, "" if approach else "gap")),
             *fields(reading, reading.spec.get("fields", ())),
             (words("boundary.facilities"), Cell(grouped(int((reading.data.manifest.get("counts") or {}).get("facilities") or len(
                 [r for r in reading.facility_rows() if r.get("facility")]))))),
             (words("boundary.scopes"), Cell(words("comma").join(collected) or words("not-collected"))),
             (words("upstream"), Cell(words("upstream.on" if options.get("upstream") else "upstream.off")))]
    return [Facts(tuple(facts))]


def methods(reading: Reading) -> list[Block]:
    """The equations used, each with its standard."""
    words, rows = reading.words, reading.data.methods
    extra: list[Block] = [Facts(fields(reading, reading.spec["fields"]))] if reading.spec.get("fields") else []
    if not rows:
        return [Note("gap", words("methods.none")), *extra]
    cells = tuple((Cell(str(r.get("title_" + words.lang) or r.get("title_en") or r.get("id")), "", str(r.get("id") or "")),
                   Cell(str(r.get("standard") or "—")), Cell(str(r.get("equation") or "—"), "mono"),
                   Cell(grouped(int(r.get("rows") or 0)))) for r in rows)
    table = Table((Column(words("col.method"), "text", 3.4), Column(words("xl.standard"), "text", 3.2),
                   Column(words("col.equation"), "text", 3.2), Column(words("col.rows"), "num", 1.2)), cells)
    return [Text(words("methods.intro")), table, *extra]


def gwp(reading: Reading) -> list[Block]:
    """The GWP set and where its values come from."""
    words, name = reading.words, reading.gwp()
    blocks: list[Block] = [Facts(((words("gwp"), Cell(name, "strong")),
                                  (words("col.source"), Cell(words.get("gwp.source." + name, "—")))))]
    values = _gwp_values(name)
    if values:
        blocks.append(Table((Column(words("col.gas"), "text", 3), Column(words("col.set"), "num", 1.6)),
                            tuple((Cell(gas), Cell(value)) for gas, value in values)))
    blocks.append(Text(words("gwp.factors")))
    if name in ("SAR", "AR4", "AR5", "AR5F"):
        blocks.append(Note("info", words("gwp.not-latest")))
    return blocks


def _gwp_values(name: str) -> list[tuple[str, str]]:
    """The main gases of a set; AR6 knows CH4 by its origin."""
    from hengtan import gases
    if name not in getattr(gases, "SETS", ()):
        return []
    wanted = [("CO₂", "CO2", "unknown"), ("CH₄", "CH4", "unknown"), ("N₂O", "N2O", "unknown"), ("SF₆", "SF6", "unknown"),
              ("NF₃", "NF3", "unknown")]
    if name == "AR6":
        wanted[1:2] = [("CH₄ (fossil)", "CH4", "fossil"), ("CH₄ (biogenic)", "CH4", "biogenic"), ("CH₄ (unknown)", "CH4", "unknown")]
    found = []
    for label, gas, origin in wanted:
        try:
            found.append((label, plain(gases.gwp(gas, name, origin))))
        except LookupError:   # a set that does not know the gas (NF3 in SAR): no line
            continue
    return found


def match_tone(name: str) -> str:
    """The dot of a match class; several classes joined by ``;`` show the worst."""
    classes = [part for part in name.split(";") if part in MATCHES]
    return f"match-{max(classes, key=MATCHES.index)}" if classes else ""


def factor_name(reading: Reading, row: Row) -> str:
    """The name in the language of the report where it has one."""
    return str((row.get("name_zh") if reading.words.lang == "zh" else "") or row.get("name") or row.get("factor_id"))


def valid(reading: Reading, row: Row) -> str:
    """``CA-ON, 2018``: region and years, or the days where they are no whole years."""
    start, end = str(row.get("valid_from") or ""), str(row.get("valid_to") or "")
    if start[4:] == "-01-01" and end[4:] == "-12-31":
        years = start[:4] if start[:4] == end[:4] else f"{start[:4]} – {end[:4]}"
    else:
        years = f"{start} – {end or reading.words('open-end')}" if start or end else ""
    return ", ".join(part for part in (str(row.get("region") or ""), years) if part)


def _factor_rows(reading: Reading) -> list[Row]:
    return sorted(reading.data.factors, key=lambda r: (-(exact(r.get("co2e_kg")) or 0), str(r.get("factor_id")), str(r.get("basis"))))


def factors(reading: Reading) -> list[Block]:
    """Every factor with its value, validity and how well it fits."""
    words, rows = reading.words, _factor_rows(reading)
    if not rows:
        return [Note("gap", words("factors.none"))]
    blocks: list[Block] = [Text(words("factors.intro", count=grouped(len({r.get("factor_id") for r in rows}))))]
    doubtful = [r for r in rows if r.get("unverified")]
    if doubtful:
        kg = add(*(exact(r.get("co2e_kg")) for r in doubtful if r.get("basis") != "market"))
        blocks.append(Note("warn", words("factors.unverified", count=len({r.get("factor_id") for r in doubtful}), value=tonnes(kg))))
    cells = []
    for row in rows:
        value, kg = exact(row.get("co2e_per_unit")), exact(row.get("co2e_kg"))
        flag = words("unverified") if row.get("unverified") else ""
        basis = str(row.get("basis") or "-")
        match = str(row.get("match") or "")
        cells.append((
            Cell(factor_name(reading, row), "warn" if flag else "", words("stop").join(p for p in (str(row.get("factor_id")), flag) if p)),
            Cell(words("not-split") if value is None else plain(value), "gap" if value is None else "", f"/ {row.get('activity_unit') or '?'}"),
            Cell(valid(reading, row), "", str(row.get("gwp_set") or "")),
            Cell(words.get("match." + match, match or "—"), match_tone(match), "" if basis == "-" else words.get("basis." + basis, basis)),
            Cell(grouped(int(row.get("rows") or 0))), mass(reading, kg)))
    head = SHOWN_FACTORS if len(cells) > SHOWN_FACTORS + 5 else 0
    rest: tuple[Cell, ...] = ()
    if head:
        left = rows[head:]
        rest = (Cell(words("rest.factors", count=grouped(len(left))), "strong"), Cell("—", "na"), Cell("—", "na"), Cell("—", "na"),
                Cell(grouped(sum(int(r.get("rows") or 0) for r in left))), Cell("—", "na"))
    blocks.append(Table((Column(words("col.factor"), "text", 4.2), Column(words("col.per-unit"), "num", 1.7),
                         Column(words("col.region"), "text", 2.2), Column(words("col.match"), "text", 1.8),
                         Column(words("col.rows"), "num", 1), Column(words("col.emissions"), "num", 1.7)),
                        tuple(cells[:1000]), (), words("factors.note"), head=head, rest=rest))
    return blocks


def sources(reading: Reading) -> list[Block]:
    """Where each factor stands written, since when, and under which licence."""
    words = reading.words
    rows = list({str(r.get("factor_id")): r for r in _factor_rows(reading)}.values())
    if not rows:
        return []
    cells = []
    for row in rows:
        published = str(row.get("published") or "—") + (" " + words("published.assumed") if row.get("published_assumed") else "")
        title = words("stop").join(str(row[k]) for k in ("source_title", "source_table") if row.get(k)) or words("not-supplied")
        cells.append((Cell(str(row.get("factor_id")), "mono"), Cell(title, "", str(row.get("source_url") or "")),
                      Cell(published), Cell(str(row.get("licence") or words("not-supplied")), "" if row.get("licence") else "gap")))
    head = SHOWN_FACTORS if len(cells) > SHOWN_FACTORS + 5 else 0
    rest = (Cell(words("rest.factors", count=grouped(len(cells) - head)), "strong"), Cell(words("rest.xlsx")), Cell("—", "na"), Cell("—", "na")) if head else ()
    return [Heading(words("sources.heading")),
            Table((Column(words("col.factor"), "mono", 2.6), Column(words("col.source"), "text", 5), Column(words("col.published"), "text", 1.5),
                   Column(words("col.licence"), "text", 2)), tuple(cells[:1000]), head=head, rest=rest)]


def uncertainty(reading: Reading) -> list[Block]:
    """95 % intervals by scope, or that nothing is known of them."""
    words = reading.words
    names = [n for n in (*INTERVALS, *sorted(set(reading.data.summary.get("uncertainty") or {}) - set(INTERVALS))) if reading.interval(n)]
    if not names:
        return [Note("gap", words("uncertainty.none"))]
    rows, drawn = [], []
    for name in names:
        interval = reading.interval(name)
        assert interval is not None
        low, high = interval
        kg = reading.headline() if name == "total" else reading.total(name + "_kg") if name + "_kg" in TONES else None
        label = words("total.location") if name == "total" else words("scope." + name[5:].replace("_", ".")) if name + "_kg" in TONES else name
        half = None if kg is None else ratio(minus(high, low) / 2, kg)
        rows.append((Cell(label, TONES.get(name + "_kg", "")), mass(reading, kg), Cell(tonnes(low)), Cell(tonnes(high)), Cell(percent(half))))
        if kg is not None:
            short = words("total") if name == "total" else label
            drawn.append((short, TONES.get(name + "_kg", "ink"), float(low) / 1000, float(kg) / 1000, float(high) / 1000,
                          f"{tonnes(low, 0)} – {tonnes(high, 0)}"))
    draws = int(reading.options.get("draws") or 0)
    title = f"{words('chart.uncertainty')}{words('unit.bracket')}"
    blocks: list[Block] = [Text(words("uncertainty.draws", draws=grouped(draws)) if draws else words("uncertainty.closed"))]
    if drawn:
        blocks.append(Chart(title, words("html.alt-table"), lambda p: charts.intervals(p, drawn, title, words("html.alt-table"))))
    blocks.append(Table((Column(words("col.scope"), "text", 4), Column(words("col.value"), "num", 2), Column(words("col.low"), "num", 1.8),
                         Column(words("col.high"), "num", 1.8), Column(words("col.half"), "num", 1)), tuple(rows)))
    return blocks


def quality(reading: Reading) -> list[Block]:
    """How well the factors fit, and what the activity data say of their own quality."""
    words = reading.words
    blocks: list[Block] = []
    classes = {n: v for n, v in (reading.data.summary.get("by_match") or {}).items() if v}
    if classes:
        names = sorted(classes, key=lambda n: MATCHES.index(n) if n in MATCHES else 9)
        known = [(n, int(classes[n].get("rows") or 0), exact(classes[n].get("co2e_kg")) or Decimal(0)) for n in names]
        whole = add(*(kg for _, _, kg in known))
        parts = [(n if n in MATCHES else "none", float(kg), f"{words.get('match.' + n, n)} {percent(ratio(kg, whole))} %") for n, _, kg in known]
        blocks.append(Chart(words("chart.match"), words("html.alt-table"),
                            lambda p: charts.strip(p, parts, words("chart.match"), words("html.alt-table"))))
        blocks.append(Table((Column(words("col.class"), "text", 4), Column(words("col.rows"), "num", 1.5),
                             Column(words("col.emissions"), "num", 2), Column(words("col.share"), "num", 1.3)),
                            tuple((Cell(words.get("match." + n, n), match_tone(n)), Cell(grouped(rows)), Cell(tonnes(kg)),
                                   Cell(percent(ratio(kg, whole)))) for n, rows, kg in known),
                            (Cell(words("total")), Cell(grouped(sum(rows for _, rows, _ in known))), Cell(tonnes(whole)), Cell(percent(ratio(whole, whole)))),
                            words("quality.match")))
    labels = reading.data.data_quality
    if not [r for r in labels if r.get("label")]:
        return [*blocks, Note("gap", words("quality.none"))]
    whole = add(*(exact(r.get("co2e_kg")) for r in labels))
    rows = tuple((Cell(str(r.get("label") or words("quality.unlabelled")), "" if r.get("label") else "gap"), Cell(grouped(int(r.get("rows") or 0))),
                  mass(reading, exact(r.get("co2e_kg"))), Cell(percent(ratio(exact(r.get("co2e_kg")) or Decimal(0), whole)))) for r in labels)
    return [*blocks, Heading(words("quality.labels")),
            Table((Column(words("col.quality"), "text", 4), Column(words("col.rows"), "num", 1.5), Column(words("col.emissions"), "num", 2),
                   Column(words("col.share"), "num", 1.3)), rows)]
