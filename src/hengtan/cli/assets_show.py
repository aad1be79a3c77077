"""``hengtan assets balance, statement, instruments, replay, prove``: what a book says, and that it holds."""

from __future__ import annotations

import json
import os
from datetime import date, datetime
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len
from rich.text import Text

from .assets_post import book_option, json_option, lang_option, opened, show_problems, writable
from .wrap import wrapped

if TYPE_CHECKING:
    from hengtan.market.book import Store
    from hengtan.market.book.value import Method, Valuation

NARROW = 12  # columns of a terminal: names are folded to that, never cut
WIDTH = 160  # of a table that is not on a terminal: amounts are not cut
day_type = click.DateTime(["%Y-%m-%d"])
WORDS = {
    "account": ("Account", "账户"), "entity": ("Entity", "单位"), "instrument": ("Instrument", "品种"), "held": ("held", "可用"),
    "frozen": ("frozen", "冻结"), "lent": ("lent", "出借/回购"), "out": ("gone", "转出"), "surrendered": ("surrendered", "已清缴"),
    "retired": ("retired", "已注销"), "cancelled": ("cancelled", "核减/失效/结转"), "quantity": ("Quantity", "数量"), "cost": ("Cost CNY", "成本（元）"),
    "price": ("Quote", "行情"), "value": ("Value CNY", "市值（元）"), "unrealised": ("Unrealised CNY", "未实现损益（元）"),
    "void": ("void", "已失效"), "liability": ("Liability CNY", "应还负债（元）"), "contract": ("Contract", "合同"),
    "owed": ("Borrowed, to be given back:", "借入待归还："),
    "ours": ("in the book", "账簿"), "theirs": ("with the registry", "登记系统"), "break": ("Break", "差异编号"), "differs": ("What differs", "差异类型"),
    "backwards": ("--from is after --to", "--from 晚于 --to"),
    "realised": ("Realised by sales and returns: CNY {amount}", "卖出及归还已实现损益：{amount} 元"),
    "expense": ("Cost of what was used: CNY {amount}", "已使用单位的成本：{amount} 元"),
    "unit": ("Units", "单位区间"), "batch": ("Batch", "批次"), "place": ("Place", "状态"), "day": ("Day", "日期"), "number": ("No", "记账号"),
    "kind": ("Event", "业务"), "change": ("Change", "变动"), "after": ("Balance", "余额"), "opening": ("before {day}", "{day} 之前"),
    "closing": ("after {day}", "截至 {day}"), "empty": ("Nothing is there.", "没有记录。"),
    "whole": ("The book is whole: {count} postings replayed in {seconds} s ({rate} a second), {records} records in the ledger; balances agree.",
              "账簿完整：重算 {count} 笔记账，用时 {seconds} 秒（每秒 {rate} 笔），账本记录 {records} 条；余额一致。"),
    "written": ("Written: {path} (hengtan verify {path})", "已写入：{path}（hengtan verify {path}）"),
    "waiting": ("Posting {number} is not in the ledger yet, or there is none.", "第 {number} 号记账尚未写入账本，或不存在。"),
}  # fmt: skip


def _say(key: str, lang: str, **values: object) -> str:
    return WORDS[key][lang == "zh"].format(**values)


def plain(numbers: str) -> str:
    """Numbers as an event names them: the book keeps a series with its registry before it."""
    return numbers.partition("|")[2] or numbers


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()


def show_table(columns: list[tuple[str, bool]], rows: list[list[str]], lang: str) -> None:
    """columns: (word, whether numbers); an empty table says so. Where it is too wide for the terminal each row is told in lines."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    if not rows:
        click.echo(_say("empty", lang))
        return
    words = [_say(word, lang) if word in WORDS else word for word, _ in columns]
    longest = [max(cell_len(row[at]) for row in rows) for at in range(len(columns))]
    shown = Console(highlight=False)
    if not shown.is_terminal and "COLUMNS" not in os.environ:
        shown = Console(highlight=False, width=WIDTH)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    needed = 2 * len(columns)
    for (_, number), word, most in zip(columns, words, longest, strict=True):
        if number:
            table.add_column(word, justify="right", no_wrap=True)
            needed += max(most, cell_len(word))
        else:
            table.add_column(word, overflow="fold", min_width=min(NARROW, max(most, cell_len(word))))
            needed += min(NARROW, max(most, cell_len(word)))
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # a name may hold brackets, which are no markup
    if needed <= shown.width:
        shown.print(table)
        return
    for row in rows:
        told = [f"{word} {cell}".strip() for word, cell in zip(words, row, strict=True) if cell]
        click.echo(wrapped("; ".join(told), shown.width - 4, "  "))


@click.command("balance")
@click.option("--as-of", type=day_type, metavar="DAY", help="After the events of this day; default: now.")
@click.option("--account", default="", metavar="NAME", help="This account alone; cost and results of its entity.")
@click.option("--units", is_flag=True, help="Every lot with its batch and numbers.")
@click.option(
    "--method", type=click.Choice(["average", "fifo"]), help="Cost, realised and unrealised result by this method."
)
@book_option
@json_option
@lang_option
def balance(
    as_of: datetime | None, account: str, units: bool, method: Method | None, folder: Path, as_json: bool, lang: str
) -> int:
    """What is held, frozen (pledged), lent, gone, surrendered, retired and cancelled, by account and instrument; with --json money by account of money too."""
    from hengtan.market.book import fen
    from hengtan.problems import Problem

    book = opened(folder)
    with book.store() as store:
        if account and store.account(account) is None:
            show_problems([Problem("book.account-unknown", values={"account": account})], lang)
            return 3
        found = [each for each in store.balances(_day(as_of)) if account in ("", each.account)]
        entities = {each.key: each.entity for each in store.accounts()}
        lots = [_unit(store, lot) for lot in _lots(store, _day(as_of)) if account in ("", lot.account)] if units else []
        values = _valued(store, method, _day(as_of)) if method else None
        if values and account:
            values = _of_entity(values, entities[account])
        money = store.money()
    if as_json:
        told: dict[str, Any] = {
            "balances": [
                {
                    "account": each.account,
                    "entity": entities[each.account],
                    "instrument": each.code,
                    "place": each.place,
                    "quantity": each.quantity,
                }
                for each in found
            ]
        }
        told |= {"units": lots} if units else {}
        told |= {"money": {name: fen(amount) for name, amount in money.items()}} if as_of is None else {}
        told |= _value_rows(values, lang) if values else {}
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return 0
    places = ("held", "frozen", "lent", "out", "surrendered", "retired", "cancelled")
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for each in found:
        sums.setdefault((each.account, each.code), {})[each.place] = each.quantity
    rows = [
        [name, entities[name], code, *(f"{by[place]:,}" if place in by else "" for place in places)]
        for (name, code), by in sums.items()
    ]
    used = [place for place in places if any(place in by for by in sums.values())]
    keep = [0, 1, 2, *(3 + places.index(place) for place in used)]
    show_table(
        [("account", False), ("entity", False), ("instrument", False), *((place, True) for place in used)],
        [[row[at] for at in keep] for row in rows],
        lang,
    )
    if units:
        show_table([("account", False), ("instrument", False), ("unit", False), ("quantity", True), ("place", False), ("batch", True)],
                   [[lot["account"], lot["instrument"], lot["numbers"], f"{lot['quantity']:,}", _say(lot["place"], lang), str(lot["batch"])] for lot in lots], lang)  # fmt: skip
    if values:
        _show_values(values, lang)
    return 0


def _lots(store: Store, day: date | None) -> list[Any]:
    if day is None:
        return store.units()
    return [lot for each in store.accounts() for lot in store.lots_on(each.key, day)]


def _unit(store: Store, lot: Any) -> dict[str, Any]:
    batch = store.batch(lot.batch)
    return {"account": lot.account, "instrument": batch.instrument.code, "batch": lot.batch, "numbers": f"{plain(batch.series) or '#' + str(lot.batch)}:{lot.first}-{lot.last}",
            "quantity": lot.quantity, "place": lot.place, "contract": lot.contract, "origin": batch.origin, "since": batch.day.isoformat()}  # fmt: skip


def _valued(store: Store, method: Method, until: date | None) -> Valuation:
    """At the quotes of the day asked for; else of the newest day that the book knows, of an event or a quote."""
    from hengtan.market.book.kept import quotes
    from hengtan.market.book.movements import valued

    known = quotes(store)
    last = store.rows("SELECT MAX(day) FROM book_posting WHERE organisation_id = %s", store.tenant)[0][0]
    days = [each.day for each in known] + ([date.fromisoformat(str(last)[:10])] if last else [])
    at = until or max(days, default=None)
    return valued(store, method, until=until, quotes=known, at=at)


def _of_entity(values: Valuation, entity: str) -> Valuation:
    from dataclasses import replace

    results = tuple(each for each in values.results if each.entity == entity)
    positions = tuple(each for each in values.positions if each.entity == entity)
    return replace(
        values, results=results, positions=positions, owed=tuple(each for each in values.owed if each.entity == entity)
    )


def _value_rows(values: Valuation, lang: str) -> dict[str, Any]:
    from hengtan.market.book import fen

    return {
        "method": values.method,
        "positions": [
            {"entity": each.entity, "instrument": each.code, "quantity": each.quantity, "cost": fen(each.cost),
             "quote": None if each.quote is None else {"symbol": each.quote.symbol, "day": each.quote.day.isoformat(), "close": fen(each.quote.close)},
             "value": None if each.value is None else fen(each.value), "unrealised": None if each.unrealised is None else fen(each.unrealised),
             "void": None if each.void is None else each.void.reason(lang)}
            for each in values.positions
        ],
        "owed": [
            {"entity": each.entity, "contract": each.contract, "instrument": each.code, "quantity": each.quantity, "liability": fen(each.carried),
             "value": None if each.value is None else fen(each.value), "unrealised": None if each.unrealised is None else fen(each.unrealised)}
            for each in values.owed
        ],
        "results": [
            {"posting": each.number, "day": each.day.isoformat(), "entity": each.entity, "instrument": each.code, "use": each.use, "quantity": each.quantity,
             "proceeds": fen(each.proceeds), "cost": fen(each.cost), "result": fen(each.result)}
            for each in values.results
        ],
    }  # fmt: skip


def _show_values(values: Valuation, lang: str) -> None:
    from hengtan.market.book import fen

    def amount(cents: int | None) -> str:
        return (
            "-"
            if cents is None
            else f"{float(0):,.0f}"
            if cents == 0
            else f"{'-' if cents < 0 else ''}{abs(cents) // 100:,}.{abs(cents) % 100:02}"
        )

    def quote(of: Any) -> str:
        if getattr(of, "void", None):
            return _say("void", lang)
        return f"{fen(of.quote.close)} {of.quote.symbol} {of.quote.day}" if of.quote else "-"

    columns = [
        ("entity", False),
        ("instrument", False),
        ("quantity", True),
        ("cost", True),
        ("price", True),
        ("value", True),
        ("unrealised", True),
    ]
    show_table(columns, [[each.entity, each.code, f"{each.quantity:,}", amount(each.cost), quote(each), amount(each.value), amount(each.unrealised)]
                         for each in values.positions], lang)  # fmt: skip
    void = [each.void for each in values.positions if each.void]
    for told in dict.fromkeys(f"{each.reason(lang)}{' ' * (lang == 'en')}{each.mend(lang)}" for each in void):
        click.echo(wrapped(told, min(100, get_terminal_size().columns) - 4, "  "))
    if values.owed:
        click.echo(_say("owed", lang))
        columns[3] = ("liability", True)
        show_table([("contract", False), *columns], [[each.contract, each.entity, each.code, f"{each.quantity:,}", amount(each.carried), quote(each),
                    amount(each.value), amount(each.unrealised)] for each in values.owed], lang)  # fmt: skip
    click.echo(_say("realised", lang, amount=amount(sum(each.result for each in values.results if each.is_realised))))
    click.echo(_say("expense", lang, amount=amount(sum(each.cost for each in values.results if not each.is_realised))))


@click.command("statement")
@click.argument("account", metavar="ACCOUNT")
@click.option("--from", "first", type=day_type, default="2000-01-01", metavar="DAY", help="First day.")
@click.option("--to", "last", type=day_type, default="2100-12-31", metavar="DAY", help="Last day.")
@book_option
@json_option
@lang_option
def statement(account: str, first: datetime, last: datetime, folder: Path, as_json: bool, lang: str) -> int:
    """Every posting that touched ACCOUNT, with the balance after it. Held, frozen and lent units count as there."""
    from hengtan.market.book.event import TITLES
    from hengtan.problems import Problem

    if first > last:
        raise click.UsageError(_say("backwards", lang))
    book = opened(folder)
    with book.store() as store:
        if store.account(account) is None:
            show_problems([Problem("book.account-unknown", values={"account": account})], lang)
            return 3
        opening, lines, closing = store.statement(account, first.date(), last.date())
    if as_json:
        rows = [{"posting": each.number, "day": each.day.isoformat(), "kind": each.kind, "instrument": each.code, "change": each.change, "after": each.after,
                 "contract": each.contract, "event": json.loads(each.record)["event"]} for each in lines]  # fmt: skip
        click.echo(
            json.dumps(
                {"account": account, "opening": opening, "lines": rows, "closing": closing},
                ensure_ascii=False,
                indent=1,
            )
        )
        return 0
    rows_shown = [
        ["", "", _say("opening", lang, day=first.date()), code, "", f"{count:,}"] for code, count in opening.items()
    ]
    rows_shown += [
        [
            str(each.number),
            each.day.isoformat(),
            TITLES[each.kind][lang == "zh"],
            each.code,
            f"{each.change:+,}",
            f"{each.after:,}",
        ]
        for each in lines
    ]
    rows_shown += [
        ["", "", _say("closing", lang, day=last.date()), code, "", f"{count:,}"] for code, count in closing.items()
    ]
    show_table(
        [("number", True), ("day", False), ("kind", False), ("instrument", False), ("change", True), ("after", True)],
        rows_shown,
        lang,
    )
    return 0


@click.command("instruments")
@book_option
@json_option
@lang_option
def instruments(folder: Path, as_json: bool, lang: str) -> None:
    """The instruments of the book with what decides their use, batch by batch: vintage, project, methodology, registration, production."""
    from hengtan.market.book.record import instrument_record

    book = opened(folder)
    with book.store() as store:
        batches = store.batches()
    if as_json:
        rows = [{"batch": each.number, "quantity": each.quantity, "series": each.series, "first": str(each.first), "last": str(each.last),
                 "day": each.day.isoformat(), "origin": each.origin, "instrument": instrument_record(each.instrument)} for each in batches]  # fmt: skip
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    show_table(
        [("batch", True), ("instrument", False), ("quantity", True), ("unit", False), ("day", False), ("kind", False)],
        [[str(each.number), " ".join(value for name, value in instrument_record(each.instrument).items() if name != "kind"), f"{each.quantity:,}",
          f"{plain(each.series) or '#' + str(each.number)}:{each.first}-{each.last}", each.day.isoformat(), each.origin] for each in batches], lang,
    )  # fmt: skip


@click.command("replay")
@book_option
@json_option
@lang_option
def replay_command(folder: Path, as_json: bool, lang: str) -> int:
    """Compute the book again from zero: from the records in the database and from those in the ledger; both must come to what is shown.

    Exit 3 where they do not. Entries that wait are taken into the ledger first.
    """
    from time import perf_counter

    from hengtan.market.book.checked import differences
    from hengtan.market.book.rebuilt import records_differ, rows_differ
    from hengtan.market.book.replay import replay

    book = opened(folder)
    book.log()
    with book.store() as store:
        started = perf_counter()
        found = replay(store.records())
        seconds = perf_counter() - started
        wrong = [*differences(store, found), *rows_differ(store)]
        kept = list(book.ledger_records())
        wrong += [
            *differences(store, replay(kept), ledger=True),
            *records_differ(store.records(), kept),
            *book.unproved(),
        ]
    rate = round(found.count / max(seconds, 1e-9))
    if as_json:
        from .assets_post import problem_rows

        told = {
            "postings": found.count,
            "records": len(kept),
            "seconds": round(seconds, 3),
            "whole": not wrong,
            "problems": problem_rows(wrong, lang),
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    elif wrong:
        show_problems(wrong, lang)
    else:
        click.echo(
            _say(
                "whole",
                lang,
                count=f"{found.count:,}",
                seconds=f"{seconds:.2f}",
                rate=f"{rate:,}",
                records=f"{len(kept):,}",
            )
        )
    return 3 if wrong else 0


@click.command("prove")
@click.argument("number", metavar="POSTING", type=int)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Where to write the record; its proof lies beside it.",
)
@book_option
@lang_option
def prove(number: int, out: Path, folder: Path, lang: str) -> int:
    """Write the record of POSTING and its proof (C2SP tlog-proof), which anybody verifies with `hengtan verify FILE`, without the book."""
    from hengtan.evidence.proof_file import extra
    from hengtan.ledger import Log

    writable(out)
    book = opened(folder)
    book.log()
    found = book.entry(number)
    event, index = found if found is not None else (None, None)
    if event is None or index is None:
        click.echo(_say("waiting", lang, number=number), err=True)
        return 3
    log = Log.open(folder / "ledger")
    proof = log.prove(index, extra(event, log.verifier.vkey)).encode()
    out.write_bytes(event.record)
    out.with_name(f"{out.name}.tlog-proof").write_bytes(proof)
    click.echo(_say("written", lang, path=out))
    return 0
