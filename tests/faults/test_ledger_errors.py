"""Full disks, failing fsyncs, several writers, readers meanwhile, a clock that goes back, a journal that somebody deleted."""

import json
import os
import resource
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from hengtan.durable import points
from hengtan.ledger import Log, Refused, audit
from hengtan.ledger.keys import load
from hengtan.problems import HengtanError

from .ledger_oracles import WORK, after, copy_of, new_log, published, roots, work
from .ledger_work import entry
from .test_ledger_kill import KILLED, ROOTS, SIZES, sweep

UNDECIDED, DECIDED = "log.not-written", "log.not-finished"


@pytest.mark.parametrize("step", [17, pytest.param(1, marks=pytest.mark.faults_long)])
@pytest.mark.parametrize(
    "fail", ["EIO@{}:fsync", "EIO@{}:folder", "EIO@{}:rename", "EIO@{}:remove", "ENOSPC@{}:write", "ENOSPC@{}:write+"]
)
def test_a_disk_that_fails_at_any_operation_loses_nothing_that_was_acknowledged(tmp_path, fail, step):
    folder = new_log(tmp_path / "log")
    told = set()
    for copy, n, code, acknowledged, failed in sweep(folder, tmp_path / "copy", SIZES, fail, step):
        assert code in (0, 2), n
        told.add(failed)
        following = [size for size in SIZES if size > acknowledged][:1] if code else []
        size = after(copy, ROOTS, acknowledged, {acknowledged, *following})
        if failed == UNDECIDED:
            assert size == acknowledged  # nothing happened, as it was told
        if failed == DECIDED and "remove" not in fail:
            assert size > acknowledged
        assert work(copy, *SIZES)[:2] == (0, SIZES[-1])
    assert told <= {"", UNDECIDED, DECIDED}
    assert len(told) > 1


@contextmanager
def failing(text):
    """One fault in this process."""
    points._plan = points.parse(text)
    try:
        yield
    finally:
        points._plan = None


def codes(act):
    with pytest.raises(HengtanError) as raised:
        act()
    return [problem.code for problem in raised.value.problems]


def test_a_writer_whose_disk_was_full_goes_on_when_there_is_room_again(tmp_path):
    folder = new_log(tmp_path / "log")
    with Log.open(folder, load(folder / "private" / "key")) as log:
        log.append([entry(0)])
        with failing("ENOSPC@1:write+"):
            assert codes(lambda: log.append([b"never"])) == [UNDECIDED]
        published(folder, roots((1,)))
        assert log.append([entry(1), entry(2)]) == range(1, 3)
    assert after(folder, roots((3,)), 3, {3}) == 3


def test_a_writer_that_failed_after_deciding_appends_nothing_until_it_is_opened_again(tmp_path):
    folder = new_log(tmp_path / "log")
    with Log.open(folder, load(folder / "private" / "key")) as log:
        with failing("EIO@1:sign"):
            assert codes(lambda: log.append([entry(0)])) == [DECIDED]
        assert codes(lambda: log.append([b"never"])) == ["log.stopped"]
        assert log.size == 0
    assert after(folder, roots((1,)), 0, {1}) == 1


def test_every_caller_of_a_batch_that_fails_is_told(tmp_path):
    folder = new_log(tmp_path / "log")
    with Log.open(folder, load(folder / "private" / "key")) as log, ThreadPoolExecutor(16) as callers:
        with failing("ENOSPC@1:write+"):
            told = list(callers.map(lambda n: codes(lambda: log.append([b"%d" % n])), range(40)))
        assert told == [[UNDECIDED]] * 40
        assert log.size == 0
        assert sorted(
            index for given in callers.map(lambda n: log.append([b"%d" % n]), range(40)) for index in given
        ) == list(range(40))


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_disk_that_is_really_full(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no disk may be mounted here: {mounted.stderr.strip()}")
    try:
        folder = new_log(disk / "log")
        sizes = list(range(40, 20_000, 40))
        code, acknowledged, failed = work(folder, *sizes)
        assert (code, failed) in {(2, UNDECIDED), (2, DECIDED)}
        assert acknowledged > 100
        published(folder, roots(sizes))
        left = copy_of(folder, tmp_path / "larger")  # the same log on a disk with room
        assert after(left, roots(sizes), acknowledged, {acknowledged, acknowledged + 40}) >= acknowledged
        assert work(left, acknowledged + 400)[:2] == (0, acknowledged + 400)
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are of Unix")
def test_a_limit_on_the_size_of_files_is_told_and_nothing_is_half_done(tmp_path):
    folder = new_log(tmp_path / "log")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    code, acknowledged, failed = work(folder, 10, 2000, preexec_fn=limit)
    assert (code, acknowledged, failed) == (2, 10, UNDECIDED)
    assert after(folder, roots((10, 2000)), 10, {10}) == 10


def test_of_two_writers_at_once_one_is_told_to_wait(tmp_path):
    folder = new_log(tmp_path / "log")
    with Log.open(folder, load(folder / "private" / "key")):
        assert work(folder, 5) == (2, 0, "log.locked")
    assert work(folder, 5)[:2] == (0, 5)


def test_writers_that_wait_for_each_other_lose_nothing(tmp_path):
    folder = new_log(tmp_path / "log")
    text = (
        "import sys; from pathlib import Path; from hengtan.ledger import Log; from hengtan.ledger.keys import load\n"
        "folder, name = Path(sys.argv[1]), sys.argv[2]\n"
        "for number in range(15):\n"
        "    with Log.open(folder, load(folder / 'private/key'), wait_s=120) as log:\n"
        "        log.append([f'{name}/{number}/{each}'.encode() for each in range(3)])\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", text, folder, name]) for name in "abcd"]
    assert [writer.wait(timeout=240) for writer in writers] == [0] * 4
    found = list(Log.open(folder).entries())
    assert len(found) == 4 * 15 * 3
    for name in "abcd":
        own = [each for each in found if each.startswith(name.encode())]
        assert own == [f"{name}/{number}/{each}".encode() for number in range(15) for each in range(3)]
    assert audit(folder).holds


def test_the_lock_of_a_writer_that_was_killed_is_free(tmp_path):
    folder = new_log(tmp_path / "log")
    assert work(folder, 5, 9, fail="kill@2:sign")[0] == KILLED
    assert work(folder, 12)[:2] == (0, 12)


def test_readers_meanwhile_always_see_one_whole_state_and_never_an_older_one(tmp_path):
    folder = new_log(tmp_path / "log")
    sizes = [*range(1, 30), *range(30, 1200, 37)]
    writer = subprocess.Popen([sys.executable, str(WORK), str(folder), *map(str, sizes)], stdout=subprocess.DEVNULL)
    wanted, last, seen = roots(sizes), b"", set()
    while writer.poll() is None:
        found = audit(folder, since=last if seen - {0} else None)
        assert found.holds, [str(problem.sentence()) for problem in (*found.own, *(found.extends or ()))]
        assert wanted[found.checkpoint.size] == found.checkpoint.root
        log = Log.open(folder)
        if log.size:
            assert list(log.entries(max(0, log.size - 300))) == [
                entry(n) for n in range(max(0, log.size - 300), log.size)
            ]
            last = log.checkpoint()
        seen.add(log.size)
    assert writer.returncode == 0
    assert len(seen) > 3


def test_a_clock_that_goes_back_takes_nothing_back(tmp_path):
    if shutil.which("faketime") is None:
        pytest.skip("the Debian package faketime sets the clock of one process; it is not installed here")
    folder = new_log(tmp_path / "log")
    assert work(folder, "stamp", "stamp")[:2] == (0, 2)
    before = (folder / "checkpoint").read_bytes()
    assert work(folder, "stamp", "erase", wrap=["faketime", "-f", "-3000d"])[:2] == (0, 4)
    times = [json.loads(each)["time"] for each in Log.open(folder).entries()]
    assert times[2] < times[0]  # an entry tells what the clock said; what came first is told by the index
    assert audit(folder, since=before).holds
    assert work(folder, "stamp")[:2] == (0, 5)


def test_a_journal_that_somebody_deletes_after_signing_is_missed(tmp_path):
    """Else the next start would sign another tree of that size."""
    folder = new_log(tmp_path / "log")
    assert work(folder, 5, fail="kill@5:rename")[0] == KILLED  # the checkpoint, after journal, bundle, tile and memory
    assert (folder / "private/newest").read_text().split("\n")[1] == "5"
    assert (folder / "checkpoint").read_text().split("\n")[1] == "0"
    (folder / "private/journal").unlink()
    with pytest.raises(Refused) as raised:
        Log.open(folder, load(folder / "private/key"))
    assert raised.value.code == "log.rolled-back"


def test_a_restored_backup_is_not_written_to_when_a_newer_checkpoint_is_known(tmp_path):
    folder = new_log(tmp_path / "log")
    assert work(folder, 5)[0] == 0
    backup = copy_of(folder, tmp_path / "backup")
    assert work(folder, 9)[0] == 0
    newest = (folder / "private/newest").read_bytes()
    shutil.rmtree(folder)
    copy_of(backup, folder)
    with pytest.raises(Refused) as raised:
        Log.open(folder, load(folder / "private/key"), known=[newest])
    assert raised.value.code == "log.rolled-back"
    assert published(folder, roots((5, 9)))[1] == 5
