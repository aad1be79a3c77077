"""One calculation with everything that its folder holds beside the rows: the same from the command line and in Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hengtan.connectors import Intake
from hengtan.engine import AnyEngine
from hengtan.inventory.folder import sha256, write_json
from hengtan.inventory.group_file import write_groups
from hengtan.inventory.problem_file import Problems
from hengtan.inventory.reference import compared
from hengtan.inventory.report_data import report_data, used_factors, write_factors
from hengtan.inventory.rules import Rules
from hengtan.inventory.run import Options, Run, calculate

from .keeping import tell_inputs, user, what_went_in
from .request import Request

if TYPE_CHECKING:
    from hengtan.evidence import Given, Keeper


def changes_since(previous: Path, folder: Path) -> dict[str, Any]:
    """The effects of ``compare`` from an earlier run to this one, in kg as decimal text, as previous.json holds them."""
    from hengtan.inventory.compare import compare
    from hengtan.inventory.stream import read_streams

    found = compare(read_streams(previous), read_streams(folder)).previous()
    return {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in found.items()}


def carry_out(
    request: Request,
    intake: Intake,
    rules: Rules,
    options: Options,
    out: Path | None,
    *,
    forms: Sequence[str] = (),
    previous: Path | None = None,
    about: Mapping[str, str] | None = None,
    tell: Callable[[str], None] | None = None,
    more: Callable[[Path, Run, Any], None] | None = None,
    engine: AnyEngine | None = None,
    keeper: Keeper | None = None,
) -> Run:
    """Calculate what was asked for; ``out`` None: a dry run.

    forms   of the reports to write: pdf, xlsx, html
    previous   the folder of an earlier run: the reports say what changed since
    about      what the company says of itself (``about.FIELDS``), for the reports
    more    called with the unfinished folder, the run and the session, before the reports
    engine  where to compute; DuckDB when it is not given
    keeper  the ledger that the run is entered into before its folder is shown
    Raises HengtanError when ``out`` is not free.
    """
    given: list[Given] = []
    problems = Problems()
    problems.add(rules.library.problems)
    problems.add(intake.problems)
    for code, count in intake.unlisted.items():
        problems.counts[code] += count

    def finish(folder: Path, run: Run, con: Any) -> None:
        manifest: Any = run.manifest
        manifest["base"] = os.path.relpath(Path.cwd(), out)
        manifest["command"] = "calculate"
        manifest["organisation"].update(about or {})
        manifest["files"] = [
            {"role": role, "file": name, "sha256": sha256(request.path(name))} for role, name in request.files()
        ]
        if run.posting is not None:
            write_groups(con, run.posting, folder / "groups.parquet")
        write_factors(folder / "factors.parquet", used_factors(run.lines, rules.library))
        if intake.reference is not None:
            write_json(
                folder / "reference.json", compared(intake.reference, folder / "emissions.parquet", request.lang)
            )
        if more:
            more(folder, run, con)
        if keeper is not None and out is not None:
            tell_inputs(run, con)
            given.extend(what_went_in(run, con, request, intake.sources))
            manifest["ledger"] = keeper.described(out)
        if previous is not None:
            write_json(folder / "run.json", manifest)
            write_json(folder / "previous.json", changes_since(previous, folder))
        if forms:
            from hengtan.reports import render

            render(report_data(folder, con, run.manifest), folder, forms, request.lang)

    def seal(folder: Path) -> None:
        from hengtan.evidence import Bundle

        assert keeper is not None
        if tell:
            tell("ledger")
        keeper.keep(Bundle(folder, given, user()))

    return calculate(
        intake.sources, rules, options, out,
        engine=engine, problems=problems, finish=finish, seal=seal if keeper else None, tell=tell,
    )  # fmt: skip
