"""The invented group at first look: a plan of three years from its own book, approved, said to be invented; one surrender of it is proved."""

import json
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from click.testing import CliRunner

from hengtan.cli.verify import command as verify
from hengtan.web.assets import demo as assets
from hengtan.web.assets.models import Posting
from hengtan.web.compliance import demo
from hengtan.web.compliance.models import CompliancePlan, Step
from hengtan.web.compliance.words import address
from hengtan.web.notices.models import Notice
from hengtan.web.organisations.roles import Role
from hengtan.web.vault import services as vault

from .test_api import worked


@pytest.fixture
def made(company):
    owner, approver = company.people[Role.OWNER], company.people[Role.APPROVER]
    CompliancePlan.objects.all().delete()
    assets.make(owner, approver)
    before = time.perf_counter()
    found = demo.make(owner, approver)
    company.took_s = time.perf_counter() - before
    return found


def test_the_group_of_eight_has_an_approved_plan_for_three_years_from_its_own_book(company, made):
    assert (made.step, made.sample, made.years, made.broken) == (Step.APPROVED, True, [2025, 2026, 2027], 0)
    assert made.created_by != made.decided_by
    assert {each["entity"] for each in made.record["positions"]} == {each[0] for each in assets.ENTITIES}
    of_p1 = next(each for each in made.record["positions"] if (each["entity"], each["year"]) == ("P1", 2025))
    # 972,400 own and 61,600 carried over; 28,000 CCER; 40,000 pledged apart: 1,186,320 - 1,034,000 - 28,000
    assert (of_p1["due_t"], of_p1["pledged_t"], of_p1["credits_t"]) == (1_186_320, 40_000, 28_000)
    assert of_p1["gap_t"] in (84_320, 124_320)  # with or without the pledged ones
    of_2026 = next(each for each in made.record["positions"] if (each["entity"], each["year"]) == ("S1", 2026))
    assert of_2026["emissions"]["low_t"] < of_2026["emissions"]["expected_t"] < of_2026["emissions"]["high_t"]
    assert len(made.record["scenarios"]) == 3
    assert {"hand-over", "surrender", "offset", "sell"} <= {each["action"] for each in made.record["lines"]}
    assert any(each["source"] == "released" for each in made.record["lines"])
    assert Decimal(made.record["risk"]["historical_cny"]) > 0
    assert company.took_s < 10  # about a second where nobody else works
    assert demo.make(company.people[Role.OWNER], company.people[Role.APPROVER]) is None  # once


def test_every_page_of_it_says_that_it_is_invented(company, made):
    client = company.client(Role.MANAGER)
    for page in (company.url("compliance/"), address(made), company.url("assets/")):
        text = client.get(page).content.decode()
        assert "invented" in text or "synthetic" in text or "Sample" in text, page
    assert json.loads(client.get(f"{address(made)}file/").content)["sample"] is True


def test_who_made_it_finds_no_notices_and_the_second_person_only_what_waits(company, made):
    owner, approver = (company.people[role].user for role in (Role.OWNER, Role.APPROVER))
    assert not Notice.objects.filter(person=owner, kind__startswith="assets.", read_at=None).exists()
    waiting = Notice.objects.filter(person=approver, kind="assets.proposed", read_at=None)
    assert waiting.count() == len(assets._waiting("x"))


def verified(*what):
    return CliRunner().invoke(verify, [str(each) for each in what], standalone_mode=False).return_value


def test_one_entity_goes_from_allocation_to_a_surrender_whose_proof_anybody_can_check(company, made, tmp_path):
    worked()
    entity = "示例水泥西厂 Sample Cement West"
    postings = Posting.objects.of(company.organisation)
    surrendered = postings.get(kind="surrender", day=demo.AS_OF + timedelta(days=1))
    line = next(each for each in made.record["lines"] if each["entity"] == demo.FIRST and each["year"] == 2025)
    assert (surrendered.entity, surrendered.quantity) == (entity, line["t"]) == (entity, 398_100)
    assert postings.filter(kind="allocate", entity=entity, number__lt=surrendered.number).exists()

    client, page = company.client(Role.AUDITOR), company.url(f"assets/postings/{surrendered.pk}/proof/")
    record, proof, key = (tmp_path / name for name in ("posting.json", "posting.json.tlog-proof", "log.vkey"))
    key.write_text(vault.vkey(company.organisation) + "\n")
    taken = client.get(page).content
    record.write_bytes(taken)
    proof.write_bytes(client.get(f"{page}?what=proof").content)
    assert json.loads(taken)["posting"]["event"]["quantity"] == "398100"
    assert verified(record, "--vkey", key) == 0

    at = taken.index(b"398100")
    record.write_bytes(taken[:at] + b"398101" + taken[at + 6 :])
    assert verified(record, "--vkey", key) == 3
    record.write_bytes(taken)
    whole = proof.read_bytes()
    for spot in (whole.index(b"\n", 60) - 5, len(whole) // 2, len(whole) - 8):
        proof.write_bytes(whole[:spot] + bytes([whole[spot] ^ 1]) + whole[spot + 1 :])
        assert verified(record, "--vkey", key) == 3, spot

    home = vault.home(company.organisation)
    ledger = home / "ledger"
    assert verified(ledger, "--facts", home / "facts") == 0
    tile = next(path for path in sorted((ledger / "tile/entries").rglob("*")) if path.is_file())
    there = tile.read_bytes()
    tile.chmod(0o600)
    tile.write_bytes(there[:-9] + bytes([there[-9] ^ 1]) + there[-8:])
    assert verified(ledger, "--facts", home / "facts") == 3
