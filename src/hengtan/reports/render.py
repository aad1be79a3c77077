"""The door of the reports: choose writers, make the files, put them in place whole."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hengtan.inventory.view import ReportData
from hengtan.problems import HengtanError, Problem

FORMATS = ("pdf", "xlsx", "html")
LANGUAGES = ("en", "zh")
STANDARDS = ("iso14064", "ghgp", "cn-enterprise")


def render(
    data: ReportData,
    folder: Path,
    formats: Sequence[str] = FORMATS,
    lang: str = "en",
    standard: str = "iso14064",
) -> list[Path]:
    """Write ``report.<format>`` into ``folder`` and return the paths in the order asked for.

    Raises :class:`HengtanError` for an unknown format, language or standard, and when the PDF is wanted but typst
    (extra ``report``) is not installed. A report appears whole or not at all.
    """
    for value, allowed, code in (
        *((f, FORMATS, "report.format-unknown") for f in formats),
        (lang, LANGUAGES, "report.language-unknown"),
        (standard, STANDARDS, "report.standard-unknown"),
    ):
        if value not in allowed:
            raise HengtanError(Problem(code, values={"given": value, "known": ", ".join(allowed)}))
    content = _contents(data, set(formats), lang, standard)
    return [_put(folder / f"report.{name}", content[name]) for name in formats]


def _contents(data: ReportData, formats: set[str], lang: str, standard: str) -> dict[str, bytes]:
    """The bytes of each format. The writers are imported here, so that importing the package costs nothing."""
    made = {}
    if "xlsx" in formats:
        from .xlsx import workbook  # noqa: PLC0415

        made["xlsx"] = workbook(data, "zh" if standard == "cn-enterprise" else lang, standard)
    if formats & {"pdf", "html"}:
        from .document import document  # noqa: PLC0415

        report = document(data, lang, standard)
        if "html" in formats:
            from .html import page  # noqa: PLC0415

            made["html"] = page(report).encode("utf-8")
        if "pdf" in formats:
            from .pdf import paper  # noqa: PLC0415

            made["pdf"] = paper(report)
    return made


def _put(path: Path, content: bytes) -> Path:
    """Write beside, then rename: a reader never sees half a report."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path
