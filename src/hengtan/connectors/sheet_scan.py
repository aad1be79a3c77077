"""What calamine does not tell of a workbook, read from its XML: failed formulas, cells spread too far apart, ODS merges.

calamine lays a sheet out as a full rectangle up to its last cell, so one cell in XFD1048576 would need half a terabyte;
and it gives an empty cell where a formula failed.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from hengtan.problems import HengtanError, Problem

from .numbers import is_formula_error
from .sniff import unpack
from .source import letter

MOST_CELLS = 60_000_000  # of the rectangle that a sheet spans
Span = tuple[tuple[int, int], tuple[int, int]]
_ROW = re.compile(rb"""\sr\s*=\s*["'](\d{1,9})["']""")
_FAR = re.compile(rb"""\sr\s*=\s*["']([A-Z]{2,4})(\d{1,9})""")  # a column after Z
_ERROR = re.compile(rb'<(?:\w+:)?c ((?:[^>]*? )?t="e"[^>]*)>.*?<(?:\w+:)?v>([^<]*)<', re.DOTALL)
_VALUED = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br\s*=\s*["']([A-Z]{1,4})(\d{1,9})["'][^>/]*>(?=\s*<(?:\w+:)?[vif])""")
_REF = re.compile(rb'\br="([A-Z]{1,4})(\d{1,9})"')


@dataclass(slots=True)
class Scan:
    """errors: (row, column) from 0 -> ``#REF!``; merges only for ODS, calamine knows the others."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: list[Span] = field(default_factory=list)
    last_row: int = 0
    last_column: int = 0


@dataclass(frozen=True, slots=True)
class Scans:
    """What was found, by sheet name; epoch_1904: the workbook counts days from 1904."""

    sheets: Mapping[str, Scan]
    epoch_1904: bool = False


def scan_xlsx(path: Path, file: str) -> Scans:
    """Looks through the XML of every sheet once."""
    with zipfile.ZipFile(path) as archive:
        parts, epoch_1904 = _sheets(archive, file)
        scans = {}
        for name, part in parts.items():
            entry = archive.getinfo(part)
            scan = _scan(archive, entry, path, file)
            if scan.last_row * max(scan.last_column, 1) > MOST_CELLS:
                _refuse_spread(_precise(archive, entry), file, name)
            scans[name] = scan
    return Scans(scans, epoch_1904)


def _sheets(archive: zipfile.ZipFile, file: str) -> tuple[dict[str, str], bool]:
    """Sheet name -> part of the archive."""
    try:
        book = next(n for n in archive.namelist() if re.fullmatch(r"/?xl/workbook\d*\.xml", n))
        root = ET.fromstring(archive.read(book))  # noqa: S314  (expat limits entities; sizes were checked before)
        folder = PurePosixPath(book).parent
        rels = ET.fromstring(archive.read(str(folder / "_rels" / f"{PurePosixPath(book).name}.rels")))  # noqa: S314
    except (StopIteration, KeyError, ET.ParseError, zipfile.BadZipFile):
        raise HengtanError(Problem("file.truncated", file)) from None
    targets = {rel.get("Id"): rel.get("Target", "") for rel in rels}
    parts, names = {}, set(archive.namelist())
    for sheet in root.iter():
        if not sheet.tag.endswith("}sheet"):
            continue
        rel = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), None)
        target = targets.get(rel, "")
        part = target.lstrip("/") if target.startswith("/") else str(folder / target)
        if part in names and "worksheets" in part:
            parts[sheet.get("name", "")] = part
    properties = next((e for e in root.iter() if e.tag.endswith("}workbookPr")), None)
    return parts, properties is not None and properties.get("date1904") in ("1", "true")


def _scan(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, file: str) -> Scan:
    scan, tail, columns = Scan(), b"", set[bytes]()

    def take(chunk: bytes) -> None:
        nonlocal tail
        text = tail + chunk
        cut = text.rfind(b"</")
        text, tail = (text[:cut], text[cut:]) if cut > 0 else (b"", text)
        if len(tail) > 1 << 24:
            raise HengtanError(Problem("file.truncated", file))
        for row in _ROW.findall(text):
            scan.last_row = max(scan.last_row, int(row))
        for name, row in _FAR.findall(text):
            columns.add(name)
            scan.last_row = max(scan.last_row, int(row))
        if b't="e"' in text:
            _note_errors(text, scan)

    if entry.compress_type == zipfile.ZIP_DEFLATED:
        unpack(archive, entry, path, file, take)
    else:
        take(archive.read(entry))
    take(b"</end>")
    scan.last_column = max((_column(name) for name in columns), default=25) + 1
    return scan


def _note_errors(text: bytes, scan: Scan) -> None:
    at = 0
    while (found := text.find(b't="e"', at)) >= 0:
        start = text.rfind(b"<", 0, found)
        cell = _ERROR.match(text, start)
        ref = _REF.search(cell[1]) if cell is not None else None
        if cell is not None and ref is not None:
            scan.errors[int(ref[2]) - 1, _column(ref[1])] = cell[2].decode("utf-8", "replace")
        at = found + 5


def _precise(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[tuple[int, int]]:
    """(row, column) from 1 of every cell that holds something."""
    for name, row in _VALUED.findall(archive.read(entry)):
        yield int(row), _column(name) + 1


def _refuse_spread(cells: Iterator[tuple[int, int]], file: str, sheet: str) -> None:
    last_row = last_column = 0
    for row, column in cells:
        last_row, last_column = max(last_row, row), max(last_column, column)
    if last_row * last_column > MOST_CELLS:
        values = {"cell": f"{letter(last_column - 1)}{last_row}"}
        raise HengtanError(Problem("file.spread", file, sheet, values=values))


def _column(name: bytes) -> int:
    number = 0
    for character in name:
        number = number * 26 + character - 64
    return number - 1


class _Ods:
    """Follows the rows and cells of an ODS file."""

    def __init__(self, file: str) -> None:
        self.file, self.sheets = file, dict[str, Scan]()
        self._scan, self._name = Scan(), ""
        self._row = self._column = 0
        self._row_count, self._filled_to = 1, 0
        self._error: tuple[int, int] | None = None
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table":
            self._name = attributes.get("table:name", "")
            self._scan = self.sheets[self._name] = Scan()
            self._row = 0
        elif tag == "table:table-row":
            self._row_count = _repeat(attributes.get("table:number-rows-repeated"))
            self._column = self._filled_to = 0
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._cell(attributes)
        elif tag == "text:p" and self._error is not None:
            self._text = []

    def _cell(self, attributes: dict[str, str]) -> None:
        count = _repeat(attributes.get("table:number-columns-repeated"))
        if "office:value-type" in attributes or "table:formula" in attributes:
            self._filled_to = self._column + count
            if attributes.get("calcext:value-type") == "error" or "table:formula" in attributes:
                self._error = (self._row, self._column)
                if attributes.get("calcext:value-type") == "error":
                    self._scan.errors[self._error] = "#N/A"
        across = _repeat(attributes.get("table:number-columns-spanned"))
        down = _repeat(attributes.get("table:number-rows-spanned"))
        if across > 1 or down > 1:
            last = (self._row + down - 1, self._column + across - 1)
            self._scan.merges.append(((self._row, self._column), last))
        self._column += count

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        if tag == "text:p" and self._text is not None and self._error is not None:
            shown = "".join(self._text).strip()
            if is_formula_error(shown):
                self._scan.errors[self._error] = shown
            self._text = None
        elif tag == "table:table-cell":
            self._error = None
        elif tag == "table:table-row":
            self._row += self._row_count
            if self._filled_to:
                self._scan.last_row = self._row
                self._scan.last_column = max(self._scan.last_column, self._filled_to)
                _refuse_spread(iter([(self._scan.last_row, self._scan.last_column)]), self.file, self._name)


def _repeat(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 1


def scan_ods(path: Path, file: str) -> Scans:
    """Looks through content.xml once."""
    follower = _Ods(file)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = follower.start, follower.end
    parser.CharacterDataHandler = follower.data
    try:
        with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
            parser.ParseFile(stream)
    except (KeyError, expat.ExpatError, zipfile.BadZipFile, EOFError):
        raise HengtanError(Problem("file.truncated", file)) from None
    return Scans(follower.sheets)
