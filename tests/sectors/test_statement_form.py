"""The annual report of a statement, on paper, on screen and as a workbook."""

from pathlib import Path

import openpyxl
import pymupdf
import pytest

from golden.calculating import Calculator

EXAMPLES = Path(__file__).parents[2] / "examples/sector"


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """The folder of the power company's statement with its reports in Chinese."""
    folder = tmp_path_factory.mktemp("form")
    calculator = Calculator(folder)
    out = folder / "out"
    done = calculator.command(
        "sector",
        "calculate",
        EXAMPLES / "power.csv",
        "--method",
        "cn-power-2022",
        "--year",
        "2024",
        "--out",
        out,
        "--lang",
        "zh",
    )
    assert done.code == 0, done.err
    told = calculator.command("sector", "report", out, "--about", EXAMPLES / "about.yaml", "--lang", "zh")
    assert told.code == 0, told.err
    return out


def test_the_paper_holds_entity_months_equations_and_signature(reported):
    with pymupdf.open(reported / "report.pdf") as pdf:
        text = "\n".join(page.get_text() for page in pdf)
        boxes = [span for page in pdf for span in page.get_texttrace() if any(char[1] == 0 for char in span["chars"])]
    assert not boxes
    for part in (
        "统一社会信用代码",
        "91330200MA0000000X",
        "收到基水分",
        "4,812,870.68",
        "实测值",
        "法定代表人（签字）",
        "第 3 页",
    ):
        assert part in text, part


def test_the_page_loads_nothing_and_says_the_same(reported):
    text = (reported / "report.html").read_text("utf-8")
    assert "4,812,870.68" in text
    assert "<script" not in text
    assert "http-equiv" in text


def test_the_workbook_has_real_numbers_and_no_formulas(reported):
    book = openpyxl.load_workbook(reported / "report.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert 4812870.68 in [cell.value for cell in cells if cell.data_type == "n"]
    assert len(book.worksheets) == 8


def test_what_a_person_wrote_is_text_in_every_form(tmp_path):
    calculator = Calculator(tmp_path)
    name = "=HYPERLINK(1)<b>#box[x]"
    (tmp_path / "s.csv").write_text(
        f"entity,process,unit_name,parameter,month,value,unit,obtained,source\n{name},,,aluminium,,10,t,measured,=1+1\n",
        "utf-8",
    )
    assert (
        calculator.command(
            "sector", "calculate", tmp_path / "s.csv", "--method", "cn-aluminium-2024", "--out", tmp_path / "o"
        ).code
        == 0
    )
    assert calculator.command("sector", "report", tmp_path / "o", "--lang", "en").code == 0
    assert "<b>#box" not in (tmp_path / "o/report.html").read_text("utf-8")
    book = openpyxl.load_workbook(tmp_path / "o/report.xlsx")
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    with pymupdf.open(tmp_path / "o/report.pdf") as pdf:
        assert "=HYPERLINK(1)<b>#box[x]" in "".join(page.get_text() for page in pdf).replace("\u200b", "").replace(
            "\n", ""
        )


def test_a_field_that_no_form_prints_is_refused(reported, tmp_path):
    (tmp_path / "about.yaml").write_text("colour: blue\n", "utf-8")
    assert (
        Calculator(tmp_path)
        .command("sector", "report", reported, "--about", tmp_path / "about.yaml", "--format", "xlsx")
        .code
        == 2
    )
