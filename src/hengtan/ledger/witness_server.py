"""A witness over HTTP: ``POST /add-checkpoint`` of C2SP tlog-witness, and ``GET /<SHA-256 of origin>/checkpoint`` for monitors.

Behind a reverse proxy it gets its TLS and its prefix; by itself it listens on loopback.
"""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from ..problems import HengtanError, Problem
from .encoding import decimal
from .refused import Refused
from .witness import TEXT, Answer, Witness

MAX_REQUEST_BYTES: Final = 256 * 1024  # 63 hashes and a checkpoint of 16 signatures of 5 kB
IDLE_S: Final = 30
_MONITOR = re.compile(r"/([0-9a-f]{64})/checkpoint", re.ASCII)


def server(witness: Witness, host: str = "127.0.0.1", port: int = 8801) -> ThreadingHTTPServer:
    """A server that is bound and not yet running: ``serve_forever`` it. Port 0 takes a free one.

    Raises HengtanError ``log.not-served`` (the address is taken or not ours).
    """
    served = witness

    class Handler(_Handler):
        witness = served

    try:
        return _Server((host, port), Handler)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        values = {"address": f"{host}:{port}", "why": why}
        raise HengtanError(Problem("log.not-served", file=str(witness.folder), values=values)) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no fault of ours, and no traceback."""


class _Handler(BaseHTTPRequestHandler):
    witness: Witness
    protocol_version = "HTTP/1.1"
    server_version = "hengtan"
    sys_version = ""
    timeout = IDLE_S

    def do_POST(self) -> None:  # named by http.server
        size = decimal(self.headers.get("Content-Length", ""))
        if size is None or "Transfer-Encoding" in self.headers:
            self._send(Answer(411, b"a length is required\n"), close=True)
        elif size > MAX_REQUEST_BYTES:
            self._send(Answer(413, b"at most %d bytes\n" % MAX_REQUEST_BYTES), close=True)
        elif len(body := self.rfile.read(size)) < size:
            self._send(Answer(400, b"the request was cut short\n"), close=True)
        elif self.path != "/add-checkpoint":
            self._send(Answer(404, b"not found\n"))
        else:
            self._send(self._judge(body))

    def do_GET(self) -> None:
        found = _MONITOR.fullmatch(self.path)
        data = self.witness.published(found[1]) if found else None
        self._send(Answer(200, data) if data else Answer(404, b"not found\n"))

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: who asked what is nobody's business."""

    def _judge(self, body: bytes) -> Answer:
        try:
            return self.witness.add_checkpoint(body)
        except HengtanError as busy:
            return Answer(503, f"{busy}\n".encode())
        except (Refused, OSError):  # the place is told to the owner by `witness check`, not to whoever asks
            return Answer(500, b"the witness cannot keep its state; nothing was cosigned\n")

    def _send(self, answer: Answer, close: bool = False) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)


__all__ = ["MAX_REQUEST_BYTES", "TEXT", "server"]
