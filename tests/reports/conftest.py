"""Reports drawn once for all tests of a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hengtan.reports import render
from reports import samples

Drawn = Callable[[str, str, str], Path]


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """``drawn("toronto", "en", "iso14064")``: the folder with the three reports of that sample."""
    made: dict[tuple[str, str, str], Path] = {}

    def folder(sample: str, lang: str = "en", standard: str = "iso14064") -> Path:
        key = (sample, lang, standard)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("-".join(key))
            render(getattr(samples, sample)(), made[key], ("pdf", "xlsx", "html"), lang, standard)
        return made[key]

    return folder
