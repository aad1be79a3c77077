"""A log in memory that can lie, and a witness that listens on loopback."""

import threading
from contextlib import contextmanager

from hengtan.ledger import Checkpoint, consistency_proof, generate, leaf_hashes, root_of, sign
from hengtan.ledger.witness import Request
from hengtan.ledger.witness_server import server


class Told:
    """The checkpoints of a log of ``count`` entries, each size signed; ``fork`` makes another history from there on."""

    def __init__(self, origin="example.com/log", key=None, count=40, fork=None):
        self.key = key or generate(origin)
        entries = [b"%d" % number if fork is None or number < fork else b"other %d" % number for number in range(count)]
        self.hashes = leaf_hashes(entries)

    def node(self, level, index):
        return root_of(self.hashes[index << level : (index + 1) << level])

    def note(self, size):
        return sign(Checkpoint(self.key.name, size, root_of(self.hashes[:size])), self.key)

    def request(self, old, size, hashes=None):
        if hashes is None:
            hashes = tuple(consistency_proof(old, size, self.node)) if 0 < old <= size else ()
        return Request(old, hashes, self.note(size))


@contextmanager
def listening(witness):
    """Its address, while it listens in a thread."""
    with server(witness, port=0) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.server_address[1]}"
        finally:
            listener.shutdown()
            thread.join()
