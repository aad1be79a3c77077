"""A statement file as a table: what commands and pages share."""

from __future__ import annotations

from pathlib import Path

from hengtan.problems import HengtanError, Problem
from hengtan.sectors.statement import COLUMNS, HEADERS, NEEDS

from .table import Table, read_table


def statement_table(path: Path, file: str) -> Table:
    """Raises HengtanError for a file that cannot be read or lacks a column that a statement needs."""
    table = read_table(path, file, HEADERS, frozenset({"value"}))
    if missing := [name for name in NEEDS if name not in table.columns]:
        values = {"missing": ", ".join(missing), "known": ", ".join(COLUMNS)}
        raise HengtanError(Problem("table.columns-missing", file=file, values=values))
    return table
