"""What vouches for a run: the proof beside its folder, verified when it is shown."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from hengtan.evidence.proof_file import SUFFIX, read_proof
from hengtan.inventory.folder import sha256
from hengtan.ledger import Refused, canonical, parse_vkey
from hengtan.problems import Problem
from hengtan.web.vault.services import vkey

from .models import Run

RUN, EMISSIONS = "run.json", "emissions.parquet"


@dataclass(frozen=True, slots=True)
class Vouching:
    """ok: the entry is in the signed log, commits to run.json as it lies here, and run.json names the rows as they lie here.

    index, size   of the entry, and of the log that the checkpoint covers
    path          hashes from the leaf to the root, in hex
    """

    ok: bool
    problem: Problem | None = None
    index: int = 0
    size: int = 0
    root: str = ""
    path: tuple[str, ...] = ()
    entry: str = ""
    record: str = ""
    salt: str = ""
    time: str = ""
    vkey: str = ""
    run_sha256: str = ""

    @property
    def for_browser(self) -> dict[str, Any]:
        """What the browser needs to walk the path itself."""
        return {
            "index": self.index, "size": self.size, "root": self.root, "path": self.path, "entry": self.entry,
            "record": self.record, "salt": self.salt,
        }  # fmt: skip


def vouching(run: Run, *, rows: bool = False) -> Vouching:
    """The proof of a run that is done; with ``rows`` the file of its rows is hashed too (once per process)."""
    file = run.folder / f"{RUN}{SUFFIX}"
    try:
        found = read_proof(file)
        key = vkey(run.organisation)
        checkpoint = found.verify(parse_vkey(key))
        here = _sha256(run.folder / RUN)
        named = str(found.record.get("run_sha256", ""))
        if not hmac.compare_digest(here, named):
            raise Refused("verify.entry-unlike", file=str(file))
        if rows and _sha256(run.folder / EMISSIONS) != found.record.get("emissions_sha256"):
            raise Refused("verify.entry-unlike", file=str(run.folder / EMISSIONS))
    except Refused as refused:
        return Vouching(ok=False, problem=refused.problem)
    return Vouching(
        ok=True,
        index=found.proof.index,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        path=tuple(each.hex() for each in found.proof.hashes),
        entry=found.entry.decode(),
        record=canonical(dict(found.record)).decode(),
        salt=found.salt.hex(),
        time=_time(found.entry),
        vkey=key,
        run_sha256=here,
    )


def root_base64(root: str) -> str:
    """As checkpoints write it."""
    return base64.b64encode(bytes.fromhex(root)).decode()


def _time(entry: bytes) -> str:
    return str(json.loads(entry).get("time", ""))


def _sha256(path: Path) -> str:
    try:
        told = path.stat()
    except OSError:
        return ""
    return _hashed(path, told.st_size, told.st_mtime_ns, told.st_ino)


@lru_cache(maxsize=4096)
def _hashed(path: Path, _size: int, _changed: int, _inode: int) -> str:
    return sha256(path)
