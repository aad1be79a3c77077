"""``hengtan report``: the report of a finished run, again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--format", "forms", multiple=True, type=click.Choice(["pdf", "xlsx", "html"]), help="All three without it."
)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
@click.option(
    "--standard",
    type=click.Choice(["iso14064", "ghgp", "cn-enterprise"]),
    default="iso14064",
    show_default=True,
    help="Structure of the report.",
)
@click.option("--previous", type=click.Path(path_type=Path), metavar="DIR", help="Earlier run: say what changed since.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write; the run's folder without it."
)
def command(
    folder: Path, forms: tuple[str, ...], lang: str, standard: str, previous: Path | None, out: Path | None
) -> int:
    """Write report.pdf, report.xlsx and report.html from the folder of a run."""
    from hengtan.engine import Engine
    from hengtan.inventory.report_data import read_manifest, report_data
    from hengtan.problems import HengtanError, Problem, system
    from hengtan.reports import render

    from .calculate import report_formats

    manifest = read_manifest(folder)
    target = out or folder
    wanted = forms or report_formats()
    issued = [f"report.{form}" for form in wanted if (target / f"report.{form}.tlog-proof").exists()]
    if issued:  # what was entered into a ledger is not written over
        values = {"files": ", ".join(issued)}
        raise HengtanError(Problem("evidence.issued", file=str(target), values=values))
    if (target / "run.json.tlog-proof").exists():  # nor is anything put beside it that nothing would vouch for
        raise HengtanError(Problem("evidence.entered", file=str(target)))
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        values = {"folder": str(target), **system("why", error)}
        raise HengtanError(Problem("folder.not-writable", values=values)) from None
    with Engine().session() as con:
        try:
            data = report_data(folder, con, manifest)
        except (OSError, ValueError, KeyError):  # a file of the run is gone or broken
            raise HengtanError(Problem("folder.not-a-run", values={"folder": str(folder)})) from None
        if previous is not None:
            from hengtan.api.job import changes_since

            data = replace(data, previous=changes_since(previous, folder))
        written = render(data, target, wanted, lang, standard)
    for path in written:
        click.echo(str(path))
    return 0
