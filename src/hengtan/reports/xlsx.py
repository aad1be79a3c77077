"""The report as a workbook: nine sheets of real numbers, ready to filter and to sum.

Text is always written as text, so that a cell of the input that begins with ``=`` never becomes a formula or a link. Masses are tonnes
rounded to 9 decimals (the cell shows 2). Sums are formulas with their exact value stored, so that both Excel and a reader without a
calculation engine see the same. The creation date is that of the run: the same data give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from hengtan.inventory.view import ReportData

from .document import standard_file
from .glyphs import visible
from .numbers import add, exact, minus, tonnes_number
from .parts_emissions import NAMES, facility_name, sum_columns
from .parts_method import INTERVALS, factor_name
from .reading import SUMS, Reading, located
from .sentences import Words

LIMIT = 32_000   # characters of a cell; Excel takes 32,767
INK, GREY, ACCENT, LINE = "#1A212B", "#57606E", "#0B6E75", "#CBD1D9"


def workbook(data: ReportData, lang: str, standard: str) -> bytes:
    """The whole workbook."""
    reading = Reading(data, Words(lang))
    target = BytesIO()
    with Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": f"{standard_file(standard)['title'][lang]} · {visible(reading.organisation())}",
                             "author": "hengtan", "created": _moment(str(data.manifest.get("created") or ""))})
        book.set_calc_mode("auto")
        sheets = Sheets(book, reading)
        for write in (_summary, _facility, _category, _month, _factors, _methods, _problems, _reference, _about):
            write(sheets, reading, standard)
    return target.getvalue()


def _moment(created: str) -> datetime:
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return datetime(1980, 1, 1)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


class Sheets:
    """The workbook with its formats, and the one way in which a table is written."""

    def __init__(self, book: Any, reading: Reading) -> None:
        self.book, self.words = book, reading.words
        font = {"font_name": "Microsoft YaHei" if reading.words.lang == "zh" else "Calibri", "font_size": 10, "font_color": INK, "valign": "top"}
        made = {
            "text": {}, "wrap": {"text_wrap": True}, "head": {"bold": True, "bottom": 1, "bottom_color": GREY, "text_wrap": True, "bg_color": "#F1F3F5", "valign": "vcenter"},
            "headnum": {"bold": True, "bottom": 1, "bottom_color": GREY, "text_wrap": True, "bg_color": "#F1F3F5", "align": "right", "valign": "vcenter"},
            "t": {"num_format": "#,##0.00"}, "int": {"num_format": "#,##0"}, "pct": {"num_format": "0.0%"}, "factor": {"num_format": "General"},
            "signed": {"num_format": "+#,##0.00;[Color10]-#,##0.00;0.00"}, "gap": {"font_color": GREY, "italic": False, "align": "right"},
            "total": {"bold": True, "top": 1, "top_color": GREY}, "totalt": {"bold": True, "top": 1, "top_color": GREY, "num_format": "#,##0.00"},
            "totalpct": {"bold": True, "top": 1, "top_color": GREY, "num_format": "0.0%"}, "totalint": {"bold": True, "top": 1, "top_color": GREY, "num_format": "#,##0"},
            "title": {"bold": True, "font_size": 16}, "big": {"bold": True, "font_size": 18, "num_format": "#,##0.00", "align": "left"},
            "note": {"font_color": GREY, "text_wrap": True}, "label": {"font_color": GREY}, "sample": {"font_color": GREY, "border": 3, "border_color": GREY},
            "mono": {"font_name": "Consolas", "font_size": 9, "text_wrap": True},
        }
        self.formats = {name: book.add_format(font | style) for name, style in made.items()}

    def sheet(self, key: str) -> Any:
        """A new sheet named in the language of the report, printed on A4 in landscape, one page wide."""
        sheet = self.book.add_worksheet(self.words("sheet." + key))
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        sheet.set_footer("&L&8hengtan&R&8&P / &N")
        return sheet

    def put(self, sheet: Any, row: int, column: int, value: Any, kind: str) -> None:
        """One cell: text as text, None as a gap, numbers as numbers."""
        style = self.formats[kind]
        if value is None:
            sheet.write_string(row, column, self.words("not-collected"), self.formats["gap"])
        elif isinstance(value, str):
            sheet.write_string(row, column, visible(value)[:LIMIT], style)
        else:
            sheet.write_number(row, column, value, style)

    def table(self, sheet: Any, top: int, heads: Sequence[tuple[str, str, float]], rows: Iterable[Sequence[Any]], *, freeze: bool = True) -> int:
        """Heads (title, kind, width) and rows from row ``top``; returns the row behind the last one."""
        numeric = {"t", "int", "pct", "factor", "signed"}
        for column, (title, kind, width) in enumerate(heads):
            sheet.write_string(top, column, title, self.formats["headnum" if kind in numeric else "head"])
            if width:
                sheet.set_column(column, column, width)
        at = top + 1
        kinds = [kind for _, kind, _ in heads]
        for values in rows:
            for column, (value, kind) in enumerate(zip(values, kinds, strict=True)):
                self.put(sheet, at, column, value, kind)
            at += 1
        if freeze:
            sheet.freeze_panes(top + 1, 1)
            sheet.repeat_rows(top)
            if at > top + 1:
                sheet.autofilter(top, 0, at - 1, len(heads) - 1)
        return at

    def total(self, sheet: Any, at: int, first: int, label: str, sums: dict[int, tuple[str, float | None]], width: int) -> None:
        """A row of sum formulas over the rows ``first`` to ``at - 1``; each keeps its exact value."""
        for column in range(width):
            if column in sums:
                kind, value = sums[column]
                name = xl_col_to_name(column)
                sheet.write_formula(at, column, f"=SUM({name}{first + 1}:{name}{at})", self.formats[kind], value or 0)
            else:
                self.put(sheet, at, column, label if column == 0 else "", "total")


def _share(reading: Reading, kg: Decimal | None) -> float | str:
    whole = reading.headline()
    return float(kg / whole) if kg is not None and whole else "—"


def _summary(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet = reading.words, sheets.sheet("summary")
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 3, 20)
    sheets.put(sheet, 0, 0, str(standard_file(standard)["title"][words.lang]), "title")
    sample = reading.data.manifest.get("sample")
    if sample:
        sheets.put(sheet, 0, 1, words("sample") if sample is True else str(sample), "sample")
    facts = [(words("organisation"), reading.organisation()), (words("period"), reading.period() or "—"), (words("standard"), str(standard_file(standard)["name"][words.lang])),
             (words("gwp"), reading.gwp()), (words("digest"), str((reading.data.manifest.get("outputs") or {}).get("digest") or "—"))]
    for row, (name, value) in enumerate(facts, 1):
        sheets.put(sheet, row, 0, name, "label")
        sheets.put(sheet, row, 1, value, "text")
    at = len(facts) + 2
    if not reading.count("rows_posted"):
        sheets.put(sheet, at, 0, words("summary.empty", rows_in=reading.count("rows_in")), "wrap")
        at += 2
    else:
        sheets.put(sheet, at, 0, reading.headline_label() + words("unit.bracket"), "label")
        sheets.put(sheet, at + 1, 0, tonnes_number(reading.headline()) or 0.0, "big")
        at += 3
    rows: list[Sequence[Any]] = []
    for name in SUMS:
        kg = reading.total(name)
        beside = name == "scope2_market_kg"
        interval = reading.interval(name[:-3])
        rows.append((words(NAMES[name].replace("scope.", "scope.long.", 1)), tonnes_number(kg), "—" if beside else _share(reading, kg),
                     *(("—", "—") if interval is None else (tonnes_number(interval[0]), tonnes_number(interval[1])))))
    rows.append((words("biogenic.long"), "—" if reading.biogenic() is None else tonnes_number(reading.biogenic()), "—", "—", "—"))
    end = sheets.table(sheet, at, ((words("col.scope"), "text", 46), (words("col.emissions"), "t", 20), (words("xl.share"), "pct", 20),
                                   (words("col.low"), "t", 20), (words("col.high"), "t", 20)), rows, freeze=False)
    sheets.put(sheet, end, 0, reading.headline_label(), "total")
    first = at + 2
    sheet.write_formula(end, 1, f"=SUM(B{first}:B{first + 1},B{first + 3})", sheets.formats["totalt"], tonnes_number(reading.headline()) or 0)
    at = end + 2
    for key, value in (("xl.rows_in", "rows_in"), ("xl.rows_posted", "rows_posted"), ("xl.rows_rejected", "rows_rejected")):
        sheets.put(sheet, at, 0, words(key), "label")
        sheets.put(sheet, at, 1, reading.count(value), "int")
        at += 1
    classes = reading.data.summary.get("by_match") or {}
    if classes:
        sheets.table(sheet, at + 1, ((words("col.class"), "text", 0), (words("col.rows"), "int", 0), (words("col.emissions"), "t", 0)),
                     [(words.get("match." + n, n), int(v.get("rows") or 0), tonnes_number(exact(v.get("co2e_kg")))) for n, v in classes.items()], freeze=False)
        at += len(classes) + 3
    sheets.put(sheet, at + 1, 0, words("summary.rounding"), "note")
    if not reading.collected("3") and reading.count("rows_posted"):
        sheets.put(sheet, at + 2, 0, words("scope3.gap"), "note")


def _scope_heads(reading: Reading) -> list[tuple[str, str, float]]:
    heads = {"scope1_kg": "col.s1", "scope2_location_kg": "col.s2", "scope2_market_kg": "col.s2m", "scope3_kg": "col.s3"}
    words = reading.words
    return [(f"{words(heads[n])}{words('unit.bracket')}", "t", 18.0) for n in sum_columns(reading)] + [(words("col.sum") + words("unit.bracket"), "t", 18.0), (words("xl.share"), "pct", 12.0)]


def _scope_total(reading: Reading, shift: int) -> dict[int, tuple[str, float | None]]:
    names = sum_columns(reading)
    sums: dict[int, tuple[str, float | None]] = {i + shift: ("totalt", tonnes_number(reading.total(n))) for i, n in enumerate(names)}
    return sums | {len(names) + shift: ("totalt", tonnes_number(reading.headline())), len(names) + shift + 1: ("totalpct", 1.0 if reading.headline() else 0.0)}


def _facility(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet, names = reading.words, sheets.sheet("facility"), sum_columns(reading)
    rows = [(facility_name(reading, r), str(r.get("org_unit") or ""), *(tonnes_number(exact(r.get(n))) for n in names), tonnes_number(located(r)), _share(reading, located(r)))
            for r in reading.facility_rows()]
    heads = [(words("col.facility"), "text", 44.0), (words("col.org-unit"), "text", 20.0), *_scope_heads(reading)]
    end = sheets.table(sheet, 0, heads, rows)
    if rows:
        sheets.total(sheet, end, 1, words("total"), _scope_total(reading, 2), len(heads))
    else:
        sheets.put(sheet, 1, 0, words("facilities.unnamed"), "text")


def _category(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet = reading.words, sheets.sheet("category")
    gases = {(("" if r.get("scope") is None else str(r["scope"])), str(r.get("category") or ""), str(r.get("basis") or "-")): r for r in reading.data.gases}
    def gas(row: Any, name: str) -> float | str:
        value = tonnes_number(exact(row.get(name)))
        return words("not-split") if value is None else value
    rows = []
    for (scope, category, basis), kg in reading.categories().items():
        row = gases.get((scope, category, basis), {})
        bio = tonnes_number(exact(row.get("biogenic_co2_kg")))
        rows.append((words(f"scope.{scope or 'none'}"), reading.category_name(scope, category), words.get("basis." + basis, basis), tonnes_number(kg),
                     "—" if basis == "market" or not scope else _share(reading, kg), *(gas(row, n) for n in ("co2_kg", "ch4_kg", "n2o_kg", "other_co2e_kg")), "—" if bio is None else bio))
    sheets.table(sheet, 0, ((words("col.scope"), "text", 16), (words("col.category"), "text", 40), (words("xl.basis"), "text", 16), (words("col.emissions"), "t", 18), (words("xl.share"), "pct", 12),
                            (words("col.co2"), "t", 16), (words("col.ch4"), "t", 14), (words("col.n2o"), "t", 14), (words("col.other"), "t", 18), (words("col.biogenic"), "t", 18)), rows)


def _month(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet, names = reading.words, sheets.sheet("month"), sum_columns(reading)
    months = sorted((reading.data.summary.get("by_month") or {}).items())
    heads = [(words("col.month"), "text", 14.0), *_scope_heads(reading)]
    end = sheets.table(sheet, 0, heads, [(m, *(tonnes_number(exact(r.get(n))) for n in names), tonnes_number(located(r)), _share(reading, located(r))) for m, r in months])
    if not months:
        return
    sheets.total(sheet, end, 1, words("total"), _scope_total(reading, 1), len(heads))
    chart = sheets.book.add_chart({"type": "column", "subtype": "stacked"})
    colours = {"scope1_kg": "#2B3A55", "scope2_location_kg": "#3E86C6", "scope3_kg": "#BF8415"}
    name = words("sheet.month")
    for column, key in enumerate(names, 1):
        if key in colours:
            chart.add_series({"name": [name, 0, column], "categories": [name, 1, 0, end - 1, 0], "values": [name, 1, column, end - 1, column], "fill": {"color": colours[key]}, "gap": 60})
    chart.set_title({"name": words("chart.months") + words("unit.bracket"), "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    chart.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#E3E6EA"}}, "line": {"none": True}})
    chart.set_size({"width": 760, "height": 320})
    sheet.insert_chart(end + 2, 0, chart)


def _factors(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet = reading.words, sheets.sheet("factors")
    rows = []
    for r in sorted(reading.data.factors, key=lambda r: (-(exact(r.get("co2e_kg")) or 0), str(r.get("factor_id")), str(r.get("basis")))):
        value = exact(r.get("co2e_per_unit"))
        match, basis = str(r.get("match") or ""), str(r.get("basis") or "-")
        rows.append((str(r.get("factor_id")), str(r.get("name") or factor_name(reading, r)), str(r.get("name_zh") or ""), words("not-split") if value is None else float(value),
                     str(r.get("activity_unit") or ""), str(r.get("region") or ""), str(r.get("valid_from") or ""), str(r.get("valid_to") or words("open-end")),
                     words.get("match." + match, match), words.get("basis." + basis, basis), int(r.get("rows") or 0), tonnes_number(exact(r.get("co2e_kg"))), str(r.get("gwp_set") or ""),
                     str(r.get("source_title") or words("not-supplied")), str(r.get("source_table") or ""), str(r.get("source_url") or ""),
                     str(r.get("published") or "") + (" " + words("published.assumed") if r.get("published_assumed") else ""), str(r.get("licence") or words("not-supplied")),
                     words("unverified") if r.get("unverified") else words("xl.verified.yes")))
    heads = ("col.factor", "text", 34), ("xl.name", "text", 40), ("xl.name_zh", "text", 26), ("col.per-unit", "factor", 16), ("col.unit", "text", 12), ("xl.region", "text", 12), \
        ("xl.valid_from", "text", 12), ("xl.valid_to", "text", 12), ("col.match", "text", 14), ("xl.basis", "text", 14), ("col.rows", "int", 10), ("col.emissions", "t", 16), \
        ("gwp", "text", 10), ("col.source", "text", 44), ("xl.table", "text", 36), ("xl.url", "text", 30), ("col.published", "text", 18), ("col.licence", "text", 30), ("xl.verified", "text", 28)
    sheets.table(sheet, 0, [(words(k), kind, w) for k, kind, w in heads], rows)


def _methods(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet = reading.words, sheets.sheet("methods")
    rows = [(str(r.get("id")), str(r.get("title_" + words.lang) or r.get("title_en") or ""), str(r.get("standard") or ""), str(r.get("equation") or ""), int(r.get("rows") or 0)) for r in reading.data.methods]
    sheets.table(sheet, 0, ((words("col.method"), "text", 26), (words("xl.name"), "wrap", 48), (words("xl.standard"), "wrap", 48), (words("col.equation"), "mono", 48), (words("col.rows"), "int", 12)), rows)


def _problems(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet = reading.words, sheets.sheet("problems")
    heads = [(words("col.severity"), "text", 12.0), (words("col.code"), "text", 30.0), (words("col.count"), "int", 10.0), (words("xl.reason"), "wrap", 60.0), (words("xl.mend"), "wrap", 60.0)]
    counts = [(words.get(f"severity.{r.get('severity')}", str(r.get("severity"))), str(r.get("code")), int(r.get("count") or 0), str(r.get("reason") or ""), str(r.get("mend") or "")) for r in reading.data.problem_counts]
    end = sheets.table(sheet, 0, heads, counts, freeze=False)
    if not counts:
        sheets.put(sheet, 1, 0, words("exclusions.none"), "text")
        end = 2
    rows = [(words.get(f"severity.{r.get('severity')}", str(r.get("severity"))), str(r.get("code")), "" if r.get("row") in (None, "") else _row(r["row"]), str(r.get("reason") or ""), str(r.get("mend") or ""),
             str(r.get("file") or ""), str(r.get("sheet") or ""), str(r.get("column") or ""), str(r.get("activity_id") or "")) for r in reading.data.problems]
    if rows:
        total = sum(int(r.get("count") or 0) for r in reading.data.problem_counts) or len(rows)
        sheets.put(sheet, end + 1, 0, words("problems.first", shown=len(rows), count=total), "label")
        more = [(words("col.severity"), "text", 0.0), (words("col.code"), "text", 0.0), (words("col.row"), "int", 0.0), (words("xl.reason"), "wrap", 0.0), (words("xl.mend"), "wrap", 0.0),
                (words("col.file"), "text", 30.0), (words("xl.sheet"), "text", 16.0), (words("xl.column"), "text", 18.0), (words("xl.activity_id"), "text", 20.0)]
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
    heads = [(words("col.operation"), "text", 44.0), (words("col.row"), "int", 10.0), (words("col.published-kg"), "t", 20.0), (words("col.recomputed"), "t", 20.0), (words("col.difference"), "signed", 20.0)]
    rows = []
    for r in ref.get("differing") or ():
        told, got = (exact(r.get(k)) or Decimal(0) for k in ("published_kg", "recomputed_kg"))
        rows.append((str(r.get("name") or "—"), _row(r.get("row") or ""), tonnes_number(told), tonnes_number(got), tonnes_number(minus(got, told))))
    told, got = (exact(ref.get(k)) or Decimal(0) for k in ("published_kg", "recomputed_kg"))
    facts = [(str(ref.get("title") or ""), ""), (words("xl.agree"), int(ref.get("agree") or 0)), (words("xl.compared"), int(ref.get("total") or 0)), (words("xl.tolerance"), f"{ref.get('tolerance_pct')} %"),
             (words("col.published-kg"), tonnes_number(told)), (words("col.recomputed"), tonnes_number(got)), (words("col.difference"), tonnes_number(minus(got, told)))]
    for at, (name, value) in enumerate(facts):
        sheets.put(sheet, at, 0, name, "label")
        sheets.put(sheet, at, 2, value, "text" if isinstance(value, str) else "int" if isinstance(value, int) else "t")
    top = len(facts) + 1
    end = sheets.table(sheet, top, heads, rows)
    if rows:
        sums = [add(*(exact(r.get(k)) for r in ref["differing"])) for k in ("published_kg", "recomputed_kg")]
        sheets.total(sheet, end, top + 1, words("reference.listed"), {2: ("totalt", tonnes_number(sums[0])), 3: ("totalt", tonnes_number(sums[1])), 4: ("totalt", tonnes_number(minus(sums[1], sums[0])))}, 5)


def _about(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet, manifest = reading.words, sheets.sheet("about"), reading.data.manifest
    outputs, library = manifest.get("outputs") or {}, manifest.get("library") or {}
    rows: list[tuple[str, str]] = [
        (words("digest"), str(outputs.get("digest") or "—")), (words("about.emissions-digest"), str(outputs.get("emissions_sha256") or "—")),
        (words("software"), f"hengtan {(manifest.get('hengtan') or {}).get('version', '—')}"), (words("library"), " ".join(str(library[k]) for k in ("version", "digest") if library.get(k)) or "—"),
        (words("created"), str(manifest.get("created") or "—")), (words("about.command"), str(manifest.get("command") or "—")),
        (words("as-of"), str(reading.data.summary.get("as_of") or words("as-of.open")))]
    rows += [(f"options.{k}", v if isinstance(v, str) else json.dumps(v, ensure_ascii=False, default=str)) for k, v in sorted(reading.options.items())]
    for row in manifest.get("inputs") or ():
        rows.append((words("about.inputs"), f"{row.get('file')} {row.get('sheet') or ''}".strip()))
        rows.append(("SHA-256", str(row.get("sha256") or "—")))
    for row in manifest.get("factor_files") or ():
        entry = row if isinstance(row, dict) else {"file": row}
        rows.append((words("about.factor-file"), f"{entry.get('file')} {entry.get('sha256') or ''}".strip()))
    for name in INTERVALS:
        interval = reading.interval(name)
        if interval:
            rows.append((f"95 % {name}", f"{interval[0]} – {interval[1]} kg"))
    licences = sorted({f"{r.get('source_title') or r.get('dataset') or ''} — {r.get('licence') or words('not-supplied')}" for r in reading.data.factors})
    rows += [(words("about.attribution"), line) for line in licences]
    rows += [(words("replay.heading"), "hengtan replay run.json --rows"), (words("xl.note"), words("summary.rounding"))]
    sheets.table(sheet, 0, ((words("col.field"), "text", 34), (words("col.content"), "wrap", 110)), rows, freeze=False)
