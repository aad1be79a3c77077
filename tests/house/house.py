"""Where the checkout lies and what git keeps of it."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SRC = ROOT / "src" / "hengtan"
BIN = Path(sys.executable).parent


@cache
def kept() -> tuple[Path, ...]:
    """Every file that git keeps or would keep; outside a git checkout, every file that is not in a hidden folder."""
    asked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
    )
    if asked.returncode == 0:
        return tuple(path for name in asked.stdout.split("\0") if name and (path := ROOT / name).is_file())
    return tuple(
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    )


def text_of(path: Path) -> str | None:
    """Its text, or None for a file that is not text."""
    data = path.read_bytes()
    if b"\0" in data[:8000]:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def environment() -> dict[str, str]:
    """What a shell of a person has: hengtan on the path, and the working checkout's Python."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONUTF8": "1", "COLUMNS": "120"}
