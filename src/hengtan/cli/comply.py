"""``hengtan comply``: the cheapest compliance plan in the Chinese national carbon market."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .wrap import wrapped

if TYPE_CHECKING:
    from hengtan.market.compliance import Plan
    from hengtan.problems import Problem

_LANG = click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_WORDS = {
    "status.optimal": ("Proven cheapest: {cost} CNY", "已证最优：{cost} 元"),
    "status.within": ("{cost} CNY, at most {gap} CNY above the cheapest", "{cost} 元，与最优相差不超过 {gap} 元"),
    "status.infeasible": ("No plan keeps the rules.", "没有符合规则的计划。"),
    "expected": (" (expected over {count} scenarios)", "（{count} 个情景的期望值）"),
    "sample": ("sample: invented figures", "示例：数据为虚构"),
    "position": ("{name} {year}: due {due} t, at hand {have} t, gap {gap} t, deadline {day} ({left} days)",
                 "{name} {year} 年度：应清缴 {due} 吨，可用 {have} 吨，缺口 {gap} 吨，截止 {day}（{left} 天）"),
    "fine": ("fine if nothing is done: {low} to {high} CNY (at {price} CNY/t)", "逾期罚款敞口：{low}—{high} 元（按 {price} 元/吨）"),
    "worth": ("a tonne less saves {price} CNY", "少排一吨可少支出 {price} 元"),
    "lines": ("Scenario «{name}», the most probable", "情景“{name}”（概率最大）"),
    "step": ("Step", "步骤"), "t": ("t", "吨"), "cost": ("CNY", "支出（元）"), "by": ("By", "截止日"), "entity": ("Entity", "单位"),
    "otherwise": ("Otherwise", "换个假设"),
    "other": ("{title}: {cost} CNY ({more})", "{title}：{cost} 元（{more}）"),
    "other.none": ("{title}: no plan", "{title}：没有可行的计划"),
    "risk": ("Value at risk, {share} % in {days} trading days: {historical} CNY (history), {parametric} CNY (normal)",
             "风险价值（{share}%，{days} 个交易日）：历史模拟 {historical} 元，参数法 {parametric} 元"),
    "broken": ("Rules that the data break", "数据违反的规则"), "notes": ("Notes", "说明"),
    "more": ("{count} more in plan.xlsx", "其余 {count} 项见 plan.xlsx"),
    "suffix": ("A workbook's name ends with .xlsx, not {path}.", "工作簿文件名应以 .xlsx 结尾：{path}。"),
    "exists": ("{path} exists already; it may hold data, so it was left alone. Give another name.", "{path} 已存在，其中可能有数据，未覆盖。请换一个文件名。"),
    "folder": ("The folder {path} does not exist.", "文件夹 {path} 不存在。"),
    "template": ("Written: {file}. Fill it and give it to hengtan comply plan.", "已写入：{file}。填好后交给 hengtan comply plan。"),
    "written": ("Written: {folder}", "已写入：{folder}"),
}  # fmt: skip
_MOST = 20


def _word(key: str, lang: str, **values: object) -> str:
    return _WORDS[key][lang == "zh"].format(**values)


@click.group("comply")
def group() -> None:
    """Surrender at least cost, within the rules: position, plan, alternatives, deadlines."""


@group.command("schema")
@click.option("--input", "which", flag_value="input", default="input", help="What comply plan reads (the default).")
@click.option("--output", "which", flag_value="output", help="What plan.json holds.")
def schema_command(which: str) -> None:
    """Print the JSON Schema (2020-12) of the input or the output of a plan."""
    from hengtan.market.compliance import schema

    click.echo(json.dumps(schema("output" if which == "output" else "input"), ensure_ascii=False, indent=1))


@group.command("template")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE.xlsx",
    help="Where it is written.",
)
@click.option(
    "--from",
    "source",
    metavar="FILE",
    help="An input (JSON or a workbook) that fills it; else it is empty, with a marked sample.",
)
@_LANG
def template_command(out: Path, source: str | None, lang: str) -> int:
    """Write the workbook in which the input of a plan is filled in: a sheet for each part of it."""
    from hengtan.connectors.plan_template import write_plan_workbook
    from hengtan.market.compliance.flat import tables_of

    for wrong, key, shown in (
        (out.suffix.lower() != ".xlsx", "suffix", out),
        (out.exists(), "exists", out),
        (not out.parent.is_dir(), "folder", out.parent),
    ):
        if wrong:
            raise click.UsageError(_word(key, lang, path=shown))
    write_plan_workbook(out, None if source is None else tables_of(_input(Path(source))), lang)
    click.echo(_word("template", lang, file=out))
    return 0


def _input(path: Path) -> Mapping[str, Any]:
    """The input of a file of either kind, checked."""
    from hengtan.connectors.plan_workbook import is_workbook, read_input
    from hengtan.market.compliance import read_case
    from hengtan.market.compliance.schema import read_json

    if is_workbook(path.name):
        return read_input(path, path.name)
    read_case(path)
    value: Mapping[str, Any] = read_json(path.read_text("utf-8-sig"), path.name)[0]
    return value


@group.command("plan")
@click.argument("file", metavar="FILE")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder for plan.json and plan.xlsx."
)
@_JSON
@_LANG
def plan_command(file: str, out: Path, as_json: bool, lang: str) -> int:
    """The cheapest plan for FILE (a workbook or JSON); exit 3 where no plan keeps the rules, or the data break one."""
    from hengtan import __version__
    from hengtan.inventory.folder import check_free, check_outside, new_folder, sha256, write_json
    from hengtan.market.compliance import case_of, plan, record, write

    check_free(out)
    case = case_of(_input(Path(file)), Path(file).name)
    check_outside(out, [file])
    found = plan(case, file=Path(file).name)
    manifest = {
        "hengtan": __version__, "kind": "comply.plan", "input": {"file": file, "sha256": sha256(Path(file))},
        "as_of": case.as_of.isoformat(), "status": found.status, "cost_cny": None if found.cost_cny is None else str(found.cost_cny),
    }  # fmt: skip
    with new_folder(out) as fresh:
        write(fresh, found, lang)
        write_json(fresh / "run.json", manifest)
    if as_json:
        click.echo(json.dumps(record(found), ensure_ascii=False, indent=1))
    else:
        _show(found, lang)
        click.echo(_word("written", lang, folder=out))
    return 3 if found.broken or found.status == "infeasible" else 0


def _money(value: Decimal) -> str:
    return f"{value:,.2f}"


def _show(found: Plan, lang: str) -> None:
    case = found.case
    if case.title:
        click.echo(wrapped(case.title, 80, ""))
    if case.sample:
        click.echo(f"[{_word('sample', lang)}]")
    cost = "" if found.cost_cny is None else _money(found.cost_cny)
    expected = _word("expected", lang, count=len(case.scenarios)) if len(case.scenarios) > 1 and cost else ""
    click.echo(_word(f"status.{found.status}", lang, cost=cost, gap=_money(found.gap_cny)) + expected)
    _positions(found, lang)
    if found.lines:
        if len(case.scenarios) > 1:
            click.echo(_word("lines", lang, name=case.scenarios[found.central].name))
        _lines(found, lang)
    _others(found, lang)
    for key, problems in (("broken", found.broken), ("", found.binding), ("notes", found.notes)):
        _problems(key, problems, found, lang)


def _positions(found: Plan, lang: str) -> None:
    names = {each.id: (at, each.name) for at, each in enumerate(found.case.entities)}
    shown = sorted(found.positions, key=lambda each: (each.year, -each.gap_t))[:_MOST]
    for each in shown:
        at, name = names[each.entity]
        click.echo(
            wrapped(
                _word(
                    "position", lang, name=name, year=each.year, due=f"{each.due_t:,}",
                    have=f"{each.allowances_t + each.credits_t:,}", gap=f"{each.gap_t:,}", day=each.deadline,
                    left=(each.deadline - found.case.as_of).days,
                ),
                80, "  ",
            )
        )  # fmt: skip
        told = []
        if each.fine is not None and each.gap_t:
            fine = each.fine
            told.append(
                _word("fine", lang, low=_money(fine.low_cny), high=_money(fine.high_cny), price=fine.price_cny_t)
            )
        if found.worth_cny_t is not None:
            told.append(_word("worth", lang, price=found.worth_cny_t[at][found.given.years.index(each.year)]))
        for one in told:
            click.echo(f"  {wrapped(one, 78, '  ')}")
    _rest(len(found.positions) - len(shown), lang)


def _lines(found: Plan, lang: str) -> None:
    """A line of figures for each step and below it, as wide as the page, why; under whose it is and for which year, where there are several."""
    names = {each.id: each.name for each in found.case.entities}
    several = len(names) > 1 or len(found.case.years) > 1
    last: tuple[str, int | None] = ("", None)
    _columns([_word(name, lang) for name in ("step", "t", "cost", "by")])
    click.echo("─" * sum(_WIDTHS))
    for each in found.lines[:_MOST]:
        of = (each.entity, each.year or (last[1] if each.entity == last[0] else None))
        if several and of != last:
            click.echo(f"[{wrapped(' '.join([names[each.entity], *([str(of[1])] if of[1] else [])]), 78, ' ')}]")
        last = of
        money = _money(each.cost_cny) if each.cost_cny else "—"
        _columns([each.what[lang], f"{each.t:,}", money, str(each.by)])
        click.echo(f"  {wrapped(each.why[lang], 78, '  ')}")
    _rest(len(found.lines) - _MOST, lang)


_WIDTHS = (38, 14, 16, 12)  # step, tonnes, CNY, day


def _columns(cells: list[str]) -> None:
    """Figures stand right of what they belong to; a step too long for its column goes on below."""
    from rich.cells import cell_len

    first, *more = wrapped(cells[0], _WIDTHS[0], "").splitlines() or [""]
    line = first + " " * max(_WIDTHS[0] - cell_len(first), 0)
    for text, width in zip(cells[1:], _WIDTHS[1:], strict=True):
        line += " " * max(width - cell_len(text), 1) + text
    click.echo(line)
    for rest in more:
        click.echo(rest)


def _others(found: Plan, lang: str) -> None:
    if found.alternatives:
        click.echo(_word("otherwise", lang))
    for each in found.alternatives:
        if each.cost_cny is None or each.more_cny is None:
            click.echo(f"  {_word('other.none', lang, title=each.title[lang])}")
            continue
        more = f"{each.more_cny:+,.2f}".replace("-", "−")
        click.echo(f"  {_word('other', lang, title=each.title[lang], cost=_money(each.cost_cny), more=more)}")
    risk = found.risk
    if risk is not None:
        values: dict[str, Any] = {
            "share": (risk.confidence * 100).normalize(), "days": risk.days, "historical": _money(risk.historical_cny),
            "parametric": _money(risk.parametric_cny),
        }  # fmt: skip
        click.echo(wrapped(_word("risk", lang, **values), 80, "  "))


def _problems(key: str, problems: tuple[Problem, ...], found: Plan, lang: str) -> None:
    if problems and key:
        click.echo(_word(key, lang))
    for each in problems[:_MOST]:
        place = f"{each.column} " if each.column else ""
        name = found.case.place(each.column)
        name = "" if not name else f"（{name}）" if lang == "zh" else f"({name}) "
        told = f"{each.reason(lang)}{'' if lang == 'zh' else ' '}{each.mend(lang)}"
        click.echo(f"  {wrapped(f'{each.code} {place}{name}', 76, '    ')}\n    {wrapped(told, 76, '    ')}")
    _rest(len(problems) - _MOST, lang)


def _rest(count: int, lang: str) -> None:
    if count > 0:
        click.echo(f"  {_word('more', lang, count=count)}")
