"""What a run computed again differs in from the run as it was kept: files, counts, sums, digests, single rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.parquet import ParquetFile

from hengtan.engine import Engine, fetch

from .apply import COLUMNS
from .folder import sha256
from .report_data import read_manifest
from .run import text

LISTED = 100
_KEY = ("activity_id", "basis", "scope")  # an activity has one row of a scope and basis
_SHOWN = ("rows_in", "rows_posted", "rows_rejected", "gwp_set", "totals", "by_category", "by_match", "uncertainty",
          "by_month", "by_facility")  # fmt: skip
_NEWER = ("uncertainty_by_month", "instruments")  # runs of older versions have none


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not the same. what: its path in the files of the run; "" stands for what is not there."""

    what: str
    kept: str
    again: str


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One cell of emissions.parquet. column "" means that the whole row stands on one side alone."""

    activity_id: str
    basis: str
    scope: str
    column: str
    kept: str
    again: str


@dataclass(frozen=True, slots=True)
class RowDifferences:
    """rows: how many rows differ; by_column: how many of them in which column; cells of the first ``LISTED`` rows."""

    rows: int
    by_column: Mapping[str, int]
    cells: tuple[RowDifference, ...]


def altered(folder: Path) -> list[Difference]:
    """What no longer is as run.json says it was written: emissions.parquet by its hash, the sums of summary.json."""
    manifest = read_manifest(folder)
    found = []
    emissions = folder / "emissions.parquet"
    stated = manifest["outputs"]["emissions_sha256"]
    really = sha256(emissions) if emissions.is_file() else ""
    if really != stated:
        found.append(Difference("emissions.parquet", stated, really))
    found += _unequal("summary.json totals", manifest["control"]["totals"], _summary(folder).get("totals", {}))
    return found


def differences(kept: Path, again: Path) -> list[Difference]:
    """Counts, sums and digests of two folders of the same run that are not equal; file hashes are not looked at."""
    one, other = read_manifest(kept), read_manifest(again)
    found = list(_unequal("digest", one["outputs"]["digest"], other["outputs"]["digest"]))
    summaries = [_summary(folder) for folder in (kept, again)]
    newer = [name for name in _NEWER if name in summaries[0]]
    for name in (*_SHOWN, *newer):
        found += _unequal(name, summaries[0].get(name), summaries[1].get(name))
    found += _unequal("problems", one.get("problems", {}), other.get("problems", {}))
    return found


def _summary(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / "summary.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def software(kept: Mapping[str, Any], again: Mapping[str, Any]) -> list[Difference]:
    """Versions of code and library that differ: not wrong in itself, but why results may."""
    found = list(_unequal("hengtan", kept["hengtan"]["version"], again["hengtan"]["version"]))
    found += _unequal("Python", kept["hengtan"].get("python"), again["hengtan"].get("python"))
    for name in ("version", "digest"):
        found += _unequal(f"library {name}", kept["library"][name], again["library"][name])
    return found


def _unequal(what: str, kept: Any, again: Any) -> Iterator[Difference]:
    if isinstance(kept, Mapping) and isinstance(again, Mapping):
        for name in dict.fromkeys((*kept, *again)):
            yield from _unequal(f"{what} {name}".strip(), kept.get(name), again.get(name))
    elif kept != again:
        yield Difference(what, "" if kept is None else str(kept), "" if again is None else str(again))


def readable(path: Path, like: Path) -> bool:
    """Whether a file is Parquet, can be read to its end, and has the columns of emissions as the file ``like`` has them."""
    try:
        with ParquetFile(path) as file, ParquetFile(like) as model:
            has, wanted = file.schema_arrow, model.schema_arrow
            if not all(name in has.names and has.field(name).type == wanted.field(name).type for name in COLUMNS):
                return False
            for _ in file.iter_batches():  # what is spoilt in the middle is seen only when it is read
                pass
    except (OSError, KeyError, pa.ArrowException):
        return False
    return True


def row_differences(kept: Path, again: Path, limit: int = LISTED) -> RowDifferences | None:
    """Two files of emissions compared row by row, whatever their order; ``limit`` rows are listed cell by cell.

    None when the kept file cannot be read.
    """
    if not readable(kept, again):
        return None
    with Engine().session() as con:
        one, other = con.read_parquet(str(kept)), con.read_parquet(str(again))
        other = other.rename({f"again_{name}": name for name in COLUMNS})
        matched = one.outer_join(
            other,
            [
                one.activity_id == other.again_activity_id,
                one.basis == other.again_basis,
                one.scope.fill_null(0) == other.again_scope.fill_null(0),
            ],
        )
        differs = {name: ~matched[name].identical_to(matched[f"again_{name}"]) for name in COLUMNS}
        wrong = matched.filter(reduce(or_, differs.values()))
        counts = fetch(
            wrong.aggregate(rows=wrong.count(), **{f"n_{name}": differs[name].sum() for name in COLUMNS})
        ).to_pylist()[0]
        listed = fetch(wrong.order_by("activity_id", "again_activity_id", "basis", "scope").limit(limit)).to_pylist()
    by_column = {name: int(counts[f"n_{name}"] or 0) for name in COLUMNS if counts[f"n_{name}"]}
    return RowDifferences(int(counts["rows"]), by_column, tuple(cell for row in listed for cell in _cells(row)))


def _cells(row: Mapping[str, Any]) -> Iterator[RowDifference]:
    alone = "again_" if row["activity_id"] is None else ""
    key = [_text(row[f"{alone}{name}"]) for name in _KEY]
    if row["activity_id"] is None or row["again_activity_id"] is None:
        sides = ("", "row") if alone else ("row", "")
        yield RowDifference(key[0], key[1], key[2], "", *sides)
        return
    for name in COLUMNS:
        if row[name] != row[f"again_{name}"]:
            yield RowDifference(key[0], key[1], key[2], name, _text(row[name]), _text(row[f"again_{name}"]))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return text(value) if isinstance(value, Decimal) else str(value)
