"""The one door: a file, or approved statements, become an allocation, kept with its ledger entry."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from hengtan.connectors.table import read_table
from hengtan.market.allocation import Plan, allocate, plan_of
from hengtan.market.allocation.file import HEADERS, INDUSTRY_NEEDS, NUMBERS, POWER_NEEDS
from hengtan.market.allocation.plan import read_plan
from hengtan.market.allocation.written import about, balance, entity_row, steps
from hengtan.problems import HengtanError, Problem
from hengtan.sectors.covered import LINE_ROW, POWER_ROW, SECTORS, covered_rows
from hengtan.web.organisations.models import Membership
from hengtan.web.statements.models import State, Statement
from hengtan.web.vault import services as vault

from .models import Allocation, Kind

MOST_UNITS = 20_000
MOST_STATEMENTS = 200
SUMS = ("initial", "topped_up", "final", "verified", "to_buy")
Given = Mapping[str, Mapping[str, Mapping[str, str]]]
"""By key of a statement, then by unit or line: what a person says beside it."""


def make(
    membership: Membership,
    name: str,
    year: int,
    kind: Kind,
    path: Path,
    file_name: str,
    *,
    rules: Path | None = None,
    **more: Any,
) -> Allocation:
    """Works a file out. Raises HengtanError for what cannot be read, and for a year without a plan; nothing is kept then.

    rules   a plan of one's own (YAML), to see what another text would give
    more    fields of the allocation: statements, again_of; ``told``: problems that were found before
    """
    told: Sequence[Problem] = more.pop("told", ())
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
    plan = _plan("power" if is_power else "steel", year, rules)
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
            problems=[_told(each) for each in (*told, *table.problems, *found.problems)][:500], rows_in=found.rows_in,
            rejected=found.rejected, rules=vault.keep_file(membership.organisation, rules) if rules else "",
            created_by=membership.user, **more,
        )  # fmt: skip
        event = {
            "allocation": made.key,
            "plan": plan.id,
            "year": str(year),
            "file": made.digest,
            "final": str(made.totals["final"]),
            **({"statements": {each["key"]: each["digest"] for each in made.statements}} if made.statements else {}),
            **({"rules": made.rules} if made.rules else {}),
        }
        made.entry = vault.record(membership.organisation, "allocation.calculated", event, by=membership.user)
        made.save()
    return made


def _plan(sector: str, year: int, rules: Path | None) -> Plan:
    plan = plan_of(sector, year) if rules is None else read_plan(rules)
    if plan is None:
        raise HengtanError(Problem("ets.plan-none", values={"year": str(year), "sector": sector}))
    return plan


# --- from statements


def usable(membership: Membership) -> list[Statement]:
    """Approved statements of the sectors that get allowances, as far as this person sees them; the newest year first."""
    found = Statement.objects.visible_to(membership.user).of(membership.organisation)
    return list(
        found.filter(state=State.APPROVED, method__in=SECTORS).defer("rows", "problems").order_by("-year", "name", "pk")
    )


def rows_of(
    membership: Membership, statements: Sequence[Statement], given: Given | None = None
) -> tuple[list[dict[str, str]], list[tuple[Statement, dict[str, str]]], list[Problem]]:
    """Rows of the allocation's file, each with its statement, and what the statements lack. Raises HengtanError for a mixture."""
    kinds = {("power" if each.method == "cn-power-2022" else "industry", each.year) for each in statements}
    if len(kinds) != 1:
        which = ", ".join(sorted({f"{each.method} {each.year}" for each in statements})) or "-"
        raise HengtanError(Problem("covered.several", values={"which": which}))
    pairs: list[tuple[Statement, dict[str, str]]] = []
    problems: list[Problem] = []
    for each in statements:
        before = (
            Statement.objects.visible_to(membership.user).of(membership.organisation)
            .filter(method=each.method, year=each.year - 1, state=State.APPROVED, name=each.name).first()
        )  # fmt: skip
        rows, told = covered_rows(
            each.record, each.name, each.year, before.record if before else None, (given or {}).get(each.key)
        )
        problems += told
        pairs += [(each, row) for row in rows]
    return [row for _each, row in pairs], pairs, problems


def make_from_statements(
    membership: Membership, name: str, kind: Kind, statements: Sequence[Statement], given: Given | None = None
) -> Allocation:
    """Works approved statements out. What they lack is told; where it cannot be done without, HengtanError says so."""
    if not statements or len(statements) > MOST_STATEMENTS:
        raise ValidationError(_("Choose at least one approved statement."))
    if any(each.state != State.APPROVED for each in statements):
        raise ValidationError(_("Allowances are worked out from approved statements only."))
    rows, _pairs, problems = rows_of(membership, statements, given)
    if not rows:
        raise HengtanError([each for each in problems if each.severity == "error"] or [Problem("file.no-rows")])
    columns = POWER_ROW if "unit_name" in rows[0] else LINE_ROW
    taken = [
        {"key": each.key, "name": each.name, "method": each.method, "digest": each.record_digest} for each in statements
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statements.csv"
        path.write_bytes(_csv(columns, rows))
        return make(
            membership,
            name,
            statements[0].year,
            kind,
            path,
            f"statements-{statements[0].year}.csv",
            statements=taken,
            told=problems,
        )


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def stale(allocations: Iterable[Allocation]) -> dict[int, list[str]]:
    """By allocation the keys of its statements that are no longer the approved ones; one question for all of them."""
    found = list(allocations)
    keys = {each["key"] for one in found for each in one.statements}
    if not keys:
        return {}
    gone = set(
        Statement.objects.filter(organisation_id=found[0].organisation_id, key__in=keys)
        .exclude(state=State.APPROVED)
        .values_list("key", flat=True)
    )
    return {one.pk: left for one in found if (left := [each["key"] for each in one.statements if each["key"] in gone])}


def successors(organisation: Any, keys: Iterable[str]) -> list[Statement]:
    """The approved statements that stand in the places of these now."""
    found = []
    for each in Statement.objects.of(organisation).filter(key__in=list(keys)).defer("rows", "record", "problems"):
        one: Statement | None = each
        while one is not None and one.state == State.SUPERSEDED:
            one = (
                one.superseded_by.filter(state__in=(State.APPROVED, State.SUPERSEDED))
                .defer("rows", "record", "problems")
                .first()
            )
        if one is not None and one.state == State.APPROVED:
            found.append(one)
    return found


# --- once more, by another text


def again(
    membership: Membership, one: Allocation, name: str, year: int, kind: Kind, rules: Path | None = None
) -> Allocation:
    """The same units by the plan as it is now, by that of another year, or by a text of one's own: what would change?"""
    content = vault.facts(one.organisation).read(one.digest)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"units{Path(one.file_name).suffix[:8] or '.csv'}"
        path.write_bytes(content)
        return make(
            membership, name, year, kind, path, one.file_name, rules=rules, statements=one.statements, again_of=one
        )


def _told(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code, "severity": problem.severity, "row": problem.row, "column": problem.column,
        "reason": {lang: problem.reason(lang) for lang in ("en", "zh")}, "mend": {lang: problem.mend(lang) for lang in ("en", "zh")},
    }  # fmt: skip
