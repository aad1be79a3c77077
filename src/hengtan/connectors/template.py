"""Templates: declarative descriptions of foreign sheets, in YAML, shipped in ``templates/`` or written by a user.

A foreign sheet is wide: one operation in a row, its energy carriers side by side. A template says where everything stands;
``wide.py`` turns the sheet into the long activity table. ``docs/templates.md`` describes every key.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path

from hengtan.problems import HengtanError, Problem

from .form import Entry, Form
from .headers import OURS, headings

VERSION = "1"
KG = {"kg": Decimal(1), "t": Decimal(1000), "g": Decimal("0.001"), "lb": Decimal("0.45359237")}
_CELL = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_COLUMN = re.compile(r"[A-Z]{1,3}")
_OF_ACTIVITY = ("activity_id", "activity_type", "quantity", "unit")
_ID_GAPS = {"row": "1", "column": "A", "stem": "file"}


@dataclass(frozen=True, slots=True)
class Value:
    """Where a value comes from: a constant, a column of the row, or one cell of the sheet; positions from 0.

    match  a regular expression; the first group is taken
    """

    text: str = ""
    column: int | None = None
    cell: tuple[int, int] | None = None
    match: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """Rows that are no data: those whose cell in ``column`` says ``equals`` (or begins so)."""

    column: int
    equals: str
    prefix: bool
    why: str


@dataclass(frozen=True, slots=True)
class Carrier:
    """One activity type of the sheet: the column of its quantity and what goes with it.

    units         what the unit cell says -> our unit
    unit_if_zero  the unit of a quantity of 0 whose unit cell says nothing we know
    """

    quantity: int
    activity_type: str
    unit: Value
    units: Mapping[str, str]
    unit_if_zero: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ReferenceColumn:
    """Totals that the publisher states for each row."""

    column: int
    kg: Decimal
    tolerance_pct: Decimal
    title: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Template:
    """A read template; rows and columns count from 0 here, and as a spreadsheet shows them in the file."""

    name: str
    title: Mapping[str, str]
    source: str
    sheet: str
    expect: Mapping[tuple[int, int], str]
    header_rows: tuple[int, int]
    first_row: int
    skip: tuple[Skip, ...]
    activity_id: str
    values: Mapping[str, Value]
    tags: Mapping[str, Value]
    carriers: tuple[Carrier, ...]
    reference: ReferenceColumn | None
    text: str = field(repr=False, default="")


def shipped() -> list[str]:
    """Names of the templates that come with hengtan."""
    folder = files(__package__).joinpath("templates")
    return sorted(p.name.removesuffix(".yaml") for p in folder.iterdir() if p.name.endswith(".yaml"))


def load_template(name: str | Path) -> Template:
    """A shipped template by name, or a file; raises HengtanError (``template.*``)."""
    given = str(name)
    if isinstance(name, str) and name in shipped():
        return parse_template(files(__package__).joinpath(f"templates/{name}.yaml").read_text("utf-8"), given)
    path = Path(name)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        near = difflib.get_close_matches(given, shipped(), 1)
        values = {"name": given, "near": near[0] if near else "-", "shipped": ", ".join(shipped())}
        raise HengtanError(Problem("template.unknown", given, values=values)) from None
    return parse_template(text, given)


def parse_template(text: str, file: str) -> Template:
    """Reads the YAML strictly: an unknown key is an error, with the key that comes nearest."""
    form = Form(text, file)
    top = form.mapping(
        form.root,
        ("template", "name", "title", "rows", "activity_id", "values", "activities"),
        ("source", "licence", "notes", "sheet", "expect", "tags", "reference"),
    )
    if "template" in top and form.text(top["template"]) != VERSION:
        form.value(top["template"], VERSION)
    rows = form.mapping(top["rows"], ("first",), ("header", "skip")) if "rows" in top else {}
    first = form.integer(rows.get("first"), 2) - 1
    values = _values(form, top.get("values"), ("facility", "start", "end"))
    carriers = tuple(_carrier(form, entry) for entry in form.items(top.get("activities")))
    if "activities" in top and not carriers:
        form.value(top["activities"], "- activity_type: ...")
    template = Template(
        name=form.text(top.get("name")),
        title=_title(form, top.get("title")),
        source=form.text(top.get("source")),
        sheet=form.text(top.get("sheet")),
        expect=_expect(form, top.get("expect")),
        header_rows=_header_rows(form, rows.get("header"), first),
        first_row=first,
        skip=tuple(_skip(form, entry) for entry in form.items(rows.get("skip"))),
        activity_id=_activity_id(form, top.get("activity_id")),
        values=values,
        tags=_tags(form, top.get("tags")),
        carriers=carriers,
        reference=_reference(form, top.get("reference")),
        text=text,
    )
    form.finish()
    return template


def _title(form: Form, entry: Entry | None) -> dict[str, str]:
    if entry is None:
        return {}
    return {lang: form.text(held) for lang, held in form.mapping(entry, ("en", "zh")).items()}


def _header_rows(form: Form, entry: Entry | None, first: int) -> tuple[int, int]:
    if entry is None:
        return (max(first - 1, 0), max(first - 1, 0))
    if isinstance(entry.held, list) and len(entry.held) == 2:
        top, bottom = (form.integer(item, 1) - 1 for item in entry.held)
    else:
        top = bottom = form.integer(entry, 1) - 1
    if not top <= bottom < first:
        form.value(entry, f"1 ... {first}")
    return top, bottom


def _expect(form: Form, entry: Entry | None) -> dict[tuple[int, int], str]:
    if entry is None:
        return {}
    expected = {}
    for cell, held in form.mapping(entry, (), None).items():
        if (place := _place(cell)) is None:
            form.wrong("template.value", held, value=cell, wanted="A1, B6 ...")
        else:
            expected[place] = form.text(held)
    return expected


def _skip(form: Form, entry: Entry) -> Skip:
    keys = form.mapping(entry, ("column",), ("equals", "begins", "why"))
    if ("equals" in keys) == ("begins" in keys):
        form.wrong("template.key-missing", entry, missing="equals | begins")
    text = form.text(keys.get("equals") or keys.get("begins"))
    return Skip(_column(form, keys.get("column")), text, "begins" in keys, form.text(keys.get("why")))


def _activity_id(form: Form, entry: Entry | None) -> str:
    pattern = form.text(entry)
    if entry is None:
        return pattern
    try:
        filled = pattern.format_map(_ID_GAPS)
    except (KeyError, ValueError, IndexError, AttributeError):
        filled = ""
    if not filled or "{row}" not in pattern or "{column}" not in pattern:
        form.value(entry, "PREFIX-{row}-{column} ({stem}: file)")
    return pattern


def _values(form: Form, entry: Entry | None, required: tuple[str, ...] = ()) -> dict[str, Value]:
    if entry is None:
        return {}
    known = [name for name in headings() if name not in _OF_ACTIVITY and name not in required]
    return {name: _value(form, held) for name, held in form.mapping(entry, required, known).items()}


def _tags(form: Form, entry: Entry | None) -> dict[str, Value]:
    if entry is None:
        return {}
    tags = {}
    for name, held in form.mapping(entry, (), None).items():
        if name.casefold() in headings() or name.casefold() in OURS:
            form.wrong("template.value", held, value=name, wanted="another name")
        tags[name] = _value(form, held)
    return tags


def _value(form: Form, entry: Entry) -> Value:
    if isinstance(entry.held, str):
        return Value(text=entry.held)
    keys = form.mapping(entry, (), ("column", "cell", "match"))
    if ("column" in keys) == ("cell" in keys):
        form.wrong("template.key-missing", entry, missing="column | cell")
        return Value()
    match = None
    if "match" in keys:
        try:
            match = re.compile(form.text(keys["match"]))
        except re.error:
            match = None
        if match is None or match.groups != 1:
            form.value(keys["match"], "(...)")
    if "cell" in keys:
        place = _place(form.text(keys["cell"]))
        if place is None:
            form.value(keys["cell"], "A1, B6 ...")
        return Value(cell=place or (0, 0), match=match)
    return Value(column=_column(form, keys["column"]), match=match)


def _carrier(form: Form, entry: Entry) -> Carrier:
    optional = [name for name in headings() if name not in _OF_ACTIVITY]
    keys = form.mapping(entry, ("activity_type", "quantity", "unit"), ("units", "unit_if_zero", *optional))
    units = keys.get("units")
    words = {word: form.text(held) for word, held in form.mapping(units, (), None).items()} if units else {}
    values = {name: _value(form, held) for name, held in keys.items() if name in optional}
    unit = _value(form, keys["unit"]) if "unit" in keys else Value()
    return Carrier(
        _column(form, keys.get("quantity")),
        form.text(keys.get("activity_type")),
        unit,
        words,
        form.text(keys.get("unit_if_zero")),
        values,
    )


def _reference(form: Form, entry: Entry | None) -> ReferenceColumn | None:
    if entry is None:
        return None
    keys = form.mapping(entry, ("column", "unit", "tolerance_pct", "title"), ())
    unit = form.text(keys.get("unit"), "kg")
    if unit not in KG:
        form.value(keys["unit"], ", ".join(KG))
    try:
        tolerance = Decimal(form.text(keys.get("tolerance_pct"), "0"))
        good = tolerance.is_finite() and tolerance >= 0
    except InvalidOperation:
        good = False
    if not good:
        form.value(keys["tolerance_pct"], "0.01")
        tolerance = Decimal(0)
    column = _column(form, keys.get("column"))
    return ReferenceColumn(column, KG.get(unit, Decimal(1)), tolerance, _title(form, keys.get("title")))


def _column(form: Form, entry: Entry | None) -> int:
    text = form.text(entry)
    if entry is None or not _COLUMN.fullmatch(text):
        if entry is not None:
            form.value(entry, "A, B ... AF")
        return 0
    return column_index(text)


def _place(text: str) -> tuple[int, int] | None:
    found = _CELL.fullmatch(text)
    return (int(found[2]) - 1, column_index(found[1])) if found else None


def column_index(letters: str) -> int:
    """A is 0, AF is 31."""
    number = 0
    for character in letters:
        number = number * 26 + ord(character) - 64
    return number - 1
