"""``hengtan calculate``: from raw records to an inventory."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hengtan.api.request import Request

if TYPE_CHECKING:
    from hengtan.evidence import Keeper


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder for the results.")
@click.option("--template", metavar="NAME|FILE", help="Reads a sheet of a foreign form.")
@click.option("--factors", multiple=True, metavar="FILE", help="Own factors beside the library's (repeatable).")
@click.option("--policy", metavar="NAME|FILE", help="Rules of choice; without it by the country of each row.")
@click.option("--instruments", metavar="FILE", help="Contractual instruments for market-based scope 2.")
@click.option("--org", "organisation", metavar="FILE", help="Organisation file: regions, approach, shares.")
@click.option("--aliases", metavar="FILE", help="The company's own names of units and types.")
@click.option("--methods", multiple=True, metavar="FILE", help="Own methods (YAML, repeatable).")
@click.option("--period", metavar="FROM/TO", help="First and last day of the inventory; others are rejected.")
@click.option(
    "--gwp", type=click.Choice(["SAR", "AR4", "AR5", "AR5F", "AR6"]), default="AR5", show_default=True, help="GWP set."
)
@click.option("--as-of", metavar="DATE", help="See no factor that was published later.")
@click.option("--upstream", is_flag=True, help="Derive scope 3 category 3 from scope 1 and 2.")
@click.option(
    "--engine", default="duckdb", metavar="duckdb|spark://HOST:PORT", show_default=True, help="Where to compute."
)
@click.option("--draws", type=click.IntRange(0, 1_000_000), default=0, show_default=True, help="Monte Carlo draws.")
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep the run in this ledger, with proofs beside it.",
)
@click.option("--facts", metavar="URL", help="Where the ledger's facts are kept; DIR/private/facts without it.")
@click.option(
    "--ledger-key", type=click.Path(path_type=Path), metavar="FILE", help="The ledger's private key, if outside of DIR."
)
@click.option(
    "--previous", type=click.Path(path_type=Path), metavar="DIR", help="Earlier run; the reports say what changed."
)
@click.option("--about", metavar="FILE", help="What reports say of the company (YAML: name, boundary, ...).")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
@click.option("--dry-run", is_flag=True, help="List the problems; write nothing.")
@click.option("--no-report", is_flag=True, help="Leave out the PDF, XLSX and HTML reports.")
@click.option("--json", "as_json", is_flag=True, help="Print summary.json.")
def command(
    out: Path | None,
    engine: str,
    ledger: Path | None,
    facts: str | None,
    ledger_key: Path | None,
    dry_run: bool,
    no_report: bool,
    as_json: bool,
    previous: Path | None,
    about: str | None,
    **asked: Any,
) -> int:
    """From raw records to an inventory that explains itself.

    INPUT: CSV, XLSX, XLS, ODS or Parquet with activity_id, facility, activity_type, start, end, quantity, unit;
    `hengtan template --xlsx FILE` writes one to fill in.
    """
    from hengtan.cli import with_pandas
    from hengtan.problems import HengtanError, Problem

    if out is None and not dry_run:
        raise click.UsageError("Missing option '--out' (or '--dry-run').")
    if facts and ledger is None:
        raise HengtanError(Problem("evidence.facts-without-ledger"))
    keeper = None if ledger is None else open_keeper(ledger, facts, ledger_key, out)
    from hengtan.api.about import read_about
    from hengtan.inventory.folder import check_free, check_outside

    if out is not None and not dry_run:
        check_free(out)
    if engine != "duckdb":
        with_pandas()
    from hengtan.engine import open_engine

    where = open_engine(engine, None if dry_run else out)
    request = Request(**{name: value for name, value in asked.items() if value not in (None, ())})
    lang = request.lang
    told = read_about(Path(about), about) if about else {}
    if out is not None and not dry_run:
        check_outside(out, [*request.inputs, *(name for _, name in request.files())])
    from hengtan.api.job import carry_out

    from .progress import progress

    with progress(lang, quiet=as_json) as tell:
        tell("read")
        intake, rules, options = request.load()
        forms = () if dry_run or no_report else report_formats()
        target = None if dry_run else out
        run = carry_out(
            request, intake, rules, options, target,
            forms=forms, previous=previous, about=told, tell=tell, engine=where, keeper=None if dry_run else keeper,
        )  # fmt: skip
    from .summary import show_problems, show_run

    if as_json:
        click.echo(json.dumps(run.summary, ensure_ascii=False, indent=2))
    elif dry_run:
        show_problems(run.problems, [(s.file, s.sheet) for s in intake.sources], lang, dict(run.summary))
    else:
        show_run(out, lang)
    return 3 if run.summary["rows_rejected"] else 0


def open_keeper(ledger: Path, facts: str | None, key: Path | None, out: Path | None) -> Keeper:
    """The ledger that was named, before anything is calculated.

    Raises HengtanError ``evidence.no-ledger``, or ``evidence.inside`` for one in the folder that is replaced.
    """
    from hengtan.evidence import Keeper
    from hengtan.problems import HengtanError, Problem

    if out is not None and ledger.absolute().resolve().is_relative_to(out.absolute().resolve()):
        raise HengtanError(Problem("evidence.inside", values={"ledger": str(ledger), "folder": str(out)}))
    return Keeper(ledger, facts, key)


def report_formats() -> tuple[str, ...]:
    """The forms that this installation can write; the PDF needs the extra [report]."""
    from importlib.util import find_spec

    if find_spec("typst") is None:
        click.echo("No PDF: it needs the extra [report] (pip install 'hengtan[report]').", err=True)
        return ("xlsx", "html")
    return ("pdf", "xlsx", "html")


if __name__ == "__main__":
    sys.exit(command())
