"""Own factors, policy and methods over the API."""

from hengtan.web.library.method_pages import EXAMPLE
from hengtan.web.organisations.roles import Role

from .importing import work
from .test_api import Caller, codes
from .test_own_factors import STEAM


def test_a_factor_is_proposed_submitted_and_approved_by_somebody_else(company):
    enters, decides = Caller(company.people[Role.CONTRIBUTOR]), Caller(company.people[Role.APPROVER])
    made = enters.post("/own-factors", {"cells": STEAM, "reason": "contract"})
    assert made.status_code == 201, made.content
    key = made.json()["id"]
    assert decides.post(f"/own-factors/{key}/approve").status_code == 422
    assert enters.post(f"/own-factors/{key}/submit").json()["state"] == "submitted"
    assert enters.post(f"/own-factors/{key}/approve").status_code == 403
    told = decides.post(f"/own-factors/{key}/approve").json()
    assert (told["state"], told["cells"]["co2_kg"]) == ("approved", "98.6")
    (given,) = enters.get("/run-inputs").json()
    assert given["role"] == "factors" and len(given["sha256"]) == 64
    wrong = enters.post("/own-factors", {"cells": STEAM | {"factor_id": "X", "co2_kg": "much"}}).json()["id"]
    refused = enters.post(f"/own-factors/{wrong}/submit")
    assert refused.status_code == 422 and "factor.number-unreadable" in codes(refused)
    new = enters.post("/own-factors", {"cells": STEAM | {"co2_kg": "97"}, "reason": "new", "corrects": key}).json()
    assert (new["version"], new["supersedes"]) == (2, key)


def test_a_policy_shows_its_effect_and_a_method_its_case(company):
    asks, decides = Caller(company.people[Role.MANAGER]), Caller(company.people[Role.APPROVER])
    made = asks.post("/own-policies", {"body": "extends: default\nearlier_years: 1\n", "reason": "fresh ones"})
    assert made.status_code == 202 and made.json()["job"], made.content
    key = made.json()["id"]
    assert asks.post(f"/own-policies/{key}/submit").status_code == 422
    work()
    assert asks.get(f"/own-policies/{key}").json()["effect"]["changed"] == 0
    assert asks.post(f"/own-policies/{key}/submit").json()["state"] == "submitted"
    assert decides.post(f"/own-policies/{key}/return", {"comment": "why?"}).json()["comment"] == "why?"
    bad = asks.post("/own-policies", {"body": "a: &a [*a]", "reason": "x"})
    assert bad.status_code == 422 and codes(bad) == ["policy.unreadable"]
    case = {"quantity": "1000", "unit": "GJ_ncv", "year": "2025", "activity_type": "fuel.natural_gas", "source": "EPA",
            "inputs": {"carbon_kg_per_gj": "15.3"}, "expected": {"co2_kg": "55539"}}  # fmt: skip
    method = asks.post("/own-methods", {"body": EXAMPLE, "case": case})
    assert method.status_code == 201, method.content
    told = asks.post(f"/own-methods/{method.json()['id']}/submit").json()
    assert told["reached"] == {"co2_kg": "55539"}
    assert decides.post(f"/own-methods/{method.json()['id']}/approve").json()["state"] == "approved"


def test_the_library_is_filtered_and_a_series_told(company):
    caller = Caller(company.people[Role.VIEWER])
    found = caller.get("/factors?q=electricity&dataset=us_epa_egrid&stated=gases&limit=3").json()
    assert {each["dataset"] for each in found} == {"us_epa_egrid"}
    years = caller.get("/factors/CN-EL-AVG-CN-2023/years").json()
    assert [each["co2_kg"] for each in years][-2:] == ["0.5366", "0.5306"]
    assert caller.get("/factors/none/years").status_code == 404
