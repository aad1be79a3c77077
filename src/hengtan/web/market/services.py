"""The one door: a file becomes an allocation, kept with its ledger entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import transaction

from hengtan.connectors.units_file import allocate_file
from hengtan.market.allocation.written import about, balance, entity_row, steps
from hengtan.problems import Problem
from hengtan.web.organisations.models import Membership
from hengtan.web.vault import services as vault

from .models import Allocation, Kind

MOST_UNITS = 20_000
SUMS = ("initial", "topped_up", "final", "verified", "to_buy")


def make(membership: Membership, name: str, year: int, kind: Kind, path: Path, file_name: str) -> Allocation:
    """Works a file out. Raises HengtanError for what cannot be read, and for a year without a plan; nothing is kept then."""
    read = allocate_file(path, file_name, year, "balance" if kind == Kind.BALANCE else "benchmark", most=MOST_UNITS)
    found = read.allocation
    plan = found.plan
    entities = [entity_row(each) for each in found.entities]
    with transaction.atomic():
        made = Allocation(
            organisation=membership.organisation, name=name, year=year, kind=kind, plan=plan.id, draft=plan.draft,
            file_name=file_name[:200], digest=vault.keep_file(membership.organisation, path),
            record={"plan": about(plan, year, kind), "balance": balance(found), "units": [steps(each) for each in found.allotments]},
            entities=entities, totals={each: sum(int(row[each]) for row in entities) for each in SUMS},
            problems=[_told(each) for each in read.problems][:500], rows_in=found.rows_in, rejected=found.rejected,
            created_by=membership.user,
        )  # fmt: skip
        event = {
            "allocation": made.key,
            "plan": plan.id,
            "year": str(year),
            "file": made.digest,
            "final": str(made.totals["final"]),
        }
        made.entry = vault.record(membership.organisation, "allocation.calculated", event, by=membership.user)
        made.save()
    return made


def _told(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code, "severity": problem.severity, "row": problem.row, "column": problem.column,
        "reason": {lang: problem.reason(lang) for lang in ("en", "zh")}, "mend": {lang: problem.mend(lang) for lang in ("en", "zh")},
    }  # fmt: skip
