"""From a data folder to a running server: key, database, files of the pages, first-run code, server."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading

import django
from django.core.management import call_command

from hengtan.durable import FileLock

from .configuration import Configuration, kept
from .jobs.beside import worker_beside

SETTINGS = "hengtan.web.settings"
SERVED_BY = "_HENGTAN_SERVED_BY"  # variable with the process that a server ends with
STOP_S = 10  # for answers that are under way; a process that then still runs is ended, else an open connection holds it for ever


def prepare(configuration: Configuration) -> None:
    """The folder is there and ours alone, the key is kept, the database is migrated, the files of the pages are collected.

    Two servers that start at once on one folder wait for each other here.
    """
    folder = configuration.data
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    os.environ["HENGTAN_DATA"] = str(folder)
    with FileLock(folder / "starting", wait_s=120):
        if not configuration.secret_key:
            kept(folder / "secret-key", secrets.token_urlsafe(50))
        django.setup()
        from .organisations import wall  # noqa: PLC0415  needs Django set up
        from .shell.storage import collect  # noqa: PLC0415

        with wall.opened():
            call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)

        collect(folder / "static")


def run(configuration: Configuration, host: str, port: int, workers: int, demo: bool = False) -> int:
    """Prepare and serve until it is stopped; ``demo``: with examples in it, where nobody has set it up."""
    from granian import Granian  # noqa: PLC0415  after the folder: a mistake there is told first
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    prepare(configuration)
    from .organisations.first_run import code, wanted  # noqa: PLC0415  needs Django set up

    address = (
        configuration.public_url or f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0', '::') else host}:{port}"  # noqa: S104  what is printed, not what is bound
    )
    print(f"hengtan  {address}   data: {configuration.data}", flush=True)
    if demo:
        _demo(address)
    if wanted():
        print(f"First run, open  {address}/welcome/?code={code()}\n首次运行，请打开上面的链接。", flush=True)
    server = Granian(
        "hengtan.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=2,  # more of them only wait for one another: pages are computed, not waited for
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_S,
    )
    sys.stdout.flush()
    os.environ[SERVED_BY] = str(os.getpid())
    with worker_beside():
        server.serve()
    return 0


def _demo(address: str) -> None:
    from django.db import connections  # noqa: PLC0415

    from .organisations import wall  # noqa: PLC0415  needs Django set up
    from .runs.demo import make  # noqa: PLC0415

    print("The demo is being calculated, which takes about a minute.  正在核算演示数据，约需一分钟。", flush=True)
    with wall.opened():
        door = make(lambda ready: print(f"  {ready}", flush=True))
    connections.close_all()
    if door is None:
        print("No demo: this installation belongs to somebody. Give another folder by --data.", flush=True)
    else:
        print(
            f"Open        {address}{door.path}\nSign in as  {'  '.join(door.emails)}\npassword    {door.password}",
            flush=True,
        )


def worker(configuration: Configuration, jobs: int = 1) -> int:
    """Prepare, then do so many jobs at once until it is stopped: on another machine, or beside those of the server."""
    prepare(configuration)
    from .jobs.worker import work  # noqa: PLC0415  needs Django set up

    print(f"hengtan worker   data: {configuration.data}   jobs at once: {jobs}", flush=True)
    if jobs == 1:
        return work()
    over = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: over.set())
    with worker_beside(jobs):
        over.wait()
    return 0
