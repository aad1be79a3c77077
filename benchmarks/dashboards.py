"""Pages of a run by its size: server time and memory of every dashboard and drill-down, ``python -m benchmarks.dashboards``.

BENCH_DASHBOARDS   million emission rows, default "0.1 1 10"      BENCH_REPEAT   warm readings of each page; default 5
BENCH_DATABASE     ``DATABASE_URL`` of an empty PostgreSQL database; SQLite in the folder without

A company of that size enters its rows, a worker calculates them as it would for a person, and a client inside this process asks for
the pages: an owner, who sees all, somebody who enters data for ten facilities, and somebody who does so for all of them. The first
reading finds nothing kept of an earlier one (but the page cache of the system); the slowest of all counts.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import generate

HERE = Path(__file__).parent
DATA, WORK = HERE / "data", HERE / "work"
TARGET_MS = {1: 300, 10: 500}  # million rows: any dashboard
ANSWERS = "dashboards.json"
PAGES = {
    "dashboard": "",
    "dashboard, market": "?basis=market",
    "facilities": "facilities/",
    "facilities, page 3": "facilities/?page=3",
    "problems": "problems/",
    "rows": "rows/",
    "rows of a scope": "rows/?scope=1",
    "rows of a month": "rows/?month=2025-03",
    "rows of a facility": "rows/?facility={facility}",
    "rows, page 40": "rows/?page=40",
    "rows searched": "rows/?q=site-00012",
    "explanation": "explain/?id={activity}",
}
DASHBOARDS = ("dashboard", "dashboard, market", "facilities", "facilities, page 3")
PART = ("dashboard", "dashboard, market", "facilities", "rows")  # of who sees some facilities


def sizes() -> list[float]:
    """Million rows, small ones first."""
    return sorted(float(word) for word in os.environ.get("BENCH_DASHBOARDS", "0.1 1 10").split())


def _ready(folder: Path) -> None:
    os.environ["HENGTAN_DATA"] = str(folder)
    if os.environ.get("BENCH_DATABASE"):
        os.environ["DATABASE_URL"] = os.environ["BENCH_DATABASE"]
    from hengtan.web.configuration import Configuration  # the folder is settled first
    from hengtan.web.start import prepare

    prepare(Configuration(data=folder))


def build(folder: Path, millions: float) -> None:
    """The company, its rows, its run."""
    path = DATA / f"activities_{millions:g}m.parquet"
    if not path.exists():
        generate.write(int(millions * 1_000_000), path)
    _ready(folder)
    from django.db import connection

    from hengtan.web.accounts.services import new_person
    from hengtan.web.boundaries.models import Facility, FacilityPlace
    from hengtan.web.jobs.worker import run_one
    from hengtan.web.organisations.models import Membership, Organisation
    from hengtan.web.organisations.roles import Role
    from hengtan.web.runs import services, work
    from hengtan.web.runs.models import Cube, Run
    from hengtan.web.vault.services import keep_file

    organisation = Organisation.objects.create(name="Bench", region="GB")
    people = {}
    for name, role in (("all", Role.OWNER), ("ten", Role.CONTRIBUTOR), ("every", Role.CONTRIBUTOR)):
        user = new_person(email=f"{name}@bench.example", name=name, password="bridge lantern copper 41")
        people[name] = Membership.objects.create(organisation=organisation, user=user, role=role)
    names = sorted(set(generate.streams(int(millions * 1_000_000)).facility.to_pylist()))
    plants = Facility.objects.bulk_create(
        Facility(organisation=organisation, name=name, region=name[:2], floor_area_m2=1000) for name in names
    )
    FacilityPlace.objects.bulk_create(FacilityPlace(organisation=organisation, facility=each) for each in plants)
    people["ten"].facilities.set(plants[:10])
    people["every"].facilities.set(plants)
    work.forms = tuple  # no reports
    run = services.start(
        organisation, people["all"].user, "bench", [services.Source(path.name, keep_file(organisation, path))], {}
    )
    began, cube_s = time.monotonic(), 0.0
    kept = work._keep

    def timed(run: Any, progress: Any) -> None:
        nonlocal cube_s
        at = time.monotonic()
        kept(run, progress)
        cube_s = time.monotonic() - at

    work._keep = timed
    while (job := run_one()) is not None and job.pk != run.job_id:
        pass
    run = Run.objects.get(pk=run.pk)
    assert run.is_done, job and (job.problems, job.reference)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    size = (folder / "hengtan.sqlite3").stat().st_size if connection.vendor == "sqlite" else 0
    told_ = {
        "rows": run.rows_posted, "cube": Cube.objects.filter(run=run).count(), "facilities": len(names), "database_mb": size >> 20,
        "calculated_s": round(time.monotonic() - began, 1), "of_that_cube_s": round(cube_s, 1),
        "worker_peak_mb": _peak(), "key": organisation.key, "run": run.pk, "facility": names[7], "database": connection.vendor,
    }  # fmt: skip
    (folder / "built.json").write_text(json.dumps(told_), "utf-8")


def measure(folder: Path, repeat: int) -> dict[str, Any]:
    """Milliseconds of the first reading and of the median of the next ones, by person and page."""
    built = json.loads((folder / "built.json").read_text("utf-8"))
    _ready(folder)
    from django.conf import settings
    from django.core.cache import cache
    from django.test import Client

    from hengtan.web.accounts.models import User
    from hengtan.web.runs.models import Run

    settings.ALLOWED_HOSTS = ["*"]
    from hengtan.inventory.posted import Asked, posted

    activity = posted(Run.objects.select_related("organisation").get(pk=built["run"]).folder, Asked(), 1).rows[0][
        "activity_id"
    ]
    from hengtan.web import wsgi  # noqa: F401  what a server does when it starts

    time.sleep(3)  # its imports beside the first requests
    Client().get("/account/login/")
    before = _peak()
    found: dict[str, dict[str, Any]] = {}
    for name, pages in (("all", list(PAGES)), ("ten", PART), ("every", PART)):
        client = Client()
        client.force_login(
            User.objects.get(email=f"{name}@bench.example"),
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        client.get(f"/o/{built['key']}/people/")
        for page in pages:
            address = f"/o/{built['key']}/runs/{built['run']}/" + PAGES[page].format(activity=activity, **built)
            cache.clear()
            times = []
            for _ in range(1 + repeat):
                began = time.perf_counter()
                answer = client.get(address)
                times.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, (address, answer.status_code)
            found[f"{name}: {page}"] = {
                "first_ms": round(times[0], 1), "again_ms": round(statistics.median(times[1:]), 1), "kb": len(answer.content) >> 10,
            }  # fmt: skip
    return {**built, "pages": found, "peak_mb": _peak(), "before_mb": before}


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def table(results: list[dict[str, Any]]) -> str:
    """The figures as a page."""
    heads = [f"{each['rows'] / 1e6:.1f} m rows" for each in results]
    lines = [
        "# Pages of a run by its size", "",
        f"Made by `make bench-dashboards` on {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors, {results[0]['database']}. Milliseconds of the",
        "server for one page: first reading / again (median). Targets: any dashboard 300 ms at 1 million emission rows, 500 ms at 10 million.", "",
        f"| | {' | '.join(heads)} |", f"| --- | {'---: | ' * len(results)}",
    ]  # fmt: skip
    for name, label in (
        ("cube", "rows of the cube"), ("facilities", "facilities"), ("database_mb", "database, MB"), ("calculated_s", "calculated as a job, s"),
        ("of_that_cube_s", "of that preparing the dashboard, s"), ("worker_peak_mb", "peak of the worker, MB"), ("peak_mb", "peak of the server, MB"),
    ):  # fmt: skip
        lines.append(f"| {label} | {' | '.join(f'{each[name]:,}' for each in results)} |")
    for page in results[0]["pages"]:
        cells = (f"{each['pages'][page]['first_ms']:,.0f} / {each['pages'][page]['again_ms']:,.0f}" for each in results)
        lines.append(f"| {page} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def missed(results: list[dict[str, Any]]) -> list[str]:
    """Dashboards over their target, at the sizes that have one."""
    found = []
    for each in results:
        limit = TARGET_MS.get(round(each["rows"] / 1e6))
        for page, told in each["pages"].items():
            if limit and page.partition(": ")[2] in DASHBOARDS and max(told["first_ms"], told["again_ms"]) > limit:
                found.append(
                    f"{each['rows']:,} rows, {page}: {told['first_ms']} ms, again {told['again_ms']} ms; at most {limit}"
                )
    return found


def main() -> None:
    """Every size: built in a process of its own, measured in another."""
    results = []
    for millions in sizes():
        folder = WORK / f"dashboards_{millions:g}m"
        if not (folder / "built.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            _step("build", folder, millions)
        _step("measure", folder, millions)
        results.append(json.loads((folder / ANSWERS).read_text("utf-8")))
        if not os.environ.get("BENCH_KEEP"):
            shutil.rmtree(folder)
    (HERE / "dashboards.md").write_text(table(results), "utf-8")
    print(table(results))
    if late := missed(results):
        raise SystemExit("\n".join(late))


def _step(what: str, folder: Path, millions: float) -> None:
    subprocess.run(
        [sys.executable, "-m", "benchmarks.dashboards", what, str(folder), str(millions)], check=True, cwd=HERE.parent
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["build"]:
        build(Path(sys.argv[2]).resolve(), float(sys.argv[3]))
    elif sys.argv[1:2] == ["measure"]:
        folder_ = Path(sys.argv[2]).resolve()
        (folder_ / ANSWERS).write_text(json.dumps(measure(folder_, int(os.environ.get("BENCH_REPEAT", "5")))), "utf-8")
    else:
        main()
