"""Files of quotes and of a registry's statement: taken in as a whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from hengtan.connectors.table import Table, read_table
from hengtan.market.book.template import Template, lines_of, quotes_of, templates
from hengtan.problems import HengtanError, Problem
from hengtan.web.organisations.models import Membership

from . import services

MOST_BYTES, MOST_ROWS = 4 << 20, 20_000  # they are read while somebody waits


def take_quotes(membership: Membership, path: Path, name: str, *, correct: bool) -> tuple[int, int]:
    """(new, known already). Raises HengtanError with every row that is refused."""
    template = templates()["quotes"]
    table = _table(path, name, template)
    quotes, wrong = quotes_of(template, table.rows, name)
    _refuse([*table.problems, *wrong], name)
    return services.add_quotes(membership, quotes, name, correct=correct)


def take_statement(membership: Membership, path: Path, name: str, account: str, day: date) -> tuple[int, int, bool]:
    """(id, how many breaks, whether it is new). Raises HengtanError with every row that is refused."""
    template = templates()["statement"]
    table = _table(path, name, template)
    lines, wrong = lines_of(template, table.rows)
    _refuse([*table.problems, *wrong], name)
    return services.add_statement(membership, account, day, lines, name)


def _table(path: Path, name: str, template: Template) -> Table:
    if (size := path.stat().st_size) > MOST_BYTES:
        told = {"size": f"{size / (1 << 20):.1f}", "most": str(MOST_BYTES >> 20)}
        raise HengtanError(Problem("table.too-large", file=name, values=told))
    table = read_table(path, name, template.headers, template.numbers)
    if len(table.rows) > MOST_ROWS:
        told = {"rows": f"{len(table.rows):,}", "most": f"{MOST_ROWS:,}"}
        raise HengtanError(Problem("table.too-many-rows", file=name, values=told))
    return table


def _refuse(wrong: list[Problem], name: str) -> None:
    if wrong:
        raise HengtanError([replace(each, file=name) for each in wrong])
