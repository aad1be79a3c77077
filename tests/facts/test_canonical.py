"""The canonical digest is the SHA-256 of a JSON text that a library of others writes down as well."""

import hashlib

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hengtan.facts import canonical_digest
from hengtan.facts.text import decoded, encoded

CALM = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}  # a busy machine is no fault

COLUMNS = [("facility", "text"), ("月", "text"), ("co2e_kg", "decimal(38,18)")]
CELL = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def reference(kind, columns, groups, rows):
    whole = {
        "columns": [list(column) for column in columns],
        "groups": groups,
        "kind": kind,
        "rows": str(rows),
        "version": "1",
    }
    return hashlib.sha256(rfc8785.dumps(whole)).hexdigest()


def pieces(groups, size):
    """The texts of the groups in pieces of so many bytes, as they may come from anywhere."""
    text = b",".join(rfc8785.dumps(group) for group in groups)
    return [memoryview(text)[at : at + size] for at in range(0, len(text), size)]


@settings(**CALM)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=20), st.integers(1, 50), st.integers(0, 10**12))
def test_it_is_the_sha256_of_the_whole_text_however_the_groups_are_cut(groups, size, rows):
    assert canonical_digest("emissions", COLUMNS, pieces(groups, size), rows) == reference(
        "emissions", COLUMNS, groups, rows
    )


def test_it_changes_with_everything_it_is_taken_of():
    groups = [["A", "2024-01", "1.0"], ["B", "2024-01", "2.0"]]
    seen = {
        canonical_digest(kind, columns, pieces(chosen, 7), rows)
        for kind in ("emissions", "activities")
        for columns in (COLUMNS, COLUMNS[:2])
        for chosen in (groups, groups[::-1], groups[:1], [])
        for rows in (2, 3)
    }
    assert len(seen) == 2 * 2 * 4 * 2


@pytest.mark.parametrize("piece", [b'"A"', b"{}", b'["A"],', b',["A"]'])
def test_pieces_that_are_no_groups_are_refused(piece):
    with pytest.raises(ValueError, match="groups"):
        canonical_digest("emissions", COLUMNS, [piece], 1)


TREE = st.recursive(
    CELL,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=9,
)


@settings(**CALM)
@given(TREE)
def test_what_facts_keep_about_themselves_is_rfc_8785_and_reads_back(value):
    try:
        text = encoded(value)
    except ValueError:
        return  # a surrogate in a name, or too deep
    assert text == rfc8785.dumps(value)
    assert decoded(text) == value


@pytest.mark.parametrize(
    "text",
    [b'{"a":"1","a":"2"}', b'{"b":"1","a":"2"}', b'{ "a":"1"}', b'{"a":1}', b'"\\u0041"', b'"\\ud800"', b"\xff", b"", b"true", b"[" * 100000],
)  # fmt: skip
def test_json_that_is_not_canonical_is_refused(text):
    with pytest.raises(ValueError):
        decoded(text)
