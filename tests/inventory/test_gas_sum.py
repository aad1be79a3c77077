"""The gases of a coefficient: rounded once, and what the rounding leaves stands in ``other_co2e_kg``."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengtan.factors import Coefficients
from hengtan.gases import gwp
from hengtan.inventory.gas_sum import GasSum
from hengtan.inventory.keys import Key
from hengtan.inventory.line import coefficient

RATES = st.fractions(min_value=0, max_value=1000, max_denominator=10**9)
WEIGHTS = st.fractions(min_value=Fraction(1, 1000), max_value=100, max_denominator=3600)
OTHERS = st.fractions(min_value=-1, max_value=10, max_denominator=10**6)
KEY = Key(0, unit="kWh")


def one(
    co2: Fraction, ch4: Fraction, n2o: Fraction, other: Fraction, gwp_set: str, methane: str = "unknown"
) -> Coefficients:
    total = co2 + ch4 * Fraction(gwp("CH4", gwp_set, methane)) + n2o * Fraction(gwp("N2O", gwp_set)) + other
    return Coefficients(co2, ch4, n2o, other, total, None, gwp_set)


def left(numbers: dict[str, Decimal | None], gwp_set: str, methane: str = "unknown") -> Decimal:
    """co2e less the sum of its parts."""
    values = {name: value or Decimal(0) for name, value in numbers.items()}
    with localcontext() as context:
        context.prec = 60
        weights = {
            "co2_kg": 1,
            "ch4_kg": gwp("CH4", gwp_set, methane),
            "n2o_kg": gwp("N2O", gwp_set),
            "other_co2e_kg": 1,
        }
        return values["co2e_kg"] - sum(values[name] * weight for name, weight in weights.items())


@pytest.mark.parametrize("gwp_set", ["SAR", "AR4", "AR5", "AR5F"])
@given(RATES, RATES, RATES, OTHERS, WEIGHTS)
def test_the_gases_of_a_row_add_up_to_its_co2e_to_the_last_digit(
    gwp_set: str, co2: Fraction, ch4: Fraction, n2o: Fraction, other: Fraction, weight: Fraction
) -> None:
    gases = GasSum()
    gases.add(one(co2, ch4, n2o, other, gwp_set), weight)
    numbers = gases.rounded(KEY, Fraction(1, 3))
    assert isinstance(numbers, dict) and left(numbers, gwp_set) == 0


@given(RATES, RATES, RATES, RATES, WEIGHTS, WEIGHTS)
def test_they_add_up_for_two_factors_in_one_row(
    a: Fraction, b: Fraction, c: Fraction, d: Fraction, weight: Fraction, more: Fraction
) -> None:
    gases = GasSum()
    gases.add(one(a, b, c, Fraction(0), "AR5"), weight, "A")
    gases.add(one(b, c, d, Fraction(-1, 7), "AR5"), more, "B")
    numbers = gases.rounded(KEY, Fraction(1))
    assert isinstance(numbers, dict) and left(numbers, "AR5") == 0


@given(RATES, RATES, RATES, OTHERS, WEIGHTS)
def test_neither_the_total_nor_a_gas_moves_by_it(
    co2: Fraction, ch4: Fraction, n2o: Fraction, other: Fraction, weight: Fraction
) -> None:
    """The total is the rounding of the exact total: 1 MWh never weighs anything else than 1,000 kWh in the last digits."""
    stated = one(co2, ch4, n2o, other, "AR5")
    gases = GasSum()
    gases.add(stated, weight)
    numbers = gases.rounded(KEY, Fraction(1))
    assert isinstance(numbers, dict)
    for name in ("co2_kg", "ch4_kg", "n2o_kg", "co2e_kg"):
        assert numbers[name] == coefficient(getattr(stated, name) * weight), name
    assert abs(Fraction(numbers["other_co2e_kg"] or 0) - other * weight) < Fraction(1, 10**9)


@pytest.mark.parametrize("methane", ["fossil", "biogenic", "unknown"])
@given(RATES, RATES, RATES, WEIGHTS)
def test_in_ar6_methane_has_one_decimal_and_the_rest_is_below_a_digit(
    methane: str, co2: Fraction, ch4: Fraction, n2o: Fraction, weight: Fraction
) -> None:
    gases = GasSum()
    gases.add(one(co2, ch4, n2o, Fraction(0), "AR6", methane), weight)
    numbers = gases.rounded(KEY, Fraction(1))
    assert isinstance(numbers, dict) and abs(left(numbers, "AR6", methane)) <= Decimal("5e-13")


def test_a_gas_that_a_sum_leaves_open_is_not_taken_for_other_gases() -> None:
    gases = GasSum()
    gases.add(one(Fraction(1), Fraction(1, 7), Fraction(0), Fraction(0), "AR5"), Fraction(1), "gases")
    gases.add(Coefficients(Fraction(2), None, None, Fraction(0), Fraction(2), None, "AR5"), Fraction(1), "CO2 alone")
    numbers = gases.rounded(KEY, Fraction(1))
    assert isinstance(numbers, dict)
    assert (numbers["ch4_kg"], numbers["other_co2e_kg"], numbers["co2e_kg"]) == (None, 0, Decimal(7))


def test_what_is_known_as_co2e_alone_has_no_parts() -> None:
    gases = GasSum()
    gases.add(Coefficients(None, None, None, None, Fraction(1, 3), None, "AR5"), Fraction(1))
    numbers = gases.rounded(KEY, Fraction(1))
    assert (
        isinstance(numbers, dict)
        and numbers["other_co2e_kg"] is None
        and numbers["co2e_kg"] == coefficient(Fraction(1, 3))
    )
