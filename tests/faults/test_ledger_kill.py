"""SIGKILL at the n-th write, fsync, rename, folder fsync, removal or signature of an append, and of the start after it.

``HENGTAN_FAIL_AT`` picks the operation (``hengtan.durable.points``); n counts up until the child ends by itself, so no
operation is left out by the long form. The short form takes every so many.
"""

import json
from pathlib import Path

import pytest

from hengtan.cli import main
from hengtan.ledger import Log, Records, audit
from hengtan.ledger.keys import load
from hengtan.ledger.records import check

from .ledger_oracles import after, copy_of, new_log, roots, work
from .ledger_work import record
from .nursery import chances, child, some

SIZES = (3, 250, 256, 257, 700)  # grows a partial tile, fills one, begins one, outgrows one
ROOTS = roots(SIZES)
KILLED = -9
HERE = "faults.test_ledger_kill"


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


def create(folder, key):
    """A child: the log of a key that is there already."""
    Log.create(Path(folder), "example.com/faults", load(Path(key)))


@pytest.mark.parametrize("picks", [4, pytest.param(0, marks=pytest.mark.faults_long)])
def test_a_creation_that_was_killed_is_repeated_or_was_done(tmp_path, picks):
    key = new_log(tmp_path / "other") / "private" / "key"
    count = chances("kill@{}", f"{HERE}:create", tmp_path / "counted", key)
    assert count > 10
    for n in some(count, picks) if picks else range(1, count + 1):
        folder = tmp_path / f"log{n}"
        assert child(f"{HERE}:create", folder, key, fail=f"kill@{n}").code == KILLED
        if not (folder / "checkpoint").exists():
            assert child(f"{HERE}:create", folder, key).code == 0
        assert audit(folder).holds
        with Log.open(folder, load(key)) as log:
            assert log.append([b"x"]) == range(1)


def init(*words):
    """A child: the command that makes a key and a log."""
    main(["ledger", "init", *words, "--origin", "example.com/faults"])


@pytest.mark.parametrize("picks", [6, pytest.param(0, marks=pytest.mark.faults_long)])
@pytest.mark.parametrize("where", ["inside", "outside"])
@pytest.mark.parametrize("plan", ["kill@{}", "torn@{}:write", "EIO@{}:fsync", "EIO@{}:folder", "ENOSPC@{}:write+"])
def test_a_key_is_whole_or_not_there_whatever_moment_of_its_making_is_cut_short(tmp_path, plan, where, picks):
    words = ["--key", "safe/key"] if where == "outside" else []
    key = Path("safe/key") if words else Path("log/private/key")
    (counted := tmp_path / "counted").mkdir()
    count = chances(plan, f"{HERE}:init", "log", *words, cwd=counted)
    for n in some(count, picks) if picks else range(1, count + 1):
        (place := tmp_path / f"at{n}").mkdir()
        died = child(f"{HERE}:init", "log", *words, fail=plan.format(n), cwd=place)
        assert died.code in (KILLED, 2), died.err
        made = load(place / key) if (place / key).exists() else None
        if not (place / "log/checkpoint").exists():
            assert child(f"{HERE}:init", "log", *words, cwd=place).code == 0
        assert made in (None, load(place / key))  # a key that was there is the log's
        assert audit(place / "log").holds
        with Log.open(place / "log", load(place / key)) as log:
            assert log.append([b"x"]) == range(1)
        assert not list(place.rglob("*.new")), "a copy of the key is left"
