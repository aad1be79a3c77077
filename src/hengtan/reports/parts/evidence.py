"""What went in and came out, how to compute it again, and whose data it rests on."""

from __future__ import annotations

from ..blocks import Block, Cell, Column, Facts, Heading, Table, Text
from ..numbers import grouped
from ..reading import Reading
from .common import fields


def statement(reading: Reading) -> list[Block]:
    """What we say of the standard, and what the organisation and its verifier have to say."""
    blocks: list[Block] = [Text(reading.words(reading.spec["standard"]["statement"]))]
    if reading.spec.get("fields"):
        blocks.append(Facts(fields(reading, reading.spec["fields"])))
    return blocks


def evidence(reading: Reading) -> list[Block]:
    """All that went in, by hash; what came out; how to compute it again."""
    words, manifest = reading.words, reading.data.manifest
    outputs, library = manifest.get("outputs") or {}, manifest.get("library") or {}
    facts = [
        (words("digest"), Cell(str(outputs.get("digest") or "—"), "mono")),
        (words("about.emissions-digest"), Cell(str(outputs.get("emissions_sha256") or "—"), "mono")),
        (words("software"), Cell(f"hengtan {(manifest.get('hengtan') or {}).get('version', '—')}")),
        (
            words("library"),
            Cell(" ".join(str(library[k]) for k in ("version", "digest") if library.get(k)) or "—", "mono"),
        ),
        (
            words("as-of"),
            Cell(str(reading.data.summary.get("as_of") or reading.options.get("as_of") or words("as-of.open"))),
        ),
        (words("policy"), Cell(reading.policy())),
        (words("template"), Cell(str(reading.options.get("template") or "—"))),
    ]
    ledger = manifest.get("ledger")
    if isinstance(ledger, dict) and ledger.get("vkey"):
        facts.append((words("ledger"), Cell(str(ledger["vkey"]), "mono")))
        facts.append((words("ledger.verify"), Cell("hengtan verify report.pdf", "mono")))
    blocks: list[Block] = [Facts(tuple(facts))]
    files = reading.files()
    if files:
        cells = tuple(
            (
                Cell(
                    str(r.get("file") or "—"), "", words("stop").join(p for p in (kind, str(r.get("sheet") or "")) if p)
                ),
                Cell(grouped(int(r["rows"])) if r.get("rows") is not None else "—"),
                Cell(grouped(int(r["bytes"])) if r.get("bytes") is not None else "—"),
                Cell(str(r.get("sha256") or "—"), "mono"),
            )
            for kind, r in files
        )
        blocks.append(
            Table(
                (
                    Column(words("col.file"), "text", 3.4),
                    Column(words("col.rows"), "num", 1.1),
                    Column(words("col.bytes"), "num", 1.4),
                    Column(words("col.sha"), "mono", 4.2),
                ),
                cells,
            )
        )
    example = str(next((r.get("activity_id") for r in reading.data.hot_spots if r.get("activity_id")), "ACTIVITY_ID"))
    blocks += [
        Heading(words("replay.heading")),
        Text(words("replay.intro")),
        Facts((("", Cell("hengtan replay run.json --rows", "mono")),)),
        Text(words("replay.explain")),
        Facts((("", Cell(f"hengtan explain . {example}", "mono")),)),
        Text(words("glyphs")),
    ]
    return blocks


def attributions(reading: Reading) -> list[Block]:
    """Whose data the figures rest on, and the sentences that their licences ask for."""
    words = reading.words
    used: dict[tuple[str, str], int] = {}
    for row in reading.data.factors:
        key = (str(row.get("source_title") or row.get("dataset") or ""), str(row.get("licence") or ""))
        if any(key):
            used[key] = used.get(key, 0) + 1
    blocks: list[Block] = [Text(words("attribution.intro"))]
    if used:
        blocks.append(
            Table(
                (Column(words("col.source"), "text", 6), Column(words("col.licence"), "text", 3)),
                tuple(
                    (Cell(title or "—"), Cell(licence or words("not-supplied"), "" if licence else "gap"))
                    for title, licence in sorted(used)
                ),
            )
        )
    licences = " ".join(licence for _, licence in used)
    blocks += [
        Text(words(key))
        for key, sign in (("attribution.toronto", "Toronto"), ("attribution.OGL", "OGL"))
        if sign in licences
    ]
    blocks.append(Text(words("attribution.fonts")))
    return blocks
