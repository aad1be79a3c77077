"""Why a total changed: five effects, exact in every line, each told by what really changed."""

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengtan.inventory.compare import BY, compare
from hengtan.inventory.effects import EFFECTS
from hengtan.inventory.stream import Place, Stream, Streams
from hengtan.inventory.totals import EXACT

CH4 = {"AR4": 25, "AR5": 28, "AR5F": 34, "SAR": 21}


def stream(
    kg_per_unit="2", quantity="10", facility="Plant", kind="fuel.diesel", scope=1, category="stationary", basis="-",
    share="1", method="factor", factor="F1", year=2022, units="volume", told=(), gases=None, gwp="AR5",
):  # fmt: skip
    """One stream; ``gases``: (co2, ch4, n2o) kg per unit, else it is known as CO2e alone."""
    amount, part = Decimal(quantity), Fraction(share)
    shared = Fraction(amount) * part

    def mass(rate):
        exact = shared * Fraction(Decimal(rate))
        with localcontext(EXACT):
            return Decimal(exact.numerator) / Decimal(exact.denominator)

    masses = dict.fromkeys(("co2_kg", "ch4_kg", "n2o_kg", "other_co2e_kg", "biogenic_co2_kg"))
    if gases:
        co2, ch4, n2o = (Decimal(gas) for gas in gases)
        masses |= {"co2_kg": mass(co2), "ch4_kg": mass(ch4), "n2o_kg": mass(n2o)}
        kg_per_unit = co2 + ch4 * CH4[gwp] + n2o * {"AR4": 298, "AR5": 265, "AR5F": 298, "SAR": 310}[gwp]
    masses["co2e_kg"] = mass(kg_per_unit)
    place = Place(facility, kind, units, scope, category, basis)
    return Stream(place, "", told, year, 1, "L", Fraction(1, 1000), Fraction(amount), shared, masses, factor, method)


def run(*streams, gwp="AR5"):
    manifest = {"options": {"gwp": gwp}}
    return Streams(Path("run"), manifest, {}, tuple(streams))


def split(before, after, **more):
    return compare(run(*before), run(*after), **more).total.effects


def only(effect, kg):
    return {**dict.fromkeys(EFFECTS, Decimal(0)), effect: Decimal(kg)}


def test_a_run_compared_with_itself_has_no_effect_at_all():
    same = [stream(share="1/3"), stream("0.5", "3", facility="Other", kind="electricity", scope=2, basis="location")]
    assert split(same, same) == dict.fromkeys(EFFECTS, Decimal(0))


def test_a_larger_quantity_is_activity_at_the_old_coefficient():
    assert split([stream("2", "10")], [stream("2", "15")]) == only("activity", 10)


def test_another_coefficient_of_the_same_method_is_the_factor_at_the_new_quantity():
    found = split([stream("2", "10")], [stream("3", "15", factor="F2")])
    assert found == only("activity", 10) | {"factor": Decimal(15)}


def test_another_method_is_told_as_method():
    assert split([stream("2", method="a")], [stream("3", method="b")]) == only("method", 10)


def test_a_facility_in_one_run_alone_is_boundary():
    both = stream()
    assert split([both, stream(facility="Sold")], [both]) == only("boundary", -20)
    assert split([both], [both, stream(facility="Bought")]) == only("boundary", 20)


def test_an_activity_type_in_one_run_alone_is_boundary():
    both = stream()
    assert split([both], [both, stream(kind="refrigerant.R-410A", category="fugitive")]) == only("boundary", 20)


def test_an_activity_that_moved_to_another_scope_is_boundary():
    moved = compare(run(stream()), run(stream(scope=3, category="4")))
    assert moved.total.effects["boundary"] == 0
    assert {name: change.effects["boundary"] for name, change in moved.by("scope").items()} == {"1": -20, "3": 20}


def test_a_facility_that_takes_up_what_others_do_already_is_activity():
    before = [stream(), stream(facility="Second", quantity="0")]
    assert split(before, [stream(), stream(facility="Second", quantity="3")]) == only("activity", 6)
    gas = stream(kind="fuel.natural_gas")
    assert split([stream(), gas], [stream(), gas, stream(facility="Plant", kind="fuel.petrol", quantity="0")]) == only(
        "activity", 0
    )


def test_a_changed_share_is_boundary_and_a_share_of_nothing_too():
    assert split([stream(share="0.5")], [stream(share="0.75")]) == only("boundary", 5)
    assert split([stream(share="0.5")], [stream("0", share="0")]) == only("boundary", -10)
    assert split([stream("0", share="0")], [stream(share="0.5")]) == only("boundary", 10)


def test_the_same_gases_in_another_gwp_set_are_the_gwp_effect_alone():
    gases = ("2.5", "0.01", "0.0001")
    before, after = run(stream(gases=gases), gwp="AR5"), run(stream(gases=gases, gwp="AR4"), gwp="AR4")
    assert compare(before, after).total.effects == only("gwp", (Decimal("0.01") * -3 + Decimal("0.0001") * 33) * 10)


def test_other_gases_in_another_gwp_set_are_split_into_factor_and_gwp():
    before, after = (
        run(stream(gases=("2.5", "0.01", "0"))),
        run(stream(gases=("2.6", "0.02", "0"), gwp="AR4"), gwp="AR4"),
    )
    found = compare(before, after).total.effects
    assert found["gwp"] == Decimal("0.02") * -3 * 10
    assert found["factor"] == (Decimal("0.1") + Decimal("0.01") * 28) * 10


def test_what_is_known_as_co2e_alone_is_not_weighed_again():
    assert compare(run(stream("2")), run(stream("3"), gwp="AR4")).total.effects == only("factor", 10)


def test_a_gas_that_a_method_weighs_by_its_potential_is_the_gwp_effect():
    leak = {"kind": "refrigerant.R-410A", "category": "fugitive", "factor": "", "method": "gas-release"}
    before, after = run(stream("1923.5", **leak)), run(stream("2255.5", **leak), gwp="AR6")
    assert compare(before, after).total.effects == only("gwp", "3320.0")
    row = {**leak, "factor": "CN-GWP-R410A-AR6"}
    assert compare(run(stream("1923.5", **{**leak, "factor": "CN-GWP-R410A-AR5"})), run(stream("2255.5", **row), gwp="AR6")
                   ).total.effects == only("gwp", "3320.0")  # fmt: skip
    assert compare(run(stream("1923.5", **{**leak, "factor": "F1"})), run(stream("2255.5", **row), gwp="AR6")
                   ).total.effects == only("factor", "3320.0")  # fmt: skip
    other = run(stream("2255.5", **leak, told=("another input",)), gwp="AR6")
    assert compare(before, other).total.effects == only("factor", "3320.0")


def test_two_fuels_of_one_type_are_matched_by_what_their_rows_say():
    before = [stream("2", "10", told=("a",)), stream("3", "10", told=("b",))]
    after = [stream("2", "10", told=("a",)), stream("3", "20", told=("b",))]
    assert split(before, after) == only("activity", 30)


def test_years_are_matched_with_each_other_where_both_runs_have_the_same_ones():
    before = [stream("2", "10", year=2022), stream("3", "10", year=2023)]
    after = [stream("2", "10", year=2022), stream("3", "20", year=2023)]
    assert split(before, after) == only("activity", 30)
    rolled = [stream("3", "10", year=2023), stream("3", "10", year=2024)]
    assert split(before, rolled) == only("factor", 10)


def test_money_of_two_years_does_not_convert_and_is_activity():
    before, after = (
        stream(kind="spend", units="currency:USD_2022"),
        stream("3", kind="spend", units="currency:USD_2023"),
    )
    assert split([before], [after]) == only("activity", 10)


def test_the_basis_decides_which_scope_2_is_compared():
    power = {"kind": "electricity", "scope": 2, "category": "electricity"}
    before = [stream("2", basis="location", **power), stream("2", basis="market", **power)]
    after = [stream("2", basis="location", **power), stream("0", basis="market", factor="GREEN", **power)]
    assert split(before, after) == dict.fromkeys(EFFECTS, Decimal(0))
    assert split(before, after, basis="market") == only("factor", -20)


def test_the_coefficients_of_a_cause_are_told_where_all_its_lines_agree():
    before, after = [stream("2"), stream("2", facility="B")], [stream("3"), stream("3", facility="B", share="0.5")]
    cause = next(cause for cause in compare(run(*before), run(*after)).causes() if cause.effect == "factor")
    assert (cause.entries, cause.rates) == (2, (Decimal("0.002"), Decimal("0.003"), "L"))


numbers = st.decimals("0", "1000000", places=6)
rates = st.decimals("0", "1000", places=12)


@st.composite
def streams(draw, gwp="AR5"):
    kind, scope, category, basis = draw(
        st.sampled_from(
            [("fuel.diesel", 1, "stationary", "-"), ("fuel.petrol", 1, "mobile", "-"), ("", 1, "stationary", "-"),
             ("electricity", 2, "electricity", "location"), ("electricity", 3, "3", "-")]
        )
    )  # fmt: skip
    share = draw(st.sampled_from(["1", "1/3", "0.75", "0"]))
    return stream(
        draw(rates), str(draw(numbers)), draw(st.sampled_from("ABC")), kind, scope, category, basis, share,
        draw(st.sampled_from(["factor", "other"])), draw(st.sampled_from(["F1", "F2"])),
        draw(st.sampled_from([2022, 2023])), draw(st.sampled_from(["volume", "mass"])),
        (draw(st.sampled_from(["x", "y"])),),
        draw(st.none() | st.tuples(rates, rates, rates)), gwp,
    )  # fmt: skip


def posted(found):
    """As a run holds them: kg at 18 places."""
    return [
        replace(
            s, masses={g: None if m is None else EXACT.quantize(m, Decimal(1).scaleb(-18)) for g, m in s.masses.items()}
        )
        for s in found
    ]


runs = st.sampled_from(["AR5", "AR4", "SAR"]).flatmap(
    lambda gwp: st.lists(streams(gwp), max_size=8).map(lambda found: run(*posted(found), gwp=gwp))
)


@given(runs, runs)
def test_the_effects_add_up_exactly_in_total_and_in_every_line_of_every_table(a, b):
    found = compare(a, b)
    changes = [found.total, *(entry.change for entry in found.entries)]
    tables = [found.by(name) for name in BY]
    with localcontext(EXACT):
        for change in (*changes, *(change for table in tables for change in table.values())):
            assert change.before + sum(change.effects.values()) == change.after
        for table in tables:
            for effect in EFFECTS:
                assert sum(change.effects[effect] for change in table.values()) == found.total.effects[effect]
        for side, streams in (("before", a.streams), ("after", b.streams)):
            assert getattr(found.total, side) == sum((s.kg for s in streams), Decimal(0))


@given(runs, runs)
def test_the_way_back_is_the_same_difference_with_the_other_sign(a, b):
    there, back = compare(a, b), compare(b, a)
    back_sign = EXACT.minus  # a bare minus would round to the 28 digits of the default context
    assert there.total.total == back_sign(back.total.total)
    assert {e: there.by("scope")[e].total for e in there.by("scope")} == {
        e: back_sign(c.total) for e, c in back.by("scope").items()
    }
    assert there.total.effects["boundary"] == back_sign(back.total.effects["boundary"]) or any(
        s.shared != s.quantity for s in a.streams + b.streams
    )


def test_a_difference_keeps_all_its_digits():
    a, b = stream("0.000000000001", "0.000001"), stream("1", "99999999999")
    found = compare(run(a), run(b)).total
    assert found.total == EXACT.subtract(b.kg, a.kg)
    assert len(found.total.as_tuple().digits) > 28


@given(runs)
def test_a_run_has_no_difference_from_itself(a):
    assert not any(any(entry.change.effects.values()) for entry in compare(a, a).entries)


@given(runs, st.randoms())
def test_the_order_of_the_streams_does_not_matter(a, dice):
    shuffled = list(a.streams)
    dice.shuffle(shuffled)
    b = run(*(replace(s, quantity=s.quantity * 2, shared=s.shared * 2) for s in shuffled), gwp=a.gwp)
    c = replace(b, streams=tuple(sorted(b.streams, key=repr)))
    assert compare(a, b).total == compare(a, c).total


@pytest.mark.parametrize("name", BY)
def test_every_table_has_the_largest_change_first(name):
    found = compare(
        run(stream(), stream(facility="B")), run(stream(quantity="11"), stream(facility="B", quantity="99"))
    )
    sizes = [abs(change.total) for change in found.by(name).values()]
    assert sizes == sorted(sizes, reverse=True)
