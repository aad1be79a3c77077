"""The second wall: PostgreSQL itself shows nobody a row of another tenant, whatever the application forgets."""

import os
import subprocess
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.http import HttpResponse
from django.test import override_settings

from hengtan.web.boundaries.models import Facility, Unit
from hengtan.web.configuration import Configuration
from hengtan.web.deployment import deployed
from hengtan.web.jobs.registry import HANDLERS, Handler
from hengtan.web.jobs.services import enqueue
from hengtan.web.jobs.worker import run_one
from hengtan.web.organisations import wall
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Role
from hengtan.web.organisations.tenancy import TenantModel
from house.house import ROOT

from .company import Company

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="tests/web/test_on_postgresql.py runs it")
asked = []  # what is done in the middle of a request, and what came of it


def probe(get_response):
    """Innermost middleware: raw SQL in the middle of somebody's request."""
    return lambda request: HttpResponse(repr(asked[0]()))


def during(client, address, ask, middleware=()):
    asked[:] = [ask]
    with override_settings(MIDDLEWARE=[*(middleware or settings.MIDDLEWARE), f"{__name__}.probe"]):
        client.handler.load_middleware()
        try:
            return eval(client.get(address).content.decode())
        finally:
            asked.clear()


def rows(sql, *given):
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()


def counts(organisation):
    """table: how many rows of this tenant raw SQL finds; of tables between two others, how many there are at all."""
    found = {}
    for table, policies in wall.wanted().items():
        if "EXISTS" in policies["wall"]:
            found[table] = rows(f'SELECT count(*) FROM "{table}"')[0][0]
            continue
        column = "id" if table == "organisations_organisation" else "organisation_id"
        found[table] = rows(f'SELECT count(*) FROM "{table}" WHERE {column} = %s', organisation.pk)[0][0]
    return found


def seen():
    """Ids of the tenants of all rows that raw SQL finds anywhere."""
    found = {row[0] for row in rows("SELECT id FROM organisations_organisation")}
    for table, policies in wall.wanted().items():
        if table != "organisations_organisation" and "EXISTS" not in policies["wall"]:
            found |= {row[0] for row in rows(f'SELECT organisation_id FROM "{table}"')}
    return found


def test_every_table_of_a_tenant_has_a_wall_and_none_hangs_on_one_without():
    planned = wall.wanted()
    kinds = [model for model in apps.get_models() if issubclass(model, TenantModel)]
    assert len(kinds) > 15
    assert {model._meta.db_table for model in kinds} < set(planned)
    assert {"organisations_organisation", "organisations_membership_facilities"} < set(planned)


@on_postgresql
def test_the_walls_stand_and_bind_the_role_that_owns_the_tables(db):
    assert rows("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == [(False, False)]
    assert wall.missing() == []
    owners = rows("SELECT DISTINCT tableowner = current_user FROM pg_tables WHERE schemaname = 'public'")
    assert owners == [(True,)]


@on_postgresql
def test_raw_sql_in_somebodys_request_finds_his_tenant_and_no_other_in_every_table(company, stranger):
    for each in (company, stranger):
        each.people[Role.CONTRIBUTOR].facilities.add(each.plants[0])
        each.invitation.facilities.add(each.plants[0])
    plan = wall.wanted()
    between = {
        table
        for table, count in counts(stranger.organisation).items()
        if count == 2 and "EXISTS" in plan[table]["wall"]
    }
    client = company.client()
    theirs = during(client, company.url(), lambda: counts(stranger.organisation))
    ours = during(client, company.url(), lambda: counts(company.organisation))
    assert len(between) == 3
    assert {table for table, count in theirs.items() if count} == between
    assert {ours[table] for table in between} == {1}  # of the two that there are
    assert sum(count > 0 for count in ours.values()) >= 18
    assert during(client, company.url(), seen) == {company.organisation.pk}


@on_postgresql
def test_a_person_of_two_tenants_finds_both_and_one_who_left_finds_that_no_more(company, stranger):
    owner = company.people[Role.OWNER].user
    second = Membership.objects.create(organisation=stranger.organisation, user=owner, role=Role.VIEWER)
    client = company.client()
    both = {company.organisation.pk, stranger.organisation.pk}
    assert during(client, company.url(), seen) == both
    second.ended_at = second.began_at
    second.save()
    other = {row[0] for row in during(client, "/", lambda: rows("SELECT organisation_id FROM boundaries_unit"))}
    assert other == {company.organisation.pk}
    mine = during(client, "/", lambda: rows("SELECT id FROM organisations_membership WHERE organisation_id = %s", stranger.organisation.pk))  # fmt: skip
    assert mine == [(second.pk,)]  # that he belonged there, and nobody else


@on_postgresql
def test_nothing_is_written_for_another_tenant(company, stranger):
    ours, theirs = company.organisation.pk, stranger.organisation.pk

    def tries():
        told = []
        for sql in (
            f"INSERT INTO boundaries_unit (organisation_id, name) VALUES ({theirs}, 'planted')",
            f"UPDATE boundaries_unit SET organisation_id = {theirs} WHERE organisation_id = {ours}",
            f"INSERT INTO organisations_membership (organisation_id, user_id, role, began_at) VALUES ({theirs}, {company.people[Role.OWNER].user.pk}, 'owner', now())",
            f"INSERT INTO organisations_membership_facilities (membership_id, facility_id) VALUES ({company.people[Role.OWNER].pk}, {stranger.plants[0].pk})",
            "INSERT INTO organisations_organisation (key, name, region, approach, created_at) VALUES ('x', 'x', 'GB', 'x', now())",
        ):
            try:
                with transaction.atomic():
                    rows(sql)
                told.append("done")
            except ProgrammingError as refused:
                told.append("row-level security" in str(refused))
        with connection.cursor() as cursor:
            for sql in (f"UPDATE boundaries_unit SET name = 'x' WHERE organisation_id = {theirs}", f"DELETE FROM boundaries_facilityplace WHERE organisation_id = {theirs}"):  # fmt: skip
                cursor.execute(sql)
                told.append(cursor.rowcount)
        return told

    assert during(company.client(), company.url(), tries) == [True] * 5 + [0, 0]
    assert not Unit.objects.filter(name__in=("x", "planted")).exists()


@on_postgresql
def test_who_is_not_signed_in_and_who_belongs_nowhere_find_nothing(client, company, stranger):
    assert during(client, "/account/login/", seen) == set()
    company.people[Role.VIEWER].delete()
    assert during(company.client(Role.VIEWER), "/", seen) == set()


@on_postgresql
def test_without_the_middleware_nothing_is_there(company):
    left = [name for name in settings.MIDDLEWARE if name != "hengtan.web.organisations.wall.middleware"]
    with wall.closed():  # as every connection of an installation is made
        assert during(company.client(), company.url(), seen, left) == set()
        with override_settings(MIDDLEWARE=left):
            client = company.client()
            client.handler.load_middleware()
            assert client.get(company.url()).status_code == 404
            assert client.get("/").status_code == 200  # belongs to no organisation, as it seems
    assert company.client().get(company.url()).status_code == 200


@on_postgresql
def test_after_a_request_the_connection_is_as_it_was(company, client):
    def settings_now():
        return rows("SELECT current_setting('hengtan.tenants', true), current_setting('hengtan.person', true)")

    with wall.closed():
        company.client().get(company.url())
        assert settings_now() == [("", "")]
        client.get("/account/login/")
        client.get(f"/invitations/{company.token}/")
        assert settings_now() == [("", "")]
        client.get("/api/v1/me", headers={"Authorization": f"Bearer {company.token_text}"})
        assert settings_now() == [("", "")]
        client.raise_request_exception = False
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("hengtan.web.boundaries.units.tree", lambda *_: 1 / 0)
            assert company.client().get(company.url("none/")).status_code == 404
        assert settings_now() == [("", "")]
    assert settings_now() == [("*", "")]


@on_postgresql
def test_a_transaction_that_fails_inside_leaves_the_wall_as_it_was(company, stranger):
    with wall.within(company.organisation.pk):
        with pytest.raises(ProgrammingError), transaction.atomic(), wall.within(stranger.organisation.pk):
            rows("SELECT nothing FROM nowhere")
        assert seen() == {company.organisation.pk}
        with wall.also(stranger.organisation.pk):
            assert seen() == {company.organisation.pk, stranger.organisation.pk}
        with wall.opened():
            assert len(seen()) == 2
        assert seen() == {company.organisation.pk}
    with wall.closed():
        assert seen() == set()


@on_postgresql
def test_a_job_finds_its_tenant_alone(company, stranger, monkeypatch):
    found = []
    monkeypatch.setitem(HANDLERS, "tried.wall", Handler(lambda job, progress: found.append(seen()), "x"))
    from hengtan.web.jobs.models import Job

    Job.objects.all().delete()
    enqueue(stranger.organisation, "tried.wall", {}, stranger.people[Role.OWNER].user)
    with wall.closed():
        job = run_one()
    assert job.state == "done", job.reference
    assert found == [{stranger.organisation.pk}]


@on_postgresql
def test_the_planner_asks_for_the_setting_once_and_uses_the_index(company):
    with wall.within(company.organisation.pk), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM runs_cube WHERE organisation_id = 1 AND run_id = 1")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "InitPlan" in plan and "Index Cond: ((organisation_id = 1) AND (run_id = 1))" in plan, plan
    assert "Filter: ($0 OR (organisation_id = ANY ($1)))" in plan, plan


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_says_nothing_finds_nothing_and_a_backup_holds_all(tmp_path):
    company = Company("Yong River Works", "yong", roles=(Role.OWNER, Role.VIEWER))
    told = connection.settings_dict
    address = f"postgresql://{told['USER']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"
    with psycopg.connect(address) as fresh:
        for table in wall.wanted():
            assert fresh.execute(f'SELECT count(*) FROM "{table}"').fetchone() == (0,), table
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    environ = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "DATABASE_URL": address}
    (tmp_path / "data").mkdir()
    kept = subprocess.run(
        [ROOT / "deploy/backup.sh", tmp_path / "data", tmp_path / "kept"], env=environ, capture_output=True, text=True
    )
    assert kept.returncode == 0, kept.stderr
    other = address.rpartition("/")[0] + "/restored"
    with psycopg.connect(address, autocommit=True) as fresh:
        fresh.execute("DROP DATABASE IF EXISTS restored")
        fresh.execute("CREATE DATABASE restored")
    dump = tmp_path / "kept/database.dump"
    back = subprocess.run(
        ["pg_restore", "--no-owner", "--dbname", other, dump], env=environ, capture_output=True, text=True
    )
    assert back.returncode == 0, back.stderr
    with psycopg.connect(other) as fresh:
        assert fresh.execute("SELECT count(*) FROM boundaries_facility").fetchone() == (0,)
        fresh.execute("SET hengtan.tenants = '*'")
        assert fresh.execute("SELECT count(*) FROM boundaries_facility").fetchone() == (Facility.objects.count(),)
        assert fresh.execute("SELECT name FROM organisations_organisation").fetchall() == [(company.organisation.name,)]
    with psycopg.connect(address, autocommit=True) as fresh:
        fresh.execute("DROP DATABASE restored")


def codes(tmp_path):
    return {each.code for each in deployed(Configuration.read({"HENGTAN_DATA": str(tmp_path)}))}


@on_postgresql
def test_a_wall_that_fell_is_told_and_raised_again_by_the_next_start(db, tmp_path):
    assert not {"deploy.wall-missing", "deploy.database-superuser"} & codes(tmp_path)
    for fall in (
        "ALTER TABLE boundaries_unit NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE boundaries_unit DISABLE ROW LEVEL SECURITY",
        "DROP POLICY wall ON boundaries_unit",
        "CREATE POLICY hole ON boundaries_unit USING (true)",
    ):
        with connection.cursor() as cursor:
            cursor.execute(fall)
        assert wall.missing() == ["boundaries_unit"], fall
        assert "deploy.wall-missing" in codes(tmp_path)
        call_command("migrate", verbosity=0)
        assert wall.missing() == []
    assert "deploy.wall-missing" not in codes(tmp_path)


@on_postgresql
def test_a_connection_on_which_all_is_open_from_the_start_is_told(company, tmp_path):
    assert "deploy.wall-open" in codes(tmp_path)  # these tests have one
    with wall.closed():
        assert "deploy.wall-open" in codes(tmp_path)
