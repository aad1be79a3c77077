"""What lies beside the postings: quotes, statements of registries, and the breaks between them and the book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from hengtan.problems import HengtanError, Problem

from .decide import refuse
from .quote import Quote
from .registry import Break, StatementLine, reconcile
from .seen import as_day, as_moment, stamp
from .store import Store

_QUOTE = "symbol, day, close_fen, open_fen, high_fen, low_fen, listed_t, listed_fen, block_t, block_fen, source"


@dataclass(frozen=True, slots=True)
class KeptBreak:
    """A break with where it was found and, once somebody closed it, who and why."""

    id: int
    account: str
    day: date
    found: Break
    statement: int
    closed_by: str = ""
    reason: str = ""
    closed_at: datetime | None = None


def add_quotes(store: Store, quotes: Sequence[Quote], *, correct: bool = False) -> tuple[int, int]:
    """(how many are new, how many were there). Raises HengtanError ``book.quote-differs`` unless ``correct``; nothing is overwritten."""
    store.lock()
    wrong, new = [], []
    for each in quotes:
        known = store.rows(f"SELECT {_QUOTE}, revision FROM book_quote WHERE organisation_id = %s AND symbol = %s AND day = %s ORDER BY revision DESC LIMIT 1",
                           store.tenant, each.symbol, each.day.isoformat())  # fmt: skip
        if known and _numbers(_quote(known[0])) == _numbers(each):
            continue
        if known and not correct:
            wrong.append(Problem("book.quote-differs", values={"symbol": each.symbol, "day": each.day.isoformat()}))
        new.append((each, known[0][11] + 1 if known else 1))
    if wrong:
        raise HengtanError(wrong)
    for each, revision in new:
        store.execute(
            f"INSERT INTO book_quote (organisation_id, revision, {_QUOTE}) VALUES ({', '.join(['%s'] * 13)})", store.tenant, revision, each.symbol,
            each.day.isoformat(), each.close, each.open, each.high, each.low, each.listed_t, each.listed_fen, each.block_t, each.block_fen, each.source,
        )  # fmt: skip
    return len(new), len(quotes) - len(new)


def quotes(store: Store, symbol: str = "") -> list[Quote]:
    """The newest revision of each day, by symbol and day."""
    sql = (
        f"SELECT {_QUOTE} FROM book_quote q WHERE organisation_id = %s AND (symbol = %s OR %s = '') AND revision = (SELECT MAX(revision) FROM book_quote r "
        "WHERE r.organisation_id = q.organisation_id AND r.symbol = q.symbol AND r.day = q.day) ORDER BY symbol, day"
    )
    return [_quote(row) for row in store.rows(sql, store.tenant, symbol, symbol)]


def add_statement(
    store: Store, account: str, day: date, lines: Sequence[StatementLine], by: str, source: str = ""
) -> tuple[int, list[KeptBreak], bool]:
    """(id, breaks, whether it is new) of a registry's statement compared with what the book, as it is now, holds after the events of its day.

    The same statement again is compared again: a difference that it showed before is the break that is there, open or closed; one that
    came since (an event entered late) is a new break. Where nothing came, the statement is the one that is there.
    """
    store.lock()
    if store.account(account) is None:
        raise refuse("book.account-unknown", "account", account=account)
    text = "\n".join(
        f"{each.code} {each.held} {each.frozen} {each.serials or ''}"
        for each in sorted(lines, key=lambda each: (each.code, str(each.serials)))
    )
    digest = sha256(text.encode()).hexdigest()
    sql = "SELECT id FROM book_statement WHERE organisation_id = %s AND account = %s AND day = %s AND (digest = %s OR digest LIKE %s) ORDER BY id"
    before = [row[0] for row in store.rows(sql, store.tenant, account, day.isoformat(), digest, f"{digest}~%")]
    found = reconcile(store.lots_on(account, day), store.batches(), lines)
    known = {each.found: each for each in breaks(store, open_only=False) if each.statement in before}
    if before and all(each in known for each in found):
        return before[-1], [known[each] for each in found], False
    row = store.execute(
        "INSERT INTO book_statement (organisation_id, account, day, digest, source, imported_by, imported_at) VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
        store.tenant, account, day.isoformat(), f"{digest}~{len(before)}" if before else digest, source, by, stamp(store.moment()),
    )  # fmt: skip
    number = int(row[0])
    for place, each in enumerate(lines, 1):
        told = each.serials
        store.execute(
            f"INSERT INTO book_line (organisation_id, statement_id, row_number, code, series, first_number, last_number, held, frozen) VALUES ({', '.join(['%s'] * 9)})",
            store.tenant, number, place, each.code, told.series if told else "", told.first if told else None, told.last if told else None, each.held, each.frozen,
        )  # fmt: skip
    for one in found:
        if one not in known:
            store.execute(
                "INSERT INTO book_break (organisation_id, statement_id, kind, code, numbers, ours, theirs) VALUES (%s, %s, %s, %s, %s, %s, %s)",
                store.tenant, number, one.kind, one.code, one.numbers, one.ours, one.theirs,
            )  # fmt: skip
    known |= {each.found: each for each in breaks(store, open_only=False) if each.statement == number}
    return number, [known[each] for each in found], True


def breaks(store: Store, *, open_only: bool = True) -> list[KeptBreak]:
    """Those that nobody closed yet, or all, oldest first."""
    sql = (
        "SELECT b.id, s.account, s.day, b.kind, b.code, b.ours, b.theirs, b.numbers, s.id, c.closed_by, c.reason, c.closed_at FROM book_break b "
        "JOIN book_statement s ON s.id = b.statement_id LEFT JOIN book_closing c ON c.break_id = b.id "
        f"WHERE b.organisation_id = %s{' AND c.id IS NULL' if open_only else ''} ORDER BY b.id"
    )
    return [
        KeptBreak(row[0], row[1], as_day(row[2]) or date.min, Break(row[3], row[4], row[5], row[6], row[7]), row[8], row[9] or "", row[10] or "",
                  as_moment(row[11]) if row[11] else None)
        for row in store.rows(sql, store.tenant)
    ]  # fmt: skip


def close(store: Store, number: int, by: str, reason: str) -> None:
    """Somebody says why a break is none any more. Raises HengtanError ``book.break-unknown``, ``book.reason-missing``."""
    store.lock()
    if number not in [each.id for each in breaks(store)]:
        raise refuse("book.break-unknown", number=number)
    if not reason.strip():
        raise refuse("book.reason-missing", "reason")
    if not by.strip():
        raise refuse("book.event-missing", "by", kind="break", kind_zh="差异", field="by")
    store.execute(
        "INSERT INTO book_closing (organisation_id, break_id, closed_by, reason, closed_at) VALUES (%s, %s, %s, %s, %s)",
        store.tenant, number, by, reason.strip(), stamp(store.moment()),
    )  # fmt: skip


def _quote(row: Sequence[Any]) -> Quote:
    return Quote(
        row[0], as_day(row[1]) or date.min, row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10]
    )


def _numbers(quote: Quote) -> tuple[object, ...]:
    return (
        quote.close,
        quote.open,
        quote.high,
        quote.low,
        quote.listed_t,
        quote.listed_fen,
        quote.block_t,
        quote.block_fen,
    )
