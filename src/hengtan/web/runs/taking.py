"""What a person ticks of the book's claims for a run, and what of them a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from hengtan.market.rules import law
from hengtan.web.assets.models import Posting
from hengtan.web.boundaries.models import Facility, Unit
from hengtan.web.organisations.models import Organisation

from . import words
from .claims import WHOLE, Group, Stale, Wanted, stale
from .models import Run, RunClaim

LISTED = 20
MOST_NAMES = 300
COLUMNS = (
    "posting",
    "instrument",
    "kind",
    "numbers",
    "year",
    "beneficiary",
    "counted_for",
    "claimed_mwh",
    "free_mwh",
    "used_mwh",
    "unused_mwh",
)
RULES = (
    "certificate.scope-2-only",
    "certificate.used-once",
    "certificate.validity",
    "certificate.residual",
    "certificate.no-surrender",
)


def wanted_of(data: QueryDict, groups: Iterable[Group]) -> list[Wanted]:
    """What was ticked. A claim that came while the page was open was not shown, and is not taken."""
    ticked = set(data.getlist("take"))
    found = []
    for group in groups:
        if group.key not in ticked:
            continue
        named = data.get(f"for:{group.key}")
        seen = data.get(f"seen:{group.key}", "")
        last = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else 0
        counted = None if named is None or named == "?" else named
        found.append(Wanted(group.beneficiary, group.year, counted, last))
    return found


def shown(
    organisation: Organisation, groups: Iterable[Group], data: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The groups for the form, with what was typed."""
    ticked = set(data.getlist("take")) if isinstance(data, QueryDict) else set()
    return [
        {
            "group": each, "ticked": each.key in ticked, "first": each.claims[:LISTED], "more": max(0, len(each.claims) - LISTED),
            "spent": each.mwh - each.free_mwh, "chosen": (data or {}).get(f"for:{each.key}", "?"),
            "regions": sorted({claim.region for claim in each.claims if claim.region}),
            "named": organisation.name if each.counted_for == WHOLE else each.counted_for,
        }
        for each in groups
    ]  # fmt: skip


def names(organisation: Organisation) -> list[str]:
    """Units and facilities that somebody may say a beneficiary is."""
    units = list(Unit.objects.of(organisation).values_list("name", flat=True)[:MOST_NAMES])
    known = set(units)
    facilities = Facility.objects.of(organisation).values_list("name", flat=True)[:MOST_NAMES]
    return units + [name for name in facilities if name not in known]


def rules() -> list[tuple[str, str, str]]:
    """What is heeded, with source and mark."""
    found = [law(name) for name in RULES]
    return [(each.says[words.lang()], each.source[words.lang()], each.mark) for each in found]


def has_claims(run: Run) -> bool:
    """Whether it took any, without asking the database."""
    return any(each["role"] == "instruments" for each in run.sources)


def told(run: Run) -> dict[str, Any] | None:
    """What the dashboard says of the claims of a run; None where there is nothing to say."""
    rows = list(RunClaim.objects.of(run.organisation).filter(run=run)) if has_claims(run) else []
    now = stale(run, rows)
    if not rows and not now.newer:
        return None
    pks = _pks(run.organisation, rows)
    mwh = sum((row.mwh for row in rows), Decimal(0))
    used = sum((row.used_mwh or Decimal(0) for row in rows), Decimal(0))
    return {
        "rows": [(row, pks.get(row.posting)) for row in rows[:LISTED]], "count": len(rows), "more": max(0, len(rows) - LISTED),
        "mwh": mwh, "used": used, "unused": mwh - used, "stale": now, "gone": ", ".join(str(each) for each in now.gone[:5]),
    }  # fmt: skip


def lines(run: Run) -> Iterable[tuple[object, ...]]:
    """Every claim of a run, as a table."""
    for row in RunClaim.objects.of(run.organisation).filter(run=run):
        yield (row.posting, row.code, row.kind, row.numbers, row.year, row.beneficiary, row.counted_for or run.organisation.name,
               row.claimed_mwh, row.mwh, row.used_mwh, row.unused_mwh)  # fmt: skip


def behind(run: Run, result: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The claims behind a number: certificate, numbers, beneficiary, the page of its posting, and the part of the use that it covers."""
    if result is None or not has_claims(run):
        return []
    named = {term["factor_id"]: term for term in result["terms"] if term["name"] == "instrument" and term["factor_id"]}
    postings = [int(tail) for name in named if (tail := name.rpartition(":")[2]).isdigit()]
    rows = list(RunClaim.objects.of(run.organisation).filter(run=run, posting__in=postings))
    pks = _pks(run.organisation, rows)
    return [
        {"row": row, "pk": pks.get(row.posting), "part": str(named[str(row)]["note"]).partition(":")[2]}
        for row in rows
        if str(row) in named
    ]


def _pks(organisation: Organisation, rows: Iterable[RunClaim]) -> dict[int, int]:
    wanted = [row.posting for row in rows]
    if not wanted:
        return {}
    return dict(Posting.objects.of(organisation).filter(number__in=wanted).values_list("number", "pk"))


__all__ = ["COLUMNS", "Stale", "behind", "has_claims", "lines", "names", "rules", "shown", "told", "wanted_of"]
