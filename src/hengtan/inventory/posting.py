"""From staged rows to posted ones: which rows are good, what their keys become, and every problem on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import ibis
import pyarrow as pa

from hengtan.engine import AnyEngine, Found, create_groups, fetch, few_words, strictly_increasing
from hengtan.problems import Problem

from .apply import Good
from .checks import CHECKS, Counts, Period, by_code, count, problems_of, rejected
from .keys import Key, Shape, by_months, distinct_keys, key_table, shape_of
from .phases import Phases
from .plan import Plan, plan
from .problem_file import LISTED, Problems
from .rules import Rules
from .staging import UNCERTAINTY, Staged
from .totals import with_key_id
from .twins import identical_rows, repeated_ids

_LOOK, _FEW = 20_000, 20  # rows looked at, and how many different things are few


@dataclass(frozen=True, slots=True)
class Posting:
    """What is known before a single result is written.

    by_facility, by_month   tables in the session: groups of the good rows by key and facility, by key and month
    by_stated   groups by key and what the rows state of their uncertainty, where few things are stated; else None
    tell    finds the rows of every problem and returns those whose cells are wrong; to be called once, not needed to write the results
    """

    good: Good
    counts: Counts
    keys: tuple[Key, ...]
    plan: Plan
    by_facility: Any
    by_month: Any
    by_stated: Any
    rows_posted: int
    tell: Callable[[], Any]

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
    engine: AnyEngine,
) -> Posting:
    """Check the rows, group them by key and resolve the keys; ``problems`` is filled.

    What runs on one core (looking whether the ids rise, resolving the keys) runs beside what uses all of them.
    """
    table = staged.union(con, staged.tags)
    with ThreadPoolExecutor(1) as beside:
        with phases("check"):
            rising = beside.submit(strictly_increasing, con, [str(path) for path in staged.paths], "activity_id")
            counts = count(table, sum(staged.rows), period)
            problems.listed[:] = with_ids(con, staged, problems.listed)
            tell = _Teller(con, staged, table, problems)
            repeated = None if rising.result() else repeated_ids(table, counts.rows)
        if repeated is not None:
            tell.repeated(repeated)
        good, keys = _grouped(con, staged, rules, period, phases, counts, repeated)
        twins = beside.submit(_twins, engine, staged, counts.rows, phases)
        with phases("plan"):
            found = plan(keys, rules)
        with phases("tell"):
            told = twins.result()
            if told is not None:
                tell.twins(told)
    shape = good.shape
    numbers = con.create_table("keys", key_table(keys, shape), temp=True)
    by_month = con.create_table("by_month", with_key_id(con.table("by_month_text"), numbers, shape), temp=True)
    groups = con.create_table("groups", with_key_id(con.table("by_facility_text"), numbers, shape), temp=True)
    by_facility, by_stated = _regrouped(con, groups)
    rejected_keys = set(found.rejected)
    posted = sum(key.rows for key in keys if key.number not in rejected_keys)

    def tell_rows() -> Any:
        with phases("tell"):
            wrong = tell.cells_and_keys(good, counts, numbers, keys, found)
            problems.add(found.told)
            return wrong

    return Posting(good, counts, tuple(keys), found, by_facility, by_month, by_stated, posted, tell_rows)


def _regrouped(con: Any, groups: Any) -> tuple[Any, Any]:
    """Groups by key and facility, and by key and what the rows state, from those by all of them."""
    columns = [name for name in UNCERTAINTY if name in groups.columns]
    if not columns:
        return groups, None
    sums = {"rows": groups.rows.sum().cast("int64"), "quantity": groups.quantity.sum().cast("decimal(38,6)")}
    facilities = groups.group_by("key_id", "facility", "org_unit").aggregate(**sums)
    stated = groups.group_by("key_id", *columns).aggregate(**sums)
    return con.create_table("by_facility", facilities, temp=True), con.create_table("by_stated", stated, temp=True)


def _twins(engine: AnyEngine, staged: Staged, rows: int, phases: Phases) -> Found | None:
    with phases("twins"), engine.session(share=2) as con:
        return identical_rows(staged.union(con, staged.tags), staged.present, staged.tags, rows)


def _grouped(
    con: Any,
    staged: Staged,
    rules: Rules,
    period: Period,
    phases: Phases,
    counts: Counts,
    repeated: Found | None,
) -> tuple[Good, list[Key]]:
    """The good rows and their keys; the session gets their groups by facility and by month."""
    with phases("group"):
        inputs: dict[str, None] = {}
        if "method" in staged.present:
            names = fetch(staged.union(con).select("method").distinct())["method"].to_pylist()
            methods = [method for name in sorted(names) if (method := rules.method(name))]
            inputs = dict.fromkeys(column for method in methods for column in method.inputs)
        shape = shape_of(
            staged,
            by_facility=bool(rules.organisation.lines)
            or any(each.facilities for each in (rules.instruments or {}).values()),
            by_date=rules.organisation.dated or rules.instruments is not None,
            method_inputs=tuple(inputs),
            spans=counts.spans > 0,
            zeros=counts.zeros > 0,
        )
        good = Good(staged, period, shape, repeated, counts.rejected == 0, rules.organisation.units)
        rows = good.union(con)
        extra = ("org_unit",) if "facility" in shape.texts else ("facility", "org_unit")
        more = (*extra, *_stated_columns(rows, staged))
        texts = (*shape.texts, *more)
        words = few_words(con, staged.union(con), texts, counts.rows)
        facilities = create_groups(con, "by_facility_text", rows, (*shape.columns, *more), words)
        keys = distinct_keys(facilities, shape)
        create_groups(con, "by_month_text", by_months(rows), (*shape.columns, "first", "last"), words)
    return good, keys


def _stated_columns(rows: Any, staged: Staged) -> tuple[str, ...]:
    """The columns that state an uncertainty, where a look at the first rows finds few different things in them."""
    columns = tuple(name for name in UNCERTAINTY if name in staged.present)
    if not columns:
        return ()
    first = rows.filter(rows.source == 0, rows.position < _LOOK).select(*columns).distinct()
    return columns if fetch(first.aggregate(n=first.count()))["n"][0].as_py() <= _FEW else ()


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


_NO_KEY = -1  # of a row whose cells are wrong


class _Teller:
    """Turns what was found into problems at the rows where the person sees them."""

    def __init__(self, con: Any, staged: Staged, table: Any, problems: Problems) -> None:
        self.con, self.staged, self.sources, self.table, self.problems = con, staged, staged.sources, table, problems

    def whole(self, places: Any) -> Any:
        """The whole rows at ``places`` (source, position and key_id).

        The places are found first, from few columns; the rest is read for these rows only.
        """
        kept = self.con.create_table("told_places", places, temp=True)
        rows = self.con.create_table("told_rows", self.staged.union(self.con, (), kept), temp=True)
        return rows.join(kept, ["source", "position"])

    def rows(self, code: str, column: str, found: Any, total: int, values: Any = None) -> None:
        listed = list(problems_of(found, code, column, self.sources, values))
        self.problems.add(listed)
        self.problems.count(code, total, len(listed))

    def wrong(self, found: Any, period: Period) -> None:
        """Every row that the checks reject, told by each check that finds it."""
        for code, total in by_code(found, period).items():
            if total:
                check = next(check for check in CHECKS if check.code == code)
                self.rows(code, check.column, found.filter(check.condition(found, period)), total)

    def repeated(self, repeated: Found) -> None:
        found = self.table.join(repeated.table, "activity_id")
        self.rows(
            "activity.duplicate-id", "activity_id", found, repeated.total, lambda row: {"times": str(row["times"])}
        )

    def twins(self, twins: Found) -> None:
        found = self.table.join(twins.table, ["source", "position"])
        self.rows("activity.identical", "", found, twins.rows, lambda row: {"other": str(row["other"])})

    def cells_and_keys(self, good: Good, counts: Counts, numbers: Any, keys: Sequence[Key], found: Plan) -> Any:
        """Problems of cells and of keys, told at each row: one walk for all rare ones, a short one for each frequent.

        Returns the rows whose cells are wrong; None where there are none.
        """
        by_code: dict[str, dict[int, Problem]] = {}
        for told in (found.rejected, found.warnings):
            for number, problems in told.items():
                for problem in problems:
                    by_code.setdefault(problem.code, {}).setdefault(number, problem)
        rows_of = {key.number: key.rows for key in keys}
        totals = {code: sum(rows_of[number] for number in marked) for code, marked in by_code.items()}
        rare = sorted({n for code, marked in by_code.items() if totals[code] <= LISTED for n in marked})
        rows, shape = good.union(self.con), good.shape
        places = []
        if counts.rejected:
            bad = self.table.filter(rejected(self.table, good.period))
            places.append(bad.select("source", "position", key_id=ibis.literal(_NO_KEY, "int32")))
        if rare:
            places.append(self.marked(rows, numbers, rare, shape).select("source", "position", "key_id"))
        hits = self.whole(places[0] if len(places) == 1 else ibis.union(*places)) if places else None
        wrong = hits.filter(hits.key_id == _NO_KEY) if counts.rejected and hits is not None else None
        if wrong is not None:
            self.wrong(wrong, good.period)
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
        return wrong

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
