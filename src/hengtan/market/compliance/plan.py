"""The cheapest plan that keeps the rules, with what it rests on and what it would cost otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from hengtan.market.rules import law, order_refusals
from hengtan.problems import HengtanError, Problem

from . import exact
from .binding import binding
from .given import Case, Offer, Scenario
from .lines import Line, lines
from .model import Key, Model, build, windows
from .noticed import noticed
from .position import Position, positions
from .risk import Risk, value_at_risk
from .solve import Answer, solve
from .supply import Supply, supply

_AT_ONCE = 2  # other assumptions solved beside each other


@dataclass(frozen=True, slots=True)
class Alternative:
    """What another assumption would cost; cost_cny None where nothing keeps the rules then.

    more_cny  against the plan, what is left at the end counted by both at its worth; gap_cny: at most so much cheaper could it be
    """

    id: str
    title: Mapping[str, str]
    cost_cny: Decimal | None
    more_cny: Decimal | None
    gap_cny: Decimal = Decimal(0)


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

    cost_cny     expected over the scenarios, owed in whole fen; net_cny: less the worth of what is left at the end, which is what is made least
    futures      by scenario; lines: of the scenario ``central``
    worth_cny_t  [entity][year] what one tonne less to surrender saves; None where there is no plan
    broken       rules that the data break; binding: what keeps a plan from being there; notes: what cannot be used, and assumptions
    """

    case: Case
    given: Supply
    status: str
    cost_cny: Decimal | None
    net_cny: Decimal | None
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


def plan(case: Case, *, alternatives: bool = True, file: str = "") -> Plan:
    """The cheapest plan for a case; without ``alternatives`` only that. file: the name that a refusal names.

    Raises HengtanError ``comply.end-value`` where buying without end would pay.
    """
    given = supply(case)
    model = build(given)
    answer = solve(model)
    if answer.endless:
        endless = _endless(case)
        raise HengtanError(replace(endless, file=f"{file}#{endless.column}", column="") if file else endless)
    stands = positions(given)
    short = sum(each.gap_t for each in stands)
    risk = value_at_risk(case.quotes, short, case.confidence, case.risk_days) if case.quotes and short else None
    notes = (*given.notes, *noticed(given, stands), *_assumed(given, risk, short), *_odd(case))
    if answer.tonnes is None:
        why = tuple(binding(given, answer))
        return Plan(
            case, given, "infeasible", None, None, Decimal(0), {}, (), 0, (), stands, None, (), risk, given.broken, why, notes
        )  # fmt: skip
    tonnes = answer.tonnes
    wrong = exact.broken(given, tonnes)
    if wrong:
        raise AssertionError(f"a plan that breaks its rules: {wrong[:5]}")
    cost, net = exact.expected_cost(given, tonnes), exact.objective(given, tonnes)
    others = tuple(_alternatives(given, model, answer, net)) if alternatives else ()
    facts = {each.id: f"{each.more_cny:,}" for each in others if each.more_cny is not None}
    central = _central(case)
    told = {"unreleased": facts["no-release"]} if "no-release" in facts else {}
    gap = _gap(answer)
    return Plan(
        case, given, "within" if gap else "optimal", cost, net, gap, tonnes,
        tuple(_future(given, tonnes, s) for s in exact.futures(given)), central, tuple(lines(given, tonnes, central, told)),
        stands, _worth(given, answer), others, risk, given.broken, (), notes,
    )  # fmt: skip


def _gap(answer: Answer) -> Decimal:
    """By how much the plan may miss the cheapest; 0 where it is proved that nothing is cheaper by a fen."""
    if answer.optimal:
        return Decimal(0)
    return max(Decimal(repr(answer.cost - answer.bound)), Decimal(0)).quantize(exact.FEN, ROUND_CEILING)


def _endless(case: Case) -> Problem:
    """Units are worth more in the end than they cost now, and nothing limits how many are bought."""
    cheapest = min((each.cea_cny_t[max(each.cea_cny_t)] for each in case.scenarios if each.cea_cny_t), default=None)
    offered = min(
        (each.price_cny_t for each in case.offers if each.kind == "CEA" and each.most_t is None), default=None
    )
    known = [each for each in (cheapest, offered) if each is not None]
    is_cea = bool(known) and min(known) < case.end_cea_cny_t
    kind, worth = ("CEA", case.end_cea_cny_t) if is_cea else ("CCER", case.end_ccer_cny_t)
    return Problem("comply.end-value", column="/end_value", values={"kind": kind, "worth": str(worth)})


def _central(case: Case) -> int:
    """The most probable scenario, the first of those."""
    return max(range(len(case.scenarios)), key=lambda s: case.scenarios[s].probability, default=0)


def _future(given: Supply, tonnes: exact.Tonnes, s: int) -> Future:
    case = given.case

    def summed(*name: str) -> dict[int, int]:
        return {
            year: sum(tonnes.get((*name, e, y, s), 0) for e in range(len(case.entities)))
            for y, year in enumerate(given.years)
        }

    used = [summed("use", stock) for stock in given.stocks]

    scenario = case.scenarios[s] if case.scenarios else Scenario("", Decimal(1), {}, {})
    return Future(
        scenario.name, scenario.probability, exact.cost(given, tonnes, s), summed("buy", "CEA"), summed("buy", "CCER"),
        {year: sum(each[year] for each in used) for year in given.years}, summed("sell"), summed("left", "CEA")[given.years[-1]],
    )  # fmt: skip


def _worth(given: Supply, answer: Answer) -> tuple[tuple[Decimal, ...], ...]:
    """What a tonne less to surrender saves: its allowance, less the part of the cap of credits that goes with it."""
    share = float(law("offset.cap").values["share"])
    found = []
    for e in range(len(given.case.entities)):
        of_entity = []
        for y in range(len(given.years)):
            worth = sum(
                answer.duals["CEA", e, y, s] + share * min(answer.cap_price(e, y, s), 0.0) for s in exact.futures(given)
            )
            of_entity.append(Decimal(repr(round(worth, 6))).quantize(exact.FEN, ROUND_HALF_UP))
        found.append(tuple(of_entity))
    return tuple(found)


def _alternatives(given: Supply, model: Model, answer: Answer, net: Decimal) -> list[Alternative]:
    """Each is the same program with other prices, or with some of its columns held at nothing: the solver goes on from where the plan stands."""
    case = given.case

    def is_credit(key: Key) -> bool:
        return key[:2] == ("buy", "CCER") or (key[0] == "offer" and case.offers[int(str(key[2]))].kind == "CCER")

    def waits(key: Key) -> bool:
        return key[0] in ("offer", "in", "out") or key[:2] == ("buy", "CCER")

    cases: list[tuple[str, dict[str, str], Supply, Model]] = []
    for name, words, factor in (
        ("cea-up-10", {"en": "CEA up 10 %", "zh": "CEA 涨 10%"}, Decimal("1.1")),
        ("cea-down-10", {"en": "CEA down 10 %", "zh": "CEA 跌 10%"}, Decimal("0.9")),
    ):
        moved = replace(given, case=dearer(case, factor))
        cases.append((name, words, moved, build(moved)))
    if any(each.kind == "CCER" for each in case.offers) or any(each.ccer_cny_t for each in case.scenarios):
        words = {"en": "No CCER to be had", "zh": "买不到 CCER"}
        cases.append(("no-credits", words, given, model.closed(is_credit)))
    if any(each.release is not None and each.first is not None for each in given.lots):
        words = {"en": "The pledge not released", "zh": "不解除质押"}
        cases.append(("no-release", words, given, model.closed(lambda key: key[0] == "release")))
    if case.transfers:
        words = {"en": "No hand-over in the group", "zh": "集团内不划转"}
        cases.append(("no-transfers", words, given, model.closed(lambda key: key[0] in ("in", "out"))))
    if all(set(each.cea_cny_t) >= set(case.years) for each in case.scenarios) and case.scenarios:
        words = {"en": "Buy all at the deadline, allowances only", "zh": "到期限前全部买入 CEA"}
        cases.append(("at-the-deadline", words, given, model.closed(waits)))
    with ThreadPoolExecutor(_AT_ONCE) as beside:  # the solver lets go of the interpreter
        answers = beside.map(
            lambda each: solve(each[3], with_duals=False, start=answer.basis, small=100, known=answer.tonnes),
            cases,
        )
    found = []
    for (name, words, its, _), other in zip(cases, answers, strict=True):
        if other.tonnes is None:
            found.append(Alternative(name, words, None, None))
            continue
        more = exact.objective(its, other.tonnes) - net
        found.append(Alternative(name, words, exact.expected_cost(its, other.tonnes), more, _gap(other)))
    return found


def dearer(case: Case, factor: Decimal) -> Case:
    """The case with every price of allowances times a factor, in whole ticks; what is left of them is worth so much more too."""

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
        end_cea_cny_t=moved(case.end_cea_cny_t),
    )


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
