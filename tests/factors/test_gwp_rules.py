from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from hengtan.factors import Coefficients, Factor, coefficients, load_policy, open_library

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[1] / "cases" / "published_ghg_cases.json").read_text("utf-8"))
}


def factor(**given: object) -> Factor:
    numbers = "co2_kg ch4_kg n2o_kg ch4_kgco2e n2o_kgco2e co2e_kg biogenic_co2_kg lcv_mj_per_unit uncertainty_pct"
    body: dict[str, object] = {
        "factor_id": "mine", "dataset": "mine", "dataset_version": "1", "name": "Mine", "name_zh": "", "scope": 1,
        "category": "stationary_combustion", "ghgp_category": "", "activity_unit": "kWh", "region": "GB",
        "valid_from": None, "valid_to": None, "gwp_set": "", "source_title": "", "source_url": "", "source_table": "",
        "licence": "", "retrieved_from": "", "published": date(2024, 1, 1), "published_assumed": False,
    }  # fmt: skip
    body |= dict.fromkeys(numbers.split())
    body |= {name: Decimal(value) if name in numbers.split() else value for name, value in given.items()}
    return Factor(**body)  # type: ignore[arg-type]


def good(found: object) -> Coefficients:
    assert isinstance(found, Coefficients), found
    return found


def codes(found: object) -> list[str]:
    problems = found.warnings if isinstance(found, Coefficients) else found
    return [problem.code for problem in problems]


def test_gases_are_weighed_in_ar6_by_the_origin_of_the_methane() -> None:
    case = CASES["GA-NG-AR6"]
    gases = {f"{gas.lower()}_kg": str(kg) for gas, kg in case["inputs"]["kg_per_kWh"].items()}
    found = good(coefficients(factor(**gases), "AR6"))
    kg = found.co2e_kg * case["inputs"]["kWh"]
    assert kg == Fraction(str(case["expected"]["CO2e_kg"]))


def test_biogenic_co2_stands_apart_and_biogenic_methane_weighs_27() -> None:
    case = CASES["GA-BIO-AR6"]
    per = Decimal(case["inputs"]["kWh"])
    wood = factor(
        name="Wood",
        ch4_kg=str(Decimal(str(case["inputs"]["CH4_kg"])) / per),
        n2o_kg=str(Decimal(str(case["inputs"]["N2O_kg"])) / per),
        biogenic_co2_kg=str(Decimal(case["inputs"]["biogenic_CO2_kg"]) / per),
    )
    found = good(coefficients(wood, "AR6"))
    assert found.co2e_kg * 1000 == Fraction(str(case["expected"]["CO2e_kg"]))
    assert found.biogenic_co2_kg is not None
    assert found.biogenic_co2_kg * 1000 == Fraction(str(case["expected"]["biogenic_CO2_kg"]))
    assert found.co2_kg is None


def test_a_total_alone_holds_in_its_own_set_and_is_refused_in_another() -> None:
    case = CASES["GA-WTT-AR5"]
    total = factor(co2e_kg=str(case["inputs"]["published_kgCO2e_per_kWh"]), gwp_set=case["inputs"]["published_basis"])
    found = good(coefficients(total, "AR5"))
    assert found.co2e_kg * case["inputs"]["kWh"] == Fraction(str(case["expected"]["CO2e_kg_AR5"]))
    assert (found.co2_kg, found.ch4_kg, found.n2o_kg, found.other_co2e_kg) == (None, None, None, None)
    assert codes(coefficients(total, "AR6")) == ["gwp.not-convertible"]


def test_a_policy_may_flag_instead_of_refuse() -> None:
    flag = replace(load_policy("uk"), gwp_mismatch="flag")
    found = good(coefficients(factor(co2e_kg="2", gwp_set="AR4"), "AR5", flag))
    assert found.co2e_kg == 2
    assert codes(found) == ["gwp.flagged"]


def test_a_total_without_a_set_is_posted_and_told() -> None:
    found = good(coefficients(factor(co2e_kg="0.5"), "AR5"))
    assert found.co2e_kg == Fraction(1, 2)
    assert codes(found) == ["gwp.unknown"]


@pytest.mark.parametrize("gwp_set", ["SAR", "AR4", "AR5", "AR5F", "AR6"])
def test_co2_alone_fits_every_set(gwp_set: str) -> None:
    alone = factor(co2_kg="0.5306", co2e_kg="0.5306")
    found = good(coefficients(alone, gwp_set))
    assert (found.co2_kg, found.co2e_kg, found.other_co2e_kg, found.warnings) == (
        Fraction("0.5306"),
        Fraction("0.5306"),
        0,
        (),
    )
    assert good(coefficients(factor(co2_kg="2"), gwp_set)).co2e_kg == 2


def test_parts_in_co2e_are_divided_by_the_publishers_set() -> None:
    blend = factor(co2_kg="2", ch4_kgco2e="0.05", n2o_kgco2e="0.298", co2e_kg="2.348", gwp_set="AR4")
    own = good(coefficients(blend, "AR4"))
    assert (own.ch4_kg, own.n2o_kg, own.other_co2e_kg) == (Fraction("0.002"), Fraction("0.001"), 0)
    other = good(coefficients(blend, "AR5"))
    assert other.co2e_kg == 2 + Fraction("0.002") * 28 + Fraction("0.001") * 265


def test_the_stated_total_holds_and_the_difference_is_other_even_below_zero() -> None:
    found = good(coefficients(factor(co2_kg="1", ch4_kg="0.01", co2e_kg="1.27", gwp_set="AR5"), "AR5"))
    assert found.co2e_kg == Fraction("1.27")
    assert found.other_co2e_kg == Fraction("-0.01")


def test_up_to_half_a_percent_unexplained_goes_along_into_another_set_and_more_does_not() -> None:
    small = factor(co2_kg="1", ch4_kg="0.01", co2e_kg="1.255", gwp_set="AR4")  # 1.25 explained
    found = good(coefficients(small, "AR5"))
    assert found.other_co2e_kg == Fraction("0.005")
    assert found.co2e_kg == 1 + Fraction("0.28") + Fraction("0.005")
    assert codes(coefficients(replace(small, co2e_kg=Decimal("1.257")), "AR5")) == ["gwp.not-convertible"]


def test_a_missing_gas_is_missing_and_zero_is_zero() -> None:
    found = good(coefficients(factor(co2_kg="1", ch4_kg="0"), "AR5"))
    assert (found.ch4_kg, found.n2o_kg, found.co2e_kg) == (0, None, 1)
    zero = good(coefficients(factor(co2e_kg="0", gwp_set="AR4"), "AR6"))
    assert zero.co2e_kg == 0


def test_outside_the_scopes_only_biogenic_co2_is_filled() -> None:
    outside = open_library().get("uk-desnz-2024-99-604-1011-8")
    assert outside is not None
    found = good(coefficients(outside, "AR6"))
    assert (found.co2e_kg, found.biogenic_co2_kg) == (0, Fraction("0.16"))


def test_a_hydrofluorocarbon_without_its_set_in_the_year_is_refused() -> None:
    assert codes(coefficients(open_library().get("uk-desnz-2022-628"), "AR5")) == ["gwp.not-convertible"]


def test_the_parts_always_add_up_to_the_total() -> None:
    from hengtan.gases import gwp

    for part in open_library().parts:
        for row in range(0, len(part.ids), 17):
            one = part.factor(row)
            for gwp_set in ("AR4", "AR5", "AR6"):
                found = coefficients(one, gwp_set)
                if isinstance(found, tuple) or found.other_co2e_kg is None:
                    continue
                origin = one.gas_origin
                total = (found.co2_kg or 0) + found.other_co2e_kg
                total += (found.ch4_kg or 0) * Fraction(gwp("CH4", gwp_set, origin))
                total += (found.n2o_kg or 0) * Fraction(gwp("N2O", gwp_set))
                assert total == found.co2e_kg, (one.factor_id, gwp_set)
