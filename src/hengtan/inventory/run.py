"""One calculation from staged sources to a finished folder: plan, apply, keep (DESIGN section 3)."""

from __future__ import annotations

import hashlib
import platform
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from pathlib import Path
from threading import Event
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hengtan import __version__
from hengtan.engine import AnyEngine, Engine, Written, fetch

from .amounts import settle_amounts
from .apply import write_emissions
from .checks import Period
from .digest import emission_sums
from .folder import canonical, check_free, new_folder, write_json
from .line import GASES, Line
from .phases import Phases
from .plan_file import write_plan
from .posting import Posting, prepare
from .problem_file import Problems, write_problems
from .rules import Rules
from .staging import Source, Staged, stage
from .totals import EXACT, Totals, totals
from .uncertainty import band
from .unposted import unposted


@dataclass(frozen=True, slots=True)
class Options:
    """What a person asked for, beside the rules; kept in run.json so that replay asks for the same.

    given   further options as they were typed (template, policy name, factor files, ...)
    """

    period: Period = field(default_factory=Period)
    draws: int = 0
    upstream: bool = False
    lang: str = "en"
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished calculation; masses are exact Decimals in kg."""

    manifest: Mapping[str, Any]
    summary: Mapping[str, Any]
    totals: Totals
    lines: tuple[Line, ...]
    problems: Problems
    posting: Posting | None
    folder: Path | None = None


class ControlError(RuntimeError):
    """What was written does not add up to what was read: a fault of ours, nothing is kept."""


def calculate(
    sources: Sequence[Source],
    rules: Rules,
    options: Options,
    out: Path | None,
    *,
    engine: AnyEngine | None = None,
    problems: Problems | None = None,
    finish: Callable[[Path, Run, Any], None] | None = None,
    seal: Callable[[Path], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Run:
    """Calculate an inventory and keep it in ``out`` (None: a dry run, nothing is written).

    problems   what intake already found; it is filled
    finish     called with the unfinished folder, the run and the session, to add reports before the folder is shown
    seal       called last, with the folder as it will be shown: keeps it as evidence. run.json then states the canonical
               digest of the emissions (``outputs.canonical_digest``), which costs a fifth of the time
    Raises HengtanError when ``out`` is not free; ControlError when the results do not add up.
    """
    engine = engine or Engine()
    found = problems or Problems()
    phases = Phases(told=tell)
    if out is not None:
        check_free(out)
    with engine.session() as con, tempfile.TemporaryDirectory(prefix="hengtan-run-", dir=engine.folder) as scratch:
        with phases("stage"):

            def settle(path: Path, free: Path, source: Source) -> Path:
                settled, wrong = settle_amounts(con, path, free, source, rules.method)
                found.add(wrong)
                return settled

            staged = stage(sources, Path(scratch), con, settle)
        posting = prepare(con, staged, rules, options.period, found, phases, engine)
        if out is None:
            return _told(con, staged, posting, rules, options, found, phases, engine.name)
        with new_folder(out) as folder, ThreadPoolExecutor(1) as beside:
            target, stop = folder / "emissions.parquet", Event()

            def apply() -> Written:
                with phases("apply"):
                    return write_emissions(engine, posting.good, posting.plan.lines, posting.keys, target, stop)

            writing = beside.submit(apply)  # the rows are written while their sums are taken from the groups
            try:
                run = _told(con, staged, posting, rules, options, found, phases, engine.name)
                manifest: Any = run.manifest
                written = writing.result()
                manifest["outputs"]["emissions_sha256"] = written.sha256
                checking = beside.submit(_checked, engine, target, run.totals, written.rows, phases, bool(seal))
                write_plan(folder / "plan.parquet", run.lines, posting.plan.rejected, posting.keys)
                files = [(source.file, source.sheet) for source in sources]
                write_problems(folder / "problems.csv", found, files, options.lang)
                write_json(folder / "summary.json", run.summary)
                manifest["phases"] = phases.rounded()
                manifest["problems"] = dict(sorted(found.counts.items()))
                write_json(folder / "run.json", manifest)  # what finishes the folder reads it like any run
                if finish:
                    with phases("report"):
                        finish(folder, run, con)
                if canonical := checking.result():
                    manifest["outputs"]["canonical_digest"] = canonical
            finally:
                stop.set()
            manifest["phases"] = phases.rounded()
            write_json(folder / "run.json", manifest)
            if seal:
                seal(folder)
        return replace(run, posting=None, folder=out)


def _told(
    con: Any,
    staged: Staged,
    posting: Posting,
    rules: Rules,
    options: Options,
    problems: Problems,
    phases: Phases,
    engine: str,
) -> Run:
    """All that is said of the rows, from their groups: problems, sums, intervals, summary and manifest."""
    lines = posting.plan.lines
    wrong = posting.tell()
    with phases("total"):
        sums = totals(con, posting.by_facility, posting.by_month, lines)
    with phases("uncertainty"):
        interval = band(con, posting, rules, problems, options.draws)
    manifest = describe(staged, posting, sums, rules, options, engine)
    manifest["unposted"] = unposted(con, staged, posting, wrong, rules.library)
    name = reporting_company(con, staged)
    if name:
        manifest["organisation"]["name"] = name
    manifest["uncertainty"] = interval.basis
    if interval.quality:
        manifest["data_quality"] = interval.quality
    summary = summarise(posting, sums, rules, interval.summary) | {"uncertainty_by_month": dict(interval.months)}
    if posting.plan.used is not None:
        summary["instruments"] = {
            name: {"quantity": text(each.quantity), "used": posting.plan.used[name], "unit": each.unit.symbol}
            for name, each in (rules.instruments or {}).items()
        }
    return Run(manifest, summary, sums, tuple(lines), problems, posting)


def _checked(
    engine: AnyEngine, path: Path, sums: Totals, written: int, phases: Phases, digest: bool = False
) -> str | None:
    """Control the written rows; with ``digest`` by the sums of their canonical digest, which is returned."""
    with phases("control"), engine.session() as con:
        rows = con.read_parquet(str(path))
        found = emission_sums(rows) if digest else None
        control(found.table if found else fetch(basis_sums(rows)), sums, written)
    if found is None:
        return None
    with phases("digest"):
        return found.digest()


def reporting_company(con: Any, staged: Staged) -> str:
    """Who reports: what stands in the column ``organisation`` when it names one company only, else ""."""
    if "organisation" not in staged.tags:
        return ""
    table = staged.union(con, ("organisation",))
    names = fetch(table.filter(table.tag_organisation != "").select("tag_organisation").distinct().limit(2))
    return str(names["tag_organisation"][0]) if names.num_rows == 1 else ""


def basis_sums(rows: Any) -> Any:
    """Rows and masses of emissions by basis, as an expression."""
    return rows.group_by("basis").aggregate(rows=rows.count(), **{name: rows[name].sum() for name in GASES})


def control(read: pa.Table, sums: Totals, written: int) -> None:
    """Rows in = rows posted + rejected and the sums of the written rows are those of the plan, or ControlError.

    read   rows and masses of what was read back, of any groups that have a ``basis``
    """
    found: dict[str, dict[str, Any]] = {}
    for basis in read["basis"].unique().to_pylist():
        part = read.filter(pc.equal(read["basis"], basis))
        found[basis] = {name: pc.sum(part[name]).as_py() for name in ("rows", *GASES)}
    expected: dict[str, dict[str, Any]] = {}
    with localcontext(EXACT):
        for line in sums.by_line:
            into = expected.setdefault(line["basis"], {"rows": 0, **dict.fromkeys(GASES, Decimal(0))})
            into["rows"] += line["rows"]
            for name in GASES:
                into[name] += line[name] or 0
    for basis in {*found, *expected}:
        have, want = found.get(basis, {"rows": 0}), expected.get(basis, {"rows": 0})
        for name in ("rows", *GASES):
            if (have.get(name) or 0) != (want.get(name) or 0):
                raise ControlError(
                    f"basis {basis}: {name} is {have.get(name)} in the rows, {want.get(name)} in the plan"
                )
    if written != sum(row["rows"] for row in found.values()):
        raise ControlError(f"{written} rows were written, {found} were read back")


def summarise(posting: Posting, sums: Totals, rules: Rules, interval: Mapping[str, Any]) -> dict[str, Any]:
    """summary.json of CONTRACT section 4: counts integers, masses decimal strings."""
    return {
        "rows_in": posting.counts.rows,
        "rows_posted": posting.rows_posted,
        "rows_rejected": posting.rows_rejected,
        "gwp_set": rules.gwp,
        "as_of": str(rules.as_of) if rules.as_of else None,
        "totals": _texts(sums.sums),
        "by_category": _texts(dict(sorted(sums.by_category.items(), key=_category_order))),
        "by_facility": {name: _texts(row) for name, row in sums.by_facility.items()},
        "by_month": {name: _texts(row) for name, row in sums.by_month.items()},
        "by_match": {
            name: {"rows": row["rows"], "co2e_kg": text(row["co2e_kg"])} for name, row in sorted(sums.by_match.items())
        },
        "uncertainty": dict(interval),
    }


def _category_order(item: tuple[str, Any]) -> tuple[str, int, str]:
    scope, _, name = item[0].partition(".")
    return scope, int(name) if name.isdigit() else 0, name


def text(value: Decimal) -> str:
    """A mass as decimal text without exponent; trailing zeros beyond the point are cut."""
    plain = f"{value:f}"
    return (plain.rstrip("0").rstrip(".") or "0") if "." in plain else plain


def _texts(values: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: text(value) for name, value in values.items()}


def describe(
    staged: Staged, posting: Posting, sums: Totals, rules: Rules, options: Options, engine: str
) -> dict[str, Any]:
    """run.json: all that went in, by hash, and what came out."""
    period = options.period
    first, last = period.first or posting.counts.first, period.last or posting.counts.last
    content = [
        {name: text(row[name]) if isinstance(row[name], Decimal) else row[name]
         for name in ("scope", "category", "basis", "factor_id", "match", "method", "rows", *GASES)}
        for row in _by_line_content(sums)
    ]  # fmt: skip
    return {
        "hengtan": {"version": __version__, "python": platform.python_version()},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": [
            {"file": s.file, "sheet": s.sheet, "sha256": s.sha256, "bytes": s.bytes, "rows": rows}
            for s, rows in zip(staged.sources, staged.rows, strict=True)
        ],
        "options": {
            "gwp": rules.gwp,
            "as_of": str(rules.as_of) if rules.as_of else None,
            "policy": rules.policy.name,
            "period": f"{period.first or ''}/{period.last or ''}" if period.first or period.last else None,
            "draws": options.draws,
            "upstream": options.upstream,
            "lang": options.lang,
            "approach": list(rules.organisation.approaches),
            "engine": engine,
            **options.given,
        },
        "library": {"version": rules.library.version, "digest": rules.library.digest},
        "organisation": {"period": f"{first or ''}/{last or ''}"},
        "counts": {
            "rows_in": posting.counts.rows,
            "rows_posted": posting.rows_posted,
            "rows_rejected": posting.rows_rejected,
            "keys": len(posting.keys),
            "facilities": sums.facilities,
        },
        "control": {"totals": _texts(sums.sums)},
        "outputs": {"digest": hashlib.sha256(canonical(content)).hexdigest(), "emissions_sha256": None},
        "phases": {},
    }


def _by_line_content(sums: Totals) -> list[dict[str, Any]]:
    """Sums by what the rows say, in a fixed order: equal for any order of the rows and any number of threads."""
    names = ("scope", "category", "basis", "factor_id", "match", "method")
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    with localcontext(EXACT):
        for row in sums.by_line:
            key: tuple[Any, ...] = tuple(row[name] for name in names)
            into = merged.setdefault(key, {**dict(zip(names, key, strict=True)), "rows": 0, **dict.fromkeys(GASES)})
            into["rows"] += row["rows"]
            for gas in GASES:
                if row[gas] is not None:
                    into[gas] = (into[gas] or Decimal(0)) + row[gas]
    return [merged[key] for key in sorted(merged, key=lambda k: tuple("" if part is None else str(part) for part in k))]
