"""The files that a run was made from: where they lay, or, where they are gone or changed, the facts of a ledger."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hengtan.inventory.folder import sha256

from .request import Request

if TYPE_CHECKING:
    from hengtan.facts import Store


@dataclass(frozen=True, slots=True)
class File:
    """An input or a file of rules.

    state   same, changed or missing: what lies where the file lay when the run was made
    fact    the bytes of then were taken from the facts
    """

    file: str
    role: str
    state: str
    fact: bool = False


def roots(manifest: Mapping[str, Any], folder: Path, ledger: Path | None, facts: str | None) -> list[str]:
    """Where the facts of the run may lie: as asked for, else as its run.json says."""
    from hengtan.evidence.roots import roots_of

    told = manifest.get("ledger")
    told = told if isinstance(told, dict) else {}
    found = [facts] if facts else []
    named = told.get("folder")
    if ledger is not None:
        found += roots_of(ledger)
    elif isinstance(named, str):
        found += roots_of(folder / named)
    root = told.get("facts")
    if isinstance(root, str) and not facts:
        found.append(root if "://" in root else str(folder / root))
    return [root for root in dict.fromkeys(found) if "://" in root or Path(root).is_dir()]


def originals(
    manifest: Mapping[str, Any], request: Request, stores: Sequence[Store], scratch: Path
) -> tuple[list[File], dict[str, Path]]:
    """Every file of the run, and where those lie that had to be taken from the facts, by the name in run.json."""
    files, places = [], {}
    for number, (role, file, expected) in enumerate(_wanted(manifest, request)):
        path = request.path(file)
        state = "missing" if not path.is_file() else "same" if sha256(path) == expected else "changed"
        store = next((one for one in stores if expected and one.has(expected)), None) if state != "same" else None
        if store is not None:
            places[file] = _placed(store, expected, scratch / f"{number:04d}" / path.name)
        files.append(File(file, role, state, store is not None))
    return files, places


def _wanted(manifest: Mapping[str, Any], request: Request) -> Iterator[tuple[str, str, str]]:
    named = {one["file"]: one["sha256"] for one in manifest["inputs"]}
    for name in request.inputs:
        yield "input", name, named.get(str(Path(name)), "")
    for one in manifest.get("files", ()):
        yield one["role"], one["file"], one["sha256"]


def _placed(store: Store, digest: str, target: Path) -> Path:
    """The object under the name that the file had: what kind of file it is, is also seen from its name."""
    target.parent.mkdir(parents=True)
    with store.open(digest) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
    return target
