"""The library of emission factors: packed Parquet files, one per dataset, and the user's own factor files.

A file may be taken out of ``factors/data/library`` (for its licence, say): what is left opens without a change.
Opening reads nothing but names; ids are read when one is asked for, a dataset's rows when one of them is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hengtan.problems import HengtanError, Problem

from .factor import COLUMNS, NUMBERS, Factor, decimal
from .userfile import read_user_file

if TYPE_CHECKING:
    import pyarrow as pa

DATA = Path(__file__).parent / "data"
VERSION = "2026.1"
EXTRA = ("published", "published_assumed", "published_source", "origin")


class Part:
    """One packed dataset, read as far as it is needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem

    @cached_property
    def ids(self) -> list[str]:
        """The ids in row order."""
        return list(self.columns("factor_id").column("factor_id").to_pylist())

    @cached_property
    def table(self) -> pa.Table:
        """All columns; numbers are exact decimal text."""
        return self.columns()

    @cached_property
    def _chunks(self) -> list[Any]:
        return [self.table.column(name).combine_chunks() for name in (*COLUMNS, *EXTRA)]

    def columns(self, *names: str) -> pa.Table:
        """Only these columns, or all."""
        # not read_table: it imports pyarrow.dataset, which takes longer than the reading
        from pyarrow.parquet import ParquetFile  # noqa: PLC0415  pyarrow costs 0.2 s, --help must not pay it

        with ParquetFile(self.path) as file:
            return file.read(list(names) or None, use_threads=False)

    def rows_of(self, dataset: str) -> list[int]:
        """The rows of a dataset (a file may hold several)."""
        names = self.columns("dataset").column("dataset").to_pylist()
        return [row for row, name in enumerate(names) if name == dataset]

    def factor(self, row: int) -> Factor:
        """The factor that stands in the row (the first is 0)."""
        cells = {name: chunk[row].as_py() for name, chunk in zip((*COLUMNS, *EXTRA), self._chunks, strict=True)}
        for name in NUMBERS:
            cells[name] = decimal(cells[name] or "")
        cells["scope"] = int(cells["scope"]) if cells["scope"] else None
        return Factor(**cells)

    def sha256(self) -> str:
        """The digest of the packed file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


class Library:
    """Factors by id: those of the packed datasets, and those that the user brought along."""

    def __init__(self, parts: Sequence[Part], own: Iterable[Factor] = (), problems: Iterable[Problem] = ()) -> None:
        self.parts = tuple(parts)
        self.own = {factor.factor_id: factor for factor in own}
        self.problems = tuple(problems)
        self.version = VERSION

    def __len__(self) -> int:
        return len(self._places) + len(self.own)

    def __contains__(self, factor_id: object) -> bool:
        return factor_id in self.own or factor_id in self._places

    def __iter__(self) -> Iterator[Factor]:
        for part in self.parts:
            yield from map(part.factor, range(len(part.ids)))
        yield from self.own.values()

    @cached_property
    def _places(self) -> dict[str, tuple[Part, int]]:
        return {name: (part, row) for part in self.parts for row, name in enumerate(part.ids)}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the packed datasets, names included; the user's files have digests of their own."""
        whole = hashlib.sha256()
        for part in self.parts:
            whole.update(f"{part.name} {part.sha256()}\n".encode())
        return whole.hexdigest()

    @cached_property
    def datasets(self) -> dict[str, int]:
        """Number of factors by dataset name, in file order."""
        counts: dict[str, int] = {}
        for part in self.parts:
            for name in part.columns("dataset").column("dataset").to_pylist():
                counts[name] = counts.get(name, 0) + 1
        for factor in self.own.values():
            counts[factor.dataset or "-"] = counts.get(factor.dataset or "-", 0) + 1
        return counts

    @cached_property
    def table(self) -> pa.Table:
        """Every row of the packed datasets, then the user's: 27 columns, ``published`` and its marks, ``origin``."""
        import pyarrow as pa  # noqa: PLC0415  see Part.columns

        tables = [part.table for part in self.parts]
        if self.own:
            tables.append(_own_table(self.own.values()))
        return pa.concat_tables(tables)

    def get(self, factor_id: str) -> Factor | None:
        """The factor of this id, or None; never another one."""
        if factor_id in self.own:
            return self.own[factor_id]
        place = self._places.get(factor_id)
        return place[0].factor(place[1]) if place else None

    def select(self, *, dataset: str = "", ids: Iterable[str] = ()) -> list[Factor]:
        """The factors of a dataset, or those of the ids that exist, in the order asked."""
        if dataset:
            packed = (part.factor(row) for part in self.parts for row in part.rows_of(dataset))
            return [*packed, *(factor for factor in self.own.values() if factor.dataset == dataset)]
        return [factor for factor in map(self.get, ids) if factor]

    def near(self, factor_id: str, limit: int = 5) -> list[str]:
        """The ids that are spelt most like it."""
        from rapidfuzz import fuzz, process  # noqa: PLC0415  30 ms, for a mistake only

        known = [*self.own, *self._places]
        lower = [name.lower() for name in known]
        found = process.extract(factor_id.lower(), lower, scorer=fuzz.ratio, limit=limit, score_cutoff=55)
        return [known[at] for _, _, at in found]


def open_library(extra: Sequence[Path] = ()) -> Library:
    """The packed library and the user's factor files.

    Raises HengtanError with every row that cannot be computed: no id, an id that stands twice or in the library, no unit
    or an unknown one, no number. What is only poor (no source, licence, category, Chinese name) is in ``problems``.
    """
    if not extra:
        return _packed()
    packed = _packed()
    taken = set(packed._places)
    own: list[Factor] = []
    problems: list[Problem] = []
    for path in extra:
        file = read_user_file(Path(path), taken)
        own += file.factors.values()
        taken |= {factor.factor_id for factor in file.factors.values()}
        problems += file.problems
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise HengtanError(errors)
    return Library(packed.parts, own, problems)


@cache
def _packed() -> Library:
    return library_in(DATA / "library")


def library_in(folder: Path) -> Library:
    """The library of the Parquet files in a folder, whichever are there."""
    return Library([Part(path) for path in sorted(folder.glob("*.parquet"))])


def _own_table(factors: Iterable[Factor]) -> pa.Table:
    """The user's factors in the shape of a packed dataset."""
    import pyarrow as pa  # noqa: PLC0415  see Part.columns
    from pyarrow import csv  # noqa: PLC0415  and not pa.array(list): that imports pandas, more than a second

    types = {name: pa.string() for name in COLUMNS}
    types |= {"valid_from": pa.date32(), "valid_to": pa.date32(), "published": pa.date32()}
    types |= {"published_assumed": pa.bool_(), "published_source": pa.string(), "origin": pa.string()}
    lines = [",".join(types)]
    for factor in factors:
        cells = factor.as_row()
        cells |= {name: str(getattr(factor, name)) for name in types if name not in cells}
        nullable = {*NUMBERS, "valid_from", "valid_to"}
        lines.append(",".join("" if not cell and name in nullable else _quoted(cell) for name, cell in cells.items()))
    return csv.read_csv(
        pa.py_buffer("\n".join(lines).encode()),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'
