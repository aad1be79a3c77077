"""What ``hengtan serve --demo`` shows of the three boundaries: the invented companies' statements in the inventory, reconciled, explained."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from django.db import transaction

from hengtan.web.activities import services as data
from hengtan.web.activities.models import Batch
from hengtan.web.activities.models import State as BatchState
from hengtan.web.jobs.models import State as JobState
from hengtan.web.market import services as market
from hengtan.web.market.models import Kind
from hengtan.web.organisations.models import Membership
from hengtan.web.runs.models import Run
from hengtan.web.runs.services import approved, choose, start
from hengtan.web.statements import imported
from hengtan.web.statements import services as statements
from hengtan.web.statements.models import State, Statement
from hengtan.web.vault.services import keep_file

from . import handing, services
from .models import HandOver, Reconciliation

WHOLE = {"cn-power-2022": ("cn-other-industry-2015", "power_enterprise.csv")}  # what the market's guideline leaves out
BEFORE = {"cn-power-2022": "power_2023.csv"}
BESIDE = {"cn-power-2022": "power_beside.csv", "cn-steel-2024": "steel_beside.csv"}
FACILITY = {"cn-power-2022": "示例东方发电 Sample Power East", "cn-steel-2024": "示例钢铁 Sample Steel"}
ROWS, INVENTORY = "清单其他活动 activities beside the statement", "2024 清单 inventory"
WORDS = {  # who makes the demo explains what no rule does
    "1.mobile.fuel.petrol.mobile": "公务用车用油，企业填报表未单列。 Fuel of company cars, which the statement of the enterprise does not list.",
    "fuel.natural_gas": "食堂用气，不属于生产设施。 Gas of the canteen, no part of the plant.",
}


def goes_on(owner: Membership | None, approver: Membership | None, examples: Path) -> bool:
    """The next step of an invented company: what it is, hand over, calculate, reconcile. Only what the demo itself began."""
    if owner is None or approver is None:
        return False
    sample = (
        Statement.objects.of(owner.organisation)
        .filter(sample=True, state=State.APPROVED, method__in=BESIDE)
        .order_by("-year")
        .first()
    )
    if sample is None or Reconciliation.objects.of(owner.organisation).exists():
        return False
    found = list(Statement.objects.of(owner.organisation).filter(sample=True, state=State.APPROVED, year=sample.year))
    if sample.method in WHOLE and len(found) == 1:
        _whole(owner, approver, sample, examples)
        return True
    if sample.method in BEFORE and not Statement.objects.of(owner.organisation).filter(year=sample.year - 1).exists():
        _before(owner, approver, sample, examples)
        return True
    for each in found:
        if not HandOver.objects.of(owner.organisation).filter(statement=each).exists():
            handing.hand_over(owner, each, FACILITY[sample.method], own=each == sample)
            return True
    batches = Batch.objects.of(owner.organisation).select_related("job").order_by("pk")
    if not batches.filter(name=ROWS).exists():
        _beside(owner, examples / "sector" / BESIDE[sample.method])
        return True
    if any(each.job is not None and each.job.state != JobState.DONE for each in batches):
        return False
    waiting = [each for each in batches if each.state == BatchState.SUBMITTED and each.created_by == owner.user]
    for batch in waiting:
        data.approve(batch, approver)
    if waiting:
        return True
    run = Run.objects.of(owner.organisation).filter(sample=True, name=INVENTORY).first()
    if run is None:
        start(owner.organisation, owner.user, INVENTORY, approved(owner.organisation), {}, sample=True)
    elif run.is_done and run.chosen_at is None:
        choose(run, owner.user)
    elif run.is_done:
        _reconciled(owner, approver, found, run, sample)
    else:
        return False
    return True


@transaction.atomic
def _whole(owner: Membership, approver: Membership, sample: Statement, examples: Path) -> None:
    """The statement of the whole enterprise beside that of the market's guideline."""
    method, name = WHOLE[sample.method]
    made = statements.make(owner, sample.name, method, sample.year, dict(sample.about))
    made.sample = True
    made.save(update_fields=["sample"])
    rows, _problems = statements.from_file(made, examples / "sector" / name, name)
    statements.submit(owner, statements.fill(made, rows))
    statements.decide(approver, made, approve=True, comment="")


@transaction.atomic
def _before(owner: Membership, approver: Membership, sample: Statement, examples: Path) -> None:
    """Last year's, as a company brings it from elsewhere: this year's is compared with it."""
    name = BEFORE[sample.method]
    made, _problems = imported.take(
        owner, sample.name, sample.method, sample.year - 1, examples / "sector" / name, name
    )
    made.sample = True
    made.save(update_fields=["sample"])
    statements.submit(owner, made)
    statements.decide(approver, made, approve=True, comment="")


def _beside(owner: Membership, path: Path) -> None:
    """Rows that no statement holds, as a person would import them."""
    lines = path.read_text("utf-8").splitlines()
    given = data.Given(path.name, keep_file(owner.organisation, path), path.stat().st_size, "csv", "activities")
    batch = data.type_in(owner, ROWS, given, lines[0].split(","), len(lines) - 1, submit=True)
    batch.mapping = {**batch.mapping, "typed": False}
    batch.save(update_fields=["mapping"])


@transaction.atomic
def _reconciled(owner: Membership, approver: Membership, found: list[Statement], run: Run, sample: Statement) -> None:
    """Reconciled, and, where everything is explained, signed; allowances from the statement beside."""
    allocation = market.make_from_statements(owner, f"示例 sample {sample.year}", Kind.BENCHMARK, [sample])
    one = services.make(owner, FACILITY[sample.method], found, run, allocation=allocation)
    left: list[tuple[str, int, Decimal]] = [
        (line["key"], step, value) for line, step, value in services.open_lines(one)
    ]
    for key, step, _value in left:
        if key in WORDS:
            services.say(owner, one, key, step, WORDS[key])
    if all(key in WORDS for key, _step, _value in left):
        services.sign(approver, one)
