"""A plan as it is read: on a terminal of 80 columns, and in a workbook that says the same as plan.json."""

import json
from datetime import date
from decimal import Decimal

import jsonschema
import openpyxl
import pytest
from rich.cells import cell_len

from golden.calculating import EXAMPLES, Calculator
from hengtan.market.compliance import plan, record, schema, write

from .compliance_cases import case, ccer, cea, entity, future, spot

OUTPUT = jsonschema.Draft202012Validator(schema("output"))
RIGHT, GROUP = (EXAMPLES / f"comply/{name}.json" for name in ("yongjiang", "group"))


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """By input and language what was printed, the record, and the workbook."""
    folder = tmp_path_factory.mktemp("told")
    made = {}
    for source, lang in ((RIGHT, "en"), (GROUP, "zh")):
        out = folder / lang
        printed = Calculator(folder).command("comply", "plan", source, "--out", out, "--lang", lang)
        assert printed.code == 0
        made[lang] = (
            printed.out,
            json.loads((out / "plan.json").read_text("utf-8")),
            openpyxl.load_workbook(out / "plan.xlsx"),
        )
    return made


def rows(sheet):
    """The rows of a sheet below its heads, by head."""
    lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    first = next(at for at, line in enumerate(lines) if all(each is not None for each in line))
    return [dict(zip(lines[first], line, strict=True)) for line in lines[first + 1 :]]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_terminal_of_80_columns_holds_every_line(planned, lang):
    printed, made, _book = planned[lang]
    assert [line for line in printed.splitlines()[:-1] if cell_len(line) > 80] == []
    for each in made["lines"][:20]:
        assert each["why"][lang].replace(" ", "")[:12] in printed.replace("\n", "").replace(" ", "")


def test_steps_of_a_group_stand_under_whose_they_are_and_the_year(planned):
    printed = planned["zh"][0]
    assert "[东岭发电有限公司 2025]\n清缴 CEA25 自有配额" in printed
    assert "[东岭发电有限公司 2026]" in printed
    assert "[" not in planned["en"][0].split("Step")[1].split("Otherwise")[0]


def test_what_is_noted_names_the_place_as_a_person_calls_it(planned):
    assert "/entities/0/holdings/3 (甬江热电有限公司 · CEA24 未结转)" in planned["en"][0]
    made = case(entity(holdings=[cea(900)]), offers=[spot()])
    assert [made.place(each) for each in ("/offers/0/price_cny_t", "/offers/7", "/entities/x", "/years/0", "")] == [
        "spot",
        "",
        "",
        "",
        "",
    ]


def test_the_workbook_says_what_the_record_says(planned):
    _, made, book = planned["zh"]
    steps, stands, holdings, futures, others, days, notes, rules = (rows(book[name]) for name in book.sheetnames)
    assert [(each["单位"], each["数量（吨）"], each["理由"]) for each in steps[:-1]] == [
        (each["name"], each["t"], each["why"]["zh"]) for each in made["lines"]
    ]
    head = " ".join(str(book.worksheets[0].cell(at, 1).value) for at in range(1, 6))
    cost, gap = (f"{Decimal(made[key]):,.2f}" for key in ("cost_cny", "gap_cny"))
    assert f"3 个情景的期望支出：{cost} 元" in head
    assert made["status"] == "optimal" or f"不超过 {gap} 元" in head
    assert f"属于概率最大的情景“{made['lines_of']}”" in head
    assert Decimal(str(steps[-1]["支出（元）"])) == Decimal(
        next(each["cost_cny"] for each in made["scenarios"] if each["name"] == made["lines_of"])
    )
    for row, each in zip(stands, made["positions"], strict=True):
        assert (row["缺口（吨）"], row["结余（吨）"], row["P90 时缺口（吨）"]) == (
            each["gap_t"],
            each["spare_t"],
            each["gap_high_t"],
        )
        assert (row["罚款计算单价（元/吨）"], row["单价依据"]) == (
            float(each["fine"]["price_cny_t"]),
            "最近一个月行情均价",
        )
    assert {each["来源"] for each in holdings} == {"已发放", "买入", "配额发放（见待发配额）"}
    assert len(futures) == 9
    assert [row["较本计划（元）"] for row in others] == [float(each["more_cny"]) for each in made["alternatives"]]
    named = {each["entity"]: each["name"] for each in made["positions"]}
    assert [row["单位"] or "" for row in days] == [named.get(each["entity"], "") for each in made["calendar"]]
    assert len(notes) == len(made["notes"])
    assert made["risk"]["parametric_cny"] in " ".join(row["内容"] for row in rules).replace(",", "")
    assert len(rules) == len(made["penalties"]) + 1 + len(made["prices"]["months"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_where_there_is_no_plan_the_workbook_says_so(tmp_path, lang):
    found = plan(case(entity(holdings=[cea(900)]), offers=[spot(most_t=3)]))
    OUTPUT.validate(record(found))
    write(tmp_path, found, lang)
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    told = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert ("no plan keeps the rules" if lang == "en" else "没有可行的计划") in told
    assert any(("(97 t)" if lang == "en" else "缺 97 吨") in each for each in told)


def test_what_is_bought_at_one_deadline_for_a_later_year_is_done_at_that_deadline():
    one = entity("a", ((2025, 100), (2026, 100)), [cea(100)])
    found = plan(case(one, years=(2025, 2026), scenarios=[future("one", "1", [(2025, "50"), (2026, "90")])]))
    bought = next(each for each in found.lines if each.source == "later")
    assert (bought.window, bought.year, bought.by, bought.cost_cny) == (
        "2025",
        2026,
        date(2026, 12, 31),
        Decimal("5000.00"),
    )


def test_who_has_more_than_enough_does_not_buy_what_he_sells_at_the_same_price():
    """1,000 due, 1,000 CEA and 60 CCER: 50 CCER free 50 CEA, which are sold at 90; to sell 100 more one would have to buy them at 90."""
    one = entity(holdings=[cea(1000), ccer(60)], sales_t={2025: 150})
    found = plan(case(one, scenarios=[future("one", "1", [(2025, "90")])]))
    assert found.cost_cny == Decimal("-4500.00")
    assert (found.futures[0].sold_t, found.futures[0].bought_t) == ({2025: 50}, {2025: 0})


def test_a_credit_that_ends_goes_before_one_that_is_kept_where_it_costs_the_same():
    """5 t a year may be credits: of 7 that end with 2024 (deadline of 2023) and 7 that stay, 5 of the first go to 2023."""
    held = [cea(180, 2023), ccer(7, date(2016, 1, 1), "old"), ccer(7, date(2024, 6, 1), "new")]
    one = entity("a", ((2023, 100), (2024, 100)), held)
    today = date(2024, 11, 20)
    found = plan(
        case(one, years=(2023, 2024), as_of=today, buy_until=today, offers=[spot("50", 2023, delivered=today)])
    )
    assert found.cost_cny == Decimal("500.00")
    assert [(each.id, each.year, each.t) for each in found.lines if each.action == "offset"] == [
        ("old", 2023, 5),
        ("new", 2024, 5),
    ]
