"""Databases for the tests of the book, where the server of PostgreSQL is started once, and ``hengtan assets`` on a book of the test's own."""

import json

import pytest

from golden.calculating import Calculator

from .books import database, postgres

__all__ = ["database", "postgres"]


@pytest.fixture
def run(tmp_path):
    calculator = Calculator(tmp_path)

    def go(*words, code=0, book=True):
        outcome = calculator.command(
            "assets", *words, *(["--book", tmp_path / "book"] if book else []), out=tmp_path / "book"
        )
        assert outcome.code == code, (outcome.out, outcome.err)
        return outcome

    def told(*words, code=0):
        return json.loads(go(*words, "--json", code=code).out)

    go.calculator = lambda *words: calculator.command(
        "assets", *words, "--book", tmp_path / "book", out=tmp_path / "book"
    )
    go.told, go.folder, go.verify = told, tmp_path, lambda path: calculator.command("verify", path, out=path)
    return go
