"""Full disks, failing fsyncs and links, a writer that is killed among others: nothing acknowledged is lost."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from hengtan.facts import Book, Store, entry, sequence

from .facts_oracles import WORK, faults, state, swept, work
from .facts_work import SMALL_THOUSAND


@pytest.fixture(autouse=True)
def short_thousands(monkeypatch):
    """As in the child."""
    for module in (entry, sequence):
        monkeypatch.setattr(module, "THOUSAND", SMALL_THOUSAND)


FAILURES = ["EIO@{}:fsync", "EIO@{}:folder", "EIO@{}:rename", "EIO@{}:link", "ENOSPC@{}:write", "ENOSPC@{}:write+"]
LONG = [pytest.param(fail, 1, marks=pytest.mark.faults_long) for fail in FAILURES]


@pytest.mark.parametrize(("fail", "step"), [*((fail, 9) for fail in FAILURES), *LONG])
def test_a_disk_that_fails_at_any_operation_loses_nothing_that_was_acknowledged(tmp_path, fail, step):
    assert work(tmp_path / "whole", 5)[0] == 0
    whole, told = state(tmp_path / "whole"), set()
    for n, copy, code, acknowledged, failed in faults(tmp_path / "new", tmp_path / "copy", [5], fail, step):
        assert code in (0, 2), n
        told.add(failed)
        ids, *_ = state(copy)
        assert ids == whole[0][: len(ids)]
        assert set(acknowledged.values()) <= set(ids)
        if "write" in fail or "link" in fail or "fsync" in fail:
            assert len(ids) == len(acknowledged)  # refused is not there
        if (copy / "staged").exists():
            swept(copy)
        assert work(copy, 5)[0] == 0
        assert state(copy) == whole
    assert told == {"", "facts.not-written"}


@pytest.mark.parametrize(
    ("fail", "step"),
    [
        ("EIO@{}:remove", 13),
        ("ENOSPC@{}:write+", 7),
        *LONG,
        pytest.param("EIO@{}:remove", 1, marks=pytest.mark.faults_long),
    ],
)
def test_a_disk_that_fails_at_any_operation_of_a_compaction_loses_nothing(tmp_path, fail, step):
    folder = tmp_path / "facts"
    assert work(folder, "rows", 5)[0] == 0
    whole = state(folder)
    for n, copy, code, _, failed in faults(folder, tmp_path / "copy", ["compact"], fail, step):
        assert (code, failed) in ((0, ""), (2, "facts.not-written")), n
        assert state(copy) == whole
        assert work(copy, "compact")[0] == 0
        assert state(copy) == whole


def test_a_file_system_without_hard_links_is_written_to_all_the_same(tmp_path):
    code, acknowledged, _ = work(tmp_path / "facts", 5, fail="EPERM@1:link+")
    assert code == 0
    assert state(tmp_path / "facts")[0] == list(acknowledged.values())


@contextmanager
def small_disk(folder, size):
    """A real file system of so many bytes."""
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="tmpfs")
def test_a_disk_that_is_really_full_refuses_and_keeps_what_was_acknowledged(tmp_path):
    with small_disk(tmp_path / "disk", 200 * 1024) as disk:
        code, acknowledged, failed = work(disk / "facts", 100)
        assert (code, failed) == (2, "facts.not-written")
        assert 3 < len(acknowledged) < 60
        assert state(disk / "facts")[0] == list(acknowledged.values())
        assert Store(disk / "facts").usage().staged == 0
        assert Store(disk / "facts").usage().total_bytes < 200 * 1024


@pytest.mark.parametrize("rounds", [6, pytest.param(60, marks=pytest.mark.faults_long)])
def test_writers_that_are_killed_among_others_hold_nobody_up_and_lose_nothing(tmp_path, rounds):
    folder, acknowledged = tmp_path / "facts", set()
    assert work(folder, 0)[0] == 0
    for number in range(rounds):
        script = f"import sys; sys.path.insert(0, {str(WORK.parent)!r}); import facts_work as w, pathlib; w.WHEN = w.WHEN.replace(microsecond={number} * 2 + int(sys.argv[2])); w.main(pathlib.Path(sys.argv[1]), ['8'])"
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(folder), str(which)],
                env={**os.environ, "HENGTAN_FAIL_AT": f"kill@{20 + 9 * number % 80}" if which else ""},
                stdout=subprocess.PIPE,
                text=True,
            )
            for which in (0, 1)
        ]
        said = [writer.communicate(timeout=300)[0] for writer in writers]
        assert writers[0].returncode == 0
        acknowledged |= {line.split()[2] for out in said for line in out.splitlines() if line.startswith("entry")}
    ids = {each.manifest.id for each in Book(Store(folder), "energy").history()}
    assert acknowledged <= ids
    assert len(acknowledged) >= 8 * rounds
    swept(folder)
