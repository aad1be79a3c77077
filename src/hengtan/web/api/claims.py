"""Certificates that the book has claimed for scope 2: what a run may take, and what a run took."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from hengtan.web.organisations.roles import Act
from hengtan.web.runs import claims
from hengtan.web.runs.models import Run, RunClaim

from .door import Call, need
from .wire import PAGING, REFUSED, Page, Paging, ask, page

router = Router(tags=["Carbon assets"])


class ClaimTakenIn(Schema):
    """What a run is to take: what the book claimed for a beneficiary and a year."""

    beneficiary: str = Field(min_length=1, max_length=300)
    year: int = Field(ge=2000, le=2100)
    counted_for: str | None = Field(
        None, max_length=200,
        description="The unit or facility whose consumption it covers, empty for the whole organisation; null: the one of that name.",
    )  # fmt: skip


class ScopeClaimOut(Schema):
    """A claim of certificates for market-based scope 2. ``free_mwh``: what runs of other days of its year left of it, decimal text."""

    posting: int
    instrument: str
    kind: str
    numbers: list[str]
    produced: date | None
    region: str
    year: int
    beneficiary: str
    counted_for: str | None = Field(
        description="Unit or facility of that name, empty for the whole; null: nothing is named so."
    )
    mwh: int
    free_mwh: str
    in_ledger: bool


class RunClaimOut(Schema):
    """What a run took and used of a claim. MWh as decimal text; ``used_mwh`` is null until the run is done."""

    posting: int
    instrument: str
    kind: str
    numbers: str
    year: int
    beneficiary: str
    counted_for: str
    claimed_mwh: int
    mwh: str
    used_mwh: str | None


class RunDays(Schema):
    """Of the run that would take them."""

    first: date | None = None
    last: date | None = None


DAYS = ask(...)


@router.get("/scope2-claims", response={200: list[ScopeClaimOut], **REFUSED})
def scope2_claims(request: Call, days: RunDays = DAYS) -> Any:
    """Claims of green certificates and green power in the book, by year and beneficiary."""
    need(request, Act.WHOLE)
    period = f"{days.first or ''}/{days.last or ''}" if days.first or days.last else None
    return [
        {
            "posting": each.use.posting, "instrument": each.use.code, "kind": each.use.kind, "numbers": list(each.use.numbers),
            "produced": each.produced, "region": each.region, "year": each.use.year, "beneficiary": group.beneficiary,
            "counted_for": group.counted_for, "mwh": each.use.mwh, "free_mwh": _plain(each.free_mwh), "in_ledger": each.proved,
        }
        for group in claims.offered(request.organisation, period)
        for each in group.claims
    ]  # fmt: skip


@router.get("/runs/{key}/claims", response={200: Page[RunClaimOut], **REFUSED})
def run_claims(request: Call, key: str, paging: Paging = PAGING) -> Any:
    """The claims that a run took, and what of each covers consumption."""
    need(request, Act.WHOLE)
    run = get_object_or_404(Run.objects.visible_to(request.user).of(request.organisation), key=key)
    return page(RunClaim.objects.visible_to(request.user).of(request.organisation).filter(run=run), paging, _claim)


def _claim(row: RunClaim) -> dict[str, Any]:
    return {
        "posting": row.posting, "instrument": row.code, "kind": row.kind, "numbers": row.numbers, "year": row.year,
        "beneficiary": row.beneficiary, "counted_for": row.counted_for, "claimed_mwh": row.claimed_mwh, "mwh": _plain(row.mwh),
        "used_mwh": None if row.used_mwh is None else _plain(row.used_mwh),
    }  # fmt: skip


def _plain(value: Any) -> str:
    return f"{value.normalize():f}"


__all__ = ["ClaimTakenIn", "router"]
