"""Real processes that die in the middle of their work: one with Django set up forks a child for each try, and the child kills itself.

``points`` of the work are counted: every write, fsync and rename of what has to last (``hengtan.durable.points``), every statement that
changes the database, before and after every commit.
"""

import os
import subprocess
import sys

from django.conf import settings
from django.db import connection

from house.house import ROOT, environment

MILL = '''
import os, sys
import django
import ibis
import pandas
ibis.duckdb  # each child would import these for itself, which takes longer than all its work
django.setup()
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
import hengtan.api, hengtan.web.urls
from hengtan.durable import points
from hengtan.web.activities import services as activities
from hengtan.web.activities.models import Batch
from hengtan.web.jobs.worker import named, run_one
from hengtan.web.organisations import wall
from hengtan.web.organisations.models import Membership
from hengtan.web.runs import work

work.forms = lambda: ()  # no PDF, XLSX and HTML meanwhile

class Spy:
    """Stands where a plan of fail points stands: hears each name, and dies at the wanted one."""

    left, stays, action = 1, False, "kill"

    def __init__(self, at):
        self.at, self.heard, self.name = at, [], self

    def __eq__(self, name):
        if name == "":
            return False
        self.heard.append(name)
        if len(self.heard) == self.at:
            points.die()
        return False

    __hash__ = None


def change(execute, sql, params, many, context):
    if sql.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
        points.point("sql")
    return execute(sql, params, many, context)


commit = BaseDatabaseWrapper.commit
def committing(self):
    points.point("commit")
    commit(self)
    points.point("committed")
BaseDatabaseWrapper.commit = committing


def jobs():
    with named() as worker:
        while run_one(worker) is not None:
            pass


def approve(batch, membership):
    with wall.opened():
        activities.approve(Batch.objects.get(pk=batch), Membership.objects.select_related("user", "organisation").get(pk=membership))


def child(at, what, *given):
    connection.execute_wrappers.append(change)
    points._plan = spy = Spy(at)
    {"jobs": jobs, "approve": approve}[what](*map(int, given))
    points._plan = None
    os.write(1, ("done " + " ".join(spy.heard) + "\\n").encode())


for line in sys.stdin:
    at, *what = line.split()
    pid = os.fork()
    if pid == 0:
        try:
            child(int(at), *what)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    os.write(1, f"end {os.waitstatus_to_exitcode(status)}\\n".encode())
'''


class Mill:
    """Children on the database and the folder of this test."""

    def __init__(self):
        told = connection.settings_dict
        address = f"sqlite:///{told['NAME']}"
        if connection.vendor == "postgresql":
            address = f"postgresql://{told['USER']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"
        environ = {**environment(), "HENGTAN_DATA": str(settings.CONFIGURATION.data), "DATABASE_URL": address}
        environ |= {"DJANGO_SETTINGS_MODULE": "hengtan.web.settings", "HENGTAN_CONFIG": os.environ["HENGTAN_CONFIG"]}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", MILL], env=environ, text=True, cwd=ROOT, **pipes
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(600) == 0

    def run(self, *what, at=0):
        """The names of the points that it passed; None when it was killed at the one asked for, before it had an answer to give."""
        print(at, *what, file=self.process.stdin, flush=True)
        heard = None
        while not (line := self.process.stdout.readline()).startswith("end"):
            assert line, "the mill is gone"
            if line.startswith("done"):
                heard = line.split()[1:]
        code = int(line.split()[1])
        assert code == (-9 if heard is None else 0), (code, what, at)
        return heard
