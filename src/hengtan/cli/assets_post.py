"""``hengtan assets account, post, approve, reverse``: what writes to a book."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .wrap import wrapped

if TYPE_CHECKING:
    from hengtan.market.book import Account, Event, Proposal, Store
    from hengtan.market.book.proved import Folder
    from hengtan.problems import Problem

book_option = click.option(
    "--book", "folder", type=click.Path(path_type=Path), required=True, metavar="DIR", help="The folder of the book."
)
by_option = click.option("--by", required=True, metavar="NAME", help="Who does this; four eyes need two names.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
lang_option = click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
SHOWN = 20
TOGETHER = 200  # decisions in one transaction
_EVENTS = "events"  # the template whose fields lines of JSON have
WORDS = {
    "opened": ("Account {account} of {entity} is open.", "已开立账户 {account}（{entity}）。"),
    "there": ("Account {account} of {entity} was open already.", "账户 {account}（{entity}）此前已开立。"),
    "rows": (
        "{rows} rows in = {new} proposed + {known} known already + {rejected} rejected",
        "读入 {rows} 行 = 提交 {new} + 已有 {known} + 拒收 {rejected}",
    ),
    "wait": ("Somebody else approves: hengtan assets approve --all --by NAME", "请由其他人审批：hengtan assets approve --all --by 姓名"),
    "dry": ("Nothing was written (--dry-run).", "未写入（--dry-run）。"),
    "posted": ("posting {number}: {what}", "记账 {number}：{what}"),
    "proved": ("{count} entries in the ledger", "账本新增 {count} 条"),
    "rejected": ("Rejected: {number}", "已退回：{number}"),
    "own": ("What waits ({count}) was proposed by you: somebody else approves it.", "待审业务 {count} 笔均由您提交，请由其他人审批。"),
    "none": ("Nothing waits.", "没有待审业务。"),
    "proposed": ("Proposal {number}", "第 {number} 号待审业务"),
    "more": ("... and {count} more", "……其余 {count} 项"),
}  # fmt: skip


def say(key: str, lang: str, **values: object) -> str:
    """The sentence in the language asked for."""
    return WORDS[key][lang == "zh"].format(**values)


def opened(folder: Path, *, create: bool = False) -> Folder:
    """The book of a folder. Raises HengtanError ``book.none``."""
    from hengtan.market.book.proved import Folder

    return Folder(folder, create=create)


def writable(path: Path) -> Path:
    """A file that can be written, before anything is done for it. Raises HengtanError ``file.refused``."""
    from hengtan.problems import HengtanError, Problem

    if path.is_dir() or not path.parent.is_dir():
        why = "it is a folder" if path.is_dir() else "its folder is not there"
        raise HengtanError(Problem("file.refused", file=str(path), values={"why": why}))
    return path


def told(event: Event, lang: str) -> str:
    """One line about an event."""
    from hengtan.market.book.event import TITLES, fen

    parts = [TITLES[event.kind][lang == "zh"], event.instrument.code, f"{event.quantity:,}" if event.quantity else ""]
    parts += [
        event.account,
        f"-> {event.to_account}" if event.to_account else "",
        f"CNY {fen(event.amount)}" if event.amount else "",
        event.contract,
    ]
    parts += [", ".join(str(each) for each in event.serials), event.beneficiary, str(event.year or ""), event.reason]
    return "  ".join(part for part in (event.day.isoformat(), *parts) if part)


def show_problems(problems: Sequence[Problem], lang: str) -> None:
    """What was refused, at its row, on standard error."""
    for each in problems[:SHOWN]:
        click.echo(wrapped(f"{each.code}: {each.sentence(lang)}", 100, "  "), err=True)
    if len(problems) > SHOWN:
        click.echo(say("more", lang, count=len(problems) - SHOWN), err=True)


def problem_rows(problems: Sequence[Problem], lang: str) -> list[dict[str, Any]]:
    """Problems for JSON."""
    return [
        {
            "code": each.code,
            "row": each.row,
            "column": each.column,
            "reason": each.reason(lang),
            "mend": each.mend(lang),
        }
        for each in problems
    ]


@click.command("account")
@click.argument("name", metavar="[NAME]", default="")
@click.option("--entity", default="", metavar="NAME", help="Whose account it is.")
@click.option("--registry", default="", metavar="NAME", help="Who keeps it.")
@click.option("--number", default="", metavar="TEXT", help="Its number there.")
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Open those of a table: account, entity, registry, number (账户, 单位, 登记机构, 编号).",
)
@book_option
@json_option
@lang_option
def account(
    name: str, entity: str, registry: str, number: str, file: Path | None, folder: Path, as_json: bool, lang: str
) -> None:
    """Open an account of the book in DIR under NAME, or those of --file. The first one begins the book, its ledger and its key."""
    from hengtan.market.book import Account
    from hengtan.market.book.store import sound

    if bool(name) == (file is not None) or (name and not entity):
        raise click.UsageError("give NAME and --entity, or --file")
    found = [sound(each) for each in ([Account(name, entity, registry, number)] if file is None else _accounts(file))]
    book = opened(folder, create=True)
    with book.store() as store:
        new = [store.add_account(each) for each in found]
    if as_json:
        rows = [
            {
                "account": each.key,
                "entity": each.entity,
                "registry": each.registry,
                "number": each.number,
                "new": is_new,
            }
            for each, is_new in zip(found, new, strict=True)
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for each, is_new in zip(found, new, strict=True):
        click.echo(say("opened" if is_new else "there", lang, account=each.key, entity=each.entity))


def _accounts(file: Path) -> list[Account]:
    from hengtan.connectors.table import read_table
    from hengtan.market.book import Account

    headers = {
        "account": "account",
        "账户": "account",
        "entity": "entity",
        "单位": "entity",
        "registry": "registry",
        "登记机构": "registry",
        "number": "number",
        "编号": "number",
    }
    table = read_table(file, file.name, headers, frozenset())
    return [
        Account(*(cells.get(each, "") for each in ("account", "entity", "registry", "number")))
        for _, cells in table.rows
    ]


@click.command("post")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--template", "name", default="", metavar="NAME|FILE", help="events (default), trades, or a YAML file of your own."
)
@click.option("--dry-run", is_flag=True, help="Check every row against the book as it is, write nothing.")
@book_option
@by_option
@json_option
@lang_option
def post(file: Path, name: str, dry_run: bool, folder: Path, by: str, as_json: bool, lang: str) -> int:
    """Propose the events of FILE: CSV, XLSX, XLS, ODS or Parquet by a template, or JSON lines, one event a line.

    A row is proposed or refused as a whole, in the order of the file; a file that is read again proposes nothing twice.
    Nothing is posted before somebody else approves it. Exit 3 when a row was refused.
    """
    from hengtan.problems import HengtanError

    rows, events, wrong = _events(file, name or "events")
    book = opened(folder)
    proposals: list[Proposal] = []
    try:
        with book.store() as store:
            for row, key, event in events:
                try:
                    source = f"{file.name}:{row}"
                    proposals.append(store.propose(event, by, key=_known_as(store, key), source=source))
                except HengtanError as error:
                    wrong += _at(error.problems, file.name, row)
            if dry_run:
                raise _Nothing
    except _Nothing:
        pass
    wrong.sort(key=lambda each: each.row or 0)
    new = [each for each in proposals if each.is_new]
    counts = {
        "rows": rows,
        "new": len(new),
        "known": len(proposals) - len(new),
        "rejected": len({each.row for each in wrong}),
    }
    if as_json:
        listed = [
            {"proposal": None if dry_run else each.id, "event": dict(each.event.text), "state": each.state}
            for each in proposals
        ]
        click.echo(
            json.dumps(
                counts | {"dry_run": dry_run, "proposals": listed, "problems": problem_rows(wrong, lang)},
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        click.echo(say("rows", lang, **counts))
        show_problems(wrong, lang)
        click.echo(say("dry" if dry_run else "wait", lang))
    return 3 if wrong else 0


def _known_as(store: Store, key: str) -> str:
    """The key of an event by its reference; lines of JSON had one of their own, and a book may hold it."""
    if not key.startswith(f"{_EVENTS}:"):
        return key
    older = f"jsonl{key.removeprefix(_EVENTS)}"
    sql = "SELECT 1 FROM book_proposal WHERE organisation_id = %s AND key = %s"
    return older if store.rows(sql, store.tenant, older) else key


class _Nothing(Exception):  # noqa: N818  not an error: takes the transaction back
    pass


def _at(problems: Sequence[Problem], file: str, row: int) -> list[Problem]:
    from dataclasses import replace

    return [replace(each, file=file, row=row) for each in problems]


def _events(file: Path, name: str) -> tuple[int, list[tuple[int, str, Event]], list[Problem]]:
    """(rows, (row, key, event), problems) of a file."""
    from dataclasses import replace

    if file.suffix in (".json", ".jsonl"):
        return _lines(file)
    from hengtan.connectors.table import read_table
    from hengtan.market.book.template import events_of, template_of

    template = template_of(name, "events")
    table = read_table(file, file.name, template.headers, template.numbers)
    bad = {each.row for each in table.problems}
    events, wrong = events_of(template, [(row, cells) for row, cells in table.rows if row not in bad])
    return len(table.rows), events, [*table.problems, *(replace(each, file=file.name) for each in wrong)]


def _lines(file: Path) -> tuple[int, list[tuple[int, str, Event]], list[Problem]]:
    from hashlib import sha256
    from itertools import count

    from hengtan.ledger import Refused, canonical, parse_strict
    from hengtan.market.book import read_event
    from hengtan.problems import HengtanError, Problem

    from .named import read

    found: list[tuple[int, str, Event]] = []
    wrong: list[Problem] = []
    seen: set[str] = set()
    lines = [(row, line) for row, line in enumerate(read(file).splitlines(), 1) if line.strip()]
    for row, line in lines:
        try:
            told = parse_strict(line)
            if not isinstance(told, dict):
                raise HengtanError(
                    Problem(
                        "book.event-value", values={"field": "event", "value": type(told).__name__, "wanted": "{...}"}
                    )
                )
            event = read_event(told)
            said = sha256(canonical(told)).hexdigest()[:32]
            key = (
                f"{_EVENTS}:{event.reference}"
                if told.get("reference")
                else next(key for time in count(1) if (key := f"jsonl:row:{said}:{time}") not in seen)
            )
            seen.add(key)
            found.append((row, key, event))
        except Refused as refused:
            wrong.append(Problem(refused.code, file=file.name, row=row, values=refused.values))
        except HengtanError as error:
            wrong += _at(error.problems, file.name, row)
    return len(lines), found, wrong


@click.command("approve")
@click.argument("numbers", metavar="[NUMBER]...", type=int, nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that wait and were proposed by others, oldest first.")
@click.option("--list", "listed", is_flag=True, help="Show what waits; decide nothing.")
@click.option("--reject", is_flag=True, help="Turn down instead, with --reason; your own proposal too.")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@click.option("--by", default="", metavar="NAME", help="Who decides; not who proposed.")
@book_option
@json_option
@lang_option
def approve(
    numbers: tuple[int, ...],
    every: bool,
    listed: bool,
    reject: bool,
    reason: str,
    by: str,
    folder: Path,
    as_json: bool,
    lang: str,
) -> int:
    """Decide proposals. What is approved is posted by the book as it is now, with its entry in the ledger; each on its own."""
    from dataclasses import replace

    from hengtan.market.book.store import alike
    from hengtan.problems import HengtanError

    book = opened(folder)
    with book.store() as store:
        waiting = store.proposals()
    if listed:
        _list(waiting, as_json, lang)
        return 0
    if not by or not (numbers or every):
        raise click.UsageError("give --by NAME and proposals, or --all; --list shows what waits")
    event_of = {each.id: each.event for each in waiting}
    chosen = [each.id for each in waiting if not alike(each.proposed_by, by)] if every else list(numbers)
    postings, turned_down, wrong = list[Any](), list[int](), list[Any]()
    for start in range(0, len(chosen), TOGETHER):  # each by itself; a commit for many, since each waits for the disk
        with book.store() as store, store.together():
            for number in chosen[start : start + TOGETHER]:
                try:
                    with store.apart():
                        if reject:
                            store.reject(number, by, reason)
                            turned_down.append(number)
                        else:
                            event = event_of.get(number) or store.proposal(number).event
                            postings.append((number, store.approve(number, by, reason), event))
                except HengtanError as error:
                    wrong += [replace(each, file=say("proposed", lang, number=number)) for each in error.problems]
    entered = book.log()
    if as_json:
        made = [
            {"proposal": number, "posting": posting.number, "kind": posting.kind} for number, posting, _ in postings
        ]
        click.echo(
            json.dumps(
                {"posted": made, "rejected": turned_down, "entered": entered, "problems": problem_rows(wrong, lang)},
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        for _, posting, event in postings:
            click.echo(say("posted", lang, number=posting.number, what=told(event, lang)))
        if turned_down:
            click.echo(say("rejected", lang, number=", ".join(str(each) for each in turned_down)))
        if postings:
            click.echo(say("proved", lang, count=entered))
        if not chosen:
            click.echo(say("own" if waiting else "none", lang, count=len(waiting)))
        show_problems(wrong, lang)
    return 3 if wrong else 0


def _list(waiting: Sequence[Proposal], as_json: bool, lang: str) -> None:
    if as_json:
        rows = [
            {
                "proposal": each.id,
                "by": each.proposed_by,
                "at": each.proposed_at.isoformat(),
                "source": each.source,
                "event": dict(each.event.text),
            }
            for each in waiting
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for each in waiting:
        click.echo(f"{each.id:>6}  {each.proposed_by:<12}  {told(each.event, lang)}")
    if not waiting:
        click.echo(say("none", lang))


@click.command("reverse")
@click.argument("number", metavar="POSTING", type=int)
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@book_option
@by_option
@json_option
@lang_option
def reverse(number: int, reason: str, folder: Path, by: str, as_json: bool, lang: str) -> int:
    """Propose to take POSTING back as a whole. What was surrendered, retired or cancelled stays. Exit 3 where it is refused."""
    from hengtan.problems import HengtanError

    book = opened(folder)
    try:
        with book.store() as store:
            proposal = store.reverse(number, by, reason)
    except HengtanError as error:
        show_problems(error.problems, lang)
        return 3
    if as_json:
        click.echo(json.dumps({"proposal": proposal.id, "reverses": number}, indent=1))
    else:
        click.echo(say("proposed", lang, number=proposal.id))
        click.echo(say("wait", lang))
    return 0
