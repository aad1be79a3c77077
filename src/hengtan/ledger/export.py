"""A public copy of a log: checkpoint, ``log.vkey`` and every tile that its size needs; never ``private``.

A copy is brought up to date by exporting onto it again: tiles never change, so only new ones are written, and a copy that is
no beginning of this log is refused. The checkpoint is put in place last, so a copy cut short still verifies as what it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..problems import HengtanError, Problem
from .audit import audit, partials
from .log import Log
from .refused import Refused
from .sequencer import CHECKPOINT, VKEY
from .storage import Storage
from .tiles import bundles_of, encode_bundle, entries_path, tile_path, tiles_of

_TEMPORARY = ".export"


def export(folder: Path, target: Path) -> int:
    """Copies the public part of the log in ``folder`` to ``target`` as it is published now; gives its size.

    Raises HengtanError ``log.not-a-log``, ``log.not-empty`` (the target is neither empty nor an earlier copy),
    ``log.copy-inside``, ``log.not-written``; Refused with the first thing that does not hold in the log, ``log.copy-other``
    and what ``Log.earlier`` refuses where the target is no beginning of it.
    """
    log = Log.open(folder)
    if target.resolve().is_relative_to(folder.resolve()):
        raise HengtanError(Problem("log.copy-inside", file=str(target)))
    held = _names(target)
    if CHECKPOINT in held:
        log.earlier((target / CHECKPOINT).read_bytes())
    elif held - {"tile", VKEY, _TEMPORARY}:
        raise HengtanError(Problem("log.not-empty", file=str(target)))
    for problem in audit(folder).own:
        raise Refused(problem.code, file=problem.file, **problem.values)
    try:
        _copy(log, target)
    except OSError as error:
        why = error.strerror or str(error)
        raise HengtanError(Problem("log.not-written", file=str(target), values={"why": why})) from error
    return log.size


def _copy(log: Log, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    storage = Storage(target, temporary=_TEMPORARY)
    storage.prepare()
    try:
        for path, data in _files(log):
            there = target / path
            if not there.exists():
                storage.stage(path, data)
            elif there.read_bytes() != data:
                raise Refused("log.copy-other", file=str(there))
        storage.settle()
        storage.reveal()
        storage.settle()
        storage.put(VKEY, f"{log.verifier.vkey}\n".encode())
        storage.put(CHECKPOINT, log.checkpoint())
    finally:
        storage.discard()
        (target / _TEMPORARY).rmdir()


def _files(log: Log) -> Iterator[tuple[str, bytes]]:
    """Every tile and bundle of the size, and the partial ones of earlier sizes that are still there, as tlog-tiles asks."""
    for level, index, width in tiles_of(log.size):
        yield tile_path(level, index, width), log.tiles.tile(level, index)
    for index, width in bundles_of(log.size):
        yield entries_path(index, width), encode_bundle(log.tiles.bundle(index))
    edge = {tile_path(level, index, width) for level, index, width in tiles_of(log.size)}
    edge |= {entries_path(index, width) for index, width in bundles_of(log.size)}
    yield from ((part.path, part.wanted(log.tiles)) for part in partials(log.folder, log.size) if part.path not in edge)


def _names(target: Path) -> set[str]:
    try:
        return {each.name for each in target.iterdir()}
    except FileNotFoundError:
        return set()
    except OSError as error:
        why = error.strerror or str(error)
        raise HengtanError(Problem("log.not-written", file=str(target), values={"why": why})) from None
