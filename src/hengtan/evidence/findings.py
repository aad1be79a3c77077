"""What a verification found: three layers, each ok, failed or not checked, with the problems that say why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hengtan.ledger import Checkpoint
from hengtan.problems import Problem

Tell = Callable[[str, int, int], None]  # what is looked at, how many were done, of how many
State = Literal["ok", "failed", "not-checked"]
LAYERS = ("log", "history", "records")


@dataclass(frozen=True, slots=True)
class Layer:
    """One of the three questions of a verification.

    name      ``log``: is the log, or the proof, consistent in itself and signed? ``history``: does it extend the older
              checkpoint that the reader kept? ``records``: is every fact, run and record what its entry says?
    problems  errors are why it failed; warnings are told and change nothing
    counts    what was looked at: entries, records, erased, facts, files
    """

    name: str
    state: State
    problems: tuple[Problem, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of ``verify``.

    what        log (a log's folder), run (the folder of a run), package (a verification package) or file (one with its proof)
    layers      always three, in the order of ``LAYERS``
    checkpoint  what was verified, as far as it could be read
    vkey        the verifier key that was used; "" where there was none to use
    trusted     the reader gave the key; else it was taken from what is verified and is still to be compared with the
                one that the company publishes
    since       the older checkpoint of the reader
    index       of the entry that vouches for the run or file
    """

    path: Path
    what: Literal["log", "run", "package", "file"]
    layers: tuple[Layer, ...]
    checkpoint: Checkpoint | None = None
    vkey: str = ""
    trusted: bool = False
    since: Checkpoint | None = None
    index: int | None = None

    @property
    def ok(self) -> bool:
        """Whether no layer failed."""
        return not self.failed

    @property
    def failed(self) -> str:
        """The first layer that failed, or ""."""
        return next((layer.name for layer in self.layers if layer.state == "failed"), "")

    def layer(self, name: str) -> Layer:
        """The layer of that name."""
        return next(layer for layer in self.layers if layer.name == name)


def judged(name: str, problems: list[Problem], counts: Mapping[str, int] | None = None) -> Layer:
    """A layer that was checked: failed when one of the problems is an error."""
    failed = any(problem.severity == "error" for problem in problems)
    return Layer(name, "failed" if failed else "ok", tuple(problems), dict(counts or {}))


def unchecked(name: str, *problems: Problem) -> Layer:
    """A layer that nobody could check, and why."""
    return Layer(name, "not-checked", problems)
