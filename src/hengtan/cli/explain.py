"""``hengtan explain``: how one number came about."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("explain")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.argument("activity_id", metavar="ACTIVITY_ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every month and full digits.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
def command(folder: Path, activity_id: str, as_json: bool, lang: str) -> int:
    """How one number came about: quantity, cell of the source, factor, conversion, GWP, method, share.

    A rejected activity is explained too. Exit 3 when the run knows no such id.
    """
    from hengtan.api.reopen import methods_of, open_inputs
    from hengtan.api.request import Request
    from hengtan.inventory.explain import Kept, explain
    from hengtan.problems import Problem

    kept = Kept(folder)
    request = Request.remember(kept.manifest, folder)
    rows, state = open_inputs(kept.manifest, request).rows(activity_id)
    found = explain(kept, activity_id, rows, state, methods_of(request), lang)
    if found is None:
        values = {"activity": activity_id, "folder": str(folder), **kept.near(activity_id)}
        click.echo(Problem("folder.activity-unknown", values=values).sentence(lang), err=True)
        return 3
    if as_json:
        from hengtan.inventory.explain_record import record

        click.echo(json.dumps(record(found), ensure_ascii=False, indent=2))
    else:
        from hengtan.inventory.explain_tree import tree

        from .summary import console

        console().print(tree(found, lang))
    return 0
