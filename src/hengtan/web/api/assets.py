"""Carbon assets: accounts, events and their approval, postings with their proof, units, statements, results, quotes, breaks."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router

from hengtan.market.book import fen
from hengtan.market.book.decide import Account as BookAccount
from hengtan.market.book.event import as_fen, ranges_of
from hengtan.market.book.instrument import cea_of
from hengtan.market.book.kept import quotes as all_quotes
from hengtan.market.book.movements import valued
from hengtan.market.book.quote import Quote
from hengtan.market.book.registry import StatementLine
from hengtan.problems import HengtanError
from hengtan.problems import Problem as Wrong
from hengtan.web.assets import deciding, services
from hengtan.web.assets.holdings import holdings
from hengtan.web.assets.models import Account, Batch, Break, Logged, Lot, Posting, Proposal
from hengtan.web.organisations.roles import Act
from hengtan.web.vault import services as vault

from .asset_schemas import (
    AssetAccountIn,
    AssetAccountOut,
    AssetBreakOut,
    AssetBreaksOut,
    AssetDecidedOut,
    AssetDecideIn,
    AssetEventIn,
    AssetHoldingOut,
    AssetPostingOut,
    AssetProposalOut,
    AssetQuotesIn,
    AssetReasonIn,
    AssetRegistryStatementIn,
    AssetResultsOut,
    AssetStatementOut,
    AssetTakenOut,
    AssetUnitOut,
)
from .door import Call, Said, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, ask, once, page, told

router = Router(tags=["Carbon assets"])


def _mine(call: Call, rows: Any) -> Any:
    return rows.objects.visible_to(call.user).of(call.organisation)


def _text(*given: str) -> None:
    """What no database keeps."""
    for text in given:
        if not text.isprintable():
            raise HengtanError(
                Wrong("book.event-value", values={"field": "text", "value": ascii(text[:40])[1:-1], "wanted": "text"})
            )


def _proposal(row: Proposal) -> dict[str, Any]:
    decision = getattr(row, "decision", None)
    people = services.names({row.proposed_by, decision.decided_by if decision else ""})
    return {
        "id": row.pk, "kind": row.kind, "event": json.loads(row.event), "state": decision.verdict if decision else "pending", "source": row.source,
        "proposed_by": people.get(row.proposed_by, ""), "proposed_at": row.proposed_at,
        "decided_by": people.get(decision.decided_by, "") if decision else None, "reason": decision.reason if decision else "",
        "posting": decision.posting if decision else None,
    }  # fmt: skip


def _proposals(call: Call) -> Any:
    return _mine(call, Proposal).select_related("decision")


def _posting(row: Posting, index: int | None) -> dict[str, Any]:
    return {
        "id": row.pk, "number": row.number, "kind": row.kind, "day": row.day, "entity": row.entity, "quantity": row.quantity, "reverses": row.reverses,
        "record": json.loads(row.record), "posted_at": row.posted_at, "ledger_index": index,
    }  # fmt: skip


def _logged(call: Call, numbers: list[int]) -> dict[int, int | None]:
    return dict(_mine(call, Logged).filter(posting__in=numbers).values_list("posting", "event__entry_index"))


@router.get("/assets/accounts", response={200: Page[AssetAccountOut], **REFUSED})
def asset_accounts(request: Call, paging: Paging = PAGING) -> Any:
    """Registry accounts."""
    need(request, Act.WHOLE)
    return page(
        _mine(request, Account),
        paging,
        lambda row: {name: getattr(row, name) for name in ("id", "key", "entity", "registry", "number")},
    )


@router.post("/assets/accounts", response={201: AssetAccountOut, **WRITES})
@once
def new_asset_account(request: Call, given: AssetAccountIn) -> tuple[int, Any]:
    """Opens an account; the same again changes nothing."""
    need(request, Act.ASSETS)
    told = {name: " ".join(value.split()) for name, value in given.model_dump().items()}
    _text(*told.values())
    services.open_account(request.membership, BookAccount(**told))
    row = _mine(request, Account).get(key=told["key"])
    return 201, AssetAccountOut(id=row.pk, **told).model_dump(mode="json")


@router.get("/assets/holdings", response={200: list[AssetHoldingOut], **REFUSED})
def asset_holdings(
    request: Call,
    year: int | None = ask(None, ge=2019, le=2100),
    entity: str = ask("", max_length=200),
    day: date | None = None,
) -> Any:
    """The position now, or at the end of a day by its rules and prices; what of it is usable for a year (default: the year before)."""
    need(request, Act.WHOLE)
    _text(entity)
    today = timezone.localdate()
    as_of = day if day is not None and day < today else None
    on = as_of or today
    with services.reading(request.organisation) as store:
        found = holdings(store, year or on.year - 1, on, all_quotes(store), entity, as_of=as_of)
    return [
        {"instrument": each.code, "kind": each.kind, "source": str(each.source), "unit": each.unit, "held": each.held, "frozen": each.frozen, "lent": each.lent,
         "usable": each.usable, "state": each.state, "reason": each.why, "value_cny": None if each.value is None else fen(each.value),
         "quote_cny": fen(each.quote.close) if each.quote else None, "quote_day": each.quote.day if each.quote else None}
        for each in found
    ]  # fmt: skip


@router.get("/assets/proposals", response={200: Page[AssetProposalOut], **REFUSED})
def asset_proposals(request: Call, paging: Paging = PAGING, waiting: bool = True) -> Any:
    """Events that wait; with ``waiting=false`` all."""
    need(request, Act.WHOLE)
    found = _proposals(request)
    return page(found.filter(decision=None) if waiting else found, paging, _proposal)


@router.post("/assets/proposals", response={201: AssetProposalOut, **WRITES})
@once
def propose(request: Call, given: AssetEventIn) -> tuple[int, Any]:
    """Puts an event before somebody else; refused with all that speaks against it."""
    need(request, Act.ASSETS)
    _text(given.key)
    made = services.propose(request.membership, given.event, key=given.key and f"api:{given.key}", source="api")
    return 201, AssetProposalOut(**_proposal(_proposals(request).get(pk=made.id))).model_dump(mode="json")


@router.post("/assets/proposals/decide", response={200: list[AssetDecidedOut], **WRITES})
@once
def decide_assets(request: Call, given: AssetDecideIn) -> tuple[int, Any]:
    """Approves or turns down several, oldest first; each by itself, so one that is refused leaves the others as they are."""
    need(request, Act.WHOLE)
    need(request, Act.APPROVE)
    _text(given.reason)
    wanted = set(
        _proposals(request).filter(pk__in=[each for each in given.ids if 0 < each < 2**63]).values_list("pk", flat=True)
    )
    if wanted != set(given.ids):
        raise Said(404, Wrong("call.not-there"))
    found = deciding.decide_many(request.membership, given.ids, given.verdict, given.reason)
    return 200, [
        {"id": each.id, "posting": each.posting, "problems": [told(problem) for problem in each.problems]}
        for each in found
    ]


@router.get("/assets/proposals/{pk}", response={200: AssetProposalOut, **REFUSED})
def asset_proposal(request: Call, pk: int) -> Any:
    """One event."""
    need(request, Act.WHOLE)
    return _proposal(get_object_or_404(_proposals(request), pk=pk))


@router.post("/assets/proposals/{pk}/approve", response={200: AssetPostingOut, **WRITES})
@once
def approve_asset(request: Call, pk: int, given: AssetReasonIn) -> tuple[int, Any]:
    """Posts it, by somebody who did not propose it."""
    need(request, Act.WHOLE)
    get_object_or_404(_proposals(request), pk=pk)
    need(request, Act.APPROVE)
    _text(given.reason)
    made = services.approve(request.membership, pk, given.reason)
    row = _mine(request, Posting).get(number=made.number)
    return 200, AssetPostingOut(**_posting(row, None)).model_dump(mode="json")


@router.post("/assets/proposals/{pk}/reject", response={200: AssetProposalOut, **WRITES})
@once
def reject_asset(request: Call, pk: int, given: AssetReasonIn) -> tuple[int, Any]:
    """Turns it down, or takes one's own back; with the reason."""
    need(request, Act.WHOLE)
    row = get_object_or_404(_proposals(request), pk=pk)
    need(request, Act.ASSETS if row.proposed_by == services.who(request.membership) else Act.APPROVE)
    _text(given.reason)
    services.reject(request.membership, pk, given.reason)
    return 200, AssetProposalOut(**_proposal(_proposals(request).get(pk=pk))).model_dump(mode="json")


@router.get("/assets/postings", response={200: Page[AssetPostingOut], **REFUSED})
def asset_postings(request: Call, paging: Paging = PAGING) -> Any:
    """All postings, in their order."""
    need(request, Act.WHOLE)
    found = page(_mine(request, Posting), paging, lambda row: row)
    logged = _logged(request, [row.number for row in found["items"]])
    return {**found, "items": [_posting(row, logged.get(row.number)) for row in found["items"]]}


@router.get("/assets/postings/{pk}", response={200: AssetPostingOut, **REFUSED})
def asset_posting(request: Call, pk: int) -> Any:
    """One posting with its record."""
    need(request, Act.WHOLE)
    row = get_object_or_404(_mine(request, Posting), pk=pk)
    return _posting(row, _logged(request, [row.number]).get(row.number))


@router.get("/assets/postings/{pk}/proof", response={200: None, **REFUSED})
def asset_proof(request: Call, pk: int) -> HttpResponse:
    """The proof of its entry in the ledger (C2SP tlog-proof); 404 while the entry waits."""
    need(request, Act.WHOLE)
    row = get_object_or_404(_mine(request, Posting), pk=pk)
    logged = get_object_or_404(_mine(request, Logged).select_related("event__organisation"), posting=row.number)
    data = vault.proof(logged.event)
    if data is None:
        raise Said(404, Wrong("call.not-there"))
    return HttpResponse(data, content_type="application/octet-stream")


@router.post("/assets/postings/{pk}/reverse", response={201: AssetProposalOut, **WRITES})
@once
def reverse_asset(request: Call, pk: int, given: AssetReasonIn) -> tuple[int, Any]:
    """Proposes to take a posting back as a whole."""
    need(request, Act.WHOLE)
    row = get_object_or_404(_mine(request, Posting), pk=pk)
    need(request, Act.ASSETS)
    made = services.reverse(request.membership, row.number, given.reason)
    return 201, AssetProposalOut(**_proposal(_proposals(request).get(pk=made.id))).model_dump(mode="json")


@router.get("/assets/units", response={200: Page[AssetUnitOut], **REFUSED})
def asset_units(request: Call, paging: Paging = PAGING, instrument: str = ask("", max_length=200)) -> Any:
    """Every range of units as it lies now."""
    need(request, Act.WHOLE)
    _text(instrument)
    lots = _mine(request, Lot).filter(spent_by=None)
    found = page(lots.filter(code=instrument) if instrument else lots, paging, lambda row: row)
    batches = {
        each.number: each for each in _mine(request, Batch).filter(number__in={row.batch for row in found["items"]})
    }
    items = [
        {"id": row.pk, "instrument": row.code, "kind": batches[row.batch].kind, "account": row.account, "place": row.place, "contract": row.contract,
         "series": row.series.partition("|")[2], "first": str(row.first_number), "last": str(row.last_number), "quantity": row.last_number - row.first_number + 1,
         "batch": row.batch, "origin": batches[row.batch].origin, "since": batches[row.batch].day} for row in found["items"]
    ]  # fmt: skip
    return {**found, "items": items}


@router.get("/assets/accounts/{pk}/statement", response={200: AssetStatementOut, **REFUSED})
def asset_statement(request: Call, pk: int, first: date | None = None, last: date | None = None) -> Any:
    """What moved on an account between two days (default: this year)."""
    need(request, Act.WHOLE)
    one = get_object_or_404(_mine(request, Account), pk=pk)
    today = timezone.localdate()
    first, last = first or date(today.year, 1, 1), last or today
    with services.reading(request.organisation) as store:
        opening, lines, closing = store.statement(one.key, first, last)
    rows = [{"posting": each.number, "day": each.day, "kind": each.kind, "instrument": each.code, "change": each.change, "after": each.after, "contract": each.contract}
            for each in lines]  # fmt: skip
    return {"account": one.key, "first": first, "last": last, "opening": opening, "lines": rows, "closing": closing}


@router.get("/assets/results", response={200: AssetResultsOut, **REFUSED})
def asset_results(request: Call, method: str = ask("average", pattern="^(average|fifo)$")) -> Any:
    """Cost, realised and unrealised results."""
    need(request, Act.WHOLE)
    with services.reading(request.organisation) as store:
        found = valued(
            store, "fifo" if method == "fifo" else "average", quotes=all_quotes(store), at=timezone.localdate()
        )
    return {
        "method": found.method,
        "positions": [
            {"entity": each.entity, "instrument": each.code, "quantity": each.quantity, "cost_cny": fen(each.cost),
             "value_cny": None if each.value is None else fen(each.value), "unrealised_cny": None if each.unrealised is None else fen(each.unrealised)}
            for each in found.positions
        ],
        "results": [
            {"posting": each.number, "day": each.day, "entity": each.entity, "instrument": each.code, "use": each.use, "quantity": each.quantity,
             "proceeds_cny": fen(each.proceeds), "cost_cny": fen(each.cost), "result_cny": fen(each.result) if each.is_realised else None}
            for each in found.results
        ],
    }  # fmt: skip


def _money(name: str, text: str) -> int | None:
    if not text:
        return None
    amount = as_fen(text)
    if amount is None or amount > 10**14:
        raise HengtanError(
            Wrong("book.event-money", column=name, values={"field": name, "value": ascii(text[:40])[1:-1]})
        )
    return amount


@router.post("/assets/quotes", response={200: AssetTakenOut, **WRITES})
@once
def asset_quotes(request: Call, given: AssetQuotesIn) -> tuple[int, Any]:
    """Takes quotes in; all or none."""
    need(request, Act.ASSETS)
    found: dict[tuple[str, date], Quote] = {}
    for each in given.quotes:
        _text(each.symbol)
        close = _money("close", each.close)
        if not close:
            raise HengtanError(Wrong("book.event-zero", column="close", values={"field": "close"}))
        if (each.symbol, each.day) in found:
            raise HengtanError(
                Wrong("book.row-twice", column="day", values={"key": f"{each.symbol} {each.day}", "row": "-"})
            )
        found[each.symbol, each.day] = Quote(
            each.symbol, each.day, close, _money("open", each.open), _money("high", each.high), _money("low", each.low), each.listed_t,
            _money("listed_cny", each.listed_cny) or 0, each.block_t, _money("block_cny", each.block_cny) or 0, given.source,
        )  # fmt: skip
    _text(given.source)
    new, known = services.add_quotes(
        request.membership, list(found.values()), given.source or "api", correct=given.correct
    )
    return 200, {"new": new, "known": known}


@router.post("/assets/statements", response={201: AssetBreaksOut, **WRITES})
@once
def registry_statement(request: Call, given: AssetRegistryStatementIn) -> tuple[int, Any]:
    """Compares what a registry states with the book; each difference is a break."""
    need(request, Act.ASSETS)
    lines = []
    for row, each in enumerate(given.lines, 1):
        _text(each.instrument, each.serials)
        allowance = cea_of(each.instrument)
        serials = ranges_of([each.serials])[0] if each.serials else None
        if serials is not None and serials.quantity != each.held + each.frozen:
            told = {"quantity": str(each.held + each.frozen), "serials": str(serials.quantity)}
            raise HengtanError(Wrong("book.quantity-differs", row=row, column="serials", values=told))
        lines.append(
            StatementLine(row, allowance.code if allowance else each.instrument, each.held, each.frozen, serials)
        )
    _text(given.account, given.source)
    number, count, new = services.add_statement(
        request.membership, given.account, given.day, lines, given.source or "api"
    )
    return 201, {"statement": number, "breaks": count, "new": new}


def _break(row: Break) -> dict[str, Any]:
    closing = getattr(row, "closing", None)
    return {
        "id": row.pk, "account": row.statement.account, "day": row.statement.day, "kind": row.kind, "instrument": row.code, "numbers": row.numbers,
        "ours": row.ours, "theirs": row.theirs, "closed": closing is not None,
        "closed_by": services.names([closing.closed_by]).get(closing.closed_by, "") if closing else None, "reason": closing.reason if closing else "",
    }  # fmt: skip


@router.get("/assets/breaks", response={200: Page[AssetBreakOut], **REFUSED})
def asset_breaks(request: Call, paging: Paging = PAGING, open_only: bool = True) -> Any:
    """Differences that somebody must close."""
    need(request, Act.WHOLE)
    found = _mine(request, Break).select_related("statement", "closing")
    return page(found.filter(closing=None) if open_only else found, paging, _break)


@router.post("/assets/breaks/{pk}/close", response={200: AssetBreakOut, **WRITES})
@once
def close_asset_break(request: Call, pk: int, given: AssetReasonIn) -> tuple[int, Any]:
    """Says why it is none any more."""
    need(request, Act.WHOLE)
    found = _mine(request, Break).select_related("statement", "closing")
    get_object_or_404(found, pk=pk)
    need(request, Act.ASSETS)
    _text(given.reason)
    services.close_break(request.membership, pk, given.reason)
    return 200, AssetBreakOut(**_break(found.get(pk=pk))).model_dump(mode="json")
