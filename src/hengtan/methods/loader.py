"""A method from its YAML file, and everything that is wrong with the file at once."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from hengtan.gases import UnknownGasError, find
from hengtan.problems import HengtanError, Problem, both, system
from hengtan.units import Compound, UnitError, parse, parse_compound

from .checks import check
from .equation import MAX_EXPONENT, Equation, EquationError
from .method import FactorNeed, Method
from .parameter import Input, Parameter, PeriodError, Value, parse_validity

KEYS = ("id", "title", "standard", "applies", "unit", "fuel", "methane", "amount", "inputs", "table", "parameters", "factor",
        "equation", "note")  # fmt: skip
RESULTS = ("co2", "ch4", "n2o", "biogenic_co2", "co2e", "emissions")
METHANE = ("fossil", "biogenic", "carbon", "unknown")


@dataclass(frozen=True, slots=True)
class Row:
    """A place in a method file, and the row of its table there."""

    where: str
    number: int


Where = str | Row
"""Where in the file: keys as they are written, or a row of the table."""


class Reader:
    """Reads one file and gathers its problems."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def problem(self, code: str, where: Where = "", **values: str) -> None:
        """One thing that is wrong with the file."""
        if isinstance(where, Row):
            values |= both("where", "at-row", where=where.where, row=str(where.number))
        elif where:
            values["where"] = where
        self.problems.append(Problem(code, file=str(self.path), values=values))

    def bad(self, where: Where, text: Any, not_what: str, wanted: str, **values: str) -> None:
        """A value that is not what it should be; ``not_what``: the clause that says so."""
        told = both("why", not_what, **values)
        self.problem("method.value-bad", where=where, text=str(text), wanted=wanted, **told)

    def bad_unit(self, where: Where, text: Any, error: UnitError, wanted: str) -> None:
        """A unit that nobody knows, in the words of the units."""
        fault = Problem(error.problem_code, values=error.values)
        detail = {"detail": fault.reason("en").rstrip("."), "detail_zh": fault.reason("zh").rstrip("。")}
        self.bad(where, text, "not-a-unit", wanted, **detail)

    def stop(self) -> None:
        """Raise what was gathered, if anything."""
        if self.problems:
            raise HengtanError(self.problems)

    def keys(self, where: str, body: Mapping[str, Any], known: Iterable[str], wanted: Iterable[str] = ()) -> None:
        """Keys that may not stand here, and those that must."""
        known = tuple(known)
        for key in body:
            if key not in known:
                self.problem("method.key-unknown", where=where, key=str(key), known=", ".join(known))
        for key in wanted:
            if not body.get(key):
                self.problem("method.key-missing", where=where, key=key)

    def mapping(self, where: Where, body: Any) -> dict[str, Any]:
        """A mapping, or an empty one and a problem."""
        if body in (None, ""):
            return {}
        if not isinstance(body, dict):
            self.bad(where, body, "not-a-mapping", "key: value")
            return {}
        return body

    def title(self, where: Where, body: Any) -> dict[str, str]:
        """``{en, zh}``; one text alone serves for both."""
        if isinstance(body, str):
            return {"en": body, "zh": body}
        titles = self.mapping(where, body)
        if not titles.get("en") or not titles.get("zh"):
            self.problem("method.key-missing", where=where, key="title: {en, zh}")
        return {"en": str(titles.get("en", "")), "zh": str(titles.get("zh", ""))}

    def number(self, where: Where, text: Any) -> Fraction:
        """An exact number: ``0.98``, ``44/12``, ``1e-3``, ``98%``."""
        try:
            plain = str(text).strip()
            if len(plain) > 120 or abs(int(plain.rstrip("%").lower().partition("e")[2] or 0)) > MAX_EXPONENT:
                raise ValueError(plain)
            return Fraction(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
        except (ValueError, ZeroDivisionError):
            self.bad(where, text, "not-a-number", "0.98, 44/12, 98%")
            return Fraction(0)

    def flag(self, where: Where, text: Any) -> bool:
        """``true`` or ``false``; nothing is false."""
        if str(text or "false").casefold() not in ("true", "false"):
            self.bad(where, text, "not-a-flag", "true")
        return str(text).casefold() == "true"

    def bounds(self, where: Where, body: Any) -> tuple[Fraction | None, Fraction | None]:
        """``[0, 1]``; an empty end has no bound."""
        if body is None:
            return None, None
        if not isinstance(body, list) or len(body) != 2:
            self.bad(where, body, "not-a-range", "[0, 1]")
            return None, None
        low, high = (self.number(where, end) if end not in ("", None, "null") else None for end in body)
        return low, high

    def unit(self, where: Where, text: Any) -> Compound:
        """A compound unit in which ``unit`` stands for the unit of the row."""
        try:
            result = Compound()
            for index, part in enumerate(str(text).split("/")):
                name = part.strip()
                piece = Compound(powers={"unit": 1}) if name == "unit" else parse_compound(name)
                result = result / piece if index else result * piece
            return result
        except UnitError as error:
            self.bad_unit(where, text, error, "GJ_ncv/unit, kg CO2/t, 1")
            return Compound()

    def day(self, where: Where, text: Any) -> date | None:
        """An ISO date, or None for an empty one."""
        try:
            return date.fromisoformat(str(text)) if text not in (None, "") else None
        except ValueError:
            self.bad(where, text, "not-a-date", "2024-01-31")
            return None

    def value(self, where: Where, body: Mapping[str, Any], number: Any) -> Value:
        """One value with its validity, publication, source and mark."""
        start, end = date.min, None
        try:
            start, end = parse_validity(body.get("valid") or "")
        except ValueError as error:
            not_what = error.key if isinstance(error, PeriodError) else "not-a-period"
            self.bad(where, body.get("valid"), not_what, "2024, 2013/2022, 2024-01-01/")
        mark = str(body.get("mark") or "read")
        if mark not in ("read", "known"):
            self.problem(
                "method.value-bad",
                where=where,
                text=mark,
                **both("why", "not-a-mark"),
                **both("wanted", "either", one="read", other="known"),
            )
        return Value(
            self.number(where, number),
            start,
            end,
            self.day(where, body.get("published")),
            str(body.get("source") or ""),
            mark,
        )

    def column(self, where: str, name: str, body: Any) -> Input:
        """One input column."""
        body = self.mapping(where, body)
        self.keys(where, body, ("unit", "title", "range", "default"), ("unit", "title"))
        low, high = self.bounds(where, body.get("range"))
        default = self.number(where, body["default"]) if body.get("default") not in (None, "") else None
        return Input(
            name,
            self.title(where, body.get("title", "")),
            str(body.get("unit", "1")),
            self.unit(where, body.get("unit", "1")),
            low,
            high,
            default,
        )

    def equation(self, where: Where, text: Any) -> Equation:
        """One equation."""
        try:
            return Equation(str(text))
        except EquationError as error:
            self.problem("method.equation-bad", where=where, **error.told("why"))
            return Equation("0")


def load_method(path: str | Path) -> Method:
    """The method in this YAML file, checked: units parse, names are known, dimensions fit, gases are proportional.

    Raises HengtanError with every problem of the file.
    """
    reader = Reader(Path(path))
    try:
        # Every scalar as text: 0.1 in the file is a tenth, not a double.
        body = yaml.load(Path(path).read_text("utf-8-sig"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506
    except yaml.YAMLError as error:
        reader.problem("method.file-unreadable", **_syntax(error))
        body = None
    except (OSError, UnicodeDecodeError) as error:
        reader.problem("method.file-unreadable", **system("why", error))
        body = None
    reader.stop()
    method = _method(reader, reader.mapping("method", body))
    reader.stop()
    for code, values in check(method):
        reader.problem(code, **values)
    reader.stop()
    return method


def _syntax(error: yaml.YAMLError) -> dict[str, str]:
    mark = getattr(error, "problem_mark", None)
    detail = " ".join(str(getattr(error, "problem", None) or error).split())
    line = {"line": str(mark.line + 1)} if mark else {}
    return both("why", "yaml-syntax", detail=detail, **line) if mark else both("why", "library-says", detail=detail)


def _method(reader: Reader, body: Mapping[str, Any]) -> Method:
    reader.keys("method", body, KEYS, ("id", "title", "standard", "equation"))
    amount = reader.mapping("amount", body.get("amount"))
    if amount:
        reader.keys("amount", amount, ("equation", "inputs"), ("equation",))
    unit = str(body.get("unit") or "")
    if unit not in ("", "table"):
        try:
            parse(unit)
        except UnitError as error:
            reader.bad_unit("unit", unit, error, "t, GJ_ncv, table")
    table = _table(reader, reader.mapping("table", body.get("table")))
    parameters = tuple(
        _parameter(reader, name, text, table)
        for name, text in reader.mapping("parameters", body.get("parameters")).items()
    )
    methane = str(body.get("methane") or "unknown")
    if methane not in METHANE:
        reader.bad("methane", methane, "not-an-origin", ", ".join(METHANE))
    return Method(
        id=str(body.get("id", "")),
        title=reader.title("title", body.get("title", "")),
        standard=str(body.get("standard", "")),
        equations=_equations(reader, body.get("equation")),
        patterns=_patterns(reader, body.get("applies") or []),
        unit=unit,
        units_by_key=table.units,
        table_key=table.key,
        fuel=reader.flag("fuel", body.get("fuel")),
        methane=methane,
        amount_equation=reader.equation("amount", amount["equation"]) if amount.get("equation") else None,
        amount_columns=tuple(
            reader.column(f"amount, {name}", name, text)
            for name, text in reader.mapping("amount", amount.get("inputs")).items()
        ),
        input_columns=tuple(
            reader.column(f"inputs, {name}", name, text)
            for name, text in reader.mapping("inputs", body.get("inputs")).items()
        ),
        parameters=parameters,
        factor=_need(reader, body.get("factor")),
        note=reader.title("note", body["note"]) if body.get("note") else {},
        file=str(reader.path),
    )


def _patterns(reader: Reader, body: Any) -> tuple[str, ...]:
    if not isinstance(body, list):
        reader.bad("applies", body, "not-a-list", "[fuel.*, heat]")
        return ()
    return tuple(str(pattern) for pattern in body)


def _equations(reader: Reader, body: Any) -> dict[str, Equation]:
    found = {}
    for result, text in reader.mapping("equation", body).items():
        if result not in RESULTS:
            try:
                find(result)
            except UnknownGasError:
                known = both("known", "or-a-gas", known=", ".join(RESULTS))
                reader.problem("method.key-unknown", where="equation", key=result, **known)
        found[result] = reader.equation(f"equation, {result}", text)
    return found


def _need(reader: Reader, body: Any) -> FactorNeed | None:
    if body is None:
        return None
    need = reader.mapping("factor", body)
    reader.keys("factor", need, ("unit", "otherwise"))
    unit = str(need.get("unit") or "")
    if unit not in ("", "price_year"):
        try:
            parse(unit)
        except UnitError as error:
            reader.bad_unit("factor", unit, error, "GJ, kg, price_year")
    otherwise = str(need.get("otherwise") or "")
    if otherwise not in ("", "gwp"):
        reader.bad("factor", otherwise, "not-known", "gwp")
    return FactorNeed(unit, otherwise)


class _Table:
    """A CSV of parameters beside the YAML: one row for a key and a period."""

    def __init__(self, key: str = "activity_type", rows: list[dict[str, str]] | None = None) -> None:
        self.key, self.rows = key, rows or []
        self.units = {row[key]: row["unit"] for row in self.rows if row.get("unit")}


def _table(reader: Reader, body: Mapping[str, Any]) -> _Table:
    if not body:
        return _Table()
    reader.keys("table", body, ("file", "key"), ("file",))
    key = str(body.get("key") or "activity_type")
    path = reader.path.parent / str(body.get("file"))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except csv.Error as error:
        why = both("detail", "library-says", detail=str(error))
        reader.problem("method.file-unreadable", **both("why", "of-file", file=path.name, **why))
        return _Table(key)
    except (OSError, UnicodeDecodeError) as error:
        reader.problem("method.file-unreadable", **both("why", "of-file", file=path.name, **system("detail", error)))
        return _Table(key)
    if rows and (key not in rows[0] or None in rows[0]):
        reader.problem("method.key-missing", where=path.name, key=key)
        return _Table(key)
    for number, row in enumerate(rows, start=2):
        if row.get("unit"):
            try:
                parse(row["unit"])
            except UnitError as error:
                reader.bad_unit(Row(path.name, number), row["unit"], error, "t, 万Nm3")
    return _Table(key, rows)


def _parameter(reader: Reader, name: str, text: Any, table: _Table) -> Parameter:
    where = f"parameters, {name}"
    body = reader.mapping(where, text)
    reader.keys(where, body, ("unit", "title", "range", "measurable", "values", "column"), ("unit", "title"))
    low, high = reader.bounds(where, body.get("range"))
    measurable = reader.flag(where, body.get("measurable"))
    values: list[Value] = []
    for text_of_value in body.get("values") or ():
        entry = reader.mapping(where, text_of_value)
        reader.keys(where, entry, ("value", "valid", "published", "source", "mark"), ("value", "source"))
        values.append(reader.value(where, entry, entry.get("value", "0")))
    by_type: dict[str, list[Value]] | None = None
    column = str(body.get("column") or "")
    if column:
        by_type = {}
        for number, row in enumerate(table.rows, start=2):
            if row.get(column):
                by_type.setdefault(row[table.key], []).append(reader.value(Row(where, number), row, row[column]))
        if not by_type:
            reader.problem("method.key-missing", where=where, **both("key", "column-of-table", column=column))
    elif not values and not measurable:
        reader.problem("method.key-missing", where=where, key="values")
    return Parameter(
        name=name,
        title=reader.title(where, body.get("title", "")),
        unit_text=str(body.get("unit", "1")),
        unit=reader.unit(where, body.get("unit", "1")),
        low=low,
        high=high,
        measurable=measurable,
        values=tuple(values),
        by_type=by_type,
    )
