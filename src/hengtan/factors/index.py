"""The index from words to rows: made when the library is packed, and on the spot for a user's own factors.

``data/search/words.parquet`` holds, per dataset file and word, the rows that have it in a name and those that have it
elsewhere; ``data/search/rows.parquet`` holds what ranks and filters a row: weight, family, unit, region, years, category.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .factor import AMOUNTS, Factor
from .words import STOP, words

if TYPE_CHECKING:
    import pyarrow as pa

    from .library import Library, Part

SEARCH = Path(__file__).parent / "data" / "search"
ALWAYS = (0, 9999)
STATED = ("co2", "gases", "co2e", "biogenic")
"""What a row may state: CO2 alone; CH4 or N2O apart; a CO2e total; biogenic CO2."""
ROW = ("weight", "family", "unit", "region", "first", "last", "category")
WEIGHTS = {
    "stationary_combustion": 100,
    "purchased_electricity": 100,
    "purchased_heat": 95,
    "mobile_combustion": 85,
    "refrigerant": 90,
    "process": 85,
    "business_travel": 88,
    "wtt": 55,
    "td_losses": 50,
    "biogenic_outside_scopes": 45,
    "leased_assets": 45,
    "electricity_footprint": 60,
    "cbam_embedded_emissions": 55,
    "project_baseline": 30,
    "purchased_goods_spend": 70,
}
"""How likely a person who asks for a fuel or a good means the category, in percent; 80 where it is not named."""

DATASETS = {
    "owid_ember_electricity_carbon_intensity": 70,  # life cycle; a country's own dataset comes first
    "CN-MEE-ELECTRICITY-FOSSIL": 60,
    "CN-MEE-ELECTRICITY-RESIDUAL": 80,
    "CN-ETS-REPORTING": 60,
    "CN-LOCAL": 70,
}
"""The same for series that answer a narrower question than their category does; 100 where it is not named."""

KINDS = {
    "average biofuel blend": 170,  # what is sold at the pump
    "100% mineral": 90,
    "Bioenergy >": 65,
    "non-baseload": 60,
}
"""The same for words in a name."""

UNIT_WORDS = frozenset((
    "kwh", "kilowatt", "hour", "gross", "net", "cv", "kg", "kilogram", "tonne", "litre", "km", "kilometre", "mile", "gj",
    "gigajoule",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What ranks and filters a row. family: the same thing in other years; first, last: years of its validity."""

    weight: int
    family: str
    unit: str
    region: str
    first: int
    last: int
    category: str


def facts(cells: Mapping[str, Any]) -> RowFacts:
    """The facts of a row whose ``valid_from`` and ``valid_to`` are dates or None."""
    first = cells["valid_from"].year if cells["valid_from"] else ALWAYS[0]
    last = cells["valid_to"].year if cells["valid_to"] else ALWAYS[1]
    name = words(cells["name"] or cells["name_zh"])
    length = len(set(name))
    recent = max(0, min(first or 2020, 2026) - 2006)
    weight = WEIGHTS.get(cells["category"], 80) * DATASETS.get(cells["dataset"], 100) * (100 + recent) / (8 + length)
    weight *= 1 if "-" not in cells["region"] else 0.85
    for kind, percent in KINDS.items():
        weight *= percent / 100 if kind in cells["name"] else 1
    return RowFacts(
        round(weight / 100), family(cells), cells["activity_unit"], cells["region"], first, last, cells["category"]
    )


def family(cells: Mapping[str, Any]) -> str:
    """What the editions of one factor share: dataset, category, unit, region, and the name without its year.

    Editions move words about ("Gross CV (kilowatt hour)", "(kWh (Gross CV))"): order and units in a name do not count.
    """
    drop = UNIT_WORDS | {str(cells["valid_from"].year) if cells["valid_from"] else ""}
    name = sorted(word for word in words(cells["name"] or cells["name_zh"]) if word not in drop)
    return "|".join((cells["dataset"], cells["category"], cells["activity_unit"], cells["region"], *name))


def row_words(cells: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """The words of its names, and the words that say what it is about: category, dataset, version, unit, region."""
    names = set(words(cells["name"])) | set(words(cells["name_zh"]))
    about = " ".join(
        str(cells[column]).replace("_", " ")
        for column in ("category", "dataset", "dataset_version", "activity_unit", "region")
    )
    return names - STOP, set(words(about)) - names - STOP


@dataclass(slots=True)
class WordRows:
    """Rows that have a word in a name, and rows that have it elsewhere."""

    names: list[int] = field(default_factory=list)
    about: list[int] = field(default_factory=list)


def word_rows(rows: Iterable[Mapping[str, Any]]) -> dict[str, WordRows]:
    """The rows of every word; rows are counted from 0."""
    found: dict[str, WordRows] = {}
    for number, cells in enumerate(rows):
        names, about = row_words(cells)
        for word in names:
            found.setdefault(word, WordRows()).names.append(number)
        for word in about:
            found.setdefault(word, WordRows()).about.append(number)
    return found


class Index:
    """The words and rows of an opened library; a row's number counts through all its datasets, then the user's."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._parts = [part for part in library.parts if part.name in self._rows["weight"]]
        self._offsets = self._places()
        self._own = [cells_of(factor) for factor in library.own.values()]
        self._own_words = word_rows(self._own)
        self._own_offset = sum(len(column) for column in self._rows["weight"].values())

    def _places(self) -> dict[str, int]:
        offsets: dict[str, int] = {}
        at = 0
        for part in self._parts:
            offsets[part.name] = at
            at += len(self._rows["weight"][part.name])
        return offsets

    @cached_property
    def _rows(self) -> dict[str, dict[str, list[Any]]]:
        """Column to dataset file to the cells of its rows; only files that the library has."""
        names = [part.name for part in self._library.parts]
        columns: dict[str, dict[str, list[Any]]] = {column: {} for column in ROW}
        table = _read(SEARCH / "rows.parquet")
        spans = _spans(table.column("file").to_pylist())
        for column in ROW:
            cells = table.column(column).to_pylist()
            columns[column] = {name: cells[slice(*spans[name])] for name in names if name in spans}
        return columns

    @cached_property
    def columns(self) -> dict[str, list[Any]]:
        """The facts of all rows, by name, as long lists."""
        own = [facts(cells) for cells in self._own]
        return {
            column: [cell for cells in self._rows[column].values() for cell in cells]
            + [getattr(one, column) for one in own]
            for column in ROW
        }

    @cached_property
    def _words(self) -> dict[str, list[tuple[int, int]]]:
        """Word to (offset of the file's rows, row in the word table)."""
        table = self._word_table
        found: dict[str, list[tuple[int, int]]] = {}
        files, vocabulary = table.column("file").to_pylist(), table.column("word").to_pylist()
        for at, (file, word) in enumerate(zip(files, vocabulary, strict=True)):
            if file in self._offsets:
                found.setdefault(word, []).append((self._offsets[file], at))
        return found

    @cached_property
    def _word_table(self) -> pa.Table:
        return _read(SEARCH / "words.parquet").combine_chunks()

    @cached_property
    def vocabulary(self) -> list[str]:
        """Every word, sorted."""
        return sorted(self._words.keys() | self._own_words.keys())

    def __contains__(self, word: str) -> bool:
        return word in self._words or word in self._own_words

    def rows(self, word: str) -> WordRows:
        """The rows of a word, none if it is unknown."""
        found = WordRows()
        for offset, at in self._words.get(word, ()):
            for column, into in (("names", found.names), ("about", found.about)):
                numbers = self._word_table.column(column).chunk(0)[at].as_py()
                into.extend([offset + number for number in numbers] if offset else numbers)
        own = self._own_words.get(word)
        if own:
            found.names += [self._own_offset + number for number in own.names]
            found.about += [self._own_offset + number for number in own.about]
        return found

    def rows_with_id(self, text: str) -> list[int]:
        """Rows whose id is the text, or else begins with it; case does not matter."""
        ids = [name.lower() for part in self._parts for name in part.ids]
        ids += [name.lower() for name in self._library.own]
        wanted = text.lower()
        exact = [row for row, name in enumerate(ids) if name == wanted]
        return exact or [row for row, name in enumerate(ids) if wanted and name.startswith(wanted)]

    @cached_property
    def datasets(self) -> list[str]:
        """The dataset of each row."""
        packed = [part.columns("dataset").column("dataset").to_pylist() for part in self._parts]
        return [name for names in packed for name in names] + [str(cells["dataset"]) for cells in self._own]

    @cached_property
    def stated(self) -> list[frozenset[str]]:
        """What each row states: words of ``STATED``, and the GWP set of its CO2e."""
        names = (*AMOUNTS, "gwp_set")
        rows: list[frozenset[str]] = []
        for part in self._parts:
            columns = [part.columns(name).column(name).to_pylist() for name in names]
            rows += [_stated(dict(zip(names, cells, strict=True))) for cells in zip(*columns, strict=True)]
        return rows + [_stated(cells) for cells in self._own]

    def factor(self, row: int) -> Factor:
        """The factor of a row."""
        if row >= self._own_offset:
            return list(self._library.own.values())[row - self._own_offset]
        part = self._part(row)
        return part.factor(row - self._offsets[part.name])

    def factor_id(self, row: int) -> str:
        """The id of a row, without reading the rest of it."""
        if row >= self._own_offset:
            return list(self._library.own)[row - self._own_offset]
        part = self._part(row)
        return part.ids[row - self._offsets[part.name]]

    def _part(self, row: int) -> Part:
        return max((p for p in self._parts if self._offsets[p.name] <= row), key=lambda p: self._offsets[p.name])

    def relatives(self, factor_id: str) -> list[Factor]:
        """The same factor in other years, the oldest first."""
        row = self._number(factor_id)
        if row is None:
            return []
        families = self.columns["family"]
        others = [number for number, one in enumerate(families) if one == families[row] and number != row]
        return sorted(map(self.factor, others), key=lambda one: (str(one.valid_from or ""), one.factor_id))

    def _number(self, factor_id: str) -> int | None:
        if factor_id in self._library.own:
            return self._own_offset + list(self._library.own).index(factor_id)
        for part in self._parts:
            if factor_id in part.ids:
                return self._offsets[part.name] + part.ids.index(factor_id)
        return None


def _stated(cells: Mapping[str, Any]) -> frozenset[str]:
    gases = any(cells[name] for name in ("ch4_kg", "n2o_kg", "ch4_kgco2e", "n2o_kgco2e"))
    said = {
        "gases": gases,
        "co2": bool(cells["co2_kg"]) and not gases and cells["co2e_kg"] in (None, "", cells["co2_kg"]),
        "co2e": bool(cells["co2e_kg"]),
        "biogenic": bool(cells["biogenic_co2_kg"]),
    }
    return frozenset({name for name, holds in said.items() if holds} | {cells["gwp_set"] or ""} - {""})


def cells_of(factor: Factor) -> dict[str, Any]:
    """A factor as the cells that the index reads."""
    cells: dict[str, Any] = dict(factor.as_row())
    return cells | {"valid_from": factor.valid_from, "valid_to": factor.valid_to}


def _read(path: Path) -> pa.Table:
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415  pyarrow costs 0.2 s, --help must not pay it

    with ParquetFile(path) as file:
        return file.read(use_threads=False)


def _spans(files: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Where each file's rows begin and end; they stand together."""
    spans: dict[str, tuple[int, int]] = {}
    for at, file in enumerate(files):
        spans[file] = (spans[file][0] if file in spans else at, at + 1)
    return spans
