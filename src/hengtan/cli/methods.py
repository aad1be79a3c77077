"""``hengtan methods``: the calculation methods, their standards and equations."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("method_id", required=False, metavar="[ID]")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
def command(method_id: str | None, as_json: bool, lang: str) -> int:
    """List the calculation methods, or show the equation and the inputs of one."""
    from hengtan.methods import find, methods, near
    from hengtan.problems import Problem

    if method_id is None:
        known = methods()
        if as_json:
            rows = [{"id": m.id, "title": dict(m.title), "standard": m.standard} for m in known.values()]
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
            return 0
        from rich import box
        from rich.table import Table

        from .summary import console

        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        table.add_column("方法" if lang == "zh" else "Method", no_wrap=True)
        table.add_column("名称" if lang == "zh" else "Title")
        for one in known.values():
            table.add_row(one.id, one.title[lang])
        console().print(table)
        return 0
    method = find(method_id)
    if method is None:
        problem = Problem("method.unknown", values={"method": method_id, "near": ", ".join(near(method_id)) or "-"})
        click.echo(problem.sentence(lang), err=True)
        return 3
    columns = [
        {"column": column.name, "unit": column.unit_text, "title": dict(column.title), "kind": kind}
        for kind, found in (
            ("amount", method.amount_columns),
            ("input", method.input_columns),
            ("parameter", method.parameters),
        )
        for column in found
    ]
    if as_json:
        shown = {"id": method.id, "title": dict(method.title), "standard": method.standard,
                 "equation": method.equation, "columns": columns, "note": dict(method.note)}  # fmt: skip
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return 0
    click.echo(f"{method.id}  {method.title[lang]}")
    click.echo(f"  {method.equation}")
    for column in columns:
        title = column["title"]
        click.echo(f"  {column['column']}  {column['unit']}  {title[lang] if isinstance(title, dict) else title}")
    click.echo(f"  {method.standard}")
    if method.note:
        click.echo(f"  {method.note[lang]}")
    return 0
