"""The input of a plan as a form: what was typed stays as it was typed, rows come and go, and what is wrong stands at its field.

Fields are named ``table.row.column``; tables and columns are those of ``hengtan.market.compliance.sheets``. A row that belongs to an entity (or
a price to its scenario) names it by the number of its row, so that an id can be changed while the form is being filled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hengtan.market.compliance.cells import text_of, value_of
from hengtan.market.compliance.flat import WHOSE, Place, Taken, checked, tables_of, taken
from hengtan.market.compliance.sheets import table, tables
from hengtan.problems import Problem

from .begin import Begun

FROM = "@from"
"""Where a row came from; ``@from.column``: a value of it."""
QUOTES = "quotes.text"
_NAME = re.compile(r"([a-z_]{1,20})\.([0-9]{1,5})\.(@?[a-z0-9_.@]{1,40})")
OF_ENTITY = ("emissions", "months", "holdings", "allocations", "sales")
_FIXED = {"emissions": ("year",), "months": ("year", "which"), "prices": ("year",)}
Rows = dict[str, list[dict[str, str]]]


@dataclass(slots=True)
class Draft:
    """What was typed so far; said: of a place, in the person's language, what is wrong there; touched: the entity to which something was done."""

    rows: Rows
    wrong: dict[Place, list[str]] = field(default_factory=dict)
    touched: int | None = None

    def years(self) -> list[int]:
        """The planned years, as far as they can be read."""
        try:
            found: list[int] = value_of(table("general").column("years"), self.rows["general"][0].get("years", ""))
        except ValueError:
            return []
        return found[:6]

    def tables(self) -> dict[str, list[dict[str, str]]]:
        """Without what says nothing: rows nobody filled."""
        kept = self._kept()
        return {name: [rows[at] for at in kept[name]] for name, rows in self.rows.items()}

    def _kept(self) -> dict[str, list[int]]:
        years = [str(each) for each in self.years()]
        return {
            name: [at for at, row in enumerate(rows) if _says(name, row) or (name == "emissions" and row.get("year") in years)]
            for name, rows in self.rows.items()
        }  # fmt: skip

    def check(self, lang: str) -> Taken:
        """Reads all; what is wrong is kept at its place."""
        kept = self._kept()
        found = checked(self.tables())
        for (name, row, column), problem in found.problems:
            at = kept[name][row] if row is not None and row < len(kept.get(name, ())) else row
            self.tell((name, at, column), problem, lang)
        return found

    def tell(self, place: Place, problem: Problem, lang: str) -> None:
        """Puts a problem at its place, once."""
        said = f"{problem.reason(lang)}{'' if lang == 'zh' else ' '}{problem.mend(lang)}"
        here = self.wrong.setdefault(place, [])
        if said not in here:
            here.append(said)


def _says(name: str, row: Mapping[str, str]) -> bool:
    if name in ("general", "entities", "scenarios"):
        return True
    mute = (WHOSE, "entity", "scenario", "kind", *_FIXED.get(name, ()))
    return any(text.strip() for key, text in row.items() if key not in mute and not key.startswith(FROM))


def empty() -> Draft:
    """Nothing but a place for one entity."""
    return settled(Draft({**{name: [] for name in tables()}, "general": [{}], "entities": [{}]}))


def draft_of(rows: Mapping[str, Iterable[Mapping[str, str]]]) -> Draft:
    """What tables of another source (a workbook, an input) hold, each cell in the way a form writes it."""
    made = Draft({name: [canonical(name, row) for row in rows.get(name, ())] for name in tables()})
    made.rows["general"] = made.rows["general"][:1] or [{}]
    _own(made.rows)
    return settled(made)


def draft_of_begun(begun: Begun) -> Draft:
    """The same of what was begun, with where each came from."""
    rows = tables_of(begun.value)
    where = taken(rows)
    for pointer, said in begun.said.items():
        name, row, column = where.place(Problem("comply.value", file=f"#{pointer}"))
        if pointer == "/quotes":
            rows["general"][0][f"{FROM}.quotes"] = said.code()
        elif row is not None and row < len(rows[name]):
            rows[name][row][f"{FROM}.{column}" if column else FROM] = said.code()
    return draft_of(rows)


def canonical(name: str, row: Mapping[str, str]) -> dict[str, str]:
    """A row in which every cell that can be read is written in one way."""
    found = dict(row)
    for column in table(name).columns:
        if text := row.get(column.name, "").strip():
            try:
                found[column.name] = text_of(column, value_of(column, text))
            except ValueError:
                continue
    return found


def _own(rows: Rows) -> None:
    """Rows that name their entity or scenario by its id or name get its number; a row whose owner is not there keeps the name."""
    ids = {row.get(key, ""): at for key in ("name", "id") for at, row in reversed(list(enumerate(rows["entities"])))}
    futures = {row.get("name", ""): at for at, row in reversed(list(enumerate(rows["scenarios"])))}
    for name, key, known in (*((each, "entity", ids) for each in OF_ENTITY), ("prices", "scenario", futures)):
        for row in rows[name]:
            if WHOSE not in row and row.get(key, "") in known:
                row[WHOSE] = str(known[row[key]])


def with_book(
    draft: Draft, held: Sequence[Sequence[Mapping[str, Any]] | None], quotes: Sequence[Mapping[str, Any]], said: str
) -> Draft:
    """Holdings as the book has them, by entity; what a person said of a holding of the same name stays. Who has no account keeps his."""
    rows = draft.rows
    for at, mine in enumerate(held):
        if mine is None:
            continue
        before = {row.get("id", ""): row for row in rows["holdings"] if row.get(WHOSE) == str(at)}
        fresh = tables_of({"entities": [{"holdings": mine}]})["holdings"]
        kept = ("inside_market", "started", "made_from", "release_cny", "free_on")
        made = [
            {name: text for name, text in before.get(row["id"], {}).items() if name in kept and (name not in ("free_on", "release_cny") or "pledged_t" in row)}
            | row | {WHOSE: str(at), FROM: said}
            for row in fresh
        ]  # fmt: skip
        rows["holdings"] = [row for row in rows["holdings"] if row.get(WHOSE) != str(at)] + made
    if quotes:
        rows["quotes"] = tables_of({"quotes": quotes})["quotes"]
        rows["general"][0][f"{FROM}.quotes"] = said
    return draft


# --- what was posted


def posted(given: Mapping[str, str]) -> Draft:
    """What a browser sent; names that are none of ours are left out, rows whose owner is gone too."""
    found: dict[str, dict[int, dict[str, str]]] = {name: {} for name in tables()}
    for key, text in given.items():
        match = _NAME.fullmatch(key)
        if (
            match
            and match[1] in found
            and (match[3] == WHOSE or match[3].startswith(FROM) or _knows(match[1], match[3]))
        ):
            found[match[1]].setdefault(int(match[2]), {})[match[3]] = text.replace("\x00", "")
    numbers = {name: {old: new for new, old in enumerate(sorted(found[name]))} for name in ("entities", "scenarios")}
    rows: Rows = {name: [by[at] for at in sorted(by)] for name, by in found.items()}
    for name in (*OF_ENTITY, "prices"):
        owners = numbers["scenarios" if name == "prices" else "entities"]
        kept = []
        for row in rows[name]:
            told = row.get(WHOSE, "")
            if told.isdecimal() and len(told) < 6 and int(told) in owners:
                kept.append(row | {WHOSE: str(owners[int(told)])})
        rows[name] = kept
    rows["general"] = rows["general"][:1] or [{}]
    rows["quotes"] = _quotes(given.get(QUOTES, ""))
    return settled(Draft(rows))


def _knows(name: str, column: str) -> bool:
    return any(each.name == column for each in table(name).columns)


def _quotes(text: str) -> list[dict[str, str]]:
    """One day a line, as it is copied from a spreadsheet: day, close, volume, turnover."""
    names = [each.name for each in table("quotes").columns]
    found = []
    for line in text.splitlines()[:5001]:
        cells = re.split(r"\t|;|(?<=\S)\s+(?=\S)", line.strip())
        if any(cells):
            found.append(dict(zip(names, [each.strip() for each in cells[:4]], strict=False)))
    return found


def quotes_text(rows: Iterable[Mapping[str, str]]) -> str:
    """The lines of the same."""
    names = [each.name for each in table("quotes").columns]
    return "\n".join("\t".join(row.get(name, "") for name in names).rstrip() for row in rows)


def settled(draft: Draft) -> Draft:
    """A row of emissions for each entity and planned year, a price for each scenario and year; empty ones of other years go."""
    planned = [str(each) for each in draft.years()]
    rows = draft.rows
    rows["months"] = [row for row in rows["months"] if row.get("year") in planned or _says("months", row)]
    for name, owners, keep in (("emissions", "entities", True), ("prices", "scenarios", False)):
        made = []
        for at in range(len(rows[owners])):
            mine = [row for row in rows[name] if row.get(WHOSE) == str(at)]
            by_month = [row.get("year", "") for row in rows["months"] if keep and row.get(WHOSE) == str(at)]
            years = list(dict.fromkeys([*planned, *by_month]))
            for year in years:
                if not any(row.get("year") == year for row in mine):
                    mine.append({WHOSE: str(at), "year": year})
            mine = [row for row in mine if row.get("year") in years or _says(name, row)]
            made += sorted(mine, key=lambda row: row.get("year", "")) if keep else mine
        rows[name] = made + [row for row in rows[name] if WHOSE not in row]
    return draft


# --- what a person does to rows


def done(draft: Draft, what: str) -> Draft:
    """``add:TABLE``, ``add:TABLE:ENTITY``, ``add:TABLE:ENTITY:KIND``, ``months:ENTITY:YEAR``, ``remove:TABLE:ROW``; anything else changes nothing."""
    act, _colon, rest = what.partition(":")
    parts = rest.split(":")
    changes: dict[str, Callable[[Draft, list[str]], None]] = {"add": _add, "remove": _remove, "months": _months}
    if act in changes:
        changes[act](draft, parts)
    return settled(draft)


def _number(text: str, most: int) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 6 and int(text) < most else None


def _add(draft: Draft, parts: list[str]) -> None:
    name, rows = parts[0], draft.rows
    if name not in rows or name in ("general", "quotes", "emissions", "months", "prices"):
        return
    made: dict[str, str] = {}
    if name in OF_ENTITY:
        at = _number(parts[1] if len(parts) > 1 else "", len(rows["entities"]))
        if at is None:
            return
        made[WHOSE] = str(at)
        draft.touched = at
    if name in ("holdings", "offers"):
        made["kind"] = "CCER" if parts[-1] == "CCER" else "CEA"
    if name == "entities":
        draft.touched = len(rows["entities"])
    rows[name].append(made)


def _remove(draft: Draft, parts: list[str]) -> None:
    name, rows = parts[0], draft.rows
    at = _number(parts[1] if len(parts) > 1 else "", len(rows.get(name, ())))
    if at is None or name == "general":
        return
    gone = rows[name].pop(at)
    if name in OF_ENTITY and gone.get(WHOSE, "").isdecimal():
        draft.touched = int(gone[WHOSE])
    for of in OF_ENTITY if name == "entities" else ("prices",) if name == "scenarios" else ():
        kept = [row for row in rows[of] if row.get(WHOSE) != str(at)]
        for row in kept:
            if row.get(WHOSE, "").isdecimal() and int(row[WHOSE]) > at:
                row[WHOSE] = str(int(row[WHOSE]) - 1)
        rows[of] = kept


def _months(draft: Draft, parts: list[str]) -> None:
    """Both rows of months for an entity and a year, or none of them any more."""
    rows = draft.rows
    at = _number(parts[0], len(rows["entities"]))
    if at is None or len(parts) < 2 or parts[1] not in map(str, draft.years()):
        return
    mine = [row for row in rows["months"] if row.get(WHOSE) == str(at) and row.get("year") == parts[1]]
    if mine:
        rows["months"] = [row for row in rows["months"] if row not in mine]
    else:
        rows["months"] += [{WHOSE: str(at), "year": parts[1], "which": which} for which in ("months", "last_year")]


def given_of(value: Mapping[str, Any]) -> Draft:
    """The form of an input that is whole."""
    return draft_of(tables_of(value))
