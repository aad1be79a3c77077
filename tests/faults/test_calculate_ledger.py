"""SIGKILL, torn writes and failing disks at the n-th operation of ``calculate --ledger``.

Whatever moment is picked: no folder of results is visible that its ledger does not vouch for, the ledger verifies as it was or with
the whole run, its checkpoint never goes back, and the same run, calculated again, has the same canonical digest.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from golden.calculating import activity, write_csv
from hengtan.evidence import verify
from hengtan.ledger import Log
from hengtan.ledger.keys import generate, save

KILLED = -9
ENTRIES = 2  # batch.accepted and run.finished
WORK = "import sys; from hengtan.cli import main; main()"


def calculate(folder, fail=""):
    """(exit code, what was said) of a run into ``folder/out``."""
    command = ["calculate", "in.csv", "--out", "out", "--no-report", "--ledger", "book"]
    environment = {name: value for name, value in os.environ.items() if name != "HENGTAN_FAIL_AT"}
    done = subprocess.run(
        [sys.executable, "-c", WORK, *command], cwd=folder, capture_output=True, text=True,
        env=environment | ({"HENGTAN_FAIL_AT": fail} if fail else {}),
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr


def canonical(folder):
    return json.loads((folder / "out/run.json").read_text("utf-8"))["outputs"]["canonical_digest"]


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A ledger with an earlier run of other rows in the same folder; and the canonical digest that a whole run has."""
    folder = tmp_path_factory.mktemp("faults") / "before"
    folder.mkdir()
    signer = generate("example.com/ledger")
    Log.create(folder / "book", signer.name, signer)
    save(signer, folder / "book/private/key")
    write_csv(folder / "in.csv", [activity("old", quantity="1")])
    assert calculate(folder)[0] == 0
    write_csv(folder / "in.csv", [activity(f"a{at}", quantity=str(at)) for at in range(1, 40)])
    whole = shutil.copytree(folder, folder.with_name("whole"))
    assert calculate(whole)[0] == 0
    return folder, canonical(folder), canonical(whole)


def look(folder, old, new, size):
    """The oracles after a fault: whether the new run is visible."""
    ledger = verify(folder / "book")
    assert ledger.ok, [problem.sentence() for layer in ledger.layers for problem in layer.problems]
    assert ledger.checkpoint.size in (size, size + ENTRIES)
    shown = verify(folder / "out")
    assert shown.ok, [problem.sentence() for layer in shown.layers for problem in layer.problems]
    assert canonical(folder) in (old, new)
    if canonical(folder) == new:
        assert ledger.checkpoint.size == size + ENTRIES  # never a folder without its entry
    return canonical(folder) == new, ledger.checkpoint.size


def faults(plan, step):
    number = 1
    while True:
        yield number, plan.format(number)
        number += step


@pytest.mark.parametrize("step", [37, pytest.param(1, marks=pytest.mark.faults_long)])
@pytest.mark.parametrize("plan", ["kill@{}", "torn@{}:write"])
def test_killed_at_any_operation_nothing_half_done_is_visible_and_a_re_run_gives_the_same_digest(
    before, tmp_path, plan, step
):
    folder, old, new = before
    seen = set()
    for number, fail in faults(plan, step):
        copy = shutil.copytree(folder, tmp_path / f"n{number}")
        code, told = calculate(copy, fail)
        assert code in (0, KILLED), told
        visible, size = look(copy, old, new, ENTRIES)
        seen.add((visible, size))
        assert calculate(copy)[0] == 0
        assert canonical(copy) == new
        visible, after = look(copy, old, new, size)
        assert visible and after == size + ENTRIES
        assert all(path.name in ("book", "in.csv", "out") or path.name.startswith(".out") for path in copy.iterdir())
        shutil.rmtree(copy)
        if code == 0:
            break
    assert number > (60 if plan.startswith("kill") else 10)
    if step == 1 and plan.startswith("kill"):
        assert seen == {(False, ENTRIES), (False, 2 * ENTRIES), (True, 2 * ENTRIES)}


@pytest.mark.parametrize("step", [43, pytest.param(1, marks=pytest.mark.faults_long)])
@pytest.mark.parametrize("plan", ["EIO@{}:fsync", "EIO@{}:folder", "EIO@{}:rename", "ENOSPC@{}:write+"])
def test_a_disk_that_fails_at_any_operation_is_told_and_nothing_half_done_is_visible(before, tmp_path, plan, step):
    folder, old, new = before
    for number, fail in faults(plan, step):
        copy = shutil.copytree(folder, tmp_path / f"n{number}")
        code, told = calculate(copy, fail)
        assert code in (0, 2), told
        _, size = look(copy, old, new, ENTRIES)
        assert calculate(copy)[0] == 0
        visible, after = look(copy, old, new, size)
        assert visible and after == size + ENTRIES
        shutil.rmtree(copy)
        if code == 0:
            break
    assert number > 1 or step > 1
