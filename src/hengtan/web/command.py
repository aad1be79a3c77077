"""``hengtan serve``: the web application. The command line finds it by name, so neither floor knows the other."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

import click

from .configuration import Configuration, MisconfiguredError

WORDS = {
    "error": {"en": "unsafe ", "zh": "不安全"},
    "warning": {"en": "mind   ", "zh": "请注意"},
    "clean": {"en": "Nothing to say against it.", "zh": "未发现问题。"},
}
NEEDED = ("django", "allauth", "argon2", "django_htmx", "granian", "ninja", "whitenoise")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data folder of this installation.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that answer.")
@click.option("--demo", is_flag=True, help="With examples and three people, in a folder that nobody has set up.")
def command(host: str, port: int, data: Path | None, workers: int, demo: bool) -> int:
    """The web application: migrate the database, then serve until stopped.

    Settings come from HENGTAN_* and hengtan.toml. Needs the extra [web].
    """
    configuration = _configuration(data)
    if configuration is None:
        return 2
    from .start import run  # noqa: PLC0415  Django and the server, when it is certain that they are there

    return run(configuration, host, port, workers, demo)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data folder of this installation.")
@click.option(
    "--jobs", default=1, show_default=True, type=click.IntRange(1, 64), help="Jobs at once, each in its process."
)
def worker(data: Path | None, jobs: int) -> int:
    """Do the jobs of the web application (imports, calculations) until stopped.

    `hengtan serve` has one beside it already. Give further ones the same settings and, with PostgreSQL, the same data folder.
    """
    configuration = _configuration(data)
    if configuration is None:
        return 2
    from .start import worker as work  # noqa: PLC0415

    return work(configuration, jobs)


@click.command("check")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data folder of this installation.")
@click.option("--deploy", is_flag=True, help="Also whether it is safe to open it to people.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the output."
)
def check(data: Path | None, deploy: bool, as_json: bool, lang: str) -> int:
    """Check an installation of the web application: folder, database, migrations; with --deploy what is unsafe.

    Exit code 3 when there is an error, 0 with warnings alone.
    """
    configuration = _configuration(data)
    if configuration is None:
        return 2
    from .deployment import basic, deployed  # noqa: PLC0415

    found = list(basic(configuration))
    if deploy and not found:
        found = list(deployed(configuration))
    if as_json:
        told = [
            {"code": each.code, "severity": each.severity, "reason": each.reason(lang), "mend": each.mend(lang)}
            for each in found
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for each in found:
            mark = WORDS[each.severity][lang]
            click.secho(f"{mark}  {each.reason(lang)}", fg="red" if each.severity == "error" else "yellow")
            click.echo(f"{' ' * (len(mark) * (2 if lang == 'zh' else 1))}  {each.mend(lang)}")
        if not found:
            click.echo(WORDS["clean"][lang])
    return 3 if any(each.severity == "error" for each in found) else 0


def _configuration(data: Path | None) -> Configuration | None:
    """As set; None when it cannot be used, which is told."""
    if any(importlib.util.find_spec(name) is None for name in NEEDED):
        click.echo("The web application needs the extra [web]: pip install 'hengtan[web]'", err=True)
        click.echo("网页应用需要附加组件 [web]：pip install 'hengtan[web]'", err=True)
        return None
    try:
        return Configuration.read({**os.environ, **({"HENGTAN_DATA": str(data)} if data else {})})
    except MisconfiguredError as wrong:
        click.echo(str(wrong), err=True)
        return None
