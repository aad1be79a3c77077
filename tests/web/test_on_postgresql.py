"""The same tests on a real PostgreSQL server, started here from Debian's package and gone afterwards."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from house.house import ROOT

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
AGAIN = [
    "test_first_run",
    "test_tenancy",
    "test_queries",
    "test_vault",
    "test_jobs",
    "test_wall",
    "test_assets",
]
FURTHER = {
    "what is entered": ["test_boundary", "test_batches", "test_entry", "test_import", "test_collection", "test_evidence", "test_gaps", "test_sources"],
    "what is calculated": ["test_runs", "test_runs_pages", "test_run_claims", "test_reporting", "test_audit", "test_demo"],
    "the program's door": ["test_api", "test_webhooks", "test_limits", "test_safety", "test_storage"],
    "people and processes": ["test_people", "test_periods", "test_notices", "test_personal", "test_killed", "test_pages_that_wait"],
    "the book": [
        "test_assets_pages", "test_assets_api", "test_assets_forms", "test_assets_many", "test_assets_intake", "test_assets_position",
        "test_retirement",
    ],
    "the plan": [
        "test_compliance_plans", "test_compliance_input", "test_compliance_year", "test_compliance_steps", "test_compliance_demo",
        "test_compliance_feed", "test_compliance_reminders",
    ],
}  # fmt: skip
SLOW = "not role_does and not mistake and not beside_the_server"  # and the same on any database


@pytest.fixture
def server():
    """Address of an empty server. PostgreSQL refuses to run as root, so root lends it the user of the package."""
    programs = BINARIES[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="hengtan-pg-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = {"check": True, "capture_output": True, "cwd": "/"}
    try:
        subprocess.run(
            [*as_user, programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "hengtan", "-N", "-E", "UTF8"],
            **run,
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off"
        subprocess.run(
            [*as_user, programs / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-o", options, "start"],
            **run,
        )
        role = "CREATE ROLE app LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS"  # the wall (test_wall.py) binds no superuser
        sql = ["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "hengtan", "-d", "postgres", "-c"]
        for command in (role, "CREATE DATABASE app OWNER app"):
            subprocess.run([*sql, command], **run)
        # tests look at all tenants between their requests, which open no more than they should
        yield f"postgresql://app@127.0.0.1:{port}/app?options=-c%20hengtan.tenants%3D*"
    finally:
        subprocess.run(
            [*as_user, programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"],
            capture_output=True,
            cwd="/",
        )
        shutil.rmtree(folder, ignore_errors=True)


def passes(server, names):
    files = [f"tests/web/{name}.py" for name in names]
    plain = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", SLOW]
    told = subprocess.run(
        [sys.executable, "-m", "pytest", *files, *plain],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": server}, capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-4000:]


@pytest.mark.skipif(not BINARIES, reason="no PostgreSQL here (requirements/debian.txt)")
def test_what_holds_on_sqlite_holds_on_postgresql_behind_the_wall(server):
    passes(server, AGAIN)


@pytest.mark.long
@pytest.mark.parametrize("part", FURTHER)
@pytest.mark.skipif(not BINARIES, reason="no PostgreSQL here (requirements/debian.txt)")
def test_the_pages_and_the_api_are_whole_behind_the_wall(server, part):
    passes(server, FURTHER[part])
