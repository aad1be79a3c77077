"""``hengtan comply``: a JSON file in, plan.json and plan.xlsx out, exit codes, problems with their place."""

import copy
import json

import jsonschema
import openpyxl
import pytest

from golden.calculating import EXAMPLES, Calculator
from hengtan.market.compliance import schema

ONE = json.loads((EXAMPLES / "comply/yongjiang.json").read_text("utf-8"))


@pytest.fixture
def run(tmp_path):
    calculator = Calculator(tmp_path)

    def go(value, *args):
        path = tmp_path / "case.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
        return calculator.command("comply", "plan", path, "--out", tmp_path / "out", *args, out=tmp_path / "out")

    go.command = calculator.command
    return go


def changed(path, value):
    """The example with one place set; None takes it away."""
    made = copy.deepcopy(ONE)
    at = made
    *way, last = path
    for part in way:
        at = at[part]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return made


def made(outcome):
    return json.loads((outcome.folder / "plan.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ["yongjiang", "group"])
def test_an_example_becomes_a_plan_that_keeps_the_schema_of_the_output(run, name):
    outcome = run((EXAMPLES / f"comply/{name}.json").read_text("utf-8"))
    assert outcome.code == 0, outcome.err
    jsonschema.Draft202012Validator(schema("output")).validate(made(outcome))
    assert made(outcome)["sample"] is True
    assert "sample: invented figures" in outcome.out
    assert outcome.manifest["kind"] == "comply.plan"


def test_the_schemas_are_printed_and_are_schemas(run):
    for which in ("input", "output"):
        outcome = run.command("comply", "schema", f"--{which}")
        jsonschema.Draft202012Validator.check_schema(json.loads(outcome.out))


def test_the_workbook_holds_the_lines_as_numbers_and_words_never_as_formulas(run):
    outcome = run(changed(("entities", 0, "name"), "=1+1"), "--lang", "zh")
    book = openpyxl.load_workbook(outcome.folder / "plan.xlsx")
    assert book.sheetnames == ["履约计划", "头寸", "持仓", "情景", "其他假设", "期限", "说明", "罚则与风险"]
    cells = list(book["履约计划"].iter_rows())
    head = next(at for at, row in enumerate(cells) if row[0].value == "单位")  # above it stand cost and proof
    rows = [[cell.value for cell in row] for row in cells[head:]]
    assert [row[5] for row in rows[1:7]] == [61600, 972400, 40000, 53004, 28000, 31316]
    assert rows[7][7] == 8091888.24
    assert rows[1][0] == "=1+1"
    assert cells[head + 1][0].data_type == "s"


def test_the_calendar_names_steps_and_what_the_plan_needs(run):
    days = [(each["day"], each["id"], each["days_left"]) for each in made(run(ONE))["calendar"]]
    assert ("2026-12-15", "plan", 25) in days
    assert ("2026-12-10", "plan", 20) in days
    assert ("2026-12-31", "surrender", 41) in days
    assert ("2026-12-31", "quality-plan", 41) in days
    assert ("2027-03-31", "report", 131) in days


def test_a_plan_says_the_same_again(run, tmp_path):
    first = (run(ONE).folder / "plan.json").read_bytes()
    assert (run(ONE).folder / "plan.json").read_bytes() == first


@pytest.mark.parametrize(
    ("path", "value", "place", "code"),
    [
        (("as_of",), "2026-02-30", "#/as_of", "comply.value"),
        (("as_of",), None, "#", "comply.key-missing"),
        (("years",), [], "#/years", "comply.value"),
        (("years",), [2025, 2025], "#/years", "comply.value"),
        (("years",), [2024], "#/years/0", "comply.year-past"),
        (("years",), [2025, 2026], "#/entities/0/emissions", "comply.emissions-missing"),
        (("entities", 0, "sector"), "glass", "#/entities/0/sector", "comply.value"),
        (("entities", 0, "colour"), "red", "#/entities/0", "comply.key-unknown"),
        (("entities", 0, "emissions", 0, "verified_t"), 1.5, "#/entities/0/emissions/0/verified_t", "comply.value"),
        (("entities", 0, "emissions", 0, "verified_t"), -1, "#/entities/0/emissions/0/verified_t", "comply.value"),
        (("entities", 0, "emissions", 0, "expected_t"), 5, "#/entities/0/emissions/0", "comply.value"),
        (("entities", 0, "holdings", 0, "vintage"), None, "#/entities/0/holdings/0", "comply.key-missing"),
        (("entities", 0, "holdings", 0, "vintage"), 2027, "#/entities/0/holdings/0/vintage", "comply.vintage-future"),
        (("entities", 0, "holdings", 0, "pledge", "t"), 2000000, "#/entities/0/holdings/0/pledge/t", "comply.pledged"),
        (("entities", 0, "holdings", 1, "id"), "CEA25 自有", "#/entities/0/holdings", "comply.twice"),
        (("offers", 0, "price_cny_t"), 97.4, "#/offers/0/price_cny_t", "comply.value"),
        (("offers", 0, "price_cny_t"), "97.405", "#/offers/0/price_cny_t", "comply.value"),
        (("offers", 0, "delivered"), "2026-11-19", "#/offers/0/delivered", "comply.delivery-past"),
        (("scenarios",), [{"name": "a", "probability": "0.9", "prices": []}], "#/scenarios", "comply.probabilities"),
        (("limits", "cash"), [{"by": "2026-12-31", "most_cny": "1", "entity": "x"}], "#/limits/cash/0/entity", "comply.entity-unknown"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_with_place_and_mend_and_nothing_is_written(run, path, value, place, code):
    outcome = run(changed(path, value))
    assert outcome.code == 2
    assert f"{code}: case.json{place}: " in outcome.err
    assert not outcome.folder.exists()
    assert "缺" in (zh := run(changed(path, value), "--lang", "zh").err) or "请" in zh


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '{"version": NaN}', "null", "1" * 5000, '"\\ud800"', "[1e999]"]
)
def test_what_is_no_json_of_ours_is_refused(run, text):
    outcome = run(text)
    assert outcome.code == 2
    assert not outcome.folder.exists()


def test_a_key_that_stands_twice_is_refused(run):
    assert "comply.twice" in run('{"version": 1, "version": 2}').err


def test_where_no_plan_keeps_the_rules_the_exit_is_3_and_the_folder_says_why(run):
    outcome = run(changed(("offers",), []))
    assert outcome.code == 3
    assert made(outcome)["status"] == "infeasible"
    assert [each["code"] for each in made(outcome)["binding"]] == ["comply.nothing-to-buy"]
    jsonschema.Draft202012Validator(schema("output")).validate(made(outcome))


def test_where_the_data_break_a_rule_the_exit_is_3_and_the_rule_is_named(run):
    outcome = run(changed(("entities", 0, "trades", "sold_t"), 30000))
    assert outcome.code == 3
    (broken,) = made(outcome)["broken"]
    assert (broken["code"], broken["path"]) == ("law.carry-over-limit", "/entities/0/holdings/1")
    assert "附件 5" in broken["mend"]["zh"]


def test_an_earlier_plan_is_replaced_and_a_strangers_folder_is_not(run, tmp_path):
    assert run(ONE).code == 0
    assert run(ONE).code == 0
    stranger = tmp_path / "other"
    stranger.mkdir()
    (stranger / "mine.txt").write_text("x")
    assert run.command("comply", "plan", tmp_path / "case.json", "--out", stranger).code == 2
    assert [each.name for each in stranger.iterdir()] == ["mine.txt"]


def test_each_missing_key_is_told_once():
    from hengtan.market.compliance.schema import wrong

    told = [each.values["key"] for each in wrong({}, "input", "x.json") if each.code == "comply.key-missing"]
    assert len(told) > 1
    assert sorted(told) == sorted(set(told))


def test_an_end_value_that_makes_buying_pay_without_end_is_refused_at_its_place(run):
    endless = [{name: value for name, value in each.items() if name != "most_t"} for each in ONE["offers"]]
    outcome = run(ONE | {"limits": {}, "offers": endless, "end_value": {"cea_cny_t": "97.41"}})
    assert outcome.code == 2
    assert "comply.end-value: case.json#/end_value: " in outcome.err
    assert not outcome.folder.exists()
