"""A calculator with a folder of its own, for every test or for a file of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden.calculating import Calculator


@pytest.fixture
def run(tmp_path: Path) -> Calculator:
    return Calculator(tmp_path)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Calculator:
    """For a table that many tests of one file look at."""
    return Calculator(tmp_path_factory.mktemp("desk"))
