"""Two S3 servers on loopback, as processes of their own: rclone (files in a folder, no conditional put) and moto (knows it)."""

import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

KEY, SECRET = "ACCESSKEY", "SECRETKEY"
BUCKET = "bucket"


def options(port):
    """What s3fs needs to reach the server."""
    return {
        "key": KEY,
        "secret": SECRET,
        "endpoint_url": f"http://127.0.0.1:{port}",
        "client_kwargs": {"region_name": "eu-west-1"},
    }


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def rclone(folder):
    """A production server that ignores If-None-Match; gives its port. Every folder in ``folder`` is a bucket."""
    program = Path(sys.executable).parent / "rclone"
    (folder / BUCKET).mkdir(parents=True)
    port = free_port()
    words = [program, "serve", "s3", folder, "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}"]
    with _running([*words, "--vfs-cache-mode", "off", "--config", folder / "none"], port):
        yield port


@contextmanager
def moto():
    """A server that refuses to overwrite when asked to; gives its port."""
    import s3fs

    port = free_port()
    with _running([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port):
        s3fs.S3FileSystem(skip_instance_cache=True, **options(port)).mkdir(BUCKET)
        yield port


@contextmanager
def _running(words, port):
    server = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 300
        while True:
            assert server.poll() is None, f"{words[0]} ended with {server.returncode}"
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait(300)
