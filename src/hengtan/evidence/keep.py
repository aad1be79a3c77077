"""A finished run kept as evidence: its files become facts, its records entries of the ledger, its proofs lie beside it.

The order, each step durable before the next: the list of what will be brought; facts; records and entries (one batch, one
signed checkpoint); the manifests in the book; proof files in the folder of the run, which is shown only then. A process
killed in between leaves objects that nobody names yet, or entries whose run is in the facts and whose folder can be finished;
never a folder without its entry.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hengtan.facts import Book, FactRefused, Store
from hengtan.ledger import Refused, Signer, Verifier
from hengtan.ledger.event import Event
from hengtan.ledger.log import Log
from hengtan.ledger.records import Records, commitment_of
from hengtan.ledger.rekey import key_of
from hengtan.problems import HengtanError, Problem

from .bundle import RUN, Bundle, book_of, sha256
from .proof_file import SUFFIX, extra
from .roots import Unfinished, own_root, remember_root
from .verify_file import ISSUED
from .verify_file import RUN as FINISHED

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
            _write_proofs(log, bundle.folder, proofs)
            for each in begun:
                Unfinished.end(each)
            return Kept(proofs[RUN][0], log.checkpoint(), tuple(f"{name}{SUFFIX}" for name in proofs))

    def finish(self, folder: Path) -> bool:
        """Whether the run in this folder, not shown yet, stands in the ledger; its proof files are written then.

        For a folder that a killed process left: what it entered is not entered again. The folder's other files are not looked at.
        """
        run = sha256(folder / RUN) if (folder / RUN).exists() else ""
        with _as_usage(self.folder), self._opened() as log:
            records, found = Records(self.folder), dict[str, tuple[int, Event]]()
            for index in reversed(range(log.size if run else 0)):
                entry = log.entry(index)
                told = _told(records, entry)
                if told is None or told[1].get("run_sha256") != run:
                    continue
                name = RUN if told[1]["kind"] == FINISHED else told[1]["file"]
                found[name] = (index, told[0])
                if name == RUN:  # its reports stand behind it
                    _write_proofs(log, folder, found)
                    return True
        return False

    @contextmanager
    def _opened(self) -> Iterator[Log]:
        with Log.open(self.folder, self._signer, memory=self._memory, wait_s=WAIT_S) as log:
            Records(self.folder).settle(log)
            yield log


def _write_proofs(log: Log, folder: Path, of: Mapping[str, tuple[int, Event]]) -> None:
    for name, (index, one) in of.items():
        (folder / f"{name}{SUFFIX}").write_bytes(log.prove(index, extra(one, log.verifier.vkey)).encode())


def _told(records: Records, entry: bytes) -> tuple[Event, Mapping[str, Any]] | None:
    """What an entry says of a run or of a report of one, with its record; None for any other."""
    digest = commitment_of(entry)
    if digest is None or json.loads(entry)["kind"] not in (FINISHED, ISSUED):
        return None
    kept = records.of(digest)
    return (Event(entry, digest, kept.salt, kept.record), json.loads(kept.record)) if kept is not None else None


def _bring(store: Store, bundle: Bundle, unfinished: Unfinished) -> None:
    """Puts the files; what is there already, whole, is not copied again."""
    wanted = [(name, path, taken) for name, path, taken in bundle.files if not _there(store, taken)]
    found = store.put_many(path for _, path, _ in wanted)
    for (name, _, taken), digest in zip(wanted, found, strict=True):
        if digest != taken:
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
