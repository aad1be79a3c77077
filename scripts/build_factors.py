"""Pack the factor library: ``data/factors/*.csv`` to Parquet under ``src/hengtan/factors/data``.

    python scripts/build_factors.py [--check]

Same sources, same content: rows stay in file order, numbers become plain decimals without an exponent, dates become
days, and each row gets its day of publication from ``published.csv``. ``--check`` writes nothing and says what differs.
Run it after every change of a source file; a test compares what is committed with what would be built.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hengtan.factors.factor import COLUMNS, NUMBERS, assumed_publication, decimal, text
from hengtan.factors.index import ROW, facts, word_rows
from hengtan.factors.publication import Publication, publication_of, publications

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "data" / "factors"
PACKED = ROOT / "src" / "hengtan" / "factors" / "data"
NOT_PACKED = {"published.csv", "gwp.csv"}  # the days go into the rows; the gases package carries the GWPs


def factor_table(path: Path, lines: list[Publication]) -> pa.Table:
    """One source file as a table: 27 columns, ``published``, ``published_assumed``, its source, ``origin``."""
    cells: dict[str, list[object]] = {name: [] for name in COLUMNS}
    published: list[date] = []
    assumed: list[bool] = []
    sources: list[str] = []
    for row in records(path):
        for name in COLUMNS:
            cells[name].append(typed(name, row[name]))
        line = publication_of(row, lines)
        valid_from = date.fromisoformat(row["valid_from"]) if row["valid_from"] else None
        published.append(line.published or assumed_publication(valid_from))
        assumed.append(line.published is None)
        sources.append(line.source)
    columns = {
        name: pa.array(cells[name], pa.date32() if name.startswith("valid_") else pa.string()) for name in COLUMNS
    }
    columns |= {
        "published": pa.array(published, pa.date32()),
        "published_assumed": pa.array(assumed, pa.bool_()),
        "published_source": pa.array(sources, pa.string()),
        "origin": pa.array(["library"] * len(sources), pa.string()),
    }
    return pa.table(columns)


def typed(name: str, cell: str) -> object:
    """A date, an exact decimal text, or the text; an empty number or date is None, an empty text stays empty."""
    if name.startswith("valid_"):
        return date.fromisoformat(cell) if cell else None
    if name in NUMBERS:
        return text(decimal(cell)) or None
    return cell


def plain_table(path: Path) -> pa.Table:
    """A table with columns of its own, all text, as it stands."""
    rows = list(records(path))
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in rows[0]})


def records(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file; region NA is Namibia, not a gap."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def tables() -> dict[Path, pa.Table]:
    """Every Parquet file that belongs into the package, by its place there."""
    lines = publications(SOURCES / "published.csv")
    built: dict[Path, pa.Table] = {}
    for path in sorted(SOURCES.glob("*.csv")):
        with path.open(encoding="utf-8-sig") as head:
            is_factor_file = head.readline().strip() == ",".join(COLUMNS)
        if is_factor_file:
            own = [line for line in lines if line.file == path.name]
            built[Path("library") / f"{path.stem}.parquet"] = factor_table(path, own)
        elif path.name not in NOT_PACKED:
            built[Path("reference") / f"{path.stem}.parquet"] = plain_table(path)
    library = {path.stem: table for path, table in built.items() if path.parts[0] == "library"}
    built[Path("search") / "rows.parquet"] = row_table(library)
    built[Path("search") / "words.parquet"] = word_table(library)
    return built


def row_table(library: dict[str, pa.Table]) -> pa.Table:
    """What ranks and filters each row; a family is a number that its members share."""
    columns: dict[str, list[object]] = {name: [] for name in ("file", *ROW)}
    families: dict[str, int] = {}
    for file, table in library.items():
        for row in table.to_pylist():
            fact = facts(row)
            columns["file"].append(file)
            for name in ROW:
                columns[name].append(getattr(fact, name))
            columns["family"][-1] = families.setdefault(fact.family, len(families))
    kinds = {"weight": pa.int16(), "family": pa.int32(), "first": pa.int16(), "last": pa.int16()}
    return pa.table({name: pa.array(cells, kinds.get(name, pa.string())) for name, cells in columns.items()})


def word_table(library: dict[str, pa.Table]) -> pa.Table:
    """The rows of each word, file by file."""
    found = [
        (file, word, rows.names, rows.about)
        for file, table in library.items()
        for word, rows in sorted(word_rows(table.to_pylist()).items())
    ]
    names = ("file", "word", "names", "about")
    kinds = (pa.string(), pa.string(), pa.list_(pa.int32()), pa.list_(pa.int32()))
    columns = zip(*found, strict=True)
    return pa.table(
        {name: pa.array(list(cells), kind) for name, kind, cells in zip(names, kinds, columns, strict=True)}
    )


def main() -> int:
    """Build, or with ``--check`` compare; the exit code of the process."""
    built = tables()
    if "--check" in sys.argv[1:]:
        stale = [str(name) for name, table in built.items() if not same(PACKED / name, table)]
        print(
            "\n".join(f"differs from its source: {name}" for name in stale)
            or "the packed library is as its sources say"
        )
        return 1 if stale else 0
    for old in PACKED.rglob("*.parquet"):
        old.unlink()
    size = 0
    for name, table in built.items():
        target = PACKED / name
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(
            table, target, compression="zstd", compression_level=19, store_schema=False, write_statistics=False
        )
        size += target.stat().st_size
    rows = sum(table.num_rows for name, table in built.items() if name.parts[0] == "library")
    print(f"{len(built)} files, {rows:,} factors, {size:,} bytes")
    return 0


def same(path: Path, table: pa.Table) -> bool:
    """True when the file holds exactly this content."""
    return path.exists() and pq.read_table(path).equals(table)


if __name__ == "__main__":
    sys.exit(main())
