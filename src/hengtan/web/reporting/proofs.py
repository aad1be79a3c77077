"""What vouches for a file that was issued: verified when it is shown, as ``hengtan verify`` would."""

from __future__ import annotations

import io
from dataclasses import dataclass
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from hengtan.evidence.proof_file import SUFFIX, read_proof_bytes
from hengtan.facts import FactRefused
from hengtan.ledger import Refused, parse_vkey
from hengtan.problems import HengtanError, Problem
from hengtan.web.vault import services as vault
from hengtan.web.vault.models import Outbox

from .models import Report, ReportFile


@dataclass(frozen=True, slots=True)
class Standing:
    """state: ok, pending (not in the log yet) or bad; index, size: of the entry, and of the log that the checkpoint covers."""

    state: str
    problem: Problem | None = None
    index: int = 0
    size: int = 0


def standing(digest: str, event: Outbox | None) -> Standing:
    """Of the file with this digest: it lies in the facts as it was, and the event that names it stands in the signed log."""
    try:
        proof = vault.proof(event) if event is not None else None
        if event is None or proof is None:
            return Standing("pending")
        vouched = read_proof_bytes(proof)
        checkpoint = vouched.verify(parse_vkey(vault.vkey(event.organisation)))
        if vouched.record.get("sha256") != digest:
            raise Refused("verify.entry-unlike")
        vault.facts(event.organisation).verify(digest)
    except (Refused, FactRefused) as refused:
        return Standing("bad", refused.problem)
    except HengtanError as wrong:
        return Standing("bad", wrong.problems[0])
    return Standing("ok", None, vouched.proof.index, checkpoint.size)


def content(file: ReportFile) -> bytes:
    """The bytes that were issued. HengtanError, FactRefused where they are altered or gone."""
    return vault.facts(file.organisation).read(file.digest)


def bundle(report: Report) -> bytes:
    """Every file with its proof in one ZIP, beside each other as ``hengtan verify`` wants them."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as package:
        for file in report.files.select_related("organisation", "event__organisation"):
            _put(package, file.name, content(file))
            proof = vault.proof(file.event) if file.event else None
            if proof is not None:
                _put(package, f"{file.name}{SUFFIX}", proof)
    return out.getvalue()


def _put(package: ZipFile, name: str, data: bytes) -> None:
    package.writestr(ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, ZIP_DEFLATED)
