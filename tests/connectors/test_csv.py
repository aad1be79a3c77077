"""CSV files: encodings, separators, quotes, row numbers, ragged rows."""

from datetime import date
from decimal import Decimal

import pytest

from hengtan.connectors import csv_file, read

from .conftest import HEADER, codes, quantities, row

ZH = "活动编号,设施,活动类型,开始日期,结束日期,用量,单位,备注\r\n1,一号厂房,电力,2023年1月1日,2023年1月31日,1.2万,千瓦时,抄表\r\n"


def test_canonical_columns_and_tags_come_out_typed(csv_of):
    intake = csv_of([[*row(), "left bank"]], header=[*HEADER, "meter"])
    (line,) = intake.sources[0].data.to_pylist()
    assert line == {
        "activity_id": "A1", "facility": "Plant", "activity_type": "electricity", "start": date(2023, 1, 1),
        "end": date(2023, 1, 31), "quantity": "5", "unit": "kWh", "meter": "left bank", "row": 2, "unreadable": False,
    }  # fmt: skip
    assert intake.sources[0].letters["quantity"] == "F"
    assert intake.problems == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_chinese_files_are_read_in_utf8_with_and_without_bom_and_in_gb18030(csv_of, encoding):
    (line,) = csv_of(ZH, encoding=encoding).sources[0].data.to_pylist()
    assert (line["facility"], line["quantity"], line["unit"], line["备注"]) == ("一号厂房", "12000", "千瓦时", "抄表")


def test_a_rare_character_of_four_bytes_is_read_from_gb18030(csv_of):
    (line,) = csv_of(ZH.replace("抄表", "𠮷野家备注文字"), encoding="gb18030").sources[0].data.to_pylist()
    assert line["备注"] == "𠮷野家备注文字"


@pytest.mark.parametrize("name", ["Zürich", "Café Noir", "Œuvre São Paulo", "Ærø"])
def test_western_european_bytes_are_refused_and_not_read_as_chinese(tmp_path, refused, name):
    path = tmp_path / "w.csv"
    path.write_bytes((",".join(HEADER) + "\n" + ",".join(row(facility=name)) + "\n").encode("cp1252"))
    assert refused(path) == ["file.encoding"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf16_is_refused(tmp_path, refused, encoding):
    path = tmp_path / "u.csv"
    path.write_bytes(ZH.encode(encoding))
    assert refused(path)[0] in ("file.encoding", "file.kind")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_comma_semicolon_and_tab_separate(csv_of, separator):
    assert quantities(csv_of([row(), row(quantity="6.5")], separator=separator)) == ["5", "6.5"]


def test_a_decimal_comma_in_a_semicolon_file_is_read_when_the_column_shows_it(csv_of):
    intake = csv_of([row(quantity="1.234,5"), row(quantity="1,234"), row(quantity="7")], separator=";")
    assert quantities(intake) == ["1234.5", "1.234", "7"]


def test_a_lone_comma_is_ambiguous_in_any_file(csv_of):
    intake = csv_of([row(quantity="1,234"), row(quantity="7")], separator=";")
    assert codes(intake) == [("cell.number-ambiguous", 2)]
    assert intake.sources[0].data.column("unreadable").to_pylist() == [True, False]


def test_a_column_that_writes_a_thousand_and_a_half_with_the_same_comma_is_ambiguous(csv_of):
    intake = csv_of([row(quantity="1,000"), row(quantity="1,5")], separator=";")
    assert codes(intake) == [("cell.number-ambiguous", 2)]
    assert intake.sources[0].data.column("unreadable").to_pylist() == [True, False]


def test_commas_taken_for_decimal_signs_are_told_once_for_a_column(csv_of):
    intake = csv_of([row(quantity="1,5"), row(quantity="1,234"), row(quantity="2,345")], separator=";")
    assert quantities(intake) == ["1.5", "1.234", "2.345"]
    assert [(p.code, p.row, p.severity) for p in intake.problems] == [("cell.number-comma", 3, "warning")]
    assert "1,234" in intake.problems[0].sentence() and "1.234" in intake.problems[0].sentence()
    assert csv_of([row(quantity="1,5"), row(quantity="12,75")], separator=";").problems == ()


def test_evidence_may_stand_below_the_cell_it_decides(csv_of):
    assert quantities(csv_of([row(quantity="1,234"), row(quantity="1.234"), row(quantity="56.7")])) == [
        "1234",
        "1.234",
        "56.7",
    ]
    assert quantities(csv_of([row(quantity="1.234"), row(quantity="56,7")])) == ["1234", "56.7"]


def test_a_cell_with_line_breaks_does_not_move_the_rows_below(csv_of):
    intake = csv_of([row(facility="two\nlines"), row(quantity="x"), row(facility='say "hi"')])
    assert intake.sources[0].data.column("facility").to_pylist() == ["two\nlines", "Plant", 'say "hi"']
    assert codes(intake) == [("cell.number-unreadable", 3)]


def test_ragged_rows_are_told_with_their_row_and_do_not_move_the_others(csv_of):
    lines = [
        ",".join(HEADER),
        "A1,P",
        ",".join(row()),
        "A2,P,electricity,2023,2023,5,kWh,too,many",
        ",".join(row(quantity="x")),
    ]
    intake = csv_of("\n".join(lines) + "\n")
    assert sorted(codes(intake), key=lambda c: c[1]) == [
        ("cell.row-ragged", 2), ("cell.row-ragged", 4), ("cell.number-unreadable", 5)]  # fmt: skip
    table = intake.sources[0].data
    assert sorted(table.column("row").to_pylist()) == [2, 3, 4, 5]
    assert intake.sources[0].rows == 4


def test_empty_cells_beyond_the_header_do_no_harm(csv_of):
    intake = csv_of(",".join(HEADER) + "\n" + ",".join(row()) + ",,\n" + ",".join(row(quantity="6")) + "\n")
    assert sorted(quantities(intake)) == ["5", "6"]
    assert intake.problems == ()


def test_empty_rows_are_no_rows(csv_of):
    intake = csv_of(",".join(HEADER) + "\n\n,,,,,,\n" + ",".join(row()) + "\n , ,\u3000, , , , \n\n")
    assert intake.sources[0].rows == 1
    assert intake.sources[0].data.column("row").to_pylist() == [4]


def test_titles_above_the_header_are_passed_over_and_counted(csv_of):
    intake = csv_of("Energy report 2023\n\n" + ",".join(HEADER) + "\n" + ",".join(row(quantity="x")) + "\n")
    assert codes(intake) == [("cell.number-unreadable", 4)]


def test_a_quote_that_nobody_closes_is_found_before_rows_are_lost(tmp_path, refused):
    path = tmp_path / "q.csv"
    path.write_text(
        ",".join(HEADER) + '\nA1,"Plant,electricity,2023,2023,5,kWh\n' + "\n".join(",".join(row()) for _ in range(50))
    )
    assert refused(path) == ["file.quote-open"]


def test_an_inch_mark_inside_a_text_is_no_quote(csv_of):
    intake = csv_of(",".join(HEADER) + "\n" + ",".join(row(facility='5" pipe')) + "\n")
    assert intake.sources[0].data.column("facility").to_pylist() == ['5" pipe']


def test_a_currency_sign_must_agree_with_the_unit(csv_of):
    intake = csv_of(
        [row(quantity="¥3,000.00", unit="CNY_2023"), row(quantity="$5", unit="CNY_2023"), row(quantity="$5")]
    )
    assert quantities(intake)[0] == "3000.00"
    assert codes(intake) == [("cell.number-currency", 3), ("cell.number-currency", 4)]


def test_not_finite_and_negative_numbers_are_read_and_left_for_the_inventory(csv_of):
    intake = csv_of([row(quantity=q) for q in ("nan", "inf", "-5", "1e5", "(5)", "")])
    assert quantities(intake) == ["nan", "inf", "-5", "1e5", "-5", None]
    assert intake.problems == ()


def test_a_failed_formula_in_any_canonical_column_is_told(csv_of):
    intake = csv_of(
        [
            row(facility="#REF!"),
            row(quantity="#DIV/0!"),
            row(start="#N/A"),
            row(unit="#NAME?"),
            row(activity_id="#NULL!"),
        ]
    )
    assert sorted(codes(intake), key=lambda c: c[1]) == [("cell.formula-error", n) for n in range(2, 7)]


def test_a_header_without_rows_is_no_data(tmp_path, refused):
    path = tmp_path / "h.csv"
    path.write_text(",".join(HEADER) + "\n")
    assert refused(path) == ["file.no-rows"]
    path.write_text(",".join(HEADER))
    assert refused(path) == ["file.no-rows"]
    path.write_text(",".join(HEADER) + "\n,,,,,,\n")
    assert refused(path) == ["file.no-rows"]


def test_a_file_in_blocks_reads_as_the_same_file_in_one(csv_of, monkeypatch):
    rows = [row(activity_id=f"A{n}", quantity=f"{n},{n % 1000:03d}.5" if n % 7 else str(n), facility="P\nQ" if n % 5 else "R")
            for n in range(1, 900)]  # fmt: skip
    whole = csv_of(rows).sources[0].data
    monkeypatch.setattr(csv_file, "BLOCK_BYTES", 4096)
    monkeypatch.setattr(csv_file, "IN_MEMORY_BYTES", 1000)
    intake = csv_of(rows, name="blocks.csv")
    import pyarrow.parquet as pq

    stored = pq.read_table(intake.sources[0].data).to_pylist()
    assert [{k: r[k] for k in ("row", "quantity", "facility", "start", "activity_id")} for r in stored] == [
        {k: r[k] for k in ("row", "quantity", "facility", "start", "activity_id")} for r in whole.to_pylist()]  # fmt: skip


def test_ragged_rows_are_numbered_right_across_blocks(csv_of, monkeypatch):
    monkeypatch.setattr(csv_file, "BLOCK_BYTES", 2048)
    lines = [",".join(HEADER)] + [("A,B" if n % 10 == 0 else ",".join(row(activity_id=str(n)))) for n in range(2, 400)]
    table = csv_of("\n".join(lines)).sources[0].data
    for line in table.to_pylist():
        assert line["activity_id"] == (str(line["row"]) if line["row"] % 10 else None)


def test_a_block_with_a_decimal_comma_changes_the_reading_of_blocks_before_it(csv_of, monkeypatch):
    monkeypatch.setattr(csv_file, "BLOCK_BYTES", 2048)
    rows = [row(quantity="1.234")] * 200 + [row(quantity="0,5")]
    assert set(quantities(csv_of(rows))) == {"1234", "0.5"}


def test_several_files_are_read_and_all_bad_ones_are_told_together(tmp_path):
    good = tmp_path / "good.csv"
    good.write_text(",".join(HEADER) + "\n" + ",".join(row()) + "\n")
    assert [s.file for s in read([good, str(good)]).sources] == [str(good), str(good)]
    import pytest as p

    from hengtan.problems import HengtanError

    with p.raises(HengtanError) as caught:
        read([good, tmp_path / "missing.csv", tmp_path])
    assert [x.code for x in caught.value.problems] == ["file.missing", "file.folder"]


def test_at_most_ten_thousand_problems_are_listed_and_the_rest_is_counted(csv_of):
    intake = csv_of([row(quantity="x")] * 10_050)
    assert len(intake.problems) == 10_000
    assert intake.unlisted == {"cell.number-unreadable": 50}
    assert sum(intake.sources[0].data.column("unreadable").to_pylist()) == 10_050


def test_tags_that_bear_names_we_use_are_renamed(csv_of):
    intake = csv_of([[*row(), "x", "y", "z"]], header=[*HEADER, "Row", "note", "Note"])
    (line,) = intake.sources[0].data.to_pylist()
    assert (line["Row (2)"], line["note"], line["Note (2)"], line["row"]) == ("x", "y", "z", 2)


def test_every_digit_of_a_long_quantity_is_kept(csv_of):
    assert [Decimal(q) for q in quantities(csv_of([row(quantity="123456789012.123456789")]))] == [
        Decimal("123456789012.123456789")
    ]
