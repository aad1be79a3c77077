"""The input of a compliance plan as a workbook: there and back it is the same, and what is wrong is told with sheet, row and column."""

import copy
import json
import zipfile
from datetime import date, timedelta

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golden.calculating import EXAMPLES, Calculator
from hengtan.connectors.plan_template import write_plan_workbook
from hengtan.connectors.plan_workbook import read_input
from hengtan.market.compliance import case_of, case_of_text
from hengtan.market.compliance.cells import value_of
from hengtan.market.compliance.flat import as_text, checked, tables_of
from hengtan.market.compliance.schema import schema, wrong
from hengtan.market.compliance.sheets import example, table, tables
from hengtan.problems import HengtanError

ONE, GROUP = (json.loads((EXAMPLES / f"comply/{name}.json").read_text("utf-8")) for name in ("yongjiang", "group"))


def through(path, value, lang="zh"):
    write_plan_workbook(path, tables_of(value), lang)
    return read_input(path, path.name)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("value", [ONE, GROUP], ids=["one", "group"])
def test_the_examples_come_back_from_a_workbook_of_either_language(tmp_path, value, lang):
    again = through(tmp_path / "case.xlsx", value, lang)
    assert case_of(again) == case_of(value)
    assert through(tmp_path / "again.xlsx", again, lang) == again


def test_every_key_of_the_schema_has_a_cell():
    def leaves(of, path=()):
        if "$ref" in of:
            of = schema()["$defs"][of["$ref"].rpartition("/")[2]] | {k: v for k, v in of.items() if k != "$ref"}
        if of.get("type") == "object" and "properties" in of:
            return {leaf for name, each in of["properties"].items() for leaf in leaves(each, (*path, name))}
        if of.get("type") == "array" and ("properties" in of["items"] or "$ref" in of["items"]):
            return {(of.get("description"), leaf) for leaf in leaves(of["items"])}
        return {path}

    ways = {each.path for one in tables().values() for each in one.columns if each.path}
    for name, owner in (("general", schema()), *((each, schema()["$defs"][each]) for each in ("entity", "holding", "offer", "scenario", "cash", "quote", "emissions"))):  # fmt: skip
        for leaf in leaves(owner):
            if isinstance(leaf[-1], str) and leaf[0] not in ("hengtan", "version", "months", "last_year"):
                assert leaf in ways or leaf[-1] == "trading_days" or leaf == ("entity",), (name, leaf)


# --- any input

_TEXT = st.text("甲乙丙abcXYZ019 -=+@'_x()", min_size=1, max_size=12).map(str.strip).filter(bool)
_DAYS = st.dates(date(2026, 11, 20), date(2030, 1, 1)).map(str)
_T = st.integers(0, 1_000_000_000)
_PRICE = st.integers(0, 999_999_999).map(lambda fen: f"{fen // 100}.{fen % 100:02d}")
_MONEY = st.integers(0, 10**15 - 1).map(lambda fen: f"{fen // 100}.{fen % 100:02d}")
_TONNES = st.decimals(0, 999_999_999, places=6).map(lambda d: format(d, "f").rstrip("0").rstrip(".") or "0")


def _some(needed, **optional):
    return st.fixed_dictionaries(needed, optional=optional)


def _months(year):
    begun = 12 if year < 2026 else 11
    return st.dictionaries(st.integers(1, begun).map(lambda m: f"{year}-{m:02d}"), _TONNES, min_size=1)


def _year_before(year):
    return st.lists(_TONNES.filter(lambda t: float(t) > 0), min_size=12, max_size=12).map(
        lambda tonnes: {f"{year - 1}-{m:02d}": t for m, t in enumerate(tonnes, 1)}
    )


def _emissions(year):
    months = _some({"year": st.just(year), "months": _months(year)}, last_year=_year_before(year))
    return st.one_of(
        _some({"year": st.just(year), "verified_t": _T}),
        *([months] if year < 2027 else []),
        st.lists(_T, min_size=3, max_size=3).map(sorted).map(lambda t: {"year": year, "low_t": t[0], "expected_t": t[1], "high_t": t[2]}),
    )  # fmt: skip


_CREDIT = {"kind": st.just("CCER"), "registered": st.dates(date(1990, 1, 1), date(2026, 1, 1)).map(str), "inside_market": st.booleans()}  # fmt: skip


@st.composite
def _holding(draw, at):
    t = draw(_T)
    pledge = _some({"t": st.integers(0, t)}, free_on=_DAYS, release_cny=_MONEY)
    both = {"id": _TEXT.map(lambda name: f"{name} {at}"), "t": st.just(t)}
    credit = {"pledge": pledge, "started": _DAYS, "made_from": _DAYS, "methodology": _TEXT}
    origin = st.sampled_from(["allocated", "pre-allocated", "bought"])
    allowance = {"kind": st.just("CEA"), "vintage": st.integers(2019, 2026), "origin": origin}
    carried = allowance | {"vintage": st.just(2025), "origin": st.just("carried-over")}
    return draw(
        st.one_of(
            _some(both | allowance, pledge=pledge), _some(both | carried, pledge=pledge), _some(both | _CREDIT, **credit)
        )
    )  # fmt: skip


@st.composite
def _entity(draw, at, years):
    made = {"id": f"{draw(_TEXT)} {at}", "name": f"{draw(_TEXT)} {at}", "sector": draw(st.sampled_from(["power", "steel"]))}  # fmt: skip
    made["emissions"] = [draw(_emissions(year)) for year in years]
    if holdings := [draw(_holding(number)) for number in range(draw(st.integers(0, 2)))]:
        made["holdings"] = holdings
    if draw(st.booleans()):
        made["allocations"] = [{"year": 2026, "t": draw(_T), "on": draw(_DAYS)}]
        made["sales"] = [{"year": 2025, "most_t": draw(_T)}]
        made["surrendered_on_time"] = [2024, 2023]
        made["trades"] = draw(_some({"sold_t": _T, "bought_t": _T}, holding_t=_T))
    return made


@st.composite
def inputs(draw):
    """Any input that the schema allows and that can be."""
    years = draw(st.sampled_from([[2025], [2026, 2025], [2025, 2026, 2027]]))
    entities = [draw(_entity(at, years)) for at in range(draw(st.integers(1, 2)))]
    made = {"hengtan": "comply.input", "version": 1, "as_of": "2026-11-20", "years": years, "entities": entities}
    made |= draw(_some({}, title=_TEXT, sample=st.booleans(), buy_until=_DAYS, plan_for=st.sampled_from(["expected", "high"]),
                       transfers=_some({"allowed": st.booleans()}, fee_cny_t=_PRICE), end_value=_some({"cea_cny_t": _PRICE}, ccer_cny_t=_PRICE),
                       risk=_some({"days": st.integers(1, 60)}, confidence=st.sampled_from(["0.95", "0.5", "0.99"]))))  # fmt: skip
    if draw(st.booleans()):
        both = {"price_cny_t": _PRICE, "delivered": _DAYS}
        more = {"most_t": _T, "lot_t": st.integers(1, 1_000_000)}
        cea = _some({"id": st.just("a"), "kind": st.just("CEA"), "vintage": st.integers(2021, 2026), **both}, **more)
        made["offers"] = [draw(cea), draw(_some({"id": st.just("=b"), **_CREDIT, **both}, **more))]
        price = _some({"year": st.just(2025)}, cea_cny_t=_PRICE, ccer_cny_t=_PRICE)
        made["scenarios"] = [{"name": name, "probability": share, "prices": draw(st.lists(price, max_size=1))} for name, share in (("1", "0.125"), ("@高", "0.875"))]  # fmt: skip
        made["limits"] = draw(_some({"cash": st.lists(_some({"by": _DAYS, "most_cny": _MONEY}, entity=st.just(entities[0]["id"])), min_size=1, max_size=2)},
                                    daily_most_t=_some({"CEA": _T}, CCER=_T), trading_days=st.just({"now": 3, "2026": 240})))  # fmt: skip
        first = date(2026, 11, 19)
        made["quotes"] = [draw(_some({"day": st.just(str(first - timedelta(at))), "close_cny_t": _PRICE}, volume_t=_T, turnover_cny=_MONEY)) for at in range(2)]  # fmt: skip
    return made


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(inputs(), st.sampled_from(["zh", "en"]))
def test_any_input_comes_back_from_its_workbook_as_it_was(tmp_path_factory, value, lang):
    assert not wrong(value, "input", "")
    case_of(value)
    assert through(tmp_path_factory.mktemp("b") / "case.xlsx", value, lang) == value


# --- what people write


@pytest.mark.parametrize(
    ("place", "text", "value"),
    [
        (("holdings", "t"), "1,034,680", 1034680), (("holdings", "t"), "１０３４６８０", 1034680), (("holdings", "t"), "1034680.0", 1034680),
        (("offers", "price"), "97.4", "97.40"), (("offers", "price"), "¥97", "97.00"), (("scenarios", "probability"), "25%", "0.25"),
        (("general", "as_of"), "2026/11/20", "2026-11-20"), (("general", "as_of"), "2026年11月2日", "2026-11-02"), (("general", "years"), "2025、2026", [2025, 2026]),
        (("holdings", "vintage"), "CEA25", 2025), (("holdings", "vintage"), "CEA19-20", 2020), (("holdings", "inside_market"), "否", False),
        (("holdings", "origin"), "结转", "carried-over"), (("entities", "sector"), "铝冶炼", "aluminium"), (("trading_days", "window"), "现在", "now"),
    ],
)  # fmt: skip
def test_a_cell_is_read_as_people_write_it(place, text, value):
    assert value_of(table(place[0]).column(place[1]), text) == value


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (("holdings", "t"), "-1"), (("holdings", "t"), "1.5"), (("holdings", "t"), "1e9"), (("holdings", "t"), "1,03,4"), (("holdings", "t"), "#REF!"),
        (("holdings", "t"), "1000000001"), (("offers", "price"), "97.405"), (("offers", "price"), "10000000"), (("scenarios", "probability"), "1.2"),
        (("scenarios", "probability"), "nan"), (("general", "as_of"), "2026-02-30"), (("general", "as_of"), "20.11.2026"), (("general", "years"), "2025 2025"),
        (("holdings", "inside_market"), "maybe"), (("holdings", "vintage"), "CEA18"), (("general", "confidence"), "1"), (("general", "title"), "a\nb"),
    ],
)  # fmt: skip
def test_a_cell_that_says_nothing_of_use_is_refused(place, text):
    with pytest.raises(ValueError):
        value_of(table(place[0]).column(place[1]), text)


# --- what is wrong is told with its place


def changed(path, sheet, cell, value):
    write_plan_workbook(path, tables_of(ONE), "zh")
    book = openpyxl.load_workbook(path)
    book[sheet][cell] = value
    book.save(path)
    return path


def told(path):
    with pytest.raises(HengtanError) as fault:
        read_input(path, "a.xlsx")
    return [(each.code, each.sheet, each.row, each.column) for each in fault.value.problems]


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "problem"),
    [
        ("持仓", "E2", "many", ("comply.cell", "持仓", 2, "数量（吨）")),
        ("持仓", "E3", None, ("comply.cell-missing", "持仓", 3, "数量（吨）")),
        ("持仓", "I6", None, ("comply.cell-missing", "持仓", 6, "项目纳入全国碳市场配额管理")),
        ("持仓", "B2", "unknown", ("comply.entity-unknown", "持仓", 2, "单位")),
        ("持仓", "M2", 2_000_000, ("comply.pledged", "持仓", 2, "其中质押（吨）")),
        ("持仓", "F2", "CEA27", ("comply.vintage-future", "持仓", 2, "配额年度")),
        ("持仓", "H2", "2025-01-01", ("comply.key-idle", "持仓", 2, "登记日期")),
        ("持仓", "F6", "CEA25", ("comply.key-idle", "持仓", 6, "配额年度")),
        ("持仓", "F3", "CEA24", ("comply.carried-vintage", "持仓", 3, "配额年度")),
        ("报价", "F2", "CEA27", ("comply.vintage-ahead", "报价", 2, "配额年度")),
        ("计划", "B6", "2026-11-19", ("comply.window-past", "计划", 6, "现买窗口截止日")),
        ("计划", "B5", "2024", ("comply.year-past", "计划", 5, "履约年度")),
        ("报价", "E2", "2026-11-19", ("comply.delivery-past", "报价", 2, "交割付款日")),
        ("排放量", "D2", None, ("comply.emissions-empty", "排放量", 2, "已核查（吨）")),
        ("排放量", "E2", 5, ("comply.emissions-several", "排放量", 2, "已核查（吨）")),
        ("持仓", "P1", "备注", ("comply.column-unknown", "持仓", 1, "")),
        ("持仓", "A2", "示例 sample", ("comply.sample-row", "持仓", 2, "")),
        ("计划", "A3", "是否示例", ("comply.column-unknown", "计划", 3, "")),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_told_with_sheet_row_and_column(tmp_path, sheet, cell, value, problem):
    assert problem in told(changed(tmp_path / "a.xlsx", sheet, cell, value))


def test_a_sheet_that_was_renamed_or_hidden_is_not_left_out_unseen(tmp_path):
    path = changed(tmp_path / "a.xlsx", "持仓", "A2", None)
    book = openpyxl.load_workbook(path)
    book["持仓"].title = "持仓 (2)"
    book["报价"].sheet_state = "hidden"
    book.create_sheet("我的备注")["A1"] = "随便写"
    book.save(path)
    found = {(code, sheet) for code, sheet, _row, _column in told(path)}
    assert {("comply.sheet-name", "持仓 (2)"), ("comply.sheet-hidden", "报价")} <= found
    assert not any(sheet == "我的备注" for _code, sheet in found)


def test_the_sample_is_one_that_could_be_planned_and_is_never_taken_in(tmp_path):
    sample = {name: [dict(row) for row in rows] for name, rows in example().items()}
    assert checked(sample).problems == []
    assert set(sample) == set(tables())
    write_plan_workbook(tmp_path / "empty.xlsx", None, "en")
    assert {code for code, *_ in told(tmp_path / "empty.xlsx")} == {"comply.cell-missing", "comply.no-entities"}


@pytest.mark.parametrize(
    ("lang", "heads"),
    [("zh", {"配额年度 *CEA", "登记日期 *CCER", "数量（吨） *", "方法学"}), ("en", {"Vintage *CEA", "Origin *CEA"})],
)
def test_a_head_says_for_which_unit_a_column_must_be_filled(tmp_path, lang, heads):
    path = tmp_path / "a.xlsx"
    write_plan_workbook(path, tables_of(ONE), lang)
    book = openpyxl.load_workbook(path)
    sheet = book[table("holdings").title[lang]]
    assert heads <= {cell.value for cell in sheet[1]}
    for cell in sheet[1]:  # a person may put the star in front
        if cell.value.endswith(" *CEA"):
            cell.value = f"* {cell.value.removesuffix(' *CEA')}"
    book.save(path)
    assert read_input(path, path.name) == ONE


def test_two_entities_of_one_name_are_told_apart_by_their_ids(tmp_path):
    value = copy.deepcopy(GROUP)
    value["entities"][1]["name"] = value["entities"][0]["name"]
    assert through(tmp_path / "case.xlsx", value)["entities"][1]["holdings"] == value["entities"][1]["holdings"]


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"{}", b"day,close\n2026-11-20,97.4\n", b"\xd0\xcf\x11\xe0" + bytes(600)]
)
def test_what_is_no_workbook_of_ours_is_refused(tmp_path, content):
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert told(path)


def test_a_workbook_made_to_hurt_is_refused(tmp_path):
    path, bad = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    write_plan_workbook(path, tables_of(ONE), "zh")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet3.xml":
                text = text.replace(b"<sheetData>", b'<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
            new.writestr(name, text)
    assert told(bad)[0][0] == "file.spread"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist()[:4]:
            new.writestr(name, old.read(name))
    assert told(bad)


# --- the command


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command_writes_a_workbook_and_plans_from_it(tmp_path, lang):
    run = Calculator(tmp_path).command
    path = tmp_path / "case.xlsx"
    source = EXAMPLES / "comply/yongjiang.json"
    assert run("comply", "template", "--out", path, "--from", source, "--lang", lang).code == 0
    assert run("comply", "plan", path, "--out", tmp_path / "out").code == 0
    assert run("comply", "plan", source, "--out", tmp_path / "other").code == 0
    one, other = (json.loads((tmp_path / name / "plan.json").read_text("utf-8")) for name in ("out", "other"))
    assert one == other
    assert run("comply", "template", "--out", tmp_path / "again.xlsx", "--from", path).code == 0


def test_the_command_tells_what_a_workbook_lacks(tmp_path):
    run = Calculator(tmp_path).command
    assert run("comply", "template", "--out", tmp_path / "empty.xlsx").code == 0
    refused = run("comply", "plan", tmp_path / "empty.xlsx", "--out", tmp_path / "out", "--lang", "zh")
    assert refused.code == 2
    assert "工作表 Plan，第 4 行，Day of the plan 列" in refused.err
    assert not (tmp_path / "out").exists()
    for name in ("empty.csv", "empty.xlsx", "no/such/folder.xlsx"):
        assert run("comply", "template", "--out", tmp_path / name).code == 2


def test_the_json_of_a_workbook_is_what_the_plan_keeps(tmp_path):
    value = through(tmp_path / "case.xlsx", ONE)
    assert case_of_text(as_text(value), "x") == case_of(ONE)
