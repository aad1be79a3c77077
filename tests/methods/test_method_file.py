"""A method file is checked as a whole when it is loaded: every problem at once, each with its place."""

from pathlib import Path

import pytest
import yaml

from hengtan.methods import ids, load_method, methods
from hengtan.methods.loader import METHANE
from hengtan.problems import HengtanError, catalogue
from hengtan.units import parse

EXAMPLES = Path(__file__).parents[2] / "examples" / "methods"
GOOD = """
id: own
title: {en: Own, zh: 自有}
standard: a standard, equation 1
unit: t
inputs:
  ncv: {unit: GJ_ncv/t, title: {en: NCV, zh: 热值}}
parameters:
  cc: {unit: t C/GJ_ncv, title: {en: Carbon, zh: 含碳量}, values: [{value: "0.02", valid: 2020/, published: 2020-01-01, source: book}]}
equation:
  co2: amount * ncv * cc * co2_per_c
"""


def write(tmp_path, text):
    path = tmp_path / "own.yaml"
    path.write_text(text, "utf-8")
    return path


def codes(tmp_path, text):
    with pytest.raises(HengtanError) as told:
        load_method(write(tmp_path, text))
    for problem in told.value.problems:
        assert problem.file.endswith("own.yaml")
        assert "?" not in problem.sentence("en").replace("own.yaml", "")
        assert "?" not in problem.sentence("zh")
    return {problem.code for problem in told.value.problems}


def test_a_good_file_loads(tmp_path):
    method = load_method(write(tmp_path, GOOD))
    assert method.id == "own"
    assert method.inputs == ("ncv", "density_kg_per_L")
    assert method.equation == "co2 = amount * ncv * cc * co2_per_c"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (" * co2_per_c", "", "method.dimension"),  # the forgotten 44/12
        ("GJ_ncv/t, title", "GJ_gcv/t, title", "method.dimension"),  # gross value, net carbon content
        ("GJ_ncv/t, title", "GJ_ncv/L, title", "method.dimension"),  # per litre, amount in tonnes
        ("amount * ncv", "(amount + 1) * ncv", "method.dimension"),
        ("amount * ncv", "amount * amount * ncv", "method.dimension"),
        ("amount * ncv", "amount * unknown * ncv", "method.name-unknown"),
        ("amount * ncv", "open('x') * ncv", "method.equation-bad"),
        ("unit: t\n", "unit: tonne-ish\n", "method.value-bad"),
        ("GJ_ncv/t, title", "GJ_ncv/furlong, title", "method.value-bad"),
        ('"0.02"', '"two"', "method.value-bad"),
        ("2020/,", "2020/2019,", "method.value-bad"),
        ("2020-01-01", "yesterday", "method.value-bad"),
        ("standard: a standard, equation 1\n", "", "method.key-missing"),
        ("title: {en: Own, zh: 自有}", "title: {en: Own}", "method.key-missing"),
        ("unit: t\n", "unit: t\ncolour: red\n", "method.key-unknown"),
        ("  co2:", "  unobtainium:", "method.key-unknown"),
        ("ncv * cc", "cc", "method.unused"),
        ("source: book}", "mark: guessed, source: book}", "method.value-bad"),
        ("source: book}", "}", "method.key-missing"),
        ("  co2: amount", "  emissions: factor * amount", "method.key-missing"),
        ("unit: t\n", "unit: t\namount: {equation: quantity * quantity}\n", "method.not-linear"),
        ("unit: t\n", "unit: t\namount: {equation: quantity + 1}\n", "method.not-linear"),
        ("unit: t\n", "unit: t\nmethane: volcanic\n", "method.value-bad"),
        ("unit: t\n", "unit: t\ntable: {file: absent.csv}\n", "method.file-unreadable"),
        ("unit: t\n", "unit: t\nfuel: perhaps\n", "method.value-bad"),
        ("unit: t\n", "unit: t\napplies: fuel.*\n", "method.value-bad"),
        ("inputs:", "inputs: [", "method.file-unreadable"),
    ],
)  # fmt: skip
def test_a_broken_file_is_told_and_not_loaded(tmp_path, old, new, code):
    assert old in GOOD
    assert code in codes(tmp_path, GOOD.replace(old, new, 1))


def test_all_problems_come_at_once(tmp_path):
    broken = (
        GOOD.replace("unit: t\n", "unit: furlong\ncolour: red\n").replace('"0.02"', '"two"').replace("zh: 自有", "")
    )
    assert codes(tmp_path, broken) >= {"method.value-bad", "method.key-unknown", "method.key-missing"}


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(HengtanError, match="cannot be read"):
        load_method(tmp_path / "none.yaml")


def test_emissions_that_are_not_proportional_do_not_load(tmp_path):
    text = GOOD.replace(
        "amount * ncv * cc * co2_per_c",
        "amount * ncv * cc * co2_per_c * amount / amount - 0 * amount * ncv * cc * co2_per_c",
    )
    load_method(write(tmp_path, text))  # still of degree one
    assert "method.not-linear" in codes(
        tmp_path,
        GOOD.replace("amount * ncv * cc * co2_per_c", "ncv * cc * co2_per_c * 5").replace("GJ_ncv/t", "GJ_ncv"),
    )


@pytest.mark.parametrize("name", sorted(methods()))
def test_a_method_of_ours_says_its_standard_in_two_languages_and_its_sources(name):
    method = methods()[name]
    assert method.id == name
    assert method.standard
    assert method.title["en"] != method.title["zh"]
    assert method.methane in METHANE
    for parameter in method.parameters:
        for values in [parameter.values, *(parameter.by_type or {}).values()]:
            assert all(value.source and value.mark in ("read", "known") for value in values)
    assert all(parse(unit) for unit in method.units_by_key.values())


def test_no_two_columns_of_our_methods_share_a_name_and_differ_in_unit():
    units: dict[str, set[str]] = {}
    for method in methods().values():
        for column in (*method.input_columns, *(p for p in method.parameters if p.measurable)):
            units.setdefault(column.name, set()).add(column.unit_text)
    assert {name: texts for name, texts in units.items() if len(texts) > 1} == {}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_load(path):
    assert load_method(path).id not in ids()


def test_every_sentence_about_methods_is_in_two_languages():
    for code, entry in catalogue().items():
        if code.startswith("method."):
            assert set(entry.reason) == set(entry.mend) == {"en", "zh"}, code


def test_the_methods_need_no_more_keys_than_are_documented():
    text = (EXAMPLES / "own_method.yaml").read_text("utf-8")
    assert set(yaml.safe_load(text)) <= {
        "id",
        "title",
        "standard",
        "applies",
        "fuel",
        "unit",
        "methane",
        "inputs",
        "parameters",
        "equation",
    }


@pytest.mark.parametrize(("page", "lang"), [("docs/methods.md", "en"), ("docs/zh/methods.md", "zh")])
def test_the_page_lists_every_method_as_its_file_says(page, lang):
    text = (Path(__file__).parents[2] / page).read_text("utf-8")
    for method in methods().values():
        assert f"| `{method.id}` | {method.title[lang]} | {method.standard} |" in text, method.id
    assert text.count("\n| `") == len(methods())
