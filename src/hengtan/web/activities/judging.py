"""What would become of the rows: which are posted, which are rejected and why, what the totals are. Nothing is kept."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hengtan.connectors import Source
from hengtan.factors import load_policy, open_library
from hengtan.inventory.organisation import NO_ORGANISATION, parse_organisation
from hengtan.inventory.problem_file import Problems
from hengtan.inventory.rules import Rules
from hengtan.inventory.run import Options, calculate
from hengtan.methods import load_method
from hengtan.problems import Problem
from hengtan.web.boundaries.models import Facility, FacilityPlace
from hengtan.web.library import services as ours
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.vault.services import facts

from .models import Batch, Json, PeriodLock, SourceFile, State
from .reading import Read, placed


@dataclass(frozen=True, slots=True)
class Judged:
    """sources: without the rows that are refused; rows_in = len(posted) + rejected; posted: activity_id -> kg CO2e (location-based); totals: kg by scope, as text."""

    read: Read
    sources: tuple[Source, ...]
    rows_in: int
    posted: Mapping[str, Decimal]
    problems: Problems
    totals: Mapping[str, str]
    new_facilities: tuple[tuple[str, str], ...]
    months: tuple[str, ...]
    days: tuple[date | None, date | None]

    @property
    def rejected(self) -> int:
        """Rows that are not posted, those that a person left out included."""
        return self.rows_in - len(self.posted)

    def table(self) -> pa.Table:
        """The posted rows of all sources, as the activity table with where each came from."""
        return pa.concat_tables([_kept(source, self.posted) for source in self.sources], promote_options="default")


def judge(batch: Batch, read: Read, membership: Membership, tell: Callable[[str], None]) -> Judged:
    """Calculates the rows with the approved factors and those of the batch, into a folder that goes again."""
    organisation = batch.organisation
    problems = Problems()
    problems.add(read.problems)
    for code, count in read.unlisted.items():
        problems.counts[code] += count
    refused = _Refused(batch, membership, problems, read)
    sources = tuple(replace(source, data=refused.rows(source)) for source in read.sources)
    posted: dict[str, Decimal] = {}
    totals: Mapping[str, str] = {}
    if any(_rows(source).num_rows for source in sources):
        with _factors(batch) as paths, tempfile.TemporaryDirectory(prefix="hengtan-judge-") as folder:
            tell("factors")
            library = open_library([*paths, *ours.paths(organisation, "factors")])
            policy = next(iter(ours.paths(organisation, "policy")), "default")
            methods = {method.id: method for method in map(load_method, ours.paths(organisation, "method"))}
            boundary = _boundary(organisation, refused.regions)
            rules = Rules(library, load_policy(policy), organisation=boundary, methods=methods)
            problems.add(library.problems)
            out = Path(folder) / "run"
            run = calculate(
                [source for source in sources if _rows(source).num_rows],
                rules,
                Options(),
                out,
                problems=problems,
                tell=tell,
            )
            totals = run.summary["totals"]
            rows = pq.read_table(out / "emissions.parquet", columns=["activity_id", "basis", "co2e_kg"])
            rows = rows.filter(pc.not_equal(rows["basis"], "market"))
            posted = dict(zip(rows["activity_id"].to_pylist(), rows["co2e_kg"].to_pylist(), strict=True))
    first, last = _span(sources, posted)
    rows_in = sum(_rows(source).num_rows for source in read.sources)
    return Judged(
        read,
        sources,
        rows_in,
        posted,
        problems,
        totals,
        refused.new(posted),
        _months(sources, posted),
        (first, last),
    )


def _rows(source: Source) -> Any:
    """Its table: whatever a person assigned was read into memory."""
    return source.data


def _factors(batch: Batch) -> Any:
    """The factor files of the batch, and those that came with approved ones."""
    own = batch.files.filter(role=SourceFile.Role.FACTORS)
    known = list(own.values_list("digest", flat=True))
    approved = SourceFile.objects.of(batch.organisation).filter(
        role=SourceFile.Role.FACTORS, batch__state=State.APPROVED
    )
    others: dict[str, SourceFile] = {}
    for file in approved.exclude(digest__in=known).exclude(batch=batch.supersedes_id or 0):
        others.setdefault(file.digest, file)
    named = [*own, *others.values()]
    for number, file in enumerate(named):
        file.name = f"{number}-{file.name}"
    return _Paths(named)


class _Paths:
    """Paths of the files while the block runs."""

    def __init__(self, files: list[SourceFile]) -> None:
        self._placed = placed(files)

    def __enter__(self) -> list[Path]:
        return list(self._placed.__enter__().values())

    def __exit__(self, *fault: Any) -> None:
        self._placed.__exit__(*fault)


def _boundary(organisation: Organisation, new: Mapping[str, str]) -> Any:
    """The facilities with their places, and those that would be added with the batch, in the region of their rows."""
    places = FacilityPlace.objects.of(organisation).select_related("facility", "unit")
    rows = [
        {
            "facility": place.facility.name, "org_unit": place.unit.name if place.unit else "",
            "region": place.facility.region, "approach": place.approach,
            "share_pct": f"{place.share_pct.normalize():f}", "valid_from": str(place.valid_from or ""),
            "valid_to": str(place.valid_to or ""),
        }
        for place in places
    ]  # fmt: skip
    rows += [
        {"facility": name, "region": region or organisation.region, "approach": organisation.approach}
        for name, region in new.items()
    ]
    return parse_organisation(rows, "organisation.csv") if rows else NO_ORGANISATION


class _Refused:
    """Rows that the organisation refuses, whatever their cells say: facilities of others, ids that are taken, closed months."""

    def __init__(self, batch: Batch, membership: Membership, problems: Problems, read: Read) -> None:
        self.problems = problems
        self.left = {(fix["file"], fix["sheet"], fix["row"], fix["cell"]): fix["by"] for fix in read.left_out}
        organisation = batch.organisation
        self.may_add = membership.may(Act.BOUNDARY)
        seen = Facility.objects.visible_to(membership.user).of(organisation)
        self.facilities = set(seen.values_list("name", flat=True))
        if batch.mapping.get("facilities"):  # a source brings rows of these alone
            self.facilities &= set(batch.mapping["facilities"])
            self.may_add = False
        self.regions: dict[str, str] = {}
        self.locks = list(PeriodLock.objects.of(organisation).filter(opened_at=None))
        others = Batch.objects.of(organisation).filter(state__in=(State.SUBMITTED, State.APPROVED))
        others = others.exclude(pk=batch.pk).exclude(pk=batch.supersedes_id or 0)
        self.taken: list[tuple[str, Any]] = []
        store = facts(organisation)
        for name, digest in others.values_list("name", "parquet"):
            ids = pq.read_table(store.path(digest), columns=["activity_id"])["activity_id"]
            self.taken.append((name, ids.combine_chunks()))

    def rows(self, source: Source) -> pa.Table:
        """The rows that are not refused; the others are told."""
        table = _rows(source)
        bad = pa.array([False] * table.num_rows)
        for code, column, found, values in self._found(source, table):
            mask = pc.fill_null(found, False)
            count = pc.sum(mask).as_py() or 0
            if not count:
                continue
            for row in table.filter(mask).slice(0, 10_000).to_pylist():
                where = source.headers.get(column, column)
                told = Problem(
                    code, source.file, source.sheet, row["row"], where, row["activity_id"] or "", values(row)
                )
                self.problems.add([told])
            bad = pc.or_(bad, mask)
        return table.filter(pc.invert(bad))

    def _left(self, source: Source, table: pa.Table) -> Iterable[tuple[str, Any]]:
        """Who left rows out, and which; of a wide row one cell may be meant."""
        mine: dict[str, set[tuple[int, str]]] = defaultdict(set)
        for (file, sheet, row, cell), name in self.left.items():
            if (file, sheet) == (source.file, source.sheet):
                mine[name].add((row, cell))
        rows = table["row"].to_pylist()
        cells = table["cell"].to_pylist() if "cell" in table.column_names else [""] * len(rows)
        for name, places in mine.items():
            yield (
                name,
                pa.array([(row, "") in places or (row, cell) in places for row, cell in zip(rows, cells, strict=True)]),
            )

    def _found(
        self, source: Source, table: pa.Table
    ) -> Iterable[tuple[str, str, Any, Callable[[dict[str, Any]], dict[str, str]]]]:
        for name, mask in self._left(source, table) if self.left else ():
            yield "import.left-out", "", mask, partial(_by, name)
        names = table["facility"].combine_chunks() if "facility" in table.column_names else pa.nulls(table.num_rows)
        unknown = sorted({name for name in pc.unique(names).to_pylist() if name} - self.facilities)
        if self.may_add:
            regions = table["region"].to_pylist() if "region" in table.column_names else [None] * table.num_rows
            wanted = set(unknown)
            for name, region in zip(names.to_pylist(), regions, strict=True):
                if name in wanted and not self.regions.get(name):
                    self.regions[name] = region or ""
        elif unknown:
            mask = pc.is_in(names, pa.array(unknown, names.type))
            yield "import.facility-unknown", "facility", mask, lambda row: {"facility": row["facility"]}
        ids = table["activity_id"]
        for batch, taken in self.taken:
            mask = pc.is_in(ids, taken.cast(ids.type))
            yield (
                "import.id-taken", "activity_id", mask,
                partial(_taken, batch),
            )  # fmt: skip
        for lock in self.locks:
            first, after = lock.first_month, _next(lock.last_month)
            mask = pc.and_(pc.less(table["start"], after), pc.greater_equal(table["end"], first))
            yield "import.period-closed", "start", mask, partial(_touched, lock)

    def new(self, posted: Mapping[str, Decimal]) -> tuple[tuple[str, str], ...]:
        """Facilities that would be added with the batch, and their regions."""
        return tuple(sorted(self.regions.items())) if posted else ()


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _touched(lock: PeriodLock, row: dict[str, Any]) -> dict[str, str]:
    return {"month": f"{max(row['start'], lock.first_month):%Y-%m}"}


def _by(name: str, _row: dict[str, Any]) -> dict[str, str]:
    return {"name": name}


def _taken(batch: str, row: dict[str, Any]) -> dict[str, str]:
    return {"activity_id": row["activity_id"], "batch": batch}


def _good(source: Source, posted: Mapping[str, Decimal]) -> pa.Table:
    ids = _rows(source)["activity_id"].combine_chunks()
    return _rows(source).filter(pc.is_in(ids, pa.array(list(posted), ids.type)))


def _span(sources: Iterable[Source], posted: Mapping[str, Decimal]) -> tuple[date | None, date | None]:
    starts, ends = [], []
    for source in sources:
        good = _good(source, posted)
        if good.num_rows:
            starts.append(pc.min(good["start"]).as_py())
            ends.append(pc.max(good["end"]).as_py())
    return min(starts, default=None), max(ends, default=None)


def _months(sources: Iterable[Source], posted: Mapping[str, Decimal]) -> tuple[str, ...]:
    spans: set[tuple[date, date]] = set()
    for source in sources:
        good = _good(source, posted)
        spans |= set(zip(good["start"].to_pylist(), good["end"].to_pylist(), strict=True))
    months = set()
    for first, last in spans:
        at = first.replace(day=1)
        while at <= last:
            months.add(f"{at:%Y-%m}")
            at = _next(at)
    return tuple(sorted(months))


_DROPPED = ("row", "cell", "unit_cell", "unreadable")
_RENAMED = {"unit_as_given": "unit_given", "activity_type_as_given": "activity_type_given"}


def _kept(source: Source, posted: Mapping[str, Decimal]) -> pa.Table:
    """The posted rows of a source; no column of it has a name that we need ourselves."""
    good = _good(source, posted)
    count, letters = good.num_rows, source.letters.get("quantity", "")
    rows = good["row"].to_pylist()
    if "cell" in good.column_names:
        cells = good["cell"].to_pylist()
    else:
        cells = [f"{letters}{row}" if letters else "" for row in rows]
    columns = {
        _RENAMED.get(name, name): good[name].cast(pa.string()) if _is_text(good[name].type) else good[name]
        for name in good.column_names
        if name not in _DROPPED
    }
    columns |= {
        "source_file": pa.array([source.file] * count, pa.string()),
        "source_sheet": pa.array([source.sheet] * count, pa.string()),
        "source_row": pa.array([str(row) for row in rows], pa.string()),
        "source_cell": pa.array(cells, pa.string()),
        "source_sha256": pa.array([source.sha256] * count, pa.string()),
    }
    return pa.table(columns)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_dictionary(kind) or pa.types.is_large_string(kind))


def control_totals(judged: Judged) -> list[Json]:
    """Sums of the quantities by activity type and unit: in the sheets, and posted."""
    inside: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    posted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    rows: Counter[tuple[str, str]] = Counter()
    for source in judged.read.sources:
        table = _rows(source).select(["activity_id", "activity_type", "unit", "quantity"])
        for one, kind, unit, quantity in zip(*(column.to_pylist() for column in table.columns), strict=True):
            try:
                number = Decimal(quantity)
            except (ArithmeticError, TypeError, ValueError):
                continue
            if not number.is_finite():
                continue
            place = (kind or "", unit or "")
            rows[place] += 1
            inside[place] += number
            if one in judged.posted:
                posted[place] += number
    return [
        {"type": kind, "unit": unit, "rows": rows[kind, unit], "in": _plain(total), "good": _plain(posted[kind, unit])}
        for (kind, unit), total in sorted(inside.items(), key=lambda each: -rows[each[0]])
    ]


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
