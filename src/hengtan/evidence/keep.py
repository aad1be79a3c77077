"""A finished run kept as evidence: its files become facts, its records entries of the ledger, its proofs lie beside it.

The order, each step durable before the next: the list of what will be brought; facts; records and entries (one batch, one
signed checkpoint); the manifests in the book; proof files in the folder of the run, which is shown only then. A process
killed in between leaves objects that nobody names yet, or entries whose run is in the facts; never a folder without its entry.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hengtan.facts import Book, FactRefused, Store
from hengtan.ledger import Refused, Signer, Verifier
from hengtan.ledger.log import Log
from hengtan.ledger.records import Records
from hengtan.ledger.rekey import key_of
from hengtan.problems import HengtanError, Problem

from .bundle import RUN, Bundle, book_of
from .proof_file import SUFFIX, extra
from .roots import Unfinished, own_root, remember_root

WAIT_S = 60.0  # for another process that appends to the same ledger


@dataclass(frozen=True, slots=True)
class Kept:
    """index: of the run's entry; checkpoint: the signed note that covers it; proofs: names of the proof files."""

    index: int
    checkpoint: bytes
    proofs: tuple[str, ...]


class Keeper:
    """A ledger that runs are kept in. Made before anything is calculated, so that a slip is told at once."""

    def __init__(self, folder: Path, facts: str | None = None, key: Path | None = None) -> None:
        """``facts``: root of the facts, else the ledger's own store; ``key``: file of the private key outside the folder.

        Raises HengtanError ``evidence.no-ledger`` when the folder is no log or its key is not at hand.
        """
        self.folder = folder
        self.facts = facts or str(own_root(folder))
        self._memory = key.with_name(f"{key.name}.newest") if key and folder not in key.parents else None
        with _as_usage(folder):
            log = Log.open(folder)
            self.verifier: Verifier = log.verifier
            self._signer: Signer = key_of(log.verifier, key or folder / "private" / "key")

    def described(self, out: Path) -> dict[str, str]:
        """What run.json says of the ledger; folders as seen from the folder of the run."""
        facts = self.facts if "://" in self.facts else os.path.relpath(self.facts, out)
        return {"folder": os.path.relpath(self.folder, out), "vkey": self.verifier.vkey, "facts": facts}

    def keep(self, bundle: Bundle) -> Kept:
        """Keep a run; proof files are written into its folder, which is whole but not yet shown.

        Raises HengtanError: ``evidence.changed-meanwhile``, ``evidence.not-kept``, and what the ledger or the facts refuse.
        """
        try:
            return self._keep(bundle)
        except OSError as error:
            values = {"folder": str(self.folder), "why": error.strerror or str(error)}
            raise HengtanError(Problem("evidence.not-kept", values=values)) from error

    def _keep(self, bundle: Bundle) -> Kept:
        unfinished = Unfinished(self.folder)
        begun = [unfinished.begin(bundle.digests)]
        store = Store(self.facts)
        _bring(store, bundle, unfinished)
        with _as_usage(self.folder), self._opened() as log:
            if self.facts != str(own_root(self.folder)):
                remember_root(self.folder, self.facts)
            book = Book(store, book_of(log.origin), sole_writer=True)  # the ledger's lock is held
            standing = {(one.kind, one.digest): identity for identity, one in book.standing().items()}
            fresh = [one for one in bundle.manifests if (one.kind, one.digest) not in standing]
            begun.append(unfinished.begin(one.id for one in fresh))
            for manifest in fresh:
                book.append(manifest)
            manifests = [standing.get((one.kind, one.digest), one.id) for one in bundle.manifests]
            events = bundle.events(manifests, book.head)
            indices = Records(self.folder).post(log, [one for _, one in events])
            proofs = {name: (index, one) for index, (name, one) in zip(indices, events, strict=True) if name}
            for name, (index, one) in proofs.items():
                (bundle.folder / f"{name}{SUFFIX}").write_bytes(
                    log.prove(index, extra(one, log.verifier.vkey)).encode()
                )
            for each in begun:
                Unfinished.end(each)
            return Kept(proofs[RUN][0], log.checkpoint(), tuple(f"{name}{SUFFIX}" for name in proofs))

    @contextmanager
    def _opened(self) -> Iterator[Log]:
        with Log.open(self.folder, self._signer, memory=self._memory, wait_s=WAIT_S) as log:
            Records(self.folder).settle(log)
            yield log


def _bring(store: Store, bundle: Bundle, unfinished: Unfinished) -> None:
    """Puts the files; what is there already, whole, is not copied again."""
    wanted = [(name, path, sha256) for name, path, sha256 in bundle.files if not _there(store, sha256)]
    found = store.put_many(path for _, path, _ in wanted)
    for (name, _, sha256), digest in zip(wanted, found, strict=True):
        if digest != sha256:
            unfinished.begin([digest])  # what was brought instead, and nobody will name
            raise HengtanError(Problem("evidence.changed-meanwhile", file=name))


def _there(store: Store, digest: str) -> bool:
    try:
        if not store.has(digest):
            return False
        store.verify(digest)
    except FactRefused:  # damaged: putting it again mends it
        return False
    store.settle([digest])
    return True


@contextmanager
def _as_usage(folder: Path) -> Iterator[None]:
    """What the ledger refuses, told as what cannot go on: nothing of the run is shown."""
    try:
        yield
    except (Refused, FactRefused) as refused:
        values = {"folder": str(folder), "why": refused.problem.sentence()}
        raise HengtanError(Problem("evidence.no-ledger", values=values)) from refused
