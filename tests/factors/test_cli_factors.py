"""``hengtan factors`` on the command line."""

import json

import pytest
from click.testing import CliRunner

from hengtan.cli.factors import factors

from .test_check import GRID
from .test_library import factor_file


def run(*arguments):
    return CliRunner().invoke(factors, [str(argument) for argument in arguments], catch_exceptions=False)


def test_search_prints_name_amount_and_id():
    told = run("search", "diesel", "--region", "GB", "--year", "2024", "--unit", "升", "--limit", "1")
    assert told.exit_code == 0
    assert told.output.splitlines() == [
        "  1 Fuels > Liquid fuels > Diesel (average biofuel blend) (litres)",
        "    2.51279 kg CO2e / L · GB · 2024 · AR5",
        "    uk-desnz-2024-1-101-1011-8",
    ]


def test_several_words_need_no_quotes():
    assert run("search", "江苏", "电力").output == run("search", "江苏 电力").output


def test_search_json_holds_every_column_and_the_other_years():
    rows = json.loads(run("search", "广东电力", "--json").output)
    assert rows[0]["factor_id"] == "CN-EL-AVG-44-2023"
    assert rows[0]["co2_kg"] == "0.4419"
    assert rows[0]["ch4_kg"] is None
    assert rows[0]["other_years"] == ["CN-EL-AVG-44-2022", "CN-EL-AVG-44-2021"]


@pytest.mark.parametrize(("lang", "mark"), [("en", "not verified against the source"), ("zh", "未与来源核对")])
def test_an_unverified_factor_is_marked_in_search_and_show(lang, mark):
    assert mark in run("search", "2012 广东 电力", "--lang", lang).output
    assert mark in run("show", "CN-EL-AVG-44-2012", "--lang", lang).output
    assert mark not in run("show", "CN-EL-AVG-44-2023", "--lang", lang).output


@pytest.mark.parametrize("option", [("--unit", "bushels"), ("--region", "Narnia"), ("--category", "nonsense")])
def test_a_wrong_filter_is_wrong_usage(option):
    assert run("search", "diesel", *option).exit_code == 2


def test_nothing_found_is_said_and_no_error():
    told = run("search", "xyzzyqq")
    assert told.exit_code == 0
    assert "xyzzyqq" in told.output


def test_show_tells_source_table_licence_gases_set_validity_and_neighbours():
    text = " ".join(run("show", "uk-desnz-2024-1-100-1004-6").output.split())
    for part in (
        "0.1829 kg",
        "CH4, as CO2e 0.00028 kg",
        "GWP set AR5",
        "2024-01-01 to 2024-12-31",
        "2024-10-30 (known, not re-read",
        "ID 1_100_1004_6_*",
        "Open Government Licence v3.0",
        "uk-desnz-2022-77",
        "uk-desnz-2025-1-100-1004-6",
    ):
        assert part in text, part


@pytest.mark.parametrize("factor_id", ["ipcc-2006-stationary-mfg-anthracite", "CN-HEAT-CPCD-11"])
def test_show_says_what_the_terms_of_ipcc_and_cpcd_are(factor_id):
    assert "can be deleted" in " ".join(run("show", factor_id).output.split())


def test_show_says_when_a_day_of_publication_is_assumed():
    assert "assumed" in run("show", "gcp-asia-east1-2019").output
    assert json.loads(run("show", "gcp-asia-east1-2019", "--json").output)["published_assumed"] is True


def test_show_gives_the_parts_of_a_cbam_default():
    assert (
        json.loads(run("show", "eu-cbam-dv-2026-al-25231000-a", "--json").output)["cbam"]["direct_tco2e_per_t"]
        == "0.87"
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "factor_id",
    ["CN-EL-AVG-44-2012", "eu-cbam-dv-2026-al-25231000-a", "ccf-aws-us-east-1", "us-epa-sc-v1-3-813990-with-margins"],
)
def test_a_page_is_never_wider_than_eighty_columns(factor_id, lang, monkeypatch):
    from rich.cells import cell_len

    monkeypatch.setenv("COLUMNS", "200")
    lines = [*run("show", factor_id, "--lang", lang).output.splitlines(), *run("search", factor_id).output.splitlines()]
    assert max(map(cell_len, lines)) <= 80


def test_an_unknown_id_is_exit_3_and_names_the_nearest():
    told = run("show", "CN-EL-AVG-CN-2033")
    assert told.exit_code == 3
    assert "CN-EL-AVG-CN-2023" in told.stderr


def test_check_lists_the_categories_once_and_not_on_each_row(tmp_path):
    path = tmp_path / "own.csv"
    names = "factor_id,name,name_zh,category,scope,activity_unit,region,valid_from,co2_kg,source_title,licence,retrieved_from"
    rows = [f"{one},{one},{one},mine {one},1,kg,GB,2024-01-01,1,s,l,r" for one in "ABC"]
    path.write_text("\n".join([names, *rows]) + "\n", "utf-8")
    told = run("check", str(path)).output
    assert told.count("none of the library's categories") == 3 and told.count("stationary_combustion") == 1


def test_check_is_exit_3_with_errors_and_0_with_warnings_alone(tmp_path):
    assert run("check", factor_file(tmp_path, GRID)).exit_code == 0
    told = run("check", factor_file(tmp_path, GRID | {"source_title": ""}))
    assert (told.exit_code, "0 errors, 1 warnings" in told.output) == (0, True)
    told = run("check", factor_file(tmp_path, GRID | {"co2e_kg": "90000", "co2_kg": ""}))
    assert (told.exit_code, "row 2, column co2e_kg" in told.output) == (3, True)


def test_check_json_is_a_list_of_problems(tmp_path):
    told = run("check", factor_file(tmp_path, GRID | {"gwp_set": "AR9"}), "--json", "--lang", "zh")
    (problem,) = json.loads(told.output)
    assert (problem["code"], problem["severity"], problem["row"], problem["column"]) == (
        "factor.gwp-unknown",
        "error",
        2,
        "gwp_set",
    )
    assert "GWP" in problem["reason"]


def test_check_of_a_file_that_cannot_be_read_is_exit_2(tmp_path):
    assert run("check", tmp_path / "nowhere.csv").exit_code == 2
    (tmp_path / "own.xlsx").write_bytes(b"not a workbook")
    assert run("check", tmp_path / "own.xlsx").exit_code == 2
