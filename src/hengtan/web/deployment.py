"""What is unsafe in an installation, before it is opened to people: ``hengtan check --deploy``. Reads, and writes nothing."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import django
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error

from hengtan.problems import Problem

from .configuration import Configuration

KEY_LENGTH, FREE_GB = 50, 5
GB = 1 << 30
FAR = (None, "", "localhost", "127.0.0.1", "::1")
SAFE = ("fsync", "full_page_writes", "synchronous_commit")
DEMO = "demo-password"


def basic(configuration: Configuration) -> Iterator[Problem]:
    """Whether it can run at all: folder, database, migrations."""
    folder = configuration.data
    if not folder.is_dir():
        yield Problem("deploy.no-folder", values={"folder": str(folder)})
        return
    kept = configuration.database()
    if str(kept["ENGINE"]).endswith("sqlite3") and not Path(str(kept["NAME"])).exists():  # to look would make it
        yield Problem("deploy.no-database", values={"folder": str(folder)})
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "hengtan.web.settings"
    os.environ["HENGTAN_DATA"] = str(folder)
    django.setup()
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error as fault:
        yield Problem("deploy.database", values={"why": " ".join(str(fault).split())})
        return
    if waiting:
        yield Problem("deploy.migrations", values={"count": str(len(waiting))})


def deployed(configuration: Configuration) -> Iterator[Problem]:
    """Whether it is safe to open to people; after :func:`basic` found nothing."""
    yield from _outside(configuration)
    if configuration.outbound_allow:
        yield Problem("deploy.outbound", values={"places": ", ".join(configuration.outbound_allow)})
    yield from _machine(configuration)
    yield from _mail(configuration)
    if connection.vendor == "postgresql":
        yield from _postgresql(configuration)
    else:
        yield Problem("deploy.sqlite")
    yield from _people()


def _outside(configuration: Configuration) -> Iterator[Problem]:
    if not configuration.https:
        yield Problem("deploy.not-https")
    elif not configuration.behind_proxy:
        yield Problem("deploy.no-proxy")
    if "*" in configuration.allowed_hosts:
        yield Problem("deploy.any-host")
    key = configuration.key()
    if len(key) < KEY_LENGTH or len(set(key)) < 12:
        yield Problem("deploy.key-weak")


def _machine(configuration: Configuration) -> Iterator[Problem]:
    folder = configuration.data
    if os.name == "posix":
        if os.geteuid() == 0:
            yield Problem("deploy.root")
        for path in (folder, folder / "secret-key", folder / "hengtan.sqlite3", folder / "tenants"):
            if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077 and not _inside_closed(path, folder):
                yield Problem("deploy.folder-open", values={"path": str(path)})
    if (folder / DEMO).exists():
        yield Problem("deploy.demo")
    free = shutil.disk_usage(folder).free
    if free < FREE_GB * GB:
        yield Problem("deploy.disk", values={"folder": str(folder), "free": f"{free / GB:.1f}"})


def _inside_closed(path: Path, folder: Path) -> bool:
    """Nobody else gets to what lies in a folder that is closed."""
    return path != folder and not stat.S_IMODE(folder.stat().st_mode) & 0o077


def _mail(configuration: Configuration) -> Iterator[Problem]:
    parts = urlsplit(configuration.mail_url)
    if not configuration.mail_url:
        yield Problem("deploy.no-mail")
    elif parts.scheme == "smtp" and parts.hostname not in FAR:
        yield Problem("deploy.mail-open")


def _postgresql(configuration: Configuration) -> Iterator[Problem]:
    from .organisations import wall  # noqa: PLC0415  needs Django set up

    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(SAFE)])
        off = sorted(f"{name} = {setting}" for name, setting in cursor.fetchall() if setting in ("off", "false"))
        cursor.execute("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        role, superuser, bypass = cursor.fetchone()
    if off:
        yield Problem("deploy.database-forgets", values={"settings": ", ".join(off)})
    if superuser:
        yield Problem("deploy.database-superuser", values={"role": str(role)})
    elif bypass:
        yield Problem("deploy.database-bypass", values={"role": str(role)})
    if fallen := wall.missing():
        yield Problem("deploy.wall-missing", values={"tables": ", ".join(fallen)})
    with wall.standing(None), connection.cursor() as cursor:  # as a connection is made
        cursor.execute("SELECT coalesce(current_setting('hengtan.tenants', true), '')")
        if cursor.fetchone()[0]:
            yield Problem("deploy.wall-open", values={"role": str(role)})
    parts = urlsplit(configuration.database_url)
    mode = parse_qs(parts.query).get("sslmode", [""])[0]
    if parts.hostname not in FAR and mode not in ("require", "verify-ca", "verify-full"):
        yield Problem("deploy.database-open", values={"host": str(parts.hostname)})


def _people() -> Iterator[Problem]:
    from allauth.mfa.models import Authenticator  # noqa: PLC0415  needs Django set up

    from .organisations import wall  # noqa: PLC0415
    from .organisations.models import Membership  # noqa: PLC0415
    from .organisations.roles import Role  # noqa: PLC0415

    owners = Membership.objects.filter(role=Role.OWNER, ended_at=None).values("user_id")
    with_one = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES).values("user_id")
    with wall.opened():
        alone = owners.exclude(user_id__in=with_one).distinct().count()
    if alone:
        yield Problem("deploy.no-second-factor", values={"count": str(alone)})
