"""The command line: one small module per command, loaded when it is called."""

from __future__ import annotations

import errno
import importlib
import sys
from typing import Any

import click

from hengtan import __version__

# name -> (module, attribute, one line of help); a module is imported when its command runs. A name with dots is one beside
# this package, on the same floor: it is looked up, not known.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "calculate": ("calculate", "command", "From raw records to an inventory that explains itself."),
    "explain": ("explain", "command", "How one number came about, to the cell of the source."),
    "replay": ("replay", "command", "Compute a run again and compare the digests."),
    "compare": ("compare", "command", "What changed between two runs; the parts add up to the difference."),
    "report": ("report", "command", "Write the report of a finished run again, in another form or language."),
    "factors": ("factors", "factors", "Search, show and check emission factors."),
    "policy": ("policy", "group", "Show the rules by which factors are chosen."),
    "types": ("types", "command", "List the activity types, in Chinese and English."),
    "methods": ("methods", "command", "List the calculation methods and their equations."),
    "template": ("template", "command", "Write the input workbook, or show the templates for foreign sheets."),
    "verify": ("verify", "command", "Check a log, a run or a report against what was signed. Needs no network."),
    "ledger": ("ledger", "group", "A transparency log: append, prove, witness, export, serve."),
    "sector": ("sector", "group", "Statements by Chinese sector guidelines."),
    "ets": ("ets", "group", "Allowances of the Chinese national carbon market."),
    "comply": ("comply", "group", "Surrender at least cost, within the rules."),
    "assets": ("assets", "group", "The book of carbon assets: allowances, credits, certificates."),
    "serve": ("hengtan.web.command", "command", "The web application (comes with the extra [web])."),
    "check": (
        "hengtan.web.command",
        "check",
        "Check an installation of the web application, and what is unsafe in it.",
    ),
    "worker": ("hengtan.web.command", "worker", "Do the jobs of the web application; serve has one beside it."),
}


class Commands(click.Group):
    """A group that knows the names of its commands without importing them; ``table`` as ``COMMANDS``."""

    table = COMMANDS

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which a person meets them."""
        return list(self.table)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command, imported now."""
        if name not in self.table:
            return None
        module, attribute, _ = self.table[name]
        command: click.Command = getattr(
            importlib.import_module(module if "." in module else f"{__name__}.{module}"), attribute
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands from the table above, so that --help imports nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in self.table.items()])


class _WithoutPandas:
    """pyarrow imports pandas (0.9 s) only to ask whether a list is a Series; the command line never needs it."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def with_pandas() -> None:
    """Let pandas in after all: Spark's sessions load it."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _WithoutPandas)]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(__version__, prog_name="hengtan")
def app() -> None:
    """hengtan 衡碳 weighs a company's carbon so that anybody can check the weighing.

    Exit: 0 all good; 3 done, but rows were rejected or a check found errors; 2 wrong usage or unreadable input;
    1 internal fault (--debug shows the traceback).
    """


# What was named is not ours to read or write; other errors of the system (a full disk, a file of ours that is gone) are no usage.
REFUSED_BY_THE_SYSTEM = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR)


def main(args: list[str] | None = None) -> None:
    """Run the command line; never a traceback without ``--debug``."""
    if args is None:
        sys.meta_path.insert(0, _WithoutPandas())
    given = list(sys.argv[1:] if args is None else args)
    debug = "--debug" in given
    given = [arg for arg in given if arg != "--debug"]
    sys.exit(_run(given, debug))


def _run(given: list[str], debug: bool) -> int:
    try:
        result: Any = app.main(args=given, prog_name="hengtan", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Abort:
        click.echo("Stopped; nothing was written. 已中止，未写入任何内容。", err=True)
        return 1
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as fault:
        from hengtan.facts import FactRefused
        from hengtan.ledger.refused import Refused
        from hengtan.problems import HengtanError, Problem

        if debug:
            raise
        if isinstance(fault, Refused):
            click.echo(f"{fault.code}: {fault.problem.sentence(language(given))}", err=True)
            return 3
        if isinstance(fault, HengtanError):
            for problem in fault.problems:
                click.echo(f"{problem.code}: {problem.sentence(language(given))}", err=True)
            return 3 if isinstance(fault, FactRefused) else 2
        if isinstance(fault, OSError) and fault.filename and fault.errno in REFUSED_BY_THE_SYSTEM:
            problem = Problem("file.refused", file=str(fault.filename), values={"why": fault.strerror or str(fault)})
            click.echo(f"{problem.code}: {problem.sentence(language(given))}", err=True)
            return 2
        click.echo(f"Internal fault: {type(fault).__name__}: {fault}", err=True)
        click.echo("Nothing half-done was kept. Run again with --debug to see where, and report it.", err=True)
        return 1


def language(given: list[str]) -> str:
    """The language that the arguments ask for."""
    for at, arg in enumerate(given):
        value = (
            arg.partition("=")[2] if arg.startswith("--lang=") else given[at + 1 : at + 2] if arg == "--lang" else ""
        )
        if value in ("zh", ["zh"]):
            return "zh"
    return "en"
