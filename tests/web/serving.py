"""A real server on a folder of its own, started by ``hengtan serve`` as a person would."""

import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from house.house import BIN, environment


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


WAIT_S = 600  # no measure: how long a start, or an end, may take on a machine that does seven other things


@contextmanager
def serving(data: Path, *more, **environ):
    """(address, the link of the first run or None, path of its log)."""
    port, log = free_port(), data.with_suffix(".log")
    clean = {
        name: value
        for name, value in environment().items()
        if not name.startswith(("HENGTAN_", "DJANGO_", "DATABASE_"))
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, BIN / "hengtan", "serve", "--data", data, "--port", str(port), *more],
            stdout=out, stderr=out, env={**clean, "PYTHONUNBUFFERED": "1", **environ}, cwd=data.parent,
        )  # fmt: skip
    try:
        address, until = f"http://localhost:{port}", time.monotonic() + WAIT_S
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.1)
        told = re.findall(r"http\S+/welcome/\S+", log.read_text())
        yield address, told[-1] if told else None, log
    finally:
        process.terminate()
        assert process.wait(WAIT_S) in (0, -9, -15), log.read_text()
