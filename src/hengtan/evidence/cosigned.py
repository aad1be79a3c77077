"""Did the witnesses that the reader trusts cosign what was verified? Then nobody was shown another history of that size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hengtan.durable import regular_bytes
from hengtan.ledger import Refused, Verifier, open_note
from hengtan.ledger.note import MAX_NOTE_BYTES
from hengtan.problems import HengtanError, Problem

from .findings import Report, judged
from .package import LEDGER
from .proof_file import SUFFIX, open_proof
from .verify_file import MANIFEST


def cosigned(report: Report, witnesses: Sequence[Verifier]) -> Report:
    """The report with what is missing of these cosignatures in its first layer; each witness has to be there.

    Raises HengtanError ``verify.no-witness-key`` for a key that signs logs: a log is no witness of itself.
    """
    for each in witnesses:
        if each.kind != "cosignature":
            raise HengtanError(Problem("verify.no-witness-key", values={"vkey": each.vkey}))
    if report.checkpoint is None:  # it could not even be opened
        return report
    problems = [problem for each in witnesses if (problem := _missing(report, each)) is not None]
    if not problems:
        return report
    layers = tuple(
        judged(layer.name, [*layer.problems, *problems], layer.counts) if layer.name == "log" else layer
        for layer in report.layers
    )
    return replace(report, layers=layers)


def _missing(report: Report, witness: Verifier) -> Problem | None:
    file, note = _note(report)
    try:
        open_note(note, [witness])
    except Refused as refused:
        if refused.code != "note.no-known-signature":
            return refused.at(str(file)).problem
        return Problem("verify.not-cosigned", file=str(file), values={"witness": witness.name})
    return None


def _note(report: Report) -> tuple[Path, bytes]:
    """The signed note that the report is about, and where it stands."""
    if report.what in ("log", "package"):
        note = (report.path / LEDGER if report.what == "package" else report.path) / "checkpoint"
        return note, regular_bytes(note, MAX_NOTE_BYTES)
    main = report.path / MANIFEST if report.what == "run" else report.path
    file = main.with_name(main.name + SUFFIX)
    return file, open_proof(file)[0].checkpoint
