"""Runs for tests: a small company's year, and Ningbo's real one."""

from unittest import mock

from hengtan.web.jobs.worker import run_one
from hengtan.web.organisations.roles import Role
from hengtan.web.runs import work
from hengtan.web.runs.models import Run
from hengtan.web.runs.services import Source, start
from hengtan.web.vault.services import keep_file
from house.house import ROOT

YEAR = """activity_id,facility,activity_type,start,end,quantity,unit,region
G-1,{m} plant 1,fuel.natural_gas,2025-01-01,2025-12-31,120000,kWh_gcv,GB
E-1,{m} plant 1,electricity,2025-01-01,2025-01-31,50000,kWh,CN-33
E-2,{m} plant 2,electricity,2025-02-01,2025-02-28,40000,kWh,CN-33
E-3,{m} plant 3,electricity,2025-03-01,2025-04-15,30000,kWh,CN-33
X-1,{m} plant 3,electricity,2025-05-01,2025-05-31,many,kWh,CN-33
"""


def without_reports():
    """Calculations write no PDF, XLSX and HTML meanwhile."""
    return mock.patch.object(work, "forms", lambda: ())


def worked(run):
    """The worker does what waits until this run's turn is over."""
    with without_reports():
        while (job := run_one()) is not None:
            if job.pk == run.job_id:
                return job
    raise AssertionError("nobody did it")


def calculated(company, text=YEAR, name="2025", by=Role.OWNER, **options):
    """A run that is done."""
    organisation, user = company.organisation, company.people[by].user
    data = text.format(m=company.mark).encode()
    run = start(organisation, user, name, [Source("year.csv", keep_file(organisation, data))], options)
    job = worked(run)
    assert job.state == "done", (job.problems, job.reference)
    return Run.objects.get(pk=run.pk)


def ningbo(company, factors="verified"):
    organisation, folder = company.organisation, ROOT / "examples/ningbo"
    sources = [
        Source("活动数据.csv", keep_file(organisation, folder / "活动数据.csv")),
        Source(f"factors_{factors}.csv", keep_file(organisation, folder / f"factors_{factors}.csv"), "factors"),
    ]
    run = start(organisation, company.people[Role.OWNER].user, "2021", sources, {"lang": "zh"})
    job = worked(run)
    assert job.state == "done", (job.problems, job.reference)
    return Run.objects.get(pk=run.pk)
