"""The rows of the library, laid out by activity type, dataset and region, so that a choice takes microseconds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from hengtan.units import Unit, parse

from .factor import Factor
from .library import Library, Part
from .mapping import Matcher

_WANTED = ("factor_id", "dataset", "name", "activity_unit", "region", "valid_from", "valid_to", "published", "gwp_set")
_ALONE = ("co2_kg", "ch4_kg", "n2o_kg", "ch4_kgco2e", "n2o_kgco2e")


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """What a choice needs to know of a factor. total_only: published as CO2e alone, in ``gwp_set``."""

    id: str
    dataset: str
    name: str
    unit: Unit
    region: str
    valid_from: date | None
    valid_to: date | None
    published: date
    gwp_set: str
    total_only: bool

    def back(self, year: int) -> int | None:
        """0 when the row is valid in the year, n when its last year is n years before; None when it is later."""
        if self.valid_from is not None and self.valid_from.year > year:
            return None
        return 0 if self.valid_to is None or self.valid_to.year >= year else year - self.valid_to.year


class Shelf:
    """The rows of one library by (activity type, dataset) and region; a dataset is laid out when first asked for."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._rows: dict[tuple[str, str], dict[str, list[Row]]] = {}
        self._done: set[str] = set()
        self._single: dict[str, Row | None] = {}

    def rows(self, activity_type: str, datasets: Sequence[str]) -> list[Mapping[str, Sequence[Row]]]:
        """By region, the rows of each dataset that serve this type."""
        found: list[Mapping[str, Sequence[Row]]] = []
        for dataset in datasets:
            if dataset not in self._done:
                self._lay_out(dataset)
            by_region = self._rows.get((activity_type, dataset))
            if by_region:
                found.append(by_region)
        return found

    def single(self, factor_id: str) -> Row | None:
        """The row of one factor id, mapped or not; None when there is no such factor."""
        if factor_id not in self._single:
            factor = self._library.get(factor_id)
            self._single[factor_id] = _row(_cells(factor)) if factor else None
        return self._single[factor_id]

    @cached_property
    def _parts(self) -> Mapping[str, Sequence[Part]]:
        """The packed files of each dataset."""
        found: dict[str, list[Part]] = defaultdict(list)
        for part in self._library.parts:
            for dataset in part.columns("dataset").column("dataset").unique().to_pylist():
                found[dataset].append(part)
        return found

    def _lay_out(self, dataset: str) -> None:
        self._done.add(dataset)
        matcher = Matcher(dataset)
        for cells in self._cells(dataset):
            targets = list(matcher.types(cells["name"]))
            if targets:
                row = _row(cells)
                for target in targets:
                    self._rows.setdefault((target, dataset), defaultdict(list))[row.region].append(row)

    def _cells(self, dataset: str) -> Iterator[Mapping[str, Any]]:
        for part in self._parts.get(dataset, ()):
            for cells in part.columns(*_WANTED, *_ALONE).to_pylist():
                if cells["dataset"] == dataset:
                    yield cells
        for factor in self._library.own.values():
            if factor.dataset == dataset:
                yield _cells(factor)


def _cells(factor: Factor) -> Mapping[str, Any]:
    return {name: getattr(factor, name) for name in (*_WANTED, *_ALONE)}


def _row(cells: Mapping[str, Any]) -> Row:
    return Row(
        cells["factor_id"],
        cells["dataset"],
        cells["name"],
        parse(cells["activity_unit"]),
        cells["region"],
        cells["valid_from"],
        cells["valid_to"],
        cells["published"],
        (cells["gwp_set"] or "").strip().upper(),
        all(cells[name] is None for name in _ALONE),
    )


_SHELVES: WeakKeyDictionary[Library, Shelf] = WeakKeyDictionary()


def shelf_of(library: Library) -> Shelf:
    """The shelf of a library, made once."""
    shelf = _SHELVES.get(library)
    if shelf is None:
        shelf = _SHELVES[library] = Shelf(library)
    return shelf
