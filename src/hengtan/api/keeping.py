"""What a run gives to a ledger: its inputs with their digests and totals, its rule files, the files that rows name."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hengtan.inventory.folder import sha256
from hengtan.inventory.run import Run, text
from hengtan.problems import HengtanError, Problem

from .request import Request

if TYPE_CHECKING:
    from hengtan.connectors import Source
    from hengtan.evidence import Given, Keeper

_SEPARATOR = ";"  # of several files in one cell
_FEW = 1000  # names that are written into a query; more are joined
_UNITS = 100  # of an input with more, the control totals are in its canonical digest alone


def open_keeper(ledger: str | os.PathLike[str] | None, facts: str | None) -> Keeper | None:
    """The ledger of a call of the Python API. Raises HengtanError as ``Keeper`` does."""
    if ledger is None:
        if facts is not None:
            raise HengtanError(Problem("evidence.facts-without-ledger"))
        return None
    from hengtan.evidence import Keeper

    return Keeper(Path(ledger), facts)


def tell_inputs(run: Run, con: Any) -> None:
    """Adds to each input in run.json its canonical digest and the sums of its quantities by unit, as decimal text."""
    from hengtan.inventory.digest import activity_sums

    assert run.posting is not None
    staged = run.posting.good.staged
    for number, told in enumerate(run.manifest["inputs"]):
        sums = activity_sums(con, staged, number)
        told["canonical_digest"] = sums.digest()
        quantities = sums.by("unit", "quantity")
        if len(quantities) <= _UNITS:
            told["quantities"] = {unit: text(quantity) for unit, quantity in quantities.items()}


def what_went_in(run: Run, con: Any, request: Request, sources: Sequence[Source]) -> list[Given]:
    """Inputs, rule files and attached evidence, by the hashes that run.json states; it gets those of the evidence here."""
    manifest: Any = run.manifest
    found = attached(run, con)
    if found:
        manifest["evidence"] = [{"file": one.name, "sha256": one.sha256} for one in found]
    return [*went_in(request, sources, manifest), *found]


def user() -> str:
    """Who keeps the run, as the system names him; "" where it does not."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def attached(run: Run, con: Any) -> list[Given]:
    """The files beside the inputs that the cells of the column ``evidence`` name; a cell may name several, parted by ``;``.

    Only files below the folder of the input count: a table does not reach for other files of the machine.
    """
    from hengtan.evidence import Given

    if run.posting is None or "evidence" not in run.posting.good.staged.present:
        return []
    staged = run.posting.good.staged
    found: dict[Path, Given] = {}
    for number, source in enumerate(staged.sources):
        if "evidence" not in staged.schemas[number].names:
            continue
        folder = Path(source.path).absolute().parent.resolve()
        listed = {folder: _listing(folder)}
        for cell in _cells(staged.table(con, number), listed[folder]):
            for name in _names(cell):
                path = _beside(folder, name, listed)
                if path is not None and path not in found:
                    found[path] = Given("evidence", name, path, sha256(path))
    return sorted(found.values(), key=lambda one: (one.name, one.sha256))


def _cells(rows: Any, names: frozenset[str]) -> Iterator[str]:
    """The distinct cells that name a file of the folder itself, or may name one below it, or several.

    A million numbers of bills pass by in the engine: only what may be a file comes out of it.
    """
    import ibis
    import pyarrow as pa

    from hengtan.engine.fetch import batches

    cells = rows.select("evidence")
    cell = cells.evidence
    further = cell.startswith(" ") | cell.endswith(" ")
    for mark in ("/", "\\", _SEPARATOR):
        further = further | cell.contains(mark)
    if len(names) <= _FEW:
        wanted = [cells.filter(further | cell.isin(sorted(names)))]
    else:
        known = ibis.memtable(pa.table({"evidence": pa.array(sorted(names), pa.string())}))
        wanted = [cells.semi_join(known, "evidence"), cells.filter(further)]
    for chosen in wanted:
        for batch in batches(chosen.distinct()):
            yield from batch.column(0).to_pylist()


def _listing(folder: Path) -> frozenset[str]:
    try:
        return frozenset(one.name for one in folder.iterdir())
    except OSError:
        return frozenset()


def _names(cell: str) -> Iterator[str]:
    whole = cell.strip()
    if whole:
        yield whole
        if _SEPARATOR in whole:
            yield from (part for part in map(str.strip, whole.split(_SEPARATOR)) if part)


def _beside(folder: Path, name: str, listed: dict[Path, frozenset[str]]) -> Path | None:
    """The file of that name below the folder; each folder is listed once."""
    if "\0" in name or len(name) > 1000:
        return None
    path = folder / name.replace("\\", "/")
    within = path.parent
    if within not in listed:
        listed[within] = _listing(within)
    if path.name not in listed[within]:
        return None
    real = path.resolve()
    return real if real.is_file() and real.is_relative_to(folder) else None


def went_in(request: Request, sources: Sequence[Source], manifest: Mapping[str, Any]) -> list[Given]:
    """The inputs, each file once, and the rule files, by the hashes that run.json states."""
    from hengtan.evidence import Given

    inputs: dict[str, Given] = {}
    for source, told in zip(sources, manifest["inputs"], strict=True):
        sha, before = told["sha256"], inputs.get(told["sha256"])
        if before is None:
            totals, canonical = told.get("quantities", {}), told.get("canonical_digest")
            inputs[sha] = Given("input", told["file"], source.path, sha, told["rows"], totals, canonical)
        else:  # further sheets of a workbook: rows add up; totals and digests stand in run.json, sheet by sheet
            inputs[sha] = Given("input", told["file"], source.path, sha, before.rows + told["rows"])
    rules = [
        Given(one["role"], one["file"], request.path(one["file"]), one["sha256"]) for one in manifest.get("files", ())
    ]
    return [*inputs.values(), *rules]
