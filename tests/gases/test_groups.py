"""Gas groups of the standards: which gas and which part of a blend belongs where."""

from __future__ import annotations

from fractions import Fraction

import pytest

from hengtan.gases import GROUPS, gases, group_of, groups_in, groups_of, gwp


@pytest.mark.parametrize(
    ("name", "group"),
    [("HFC-134a", "hfc"), ("R134a", "hfc"), ("七氟丙烷", "hfc"), ("CF4", "pfc"), ("PFC-116", "pfc"), ("c-C4F8", "pfc"), ("SF6", "sf6"),
     ("六氟化硫", "sf6"), ("NF3", "nf3"), ("R-22", "montreal"), ("CFC-11", "montreal"), ("Halon-1301", "montreal"), ("CCl4", "montreal"),
     ("HFO-1234yf", "other"), ("HFE-125", "other"), ("R-290", "other"), ("CO2", ""), ("CH4", ""), ("N2O", "")],
)  # fmt: skip
def test_a_gas_belongs_to_the_group_that_the_standards_name(name: str, group: str) -> None:
    assert group_of(name) == group


def test_every_gas_of_the_table_has_a_group_of_the_list_or_stands_alone() -> None:
    assert {group_of(name) for name in gases()} == {*GROUPS, ""}


@pytest.mark.parametrize("gwp_set", ["AR4", "AR5", "AR6"])
def test_a_blend_with_hcfc_is_split_by_mass_and_potential(gwp_set: str) -> None:
    whole = groups_of("R-401A", gwp_set)  # 53 % HCFC-22, 34 % HCFC-124, 13 % HFC-152a
    kg = Fraction("0.13") * Fraction(gwp("HFC-152a", gwp_set))
    assert sum(whole.values()) == 1 and whole["hfc"] == kg / Fraction(gwp("R-401A", gwp_set))
    assert groups_of("R-401A", gwp_set, kyoto_only=True) == {"hfc": 1}


def test_a_blend_without_a_potential_for_a_part_is_left_whole_unless_all_parts_are_of_one_group() -> None:
    assert groups_of("R-410A", "SAR") == {"hfc": 1}
    assert groups_of("no such gas", "AR5") == {} == groups_of("CO2", "AR5")


@pytest.mark.parametrize(
    ("text", "groups"),
    [("R410A leak 2024", {"hfc": 1}), ("Switchgear (SF6), kg", {"sf6": 1}), ("anode effect (CF4 0.034 kg, C2F6 0.0034 kg)", {"pfc": 1}),
     ("SF6 and NF3", {}), ("CO2 and HFC-134a", {}), ("refrigerants", {}), ("water 2024", {})],
)  # fmt: skip
def test_a_name_tells_a_group_only_where_it_tells_one(text: str, groups: dict[str, int]) -> None:
    assert groups_in(text, "AR5") == groups
