"""Evidence: the bills and photographs that stand behind the rows of a batch, kept in the vault by their digest.

A file stands for the rows to which a person attached it; else for the rows whose column ``evidence`` names it; else for the batch.
It is never deleted: what is wrong is withdrawn with a reason, or another file takes its place, and the old one stays to be seen.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath

import pyarrow.parquet as pq
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hengtan.connectors.sniff import kind_of
from hengtan.problems import HengtanError, Problem
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act
from hengtan.web.vault.services import facts, keep_file, record
from hengtan.web.vault.storage import must_fit

from .models import OPEN, Batch, Evidence, State

MOST_BYTES, MOST_OF_BATCH, MOST_ROWS = 20 << 20, 500, 2000
MAGIC = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)
HEIC = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
SHOWN_AS = {
    "pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
}  # fmt: skip
_PARTS = re.compile(r"[;；\n|]+")


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that is in the vault already, to be attached."""

    name: str
    digest: str
    bytes: int
    kind: str


def kind(path: Path, name: str) -> str:
    """What the file is, told from what stands in it; raises HengtanError for what may not be attached."""
    size = path.stat().st_size
    if not size:
        raise HengtanError(Problem("attachment.empty", name))
    if size > MOST_BYTES:
        told = {"size": f"{size / (1 << 20):.1f}", "most": str(MOST_BYTES >> 20)}
        raise HengtanError(Problem("attachment.too-large", name, values=told))
    with path.open("rb") as stream:
        head = stream.read(64)
    for magic, found in MAGIC:
        if head.startswith(magic):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:12] in HEIC:
        return "heic"
    try:
        sheet = kind_of(path, name)
    except HengtanError as wrong:
        told = {"kind": str(wrong.problems[0].values.get("kind") or wrong.problems[0].code)}
        raise HengtanError(Problem("attachment.kind", name, values=told)) from wrong
    if sheet == "parquet" or (sheet == "csv" and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")):
        told = {"kind": "Parquet" if sheet == "parquet" else "HTML, XML"}
        raise HengtanError(Problem("attachment.kind", name, values=told))
    return str(sheet)


def kept(membership: Membership, path: Path, name: str) -> Attached:
    """The file in the vault; raises HengtanError for what may not be attached."""
    found = kind(path, name)
    must_fit(membership.organisation, path.stat().st_size)
    return Attached(name, keep_file(membership.organisation, path), path.stat().st_size, found)


@transaction.atomic
def attach(
    batch: Batch, by: Membership, files: Sequence[Attached], rows: Iterable[str] = (), replaces: Evidence | None = None
) -> list[Evidence]:
    """The files stand behind the batch, or behind these rows of it, until it is approved."""
    batch, wanted = _changeable(batch, by), list(dict.fromkeys(filter(None, rows)))
    have = batch.evidence.filter(withdrawn_at=None).count()
    if have + len(files) > MOST_OF_BATCH:
        told = {"most": str(MOST_OF_BATCH), "have": str(have), "more": str(len(files))}
        raise HengtanError(Problem("attachment.too-many", values=told))
    if len(wanted) > MOST_ROWS:
        raise ValidationError(_("At most %(number)d rows at once.") % {"number": MOST_ROWS})
    if wanted and batch.parquet:
        unknown = [each for each in wanted if each not in named(batch).ids]
        if unknown:
            raise ValidationError(_("“%(id)s” is no row of this batch.") % {"id": unknown[0][:100]})
    if replaces is not None:
        replaces = batch.evidence.select_for_update().filter(pk=replaces.pk, withdrawn_at=None).first()
        if replaces is None:
            raise ValidationError(_("That file was withdrawn already."))
        wanted = wanted or list(replaces.rows)
    made = []
    for file in files:
        row = Evidence.objects.create(
            organisation=batch.organisation, batch=batch, name=file.name, digest=file.digest, bytes=file.bytes,
            kind=file.kind, rows=wanted, added_by=by.user,
        )  # fmt: skip
        record(batch.organisation, "evidence.added", _told(row), by.user)
        made.append(row)
    if replaces is not None and made:
        _withdrawn(replaces, by, _("Another file takes its place."), made[0])
    count(batch)
    return made


@transaction.atomic
def withdraw(evidence: Evidence, by: Membership, reason: str) -> None:
    """It stands behind nothing any more; it stays to be seen, with the reason."""
    if not reason.strip():
        raise ValidationError(_("Say why it is withdrawn."))
    batch = _changeable(evidence.batch, by)
    held = batch.evidence.select_for_update().filter(pk=evidence.pk, withdrawn_at=None).first()
    if held is None:
        raise ValidationError(_("That file was withdrawn already."))
    _withdrawn(held, by, reason.strip()[:300], None)
    count(batch)


def _withdrawn(evidence: Evidence, by: Membership, reason: str, other: Evidence | None) -> None:
    evidence.withdrawn_at, evidence.withdrawn_by, evidence.reason = timezone.now(), by.user, reason
    evidence.replaced_by = other
    evidence.save(update_fields=["withdrawn_at", "withdrawn_by", "reason", "replaced_by"])
    what = _told(evidence) | {"reason": reason, "replaced_by_sha256": other.digest if other else ""}
    record(evidence.organisation, "evidence.withdrawn", what, by.user)


def _told(evidence: Evidence) -> dict[str, object]:
    return {
        "batch": evidence.batch.key, "name": evidence.name, "sha256": evidence.digest, "bytes": str(evidence.bytes),
        "rows": list(evidence.rows),
    }  # fmt: skip


def may_attach(batch: Batch, by: Membership) -> bool:
    """Who may enter data, for his own batch or as one who runs the inventory, until it is approved."""
    mine = batch.created_by_id == by.user.pk or by.may(Act.BOUNDARY)
    return by.may(Act.ENTER) and mine and batch.state in (*OPEN, State.SUBMITTED)


def _changeable(batch: Batch, by: Membership) -> Batch:
    held = Batch.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=batch.pk)
    if held.state not in (*OPEN, State.SUBMITTED):
        raise ValidationError(_("It is approved: its evidence stays as it is. A correction is a new batch."))
    if not may_attach(held, by):
        raise PermissionDenied
    return held


# which file stands behind which row
def plain(name: str) -> str:
    """A name as it is compared: without folders, case and forms of writing."""
    return unicodedata.normalize("NFKC", PurePath(name.replace("\\", "/")).name).strip().casefold()


@dataclass(frozen=True, slots=True)
class Named:
    """ids: every row of a batch; rows: those that name files, and which; names: how many rows name each."""

    ids: frozenset[str]
    rows: Mapping[str, tuple[str, ...]]
    names: Mapping[str, int]


def named(batch: Batch) -> Named:
    """What the rows of a submitted batch give in their column ``evidence``."""
    return _named(str(facts(batch.organisation).path(batch.parquet))) if batch.parquet else Named(frozenset(), {}, {})


@lru_cache(maxsize=32)  # a file of that name never changes
def _named(path: str) -> Named:
    with Path(path).open("rb") as stream:
        file = pq.ParquetFile(stream)
        has = "evidence" in file.schema_arrow.names
        table = file.read(["activity_id", "evidence"] if has else ["activity_id"])
    ids = table["activity_id"].to_pylist()
    texts = table["evidence"].to_pylist() if has else []
    rows = {
        one: told
        for one, text in zip(ids, texts, strict=False)
        if (told := tuple(filter(None, (plain(part) for part in _PARTS.split(text or "")))))
    }
    return Named(frozenset(ids), rows, Counter(name for told in rows.values() for name in told))


@dataclass(frozen=True, slots=True)
class Standing:
    """by_hand: files of rows that a person chose; by_name: files that rows name; whole: those of the batch as a whole."""

    named: Named
    by_hand: Mapping[str, list[Evidence]]
    by_name: Mapping[str, list[Evidence]]
    whole: list[Evidence]

    @property
    def lacking(self) -> Mapping[str, int]:
        """Names in rows that no file has, with the number of rows."""
        return {name: count for name, count in self.named.names.items() if name not in self.by_name}

    def of(self, row: str) -> list[Evidence]:
        """The files behind one row."""
        files = [
            *self.by_hand.get(row, ()),
            *(each for name in self.named.rows.get(row, ()) for each in self.by_name.get(name, ())),
        ]
        return list(dict.fromkeys(files))

    @property
    def by_row(self) -> Mapping[str, list[Evidence]]:
        """The files of each row that has any."""
        names = self.named.rows if self.by_name else {}
        return {row: files for row in dict.fromkeys((*self.by_hand, *names)) if (files := self.of(row))}


def standing(batch: Batch, files: Iterable[Evidence]) -> Standing:
    """What stands behind what; ``files`` are those of the batch, in the order in which they were added."""
    told, by_name, by_hand = named(batch), dict[str, list[Evidence]](), dict[str, list[Evidence]]()
    whole = []
    for each in files:
        if each.withdrawn_at is not None:
            continue
        for one in each.rows:
            by_hand.setdefault(one, []).append(each)
        if each.rows:
            continue
        name = plain(each.name)
        wanted = {name, PurePath(name).stem} & told.names.keys()
        for key in wanted:
            by_name.setdefault(key, []).append(each)
        if not wanted:
            whole.append(each)
    return Standing(told, by_hand, by_name, whole)


def count(batch: Batch) -> None:
    """How many rows of the batch have evidence of their own is kept beside it, for lists."""
    if batch.parquet:
        proven = len(set(standing(batch, batch.evidence.order_by("pk")).by_row) & named(batch).ids)
        Batch.objects.filter(pk=batch.pk).update(rows_proven=proven)
        batch.rows_proven = proven
