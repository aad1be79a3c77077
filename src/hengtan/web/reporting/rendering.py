"""The files of a report, made from the folder of its run and what the company says of itself. The same report gives the same bytes."""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

from hengtan.api.job import changes_since
from hengtan.engine import Engine
from hengtan.inventory.report_data import read_manifest, report_data
from hengtan.inventory.view import ReportData
from hengtan.reports import render
from hengtan.reports.document import standard_file
from hengtan.web.runs.models import Run

from .models import Format, Report

_STYLE = re.compile(r"<style>(.*?)</style>", re.S)
MAIN = ("name", "credit_code", "address", "legal_representative", "responsible", "contact", "boundary", "verification")


def formats() -> tuple[str, ...]:
    """Those that this installation can write."""
    return tuple(each.value for each in Format if each != Format.PDF or find_spec("typst"))


def fields_of(standard: str) -> tuple[str, ...]:
    """What the standard asks the company, the main things first."""
    asked = {field for part in standard_file(standard)["sections"] for field in part.get("fields", ())}
    return (*(name for name in MAIN if name in asked or name == "name"), *sorted(asked - set(MAIN)))


def data_of(run: Run, about: Mapping[str, str], previous: Run | None, mark: str = "") -> ReportData:
    """What is shown; ``mark``: stands on every page, such as that it is no more than a preview."""
    manifest = read_manifest(run.folder)
    manifest["organisation"] = {**manifest["organisation"], **about}
    if mark:
        manifest["sample"] = mark
    with Engine().session() as con:
        data = report_data(run.folder, con, manifest)
    if previous is not None and previous.pk != run.pk:
        since = changes_since(previous.folder, run.folder)
        kept = {name: Decimal(value) for name, value in since.items() if name != "run"}
        data = replace(
            data, previous={**kept, "name": f"{previous.code} {previous.name}, {previous.first} – {previous.last}"}
        )
    return data


def preview(run: Run, standard: str, language: str, about: Mapping[str, str], previous: Run | None, mark: str) -> bytes:
    """The report as a page."""
    data = data_of(run, about, previous, mark)
    with tempfile.TemporaryDirectory() as folder:
        return render(data, Path(folder), ("html",), language, standard)[0].read_bytes()


def policy(page: bytes) -> str:
    """What a browser may do with the page of a report: apply its own style sheet, known by its hash, and nothing else."""
    found = _STYLE.search(page.decode("utf-8"))
    digest = base64.b64encode(hashlib.sha256(found.group(1).encode() if found else b"").digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def files(report: Report, tell: Callable[[int, int], None]) -> Iterator[tuple[str, str, str, bytes]]:
    """(name, format, language, bytes) of every file; a Chinese form is the same workbook in every language."""
    sample = "sample" if report.run.sample else ""
    data = data_of(report.run, report.about, report.previous)
    if sample:
        data = replace(data, manifest={**data.manifest, "sample": True})
    wanted: Sequence[tuple[str, str]] = [(lang, form) for lang in report.languages for form in report.formats]
    for at, (lang, form) in enumerate(wanted):
        tell(at, len(wanted))
        with tempfile.TemporaryDirectory() as folder:
            made = render(data, Path(folder), (form,), lang, report.standard)[0].read_bytes()
        yield f"{report.standard}-{lang}.{form}", form, lang, made
