"""The factors used: value, validity, match class, source, licence."""

from __future__ import annotations

from hengtan.inventory.view import Row

from ..blocks import Block, Cell, Column, Heading, Note, Table, Text
from ..numbers import add, exact, grouped, plain, tonnes
from ..reading import Reading
from .common import factor_name, mass, match_tone

SHOWN_FACTORS = 40


def valid(reading: Reading, row: Row) -> str:
    """``CA-ON, 2018``: region and years, or the days where they are no whole years."""
    start, end = str(row.get("valid_from") or ""), str(row.get("valid_to") or "")
    if start[4:] == "-01-01" and end[4:] == "-12-31":
        years = start[:4] if start[:4] == end[:4] else f"{start[:4]} – {end[:4]}"
    else:
        years = f"{start} – {end or reading.words('open-end')}" if start or end else ""
    return ", ".join(part for part in (str(row.get("region") or ""), years) if part)


def _factor_rows(reading: Reading) -> list[Row]:
    return sorted(
        reading.data.factors,
        key=lambda r: (-(exact(r.get("co2e_kg")) or 0), str(r.get("factor_id")), str(r.get("basis"))),
    )


def factors(reading: Reading) -> list[Block]:
    """Every factor with its value, validity and how well it fits."""
    words, rows = reading.words, _factor_rows(reading)
    if not rows:
        return [Note("gap", words("factors.none"))]
    blocks: list[Block] = [Text(words("factors.intro", count=grouped(len({r.get("factor_id") for r in rows}))))]
    doubtful = [r for r in rows if r.get("unverified")]
    if doubtful:
        weight = add(*(exact(r.get("co2e_kg")) for r in doubtful if r.get("basis") != "market"))
        blocks.append(
            Note(
                "warn",
                words("factors.unverified", count=len({r.get("factor_id") for r in doubtful}), value=tonnes(weight)),
            )
        )
    cells = []
    for row in rows:
        value, kg = exact(row.get("co2e_per_unit")), exact(row.get("co2e_kg"))
        flag = words("unverified") if row.get("unverified") else ""
        basis = str(row.get("basis") or "-")
        match = str(row.get("match") or "")
        cells.append(
            (
                Cell(
                    factor_name(reading, row),
                    "warn" if flag else "",
                    words("stop").join(p for p in (str(row.get("factor_id")), flag) if p),
                ),
                Cell(
                    "—" if value is None else plain(value),
                    "na" if value is None else "",
                    f"/ {row['activity_unit']}" if row.get("activity_unit") else "",
                ),
                Cell(valid(reading, row), "", str(row.get("gwp_set") or "")),
                Cell(
                    words.get("match." + match, match or "—"),
                    match_tone(match),
                    "" if basis == "-" else words.get("basis." + basis, basis),
                ),
                Cell(grouped(int(row.get("rows") or 0))),
                Cell("—", "na") if kg is None else mass(reading, kg),
            )
        )
    head = SHOWN_FACTORS if len(cells) > SHOWN_FACTORS + 5 else 0
    rest: tuple[Cell, ...] = ()
    if head:
        left = rows[head:]
        rest = (
            Cell(words("rest.factors", count=grouped(len(left))), "strong"),
            Cell("—", "na"),
            Cell("—", "na"),
            Cell("—", "na"),
            Cell(grouped(sum(int(r.get("rows") or 0) for r in left))),
            Cell("—", "na"),
        )
    blocks.append(
        Table(
            (
                Column(words("col.factor"), "text", 4),
                Column(words("col.per-unit"), "num", 1.7),
                Column(words("col.region"), "text", 2.2),
                Column(words("col.match"), "text", 2.1),
                Column(words("col.rows"), "num", 1),
                Column(words("col.emissions"), "num", 1.7),
            ),
            tuple(cells[:1000]),
            (),
            words("factors.note"),
            head=head,
            rest=rest,
        )
    )
    return blocks


def sources(reading: Reading) -> list[Block]:
    """Where each factor stands written, since when, and under which licence."""
    words = reading.words
    found = {str(r.get("factor_id")): r for r in _factor_rows(reading)}
    rows = [row for name, row in found.items() if ";" not in name or row.get("source_title")]
    if not rows:
        return []
    cells = []
    for row in rows:
        title = words("stop").join(str(row[k]) for k in ("source_title", "source_table") if row.get(k)) or words(
            "not-supplied"
        )
        cells.append(
            (
                Cell(str(row.get("factor_id")), "mono"),
                Cell(title, "", str(row.get("source_url") or "")),
                Cell(
                    str(row.get("published") or "—"),
                    "",
                    words("published.assumed") if row.get("published_assumed") else "",
                ),
                Cell(str(row.get("licence") or words("not-supplied")), "" if row.get("licence") else "gap"),
            )
        )
    head = SHOWN_FACTORS if len(cells) > SHOWN_FACTORS + 5 else 0
    rest = (
        (
            Cell(words("rest.factors", count=grouped(len(cells) - head)), "strong"),
            Cell(words("rest.xlsx")),
            Cell("—", "na"),
            Cell("—", "na"),
        )
        if head
        else ()
    )
    return [
        Heading(words("sources.heading")),
        Table(
            (
                Column(words("col.factor"), "mono", 2.6),
                Column(words("col.source"), "text", 5),
                Column(words("col.published"), "short", 1.5),
                Column(words("col.licence"), "text", 2),
            ),
            tuple(cells[:1000]),
            (),
            "" if len(rows) == len(found) else words("sources.several"),
            head=head,
            rest=rest,
        ),
    ]
