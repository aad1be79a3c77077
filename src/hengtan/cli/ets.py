"""``hengtan ets``: allocation plans of the Chinese national carbon market, and what they give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .saying import saying
from .unswept import unswept
from .wrap import wrapped

if TYPE_CHECKING:
    from hengtan.market.allocation import Allocation, Plan

_LANG = click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_DIR = click.Path(path_type=Path)
_WORDS = {
    "draft": ("draft", "征求意见稿"),
    "final": ("final", "正式"),
    "plans": ("Plan", "方案"),
    "years": ("Years", "年度"),
    "sectors": ("Sectors", "行业"),
    "state": ("State", "状态"),
    "published": ("Published", "发布日期"),
    "marks": ("[R] read in the source  [K] known from it, to be checked", "[R] 已核对原文  [K] 据文件已知，待核对"),
    "entity": ("Entity", "单位"),
    "initial": ("calculated", "核定"),
    "topped_up": ("topped up", "补足"),
    "final_t": ("final", "最终配额"),
    "verified": ("verified", "核查排放"),
    "to_buy": ("to buy", "缺口"),
    "gap": ("gap %", "缺口率 %"),
    "more": ("{count} more in {file}", "其余 {count} 家见 {file}"),
    "total": ("Total", "合计"),
    "rows": ("{rows_in} in = {posted} allocated + {rejected} rejected", "读入 {rows_in} 行 = 核算 {posted} + 拒收 {rejected}"),
    "balance": ("{sector}: balance value {value} t/t ({inside} lines within the band, {better} better, {worse} worse; remainder {residual_t} t)",
                "{sector}：平衡值 {value} t/t（带内 {inside} 条、更优 {better} 条、更差 {worse} 条；余数 {residual_t} 吨）"),
    "given": ("{sector}: balance value {value} t/t, as given", "{sector}：平衡值 {value} t/t（文件给定）"),
    "written": ("Written: {folder}", "已写入：{folder}"),
    "unit": ("{entity}, {name}", "{entity} {name}"),
    "reported": ("as reported", "企业填报"),
    "rule.gas-exempt": ("gas unit: raised to the verified emissions", "燃气机组豁免：按核查排放量核定"),
    "rule.verified": ("equal to the verified emissions", "按核查排放量核定"),
    "rule.special": ("special case {id}", "特殊情形 {id}"),
    "rounded": ("rounded down", "向下取整"),
    "difference": ("Difference", "差额"),
    "none": ("no difference", "没有差异"),
}  # fmt: skip

_word = saying(_WORDS)


@click.group("ets")
def group() -> None:
    """Allowances of the Chinese national carbon market: plans, allocation, steps."""


@group.command("plans")
@_JSON
@_LANG
def plans_command(as_json: bool, lang: str) -> None:
    """List the allocation plans: sectors, years, draft or final, where published."""
    from hengtan.market.allocation import plans

    if as_json:
        click.echo(json.dumps([_about(plan) for plan in plans().values()], ensure_ascii=False, indent=1))
        return
    for plan in plans().values():
        state = _word("draft" if plan.draft else "final", lang)
        years = "–".join(dict.fromkeys((str(plan.years[0]), str(plan.years[-1]))))
        click.echo(f"{plan.id:<24}{years:<11}{', '.join(plan.sectors):<26}{state}")
        click.echo(f"    {wrapped(plan.title[lang], 76, '    ')}")
        click.echo(f"    {plan.published}  [{_mark(plan.source)}] {wrapped(_plain(plan.source, lang), 60, ' ' * 20)}")


def _about(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id, "title": dict(plan.title), "sector": plan.sector, "sectors": list(plan.sectors),
        "years": list(plan.years), "basis": plan.basis, "draft": plan.draft, "published": plan.published.isoformat(),
        "source": _plain(plan.source), "mark": _mark(plan.source),
        "kinds": {str(year): list(plan.kinds(year)) for year in plan.years},
    }  # fmt: skip


def _mark(source: str) -> str:
    return "R" if source.startswith("read:") else "K"


def _plain(source: str, lang: str = "en") -> str:
    """Without its mark, in the language of the reader."""
    from hengtan.methods.said import said

    return said(source.partition(": ")[2], lang)


@group.command("show")
@click.argument("plan_id", metavar="PLAN")
@click.option("--yaml", "as_yaml", is_flag=True, help="Print the plan's file: a start for one of your own.")
@_JSON
@_LANG
def show(plan_id: str, as_yaml: bool, as_json: bool, lang: str) -> None:
    """Every number of a plan, with its source and mark."""
    from importlib.resources import files

    from hengtan.market.allocation import plans
    from hengtan.problems import HengtanError, Problem

    plan = plans().get(plan_id)
    if plan is None:
        raise HengtanError(Problem("ets.plan-unknown", values={"plan": plan_id, "known": ", ".join(plans())}))
    if as_yaml:
        click.echo((files("hengtan.market.allocation") / "data" / f"{plan_id}.yaml").read_text("utf-8"), nl=False)
        return
    numbers = list(_numbers(plan, "en" if as_json else lang))
    if as_json:
        rows = [dict(zip(("name", "value", "source", "mark"), each, strict=True)) for each in numbers]
        click.echo(
            json.dumps(
                _about(plan) | {"numbers": rows, "notes": [dict(note) for note in plan.notes]},
                ensure_ascii=False,
                indent=1,
            )
        )
        return
    click.echo(wrapped(plan.title[lang], 80, ""))
    for name, value, source, mark in numbers:
        click.echo(f"[{mark}] {name:<34} {value}")
        click.echo(f"      {wrapped(source, 74, '      ')}")
    for note in plan.notes:
        click.echo(wrapped(note[lang], 80, ""))
    click.echo(_word("marks", lang))


def _numbers(plan: Plan, lang: str) -> list[tuple[str, str, str, str]]:
    """(name, value, source, mark) of each number."""
    from hengtan.market.allocation import shown

    found = []

    def add(name: str, value: str, source: str) -> None:
        found.append((name, value, _plain(source, lang), _mark(source)))

    for (year, unit_class, kind), each in plan.benchmarks.items():
        add(f"{year} {unit_class} {kind}", f"{shown(each.power)} t/MWh  {shown(each.heat)} t/GJ", each.source)
    for name, rule in plan.rules.items():
        add(name, "  ".join(f"{key} {shown(value)}" for key, value in rule.numbers.items()), rule.source)
    if plan.load is not None:
        for lowest, equation in plan.load.bands:
            add(f"Ff, F >= {shown(lowest)} ({', '.join(plan.load.classes)})", equation.text, plan.load.source)
    for case in plan.special:
        add(case.id, f"{case.title[lang]}: {case.allocation}", case.source)
    return found


@group.command("allocate")
@click.argument("file", metavar="FILE")
@click.option("--year", type=int, required=True, help="Year of the emissions, 2019 to 2026.")
@click.option("--out", type=_DIR, required=True, metavar="DIR", help="Folder for the results.")
@click.option("--plan", "kind", type=click.Choice(["balance", "benchmark"]), default="benchmark", show_default=True,
              help="Which values, where the plan has both.")  # fmt: skip
@click.option("--rules", type=_DIR, metavar="FILE", help="A plan of your own (YAML) in place of the shipped one.")
@_JSON
@_LANG
@unswept()
def allocate_command(file: str, year: int, out: Path, kind: str, rules: Path | None, as_json: bool, lang: str) -> int:
    """Allowances of units (power) or lines (steel, cement, aluminium), and of their entities."""
    from hengtan import __version__
    from hengtan.connectors.units_file import allocate_file
    from hengtan.inventory.folder import check_free, check_outside, new_folder, sha256, write_json
    from hengtan.inventory.problem_file import Problems, write_problems
    from hengtan.market.allocation import read_plan
    from hengtan.market.allocation.written import balance, entity_row, write

    check_free(out)
    plan = read_plan(rules) if rules is not None else None
    read = allocate_file(Path(file), file, year, kind, plan)  # type: ignore[arg-type]  # click gives one of the two kinds
    allocation = read.allocation
    check_outside(out, [file])
    problems = Problems()
    problems.add([*read.problems, *_about_plan(allocation.plan)])
    totals = _totals(allocation)
    manifest = {
        "hengtan": __version__, "kind": "ets.allocation", "plan": _about(allocation.plan), "year": year, "values": kind,
        "input": {"file": file, "sha256": sha256(Path(file)), "rows": allocation.rows_in},
        "rows_posted": len(allocation.allotments), "rows_rejected": allocation.rejected,
        "totals": totals, "balance": balance(allocation),
    }  # fmt: skip
    with new_folder(out) as fresh:
        write(fresh, allocation, read.named)
        write_problems(fresh / "problems.csv", problems, [(file, "")], lang)
        write_json(fresh / "run.json", manifest)
    if as_json:
        click.echo(
            json.dumps(
                manifest | {"entities": [entity_row(each) for each in allocation.entities]},
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        _show(allocation, manifest, problems, out, lang)
    return 3 if allocation.rejected else 0


def _about_plan(plan: Plan) -> list[Any]:
    """That it is a draft, and how many of its numbers were not read in the source."""
    from hengtan.problems import Problem

    found = [Problem("ets.plan-draft", values={"plan": plan.id})] if plan.draft else []
    known = sum(mark == "K" for *_, mark in _numbers(plan, "en"))
    if known:
        found.append(Problem("ets.known-only", values={"plan": plan.id, "count": str(known)}))
    return found


def _totals(allocation: Allocation) -> dict[str, int]:
    names = ("initial", "topped_up", "final", "verified", "to_buy")
    return {name: sum(getattr(each, name) for each in allocation.entities) for name in names}


def _show(allocation: Allocation, manifest: dict[str, Any], problems: Any, out: Path, lang: str) -> None:
    from rich import box
    from rich.table import Table

    from hengtan.market.allocation import fixed

    from .summary import console, list_problems

    click.echo(wrapped(f"{allocation.plan.title[lang]}", 80, ""))
    click.echo(
        _word("rows", lang, rows_in=allocation.rows_in, posted=len(allocation.allotments), rejected=allocation.rejected)
    )
    for sector, each in manifest["balance"].items():
        solved = each["inside"] + each["better"] + each["worse"]
        click.echo(wrapped(_word("balance" if solved else "given", lang, sector=sector, **each), 80, "  "))
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, show_footer=True)
    totals = manifest["totals"]
    table.add_column(_word("entity", lang), footer=_word("total", lang))
    for name in ("initial", "topped_up", "final_t", "verified", "to_buy"):
        table.add_column(_word(name, lang), footer=f"{totals[name.removesuffix('_t')]:,}", justify="right")
    table.add_column(_word("gap", lang), justify="right")
    largest = sorted(allocation.entities, key=lambda each: (-each.to_buy, -each.verified))[:20]
    for one in largest:
        numbers = (one.initial, one.topped_up, one.final, one.verified, one.to_buy)
        table.add_row(one.entity, *(f"{number:,}" for number in numbers), fixed(one.gap_rate_pct, 2))
    console().print(table)
    if len(allocation.entities) > len(largest):
        click.echo(_word("more", lang, count=len(allocation.entities) - len(largest), file="entities.csv"))
    list_problems(problems, [(manifest["input"]["file"], "")], lang)
    click.echo(_word("written", lang, folder=out))


@group.command("explain")
@click.argument("folder", type=_DIR, metavar="DIR")
@click.argument("unit", metavar="[UNIT]", default="")
@click.option(
    "--entity", default="", help="Where several entities have a unit of this name; without UNIT its own total."
)
@_JSON
@_LANG
def explain(folder: Path, unit: str, entity: str, as_json: bool, lang: str) -> int:
    """How the allowances of one unit or line, or with --entity alone of an entity, came about; every number with its source."""
    from hengtan.market.allocation.written import read
    from hengtan.problems import Problem

    record = read(folder)
    if not unit:
        return _explain_entity(record, entity, as_json, lang)
    found = [each for each in record["units"] if each["name"] == unit and entity in ("", each["entity"])]
    if not found or len({each["entity"] for each in found}) > 1:
        click.echo(Problem("ets.unit-unknown", values={"unit": unit}).sentence(lang), err=True)
        return 3
    one = found[0]
    if as_json:
        click.echo(json.dumps(one | {"plan": record["plan"]}, ensure_ascii=False, indent=1))
        return 0
    click.echo(f"{_word('unit', lang, **one)}  {record['plan']['year']}")
    click.echo(wrapped(record["plan"]["title"][lang], 80, ""))
    if record["plan"]["draft"]:
        click.echo(Problem("ets.plan-draft", values={"plan": record["plan"]["id"]}).sentence(lang))
    for line in _steps(one, lang):
        click.echo(line)
    return 0


def _explain_entity(record: dict[str, Any], entity: str, as_json: bool, lang: str) -> int:
    from hengtan.market.allocation.written import entity_steps, step_text
    from hengtan.methods.said import said
    from hengtan.problems import Problem

    one = next((each for each in record.get("entities", ()) if each["entity"] == entity), None)
    if one is None:
        click.echo(Problem("ets.unit-unknown", values={"unit": entity or "-"}).sentence(lang), err=True)
        return 3
    steps = entity_steps(one, record["plan"]["rules"])
    if as_json:
        click.echo(json.dumps(one | {"steps": steps, "plan": record["plan"]}, ensure_ascii=False, indent=1))
        return 0
    click.echo(f"{entity}  {record['plan']['year']}")
    click.echo(wrapped(record["plan"]["title"][lang], 80, ""))
    for step in steps:
        click.echo(f"  {wrapped(step_text(step, lang), 76, '    ')}")
        if step["source"]:
            click.echo(f"        [{step['mark']}] {wrapped(said(step['source'], lang), 66, '            ')}")
    return 0


def _steps(one: dict[str, Any], lang: str) -> list[str]:
    value = {term["symbol"]: term["value"] for term in one["terms"]}
    lines = []
    if one["power"] is not None:
        factors = [symbol for symbol in ("Qe", "Be", "Fl", "Fr", "Ff") if symbol in value]
        lines.append(f"  {' x '.join(factors)} = {' x '.join(value[each] for each in factors)} = {one['power']}")
        lines.append(f"  Qh x Bh = {value['Qh']} x {value['Bh']} = {one['heat']}")
        lines.append(f"  A = {one['power']} + {one['heat']} -> {one['initial']:,} ({_word('rounded', lang)})")
    elif "alpha" in value:
        lines.append(f"  X = (BP - I) / BP = ({value['BP']} - {value['I']}) / {value['BP']} = {value['X']}")
        lines.append(f"  alpha = {value['alpha']}")
        lines.append(
            f"  A = E x (1 + alpha) = {value['E']} x (1 + {value['alpha']}) -> {one['initial']:,} ({_word('rounded', lang)})"
        )
    if one["rule"].startswith("special:"):
        lines.append(f"  {_word('rule.special', lang, id=one['rule'].partition(':')[2])}: {one['final']:,}")
    elif f"rule.{one['rule']}" in _WORDS:
        lines.append(f"  {_word('rule.' + one['rule'], lang)}: {one['final']:,}")
    for term in one["terms"]:
        source = f"[{term['mark']}] {_plain(term['source'], lang)}" if term["source"] else _word("reported", lang)
        lines.append(f"  {term['symbol']:<6}{term['value']} {term['unit']}".rstrip())
        lines.append(f"        {wrapped(source, 72, '        ')}")
    return lines


@group.command("compare")
@click.argument("first", type=_DIR, metavar="DIR_A")
@click.argument("second", type=_DIR, metavar="DIR_B")
@_JSON
@_LANG
def compare(first: Path, second: Path, as_json: bool, lang: str) -> None:
    """What another plan, or other data, gives: final allowances by entity, those that differ."""
    from hengtan.market.allocation.written import read

    sums: list[dict[str, int]] = []
    for folder in (first, second):
        by: dict[str, int] = {}
        for each in read(folder)["units"]:
            by[each["entity"]] = by.get(each["entity"], 0) + each["final"]
        sums.append(by)
    rows = [
        {
            "entity": name,
            "a": sums[0].get(name),
            "b": sums[1].get(name),
            "difference": sums[1].get(name, 0) - sums[0].get(name, 0),
        }
        for name in dict.fromkeys([*sums[0], *sums[1]])
    ]
    rows = [row for row in rows if row["a"] != row["b"]]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not rows:
        click.echo(_word("none", lang))
        return
    from rich import box
    from rich.table import Table

    from .summary import console

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(_word("entity", lang))
    for title in (str(first), str(second), _word("difference", lang)):
        table.add_column(title, justify="right")
    for row in rows:
        shown = ["—" if row[side] is None else f"{row[side]:,}" for side in ("a", "b")]
        table.add_row(str(row["entity"]), *shown, f"{row['difference']:+,}")
    console().print(table)
