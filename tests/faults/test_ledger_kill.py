"""SIGKILL at the n-th write, fsync, rename, folder fsync, removal or signature of an append, and of the start after it.

``HENGTAN_FAIL_AT`` picks the operation (``hengtan.ledger.points``); n counts up until the child ends by itself, so no
operation is left out by the long form. The short form takes every so many.
"""

import json
import os
import subprocess
import sys

import pytest

from hengtan.ledger import Log, Records, audit
from hengtan.ledger.keys import load
from hengtan.ledger.records import check

from .ledger_oracles import after, copy_of, new_log, roots, work
from .ledger_work import record

SIZES = (3, 250, 256, 257, 700)  # grows a partial tile, fills one, begins one, outgrows one
ROOTS = roots(SIZES)
KILLED = -9


def sweep(folder, target, words, fail, step, first=1):
    """Runs the work with the fault at operation first, first + step, ...; yields copy, n and what the child said."""
    n = first
    while True:
        copy = copy_of(folder, target)
        code, acknowledged, failed = work(copy, *words, fail=fail.format(n))
        yield copy, n, code, acknowledged, failed
        if code == 0:
            return
        n += step


def after_kill(copy, acknowledged):
    following = [size for size in (*SIZES, SIZES[-1]) if size > acknowledged][:1]
    size = after(copy, ROOTS, acknowledged, {acknowledged, *following})
    assert work(copy, *SIZES)[:2] == (0, SIZES[-1])
    assert after(copy, ROOTS, SIZES[-1], {SIZES[-1]}) == SIZES[-1]
    return size


@pytest.mark.parametrize("step", [29, pytest.param(1, marks=pytest.mark.faults_long)])
@pytest.mark.parametrize("fail", ["kill@{}", "torn@{}:write"])
def test_after_a_kill_at_any_operation_of_an_append_the_log_goes_on_as_if_nothing_had_been(tmp_path, fail, step):
    folder = new_log(tmp_path / "log")
    count, rolled_forward = 0, 0
    for copy, n, code, acknowledged, _ in sweep(folder, tmp_path / "copy", SIZES, fail, step):
        assert code in (0, KILLED), n
        rolled_forward += after_kill(copy, acknowledged) > acknowledged
        count = n
    assert count > (25 if "torn" in fail else 150)  # the child has that many operations
    assert rolled_forward or (step > 1 and "torn" in fail)  # and some kills fell between deciding and publishing


@pytest.mark.faults_long
def test_after_a_second_kill_at_any_operation_of_the_start_after_a_kill_the_log_goes_on(tmp_path):
    folder = new_log(tmp_path / "log")
    assert work(folder, 250)[0] == 0
    tried = 0
    for once, _, code, acknowledged, _ in sweep(folder, tmp_path / "once", [600], "kill@{}", 1):
        if code == 0:
            break
        for twice, m, second, _, _ in sweep(once, tmp_path / "twice", [], "kill@{}", 3, first=1 + tried % 3):
            assert second in (0, KILLED), m
            size = after(twice, roots((250, 600)), acknowledged, {250, 600})
            assert size == 600 or acknowledged == 250
            tried += 1
    assert tried > 100


def test_a_start_that_is_killed_while_it_carries_a_batch_through_is_carried_through_by_the_next(tmp_path):
    folder = new_log(tmp_path / "log")
    assert work(folder, 250, 600, fail="kill@2:sign")[0] == KILLED
    assert (folder / "private/journal").exists()
    for fail in ("kill@1:write", "kill@3:fsync", "kill@1:sign", "kill@2:rename", "kill@5:folder", "kill@1:remove"):
        assert work(folder, fail=fail)[0] == KILLED, fail
        after_copy = copy_of(folder, tmp_path / "copy")
        assert after(after_copy, roots((250, 600)), 250, {600}) == 600
    assert work(folder)[:2] == (0, 600)


@pytest.mark.parametrize("step", [17, pytest.param(1, marks=pytest.mark.faults_long)])
@pytest.mark.parametrize("words", [("record", "record"), ("record", "erase")])
def test_after_a_kill_no_entry_lacks_its_record_and_no_record_its_entry(tmp_path, words, step):
    folder = new_log(tmp_path / "log")
    killed = 0
    for copy, n, code, acknowledged, _ in sweep(folder, tmp_path / "copy", words, "kill@{}", step):
        assert code in (0, KILLED), n
        assert audit(copy).holds
        with Log.open(copy, load(copy / "private" / "key")) as log:
            records = Records(copy)
            records.settle(log)
            assert [problem.code for problem in check(records, log.entries())] == [], n
            assert log.size >= acknowledged
            for entry in list(log.entries())[1:2]:
                kept = records.of(json.loads(entry)["commitment"])
                assert json.loads(kept.record) == record(1)
            erased = any(b"record.erased" in entry for entry in log.entries())
            first = [json.loads(entry)["commitment"] for entry in list(log.entries())[:1]]
            assert [records.of(digest) is None for digest in first] == [erased for _ in first]
            assert not list((copy / "private/records/pending").glob("*"))
        killed += code == KILLED
    assert killed > (1 if step > 1 else 30)


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.faults_long)])
def test_a_creation_that_was_killed_is_repeated_or_was_done(tmp_path, step):
    text = (
        "import sys; from pathlib import Path; from hengtan.ledger import Log, keys\n"
        "Log.create(Path(sys.argv[1]), 'example.com/faults', keys.load(Path(sys.argv[2])))"
    )
    key = new_log(tmp_path / "other") / "private" / "key"
    killed = 0
    for n in range(1, 100, step):
        folder = tmp_path / f"log{n}"

        def create(folder=folder, n=0):
            env = {**os.environ, "HENGTAN_FAIL_AT": f"kill@{n}" if n else ""}
            return subprocess.run([sys.executable, "-c", text, str(folder), str(key)], env=env, capture_output=True)

        code = create(n=n).returncode
        if not (folder / "checkpoint").exists():
            assert code == KILLED
            assert create().returncode == 0
        assert audit(folder).holds
        with Log.open(folder, load(key)) as log:
            assert log.append([b"x"]) == range(1)
        killed += code == KILLED
        if code == 0:
            break
    assert killed > 2
