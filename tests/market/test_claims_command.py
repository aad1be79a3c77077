"""From a certificate in the book to market-based scope 2, by commands, with the ledgers of both: a published case, and shares by hand."""

import csv
from decimal import Decimal

import pytest

from golden.calculating import Calculator

# "Scope 2 market vs location based", https://tools.gera.services/scope2-market-vs-location-based: 1,000,000 kWh, certificates for 600,000 kWh
# at 0, residual mix 0.45 kg/kWh for the rest: 180 t market-based; grid 0.2 kg/kWh: 200 t location-based
USED_KWH, CLAIMED_MWH, MARKET_KG, LOCATION_KG = 1_000_000, 600, 180_000, 200_000
FACTORS = """factor_id,name,name_zh,category,activity,region,valid_from,valid_to,activity_unit,co2e_kg,scope,source_title,source_url,licence
GRID,grid,电网,purchased_electricity,electricity,GB,2020-01-01,,kWh,0.2,2,GERA,https://tools.gera.services,cite
RESID,residual,剩余,purchased_electricity,electricity,GB,2020-01-01,,kWh,0.45,2,GERA,https://tools.gera.services,cite
"""


@pytest.fixture
def go(tmp_path):
    calculator = Calculator(tmp_path)

    def run(*words, code=0, out=None):
        outcome = calculator.command(*words, out=out or tmp_path)
        assert outcome.code == code, (outcome.out, outcome.err)
        return outcome

    run.folder = tmp_path
    return run


def book(go, *events):
    folder = go.folder / "book"
    go("assets", "account", "G1", "--entity", "Works Ltd", "--registry", "GEC", "--number", "1", "--book", folder)
    file = go.folder / "events.csv"
    with file.open("w", newline="") as stream:
        rows = csv.DictWriter(stream, sorted({name for each in events for name in each}))
        rows.writeheader()
        rows.writerows(events)
    for event in range(len(events)):
        go("assets", "post", file, "--by", "li", "--book", folder) if not event else None
    go("assets", "approve", "--all", "--by", "wang", "--book", folder)
    return folder


BUY = {"kind": "buy", "day": "2026-02-02", "account": "G1", "instrument": "GEC-A", "instrument_kind": "gec", "produced_on": "2025-06", "serials": "W:1-700",
       "way": "otc", "amount": "3500.00"}  # fmt: skip
CLAIM = {
    "kind": "retire",
    "day": "2026-02-03",
    "account": "G1",
    "instrument": "GEC-A",
    "purpose": "scope2",
    "beneficiary": "Works Ltd",
    "year": "2025",
}


def bills(go, *rows):
    file = go.folder / "bills.csv"
    head = "activity_id,facility,activity_type,start,end,quantity,unit,region,factor_id"
    file.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return file


def calculated(go, folder, file, *more):
    out = go.folder / f"run{len(list(go.folder.glob('run*')))}"
    instruments = go.folder / "instruments.csv"
    go("assets", "claims", "--year", "2025", *more, "--out", instruments, "--book", folder)
    return go(
        "calculate",
        file,
        "--instruments",
        instruments,
        "--no-report",
        "--ledger",
        folder / "ledger",
        "--out",
        out,
        out=out,
    )


def test_certificates_of_the_book_cover_600_of_1000_mwh_as_published_and_both_are_proved(go):
    folder = book(go, BUY, CLAIM | {"quantity": str(CLAIMED_MWH)})
    # the market-based residual of the case is 0.45: the row pins it, and certificates come before it
    file = bills(go, f"e1,Works,electricity,2025-01-01,2025-12-31,{USED_KWH},kWh,CN,RESID")
    factors = go.folder / "factors.csv"
    factors.write_text(FACTORS.replace(",GB,", ",CN,"), "utf-8")
    instruments = go.folder / "instruments.csv"
    go("assets", "claims", "--year", "2025", "--out", instruments, "--book", folder)
    out = go.folder / "run"
    run = go(
        "calculate",
        file,
        "--factors",
        factors,
        "--instruments",
        instruments,
        "--no-report",
        "--ledger",
        folder / "ledger",
        "--out",
        out,
        out=out,
    )
    assert run.one("e1", "market")["co2e_kg"] == MARKET_KG
    assert run.summary["instruments"] == {"GEC-A:2": {"quantity": "600", "used": "600", "unit": "MWh"}}
    assert "GEC-A:2" in go("explain", out, "e1", out=out).out
    go("verify", folder / "ledger")
    go("assets", "prove", "2", "--out", go.folder / "claim.json", "--book", folder)
    go("verify", go.folder / "claim.json")


def test_without_certificates_the_case_is_location_based(go):
    factors = go.folder / "factors.csv"
    factors.write_text(FACTORS, "utf-8")
    out = go.folder / "run"
    file = bills(go, f"e1,Works,electricity,2025-01-01,2025-12-31,{USED_KWH},kWh,GB,GRID")
    assert (
        go("calculate", file, "--factors", factors, "--no-report", "--out", out, out=out).one("e1", "location")[
            "co2e_kg"
        ]
        == LOCATION_KG
    )


def test_claims_of_an_entity_cover_its_facilities_alone(go):
    folder = book(go, BUY, CLAIM | {"quantity": "100"})
    file = bills(
        go,
        "a,Ours,electricity,2025-01-01,2025-12-31,80000,kWh,CN-33,",
        "b,Theirs,electricity,2025-01-01,2025-12-31,80000,kWh,CN-33,",
    )
    ours = calculated(go, folder, file, "--beneficiary", "Works Ltd", "--facility", "Ours")
    assert ours.one("a", "market")["co2e_kg"] == 0  # 80 of 100 MWh
    assert ours.one("b", "market")["co2e_kg"] == 80_000 * Decimal("0.6096")  # residual mix, MEE and NBS for 2023
    assert ours.summary["instruments"]["GEC-A:2"]["used"] == "80"
