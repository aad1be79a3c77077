"""The folder of a run: written beside its place and put there in one step, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hengtan.problems import HengtanError, Problem

MANIFEST = "run.json"


def check_free(target: Path) -> None:
    """HengtanError if ``target`` exists and is neither empty nor the folder of an earlier run, or cannot be made."""
    try:
        if not target.exists() and not target.is_symlink():
            above = next(parent for parent in target.absolute().parents if parent.exists())
            if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
                raise _unwritable(target, f"{above} is not a folder that you may write to")
            return
        if not target.is_dir() or (any(target.iterdir()) and not _ours(target)):
            raise HengtanError(Problem("folder.not-ours", values={"folder": str(target)}))
    except OSError as error:
        raise _unwritable(target, error.strerror or str(error)) from None


def check_outside(target: Path, files: Iterable[str]) -> None:
    """HengtanError if one of the files that are read lies in the folder that is replaced: it would go with it."""
    for file in files:
        if Path(file).absolute().resolve().is_relative_to(target.absolute().resolve()):
            raise HengtanError(Problem("folder.holds-input", file=file, values={"folder": str(target)}))


def _unwritable(target: Path, why: str) -> HengtanError:
    return HengtanError(Problem("folder.not-writable", values={"folder": str(target), "why": why}))


def _ours(target: Path) -> bool:
    try:
        return "hengtan" in json.loads((target / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return False


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill; it becomes ``target`` when the block ends well and leaves no trace when it does not."""
    check_free(target)
    made = [parent for parent in reversed(target.absolute().parents) if not parent.exists()]
    try:
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}.", dir=target.absolute().parent))
    except OSError as error:
        raise _unwritable(target, error.strerror or str(error)) from None
    try:
        yield fresh
        fresh.chmod(0o777 & ~_umask())
        for path in fresh.iterdir():
            _sync(path)
        _sync(fresh)
        _swap(fresh, target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        for parent in reversed(made):
            if parent.exists() and not any(parent.iterdir()):
                parent.rmdir()
        raise


def _swap(fresh: Path, target: Path) -> None:
    if not target.exists():
        fresh.rename(target)
    else:
        old = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}.old.", dir=target.absolute().parent))
        target.rename(old / "run")
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    _sync(target.absolute().parent)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces; numbers that matter are text in it, so that every reader agrees."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def write_json(path: Path, value: Any) -> None:
    """Indented UTF-8 JSON in the order given."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
