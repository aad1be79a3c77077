"""The real filings of ``examples/``, recomputed to the last published digit."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from golden.calculating import EXAMPLES, Calculator

TORONTO = (
    EXAMPLES / "toronto/toronto_2018_energy_ghg_report.xlsx",
    "--template", "ontario_bps",
    "--factors", EXAMPLES / "toronto/ontario_2018_factors.csv",
)  # fmt: skip
DIFFERENT = [
    ("City Hall", 16), ("Metro Hall", 33), ("Old City Hall", 37), ("Cloud Gardens", 303),
    ("City Hall Nathan Phillips Sqr", 525), ("Sony Centre", 1023), ("St Lawrence Centre", 1024),
    ("Police Headquarters", 1055), ("Nashdene Yard", 1240), ("Nashdene Yard", 1241), ("Union Station", 1304),
    ("TTC Various Locations", 1434), ("TTC Various Locations", 1435),
]  # fmt: skip


def cents(value: Decimal | str) -> Decimal:
    return Decimal(value).quantize(Decimal("0.01"))


def test_toronto_2018_is_recomputed_and_compared_with_what_the_city_filed(run: Calculator) -> None:
    done = run.calculate(*TORONTO)
    assert done.code == 0, done.err
    summary = done.summary
    assert (summary["rows_in"], summary["rows_posted"], summary["rows_rejected"]) == (2962, 2962, 0)
    assert cents(done.total()) == Decimal("161981152.46")
    assert cents(
        sum(Decimal(summary["totals"][s]) for s in ("scope1_kg", "scope2_location_kg", "scope3_kg"))
    ) == Decimal("161981152.46")
    reference = json.loads((done.folder / "reference.json").read_text("utf-8"))
    assert cents(reference["published_kg"]) == Decimal("170144741.78")
    assert cents(reference["recomputed_kg"]) == Decimal("161981152.46")
    assert (reference["agree"], reference["total"]) == (1468, 1481)
    assert [(one["name"], one["row"]) for one in reference["differing"]] == DIFFERENT
    # the summary that a person reads says all of it
    assert "2,962" in done.out
    for said in ("161,981,152.46", "170,144,741.78", "1,468", "1,481", *{name for name, _ in DIFFERENT}):
        assert said in done.out, said


def test_toronto_s_three_pairs_of_suspected_double_entries_are_told_and_posted(run: Calculator) -> None:
    done = run.calculate(*TORONTO)
    twins = [problem for problem in done.problems if problem["code"] == "activity.identical"]
    assert [(one["row"], one["severity"]) for one in twins] == [
        ("1241", "warning"),
        ("1308", "warning"),
        ("1435", "warning"),
    ]
    assert [
        ("row 1240" in twins[0]["reason"]),
        ("row 909" in twins[1]["reason"]),
        ("row 1434" in twins[2]["reason"]),
    ] == [True] * 3
    posted = {row["activity_id"] for row in done.rows}
    assert {one["activity_id"] for one in twins} <= posted


@pytest.mark.parametrize(("factors", "tonnes"), [("initial", "1508.19"), ("verified", "1372.98")])
def test_the_ningbo_report_is_reached_as_filed_and_as_verified(run: Calculator, factors: str, tonnes: str) -> None:
    folder = EXAMPLES / "ningbo"
    done = run.calculate(folder / "活动数据.csv", "--factors", folder / f"factors_{factors}.csv")
    assert done.code == 0, done.out + done.err
    for basis in ("location", "market"):  # a pinned factor serves both bases
        assert cents(done.total(basis=basis) / 1000) == Decimal(tonnes)
    assert done.summary["by_match"] == {"pinned": {"rows": 2, "co2e_kg": done.summary["by_match"]["pinned"]["co2e_kg"]}}
