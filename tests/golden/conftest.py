"""A calculator with a folder of its own for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden.calculating import Calculator


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Calculator:
    return Calculator(tmp_path, capsys)
