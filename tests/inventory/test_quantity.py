"""A quantity of any kind is Python's Decimal, rounded half to even, or no quantity at all."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hengtan.inventory.quantity import is_odd, plain_decimal, quantity_decimal, quantity_marks

CON = ibis.duckdb.connect()
LIMIT = Decimal(10) ** 12


def settled(values: Sequence[Any], kind: pa.DataType) -> list[dict[str, Any]]:
    """As staging does: the short way where no row is odd, else the long way for all."""
    table = CON.create_table("given_values", pa.table({"q": pa.array(values, kind)}), overwrite=True)
    odd = is_odd(table.q)
    found = False if odd is None else bool(table.aggregate(n=odd.sum()).to_pyarrow()["n"][0].as_py())
    column = quantity_decimal(table.q) if found else plain_decimal(table.q)
    return table.select(value=column, **quantity_marks(table.q)).to_pyarrow().to_pylist()


def wanted(number: Decimal) -> Decimal | None:
    """The quantity by Python's own arithmetic; None where it does not fit below 10^12."""
    with localcontext() as context:
        context.prec = 400
        rounded = number.quantize(Decimal("0.000001"), ROUND_HALF_EVEN)
    return rounded if abs(rounded) < LIMIT else None


def check(values: Sequence[Any], numbers: Sequence[Decimal], kind: pa.DataType) -> None:
    for value, number, row in zip(values, numbers, settled(values, kind), strict=True):
        expected = wanted(number)
        if expected is None:
            assert row["value"] is None or abs(row["value"]) >= LIMIT, (value, row)
        else:
            assert row["value"] == expected, (value, row)
        assert row["given_zero"] == (number == 0) and row["given_finite"] and not row["given_empty"], (value, row)


DOUBLES = st.one_of(
    st.floats(-1e13, 1e13, allow_nan=False),
    st.floats(-1e-4, 1e-4, allow_nan=False),
    st.integers(-(10**13), 10**13).map(lambda i: i / 10**7),
    st.integers(-(10**9), 10**9).map(lambda i: (2 * i + 1) / 2 / 10**6),  # ties
)


@settings(max_examples=60, deadline=None)
@given(st.lists(DOUBLES, min_size=1, max_size=60))
@example([5e-7, 1.5e-6, 2.5e-6, -2.5e-6, 0.1 + 0.2, 999999999999.9999, 2.0**33 + 2**-19, 5e-324, -0.0])
def test_a_double_is_its_shortest_decimal(values: list[float]) -> None:
    check(values, [Decimal(repr(value)) for value in values], pa.float64())


TEXTS = st.one_of(
    st.decimals(-(10**13), 10**13, allow_nan=False, allow_infinity=False).map(lambda d: f"{d:f}"),
    st.builds(lambda a, b, c: f"{a}.{b:06d}{c}", st.integers(-(10**11), 10**11), st.integers(0, 999_999),
              st.sampled_from(["", "5", "50", "5" + "0" * 30, "5" + "0" * 30 + "1", "4" + "9" * 30, "499999999999999999999999999999"])),
    st.builds(lambda m, e: f"{m}e{e}", st.integers(-(10**6), 10**6), st.integers(-12, 12)),
    st.builds(lambda m, e: f"{m}.25E{e:+d}", st.integers(-(10**6), 10**6), st.integers(-9, 9)),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=60))
@example(["0.0000005" + "0" * 30 + "1", "-0.0000015", "1e-400", "00001.5", "0e9", "999999999999.9999995"])
def test_a_text_is_its_decimal(values: list[str]) -> None:
    check(values, [Decimal(value) for value in values], pa.string())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.decimals(-(10**9), 10**9, places=12), min_size=1, max_size=30))
def test_a_decimal_is_rounded_once(values: list[Decimal]) -> None:
    check(values, values, pa.decimal128(38, 12))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=30))
def test_an_integer_is_itself(values: list[int]) -> None:
    check(values, [Decimal(value) for value in values], pa.int64())


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-(2.0**36), max_value=2.0**36),
        min_size=1,
        max_size=30,
    )
)
def test_a_float_of_32_bits_is_a_neighbour_of_what_it_stores(values: list[float]) -> None:
    for value, row in zip(values, settled(values, pa.float32()), strict=True):
        assert abs(float(row["value"]) - value) <= max(5e-7, abs(value) * 2**-23), (value, row)


@pytest.mark.parametrize("text", ["nan", "NaN", " inf", "-Infinity", "+inf"])
def test_what_is_not_finite_is_marked(text: str) -> None:
    (row,) = settled([text], pa.string())
    assert not row["given_finite"] and row["value"] is None


@pytest.mark.parametrize("text", ["", " ", "abc", "1..2", "0x1f", "1e", "--1", "1 2"])
def test_what_is_no_number_is_null_and_never_0(text: str) -> None:
    (row,) = settled([text], pa.string())
    assert row["value"] is None and not row["given_zero"]
