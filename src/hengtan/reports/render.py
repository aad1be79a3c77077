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
    for value, allowed, code in (*((f, FORMATS, "report.format-unknown") for f in formats),
                                 (lang, LANGUAGES, "report.language-unknown"),
                                 (standard, STANDARDS, "report.standard-unknown")):
        if value not in allowed:
            raise HengtanError(Problem(code, values={"given": value, "known": ", ".join(allowed)}))
    from .document import document
    made = document(data, lang, standard) if {"pdf", "html"} & set(formats) else None
    paths = []
    for name in formats:
        if name == "xlsx":
            from .xlsx import workbook
            content = workbook(data, "zh" if standard == "cn-enterprise" else lang, standard)
        elif name == "html":
            from .html import page
            assert made is not None
            content = page(made).encode("utf-8")
        else:
            from .pdf import paper
            assert made is not None
            content = paper(made)
        paths.append(_put(folder / f"report.{name}", content))
    return paths


def _put(path: Path, content: bytes) -> Path:
    """Write beside, then rename: a reader never sees half a report."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path
