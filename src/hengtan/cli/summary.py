"""What ``calculate`` says at the end: short, well set at 80 columns, in both languages."""

from __future__ import annotations

import base64
import csv
import json
import shlex
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .wrap import wrapped

WORDS = {
    "title": ("Greenhouse gas inventory", "温室气体清单"),
    "activities": ("Activities", "活动数据"),
    "rows": ("{rows_in:,} in = {rows_posted:,} posted + {rows_rejected:,} rejected",
             "读入 {rows_in:,} 行 = 入账 {rows_posted:,} + 拒收 {rows_rejected:,}"),
    "period": ("Period", "期间"),
    "gwp": ("GWP set", "GWP"),
    "as_of": ("factors published by {day}", "采用 {day} 前公布的因子"),
    "match": ("Factor match", "因子匹配"),
    "match.pinned": ("pinned", "指定因子 pinned"),
    "match.exact": ("exact", "精确匹配 exact"),
    "match.earlier-year": ("earlier-year", "较早年份 earlier-year"),
    "match.parent-region": ("parent-region", "更大区域 parent-region"),
    "match.proxy": ("proxy", "替代因子 proxy"),
    "match.none": ("none needed", "无需因子 none"),
    "scope1_kg": ("Scope 1", "范围一"),
    "scope2_location_kg": ("Scope 2, location-based", "范围二（基于位置）"),
    "scope2_market_kg": ("Scope 2, market-based", "范围二（基于市场）"),
    "scope3_kg": ("Scope 3", "范围三"),
    "total": ("Total, location-based", "合计（基于位置）"),
    "biogenic_co2_kg": ("Biogenic CO2, outside the scopes", "生物源 CO2（范围外）"),
    "not_collected": ("not collected", "未采集"),
    "not_posted": ("given but not posted, {count:,} rows", "已提供但未入账，{count:,} 行"),
    "not_posted_row": ("given but not posted, 1 row", "已提供但未入账，1 行"),
    "no_scope": ("{count:,} rejected rows do not tell which scope they belong to.",
                 "另有 {count:,} 行被拒收，且无法判断所属范围。"),
    "no_scope_row": ("1 rejected row does not tell which scope it belongs to.", "另有 1 行被拒收，且无法判断所属范围。"),
    "interval": ("95 % interval", "95% 区间"),
    "problems": ("Problems", "问题"),
    "at": ("row {row}", "第 {row} 行"),
    "rows_at": (" (rows {rows})", "（第 {rows} 行）"),
    "colon": (": ", "："),
    "between": (", ", "、"),
    "sentences": (" ", ""),
    "none": ("none", "无"),
    "error": ("error", "错误"),
    "warning": ("warning", "警告"),
    "reference": ("Compared with: {title}", "与公布值对比：{title}"),
    "recomputed": ("recomputed {ours} kg, published {theirs} kg", "重算 {ours} kg，公布 {theirs} kg"),
    "agree": ("{agree:,} of {total:,} operations agree within {tolerance} %; {differ} do not:",
              "{total:,} 处设施中 {agree:,} 处在 {tolerance}% 内一致，{differ} 处不一致："),
    "operation": ("Operation", "设施"),
    "row": ("row", "行"),
    "published": ("published kg", "公布 kg"),
    "ours": ("recomputed kg", "重算 kg"),
    "twins": ("Suspected double entries", "疑似重复填报"),
    "files": ("Files", "文件"),
    "ledger": ("Ledger", "账本"),
    "entry": ("entry {index:,} of {origin}", "{origin} 的条目 {index:,}"),
    "checkpoint": ("checkpoint: {size:,} entries, root {root}", "检查点：共 {size:,} 条，根 {root}"),
    "verify": ("verify: {command}", "验证：{command}"),
    "nothing": ("Dry run: nothing was written.", "试运行：未写入任何文件。"),
    "more": ("... and {count:,} more; all of them in problems.csv", "……另有 {count:,} 条，全部见 problems.csv"),
}  # fmt: skip
SHOWN_PROBLEMS = 20
SHOWN_ROWS = 5


def words(lang: str) -> dict[str, str]:
    """The words in one language."""
    return {name: pair[lang == "zh"] for name, pair in WORDS.items()}


def console() -> Console:
    """80 columns where nobody set a width, so that a log reads like the terminal."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=min(found.width, 100))


def tonnes(kg: str | Decimal) -> str:
    """kg as tonnes with two decimals and grouping."""
    return f"{(Decimal(kg) / 1000).quantize(Decimal('0.01')):,}"


def show_run(folder: Path | None, lang: str) -> None:
    """The summary of a finished folder."""
    if folder is None:
        return
    say, out = words(lang), console()
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    manifest = json.loads((folder / "run.json").read_text("utf-8"))
    out.print(Text(say["title"], style="bold"))
    _facts(out, say, summary, manifest)
    refused = _refused(manifest)
    out.print(_totals(say, summary, refused))
    if unknown := refused.get("", 0):
        out.print(say["no_scope_row" if unknown == 1 else "no_scope"].format(count=unknown), style="dim")
    reference = folder / "reference.json"
    if reference.exists():
        _reference(out, say, json.loads(reference.read_text("utf-8")))
    _counts(out, say, folder / "problems.csv", manifest.get("problems", {}))
    out.print(Text(f"\n{say['files']}", style="bold"))
    for path in sorted(folder.iterdir(), key=lambda p: (not p.name.startswith("report"), p.name)):
        out.print(f"  {folder / path.name}", soft_wrap=True)
    _ledger(out, say, folder)


def _ledger(out: Console, say: dict[str, str], folder: Path) -> None:
    """Where the run was entered, and the one command by which anybody verifies it."""
    from hengtan.evidence.proof_file import SUFFIX, read_proof

    path = folder / f"run.json{SUFFIX}"
    if not path.exists():
        return
    vouched = read_proof(path)
    found = vouched.checkpoint
    out.print(Text(f"\n{say['ledger']}", style="bold"))
    out.print("  " + say["entry"].format(index=vouched.proof.index, origin=found.origin), soft_wrap=True)
    root = base64.b64encode(found.root).decode()
    out.print("  " + say["checkpoint"].format(size=found.size, root=root), soft_wrap=True)
    command = f"hengtan verify {shlex.quote(str(folder))} --vkey {shlex.quote(vouched.vkey)}"
    out.print("  " + say["verify"].format(command=command), soft_wrap=True)


def _facts(out: Console, say: dict[str, str], summary: dict[str, Any], manifest: dict[str, Any]) -> None:
    facts = Table.grid(padding=(0, 2))
    facts.add_row(say["activities"], say["rows"].format(**summary))
    facts.add_row(say["period"], manifest["organisation"]["period"].replace("/", " – "))
    day = f", {say['as_of'].format(day=summary['as_of'])}" if summary["as_of"] else ""
    facts.add_row(say["gwp"], f"{summary['gwp_set']}{day}")
    classes = say["between"].join(
        f"{say.get('match.' + name, name)} {match['rows']:,}" for name, match in summary["by_match"].items()
    )
    facts.add_row(say["match"], classes or "–")
    out.print(facts)
    out.print()


def _refused(manifest: dict[str, Any]) -> dict[str, int]:
    """Rejected rows by the scope they were given for; "" counts those that do not tell."""
    found: dict[str, int] = {}
    for row in manifest.get("unposted", {}).get("categories", ()):
        scope = str(row["scope"] or "")
        found[scope] = found.get(scope, 0) + int(row["rows"])
    return found


def _gap(say: dict[str, str], rows: int) -> Text:
    name = "not_collected" if not rows else "not_posted_row" if rows == 1 else "not_posted"
    return Text(say[name].format(count=rows), style="dim")


def _totals(say: dict[str, str], summary: dict[str, Any], refused: dict[str, int]) -> Table:
    band = summary.get("uncertainty") or {}
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("")
    table.add_column("t CO2e", justify="right")
    if band:
        table.add_column(say["interval"], justify="right")
    sums = summary["totals"]
    collected = {name.partition(".")[0] for name in summary["by_category"]}
    for name in ("scope1_kg", "scope2_location_kg", "scope2_market_kg", "scope3_kg"):
        present = name[5] in collected
        cells = [tonnes(sums[name]) if present else _gap(say, refused.get(name[5], 0))]
        if band:
            found = band.get(name.removesuffix("_kg"))
            cells.append(f"{tonnes(found['p2_5_kg'])} – {tonnes(found['p97_5_kg'])}" if found else "")
        table.add_row(say[name], *cells)
    total = sum((Decimal(sums[name]) for name in ("scope1_kg", "scope2_location_kg", "scope3_kg")), Decimal(0))
    table.add_section()
    found = band.get("total")
    interval = [f"{tonnes(found['p2_5_kg'])} – {tonnes(found['p97_5_kg'])}" if found else ""] if band else []
    table.add_row(say["total"], tonnes(total), *interval, style="bold")
    if Decimal(sums["biogenic_co2_kg"]):
        table.add_row(say["biogenic_co2_kg"], tonnes(sums["biogenic_co2_kg"]), *([""] if band else []), style="dim")
    return table


def _reference(out: Console, say: dict[str, str], found: dict[str, Any]) -> None:
    def kg(text: str) -> str:
        return f"{Decimal(text).quantize(Decimal('0.01')):,}"

    out.print(Text("\n" + say["reference"].format(title=found["title"]), style="bold"))
    out.print(say["recomputed"].format(ours=kg(found["recomputed_kg"]), theirs=kg(found["published_kg"])))
    differ = found["total"] - found["agree"]
    tolerance = f"{Decimal(found['tolerance_pct']).normalize():f}"
    out.print(say["agree"].format(agree=found["agree"], total=found["total"], tolerance=tolerance, differ=differ))
    if not differ:
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(say["operation"], overflow="fold")
    table.add_column(say["row"], justify="right")
    table.add_column(say["published"], justify="right", no_wrap=True)
    table.add_column(say["ours"], justify="right", no_wrap=True)
    for one in found["differing"]:
        table.add_row(one["name"], str(one["row"]), kg(one["published_kg"]), kg(one["recomputed_kg"]))
    out.print(table)


def _counts(out: Console, say: dict[str, str], path: Path, counts: dict[str, int]) -> None:
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["severity"], row["code"]), []).append(row)
    out.print(Text(f"\n{say['problems']}", style="bold"))
    if not found:
        out.print(f"  {say['none']}")
    several = len({row["file"] + row["sheet"] for rows in found.values() for row in rows}) > 1
    for (severity, code), rows in sorted(found.items()):
        style = "red" if severity == "error" else "yellow"
        place, others = _where(say, rows, several)
        out.print(Text(f"  {say[severity]} {code}: {counts.get(code, len(rows)):,}{others}", style=style))
        told = place + rows[0]["reason"] + say["sentences"] + rows[0]["mend"]
        out.print(Text("    " + wrapped(told, out.width - 4, "    ")))
    twins = found.get(("warning", "activity.identical"))
    if twins:
        out.print(Text(f"\n{say['twins']}", style="bold"))
        for row in twins[:SHOWN_PROBLEMS]:
            out.print(f"  {row['activity_id']}  {row['reason']}")


def _where(say: dict[str, str], rows: Sequence[dict[str, str]], several: bool) -> tuple[str, str]:
    """Where the first of the rows stands, and which rows of that file have the same problem; "" for what is no row's."""
    first = rows[0]
    if not first["row"]:
        return "", ""
    file = [part for part in (first["file"], first["sheet"]) if part] if several else []
    place = say["between"].join([*file, say["at"].format(row=first["row"])]) + say["colon"]
    same = [row["row"] for row in rows if row["row"] and (row["file"], row["sheet"]) == (first["file"], first["sheet"])]
    shown = say["between"].join(same[:SHOWN_ROWS]) + (" …" if len(rows) > min(len(same), SHOWN_ROWS) else "")
    return place, say["rows_at"].format(rows=shown) if len(same) > 1 else ""


def show_problems(problems: Any, files: Sequence[tuple[str, str]], lang: str, summary: dict[str, Any]) -> None:
    """The problems of a dry run, each with its place, the first twenty of each code."""
    say = words(lang)
    console().print(f"{say['activities']}  {say['rows'].format(**summary)}")
    list_problems(problems, files, lang)
    console().print(say["nothing"])


def list_problems(problems: Any, files: Sequence[tuple[str, str]], lang: str) -> None:
    """Each with its place, the first twenty of each code."""
    say, out = words(lang), console()
    shown: dict[str, int] = {}
    for problem in problems.sorted(files):
        shown[problem.code] = shown.get(problem.code, 0) + 1
        if shown[problem.code] <= SHOWN_PROBLEMS:
            style = "red" if problem.severity == "error" else "yellow"
            out.print(Text(f"{say[problem.severity]} {problem.code}", style=style))
            out.print(f"  {problem.sentence(lang)}")
    for code, count in sorted(problems.counts.items()):
        if count > SHOWN_PROBLEMS:
            out.print(f"  {code}: " + say["more"].format(count=count - SHOWN_PROBLEMS))
