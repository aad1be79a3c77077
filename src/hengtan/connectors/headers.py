"""Which column of a file is which: Chinese and English headers, read from ``data/headers.csv``.

>>> name_of("用量"), name_of(" QTY. "), name_of("colour")
('quantity', 'quantity', None)

A column whose header is a canonical name is that column, and an alias beside it stays a tag; without it, an alias takes
the place; two aliases for one column are a problem, since nobody can tell which one is meant.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from hengtan.problems import HengtanError, Problem

from .faults import Faults, Place
from .method_inputs import Named, input_of
from .numbers import FULL_WIDTH
from .source import letter

# Names that the inventory and its engine give to columns of their own: a tag of such a name is renamed.
OURS = (
    "row", "cell", "unit_cell", "unreadable", "unit_as_given", "activity_type_as_given", "quantity_before_method",
    "quantity_given", "given_empty", "given_finite", "given_zero", "file_row_number",
)  # fmt: skip
_NOTE = re.compile(
    r"\(\s*(?:required|optional|mandatory|必填|选填|可选|yyyy-mm-dd|年-月-日|含|inclusive)\s*\)", re.IGNORECASE
)
_PUNCTUATION = re.compile(r"[\s_\-*:./\u200b\ufeff]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """One canonical column of the activity table, with its names."""

    name: str
    required: bool
    title: Mapping[str, str]
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of one table stand.

    columns  canonical name -> position from 0; tags: name of the tag -> position
    headers  position -> header as it stands in the file
    inputs   of the tags, those that methods read; misfits: headers that name one in another unit
    """

    columns: Mapping[str, int]
    tags: Mapping[str, int]
    headers: Sequence[str]
    width: int
    inputs: frozenset[str] = frozenset()
    misfits: tuple[tuple[str, Named], ...] = ()

    def seen(self) -> dict[str, str]:
        """Canonical name -> header as it stands in the file."""
        return {name: self.headers[at] for name, at in self._read().items()}

    def letters(self) -> dict[str, str]:
        """Canonical name -> letter of its column in a spreadsheet."""
        return {name: letter(at) for name, at in self._read().items()}

    def _read(self) -> dict[str, int]:
        return {**self.columns, **{name: at for name, at in self.tags.items() if name in self.inputs}}

    def tell_misfits(self, place: Place, faults: Faults) -> None:
        """That a column names what a method reads, in a unit that it does not read."""
        for header, named in self.misfits:
            values = {"column": header, "name": named.name, "unit": named.unit}
            faults.add("file.column-unit", place, column=header, values=values)


@dataclass(frozen=True, slots=True)
class Headers:
    """The known headers, with those that a company adds in its aliases file (``kind`` column)."""

    extra: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, header: str) -> str | None:
        """The canonical name of a header, if it has one."""
        stated = self.extra.get(folded(header))
        return stated if stated in headings() else name_of(header)

    def known(self, cells: Sequence[str]) -> int:
        """How many different canonical columns a line of cells names."""
        return len({name for cell in cells if (name := self.name_of(cell)) is not None})

    def missing(self, cells: Sequence[str]) -> list[str]:
        """The required columns that a line of cells does not name."""
        names = {self.name_of(cell) for cell in cells}
        lacking = [h.name for h in headings().values() if h.required and h.name not in names]
        return [name for name in lacking if not (name == "activity_type" and "factor_id" in names)]

    def layout(self, cells: Sequence[str], *, file: str, sheet: str, row: int) -> Layout:
        """Assigns every column; raises ``file.column-twice`` and ``file.column-missing``."""
        last = max((at for at, cell in enumerate(cells) if cell.strip()), default=-1)
        headers = [cell.strip() for cell in cells[: last + 1]]
        named: dict[str, list[int]] = {}
        for at, header in enumerate(headers):
            if (name := self.name_of(header)) is not None:
                named.setdefault(name, []).append(at)
        columns: dict[str, int] = {}
        problems: list[Problem] = []
        for name, places in named.items():
            exact = [at for at in places if headers[at].casefold() == name]
            chosen = exact if exact else places
            if len(chosen) > 1:
                values = {"column": name, "headers": ", ".join(f"{headers[at]} ({letter(at)})" for at in chosen)}
                problems.append(Problem("file.column-twice", file, sheet, row, headers[chosen[1]], values=values))
            columns[name] = chosen[0]
        if lacking := self.missing(headers):
            problems.append(self._missing(lacking, headers, file, sheet, row))
        if problems:
            raise HengtanError(problems)
        inputs, misfits = self._inputs(headers, columns, problems, (file, sheet, row))
        if problems:
            raise HengtanError(problems)
        tags = _tags(headers, columns, inputs)
        return Layout(columns, tags, headers, len(headers), frozenset(inputs.values()), tuple(misfits))

    def _inputs(
        self, headers: Sequence[str], columns: Mapping[str, int], problems: list[Problem], where: tuple[str, str, int]
    ) -> tuple[dict[int, str], list[tuple[str, Named]]]:
        """Position -> name of what methods read, in a table whose rows name methods; and headers with another unit."""
        found: dict[str, list[int]] = {}
        misfits = []
        for at, header in enumerate(headers if "method" in columns else ()):
            named = input_of(header, self.extra.get(folded(header), "")) if at not in columns.values() else None
            if named is not None and named.fits:
                found.setdefault(named.name, []).append(at)
            elif named is not None:
                misfits.append((header, named))
        inputs: dict[int, str] = {}
        for name, places in found.items():
            exact = [at for at in places if headers[at] == name]
            chosen = exact or places
            if len(chosen) > 1:
                values = {"column": name, "headers": ", ".join(f"{headers[at]} ({letter(at)})" for at in chosen)}
                problems.append(Problem("file.column-twice", *where, headers[chosen[1]], values=values))
            inputs[chosen[0]] = name
        return inputs, misfits

    def _missing(self, lacking: list[str], headers: Sequence[str], file: str, sheet: str, row: int) -> Problem:
        free = [header for header in headers if header and self.name_of(header) is None]
        near = [f"{name} ← {close}" for name in lacking if (close := nearest(name, free))]
        titles = ", ".join(f"{name} ({headings()[name].title['zh']})" for name in lacking)
        values = {
            "columns": titles,
            "near": "; ".join(near) or "-",
            "headers": ", ".join(header for header in headers if header)[:300] or "-",
        }
        return Problem("file.column-missing", file, sheet, row, values=values)


def _tags(headers: Sequence[str], columns: Mapping[str, int], inputs: Mapping[int, str]) -> dict[str, int]:
    taken = {*headings(), *OURS, *(name.casefold() for name in inputs.values())}
    tags: dict[str, int] = {}
    for at, header in enumerate(headers):
        if not header or at in columns.values():
            continue
        if at in inputs:
            tags[inputs[at]] = at
            continue
        name, number = header, 2
        while name.casefold() in taken:
            name, number = f"{header} ({number})", number + 1
        taken.add(name.casefold())
        tags[name] = at
    return tags


def folded(header: str) -> str:
    """A header without what does not tell it from others: case, spaces, full width, ``*``, ``(required)``."""
    text = _NOTE.sub("", header.translate(FULL_WIDTH))
    return _PUNCTUATION.sub("", text).casefold()


def name_of(header: str) -> str | None:
    """The canonical name of a header as we ship them."""
    return _names().get(folded(header))


@cache
def headings() -> Mapping[str, Heading]:
    """Every canonical column of the contract, in its order."""
    text = files(__package__).joinpath("data/headers.csv").read_text("utf-8")
    return {
        row["canonical"]: Heading(
            row["canonical"],
            row["required"] == "yes",
            {"en": row["en"], "zh": row["zh"]},
            tuple(row["aliases"].split("|")),
        )
        for row in csv.DictReader(text.splitlines())
    }


@cache
def _names() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for heading in headings().values():
        for alias in (heading.name, heading.title["en"], heading.title["zh"], *heading.aliases):
            key = folded(alias)
            if names.setdefault(key, heading.name) != heading.name:
                raise ValueError(f"header {alias!r} stands for {names[key]} and for {heading.name}")
    return names


def nearest(name: str, headers: Sequence[str]) -> str:
    """The header that comes nearest to a canonical column, or ''."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415  (only when something is missing)

    heading, best, score = headings()[name], "", 60.0
    for wanted in (heading.name, *heading.title.values(), *heading.aliases):
        found = process.extractOne(folded(wanted), headers, scorer=fuzz.WRatio, processor=folded, score_cutoff=score)
        if found is not None:
            best, score = found[0], found[1]
    return best
