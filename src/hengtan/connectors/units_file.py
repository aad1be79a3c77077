"""A file of generating units or of lines, read and allocated under the plan of its year: what commands and pages share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hengtan.market.allocation import Allocation, Kind, Plan, allocate, plan_of
from hengtan.market.allocation.file import HEADERS, INDUSTRY_NEEDS, NUMBERS, POWER_NEEDS
from hengtan.problems import HengtanError, Problem

from .table import read_table


@dataclass(frozen=True, slots=True)
class UnitsFile:
    """What a file comes to. named: its cells by (entity, unit or line); problems: of cells and rows, each with the file."""

    allocation: Allocation
    named: Mapping[tuple[str, str], dict[str, str]]
    problems: Sequence[Problem]


def allocate_file(
    path: Path, file: str, year: int, kind: Kind, plan: Plan | None = None, most: int | None = None
) -> UnitsFile:
    """``plan``: in place of the shipped one of the year; ``most``: rows that are let in.

    Raises HengtanError for what is no such table or has no rows, and for a year without a plan.
    """
    table = read_table(path, file, HEADERS, NUMBERS)
    is_power = "class" in table.columns or "unit_name" in table.columns
    needs = POWER_NEEDS if is_power else INDUSTRY_NEEDS
    if missing := [each for each in needs if each not in table.columns]:
        values = {"missing": ", ".join(missing), "known": ", ".join(needs)}
        raise HengtanError(Problem("table.columns-missing", file=file, values=values))
    if not table.rows:
        raise HengtanError(Problem("table.no-rows", file=file))
    if most is not None and len(table.rows) > most:
        values = {"count": str(len(table.rows)), "most": str(most)}
        raise HengtanError(Problem("ets.too-many", file=file, values=values))
    sector = "power" if is_power else "steel"  # the three sectors share their plans
    chosen = plan or plan_of(sector, year)
    if chosen is None:
        raise HengtanError(Problem("ets.plan-none", values={"year": str(year), "sector": sector}))
    allocation = allocate(table.rows, chosen, year, kind, {problem.row for problem in table.problems})
    column = "unit_name" if is_power else "line"
    named = {
        (cells["entity"], cells[column]): cells
        for cells in ({name: " ".join(cell.split()) for name, cell in given.items()} for _, given in table.rows)
    }
    return UnitsFile(
        allocation, named, [*table.problems, *(replace(problem, file=file) for problem in allocation.problems)]
    )
