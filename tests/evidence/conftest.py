"""A fresh desk for every test."""

from __future__ import annotations

import pytest

from evidence.desk import Desk


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)
