from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengtan.reports import numbers
from hengtan.reports.glyphs import drawable, printable, visible


@pytest.mark.parametrize(
    ("kg", "shown"),
    [
        ("161981152.45541784986", "161,981.15"),
        ("1005", "1.00"),  # half to even: down
        ("1015", "1.02"),  # half to even: up
        ("0", "0.00"),
        ("3.2145", "3.21 kg"),
        ("0.000123456", "0.000123 kg"),
        ("-449310", "−449.31"),
        ("99999999999999999999999994.994", "99,999,999,999,999,999,999,999.99"),
    ],
)
def test_a_mass_is_rounded_once_from_its_exact_value(kg: str, shown: str) -> None:
    assert numbers.tonnes(Decimal(kg)) == shown


def test_a_change_always_shows_its_sign() -> None:
    assert [numbers.signed_tonnes(Decimal(v)) for v in ("214370", "-682100", "0", "0.001")] == [
        "+214.37",
        "−682.10",
        "0.00",
        "0.00",
    ]


def test_a_factor_keeps_the_digits_of_its_publisher() -> None:
    assert [numbers.plain(Decimal(v)) for v in ("0.5306", "1.89969", "4.12E-7", "23500", "12345.60", "0.0400")] == [
        "0.5306",
        "1.89969",
        "0.000000412",
        "23,500",
        "12,345.60",
        "0.0400",
    ]


@pytest.mark.parametrize("value", [None, "", "nan", "inf", "-Infinity", "a"])
def test_what_is_no_number_is_none_and_not_zero(value: object) -> None:
    assert numbers.exact(value) is None


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**15), max_value=10**15)))
def test_sums_are_exact(values: list[Decimal]) -> None:
    from fractions import Fraction

    assert Fraction(numbers.add(*values)) == sum(map(Fraction, values))


@given(st.text())
def test_printable_text_holds_only_what_the_fonts_can_draw(text: str) -> None:
    assert all(drawable(char) for char in printable(text))


def test_hidden_characters_are_shown_and_nothing_is_dropped() -> None:
    assert visible("a\u202eb\x00c\td") == "a〔U+202E〕b〔U+0000〕c d"
    assert printable("㐂乐园区") == "〔U+3402〕乐园区"
