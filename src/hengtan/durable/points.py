"""Fail points: where a fault suite stops, tears or fails a write path.

Every write, fsync, rename, link and removal of what has to last passes ``point``. The environment variable
``HENGTAN_FAIL_AT`` picks one of them; the count runs over all that the process writes, whichever package writes it::

    kill@7            SIGKILL before the 7th operation, whatever it is
    kill@3:rename     before the 3rd rename
    torn@2:write      half of the 2nd write reaches the file, then SIGKILL
    EIO@1:fsync       the 1st fsync fails with EIO, once
    ENOSPC@4:write+   the 4th write and all later ones fail: a disk that stays full

Names: ``write``, ``fsync``, ``rename``, ``link``, ``folder`` (fsync of a folder), ``remove``, ``sign``. Without the variable a
point is one comparison. Our own points rather than a tracer: they count the same on every kernel and machine, need no
privilege, and a run with one costs no more than a run without.
"""

from __future__ import annotations

import errno
import os
import re
import signal
from dataclasses import dataclass

VARIABLE = "HENGTAN_FAIL_AT"
NAMES = ("write", "fsync", "rename", "link", "folder", "remove", "sign")
_FORM = re.compile(r"(kill|torn|E[A-Z0-9]+)@([1-9][0-9]*)(?::([a-z]+))?(\+?)")


@dataclass(slots=True)
class _Plan:
    action: str
    left: int
    name: str
    stays: bool


def parse(text: str) -> _Plan:
    """What ``HENGTAN_FAIL_AT`` asks for; ValueError for anything else, so that a slip is no silent pass."""
    found = _FORM.fullmatch(text)
    action, count, name, stays = found.groups() if found else ("", "0", None, "")
    known = action in {"kill", "torn"} or hasattr(errno, action)
    if not found or not known or (name or NAMES[0]) not in NAMES or (action == "torn" and name != "write"):
        raise ValueError(f"{VARIABLE}={text}: wanted kill@N[:NAME], torn@N:write or ERRNO@N[:NAME][+], NAME of {NAMES}")
    return _Plan(action, int(count), name or "", bool(stays))


_plan: _Plan | None = parse(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None


def point(name: str) -> bool:
    """Call before the operation. True: tear it (write half, then call ``die``). Raises the OSError that was asked for."""
    if _plan is None or _plan.name not in ("", name) or _plan.left == 0:
        return False
    _plan.left -= 1
    if _plan.left:
        return False
    if _plan.stays:
        _plan.left = 1
    if _plan.action == "torn":
        return True
    if _plan.action == "kill":
        die()
    code = getattr(errno, _plan.action)
    raise OSError(code, os.strerror(code))


def die() -> None:
    """As if the power failed, for this process: no handler runs, nothing is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)
