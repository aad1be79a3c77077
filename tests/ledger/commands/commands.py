"""The command line run in this process, its streams caught."""

import contextlib
import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hengtan.cli import main

ORIGIN = "example.com/ledger"


@dataclass(frozen=True)
class Done:
    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode("utf-8")


def run(*arguments: object, given: bytes = b"") -> Done:
    """Exit code and streams; no command ever ends in a traceback or an internal fault."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True), io.StringIO()
    code: Any = 0
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(given), "utf-8")
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main([str(each) for each in arguments])
            except SystemExit as end:
                code = end.code
    finally:
        sys.stdin = before
    done = Done(int(code or 0), out.buffer.getvalue(), err.getvalue())  # type: ignore[attr-defined]
    assert "Traceback" not in done.err and "Internal fault" not in done.err, done.err
    return done


def good(*arguments: object, given: bytes = b"") -> str:
    """What a command prints that ends well."""
    done = run(*arguments, given=given)
    assert done.code == 0, done.err
    return done.text


def new_log(folder: Path, *lines: str) -> Path:
    """A log with these entries."""
    good("ledger", "init", folder, "--origin", ORIGIN)
    if lines:
        good("ledger", "append", folder, given="\n".join(lines).encode())
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, but for the lock that says who came last."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def refused(code: str, *arguments: object, given: bytes = b"", exit_code: int = 3) -> Done:
    """A command that refuses with this code of the catalogue, and says why in one sentence and what to do in another."""
    done = run(*arguments, given=given)
    assert done.code == exit_code, (done.code, done.text, done.err)
    assert re.search(rf"(^|\s){re.escape(code)}(:|\s).{{20,}}", done.err + done.text, re.S), done.err + done.text
    return done
