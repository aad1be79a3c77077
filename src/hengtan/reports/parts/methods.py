"""Who reports, within which boundary, by which methods and warming potentials."""

from __future__ import annotations

from hengtan.gases import SETS, UnknownGwpError
from hengtan.gases import gwp as weight

from ..blocks import Block, Cell, Column, Facts, Note, Table, Text
from ..numbers import grouped, plain
from ..reading import Reading
from .common import fields


def organisation(reading: Reading) -> list[Block]:
    """Who reports, for which period."""
    words, period = reading.words, reading.period()
    who = words("supplied-by", who=words("who.run"))
    return [
        Facts(
            (
                *fields(reading, reading.spec.get("fields", ())),
                (words("period"), Cell(period) if period else Cell(who, "gap")),
                (words("created"), Cell(reading.created())),
            )
        )
    ]


def boundary(reading: Reading) -> list[Block]:
    """How the boundary was drawn, as far as the run knows it."""
    words, options = reading.words, reading.options
    approach = reading.approach()
    derived = any(scope == "3" and category == "3" for scope, category, _ in reading.categories())
    upstream = ("upstream.on" if derived else "upstream.empty") if options.get("upstream") else "upstream.off"
    collected = [words("scope." + s) for s in "123" if reading.collected(s)]
    collected += [
        words("not-posted.of", name=words("scope." + s), gap=reading.missing(reading.refused(s)))
        for s in "123"
        if not reading.collected(s) and reading.refused(s)
    ]
    facts = [
        (
            words("approach"),
            Cell(approach) if approach else Cell(words("supplied-by", who=words("who.organisation")), "gap"),
        ),
        *fields(reading, reading.spec.get("fields", ())),
        (
            words("boundary.facilities"),
            Cell(
                grouped(
                    int(
                        (reading.data.manifest.get("counts") or {}).get("facilities")
                        or len([r for r in reading.facility_rows() if r.get("facility")])
                    )
                )
            ),
        ),
        (words("boundary.scopes"), Cell(words("comma").join(collected) or words("not-collected"))),
        (words("upstream"), Cell(words(upstream))),
    ]
    return [Facts(tuple(facts))]


def methods(reading: Reading) -> list[Block]:
    """The equations used, each with its standard."""
    words, rows = reading.words, reading.data.methods
    extra: list[Block] = [Facts(fields(reading, reading.spec["fields"]))] if reading.spec.get("fields") else []
    if not rows:
        return [Note("gap", words("methods.none")), *extra]
    cells = tuple(
        (
            Cell(str(r.get("title_" + words.lang) or r.get("title_en") or r.get("id")), "", str(r.get("id") or "")),
            Cell(str(r.get("standard") or "—")),
            Cell(str(r.get("equation") or "—"), "mono"),
            Cell(grouped(int(r.get("rows") or 0))),
        )
        for r in rows
    )
    table = Table(
        (
            Column(words("col.method"), "text", 3.4),
            Column(words("xl.standard"), "text", 3.2),
            Column(words("col.equation"), "text", 3.2),
            Column(words("col.rows"), "num", 1.2),
        ),
        cells,
    )
    return [Text(words("methods.intro")), table, *extra]


def gwp(reading: Reading) -> list[Block]:
    """The GWP set and where its values come from."""
    words, name = reading.words, reading.gwp()
    blocks: list[Block] = [
        Facts(((words("gwp"), Cell(name, "strong")), (words("col.source"), Cell(words.get("gwp.source." + name, "—")))))
    ]
    values = _gwp_values(name)
    if values:
        blocks.append(
            Table(
                (Column(words("col.gas"), "text", 3), Column(words("col.set"), "num", 1.6)),
                tuple((Cell(gas), Cell(value)) for gas, value in values),
                slim=True,
            )
        )
    blocks.append(Text(words("gwp.factors")))
    if name in ("SAR", "AR4", "AR5", "AR5F"):
        blocks.append(Note("info", words("gwp.not-latest")))
    return blocks


def _gwp_values(name: str) -> list[tuple[str, str]]:
    """The main gases of a set; AR6 knows CH4 by its origin. A set that does not know a gas (NF3 in SAR) has no line for it."""
    if name not in SETS:
        return []
    methane = [("CH₄ (fossil)", "fossil"), ("CH₄ (biogenic)", "biogenic"), ("CH₄ (unknown)", "unknown")]
    wanted = [("CO₂", "CO2", "unknown"), *(("CH₄", "CH4", "unknown"),) * (name != "AR6")]
    wanted += [(label, "CH4", origin) for label, origin in methane if name == "AR6"]
    wanted += [("N₂O", "N2O", "unknown"), ("SF₆", "SF6", "unknown"), ("NF₃", "NF3", "unknown")]
    found = []
    for label, gas, origin in wanted:
        try:
            found.append((label, plain(weight(gas, name, origin))))
        except UnknownGwpError:
            continue
    return found
