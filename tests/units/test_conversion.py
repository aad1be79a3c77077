"""Conversions are exact, agree with Pint, and never bridge what needs a number from the user."""

from fractions import Fraction
from itertools import permutations

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengtan.units import UnitMismatchError, conversion, parse, symbols

UNITS = list(symbols().values())
PAIRS = [(a, b) for a, b in permutations(UNITS, 2) if a.group == b.group]
PINT = {
    "short_ton": "short_ton", "long_ton": "long_ton", "万kWh": "10000 kWh", "kBtu": "1000 Btu_it", "mmBtu": "1000000 Btu_it",
    "therm": "100000 Btu_it", "tce": "29.3076 GJ", "kgce": "29.3076 MJ", "ML": "megaliter", "m3": "m**3", "Nm3": "m**3", "万Nm3": "10000 m**3",
    "scf": "ft**3", "gal_us": "gallon", "gal_uk": "imperial_gallon", "bbl": "oil_bbl", "vehicle.km": "km", "vehicle.mile": "mile",
    "p.km": "km", "passenger.mile": "mile", "t.km": "t*km", "short_ton.mile": "short_ton*mile", "room.night": "day", "FTE.hour": "hour",
    "kg_COD": "kg",
}  # fmt: skip


@pytest.fixture(scope="module")
def registry():
    return pint.UnitRegistry(non_int_type=Fraction)


def in_pint(registry, symbol):
    plain = symbol.removesuffix("_ncv").removesuffix("_gcv").removesuffix("_hhv")
    return registry.parse_expression(PINT.get(plain, plain))


def test_every_convertible_pair_agrees_with_pint(registry):
    for source, target in PAIRS:
        ours = conversion(source, target, fuel=False)
        theirs = (in_pint(registry, source.symbol) / in_pint(registry, target.symbol)).to("dimensionless").magnitude
        assert float(ours) == pytest.approx(float(theirs), rel=1e-12), (source, target)


def test_there_and_back_is_one():
    for source, target in PAIRS:
        assert conversion(source, target, fuel=False) * conversion(target, source, fuel=False) == 1


@given(st.sampled_from(PAIRS), st.fractions(min_value=0, max_value=10**12))
def test_a_quantity_comes_back_unchanged_from_a_round_trip(pair, quantity):
    source, target = pair
    assert quantity * conversion(source, target, fuel=False) * conversion(target, source, fuel=False) == quantity


@given(st.sampled_from(UNITS), st.sampled_from(UNITS), st.sampled_from(UNITS), st.booleans())
def test_the_way_round_makes_no_difference(a, b, c, fuel):
    try:
        first, second = conversion(a, b, fuel=fuel), conversion(b, c, fuel=fuel)
    except UnitMismatchError:
        return
    assert first * second == conversion(a, c, fuel=fuel)


@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [
        ("therm", "mmBtu", "0.1"), ("therm", "kBtu", "100"), ("tce", "GJ", "29.3076"), ("lb", "kg", "0.45359237"), ("gal_us", "L", "3.785411784"),
        ("gal_uk", "L", "4.54609"), ("bbl", "gal_us", "42"), ("mile", "km", "1.609344"), ("万kWh", "kWh", "10000"), ("万Nm3", "Nm3", "10000"),
        ("kWh", "MJ", "3.6"), ("mmBtu", "MJ", "1055.05585262"), ("ML", "m3", "1000"), ("passenger.mile", "p.km", "1.609344"),
        ("vehicle.mile", "mile", "1"), ("short_ton", "lb", "2000"), ("long_ton", "lb", "2240"),
    ],
)  # fmt: skip
def test_the_contracts_numbers_hold(source, target, factor):
    assert conversion(parse(source), parse(target), fuel=False) == Fraction(factor)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("kWh", "kWh"),
        ("tce", "GJ_ncv"),
        ("kgce", "kWh_ncv"),
        ("mmBtu", "kWh_gcv"),
        ("therm", "mmBtu_hhv"),
        ("mmBtu_hhv", "mmBtu"),
        ("kWh_gcv", "kWh_hhv"),
        ("MWh_ncv", "GJ_ncv"),
        ("therm", "kBtu"),
    ],
)
def test_fuel_energy_of_one_basis_converts(source, target):
    a, b = parse(source), parse(target)
    assert conversion(a, b, fuel=True) == a.scale / b.scale


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("kWh", "kWh_gcv"),
        ("kWh", "kWh_ncv"),
        ("kWh", "MWh"),
        ("GJ", "TJ_ncv"),
        ("kWh_gcv", "kWh_ncv"),
        ("kWh", "mmBtu"),
        ("tce", "GJ"),
        ("tce", "mmBtu"),
        ("mmBtu", "GJ_ncv"),
        ("kWh", "MJ"),
    ],
)
def test_gross_net_and_unstated_are_never_mixed_for_a_fuel(source, target):
    for one, other in ((source, target), (target, source)):
        with pytest.raises(UnitMismatchError) as told:
            conversion(parse(one), parse(other), fuel=True)
        assert told.value.problem_code == "unit.calorific-basis"


@pytest.mark.parametrize(("source", "target"), [("kWh", "GJ"), ("tce", "GJ"), ("mmBtu", "kWh"), ("MWh", "kWh")])
def test_electricity_and_heat_have_no_basis(source, target):
    a, b = parse(source), parse(target)
    assert conversion(a, b, fuel=False) == a.scale / b.scale


@pytest.mark.parametrize(
    ("source", "target", "code", "missing"),
    [
        ("L", "t", "unit.mismatch", "a density"), ("t", "GJ", "unit.mismatch", "a calorific value"), ("Nm3", "m3", "unit.mismatch", "temperature"),
        ("scf", "m3", "unit.mismatch", "temperature"), ("scf", "Nm3", "unit.mismatch", "reference"), ("km", "p.km", "unit.mismatch", "passengers"),
        ("km", "t.km", "unit.mismatch", "load"), ("room.night", "km", "unit.mismatch", "different things"), ("USD_2021", "USD_2022", "unit.price-index", ""),
        ("CNY_2022", "USD_2022", "unit.exchange-rate", ""), ("kg", "kg_COD", "unit.mismatch", "COD"), ("USD_2022", "kg", "unit.mismatch", "different things"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("fuel", [True, False])
def test_nothing_converts_across_groups_and_the_error_says_what_is_missing(source, target, code, missing, fuel):
    with pytest.raises(UnitMismatchError) as told:
        conversion(parse(source), parse(target), fuel=fuel)
    assert told.value.problem_code == code
    assert missing in told.value.values.get("bridge", "")
    if code == "unit.mismatch":
        assert told.value.values["bridge_zh"]
