"""``hengtan assets quotes, reconcile, template``: what comes from exchanges and registries."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .assets_post import book_option, json_option, lang_option, opened, problem_rows, show_problems, writable
from .assets_show import day_type, plain, show_table
from .wrap import wrapped

if TYPE_CHECKING:
    from hengtan.market.book.kept import KeptBreak
    from hengtan.market.book.template import Template

WORDS = {
    "quotes": ("{new} quotes new, {known} known already", "新增行情 {new} 条，已有 {known} 条"),
    "averages": ("{days} trading days: {total} t for CNY {amount}; average {average} (listed {listed}); close {low} to {high}, last {last}, change {change} %",
                 "{days} 个交易日：成交 {total} 吨、{amount} 元；均价 {average} 元/吨（挂牌 {listed}）；收盘价 {low} 至 {high}，期末 {last}，涨跌幅 {change}%"),
    "agrees": ("The statement agrees with the book.", "对账单与账簿一致。"),
    "breaks": ("{count} breaks; close each with its reason: hengtan assets reconcile --close N", "差异 {count} 项；请逐项说明原因后关闭：hengtan assets reconcile --close 编号"),
    "before": ("{count} breaks of this account that were found before are still open: hengtan assets reconcile --list", "该账户此前的差异尚有 {count} 项未关闭：hengtan assets reconcile --list"),
    "open": ("{count} breaks are open", "待处理差异 {count} 项"),
    "closed": ("Break {number} is closed.", "差异 {number} 已关闭。"),
    "kind.quantity": ("free units differ", "可用数量不符"), "kind.frozen": ("frozen units differ", "冻结数量不符"),
    "kind.ours-only": ("in the book alone", "仅账簿有"), "kind.theirs-only": ("with the registry alone", "仅登记系统有"),
    "kinds": ("Kinds of events (give one to see its fields)", "业务类型（给出类型可查看字段）"), "files": ("Templates of files", "文件模板"),
    "needs": ("must be there", "必填"), "written": ("Written: {path}", "已写入：{path}"),
}  # fmt: skip


def _say(key: str, lang: str, **values: object) -> str:
    return WORDS[key][lang == "zh"].format(**values)


def _read(file: Path, name: str, makes: str) -> tuple[Template, Any]:
    from hengtan.connectors.table import read_table
    from hengtan.market.book.template import template_of

    template = template_of(name, makes)
    return template, read_table(file, file.name, template.headers, template.numbers)


@click.command("quotes")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--template", "name", default="quotes", show_default=True, metavar="NAME|FILE", help="How the file is read."
)
@click.option(
    "--correct", is_flag=True, help="Enter other numbers for a day that is known as a correction; the old ones stay."
)
@click.option("--symbol", default="CEA", show_default=True, help="Whose averages.")
@click.option("--from", "first", type=day_type, metavar="DAY", help="First day of the averages.")
@click.option("--to", "last", type=day_type, metavar="DAY", help="Last day of the averages.")
@book_option
@json_option
@lang_option
def quotes_command(
    file: Path | None,
    name: str,
    correct: bool,
    symbol: str,
    first: datetime | None,
    last: datetime | None,
    folder: Path,
    as_json: bool,
    lang: str,
) -> int:
    """Take in the daily quotes of FILE, and tell what a period comes to: volumes, turnover, averages, closes, change."""
    from dataclasses import replace

    from hengtan.market.book.kept import add_quotes, quotes
    from hengtan.market.book.quote import averages
    from hengtan.market.book.template import quotes_of

    book = opened(folder)
    new, known, wrong = 0, 0, list[Any]()
    if file is not None:
        template, table = _read(file, name, "quotes")
        bad = {each.row for each in table.problems}
        found, problems = quotes_of(template, [(row, cells) for row, cells in table.rows if row not in bad], file.name)
        wrong = [*table.problems, *(replace(each, file=file.name) for each in problems)]
        with book.store() as store:
            new, known = add_quotes(store, found, correct=correct)
    with book.store() as store:
        kept = quotes(store, symbol)
    begin = first.date() if first else min((each.day for each in kept), default=datetime(2000, 1, 1).date())
    end = last.date() if last else max((each.day for each in kept), default=begin)
    summed = averages(kept, begin, end)
    if as_json:
        numbers = {
            key: (None if value is None else value if isinstance(value, int) else str(value))
            for key in summed.__slots__
            for value in [getattr(summed, key)]
        }
        told = {
            "new": new,
            "known": known,
            "symbol": symbol,
            "from": begin.isoformat(),
            "to": end.isoformat(),
            "averages": numbers,
            "problems": problem_rows(wrong, lang),
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        if file is not None:
            click.echo(_say("quotes", lang, new=new, known=known))
        click.echo(wrapped(f"{symbol} {begin} – {end}: " + _say("averages", lang, days=summed.days, total=f"{summed.total_t:,}", amount=f"{summed.total_cny:,.2f}",
                   average=summed.average or "-", listed=summed.listed_avg or "-", low=summed.lowest_close or "-", high=summed.highest_close or "-",
                   last=summed.last_close or "-", change="-" if summed.change_pct is None else summed.change_pct), 100, "  "))  # fmt: skip
        show_problems(wrong, lang)
    return 3 if wrong else 0


@click.command("reconcile")
@click.argument("account", metavar="[ACCOUNT]", required=False)
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--day", type=day_type, metavar="DAY", help="The day of the statement; compared with the book after its events."
)
@click.option(
    "--template", "name", default="statement", show_default=True, metavar="NAME|FILE", help="How the file is read."
)
@click.option("--list", "listed", is_flag=True, help="Show the breaks that are open.")
@click.option("--close", "number", type=int, metavar="BREAK", help="Close a break, with --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why the break is none any more.")
@click.option("--by", default="", metavar="NAME", help="Who does this.")
@book_option
@json_option
@lang_option
def reconcile(
    account: str | None, file: Path | None, day: datetime | None, name: str, listed: bool, number: int | None, reason: str, by: str, folder: Path,
    as_json: bool, lang: str,
) -> int:  # fmt: skip
    """Compare ACCOUNT with the statement FILE of its registry. Every difference is a break that stays open until somebody closes it with a reason.

    Exit 3 while the statement differs, for --list while breaks are open, and where the account or break is not there.
    """
    from dataclasses import replace

    from hengtan.market.book.kept import add_statement, breaks, close
    from hengtan.market.book.template import lines_of
    from hengtan.problems import HengtanError, Problem

    book = opened(folder)
    if listed:
        with book.store() as store:
            waiting = breaks(store)
        _show(waiting, as_json, lang, _say("open", lang, count=len(waiting)))
        return 3 if waiting else 0
    if not by:
        raise click.UsageError("give --by NAME")
    if number is not None:
        try:
            with book.store() as store:
                close(store, number, by, reason)
        except HengtanError as error:
            show_problems(error.problems, lang)
            return 3
        click.echo(json.dumps({"closed": number}) if as_json else _say("closed", lang, number=number))
        return 0
    if account is None or file is None or day is None:
        raise click.UsageError("give ACCOUNT FILE --day DAY --by NAME, or --list, or --close BREAK")
    with book.store() as store:
        if store.account(account) is None:
            show_problems([Problem("book.account-unknown", values={"account": account})], lang)
            return 3
    template, table = _read(file, name, "statement")
    lines, problems = lines_of(template, table.rows)
    if table.problems or problems:  # half a statement would make breaks that are none
        raise HengtanError([*table.problems, *(replace(each, file=file.name) for each in problems)])
    with book.store() as store:
        _, found, _ = add_statement(store, account, day.date(), lines, by, file.name)
        elsewhere = len({each.id for each in breaks(store) if each.account == account} - {each.id for each in found})
    waiting = [each for each in found if not each.closed_by]
    _show(found, as_json, lang, _say("breaks", lang, count=len(found)) if found else _say("agrees", lang))
    if elsewhere and not as_json:
        click.echo(_say("before", lang, count=elsewhere))
    return 3 if waiting else 0


def _show(found: list[KeptBreak], as_json: bool, lang: str, sentence: str) -> None:
    if as_json:
        rows = [{"break": each.id, "account": each.account, "day": each.day.isoformat(), "kind": each.found.kind, "instrument": each.found.code,
                 "numbers": plain(each.found.numbers), "ours": each.found.ours, "theirs": each.found.theirs, "closed_by": each.closed_by, "reason": each.reason}
                for each in found]  # fmt: skip
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if found:
        show_table(
            [("break", True), ("account", False), ("day", False), ("differs", False), ("instrument", False), ("ours", True), ("theirs", True), ("unit", False)],
            [[str(each.id), each.account, each.day.isoformat(), _say(f"kind.{each.found.kind}", lang), each.found.code, f"{each.found.ours:,}",
              f"{each.found.theirs:,}", plain(each.found.numbers)] for each in found], lang,
        )  # fmt: skip
    click.echo(sentence)


def _objects(given: dict[str, Any], name: str) -> bool:
    """Whether a member is a list of objects, or not there."""
    found = given.get(name, [])
    return isinstance(found, list) and all(isinstance(each, dict) for each in found)


@click.command("fill")
@click.argument("file", metavar="INPUT.json", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE.json",
    help="Where to write the filled input.",
)
@book_option
@lang_option
def fill(file: Path, out: Path, folder: Path, lang: str) -> None:
    """Write the input of `hengtan comply plan` again, with the holdings of its entities and the quotes of CEA as the book has them after the events of its `as_of`.

    Entities are found by name. Whether a CCER project is inside the market is taken from the holding of the same id in INPUT.json.
    """
    from hengtan.market.book.position import filled
    from hengtan.problems import HengtanError, Problem

    from .named import read

    try:
        given = json.loads(read(file))
        if not isinstance(given, dict) or not _objects(given, "entities"):
            raise ValueError("{...}")
        if not all(_objects(each, "holdings") for each in given.get("entities", [])):
            raise ValueError("{...}")
    except (ValueError, RecursionError) as error:
        raise HengtanError(
            Problem(
                "book.event-value",
                file=file.name,
                values={"field": "JSON", "value": str(error)[:80], "wanted": "comply.input"},
            )
        ) from error
    writable(out)
    book = opened(folder)
    with book.store() as store:
        told = filled(given, store)
    out.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    click.echo(_say("written", lang, path=out))


@click.command("claims")
@click.option("--year", type=int, required=True, help="Year of the consumption.")
@click.option("--beneficiary", default="", metavar="NAME", help="For whom; default: everybody.")
@click.option(
    "--facility", "facilities", metavar="NAME", multiple=True,
    help="A facility of the beneficiary, as the activity data name it: the claims cover its use alone. May be given again; default: everybody's use.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE.csv", help="Write the instruments file.")
@book_option
@json_option
@lang_option
def claims(
    year: int, beneficiary: str, facilities: tuple[str, ...], out: Path | None, folder: Path, as_json: bool, lang: str
) -> None:
    """Certificates and green power that were retired for scope 2: what `hengtan calculate --instruments FILE.csv` takes. One claim for each MWh."""
    from hengtan.market.book import read_record
    from hengtan.market.book.claims import COLUMNS, scope2_uses

    if out is not None:
        writable(out)
    book = opened(folder)
    with book.store() as store:
        found = scope2_uses(
            (read_record(each) for each in store.records()), store.batches(), year=year, beneficiary=beneficiary
        )
    if out is not None:
        with out.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(each.line(facilities=facilities) for each in found)
    if as_json:
        click.echo(
            json.dumps(
                [each.line(facilities=facilities) | {"beneficiary": each.beneficiary} for each in found],
                ensure_ascii=False,
                indent=1,
            )
        )
        return
    rows = [
        [str(each.posting), each.code, each.beneficiary, str(each.year), f"{each.mwh:,}", "; ".join(each.numbers)]
        for each in found
    ]
    show_table(
        [("number", True), ("instrument", False), ("entity", False), ("day", False), ("MWh", True), ("unit", False)],
        rows,
        lang,
    )
    if out is not None:
        click.echo(_say("written", lang, path=out))


@click.command("template")
@click.argument("name", metavar="[NAME]", default="")
@click.option("--yaml", "as_yaml", is_flag=True, help="Print the template's file: a start for one of your own.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Write an example with the headers of the language.",
)
@json_option
@lang_option
def template(name: str, as_yaml: bool, out: Path | None, as_json: bool, lang: str) -> None:
    """Kinds of events and their fields, and the templates by which files are read. NAME: a kind of event, or a template."""
    from importlib.resources import files

    from hengtan.market.book.event import NEEDS, TITLES
    from hengtan.market.book.template import templates
    from hengtan.problems import HengtanError, Problem

    found = templates().get(name)
    if name and found is None and name not in NEEDS:
        raise HengtanError(
            Problem("book.template-unknown", values={"template": name, "known": ", ".join([*templates(), *NEEDS])})
        )
    if found is not None and as_yaml:
        click.echo((files("hengtan.market.book") / "templates" / f"{name}.yaml").read_text("utf-8"), nl=False)
        return
    if found is not None and out is not None:
        _example(found, writable(out), lang)
        click.echo(_say("written", lang, path=out))
        return
    kinds = {
        kind: {"title": TITLES[kind][lang == "zh"], "needs": ["day", *needs]}
        for kind, needs in NEEDS.items()
        if name in ("", kind)
    }
    shown = {} if name in NEEDS else {each.id: each for each in templates().values() if name in ("", each.id)}
    if as_json:
        told = {"events": {} if found else kinds, "templates": {each.id: {"title": dict(each.title), "note": dict(each.note), "makes": each.makes,
                "needs": list(each.needs), "columns": {key: list(value) for key, value in each.columns.items()}} for each in shown.values()}}  # fmt: skip
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    if found is None:
        click.echo(_say("kinds", lang))
        for kind, about in kinds.items():
            click.echo(f"  {kind:<12}{about['title']}: {wrapped(', '.join(about['needs']), 70, ' ' * 14)}")
    if shown:
        click.echo(_say("files", lang))
    for each in shown.values():
        click.echo(f"  {each.id:<12}{each.title[lang]}\n      {wrapped(each.note[lang], 90, '      ')}")
        for key, headers in each.columns.items() if found else ():
            mark = f" ({_say('needs', lang)})" if key in each.needs else ""
            click.echo(f"      {key}{mark}: {wrapped(', '.join(headers), 90, '        ')}")


def _example(found: Template, out: Path, lang: str) -> None:
    """The example rows under headers of the language: the last ASCII one, or the first that is not."""
    rows = [dict(each) for each in found.example]
    names = [name for name in found.columns if any(name in row for row in rows) or name in found.needs]
    headers = [next((each for each in found.columns[name] if each.isascii() != (lang == "zh")), name) for name in names]
    with out.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(headers)
        writer.writerows([[row.get(name, "") for name in names] for row in rows])
