from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hengtan.factors import Choice, Query, load_policy, open_library, policy_for, resolve
from hengtan.factors.policy import BUILT_IN, OPT_IN, unknown_names
from hengtan.problems import HengtanError


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, "utf-8")
    return path


def codes(path: Path) -> list[str]:
    with pytest.raises(HengtanError) as caught:
        load_policy(path)
    for problem in caught.value.problems:
        for lang in ("en", "zh"):
            assert "?" not in problem.reason(lang) + problem.mend(lang)
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("country", "name"), [("CN", "cn"), ("GB", "uk"), ("US", "us"), ("FR", "global"), ("", "global")]
)
def test_a_country_has_its_policy(country: str, name: str) -> None:
    assert policy_for(country).name == name
    assert load_policy("default").at(country).name == name


@pytest.mark.parametrize("name", [*BUILT_IN, *OPT_IN])
def test_the_built_in_policies_allow_the_contracts_classes_and_name_real_datasets(name: str) -> None:
    policy = load_policy(name)
    assert policy.classes[:4] == ("pinned", "exact", "earlier-year", "parent-region")
    assert policy.earlier_years == 3
    assert (policy.gwp_mismatch, policy.without_residual_mix) == ("reject", "location")
    assert unknown_names(policy, open_library()) == []


PROXIES = [
    ("travel.air", "p.km", "uk-desnz-2024-21-316-3178-11"), ("travel.air.domestic", "p.km", "uk-desnz-2024-21-316-3162-11"),
    ("travel.rail", "p.km", "uk-desnz-2024-"), ("freight.road", "t.km", "uk-desnz-2024-"), ("freight.sea", "t.km", "us-epa-hub-2024-"),
    ("waste.landfill", "t", "uk-desnz-2024-"), ("water.supply", "m3", "uk-desnz-2024-"), ("water.treatment", "m3", "uk-desnz-2024-"),
    ("fuel.diesel", "L", "uk-desnz-2024-1-101-1012-8"), ("fuel.petrol", "L", "uk-desnz-2024-1-101-1018-8"),
    ("fuel.diesel", "GJ_ncv", "ipcc-2006-"), ("fuel.lpg", "L", "uk-desnz-2024-1-100-1003-8"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "unit", "factor"), PROXIES)
def test_cn_proxy_lends_a_row_in_china_what_others_publish_and_the_default_does_not(
    kind: str, unit: str, factor: str
) -> None:
    library = open_library()
    query = Query(kind, unit, "CN-44", 2024)
    lent = resolve(query, basis="location", library=library, policy=load_policy("cn-proxy"))
    assert isinstance(lent, Choice) and lent.factor.factor_id.startswith(factor), lent
    assert lent.match == "proxy"
    for name in ("default", "cn"):
        assert not isinstance(resolve(query, basis="location", library=library, policy=load_policy(name)), Choice)


@pytest.mark.parametrize(
    ("kind", "unit", "region"),
    [("fuel.diesel", "t", "CN"), ("electricity", "kWh", "CN-44"), ("hotel", "room.night", "CN"), ("heat", "GJ", "CN"),
     ("travel.air.domestic", "p.km", "GB"), ("fuel.diesel", "L", "GB"), ("electricity", "kWh", "DE"), ("fuel.diesel", "L", "US")],
)  # fmt: skip
def test_under_cn_proxy_a_chinese_factor_comes_first_and_other_countries_keep_their_policy(
    kind: str, unit: str, region: str
) -> None:
    library, query = open_library(), Query(kind, unit, region, 2024)
    found = [
        resolve(query, basis="location", library=library, policy=load_policy(name)) for name in ("default", "cn-proxy")
    ]
    one, other = found
    assert isinstance(one, Choice) and isinstance(other, Choice)
    assert (one.factor.factor_id, one.match) == (other.factor.factor_id, other.match)


@pytest.mark.parametrize("kind", ["travel.car.bev", "travel.car.phev", "material.steel"])
def test_cn_proxy_lends_neither_the_british_grid_nor_materials(kind: str) -> None:
    query = Query(kind, "t" if kind.startswith("material") else "km", "CN", 2024)
    assert not isinstance(
        resolve(query, basis="location", library=open_library(), policy=load_policy("cn-proxy")), Choice
    )


def test_a_policy_of_ones_own_may_be_for_some_countries_alone(tmp_path: Path) -> None:
    rule = "rules: [{types: [travel.rail], order: [{datasets: [uk_desnz_ghg_conversion_factors], anywhere: true}]}]"
    policy = load_policy(write(tmp_path, f"extends: default\ncountries: [DE]\n{rule}\n"))
    assert policy.at("DE").name == "mine (global)" and policy.at("DE").rule("travel.rail").types == ("travel.rail",)
    for code in ("CN", "GB", "US", "FR", ""):
        assert policy.at(code) == load_policy("default").at(code)


def test_policy_show_prints_cn_proxy_and_names_it_beside_the_defaults() -> None:
    def show(*words: str) -> str:
        code = "from hengtan.cli.policy import group; group()"
        done = subprocess.run(
            [sys.executable, "-c", code, "show", *words], check=True, capture_output=True, encoding="utf-8"
        )
        return done.stdout

    text = show("cn-proxy", "--lang", "zh")
    assert (
        "允许采用境外替代因子" in text and "uk-desnz-2025-1-101-1012-8  [proxy" in text and "CN-MEE-ELECTRICITY" in text
    )
    assert "owid" not in text  # the rules of China, not those of the rest of the world
    assert "cn-proxy" in show().splitlines()[-1]


def test_the_world_serves_only_where_the_policy_names_it() -> None:
    for name in ("cn", "uk", "us"):
        assert not [tier for rule in load_policy(name).rules for tier in rule.order if tier.world]
    assert [rule.types for rule in load_policy("global").rules for tier in rule.order if tier.world] == [("fuel.*",)]


def test_a_countrys_own_dataset_beats_the_world_average_of_the_global_policy() -> None:
    policy, library = load_policy("global"), open_library()
    for region, start, match in (
        ("GB", "uk-desnz", "exact"),
        ("CN-44", "CN-EL-AVG-44", "exact"),
        ("JP", "owid-", "proxy"),
    ):
        choice = resolve(Query("electricity", "kWh", region, 2023), basis="location", library=library, policy=policy)
        assert isinstance(choice, Choice)
        assert choice.factor.factor_id.startswith(start)
        assert choice.match == match


def test_a_policy_of_ones_own_may_change_one_thing_for_every_country(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, "name: ours\nextends: default\ngwp_mismatch: flag\n"))
    assert policy.at("CN").name == "ours (cn)"
    assert policy.at("US").gwp_mismatch == "flag"
    assert policy.at("US").rules == load_policy("us").rules


def test_a_policy_of_ones_own_may_name_single_factors(tmp_path: Path) -> None:
    text = "extends: cn\nrules:\n  - types: [electricity]\n    order:\n      - {factors: [CN-EL-LOC-31-0420]}\n"
    policy, library = load_policy(write(tmp_path, text)), open_library()
    choice = resolve(Query("electricity", "kWh", "CN-31", 2024), basis="location", library=library, policy=policy)
    assert isinstance(choice, Choice)
    assert (choice.factor.factor_id, choice.match) == ("CN-EL-LOC-31-0420", "exact")


def test_a_class_that_is_not_allowed_is_not_used(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, "extends: default\nclasses: [exact]\n"))
    library = open_library()
    for query in (
        Query("electricity", "kWh", "CN-44", 2025),
        Query("electricity", "kWh", "FR", 2023),
        Query("", "kWh", "CN", 2023, factor_id="CN-EL-AVG-CN-2023"),
    ):
        assert isinstance(resolve(query, basis="location", library=library, policy=policy), tuple)


def test_a_policy_may_refuse_the_location_factor_for_the_market(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, "extends: default\nwithout_residual_mix: refuse\n"))
    query, library = Query("electricity", "kWh", "GB", 2024), open_library()
    assert isinstance(resolve(query, basis="location", library=library, policy=policy), Choice)
    answer = resolve(query, basis="market", library=library, policy=policy)
    assert isinstance(answer, tuple)
    assert answer[0].code == "choice.residual-mix-missing"


def test_how_far_back_may_be_said(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, "extends: uk\nearlier_years: 0\n"))
    query = Query("electricity", "kWh", "GB", 2026)
    assert isinstance(resolve(query, basis="location", library=open_library(), policy=policy), tuple)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("name: [", ["policy.unreadable"]),
        ("- a\n- b\n", ["policy.wrong-value"]),
        ("name: x\n", ["policy.wrong-value"]),
        ("extends: mars\n", ["policy.wrong-value"]),
        ("extends: cn\ngwp: flag\n", ["policy.unknown-key"]),
        ("extends: cn\ngwp_mismatch: maybe\n", ["policy.wrong-value"]),
        ("extends: cn\nearlier_years: three\n", ["policy.wrong-value"]),
        ("extends: cn\nclasses: exact\n", ["policy.wrong-value"]),
        ("extends: cn\nclasses: [best]\n", ["policy.wrong-value"]),
        ("rules:\n  - order: [{datasets: [x]}]\n", ["policy.wrong-value"]),
        ("rules:\n  - types: ['*']\n    order: [{dataset: x}]\n", ["policy.unknown-key", "policy.wrong-value"]),
        ("rules:\n  - types: ['*']\n    order: [{datasets: [x], world: 1}]\n", ["policy.wrong-value"]),
        ("rules:\n  - types: ['*']\n    order: [{datasets: [x], match: exact}]\n", ["policy.wrong-value"]),
    ],
)
def test_a_policy_file_that_does_not_fit_says_where(tmp_path: Path, text: str, wanted: list[str]) -> None:
    assert codes(write(tmp_path, text)) == wanted


def test_all_faults_of_a_policy_file_are_told_at_once(tmp_path: Path) -> None:
    assert len(codes(write(tmp_path, "extends: cn\nearlier_years: -1\ngwp_mismatch: no\nfoo: 1\n"))) == 3


def test_a_file_that_is_not_there_and_a_dataset_that_is_not_held_are_told(tmp_path: Path) -> None:
    assert codes(tmp_path / "none.yaml") == ["policy.no-file"]
    slip = load_policy(write(tmp_path, "rules:\n  - types: ['*']\n    order: [{datasets: [CN-MEE-ELECTRICTY]}]\n"))
    problem = unknown_names(slip, open_library())[0]
    assert problem.code == "policy.unknown-dataset"
    assert "CN-MEE-ELECTRICITY" in problem.mend()


def test_the_policy_command_shows_rules_in_both_languages() -> None:
    def run(*words: str) -> str:
        code = "from hengtan.cli.policy import group; group()"
        line = [sys.executable, "-c", code, "show", *words]
        return subprocess.run(line, check=True, capture_output=True, encoding="utf-8").stdout

    assert "CN-MEE-ELECTRICITY-RESIDUAL" in run("cn")
    assert "市场法" in run("cn", "--lang", "zh")
    assert '"name": "uk"' in run("uk", "--json")
    assert "all other countries" in run()
