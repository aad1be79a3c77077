"""``docs/verify.go`` built and run: the judge that is not ours."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "docs" / "verify.go"
PACKAGES = "golang-go golang-golang-x-mod-dev"
GOCODE = Path("/usr/share/gocode")
NOTE = GOCODE / "src/golang.org/x/mod/sumdb/note/note.go"


@dataclass(frozen=True)
class GoVerifier:
    """The program, built."""

    program: Path

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """What it says and how it ends: 0 it holds, 1 it does not, 2 wrong usage."""
        return subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True)

    def accepts(self, folder: Path, vkey: object, since: Path | None = None) -> bool:
        """Its verdict on a log folder; never a crash."""
        told = self("-vkey", vkey, *(["-since", since] if since else []), folder)
        assert told.returncode in (0, 1), told.stderr
        assert "panic" not in told.stderr, told.stderr
        return told.returncode == 0


def build(folder: Path) -> GoVerifier:
    """With the Go of the machine. Where there is none, CI fails; elsewhere it is said what to install."""
    if not shutil.which("go") or not NOTE.exists():
        say = f"Go with x/mod is not installed: apt-get install -y --no-install-recommends {PACKAGES}"
        if os.environ.get("CI"):
            pytest.fail(say)
        pytest.skip(say)
    program = folder / "verify"
    env = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GOCODE), "GOFLAGS": "", "GOCACHE": str(folder / "cache")}
    told = subprocess.run(["go", "build", "-o", program, SOURCE], env=env, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return GoVerifier(program)
