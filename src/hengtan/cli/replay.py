"""``hengtan replay``: compute a run again and compare."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

    from hengtan.api.again import Digests, Replay
    from hengtan.evidence import Report

WORDS = {
    "title": ("Replay of {folder}", "重算 {folder}"),
    "inputs": ("inputs", "输入文件"),
    "same_files": ("{count}, none has changed", "{count} 个，均未变动"),
    "missing": ("is gone", "已不存在"),
    "changed": ("was changed since the run", "在核算之后被改动"),
    "from_fact": ("; computed from the fact that the ledger kept", "；已改用账本保存的事实重算"),
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
    "canonical": ("canonical digest", "规范摘要"),
    "all_rows": ("digest of all rows", "全部行的摘要"),
    "proof": ("proof", "证明"),
    "proof_ok": ("entry {index} of the ledger {origin} vouches for this folder", "账本 {origin} 的条目 {index} 证明了此文件夹"),
    "equal": ("Equal: counts, totals and digest are the same to the last digit.",
              "一致：行数、合计与摘要逐位相同。"),
    "altered": ("Not equal: the folder was altered after the run was written; see above what.",
                "不一致：核算写出之后文件夹被改动，详见上文。"),
    "input-changed": ("Not equal: a file that went in is not the one of the run; the folder itself is as it was written.",
                      "不一致：某个输入文件已不是核算时的文件；文件夹本身未被改动。"),
    "version": ("Not equal, and nothing was altered: the versions differ. Compute with those of then to compare digits.",
                "不一致，但没有任何内容被改动：软件版本不同。请用当时的版本重算以比较数值。"),
    "unexplained": ("Not equal, with the same files and the same versions: please report this.",
                    "不一致，而文件与版本均相同：请反馈此问题。"),
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
@click.option("--rows", is_flag=True, help="Compare row by row; show the digest of all rows.")
@click.option("--ledger", type=click.Path(path_type=Path), metavar="DIR", help="The ledger, if it has moved.")
@click.option("--facts", metavar="URL", help="Where the facts lie, if not with the ledger.")
@click.option("--vkey", metavar="KEY", help="The ledger's published key (or a file with it), to check the proof.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
def command(
    run: Path,
    rows: bool,
    ledger: Path | None,
    facts: str | None,
    vkey: str | None,
    as_json: bool,
    lang: str,
) -> int:
    """Compute a run again from the same files and options, and compare it with what was kept.

    Files that are gone or changed are taken from the facts of the run's ledger. What differs is told apart: files or results
    that were altered, inputs that were changed, versions that are not those of then.

    Exit 0: equal to the last digit; 3: something differs; 2: an input is gone, so nothing can be computed.
    """
    from hengtan.api.again import replay

    from .progress import progress

    folder = run.parent if run.name == "run.json" and not run.is_dir() else run
    with progress(lang, quiet=as_json) as tell:
        found = replay(folder, rows=rows, ledger=ledger, facts=facts, vkey=vkey, tell=tell)
    if as_json:
        click.echo(json.dumps(_record(found), ensure_ascii=False, indent=2))
    else:
        _show(found, lang)
    return 0 if found.equal else 3


def _record(found: Replay) -> dict[str, Any]:
    return {
        "equal": found.equal,
        "verdict": found.verdict,
        "folder": str(found.folder),
        "files": [asdict(one) for one in found.files],
        "software": [asdict(one) for one in found.software],
        "tampered": [asdict(one) for one in found.tampered],
        "differences": [asdict(one) for one in (*found.tampered, *found.differences)],
        "same_bytes": found.same_bytes,
        "canonical": asdict(found.canonical),
        "rows": {**asdict(found.rows), "by_column": dict(found.rows.by_column)} if found.rows else None,
        "all_rows": asdict(found.all_rows) if found.all_rows else None,
        "proof": _proof(found.proof) if found.proof else None,
    }


def _proof(report: Report) -> dict[str, Any]:
    problems = [problem for layer in report.layers for problem in layer.problems]
    return {
        "ok": report.ok,
        "index": report.index,
        "vkey": report.vkey,
        "trusted": report.trusted,
        "problems": [f"{problem.code}: {problem.sentence()}" for problem in problems],
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
        style = "yellow" if one.state == "missing" else "red"
        facts.add_row("", Text(f"{one.file} {say[one.state]}{say['from_fact'] if one.fact else ''}", style=style))
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
    facts.add_row(say["canonical"], _digests(found.canonical))
    if found.all_rows is not None:
        facts.add_row(say["all_rows"], _digests(found.all_rows))
    if found.proof is not None:
        _show_proof(facts, say, found.proof, lang)
    out.print(facts)
    differences = (*found.tampered, *found.differences)
    if differences:
        table = Table(box=None, pad_edge=False)
        for name in ("what", "kept", "again"):
            table.add_column(say[name], overflow="fold")
        for each in differences[:SHOWN]:
            table.add_row(each.what, _short(each.kept), _short(each.again))
        out.print(table)
        if len(differences) > SHOWN:
            out.print(say["more"].format(count=len(differences) - SHOWN))
    if found.rows and found.rows.cells:
        cells = Table(box=None, pad_edge=False)
        for name in (say["activity"], "", "", say["kept"], say["again"]):
            cells.add_column(name, overflow="fold")
        for cell in found.rows.cells:
            cells.add_row(cell.activity_id, cell.basis, cell.column or say["row_alone"], cell.kept, cell.again)
        out.print(cells)
    out.print(Text(say[found.verdict], style="green" if found.equal else "bold red"))


def _show_proof(facts: Table, say: dict[str, str], report: Report, lang: str) -> None:
    from rich.text import Text

    problems = [problem for layer in report.layers for problem in layer.problems]
    if report.ok and report.checkpoint is not None:
        facts.add_row(say["proof"], say["proof_ok"].format(index=report.index, origin=report.checkpoint.origin))
    for at, problem in enumerate(problems):
        style = "red" if problem.severity == "error" else "yellow"
        facts.add_row(say["proof"] if not report.ok and not at else "", Text(problem.sentence(lang), style=style))


def _digests(found: Digests) -> str:
    """One digest where all are the same, else kept and computed again."""
    return found.again if found.equal else f"{_short(found.kept)} / {_short(found.again)}"


def _short(value: str) -> str:
    """A digest by its first twelve characters, all else as it is."""
    return f"{value[:12]}…" if len(value) == 64 and set(value) <= set("0123456789abcdef") else value or "–"
