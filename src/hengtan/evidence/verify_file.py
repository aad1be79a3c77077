"""Verification of a run's folder, or of one file of it, by its proof alone: no log, no network, no engine."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from hengtan.durable import regular
from hengtan.ledger import Checkpoint, Refused, Verifier, canonical, open_checkpoint, parse_vkey, verify_proof
from hengtan.ledger.proof import MAX_PROOF_BYTES
from hengtan.problems import HengtanError, Problem

from .findings import Layer, Report, judged, unchecked
from .proof_file import SUFFIX, Vouched, open_proof, read_proof

RUN, ISSUED = "run.finished", "report.issued"
MANIFEST = "run.json"
EMISSIONS = "emissions.parquet"
_NAMING = (
    "files",
    "reports",
)  # members of a run's record that name its files; the second since reports are named there
_DIGEST = re.compile(r"[0-9a-f]{64}")
# What a reader takes for a result of the run. One that nothing vouches for is no note: who altered it deletes its proof too.
_RESULT = re.compile(
    r"report\..*|(emissions|plan|factors|groups)\.parquet|(summary|reference|previous)\.json|problems\.csv",
    re.IGNORECASE | re.DOTALL,
)


def verify_file(path: Path, key: Verifier | None, since: bytes | None) -> Report:
    """One file, and of a run's folder all the others, against ``FILE.tlog-proof``; never raises for what they hold."""
    folder = path if path.is_dir() else None
    main = path / MANIFEST if folder else path
    what: Literal["run", "file"] = "run" if folder else "file"
    try:
        vouched = read_proof(_proof_of(main))
        verifier = key or parse_vkey(vouched.vkey)
    except Refused as refused:
        return Report(path, what, (judged("log", [refused.problem]), unchecked("history"), unchecked("records")))
    checkpoint, problems = _proved(vouched, verifier, _proof_of(main))
    if key is None:
        problems.append(Problem("verify.key-unconfirmed", values={"vkey": verifier.vkey}))
    older, history = _history(checkpoint, since, verifier)
    counts = {"files": 0}
    wrong = list(_unlike(main, vouched.record, counts))
    if folder:
        wrong += _others(folder, vouched.record, verifier, counts, checkpoint)
    return Report(
        path,
        what,
        (judged("log", problems), history, judged("records", wrong, counts)),
        checkpoint,
        verifier.vkey,
        key is not None,
        older,
        vouched.proof.index,
    )


def verify_entry(path: Path, key: Verifier | None, since: bytes | None, *, alone: bool = False) -> Report | None:
    """An entry as such, by a proof that brings no record (``ledger prove``); None where the proof is none of that kind.

    A result of a run is never taken for an entry: whoever may append could log what looks like one. The entry's bytes are the file; ``alone``, where the reader named the proof and there is no file, they stand in the proof: then
    nothing is said of ``path``, but of the proof. Raises HengtanError ``verify.key-needed``: neither the reader nor
    the proof names a key.
    """
    try:
        proof, extra = open_proof(_proof_of(path))
    except Refused:
        return None
    entry, named = extra.get("entry"), extra.get("vkey")
    given = path.is_file()
    if given and (path.name == MANIFEST or _RESULT.fullmatch(path.name)):
        return None
    if "record" in extra or not (given or (alone and isinstance(entry, str))):
        return None
    if key is None and not isinstance(named, str):
        raise HengtanError(Problem("verify.key-needed", file=str(_proof_of(path))))
    problems: list[Problem] = []
    checkpoint = verifier = None
    try:
        data = path.read_bytes() if given else str(entry).encode("utf-8")
        verifier = key or parse_vkey(str(named))
        checkpoint = verify_proof(data, proof, [verifier])
    except Refused as refused:
        problems = [refused.at(str(_proof_of(path))).problem]
    except OSError as error:
        problems = [Problem("verify.file-missing", file=str(path), values={"why": error.strerror or str(error)})]
    if key is None and verifier is not None:
        problems.append(Problem("verify.key-unconfirmed", values={"vkey": verifier.vkey}))
    older, history = _history(checkpoint, since, verifier) if verifier else (None, unchecked("history"))
    layers = (judged("log", problems, {"entries": 1}), history, unchecked("records"))
    vkey = verifier.vkey if verifier else ""
    return Report(
        path if given else _proof_of(path), "file", layers, checkpoint, vkey, key is not None, older, proof.index
    )


def _proof_of(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def _proved(vouched: Vouched, verifier: Verifier, file: Path) -> tuple[Checkpoint | None, list[Problem]]:
    try:
        return vouched.verify(verifier), []
    except Refused as refused:
        return None, [refused.at(str(file)).problem]


def _history(checkpoint: Checkpoint | None, since: bytes | None, verifier: Verifier) -> tuple[Checkpoint | None, Layer]:
    """Two checkpoints of the same size must be the same; what lies between others only the log itself can show."""
    if since is None or checkpoint is None:
        return None, unchecked("history")
    try:
        older, _ = open_checkpoint(since, [verifier])
        if older.origin != checkpoint.origin:
            raise Refused("verify.other-log", wanted=checkpoint.origin, given=older.origin)
        if older.size == checkpoint.size and older.root != checkpoint.root:
            raise Refused("log.forked", size=older.size)
    except Refused as refused:
        return None, judged("history", [refused.problem])
    if older.size == checkpoint.size:
        return older, judged("history", [])
    return older, unchecked("history", Problem("verify.history-wants-log", values={"origin": older.origin}))


def _unlike(path: Path, record: Mapping[str, Any], counts: dict[str, int]) -> Iterator[Problem]:
    """The file itself, against the record that is to vouch for it."""
    kind = record.get("kind")
    wanted = record.get("run_sha256" if kind == RUN else "sha256")
    if kind not in (RUN, ISSUED) and _is(path, record):  # what was logged, on its own: a posting of a book, say
        counts["files"] += 1
        return
    if kind not in (RUN, ISSUED) or not isinstance(wanted, str) or (kind == RUN) != (path.name == MANIFEST):
        yield Problem("verify.record-of-something-else", file=str(path), values={"kind": str(kind)[:80]})
        return
    different = list(_altered(path, wanted, counts))
    yield from different
    if kind == RUN and not different:
        yield from _contradicted(path, record)


def _is(path: Path, record: Mapping[str, Any]) -> bool:
    """Whether the file is the record itself, in its one spelling."""
    try:
        with regular(path) as file:
            return file.read(MAX_PROOF_BYTES + 1) == canonical(dict(record))
    except (OSError, Refused):
        return False


def _contradicted(path: Path, record: Mapping[str, Any]) -> Iterator[Problem]:
    """What the record and the run.json that it names both say is the same: whoever is shown one alone is told no other thing."""
    try:
        outputs = json.loads(path.read_bytes())["outputs"]
        same = all(record.get(name) in (None, outputs.get(name)) for name in ("canonical_digest", "emissions_sha256"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
        same = False
    if not same:
        yield Problem("verify.record-malformed", file=str(_proof_of(path)))


def _altered(path: Path, wanted: str, counts: dict[str, int]) -> Iterator[Problem]:
    try:
        with regular(path) as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        values = {"why": error.strerror or str(error)}
        yield Problem("verify.file-missing", file=str(path), values=values)
        return
    counts["files"] += 1
    if found != wanted:
        yield Problem("verify.file-altered", file=str(path), values={"wanted": wanted[:80], "found": found})


def _others(
    folder: Path, record: Mapping[str, Any], verifier: Verifier, counts: dict[str, int], checkpoint: Checkpoint | None
) -> Iterator[Problem]:
    """The files that the run's record names, the reports, each with a proof of its own, and what nothing vouches for."""
    if any(not _digests(record.get(name, {})) for name in _NAMING):  # a record of nothing would vouch for anything
        yield Problem("verify.record-malformed", file=str(_proof_of(folder / MANIFEST)))
        return
    files, reports = (dict(record.get(name, {})) for name in _NAMING)
    if files.get(EMISSIONS, "") != record.get("emissions_sha256", ""):
        yield Problem("verify.record-malformed", file=str(_proof_of(folder / MANIFEST)))
    for name, wanted in files.items():
        yield from _altered(folder / name, wanted, counts)
    roots = {checkpoint.size: checkpoint.root} if checkpoint else {}
    there = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    proven = {name.removesuffix(SUFFIX) for name in there if name.endswith(SUFFIX)}
    for name in sorted(
        {*reports, *proven, *(name for name in there if not name.endswith(SUFFIX))} - {MANIFEST, *files}
    ):
        path = folder / name
        if name not in there:
            yield Problem("verify.file-missing", file=str(path), values={"why": "-"})
        elif name in proven:
            yield from _issued(path, record, verifier, counts, roots)
        elif name in reports or _RESULT.fullmatch(name):
            yield Problem("verify.result-unproven", file=str(path), values={"proof": _proof_of(path).name})
        else:
            yield Problem("verify.file-unnamed", file=str(path))
        if name in there and reports.get(name):
            yield from _altered(path, reports[name], {"files": 0})


def _issued(
    path: Path, run: Mapping[str, Any], verifier: Verifier, counts: dict[str, int], roots: dict[int, bytes]
) -> Iterator[Problem]:
    """A file of a run's folder by its own proof; ``roots``: of the checkpoints that were seen, by their sizes."""
    try:
        vouched = read_proof(_proof_of(path))
        checkpoint = vouched.verify(verifier)
        if roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
            raise Refused("log.forked", size=checkpoint.size)
    except Refused as refused:
        yield refused.at(str(_proof_of(path))).problem
        return
    if vouched.record.get("run_sha256") != run.get("run_sha256"):
        yield Problem("verify.report-of-another-run", file=str(path))
    elif vouched.record.get("file") != path.name:
        yield Problem(
            "verify.record-of-something-else", file=str(path), values={"kind": str(vouched.record.get("file"))[:80]}
        )
    yield from _unlike(path, vouched.record, counts)


def _digests(named: object) -> bool:
    """Whether it gives digests for names of files; a name is a name and no path, for a record may be hostile."""
    return isinstance(named, dict) and all(
        isinstance(digest, str)
        and _DIGEST.fullmatch(digest)
        and Path(name).name == name
        and "\\" not in name
        and name not in ("", ".", "..")
        for name, digest in named.items()
    )
