"""docs/verify.md works as it stands: each command of it is run, with other people's tools."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from foreign.go_verifier import GOCODE, SOURCE, GoVerifier
from house.commands import blocks
from house.house import ROOT, environment

PAGES = ["docs/verify.md", "docs/zh/verify.md"]
INSTALLED = ("apt-get install", "pip install")  # by requirements/debian.txt and requirements/dev.txt


@pytest.fixture
def desk(tmp_path: Path, go: GoVerifier) -> Path:
    """A folder of an auditor: the program's source, an example, nothing else. ``go`` says so where there is no Go."""
    shutil.copytree(ROOT / "examples" / "first", tmp_path / "examples" / "first")
    shutil.copy(SOURCE, tmp_path)
    return tmp_path


def test_both_languages_of_the_page_have_the_same_commands() -> None:
    """So that trying one tries both."""
    for kind in ("sh", "python"):
        one, other = ([block.lines() for block in blocks(ROOT / page, kind)] for page in PAGES)
        assert one == [[line.removesuffix(" --lang zh") for line in lines] for lines in other]


def test_the_commands_of_the_page_work_in_their_order_and_then_its_python(desk: Path) -> None:
    page = PAGES[0]
    env = {**environment(), "GOCACHE": str(desk / "cache"), "GOFLAGS": ""}
    said = []
    for block in blocks(ROOT / page, "sh"):
        for line in block.lines():
            if not line.startswith(INSTALLED):
                told = subprocess.run(
                    ["bash", "-c", line], cwd=desk, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL
                )
                assert told.returncode == 0, f"{line}\n{told.stdout[-2000:]}\n{told.stderr[-2000:]}"
                said.append((line, told.stdout))
    checked = [text for line, text in said if line.startswith("./verify ")]
    assert len(checked) == 8
    assert all(text.startswith("ok: ") and "acme.example/ledger" in text for text in checked)
    by_hand = next(text for line, text in said if "sha256sum" in line)
    appended = next(text for line, text in said if "ledger append" in line)
    assert by_hand.split()[0] == appended.splitlines()[1].split("\t")[1]
    code = "\n".join(block.text for block in blocks(ROOT / page, "python"))
    told = subprocess.run([sys.executable, "-c", code], cwd=desk, env=env, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert re.fullmatch(r"acme\.example/ledger: \d+ .*\n", told.stdout)


def test_what_the_page_says_of_tlog_scales_is_so(log_of, tmp_path: Path) -> None:
    """It checks inclusion, not the signature; and it sees only what lies on its way."""
    folder = tmp_path / "log"
    shutil.copytree(log_of(257).folder, folder, ignore=shutil.ignore_patterns("private"))

    def scales(*words: str) -> int:
        told = subprocess.run(["tlog-tiles", *words], cwd=tmp_path, env=environment(), capture_output=True)
        return told.returncode

    assert scales("get-leaf", "--check", "./log", "3") == 0
    note = (folder / "checkpoint").read_text()
    text, _, line = note.partition("\n\n")
    (folder / "checkpoint").write_text(f"{text}\n\n{line.replace('A', 'B')}")
    assert scales("get-leaf", "--check", "./log", "3") == 0  # another signature: not seen by the command
    bundle = folder / "tile" / "entries" / "000"
    data = bundle.read_bytes()
    bundle.write_bytes(data.replace(b'"number":"3"', b'"number":"4"'))
    assert scales("get-leaf", "--check", "./log", "3") != 0
    assert scales("get-leaf", "--check", "./log", "5") == 0  # not on the way to this one


def test_the_debian_packages_of_the_page_are_the_ones_that_are_set_up() -> None:
    wanted = (ROOT / "requirements" / "debian.txt").read_text("utf-8")
    for page in PAGES:
        line = next(
            line for line in (ROOT / page).read_text("utf-8").splitlines() if line.startswith("apt-get install")
        )
        packages = [word for word in line.split()[2:] if not word.startswith("-")]
        assert packages and all(re.search(rf"^{re.escape(name)} ", wanted, re.M) for name in packages)
        assert str(GOCODE) in (ROOT / page).read_text("utf-8")
