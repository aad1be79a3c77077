"""Parts of sentences come in the language of the sentence."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from hengtan.api.given import arrow
from hengtan.methods import load_method
from hengtan.problems import HengtanError, Problem, both, system

ENGLISH = re.compile(r"\b(is not|are|not a|and|the|neither|cannot|must|has|ends|at most|or)\b")
METHOD = """
id: mine
title: {en: Mine, zh: 自有}
standard: mine
unit: fathom
methane: nobody
fuel: perhaps
applies: fuel
factor: {otherwise: magic}
parameters:
  ncv: {unit: GJ_ncv/Zoll, title: {en: NCV, zh: 热值}, range: 5,
        values: [{value: viel, valid: 2024/2020, published: gestern, source: s, mark: perhaps}]}
  cc: {unit: t C/GJ_ncv, title: {en: CC, zh: 含碳量}, values: [{value: 1, valid: 2024-01-01, source: s}]}
equation:
  co2: amount * ncv *
  emissions: power(amount)
  ch4: amount + lambda x
  nonsense: amount
"""


def told(path: Path) -> list[Problem]:
    with pytest.raises(HengtanError) as refused:
        load_method(path)
    return refused.value.problems


def test_nothing_in_a_chinese_sentence_about_a_method_file_is_english(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(METHOD, "utf-8")
    problems = told(path)
    assert len(problems) >= 12
    for problem in problems:
        chinese = re.sub(r"不是公式：.*?。", "", problem.reason("zh")) + problem.mend("zh")  # Python's own words
        assert not ENGLISH.search(chinese), chinese
        assert not re.search("[\u4e00-\u9fff]", problem.reason("en")), problem.reason("en")


EQUATIONS = {
    "amount + amount / amount": "不能相加或比较",
    "amount * amount": "量纲",
    "power(amount, 2)": "只接受无单位的数",
    "amount * (cc": "不是公式",
    "min": "须加括号",
    "amount * True": "不是数字",
    "amount * power(2)": "底数和指数",
    "amount if amount else 1": "不允许",
}


@pytest.mark.parametrize(("equation", "wanted"), EQUATIONS.items())
def test_what_is_wrong_with_an_equation_is_said_in_chinese(equation: str, wanted: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"id: m\ntitle: {{en: M, zh: 自}}\nstandard: s\nunit: t\nequation: {{co2: '{equation}'}}\n", "utf-8"
    )
    assert wanted in " ".join(problem.reason("zh") for problem in told(path))


def test_a_row_of_a_table_is_told_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("activity_type,unit,ncv,source\nfuel.diesel,fathom,1,s\n", "utf-8")
    path = tmp_path / "m.yaml"
    head = "id: m\ntitle: {en: M, zh: 自}\nstandard: s\nunit: table\ntable: {file: t.csv}\n"
    path.write_text(head + "equation: {co2: amount}\n", "utf-8")
    (problem,) = [p for p in told(path) if p.code == "method.value-bad"]
    assert "t.csv, row 2" in problem.reason("en") and "t.csv，第 2 行" in problem.reason("zh")


def test_a_file_that_is_not_there_is_told_in_both_languages(tmp_path: Path) -> None:
    (problem,) = told(tmp_path / "none.yaml")
    assert "there is no such file" in problem.reason("en") and "文件或文件夹不存在" in problem.reason("zh")
    (tmp_path / "bad.yaml").write_text("a: [", "utf-8")
    (problem,) = told(tmp_path / "bad.yaml")
    assert "line 2: " in problem.reason("en") and "第 2 行：" in problem.reason("zh")


def test_what_the_system_says_has_words_of_ours_and_else_its_own() -> None:
    assert system("why", OSError(errno.ENOSPC, "No space left on device")) == both("why", "system-ENOSPC")
    assert system("why", OSError(errno.EPROTO, "Protocol error"))["why"] == "Protocol error"
    assert "Protocol error" in system("why", OSError(errno.EPROTO, "Protocol error"))["why_zh"]


def test_what_is_no_table_is_told_in_both_languages() -> None:
    with pytest.raises(HengtanError) as refused:
        arrow(5)
    (problem,) = refused.value.problems
    assert "it has no columns" in problem.reason("en") and "没有列" in problem.reason("zh")


def test_a_value_in_one_language_serves_both_sentences() -> None:
    problem = Problem("file.unreadable", values={"why": "broken"})
    assert "broken" in problem.reason("en") and "broken" in problem.reason("zh")
