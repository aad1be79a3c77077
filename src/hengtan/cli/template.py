"""``hengtan template``: the workbook to fill in, and the templates that read foreign sheets."""

from __future__ import annotations

from pathlib import Path

import click

_WORDS = {
    "written": {
        "en": "Written: {path}. Fill in the sheet “{sheet}”, then: hengtan calculate {path} --out DIR",
        "zh": "已写入：{path}。请填写工作表“{sheet}”，然后运行：hengtan calculate {path} --out DIR",
    },
    "exists": {
        "en": "{path} exists already; it may hold data, so it was left alone. Give another name.",
        "zh": "{path} 已存在，可能含有数据，未作改动。请换一个文件名。",
    },
    "suffix": {"en": "{path} should end in .xlsx.", "zh": "{path} 应以 .xlsx 结尾。"},
    "folder": {"en": "The folder {path} does not exist.", "zh": "文件夹 {path} 不存在。"},
    "shipped": {
        "en": "Templates for foreign sheets (--template NAME):",
        "zh": "用于外来表格的模板（--template 名称）：",
    },
    "more": {
        "en": "Show one: hengtan template show NAME. Write your own: docs/templates.md. The table to fill in: "
        "hengtan template --xlsx FILE",
        "zh": "查看：hengtan template show 名称。自己编写：docs/templates.md。生成填报表：hengtan template --xlsx 文件",
    },
}
_LANG = click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")


@click.group("template", invoke_without_command=True)
@click.option("--xlsx", type=click.Path(path_type=Path, dir_okay=False), help="Write the workbook to fill in.")
@_LANG
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, xlsx: Path | None, lang: str, as_json: bool) -> None:
    """Write the workbook to fill in (--xlsx FILE), or list the templates that read foreign sheets."""
    if xlsx is not None:
        _write(xlsx, lang)
    elif context.invoked_subcommand is None:
        _list(lang, as_json)


def _write(path: Path, lang: str) -> None:
    for wrong, key, shown in (
        (path.suffix.lower() != ".xlsx", "suffix", path),
        (path.exists(), "exists", path),
        (not path.parent.is_dir(), "folder", path.parent),
    ):
        if wrong:
            raise click.UsageError(_WORDS[key][lang].format(path=shown))
    from hengtan.connectors.workbook_template import sheet_name, write_workbook

    write_workbook(path, lang)
    click.echo(_WORDS["written"][lang].format(path=path, sheet=sheet_name(lang)))


def _list(lang: str, as_json: bool) -> None:
    from hengtan.connectors.template import load_template, shipped

    templates = [load_template(name) for name in shipped()]
    if as_json:
        import json

        records = [{"name": t.name, "title": dict(t.title), "source": t.source} for t in templates]
        click.echo(json.dumps(records, ensure_ascii=False, indent=1))
        return
    click.echo(_WORDS["shipped"][lang])
    for template in templates:
        click.echo(f"  {template.name:<16} {template.title[lang]}")
    click.echo(_WORDS["more"][lang])


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print a template (a shipped name or a FILE) after checking it: a start for one of your own."""
    from hengtan.connectors.template import load_template

    click.echo(load_template(name).text, nl=False)
