"""The one door of verification: a log's folder, a run's folder, or a file with its proof."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from hengtan.ledger import Refused, Verifier, parse_vkey
from hengtan.ledger.note import MAX_NOTE_BYTES
from hengtan.problems import HengtanError, Problem

from .archive import is_package
from .findings import Report, Tell
from .package import LIST
from .proof_file import SUFFIX
from .verify_file import MANIFEST, verify_entry, verify_file

_KEY_BYTES = 4096


def verify(
    path: Path,
    *,
    since: Path | None = None,
    vkey: str | None = None,
    facts: str | None = None,
    tell: Tell | None = None,
) -> Report:
    """What can be verified of ``path``, without configuration, database or network.

    path    the folder of a log, the folder of a run, a verification package as a folder or as its ZIP, or a file beside its ``.tlog-proof`` (or that proof): one of a run,
            or the bytes of an entry
    since   an older checkpoint of the log, as the reader kept it
    vkey    the verifier key of the log as its company publishes it, or a file with it; without it the key that the
            evidence itself names is used, and the report says so
    facts   root of the facts, where they do not lie in the log's folder
    tell    is told how far it is with a log: what it looks at (``entries``, ``records``, ``facts``), how many were done, of how many

    Whatever is wrong with the evidence is in the report. Raises HengtanError for what cannot be looked at at all:
    ``verify.not-here``, ``verify.nothing-to-verify``, ``verify.key-unreadable``, ``verify.archive-...`` for a ZIP that is not unpacked.
    """
    key = _key(vkey) if vkey else None
    older = _read(since, MAX_NOTE_BYTES + 1) if since else None
    try:
        found = _what(path)
    except OSError as error:  # a name too long, a folder that may not be looked into
        values = {"why": error.strerror or str(error)}
        raise HengtanError(Problem("verify.not-here", file=str(path), values=values)) from None
    if found == "log":
        from .verify_log import verify_log  # noqa: PLC0415  a proof alone is verified without the stores

        return verify_log(path, key, older, facts, tell)
    if found == "package":
        from .verify_package import verify_package  # noqa: PLC0415

        return verify_package(path, key, older, facts, tell)
    if found == "archive":
        from .verify_package import verify_archive  # noqa: PLC0415  which verifies what it unpacks by this module

        return verify_archive(path, key, older, facts, tell)
    if found == "run":  # never by a proof that lies beside the folder
        return verify_file(path, key, older)
    if found == "proof":
        main = path.with_name(path.name.removesuffix(SUFFIX))
        return verify_entry(main, key, older, alone=True) or verify_file(main, key, older)
    return verify_entry(path, key, older) or verify_file(path, key, older)


def _what(path: Path) -> Literal["log", "run", "package", "archive", "file", "proof"]:
    if path.is_dir():
        # A run first: anybody may lay a copy of the public log into the folder of a run that he altered.
        if (path / MANIFEST).exists() or (path / f"{MANIFEST}{SUFFIX}").exists():
            return "run"
        if (path / "checkpoint").exists() or (path / "log.vkey").exists():
            return "log"
        if (path / LIST).exists() or (path / f"{LIST}{SUFFIX}").exists():
            return "package"
        raise HengtanError(Problem("verify.nothing-to-verify", file=str(path)))
    if path.name.endswith(SUFFIX) and path.is_file():
        return "proof"
    beside = path.with_name(path.name + SUFFIX).exists()
    if not beside and path.is_file() and is_package(path):
        return "archive"
    if not path.exists() and not beside:
        raise HengtanError(Problem("verify.not-here", file=str(path), values={"why": "-"}))
    return "file"


def _key(given: str) -> Verifier:
    """A verifier key, or the file of one."""
    text = given
    if "+" not in given or _is_file(given):
        text = _read(Path(given), _KEY_BYTES).decode("utf-8", "replace")
    try:
        return parse_vkey(text)
    except Refused as refused:
        raise HengtanError(
            Problem("verify.key-unreadable", values={"given": given[:200], "why": str(refused)})
        ) from None


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except OSError:  # a key longer than a file name may be
        return False


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        values = {"why": error.strerror or str(error)}
        raise HengtanError(Problem("verify.not-here", file=str(path), values=values)) from None
