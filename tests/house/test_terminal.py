"""What the command line prints at eighty columns."""

from unicodedata import east_asian_width

from golden.calculating import Calculator, activity
from hengtan.cli.wrap import wrapped

TOLD = "没有适用于 travel.air（每 p.km，CN-32，2023 年）的排放因子。已查：无，策略中没有该类型的规则。最接近：无。"


def columns(line):
    return sum(1 + (east_asian_width(c) in "WF") for c in line)


def test_chinese_is_broken_between_characters_and_nothing_is_lost():
    for width in range(16, 80):
        lines = wrapped(TOLD, width, "  ").split("\n")
        assert max(map(columns, lines)) <= width + 2 + 2  # the indent, and a full stop that may not begin a line
        assert "".join("".join(lines).split()) == "".join(TOLD.split())


def test_no_line_begins_with_a_stop_or_ends_with_a_bracket():
    for width in range(16, 80):
        lines = wrapped(TOLD, width, "").split("\n")
        assert not [line for line in lines if line[0] in "，。：）" or line[-1] == "（"]


def test_the_summary_names_match_classes_and_types_in_the_language_that_is_asked(tmp_path):
    run = Calculator(tmp_path)
    rows = [activity("a"), activity("b", activity_type="steam", unit="room.night"), activity("c", region="GB-SCT")]
    zh, en = run.table(rows, "--lang", "zh").out, run.table(rows).out
    assert "精确匹配 exact 1、更大区域 parent-region 1" in zh and "“外购蒸汽（steam）”" in "".join(zh.split())
    assert "exact 1, parent-region 1" in en and "蒸汽" not in en
