"""From the files of a batch to tables of activities, as its mapping says and with the cells that a person changed."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hengtan.connectors import Reference, Source
from hengtan.connectors.aliases import Aliases, key
from hengtan.connectors.dates import Order
from hengtan.connectors.faults import Faults
from hengtan.connectors.headers import folded, headings
from hengtan.connectors.mapped import (
    PERIOD,
    Assignment,
    Correction,
    Opened,
    corrected,
    open_file,
    outline,
    outlines,
    read_assigned,
    read_by_template,
)
from hengtan.connectors.numbers import Convention
from hengtan.connectors.template import load_template
from hengtan.factors import find_type
from hengtan.problems import HengtanError, Problem
from hengtan.units import UnitError, parse
from hengtan.web.vault.services import facts

from .models import Batch, Json, SourceFile

_MONTH = re.compile(r"(19|20)\d\d\s*[-/.年]\s*(0?[1-9]|1[0-2])\s*月?|(19|20)\d\d\s*(年|[Qq][1-4])?")
_DATES: Mapping[str, Order] = {"day": "day-first", "month": "month-first"}
_NUMBERS = {"comma": Convention.COMMA, "point": Convention.POINT}
_SUFFIX = {"csv": ".csv", "xlsx": ".xlsx", "xls": ".xls", "ods": ".ods", "parquet": ".parquet"}


@dataclass(frozen=True, slots=True)
class Read:
    """sources and what was found on the way; opened: the files in memory by name; left_out: rows that a person took out."""

    sources: list[Source]
    problems: list[Problem]
    unlisted: Mapping[str, int]
    reference: Reference | None
    opened: Mapping[str, Opened]
    left_out: list[Json]


@contextmanager
def placed(files: Iterable[SourceFile]) -> Iterator[dict[str, Path]]:
    """The files under names that their readers understand, by the name that the person gave."""
    with tempfile.TemporaryDirectory(prefix="hengtan-import-") as folder:
        found = {}
        for number, file in enumerate(files):
            path = Path(folder) / f"{number}{Path(file.name).suffix.lower()[:12] or _SUFFIX.get(file.kind, '')}"
            path.symlink_to(facts(file.organisation).path(file.digest))
            found[file.name] = path
        yield found


@contextmanager
def opened(batch: Batch) -> Iterator[dict[str, Opened]]:
    """The files of activity data of a batch; raises HengtanError with all that cannot be opened."""
    files = batch.files.filter(role=SourceFile.Role.ACTIVITIES)
    wrong: list[Problem] = []
    with placed(files) as paths:
        found = {}
        for name, path in paths.items():
            try:
                found[name] = open_file(path, name)
            except HengtanError as error:
                wrong += error.problems
        if wrong:
            raise HengtanError(wrong)
        yield found


def outline_of(files: Mapping[str, Opened]) -> list[Json]:
    """Every sheet with its columns, as the page shows them."""
    found = []
    for name, file in files.items():
        for each in outlines(file):
            found.append(
                {
                    "file": name, "kind": file.kind, "sheet": each.sheet, "visible": each.visible, "rows": each.rows,
                    "header": each.header, "headers": list(each.headers), "samples": [list(s) for s in each.samples],
                    "columns": dict(each.columns), "template": each.template,
                }
            )  # fmt: skip
    return found


def again(files: Mapping[str, Opened], told: Json, header: int) -> Json:
    """The outline of one sheet whose column names stand in another row."""
    file = files[told["file"]]
    each = outline(file, file.sheet(told["sheet"]), header)
    return {
        **told, "header": each.header, "rows": each.rows, "headers": list(each.headers),
        "samples": [list(s) for s in each.samples], "columns": dict(each.columns),
    }  # fmt: skip


def signature(told: Json) -> str:
    """Sheets with the same headers are of one form."""
    heads = sorted({folded(header) for header in told["headers"] if header})
    return hashlib.sha256(json.dumps([told["template"], heads]).encode()).hexdigest()


def suggested(told: Json, remembered: Json | None = None, facilities: frozenset[str] = frozenset()) -> Json:
    """How the sheet is read unless somebody says otherwise: as last time, by a template, or by the names of its columns."""
    form: Json = {"file": told["file"], "sheet": told["sheet"], "header": told["header"], "use": "table"}
    form |= {"columns": dict(told["columns"]), "constants": {}, "template": told["template"]}
    if told["template"]:
        return form | {"use": "template"}
    form["columns"] = by_samples(told, facilities)
    if remembered:
        names = {folded(header): at for at, header in enumerate(told["headers"])}
        known = {name: names[header] for name, header in remembered["columns"].items() if header in names}
        return form | {"columns": known, "constants": dict(remembered["constants"]), "use": remembered["use"]}
    required = [name for name, each in headings().items() if each.required and name not in form["columns"]]
    if not told["visible"] or len(required) > 6 or not told["rows"]:
        return form | {"use": "skip"}
    return form


def by_samples(told: Json, facilities: frozenset[str]) -> dict[str, int]:
    """Columns by their names, and those with other names by what stands in them."""
    found = dict(told["columns"])
    tests: list[tuple[str, Callable[[str], bool]]] = [
        ("unit", lambda text: not text[:1].isdigit() and understood("unit", text)),
        ("activity_type", lambda text: understood("activity_type", text)),
        ("facility", lambda text: text in facilities),
        (PERIOD, lambda text: bool(_MONTH.fullmatch(text))),
    ]
    if "start" in found or "end" in found:
        tests.pop()
    taken = set(found.values())
    for name, fits in tests:
        if name in found:
            continue
        for at, samples in enumerate(told["samples"]):
            if at not in taken and samples and sum(map(fits, samples)) * 2 >= len(samples):
                found[name] = at
                taken.add(at)
                break
    return found


def to_remember(form: Json, told: Json) -> Json:
    """What is kept of a form: columns by header, not by place."""
    heads = [folded(header) for header in told["headers"]]
    columns = {name: heads[at] for name, at in form["columns"].items() if at < len(heads) and heads[at]}
    return {"use": form["use"], "columns": columns, "constants": form["constants"]}


def lacking(form: Json) -> list[str]:
    """Required columns that are neither assigned nor given; ids are made where there are none."""
    have = {*form["columns"], *(name for name, text in form["constants"].items() if text)}
    if PERIOD in have:
        have |= {"start", "end"}
    if "factor_id" in have:
        have.add("activity_type")
    return [name for name, each in headings().items() if each.required and name not in have and name != "activity_id"]


def assignment(batch: Batch, form: Json) -> Assignment:
    """A form of the mapping as the connectors take it."""
    prefix = f"{batch.key}-{hashlib.sha256((form['file'] + form['sheet']).encode()).hexdigest()[:4]}"
    return Assignment(form["sheet"], form["header"], form["columns"], form["constants"], f"{prefix}-{{row}}")


def understood(name: str, text: str) -> bool:
    """Whether a unit or an activity type is one that we know."""
    if name == "activity_type":
        return find_type(text) is not None
    try:
        parse(text)
    except UnitError:
        return False
    return True


def aliases_of(mapping: Json) -> Aliases:
    """The company's own words, as the person translated them."""
    values = {
        name: {key(text): to for text, to in words.items() if to} for name, words in mapping.get("values", {}).items()
    }
    return Aliases(
        {name: words for name, words in values.items() if words},
        numbers=_NUMBERS.get(mapping.get("numbers", ""), Convention.OPEN),
        dates=_DATES.get(mapping.get("dates", ""), ""),
    )


def read(batch: Batch, files: Mapping[str, Opened]) -> Read:
    """Everything that is read of the files; raises HengtanError where nothing can be."""
    aliases, faults = aliases_of(batch.mapping), Faults()
    sources: list[Source] = []
    references: list[Reference] = []
    fatal: list[Problem] = []
    shown: dict[str, Opened] = {}
    left_out = [fix for fix in batch.fixes if fix["column"] is None]
    for name, file in files.items():
        mine = [
            Correction(fix["sheet"], fix["row"], fix["column"], fix["new"])
            for fix in batch.fixes
            if fix["file"] == name and fix["column"] is not None
        ]
        changed = corrected(file, mine)
        shown[name] = changed
        for form in (form for form in batch.mapping["forms"] if form["file"] == name):
            try:
                if form["use"] == "template":
                    source, reference = read_by_template(changed, load_template(form["template"]), aliases, faults)
                    sources.append(source)
                    references += [reference] if reference else []
                elif form["use"] == "table":
                    sources.append(read_assigned(changed, assignment(batch, form), aliases, faults))
            except HengtanError as error:
                fatal += error.problems
    if fatal:
        raise HengtanError(fatal)
    return Read(sources, faults.listed, faults.unlisted, references[0] if references else None, shown, left_out)
