"""A PostgreSQL server of its own for a benchmark, as Debian's package starts one, durable as in an installation, with a role that is no superuser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """DATABASE_URL and the id of the server's first process. PostgreSQL refuses to run as root, so root lends it the package's user."""
    programs = BINARIES[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="hengtan-bench-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*words: object) -> None:
        subprocess.run([*as_user, *map(str, words)], check=True, capture_output=True, cwd="/")

    try:
        run(programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "-E", "UTF8")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
        run(programs / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-o", options, "start")
        for sql in ("CREATE ROLE hengtan LOGIN NOSUPERUSER NOBYPASSRLS", "CREATE DATABASE hengtan OWNER hengtan"):
            run(programs / "psql", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-c", sql)
        first = int((folder / "data/postmaster.pid").read_text().split()[0])
        yield f"postgresql://hengtan@127.0.0.1:{port}/hengtan", first
    finally:
        subprocess.run(
            [*as_user, programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"],
            capture_output=True, cwd="/",
        )  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)
