"""Numbers as people write them."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengtan.connectors.numbers import Convention, Evidence, plain, read_number


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("5", "5"), ("-3", "-3"), ("+4", "4"), ("1234.5", "1234.5"), (".5", "0.5"), ("1,234.5", "1234.5"),
        ("1 234,5", "1234.5"), ("1\u00a0234\u202f567,25", "1234567.25"), ("1.234,5", "1234.5"), ("1'234.5", "1234.5"),
        ("1,234,567", "1234567"), ("1.234.567", "1234567"), ("0,123", "0.123"), ("12,5", "12.5"),
        ("１２３", "123"), ("１，２３４．５", "1234.5"), ("－３", "-3"), ("−3", "-3"), ("3-", "-3"), ("(500)", "-500"),
        ("（1,234.50）", "-1234.50"), ("1.2万", "12000"), ("3亿", "300000000"), ("1.5万亿", "1500000000000"),
        ("2千", "2000"), ("1，234.5万", "12345000"), ("1e5", "1e5"), ("1.5E-3", "0.0015"), ("", None), ("  ", None),
        ("nan", "nan"), ("Inf", "inf"), ("-Infinity", "-inf"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_it_is_meant(written, text):
    reading = read_number(written)
    assert reading.problem == ""
    same = (lambda a, b: a == b) if text is None or text.strip("-") in ("nan", "inf") else _same_number
    assert same(reading.text, text)


def _same_number(one, other):
    return Decimal(one) == Decimal(other)


@pytest.mark.parametrize(("written", "currency"), [("¥3,000.00", "CNY"), ("$5", "USD"), ("5元", "CNY"), ("100万元", "CNY"),
                                                   ("EUR 5", "EUR"), ("5 £", "GBP"), ("-¥5", "CNY")])  # fmt: skip
def test_a_currency_sign_is_read_and_remembered(written, currency):
    reading = read_number(written)
    assert reading.text is not None
    assert currency in reading.currencies


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("1,234", "ambiguous"), ("12,345", "ambiguous"), ("12%", "percent"), ("５％", "percent"), ("12 kWh", "unreadable"),
        ("abc", "unreadable"), ("-", "unreadable"), ("n/a", "unreadable"), ("1,23,456", "unreadable"), ("5,", "unreadable"),
        ("1_000", "unreadable"), ("0x10", "unreadable"), (".", "unreadable"), ("TRUE", "unreadable"), ("1/2", "unreadable"),
        ("--5", "unreadable"), ("1 23", "unreadable"), ("1e999999999万", "unreadable"), ("一百", "unreadable"), ("5²", "unreadable"),
        ("1,234.567.890", "unreadable"), ("٣", "unreadable"),
    ],
)  # fmt: skip
def test_what_is_no_number_or_could_be_two_is_a_problem(written, code):
    reading = read_number(written)
    assert (reading.text, reading.problem) == (None, f"cell.number-{code}")


def test_a_failed_formula_is_told_as_such():
    assert {read_number(t).problem for t in ("#REF!", "#DIV/0!", "#N/A", "Err:502")} == {"cell.formula-error"}


@pytest.mark.parametrize(
    ("others", "comma", "point"),
    [
        ([], None, "1.234"), (["56.7"], "1234", "1.234"), (["1,234,567"], "1234", "1.234"), (["0,5"], "1.234", "1234"),
        (["1.234,5"], "1.234", "1234"), (["12,5"], "1.234", "1234"), (["12,5", "56.7"], None, None), (["5", "7", "2.500"], None, "1.234"),
    ],
)  # fmt: skip
def test_a_comma_before_three_digits_is_decided_only_by_other_cells_of_the_column(others, comma, point):
    seen = Evidence()
    for text in others:
        seen.add(read_number(text))
    assert read_number("1,234", seen.convention).text == comma
    assert read_number("1.234", seen.convention).text == point


@pytest.mark.parametrize(
    ("others", "thousand"), [(["1,5"], None), (["0,25"], None), (["1.234,5"], None), (["0,500"], "1.000"), (["1.5"], "1000")]
)  # fmt: skip
def test_a_thousand_beside_decimal_commas_of_other_lengths_is_not_taken_for_one(others, thousand):
    """No program writes 1,000 for one where it writes 1,5: somebody typed a thousands separator."""
    seen = Evidence()
    for text in others:
        seen.add(read_number(text))
    assert read_number("1,000", seen.convention).text == thousand


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4, allow_nan=False))
def test_a_number_written_with_either_convention_comes_back_the_same(value):
    english = f"{value:,.4f}"
    german = english.translate(str.maketrans(",.", ".,"))
    french = english.replace(",", "\u202f").replace(".", ",")
    chinese = english.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789.,-"})
    for written in (english, german, french, chinese):
        reading = read_number(written)
        assert reading.text is not None
        assert Decimal(reading.text) == value


@given(st.text(alphabet="0123456789.,-+()% eE万亿¥$'１，．\u00a0kWh#", max_size=12))
def test_any_text_gives_a_number_or_a_problem_and_never_both(text):
    for convention in Convention:
        reading = read_number(text, convention)
        assert not (reading.problem and reading.text)
        if reading.text not in (None, "nan", "inf", "-inf"):
            Decimal(reading.text)


def test_a_double_is_taken_as_its_shortest_decimal():
    assert [plain(v) for v in (5.0, 0.1, 1e21, -2.50, 1e-7)] == ["5", "0.1", "1e+21", "-2.5", "1e-07"]
    for _ in range(1000):
        value = random.random() * 10 ** random.randint(-12, 15)
        assert float(plain(value)) == value
