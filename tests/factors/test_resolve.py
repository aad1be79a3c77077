from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from hengtan.factors import COLUMNS, Choice, Policy, Query, load_policy, open_library, resolve, types
from hengtan.problems import Problem

HEADER = list(COLUMNS)


def ask(
    activity_type: str,
    unit: str,
    region: str,
    year: int,
    basis: str = "location",
    *,
    policy: Policy | str = "default",
    as_of: date | None = None,
    gwp: str = "AR5",
    files: tuple[Path, ...] = (),
    **more: object,
) -> Choice | tuple[Problem, ...]:
    chosen = load_policy(policy) if isinstance(policy, str) else policy
    query = Query(activity_type, unit, region, year, **more)  # type: ignore[arg-type]
    return resolve(query, basis=basis, library=open_library(files), policy=chosen, as_of=as_of, gwp=gwp)


def found(answer: Choice | tuple[Problem, ...]) -> Choice:
    assert isinstance(answer, Choice), [problem.sentence() for problem in answer]
    return answer


def refused(answer: Choice | tuple[Problem, ...]) -> Problem:
    assert isinstance(answer, tuple), answer.factor.factor_id
    assert len(answer) == 1
    assert answer[0].severity == "error"
    for lang in ("en", "zh"):
        assert "?" not in answer[0].reason(lang) + answer[0].mend(lang), answer[0].sentence(lang)
    return answer[0]


def warned(choice: Choice) -> list[str]:
    assert all(problem.severity == "warning" for problem in choice.warnings)
    return [problem.code for problem in choice.warnings]


def own_factor(folder: Path, **cells: str) -> Path:
    body = {
        "factor_id": "my-1",
        "dataset": "mine",
        "name": "My factor",
        "activity_unit": "kWh",
        "region": "CN",
        "co2e_kg": "0.4",
        "gwp_set": "AR5",
    } | cells
    path = folder / f"{body['factor_id']}.csv"
    path.write_text(",".join(HEADER) + "\n" + ",".join(body.get(name, "") for name in HEADER) + "\n", "utf-8")
    return path


# --- what is never chosen


@pytest.mark.parametrize("region", ["CN", "CN-11", "CN-31", "CN-GRID-NORTH"])
@pytest.mark.parametrize("year", [2016, 2019, 2021, 2022, 2023, 2024])
@pytest.mark.parametrize("basis", ["location", "market"])
def test_china_never_takes_the_fossil_reporting_baseline_or_footprint_series(
    region: str, year: int, basis: str
) -> None:
    answer = ask("electricity", "kWh", region, year, basis)
    if isinstance(answer, Choice):
        assert answer.factor.factor_id.startswith(("CN-EL-AVG-", "CN-EL-RESID-"))


def test_non_baseload_rates_are_never_chosen() -> None:
    assert "non-baseload" not in found(ask("electricity", "kWh", "US-eGRID-RFCE", 2023)).factor.name


def test_an_unknown_country_is_a_problem_and_never_the_factor_of_another() -> None:
    assert refused(ask("electricity", "kWh", "Atlantis", 2023)).code == "region.unknown"
    assert refused(ask("electricity", "kWh", "AQ", 2023)).code == "factor.not-found"


def test_china_never_steps_further_than_the_nation_for_electricity() -> None:
    problem = refused(ask("electricity", "kWh", "CN", 2016))
    assert problem.code == "factor.not-found"


def test_a_later_factor_never_serves_an_earlier_year() -> None:
    problem = refused(ask("electricity", "kWh", "GB", 2021))
    assert problem.code == "factor.not-found"
    assert "uk-desnz-2022-" in problem.reason()


def test_more_than_three_years_back_is_too_far() -> None:
    assert found(ask("electricity", "kWh", "GB", 2028)).match == "earlier-year"
    assert refused(ask("electricity", "kWh", "GB", 2029)).code == "factor.not-found"


# --- the order of choice


def test_a_province_comes_before_the_grid_region_and_the_nation_even_when_older() -> None:
    choice = found(ask("electricity", "kWh", "CN-44", 2026))
    assert (choice.factor.factor_id, choice.match) == ("CN-EL-AVG-44-2023", "earlier-year")


def test_a_province_without_a_factor_gets_that_of_its_grid_region() -> None:
    choice = found(ask("electricity", "kWh", "CN-54", 2024))
    assert (choice.factor.factor_id, choice.match) == ("CN-EL-AVG-SOUTHWEST-2023", "parent-region")


def test_the_worse_class_counts_when_both_year_and_region_are_off() -> None:
    assert found(ask("electricity", "kWh", "US-CA", 2025)).match == "parent-region"


def test_among_valid_rules_the_newest_in_force_counts() -> None:
    assert found(ask("fuel.diesel", "t", "CN", 2023)).factor.factor_id == "CN-FUEL-NDRC-diesel"
    assert found(ask("fuel.diesel", "t", "CN", 2024)).factor.factor_id == "CN-FUEL-CETS24-diesel"
    assert found(ask("steam", "GJ", "CN", 2026)).factor.factor_id == "CN-HEAT-EFDB2"


def test_the_row_in_the_asked_gwp_set_is_taken() -> None:
    for gwp in ("AR4", "AR5", "AR6"):
        assert found(ask("refrigerant.R-404A", "kg", "CN", 2024, gwp=gwp)).factor.gwp_set == gwp


def test_a_warming_potential_of_another_publisher_is_a_proxy() -> None:
    choice = found(ask("refrigerant.SF6", "kg", "US", 2024, gwp="AR6"))
    assert (choice.factor.co2e_kg, choice.match) == (25200, "proxy")


def test_what_else_came_near_is_kept() -> None:
    choice = found(ask("electricity", "kWh", "CN-44", 2025))
    assert "CN-EL-AVG-SOUTH-2023" in [one.factor_id for one in choice.considered]
    assert all(one.why and one.zh for one in choice.considered)


# --- two clocks


def test_a_factor_published_later_is_not_seen() -> None:
    early = found(ask("electricity", "kWh", "CN", 2023, as_of=date(2025, 6, 1)))
    assert (early.factor.factor_id, early.match) == ("CN-EL-AVG-CN-2022", "earlier-year")
    assert found(ask("electricity", "kWh", "CN", 2023, as_of=date(2026, 1, 1))).factor.factor_id == "CN-EL-AVG-CN-2023"


def test_a_closed_year_does_not_move_when_a_newer_edition_arrives() -> None:
    old = found(ask("fuel.diesel", "L", "GB", 2024, as_of=date(2025, 1, 1)))
    new = found(ask("fuel.diesel", "L", "GB", 2024))
    assert old.factor == new.factor


# --- market-based


def test_the_residual_mix_of_the_nation_serves_the_market_based_result() -> None:
    choice = found(ask("electricity", "kWh", "CN-44", 2023, "market"))
    assert (choice.factor.factor_id, choice.match, choice.basis) == ("CN-EL-RESID-CN-2023", "parent-region", "market")
    assert found(ask("electricity", "kWh", "CN", 2023, "market")).match == "exact"


@pytest.mark.parametrize(("kind", "unit"), [("electricity", "kWh"), ("heat", "kWh"), ("vehicle.car.bev", "km")])
def test_without_a_residual_mix_the_location_factor_is_a_flagged_proxy(kind: str, unit: str) -> None:
    location, market = (found(ask(kind, unit, "GB", 2024, basis)) for basis in ("location", "market"))
    assert market.factor == location.factor
    assert (location.match, market.match) == ("exact", "proxy")
    assert (location.basis, market.basis) == ("location", "market")
    assert warned(market) == ["choice.no-residual-mix"]


def test_outside_scope_2_both_bases_are_one() -> None:
    assert ask("fuel.diesel", "L", "GB", 2024, "market") == ask("fuel.diesel", "L", "GB", 2024)
    assert found(ask("fuel.diesel", "L", "GB", 2024)).basis == "-"


# --- units


def test_the_factor_in_the_same_unit_is_preferred() -> None:
    for unit in ("kWh_gcv", "kWh_ncv", "m3", "t"):
        assert found(ask("fuel.natural_gas", unit, "GB", 2024)).factor.activity_unit == unit
    assert found(ask("travel.car", "mile", "GB", 2024)).factor.activity_unit == "mile"


def test_else_the_nearest_that_converts() -> None:
    choice = found(ask("fuel.natural_gas", "therm", "GB", 2024))
    assert choice.factor.activity_unit == "kWh_gcv"  # the Btu family without a basis is gross
    assert choice.per_unit == Fraction("105505.585262") / 3600
    assert found(ask("water.supply", "L", "GB", 2024)).factor.activity_unit == "m3"
    assert found(ask("heat", "GJ", "GB", 2024)).per_unit == Fraction(10000, 36)


def test_bare_energy_of_a_fuel_asks_for_its_calorific_basis() -> None:
    problem = refused(ask("fuel.natural_gas", "kWh", "GB", 2024))
    assert problem.code == "unit.calorific-basis"
    assert "kWh_gcv" in problem.mend()


def test_bare_energy_meets_a_factor_in_the_same_bare_unit() -> None:
    assert found(ask("fuel.bioethanol", "GJ", "GB", 2024)).factor.activity_unit == "GJ"
    assert refused(ask("fuel.bioethanol", "MJ", "GB", 2024)).code == "unit.calorific-basis"


@pytest.mark.parametrize(("unit", "region"), [("m3", "CN"), ("t", "GB"), ("km", "US"), ("Nm3", "DE")])
def test_a_unit_that_does_not_measure_electricity_is_told_so_and_no_calorific_value_is_asked_for(
    unit: str, region: str
) -> None:
    problem = refused(ask("electricity", unit, region, 2023))
    assert problem.code == "factor.unit" and f"{unit} does not measure electricity" in problem.mend("en")
    assert f"{unit} 不是外购电力（electricity）的计量单位" in problem.mend("zh")
    assert "calorific" not in problem.sentence("en") and "热值" not in problem.sentence("zh")


def test_neither_is_one_asked_for_where_the_factor_is_pinned() -> None:
    problem = refused(ask("", "m3", "GB", 2024, factor_id="uk-desnz-2024-7-400-4000-5"))
    assert problem.code == "unit.mismatch" and "does not measure electricity" in problem.reason("en")
    fuel = refused(ask("fuel.natural_gas", "kWh_gcv", "GB", 2024, factor_id="uk-desnz-2024-1-100-1004-15"))
    assert "a calorific value is missing" in fuel.reason("en") and "缺少热值" in fuel.reason("zh")


@pytest.mark.parametrize(
    ("kind", "missing", "column"), [("steam", "焓值", "enthalpy_kj_per_kg"), ("heat", "水温", "water_temp_c")]
)
def test_tonnes_of_steam_and_of_hot_water_are_shown_the_method_that_weighs_them(
    kind: str, missing: str, column: str
) -> None:
    told = refused(ask(kind, "t", "CN", 2023)).mend("zh")
    assert f"缺少{missing}" in told and column in told


def test_chinese_sentences_name_a_type_in_chinese_with_its_id() -> None:
    assert "“外购蒸汽（steam）”" in refused(ask("steam", "room.night", "GB", 2024)).reason("zh")
    assert "“供水（water.supply）”" in refused(ask("water.supply", "m3", "CN", 2024)).reason("zh")
    abstract = refused(ask("travel.air", "p.km", "GB", 2024))
    assert (
        abstract.code == "type.abstract"
        and "短途航班，经济舱，含辐射强迫（travel.air.short_haul.economy）" in abstract.mend("zh")
    )
    assert "（" not in abstract.mend("en") and "travel.air.short_haul.economy" in abstract.mend("en")


def test_what_others_publish_is_named_by_closeness_and_not_in_the_order_of_the_file() -> None:
    """Rows in the unit of the question come before those of other units, wherever their types are listed."""
    told = refused(ask("waste.recycling", "t", "CN", 2024)).values["nearest"]
    assert told.count("per t, GB") == 2


def test_a_litre_does_not_become_a_tonne_and_the_refusal_names_the_nearest() -> None:
    problem = refused(ask("fuel.diesel", "L", "CN", 2024))
    assert problem.code == "factor.unit"
    assert "CN-FUEL-CETS24-diesel (per t, CN, 2024-)" in problem.reason()
    assert "a density" in problem.mend()
    assert "密度" in problem.mend("zh")
    assert "density_kg_per_L" in problem.mend()
    assert "density_kg_per_L" in problem.mend("zh")


def test_steam_by_mass_is_shown_the_way_by_its_enthalpy_and_water_by_mass_no_way_for_fuels() -> None:
    problem = refused(ask("steam", "t", "CN", 2024))
    assert (problem.code, "enthalpy_kj_per_kg" in problem.mend("zh")) == ("factor.unit", True)
    assert "density_kg_per_L" not in refused(ask("water.supply", "t", "GB", 2024)).mend()


def test_where_the_policy_has_no_rule_the_refusal_names_what_others_publish() -> None:
    problem = refused(ask("travel.air", "p.km", "CN-32", 2023))
    assert problem.code == "factor.not-found"
    assert "uk-desnz-2023-" in problem.reason()
    assert "Long-haul" in problem.reason("zh")
    assert "策略中没有该类型的规则" in problem.reason("zh")


def test_what_others_publish_is_not_later_than_the_year_and_of_the_same_kind_of_unit() -> None:
    assert "uk-desnz" not in refused(ask("travel.air", "p.km", "CN-32", 2019)).reason()
    assert "uk-desnz" not in refused(ask("travel.air", "L", "CN-32", 2023)).reason()


@pytest.mark.parametrize(("unit", "kind"), [("m3", "fuel.natural_gas"), ("scf", "fuel.natural_gas")])
def test_cubic_metres_of_another_state_do_not_meet_normal_ones(unit: str, kind: str) -> None:
    assert refused(ask(kind, unit, "CN", 2024)).code == "factor.unit"


def test_dollars_of_another_year_are_refused() -> None:
    assert refused(ask("spend.naics.331110", "USD_2023", "US", 2023)).code == "unit.price-index"
    assert refused(ask("spend.naics.331110", "CNY_2022", "US", 2023)).code == "unit.exchange-rate"


def test_an_unknown_unit_is_a_problem() -> None:
    assert refused(ask("electricity", "kwhh!", "GB", 2024)).code == "unit.unknown"


def test_nothing_used_needs_no_unit() -> None:
    assert found(ask("electricity", "", "GB", 2024)).per_unit == 1


# --- names


def test_a_name_that_is_too_general_brings_its_kinds() -> None:
    problem = refused(ask("travel.air", "p.km", "GB", 2024))
    assert problem.code == "type.abstract"
    assert "travel.air.long_haul" in problem.mend()
    assert refused(ask("fuel.coal", "t", "CN", 2024)).values["kinds"].startswith("fuel.coal.")


def test_an_unknown_name_brings_the_near_ones_and_an_empty_one_is_missing() -> None:
    assert "fuel.diesel" in refused(ask("fuel.deisel", "L", "GB", 2024)).mend()
    assert "柴油（fuel.diesel）" in refused(ask("fuel.deisel", "L", "GB", 2024)).mend("zh")
    assert refused(ask("", "L", "GB", 2024)).code == "type.missing"


def test_a_place_is_needed() -> None:
    assert refused(ask("electricity", "kWh", "", 2024)).code == "region.missing"


def test_cooling_has_no_published_factor_and_says_so() -> None:
    assert refused(ask("cooling", "kWh", "CN", 2024)).code == "factor.not-found"


def test_a_fuel_may_be_said_to_drive_something() -> None:
    assert found(ask("fuel.diesel", "L", "GB", 2024)).category == "stationary"
    assert found(ask("fuel.diesel", "L", "GB", 2024, category="mobile")).category == "mobile"
    assert found(ask("fuel.diesel", "gal_us", "US", 2024, category="移动源")).factor.factor_id.endswith(
        "t2-diesel-fuel"
    )


def test_the_category_of_the_row_counts_among_those_the_factor_offers() -> None:
    assert found(ask("travel.car", "km", "GB", 2024)).category == "6"
    assert found(ask("travel.car", "km", "GB", 2024, category="3.7")).category == "7"
    other = found(ask("travel.car", "km", "GB", 2024, category="1"))
    assert (other.category, warned(other)) == ("6", ["choice.category-ignored"])


# --- pinned


def test_a_pinned_factor_brings_its_scope_category_and_unit() -> None:
    choice = found(ask("", "MWh", "", 2023, factor_id="CN-EL-AVG-CN-2023"))
    assert (choice.match, choice.scope, choice.category, choice.per_unit) == ("pinned", 2, "electricity", 1000)
    assert warned(choice) == []


def test_an_unknown_id_is_a_problem_and_never_a_fall_back() -> None:
    problem = refused(ask("electricity", "kWh", "CN", 2023, factor_id="CN-EL-AVG-CN-2032"))
    assert problem.code == "factor.unknown-id"
    assert "CN-EL-AVG-CN-2023" in problem.mend()


def test_validity_region_and_publication_of_a_pinned_factor_only_warn() -> None:
    choice = found(ask("electricity", "kWh", "GB", 2020, factor_id="CN-EL-AVG-CN-2023", as_of=date(2021, 1, 1)))
    assert warned(choice) == ["factor.outside-validity", "factor.outside-region", "factor.published-later"]


def test_a_pinned_national_factor_fits_a_province() -> None:
    assert warned(found(ask("electricity", "kWh", "CN-44", 2023, factor_id="CN-EL-AVG-CN-2023"))) == []


def test_for_scope_2_a_pinned_factor_serves_both_bases() -> None:
    location, market = (
        found(ask("electricity", "kWh", "GB", 2024, basis, factor_id="uk-desnz-2024-7-400-4000-5"))
        for basis in ("location", "market")
    )
    assert location.factor == market.factor
    assert (location.match, market.match, market.warnings) == ("pinned", "pinned", ())


def test_a_project_baseline_is_refused() -> None:
    assert refused(ask("", "kWh", "CN", 2023, factor_id="CN-EL-OM-NORTH-2023")).code == "factor.project-baseline"


def test_a_pinned_life_cycle_factor_of_electricity_is_told() -> None:
    choice = found(ask("", "kWh", "CN", 2024, factor_id="CN-ELCFP-00-2024", category="1"))
    assert (choice.scope, choice.category, warned(choice)) == (3, "1", ["factor.life-cycle"])


def test_units_of_a_pinned_factor_must_convert() -> None:
    assert refused(ask("", "t", "CN", 2023, factor_id="CN-EL-AVG-CN-2023")).code == "unit.mismatch"
    gas = "us-epa-hub-2025-t1-natural-gas-mmbtu-hhv"
    assert refused(ask("", "kWh", "US", 2025, factor_id=gas)).code == "unit.calorific-basis"
    assert found(ask("", "therm", "US", 2025, factor_id=gas)).per_unit == Fraction(1, 10)


def test_several_categories_are_settled_by_the_row_then_the_type_and_else_left_open() -> None:
    car = found(ask("travel.car", "km", "GB", 2024)).factor.factor_id
    assert found(ask("", "km", "GB", 2024, factor_id=car, category="7")).category == "7"
    assert found(ask("commuting.car", "km", "GB", 2024, factor_id=car)).category == "7"
    left = found(ask("", "km", "GB", 2024, factor_id=car))
    assert (left.scope, left.category, warned(left)) == (3, "", ["choice.category-open"])


def test_a_row_cannot_move_a_pinned_factor_to_another_scope() -> None:
    choice = found(ask("", "kWh", "CN", 2023, factor_id="CN-EL-AVG-CN-2023", scope="3"))
    assert (choice.scope, warned(choice)) == (2, ["choice.scope-ignored"])


def test_outside_the_scopes_there_is_no_scope() -> None:
    choice = found(ask("outside.diesel", "L", "GB", 2024))
    assert (choice.scope, choice.category, choice.basis) == (None, "", "-")


def test_a_factor_of_ones_own_without_a_scope_takes_that_of_the_row_or_the_type(tmp_path: Path) -> None:
    files = (own_factor(tmp_path),)
    assert (
        found(ask("", "kWh", "CN", 2024, factor_id="my-1", files=files, scope="2", category="heat")).category == "heat"
    )
    typed = found(ask("electricity", "MWh", "CN", 2024, factor_id="my-1", files=files))
    assert (typed.scope, typed.category) == (2, "electricity")
    assert refused(ask("", "kWh", "CN", 2024, factor_id="my-1", files=files)).code == "choice.no-scope"


def test_a_factor_of_ones_own_may_say_its_category_in_the_inventorys_words(tmp_path: Path) -> None:
    files = (own_factor(tmp_path, factor_id="my-2", scope="1", category="Fugitive", activity_unit="kg"),)
    choice = found(ask("", "kg", "CN", 2024, factor_id="my-2", files=files))
    assert (choice.scope, choice.category) == (1, "fugitive")


def test_a_newer_edition_in_a_factor_file_takes_part_in_the_choice(tmp_path: Path) -> None:
    edition = own_factor(
        tmp_path,
        factor_id="my-avg-cn-2024",
        dataset="CN-MEE-ELECTRICITY",
        name="China average 2024",
        scope="2",
        category="purchased_electricity",
        valid_from="2024-01-01",
        valid_to="2024-12-31",
    )
    choice = found(ask("electricity", "kWh", "CN", 2024, files=(edition,)))
    assert (choice.factor.factor_id, choice.match) == ("my-avg-cn-2024", "exact")


def test_two_equal_rows_that_differ_are_a_problem_and_not_a_pick(tmp_path: Path) -> None:
    double = own_factor(
        tmp_path,
        factor_id="my-avg-cn-2023",
        dataset="CN-MEE-ELECTRICITY",
        name="China average 2023 again",
        scope="2",
        category="purchased_electricity",
        valid_from="2023-01-01",
        valid_to="2023-12-31",
    )
    problem = refused(ask("electricity", "kWh", "CN", 2023, files=(double,)))
    assert problem.code == "factor.ambiguous"
    assert problem.values["factors"] == "CN-EL-AVG-CN-2023, my-avg-cn-2023"


# --- all types


@pytest.mark.parametrize(
    ("region", "years"),
    [("GB", (2022, 2023, 2024, 2025)), ("US", (2024, 2025)), ("CN", (2012, 2019, 2023, 2024, 2026)), ("DE", (2023,))],
)
def test_every_choice_is_the_only_one(region: str, years: tuple[int, ...]) -> None:
    answered = 0
    for kind in types().values():
        if kind.id.startswith("spend.naics.") and (region != "US" or not kind.id.endswith("1")):
            continue
        for year in years:
            for unit in kind.units:
                answer = ask(kind.id, unit, region, year)
                if isinstance(answer, tuple):
                    assert answer[0].code != "factor.ambiguous", (kind.id, unit, region, year, answer[0].sentence())
                else:
                    answered += 1
                    assert answer.scope == kind.scope, kind.id
                    assert answer.category == kind.category, kind.id
                    assert not answer.warnings, (kind.id, warned(answer))
    assert answered > 20
