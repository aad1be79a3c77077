"""``hengtan sector reconcile``: statements and an inventory as three views of one set of activities."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from .wrap import wrapped

_DIR = click.Path(path_type=Path)
_WORDS = {
    "source": ("Source", "排放源"), "ets": ("Carbon market", "全国碳市场"), "enterprise": ("Guideline", "行业指南"), "inventory": ("Inventory", "清单"),
    "total": ("All sources", "合计"), "left": ("not explained", "未解释"), "none": ("everything is explained", "全部解释"),
    "boundary": ("another boundary", "边界不同"), "period": ("another period", "期间不同"), "amount": ("another amount", "活动数据量不同"),
    "ncv": ("another calorific value", "低位发热量不同"), "carbon": ("another carbon content", "含碳量不同"),
    "oxidation": ("another oxidation factor", "碳氧化率不同"), "factor": ("another factor", "排放因子不同"),
    "grid-year": ("grid factor of another year", "电网因子年度不同"), "grid-region": ("grid factor of another region", "电网因子区域不同"),
    "gwp": ("another GWP set", "GWP 版本不同"), "gases": ("other gases", "温室气体种类不同"), "rounding": ("rounding", "修约"),
}  # fmt: skip
VIEWS = ("ets", "enterprise", "inventory")


@click.command("reconcile")
@click.argument("statements", type=_DIR, nargs=-1, required=True, metavar="STATEMENT...")
@click.option("--run", "run", type=_DIR, required=True, metavar="DIR", help="Folder of hengtan calculate.")
@click.option("--year", type=int, help="Year of the statements, where they do not say it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
def reconcile_command(statements: tuple[Path, ...], run: Path, year: int | None, as_json: bool, lang: str) -> int:
    """Line up statements of one enterprise with an inventory: carbon market, guideline, inventory.

    STATEMENT is a folder of hengtan sector calculate. Each difference is explained by boundary, amount, factor, grid, GWP or rounding; what is
    left adds up to the last digit. Exit 3 where something is left unexplained.
    """
    from hengtan.inventory.report_data import read_manifest
    from hengtan.sectors.earlier import read_record
    from hengtan.sectors.reconcile import Taken, as_record, grid_factors, inventory_sums, posted_rows, reconcile

    records = [read_record(folder) for folder in statements]
    years: set[int] = {int(record["year"]) for record in records if record.get("year")} | ({year} if year else set())
    if len(years) != 1:
        told = ", ".join(map(str, sorted(years)))
        raise click.UsageError(f"Statements of one year: {told}" if told else "Give --year.")
    when = years.pop()
    read_manifest(run)  # which says what is wrong with a folder that is no run
    gwp_set = str(json.loads((run / "summary.json").read_text("utf-8"))["gwp_set"])
    taken = [Taken(folder.name, record) for folder, record in zip(statements, records, strict=True)]
    found = as_record(
        reconcile(taken, inventory_sums(run, posted_rows(run), when, gwp_set), when, gwp_set, grid_factors())
    )
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        _show(found, lang)
    return 3 if any(float(step["remainder"]) for step in found["steps"]) else 0


def _word(key: str, lang: str) -> str:
    return _WORDS[key][lang == "zh"]


def _show(found: dict[str, Any], lang: str) -> None:
    from rich import box
    from rich.table import Table

    from .summary import console

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(_word("source", lang))
    for view in VIEWS:
        table.add_column(f"{_word(view, lang)} t CO2e", justify="right")
    for line in found["lines"]:
        masses = ("—" if line["sides"][view] is None else _grouped(line["sides"][view]["t_co2e"]) for view in VIEWS)
        table.add_row(line["title"][lang], *masses)
    table.add_row(_word("total", lang), *(_grouped(found["totals"][view]) for view in VIEWS))
    console().print(table)
    for line in found["lines"]:
        for each, (first, second) in zip(line["differences"], pairwise(VIEWS), strict=True):
            for part in each["parts"]:
                told = f"{line['title'][lang]}, {_word(first, lang)} -> {_word(second, lang)}: {_word(part['kind'], lang)} {_grouped(part['value'], '+')} t"
                change = f" ({part['was']} -> {part['now']} {part['unit']})" if part["was"] else ""
                rule = (
                    f"  [{part['rule']['mark']}] {part['rule']['text'][lang]} {part['rule']['source']}"
                    if part["rule"]
                    else ""
                )
                click.echo(wrapped(f"{told}{change}{rule}", 80, "    "))
            if float(each["remainder"]):
                told = f"{line['title'][lang]}, {_word(first, lang)} -> {_word(second, lang)}: {_word('left', lang)} {_grouped(each['remainder'], '+')} t"
                click.echo(wrapped(told, 80, "    "))
    if not any(float(step["remainder"]) for step in found["steps"]):
        click.echo(_word("none", lang))


def _grouped(text: str, sign: str = "") -> str:
    from decimal import Decimal

    return f"{Decimal(text):{sign},.2f}"
