"""What happened is in the ledger once, if and only if it happened, and anybody can verify it."""

import json
import stat

import pytest
from django.db import connection, transaction

from hengtan.evidence.proof_file import read_proof
from hengtan.ledger import parse_vkey
from hengtan.ledger.log import Log
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.worker import run_one
from hengtan.web.organisations.roles import Role
from hengtan.web.reporting.models import RetirementPaper
from hengtan.web.vault import services
from hengtan.web.vault.models import Outbox


@pytest.fixture
def owner(company):
    RetirementPaper.objects.all().delete()  # what was recorded when the company was made, and what rests on it
    Outbox.objects.all().delete()
    return company.people[Role.OWNER].user


def recorded(company, owner, number=1):
    with transaction.atomic():
        return services.record(company.organisation, "batch.approved", {"batch": f"B-{number}", "rows": "12"}, owner)


def test_an_event_goes_into_the_ledger_and_its_proof_stands_alone(company, owner, tmp_path):
    row = recorded(company, owner)
    assert services.proof(row) is None
    assert services.sequence(company.organisation) == 1
    row.refresh_from_db()
    assert (row.entry_index, row.salt) == (0, "")
    path = tmp_path / "event.tlog-proof"
    path.write_bytes(services.proof(row))
    found = read_proof(path)
    checkpoint = found.verify(parse_vkey(services.vkey(company.organisation)))
    assert checkpoint.size == 1
    assert found.record["batch"] == "B-1"
    assert found.record["by"] == {"id": str(owner.pk), "name": owner.name}
    assert "B-1" not in found.entry.decode()


def test_what_was_rolled_back_is_never_logged(company, owner):
    with pytest.raises(RuntimeError), transaction.atomic():
        services.record(company.organisation, "batch.approved", {"batch": "B-9"}, owner)
        raise RuntimeError
    assert services.sequence(company.organisation) == 0
    assert not Outbox.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_of_a_transaction_is_refused(company, owner):
    assert not connection.in_atomic_block
    with pytest.raises(transaction.TransactionManagementError):
        services.record(company.organisation, "batch.approved", {}, owner)


def test_who_dies_between_the_log_and_his_note_logs_nothing_twice(company, owner, monkeypatch):
    recorded(company, owner, 0)
    services.sequence(company.organisation)
    rows = [recorded(company, owner, number) for number in (1, 2)]
    noted = services._note

    def dies(pairs):
        if list(pairs):
            raise MemoryError

    monkeypatch.setattr(services, "_note", dies)
    with pytest.raises(MemoryError):
        services.sequence(company.organisation)
    monkeypatch.setattr(services, "_note", noted)
    third = recorded(company, owner, 3)
    services.sequence(company.organisation)
    log = Log.open(services.ledger(company.organisation))
    assert log.size == 4
    for row in (*rows, third):
        row.refresh_from_db()
        assert log.entry(row.entry_index).decode() == row.entry
    assert [row.entry_index for row in rows] == [1, 2]


def test_a_run_that_was_kept_in_between_moves_no_event(company, owner):
    recorded(company, owner)
    services.sequence(company.organisation)
    folder = services.ledger(company.organisation)
    with services._opened(company.organisation) as log:
        log.append([b'{"kind":"run.finished"}'])
    row = recorded(company, owner, 2)
    services.sequence(company.organisation)
    row.refresh_from_db()
    assert row.entry_index == 2
    assert json.loads(Log.open(folder).entry(2))["commitment"] == row.commitment


def test_a_worker_takes_what_waits_into_the_ledger_and_is_asked_once(company, owner):
    rows = [recorded(company, owner, number) for number in (1, 2)]
    waiting = Job.objects.of(company.organisation).filter(kind=services.SEQUENCE)
    assert waiting.count() == 1
    while run_one():
        pass
    assert waiting.get().result == {"events": 2}
    for row in rows:
        row.refresh_from_db()
        assert row.is_logged


def test_files_are_kept_by_digest_in_a_folder_of_the_tenant_alone(company, stranger, tmp_path):
    bill = tmp_path / "bill.pdf"
    bill.write_bytes(b"%PDF 12 kWh")
    digest = services.keep_file(company.organisation, bill)
    assert services.keep_file(company.organisation, b"%PDF 12 kWh") == digest
    assert services.facts(company.organisation).read(digest) == b"%PDF 12 kWh"
    assert not services.facts(stranger.organisation).has(digest)
    assert stat.S_IMODE(services.home(company.organisation).stat().st_mode) == 0o700
    assert services.vkey(company.organisation) != services.vkey(stranger.organisation)


def test_a_ledger_whose_making_was_cut_short_goes_on_with_its_key(company, monkeypatch):
    def dies(*_):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(services.Log, "create", dies)
        with pytest.raises(MemoryError):
            services.ledger(company.organisation)
    key = (services.home(company.organisation) / "ledger/private/key").read_text()
    folder = services.ledger(company.organisation)
    assert (folder / "private/key").read_text() == key
    assert Log.open(folder).size == 0
