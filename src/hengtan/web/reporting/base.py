"""The base year: chosen, restated, and what stands against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from hengtan.inventory.base_year import Verdict, intensity, percent, verdict
from hengtan.inventory.effects import EFFECTS
from hengtan.inventory.run import text
from hengtan.inventory.totals import EXACT
from hengtan.web.boundaries.models import Denominator
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.comparing import difference
from hengtan.web.runs.models import Run
from hengtan.web.runs.services import current as current_run
from hengtan.web.vault.services import record

from .models import BaseYear, Category, RecalculationPolicy
from .services import clean

MOST_RUNS = 30  # of the table and of what is looked through
RESTATED = (Category.STRUCTURAL, Category.METHOD, Category.FACTOR, Category.ERROR)


@dataclass(frozen=True, slots=True)
class Found:
    """A run that was compared with the base year; effects: (name, kg) in their fixed order."""

    run: Run
    same_year: bool
    before: Decimal
    after: Decimal
    effects: list[tuple[str, Decimal]]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Year:
    """A line of the table; change and percent against the base year, None of the base year itself."""

    run: Run
    is_base: bool
    scopes: tuple[Decimal, Decimal, Decimal]
    total: Decimal
    change: Decimal | None
    percent: Decimal | None
    denominator: Decimal | None
    intensity: Decimal | None
    intensity_percent: Decimal | None


def history(organisation: Organisation) -> list[BaseYear]:
    """Every choice and restatement, the newest first."""
    found = BaseYear.objects.of(organisation).select_related("run__organisation", "chosen_by", "replaces__run", "event")
    return list(found.defer("run__figures", "run__summary", "replaces__run__figures", "replaces__run__summary"))


def current(organisation: Organisation) -> BaseYear | None:
    """The one that holds."""
    found = BaseYear.objects.of(organisation).select_related("run__organisation", "chosen_by")
    return found.defer("run__figures", "run__summary").first()


def policy(organisation: Organisation) -> RecalculationPolicy | None:
    """The one that holds."""
    return RecalculationPolicy.objects.of(organisation).select_related("set_by").first()


def run_to_compare(organisation: Organisation, run: Run) -> Run | None:
    """The base year's run for a report of another one."""
    base = current(organisation)
    return base.run if base is not None and base.run_id != run.pk else None


@transaction.atomic
def set_policy(membership: Membership, threshold_pct: Decimal, words: str) -> RecalculationPolicy:
    """From which change on the base year is restated."""
    _may(membership)
    made = RecalculationPolicy(
        organisation=membership.organisation, threshold_pct=threshold_pct, text=clean(words), set_by=membership.user
    )
    made.full_clean(exclude=["organisation", "set_by"])
    before = policy(membership.organisation)
    made.save()
    what = {
        "threshold_pct": str(made.threshold_pct), "text": made.text,
        "before_pct": str(before.threshold_pct) if before else "",
    }  # fmt: skip
    record(membership.organisation, "base-year.policy", what, membership.user)
    return made


@transaction.atomic
def choose(membership: Membership, run: Run, basis: str, reason: str) -> BaseYear:
    """This run is the base year from now on: the first, or another year than before."""
    held, rule = _begun(membership, run, reason)
    if held is not None and _period(held.run) == _period(run):
        raise ValidationError(_("This is the period of the base year already. Restate it, with the reason."))
    return _made(membership, run, basis, Category.CHOSEN, reason, held, None, rule)


@transaction.atomic
def restate(membership: Membership, run: Run, category: str, reason: str) -> BaseYear:
    """A newer run of the same period takes the place of the base year's."""
    held, rule = _begun(membership, run, reason)
    if held is None:
        raise ValidationError(_("There is no base year yet."))
    if run.pk == held.run_id or _period(held.run) != _period(run):
        raise ValidationError(_("Choose another run of the period of the base year."))
    if category not in RESTATED:
        raise ValidationError(_("Say what kind of change it is."))
    found = compared(held, run, rule.threshold_pct)
    change = {
        "before": text(found.before), "after": text(found.after), "effects": {name: text(kg) for name, kg in found.effects},
        "percent": str(found.verdict.percent) if found.verdict.percent is not None else "",
        "threshold_pct": str(rule.threshold_pct),
    }  # fmt: skip
    return _made(membership, run, held.basis, category, reason, held, change, rule)


def _begun(membership: Membership, run: Run, reason: str) -> tuple[BaseYear | None, RecalculationPolicy]:
    _may(membership)
    Organisation.objects.select_for_update().get(pk=membership.organisation.pk)
    rule = policy(membership.organisation)
    if rule is None:
        raise ValidationError(
            _("First say from which change on the base year is restated: no threshold is given for you.")
        )
    if not run.is_done or run.first is None:
        raise ValidationError(_("Choose a run that is done and has a period."))
    if not clean(reason):
        raise ValidationError(_("Give the reason."))
    return current(membership.organisation), rule


def _made(
    membership: Membership, run: Run, basis: str, category: str, reason: str, held: BaseYear | None,
    change: dict[str, Any] | None, rule: RecalculationPolicy,
) -> BaseYear:  # fmt: skip
    made = BaseYear(
        organisation=membership.organisation, run=run, basis="market" if basis == "market" else "location",
        category=category, reason=clean(reason)[:4000], replaces=held, change=change, chosen_by=membership.user,
    )  # fmt: skip
    what: dict[str, object] = {
        "run": run.code, "run_sha256": run.run_sha256, "basis": made.basis, "category": str(made.category),
        "reason": made.reason, "before": held.run.code if held else "", "threshold_pct": str(rule.threshold_pct),
    }  # fmt: skip
    if change is not None:
        what["change"] = change
    kind = "base-year.restated" if change is not None else "base-year.chosen"
    made.event = record(membership.organisation, kind, what, membership.user)
    made.save()
    return made


def compared(base: BaseYear, run: Run, threshold_pct: Decimal) -> Found:
    """What changed from the base year's run to another, and whether that is significant."""
    told = difference(base.run, run, base.basis, "scope")["total"]
    effects = [(name, Decimal(kg)) for name, kg in zip(EFFECTS, told["effects"], strict=True)]
    before, same = Decimal(told["before"]), _period(base.run) == _period(run)
    return Found(run, same, before, Decimal(told["after"]), effects,
                 verdict(before, dict(effects), threshold_pct, same_year=same))  # fmt: skip


def findings(organisation: Organisation, base: BaseYear, threshold_pct: Decimal) -> list[Found]:
    """Newer runs of the base year's period, and the inventory that counts now: each with its effects, the significant ones first."""
    base.run.organisation = organisation
    newer = [run for run in _done(organisation) if run.pk > base.run_id and _period(run) == _period(base.run)][:5]
    now = current_run(organisation)
    if now is not None and now.pk not in {base.run_id, *(run.pk for run in newer)} and now.first is not None:
        newer.append(now)
    for run in newer:
        run.organisation = organisation
    found = [compared(base, run, threshold_pct) for run in newer]
    return sorted(found, key=lambda each: (not each.verdict.significant, not each.same_year, -each.run.pk))


def offered(organisation: Organisation) -> list[Run]:
    """Runs that can stand in the table, by period, the newest of each first."""
    return sorted(_done(organisation), key=lambda run: (run.first, run.last, -run.pk))


def years(organisation: Organisation, base: BaseYear, chosen: Sequence[int], basis: str, kind: str = "") -> list[Year]:
    """The base year and the chosen runs by period; without a choice the run of each period that somebody chose last, else the newest."""
    runs = _done(organisation)
    wanted = [run for run in runs if run.pk in set(chosen)] if chosen else _one_of_each(runs, base)
    wanted = [
        next((run for run in runs if run.pk == base.run_id), base.run),
        *(run for run in wanted if run.pk != base.run_id),
    ]
    measured = _denominators(organisation, kind) if kind else []
    zero = _total(base.run if base.run.totals else wanted[0], basis)
    found: list[Year] = []
    for run in sorted(wanted[:MOST_RUNS], key=lambda run: (run.first or date.min, run.pk)):
        scopes, total = _scopes(run, basis), _total(run, basis)
        below = _denominator(measured, run)
        change = None if run.pk == base.run_id else EXACT.subtract(total, zero)
        found.append(Year(
            run, run.pk == base.run_id, scopes, total, change, percent(change, zero) if change is not None else None,
            below, intensity(total, below) if below else None, None,
        ))  # fmt: skip
    level = next((each.intensity for each in found if each.is_base), None)
    return [_against(each, level) for each in found]


def _against(year: Year, level: Decimal | None) -> Year:
    if level is None or year.intensity is None or year.is_base:
        return year
    with localcontext(EXACT):
        change = percent(year.intensity - level, level)
    return Year(year.run, year.is_base, year.scopes, year.total, year.change, year.percent, year.denominator, year.intensity,
                change)  # fmt: skip


def _may(membership: Membership) -> None:
    if not membership.may(Act.REPORT):
        raise PermissionDenied


def _period(run: Run) -> tuple[date | None, date | None]:
    return run.first, run.last


def _done(organisation: Organisation) -> list[Run]:
    found = Run.objects.of(organisation).filter(done_at__isnull=False, first__isnull=False, totals__isnull=False)
    return list(found.defer("figures", "summary", "sources").order_by("-pk")[:200])


def _one_of_each(runs: Sequence[Run], base: BaseYear) -> list[Run]:
    best: dict[tuple[date | None, date | None], Run] = {_period(base.run): base.run}
    for run in sorted(
        runs, key=lambda run: (run.chosen_at is not None, run.chosen_at.timestamp() if run.chosen_at else 0, run.pk)
    ):
        if _period(run) != _period(base.run):
            best[_period(run)] = run
    return list(best.values())


def _scopes(run: Run, basis: str) -> tuple[Decimal, Decimal, Decimal]:
    totals = run.totals or {}
    return tuple(Decimal(totals.get(name) or 0) for name in ("scope1_kg", f"scope2_{basis}_kg", "scope3_kg"))  # type: ignore[return-value]


def _total(run: Run, basis: str) -> Decimal:
    with localcontext(EXACT):
        return sum(_scopes(run, basis), Decimal(0))


def _denominators(organisation: Organisation, kind: str) -> list[Denominator]:
    whole = Denominator.objects.of(organisation).filter(facility=None, kind=kind)
    return list(whole.order_by("start", "end", "pk"))


def _denominator(measured: Sequence[Denominator], run: Run) -> Decimal | None:
    """What was measured in the period of the run: in one line, or in lines that follow each other without a gap, in one unit."""
    if run.first is None or run.last is None:
        return None
    exact = [each for each in measured if (each.start, each.end) == (run.first, run.last)]
    if exact:
        return Decimal(exact[-1].value)
    inside = [each for each in measured if run.first <= each.start and each.end <= run.last]
    if not inside or len({each.unit for each in inside}) != 1:
        return None
    day, total = run.first, Decimal(0)
    for each in inside:
        if each.start != day:
            return None
        day, total = each.end + timedelta(days=1), EXACT.add(total, Decimal(each.value))
    return total if day == run.last + timedelta(days=1) else None


def sentence(organisation: Organisation, lang: str) -> dict[str, str]:
    """What a report says of the base year and of recalculation, as a beginning for who writes it."""
    base, rule = current(organisation), policy(organisation)
    found: dict[str, str] = {}
    if base is not None:
        t = EXACT.scaleb(_total(base.run, base.basis), -3)
        period = f"{base.run.first} – {base.run.last}"
        found["base_year"] = (
            f"{period}，{base.run.code} {base.run.name}，{t:,.2f} tCO₂e（范围二基于{'市场' if base.basis == 'market' else '位置'}）。{base.reason}"
            if lang == "zh"
            else f"{period}, {base.run.code} {base.run.name}, {t:,.2f} tCO₂e (scope 2 {base.basis}-based). {base.reason}"
        )
    if rule is not None:
        mark = f"（显著性阈值：基准年总量的 {rule.threshold_pct.normalize():f}%）" if lang == "zh" else (
            f" (significance threshold: {rule.threshold_pct.normalize():f}% of the base year's total)")  # fmt: skip
        found["recalculation"] = f"{rule.text}{mark}"
    return found
