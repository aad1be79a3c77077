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
from .verify_file import EMISSIONS, ISSUED, MANIFEST
from .verify_file import RUN as FINISHED

BATCH, ATTACHED = "batch.accepted", "evidence.attached"
RUN = MANIFEST  # the file whose proof vouches for the whole run
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
        self._given: dict[str, Given] = {}  # the same bytes are one fact, of the first role
        for one in given:
            self._given.setdefault(one.sha256, one)
        self._when = datetime.now(UTC)
        self._run: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        self._made = {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.name != EMISSIONS}
        self._made[EMISSIONS] = self._run["outputs"]["emissions_sha256"]  # taken while it was written

    @property
    def files(self) -> list[tuple[str, Path, str]]:
        """(name, path, SHA-256) of every file that becomes a fact."""
        given = [(one.name, one.path, one.sha256) for one in self._given.values()]
        return [*given, *((name, self.folder / name, sha256) for name, sha256 in self._made.items())]

    @cached_property
    def manifests(self) -> tuple[Manifest, ...]:
        """One for each input, then one for the emissions."""
        from pyarrow.parquet import read_metadata  # noqa: PLC0415  of a run that was computed a moment ago

        outputs, totals = self._run["outputs"], self._run["control"]["totals"]
        rows = read_metadata(self.folder / EMISSIONS).num_rows  # of the table: an activity has one for each basis
        emissions = (outputs["emissions_sha256"], rows, totals, outputs.get("canonical_digest"))
        return (
            *(self._manifest("activities", one.name, one.sha256, one.rows, one.totals, one.canonical)
              for one in self._inputs),
            self._manifest("emissions", EMISSIONS, *emissions),
        )  # fmt: skip

    @property
    def digests(self) -> list[str]:
        """Of every file that becomes a fact, each once."""
        return list(dict.fromkeys(sha256 for _, _, sha256 in self.files))

    def events(self, manifests: Sequence[str], head: tuple[int, str]) -> list[tuple[str, Event]]:
        """The events in their order, each with the name of the file that its proof stands beside, or "".

        manifests   ids of those of :attr:`manifests` as they stand in the book; head: the book's, after them
        """
        run = self._made[MANIFEST]
        reports = {name: sha256 for name, sha256 in self._made.items() if name.startswith("report.")}
        found: list[tuple[str, Event]] = []
        for one, manifest in zip(self._inputs, manifests, strict=False):
            batch: dict[str, Any] = {"kind": BATCH, "sha256": one.sha256, "manifest": manifest, "rows": str(one.rows),
                                     "facts": [one.sha256]}  # fmt: skip
            found.append(("", event(BATCH, batch | _canonical(one.canonical), self._when)))
        found += [("", event(ATTACHED, each, self._when)) for each in self._others(run)]
        finished: dict[str, Any] = {
            "kind": FINISHED,
            "run_sha256": run,
            "emissions_sha256": self._made[EMISSIONS],
            "manifest": manifests[-1],
            "files": {name: sha256 for name, sha256 in self._made.items() if name not in {MANIFEST, *reports}},
            "reports": reports,  # so that one that was taken away with its proof is missed
            "facts": [run],  # the inputs are named by records of their own, which may be erased
            "book": {"entries": str(head[0]), "digest": head[1]},
        }
        finished |= _canonical(self._run["outputs"].get("canonical_digest"))
        found.append((MANIFEST, event(FINISHED, finished, self._when)))
        for name, sha256 in reports.items():
            issued = {"kind": ISSUED, "file": name, "sha256": sha256, "run_sha256": run, "facts": [sha256]}
            found.append((name, event(ISSUED, issued, self._when)))
        return found

    @property
    def _inputs(self) -> list[Given]:
        return [one for one in self._given.values() if one.role == "input"]

    def _others(self, run: str) -> Iterator[dict[str, Any]]:
        attached = [one.sha256 for one in self._given.values() if one.role != "input"]
        for at in range(0, len(attached), _AT_ONCE):
            yield {"kind": ATTACHED, "run_sha256": run, "facts": attached[at : at + _AT_ONCE]}

    def _manifest(
        self, kind: str, name: str, digest: str, rows: int, totals: Mapping[str, str], canonical: str | None
    ) -> Manifest:
        first, _, last = str(self._run["organisation"]["period"]).partition("/")
        return Manifest(
            kind=kind,
            digest=digest,
            rows=rows,
            who=self._who or "unknown",
            when=self._when,
            name=Path(name).name.encode("utf-8", "replace").decode("utf-8"),
            media=_MEDIA.get(Path(name).suffix.lower(), "application/octet-stream"),
            period=f"{first}/{last}" if first and last else "",
            control_totals=dict(totals),
            canonical=canonical,
        )


def book_of(origin: str) -> str:
    """The name of a ledger's book: a store may be shared, and each ledger has its own account of what it accepted."""
    return f"ledger-{hashlib.sha256(origin.encode()).hexdigest()[:16]}"


def _canonical(digest: str | None) -> dict[str, str]:
    return {"canonical_digest": digest} if digest else {}


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
