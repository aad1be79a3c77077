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
    assert [sheet.cell(1, 1).value.split()[0] for sheet in book][:7] == [
        "C.1",
        "C.2",
        "C.3",
        "C.4",
        "C.5",
        "C.6",
        "C.7",
    ]
    fuels = {row[0]: row for row in book.worksheets[2].iter_rows(values_only=True) if row[0]}
    assert fuels["参数"][2:15] == (*(f"{month}月" for month in range(1, 13)), "全年")
    assert fuels["参数"][15:] == ("获取方式", "数据来源", "计量器具", "支撑材料")
    moisture = fuels["常规燃煤机组燃煤：收到基水分"]
    amounts = fuels["常规燃煤机组燃煤：燃煤消耗量"][2:14]
    weighted = sum(a * m for a, m in zip(amounts, moisture[2:14], strict=True)) / sum(amounts)
    assert (moisture[1], moisture[2], moisture[14]) == ("%", 11.8, pytest.approx(weighted, abs=5e-5))
    assert moisture[14] != pytest.approx(sum(moisture[2:14]) / 12, abs=5e-4)
    received = fuels["常规燃煤机组燃煤：收到基元素碳含量"]
    assert received[15:17] == ("计算值", "空气干燥基元素碳含量 × (1 - 收到基水分) ÷ (1 - 空气干燥基水分)")


def form(tmp_path, method, text, lang="zh"):
    """The texts of the workbook's sheets, by the first line of each."""
    calculator = Calculator(tmp_path)
    header = "entity,process,unit_name,parameter,month,value,unit,obtained,source,meter,evidence\n"
    (tmp_path / "s.csv").write_text(header + text, "utf-8")
    done = calculator.command("sector", "calculate", tmp_path / "s.csv", "--method", method, "--year", "2024", "--out", tmp_path / "o", "--lang", lang)  # fmt: skip
    assert done.code == 0, done.out + done.err
    assert calculator.command("sector", "report", tmp_path / "o", "--lang", lang, "--format", "xlsx").code == 0
    book = openpyxl.load_workbook(tmp_path / "o/report.xlsx")
    return {
        sheet.cell(1, 1).value: [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True, min_row=3)]
        for sheet in book
    }  # fmt: skip


def test_steel_has_the_tables_of_its_guideline(tmp_path):
    text = "钢厂,,,fuel.coke.amount,,1000,t,实测值,地磅,有,地磅单.pdf\n钢厂,炼铁,,fuel.coke.amount,,400,t,实测值,,,\n钢厂,,,crude_steel,,500,t,实测值,,,\n"
    sheets = form(tmp_path, "cn-steel-2024", text)
    assert [title.split()[0] for title in sheets][:8] == [f"C.{number}" for number in range(1, 9)]
    enterprise = next(rows for title, rows in sheets.items() if title.startswith("C.3"))
    coke = next(row for row in enterprise if row and row[0] == "焦炭（兰炭参考）：净消耗量")
    assert coke[-5:] == [1000, "实测值", "地磅", "有", "地磅单.pdf"]
    processes = next(rows for title, rows in sheets.items() if title.startswith("C.4"))
    assert processes[0] == ["炼铁"]
    summary = next(rows for title, rows in sheets.items() if title.startswith("C.5"))
    assert ["其他（企业层级扣除各工序与自备电厂）", "企业层级 − 炼铁", 1840.43] in summary  # 3067.38 - 1226.95


def test_other_guidelines_have_gases_activity_data_and_factors(tmp_path):
    text = "纸厂,,,wastewater,,100000,m3,实测值,,,\n纸厂,,,cod_in,,2,kgCOD/m3,实测值,,,\n纸厂,,,cod_out,,0.5,kgCOD/m3,实测值,,,\n纸厂,,,electricity_bought,,1000,MWh,实测值,,,\n纸厂,,,grid_factor,,0.5703,tCO2/MWh,实测值,,,\n"
    sheets = form(tmp_path, "cn-paper-2015", text)
    gases = next(rows for title, rows in sheets.items() if title.startswith("附表 1"))
    assert ["废水厌氧处理排放", "直接排放", "CH4", 18.75, 393.75] in gases  # 150,000 kg x 0.25 x 0.5 / 1000, CH4 21
    totals = {row[0]: row[-1] for row in gases if row and row[0].startswith("排放总量")}
    assert list(totals.values()) == [393.75, 964.05]  # without and with 570.30 t of power
    activity = next(rows for title, rows in sheets.items() if title.startswith("附表 2"))
    assert "厌氧处理废水量" in {row[0] for row in activity if row}  # read through what follows from it
    factors = next(rows for title, rows in sheets.items() if title.startswith("附表 3"))
    mcf = next(row for row in factors if row and row[0] == "甲烷修正因子")
    assert "[K] 国家发展改革委造纸指南（2015）" in mcf


def test_an_auxiliary_parameter_of_the_guideline_is_no_slip(tmp_path):
    sheets = form(
        tmp_path, "cn-aluminium-2024", "铝厂,,,aluminium,,100,t,实测值,,,\n铝厂,,,electricity,,1350,MWh,实测值,,,\n"
    )
    assert sheets["校核提示"] == [["校核未发现问题。"]]
    beside = next(rows for title, rows in sheets.items() if title.startswith("辅助参数"))
    assert "消耗电量（辅助参数）" in {row[0] for row in beside if row}


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
