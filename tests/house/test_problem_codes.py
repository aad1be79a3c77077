"""Every code has its sentences in both languages, and every sentence is used."""

import errno
import re
import string

from hengtan.problems import Problem, catalogue
from hengtan.problems.clauses import clauses

from .house import SRC

CODE = re.compile(r"""["']([a-z]+(?:-[a-z]+)*\.[a-z0-9]+(?:-[a-z0-9]+)*)["']""")


def sources():
    return {path: path.read_text("utf-8") for path in SRC.rglob("*.py")}


def test_a_problem_is_made_only_with_a_code_of_the_catalogue():
    made = re.compile(r"""\bProblem\(\s*(?:code\s*=\s*)?["']([^"']+)["']""")
    unknown = {(path.name, code) for path, text in sources().items() for code in made.findall(text)} - {
        (path.name, code) for path in sources() for code in catalogue()
    }
    assert unknown == set()


def test_whatever_looks_like_a_code_of_an_area_stands_in_the_catalogue():
    areas = {code.split(".")[0] for code in catalogue()}
    texts = [text for path, text in sources().items() if "reports" not in path.parts]  # those have words of their own
    near = {code for text in texts for code in CODE.findall(text) if code.split(".")[0] in areas and "-" in code}
    assert {code for code in near if not code.endswith((".yaml", ".csv"))} - set(catalogue()) == set()


def test_every_code_of_the_catalogue_is_used():
    everything = "\n".join(sources().values())
    assert [code for code in catalogue() if code not in everything] == []


def test_every_sentence_is_there_in_both_languages_with_the_same_gaps():
    for code, entry in catalogue().items():
        assert entry.severity in {"error", "warning"}, code
        gaps = {}
        for lang in ("en", "zh"):
            assert entry.reason[lang].strip(), code
            assert entry.mend[lang].strip(), code
            gaps[lang] = {
                name
                for text in (entry.reason[lang], entry.mend[lang])
                for _, name, _, _ in string.Formatter().parse(text)
                if name
            }
            gaps[lang] = {name.removesuffix(f"_{lang}") for name in gaps[lang]}  # a value may come in both languages
        assert gaps["en"] == gaps["zh"], code
        assert re.search("[\u4e00-\u9fff]", entry.reason["zh"] + entry.mend["zh"]), code


def test_the_place_of_a_problem_is_told_in_the_language_of_the_sentence():
    problem = Problem("type.missing", file="账单.xlsx", sheet="一月", row=12, column="活动类型")
    assert problem.sentence().startswith("账单.xlsx, sheet 一月, row 12, column 活动类型: ")
    assert problem.sentence("zh").startswith("账单.xlsx，工作表 一月，第 12 行，活动类型 列：")


def test_every_clause_is_there_in_both_languages_with_the_same_gaps_and_is_used():
    everything = "\n".join(sources().values())
    for key, entry in clauses().items():
        gaps = [
            {name.removesuffix("_zh") for _, name, _, _ in string.Formatter().parse(entry[lang]) if name}
            for lang in ("en", "zh")
        ]
        assert gaps[0] == gaps[1], key
        assert re.search("[\u4e00-\u9fff：]", entry["zh"]), key
        if key.startswith("system-"):
            assert key.removeprefix("system-") in errno.errorcode.values(), key
        else:
            assert f'"{key}"' in everything, key
