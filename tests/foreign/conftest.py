"""Built once per session: the Go program, and a good log of every size."""

from functools import cache

import pytest

from foreign.go_verifier import GoVerifier, build
from foreign.logs import Made, make


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> GoVerifier:
    return build(tmp_path_factory.mktemp("go"))


@pytest.fixture(scope="session")
def log_of(tmp_path_factory: pytest.TempPathFactory):
    place = tmp_path_factory.mktemp("logs")

    @cache
    def made(size: int) -> Made:
        return make(size, place)

    return made
