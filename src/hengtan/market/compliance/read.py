"""From a JSON file to a case: everything that is wrong is told, with its place and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from hengtan.market.rules import law, surrender_deadline, vintage_name
from hengtan.problems import HengtanError, Problem, system

from .given import Allocation, Case, Cash, Emissions, Entity, Holding, Offer, Quote, Scenario, Trades
from .schema import not_json, read_json, wrong


def read_case(path: Path) -> Case:
    """The case of a file. Raises HengtanError with everything that is wrong."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise HengtanError(Problem("file.missing", file=str(path))) from None
    except OSError as error:
        raise HengtanError(Problem("file.unreadable", file=str(path), values=system("why", error))) from None
    except UnicodeDecodeError as error:
        raise HengtanError(not_json(error, path.name)) from None
    return case_of_text(text, path.name)


def case_of_text(text: str, file: str) -> Case:
    """The case of a JSON text. Raises HengtanError with everything that is wrong."""
    value, problems = read_json(text, file)
    if not problems:
        problems = wrong(value, "input", file)
    if problems:
        raise HengtanError(problems)
    return case_of(value, file)


def case_of(value: Mapping[str, Any], file: str = "") -> Case:
    """The case of a value that the schema allows. Raises HengtanError with what cannot be by itself or together."""
    case = _case(value)
    told = [*_idle(value), *_twice(value), *_impossible(case)]
    problems = [Problem(each.code, file=f"{file}#{path}", values=each.values) for path, each in told]
    if problems:
        raise HengtanError(problems[:100])
    return case


def _case(value: Mapping[str, Any]) -> Case:
    as_of = _day(value["as_of"])
    limits, end, risk = value.get("limits", {}), value.get("end_value", {}), value.get("risk", {})
    transfers = value.get("transfers", {"allowed": False})
    return Case(
        as_of=as_of,
        years=tuple(sorted(value["years"])),
        entities=tuple(_entity(each, f"/entities/{at}") for at, each in enumerate(value["entities"])),
        offers=tuple(_offer(each, f"/offers/{at}") for at, each in enumerate(value.get("offers", ()))),
        scenarios=tuple(_scenario(each) for each in value.get("scenarios", ())),
        title=value.get("title", ""),
        sample=value.get("sample", False),
        aim=value.get("plan_for", "expected"),
        buy_until=_day(value["buy_until"]) if "buy_until" in value else as_of,
        transfers=transfers["allowed"],
        transfer_cny_t=Decimal(transfers.get("fee_cny_t", "0")),
        cash=tuple(
            Cash(_day(each["by"]), Decimal(each["most_cny"]), f"/limits/cash/{at}", each.get("entity", ""))
            for at, each in enumerate(limits.get("cash", ()))
        ),
        daily_most_t=dict(limits.get("daily_most_t", {})),
        trading_days=dict(limits.get("trading_days", {})),
        end_cea_cny_t=Decimal(end.get("cea_cny_t", "0")),
        end_ccer_cny_t=Decimal(end.get("ccer_cny_t", "0")),
        quotes=tuple(_quote(each) for each in value.get("quotes", ())),
        confidence=Decimal(risk.get("confidence", "0.95")),
        risk_days=risk.get("days", 10),
    )


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _entity(value: Mapping[str, Any], path: str) -> Entity:
    trades = value.get("trades")
    return Entity(
        id=value["id"],
        name=value["name"],
        sector=value["sector"],
        path=path,
        emissions=tuple(
            Emissions(
                each["year"], each.get("verified_t"), {k: Decimal(v) for k, v in each.get("months", {}).items()},
                {k: Decimal(v) for k, v in each.get("last_year", {}).items()}, each.get("expected_t"), each.get("low_t"), each.get("high_t"),
            )
            for each in value["emissions"]
        ),
        holdings=tuple(_holding(each, f"{path}/holdings/{at}") for at, each in enumerate(value.get("holdings", ()))),
        allocations=tuple(Allocation(each["year"], each["t"], _day(each["on"])) for each in value.get("allocations", ())),
        on_time=tuple(value.get("surrendered_on_time", ())),
        trades=Trades(trades["sold_t"], trades["bought_t"], trades.get("holding_t")) if trades else None,
        sales_t={each["year"]: each["most_t"] for each in value.get("sales", ())},
    )  # fmt: skip


def _holding(value: Mapping[str, Any], path: str) -> Holding:
    pledge = value.get("pledge", {"t": 0})
    return Holding(
        value["id"], value["kind"], value["t"], path, value.get("vintage", 0), value.get("origin", "bought"),
        _maybe(value, "registered"), value.get("inside_market", False), _maybe(value, "started"), _maybe(value, "made_from"),
        value.get("methodology", ""), pledge["t"], _maybe(pledge, "free_on"), Decimal(pledge.get("release_cny", "0")),
    )  # fmt: skip


def _maybe(value: Mapping[str, Any], key: str) -> date | None:
    return _day(value[key]) if key in value else None


def _offer(value: Mapping[str, Any], path: str) -> Offer:
    return Offer(
        value["id"], value["kind"], Decimal(value["price_cny_t"]), _day(value["delivered"]), path, value.get("vintage", 0),
        _maybe(value, "registered"), value.get("inside_market", False), value.get("most_t"), value.get("lot_t", 1),
    )  # fmt: skip


def _scenario(value: Mapping[str, Any]) -> Scenario:
    cea = {each["year"]: Decimal(each["cea_cny_t"]) for each in value["prices"] if "cea_cny_t" in each}
    ccer = {each["year"]: Decimal(each["ccer_cny_t"]) for each in value["prices"] if "ccer_cny_t" in each}
    return Scenario(
        value["name"], Decimal(value["probability"]), cea, ccer, Decimal(value.get("emissions_factor", "1"))
    )


def _quote(value: Mapping[str, Any]) -> Quote:
    turnover = value.get("turnover_cny")
    return Quote(
        _day(value["day"]),
        Decimal(value["close_cny_t"]),
        value.get("volume_t"),
        None if turnover is None else Decimal(turnover),
    )


_OF_KIND = {
    "CEA": ("vintage", "origin"),
    "CCER": ("registered", "inside_market", "started", "made_from", "methodology"),
}


def _idle(value: Mapping[str, Any]) -> list[tuple[str, Problem]]:
    """(place, problem) of what is given where it means nothing: nothing is left out unseen."""
    found: list[tuple[str, Problem]] = []

    def tell(path: str, one: Mapping[str, Any], keys: Sequence[str], of: str, of_zh: str) -> None:
        for key in keys:
            if key in one:
                found.append(
                    (
                        f"{path}/{key}",
                        Problem("comply.key-idle", values={"key": key, "key_zh": key, "of": of, "of_zh": of_zh}),
                    )
                )

    def of_kind(path: str, one: Mapping[str, Any]) -> None:
        other = "CCER" if one["kind"] == "CEA" else "CEA"
        tell(path, one, _OF_KIND[other], f"a holding or offer of {one['kind']}", f" {one['kind']} ")

    for at, entity in enumerate(value["entities"]):
        for number, one in enumerate(entity.get("holdings", ())):
            of_kind(f"/entities/{at}/holdings/{number}", one)
        for number, one in enumerate(entity["emissions"]):
            path = f"/entities/{at}/emissions/{number}"
            if "expected_t" not in one:
                tell(
                    path,
                    one,
                    ("low_t", "high_t"),
                    "emissions without a forecast (expected_t)",
                    "未填预测量（expected_t）的排放量",
                )
            if "months" not in one:
                tell(path, one, ("last_year",), "emissions without months", "未填当年各月（months）的排放量")
    for at, one in enumerate(value.get("offers", ())):
        of_kind(f"/offers/{at}", one)
    return found


def _twice(value: Mapping[str, Any]) -> list[tuple[str, Problem]]:
    """(place, problem) of a year that stands twice where one value is asked for."""
    lists = [(f"/scenarios/{at}/prices", one["prices"]) for at, one in enumerate(value.get("scenarios", ()))]
    lists += [(f"/entities/{at}/sales", one.get("sales", ())) for at, one in enumerate(value["entities"])]
    return [
        (f"{path}/{number}/year", Problem("comply.twice", values={"name": str(one["year"])}))
        for path, rows in lists
        for number, one in enumerate(rows)
        if one["year"] in [each["year"] for each in rows[:number]]
    ]


def _impossible(case: Case) -> list[tuple[str, Problem]]:
    """(place, problem) of what the schema cannot see."""
    found: list[tuple[str, Problem]] = []

    def tell(path: str, code: str, **values: object) -> None:
        found.append((path, Problem(code, values={name: str(value) for name, value in values.items()})))

    for at, year in enumerate(case.years):
        deadline = surrender_deadline(year)[0]
        if deadline < case.as_of:
            tell(f"/years/{at}", "comply.year-past", year=year, day=deadline, as_of=case.as_of)
    if case.buy_until < case.as_of:
        tell("/buy_until", "comply.window-past", day=case.buy_until, as_of=case.as_of)
    for at, quote in enumerate(case.quotes):
        if quote.day > case.as_of:
            tell(f"/quotes/{at}/day", "comply.quote-ahead", day=quote.day, as_of=case.as_of)
    for path, names in (
        ("/entities", [each.id for each in case.entities]),
        ("/offers", [each.id for each in case.offers]),
        ("/scenarios", [each.name for each in case.scenarios]),
        ("/quotes", [str(each.day) for each in case.quotes]),
    ):
        for name in _doubles(names):
            tell(path, "comply.twice", name=name)
    total = sum((each.probability for each in case.scenarios), Decimal(0))
    if case.scenarios and total != 1:
        tell("/scenarios", "comply.probabilities", sum=total)
    for at, offer in enumerate(case.offers):
        if offer.delivered < case.as_of:
            tell(f"/offers/{at}/delivered", "comply.delivery-past", day=offer.delivered, as_of=case.as_of)
        elif offer.kind == "CEA" and offer.vintage > offer.delivered.year:
            name = vintage_name(offer.vintage)
            tell(f"/offers/{at}/vintage", "comply.vintage-ahead", vintage=name, on=offer.delivered)
    named = {each.id for each in case.entities}
    for at, limit in enumerate(case.cash):
        if limit.entity and limit.entity not in named:
            tell(f"/limits/cash/{at}/entity", "comply.entity-unknown", entity=limit.entity)
    for entity in case.entities:
        _entity_impossible(entity, case, tell)
    return found


def _doubles(names: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def _entity_impossible(entity: Entity, case: Case, tell: Any) -> None:
    years = [each.year for each in entity.emissions]
    for name in _doubles([str(year) for year in years]):
        tell(f"{entity.path}/emissions", "comply.twice", name=name)
    for year in case.years:
        if year not in years:
            tell(f"{entity.path}/emissions", "comply.emissions-missing", entity=entity.name, year=year)
    for at, each in enumerate(entity.emissions):
        path = f"{entity.path}/emissions/{at}"
        for month in each.months:
            if not month.startswith(f"{each.year}-"):
                tell(f"{path}/months", "comply.months", month=month, year=each.year)
            elif month > f"{case.as_of:%Y-%m}":
                tell(f"{path}/months/{month}", "comply.month-ahead", month=month, as_of=case.as_of)
        if each.last_year:
            wanted = [f"{each.year - 1}-{month:02d}" for month in range(1, 13)]
            for month in each.last_year:
                if month not in wanted:
                    tell(f"{path}/last_year", "comply.months", month=month, year=each.year - 1)
            missing = next((name for name in wanted if not each.last_year.get(name)), None)
            if missing:
                tell(f"{path}/last_year", "comply.last-year", missing=missing)
        if each.expected_t is not None and (each.low_t is None) != (each.high_t is None):
            tell(
                path,
                "comply.band-half",
                given="low_t" if each.high_t is None else "high_t",
                missing="high_t" if each.high_t is None else "low_t",
            )
        elif (
            each.expected_t is not None
            and each.low_t is not None
            and not each.low_t <= each.expected_t <= (each.high_t or 0)
        ):
            tell(path, "comply.band", low=each.low_t, expected=each.expected_t, high=each.high_t)
    for name in _doubles([each.id for each in entity.holdings]):
        tell(f"{entity.path}/holdings", "comply.twice", name=name)
    for at, coming in enumerate(entity.allocations):
        if coming.year > coming.on.year:
            tell(
                f"{entity.path}/allocations/{at}/year",
                "comply.vintage-ahead",
                vintage=vintage_name(coming.year),
                on=coming.on,
            )
    carried = law("surrender.carry-over")
    for holding in entity.holdings:
        if holding.origin == "carried-over" and holding.vintage != carried.values["into_vintage"]:
            refused = carried.refuse(
                "comply.carried-vintage",
                vintage=vintage_name(holding.vintage),
                into=vintage_name(carried.values["into_vintage"]),
            )
            tell(f"{holding.path}/vintage", refused.code, **refused.values)
        if holding.pledged_t > holding.t:
            tell(f"{holding.path}/pledge/t", "comply.pledged", pledged=f"{holding.pledged_t:,}", held=f"{holding.t:,}")
        if holding.kind == "CEA" and holding.vintage > case.as_of.year:
            tell(
                f"{holding.path}/vintage",
                "comply.vintage-future",
                vintage=vintage_name(holding.vintage),
                as_of=case.as_of,
            )
