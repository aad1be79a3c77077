"""``hengtan.calculate``: from a table or files to an inventory in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hengtan.connectors import Intake
from hengtan.inventory.cube import write_cube
from hengtan.inventory.run import Run

from .given import NAME, arrow, day_text, keep, paths_of, period_text
from .inventory import CUBE, Inventory
from .job import carry_out
from .keeping import open_keeper, tell_inputs, went_in, what_went_in
from .request import Request

if TYPE_CHECKING:
    from hengtan.evidence import Given

FilePath = str | PathLike[str]


def calculate(
    activities: Any,
    *,
    factors: FilePath | Sequence[FilePath] = (),
    gwp: str = "AR5",
    policy: FilePath | None = None,
    organisation: FilePath | None = None,
    instruments: FilePath | None = None,
    aliases: FilePath | None = None,
    methods: FilePath | Sequence[FilePath] = (),
    template: FilePath | None = None,
    period: str | int | tuple[date | str | None, date | str | None] | None = None,
    as_of: date | str | None = None,
    upstream: bool = False,
    draws: int = 0,
    lang: str = "en",
    ledger: FilePath | None = None,
    facts: str | None = None,
) -> Inventory:
    """Calculate an inventory; nothing is written where you can see it until you :meth:`Inventory.save` it.

    activities   a pandas or polars DataFrame, an Arrow table, a list of dictionaries, a dictionary of columns, or
                 one or several paths; columns as in the activity table (Chinese headers are understood). Rows of a
                 table are counted from 1
    factors, methods, organisation, instruments, aliases, template, policy   files as for ``hengtan calculate``
    gwp          SAR, AR4, AR5, AR5F or AR6
    period       ``"2024"``, ``"2024-04/2025-03"`` or a pair of days; rows outside are rejected
    as_of        factors published later are not seen
    upstream     derive scope 3 category 3 from the fuels and the energy of scope 1 and 2
    draws        Monte Carlo draws of the uncertainty; 0: closed form
    ledger       folder of the ledger that the inventory is entered into when it is saved; facts: root of its facts

    What is wrong in rows is a list, ``Inventory.problems``. Raises HengtanError for what cannot go on at all: no
    required column, an unreadable file, a bad factor file, a folder that is no ledger or has no key at hand.
    """
    keeper = open_keeper(ledger, facts)
    work = tempfile.TemporaryDirectory(prefix="hengtan-inventory-")
    try:
        inputs = paths_of(activities)
        if inputs is None:
            table = Path(work.name) / NAME
            keep(arrow(activities), table)
            inputs = (str(table),)
        request = Request(
            inputs=inputs,
            template=_text(template),
            factors=_texts(factors),
            policy=_text(policy),
            instruments=_text(instruments),
            organisation=_text(organisation),
            aliases=_text(aliases),
            methods=_texts(methods),
            period=period_text(period),
            gwp=gwp,
            as_of=day_text(as_of),
            upstream=upstream,
            draws=draws,
            lang=lang,
        )
        intake, rules, options = request.load()
        intake = _named(intake, str(Path(work.name) / NAME))
        given: list[Given] = []

        def more(folder: Path, run: Run, con: Any) -> None:
            if run.posting is not None:
                write_cube(con, run.posting, folder / CUBE)
            if keeper is not None:
                tell_inputs(run, con)
                given.extend(what_went_in(run, con, request, intake.sources))

        run = carry_out(request, intake, rules, options, Path(work.name) / "run", more=more)
    except BaseException:
        work.cleanup()
        raise
    if keeper is None:
        given = went_in(request, intake.sources, run.manifest)
    return Inventory(run, intake, rules, work, lang, given, keeper)


def _named(intake: Intake, path: str) -> Intake:
    """A table in memory is called by its name, not by the file that it passed through."""
    sources = tuple(replace(one, file=NAME) if one.file == path else one for one in intake.sources)
    problems = tuple(replace(one, file=NAME) if one.file == path else one for one in intake.problems)
    return replace(intake, sources=sources, problems=problems)


def _text(given: FilePath | None) -> str | None:
    return None if given is None else str(given)


def _texts(given: FilePath | Sequence[FilePath]) -> tuple[str, ...]:
    return (str(given),) if isinstance(given, (str, PathLike)) else tuple(str(one) for one in given)
