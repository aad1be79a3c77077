"""A calculation from the vault to figures that add up, in the ledger, once."""

import json
from decimal import Decimal

import pytest
from django.db import connection

from hengtan.evidence import verify
from hengtan.inventory.cube_rows import cube_rows, parted, whole
from hengtan.ledger.log import Log
from hengtan.web.organisations.roles import Role
from hengtan.web.runs import services, work
from hengtan.web.runs.figures import figures
from hengtan.web.runs.models import Cube, Run
from hengtan.web.runs.summing import VIEW, OfDatabase, cube, summed
from hengtan.web.vault import services as vault

from .calculated import YEAR, calculated, worked


def test_a_run_is_calculated_kept_in_the_ledger_and_its_cube_adds_up_to_the_last_digit(company):
    run = calculated(company)
    summary = json.loads((run.folder / "summary.json").read_text())
    found = figures(OfDatabase(cube(run, None)))
    assert run.totals == summary["totals"]
    assert {name: Decimal(kg) for name, kg in found["totals"].items() if name != "rows"} == {
        name: Decimal(kg) for name, kg in summary["totals"].items()
    }
    assert int(found["totals"]["rows"]) == run.rows_posted == 4
    months = {row["month"]: row for row in found["months"]}
    for month, sums in summary["by_month"].items():
        assert {name: Decimal(months[month][name]) for name in sums} == {n: Decimal(kg) for n, kg in sums.items()}
    for row in found["facilities"]:
        told = summary["by_facility"][row["facility"]]
        assert {name: Decimal(row[name]) for name in told} == {n: Decimal(kg) for n, kg in told.items()}
    report = verify(
        run.folder, vkey=vault.vkey(company.organisation), facts=str(vault.home(company.organisation) / "facts")
    )
    assert report.ok
    assert report.index == run.entry_index


def test_a_worker_that_dies_before_the_database_keeps_the_run_enters_it_once(company, monkeypatch):
    with monkeypatch.context() as patch:

        def dies(*_):
            raise MemoryError

        patch.setattr(work, "_keep", dies)
        with pytest.raises(AssertionError):
            calculated(company)
    run = Run.objects.get(number=901)
    assert not run.is_done
    size = Log.open(vault.ledger(company.organisation)).size
    run.job.state = "queued"
    run.job.save()
    assert worked(run).state == "done"
    run.refresh_from_db()
    assert run.is_done
    assert Log.open(vault.ledger(company.organisation)).size == size
    assert Cube.objects.filter(run=run).count() == len(list(cube_rows(run.folder)))


def test_a_cube_that_two_workers_wrote_at_once_is_never_shown(company, monkeypatch):
    written = work._cube

    def twice(run, folder, progress):
        count = written(run, folder, progress)
        Cube.objects.bulk_create([work._row(run, each) for each in cube_rows(folder)])
        return count

    monkeypatch.setattr(work, "_cube", twice)
    with pytest.raises(AssertionError):
        calculated(company)
    assert not Run.objects.get(number=901).is_done


@pytest.mark.skipif(connection.vendor != "sqlite", reason="how SQLite plans")
def test_the_sums_of_few_facilities_do_not_read_the_whole_cube(company):
    told = cube(company.run, ["yong plant 1", "yong plant 2"]).values("month").explain()
    assert "cube_by_facility (organisation_id=? AND run_id=? AND facility=?)" in told


@pytest.mark.parametrize("seen", [None, "all", 1, 2])
def test_the_database_and_the_file_sum_to_the_same_digit(company, seen, monkeypatch):
    run = calculated(company, YEAR + "W-1,{m} plant 1,fuel.wood.pellets,2025-01-01,2025-12-31,90,t,GB\n")
    names = [plant.name for plant in company.plants]
    facilities = {None: None, "all": names, 1: names[:1], 2: names[1:]}[seen]
    told = figures(OfDatabase(cube(run, facilities)))
    monkeypatch.setattr("hengtan.web.runs.summing.FEW", 0)
    with summed(run, facilities) as source:
        assert type(source).__name__ == "OfFile"
        assert figures(source) == told
    (run.home / VIEW).unlink()
    with summed(run, facilities) as source:  # a view: without it the database answers
        assert figures(source) == told


def test_what_cannot_be_read_fails_with_its_reason_and_shows_no_half_run(company):
    organisation, user = company.organisation, company.people[Role.OWNER].user
    source = services.Source("empty.csv", vault.keep_file(organisation, b""))
    run = services.start(organisation, user, "2025", [source], {})
    job = worked(run)
    assert job.state == "failed"
    assert job.problems[0]["code"]
    assert not run.folder.exists()
    assert services.current(organisation) is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "a/b\\c:d\x00.csv", ".hidden", "年.xlsx" * 60])
def test_a_name_never_leads_out_of_the_folder_of_its_run(name):
    placed = services._placed([services.Source(name, "0" * 64), services.Source(name, "1" * 64)])
    paths = [each["path"] for each in placed]
    assert len(set(paths)) == 2
    for path in paths:
        parts = path.split("/")
        assert parts[0] == "inputs"
        assert not {"", ".", ".."} & set(parts)
        assert len(parts) <= 3
        assert len(parts[-1].encode()) < 400


@pytest.mark.parametrize(
    "mass", ["0", "0.000000000000000001", "-0.000000000000000001", "12345678901234567890.123456789012345678", "-7.5"]
)
def test_a_mass_in_three_integers_is_the_mass(mass):
    assert whole(*parted(Decimal(mass))) == Decimal(mass)
    assert whole(*(3 * part for part in parted(Decimal(mass)))) == Decimal(mass) * 3 or len(mass) > 20


def test_the_choice_of_a_person_is_what_counts_and_the_ledger_knows_who(company):
    first, second = calculated(company), calculated(company, name="again")
    assert (first.code, second.code) == ("R-0901", "R-0902")
    assert services.current(company.organisation) == second
    services.choose(first, company.people[Role.MANAGER].user)
    assert services.current(company.organisation) == first
    row = company.organisation.events.last()
    assert (row.kind, json.loads(row.record)["by"]["name"]) == ("run.chosen", company.people[Role.MANAGER].user.name)
