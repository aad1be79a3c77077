"""From staged rows to posted ones: which rows are good, what their keys become, and every problem on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ibis
import pyarrow as pa

from hengtan.engine import fetch, strictly_increasing
from hengtan.problems import Problem

from .apply import Good
from .checks import CHECKS, LISTED, Counts, Period, by_code, count, problems_of, rejected
from .keys import Key, Shape, distinct_keys, grouped, key_table, shape_of
from .phases import Phases
from .plan import Plan, plan
from .problem_file import Problems
from .rules import Rules
from .staging import Staged
from .totals import with_key_id
from .twins import identical_rows, repeated_ids


@dataclass(frozen=True, slots=True)
class Posting:
    """What is known before a single result is written.

    by_facility, by_month   tables in the session: groups of the good rows by key and facility, by key and month
    """

    good: Good
    counts: Counts
    keys: tuple[Key, ...]
    plan: Plan
    by_facility: Any
    by_month: Any
    rows_posted: int

    @property
    def rows_rejected(self) -> int:
        """Rows in less rows posted; the count of the written rows must agree."""
        return self.counts.rows - self.rows_posted


def prepare(
    con: Any,
    staged: Staged,
    rules: Rules,
    period: Period,
    problems: Problems,
    phases: Phases,
) -> Posting:
    """Check the rows, group them by key and resolve the keys; ``problems`` is filled."""
    table = staged.union(con, staged.tags)
    with phases("check"):
        counts = count(table, period)
        distinct = strictly_increasing(con, [str(path) for path in staged.paths], "activity_id")
        repeated = None if distinct else repeated_ids(table, counts.rows)
    with phases("twins"):
        twins = identical_rows(table, staged.present, staged.tags, counts.rows)
    problems.listed[:] = with_ids(con, staged, problems.listed)
    tell = _Teller(staged, table, problems)
    if counts.rejected:
        with phases("check"):
            tell.wrong(con, period)
    if repeated is not None:
        tell.repeated(repeated)
    if twins is not None:
        tell.twins(twins)
    with phases("group"):
        inputs: dict[str, None] = {}
        if "method" in staged.present:
            names = fetch(table.select("method").distinct())["method"].to_pylist()
            methods = [method for name in sorted(names) if (method := rules.method(name))]
            inputs = dict.fromkeys(column for method in methods for column in method.inputs)
        shape = shape_of(
            staged,
            by_facility=bool(rules.organisation.lines),
            by_date=rules.organisation.dated or rules.instruments is not None,
            method_inputs=tuple(inputs),
            spans=counts.spans > 0,
            zeros=counts.zeros > 0,
        )
        good = Good(staged, period, shape, repeated, counts.rejected == 0, rules.organisation.units)
        rows = good.union(con)
        extra = ("org_unit",) if "facility" in shape.texts else ("facility", "org_unit")
        facilities = con.create_table("by_facility_text", grouped(rows, shape, *extra), temp=True)
        keys = distinct_keys(facilities, shape)
        month, month_end = rows.start.truncate("M").cast("date"), rows.end.truncate("M").cast("date")
        dated = rows.mutate(
            first=ibis.ifelse(month == month_end, month, rows.start),
            last=ibis.ifelse(month == month_end, month, rows.end),
        )
        con.create_table("by_month_text", grouped(dated, shape, "first", "last"), temp=True)
    with phases("plan"):
        found = plan(keys, rules)
    numbers = con.create_table("keys", key_table(keys, shape), temp=True)
    for name in ("by_facility", "by_month"):
        con.create_table(name, with_key_id(con.table(f"{name}_text"), numbers, shape), temp=True)
    rejected = set(found.rejected)
    posted = sum(key.rows for key in keys if key.number not in rejected)
    with phases("tell"):
        tell.keys(con, rows, numbers, keys, shape, found)
        problems.add(found.told)
    return Posting(good, counts, tuple(keys), found, con.table("by_facility"), con.table("by_month"), posted)


def with_ids(con: Any, staged: Staged, problems: Sequence[Problem]) -> list[Problem]:
    """The problems of intake, which knows the row, with the id that stands in it (where it is only one)."""
    found: dict[tuple[str, str, int], set[str]] = {}
    for number, source in enumerate(staged.sources):
        rows = {
            p.row for p in problems if p.row and not p.activity_id and (p.file, p.sheet) == (source.file, source.sheet)
        }
        if rows:
            wanted = ibis.memtable(pa.table({"row": pa.array(sorted(rows), pa.int64())}))
            hits = staged.table(con, number).select("row", "activity_id").semi_join(wanted, "row").distinct()
            for hit in fetch(hits).to_pylist():
                found.setdefault((source.file, source.sheet, hit["row"]), set()).add(hit["activity_id"])
    named = {place: ids.pop() for place, ids in found.items() if len(ids) == 1}
    return [
        p if p.activity_id or not p.row else replace(p, activity_id=named.get((p.file, p.sheet, p.row), ""))
        for p in problems
    ]


class _Teller:
    """Turns what was found into problems at the rows where the person sees them."""

    def __init__(self, staged: Staged, table: Any, problems: Problems) -> None:
        self.staged, self.sources, self.table, self.problems = staged, staged.sources, table, problems

    def whole(self, con: Any, name: str, places: Any) -> Any:
        """The whole rows at ``places`` (source, position and what else they carry), as the table ``name``.

        The places are found first, from few columns; the rest is read for these rows only.
        """
        kept = con.create_table(f"{name}_places", places, temp=True)
        rows = con.create_table(name, self.staged.union(con, (), kept), temp=True)
        return rows.join(kept, ["source", "position"])

    def rows(self, code: str, column: str, found: Any, total: int, values: Any = None) -> None:
        listed = list(problems_of(found, code, column, self.sources, values))
        self.problems.add(listed)
        self.problems.count(code, total, len(listed))

    def wrong(self, con: Any, period: Period) -> None:
        """Every row that the checks reject, gathered once, then told by each check that finds it."""
        places = self.table.filter(rejected(self.table, period)).select("source", "position")
        found = self.whole(con, "wrong", places)
        for code, total in by_code(found, period).items():
            if total:
                check = next(check for check in CHECKS if check.code == code)
                self.rows(code, check.column, found.filter(check.condition(found, period)), total)

    def repeated(self, repeated: pa.Table) -> None:
        ids = ibis.memtable(repeated)
        found = self.table.join(ids, "activity_id")
        total = sum(repeated["times"].to_pylist())
        self.rows("activity.duplicate-id", "activity_id", found, total, lambda row: {"times": str(row["times"])})

    def twins(self, twins: pa.Table) -> None:
        found = self.table.join(ibis.memtable(twins), ["source", "position"])
        self.rows("activity.identical", "", found, twins.num_rows, lambda row: {"other": str(row["other"])})

    def keys(self, con: Any, rows: Any, numbers: Any, keys: Sequence[Key], shape: Shape, found: Plan) -> None:
        """Problems of keys, told at each of their rows: one walk for the rare codes, a short one for each frequent."""
        by_code: dict[str, dict[int, Problem]] = {}
        for told in (found.rejected, found.warnings):
            for number, problems in told.items():
                for problem in problems:
                    by_code.setdefault(problem.code, {}).setdefault(number, problem)
        if not by_code:
            return
        counts = {key.number: key.rows for key in keys}
        totals = {code: sum(counts[number] for number in marked) for code, marked in by_code.items()}
        rare = sorted({n for code, marked in by_code.items() if totals[code] <= LISTED for n in marked})
        places = self.marked(rows, numbers, rare, shape).select("source", "position", "key_id")
        hits = self.whole(con, "marked_rows", places) if rare else None
        for code, marked in by_code.items():
            columns = {problem.column for problem in marked.values()}
            column = columns.pop() if len(columns) == 1 else ""

            def values(row: Mapping[str, Any], marked: dict[int, Problem] = marked) -> dict[str, str]:
                return dict(marked[row["key_id"]].values)

            if totals[code] <= LISTED and hits is not None:
                chosen = hits.filter(hits.key_id.isin(list(marked)))
            else:
                chosen = self.first_rows(rows, numbers, sorted(marked), shape)
            self.rows(code, column, chosen, totals[code], values)

    @staticmethod
    def marked(rows: Any, numbers: Any, wanted: Sequence[int], shape: Shape) -> Any:
        return rows.join(numbers.filter(numbers.key_id.isin(list(wanted))), list(shape.columns))

    def first_rows(self, rows: Any, numbers: Any, wanted: Sequence[int], shape: Shape) -> Any:
        """Enough rows of the keys from the beginning of the files; of all files where the beginning has too few."""
        start = rows.filter(rows.source == 0, rows.position < 20 * LISTED)
        found = self.marked(start, numbers, wanted, shape)
        if fetch(found.aggregate(n=found.count()))["n"][0].as_py() >= LISTED:
            return found
        return self.marked(rows, numbers, wanted, shape)
