"""A finished run computed again from the same files and options, beside what was kept of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hengtan.inventory.folder import sha256
from hengtan.inventory.replay import Difference, RowDifferences, altered, differences, row_differences, software
from hengtan.inventory.report_data import read_manifest
from hengtan.problems import HengtanError, Problem

from .job import carry_out
from .request import Request


@dataclass(frozen=True, slots=True)
class File:
    """An input or a file of rules. state: same, changed or missing."""

    file: str
    role: str
    state: str


@dataclass(frozen=True, slots=True)
class Replay:
    """software: versions that differ, which is told and is no difference in itself; rows: None where nobody asked.

    same_bytes   whether emissions.parquet came out byte by byte
    """

    folder: Path
    files: tuple[File, ...]
    software: tuple[Difference, ...]
    differences: tuple[Difference, ...]
    same_bytes: bool
    rows: RowDifferences | None

    @property
    def equal(self) -> bool:
        """Whether the files are those of the run and every number came out the same."""
        rows_equal = self.rows.rows == 0 if self.rows else self.same_bytes
        return not self.differences and rows_equal and all(one.state == "same" for one in self.files)


def replay(folder: Path, *, rows: bool = False, tell: Callable[[str], None] | None = None) -> Replay:
    """Compute the run of a folder again, in a folder of its own, and compare.

    rows   compare row by row; it is done as well when the bytes of emissions.parquet are not the same
    Raises HengtanError when the folder holds no run, or when a file that it was made from is gone or unreadable.
    """
    manifest = read_manifest(folder)
    request = Request.remember(manifest, folder)
    files = tuple(files_of(manifest, request))
    gone = [one for one in files if one.state == "missing"]
    if gone:
        raise HengtanError(
            [Problem("replay.file-missing", file=one.file, values={"folder": str(folder)}) for one in gone]
        )
    wrong = altered(folder)
    with tempfile.TemporaryDirectory(prefix="hengtan-replay-") as scratch:
        if tell:
            tell("read")
        try:
            intake, rules, options = request.load()
        except HengtanError as error:
            changed = [Problem("replay.file-changed", file=one.file) for one in files if one.state == "changed"]
            raise HengtanError([*changed, *error.problems]) from error
        run = carry_out(request, intake, rules, options, Path(scratch) / "again", tell=tell)
        again = Path(scratch) / "again"
        kept = folder / "emissions.parquet"
        same_bytes = kept.is_file() and sha256(again / kept.name) == sha256(kept)
        return Replay(
            folder,
            files,
            tuple(software(manifest, run.manifest)),
            (*wrong, *differences(folder, again)),
            same_bytes,
            row_differences(kept, again / kept.name) if rows or not same_bytes else None,
        )


def files_of(manifest: Mapping[str, Any], request: Request) -> list[File]:
    """What the run was made from, each beside its hash of then."""
    found = []
    named = {one["file"]: one["sha256"] for one in manifest["inputs"]}
    wanted = [("input", str(Path(name)), name, named.get(str(Path(name)))) for name in request.inputs]
    wanted += [(one["role"], one["file"], one["file"], one["sha256"]) for one in manifest.get("files", ())]
    for role, file, name, expected in wanted:
        path = request.path(name)
        state = "missing" if not path.is_file() else "same" if sha256(path) == expected else "changed"
        found.append(File(file, role, state))
    return found
