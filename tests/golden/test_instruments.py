"""CONTRACT sections 2 and 3, DESIGN section 3: market-based scope 2. Instruments first, the residual mix for the rest."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from golden.calculating import Calculator, Outcome, activity

HEADER = "instrument_id,kind,factor_id,co2e_kg_per_unit,quantity,unit,region,valid_from,valid_to,source\n"
FACTORS = (
    {"factor_id": "RESIDUAL", "category": "purchased_electricity", "scope": 2, "activity_unit": "kWh", "co2_kg": "0.5"},
    {"factor_id": "WIND", "category": "purchased_electricity", "scope": 2, "activity_unit": "kWh", "co2_kg": "0.01"},
)


def market(run: Calculator, lines: str, *rows: dict[str, Any], code: int = 0) -> Outcome:
    path = run.folder / "instruments.csv"
    path.write_text(HEADER + lines, "utf-8")
    whole = [activity(**{"quantity": 1000, "factor_id": "RESIDUAL", **row}) for row in rows]
    done = run.table(whole, "--instruments", path, "--factors", run.factors(*FACTORS))
    assert done.code == code, (done.out, done.err, done.problems)
    return done


def test_what_is_covered_is_the_smaller_of_instruments_and_use(run: Calculator) -> None:
    done = market(
        run,
        "GO,GO,,0,300,kWh,,,,\nBIG,GO,,0,9,MWh,,,,\n",
        {"activity_id": "a", "instrument": "GO"},
        {"activity_id": "b", "instrument": "BIG"},
    )
    assert done.one("a", "market")["co2e_kg"] == 700 * Decimal("0.5")
    assert done.one("b", "market")["co2e_kg"] == 0  # a factor of 0 is a value, not a gap
    assert done.one("b", "market")["factor_id"] == "BIG"
    assert {row["co2e_kg"] for row in done.rows if row["basis"] == "location"} == {500}


def test_a_result_of_several_factors_is_one_row_with_the_ids_joined(run: Calculator) -> None:
    done = market(run, "A,GO,,0,100,kWh,,,,\nB,PPA,WIND,,200,kWh,,,,\n", {"instrument": "A;B"})
    row = done.one("a1", "market")
    assert row["factor_id"] == "A;B;WIND;RESIDUAL" or row["factor_id"] == "A;WIND;RESIDUAL"
    assert row["co2e_kg"] == 100 * 0 + 200 * Decimal("0.01") + 700 * Decimal("0.5")
    assert row["match"] == "pinned"


def test_an_instrument_is_used_once_however_many_rows_name_it(run: Calculator) -> None:
    rows = [
        {"activity_id": f"{i}", "instrument": "GO", "start": f"2024-0{i}-01", "end": f"2024-0{i}-28"}
        for i in range(1, 5)
    ]
    done = market(run, "GO,GO,,0,1000,kWh,,,,\n", *rows)
    assert done.total(basis="market") == 3000 * Decimal("0.5")
    assert {row["co2e_kg"] for row in done.rows if row["basis"] == "market"} == {375}  # shared in proportion to the use


def test_the_order_and_number_of_rows_change_nothing(run: Calculator) -> None:
    rows = [{"activity_id": f"{i}", "instrument": "GO", "quantity": q} for i, q in enumerate((100, 350, 550))]
    one = market(run, "GO,GO,,0,700,kWh,,,,\n", *rows)
    other = market(run, "GO,GO,,0,700,kWh,,,,\n", *reversed(rows))
    assert {r["activity_id"]: r["co2e_kg"] for r in one.rows if r["basis"] == "market"} == {
        r["activity_id"]: r["co2e_kg"] for r in other.rows if r["basis"] == "market"
    }


def test_outside_its_region_or_validity_an_instrument_covers_nothing_and_says_so(run: Calculator) -> None:
    done = market(
        run, "CN1,GEC,,0,9999,kWh,CN,,,\nOLD,GO,,0,9999,kWh,,2020-01-01,2023-12-31,\nHERE,GO,,0,9999,kWh,GB,2024-01-01,2024-12-31,\n",
        {"activity_id": "region", "instrument": "CN1"}, {"activity_id": "date", "instrument": "OLD"},
        {"activity_id": "good", "instrument": "HERE", "region": "GB-SCT"},
    )  # fmt: skip
    assert (
        done.one("region", "market")["co2e_kg"],
        done.one("date", "market")["co2e_kg"],
        done.one("good", "market")["co2e_kg"],
    ) == (500, 500, 0)
    assert [p["activity_id"] for p in done.problems if p["code"] == "instrument.outside"] == ["region", "date"]


def test_an_instrument_that_nobody_names_covers_the_electricity_of_its_region(run: Calculator) -> None:
    done = market(run, "GO,GO,,0,500,kWh,GB,,,\n", {"activity_id": "gb"}, {"activity_id": "fr", "region": "FR"})
    assert done.one("gb", "market")["co2e_kg"] == 250
    assert done.one("fr", "market")["co2e_kg"] == 500
    assert "instrument.allocated" in done.codes("warning")


def test_an_unknown_instrument_is_a_problem_and_never_the_residual_mix(run: Calculator) -> None:
    done = market(
        run,
        "GO,GO,,0,500,kWh,,,,\n",
        {"activity_id": "a", "instrument": "G0"},
        {"activity_id": "b", "instrument": "GO"},
        code=3,
    )
    assert [p["activity_id"] for p in done.problems if p["code"] == "instrument.unknown"] == ["a"]
    assert {row["activity_id"] for row in done.rows} == {"b"}


def test_without_an_instruments_file_the_instrument_is_a_factor_for_the_whole_quantity(run: Calculator) -> None:
    done = run.table(
        [activity(quantity=1000, factor_id="RESIDUAL", instrument="WIND")], "--factors", run.factors(*FACTORS)
    )
    assert done.one("a1", "market")["co2e_kg"] == 10 and done.one("a1", "location")["co2e_kg"] == 500


def test_heat_is_not_covered_by_certificates_that_it_does_not_name(run: Calculator) -> None:
    done = market(run, "GO,GO,,0,500,kWh,GB,,,\n", {"activity_type": "heat", "factor_id": ""})
    assert done.one("a1", "market")["co2e_kg"] == done.one("a1", "location")["co2e_kg"] > 0


@pytest.mark.parametrize("rate", ["0", "0.0", "0.000"])
def test_a_market_factor_of_0_is_a_value_and_not_missing(rate: str, run: Calculator) -> None:
    done = market(run, f"GO,GO,,{rate},5000,kWh,,,,\n", {"instrument": "GO"})
    assert done.one("a1", "market")["co2e_kg"] == 0
    assert done.summary["totals"]["scope2_market_kg"] == "0" and done.summary["totals"]["scope2_location_kg"] == "500"


def test_a_gas_that_one_of_several_factors_does_not_state_is_null_unless_that_one_releases_nothing(
    run: Calculator,
) -> None:
    done = market(run, "DIRTY,PPA,,0.2,400,kWh,,,,\nCLEAN,GO,,0,400,kWh,,,,\n", {"activity_id": "dirty", "instrument": "DIRTY"},
                  {"activity_id": "clean", "instrument": "CLEAN"})  # fmt: skip
    dirty, clean = done.one("dirty", "market"), done.one("clean", "market")
    assert (dirty["co2e_kg"], dirty["co2_kg"]) == (400 * Decimal("0.2") + 300, None)
    assert (clean["co2e_kg"], clean["co2_kg"]) == (300, 300)


def refused(run: Calculator, lines: str) -> Outcome:
    path = run.folder / "instruments.csv"
    path.write_text(HEADER + lines, "utf-8")
    done = run.table([activity(factor_id="RESIDUAL")], "--instruments", path, "--factors", run.factors(*FACTORS))
    assert done.code == 2 and not (done.folder / "emissions.parquet").exists()
    return done


def test_an_instrument_with_a_factor_and_a_rate_is_a_bad_file_and_neither_wins(run: Calculator) -> None:
    done = refused(run, "A,PPA,WIND,0.2,100,kWh,,,,\n")
    assert "not both" in done.err
    assert "not both" in refused(run, "A,PPA,WIND,0.01,100,kWh,,,,\n").err  # nor does it matter that they agree


def test_an_instrument_on_a_row_that_is_not_scope_2_is_told(run: Calculator) -> None:
    rows = [
        {"activity_id": "diesel", "activity_type": "fuel.diesel", "unit": "L", "factor_id": "", "instrument": "GO"},
        {
            "activity_id": "flight",
            "activity_type": "hotel",
            "unit": "room.night",
            "factor_id": "",
            "instrument": "NOBODY",
        },
        {"activity_id": "power", "instrument": "GO"},
    ]
    done = market(run, "GO,GO,,0,1000,kWh,,,,\n", *rows)
    assert [p["activity_id"] for p in done.problems if p["code"] == "instrument.not-scope-2"] == ["diesel", "flight"]
    assert done.one("power", "market")["co2e_kg"] == 0  # the whole instrument is there for the row that can use it
    done = run.table([activity(activity_type="fuel.diesel", unit="L", instrument="anything")])
    assert done.code == 0 and "instrument.not-scope-2" in done.codes("warning")


THERMAL = [
    {"activity_id": name, "activity_type": name, "factor_id": "", "instrument": "I"} for name in ("heat", "steam")
]


@pytest.mark.parametrize(
    "line", ["I,GO,,0,9,MWh,,,,", "I,绿证,,0,9,MWh,,,,", "I,,,0,9000,kWh,,,,", "I,contract,WIND,,9000,kWh,,,,"]
)
def test_electricity_covers_no_heat_even_where_a_row_names_it(line: str, run: Calculator) -> None:
    done = market(run, line + "\n", *THERMAL, {"activity_id": "power", "instrument": "I"})
    for name in ("heat", "steam"):
        assert done.one(name, "market")["co2e_kg"] == done.one(name, "location")["co2e_kg"] > 0
    assert done.one("power", "market")["co2e_kg"] < 20
    told = [p for p in done.problems if p["code"] == "instrument.outside"]
    assert [p["activity_id"] for p in told] == ["heat", "steam"] and "it is for electricity" in told[0]["reason"]


@pytest.mark.parametrize(
    "line", ["I,district heat,,0,9,MWh,,,,", "I,绿色热力,,0,9,MWh,,,,", "I,supplier,,0,900,GJ,,,,"]
)
def test_heat_that_is_bought_as_such_covers_heat_and_steam(line: str, run: Calculator) -> None:
    done = market(run, line + "\n", *THERMAL)
    assert {row["co2e_kg"] for row in done.rows if row["basis"] == "market"} == {0}


def test_heat_covers_no_electricity(run: Calculator) -> None:
    done = market(
        run, "I,steam contract,,0,9,MWh,,,,\n", {"activity_id": "named", "instrument": "I"}, {"activity_id": "not"}
    )
    assert {row["co2e_kg"] for row in done.rows if row["basis"] == "market"} == {500}
    assert [p["activity_id"] for p in done.problems if p["code"] == "instrument.outside"] == ["named"]


def test_heat_that_nobody_names_is_told_to_be_unused(run: Calculator) -> None:
    done = market(run, "I,steam contract,,0,9,MWh,,,,\n", {"activity_id": "power"})
    assert done.one("power", "market")["co2e_kg"] == 500 and "instrument.unused" in done.codes("warning")


def test_a_factor_of_electricity_named_by_a_row_of_steam_is_not_used(run: Calculator) -> None:
    done = run.table([activity(activity_type="steam", instrument="WIND")], "--factors", run.factors(*FACTORS))
    row = done.one("a1", "market")
    assert row["co2e_kg"] == done.one("a1", "location")["co2e_kg"] > 0 and row["factor_id"] != "WIND"
    assert "instrument.outside" in done.codes("warning")


FOR = HEADER.rstrip("\n") + ",facility\n"


def of_facilities(run: Calculator, lines: str, *rows: dict[str, Any]) -> Outcome:
    path = run.folder / "instruments.csv"
    path.write_text(FOR + lines, "utf-8")
    whole = [activity(**{"quantity": 1000, "factor_id": "RESIDUAL", **row}) for row in rows]
    done = run.table(whole, "--instruments", path, "--factors", run.factors(*FACTORS))
    assert done.code == 0, (done.out, done.err, done.problems)
    return done


PLANTS = (
    {"activity_id": "a", "facility": "A"},
    {"activity_id": "b", "facility": "B"},
    {"activity_id": "c", "facility": "C;1"},
)


def kg(done: Outcome) -> dict[str, Any]:
    return {row["activity_id"]: row["co2e_kg"] for row in done.rows if row["basis"] == "market"}


def test_an_instrument_of_certain_facilities_covers_their_use_alone(run: Calculator) -> None:
    done = of_facilities(run, "G,GEC,,0,5,MWh,,,,book,A\n", *PLANTS)
    assert kg(done) == {"a": 0, "b": 500, "c": 500}
    assert done.summary["instruments"] == {"G": {"quantity": "5", "used": "1", "unit": "MWh"}}  # 4 MWh are left over


def test_several_facilities_share_it_and_a_name_may_hold_a_semicolon(run: Calculator) -> None:
    assert kg(of_facilities(run, "G,GEC,,0,1,MWh,,,,book,A; B\n", *PLANTS)) == {"a": 250, "b": 250, "c": 500}
    assert kg(of_facilities(run, "G,GEC,,0,1,MWh,,,,book,C;1\n", *PLANTS)) == {"a": 500, "b": 500, "c": 0}


def test_what_is_for_one_facility_is_used_there_before_what_is_for_all(run: Calculator) -> None:
    # by hand: A needs 1 MWh and has 1 of its own; the 2 MWh of the whole are left for B and C, whichever line stands first
    for lines in (
        "ALL,GEC,,0,2,MWh,,,,x,\nOWN,GEC,,0,1,MWh,,,,x,A\n",
        "OWN,GEC,,0,1,MWh,,,,x,A\nALL,GEC,,0,2,MWh,,,,x,\n",
    ):
        done = of_facilities(run, lines, *PLANTS)
        assert set(kg(done).values()) == {0}
        assert {name: each["used"] for name, each in done.summary["instruments"].items()} == {"ALL": "2", "OWN": "1"}


def test_a_row_that_names_an_instrument_of_other_facilities_is_told(run: Calculator) -> None:
    done = of_facilities(run, "G,GEC,,0,5,MWh,,,,book,A\n", {"activity_id": "b", "facility": "B", "instrument": "G"})
    assert kg(done) == {"b": 500}
    assert "facilit" in next(each["reason"] for each in done.problems if each["code"] == "instrument.outside")


def test_use_of_rows_that_are_not_posted_uses_no_instrument(run: Calculator) -> None:
    done = market(
        run, "GO,GO,,0,5,MWh,,,,\n", {"activity_id": "good", "instrument": "GO"},
        {"activity_id": "lost", "factor_id": "NOBODY-KNOWS-IT", "instrument": "GO"}, code=3,
    )  # fmt: skip
    assert done.summary["instruments"]["GO"]["used"] == "1"


def test_beside_an_instruments_file_a_row_may_still_name_a_factor(run: Calculator) -> None:
    done = market(
        run,
        "GO,GO,,0,9999,kWh,,,,\n",
        {"activity_id": "wind", "instrument": "WIND"},
        {"activity_id": "go", "instrument": "GO"},
    )
    assert (done.one("wind", "market")["co2e_kg"], done.one("go", "market")["co2e_kg"]) == (10, 0)
