"""The same tests on a real PostgreSQL server, started here from Debian's package and gone afterwards."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from house.house import ROOT

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
AGAIN = [
    "test_first_run",
    "test_people",
    "test_tenancy",
    "test_boundary",
    "test_queries",
    "test_vault",
    "test_runs",
    "test_jobs",
    "test_batches",
    "test_periods",
    "test_entry",
]


@pytest.fixture
def server():
    """Address of an empty server. PostgreSQL refuses to run as root, so root lends it the user of the package."""
    programs = BINARIES[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="hengtan-pg-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = {"check": True, "capture_output": True, "cwd": "/"}
    try:
        subprocess.run(
            [*as_user, programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "hengtan", "-N", "-E", "UTF8"],
            **run,
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off"
        subprocess.run(
            [*as_user, programs / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-o", options, "start"],
            **run,
        )
        yield f"postgresql://hengtan@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            [*as_user, programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"],
            capture_output=True,
            cwd="/",
        )
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.skipif(not BINARIES, reason="no PostgreSQL here (requirements/debian.txt)")
def test_what_holds_on_sqlite_holds_on_postgresql(server):
    files = [f"tests/web/{name}.py" for name in AGAIN]
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *files,
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-k",
            "not role_does and not mistake and not beside_the_server",
        ],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": server},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout[-4000:]
