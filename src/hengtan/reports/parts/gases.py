"""Emissions by gas, and biogenic CO2 apart."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hengtan.gases import GROUPS, SETS, gwp
from hengtan.inventory.view import Row

from ..blocks import Block, Cell, Column, Note, Table, Text
from ..numbers import add, exact, minus, percent, ratio, tonnes
from ..reading import Reading, group_masses, other_kg, unsplit_kg

ROUNDING, OF_TOTAL = Decimal("0.01"), Decimal("1e-9")
"""kg, and its part of the total: what is left below either is the rounding of coefficients, no gas."""
MASSES = ("co2_kg", "ch4_kg", "n2o_kg")
SEVEN = ("hfc", "pfc", "sf6", "nf3")
"""The fluorinated gases that the standards name beside CO2, CH4 and N2O."""
NAMED = tuple(name for name in GROUPS if name != "other")


def gases(reading: Reading) -> list[Block]:
    """Masses of the gases by scope and category, the fluorinated ones by group in CO2e, and what cannot be split."""
    words, unsplit = reading.words, reading.unsplit()
    listed = [row for row in reading.data.gases if row.get("scope") is not None]
    if not listed:
        return [Note("gap", words("gases.unknown"))]
    listed.sort(key=lambda r: (str(r["scope"]), str(r.get("basis")), -(exact(r.get("co2e_kg")) or 0)))
    groups = reading.groups()
    rows, total = [], dict[str, Decimal]()
    for row in listed:
        scope, basis = str(row["scope"]), str(row.get("basis") or "-")
        values = _values(row, groups)
        title = words("scope.2." + basis) if scope == "2" else words("scope." + scope)
        gap = "not-split" if all(values[name] is None for name in (*MASSES, "other_co2e_kg")) else "not-stated"
        rows.append(
            (
                Cell(reading.category_name(scope, str(row.get("category") or "")), "", title),
                *(_cell(reading, name, kg, gap, known=_of_known_groups(row)) for name, kg in values.items()),
            )
        )
        if basis != "market":
            for name, kg in values.items():
                if kg is not None:
                    total[name] = add(total.get(name), kg)
    blocks: list[Block] = _direct(reading)
    if not any(name in total for name in MASSES) and not groups:
        blocks.append(Note("gap", words("gases.none", value=tonnes(unsplit))))
    elif unsplit:
        blocks.append(Note("gap", words("gases.unsplit", value=tonnes(unsplit))))
    heads = ("col.co2", "col.ch4", "col.n2o", *(f"gas.col.{name}" for name in groups), "col.other", "col.total")
    columns = (
        Column(words("col.category"), "text", 3.4 - 0.3 * len(groups)),
        *(Column(words(c), "num", 1.5) for c in heads),
    )
    sums = [total.get(name) for name in _values({}, groups)]
    blocks.append(
        Table(
            columns,
            tuple(rows),
            (
                Cell(words("total.location")),
                *(Cell(words("not-stated"), "gap") if kg is None else Cell(tonnes(kg)) for kg in sums),
            ),
            words("gases.mass", gwp=reading.gwp()) + (words("gap") + words("gases.groups") if groups else ""),
        )
    )
    return blocks


def _values(row: Row, groups: Sequence[str]) -> dict[str, Decimal | None]:
    """What stands in the columns of one row: masses of CO2, CH4 and N2O, CO2e of the groups, of the rest and of all (kg)."""
    of_group = group_masses(row)
    total = exact(row.get("co2e_kg"))
    return {
        **{name: exact(row.get(name)) for name in MASSES},
        **{name: of_group.get(name) for name in groups},
        "other_co2e_kg": _gas(other_kg(row), total),
        "co2e_kg": total,
    }


def _cell(reading: Reading, name: str, kg: Decimal | None, gap: str, *, known: bool) -> Cell:
    if kg is not None:
        return Cell(tonnes(kg))
    if known or name in NAMED:
        return Cell("—", "na")  # another gas: it is known that there is none of this one
    return Cell(reading.words(gap), "gap")


def _direct(reading: Reading) -> list[Block]:
    """Scope 1 by gas in CO2e, where every part is known; methane is what the others leave, because AR6 weighs it by origin."""
    words, name = reading.words, reading.gwp()
    rows = [r for r in reading.data.gases if str(r.get("scope")) == "1"]
    groups = [group for group in NAMED if any(group in group_masses(r) for r in rows)]
    if not rows or name not in SETS or not (groups or any(r.get("co2_kg") is not None for r in rows)):
        return []
    total, co2, ch4, n2o = (add(*(exact(r.get(key)) for r in rows)) for key in ("co2e_kg", *MASSES))
    by_group = {group: add(*(group_masses(r).get(group) for r in rows)) for group in groups}
    stated = add(*by_group.values(), *(unsplit_kg(r) for r in rows))
    unsplit = add(*(unsplit_kg(r) for r in rows))
    n2o_co2e = n2o * gwp("N2O", name)
    by_origin = name == "AR6" and any(r.get("ch4_kg") is not None for r in rows)
    other = add(*(other_kg(r) for r in rows))
    ch4_co2e = minus(total, add(co2, n2o_co2e, other, stated)) if by_origin else ch4 * gwp("CH4", name)
    other = minus(total, add(co2, ch4_co2e, n2o_co2e, stated))
    other = _gas(other, total) or Decimal(0)
    lines: list[tuple[str, Decimal | None]] = []
    silent = set()
    for label, key, kg in zip(("CO₂", "CH₄", "N₂O"), MASSES, (co2, ch4_co2e, n2o_co2e), strict=True):
        stated_by = any(r.get(key) is not None for r in rows)
        if not stated_by and not all(_of_known_groups(r) for r in rows):
            silent.add(label)
        lines.append((label, kg if stated_by else None))
    lines += [(words("gas." + group), by_group.get(group)) for group in dict.fromkeys((*SEVEN, *groups))]
    if other:
        lines.append((words("gases.other"), other))
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
            tuple(_gas_line(reading, label, kg, total, silent=label in silent) for label, kg in dict(lines).items()),
            (Cell(words("scope.long.1")), Cell(tonnes(total)), Cell(percent(ratio(total, total)))),
            words("gases.seven"),
        )
    ]


def _of_known_groups(row: Row) -> bool:
    """Whether all of a row is of gases with a group: then it holds no CO2, CH4 and N2O."""
    return all(row.get(key) is None for key in MASSES) and bool(group_masses(row)) and not unsplit_kg(row)


def _gas_line(
    reading: Reading, label: str, kg: Decimal | None, total: Decimal, *, silent: bool
) -> tuple[Cell, Cell, Cell]:
    if silent:
        return Cell(label), Cell(reading.words("not-stated"), "gap"), Cell("—", "na")
    if kg is None:
        return Cell(label), Cell("—", "na"), Cell("—", "na")
    return Cell(label), Cell(tonnes(kg)), Cell(percent(ratio(kg, total)))


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
