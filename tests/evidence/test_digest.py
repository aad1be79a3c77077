"""A canonical digest depends on what rows say, and on nothing else."""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from datetime import date
from decimal import Decimal, localcontext

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golden.calculating import activity
from hengtan.engine import Engine
from hengtan.inventory.apply import COLUMNS
from hengtan.inventory.digest import EMISSION_GROUPS, Sums, activity_sums, emission_sums, rows_digest
from hengtan.inventory.line import GASES
from hengtan.inventory.staging import stage

MASS = pa.decimal128(38, 18)
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("activity_id", "facility", "org_unit")),
        *((name, pa.date32()) for name in ("start", "end")),
        ("scope", pa.int32()),
        *((name, pa.string()) for name in ("category", "basis")),
        *((name, MASS) for name in GASES),
        *((name, pa.string()) for name in ("factor_id", "match", "method")),
    ]
)


def row(number: int, **cells):
    """One row of emissions, changed by ``cells``."""
    masses = {name: Decimal(number).scaleb(-3) for name in GASES}
    return {
        "activity_id": f"a{number}", "facility": "Leeds", "org_unit": "", "start": date(2024, 1, 5),
        "end": date(2024, 1, 31), "scope": 1, "category": "stationary", "basis": "-", "factor_id": "F-1",
        "match": "exact", "method": "m", **masses, **cells,
    }  # fmt: skip


ROWS = [
    row(1),
    row(2, facility="Zürich", scope=None, category="", co2_kg=None, other_co2e_kg=Decimal("-0.000000000000000001")),
    row(3, facility='the "old"\tmill\\', start=date(2023, 12, 31)),
    row(
        4, facility="宁波", scope=2, category="electricity", basis="location", co2e_kg=Decimal("12345678901234567890.5")
    ),
    row(5, facility="宁波", scope=2, category="electricity", basis="market", co2e_kg=Decimal(0)),
    row(6, factor_id="F-1;F-2"),
    row(7, co2e_kg=Decimal("0.0000001")),
    row(8, start=date(987, 3, 1)),
    row(9, facility="\U0001f33f leaf"),
    row(10, facility="\ufb01sh"),
]


def written(path, rows, **how):
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path, **how)
    return path


def digest(path):
    with Engine().session() as con:
        return emission_sums(con.read_parquet(str(path))).digest()


def by_hand(rows):
    """The digest as ``docs/evidence.md`` tells it, from plain Python and nothing of ours."""
    groups = defaultdict(lambda: [0, *[None] * len(GASES)])
    with localcontext() as context:
        context.prec = 80
        for one in rows:
            month = f"{one['start'].year:04d}-{one['start'].month:02d}"
            scope = None if one["scope"] is None else str(one["scope"])
            into = groups[one["facility"], month, scope, one["category"], one["basis"], one["factor_id"]]
            into[0] += 1
            for at, name in enumerate(GASES, 1):
                if one[name] is not None:
                    into[at] = (into[at] or Decimal(0)) + one[name]
    cells = [
        [*key, str(sums[0]), *(None if kg is None else f"{kg:.18f}" for kg in sums[1:])] for key, sums in groups.items()
    ]
    cells.sort(key=lambda group: [b"" if text is None else b"." + text.encode() for text in group[:6]])
    columns = [[name, "text"] for name in ("facility", "month", "scope", "category", "basis", "factor_id")]
    columns += [["rows", "integer"], *([name, "decimal(38,18)"] for name in GASES)]
    body = {"columns": columns, "groups": cells, "kind": "emissions", "rows": str(len(rows)), "version": "1"}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_digest_is_what_the_page_says_recomputed_by_hand(tmp_path):
    assert digest(written(tmp_path / "e.parquet", ROWS)) == by_hand(ROWS)


def test_no_rows_have_a_digest_too(tmp_path):
    assert digest(written(tmp_path / "e.parquet", [])) == by_hand([])


@pytest.mark.parametrize(
    "how", [{"compression": "zstd"}, {"use_dictionary": False}, {"row_group_size": 2}, {"version": "1.0"}]
)
def test_another_writer_gives_the_same_digest_and_other_bytes(tmp_path, how):
    one, other = written(tmp_path / "1.parquet", ROWS), written(tmp_path / "2.parquet", ROWS, **how)
    assert one.read_bytes() != other.read_bytes()
    assert digest(one) == digest(other)
    assert rows_digest(one) == rows_digest(other)


@pytest.mark.parametrize("threads", [1, 3])
def test_neither_order_nor_threads_matter(tmp_path, threads):
    rows = [row(number, facility=f"F{number % 7}") for number in range(500)]
    path = written(tmp_path / "1.parquet", rows)
    random.Random(7).shuffle(rows)
    other = written(tmp_path / "2.parquet", rows)
    with Engine(threads=threads).session() as con:
        assert emission_sums(con.read_parquet(str(other))).digest() == digest(path) == by_hand(rows)
    assert rows_digest(other) == rows_digest(path)


@pytest.mark.parametrize(
    ("column", "value"),
    [("facility", "Leeds "), ("start", date(2024, 2, 1)), ("scope", 3), ("category", "mobile"), ("basis", "location"),
     ("factor_id", "F-9"), *((name, Decimal("0.001000000000000001")) for name in GASES), ("co2_kg", None)],
)  # fmt: skip
def test_whatever_changes_a_group_or_a_sum_changes_the_digest(tmp_path, column, value):
    changed = [{**ROWS[0], column: value}, *ROWS[1:]]
    one, other = written(tmp_path / "1.parquet", ROWS), written(tmp_path / "2.parquet", changed)
    assert digest(one) != digest(other)
    assert rows_digest(one) != rows_digest(other)


@pytest.mark.parametrize("column", COLUMNS)
def test_the_digest_of_rows_sees_every_column(tmp_path, column):
    other = {"start": date(2020, 1, 1), "end": date(2020, 1, 1), "scope": 3}.get(
        column, Decimal(9) if column in GASES else "other"
    )
    changed = [*ROWS[:-1], {**ROWS[-1], column: other}]
    one, two = written(tmp_path / "1.parquet", ROWS), written(tmp_path / "2.parquet", changed)
    assert rows_digest(one) != rows_digest(two)


def test_the_digest_of_rows_sees_what_sums_do_not(tmp_path):
    """Two rows of one group that trade a kilogram have the same sums."""
    traded = [{**ROWS[0], "co2e_kg": Decimal(2)}, row(6, co2e_kg=Decimal("0.006"))]
    back = [{**ROWS[0], "co2e_kg": Decimal("0.006")}, row(6, co2e_kg=Decimal(2))]
    one, other = written(tmp_path / "1.parquet", traded), written(tmp_path / "2.parquet", back)
    assert digest(one) == digest(other)
    assert rows_digest(one) != rows_digest(other)


def test_the_digest_of_rows_is_the_sum_of_the_hashes_of_its_rows(tmp_path):
    total = 0
    for one in ROWS:
        cells = [one[name] for name in COLUMNS]
        texts = [None if c is None else f"{c:.18f}" if isinstance(c, Decimal) else str(c) for c in cells]
        text = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
        total += int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    assert rows_digest(written(tmp_path / "e.parquet", ROWS)) == f"{total % 2**256:064x}"
    assert rows_digest(written(tmp_path / "none.parquet", [])) == "0" * 64


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(texts, texts, texts, st.decimals(-(10**6), 10**6, places=18)), max_size=12))
def test_any_text_and_any_number_come_out_as_json_says(tmp_path, cells):
    rows = [
        row(at, facility=facility, category=category, factor_id=factor, co2e_kg=kg)
        for at, (facility, category, factor, kg) in enumerate(cells)
    ]
    path = written(tmp_path / "e.parquet", rows)
    assert digest(path) == by_hand(rows)


def test_many_groups_pass_in_pieces(tmp_path, monkeypatch):
    rows = [row(number, facility=f"F{number * 7919 % 997}") for number in range(997)]
    path = written(tmp_path / "e.parquet", rows)
    for size in (1, 10, 997):
        monkeypatch.setattr("hengtan.inventory.digest._PIECE", size)
        assert digest(path) == by_hand(rows)


def test_the_parts_of_a_digest_are_joined_as_they_come():
    table = pa.table({"facility": ["b", "a"], "rows": [1, 2]})
    sums = Sums("k", table, ("facility",), (), 0)
    assert b"".join(bytes(piece) for piece in sums.pieces()) == b'["a","2"],["b","1"]'
    assert EMISSION_GROUPS[0] == "facility"


def test_an_activity_table_has_a_digest_of_its_quantities(tmp_path):
    """CSV and Parquet of the same rows say the same; another quantity, unit or month says something else."""

    def told(rows, name):
        path = tmp_path / name
        if name.endswith(".parquet"):
            pq.write_table(pa.Table.from_pylist(rows), path)
        else:
            from golden.calculating import write_csv

            write_csv(path, rows)
        from hengtan.connectors import read

        intake = read([path])
        with Engine().session() as con:
            staged = stage(intake.sources, tmp_path, con)
            return activity_sums(con, staged, 0).digest()

    rows = [activity("a1", quantity="100.5"), activity("a2", unit="MWh", quantity="2")]
    same = told(rows, "one.csv")
    assert told(list(reversed(rows)), "two.csv") == told(rows, "three.parquet") == same
    for change in ({"quantity": "100.6"}, {"unit": "GWh"}, {"start": "2024-02-01"}, {"facility": "Other"}):
        assert told([{**rows[0], **change}, rows[1]], "four.csv") != same
