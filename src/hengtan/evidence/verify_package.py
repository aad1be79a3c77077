"""Verification of a package: its list by its proof, every file by the list, the run, the reports and the log as themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hengtan.durable import regular_bytes
from hengtan.ledger import Checkpoint, Refused, Verifier, parse_vkey
from hengtan.ledger.audit import LARGEST
from hengtan.ledger.merkle import root_at
from hengtan.ledger.tiles import TileReader
from hengtan.problems import Problem

from .archive import unpacked
from .findings import Layer, Report, Tell, judged, unchecked
from .package import EXPORTED, LEDGER, LIST, REPORTS, RUN_FOLDER, paths_of
from .proof_file import SUFFIX, read_proof
from .verify_file import _altered, verify_file

MOST_LIST = 64 * 2**20
CONFIRM = "verify.key-unconfirmed"


def verify_package(
    path: Path, key: Verifier | None, since: bytes | None, facts: str | None, tell: Tell | None
) -> Report:
    """The three layers of a package, each over all that is in it; never raises for what the files hold."""
    from .verify_log import verify_log  # noqa: PLC0415  it loads the stores, which a single proof does without

    try:
        vouched = read_proof(path / f"{LIST}{SUFFIX}")
        verifier = key or parse_vkey(vouched.vkey)
        checkpoint = vouched.verify(verifier)
        text = regular_bytes(path / LIST, MOST_LIST)
    except Refused as refused:
        return _broken(path, [refused.problem])
    except OSError as error:
        return _broken(
            path, [Problem("verify.file-missing", file=str(path / LIST), values={"why": error.strerror or str(error)})]
        )
    counts = {"files": 0}
    wrong = list(_listed(path, text, vouched.record, counts, tell))
    own: list[Problem] = []
    proofs = [checkpoint]
    for folder in (path / RUN_FOLDER, *_reports(path)):
        found = verify_file(folder, verifier, None)
        own += found.layer("log").problems
        wrong += found.layer("records").problems
        if found.checkpoint is not None:
            proofs.append(found.checkpoint)
    log = verify_log(path / LEDGER, verifier, since, facts, tell)
    own += [problem for problem in log.layer("log").problems if problem.code != CONFIRM]
    if key is None:
        own.append(Problem(CONFIRM, values={"vkey": verifier.vkey}))
    log_counts = {**log.layer("log").counts, "files": len(proofs)}
    own += _outgrown(path / LEDGER, log.checkpoint, proofs) if log.layer("log").state == "ok" else ()
    layers = (judged("log", own, log_counts), log.layer("history"), judged("records", wrong, counts))
    return Report(
        path,
        "package",
        layers,
        log.checkpoint or checkpoint,
        verifier.vkey,
        key is not None,
        log.since,
        vouched.proof.index,
    )


def verify_archive(
    path: Path, key: Verifier | None, since: bytes | None, facts: str | None, tell: Tell | None
) -> Report:
    """A package as the ZIP that it was downloaded as; its files are named as if the ZIP were their folder."""
    with unpacked(path) as folder:
        report = verify_package(folder, key, since, facts, tell)

    def named(problem: Problem) -> Problem:
        inside = problem.file.startswith(str(folder))
        return replace(problem, file=f"{path}{problem.file.removeprefix(str(folder))}") if inside else problem

    layers = tuple(replace(layer, problems=tuple(map(named, layer.problems))) for layer in report.layers)
    return replace(report, path=path, layers=layers)


def _broken(path: Path, problems: list[Problem]) -> Report:
    layers: tuple[Layer, ...] = (judged("log", problems), unchecked("history"), unchecked("records"))
    return Report(path, "package", layers)


def _listed(path: Path, text: bytes, record: object, counts: dict[str, int], tell: Tell | None) -> Iterator[Problem]:
    """The list is the one that the event names, every file is what the list says, and none lies there besides."""
    kind = record.get("kind") if isinstance(record, dict) else None
    if not isinstance(record, dict) or kind != EXPORTED or not isinstance(record.get("sha256"), str):
        yield Problem("verify.record-of-something-else", file=str(path / LIST), values={"kind": str(kind)[:80]})
        return
    changed = list(_altered(path / LIST, record["sha256"], counts))
    yield from changed
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError):
        parts = None
    files = paths_of(parts)
    if changed or files is None:
        if not changed:
            yield Problem("verify.record-malformed", file=str(path / LIST))
        return
    for done, (name, wanted) in enumerate(files.items(), 1):
        if tell:
            tell("facts", done, len(files))
        yield from _altered(path / name, wanted, counts)
    for each in sorted(path.rglob("*")):
        name = each.relative_to(path).as_posix()
        vouched = name in files or name in (LIST, f"{LIST}{SUFFIX}") or name.startswith(f"{LEDGER}/")
        if not vouched and not each.is_dir():
            yield Problem("verify.file-unnamed", file=str(each))
    if not (path / RUN_FOLDER).is_dir():
        yield Problem("verify.file-missing", file=str(path / RUN_FOLDER), values={"why": "-"})


def _reports(path: Path) -> list[Path]:
    """The files of reports that have a proof beside them."""
    found = (path / REPORTS).rglob(f"*{SUFFIX}") if (path / REPORTS).is_dir() else ()
    return sorted(each.with_name(each.name.removesuffix(SUFFIX)) for each in found)


def _outgrown(ledger: Path, now: Checkpoint | None, proofs: list[Checkpoint]) -> Iterator[Problem]:
    """The log of the package extends every checkpoint that a proof in it brings: nobody was shown another history."""
    if now is None:
        return
    tiles = TileReader(lambda name: regular_bytes(ledger / name, LARGEST), now.size)
    for each in {proof.size: proof for proof in proofs}.values():
        try:
            if each.origin != now.origin:
                raise Refused("verify.other-log", wanted=now.origin, given=each.origin)
            if each.size > now.size:
                raise Refused("log.rolled-back", file=str(ledger), known=each.size, size=now.size)
            if (now.root if each.size == now.size else root_at(each.size, tiles)) != each.root:
                raise Refused("log.forked", file=str(ledger), size=each.size)
        except Refused as refused:
            yield refused.problem
        except OSError as error:
            yield Problem("verify.file-missing", file=str(ledger), values={"why": error.strerror or str(error)})
