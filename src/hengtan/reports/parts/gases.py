"""Emissions by gas, and biogenic CO2 apart."""

from __future__ import annotations

from decimal import Decimal

from hengtan.gases import SETS, gwp

from ..blocks import Block, Cell, Column, Note, Table, Text
from ..numbers import add, exact, minus, percent, ratio, tonnes
from ..reading import Reading, unsplit_kg

ROUNDING, OF_TOTAL = Decimal("0.01"), Decimal("1e-9")
"""kg, and its part of the total: what is left below either is the rounding of coefficients, no gas."""
GASES = ("co2e_kg", "co2_kg", "ch4_kg", "n2o_kg", "other_co2e_kg")


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
        values[3] = _gas(values[3], values[4])
        gap = "not-split" if all(v is None for v in values[:4]) else "not-stated"
        title = words("scope.2." + basis) if scope == "2" else words("scope." + scope)
        rows.append(
            (
                Cell(reading.category_name(scope, str(row.get("category") or "")), "", title),
                *(Cell(words(gap), "gap") if v is None else Cell(tonnes(v)) for v in values),
            )
        )
        if basis != "market":
            for name, value in zip(names, values, strict=True):
                if value is not None:
                    total[name] = add(total[name], value)
    if not rows:
        return [Note("gap", words("gases.unknown"))]
    blocks: list[Block] = _direct(reading)
    if all(total[name] is None for name in names[:3]):
        blocks.append(Note("gap", words("gases.none", value=tonnes(unsplit))))
    elif unsplit:
        blocks.append(Note("gap", words("gases.unsplit", value=tonnes(unsplit))))
    columns = (
        Column(words("col.category"), "text", 3.4),
        *(Column(words(c), "num", 1.5) for c in ("col.co2", "col.ch4", "col.n2o", "col.other", "col.total")),
    )
    blocks.append(
        Table(
            columns,
            tuple(rows),
            (
                Cell(words("total.location")),
                *(Cell(words("not-stated"), "gap") if v is None else Cell(tonnes(v)) for v in total.values()),
            ),
            words("gases.mass", gwp=reading.gwp()),
        )
    )
    return blocks


def _direct(reading: Reading) -> list[Block]:
    """Scope 1 by gas in CO2e, where every part is known; methane is what the others leave, because AR6 weighs it by origin."""
    words, name = reading.words, reading.gwp()
    rows = [r for r in reading.data.gases if str(r.get("scope")) == "1"]
    if not rows or name not in SETS or all(r.get("co2_kg") is None for r in rows):
        return []
    total, co2, ch4, n2o, other = (add(*(exact(r.get(key)) for r in rows)) for key in GASES)
    unsplit = add(*(unsplit_kg(r) for r in rows))
    n2o_co2e = n2o * gwp("N2O", name)
    by_origin = name == "AR6" and any(r.get("ch4_kg") is not None for r in rows)
    ch4_co2e = minus(total, add(co2, n2o_co2e, other, unsplit)) if by_origin else ch4 * gwp("CH4", name)
    other = minus(total, add(co2, ch4_co2e, n2o_co2e, unsplit))
    other = _gas(other, total) or Decimal(0)
    lines = [("CO₂", co2), ("CH₄", ch4_co2e), ("N₂O", n2o_co2e), (words("gases.other"), other)]
    silent = {label for label, key in (("CH₄", "ch4_kg"), ("N₂O", "n2o_kg")) if all(r.get(key) is None for r in rows)}
    if unsplit:
        lines.append((words("gases.unsplit.line"), unsplit))
    columns = (
        Column(words("col.gas"), "text", 5),
        Column(words("col.emissions"), "num", 2),
        Column(words("col.share"), "num", 1.4),
    )
    return [
        Table(
            columns,
            tuple(
                (Cell(label), Cell(words("not-stated"), "gap"), Cell("—", "na"))
                if label in silent
                else (Cell(label), Cell(tonnes(kg)), Cell(percent(ratio(kg, total))))
                for label, kg in lines
            ),
            (Cell(words("scope.long.1")), Cell(tonnes(total)), Cell(percent(ratio(total, total)))),
        )
    ]


def _gas(other: Decimal | None, total: Decimal | None) -> Decimal | None:
    """Other gases in kg CO2e; 0 for what rounding leaves."""
    if other is None:
        return None
    return Decimal(0) if abs(other) < max(ROUNDING, OF_TOTAL * abs(total or Decimal(0))) else other


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
            rows.append(
                (
                    Cell(words(f"scope.{scope or 'none'}")),
                    Cell(reading.category_name(scope, str(row.get("category") or ""))),
                    Cell(tonnes(kg)),
                )
            )
    table = Table(
        (
            Column(words("col.scope"), "text", 2),
            Column(words("col.category"), "text", 5),
            Column(words("col.biogenic"), "num", 2),
        ),
        tuple(rows),
        (Cell(words("total")), Cell(""), Cell(tonnes(total))),
    )
    return [Text(words("biogenic.some")), table]
