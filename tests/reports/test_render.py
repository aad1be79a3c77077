import re
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hengtan import reports
from hengtan.problems import HengtanError
from hengtan.reports import FORMATS, LANGUAGES, STANDARDS, render
from hengtan.reports.document import document, standard_file
from hengtan.reports.parts import PARTS
from hengtan.reports.reading import Reading
from hengtan.reports.sentences import Words, phrases
from reports import samples

Drawn = Callable[..., Path]
SOURCE = Path(reports.__file__).parent


@pytest.mark.parametrize("standard", STANDARDS)
def test_the_same_data_give_the_same_bytes(tmp_path: Path, standard: str) -> None:
    once, again = tmp_path / "once", tmp_path / "again"
    for folder in (once, again):
        folder.mkdir()
        render(samples.plant(), folder, FORMATS, "zh", standard)
    for name in FORMATS:
        assert (once / f"report.{name}").read_bytes() == (again / f"report.{name}").read_bytes(), name


def test_wall_clock_and_phases_of_the_run_do_not_enter_the_report(tmp_path: Path) -> None:
    data = samples.plant()
    before = [p.read_bytes() for p in render(data, tmp_path)]
    data.manifest["phases"]["plan"] = 99.0  # type: ignore[index]
    time.sleep(1.1)
    assert [p.read_bytes() for p in render(data, tmp_path)] == before


def test_paths_come_back_in_the_order_asked_for_and_nothing_else_is_left(tmp_path: Path) -> None:
    assert [p.name for p in render(samples.empty(), tmp_path, ("html", "pdf"))] == ["report.html", "report.pdf"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "report.pdf"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"formats": ("docx",)}, "report.format-unknown"),
        ({"lang": "fr"}, "report.language-unknown"),
        ({"standard": "x"}, "report.standard-unknown"),
    ],
)
def test_an_unknown_choice_is_refused_before_anything_is_written(
    tmp_path: Path, given: dict[str, object], code: str
) -> None:
    with pytest.raises(HengtanError) as caught:
        render(samples.empty(), tmp_path, **given)  # type: ignore[arg-type]
    assert caught.value.problems[0].code == code and list(tmp_path.iterdir()) == []


def test_every_item_of_iso_14064_1_clause_9_3_1_is_answered_or_said_to_be_missing() -> None:
    spec = standard_file("iso14064")
    assert "".join(item["id"] for item in spec["items"]) == "abcdefghijklmnopqrst"
    made = document(samples.toronto(), "en", "iso14064")
    index = next(section for section in made.sections if "Required" in section.title)
    rows = index.blocks[1].rows  # type: ignore[union-attr]
    told = {row[0].text: row[2].text for row in rows}
    assert told["c"] == "Section 3" and told["o"] == "Section 12"
    assert told["s"] == "Missing; from the verifier"
    assert told["k"].startswith("Missing") and told["j"].startswith("Section 6, in part")


@pytest.mark.parametrize("name", STANDARDS)
def test_the_file_of_a_standard_names_only_parts_fields_and_needs_that_exist(name: str) -> None:
    spec = standard_file(name)
    ids = {section["id"] for section in spec["sections"]}
    reading = Reading(samples.plant(), Words("en"))
    for section in spec["sections"]:
        assert set(section["parts"]) <= set(PARTS), section
        assert all(f"org.{field}" in phrases() for field in section.get("fields", ())), section
    for item in spec["items"]:
        assert item["section"] in ids and f"who.{item['who']}" in phrases()
        assert all(isinstance(reading.known(need), bool) for need in item["needs"])


def test_every_phrase_is_written_in_both_languages_with_the_same_gaps() -> None:
    for key, texts in phrases().items():
        assert set(texts) == {"en", "zh"}, key
        gaps = [set(re.findall(r"\{(\w+)\}", texts[lang])) for lang in ("en", "zh")]
        assert gaps[0] == gaps[1], key


def test_no_phrase_is_unused() -> None:
    code = "\n".join(path.read_text("utf-8") for path in [*SOURCE.rglob("*.py"), *SOURCE.glob("standards/*.yaml")])
    families = (
        "category.",
        "match.",
        "severity.",
        "approach.",
        "gwp.source.",
        "effect.",
        "org.",
        "cn.",
        "iso.",
        "basis.",
        "scope.",
        "who.",
        "status.",
        "sheet.",
        "headline.",
        "part.",
        "statement.",
        "role.",
        "gas.",
    )
    named = set(re.findall(r"""["']([\w.-]+)["']""", code))
    unused = [key for key in phrases() if key not in named and not key.startswith(families)]
    assert unused == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_both_results_of_scope_2_stand_side_by_side_and_are_never_added(drawn: Drawn, lang: str) -> None:
    made = document(samples.plant(), lang, "ghgp")
    assert [figure.value for figure in made.figures[:5]] == [
        "44,438.75",
        "7,653.15",
        "10,630.60",
        "8,112.00",
        "26,155.00",
    ]


def test_the_chinese_form_is_chinese_whatever_is_asked_with_english_headings_beside() -> None:
    made = document(samples.plant(), "en", "cn-enterprise")
    assert made.lang == "zh" and made.sections[0].title == "报告主体基本信息 Reporting entity"
    assert "44,438.75" not in str(made.sections[2].blocks), "scope 3 is no part of the form"
    assert "18,283.75" in str(made.sections[2].blocks)


def test_factors_not_verified_against_their_source_are_marked_everywhere(drawn: Drawn) -> None:
    folder = drawn("plant", "en", "iso14064")
    assert (folder / "report.html").read_text("utf-8").count("not verified against") >= 2


def test_a_thousand_facilities_in_three_formats_take_less_than_a_second_and_a_half_of_cpu(tmp_path: Path) -> None:
    data = samples.toronto()
    start = time.process_time()
    render(data, tmp_path)
    assert time.process_time() - start < 1.5


def test_a_frequent_warning_does_not_push_the_rare_ones_out_of_sight() -> None:
    data = samples.plant()
    made = document(data, "zh", "iso14064")
    section = next(section for section in made.sections if section.title == "未入账的数据与提示")
    table = section.blocks[-1]
    shown = [row[2].text for row in table.rows[: table.head]]  # type: ignore[union-attr]
    assert shown.count("因子只公布 CO2e，且未注明 GWP。") == 6 and shown.count("数量 -12 小于零。") == 3
    assert len(table.rows) == len(data.problems) and "309" not in shown  # type: ignore[union-attr]
    assert table.rest[0].text == "其余 304 项"  # type: ignore[union-attr]


def test_a_gas_that_no_factor_states_is_not_shown_as_zero() -> None:
    data = samples.plant()
    only_co2 = [
        {**row, "ch4_kg": None, "n2o_kg": None, "other_co2e_kg": None if row["co2_kg"] is None else Decimal(0)}
        for row in data.gases
    ]
    made = document(replace(data, gases=only_co2), "en", "iso14064")
    table = next(s for s in made.sections if s.title.startswith("Direct")).blocks[0]
    told = {row[0].text: row[1].text for row in table.rows}  # type: ignore[union-attr]
    assert told["CH₄"] == told["N₂O"] == "not stated" and told["CO₂"] == "7,447.00"
