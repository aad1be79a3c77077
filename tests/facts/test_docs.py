"""What the page about facts tells a reader to type works."""

import subprocess
import sys

import pytest

from house.commands import blocks
from house.house import ROOT


@pytest.mark.parametrize("page", ["docs/facts.md", "docs/zh/facts.md"])
def test_the_python_of_the_page_runs_and_leaves_the_layout_that_it_shows(page, tmp_path):
    (tmp_path / "bill-2026-03.pdf").write_bytes(b"%PDF-1.7 a bill")
    code = "\n".join(block.text for block in blocks(ROOT / page, "python"))
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-3000:]
    top = {path.name for path in (tmp_path / "facts").iterdir()}
    assert top == {"facts", "objects", "books", "staged"}
    shown = (ROOT / page).read_text("utf-8")
    assert all(f"\n{name}" in shown for name in (*top, "packs"))
