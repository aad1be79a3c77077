"""A real worker is killed in the middle of an import; another one finishes it, and every row is there once."""

import os
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.db import connection

from hengtan.web.activities import services
from hengtan.web.activities.models import Batch, State
from hengtan.web.jobs.beside import START
from hengtan.web.jobs.models import Job
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.models import Outbox
from hengtan.web.vault.services import facts
from house.house import environment

from .company import Company
from .importing import HEAD, begin, checked, forget_jobs, line


def worker():
    """A process of its own on the database and the folder of this test."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        url = f"postgresql://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    environ = {**environment(), "HENGTAN_DATA": str(settings.CONFIGURATION.data), "DATABASE_URL": url}
    environ |= {"DJANGO_SETTINGS_MODULE": "hengtan.web.settings", "HENGTAN_CONFIG": os.environ["HENGTAN_CONFIG"]}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-c", START, str(os.getpid())], env=environ, **quiet)


def until(true, seconds=600):
    end = time.monotonic() + seconds
    while not (told := true()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return told


@pytest.mark.browser  # three processes and their start: too slow for every day
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_leaves_a_draft_which_the_next_one_finishes(tmp_path):
    company = Company("Yong River Works", "yong", roles=(Role.OWNER, Role.VIEWER))
    Batch.objects.all().delete()
    forget_jobs()
    rows = HEAD + "".join(line(n, "yong plant 1", str(n + 1), month=f"2025-{n % 12 + 1:02}") for n in range(20_000))
    batch = checked(company, begin(company, {"a.csv": rows}, Role.OWNER), Role.OWNER)
    forget_jobs()
    Batch.objects.filter(pk=batch.pk).update(job=None)
    services.submit(Batch.objects.get(pk=batch.pk), company.people[Role.OWNER].user)
    later = ("stage", "check", "group", "plan", "tell", "total", "control")
    for phases in (("open", "read"), later, ()):  # killed early, killed while it calculates, left alone
        process = worker()
        try:
            if phases:
                until(lambda wanted=phases: Job.objects.filter(state="running", phase__in=wanted).exists())
                process.send_signal(signal.SIGKILL)
                process.wait()
                batch.refresh_from_db()
                assert (batch.state, batch.parquet, batch.rows_in) == (State.DRAFT, "", 0)
            else:
                until(lambda: Job.objects.get(kind=services.SUBMIT).is_over)
        finally:
            process.kill()
            process.wait()
    batch.refresh_from_db()
    assert (batch.state, batch.rows_in, batch.rows_good, batch.rows_rejected) == (State.SUBMITTED, 20_000, 20_000, 0)
    ids = pq.read_table(facts(company.organisation).path(batch.parquet))["activity_id"].to_pylist()
    assert len(set(ids)) == len(ids) == 20_000
    assert Outbox.objects.filter(kind="batch.submitted").count() == 1
