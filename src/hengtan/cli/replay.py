"""``hengtan replay``: compute a run again and compare."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hengtan.api.again import Replay

WORDS = {
    "title": ("Replay of {folder}", "重算 {folder}"),
    "inputs": ("inputs", "输入文件"),
    "same_files": ("{count}, none has changed", "{count} 个，均未变动"),
    "missing": ("is gone", "已不存在"),
    "changed": ("was changed since the run", "在核算之后被改动"),
    "software": ("software", "软件"),
    "same_software": ("the same code and library as then", "代码与因子库版本与当时相同"),
    "then_now": ("{what}: {kept} then, {again} now", "{what}：当时 {kept}，现在 {again}"),
    "result": ("result", "结果"),
    "rows": ("rows", "逐行"),
    "rows_equal": ("every row is the same", "每一行都相同"),
    "rows_differ": ("{count:,} rows differ", "{count:,} 行不同"),
    "in_columns": ("in {columns}", "涉及列：{columns}"),
    "bytes": ("emissions.parquet was written with other bytes, but every row is the same",
              "emissions.parquet 的字节不同，但每一行内容都相同"),
    "equal": ("Equal: counts, totals and digest are the same to the last digit.",
              "一致：行数、合计与摘要逐位相同。"),
    "differs": ("Not equal.", "不一致。"),
    "what": ("what", "项目"),
    "kept": ("kept", "存档"),
    "again": ("computed again", "重算"),
    "more": ("and {count:,} more", "另有 {count:,} 项"),
    "activity": ("activity", "活动"),
    "row_alone": ("(row)", "（整行）"),
}  # fmt: skip
SHOWN = 20


@click.command("replay")
@click.argument("run", type=click.Path(path_type=Path), metavar="DIR/run.json")
@click.option("--rows", is_flag=True, help="Compare row by row.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
def command(run: Path, rows: bool, as_json: bool, lang: str) -> int:
    """Compute a run again from the same files and options, and compare it with what was kept.

    Exit 0: equal to the last digit; 3: something differs; 2: an input is gone, so nothing can be computed.
    """
    from hengtan.api.again import replay

    from .progress import progress

    folder = run.parent if run.name == "run.json" and not run.is_dir() else run
    with progress(lang, quiet=as_json) as tell:
        found = replay(folder, rows=rows, tell=tell)
    if as_json:
        click.echo(json.dumps(_record(found), ensure_ascii=False, indent=2))
    else:
        _show(found, lang)
    return 0 if found.equal else 3


def _record(found: Replay) -> dict[str, Any]:
    return {
        "equal": found.equal,
        "folder": str(found.folder),
        "files": [asdict(one) for one in found.files],
        "software": [asdict(one) for one in found.software],
        "differences": [asdict(one) for one in found.differences],
        "same_bytes": found.same_bytes,
        "rows": {**asdict(found.rows), "by_column": dict(found.rows.by_column)} if found.rows else None,
    }


def _show(found: Replay, lang: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from .summary import console

    out, say = console(), {name: pair[lang == "zh"] for name, pair in WORDS.items()}
    out.print(Text(say["title"].format(folder=found.folder), style="bold"), soft_wrap=True)
    facts = Table.grid(padding=(0, 2))
    wrong = [one for one in found.files if one.state != "same"]
    facts.add_row(say["inputs"], say["same_files"].format(count=len(found.files)) if not wrong else "")
    for one in wrong:
        facts.add_row("", Text(f"{one.file} {say[one.state]}", style="red"))
    facts.add_row(say["software"], say["same_software"] if not found.software else "")
    for each in found.software:
        facts.add_row(
            "",
            Text(
                say["then_now"].format(**{**asdict(each), "kept": _short(each.kept), "again": _short(each.again)}),
                style="yellow",
            ),
        )
    if found.rows is not None:
        facts.add_row(
            say["rows"], say["rows_differ"].format(count=found.rows.rows) if found.rows.rows else say["rows_equal"]
        )
        if found.rows.by_column:
            named = ", ".join(f"{name} {count:,}" for name, count in found.rows.by_column.items())
            facts.add_row("", say["in_columns"].format(columns=named))
    if not found.same_bytes and found.rows is not None and not found.rows.rows:
        facts.add_row("", say["bytes"])
    out.print(facts)
    if found.differences:
        table = Table(box=None, pad_edge=False)
        for name in ("what", "kept", "again"):
            table.add_column(say[name], overflow="fold")
        for each in found.differences[:SHOWN]:
            table.add_row(each.what, _short(each.kept), _short(each.again))
        out.print(table)
        if len(found.differences) > SHOWN:
            out.print(say["more"].format(count=len(found.differences) - SHOWN))
    if found.rows and found.rows.cells:
        cells = Table(box=None, pad_edge=False)
        for name in (say["activity"], "", "", say["kept"], say["again"]):
            cells.add_column(name, overflow="fold")
        for cell in found.rows.cells:
            cells.add_row(cell.activity_id, cell.basis, cell.column or say["row_alone"], cell.kept, cell.again)
        out.print(cells)
    out.print(Text(say["equal" if found.equal else "differs"], style="green" if found.equal else "bold red"))


def _short(value: str) -> str:
    """A digest by its first twelve characters, all else as it is."""
    return f"{value[:12]}…" if len(value) == 64 and set(value) <= set("0123456789abcdef") else value or "–"
