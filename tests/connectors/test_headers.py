"""Headers in Chinese and English."""

import pytest

from hengtan.connectors.headers import headings, name_of

from .conftest import HEADER, quantities, row


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("活动编号", "activity_id"), ("设施", "facility"), ("排放源", "activity_type"), ("活动类型", "activity_type"),
        ("开始日期", "start"), ("结束日期", "end"), ("数量", "quantity"), ("用量", "quantity"), ("单位", "unit"),
        ("地区", "region"), ("供应商", "supplier"), ("Facility", "facility"), ("Site", "facility"), ("Activity", "activity_type"),
        ("From", "start"), ("To", "end"), ("Amount", "quantity"), (" QTY. ", "quantity"), ("UoM", "unit"),
        ("Start_Date", "start"), ("start-date*", "start"), ("ＳＴＡＲＴ", "start"), ("用量（必填）", "quantity"), ("End\nDate", "end"),
        ("备注", None), ("colour", None), ("", None),
    ],
)  # fmt: skip
def test_a_header_is_known_in_its_many_writings(header, name):
    assert name_of(header) == name


def test_every_canonical_column_has_a_name_in_both_languages_and_knows_itself():
    assert len(headings()) == 18
    for heading in headings().values():
        assert name_of(heading.name) == name_of(heading.title["zh"]) == name_of(heading.title["en"]) == heading.name


def test_two_headers_for_one_column_are_told(tmp_path, refused):
    path = tmp_path / "t.csv"
    path.write_text("活动编号,设施,活动类型,开始日期,结束日期,用量,数量,单位\n1,a,b,2023,2023,5,5,t\n")
    assert refused(path) == ["file.column-twice"]


def test_a_canonical_name_wins_and_its_alias_stays_a_tag(csv_of):
    intake = csv_of([[*row(), "99", "DE"]], header=[*HEADER, "Amount", "country"])
    assert quantities(intake) == ["5"]
    assert intake.sources[0].data.column("Amount").to_pylist() == ["99"]
    assert intake.sources[0].headers["region"] == "country"


def test_missing_columns_are_named_with_the_nearest_header(tmp_path):
    import pytest as p

    from hengtan.connectors import read
    from hengtan.problems import HengtanError

    path = tmp_path / "t.csv"
    path.write_text("activity_id,facility,activity_type,start,end,Quantity (kWh),units used\n1,a,b,2023,2023,5,t\n")
    with p.raises(HengtanError) as caught:
        read([path])
    reason = caught.value.problems[0].reason("en")
    assert "quantity (数量)" in reason
    assert "quantity ← Quantity (kWh)" in reason
    assert "unit ← units used" in reason


def test_a_file_without_any_known_header_says_what_it_begins_with(tmp_path, refused):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    assert refused(path) == ["file.no-header"]


def test_the_activity_type_may_be_missing_where_factors_are_pinned(csv_of):
    header = [name for name in HEADER if name != "activity_type"]
    line = [cell for name, cell in zip(HEADER, row(), strict=True) if name != "activity_type"]
    assert quantities(csv_of([[*line, "F1"]], header=[*header, "factor_id"])) == ["5"]
