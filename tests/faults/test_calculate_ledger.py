"""SIGKILL, torn writes and failing disks at the n-th operation of ``calculate --ledger``.

Whatever moment is picked: no folder of results is visible that its ledger does not vouch for, the ledger verifies as it was or with
the whole run, its checkpoint never goes back, and the same run, calculated again, has the same canonical digest.
"""

from __future__ import annotations

import json
import shutil

import pytest

from faults.nursery import chances, child, some
from golden.calculating import activity, write_csv
from hengtan.cli import main
from hengtan.evidence import verify
from hengtan.ledger import Log
from hengtan.ledger.keys import generate, save

KILLED = -9
WORK = "faults.test_calculate_ledger:begin"
COMMAND = ("calculate", "in.csv", "--out", "out", "--no-report", "--ledger", "book")
FOLDERS_SHARED = 3  # so many of the few objects of a run may share a folder with another
ENTRIES = 2  # batch.accepted and run.finished


def calculate(folder, fail=""):
    """(exit code, what was said) of a run into ``folder/out``."""
    died = child(WORK, *COMMAND, fail=fail, cwd=folder)
    assert "Traceback" not in died.err, died.err
    return died.code, died.err


def begin(*words):
    """The command line as a child of the nursery."""
    main(list(words))


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
    assert ledger.checkpoint.size - size in range(0, 2 * ENTRIES + 1, ENTRIES)
    shown = verify(folder / "out")
    assert shown.ok, [problem.sentence() for layer in shown.layers for problem in layer.problems]
    assert canonical(folder) in (old, new)
    if canonical(folder) == new:
        assert ledger.checkpoint.size > size  # never a folder without its entry
    return canonical(folder) == new, ledger.checkpoint.size


def again(folder, old, new):
    """The same run once more, undisturbed: it is visible, and entered once; one that was decided before is carried through first."""
    begun, before = (folder / "book/private/journal").exists(), verify(folder / "book").checkpoint.size
    assert calculate(folder)[0] == 0
    visible, size = look(folder, old, new, before)
    assert visible
    assert size - before in ({ENTRIES, 2 * ENTRIES} if begun else {ENTRIES})


def faults(before, tmp_path, plan, picks):
    """(copy of the folder, exit code, what was said) with a fault at some of the operations, or at every one of them.

    How many there are differs from run to run: objects are named by digests that depend on the time, and two that begin alike share
    a folder and its fsync. So a run that ended before the fault is made again with a fault a little earlier.
    """
    count = chances(plan, WORK, *COMMAND, cwd=shutil.copytree(before, tmp_path / "counted"))
    for number in some(count, picks) if picks else range(1, count + 1):
        for earlier in range(FOLDERS_SHARED + 1):
            copy = shutil.copytree(before, tmp_path / f"n{number}")
            code, told = calculate(copy, plan.format(max(1, number - earlier)))
            if code != 0 or earlier == FOLDERS_SHARED or not plan.startswith(("kill", "torn")):
                yield copy, code, told
                break
            shutil.rmtree(copy)
        shutil.rmtree(copy)


LONG = pytest.mark.faults_long


@pytest.mark.parametrize(
    ("plan", "picks"),
    [
        ("kill@{}", 5),
        ("torn@{}:write", 2),
        pytest.param("kill@{}", 0, marks=LONG),
        pytest.param("torn@{}:write", 0, marks=LONG),
    ],
)
def test_killed_at_any_operation_nothing_half_done_is_visible_and_a_re_run_gives_the_same_digest(
    before, tmp_path, plan, picks
):
    folder, old, new = before
    seen = set()
    for copy, code, told in faults(folder, tmp_path, plan, picks):
        assert code == KILLED, told
        seen.add(look(copy, old, new, ENTRIES))
        again(copy, old, new)
        assert all(path.name in ("book", "in.csv", "out") or path.name.startswith(".out") for path in copy.iterdir())
    assert (False, ENTRIES) in seen
    if not picks and plan.startswith("kill"):
        assert seen == {(False, ENTRIES), (False, 2 * ENTRIES), (True, 2 * ENTRIES)}


FAILING = {"EIO@{}:fsync": 1, "EIO@{}:folder": 1, "EIO@{}:rename": 1, "ENOSPC@{}:write+": 2}


@pytest.mark.parametrize(
    ("plan", "picks"), [*FAILING.items(), *(pytest.param(plan, 0, marks=LONG) for plan in FAILING)]
)
def test_a_disk_that_fails_at_any_operation_is_told_and_nothing_half_done_is_visible(before, tmp_path, plan, picks):
    folder, old, new = before
    for copy, code, told in faults(folder, tmp_path, plan, picks):
        assert code in (0, 2), told
        look(copy, old, new, ENTRIES)
        again(copy, old, new)
