"""The input of a plan as tables, there and back: what a workbook and a form have in common. Cells are text, as a person writes it.

>>> given = {"general": [{"as_of": "2026/11/20", "years": "2025"}], "entities": [{"id": "a", "name": "甲", "sector": "发电"}],
...          "emissions": [{"entity": "甲", "year": "2025", "verified_t": "1,000"}]}
>>> taken(given).value["entities"]
[{'id': 'a', 'name': '甲', 'sector': 'power', 'emissions': [{'year': 2025, 'verified_t': 1000}]}]
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hengtan.problems import HengtanError, Problem

from .cells import text_of, value_of
from .read import case_of_text
from .schema import wrong
from .sheets import Column, Table, table, tables

Cells = Mapping[str, str]
Place = tuple[str, int | None, str]
"""Table, row from 0 (None: the table as a whole), column or empty."""
WHOSE = "@entity"
"""Beside a row's cells: the number of its entity from 0, where ids are not to be trusted (a form that is being filled)."""
_TOGETHER = {"trades": ("sold_t", "bought_t"), "pledge": ("pledged_t",), "transfers": ("transfers_allowed",)}
_OF_ENTITY = ("holdings", "allocations", "sales")
_WAYS = ("verified_t", "months", "expected_t")


@dataclass(slots=True)
class Taken:
    """What tables come to.

    value     the input; problems: cells that cannot be read, and what lacks, each with its place
    where     pointer of an object in ``value`` -> table and row
    """

    value: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[Place, Problem]] = field(default_factory=list)
    where: dict[str, tuple[str, int]] = field(default_factory=dict)

    def place(self, problem: Problem) -> Place:
        """Where a problem of ``case_of_text`` or ``wrong`` stands in the tables."""
        parts = [
            each.replace("~1", "/").replace("~0", "~") for each in problem.file.partition("#")[2].split("/") if each
        ]
        if problem.code == "comply.key-missing":
            parts.append(problem.values.get("key", ""))
        for cut in range(len(parts), 0, -1):
            found = self.where.get("/" + "/".join(parts[:cut]))
            if found is not None:
                return (*found, _column_at(found[0], parts[cut:]))
        column = _column_at("general", parts)
        name = parts[1] if parts[:1] == ["limits"] and len(parts) > 1 else parts[0] if parts else ""
        if not column and name in tables():
            return (name, None, "probability" if problem.code == "comply.probabilities" else "")
        return ("general", 0, column)


def taken(given: Mapping[str, Sequence[Cells]]) -> Taken:
    """Reads the tables; never raises for what a person wrote."""
    return _Reader(given).all()


def checked(given: Mapping[str, Sequence[Cells]]) -> Taken:
    """The same, and where every cell can be read, what is wrong with the input as a whole."""
    found = taken(given)
    if not found.problems:
        told = wrong(found.value, "input", "")
        if not told:
            try:
                case_of_text(as_text(found.value), "")
            except HengtanError as fault:
                told = fault.problems
        found.problems = [(place := found.place(each), _plain(each, place)) for each in told]
    return found


def as_text(value: Mapping[str, Any]) -> str:
    """The JSON of an input, as it is kept."""
    return json.dumps(value, ensure_ascii=False, indent=1)


def missing(column: Column) -> Problem:
    """A cell that must be filled."""
    values = {
        "column": column.title["en"], "column_zh": column.title["zh"], "wanted": column.wanted("en"), "wanted_zh": column.wanted("zh"),
    }  # fmt: skip
    return Problem("comply.cell-missing", values=values)


def unreadable(column: Column, text: str) -> Problem:
    """A cell that says nothing that may stand there."""
    values = {"given": text[:60], "wanted": column.wanted("en"), "wanted_zh": column.wanted("zh")}
    return Problem("comply.cell", values=values)


def _plain(problem: Problem, place: Place) -> Problem:
    """Without the words of JSON, where the cell is known."""
    if not place[2]:
        return replace(problem, file="")
    column = table(place[0]).column(place[2])
    if problem.code == "comply.key-missing":
        return missing(column)
    if problem.code == "comply.value":
        return unreadable(column, problem.values.get("given", "").strip('"'))
    if problem.code == "comply.key-idle":
        titles = {"key": f"«{column.title['en']}»", "key_zh": f"“{column.title['zh']}”"}
        return replace(problem, file="", values={**problem.values, **titles})
    return replace(problem, file="")


def _column_at(name: str, rest: Sequence[str]) -> str:
    if name == "months" and rest:
        number = rest[-1].rpartition("-")[2]
        return f"m{int(number)}" if number.isdecimal() and 1 <= int(number) <= 12 else ""
    for column in table(name).columns:
        if column.path and tuple(rest[: len(column.path)]) == column.path:
            return column.name
    return ""


class _Reader:
    def __init__(self, given: Mapping[str, Sequence[Cells]]) -> None:
        self.given = {name: list(rows) for name, rows in given.items()}
        self.found = Taken()
        self.entities: list[dict[str, Any]] = []
        self.by: dict[str, int] = {}

    def all(self) -> Taken:
        self.general()
        self.rows_of_entities()
        self.emissions()
        self.months()
        for at, one in enumerate(self.entities):
            self.ways(at, one)
        for name in _OF_ENTITY:
            self.children(name)
        self.offers()
        self.scenarios()
        self.limits()
        quotes = self.objects("quotes", "/quotes")
        if quotes:
            self.found.value["quotes"] = quotes
        return self.found

    def tell(self, name: str, row: int | None, column: str, problem: Problem) -> None:
        self.found.problems.append(((name, row, column), problem))

    def cells(self, of: Table, row: int, cells: Cells) -> dict[str, Any]:
        """By column what can be read; the rest is told."""
        made: dict[str, Any] = {}
        for column in of.columns:
            text = cells.get(column.name, "").strip()
            if text:
                try:
                    made[column.name] = value_of(column, text)
                except ValueError:
                    self.tell(of.name, row, column.name, unreadable(column, text))
                    made[column.name] = None
        for column in of.columns:
            needed = column.needs == "always" or (column.needs and column.needs == made.get("kind"))
            if needed and column.name not in made and not (column.name in ("entity", "scenario") and WHOSE in cells):
                self.tell(of.name, row, column.name, missing(column))
        for key, names in _TOGETHER.items():
            group = [each.name for each in of.columns if each.path[:1] == (key,)]
            if any(name in made for name in group):
                for name in names:
                    if name in group and name not in made:
                        self.tell(of.name, row, name, missing(of.column(name)))
        return made

    def object(self, name: str, row: int, cells: Cells) -> tuple[dict[str, Any], dict[str, Any]]:
        """(cells by column, the object that they make)."""
        of = table(name)
        made, one = self.cells(of, row, cells), dict[str, Any]()
        for column in of.columns:
            if column.path and made.get(column.name) is not None:
                at = one
                for key in column.path[:-1]:
                    at = at.setdefault(key, {})
                at[column.path[-1]] = made[column.name]
        return made, one

    def objects(self, name: str, pointer: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for row, cells in enumerate(self.given.get(name, ())):
            self.found.where[f"{pointer}/{len(found)}"] = (name, row)
            found.append(self.object(name, row, cells)[1])
        return found

    def general(self) -> None:
        rows = self.given.get("general") or [{}]
        self.found.value |= {"hengtan": "comply.input", "version": 1, **self.object("general", 0, rows[0])[1]}
        self.found.value["entities"] = self.entities

    def rows_of_entities(self) -> None:
        self.entities += self.objects("entities", "/entities")
        for key in ("name", "id"):  # an id goes before a name
            for at, one in reversed(list(enumerate(self.entities))):
                if isinstance(one.get(key), str):
                    self.by[one[key]] = at
            if key == "name":
                for name in [each for each in self.by if [one.get("name") for one in self.entities].count(each) > 1]:
                    del self.by[name]
        for one in self.entities:
            one["emissions"] = []
        if not self.entities:
            self.tell("entities", None, "", Problem("comply.no-entities"))

    def entity(self, name: str, row: int, cells: Cells, made: Mapping[str, Any]) -> int | None:
        if WHOSE in cells:
            return int(cells[WHOSE])
        told = made.get("entity")
        if told is None:
            return None
        at = self.by.get(told)
        if at is None:
            self.tell(name, row, "entity", Problem("comply.entity-unknown", values={"entity": str(told)}))
        return at

    def emissions(self) -> None:
        for row, cells in enumerate(self.given.get("emissions", ())):
            made, one = self.object("emissions", row, cells)
            at = self.entity("emissions", row, cells, made)
            if at is not None:
                mine = self.entities[at]["emissions"]
                self.found.where[f"/entities/{at}/emissions/{len(mine)}"] = ("emissions", row)
                mine.append(one)

    def months(self) -> None:
        for row, cells in enumerate(self.given.get("months", ())):
            of = table("months")
            made = self.cells(of, row, cells)
            at, year, which = self.entity("months", row, cells, made), made.get("year"), made.get("which")
            if at is None or year is None or which is None:
                continue
            mine = self.entities[at]["emissions"]
            number = next((n for n, each in enumerate(mine) if each.get("year") == year), len(mine))
            if number == len(mine):
                mine.append({"year": year})
                self.found.where[f"/entities/{at}/emissions/{number}"] = ("months", row)
            first = year - (which == "last_year")
            tonnes = {f"{first}-{month:02d}": made[f"m{month}"] for month in range(1, 13) if made.get(f"m{month}")}
            if which in mine[number]:
                self.tell("months", row, "which", Problem("comply.twice", values={"name": f"{year}"}))
            elif not tonnes and which == "months":
                self.tell("months", row, "m1", missing(of.column("m1")))
            elif tonnes:
                mine[number][which] = tonnes
                self.found.where[f"/entities/{at}/emissions/{number}/{which}"] = ("months", row)

    def ways(self, at: int, one: dict[str, Any]) -> None:
        """Exactly one way of knowing the emissions."""
        unread = {place[:2] for place, _problem in self.found.problems if place[0] in ("emissions", "months")}
        for number, each in enumerate(one["emissions"]):
            ways = [name for name in _WAYS if name in each]
            name, row = self.found.where[f"/entities/{at}/emissions/{number}"]
            if len(ways) == 1 or (name, row) in unread:
                continue
            values = {"entity": str(one.get("name", "")), "year": str(each.get("year", ""))}
            code = "comply.emissions-several" if ways else "comply.emissions-empty"
            self.tell(name, row, "verified_t" if name == "emissions" else "", Problem(code, values=values))

    def children(self, name: str) -> None:
        for row, cells in enumerate(self.given.get(name, ())):
            made, one = self.object(name, row, cells)
            at = self.entity(name, row, cells, made)
            if at is not None:
                mine = self.entities[at].setdefault(name, [])
                self.found.where[f"/entities/{at}/{name}/{len(mine)}"] = (name, row)
                mine.append(one)

    def offers(self) -> None:
        if offers := self.objects("offers", "/offers"):
            self.found.value["offers"] = offers

    def scenarios(self) -> None:
        found = self.objects("scenarios", "/scenarios")
        names = {each.get("name"): at for at, each in reversed(list(enumerate(found)))}
        for each in found:
            each["prices"] = []
        for row, cells in enumerate(self.given.get("prices", ())):
            made, one = self.object("prices", row, cells)
            at = int(cells[WHOSE]) if WHOSE in cells else names.get(made.get("scenario"))
            if at is None and made.get("scenario") is not None:
                told = str(made["scenario"])
                self.tell("prices", row, "scenario", Problem("comply.scenario-unknown", values={"scenario": told}))
            elif at is not None:
                mine = found[at]["prices"]
                self.found.where[f"/scenarios/{at}/prices/{len(mine)}"] = ("prices", row)
                mine.append(one)
        if found:
            self.found.value["scenarios"] = found

    def limits(self) -> None:
        cash: list[dict[str, Any]] = []
        for row, cells in enumerate(self.given.get("cash", ())):
            made, one = self.object("cash", row, cells)
            if made.get("entity") is not None:
                at = self.entity("cash", row, cells, made)
                one["entity"] = self.entities[at].get("id", "") if at is not None else ""
            self.found.where[f"/limits/cash/{len(cash)}"] = ("cash", row)
            cash.append(one)
        days: dict[str, int] = {}
        for row, cells in enumerate(self.given.get("trading_days", ())):
            made = self.cells(table("trading_days"), row, cells)
            if made.get("window") in days:
                self.tell("trading_days", row, "window", Problem("comply.twice", values={"name": str(made["window"])}))
            elif made.get("window") is not None and made.get("days") is not None:
                days[made["window"]] = made["days"]
        for key, value in (("cash", cash), ("trading_days", days)):
            if value:
                self.found.value.setdefault("limits", {})[key] = value


# --- and back


def tables_of(value: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """The tables of an input, whole or begun. Raises HengtanError ``comply.months`` for months that no table has a place for."""
    made: dict[str, list[dict[str, str]]] = {name: [] for name in tables()}
    made["general"].append(_row("general", value))
    for at, one in enumerate(value.get("entities", ())):
        made["entities"].append(_row("entities", one))
        whose = {"entity": str(one.get("id", "")), WHOSE: str(at)}
        for each in one.get("emissions", ()):
            made["emissions"].append(whose | _row("emissions", each))
            made["months"] += [whose | row for row in _months(each)]
        for name in _OF_ENTITY:
            made[name] += [whose | _row(name, each) for each in one.get(name, ())]
    made["offers"] += [_row("offers", each) for each in value.get("offers", ())]
    for at, one in enumerate(value.get("scenarios", ())):
        made["scenarios"].append(_row("scenarios", one))
        whose = {"scenario": str(one.get("name", "")), WHOSE: str(at)}
        made["prices"] += [whose | _row("prices", each) for each in one.get("prices", ())]
    limits = value.get("limits", {})
    made["cash"] += [_row("cash", each) for each in limits.get("cash", ())]
    made["trading_days"] += [
        {"window": window, "days": str(days)} for window, days in limits.get("trading_days", {}).items()
    ]
    made["quotes"] += [_row("quotes", each) for each in value.get("quotes", ())]
    return made


def _row(name: str, one: Mapping[str, Any]) -> dict[str, str]:
    made = {}
    for column in table(name).columns:
        at: Any = one
        for key in column.path:
            at = at.get(key) if isinstance(at, Mapping) else None
        if column.path and at is not None:
            made[column.name] = text_of(column, at)
    return made


def _months(each: Mapping[str, Any]) -> list[dict[str, str]]:
    found = []
    for which in ("months", "last_year"):
        if which not in each:
            continue
        year = int(each["year"]) - (which == "last_year")
        row = {"year": str(each["year"]), "which": which}
        for month, tonnes in each[which].items():
            if not month.startswith(f"{year}-"):
                raise HengtanError(Problem("comply.months", values={"month": str(month)[:20], "year": str(year)}))
            row[f"m{int(month[5:])}"] = str(tonnes)
        found.append(row)
    return found
