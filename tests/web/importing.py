"""Files given to a tenant as the wizard gives them, and the work done at once."""

from pathlib import Path

from hengtan.web.activities import services
from hengtan.web.activities.models import Batch
from hengtan.web.jobs import worker
from hengtan.web.jobs.models import Job, State
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.services import keep_file

TORONTO = Path(__file__).parents[2] / "examples/toronto"
HEAD = "activity_id,facility,activity_type,start,end,quantity,unit,region\n"


def work():
    """All that waits is done; returns the last job of activities."""
    last = None
    while job := worker.run_one():
        last = job if job.kind.startswith("activities.") else last
    return last


def line(number, facility, quantity="100", unit="kWh", month="2025-01", kind="electricity"):
    return f"A-{number},{facility},{kind},{month}-01,{month}-28,{quantity},{unit},CN-33\n"


def begin(company, files, role=Role.CONTRIBUTOR, supersedes=None, name="Electricity"):
    """A draft from texts, bytes or paths by name; looked into."""
    given = []
    for file, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        if isinstance(content, Path):
            data = content.read_bytes()
        digest = keep_file(company.organisation, data)
        given.append(services.Given(file, digest, len(data), "", "factors" if "factors" in file else "activities"))
    batch = services.begin(company.people[role], name, given, supersedes)
    work()
    return Batch.objects.get(pk=batch.pk)


def checked(company, batch, role=Role.CONTRIBUTOR, mapping=None):
    """Assigned as suggested, or as said, and checked."""
    services.assign(batch, company.people[role].user, mapping or batch.mapping)
    job = work()
    assert job.state == State.DONE, job.problems or job.reference
    return Batch.objects.get(pk=batch.pk)


def submitted(company, files, role=Role.CONTRIBUTOR, supersedes=None, name="Electricity"):
    batch = checked(company, begin(company, files, role, supersedes, name), role)
    services.submit(batch, company.people[role].user)
    job = work()
    assert job.state == State.DONE, job.problems or job.reference
    return Batch.objects.get(pk=batch.pk)


def approved(company, files, role=Role.CONTRIBUTOR, supersedes=None, name="Electricity", by=Role.APPROVER):
    batch = submitted(company, files, role, supersedes, name)
    services.approve(batch, company.people[by])
    return Batch.objects.get(pk=batch.pk)


def forget_jobs():
    Job.objects.all().delete()
