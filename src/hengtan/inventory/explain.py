"""How a result came about: from the cell of the source to the kilogram, every step of it, or why there is none.

What the folder of the run holds is enough for the arithmetic; the row of the input, where it can still be read and is
the same file, adds the cell. Nothing is computed anew but by multiplying what is stored, and that is checked.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import pyarrow.parquet as pq

from hengtan.engine import read_parquet
from hengtan.methods import Method
from hengtan.problems import HengtanError, Problem, both, catalogue
from hengtan.units import UnitError, parse

from .line import GASES
from .lookup import rows_with
from .problem_file import row_of
from .report_data import read_manifest
from .source_row import SourceRow, half_even
from .totals import EXACT, month_parts

VERIFIED, MISSING, CHANGED = "verified", "missing", "changed"


@dataclass(frozen=True, slots=True)
class Result:
    """One posted row of emissions.parquet with the line of the plan that made it: masses = quantity x coefficients.

    masses, coefficients   kg, and kg per unit of the row; None where the factor does not state the gas
    plan      the row of plan.parquet with its JSON read
    months    month to kg CO2e, for a row over several months
    method    the equation and its standard; None where the id is not known to this installation
    """

    basis: str
    scope: int | None
    category: str
    masses: Mapping[str, Decimal | None]
    coefficients: Mapping[str, Decimal | None]
    plan: Mapping[str, Any]
    factors: tuple[Mapping[str, Any], ...]
    months: Mapping[str, Decimal]
    method: Method | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one activity id.

    state     ``verified``: the row was read again from the same file; ``missing``, ``changed``: it could not be
    quantity  as it was multiplied, in ``unit`` (a symbol); from the row, else from the stored result
    amount    the method that made the quantity out of several cells, if one did
    problems  rows of problems.csv of this activity, and of its key
    """

    activity_id: str
    state: str
    rows: tuple[SourceRow, ...]
    posted: Mapping[str, Any] | None
    quantity: Decimal | None
    unit: str
    amount: Method | None
    results: tuple[Result, ...]
    problems: tuple[Mapping[str, str], ...]
    manifest: Mapping[str, Any] = field(repr=False)

    @property
    def rejected(self) -> bool:
        """Whether the activity is in no result."""
        return not self.results


class Kept:
    """The folder of a run, opened for questions about single activities."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        try:
            plan = read_parquet(folder / "plan.parquet")
            inputs = [json.loads(text) for text in plan["inputs"].unique().to_pylist() if text]
            self.plan: list[dict[str, Any]] = [_Line(row) for row in plan.to_pylist()]
            factors = folder / "factors.parquet"
            rows = read_parquet(factors).to_pylist() if factors.exists() else []
        except (OSError, ValueError):
            raise HengtanError(Problem("folder.not-a-run", values={"folder": str(folder)})) from None
        self.factors = {row["factor_id"]: row for row in rows}
        self.keys: dict[int, list[Mapping[str, Any]]] = {}
        for row in self.plan:
            if row["line_basis"]:
                self.keys.setdefault(row["key_id"], []).append(row)
        self.inputs = sorted({name for names in inputs for name in names})

    def posted(self, activity_id: str) -> list[dict[str, Any]]:
        """Its rows of emissions.parquet."""
        return rows_with(self.folder / "emissions.parquet", "activity_id", activity_id)

    def problems(self, activity_id: str) -> Iterator[dict[str, str]]:
        """Its rows of problems.csv."""
        data = (self.folder / "problems.csv").read_bytes()
        if '"' in activity_id or activity_id.encode() in data:  # quotes are doubled in the file; most ids are not in it
            lines = io.StringIO(data.decode("utf-8-sig"), newline="")
            yield from (row for row in csv.DictReader(lines) if row["activity_id"] == activity_id)

    def near(self, activity_id: str) -> dict[str, str]:
        """What comes near to an id that the run does not know, as values of a problem; rejected rows say so and why."""
        from rapidfuzz import process  # noqa: PLC0415  20 ms, for a wrong id only

        told: list[dict[str, str]] = []
        for name, _, _ in process.extract(activity_id, self.ids(), limit=3, score_cutoff=60):
            why = next((row["reason"] for row in self.problems(name) if row["severity"] == "error"), "")
            if why and not self.posted(name):
                told.append(both("near", "id-rejected", id=name, reason=why))
            else:
                told.append({"near": name, "near_zh": name})
        return {
            "near": ", ".join(one["near"] for one in told) or "none",
            "near_zh": "、".join(one["near_zh"] for one in told) or "无",
        }

    def ids(self, most: int = 200_000) -> list[str]:
        """The first ids, posted or rejected, to tell what comes near to a wrong one."""
        with pq.ParquetFile(self.folder / "emissions.parquet") as file:
            batch = next(file.iter_batches(most, columns=["activity_id"]), None)
            found = [] if batch is None else batch.column(0).to_pylist()
        with (self.folder / "problems.csv").open(encoding="utf-8-sig", newline="") as lines:
            found += [row["activity_id"] for row in csv.DictReader(lines)]
        return [name for name in dict.fromkeys(found) if name]


def explain(
    kept: Kept,
    activity_id: str,
    rows: Sequence[SourceRow],
    state: str,
    method_of: Callable[[str], Method | None],
    lang: str = "en",
) -> Explanation | None:
    """The explanation of one activity; None when the run knows no such id.

    rows       the rows of the inputs that carry the id, none where they cannot be read
    state      ``verified``, ``missing`` or ``changed``: what became of the inputs
    method_of  a method by its id
    Raises HengtanError when no line of the plan gives what was posted: the folder is not whole.
    """
    posted, told = kept.posted(activity_id), list(kept.problems(activity_id))
    if not posted and not told and not rows:
        return None
    row = rows[0] if len(rows) == 1 else None
    amount = _amount_method(row, method_of)
    quantity = _quantity(row, amount)
    lines: Sequence[Mapping[str, Any]] = ()
    with localcontext(EXACT):
        if posted:
            found = _matched(kept, posted, row, quantity) if row and quantity is not None else None
            if found is None:
                # The row as it can be read now, if any, does not give what was posted: the folder speaks alone.
                rows, row, amount, state = (), None, None, CHANGED if rows else state
                found = _matched(kept, posted, None, None)
            if found is None:
                raise HengtanError(_not_whole(kept, posted[0]))
            quantity, lines = found
        elif row:
            lines = [line for line in kept.plan if not line["line_basis"] and row.has_key(line, kept.inputs)]
        results = tuple(_result(one, line, quantity, kept, method_of) for one, line in zip(posted, lines, strict=False))
    unit = symbol(row.values.get("unit", "") if row else (lines[0]["unit"] if lines else ""))
    problems = tuple(_told(told, lines, row, lang, posted[0] if posted else {}))
    return Explanation(activity_id, state, tuple(rows), posted[0] if posted else None, quantity, unit, amount, results,
                       problems, kept.manifest)  # fmt: skip


def symbol(text: str) -> str:
    """The unit that the text names, by its symbol; the text itself where it names none."""
    try:
        return parse(text).symbol
    except UnitError:
        return text


class _Line(dict[str, Any]):
    """A line of the plan, of which there are many; what stands in it as JSON is read when it is asked for."""

    JSON: ClassVar[Mapping[str, type]] = {
        "inputs": dict,
        "terms": list,
        "considered": list,
        "problems": list,
        "parts": dict,
    }

    def __getitem__(self, name: str) -> Any:
        if name not in self.JSON:
            return super().__getitem__(name)
        value = super().get(name)
        if value is None or isinstance(value, str):
            value = self[name] = json.loads(value) if value else self.JSON[name]()
        return value


def _amount_method(row: SourceRow | None, method_of: Callable[[str], Method | None]) -> Method | None:
    name = row.values.get("method", "").strip() if row else ""
    method = method_of(name) if name else None
    return method if method and method.amount_inputs else None


def _quantity(row: SourceRow | None, amount: Method | None) -> Decimal | None:
    if row is None or row.quantity is None or amount is None:
        return row.quantity if row else None
    try:
        cells = amount.read({name: row.values.get(name, "") for name in amount.amount_inputs})
        return half_even(f"{amount.amount({'quantity': Decimal(row.quantity_given), **cells}):f}")
    except HengtanError:
        return None


def _matched(
    kept: Kept, posted: Sequence[Mapping[str, Any]], row: SourceRow | None, quantity: Decimal | None
) -> tuple[Decimal | None, list[Mapping[str, Any]]] | None:
    """The lines of one key that give the posted rows to the last digit, and the quantity that does it.

    With the row of the input: of the row's own key. Without: of any key, the quantity being what divides out.
    """
    for lines in kept.keys.values():
        if row is not None and not row.has_key(lines[0], kept.inputs):
            continue
        picked = [line for one in posted for line in lines if _says(line, one)]
        if len(picked) != len(posted):
            continue
        amount = quantity if row is not None else _divided(posted, picked)
        if all(_gives(line, one, amount) for line, one in zip(picked, posted, strict=True)):
            return amount, picked
    return None


def _says(line: Mapping[str, Any], posted: Mapping[str, Any]) -> bool:
    names = ("scope", "category", "basis", "factor_id", "match", "method")
    return (
        all((line[f"line_{name}"] or "") == (posted[name] or "") for name in names)
        and line["facility"] in ("", posted["facility"])
        and (line["key_start"], line["key_end"]) in ((None, None), (posted["start"], posted["end"]))
    )


def _gives(line: Mapping[str, Any], posted: Mapping[str, Any], quantity: Decimal | None) -> bool:
    for gas in GASES:
        mass, rate = posted[gas], line[gas]
        if mass is None or rate is None:
            if mass is not rate:
                return False
        elif mass != (quantity * rate if quantity is not None else rate * 0) or (quantity is None and rate):
            return False
    return True


def _divided(posted: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """The quantity, where some coefficient is not 0 and the quotient is one of six places."""
    for one, line in zip(posted, lines, strict=True):
        for gas in GASES:
            if one[gas] is not None and line[gas]:
                quantity = Fraction(one[gas]) / Fraction(line[gas])
                return Decimal(round(quantity * 10**6)).scaleb(-6)
    return None


def _not_whole(kept: Kept, posted: Mapping[str, Any]) -> Problem:
    values = {"folder": str(kept.folder), "name": posted["activity_id"], "stated": str(posted["co2e_kg"])}
    return Problem("explain.not-whole", values=values)


def _result(
    posted: Mapping[str, Any],
    line: Mapping[str, Any],
    quantity: Decimal | None,
    kept: Kept,
    method_of: Callable[[str], Method | None],
) -> Result:
    rate, start, end = line["co2e_kg"], posted["start"], posted["end"]
    months: dict[str, Decimal] = {}
    if quantity is not None and (start.year, start.month) != (end.year, end.month):
        months = {month: quantity * part for month, part in month_parts(rate, start, end)}
    factors = [kept.factors.get(name, {"factor_id": name}) for name in (posted["factor_id"] or "").split(";") if name]
    return Result(
        posted["basis"],
        posted["scope"],
        posted["category"] or "",
        {gas: posted[gas] for gas in GASES},
        {gas: line[gas] for gas in GASES},
        line,
        tuple(factors),
        months,
        method_of(posted["method"] or ""),
    )


def _told(
    listed: Sequence[Mapping[str, str]],
    lines: Sequence[Mapping[str, Any]],
    row: SourceRow | None,
    lang: str,
    posted: Mapping[str, Any],
) -> Iterator[Mapping[str, str]]:
    """Problems in the language asked for, where the plan keeps what fills their sentences, else as they were written."""
    values = dict(row.values) if row else {}
    values |= {name: str(posted[name]) for name in ("activity_id", "start", "end") if name in posted}
    known: dict[str, Problem] = {}
    for line in lines:
        for one in line["problems"]:
            if one["code"] in catalogue():
                known.setdefault(
                    one["code"], Problem(one["code"], column=one["column"], values={**values, **one["values"]})
                )
    seen = set()
    for problem in listed:
        if (problem["code"], problem["file"], problem["row"]) in seen:
            continue
        seen |= {problem["code"], (problem["code"], problem["file"], problem["row"])}
        fresh = known.get(problem["code"])
        yield {**problem, **({"reason": fresh.reason(lang), "mend": fresh.mend(lang)} if fresh else {})}
    for code, more in known.items():  # beyond the 10,000 of a code that problems.csv lists
        if code not in seen:
            at = row_of(more, lang)
            yield at | ({"file": row.file, "sheet": row.sheet, "row": str(row.row)} if row else {})
