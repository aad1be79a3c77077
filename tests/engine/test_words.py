"""Groups by columns of few words are those by their text."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from hengtan.engine import Engine, create_groups, fetch, few_words, words

TABLE = pa.table(
    {
        "site": ["北厂", "south", "", "north", "北厂", "south"],
        "kind": ["a", "a", "b", "b", "a", "c"],
        "year": [2024, 2024, 2024, 2025, 2025, 2024],
        "quantity": pa.array([Decimal(n) for n in range(1, 7)], pa.decimal128(18, 6)),
    }
)


@pytest.fixture
def con(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(words, "MANY", 0)
    with Engine(threads=1).session() as session:
        session.create_table("given", TABLE)
        yield session


def groups(con: Any, name: str, found: dict[str, str]) -> pa.Table:
    by = ("site", "kind", "year")
    return fetch(create_groups(con, name, con.table("given"), by, found).order_by(list(by)))


def test_few_values_are_found_and_many_are_left_as_text(con: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "FEW", 3)
    assert set(few_words(con, con.table("given"), ("site", "kind"), 6)) == {"kind"}
    monkeypatch.setattr(words, "MANY", 7)
    assert few_words(con, con.table("given"), ("site", "kind"), 6) == {}


def test_the_groups_are_the_same_and_their_columns_too(con: Any) -> None:
    found = few_words(con, con.table("given"), ("site", "kind"), 6)
    assert set(found) == {"site", "kind"}
    one, other = groups(con, "by_text", {}), groups(con, "by_words", found)
    assert one.schema == other.schema and one.equals(other) and one.num_rows == 6
    assert [str(kind) for kind in other.schema.types] == ["string", "string", "int64", "int64", "decimal128(38, 6)"]


def test_a_value_that_is_no_word_is_never_lost(con: Any) -> None:
    found = few_words(con, con.table("given"), ("site", "kind"), 6)
    con.raw_sql("INSERT INTO given VALUES ('west', 'a', 2024, 7)").fetchall()
    with pytest.raises(duckdb.Error, match="site holds what is not among its words"):
        groups(con, "by_words", found)
