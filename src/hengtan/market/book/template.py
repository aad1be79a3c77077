"""Declarative templates: which headers of a table mean which field, in Chinese and English. The formats are ours and marked so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from hashlib import sha256
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from hengtan.problems import HengtanError, Problem

from .event import FIELDS, Event, as_fen, fen, ranges_of, read_event, whole_of
from .instrument import KINDS, cea_of
from .posting import LARGEST_QUANTITY, Range
from .quote import Quote
from .registry import StatementLine

MAKES = ("events", "statement", "quotes")
_NUMBERS = frozenset(
    [
        "quantity",
        "price",
        "amount",
        "fee",
        "vat",
        "previous_close",
        "principal",
        "interest",
        "due_t",
        "sold_t",
        "bought_t",
        "holding_t",
        "consumption_mwh",
        "held",
        "frozen",
        "open",
        "high",
        "low",
        "close",
        "listed_t",
        "listed_cny",
        "block_t",
        "block_cny",
    ]
)
_WHOLE = frozenset(
    ["quantity", "due_t", "sold_t", "bought_t", "holding_t", "consumption_mwh", "held", "frozen", "listed_t", "block_t"]
)
_COLUMNS = {
    "events": frozenset(FIELDS),
    "statement": frozenset(("instrument", "held", "frozen", "serials")),
    "quotes": frozenset(
        ["day", "symbol", "open", "high", "low", "close", "listed_t", "listed_cny", "block_t", "block_cny"]
    ),
}
_NUMBER = re.compile(r"¥? ?([0-9,.]+) ?元?", re.ASCII)
_KEYS = {"id", "title", "note", "makes", "key", "columns", "needs", "values", "sets", "example"}


@dataclass(frozen=True, slots=True)
class Template:
    """headers: header in lower case -> field; values: field -> what stands in the file -> what it means; sets: where nothing stands."""

    id: str
    title: Mapping[str, str]
    note: Mapping[str, str]
    makes: str
    columns: Mapping[str, Sequence[str]]
    needs: tuple[str, ...]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sets: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    example: tuple[Mapping[str, str], ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        """As a reader of tables looks headers up."""
        return {
            " ".join(header.casefold().split()): name
            for name, headers in self.columns.items()
            for header in (name, *headers)
        }

    @property
    def numbers(self) -> frozenset[str]:
        """The fields that a reader of tables turns into decimals, by what their column looks like: none, since a comma is never taken for a point here."""
        return frozenset()


@cache
def templates() -> Mapping[str, Template]:
    """Those that are shipped, by id."""
    found = [
        _read(yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader), path.name)
        for path in (files(__package__) / "templates").iterdir()
        if path.name.endswith(".yaml")
    ]
    return {each.id: each for each in sorted(found, key=lambda each: each.id)}


def template_of(name: str, makes: str) -> Template:
    """A shipped template by its id, or one of your own by its file. Raises HengtanError ``book.template-bad``, ``book.template-unknown``."""
    found = templates().get(name)
    if found is None and name.endswith((".yaml", ".yml")):
        try:
            body = yaml.load(Path(name).read_text("utf-8"), Loader=yaml.CSafeLoader)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise HengtanError(
                Problem("book.template-bad", file=name, values={"why": " ".join(str(error).split())[:200]})
            ) from error
        found = _read(body, name)
    if found is None or found.makes != makes:
        known = ", ".join(each.id for each in templates().values() if each.makes == makes)
        raise HengtanError(Problem("book.template-unknown", values={"template": name, "known": known}))
    return found


def _read(body: Any, name: str) -> Template:
    def bad(why: str) -> HengtanError:
        return HengtanError(Problem("book.template-bad", file=name, values={"why": why}))

    if not isinstance(body, dict) or set(body) - _KEYS or not {"id", "makes", "columns", "needs"} <= set(body):
        raise bad("id, makes, columns, needs")
    if body["makes"] not in MAKES:
        raise bad("makes: " + ", ".join(MAKES))
    columns = body["columns"]
    if not isinstance(columns, dict) or set(columns) - _COLUMNS[body["makes"]] - {"reference"}:
        raise bad("columns: " + ", ".join(sorted(_COLUMNS[body["makes"]])))
    try:
        return Template(
            str(body["id"]), body.get("title", {"en": body["id"], "zh": body["id"]}), body.get("note", {"en": "", "zh": ""}), body["makes"],
            {each: tuple(str(header) for header in headers or ()) for each, headers in columns.items()}, tuple(body["needs"]),
            {each: {str(given).casefold(): str(meant) for given, meant in pairs.items()} for each, pairs in (body.get("values") or {}).items()},
            {each: str(value) for each, value in (body.get("sets") or {}).items()}, tuple(body.get("key", ())),
            tuple({each: str(value) for each, value in row.items()} for row in body.get("example", ())),
        )  # fmt: skip
    except (AttributeError, TypeError) as error:
        raise bad(str(error)) from error


def events_of(
    template: Template, rows: Iterable[tuple[int, Mapping[str, str]]]
) -> tuple[list[tuple[int, str, Event]], list[Problem]]:
    """((row, key, event), problems) of the rows of a table; a row with a problem makes no event."""
    found: list[tuple[int, str, Event]] = []
    wrong: list[Problem] = []
    seen: dict[str, int] = {}
    for row, cells in rows:
        told = _told(template, cells)
        try:
            _complete(template, told)
            event = read_event({name: value for name, value in told.items() if name in FIELDS})
            key = _key(template, told, seen)
            if key and key in seen:
                raise HengtanError(
                    Problem("book.row-twice", column=template.key[0], values={"key": key, "row": str(seen[key])})
                )
            seen[key] = row
            found.append((row, key, event))
        except HengtanError as error:
            wrong += [_at(each, row) for each in error.problems]
    return found, wrong


def _key(template: Template, told: Mapping[str, str], seen: Mapping[str, int]) -> str:
    """By what the row is known when its file is read again: its reference, else what it says and how often that was said before."""
    if template.key and all(told.get(each) for each in template.key):
        return ":".join([template.id, *(told[each] for each in template.key)])
    said = sha256(repr(sorted(told.items())).encode()).hexdigest()[:32]
    return next(key for time in count(1) if (key := f"{template.id}:row:{said}:{time}") not in seen)


def lines_of(
    template: Template, rows: Iterable[tuple[int, Mapping[str, str]]]
) -> tuple[list[StatementLine], list[Problem]]:
    """The lines of a statement."""
    found: list[StatementLine] = []
    wrong: list[Problem] = []
    for row, cells in rows:
        told = _told(template, cells)
        try:
            _complete(template, told)
            counts = {name: _whole(name, told.get(name, "0")) for name in ("held", "frozen")}
            serials = [_range(each) for each in told.get("serials", "").split(";") if each.strip()]
            if serials and sum(each.quantity for each in serials) != sum(counts.values()):
                raise HengtanError(
                    Problem(
                        "book.quantity-differs",
                        column="serials",
                        values={
                            "quantity": str(sum(counts.values())),
                            "serials": str(sum(each.quantity for each in serials)),
                        },
                    )
                )
            code = told["instrument"]
            found.append(StatementLine(row, code, counts["held"], counts["frozen"], serials[0] if serials else None))
            found += [StatementLine(row, code, 0, 0, each) for each in serials[1:]]  # the first line counts for all
        except HengtanError as error:
            wrong += [_at(each, row) for each in error.problems]
    return found, wrong


def quotes_of(
    template: Template, rows: Iterable[tuple[int, Mapping[str, str]]], source: str
) -> tuple[list[Quote], list[Problem]]:
    """The quotes of a table, one a day and symbol."""
    found: dict[tuple[str, str], Quote] = {}
    wrong: list[Problem] = []
    for row, cells in rows:
        told = _told(template, cells)
        try:
            _complete(template, told)
            key = (told["symbol"], told["day"])
            if key in found:
                raise HengtanError(Problem("book.row-twice", column="day", values={"key": " ".join(key), "row": "-"}))
            found[key] = _quote(told, source)
        except HengtanError as error:
            wrong += [_at(each, row) for each in error.problems]
    return list(found.values()), wrong


def _quote(told: Mapping[str, str], source: str) -> Quote:
    amounts = {
        name: _money(name, told[name])
        for name in ("open", "high", "low", "close", "listed_cny", "block_cny")
        if told.get(name)
    }
    counts = {name: _whole(name, told.get(name, "0")) for name in ("listed_t", "block_t")}
    try:
        day = date.fromisoformat(told["day"])
    except ValueError:
        raise HengtanError(
            Problem("book.event-day", column="day", values={"field": "day", "value": told["day"]})
        ) from None
    low, high, within = amounts.get("low"), amounts.get("high"), ("open", "close")
    if amounts["close"] == 0:
        raise HengtanError(Problem("book.event-zero", column="close", values={"field": "close"}))
    for name in within if low is None or high is None or low <= high else ("low",):
        price = amounts.get(name)
        if price is not None and not (low or 0) <= price <= (price if high is None else high):
            wanted = f"{told.get('low', '-')} - {told.get('high', '-')}"
            values = {"field": name, "value": told[name], "wanted": wanted}
            raise HengtanError(Problem("book.event-value", column=name, values=values))
    return Quote(told["symbol"], day, amounts["close"], amounts.get("open"), high, low, counts["listed_t"], amounts.get("listed_cny", 0), counts["block_t"],
                 amounts.get("block_cny", 0), source)  # fmt: skip


def _told(template: Template, cells: Mapping[str, str]) -> dict[str, str]:
    told = dict(template.sets)
    for name, cell in cells.items():
        text = " ".join(str(cell).split())
        if not text:
            continue
        text = template.values.get(name, {}).get(text.casefold(), text)
        if name in ("day", "due", "registered_on"):
            text = _as_day(text)
        elif name == "produced_on":
            text = re.sub(
                r"^(\d{4})[/年.-](\d{1,2})月?$", lambda found: f"{found[1]}-{int(found[2]):02}", _as_day(text)
            )
        elif name in _NUMBERS:
            text = _as_number(text, whole=name in _WHOLE)
        elif name in ("instrument", "symbol"):
            text = _as_code(text)
        told[name] = text
    return told


def _as_day(text: str) -> str:
    """The day of a date as people write it; the time of day beside it is left out."""
    text = unicodedata.normalize("NFKC", text)
    found = re.fullmatch(
        r"(\d{4})[/年.-](\d{1,2})[/月.-](\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?", text, re.ASCII
    ) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text, re.ASCII)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else text


def _as_number(text: str, *, whole: bool) -> str:
    """In one spelling, so that a file saved in another way says the same: 1,200.0 and １２００ as 1200, ¥95.8 as 95.80; anything else as it stands."""
    found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None:
        return text
    if whole:
        number = whole_of(re.sub(r"\.0+$", "", found[1]))
        return text if number is None else str(number)
    amount = as_fen(found[1])
    return text if amount is None else fen(amount)


def _as_code(text: str) -> str:
    """The one code of an allowance, and of a kind that is quoted as a whole; others as they stand."""
    allowance = cea_of(text)
    if allowance is not None:
        return allowance.code
    return text.upper() if text.casefold() in KINDS else text


def _complete(template: Template, told: Mapping[str, str]) -> None:
    wrong = [
        Problem(
            "book.event-missing",
            column=name,
            values={"kind": template.title["en"], "kind_zh": template.title["zh"], "field": name},
        )
        for name in template.needs
        if not told.get(name)
    ]
    if wrong:
        raise HengtanError(wrong)


def _whole(name: str, text: str) -> int:
    count = whole_of(text)
    if count is None or count > LARGEST_QUANTITY:
        raise HengtanError(
            Problem(
                "book.event-whole",
                column=name,
                values={"field": name, "value": text[:40], "most": f"{LARGEST_QUANTITY:,}"},
            )
        )
    return count


def _money(name: str, text: str) -> int:
    amount = as_fen(text)
    if amount is None:
        raise HengtanError(Problem("book.event-money", column=name, values={"field": name, "value": text[:40]}))
    return amount


def _range(text: str) -> Range:
    return ranges_of([text.strip()])[0]


def _at(problem: Problem, row: int) -> Problem:
    return replace(problem, row=row)
