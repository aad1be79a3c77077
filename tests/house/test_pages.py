"""What a page tells a reader to type works."""

import re
import shutil
import subprocess
import sys

import pytest

from .commands import blocks
from .house import BIN, ROOT, environment

PAGES = [
    "README.md",
    "README.zh.md",
    "docs/quickstart.md",
    "docs/zh/quickstart.md",
    "docs/evidence.md",
    "docs/explain.md",
    "docs/python-api.md",
    "docs/ledger.md",
    "docs/assets.md",
    # The same commands in Chinese, on other examples.
    *(
        pytest.param(f"docs/zh/{name}.md", marks=pytest.mark.long)
        for name in ("evidence", "explain", "python-api", "ledger", "assets")
    ),
]


@pytest.fixture
def desk(tmp_path):
    """A folder with the examples in it, as in a checkout, where a reader may write."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(BIN)
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work_in_their_order(page, desk):
    for block in blocks(ROOT / page, "sh"):
        for line in block.lines():
            told = subprocess.run(
                ["bash", "-c", line],
                cwd=desk,
                env=environment(),
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
            )
            assert told.returncode == 0, f"{line}\n{told.stdout[-2000:]}\n{told.stderr[-2000:]}"


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_runs_from_top_to_bottom(page, desk):
    code = "\n".join(block.text for block in blocks(ROOT / page, "python"))
    if code:
        told = subprocess.run(
            [sys.executable, "-c", code],
            cwd=desk,
            env={**environment(), "MPLBACKEND": "agg"},
            capture_output=True,
            text=True,
        )
        assert told.returncode == 0, f"{code}\n{told.stderr[-3000:]}"


def test_the_readmes_name_the_two_commands_and_make_knows_them():
    for page in ("README.md", "README.zh.md"):
        text = (ROOT / page).read_text("utf-8")
        assert "make demo" in text
        assert "make test" in text
    for target in ("demo", "test", "check", "bench", "serve", "lock", "docs", "clean"):
        assert subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True).returncode == 0


def test_the_readmes_are_one_screen_and_show_what_the_demo_prints():
    for page in ("README.md", "README.zh.md"):
        text = (ROOT / page).read_text("utf-8")
        assert text.count("\n") < 130
        for number in ("161,981,152.46", "170,144,741.78", "1,468"):
            assert number in text, page


def test_what_the_readmes_show_is_what_the_demo_prints_and_it_ends_with_a_ledger_that_verifies(desk):
    """Line by line, where the README leaves out lines with an ellipsis; twice, for a ledger goes on."""
    (desk / "scripts").mkdir()
    script = (
        (ROOT / "scripts/demo.sh")
        .read_text("utf-8")
        .replace('"$hengtan" calculate', '"$hengtan" calculate --no-report')
    )
    (desk / "scripts/demo.sh").write_text(script, "utf-8")
    first = None
    for _ in range(2):
        told = subprocess.run(["sh", "scripts/demo.sh"], cwd=desk, env=environment(), capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        command = told.stdout.splitlines()[-1].strip()
        assert command in told.stdout and command.startswith(".venv/bin/hengtan verify")
        again = subprocess.run(command, shell=True, cwd=desk, env=environment(), capture_output=True, text=True)
        assert again.returncode == 0 and "Verified." in again.stdout, again.stdout
        assert (desk / "out/ledger/checkpoint").read_text("utf-8") in told.stdout
        first = first or told
    printed = {" ".join(line.split()) for line in first.stdout.splitlines()}
    for page in ("README.md", "README.zh.md"):
        shown = "\n".join(block.text for block in blocks(ROOT / page, "text"))
        assert "161,981,152.46" in shown and command in shown
        lost = [
            line
            for line in shown.splitlines()
            if (bare := " ".join(line.split())) and bare != "..." and "/report." not in bare and bare not in printed
        ]
        assert lost == [], page


def test_every_link_of_the_readmes_leads_somewhere():
    for page in ("README.md", "README.zh.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text("utf-8")):
            assert (ROOT / link).exists(), f"{page}: {link}"


def test_every_chinese_page_has_its_english_one():
    english = {path.name for path in (ROOT / "docs").glob("*.md")}
    chinese = {path.name for path in (ROOT / "docs/zh").glob("*.md")}
    assert chinese - english == set()
