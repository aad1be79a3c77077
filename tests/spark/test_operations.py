"""Everything columnar is said in operations that mean the same on every engine. This is the list; a new one is looked at first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ibis.expr.operations as ops
import pytest
from ibis.backends.sql import SQLBackend

from hengtan.engine.spark_session import Compiler
from spark.inputs import CASES, calculated

# Equal on DuckDB and Spark by SQL itself; of doubles only comparisons and what IEEE 754 rounds in one way.
PLAIN = {
    "Abs", "Add", "Aggregate", "And", "Coalesce", "CountStar", "DatabaseTable", "Distinct", "DropColumns", "Equals",
    "ExtractDayOfYear", "ExtractMonth", "ExtractYear", "Field", "Filter", "Greater", "GreaterEqual", "IfElse",
    "InMemoryTable", "InValues", "JoinChain", "JoinLink", "JoinReference", "Less", "LessEqual", "Literal", "Max",
    "Min", "Multiply", "Not", "NotEquals", "Or", "Project", "RowNumber", "SearchedCase", "Sort", "SortKey",
    "StructColumn", "StructField", "Subtract", "Sum", "Union", "Unnest", "WindowFunction", "Between", "Negate",
}  # fmt: skip

# Operations with a difference, and why it does not matter here.
CAREFUL = {
    "Array": "of constants",
    "ArrayIndex": "of constants, within their bounds",
    "Cast": "ANSI mode raises where DuckDB raises; the text of a double is written alike (visit_Cast)",
    "DateFromYMD": "of the year and month of a day, so that it is one",
    "DateTruncate": "a date, not a timestamp (visit_DateTruncate)",
    "Divide": "of doubles by powers of ten; a decimal is never divided",
    "First": "over a window with an order that leaves no ties",
    "Hash": "tells which rows to compare, never what a row is (SIMPLE_OPS)",
    "IsNull": "NaN is a value (visit_IsNull)",
    "NotNull": "NaN is a value (visit_NotNull)",
    "Limit": "with an order that leaves no ties, or of rows of which any will do",
    "Lowercase": "of words that are then compared with ASCII ones",
    "Modulus": "of whole numbers that are not negative",
    "RegexReplace": "the reference to a group is written alike (visit_RegexReplace)",
    "RegexSearch": "patterns of character classes and counts, which RE2 and Java read alike",
    "Round": "of doubles to whole numbers: both round half away from zero",
    "StrRight": "of digits",
    "Strip": "of blanks; intake has taken away the others",
    "TryCast": "of text that intake has seen to be a number or a day, and of doubles: NULL where it does not fit",
}


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Iterator[set[str]]:
    """Names of the operations in all that is compiled while the cases are calculated, with cube, digest and reports."""
    names: set[str] = set()
    compiled = SQLBackend.compile

    def compile_and_note(self: Any, expression: Any, *given: Any, **more: Any) -> Any:
        names.update(type(node).__name__ for node in expression.op().find(ops.Node))
        return compiled(self, expression, *given, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLBackend, "compile", compile_and_note)
        for case in CASES:
            folder = tmp_path_factory.mktemp(case)
            assert calculated(folder, CASES[case](folder), None, patch, report=True).code in (0, 3)
        yield names


def test_only_operations_of_the_common_subset_are_in_use(met: set[str]) -> None:
    assert met - PLAIN - set(CAREFUL) == set()


def test_an_operation_with_a_difference_is_listed_only_while_it_is_in_use(met: set[str]) -> None:
    assert set(CAREFUL) - met == set()


def test_every_word_of_the_compiler_is_one_of_the_list() -> None:
    ours = {name for name, one in vars(Compiler).items() if getattr(one, "__module__", "") == Compiler.__module__}
    own = {name.removeprefix("visit_") for name in ours if name.startswith("visit_")}
    own |= {operation.__name__ for operation in Compiler.SIMPLE_OPS}
    listed = {name for name, why in CAREFUL.items() if f"visit_{name}" in why or "SIMPLE_OPS" in why}
    assert own == listed
