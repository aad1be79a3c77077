"""The sheets that sum: summary, by facility, by category, by month."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from .document import standard_file
from .numbers import exact, grouped, tonnes_number
from .parts.common import NAMES, facility_name, sum_columns
from .parts.emissions import scope3_gap
from .parts.places import calendar_months
from .reading import SUMS, Reading, group_masses, located, other_kg
from .sheets import Sheets


def _share(reading: Reading, kg: Decimal | None) -> float | str:
    whole = reading.headline()
    return float(kg / whole) if kg is not None and whole else "—"


def _summary(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet = reading.words, sheets.sheet("summary")
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 3, 20)
    sheet.set_row(0, 26)
    sheets.put(sheet, 0, 0, str(standard_file(standard)["title"][words.lang]), "title")
    sample = reading.data.manifest.get("sample")
    if sample:
        sheets.put(sheet, 0, 1, words("sample") if sample is True else str(sample), "label")
    facts = [
        (words("organisation"), reading.organisation()),
        (words("period"), reading.period() or "—"),
        (words("standard"), str(standard_file(standard)["name"][words.lang])),
        (words("gwp"), reading.gwp()),
        (words("digest"), str((reading.data.manifest.get("outputs") or {}).get("digest") or "—")),
    ]
    for row, (name, value) in enumerate(facts, 1):
        sheets.put(sheet, row, 0, name, "label")
        sheets.put(sheet, row, 1, value, "text")
    at = len(facts) + 2
    if not reading.count("rows_posted"):
        sheet.merge_range(
            at, 0, at, 4, words("summary.empty", rows_in=reading.count("rows_in")), sheets.formats["wrap"]
        )
        sheet.set_row(at, 30)
        at += 2
    else:
        sheets.put(sheet, at, 0, reading.headline_label() + words("unit.bracket"), "label")
        sheet.set_row(at + 1, 28)
        sheets.put(sheet, at + 1, 0, tonnes_number(reading.headline()) or 0.0, "big")
        at += 3
    rows: list[Sequence[Any]] = []
    for name in SUMS:
        kg = reading.total(name)
        beside = name == "scope2_market_kg"
        interval = reading.interval(name[:-3])
        rows.append(
            (
                words(NAMES[name].replace("scope.", "scope.long.", 1)),
                reading.missing(reading.refused(name[5])) if kg is None else tonnes_number(kg),
                "—" if beside else _share(reading, kg),
                *(("—", "—") if interval is None else (tonnes_number(interval[0]), tonnes_number(interval[1]))),
            )
        )
    rows.append(
        (
            words("biogenic.long"),
            "—" if reading.biogenic() is None else tonnes_number(reading.biogenic()),
            "—",
            "—",
            "—",
        )
    )
    end = sheets.table(
        sheet,
        at,
        (
            (words("col.scope"), "text", 46),
            (words("col.emissions"), "t", 20),
            (words("xl.share"), "pct", 20),
            (words("col.low"), "t", 20),
            (words("col.high"), "t", 20),
        ),
        rows,
        freeze=False,
    )
    sheets.put(sheet, end, 0, reading.headline_label(), "total")
    first = at + 2
    sheet.write_formula(
        end,
        1,
        f"=SUM(B{first}:B{first + 1},B{first + 3})",
        sheets.formats["totalt"],
        tonnes_number(reading.headline()) or 0,
    )
    at = end + 2
    for key, value in (
        ("xl.rows_in", "rows_in"),
        ("xl.rows_posted", "rows_posted"),
        ("xl.rows_rejected", "rows_rejected"),
    ):
        sheets.put(sheet, at, 0, words(key), "label")
        sheets.put(sheet, at, 1, reading.count(value), "int")
        at += 1
    classes = reading.data.summary.get("by_match") or {}
    if classes:
        sheets.table(
            sheet,
            at + 1,
            ((words("col.class"), "text", 0), (words("col.rows"), "int", 0), (words("col.emissions"), "t", 0)),
            [
                (words.get("match." + n, n), int(v.get("rows") or 0), tonnes_number(exact(v.get("co2e_kg"))))
                for n, v in classes.items()
            ],
            freeze=False,
        )
        at += len(classes) + 3
    notes = [words("summary.rounding")] + (
        [scope3_gap(reading)] if reading.count("rows_posted") and not reading.collected("3") else []
    )
    if unknown := reading.refused(""):
        notes.append(words("unposted.no-scope", count=grouped(unknown)))
    for row, note in enumerate(notes, at + 1):
        sheet.merge_range(row, 0, row, 4, note, sheets.formats["note"])
        sheet.set_row(row, 30)


def _scope_heads(reading: Reading) -> list[tuple[str, str, float]]:
    heads = {
        "scope1_kg": "col.s1",
        "scope2_location_kg": "col.s2",
        "scope2_market_kg": "col.s2m",
        "scope3_kg": "col.s3",
    }
    words = reading.words
    return [(f"{words(heads[n])}{words('unit.bracket')}", "t", 18.0) for n in sum_columns(reading)] + [
        (words("col.sum") + words("unit.bracket"), "t", 18.0),
        (words("xl.share"), "pct", 12.0),
    ]


def _scope_total(reading: Reading, shift: int) -> dict[int, tuple[str, float | None]]:
    names = sum_columns(reading)
    sums: dict[int, tuple[str, float | None]] = {
        i + shift: ("totalt", tonnes_number(reading.total(n))) for i, n in enumerate(names)
    }
    return sums | {
        len(names) + shift: ("totalt", tonnes_number(reading.headline())),
        len(names) + shift + 1: ("totalpct", 1.0 if reading.headline() else 0.0),
    }


def _facility(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet, names = reading.words, sheets.sheet("facility"), sum_columns(reading)
    rows = [
        (
            facility_name(reading, r),
            str(r.get("org_unit") or ""),
            *(tonnes_number(exact(r.get(n))) for n in names),
            tonnes_number(located(r)),
            _share(reading, located(r)),
        )
        for r in reading.facility_rows()
    ]
    heads = [(words("col.facility"), "text", 44.0), (words("col.org-unit"), "text", 20.0), *_scope_heads(reading)]
    end = sheets.table(sheet, 0, heads, rows)
    if rows:
        sheets.total(sheet, end, 1, words("total"), _scope_total(reading, 2), len(heads))
    else:
        sheets.put(sheet, 1, 0, words("facilities.unnamed"), "text")


def _category(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet = reading.words, sheets.sheet("category")
    gases = {
        (
            ("" if r.get("scope") is None else str(r["scope"])),
            str(r.get("category") or ""),
            str(r.get("basis") or "-"),
        ): r
        for r in reading.data.gases
    }

    def gas(row: Any, name: str) -> float | str:
        value = tonnes_number(exact(row.get(name)))
        return words("not-split") if value is None else value

    rows: list[Sequence[Any]] = []
    groups = reading.groups()
    for (scope, category, basis), kg in reading.categories().items():
        row = gases.get((scope, category, basis), {})
        bio = tonnes_number(exact(row.get("biogenic_co2_kg")))
        rows.append(
            (
                words(f"scope.{scope or 'none'}"),
                reading.category_name(scope, category),
                words.get("basis." + basis, basis),
                tonnes_number(kg),
                "—" if basis == "market" or not scope else _share(reading, kg),
                *(gas(row, n) for n in ("co2_kg", "ch4_kg", "n2o_kg")),
                *(_tonnes_or_dash(group_masses(row).get(name)) for name in groups),
                _tonnes_or_dash(other_kg(row)) if groups else gas(row, "other_co2e_kg"),
                "—" if bio is None else bio,
            )
        )
    for scope, category in reading.refused_categories():
        gap = reading.missing(reading.refused(scope, category))
        name = reading.category_name(scope, category)
        rows.append((words(f"scope.{scope}"), name, "—", gap, *("—" for _ in range(6 + len(groups)))))
    sheets.table(
        sheet,
        0,
        (
            (words("col.scope"), "text", 16),
            (words("col.category"), "text", 40),
            (words("xl.basis"), "text", 16),
            (words("col.emissions"), "t", 18),
            (words("xl.share"), "pct", 12),
            (words("col.co2"), "t", 16),
            (words("col.ch4"), "t", 14),
            (words("col.n2o"), "t", 14),
            *((words(f"gas.col.{name}"), "t", 18) for name in groups),
            (words("col.other"), "t", 18),
            (words("col.biogenic"), "t", 18),
        ),
        rows,
    )


def _tonnes_or_dash(kg: Decimal | None) -> float | str:
    value = tonnes_number(kg)
    return "—" if value is None else value


def _month(sheets: Sheets, reading: Reading, standard: str) -> None:
    words, sheet, names = reading.words, sheets.sheet("month"), sum_columns(reading)
    found = reading.data.summary.get("by_month") or {}
    heads = [(words("col.month"), "text", 14.0), *_scope_heads(reading)]
    if not found:
        sheets.table(sheet, 0, heads, [])
        return
    rows: list[Sequence[Any]] = []
    for month in calendar_months(min(found), max(found)):
        row = found.get(month)  # a month without data is a gap, not zero
        rows.append(
            (month, *(reading.missing_month(month) for _ in (*names, "")), "—")
            if row is None
            else (
                month,
                *(tonnes_number(exact(row.get(n))) for n in names),
                tonnes_number(located(row)),
                _share(reading, located(row)),
            )
        )
    end = sheets.table(sheet, 0, heads, rows)
    sheets.total(sheet, end, 1, words("total"), _scope_total(reading, 1), len(heads))
    chart = sheets.book.add_chart({"type": "column", "subtype": "stacked"})
    colours = {"scope1_kg": "#2B3A55", "scope2_location_kg": "#3E86C6", "scope3_kg": "#BF8415"}
    name = words("sheet.month")
    for column, key in enumerate(names, 1):
        if key in colours:
            chart.add_series(
                {
                    "name": [name, 0, column],
                    "categories": [name, 1, 0, end - 1, 0],
                    "values": [name, 1, column, end - 1, column],
                    "fill": {"color": colours[key]},
                    "gap": 60,
                }
            )
    chart.set_title({"name": words("chart.months") + words("unit.bracket"), "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    chart.set_y_axis(
        {
            "num_format": "#,##0",
            "major_gridlines": {"visible": True, "line": {"color": "#E3E6EA"}},
            "line": {"none": True},
        }
    )
    chart.set_size({"width": 760, "height": 320})
    sheet.insert_chart(end + 2, 0, chart)


SUMS_SHEETS = (_summary, _facility, _category, _month)
