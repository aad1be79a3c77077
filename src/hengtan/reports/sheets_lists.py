"""The sheets that list: factors, methods, problems, reference totals, and what the run was made of."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from .numbers import add, exact, minus, tonnes_number
from .parts.common import factor_name
from .parts.quality import INTERVALS
from .reading import Reading
from .sheets import Sheets


def _factors(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet = reading.words, sheets.sheet("factors", wide=True)
    rows = []
    for r in sorted(
        reading.data.factors,
        key=lambda r: (-(exact(r.get("co2e_kg")) or 0), str(r.get("factor_id")), str(r.get("basis"))),
    ):
        value = exact(r.get("co2e_per_unit"))
        match, basis = str(r.get("match") or ""), str(r.get("basis") or "-")
        rows.append(
            (
                str(r.get("factor_id")),
                str(r.get("name") or factor_name(reading, r)),
                str(r.get("name_zh") or ""),
                words("not-split") if value is None else float(value),
                str(r.get("activity_unit") or ""),
                str(r.get("region") or ""),
                str(r.get("valid_from") or ""),
                str(r.get("valid_to") or words("open-end")),
                words.get("match." + match, match),
                words.get("basis." + basis, basis),
                int(r.get("rows") or 0),
                "—" if exact(r.get("co2e_kg")) is None else tonnes_number(exact(r.get("co2e_kg"))),
                str(r.get("gwp_set") or ""),
                str(r.get("source_title") or words("not-supplied")),
                str(r.get("source_table") or ""),
                str(r.get("source_url") or ""),
                str(r.get("published") or "")
                + (" " + words("published.assumed") if r.get("published_assumed") else ""),
                str(r.get("licence") or words("not-supplied")),
                words("unverified") if r.get("unverified") else words("xl.verified.yes"),
            )
        )
    heads = (
        ("col.factor", "text", 34),
        ("xl.name", "text", 40),
        ("xl.name_zh", "text", 26),
        ("col.per-unit", "factor", 16),
        ("col.unit", "text", 12),
        ("xl.region", "text", 12),
        ("xl.valid_from", "text", 12),
        ("xl.valid_to", "text", 12),
        ("col.match", "text", 14),
        ("xl.basis", "text", 14),
        ("col.rows", "int", 10),
        ("col.emissions", "t", 16),
        ("gwp", "text", 10),
        ("col.source", "text", 44),
        ("xl.table", "text", 36),
        ("xl.url", "text", 30),
        ("col.published", "text", 18),
        ("col.licence", "text", 30),
        ("xl.verified", "text", 28),
    )
    sheets.table(sheet, 0, [(words(k), kind, w) for k, kind, w in heads], rows)


def _methods(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet = reading.words, sheets.sheet("methods")
    rows = [
        (
            str(r.get("id")),
            str(r.get("title_" + words.lang) or r.get("title_en") or ""),
            str(r.get("standard") or ""),
            str(r.get("equation") or ""),
            int(r.get("rows") or 0),
        )
        for r in reading.data.methods
    ]
    sheets.table(
        sheet,
        0,
        (
            (words("col.method"), "text", 26),
            (words("xl.name"), "wrap", 48),
            (words("xl.standard"), "wrap", 48),
            (words("col.equation"), "mono", 48),
            (words("col.rows"), "int", 12),
        ),
        rows,
    )


def _problems(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet = reading.words, sheets.sheet("problems")
    heads = [
        (words("col.severity"), "text", 12.0),
        (words("col.code"), "text", 30.0),
        (words("col.count"), "int", 10.0),
        (words("xl.reason"), "wrap", 60.0),
        (words("xl.mend"), "wrap", 60.0),
    ]
    counts = [
        (
            words.get(f"severity.{r.get('severity')}", str(r.get("severity"))),
            str(r.get("code")),
            int(r.get("count") or 0),
            str(r.get("reason") or ""),
            str(r.get("mend") or ""),
        )
        for r in reading.data.problem_counts
    ]
    end = sheets.table(sheet, 0, heads, counts, freeze=False)
    if not counts:
        sheets.put(sheet, 1, 0, words("exclusions.none"), "text")
        end = 2
    rows = [
        (
            words.get(f"severity.{r.get('severity')}", str(r.get("severity"))),
            str(r.get("code")),
            "" if r.get("row") in (None, "") else _row(r["row"]),
            str(r.get("reason") or ""),
            str(r.get("mend") or ""),
            str(r.get("file") or ""),
            str(r.get("sheet") or ""),
            str(r.get("column") or ""),
            str(r.get("activity_id") or ""),
        )
        for r in reading.data.problems
    ]
    if rows:
        total = sum(int(r.get("count") or 0) for r in reading.data.problem_counts) or len(rows)
        sheets.put(sheet, end + 1, 0, words("problems.first", shown=len(rows), count=total), "label")
        more = [
            (words("col.severity"), "text", 0.0),
            (words("col.code"), "text", 0.0),
            (words("col.row"), "id", 0.0),
            (words("xl.reason"), "wrap", 0.0),
            (words("xl.mend"), "wrap", 0.0),
            (words("col.file"), "text", 30.0),
            (words("xl.sheet"), "text", 16.0),
            (words("xl.column"), "text", 18.0),
            (words("xl.activity_id"), "text", 20.0),
        ]
        last = sheets.table(sheet, end + 2, more, rows, freeze=False)
        sheet.autofilter(end + 2, 0, last - 1, len(more) - 1)


def _row(value: Any) -> int | str:
    return int(value) if str(value).isdigit() else str(value)


def _reference(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet, ref = reading.words, sheets.sheet("reference"), reading.data.reference
    if ref is None:
        sheet.set_column(0, 0, 60)
        sheets.put(sheet, 0, 0, words("reference.none"), "text")
        return
    heads = [
        (words("col.operation"), "text", 44.0),
        (words("col.row"), "id", 10.0),
        (words("col.published-kg"), "t", 20.0),
        (words("col.recomputed"), "t", 20.0),
        (words("col.difference"), "signed", 20.0),
    ]
    rows = []
    for r in ref.get("differing") or ():
        told, got = (exact(r.get(k)) or Decimal(0) for k in ("published_kg", "recomputed_kg"))
        rows.append(
            (
                str(r.get("name") or "—"),
                _row(r.get("row") or ""),
                tonnes_number(told),
                tonnes_number(got),
                tonnes_number(minus(got, told)),
            )
        )
    told, got = (exact(ref.get(k)) or Decimal(0) for k in ("published_kg", "recomputed_kg"))
    facts = [
        (str(ref.get("title") or ""), ""),
        (words("xl.agree"), int(ref.get("agree") or 0)),
        (words("xl.compared"), int(ref.get("total") or 0)),
        (words("xl.tolerance"), f"{ref.get('tolerance_pct')} %"),
        (words("col.published-kg"), tonnes_number(told)),
        (words("col.recomputed"), tonnes_number(got)),
        (words("col.difference"), tonnes_number(minus(got, told))),
    ]
    for at, (name, value) in enumerate(facts):
        sheets.put(sheet, at, 0, name, "label")
        sheets.put(sheet, at, 2, value, "text" if isinstance(value, str) else "int" if isinstance(value, int) else "t")
    top = len(facts) + 1
    end = sheets.table(sheet, top, heads, rows)
    if rows:
        sums = [add(*(exact(r.get(k)) for r in ref["differing"])) for k in ("published_kg", "recomputed_kg")]
        sheets.total(
            sheet,
            end,
            top + 1,
            words("reference.listed"),
            {
                2: ("totalt", tonnes_number(sums[0])),
                3: ("totalt", tonnes_number(sums[1])),
                4: ("totalt", tonnes_number(minus(sums[1], sums[0]))),
            },
            5,
        )


def _about(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet, manifest = reading.words, sheets.sheet("about"), reading.data.manifest
    outputs, library = manifest.get("outputs") or {}, manifest.get("library") or {}
    rows: list[tuple[str, str]] = [
        (words("digest"), str(outputs.get("digest") or "—")),
        (words("about.emissions-digest"), str(outputs.get("emissions_sha256") or "—")),
        (words("software"), f"hengtan {(manifest.get('hengtan') or {}).get('version', '—')}"),
        (words("library"), " ".join(str(library[k]) for k in ("version", "digest") if library.get(k)) or "—"),
        (words("created"), str(manifest.get("created") or "—")),
        (words("about.command"), str(manifest.get("command") or "—")),
        (words("as-of"), str(reading.data.summary.get("as_of") or words("as-of.open"))),
    ]
    rows += [
        (f"options.{k}", v if isinstance(v, str) else json.dumps(v, ensure_ascii=False, default=str))
        for k, v in sorted(reading.options.items())
    ]
    for role, row in reading.files():
        rows.append((role or words("about.inputs"), f"{row.get('file')} {row.get('sheet') or ''}".strip()))
        rows.append(("SHA-256", str(row.get("sha256") or "—")))
    for name in INTERVALS:
        interval = reading.interval(name)
        if interval:
            rows.append((f"95 % {name}", f"{interval[0]} – {interval[1]} kg"))
    licences = sorted(
        {
            f"{r.get('source_title') or r.get('dataset') or ''} — {r.get('licence') or words('not-supplied')}"
            for r in reading.data.factors
        }
    )
    rows += [(words("about.attribution"), line) for line in licences]
    rows += [(words("replay.heading"), "hengtan replay run.json --rows"), (words("xl.note"), words("summary.rounding"))]
    sheets.table(sheet, 0, ((words("col.field"), "text", 34), (words("col.content"), "wrap", 110)), rows, freeze=False)


LIST_SHEETS = (_factors, _methods, _problems, _reference, _about)
