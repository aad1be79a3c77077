"""The one door to facts and ledger of a tenant.

``record`` writes an event beside the business row, in the caller's transaction; ``sequence`` takes what waits into the log,
each event once: its entry was decided with the row, and what a crash left in the log without a note is found there again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from hengtan.durable import FileLock
from hengtan.evidence import Keeper
from hengtan.evidence.proof_file import extra
from hengtan.facts import Store
from hengtan.ledger import Event, Refused, event, keys
from hengtan.ledger.canonical import canonical
from hengtan.ledger.log import Log
from hengtan.ledger.records import Records
from hengtan.ledger.rekey import key_of
from hengtan.problems import HengtanError, Problem
from hengtan.web.accounts.models import User
from hengtan.web.jobs.models import Job, State
from hengtan.web.jobs.services import enqueue
from hengtan.web.organisations.models import Organisation

from .models import Leaving, Outbox

SEQUENCE, DROP, ERASE = "vault.sequence", "vault.drop", "vault.erase"  # the jobs
AT_ONCE = 1000  # events of one signed checkpoint
WAIT_S = 60.0  # for another process that appends to the same ledger


def home(organisation: Organisation) -> Path:
    """The folder of the tenant, ours alone."""
    folder: Path = settings.CONFIGURATION.data / "tenants" / organisation.key
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def facts(organisation: Organisation) -> Store:
    """The files of the tenant, each named by its SHA-256."""
    return Store(home(organisation) / "facts")


def keep_file(organisation: Organisation, source: bytes | Path) -> str:
    """The digest under which the bytes, or those of the file, are kept durably."""
    store = facts(organisation)
    if isinstance(source, bytes):
        wanted(organisation, sha256(source).hexdigest())
        return store.put_bytes(source)
    with source.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    wanted(organisation, digest)
    return store.put_file(source, digest)


def wanted(organisation: Organisation, digest: str) -> None:
    """Somebody is about to name this object: it is not removed for an hour, though no row names it yet."""
    folder = home(organisation) / "wanted"
    folder.mkdir(exist_ok=True, mode=0o700)
    with FileLock(home(organisation) / "dropping", wait_s=WAIT_S):
        (folder / digest).touch()


def let_go(organisation: Organisation, digests: Iterable[str], by: User) -> None:
    """In the caller's transaction: objects that something needs no more leave, later, where nothing else names them."""
    rows = [Leaving(organisation=organisation, digest=digest, by=by) for digest in set(digests)]
    Leaving.objects.bulk_create(rows, ignore_conflicts=True)


def ledger(organisation: Organisation) -> Path:
    """The folder of the tenant's log, which is begun here when it is first asked for."""
    folder = home(organisation) / "ledger"
    if not (folder / "checkpoint").exists():
        with FileLock(home(organisation) / "beginning", wait_s=WAIT_S):
            if not (folder / "checkpoint").exists():
                _begin(folder, f"{_host()}/{organisation.key}")
    return folder


def keeper(organisation: Organisation) -> Keeper:
    """Keeps runs in the tenant's ledger, their files among the tenant's facts."""
    return Keeper(ledger(organisation), str(home(organisation) / "facts"))


def record(organisation: Organisation, kind: str, what: Mapping[str, object], by: User | None) -> Outbox:
    """An event for the ledger, in the caller's transaction: it is logged if, and only if, that is committed.

    kind  such as ``batch.approved``; what: strings, lists and objects of them (numbers as text), private to the tenant
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an event is recorded in the transaction of what happened")
    who = {"by": {"id": str(by.pk), "name": by.name}} if by is not None else {}
    made = event(kind, {**what, **who, "event": uuid4().hex, "kind": kind})
    row = Outbox.objects.create(
        organisation=organisation, kind=kind, record=made.record.decode(), salt=made.salt.hex(),
        commitment=made.commitment, entry=made.entry.decode(), created_by=by,
    )  # fmt: skip
    if by is not None and not Job.objects.of(organisation).filter(kind=SEQUENCE, state=State.QUEUED).exists():
        enqueue(organisation, SEQUENCE, {}, by)
    return row


def sequence(organisation: Organisation) -> int:
    """Takes every waiting event into the log and notes where it stands; how many there were. May be repeated at any moment."""
    count = 0
    if not Outbox.objects.of(organisation).filter(entry_index=None).exists():
        return 0
    with _opened(organisation) as log:
        _found_again(organisation, log)
        while waiting := list(Outbox.objects.of(organisation).filter(entry_index=None)[:AT_ONCE]):
            given = Records(log.folder).post(log, [_event(row) for row in waiting])
            _note(zip(waiting, given, strict=True))
            count += len(waiting)
    return count


def proof(row: Outbox) -> bytes | None:
    """The proof file of an event (C2SP tlog-proof), which anybody can verify offline; None while the event waits.

    Raises Refused ``log.unproved``, ``proof.index-beyond-size`` for an altered log.
    """
    if row.entry_index is None:
        return None
    log = Log.open(ledger(row.organisation))
    made = _event(row)
    if not made.salt:
        kept = Records(log.folder).of(row.commitment)
        if kept is None:
            raise Refused("record.none", file=str(log.folder), index=row.entry_index)
        made = Event(made.entry, made.commitment, kept.salt, kept.record)
    if log.entry(row.entry_index) != made.entry:
        raise Refused("log.unproved", file=str(log.folder), size=log.size)
    return log.prove(row.entry_index, extra(made, log.verifier.vkey)).encode()


def vkey(organisation: Organisation) -> str:
    """The key that vouches for the tenant's ledger, for everybody."""
    return Log.open(ledger(organisation)).verifier.vkey


def _host() -> str:
    return urlsplit(settings.CONFIGURATION.public_url).hostname or "hengtan"


def _begin(folder: Path, origin: str) -> None:
    """A log with its key; one that was begun and cut short goes on with the key it has."""
    path = folder / "private" / "key"
    if path.exists():
        signer = keys.load(path)
    else:
        signer = keys.generate(origin)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        keys.save(signer, path)
    try:
        Log.create(folder, signer.name, signer)
    except HengtanError as error:
        raise HengtanError(Problem("evidence.no-ledger", values={"folder": str(folder), "why": str(error)})) from error


@contextmanager
def _opened(organisation: Organisation) -> Iterator[Log]:
    folder = ledger(organisation)
    signer = key_of(Log.open(folder).verifier, folder / "private" / "key", {})
    with Log.open(folder, signer, wait_s=WAIT_S) as log:
        Records(folder).settle(log)
        yield log


def _found_again(organisation: Organisation, log: Log) -> None:
    """Notes the events that were appended by somebody who died before he noted it: they stand after all that is noted."""
    waiting = {row.entry.encode(): row for row in Outbox.objects.of(organisation).filter(entry_index=None)}
    last = Outbox.objects.of(organisation).aggregate(last=Max("entry_index"))["last"]
    start = 0 if last is None else last + 1
    found = [(waiting[entry], index) for index, entry in enumerate(log.entries(start), start) if entry in waiting]
    _note(iter(found))


@transaction.atomic
def _note(rows: Iterator[tuple[Outbox, int]]) -> None:
    now = timezone.now()
    for row, index in rows:
        row.entry_index, row.logged_at, row.salt = index, now, ""
        row.save(update_fields=["entry_index", "logged_at", "salt"])


def _event(row: Outbox) -> Event:
    return Event(row.entry.encode(), row.commitment, bytes.fromhex(row.salt), row.record.encode())


def erase(organisation: Organisation, rows: Iterable[Outbox]) -> int:
    """What these events say is gone for good, here and in the ledger, where an entry says so; the log verifies as before.

    Repeat it when it was cut short.
    """
    gone = 0
    with _opened(organisation) as log:
        for row in rows:
            if row.entry_index is None:
                continue
            try:
                Records(log.folder).erase(log, row.entry_index)
            except Refused as refused:
                if refused.code != "record.none":
                    raise
            Outbox.objects.filter(pk=row.pk).update(
                record=canonical({"erased": "true", "kind": row.kind}).decode(), salt=""
            )
            gone += 1
    return gone
