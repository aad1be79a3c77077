"""Canonical JSON: RFC 8785, compared with a library that is not ours; and what an entry may not hold."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hengtan.ledger import Refused, canonical, parse_strict
from hengtan.ledger.canonical import MAX_DEPTH

texts = st.text(st.characters(blacklist_categories=("Cs",)), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=6),
    max_leaves=25,
)


@given(values)
def test_we_write_what_the_library_of_others_writes(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(values, st.booleans(), st.sampled_from([None, 2]))
def test_however_a_value_is_spelled_its_canonical_form_is_one(value, escape, indent):
    spelled = json.dumps(value, ensure_ascii=escape, indent=indent)
    assert parse_strict(spelled) == value
    assert canonical(parse_strict(spelled.encode())) == canonical(value)
    assert canonical(parse_strict(canonical(value))) == canonical(value)


def test_members_are_sorted_as_the_rfc_sorts_them():
    """RFC 8785 section 3.2.3, where code points and UTF-16 code units differ in order."""
    given_ = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    order = ["\\r", "1", "\u0080", "ö", "€", "\U0001f600", "\ufb33"]
    text = canonical(given_).decode()
    assert [text.index(f'"{name}":') for name in order] == sorted(text.index(f'"{name}":') for name in order)


def test_strings_are_escaped_as_the_rfc_escapes_them():
    """RFC 8785 section 3.2.2.2."""
    assert canonical('\u20ac$\x0f\nA\'B"\\\\"/\x7f\u2028') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f\u2028"'.encode()
    assert canonical([None, True, False]) == b"[null,true,false]"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "json.malformed"),
        (" ", "json.malformed"),
        ("{", "json.malformed"),
        ("{}{}", "json.malformed"),
        ("{'a': 'b'}", "json.malformed"),
        ('{"a": "b",}', "json.malformed"),
        ('{"a": undefined}', "json.malformed"),
        ('"a\nb"', "json.malformed"),
        ('"\x00"', "json.malformed"),
        ('"\\x41"', "json.malformed"),
        ('\ufeff{"a": "b"}', "json.malformed"),
        (b'{"a": "\xff"}', "json.malformed"),
        (b'{"a": "\xed\xa0\x80"}', "json.malformed"),
        ('{"a": "b", "a": "b"}', "json.duplicate-key"),
        ('{"a": "b", "\\u0061": "c"}', "json.duplicate-key"),
        ('[{"x": {"a": null, "b": null, "a": null}}]', "json.duplicate-key"),
        ("1", "json.number"),
        ('{"a": 1}', "json.number"),
        ('{"a": -0}', "json.number"),
        ('{"a": 1.0}', "json.number"),
        ('{"a": 1e400}', "json.number"),
        ('{"a": NaN}', "json.number"),
        ('{"a": -Infinity}', "json.number"),
        ("9" * 5000, "json.number"),
        ('{"a": "\\ud800"}', "json.surrogate"),
        ('{"\\udc00": "a"}', "json.surrogate"),
        ('{"a": "\ud800"}', "json.surrogate"),
        ("[" * 40 + "]" * 40, "json.depth"),
        ("[" * 100_000, "json.depth"),
        ('{"a":' * 100_000, "json.depth"),
        ("[" * 100_000 + "]" * 100_000, "json.depth"),
        ('"' + "x" * 1_048_576 + '"', "json.too-large"),
    ],
)
def test_what_no_entry_may_hold_is_refused_with_the_reason(text, code):
    with pytest.raises(Refused) as refused:
        parse_strict(text)
    assert refused.value.code == code
    assert "?" not in refused.value.problem.reason("en")


def test_a_pair_of_surrogates_is_one_character():
    assert canonical(parse_strict('"\\ud83d\\ude00"')) == '"\U0001f600"'.encode()


def test_the_deepest_that_is_taken():
    deep = "x"
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert parse_strict(canonical(deep)) == deep
    with pytest.raises(Refused, match="nested"):
        canonical([deep])


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1, "json.number"),
        ({"a": 1.5}, "json.number"),
        ([float("nan")], "json.number"),
        ({1: "a"}, "json.not-json"),
        ({"a": b"b"}, "json.not-json"),
        ({"a": {"b"}}, "json.not-json"),
        ("\ud800", "json.surrogate"),
        ({"\ud800": "a"}, "json.surrogate"),
    ],
)
def test_a_value_that_has_no_such_form_is_refused(value, code):
    with pytest.raises(Refused) as refused:
        canonical(value)
    assert refused.value.code == code
