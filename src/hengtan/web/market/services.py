"""The one door: a file becomes an allocation, kept with its ledger entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import transaction

from hengtan.connectors.table import read_table
from hengtan.market.allocation import allocate, plan_of
from hengtan.market.allocation.file import HEADERS, INDUSTRY_NEEDS, NUMBERS, POWER_NEEDS
from hengtan.market.allocation.written import about, balance, entity_row, steps
from hengtan.problems import HengtanError, Problem
from hengtan.web.organisations.models import Membership
from hengtan.web.vault import services as vault

from .models import Allocation, Kind

MOST_UNITS = 20_000
SUMS = ("initial", "topped_up", "final", "verified", "to_buy")


def make(membership: Membership, name: str, year: int, kind: Kind, path: Path, file_name: str) -> Allocation:
    """Works a file out. Raises HengtanError for what cannot be read, and for a year without a plan; nothing is kept then."""
    table = read_table(path, file_name, HEADERS, NUMBERS)
    is_power = "class" in table.columns or "unit_name" in table.columns
    needs = POWER_NEEDS if is_power else INDUSTRY_NEEDS
    if missing := [each for each in needs if each not in table.columns]:
        values = {"missing": ", ".join(missing), "known": ", ".join(needs)}
        raise HengtanError(Problem("table.columns-missing", file=file_name, values=values))
    if len(table.rows) > MOST_UNITS:
        raise HengtanError(
            Problem("ets.too-many", file=file_name, values={"count": str(len(table.rows)), "most": str(MOST_UNITS)})
        )
    sector = "power" if is_power else "steel"
    plan = plan_of(sector, year)
    if plan is None:
        raise HengtanError(Problem("ets.plan-none", values={"year": str(year), "sector": sector}))
    found = allocate(
        table.rows,
        plan,
        year,
        "balance" if kind == Kind.BALANCE else "benchmark",
        {each.row for each in table.problems},
    )
    entities = [entity_row(each) for each in found.entities]
    with transaction.atomic():
        made = Allocation(
            organisation=membership.organisation, name=name, year=year, kind=kind, plan=plan.id, draft=plan.draft,
            file_name=file_name[:200], digest=vault.keep_file(membership.organisation, path),
            record={"plan": about(plan, year, kind), "balance": balance(found), "units": [steps(each) for each in found.allotments]},
            entities=entities, totals={each: sum(int(row[each]) for row in entities) for each in SUMS},
            problems=[_told(each) for each in (*table.problems, *found.problems)][:500], rows_in=found.rows_in, rejected=found.rejected,
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
