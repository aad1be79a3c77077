"""Backup and restore as the page on the ledger has them: plain copies, and an old one is refused for being old."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hengtan.ledger.log import Log
from hengtan.ledger.records import Records
from house.commands import FENCE, Block
from house.house import ROOT, environment

from .commands import good, new_log, run

SECTIONS = {"docs/ledger.md": "Backup and restore", "docs/zh/ledger.md": "备份与恢复"}


def commands(page: str) -> list[str]:
    section = re.search(rf"^### {SECTIONS[page]}\n(.*?)^### ", (ROOT / page).read_text("utf-8"), re.M | re.S)
    assert section
    return [line for found in FENCE.findall(section[1]) for line in Block(*found).lines()]


@pytest.mark.parametrize("page", SECTIONS)
def test_the_section_does_what_it_says_and_refuses_for_the_reason_it_says(page: str, tmp_path: Path) -> None:
    new_log(tmp_path / "book", '{"kind":"first"}')
    lines, refusals = commands(page), 0
    for line in lines:
        told = subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert told.returncode == 0, f"{line}\n{told.stdout}{told.stderr}"
        if line.startswith("!"):
            refusals += 1
            assert "log.rolled-back" in told.stdout + told.stderr, line
    assert refusals == 2
    assert [entry.decode() for entry in Log.open(tmp_path / "book").entries()] == [
        '{"kind":"first"}', '{"file":"january","kind":"batch.accepted"}', '{"file":"february","kind":"batch.accepted"}',
    ]  # fmt: skip
    assert Log.open(tmp_path / "backup").size == 1
    assert run("verify", tmp_path / "book", "--since", tmp_path / "newest.checkpoint").code == 0


def test_both_languages_have_the_same_commands() -> None:
    one, other = (commands(page) for page in SECTIONS)
    assert one == [line.replace(" --lang zh", "") for line in other]


def test_a_copy_brings_back_records_and_facts_and_goes_on(tmp_path: Path) -> None:
    book = new_log(tmp_path / "book")
    good(
        "calculate", ROOT / "examples/first/activities.csv", "--out", tmp_path / "out", "--ledger", book, "--no-report"
    )
    shutil.copytree(book, tmp_path / "backup")
    shutil.rmtree(book)
    shutil.copytree(tmp_path / "backup", book)
    assert len(list(Records(book).commitments())) == Log.open(book).size == 2
    assert run("verify", book).code == 0
    good("ledger", "append", book, given=b'{"a":"b"}')
    good(
        "calculate",
        ROOT / "examples/first/activities.csv",
        "--out",
        tmp_path / "again",
        "--ledger",
        book,
        "--no-report",
    )
    assert run("verify", book).code == run("verify", tmp_path / "out").code == 0
