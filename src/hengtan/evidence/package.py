"""A verification package: one folder, or ZIP, with all that an outsider needs to check a run, and a list that the ledger vouches for.

    package.json             {"format": 1, "run_sha256": ..., "files": {path: SHA-256}}
    package.json.tlog-proof  its proof: an event ``package.exported`` with the digest of the list
    run/                     the folder of the run with its proofs; inputs/ beside it, as run.json names them
    ledger/                  a public copy of the log: checkpoint, key, tiles
    reports/ ...             whatever else is listed

Every byte is vouched for: what is listed by its digest, the list by its proof, the proof by the checkpoint, the tiles by that too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from .proof_file import SUFFIX

LIST, EXPORTED, LEDGER, RUN_FOLDER, REPORTS = "package.json", "package.exported", "ledger", "run", "reports"
FORMAT = 1
_WHEN = (2020, 1, 1, 0, 0, 0)  # of every file in the ZIP: the same content gives the same bytes
_PACKED = frozenset({".parquet", ".pdf", ".xlsx", ".zip", ".png", ".jpg", ".jpeg"})
_BLOCK = 1 << 20


def listed(run_sha256: str, files: Mapping[str, str], more: Mapping[str, Any]) -> bytes:
    """package.json; files: paths in the package with their SHA-256, none of them of the ledger's tiles, which change as it grows."""
    return (
        json.dumps(
            {"format": FORMAT, "run_sha256": run_sha256, **more, "files": dict(sorted(files.items()))},
            ensure_ascii=False,
            indent=1,
        ).encode()
        + b"\n"
    )


def write_zip(
    target: BinaryIO, name: str, files: Mapping[str, Path | bytes], list_: bytes, proof: bytes, ledger: Path
) -> None:
    """The package as a ZIP whose one folder is ``name``; ``ledger``: a public copy of the log as it was when the proof was made."""
    found: dict[str, Path | bytes] = dict(files)
    found |= {
        f"{LEDGER}/{path.relative_to(ledger).as_posix()}": path for path in sorted(ledger.rglob("*")) if path.is_file()
    }
    found |= {LIST: list_, f"{LIST}{SUFFIX}": proof}
    with ZipFile(target, "w", allowZip64=True) as package:
        for path, content in sorted(found.items()):
            member = ZipInfo(f"{name}/{path}", _WHEN)
            member.compress_type = ZIP_STORED if PurePosixPath(path).suffix.lower() in _PACKED else ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            if isinstance(content, bytes):
                package.writestr(member, content)
                continue
            with content.open("rb") as source, package.open(member, "w", force_zip64=True) as sink:
                while block := source.read(_BLOCK):
                    sink.write(block)


def paths_of(parts: object) -> dict[str, str] | None:
    """What a list names; None unless it is one: paths that stay inside, each with a digest."""
    files = parts.get("files") if isinstance(parts, dict) else None
    if not isinstance(files, dict) or not isinstance(parts, dict) or parts.get("format") != FORMAT:
        return None
    for path, digest in files.items():
        pure = PurePosixPath(path)
        inside = (
            pure.parts and not pure.is_absolute() and ".." not in pure.parts and "\\" not in path and ":" not in path
        )
        if not inside or pure.as_posix() != path or not isinstance(digest, str):
            return None
    return files
