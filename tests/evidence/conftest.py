"""A fresh desk for every test, empty or with a run on it."""

from __future__ import annotations

import shutil
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.desk import Desk


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture(scope="session")
def first(tmp_path_factory):
    """Folder and outcome of a run with its reports, all paths as seen from the desk, so that a copy of it is as good."""
    folder = tmp_path_factory.mktemp("first")
    with chdir(folder):
        return folder, Desk(Path()).kept(report=True)


@pytest.fixture
def kept(first, tmp_path):
    """A desk of the test's own with that run on it, and the run."""
    folder, outcome = first
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    desk = Desk(tmp_path, new=False)
    desk.runs = 1
    return desk, replace(outcome, folder=tmp_path / outcome.folder)
