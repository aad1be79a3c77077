"""The grid of a place: which parameters stand in it, with their months, and back from what was typed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hengtan.sectors import SectorMethod
from hengtan.sectors.method import Parameter
from hengtan.sectors.statement import MONTHS

from .services import Row

FEW = 6  # items of a group that are all shown; of a longer list those that are used or asked for


@dataclass(frozen=True, slots=True)
class Line:
    """One parameter of the grid. cells: year, then twelve months; default: what counts where nothing is typed."""

    name: str
    title: str
    unit: str
    obtained: str
    source: str
    cells: tuple[str, ...]
    default: str
    mark: str
    monthly: bool
    problem: str = ""

    @property
    def count(self) -> int:
        """Months that are filled."""
        return sum(bool(cell) for cell in self.cells[1:])


@dataclass(frozen=True, slots=True)
class Block:
    """Lines under one heading; more: items that can be added, (id, title)."""

    id: str
    title: str
    lines: tuple[Line, ...]
    more: tuple[tuple[str, str], ...]


def blocks(
    method: SectorMethod,
    rows: Sequence[Row],
    place: tuple[str, str, str],
    year: int,
    lang: str,
    added: Sequence[str] = (),
) -> Iterator[Block]:
    """What is shown for a place; ``added``: items asked for, ``fuel.diesel``."""
    given: dict[str, list[Row]] = {}
    for row in rows:
        if tuple(row[:3]) == place:
            given.setdefault(row[3], []).append(row)
    single = [
        line(name, parameter, parameter.title[lang], given.get(name, []), year)
        for name, parameter in method.parameters.items()
    ]
    for group in method.groups.values():
        used = {name.split(".", 1)[1].rpartition(".")[0] for name in given if name.startswith(f"{group.id}.")}
        used |= {name.split(".", 1)[1] for name in added if name.startswith(f"{group.id}.")}
        shown = [item for item in group.items if len(group.items) <= FEW or item in used]
        shown += sorted(used - set(shown))
        lines = []
        for item in shown:
            known = group.items.get(item)
            title = known.title[lang] if known else item
            for name, parameter in (known.parameters if known else group.own).items():
                full = f"{group.id}.{item}.{name}"
                lines.append(line(full, parameter, f"{title} · {parameter.title[lang]}", given.get(full, []), year))
        more = tuple(
            (f"{group.id}.{item.id}", item.title[lang]) for item in group.items.values() if item.id not in shown
        )
        yield Block(group.id, group.title[lang], tuple(lines), more)
    if single:
        yield Block("", "", tuple(single), ())


def line(name: str, parameter: Parameter, title: str, rows: Sequence[Row], year: int) -> Line:
    """One parameter with what is given of it."""
    by = {row[4]: row for row in rows}
    first: Sequence[str] = rows[0] if rows else ["", "", "", name, "", "", parameter.unit, "", ""]
    default = parameter.default(year)
    cells = tuple(by[month][5] if month in by else "" for month in ("", *map(str, MONTHS)))
    return Line(
        name, title, first[6] or parameter.unit, first[7], first[8], cells, default.text if default else "",
        default.mark if default else "", parameter.sums or parameter.weight is not None,
    )  # fmt: skip


def typed(packed: str, place: tuple[str, str, str], method: SectorMethod) -> list[Row]:
    """The rows of a grid as the page packs it: [[parameter, unit, obtained, source, year, month 1, ...], ...]; ValueError for another thing."""
    lines: Any = json.loads(packed)
    if not isinstance(lines, list) or not all(isinstance(each, list) and len(each) == 17 for each in lines):
        raise ValueError("not a packed grid")
    rows: list[Row] = []
    for each in lines:
        name, unit, obtained, source, *cells = (" ".join(str(cell).split()) for cell in each)
        if method.find(name) is None:
            continue
        for month, value in zip(("", *map(str, MONTHS)), cells, strict=True):
            if value:
                rows.append([*place, name, month, value, unit, obtained, source])
    return rows


def places(rows: Sequence[Row], name: str) -> list[tuple[str, str, str]]:
    """Those of the statement, the enterprise as a whole first."""
    return list(dict.fromkeys([(name, "", ""), *(((row[0], row[1], row[2])) for row in rows)]))


def completeness(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """By value: which of the twelve months are given."""
    return [
        {**each, "dots": [str(month) in each["months"] for month in MONTHS], "whole": each["year"] is not None}
        for each in record.get("values", ())
    ]
