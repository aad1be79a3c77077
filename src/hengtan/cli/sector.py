"""``hengtan sector``: statements by Chinese sector guidelines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .reconcile import reconcile_command
from .saying import saying
from .unswept import unswept
from .wrap import wrapped

if TYPE_CHECKING:
    from hengtan.sectors import SectorMethod

_LANG = click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_DIR = click.Path(path_type=Path)
_WORDS = {
    "marks": ("[R] read in the source  [K] known from it, to be checked", "[R] 已核对原文  [K] 据文件已知，待核对"),
    "written": ("Written: {path}", "已写入：{path}"),
    "exists": ("{path} exists already and may hold data; give another name.", "{path} 已存在，可能含有数据；请换一个文件名。"),
    "suffix": ("{path} should end in .xlsx.", "{path} 应以 .xlsx 结尾。"),
    "rows": ("{rows_in} rows in = {posted} used + {rejected} rejected", "读入 {rows_in} 行 = 采用 {posted} + 拒收 {rejected}"),
    "source": ("Source", "排放源"),
    "place": ("Process / unit", "工序 / 机组"),
    "total": ("{entity}: {total} t CO2e", "{entity}：{total} tCO2e"),
    "incomplete": ("{entity}: incomplete", "{entity}：不完整"),
    "outside": ("(not in the total)", "（不计入合计）"),
    "removed": ("(subtracted)", "（扣减）"),
    "own": ("{group}.NAME.…: others, every value given", "{group}.名称.…：其他项目，各值均须填写"),
    "equations": ("Equations", "公式"),
    "more": ("{count} more in statement.json", "其余 {count} 项见 statement.json"),
    "none": ("no difference", "没有差异"),
}  # fmt: skip
MOST_SHOWN = 100

_word = saying(_WORDS)


def _method(method_id: str) -> SectorMethod:
    """Raises HengtanError for one that nobody knows."""
    from difflib import get_close_matches

    from hengtan.problems import HengtanError, Problem
    from hengtan.sectors import sector_methods

    known = sector_methods()
    if method_id not in known:
        near = ", ".join(get_close_matches(method_id, known, 3, 0.3)) or "-"
        raise HengtanError(Problem("sector.method-unknown", values={"method": method_id, "near": near}))
    return known[method_id]


@click.group("sector")
def group() -> None:
    """Sector accounting by Chinese guidelines: methods, forms, statements."""


@group.command("list")
@_JSON
@_LANG
def list_command(as_json: bool, lang: str) -> None:
    """List the sector methods."""
    from hengtan.sectors import sector_methods
    from hengtan.sectors.record import about

    if as_json:
        click.echo(json.dumps([about(method) for method in sector_methods().values()], ensure_ascii=False, indent=1))
        return
    for method in sector_methods().values():
        click.echo(f"{method.id:<26} [{method.mark}] {method.gwp:<4} {wrapped(method.title[lang], 44, ' ' * 36)}")
    click.echo(_word("marks", lang))


@group.command("show")
@click.argument("method_id", metavar="ID")
@click.option("--year", type=int, help="Year of the defaults that differ by year.")
@_JSON
@_LANG
def show(method_id: str, year: int | None, as_json: bool, lang: str) -> None:
    """Inputs with unit, title, default, source and mark; equations; rounding; notes."""
    from hengtan.sectors.method import CATEGORIES
    from hengtan.sectors.record import about, inputs

    method = _method(method_id)
    rows = inputs(method, year)
    if as_json:
        click.echo(json.dumps({
            **about(method), "inputs": rows, "processes": {name: dict(title) for name, title in method.processes.items()},
            "groups": [{"id": each.id, "title": dict(each.title), "items": list(each.items),
                        "own": {name: shape.unit for name, shape in each.own.items()}} for each in method.groups.values()],
            "sources": [{"id": each.id, "title": dict(each.title), "category": each.category, "kind": each.kind, "counts": each.counts, "processes": list(each.processes),
                         "equations": [{"each": part.group, "gas": part.gas or "item", "minus": part.minus, "equation": part.equation.text} for part in each.parts],
                         "source": each.source, "mark": each.mark} for each in method.sources],
            "ratios": [{"id": each.id, "title": dict(each.title), "unit": each.unit, "equation": each.equation.text, "reads": dict(each.reads)} for each in method.ratios],
            "notes": [dict(note) for note in method.notes],
        }, ensure_ascii=False, indent=1))  # fmt: skip
        return
    click.echo(wrapped(method.title[lang], 80, ""))
    click.echo(wrapped(f"[{method.mark}] {method.standard}", 80, ""))
    for row in rows:
        default = f" = {row['default']}" if row["default"] else ""
        click.echo(f"[{row['mark']}] {row['id']}  {row['unit']}{default}")
        click.echo(f"      {wrapped(row['title'][lang], 74, '      ')}")
    for each in method.groups.values():
        if each.own:
            click.echo(f"    {_word('own', lang, group=each.id)}")
    click.echo(_word("equations", lang))
    for source in method.sources:
        told = f"{source.id} ({CATEGORIES[source.category][lang]}): {source.title[lang]}"
        click.echo(f"[{source.mark}] {wrapped(told, 72, '      ')}")
        for part in source.parts:
            text = f"{'-' if part.minus else '+'} {part.gas or 'gas'}{' = sum over ' + part.group + ' of' if part.group else ' ='} {part.equation.text}"
            click.echo(f"      {wrapped(text, 74, '        ')}")
    for note in method.notes:
        click.echo(wrapped(note[lang], 80, ""))
    click.echo(_word("marks", lang))


@group.command("sources")
@click.argument("method_id", metavar="[ID]", default="")
@_JSON
@_LANG
def sources_command(method_id: str, as_json: bool, lang: str) -> None:
    """Which sources each guideline covers, by the categories of GB/T 32150."""
    from hengtan.sectors import sector_methods
    from hengtan.sectors.record import sources

    chosen = [_method(method_id)] if method_id else list(sector_methods().values())
    if as_json:
        click.echo(json.dumps({method.id: sources(method) for method in chosen}, ensure_ascii=False, indent=1))
        return
    for method in chosen:
        click.echo(wrapped(f"{method.id}  {method.title[lang]}", 80, "    "))
        for each in sources(method):
            click.echo(
                f"  {wrapped(each['category_title'][lang] + ': ' + each['title'][lang], 76, '      ')}  [{each['mark']}]"
            )


@group.command("template")
@click.argument("method_id", metavar="ID")
@click.option("--xlsx", type=_DIR, required=True, metavar="FILE", help="Where to write the workbook.")
@_LANG
def template(method_id: str, xlsx: Path, lang: str) -> None:
    """Write the workbook to fill in."""
    from hengtan.connectors.statement_template import write_statement_template

    method = _method(method_id)
    for wrong, key in ((xlsx.suffix.lower() != ".xlsx", "suffix"), (xlsx.exists(), "exists")):
        if wrong:
            raise click.UsageError(_word(key, lang, path=xlsx))
    write_statement_template(xlsx, method, lang)
    click.echo(_word("written", lang, path=xlsx))


@group.command("calculate")
@click.argument("file", metavar="FILE")
@click.option("--method", "method_id", required=True, metavar="ID", help="hengtan sector list names them.")
@click.option("--out", type=_DIR, required=True, metavar="DIR", help="Folder for the results.")
@click.option("--year", type=int, help="Year of the statement, for defaults that differ by year.")
@click.option("--previous", type=_DIR, metavar="DIR", help="Last year's result: jumps of more than 10 % are told.")
@_JSON
@_LANG
@unswept()
def calculate_command(
    file: str, method_id: str, out: Path, year: int | None, previous: Path | None, as_json: bool, lang: str
) -> int:
    """Emissions of a statement by source, process and enterprise, each with its equation."""
    from dataclasses import replace

    from hengtan import __version__
    from hengtan.connectors.statement_file import statement_table
    from hengtan.inventory.folder import check_free, check_outside, new_folder, sha256, write_json
    from hengtan.inventory.problem_file import Problems, write_problems
    from hengtan.problems import HengtanError, Problem
    from hengtan.sectors import calculate, read_statement
    from hengtan.sectors.earlier import jumps, read_record
    from hengtan.sectors.record import about, lines, record

    method = _method(method_id)
    check_free(out)
    before = read_record(previous) if previous else None
    table = statement_table(Path(file), file)
    check_outside(out, [file])
    unreadable = {problem.row for problem in table.problems}
    statement = read_statement([(row, cells) for row, cells in table.rows if row not in unreadable], method, year)
    if not (statement.rows_in or unreadable):
        raise HengtanError(Problem("table.no-rows", file=file))
    result = calculate(statement, method, year)
    found = record(result)
    told = [*table.problems, *result.problems, *(jumps(found, before) if before else ())]
    problems = Problems()
    problems.add(replace(problem, file=file) for problem in told)
    rejected = len(statement.bad) + len(unreadable)
    rows_in = statement.rows_in + len(unreadable)
    counts = {"rows_in": rows_in, "rows_posted": rows_in - rejected, "rows_rejected": rejected}
    manifest = {
        "hengtan": __version__, "kind": "sector.statement", "method": about(method), "year": year,
        "input": {"file": file, "sha256": sha256(Path(file))}, **counts,
    }  # fmt: skip
    with new_folder(out) as fresh:
        with (fresh / "statement.json").open("w", encoding="utf-8") as target:
            target.writelines(lines({**found, **counts}))
        write_problems(fresh / "problems.csv", problems, [(file, "")], lang)
        write_json(fresh / "run.json", manifest)
    if as_json:
        click.echo(json.dumps({**found, **counts}, ensure_ascii=False, indent=1))
    else:
        _show(found, counts, lang)
        from .summary import list_problems

        list_problems(problems, [(file, "")], lang)
        click.echo(_word("written", lang, path=out))
    return 3 if rejected or problems.errors() else 0


def _show(found: dict[str, Any], counts: dict[str, int], lang: str) -> None:
    from rich import box
    from rich.table import Table

    from .summary import console

    click.echo(wrapped(f"{found['method']['title'][lang]} ({found['method']['standard']})", 80, ""))
    click.echo(
        _word("rows", lang, rows_in=counts["rows_in"], posted=counts["rows_posted"], rejected=counts["rows_rejected"])
    )
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(_word("place", lang))
    table.add_column(_word("source", lang))
    for title in ("t CO2", "t CO2e"):
        table.add_column(title, justify="right")
    for each in found["by_source"][:MOST_SHOWN]:
        note = (
            ""
            if each["counts"] and each["kind"] not in ("note", "removed")
            else _word("removed" if each["kind"] == "removed" else "outside", lang)
        )
        place = " / ".join(part for part in (each["entity"], each["process"], each["unit_name"]) if part)
        table.add_row(
            place, f"{each['title'][lang]} {note}".strip(), *(_grouped(each[name]) for name in ("t_co2", "t_co2e"))
        )
    console().print(table)
    left = max(0, len(found["by_source"]) - MOST_SHOWN)
    if left:
        click.echo(_word("more", lang, count=left))
    for each in found["by_entity"][:MOST_SHOWN]:
        key = "total" if each["complete"] else "incomplete"
        click.echo(_word(key, lang, entity=each["entity"], total=_grouped(each["t_co2e"])))


def _grouped(text: str) -> str:
    from decimal import Decimal

    return f"{Decimal(text):,.2f}"


@group.command("report")
@click.argument("folder", type=_DIR, metavar="DIR")
@click.option(
    "--format", "form", type=click.Choice(["pdf", "xlsx", "html"]), multiple=True, help="Without it: all three."
)
@click.option(
    "--about",
    type=_DIR,
    metavar="FILE",
    help="What the report says of the enterprise (YAML: name, credit_code, registry, ...).",
)
@_LANG
def report(folder: Path, form: tuple[str, ...], about: Path | None, lang: str) -> None:
    """The annual report form: entity, emissions, every parameter by month, equations, remarks."""
    import csv

    from hengtan.reports.html import page
    from hengtan.reports.pdf import paper
    from hengtan.reports.statement_book import statement_workbook
    from hengtan.reports.statement_form import statement_document
    from hengtan.sectors.earlier import read_record

    record = read_record(folder)
    told = _about(about)
    with (folder / "problems.csv").open(encoding="utf-8-sig", newline="") as file:
        problems = list(csv.DictReader(file))
    digest = str(json.loads((folder / "run.json").read_text("utf-8"))["input"]["sha256"])
    document = statement_document(record, told, problems, digest, lang)
    book = statement_document(record, told, problems, digest, lang, wide=True)
    writers = {
        "pdf": lambda: paper(document),
        "xlsx": lambda: statement_workbook(book),
        "html": lambda: page(document).encode(),
    }
    for name in form or tuple(writers):
        path = folder / f"report.{name}"
        path.write_bytes(writers[name]())
        click.echo(_word("written", lang, path=path))


def _about(path: Path | None) -> dict[str, str]:
    """Name, code and the like; what no form prints is refused."""
    if path is None:
        return {}
    from hengtan.api.about import read_about

    return read_about(path, str(path))


@group.command("explain")
@click.argument("folder", type=_DIR, metavar="DIR")
@click.argument("source", metavar="SOURCE", default="")
@_LANG
def explain(folder: Path, source: str, lang: str) -> int:
    """Each equation with its numbers, and where every number comes from."""
    from hengtan.sectors.earlier import read_record

    found = [each for each in read_record(folder)["by_source"] if source in ("", each["source"])]
    for each in found:
        place = " / ".join(part for part in (each["entity"], each["process"], each["unit_name"]) if part)
        click.echo(
            f"{place}  {each['title'][lang]}: {each['t_co2e']} t CO2e  [{each['mark']}] {wrapped(each['stated_in'], 60, '    ')}"
        )
        for step in each["steps"]:
            click.echo(f"  {step['item']}  {wrapped(step['equation'], 70, '    ')}")
            click.echo(f"    {wrapped(step['worked'], 74, '    ')}")
            for value in step["values"]:
                mark = f"[{value['mark']}] " if value["mark"] else ""
                row = f", row {value['row']}" if value["row"] else ""
                told = f"{value['parameter']} = {value['value']} {value['unit']}  {value['obtained']}  {mark}{value['source']}{row}"
                click.echo(f"      {wrapped(told, 72, '        ')}")
    return 0 if found else 3


@group.command("compare")
@click.argument("first", type=_DIR, metavar="DIR_A")
@click.argument("second", type=_DIR, metavar="DIR_B")
@_JSON
@_LANG
def compare(first: Path, second: Path, as_json: bool, lang: str) -> None:
    """Figures that differ: of a company and its verifier, or of two years."""
    from rich import box
    from rich.table import Table

    from hengtan.sectors.earlier import differences, read_record

    from .summary import console

    rows = list(differences(read_record(first), read_record(second)))
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    elif not rows:
        click.echo(_word("none", lang))
    else:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for name in ("entity", "process", "unit_name", "figure"):
            table.add_column(name)
        for name in ("a", "b", "difference"):
            table.add_column(name, justify="right")
        for row in rows:
            table.add_row(*row.values())
        console().print(table)


group.add_command(reconcile_command)
