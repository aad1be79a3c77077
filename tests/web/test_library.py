"""The factor library: found in both languages, filtered, compared, and where each factor was used."""

import csv
import io
import re
import time

import pytest

from hengtan.web.organisations.roles import Role

from .calculated import calculated

GRID = "CN-EL-AVG-CN-2023"


def page(company, path, role=Role.OWNER, status=200, **more):
    answer = company.client(role).get(company.url(f"library/{path}"), **more)
    assert answer.status_code == status, answer.content[-2000:]
    return answer.content.decode()


def rows(company, path):
    return list(csv.reader(io.StringIO(page(company, path).lstrip("\ufeff"))))


def bare(text):
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.mark.parametrize(
    ("query", "found"),
    [("?q=diesel&region=GB&year=2024&unit=L", "uk-desnz-2024"), ("?q=广东 电力", "CN-44"), (f"?q={GRID}", GRID)],
)
def test_a_factor_is_found_by_english_and_chinese_words_and_by_its_id(company, query, found):
    assert found in page(company, query)


def test_filters_hold_and_what_no_filter_offers_is_passed_over(company):
    for query, column, value in (
        ("?dataset=ipcc_2006_energy&format=csv", 10, "ipcc_2006_energy"),
        ("?category=refrigerant&format=csv", 9, "refrigerant"),
        ("?q=diesel&unit=kg&format=csv", 4, "kg"),
        ("?q=electricity&stated=AR4&format=csv", 8, "AR4"),
    ):
        table = rows(company, query)
        assert len(table) > 3, query
        assert {row[column] for row in table[1:]} == {value}, query
    assert "Nothing fits" not in page(company, "?q=diesel&dataset=none&category=none&stated=none&year=abc&page=x")


def test_a_place_or_unit_that_is_none_is_told_and_the_typed_words_stay(company):
    text = page(company, "?q=diesel&region=Atlantis")
    assert "Atlantis" in text and 'value="diesel"' in text
    assert "kwhh" in page(company, "?q=diesel&unit=kwhh")


def test_pages_of_a_search_hold_every_series_once(company):
    table = rows(company, "?dataset=us_epa_egrid&format=csv")
    seen = []
    for number in (1, 2, 3, 4, 5):
        text = page(company, f"?dataset=us_epa_egrid&page={number}")
        seen += re.findall(r'name="id" value="([^"]+)"', text)
    assert sorted(seen) == sorted(row[0] for row in table[1:])
    assert len(seen) == len(set(seen))


def test_a_search_takes_less_than_100_ms_of_a_processor_after_the_first(company):
    client = company.client()
    headers = {"HX-Request": "true", "HX-Target": "hits"}
    client.get(company.url("library/?q=coal"), headers=headers)
    taken = []
    for words in ("diesel", "天然气", "natural gas kWh gross", "hotel"):
        times = []
        for _ in range(3):  # others use the processor too: the least of three is the page's own
            start = time.process_time()
            assert client.get(company.url("library/"), {"q": words}, headers=headers).status_code == 200
            times.append(time.process_time() - start)
        taken.append(min(times))
    assert max(taken) < 0.1, taken


def test_the_page_of_a_factor_says_all_of_it(company):
    text = bare(page(company, f"factor/?id={GRID}"))
    for word in ("0.5306", "2025-12-31", "MEE", "kWh", "factor_id", "lcv_mj_per_unit", "not stated", "retrieved_from"):
        assert word in text, word
    assert page(company, "factor/?id=none", status=404)
    zh = company.client()
    zh.post("/language/", {"language": "zh-hans", "next": "/"})
    text = zh.get(company.url(f"library/factor/?id={GRID}")).content.decode()
    assert "全国" in text and "发布日期" in text


def test_years_of_a_series_stand_beside_each_other_with_the_change_in_percent(company):
    table = rows(company, f"factor/?id={GRID}&format=csv")
    head, *lines = table
    values = [row[head.index("amount_kg")] for row in lines]
    assert values[-2:] == ["0.5366", "0.5306"]
    assert [row[head.index("change_pct")] for row in lines][-1] == "-1.1"
    assert 'id="chart-years"' in page(company, f"factor/?id={GRID}")


def test_factors_side_by_side_mark_what_differs_and_never_compare_unlike_units(company):
    text = bare(page(company, f"compare/?id={GRID}&id=CN-EL-AVG-CN-2022&id=uk-desnz-2024-1-100-1004-6"))
    assert "+1.1%" in text and "not alike" in text
    assert rows(company, f"compare/?id={GRID}&id=CN-EL-AVG-CN-2022&format=csv")[0] == [
        "column",
        GRID,
        "CN-EL-AVG-CN-2022",
    ]
    assert page(company, "compare/", status=302) == ""
    assert page(company, "compare/?id=none", status=404)


def test_where_a_factor_was_used_shows_a_person_only_what_he_may_see(company, stranger):
    run = calculated(company)
    used = run.cube.filter(scope=2, basis="location").values_list("factor_id", flat=True).first()
    text = bare(page(company, f"factor/?id={used}"))
    assert run.code in text
    whole = re.search(rf"{run.code} (\d+)", text).group(1)
    assert whole == "3"
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[0])
    part = bare(page(company, f"factor/?id={used}", Role.CONTRIBUTOR))
    assert re.search(rf"{run.code} (\d+)", part).group(1) == "1"
    assert run.code not in page(stranger, f"factor/?id={used}", Role.CONTRIBUTOR)
