"""A real worker is killed while it writes a report and before its events are in the ledger: one whole report comes of it, or none."""

import json
import signal

import pytest

from hengtan.evidence import verify
from hengtan.web.jobs.models import Job
from hengtan.web.organisations.roles import Role
from hengtan.web.reporting import proofs, services
from hengtan.web.reporting.models import Report, ReportFile, State
from hengtan.web.runs.models import Run
from hengtan.web.vault import services as vault
from hengtan.web.vault.models import Outbox

from .calculated import calculated
from .company import Company
from .importing import forget_jobs
from .test_import_killed import until, worker


@pytest.mark.browser  # processes and their start: too slow for every day
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_issues_no_half_report_and_the_next_one_ends_it():
    company = Company("Yong River Works", "yong", roles=(Role.OWNER, Role.APPROVER, Role.VIEWER))
    ReportFile.objects.all().delete()
    Report.objects.all().delete()
    run = calculated(company)
    forget_jobs()
    run = Run.objects.select_related("organisation").get(pk=run.pk)
    report = services.prepare(
        company.people[Role.OWNER], run, "iso14064", ["en", "zh"], ["pdf", "xlsx", "html"], {"name": "Yong"}
    )
    services.issue(report, company.people[Role.APPROVER])

    def signed():
        return Report.objects.filter(state=State.ISSUED).exists()  # its events still wait, or are on their way

    def writing(after):
        busy = Job.objects.filter(
            kind=services.ISSUE, state="running", phase__in=("files", "sign"), done__gte=after
        ).exists()
        return busy or signed()  # a fast machine is through before it is looked at

    for moment in (lambda: writing(0), lambda: writing(2), signed, None):
        process = worker()
        try:
            if moment is None:
                until(lambda: not Outbox.objects.filter(entry_index=None).exists(), 60)
            else:
                until(moment, 60)
                process.send_signal(signal.SIGKILL)
                process.wait()
                report.refresh_from_db()
                files = report.files.count()
                assert (report.state, report.number, files) in ((State.ISSUING, None, 0), (State.ISSUED, 1, 6))
                assert Outbox.objects.filter(kind="report.issued").count() == files
        finally:
            process.kill()
            process.wait()
    report.refresh_from_db()
    assert (report.state, report.code) == (State.ISSUED, "RP-0001")
    found = list(report.files.select_related("event__organisation"))
    assert [proofs.standing(file.digest, file.event).state for file in found] == ["ok"] * 6
    assert len({json.loads(file.event.record)["sha256"] for file in found}) == 6
    told = verify(vault.ledger(company.organisation), vkey=vault.vkey(company.organisation))
    assert told.ok, [problem.sentence() for layer in told.layers for problem in layer.problems]
