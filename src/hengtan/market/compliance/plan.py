"""The cheapest plan that keeps the rules, with what it rests on and what it would cost otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from hengtan.market.rules import law, order_refusals
from hengtan.problems import Problem

from . import exact
from .given import Case, Offer, Scenario
from .lines import Line, lines
from .model import build, windows
from .position import Position, positions
from .risk import Risk, value_at_risk
from .solve import Answer, solve
from .supply import Supply, supply


@dataclass(frozen=True, slots=True)
class Alternative:
    """What another assumption would cost; cost_cny None where nothing keeps the rules then. more_cny: against the plan."""

    id: str
    title: Mapping[str, str]
    cost_cny: Decimal | None
    more_cny: Decimal | None


@dataclass(frozen=True, slots=True)
class Future:
    """One scenario: what is paid in it, and what is done later, in tonnes over all entities by year."""

    name: str
    probability: Decimal
    cost_cny: Decimal
    bought_t: Mapping[int, int]
    credits_bought_t: Mapping[int, int]
    offset_t: Mapping[int, int]
    sold_t: Mapping[int, int]
    kept_t: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan. status: ``optimal``, ``within`` (not proven cheapest: not more than gap_cny from it) or ``infeasible``.

    cost_cny     expected over the scenarios, owed in whole fen; futures: by scenario, lines: of the scenario ``central``
    worth_cny_t  [entity][year] what one tonne less to surrender saves; None where there is no plan
    broken       rules that the data break; binding: what keeps a plan from being there; notes: what cannot be used, and assumptions
    """

    case: Case
    given: Supply
    status: str
    cost_cny: Decimal | None
    gap_cny: Decimal
    tonnes: Mapping[tuple[object, ...], int]
    futures: tuple[Future, ...]
    central: int
    lines: tuple[Line, ...]
    positions: tuple[Position, ...]
    worth_cny_t: tuple[tuple[Decimal, ...], ...] | None
    alternatives: tuple[Alternative, ...]
    risk: Risk | None
    broken: tuple[Problem, ...]
    binding: tuple[Problem, ...]
    notes: tuple[Problem, ...]


def plan(case: Case, *, alternatives: bool = True) -> Plan:
    """The cheapest plan for a case; without ``alternatives`` only that."""
    given = supply(case)
    answer = solve(build(given))
    stands = positions(given)
    short = sum(each.gap_t for each in stands)
    risk = value_at_risk(case.quotes, short, case.confidence, case.risk_days) if case.quotes and short else None
    notes = (*given.notes, *_assumed(given, risk, short), *_odd(case))
    if answer.tonnes is None:
        binding = tuple(_binding(given, answer))
        return Plan(
            case,
            given,
            "infeasible",
            None,
            Decimal(0),
            {},
            (),
            0,
            (),
            stands,
            None,
            (),
            risk,
            given.broken,
            binding,
            notes,
        )
    tonnes = answer.tonnes
    wrong = exact.broken(given, tonnes)
    if wrong:
        raise AssertionError(f"a plan that breaks its rules: {wrong[:5]}")
    cost = exact.expected_cost(given, tonnes)
    others = tuple(_alternatives(given, cost)) if alternatives else ()
    facts = {each.id: f"{each.more_cny:,}" for each in others if each.more_cny is not None}
    central = _central(case)
    told = {"unreleased": facts["no-release"]} if "no-release" in facts else {}
    gap = max(Decimal(repr(answer.cost - answer.bound)), Decimal(0)).quantize(exact.FEN, ROUND_HALF_UP)
    return Plan(
        case, given, "optimal" if answer.optimal and gap < Decimal("0.01") else "within", cost, gap, tonnes,
        tuple(_future(given, tonnes, s) for s in exact.futures(given)), central, tuple(lines(given, tonnes, central, told)),
        stands, _worth(given, answer), others, risk, given.broken, (), notes,
    )  # fmt: skip


def _central(case: Case) -> int:
    """The most probable scenario, the first of those."""
    return max(range(len(case.scenarios)), key=lambda s: case.scenarios[s].probability, default=0)


def _future(given: Supply, tonnes: exact.Tonnes, s: int) -> Future:
    case = given.case

    def summed(name: str) -> dict[int, int]:
        return {
            year: sum(tonnes.get((name, e, y, s), 0) for e in range(len(case.entities)))
            for y, year in enumerate(given.years)
        }

    scenario = case.scenarios[s] if case.scenarios else Scenario("", Decimal(1), {}, {})
    return Future(
        scenario.name, scenario.probability, exact.cost(given, tonnes, s), summed("buy"), summed("buy credits"),
        summed("use"), summed("sell"), summed("left")[given.years[-1]],
    )  # fmt: skip


def _worth(given: Supply, answer: Answer) -> tuple[tuple[Decimal, ...], ...]:
    """What a tonne less to surrender saves: its allowance, less the part of the cap of credits that goes with it."""
    share = float(law("offset.cap").values["share"])
    found = []
    for e in range(len(given.case.entities)):
        of_entity = []
        for y in range(len(given.years)):
            worth = sum(
                answer.duals["CEA", e, y, s] + share * min(answer.reduced.get(("use", e, y, s), 0.0), 0.0)
                for s in exact.futures(given)
            )
            of_entity.append(Decimal(repr(round(worth, 6))).quantize(exact.FEN, ROUND_HALF_UP))
        found.append(tuple(of_entity))
    return tuple(found)


def _alternatives(given: Supply, cost: Decimal) -> list[Alternative]:
    case = given.case
    cases: list[tuple[str, dict[str, str], Case]] = [
        ("cea-up-10", {"en": "CEA up 10 %", "zh": "CEA 涨 10%"}, dearer(case, Decimal("1.1"))),
        ("cea-down-10", {"en": "CEA down 10 %", "zh": "CEA 跌 10%"}, dearer(case, Decimal("0.9"))),
    ]
    if any(each.kind == "CCER" for each in case.offers) or any(each.ccer_cny_t for each in case.scenarios):
        cases.append(
            ("no-credits", {"en": "No CCER to be had", "zh": "买不到 CCER"}, replace(case, credits_to_be_had=False))
        )
    if any(each.release is not None and each.first is not None for each in given.lots):
        cases.append(
            ("no-release", {"en": "The pledge not released", "zh": "不解除质押"}, replace(case, releases_allowed=False))
        )
    if case.transfers:
        cases.append(
            ("no-transfers", {"en": "No hand-over in the group", "zh": "集团内不划转"}, replace(case, transfers=False))
        )
    if all(set(each.cea_cny_t) >= set(case.years) for each in case.scenarios) and case.scenarios:
        cases.append(
            (
                "at-the-deadline",
                {"en": "Buy all at the deadline, allowances only", "zh": "到期限前全部买入 CEA"},
                at_the_deadline(case),
            )
        )
    found = []
    for name, words, other in cases:
        its = supply(other)
        answer = solve(build(its), with_duals=False, polish=False)
        its_cost = exact.expected_cost(its, answer.tonnes) if answer.tonnes is not None else None
        found.append(Alternative(name, words, its_cost, None if its_cost is None else its_cost - cost))
    return found


def dearer(case: Case, factor: Decimal) -> Case:
    """The case with every price of allowances times a factor, in whole ticks."""

    def moved(price: Decimal) -> Decimal:
        return (price * factor).quantize(exact.FEN, ROUND_HALF_UP)

    return replace(
        case,
        offers=tuple(
            replace(each, price_cny_t=moved(each.price_cny_t)) if each.kind == "CEA" else each for each in case.offers
        ),
        scenarios=tuple(
            replace(each, cea_cny_t={year: moved(price) for year, price in each.cea_cny_t.items()})
            for each in case.scenarios
        ),
    )


def at_the_deadline(case: Case) -> Case:
    """The case of who does nothing until the deadline and then buys allowances."""
    return replace(case, offers=(), credits_to_be_had=False, transfers=False)


def _binding(given: Supply, answer: Answer) -> list[Problem]:
    """Which limit keeps a plan from being there: the one without which there is one."""
    if not answer.optimal:
        return [Problem("comply.no-time")]
    found = []
    for family, code in (("cash", "comply.cash-binds"), ("daily", "comply.volume-binds")):
        if solve(build(given, without=frozenset({family})), with_duals=False).tonnes is not None:
            found.append(Problem(code))
    if not found and solve(build(given, without=frozenset({"cash", "daily"})), with_duals=False).tonnes is not None:
        found.append(Problem("comply.cash-and-volume-bind"))
    return found or [_missing(given)]


def _missing(given: Supply) -> Problem:
    """Nothing can be bought for a year: how much is missing in the first such, if everything at hand is used."""
    case = given.case
    open_to = [
        year
        for y, year in enumerate(given.years)
        if not any(year in each.cea_cny_t for each in case.scenarios)
        and not any(
            offer.kind == "CEA" and first is not None and first <= y
            for offer, first in zip(case.offers, given.offers_first, strict=True)
        )
    ]
    gaps = {each.year: 0 for each in positions(given)}
    for each in positions(given):
        gaps[each.year] += each.gap_t
    year = next((one for one in open_to if gaps[one]), next((one for one in gaps if gaps[one]), given.years[0]))
    return Problem("comply.nothing-to-buy", values={"year": str(year), "gap": f"{gaps[year]:,}"})


def _assumed(given: Supply, risk: Risk | None, short: int) -> list[Problem]:
    case = given.case
    found = [Problem("comply.deadline-expected", values={"year": str(year), "day": str(given.deadlines[y])})
             for y, year in enumerate(given.years) if given.expected[y]]  # fmt: skip
    drafts = sorted({each.id for each in (law("offset.registered-after-reopening"), law("surrender.banking-2025-2026"))
                     if each.draft and any(each.holds(year, case.as_of) for year in given.years)})  # fmt: skip
    found += [
        Problem("comply.draft-rule", values={"rule": law(each).cite("en"), "rule_zh": law(each).cite("zh")})
        for each in drafts
    ]
    if case.daily_most_t:
        unsure = [window.name for window in windows(case, given) if not window.sure]
        if unsure:
            found.append(Problem("comply.holidays-unknown", values={"windows": ", ".join(unsure)}))
    if case.quotes and short and risk is None:
        found.append(Problem("comply.quotes-few"))
    return found


def _odd(case: Case) -> list[Problem]:
    """Prices of spot offers outside the band of the last close."""
    last = max(case.quotes, key=lambda each: each.day, default=None)
    if last is None:
        return []
    return [
        replace(problem, column=offer.path)
        for offer in case.offers
        if _spot(offer, case)
        for problem in order_refusals(offer.most_t or offer.lot_t, offer.price_cny_t, last.close_cny_t)
        if problem.code == "law.order-band"
    ]


def _spot(offer: Offer, case: Case) -> bool:
    return offer.kind == "CEA" and offer.delivered <= case.buy_until
