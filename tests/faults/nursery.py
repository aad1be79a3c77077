"""Children to be killed, without the price of a new interpreter each.

One process forks for every order, so a child is a real process with locks, files and a death of its own, and begins in a hundredth of
the time: what the first child had to import, the next ones find there. Where a system cannot fork, each child is an interpreter of its
own.

``python nursery.py`` takes lists of orders on its input, JSON, one a line, and answers each with the exit codes of the children (-9:
killed).
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, NoReturn

TESTS = str(Path(__file__).resolve().parents[1])
VARIABLE = "HENGTAN_FAIL_AT"
NEVER = 1_000_000  # more operations than any work has


@dataclass(frozen=True)
class Died:
    """How a child ended (-9: killed), what it had said, and how often it could have failed in the way that it was told to."""

    code: int
    out: str
    err: str
    chances: int


def child(work: str, *given: object, fail: str = "", cwd: Path | None = None) -> Died:
    """Runs ``MODULE:FUNCTION`` with these words in a process of its own; ``fail`` as in ``HENGTAN_FAIL_AT``."""
    return together(work, given, fail=fail, cwd=cwd)[0]


def together(work: str, *given: Sequence[object], fail: str = "", cwd: Path | None = None) -> list[Died]:
    """As many children at the same time, each with words of its own; they have ended when this returns."""
    with tempfile.TemporaryDirectory() as aside:
        orders = []
        for number, words in enumerate(given):
            files = {name: f"{aside}/{name}{number}" for name in ("out", "err", "left")}
            more = {"given": [str(each) for each in words], "fail": fail, "cwd": str(cwd or Path.cwd())}
            orders.append({"work": work, **more, **files})
        codes = _nursery(work)(orders) if hasattr(os, "fork") else _alone(orders)
        return [_died(code, order) for code, order in zip(codes, orders, strict=True)]


def _died(code: int, order: dict[str, Any]) -> Died:
    left = Path(order["left"])
    chances = int(left.read_text("utf-8").split()[0]) if left.exists() else 0
    return Died(code, Path(order["out"]).read_text("utf-8"), Path(order["err"]).read_text("utf-8"), chances)


def chances(plan: str, work: str, *given: object, cwd: Path | None = None) -> int:
    """How many operations this work has at which ``plan`` (``kill@{}:fsync``) can strike, counted by doing it whole."""
    died = child(work, *given, fail=plan.format(NEVER), cwd=cwd)
    assert died.code == 0, died.err
    return died.chances


def some(count: int, picks: int) -> list[int]:
    """So many of the numbers from 1 to count, spread evenly, the last among them."""
    return sorted({-(-count * pick // picks) for pick in range(1, picks + 1)} - {0})


class _Nursery:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(),
        )
        atexit.register(self._process.kill)

    def __call__(self, orders: list[dict[str, Any]]) -> list[int]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(orders) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        assert said, "the nursery has died"
        return [int(code) for code in said.split()]


@cache
def _nursery(work: str) -> _Nursery:
    """One for each kind of work, which imports different things."""
    return _Nursery()


def _environment() -> dict[str, str]:
    """Without a fault, and with one thread of the linear algebra: threads do not live through a fork."""
    kept = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return kept | {"PYTHONPATH": os.pathsep.join([TESTS, kept.get("PYTHONPATH", "")]), "OPENBLAS_NUM_THREADS": "1"}


def _alone(orders: list[dict[str, Any]]) -> list[int]:
    words = [sys.executable, __file__]
    started = [subprocess.Popen([*words, json.dumps(order)], env=_environment()) for order in orders]
    return [process.wait() for process in started]


def _become(order: dict[str, Any]) -> NoReturn:
    """The child, from its first breath to its exit."""
    from hengtan.durable import points

    for number, name in ((0, os.devnull), (1, order["out"]), (2, order["err"])):
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, number)
        os.close(handle)
    os.chdir(order["cwd"])
    module, _, function = order["work"].partition(":")
    code: object = 0
    try:
        act = getattr(importlib.import_module(module), function)
        points._plan = points.parse(order["fail"]) if order["fail"] else None
        act(*order["given"])
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    passed = NEVER - points._plan.left if points._plan else 0
    Path(order["left"]).write_text("\n".join([str(passed), *sys.modules]), "utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


class _WithoutPandas(MetaPathFinder):
    """A second for a question of pyarrow's; the command line has none either."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def _serve() -> None:
    known = False
    for line in sys.stdin:
        orders = json.loads(line)
        codes = [os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) for number in [_forked(each) for each in orders]]
        if 0 in codes and not known:
            known = True
            for name in Path(orders[codes.index(0)]["left"]).read_text("utf-8").split("\n")[1:]:
                with suppress(Exception):  # parts of a module that cannot be had by their names
                    importlib.import_module(name)
        print(*codes, flush=True)


def _forked(order: dict[str, Any]) -> int:
    number = os.fork()
    if not number:
        _become(order)
    return number


if __name__ == "__main__":
    sys.meta_path.insert(0, _WithoutPandas())
    if sys.argv[1:]:
        _become(json.loads(sys.argv[1]))
    _serve()
