"""The public part of a log over HTTP, read only: what any static web server would do, with the headers of C2SP tlog-tiles.

Only ``checkpoint``, ``log.vkey`` and well-formed tile paths are answered; everything else is 404, ``private`` has no path at
all, and links are not followed out of the folder. Tiles never change and may be cached for ever; the checkpoint may not.
"""

from __future__ import annotations

import gzip
import os
import re
import stat
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ..problems import HengtanError, Problem
from .sequencer import CHECKPOINT, VKEY

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
IMMUTABLE = "public, max-age=31536000, immutable"
IDLE_S = 30
_TILE = re.compile(
    r"/tile/(?P<level>entries|[1-5]?\d|6[0-3])/(?P<number>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>[1-9]\d{0,2}))?", re.ASCII
)


def path_of(target: str) -> str | None:
    """The file in the log folder that a request path names, or None: nothing but the public files of tlog-tiles."""
    if target in (f"/{CHECKPOINT}", f"/{VKEY}"):
        return target[1:]
    found = _TILE.fullmatch(target)
    if not found or int(found["width"] or 1) > 255 or found["number"].startswith("x000/"):
        return None
    return target[1:]


def server(folder: Path, host: str = "127.0.0.1", port: int = 8800) -> ThreadingHTTPServer:
    """A server that is bound and not yet running: ``serve_forever`` it. Port 0 takes a free one.

    Raises HengtanError ``log.not-a-log``, ``log.not-served`` (the address is taken or not ours).
    """
    if not (folder / CHECKPOINT).exists():
        raise HengtanError(Problem("log.not-a-log", file=str(folder)))
    root = folder.absolute()

    class Handler(_Handler):
        folder = root

    try:
        return _Server((host, port), Handler)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise HengtanError(
            Problem("log.not-served", file=str(folder), values={"address": f"{host}:{port}", "why": why})
        ) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that went away is no fault of ours, and no traceback."""


class _Handler(BaseHTTPRequestHandler):
    folder: Path
    protocol_version = "HTTP/1.1"
    server_version = "hengtan"
    sys_version = ""
    timeout = IDLE_S

    def do_GET(self) -> None:  # named by http.server
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: who read what is nobody's business."""

    def _answer(self, body: bool) -> None:
        path = path_of(self.path.partition("?")[0])
        data = None if path is None else _read(self.folder, path)
        if path is None or data is None:
            self._send(HTTPStatus.NOT_FOUND, b"not found\n", {"Content-Type": TEXT, "Cache-Control": "no-store"}, body)
            return
        tile = path.startswith("tile/")
        headers = {"Content-Type": BYTES if tile else TEXT, "Cache-Control": IMMUTABLE if tile else "no-cache"}
        if path.startswith("tile/entries/"):
            headers["Vary"] = "Accept-Encoding"
            if _takes_gzip(self.headers.get("Accept-Encoding", "")):
                data = gzip.compress(data, 6, mtime=0)
                headers["Content-Encoding"] = "gzip"
        self._send(HTTPStatus.OK, data, headers, body)

    def _send(self, status: HTTPStatus, data: bytes, headers: dict[str, str], body: bool) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if body:
            self.wfile.write(data)


def _read(folder: Path, path: str) -> bytes | None:
    """The file, when it is a plain one within the folder: no link on the way is followed."""
    where = folder
    try:
        for part in path.split("/"):
            where = where / part
            if where.is_symlink():
                return None
        handle = os.open(where, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            return file.read() if stat.S_ISREG(os.fstat(handle).st_mode) else None
    except OSError:
        return None


def _takes_gzip(accepted: str) -> bool:
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        if name.strip() == "gzip":
            return re.fullmatch(r"\s*q=0(\.0*)?\s*", weight) is None
    return False
