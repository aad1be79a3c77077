"""The folder of a run appears whole or not at all, and what a crash left goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hengtan.inventory.folder import new_folder
from hengtan.problems import HengtanError

OURS = '{"hengtan": {}}'
WORK = """
import sys; from pathlib import Path
from hengtan.inventory.folder import new_folder
with new_folder(Path(sys.argv[1])) as fresh:
    (fresh / "run.json").write_text('{"hengtan": {"new": true}}')
    (fresh / "rows").write_text("x" * 1000)
"""


def filled(target: Path) -> Path:
    with new_folder(target) as fresh:
        (fresh / "run.json").write_text(OURS)
    return target


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("before", [False, True])
def test_killed_at_any_write_the_folder_is_the_old_one_or_the_new_one_whole(tmp_path, before):
    seen = set()
    for count in range(1, 20):
        target = tmp_path / str(count) / "out"
        target.parent.mkdir()
        if before:
            filled(target)
        done = subprocess.run(
            [sys.executable, "-c", WORK, target], env={**os.environ, "HENGTAN_FAIL_AT": f"kill@{count}"}
        )
        text = (target / "run.json").read_text() if target.exists() else ""
        assert text in ({OURS} if before else {""}) | {'{"hengtan": {"new": true}}'}
        if "new" in text:
            assert names(target) == ["rows", "run.json"]
        seen.add(text)
        if done.returncode == 0:
            break
    assert done.returncode == 0 and count > 4
    assert len(seen) == 2  # some were cut before the change, some after it


def test_a_disk_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    target = filled(tmp_path / "out")
    for plan in ("EIO@1:fsync", "ENOSPC@1:rename", "EIO@1:folder"):
        done = subprocess.run(
            [sys.executable, "-c", WORK, target], env={**os.environ, "HENGTAN_FAIL_AT": plan},
            capture_output=True, text=True,
        )  # fmt: skip
        assert "folder.not-writable" in done.stderr or "HengtanError" in done.stderr
        assert (target / "run.json").read_text() == OURS
        assert names(tmp_path) == ["out"]


def test_what_a_crash_left_is_removed_by_the_next_run_into_the_same_folder(tmp_path, monkeypatch):
    target = tmp_path / "out"
    subprocess.run([sys.executable, "-c", WORK, target], env={**os.environ, "HENGTAN_FAIL_AT": "kill@1"})
    left = [name for name in names(tmp_path) if name != "out"]
    assert len(left) == 1
    filled(tmp_path / "other")
    filled(target)
    assert left[0] in names(tmp_path)  # so young that it may belong to a process that just began
    os.utime(tmp_path / left[0], (0, 0))
    filled(target)
    assert names(tmp_path) == ["other", "out"]


def test_what_another_process_is_writing_stays(tmp_path):
    with new_folder(tmp_path / "out") as fresh:
        os.utime(fresh, (0, 0))
        subprocess.run([sys.executable, "-c", WORK, tmp_path / "out"], check=True)
        assert fresh.is_dir()


def test_a_folder_that_fails_while_it_is_filled_leaves_no_trace(tmp_path):
    with pytest.raises(HengtanError), new_folder(tmp_path / "a" / "out"):
        raise HengtanError([])
    assert names(tmp_path) == []
