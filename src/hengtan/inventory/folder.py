"""The folder of a run: written beside its place and put there in one step, or not at all."""

from __future__ import annotations

import ctypes
import glob
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hengtan.durable import point, sync, try_lock
from hengtan.problems import HengtanError, Problem, both, system

MANIFEST = "run.json"
_FRESH_S = 60.0  # a folder is made before it is locked: a very young one is left alone


def check_free(target: Path) -> None:
    """HengtanError if ``target`` exists and is neither empty nor the folder of an earlier run, or cannot be made."""
    try:
        if not target.exists() and not target.is_symlink():
            above = next(parent for parent in target.absolute().parents if parent.exists())
            if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
                raise _unwritable(target, both("why", "folder-closed", folder=str(above)))
            return
        if not target.is_dir() or (any(target.iterdir()) and not _ours(target)):
            raise HengtanError(Problem("folder.not-ours", values={"folder": str(target)}))
    except OSError as error:
        raise _unwritable(target, system("why", error)) from None


def check_outside(target: Path, files: Iterable[str]) -> None:
    """HengtanError if one of the files that are read lies in the folder that is replaced: it would go with it."""
    for file in files:
        if Path(file).absolute().resolve().is_relative_to(target.absolute().resolve()):
            raise HengtanError(Problem("folder.holds-input", file=file, values={"folder": str(target)}))


def _unwritable(target: Path, why: Mapping[str, str]) -> HengtanError:
    return HengtanError(Problem("folder.not-writable", values={"folder": str(target), **why}))


def _ours(target: Path) -> bool:
    try:
        return "hengtan" in json.loads((target / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return False


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill; it becomes ``target`` when the block ends well and leaves no trace when it does not.

    A process that is killed leaves a hidden folder beside the target, which the next run into the same target removes.
    """
    check_free(target)
    made = [parent for parent in reversed(target.absolute().parents) if not parent.exists()]
    above, prefix = target.absolute().parent, _prefix(target)
    try:
        above.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=prefix, dir=above))
    except OSError as error:
        raise _unwritable(target, system("why", error)) from None
    held = _hold(fresh)
    try:
        _sweep(fresh, prefix)
        yield fresh
        try:
            _show(fresh, target)
        except OSError as error:
            raise _unwritable(target, system("why", error)) from error
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        for parent in reversed(made):
            if parent.exists() and not any(parent.iterdir()):
                parent.rmdir()
        raise
    finally:
        if held is not None:
            os.close(held)


def finish_left(target: Path, whole: Callable[[Path], bool]) -> bool:
    """Puts a folder that a killed process left beside ``target`` in its place, where ``whole`` says of it that nothing is missing.

    Whether there was one. Nobody else takes it meanwhile; folders that are not whole stay for the next :func:`new_folder` to remove.
    """
    for left in sorted(target.absolute().parent.glob(f"{glob.escape(_prefix(target))}*")):
        handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if try_lock(handle) and whole(left):
                _show(left, target)
                return True
        finally:
            os.close(handle)
    return False


def _prefix(target: Path) -> str:
    return f".{target.name[:40]}.hengtan-"


def _show(fresh: Path, target: Path) -> None:
    fresh.chmod(0o777 & ~_umask())
    _sync(sorted(fresh.iterdir()))
    sync(folders=[fresh])
    _swap(fresh, target)


def _hold(folder: Path) -> int | None:
    """An open folder with a lock that goes with the process: who finds no lock on it finds what a crash left."""
    if os.name != "posix":
        return None
    handle = os.open(folder, os.O_RDONLY)
    with suppress(OSError):  # a file system without locks: nothing is swept there
        try_lock(handle)
    return handle


def _sweep(fresh: Path, prefix: str) -> None:
    """Removes what crashes left beside a new folder; how old that is, the clock of the file system says."""
    if os.name != "posix":
        return
    now = fresh.stat().st_mtime
    for left in fresh.parent.glob(f"{glob.escape(prefix)}*"):
        try:
            handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            if now - os.fstat(handle).st_mtime > _FRESH_S and try_lock(handle):
                shutil.rmtree(left, ignore_errors=True)
        except OSError:
            pass
        finally:
            os.close(handle)


def _swap(fresh: Path, target: Path) -> None:
    point("rename")
    if not target.exists():
        fresh.rename(target)
    elif _exchanged(fresh, target):
        shutil.rmtree(fresh, ignore_errors=True)
    else:
        old = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}.old.", dir=target.absolute().parent))
        target.rename(old / "run")
        point("rename")
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    sync(folders=[target.absolute().parent])


def _exchanged(fresh: Path, target: Path) -> bool:
    """Both names change places in one step, so that the earlier run is there until the new one is; Linux can, others not."""
    if sys.platform != "linux" or target.is_symlink():
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return bool(rename(here, os.fsencode(fresh.absolute()), here, os.fsencode(target.absolute()), exchange) == 0)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync(paths: Sequence[Path]) -> None:
    handles = [os.open(path, os.O_RDONLY) for path in paths]
    try:
        sync(handles)
    finally:
        for handle in handles:
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
