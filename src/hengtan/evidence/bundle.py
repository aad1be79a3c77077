"""What is kept of one run: which files become facts, which manifests stand in the book, what the ledger's entries vouch for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from hengtan.facts import Manifest
from hengtan.ledger.event import Event, event

from .given import Given
from .verify_file import ISSUED, MANIFEST
from .verify_file import RUN as FINISHED

BATCH, ATTACHED = "batch.accepted", "evidence.attached"
RUN = MANIFEST  # the file whose proof vouches for the whole run
EMISSIONS = "emissions.parquet"
_AT_ONCE = 5000  # attached files that one record names
_MEDIA = {
    ".csv": "text/csv", ".json": "application/json", ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf", ".html": "text/html", ".yaml": "application/yaml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


class Bundle:
    """One run in its folder, whole but for the proofs, and the files that it was made from."""

    def __init__(self, folder: Path, given: Sequence[Given], who: str = "") -> None:
        self.folder, self._who = folder, who
        self._given = {one.sha256: one for one in reversed(given)}  # the same bytes are one fact, of the first role
        self._when = datetime.now(UTC)
        self._run: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        self._made = {path.name: _sha256(path) for path in sorted(folder.iterdir()) if path.name != EMISSIONS}
        self._made[EMISSIONS] = self._run["outputs"]["emissions_sha256"]  # taken while it was written

    @property
    def files(self) -> list[tuple[str, Path, str]]:
        """(name, path, SHA-256) of every file that becomes a fact."""
        given = [(one.name, one.path, one.sha256) for one in self._given.values()]
        return [*given, *((name, self.folder / name, sha256) for name, sha256 in self._made.items())]

    @cached_property
    def manifests(self) -> tuple[Manifest, ...]:
        """One for each input, then one for the emissions."""
        inputs = [one for one in self._given.values() if one.role == "input"]
        counts, outputs = self._run["counts"], self._run["outputs"]
        return (
            *(
                self._manifest("activities", one.sha256, one.rows, one.totals, one.canonical, one.name)
                for one in inputs
            ),
            self._manifest(
                "emissions",
                outputs["emissions_sha256"],
                counts["rows_posted"],
                self._run["control"]["totals"],
                outputs.get("canonical_digest"),
                EMISSIONS,
            ),
        )

    def book(self, origin: str) -> str:
        """The book of a ledger: stores may be shared, and each ledger has its own account of what it accepted."""
        return hashlib.sha256(origin.encode()).hexdigest()[:16]

    @property
    def digests(self) -> list[str]:
        """Of every object that will be brought, each once."""
        bodies = [hashlib.sha256(one.encode()).hexdigest() for one in self.manifests]
        return list(dict.fromkeys([*(sha256 for _, _, sha256 in self.files), *bodies]))

    def events(self) -> list[tuple[str, Event]]:
        """The events in their order, each with the name of the file that its proof stands beside, or ""."""
        run = self._made[MANIFEST]
        reports = {name: sha256 for name, sha256 in self._made.items() if name.startswith("report.")}
        bodies = [hashlib.sha256(one.encode()).hexdigest() for one in self.manifests]
        found: list[tuple[str, Event]] = []
        inputs = [one for one in self._given.values() if one.role == "input"]
        for one, manifest in zip(inputs, bodies, strict=False):
            record: dict[str, Any] = {"kind": BATCH, "sha256": one.sha256, "manifest_sha256": manifest,
                                      "rows": str(one.rows), "facts": [one.sha256, manifest]}  # fmt: skip
            found.append(("", event(BATCH, record | _canonical(one.canonical), self._when)))
        found += [("", event(ATTACHED, each, self._when)) for each in self._others(run)]
        finished: dict[str, Any] = {
            "kind": FINISHED,
            "run_sha256": run,
            "emissions_sha256": self._made[EMISSIONS],
            "manifest_sha256": bodies[-1],
            "files": {name: sha256 for name, sha256 in self._made.items() if name not in {MANIFEST, *reports}},
            "facts": [run, bodies[-1]],  # the inputs are named by records of their own, which may be erased
        }
        finished |= _canonical(self._run["outputs"].get("canonical_digest"))
        found.append((MANIFEST, event(FINISHED, finished, self._when)))
        for name, sha256 in reports.items():
            record = {"kind": ISSUED, "file": name, "sha256": sha256, "run_sha256": run, "facts": [sha256]}
            found.append((name, event(ISSUED, record, self._when)))
        return found

    def _others(self, run: str) -> Iterator[dict[str, Any]]:
        attached = [one.sha256 for one in self._given.values() if one.role != "input"]
        for at in range(0, len(attached), _AT_ONCE):
            yield {"kind": ATTACHED, "run_sha256": run, "facts": attached[at : at + _AT_ONCE]}

    def _manifest(
        self, kind: str, digest: str, rows: int, totals: Mapping[str, str], canonical: str | None, name: str
    ) -> Manifest:
        return Manifest(
            kind=kind,
            digest=digest,
            rows=rows,
            control_totals=dict(totals),
            schema_version="1",
            period=str(self._run["organisation"]["period"]),
            supersedes=(),
            who=self._who,
            when=self._when,
            canonical=canonical,
            name=Path(name).name,
            media=_MEDIA.get(Path(name).suffix.lower(), "application/octet-stream"),
        )


def _canonical(digest: str | None) -> dict[str, str]:
    return {"canonical_digest": digest} if digest else {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
