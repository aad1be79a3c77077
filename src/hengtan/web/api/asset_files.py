"""Files of carbon assets: events by template on their way to the queue and back, statements of a registry, quotes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from hengtan.market.book import fen
from hengtan.problems import HengtanError
from hengtan.problems import Problem as Wrong
from hengtan.web.activities.uploads import clean_name
from hengtan.web.assets import intake as files
from hengtan.web.assets import market_files
from hengtan.web.assets.models import Intake
from hengtan.web.jobs.models import UNDER_WAY
from hengtan.web.organisations.roles import Act

from .asset_schemas import AssetBreaksOut, AssetReasonIn, AssetTakenOut
from .assets import _mine, _text
from .data import received
from .door import Call, need
from .wire import PAGING, REFUSED, WRITES, Page, Paging, Problem, ask, cursor, once, page, position, told

router = Router(tags=["Carbon assets"])
TABLE = {"requestBody": {"required": True, "description": "XLSX, XLS, ODS or CSV with the columns of the template.", "content": {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}  # fmt: skip
NAMED = ask(..., min_length=1, max_length=180, description="The name of the file; its ending tells its kind.")
State = Intake.State


class AssetFileSumOut(Schema):
    """A control total: the events of one kind and instrument. ``cny`` is null where none of them moves money."""

    kind: str
    instrument: str
    events: int
    units: int
    cny: str | None


class AssetFileRowOut(Schema):
    """A row as it was read."""

    row: int
    event: dict[str, Any]


class AssetFileOut(Schema):
    """A file of events.

    next    what it waits for: ``job`` (work under way), ``mend`` (rows are refused, nothing is proposed), ``propose`` (look at it, then
            confirm), ``decision`` (its events wait in the queue or were decided), ``""`` (withdrawn, or the job failed)
    source  by which its events name it; refused: how many rows are; problems: the first 60 of them
    """

    id: int
    name: str
    what: str
    state: str
    next: str
    job: str | None
    source: str
    sha256: str
    rows: int
    new: int
    known: int
    refused: int
    preview: list[AssetFileRowOut] = Field(description="The first rows; empty in lists.")
    sums: list[AssetFileSumOut] = Field(description="Empty in lists.")
    problems: list[Problem] = Field(description="Empty in lists.")
    created_by: str
    created_at: datetime


def _rows(call: Call) -> Any:
    return _mine(call, Intake).select_related("organisation", "job", "created_by")


def _next(one: Intake) -> str:
    if one.job is not None and one.job.state in UNDER_WAY:
        return "job"
    return {State.WRONG: "mend", State.READY: "propose", State.PROPOSED: "decision"}.get(State(one.state), "")


def _told(one: Intake, *, whole: bool = False) -> dict[str, Any]:
    return {
        "id": one.pk, "name": one.name, "what": one.what, "state": one.state, "next": _next(one), "job": one.job.key if one.job else None,
        "source": one.source, "sha256": one.digest, "rows": one.rows, "new": one.new, "known": one.known, "refused": one.wrong,
        "preview": [{"row": row, "event": event} for row, event in one.preview] if whole else [],
        "sums": [{"kind": kind, "instrument": code, "events": count, "units": units, "cny": None if cny is None else fen(cny)}
                 for kind, code, count, units, cny in one.sums] if whole else [],
        "problems": [told(each) for each in files.refused(one)[: files.MOST_TOLD]] if whole else [],
        "created_by": one.created_by.name, "created_at": one.created_at,
    }  # fmt: skip


def _answer(call: Call, pk: int) -> Any:
    return AssetFileOut(**_told(_rows(call).get(pk=pk), whole=True)).model_dump(mode="json")


def _from_body(request: Call, file: str, act: Callable[[Path], tuple[int, Any]]) -> Status[Any]:
    """The body of the call as a file on this machine, and what is done with it: once with an Idempotency-Key."""
    _text(file)
    with tempfile.TemporaryDirectory(prefix="hengtan-assets-") as folder:
        path = Path(folder) / f"table{Path(file).suffix[:8]}"
        request.content_sha256 = received(request, path)

        @once
        def done(request: Call) -> tuple[int, Any]:
            return act(path)

        return done(request)


@router.get("/assets/files", response={200: Page[AssetFileOut], **REFUSED})
def asset_files(request: Call, paging: Paging = PAGING) -> Any:
    """Every file of events that came in."""
    need(request, Act.WHOLE)
    return page(_rows(request).defer("preview", "sums", "refused"), paging, _told)


@router.post("/assets/files", response={202: AssetFileOut, **WRITES}, openapi_extra=TABLE)
def new_asset_file(
    request: Call, file: str = NAMED, what: Literal["trades", "events", "green-power"] = ask("trades")
) -> Status[Any]:
    """Trade confirmations, events or green power, the file being the body. A job reads it and asks the book of each row; nothing is proposed before you confirm. Poll it until ``next`` is not ``job``."""
    need(request, Act.WHOLE)
    need(request, Act.ASSETS)

    def begun(path: Path) -> tuple[int, Any]:
        one = files.begin(request.membership, clean_name(file), what, path)
        files.ask(one, request.membership, "read")
        return 202, _answer(request, one.pk)

    return _from_body(request, file, begun)


@router.get("/assets/files/{pk}", response={200: AssetFileOut, **REFUSED})
def asset_file(request: Call, pk: int) -> Any:
    """One: first rows, control totals, refused rows."""
    need(request, Act.WHOLE)
    return _told(get_object_or_404(_rows(request), pk=pk), whole=True)


@router.get("/assets/files/{pk}/refused", response={200: Page[Problem], **REFUSED})
def asset_file_refused(request: Call, pk: int, paging: Paging = PAGING) -> Any:
    """Every refused row that was kept (20,000 of them at most), in the order of the file."""
    need(request, Act.WHOLE)
    found, start = files.refused(get_object_or_404(_rows(request), pk=pk)), position(paging.cursor)
    end = start + paging.limit
    return {"items": [told(each) for each in found[start:end]], "next": cursor(end) if end < len(found) else None}


@router.post("/assets/files/{pk}/propose", response={202: AssetFileOut, **WRITES})
@once
def propose_asset_file(request: Call, pk: int) -> tuple[int, Any]:
    """All its events go before somebody else, or none: a job checks them against the book as it is then. Asked again, nothing is proposed twice."""
    need(request, Act.WHOLE)
    one = get_object_or_404(_rows(request), pk=pk)
    need(request, Act.ASSETS)
    if _next(one) == "mend":
        raise HengtanError(files.refused(one)[: files.MOST_TOLD])
    if _next(one) == "propose":
        files.ask(one, request.membership, "propose")
    elif _next(one) != "decision" and (_next(one) != "job" or one.state == State.READING):
        raise ValidationError(_("This file is not ready to be proposed: wait until `next` is `propose`."))
    return 202, _answer(request, pk)


@router.post("/assets/files/{pk}/withdraw", response={200: AssetFileOut, **WRITES})
@once
def withdraw_asset_file(request: Call, pk: int, given: AssetReasonIn) -> tuple[int, Any]:
    """All its events leave the queue with your reason, while nobody has decided one of them; then it may be sent again. Of a large file by a job: poll it until ``next`` is not ``job``."""
    need(request, Act.WHOLE)
    one = get_object_or_404(_rows(request), pk=pk)
    need(request, Act.ASSETS)
    if one.created_by_id != request.user.pk:
        need(request, Act.APPROVE)  # as for a single event of somebody else
    _text(given.reason)
    if not given.reason.strip():
        raise HengtanError(Wrong("book.reason-missing", column="reason"))
    if _next(one) == "decision" and one.new > files.NOW_ROWS:
        files.ask(one, request.membership, "withdraw", given.reason.strip())
    elif not files.withdraw(one, request.membership, given.reason):
        raise ValidationError(
            _("Nothing of this file waits in the queue, or somebody decided an event of it: reverse what was posted.")
        )
    return 200, _answer(request, pk)


@router.post("/assets/statements/file", response={201: AssetBreaksOut, **WRITES}, openapi_extra=TABLE)
def registry_statement_file(
    request: Call, day: date, account: str = ask(..., min_length=1, max_length=60), file: str = NAMED
) -> Status[Any]:
    """A registry's statement by the template ``statement``, the file being the body; each difference from the book is a break."""
    need(request, Act.WHOLE)
    need(request, Act.ASSETS)
    _text(account)

    def taken(path: Path) -> tuple[int, Any]:
        number, count, new = market_files.take_statement(request.membership, path, clean_name(file), account, day)
        return 201, {"statement": number, "breaks": count, "new": new}

    return _from_body(request, file, taken)


@router.post("/assets/quotes/file", response={200: AssetTakenOut, **WRITES}, openapi_extra=TABLE)
def asset_quotes_file(request: Call, file: str = NAMED, correct: bool = False) -> Status[Any]:
    """Daily quotes by the template ``quotes``, the file being the body; ``correct``: other prices for known days are a correction."""
    need(request, Act.WHOLE)
    need(request, Act.ASSETS)

    def taken(path: Path) -> tuple[int, Any]:
        new, known = market_files.take_quotes(request.membership, path, clean_name(file), correct=correct)
        return 200, {"new": new, "known": known}

    return _from_body(request, file, taken)
