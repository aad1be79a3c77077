"""A company's own names for units, types, facilities, regions and columns, and how it writes numbers and dates.

    kind,alias,name
    unit,度,kWh
    activity_type,Strom,electricity
    column,Menge,quantity
    format,numbers,decimal-comma
    format,dates,day-first

The same may stand in YAML: ``unit: {度: kWh}``. What an alias replaces is kept beside it (``unit_as_given``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hengtan.problems import HengtanError, Problem, system

from .dates import Order
from .headers import Headers, folded, headings
from .method_inputs import method_inputs
from .numbers import FULL_WIDTH, Convention

VALUE_KINDS = ("unit", "activity_type", "facility", "region")
KINDS = (*VALUE_KINDS, "column", "format")
_NUMBERS = {"decimal-comma": Convention.COMMA, "decimal-point": Convention.POINT}
_ORDERS: dict[str, Order] = {"day-first": "day-first", "month-first": "month-first"}


@dataclass(frozen=True, slots=True)
class Aliases:
    """values: canonical column -> folded alias -> name; numbers and dates: how the company writes them, if stated."""

    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    headers: Headers = field(default_factory=Headers)
    numbers: Convention = Convention.OPEN
    dates: Order = ""

    def name(self, column: str, text: str) -> str | None:
        """What a cell of this column stands for, if the company says so."""
        return self.values.get(column, {}).get(key(text))


def key(text: str) -> str:
    """Cells are compared without case, full width and double spaces."""
    return " ".join(text.translate(FULL_WIDTH).split()).casefold()


def read_aliases(path: Path, named: str | None = None) -> Aliases:
    """Reads an aliases file; raises HengtanError (``file.alias-*``) for what it cannot understand."""
    file = named or str(path)
    problems: list[Problem] = []
    found: dict[str, dict[str, tuple[str, int]]] = {kind: {} for kind in KINDS}
    for row, kind, alias, name in _entries(path, file):
        code, wanted = _fault(kind, alias, name)
        if code:
            values = {"kind": kind or "-", "alias": alias or "-", "name": name or "-", "wanted": wanted}
            problems.append(Problem(code, file, row=row, values=values))
            continue
        fold = folded(alias) if kind == "column" else key(alias)
        before = found[kind].setdefault(fold, (name, row))
        if before[0] != name:
            values = {"alias": alias, "name": name, "before": before[0], "row": str(before[1])}
            problems.append(Problem("file.alias-twice", file, row=row, values=values))
    if problems:
        raise HengtanError(problems)
    plain = {kind: {alias: name for alias, (name, _) in entries.items()} for kind, entries in found.items()}
    return Aliases(
        {kind: plain[kind] for kind in VALUE_KINDS if plain[kind]},
        Headers(plain["column"]),
        _NUMBERS.get(plain["format"].get("numbers", ""), Convention.OPEN),
        _ORDERS.get(plain["format"].get("dates", ""), ""),
    )


def _fault(kind: str, alias: str, name: str) -> tuple[str, str]:
    if kind not in KINDS:
        return "file.alias-kind", ", ".join(KINDS)
    if not alias or not name:
        return "file.alias-empty", ""
    if kind == "column" and name not in headings() and name not in method_inputs():
        return "file.alias-name", ", ".join((*headings(), *method_inputs()))
    if kind == "format":
        choices: dict[str, Iterable[str]] = {"numbers": _NUMBERS, "dates": _ORDERS}
        if name not in choices.get(alias, ()):
            return "file.alias-name", "numbers = decimal-comma | decimal-point; dates = day-first | month-first"
    return "", ""


def _entries(path: Path, file: str) -> Iterator[tuple[int, str, str, str]]:
    """(row, kind, alias, name) of every line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise HengtanError(Problem("file.missing", file)) from None
    except IsADirectoryError:
        raise HengtanError(Problem("file.folder", file)) from None
    except UnicodeDecodeError:
        try:
            text = path.read_bytes().decode("gb18030")
        except UnicodeDecodeError:
            raise HengtanError(Problem("file.encoding", file)) from None
    except OSError as error:
        raise HengtanError(Problem("file.unreadable", file, values=system("why", error))) from None
    if path.suffix.lower() in (".yaml", ".yml"):
        yield from _yaml(text, file)
        return
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [cell.strip().casefold() for cell in next(reader, [])]
    if header[:3] != ["kind", "alias", "name"]:
        raise HengtanError(Problem("file.alias-header", file, row=1, values={"header": ",".join(header) or "-"}))
    for row, cells in enumerate(reader, 2):
        if any(cell.strip() for cell in cells):
            kind, alias, name = (*(cell.strip() for cell in cells[:3]), "", "", "")[:3]
            yield row, kind, alias, name


def _yaml(text: str, file: str) -> Iterator[tuple[int, str, str, str]]:
    import yaml  # noqa: PLC0415  (only for this form)

    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        row = mark.line + 1 if mark else None
        raise HengtanError(Problem("file.alias-header", file, row=row, values={"header": "YAML"})) from None
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        raise HengtanError(Problem("file.alias-header", file, row=1, values={"header": "YAML"}))
    for kind, entries in root.value:
        if not isinstance(entries, yaml.MappingNode):
            yield kind.start_mark.line + 1, str(kind.value), "", ""
            continue
        for alias, name in entries.value:
            both = isinstance(alias, yaml.ScalarNode) and isinstance(name, yaml.ScalarNode)
            given = (str(alias.value).strip(), str(name.value).strip()) if both else ("", "")
            yield alias.start_mark.line + 1, str(kind.value), *given
