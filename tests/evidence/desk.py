"""A desk with a ledger on it."""

from __future__ import annotations

import json
from pathlib import Path

from golden.calculating import Calculator, activity, write_csv

ORIGIN = "example.com/ledger"
ROWS = [
    activity("a1", quantity="100.5"),
    activity("a2", activity_type="fuel.natural_gas", unit="kWh_gcv", quantity="31"),
    activity("a3", activity_type="fuel.diesel", unit="L", quantity="7", start="2024-03-01"),
    activity("bad", quantity="-1"),
]


class Desk(Calculator):
    """A calculator beside a ledger, ``self.ledger``; its key, ``self.vkey``."""

    def __init__(self, folder: Path, *, new: bool = True) -> None:
        super().__init__(folder)
        self.ledger = folder / "book"
        if new:
            assert self.command("ledger", "init", self.ledger, "--origin", ORIGIN).code == 0
        self.vkey = (self.ledger / "log.vkey").read_text("utf-8").strip()

    def kept(self, rows=ROWS, *args, name="input.csv", **more):
        """A run that was entered into the ledger."""
        write_csv(self.folder / name, rows)
        outcome = self.calculate(self.folder / name, "--ledger", self.ledger, *args, **more)
        assert outcome.code in (0, 3), outcome.err
        return outcome

    def verify(self, path, *args):
        """(exit code, what ``verify --json`` says)."""
        told = self.command("verify", path, "--json", *args)
        return told.code, json.loads(told.out) if told.out else told.err

    def replay(self, path, *args):
        """(exit code, what ``replay --json`` says)."""
        told = self.command("replay", path, "--json", *args)
        return told.code, json.loads(told.out) if told.out else told.err


def tree(folder):
    """Every file below a folder with its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
