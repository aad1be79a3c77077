"""What may be uploaded, and into the vault with it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hengtan.connectors.sniff import kind_of
from hengtan.factors.tabular import read_sheet
from hengtan.problems import HengtanError
from hengtan.web.organisations.models import Organisation
from hengtan.web.vault.services import keep_file
from hengtan.web.vault.storage import must_fit

from .models import SourceFile
from .services import Given

MOST_FILES, MOST_BYTES, MOST_TOGETHER = 20, 100 << 20, 200 << 20
MOST_FACTORS = 4 << 20  # of a workbook of factors, which is looked into at once
_BAD = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e\u2066-\u2069]+")


class Limited(FileUploadHandler):
    """Refuses what is too large before anything of it is read."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *more: Any, **named: Any) -> None:  # noqa: N803  Django names it so
        """Looks at what the browser announces."""
        if content_length > MOST_TOGETHER:
            raise RequestDataTooBig(f"{content_length} bytes")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hands on to the next one."""
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        """The next one makes the file."""
        return None


def clean_name(name: str) -> str:
    """A file's name without folders and without what a file system or a reader could misunderstand."""
    text = _BAD.sub("_", PurePath(name.replace("\\", "/")).name).strip(". ")
    return text[-180:] or "file"


def kept(organisation: Organisation, files: Iterable[UploadedFile[Any]]) -> list[Given]:
    """The files in the vault; raises ValidationError with everything that is wrong with them, each named."""
    found, wrong, names = list[Given](), list[str](), set[str]()
    lang = "zh" if (get_language() or "").startswith("zh") else "en"
    chosen = list(files)
    if not chosen:
        raise ValidationError(_("Choose at least one file."))
    if len(chosen) > MOST_FILES:
        raise ValidationError(_("At most %(number)d files at once.") % {"number": MOST_FILES})
    for file in chosen:
        name = clean_name(file.name or "file")
        while name in names:
            name = f"{PurePath(name).stem} (2){PurePath(name).suffix}"
        names.add(name)
        size = file.size or 0
        if size > MOST_BYTES:
            wrong.append(_("%(name)s is larger than %(most)d MB.") % {"name": name, "most": MOST_BYTES >> 20})
            continue
        try:
            found.append(_kept(organisation, file, name, size))
        except HengtanError as error:
            wrong += [each.sentence(lang) for each in error.problems]
    if wrong:
        raise ValidationError(wrong)
    return found


def _kept(organisation: Organisation, file: UploadedFile[Any], name: str, size: int) -> Given:
    path = getattr(file, "temporary_file_path", None)
    if path is not None:
        return _looked_at(organisation, Path(path()), name, size)

    with tempfile.NamedTemporaryFile(suffix=PurePath(name).suffix) as beside:
        for chunk in file.chunks():
            beside.write(chunk)
        beside.flush()
        return _looked_at(organisation, Path(beside.name), name, size)


def _looked_at(organisation: Organisation, path: Path, name: str, size: int) -> Given:
    """Its kind by its first bytes; a table of factors is known by its columns."""
    kind = kind_of(path, name)
    must_fit(organisation, size)
    role = SourceFile.Role.FACTORS if _is_factors(path, name, kind) else SourceFile.Role.ACTIVITIES
    return Given(name, keep_file(organisation, path), size, kind, role)


def taken(organisation: Organisation, path: Path, name: str) -> Given:
    """One file that lies on this machine, in the vault; raises HengtanError when it cannot be read."""
    return _looked_at(organisation, path, clean_name(name), path.stat().st_size)


def _is_factors(path: Path, name: str, kind: str) -> bool:
    if kind == "csv":
        with path.open("rb") as stream:
            head = stream.read(4096).lower()
        return b"activity_unit" in head and b"factor_id" in head and b"activity_id" not in head
    if kind != "xlsx" or path.stat().st_size > MOST_FACTORS:
        return False
    try:
        headers = read_sheet(path, "activity_unit", name).headers
    except HengtanError:
        return False
    return "factor_id" in headers and "activity_id" not in headers
