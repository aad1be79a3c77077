"""Carbon market, guideline and inventory as three views of one set of activities: every difference is explained, or said not to be."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.calculating import Calculator
from hengtan.sectors import calculate, read_statement, sector_methods
from hengtan.sectors.reconcile import (
    GridFactor,
    InventorySum,
    Side,
    Taken,
    as_record,
    difference,
    handed,
    mapped,
    own_factors,
    reconcile,
)
from hengtan.sectors.reconcile.rules import by_type, market_methods, rules
from hengtan.sectors.record import record

GRID = [
    GridFactor("CN", 2022, Fraction("0.5366"), "MEE and NBS Announcement 33 of 2024"),
    GridFactor("CN", 2023, Fraction("0.5306"), "MEE and NBS Announcement 47 of 2025"),
    GridFactor("CN-33", 2023, Fraction("0.4974"), "MEE and NBS Announcement 47 of 2025, table 3"),
]


def taken(method, rows, year, ref="ST-1"):
    """A statement of rows (unit, parameter, value, unit of measure), as a record."""
    known = sector_methods()[method]
    cells = [
        (
            at,
            {"entity": "Works", "unit_name": unit, "parameter": name, "value": value, "unit": measure, "obtained": how},
        )
        for at, (unit, name, value, measure, how) in enumerate(rows, 2)
    ]
    return Taken(ref, record(calculate(read_statement(cells, known, year), known, year)))


def posted(kind, co2e_kg, per_unit, unit="t", scope=1, category="stationary", factor="F", co2="", **more):
    title = {"en": kind, "zh": kind}
    co2 = Decimal(co2) if co2 else Decimal(per_unit)
    return InventorySum(
        kind, title, scope, category, factor, unit, co2, Decimal(per_unit), Decimal(co2e_kg), "AR5", **more
    )


def line(found, key):
    return next(each for each in found.lines if each.key == key)


def parts(difference_):
    return {part.kind: part.value for part in difference_.parts}


POWER = [
    ("1", "coal.conventional.amount", "1000", "t", "measured"),
    ("1", "coal.conventional.c_ar", "0.5", "t C/t", "measured"),
    ("1", "fuel.diesel.amount", "10", "t", "measured"),
    ("1", "electricity_bought", "200", "MWh", "measured"),
]


def test_iso_counts_company_cars_and_the_market_does_not():
    """10 t petrol x 2.925056 t/t = 29.25056 t, in the inventory alone."""
    found = reconcile(
        [taken("cn-power-2022", POWER, 2024)],
        [posted("fuel.petrol.mobile", "29250.56", "2925.056", category="mobile")],
        2024,
        "AR5",
    )
    cars = line(found, "1.mobile.fuel.petrol.mobile")
    (part,) = cars.differences[1].parts
    assert (part.kind, part.value) == ("boundary", Decimal("29.25056"))
    assert part.rule.mark == "R"
    assert "vehicles" in part.rule.text["en"]
    assert cars.remainder == 0


def test_measured_coal_against_the_default_is_carbon_content_and_nothing_else():
    """1,000 t: 0.5 x 0.99 x 44/12 = 1.815 t/t measured; 23.736 x 0.02618 x 0.99 x 44/12 = 2.2557127824 t/t by the default.

    Printed as 2255.7128 kg/t, so 0.0000176 t of the difference is the rounding of the published factor.
    """
    found = reconcile(
        [taken("cn-power-2022", POWER, 2024)],
        [posted("fuel.coal.bituminous", "2255712.8", "2255.7128", factor="CN-FUEL-CETS24-bituminous")],
        2024,
        "AR5",
    )
    coal = line(found, "coal.conventional")
    assert coal.differences[0].parts == ()
    assert parts(coal.differences[1]) == {"carbon": Decimal("440.7127824"), "rounding": Decimal("0.0000176")}
    assert coal.differences[1].total == Decimal("440.7128")
    assert coal.remainder == 0


def test_bought_electricity_goes_from_nothing_to_a_national_to_a_provincial_factor():
    """100 MWh: the market counts none since 2023; the enterprise 0.5366 (2022, national); the inventory 0.4974 (2023, Zhejiang)."""
    whole = [
        ("", "electricity_bought", "100", "MWh", "measured"),
        ("", "grid_factor", "0.5366", "t CO2/MWh", "measured"),
    ]
    found = reconcile(
        [taken("cn-power-2022", POWER[:2], 2024), taken("cn-other-industry-2015", whole, 2024, "ST-2")],
        [posted("electricity", "49740", "0.4974", "kWh", 2, "electricity", factor_year=2023, factor_region="CN-33")],
        2024,
        "AR5",
        GRID,
    )
    power = line(found, "electricity")
    assert power.sides["ets"] is None
    assert [(part.kind, part.value, part.rule.mark) for part in power.differences[0].parts] == [
        ("boundary", Decimal("53.66"), "R")
    ]
    assert parts(power.differences[1]) == {"grid-year": Decimal("-0.6"), "grid-region": Decimal("-3.32")}
    assert power.remainder == 0


def test_the_market_counted_bought_electricity_until_2022_by_the_factor_that_was_fixed():
    """200 MWh x 0.5703 t/MWh = 114.06 t in 2022; x 0.5810 = 116.2 t in 2021; nothing in 2023."""
    for year, wanted in ((2021, "116.2"), (2022, "114.06"), (2023, None)):
        found = reconcile(
            [taken("cn-power-2022", POWER, year)],
            [posted("electricity", "1", "1", "kWh", 2, "electricity")],
            year,
            "AR5",
        )
        side = line(found, "electricity").sides["ets"]
        assert (side and side.stated) == (Fraction(wanted) if wanted else None)


def test_two_sets_of_potentials_are_told_apart_from_everything_else():
    """CF4 0.034 and C2F6 0.0034 kg/t: 100,000 t give 3.4 t and 0.34 t; by SAR 6500 and 9200, by AR5 6630 and 11100.

    SAR 22,100 + 3,128 = 25,228 t; AR5 22,542 + 3,774 = 26,316 t; the difference is 1,088 t.
    """
    rows = [("", "aluminium", "100000", "t", "measured")]
    found = reconcile(
        [taken("cn-aluminium-2013", rows, 2022, "A")],
        [posted("process.aluminium.anode_effect", "26316000", "263.16", category="process", co2="0")],
        2022,
        "AR5",
    )
    effect = line(found, "anode_effect")
    assert parts(effect.differences[1]) == {"gwp": Decimal("1088")}
    assert effect.remainder == 0


def test_another_amount_is_another_amount():
    """12 t of diesel in the inventory, 10 t in the statement; both by 42.652 x 0.0202 x 0.98 x 44/12 = 3.09590963... t/t."""
    found = reconcile(
        [taken("cn-power-2022", POWER, 2024)],
        [posted("fuel.diesel", "37150.9152", "3095.9096", factor="CN-FUEL-CETS24-diesel")],
        2024,
        "AR5",
    )
    diesel = line(found, "fuel.diesel").differences[1]
    assert {kind: round(value, 4) for kind, value in parts(diesel).items()} == {
        "amount": Decimal("6.1918"),
        "rounding": Decimal("0.0000"),
    }
    assert diesel.remainder == 0


def test_rounding_of_a_guideline_is_a_part_of_its_own():
    """Steel rounds each emission to 2 decimals: 1.37 t x 0.440 = 0.6028 t is stated as 0.60 t; the inventory says 0.6028."""
    rows = [("", "material.limestone.amount", "1.37", "t", "measured")]
    found = reconcile(
        [taken("cn-steel-2024", rows, 2024)],
        [posted("process.steel.limestone", "602.8", "440", category="process")],
        2024,
        "AR5",
    )
    assert parts(line(found, "material.limestone").differences[1]) == {"rounding": Decimal("0.0028")}


def test_what_no_rule_explains_stays_unexplained_and_says_why():
    found = reconcile(
        [taken("cn-power-2022", POWER, 2024)], [posted("fuel.natural_gas", "2165.015", "2.165015", "Nm3")], 2024, "AR5"
    )
    gas, coal = line(found, "fuel.natural_gas").differences[1], line(found, "coal.conventional").differences[1]
    assert (gas.parts, gas.remainder, gas.hint) == ((), Decimal("2.165015"), "not-stated")
    assert (coal.remainder, coal.hint) == (Decimal("-1815"), "not-handed")


def test_amounts_that_do_not_convert_are_not_explained():
    found = reconcile(
        [taken("cn-power-2022", POWER, 2024)], [posted("fuel.diesel", "30000", "74.1", "GJ")], 2024, "AR5"
    )
    assert line(found, "fuel.diesel").differences[1].hint == "amounts"


def test_rows_of_another_year_are_told_apart():
    found = reconcile([], [posted("fuel.diesel", "1000", "1", outside=True)], 2024, "AR5")
    assert [(part.kind, part.value) for part in line(found, "period").differences[1].parts] == [
        ("period", Decimal("1"))
    ]


def test_a_sector_that_the_market_does_not_cover_says_so():
    rows = [("", "fuel.diesel.amount", "10", "t", "measured")]
    found = reconcile([taken("cn-paper-2015", rows, 2024)], [], 2024, "AR5")
    (part,) = line(found, "fuel.diesel").differences[0].parts
    assert "does not cover" in part.rule.text["en"]
    before = reconcile(
        [taken("cn-steel-2024", [("", "material.limestone.amount", "1", "t", "measured")], 2023)], [], 2023, "AR5"
    )
    assert before.total("ets") == 0


masses = st.fractions(min_value=0, max_value=10**7, max_denominator=10**6)
shares = st.none() | st.fractions(min_value=0, max_value=1, max_denominator=1000)


@st.composite
def sides(draw):
    """Anything that a statement or a run may say."""
    amount = draw(st.none() | masses)
    gases = {"CO2": draw(masses), "CH4": draw(st.sampled_from([Fraction(0), Fraction(1, 3)]))}
    exact = draw(masses)
    return Side(
        exact + draw(st.sampled_from([Fraction(0), Fraction(1, 7)])), exact, draw(st.sampled_from(["t", "Nm3"])), amount, gases, draw(masses),
        draw(st.sampled_from(["SAR", "AR5", ""])), draw(shares), draw(shares), draw(shares), draw(shares),
        draw(st.sampled_from(["", "CN", "CN-33"])), draw(st.none() | st.sampled_from([2022, 2023])),
    )  # fmt: skip


@given(st.none() | sides(), st.none() | sides(), st.sampled_from([None, rules()[0][1]]))
def test_the_parts_and_what_is_left_add_up_to_the_difference_to_the_last_digit(a, b, rule):
    found = difference(a, b, rule, GRID)
    assert sum((part.value for part in found.parts), Decimal(0)) + found.remainder == found.total
    wanted = (b.stated if b else 0) - (a.stated if a else 0)
    assert abs(Fraction(found.total) - wanted) <= Fraction(1, 10**12)


@given(st.lists(masses, min_size=1, max_size=6), st.fractions(min_value=0, max_value=3, max_denominator=100))
def test_the_lines_of_two_views_add_up_to_the_difference_of_their_totals(amounts, scale):
    names = ["diesel", "gasoline", "fuel_oil", "natural_gas", "coke", "lpg"]
    rows = [("", f"fuel.{name}.amount", str(float(amount)), "万Nm3" if name == "natural_gas" else "t", "measured")
            for name, amount in zip(names, amounts, strict=False)]  # fmt: skip
    inventory = [
        posted("fuel.diesel", str(round(float(amounts[0] * scale), 3)), "3.1"),
        posted("hotel", "12.5", "1", scope=3, category="6"),
    ]
    found = reconcile([taken("cn-cement-2024", rows, 2024)], inventory, 2024, "AR5")
    for at, (one, other) in enumerate((("ets", "enterprise"), ("enterprise", "inventory"))):
        assert sum((each.differences[at].total for each in found.lines), Decimal(0)) == found.total(
            other
        ) - found.total(one)
    told = as_record(found)
    for step in told["steps"]:
        assert sum(map(Decimal, step["by_kind"].values())) + Decimal(step["remainder"]) == Decimal(step["total"])


def test_a_statement_becomes_activities_that_name_its_cells():
    rows = [
        *((unit, "coal.conventional.amount", value, "t", "measured") for unit, value in (("1", "1000"), ("2", "500"))),
        ("1", "coal.conventional.c_ar", "0.5", "t C/t", "measured"),
        ("", "electricity_bought", "200", "MWh", "measured"),
    ]
    activities, left = handed(taken("cn-power-2022", rows, 2024, "ST-x"), 2024, own=True)
    assert [(each.id, each.activity_type, each.quantity, each.factor_id) for each in activities] == [
        ("ST-x/1/coal.conventional/2024", "fuel.coal.power.unmeasured", "1000", "ST-x-1-coal.conventional"),
        ("ST-x/2/coal.conventional/2024", "fuel.coal.power.unmeasured", "500", "ST-x-2-coal.conventional"),
        ("ST-x/electricity/2024", "electricity", "200", ""),
    ]
    assert left == []
    factors = own_factors(taken("cn-power-2022", rows, 2024, "ST-x"), 2024)
    # 0.5 x 0.99 x 44/12 = 1.815; nothing measured: 26.7 x 0.03085 x 0.99 x 44/12 = 2.99001...
    assert [each["co2_kg"] for each in factors] == ["1815", "2990.01285"]


def test_months_go_over_as_months():
    known = sector_methods()["cn-power-2022"]
    rows = [
        (
            at,
            {
                "entity": "W",
                "unit_name": "1",
                "parameter": "fuel.diesel.amount",
                "month": str(month),
                "value": "2",
                "unit": "t",
            },
        )
        for at, month in enumerate((1, 2, 12), 2)
    ]
    one = Taken("S", record(calculate(read_statement(rows, known, 2024), known, 2024)))
    activities, _left = handed(one, 2024, own=False)
    assert [(each.id, f"{each.start}", f"{each.end}", each.quantity) for each in activities] == [
        ("S/1/fuel.diesel/2024-01", "2024-01-01", "2024-01-31", "2"),
        ("S/1/fuel.diesel/2024-02", "2024-02-01", "2024-02-29", "2"),
        ("S/1/fuel.diesel/2024-12", "2024-12-01", "2024-12-31", "2"),
    ]


def test_what_the_inventory_has_no_activity_for_is_named():
    rows = [
        ("", "material.limestone.amount", "10", "t", "measured"),
        ("", "product.crude_steel.amount", "5", "t", "measured"),
    ]
    activities, left = handed(taken("cn-steel-2024", rows, 2024), 2024, own=False)
    assert [each.activity_type for each in activities] == ["process.steel.limestone"]
    assert len(left) == 1


def test_every_rule_has_a_source_and_both_languages():
    for _view, rule in rules():
        assert rule.source.startswith(("read: ", "known: "))
        assert rule.text["en"]
        assert rule.text["zh"]
    assert market_methods() <= set(sector_methods())


def test_every_source_of_the_mapping_is_one_of_a_guideline():
    names = {
        f"{group.id}.{item}"
        for method in sector_methods().values()
        for group in method.groups.values()
        for item in group.items
    }
    names |= {f"source:{source.id}" for method in sector_methods().values() for source in method.sources}
    names |= {f"value:{name}" for method in sector_methods().values() for name in method.parameters}
    assert {name for each in mapped().values() for name in each.statement} <= names


@pytest.mark.parametrize(
    ("kind", "first"), [("fuel.coal.bituminous", "fuel.bituminous"), ("steam", "heat"), ("hotel", None)]
)
def test_an_activity_type_finds_its_source(kind, first):
    assert (by_type(kind) or (None,))[0] == first


def test_the_command_lines_up_folders_and_ends_with_3_where_something_is_left(tmp_path):
    statement = tmp_path / "statement.csv"
    statement.write_text(
        "entity,unit_name,parameter,value,unit,obtained\nW,1,fuel.diesel.amount,10,t,measured\n", "utf-8"
    )
    rows = tmp_path / "rows.csv"
    head = "activity_id,facility,activity_type,start,end,quantity,unit,region\n"
    rows.write_text(f"{head}a,W,fuel.diesel,2024-01-01,2024-12-31,10,t,CN-33\n", "utf-8")
    calculator = Calculator(tmp_path)

    def run(*args):
        return calculator.command(*args, out=tmp_path / "s")

    assert (
        run(
            "sector", "calculate", statement, "--method", "cn-power-2022", "--year", "2024", "--out", tmp_path / "s"
        ).code
        == 0
    )
    assert run("calculate", rows, "--out", tmp_path / "r", "--no-report").code == 0
    found = run("sector", "reconcile", tmp_path / "s", "--run", tmp_path / "r", "--json")
    assert found.code == 0, found.err
    (line_,) = json.loads(found.out)["lines"]
    assert {view: side["t_co2e"] for view, side in line_["sides"].items()} == {
        "ets": "30.959096373333", "enterprise": "30.959096373333", "inventory": "30.959096000000"
    }  # fmt: skip
    assert [part["kind"] for part in line_["differences"][1]["parts"]] == ["rounding"]
    for lang in ("en", "zh"):
        assert run("sector", "reconcile", tmp_path / "s", "--run", tmp_path / "r", "--lang", lang).code == 0
    rows.write_text(f"{head}a,W,fuel.natural_gas,2024-01-01,2024-12-31,10,Nm3,CN-33\n", "utf-8")
    assert run("calculate", rows, "--out", tmp_path / "o", "--no-report").code == 0
    assert run("sector", "reconcile", tmp_path / "s", "--run", tmp_path / "o").code == 3
    assert run("sector", "reconcile", tmp_path / "s", "--run", tmp_path / "nothing").code == 2
