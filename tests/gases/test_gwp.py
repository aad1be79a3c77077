"""Potentials are those of the set that was asked for, and of no other."""

import csv
from decimal import Decimal

import pytest

from hengtan.gases import SETS, UnknownGasError, UnknownGwpError, blend, find, gases, gwp
from hengtan.gases.potentials import DATA
from hengtan.problems import catalogue


@pytest.mark.parametrize(
    ("gas", "values"),
    [
        ("CO2", "1 1 1 1 1"), ("CH4", "21 25 28 34 27.9"), ("N2O", "310 298 265 298 273"), ("SF6", "23900 22800 23500 26087 25200"),
        ("HFC-23", "11700 14800 12400 13856 14600"), ("CF4", "6500 7390 6630 7349 7380"), ("C2F6", "9200 12200 11100 12340 12400"),
        ("HFC-134a", "1300 1430 1300 1549 1530"),
    ],
)  # fmt: skip
def test_each_set_has_its_own_values(gas, values):
    assert [gwp(gas, name) for name in SETS] == [Decimal(value) for value in values.split()]


def test_methane_of_the_sixth_report_depends_on_its_origin():
    assert gwp("CH4", "AR6", "fossil") == Decimal("29.8")
    assert gwp("CH4", "AR6", "biogenic") == Decimal("27.0")
    assert gwp("CH4", "AR6", "unknown") == Decimal("27.9")
    assert gwp("CH4 fossil", "AR6") == Decimal("29.8")
    assert {gwp("CH4", "AR5", origin) for origin in ("fossil", "biogenic", "unknown")} == {Decimal(28)}


def test_a_set_without_a_value_is_told_and_no_other_set_stands_in():
    with pytest.raises(UnknownGwpError) as told:
        gwp("NF3", "SAR")
    assert told.value.values == {"gas": "NF3", "set": "SAR", "has": "AR4, AR5, AR5F, AR6"}
    assert told.value.problem_code in catalogue()
    with pytest.raises(UnknownGwpError):
        gwp("HFO-1234yf", "AR4")


@pytest.mark.parametrize("name", ["R134a", "R-134A", "hfc134a", "HFC 134a", "四氟乙烷", "CH2FCF3"])
def test_a_gas_is_found_under_its_usual_names(name):
    assert find(name).name == "HFC-134a"


@pytest.mark.parametrize(
    ("name", "gas"),
    [
        ("R-22", "HCFC-22"),
        ("R32", "HFC-32"),
        ("R-744", "CO2"),
        ("甲烷", "CH4"),
        ("六氟化硫", "SF6"),
        ("R-1234yf", "HFO-1234yf"),
        ("R-14", "PFC-14"),
        ("R-12", "CFC-12"),
    ],
)
def test_r_numbers_and_chinese_names_lead_to_the_gas(name, gas):
    assert find(name).name == gas


def test_an_unknown_gas_is_told():
    with pytest.raises(UnknownGasError) as told:
        gwp("unobtainium", "AR5")
    assert told.value.problem_code in catalogue()


def test_a_set_or_an_origin_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="AR7"):
        gwp("CH4", "AR7")
    with pytest.raises(ValueError, match="volcanic"):
        gwp("CH4", "AR6", "volcanic")


@pytest.mark.parametrize(
    ("name", "gwp_set", "value"),
    [("R-404A", "AR4", "3921.6"), ("R-404A", "AR5", "3942.8"), ("R-404A", "AR6", "4728"), ("R-407C", "AR5", "1624.21"), ("R-410A", "AR4", "2087.5"),
     ("R-410A", "AR6", "2255.5"), ("R-507A", "AR6", "4775"), ("R-410A", "SAR", "1725")],
)  # fmt: skip
def test_a_blend_weighs_what_its_components_weigh(name, gwp_set, value):
    assert gwp(name, gwp_set) == Decimal(value)


def test_the_blends_agree_with_what_the_publishers_print():
    """EPA and DESNZ print whole numbers of the HFC and PFC part; ours round to theirs."""
    checked = 0
    with (DATA / "blends.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            made = blend(row["blend"])
            if not made.components:
                continue
            for name in ("AR4", "AR5"):
                if row[name]:
                    assert abs(made.gwp(name, kyoto_only=True) - Decimal(row[name])) <= Decimal("0.51"), (
                        made.name,
                        name,
                    )
                    checked += 1
    assert checked > 45


def test_the_shares_of_a_blend_add_up_to_the_whole():
    with (DATA / "blends.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            made = blend(row["blend"])
            if made.components:
                assert sum(share for _, share in made.components) == 1, made.name


def test_a_blend_of_unknown_composition_is_known_only_where_somebody_published_it():
    assert gwp("R-407F", "AR5") == 1674
    with pytest.raises(UnknownGwpError):
        gwp("R-407F", "AR6")


def test_the_hcfc_of_a_blend_counts_and_is_marked():
    assert blend("R-401A").montreal
    assert gwp("R-401A", "AR5") == Decimal("0.53") * 1760 + Decimal("0.34") * 527 + Decimal("0.13") * 138


def test_every_value_has_a_source():
    assert all(gas.source for gas in gases().values())
