"""The language of equations is small, exact and never runs anything."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengtan.methods import Equation, EquationError
from hengtan.units import parse_compound

NUMBERS = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_it_computes_what_python_computes_with_fractions(a, b, c):
    text = "a * (b - c) + min(a, b, c) - max(a, b) / 3 + sum(a, b, c) * mean(a, b) - -c"
    wanted = a * (b - c) + min(a, b, c) - max(a, b) / Fraction(3) + (a + b + c) * (a + b) / 2 + c
    assert Equation(text).value({"a": a, "b": b, "c": c}) == wanted


def test_a_number_is_what_stands_there_and_not_the_double_beside_it():
    assert Equation("0.1 + 0.2").value({}) == Fraction(3, 10)
    assert Equation("1e-3 * 1_000").value({}) == 1


def test_power_is_exact_for_whole_exponents_and_has_forty_digits_else():
    assert Equation("power(1.5, 3)").value({}) == Fraction(27, 8)
    root = Equation("power(2, 0.5)").value({})
    assert abs(root * root - 2) < Fraction(1, 10**38)


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "a.b", "a[0]", "a ** 2", "a if b else c", "lambda: 1", "'text'", "a; b", "a = b", "f(a)", "min", "min()", "min(a, key=b)",
     "True", "a @ b", "a // b", "a % b", "1j", "", "a +", "[a]", "a < b", "power(a)", "min(*a)", "(" * 300 + "a" + ")" * 300, "a+" * 1500 + "a", "-" * 1500 + "a", "+".join("a" * 900)],
)  # fmt: skip
def test_everything_else_is_refused(text):
    with pytest.raises(EquationError):
        Equation(text)


def test_names_are_those_that_it_reads_and_not_its_functions():
    assert Equation("min(a, b) * co2_per_c").names == {"a", "b", "co2_per_c"}


def test_division_by_zero_is_told():
    with pytest.raises(EquationError, match="b is zero"):
        Equation("a / b").value({"a": Fraction(1), "b": Fraction(0)})


UNITS = {
    "m": parse_compound("t"),
    "e": parse_compound("GJ_ncv/t"),
    "cc": parse_compound("t C/GJ_ncv"),
    "k": parse_compound("kg CO2/kg C"),
    "g": parse_compound("GJ_gcv"),
}


def test_the_dimension_of_a_product_is_the_product_of_the_dimensions():
    assert Equation("m * e * cc * k").dimension(UNITS).dimension() == "mass CO2"
    assert Equation("m * e * cc").dimension(UNITS).dimension() == "mass C"


@pytest.mark.parametrize(
    "text", ["m + e", "m - 1", "min(m, cc)", "m * e + g", "power(m, 2)", "sum(m * e * cc, m * e * cc * k)"]
)
def test_unlike_things_are_not_added_or_compared(text):
    with pytest.raises(EquationError):
        Equation(text).dimension(UNITS)


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("amount * a", 1),
        ("a / amount", -1),
        ("amount * amount", 2),
        ("amount * a + amount / 2", 1),
        ("a", 0),
        ("-amount", 1),
        ("max(amount * a, amount)", 1),
    ],
)
def test_the_degree_tells_what_is_proportional(text, degree):
    assert Equation(text).degree("amount") == degree


@pytest.mark.parametrize("text", ["amount + 1", "amount * a - b", "min(amount, a)", "power(amount, 1)"])
def test_what_is_not_proportional_is_told(text):
    with pytest.raises(EquationError, match="not proportional"):
        Equation(text).degree("amount")
