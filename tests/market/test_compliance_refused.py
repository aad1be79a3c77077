"""What a plan's input gets wrong: each mistake told once, at its place, with its code; nothing that was given is left out unseen."""

import copy
import json

import pytest

from hengtan.market.compliance import case_of_text, read_case
from hengtan.problems import HengtanError

CEA = {"id": "own", "kind": "CEA", "vintage": 2025, "origin": "allocated", "t": 900}
CCER = {"id": "credit", "kind": "CCER", "registered": "2025-03-01", "inside_market": False, "t": 10}
RIGHT = {
    "hengtan": "comply.input", "version": 1, "as_of": "2026-11-20", "years": [2025],
    "entities": [{"id": "a", "name": "甲", "sector": "power", "emissions": [{"year": 2025, "verified_t": 1000}], "holdings": [CEA]}],
    "offers": [{"id": "spot", "kind": "CEA", "vintage": 2025, "price_cny_t": "97.40", "delivered": "2026-11-20"}],
}  # fmt: skip
PRICES = [{"year": 2025, "cea_cny_t": "90"}, {"year": 2025, "cea_cny_t": "10"}]


def told(text):
    with pytest.raises(HengtanError) as fault:
        case_of_text(text if isinstance(text, str) else json.dumps(text), "f")
    for each in fault.value.problems:
        for lang in ("en", "zh"):
            assert "{" not in each.reason(lang).replace('{"', "")
            assert "None" not in each.sentence(lang)
    return [(each.code, each.file.removeprefix("f#")) for each in fault.value.problems]


def changed(*path, to):
    value = copy.deepcopy(RIGHT)
    at = value
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    return value


def emissions(**one):
    return changed("entities", 0, "emissions", to=[{"year": 2025, **one}])


def holding(**one):
    return changed("entities", 0, "holdings", to=[one])


def test_what_is_right_is_taken():
    assert case_of_text(json.dumps(RIGHT), "f").years == (2025,)


# In Python «$» also matches before a last line break; «2026-01\n» then is no month, and was an internal fault.
@pytest.mark.parametrize(
    ("value", "path"),
    [
        (changed("offers", 0, "price_cny_t", to="97.40\n"), "/offers/0/price_cny_t"),
        (emissions(months={"2025-01\n": "5"}), "/entities/0/emissions/0/months"),
        (changed("limits", to={"trading_days": {"now\n": 3}}), "/limits/trading_days"),
        (changed("title", to="a\n"), "/title"),
        (changed("title", to="a\uffffb"), "/title"),  # no XML, so no workbook, can hold it
    ],
)
def test_a_text_is_taken_to_its_very_end(value, path):
    assert told(value) == [("comply.value", path)]


@pytest.mark.parametrize(
    ("one", "problems"),
    [
        ({**CEA, "kind": "CER"}, [("comply.value", "/kind")]),
        ({**CEA, "kind": ["CEA"]}, [("comply.value", "/kind")]),
        ({"id": "own", "t": 9}, [("comply.key-missing", "")]),
        ({"id": "own", "kind": "CEA", "t": 9, "vintage": 2025}, [("comply.key-missing", "")]),
        ({"id": "own", "kind": "CCER", "t": 9}, [("comply.key-missing", ""), ("comply.key-missing", "")]),
        ({**CCER, "vintage": 2025}, [("comply.key-idle", "/vintage")]),
        ({**CEA, "registered": "2025-03-01"}, [("comply.key-idle", "/registered")]),
        ({**CEA, "origin": "carried-over", "vintage": 2024}, [("comply.carried-vintage", "/vintage")]),
        ({**CEA, "vintage": 2027}, [("comply.vintage-future", "/vintage")]),
    ],
)
def test_a_wrong_holding_is_told_once_by_what_is_wrong_in_it(one, problems):
    assert told(holding(**one)) == [(code, f"/entities/0/holdings/0{path}") for code, path in problems]


@pytest.mark.parametrize(
    ("one", "problems"),
    [
        ({}, [("comply.value", "")]),
        ({"verified_t": 5, "expected_t": 5}, [("comply.value", "")]),
        ({"expected_t": 5, "low_t": 4}, [("comply.band-half", "")]),
        ({"expected_t": 5, "high_t": 6}, [("comply.band-half", "")]),
        ({"expected_t": 5, "low_t": 6, "high_t": 7}, [("comply.band", "")]),
        ({"verified_t": 5, "low_t": 4, "high_t": 6}, [("comply.key-idle", "/low_t"), ("comply.key-idle", "/high_t")]),
        ({"verified_t": 5, "last_year": {f"2024-{m:02d}": "1" for m in range(1, 13)}}, [("comply.key-idle", "/last_year")]),
        ({"months": {"2025-01": "1"}, "last_year": {f"2024-{m:02d}": "1" for m in range(1, 13)} | {"2023-12": "1"}}, [("comply.months", "/last_year")]),
    ],
)  # fmt: skip
def test_wrong_emissions_are_told_once(one, problems):
    assert told(emissions(**one)) == [(code, f"/entities/0/emissions/0{path}") for code, path in problems]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (changed("buy_until", to="2026-11-19"), ("comply.window-past", "/buy_until")),
        (changed("quotes", to=[{"day": "2026-11-21", "close_cny_t": "97"}]), ("comply.quote-ahead", "/quotes/0/day")),
        (changed("offers", 0, "vintage", to=2027), ("comply.vintage-ahead", "/offers/0/vintage")),
        (changed("entities", 0, "allocations", to=[{"year": 2027, "t": 5, "on": "2026-12-31"}]), ("comply.vintage-ahead", "/entities/0/allocations/0/year")),
        (changed("scenarios", to=[{"name": "one", "probability": "1", "prices": PRICES}]), ("comply.twice", "/scenarios/0/prices/1/year")),
        (changed("entities", 0, "sales", to=[{"year": 2025, "most_t": 5}, {"year": 2025, "most_t": 9}]), ("comply.twice", "/entities/0/sales/1/year")),
    ],
)  # fmt: skip
def test_what_cannot_be_together_is_told_once(value, problem):
    assert told(value) == [problem]


def test_a_month_that_has_not_begun_is_none_of_the_months_so_far():
    value = changed("years", to=[2026])
    value["entities"][0]["emissions"] = [{"year": 2026, "months": {"2026-11": "5", "2026-12": "5"}}]
    assert told(value) == [("comply.month-ahead", "/entities/0/emissions/0/months/2026-12")]


@pytest.mark.parametrize("text", ["[]", "null", '"x"', "5"])
def test_what_is_no_object_is_told_what_is_asked_for(text):
    with pytest.raises(HengtanError) as fault:
        case_of_text(text, "f")
    (problem,) = fault.value.problems
    assert "an object with hengtan, version, as_of, years and entities" in problem.mend("en")


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ('{"a": }', "line 1, column 7", "第 1 行第 7 列"),
        ("", "line 1, column 1", "第 1 行第 1 列"),
        ("[" * 100_000, "nested too deeply", "嵌套层数过多"),
        ('{"title": "\\ud800"}', "half a character", "不完整的字符"),
        ('{"version": ' + "9" * 5000 + "}", "thousands of digits", "位数过多"),
    ],
)
def test_what_is_no_json_is_told_in_both_languages(text, en, zh):
    with pytest.raises(HengtanError) as fault:
        case_of_text(text, "f")
    (problem,) = fault.value.problems
    assert (problem.code, en in problem.reason("en"), zh in problem.reason("zh")) == ("comply.not-json", True, True)


def test_a_file_that_is_not_in_utf_8_is_told_so(tmp_path):
    path = tmp_path / "甲.json"
    path.write_bytes(json.dumps(RIGHT, ensure_ascii=False).encode("gb18030"))
    with pytest.raises(HengtanError) as fault:
        read_case(path)
    (problem,) = fault.value.problems
    assert (problem.code, problem.file, "UTF-8" in problem.reason("zh")) == ("comply.not-json", "甲.json", True)
