"""A person finds the factor, whatever he calls it."""

import time

import pytest

from hengtan.factors import open_library, search
from hengtan.factors.terms import chinese_names
from hengtan.problems import HengtanError

from .test_library import factor_file


def found(text, **options):
    return [hit.factor.factor_id for hit in search(open_library(), text, **options)]


@pytest.mark.parametrize(
    ("text", "factor_id"),
    [
        ("UK electricity 2025", "uk-desnz-2025-7-400-4000-5"),
        ("natural gas kWh gross", "uk-desnz-2025-1-100-1004-6"),
        ("natural gas kWh (Gross CV) 2024", "uk-desnz-2024-1-100-1004-6"),
        ("UK diesel litre 2024", "uk-desnz-2024-1-101-1011-8"),
        ("英国 柴油 升 2024", "uk-desnz-2024-1-101-1011-8"),
        ("petrol litres", "uk-desnz-2025-1-101-1017-8"),
        ("柴油", "CN-FUEL-CETS24-diesel"),
        ("无烟煤", "CN-FUEL-CETS24-anthracite"),
        ("广东电力", "CN-EL-AVG-44-2023"),
        ("grid electricity Guangdong", "CN-EL-AVG-44-2023"),
        ("全国电力平均二氧化碳排放因子", "CN-EL-AVG-CN-2023"),
        ("electricity china 2023", "CN-EL-AVG-CN-2023"),
        ("Germany electricity 2022", "owid-ember-elec-de-2022"),
        ("德国 电力 2022", "owid-ember-elec-de-2022"),
        ("long haul flight economy", "uk-desnz-2025-21-316-3170-11"),
        ("长途航班 经济舱", "uk-desnz-2025-21-316-3170-11"),
        ("r410a", "CN-GWP-R410A-AR6"),
        ("R-410A 制冷剂", "CN-GWP-R410A-AR6"),
        ("R 410a", "CN-GWP-R410A-AR6"),
        ("spend iron and steel mills 331110", "us-epa-sc-v1-3-331110-with-margins"),
        ("CAMX", "us-egrid-2023-camx-total-output"),
        ("上海 热力", "CN-HEAT-31"),
        ("gas oil litres", "uk-desnz-2025-1-101-1014-8"),
        ("UK flights", "uk-desnz-2025-21-316-3160-11"),
    ],
)
def test_the_likeliest_factor_comes_first(text, factor_id):
    assert found(text)[0] == factor_id


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("disel", "diesel"),
        ("gasolene", "gasoline"),
        ("elektricity", "electricity"),
        ("anthracit", "anthracite"),
        ("natral gas", "natural gas"),
        ("天燃气", "天然气"),
        ("液化石油汽", "液化石油气"),
    ],
)
def test_a_misspelt_word_finds_what_the_right_one_finds(wrong, right):
    assert found(wrong)[0] == found(right)[0]


@pytest.mark.parametrize(
    "text", ["酒店", "填埋", "钢", "水泥", "铝", "制冷剂", "货运", "汽油", "天然气", "蒸汽", "废水", "塑料"]
)
def test_a_chinese_word_finds_rows_that_have_english_names_only(text):
    assert any(not hit.factor.name_zh for hit in search(open_library(), text, limit=1000))


@pytest.mark.parametrize("unit", ["kWh", "千瓦时", "度", "kwh", "ＫＷｈ"])
def test_a_unit_may_be_written_as_one_likes(unit):
    hits = search(open_library(), "electricity", unit=unit)
    assert [hit.factor.activity_unit for hit in hits] == ["kWh"] * len(hits) != []


def test_a_bare_unit_finds_its_net_and_gross_kin():
    units = {hit.factor.activity_unit for hit in search(open_library(), "natural gas", unit="kWh", limit=100)}
    assert {"kWh_gcv", "kWh_ncv"} <= units <= {"kWh", "kWh_gcv", "kWh_ncv"}


def test_a_stated_basis_finds_that_basis_alone():
    units = {hit.factor.activity_unit for hit in search(open_library(), "natural gas", unit="kwh gross", limit=100)}
    assert units == {"kWh_gcv"}


def test_a_unit_that_no_row_has_finds_what_converts_to_it():
    hits = search(open_library(), "natural gas", unit="MWh", limit=5)
    assert hits
    assert all(hit.factor.activity_unit.split("_")[0] in ("kWh", "mmBtu", "TJ", "GJ") for hit in hits)


def test_the_year_filter_keeps_what_is_valid_then():
    hits = search(open_library(), "diesel", year=2023, limit=200)
    assert hits
    assert all(hit.factor.covers(2023) for hit in hits)
    assert "uk-desnz-2023-1-101-1011-8" in [hit.factor.factor_id for hit in hits]


def test_the_region_filter_prefers_the_place_and_goes_up_but_never_aside():
    regions = [hit.factor.region for hit in search(open_library(), "电力", region="广东", limit=50)]
    assert regions[0] == "CN-44"
    assert set(regions) <= {"CN-44", "CN-GRID-SOUTH", "CN"}


def test_the_category_filter_keeps_the_category():
    hits = search(open_library(), "diesel", category="wtt")
    assert {hit.factor.category for hit in hits} == {"wtt"}


def test_the_newest_edition_stands_for_the_others_and_names_them():
    hit = search(open_library(), "natural gas kWh gross")[0]
    assert hit.others == ("uk-desnz-2024-1-100-1004-6", "uk-desnz-2023-1-100-1004-6", "uk-desnz-2022-77")


def test_a_user_s_own_factors_are_found_beside_the_library_s(tmp_path):
    library = open_library([factor_file(tmp_path, {})])
    assert search(library, "锅炉天然气")[0].factor.factor_id == "ACME-GAS-2024"
    assert search(library, "boiler gas")[0].factor.factor_id == "ACME-GAS-2024"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"unit": "bushels"}, "unit.unknown"),
        ({"region": "Narnia"}, "region.unknown"),
        ({"category": "nonsense"}, "factor.category-unknown"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_and_not_ignored(options, code):
    with pytest.raises(HengtanError) as error:
        search(open_library(), "diesel", **options)
    assert [problem.code for problem in error.value.problems] == [code]


def test_an_id_finds_its_factor_and_the_beginning_of_one_its_kin():
    assert found("UK-DESNZ-2024-1-100-1004-6") == ["uk-desnz-2024-1-100-1004-6"]
    assert all(name.startswith("CN-EL-AVG-44-") for name in found("CN-EL-AVG-44-"))
    assert found("CN-EL-AVG-44-")


def test_every_chinese_word_of_the_list_finds_a_factor_but_cooling_which_no_publisher_states():
    lost = {name for name in chinese_names() if not found(name, limit=1)}
    assert lost == {"冷", "制冷", "供冷", "冷水"}


def test_nothing_is_found_for_nonsense():
    assert found("xyzzyqq") == []


@pytest.mark.parametrize("text", ["", "   ", "%&/", "的", "the"])
def test_a_question_without_words_is_no_crash(text):
    found(text, limit=3)


def test_the_second_search_of_a_process_takes_less_than_a_tenth_of_a_second():
    search(open_library(), "electricity")
    start = time.process_time()
    search(open_library(), "grid electricity kWh China 2023 广东 柴油")
    assert time.process_time() - start < 0.1
