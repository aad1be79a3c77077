"""A finished run computed again from the same files and options, beside what was kept of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hengtan.engine import Engine
from hengtan.inventory.digest import emission_sums, rows_digest
from hengtan.inventory.folder import sha256
from hengtan.inventory.replay import (
    Difference,
    RowDifferences,
    altered,
    differences,
    readable,
    row_differences,
    software,
)
from hengtan.inventory.report_data import read_manifest
from hengtan.problems import HengtanError, Problem

from .job import carry_out
from .originals import File, originals, roots
from .request import Request

if TYPE_CHECKING:
    from hengtan.evidence import Report

EQUAL, ALTERED, INPUT, VERSION, UNEXPLAINED = "equal", "altered", "input-changed", "version", "unexplained"


@dataclass(frozen=True, slots=True)
class Digests:
    """Canonical digests, or digests of all rows: as run.json states it, of the kept rows, of those computed again.

    "" where there is none: an older run.json states none, a spoilt file has none.
    """

    stated: str
    kept: str
    again: str

    @property
    def equal(self) -> bool:
        """Whether the rows say the same, and what run.json states."""
        return self.kept == self.again and self.stated in ("", self.again)


@dataclass(frozen=True, slots=True)
class Replay:
    """software: versions that differ, which is told and is no difference in itself; rows: None where nobody asked.

    tampered     what is no longer as it was written: emissions.parquet, summary.json, run.json
    differences  counts, sums and digests that came out otherwise
    same_bytes   whether emissions.parquet came out byte by byte
    proof        the verification of run.json by its proof file, where one lies beside it
    """

    folder: Path
    files: tuple[File, ...]
    software: tuple[Difference, ...]
    tampered: tuple[Difference, ...]
    differences: tuple[Difference, ...]
    same_bytes: bool
    canonical: Digests
    rows: RowDifferences | None
    all_rows: Digests | None
    proof: Report | None

    @property
    def equal(self) -> bool:
        """Whether the files are those of the run and every number came out the same."""
        return self.verdict == EQUAL

    @property
    def verdict(self) -> str:
        """equal; altered: something was tampered with; input-changed; version: other software; or unexplained."""
        rows_equal = self.rows.rows == 0 if self.rows else self.same_bytes
        same = not self.differences and rows_equal and self.canonical.equal
        if self.tampered or (self.proof is not None and not self.proof.ok):
            return ALTERED
        if any(one.state == "changed" for one in self.files):
            return INPUT
        if same:
            return EQUAL
        return VERSION if self.software else UNEXPLAINED


def replay(
    folder: Path,
    *,
    rows: bool = False,
    ledger: Path | None = None,
    facts: str | None = None,
    vkey: str | None = None,
    tell: Callable[[str], None] | None = None,
) -> Replay:
    """Compute the run of a folder again, in a folder of its own, and compare.

    rows     compare row by row, and take the digest of all rows; rows are compared as well when the bytes are not the same
    ledger, facts   where the facts of the run lie, when not where its run.json says; they stand in for files that are
             gone or changed
    vkey     verifier key of the ledger, for the proof beside run.json
    Raises HengtanError when the folder holds no run, or when a file that it was made from is gone or unreadable.
    """
    manifest = read_manifest(folder)
    request = Request.remember(manifest, folder)
    with tempfile.TemporaryDirectory(prefix="hengtan-replay-") as work:
        scratch = Path(work)
        files, places = originals(manifest, request, _stores(roots(manifest, folder, ledger, facts)), scratch / "facts")
        gone = [one for one in files if one.state == "missing" and not one.fact]
        if gone:
            raise HengtanError(
                [Problem("replay.file-missing", file=one.file, values={"folder": str(folder)}) for one in gone]
            )
        if tell:
            tell("read")
        request = replace(request, places=places)
        try:
            intake, rules, options = request.load()
        except HengtanError as error:
            changed = [Problem("replay.file-changed", file=one.file) for one in files if one.state == "changed"]
            raise HengtanError([*changed, *error.problems]) from error
        run = carry_out(request, intake, rules, options, scratch / "again", tell=tell)
        again = scratch / "again" / "emissions.parquet"
        kept = folder / "emissions.parquet"
        same_bytes = kept.is_file() and sha256(again) == sha256(kept)
        canonical = _canonical(manifest, kept, again, same_bytes)
        return Replay(
            folder,
            tuple(files),
            tuple(software(manifest, run.manifest)),
            (*altered(folder), *_misstated(canonical)),
            tuple(differences(folder, again.parent)),
            same_bytes,
            canonical,
            row_differences(kept, again) if rows or not same_bytes else None,
            _all_rows(kept, again, same_bytes) if rows else None,
            _proof(folder, vkey),
        )


def _stores(roots: Sequence[str]) -> list[Any]:
    if not roots:
        return []
    from hengtan.facts import Store

    return [Store(root) for root in roots]


def _proof(folder: Path, vkey: str | None) -> Report | None:
    from hengtan.evidence import verify

    if not (folder / "run.json.tlog-proof").exists():
        return None
    return verify(folder, vkey=vkey)


def _canonical(manifest: Mapping[str, Any], kept: Path, again: Path, same_bytes: bool) -> Digests:
    with Engine().session() as con:
        fresh = emission_sums(con.read_parquet(str(again))).digest()
        found = fresh if same_bytes else ""
        if not same_bytes and readable(kept, again):
            found = emission_sums(con.read_parquet(str(kept))).digest()
    return Digests(str(manifest["outputs"].get("canonical_digest") or ""), found, fresh)


def _misstated(canonical: Digests) -> list[Difference]:
    """run.json states another digest than that of the rows beside it."""
    if canonical.stated in ("", canonical.kept) or not canonical.kept:
        return []
    return [Difference("run.json canonical digest", canonical.stated, canonical.kept)]


def _all_rows(kept: Path, again: Path, same_bytes: bool) -> Digests:
    fresh = rows_digest(again)
    return Digests("", fresh if same_bytes else rows_digest(kept) if readable(kept, again) else "", fresh)
