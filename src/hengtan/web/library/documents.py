"""Source documents of own factors: what may be uploaded, and how it goes out again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils.translation import gettext as _

from hengtan.web.activities.uploads import clean_name
from hengtan.web.organisations.models import Organisation
from hengtan.web.vault.services import facts, keep_file

MOST_BYTES = 20 << 20
SHOWN = {"pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg"}
"""What a browser may show; anything else is only taken away."""
_BEGINS = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"))


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is among the facts already. kind: pdf, png, jpeg, or "" for what is not shown."""

    digest: str
    name: str
    bytes: int
    kind: str


def kept(organisation: Organisation, file: UploadedFile[Any]) -> Document:
    """The uploaded file in the vault; its kind by its first bytes, whatever it is called. Raises ValidationError."""
    size = file.size or 0
    if not size:
        raise ValidationError(_("The file is empty."))
    if size > MOST_BYTES:
        raise ValidationError(_("%(name)s is larger than %(most)d MB.") % {"name": file.name, "most": MOST_BYTES >> 20})
    data = b"".join(file.chunks())
    kind = next((kind for begin, kind in _BEGINS if data.startswith(begin)), "")
    return Document(keep_file(organisation, data), clean_name(file.name or "document"), size, kind)


def answer(organisation: Organisation, document: Document, *, show: bool) -> HttpResponse:
    """The file as it was given; shown in the browser only when it is a kind that runs nothing."""
    show = show and document.kind in SHOWN
    found = HttpResponse(
        facts(organisation).read(document.digest),
        content_type=SHOWN[document.kind] if show else "application/octet-stream",
    )
    found["Content-Disposition"] = f"{'inline' if show else 'attachment'}; filename*=UTF-8''{quote(document.name)}"
    found["X-Content-Type-Options"] = "nosniff"
    return found
