"""A real worker is killed while it calculates, while it enters the ledger, while it prepares the pages: one whole run comes of it."""

import signal
from decimal import Decimal

import pytest

from hengtan.evidence import verify
from hengtan.inventory.cube_rows import CUBE, cube_rows
from hengtan.web.jobs.models import Job
from hengtan.web.organisations.roles import Role
from hengtan.web.runs import services
from hengtan.web.runs.figures import figures
from hengtan.web.runs.models import Cube, Run
from hengtan.web.runs.summing import OfDatabase, cube
from hengtan.web.vault import services as vault

from .company import Company
from .importing import forget_jobs
from .test_import_killed import until, worker


@pytest.mark.browser  # three processes and their start: too slow for every day
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_leaves_no_half_run_and_the_next_one_ends_it(tmp_path):
    company = Company("Yong River Works", "yong", roles=(Role.OWNER, Role.VIEWER))
    forget_jobs()
    rows = "activity_id,facility,activity_type,start,end,quantity,unit,region\n" + "".join(
        f"A-{n},yong plant {n % 3 + 1},electricity,2025-{n % 12 + 1:02}-01,2025-{n % 12 + 1:02}-28,{n + 1},kWh,CN-33\n"
        for n in range(20_000)
    )
    source = services.Source("year.csv", vault.keep_file(company.organisation, rows.encode()))
    run = services.start(company.organisation, company.people[Role.OWNER].user, "2025", [source], {})
    early = ("read", "stage", "check", "group", "plan", "twins")
    late = ("tell", "total", "uncertainty", "report", "ledger", "cube")
    for phases in (early, late, ()):
        process = worker()
        try:
            if phases:
                until(
                    lambda wanted=phases: Job.objects.filter(state__in=["running", "done"], phase__in=wanted).exists(),
                    60,
                )
                process.send_signal(signal.SIGKILL)
                process.wait()
                run.refresh_from_db()
                if not run.is_done:
                    assert (run.totals, run.figures, services.current(company.organisation)) == (None, None, None)
            else:
                until(lambda: Job.objects.get(pk=run.job_id).is_over, 60)
        finally:
            process.kill()
            process.wait()
    run = Run.objects.get(pk=run.pk)
    assert run.is_done
    assert (run.rows_in, run.rows_posted) == (20_000, 20_000)
    assert Cube.objects.filter(run=run).count() == len(list(cube_rows(run.folder)))
    found = figures(OfDatabase(cube(run, None)))["totals"]
    assert {name: Decimal(kg) for name, kg in run.totals.items()} == {name: Decimal(found[name]) for name in run.totals}
    report = verify(run.folder, vkey=vault.vkey(company.organisation))
    assert report.ok
    assert report.index == run.entry_index
    left = [path.name for path in run.home.iterdir() if path.name not in ("inputs", "result", CUBE)]
    assert all(name.startswith(".result.hengtan-") for name in left), left
