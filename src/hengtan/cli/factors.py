"""``hengtan factors``: search the library, show one factor, check a factor file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .wrap import wrapped

if TYPE_CHECKING:
    from hengtan.factors import Factor, Hit
    from hengtan.problems import Problem

WORDS = {
    "none": {"en": "Nothing found for “{text}”.", "zh": "没有找到“{text}”。"},
    "advice": {
        "en": "Try fewer or other words, or leave out --region, --year, --unit or --category.",
        "zh": "请减少或更换关键词，或去掉 --region、--year、--unit、--category 条件。",
    },
    "also": {"en": "also {years}", "zh": "另有 {years}"},
    "unit": {
        "en": "No factor per {unit}; these units convert to it.",
        "zh": "没有以 {unit} 为单位的因子；以下单位可以换算。",
    },
    "clean": {"en": "{factors} factors, nothing to say against them.", "zh": "共 {factors} 个因子，未发现问题。"},
    "sum": {
        "en": "{factors} factors: {errors} errors, {warnings} warnings.",
        "zh": "共 {factors} 个因子：{errors} 个错误，{warnings} 个警告。",
    },
    "error": {"en": "error", "zh": "错误"},
    "warning": {"en": "warning", "zh": "警告"},
}
lang_option = click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the output."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("factors")
def factors() -> None:
    """Search the emission factor library, show a factor, check a factor file of your own."""


@factors.command("search")
@click.argument("words", nargs=-1, required=True, metavar="TEXT")
@click.option("--region", help="Place: code or name, Chinese or English. Larger places around it follow.")
@click.option("--year", type=click.IntRange(1900, 2100), help="Only factors that are valid in this year.")
@click.option("--unit", help="Only factors of this unit, however it is written.")
@click.option("--category", help="Only factors of this category, for example stationary_combustion.")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many to show.")
@json_option
@lang_option
def search_command(
    words: tuple[str, ...],
    region: str | None,
    year: int | None,
    unit: str | None,
    category: str | None,
    limit: int,
    as_json: bool,
    lang: str,
) -> None:
    """Find factors by TEXT: English or Chinese, misspelt, with or without a unit, a place and a year."""
    from hengtan.factors import open_library, search
    from hengtan.factors.search import unit_named
    from hengtan.problems import HengtanError

    text = " ".join(words)
    try:
        hits = search(open_library(), text, region=region, year=year, unit=unit, category=category, limit=limit)
    except HengtanError as fault:
        raise SystemExit(_refused(fault.problems, lang)) from fault
    if as_json:
        click.echo(json.dumps([_hit_record(hit) for hit in hits], ensure_ascii=False, indent=1))
        return
    if unit and hits and hits[0].factor.activity_unit.split("_")[0] != unit_named(unit).symbol.split("_")[0]:
        click.secho(WORDS["unit"][lang].format(unit=unit_named(unit).symbol), fg="yellow")
    for number, hit in enumerate(hits, 1):
        click.echo(_hit_lines(number, hit, lang))
    if not hits:
        click.echo(f"{WORDS['none'][lang].format(text=text)} {WORDS['advice'][lang]}")


@factors.command("show")
@click.argument("factor_id", metavar="ID")
@json_option
@lang_option
def show_command(factor_id: str, as_json: bool, lang: str) -> None:
    """Show a factor: amounts, source, table, licence, validity, publication, the same in other years."""
    from hengtan.factors import open_library
    from hengtan.factors.search import index_for
    from hengtan.problems import Problem

    library = open_library()
    factor = library.get(factor_id)
    if factor is None:
        near = ", ".join(library.near(factor_id)) or "-"
        _refused([Problem("factor.id-unknown", values={"factor_id": factor_id, "near": near})], lang)
        sys.exit(3)
    relatives = index_for(library).relatives(factor_id)
    if as_json:
        click.echo(json.dumps(_factor_record(factor, relatives, lang), ensure_ascii=False, indent=1))
    else:
        from .factor_page import show

        show(factor, relatives, lang)


@factors.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@lang_option
def check_command(file: Path, as_json: bool, lang: str) -> None:
    """Check a factor FILE before it is used: sizes, units, sources, dates, regions, GWP sets.

    Exit code 3 when there are errors, 0 with warnings alone, 2 when the file cannot be read.
    """
    from hengtan.factors import check
    from hengtan.factors.userfile import count_rows
    from hengtan.problems import HengtanError

    try:
        problems = check(file)
    except HengtanError as fault:
        if as_json:
            click.echo(json.dumps([_problem_record(problem, lang) for problem in fault.problems], ensure_ascii=False))
        raise SystemExit(_refused(fault.problems, lang)) from fault
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        click.echo(json.dumps([_problem_record(problem, lang) for problem in problems], ensure_ascii=False, indent=1))
    else:
        mends: set[str] = set()  # one that lists all categories is said once, not on each row
        for problem in problems:
            colour = "red" if problem.severity == "error" else "yellow"
            mend = problem.mend(lang)
            told = problem.sentence(lang)
            if mend in mends:
                told = told.removesuffix(mend).rstrip()
            mends.add(mend)
            click.secho(f"{WORDS[problem.severity][lang]}: {told}", fg=colour)
        counts = {"factors": count_rows(file), "errors": errors, "warnings": len(problems) - errors}
        click.echo(WORDS["sum" if problems else "clean"][lang].format(**counts))
    sys.exit(3 if errors else 0)


def _refused(problems: list[Problem], lang: str) -> int:
    """Say what is wrong; the exit code for wrong usage."""
    for problem in problems:
        click.secho(problem.sentence(lang), fg="red", err=True)
    return 2


def _hit_lines(number: int, hit: Hit, lang: str) -> str:
    """Three lines, the last with the id alone so that it can be copied."""
    from hengtan.factors.describe import UNVERIFIED, amount, years

    factor = hit.factor
    facts = [amount(factor, lang), factor.region, years(factor, lang), factor.gwp_set]
    if hit.others:
        facts.append(WORDS["also"][lang].format(years=_other_years(hit)))
    mark = click.style(f"  ! {UNVERIFIED[lang]}", fg="yellow") if factor.unverified else ""
    indent = " " * 4
    name = wrapped(_name(factor, lang), 76, indent)
    return "\n".join((
        click.style(f"{number:>3} ", dim=True) + click.style(name, bold=True),
        indent + wrapped(" · ".join(fact for fact in facts if fact), 76, indent),
        indent + click.style(factor.factor_id, fg="cyan") + mark,
    ))  # fmt: skip


def _name(factor: Factor, lang: str) -> str:
    """The name, with the other language's beside it where there is one."""
    title, other = factor.title(lang), factor.title("en" if lang == "zh" else "zh")
    return title if title == other else f"{title} ({other})" if lang == "en" else f"{title}（{other}）"


def _other_years(hit: Hit) -> str:
    found = sorted({part for one in hit.others for part in one.replace("_", "-").split("-") if _is_year(part)})
    return f"{found[0]}-{found[-1]}" if len(found) > 1 else found[0] if found else str(len(hit.others))


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdigit() and text[:2] in ("19", "20")


def _hit_record(hit: Hit) -> dict[str, Any]:
    from hengtan.factors.describe import record

    return record(hit.factor) | {"score": hit.score, "other_years": list(hit.others)}


def _factor_record(factor: Factor, relatives: list[Factor], lang: str) -> dict[str, Any]:
    from hengtan.factors.describe import record, terms
    from hengtan.factors.reference import cbam_detail

    fields = ("factor_id", "valid_from", "valid_to", "co2_kg", "co2e_kg", "gwp_set", "published")
    others = [{name: record(one)[name] for name in fields} for one in relatives]
    cbam = {"cbam": dict(cbam_detail(factor.factor_id))} if factor.category == "cbam_embedded_emissions" else {}
    return record(factor) | {"terms": terms(factor.licence, lang), "other_years": others} | cbam


def _problem_record(problem: Problem, lang: str) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": problem.severity,
        "file": problem.file,
        "sheet": problem.sheet,
        "row": problem.row,
        "column": problem.column,
        "reason": problem.reason(lang),
        "mend": problem.mend(lang),
    }
