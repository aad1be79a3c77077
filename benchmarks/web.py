"""``make bench-web``: sixteen people at once on the web application in its production form, and the processor time of each page.

BENCH_WEB_SECONDS   how long the load lasts, default 60       BENCH_WEB_PEOPLE    default 16
BENCH_WEB_ROWS      activity rows, default 100000             BENCH_WEB_WORKERS   processes that answer; default: processors

A real PostgreSQL, ``hengtan serve`` with several processes and its worker beside them, a company whose rows went in by the API, were approved
and calculated. Each person signs in with a password and asks for the next page as soon as the last one is there (no pause), a tenth of the
time to change something. The client runs on the same processors and takes its share. Then one person alone asks for each page in turn,
and the processor time of server and database is read before and after.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from hengtan.client import Client

from . import generate, postgres
from .web_results import told

BIN = Path(sys.executable).parent
PASSWORD = "bridge lantern copper 41"
SECONDS, PEOPLE = int(os.environ.get("BENCH_WEB_SECONDS", "60")), int(os.environ.get("BENCH_WEB_PEOPLE", "16"))
ROWS = int(os.environ.get("BENCH_WEB_ROWS", "100000"))
WORKERS = int(os.environ.get("BENCH_WEB_WORKERS", os.cpu_count() or 2))
IDLE_S = 2
ALONE = 20  # readings of each page by one person
ROLES = ("owner", "manager", "manager", "approver", "auditor", "viewer", "contributor", "contributor")

MAKE = """
import json, sys
import django; django.setup()
from hengtan.web.accounts.services import new_person
from hengtan.web.api import tokens
from hengtan.web.organisations import wall
from hengtan.web.organisations.models import Installation, Membership, Organisation
door = wall.opened()
door.__enter__()
given = json.loads(sys.argv[1])
Installation.objects.create(id=1)
organisation = Organisation.objects.create(name="Yong River Works", region="CN-33")
people, made = [], []
for number, role in enumerate(given["roles"]):
    user = new_person(email=f"p{number}@bench.example", name=f"Person {number}", password=given["password"])
    people.append(Membership.objects.create(organisation=organisation, user=user, role=role))
every = ["read", "enter", "approve", "calculate", "boundary"]
for role in ("owner", "approver"):
    made.append(tokens.make(next(each for each in people if each.role == role), "bench", every, 30)[1])
print(json.dumps({"key": organisation.key, "tokens": made}))
"""
PREPARE = """
from hengtan.web.configuration import Configuration
from hengtan.web.start import prepare
import os
prepare(Configuration.read(os.environ))
"""
GIVE = """
import sys
import django; django.setup()
from hengtan.web.boundaries.models import Facility
from hengtan.web.organisations import wall
from hengtan.web.organisations.models import Membership
with wall.opened():
    some = list(Facility.objects.order_by("name")[:10])
    for each in Membership.objects.filter(role="contributor"):
        each.facilities.set(some)
"""


@dataclass(slots=True)
class Scene:
    """What the pages are asked for."""

    key: str
    run: int
    other: int
    batch: int
    facilities: list[int]
    activities: list[str]
    names: list[str]


@dataclass(frozen=True, slots=True)
class Ask:
    """A page, how often it is asked for beside the others, and what is sent; ``whole``: not for contributors."""

    weight: int
    address: Callable[[Scene, random.Random], str]
    form: Callable[[Scene, random.Random], dict[str, str]] | None = None
    roles: tuple[str, ...] = ROLES


ALL, WHOLE = ROLES, tuple(role for role in ROLES if role != "contributor")
ENTERS = ("owner", "manager", "contributor")
KEEPS = ("owner", "manager")


def _row(scene: Scene, dice: random.Random) -> dict[str, str]:
    month = dice.randrange(1, 13)
    row = [
        dice.choice(scene.names[:10]),
        "electricity",
        f"2026-{month:02}-01",
        f"2026-{month:02}-28",
        str(dice.randrange(1, 90_000)),
        "kWh",
        "",
    ]
    return {"packed": json.dumps([row]), "name": f"typed {dice.random()}"}


def _denominator(_scene: Scene, dice: random.Random) -> dict[str, str]:
    day = date(1000 + dice.randrange(8999), 1 + dice.randrange(12), 1 + dice.randrange(28))  # one value in a period
    return {"kind": "output", "start": str(day), "end": str(day), "value": str(dice.randrange(1, 10_000)), "unit": "t"}


def _facility(scene: Scene, dice: random.Random) -> dict[str, str]:
    return {
        "name": f"new site {dice.getrandbits(60)}",
        "region": "CN-33",
        "floor_area_m2": "1200",
        "approach": "operational_control",
        "share_pct": "100",
    }


PAGES = {
    "overview": Ask(6, lambda s, d: ""),
    "dashboard": Ask(12, lambda s, d: f"runs/{s.run}/"),
    "dashboard, market": Ask(4, lambda s, d: f"runs/{s.run}/?basis=market"),
    "hot spots": Ask(8, lambda s, d: f"runs/{s.run}/hot/"),
    "runs": Ask(3, lambda s, d: "runs/"),
    "rows": Ask(6, lambda s, d: f"runs/{s.run}/rows/?page={d.randrange(1, 9)}"),
    "rows of a scope": Ask(4, lambda s, d: f"runs/{s.run}/rows/?scope={d.randrange(1, 4)}"),
    "explanation": Ask(
        8, lambda s, d: f"runs/{s.run}/explain/?id={urllib.parse.quote(d.choice(s.activities))}", roles=WHOLE
    ),
    "facilities of a run": Ask(3, lambda s, d: f"runs/{s.run}/facilities/?page={d.randrange(1, 4)}"),
    "compare": Ask(2, lambda s, d: f"runs/{s.run}/compare/?with={s.other}", roles=WHOLE),
    "problems of a run": Ask(2, lambda s, d: f"runs/{s.run}/problems/", roles=WHOLE),
    "batches": Ask(6, lambda s, d: "data/"),
    "batch": Ask(4, lambda s, d: f"data/{s.batch}/", roles=WHOLE),
    "calendar": Ask(3, lambda s, d: "data/calendar/"),
    "grid": Ask(3, lambda s, d: "data/entry/", roles=ENTERS),
    "facilities": Ask(8, lambda s, d: f"facilities/?page={d.randrange(1, 4)}"),
    "facility": Ask(6, lambda s, d: f"facilities/{d.choice(s.facilities[:10])}/"),
    "units": Ask(2, lambda s, d: "units/", roles=WHOLE),
    "denominators": Ask(2, lambda s, d: "denominators/", roles=WHOLE),
    "people": Ask(2, lambda s, d: "people/"),
    "jobs": Ask(3, lambda s, d: "jobs/"),
    "notices": Ask(3, lambda s, d: "notices/"),
    "type a row": Ask(2, lambda s, d: "data/entry/", _row, ENTERS),
    "add a denominator": Ask(10, lambda s, d: "denominators/", _denominator, KEEPS),
    "add a facility": Ask(10, lambda s, d: "facilities/new/", _facility, KEEPS),
}


# what is measured
@dataclass(slots=True)
class Found:
    """Milliseconds of each page, and what went wrong."""

    ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)


class Person:
    """A browser that keeps its connection and its cookies, and loads no pictures."""

    def __init__(self, port: int, role: str, number: int, key: str) -> None:
        self.role, self.key, self.port = role, key, port
        self.dice = random.Random(number)
        self.cookies: dict[str, str] = {}
        self.last = 0.0
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.ask("GET", "/account/login/")
        status, _body = self.ask("POST", "/account/login/", {"login": f"p{number}@bench.example", "password": PASSWORD})
        if status != 302:
            raise SystemExit(f"nobody was let in: {status}")

    def ask(self, method: str, address: str, form: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body."""
        head = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept-Encoding": "identity",
        }
        body = None
        if form is not None:
            body = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": self.cookies.get("csrf", "")})
            head |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{self.port}"}
        if time.monotonic() - self.last > IDLE_S:
            self.http.close()  # as a browser does with a connection that lay idle: the server closes it too
        self.http.request(method, address, body, head)
        answer = self.http.getresponse()
        self.last = time.monotonic()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, kept = value.partition(";")[0].partition("=")
                self.cookies[cookie] = kept.strip('"')
        return answer.status, answer.read()

    def page(self, name: str, scene: Scene, found: Found) -> None:
        """One page, timed."""
        ask = PAGES[name]
        address = f"/o/{self.key}/{ask.address(scene, self.dice)}"
        form = ask.form(scene, self.dice) if ask.form else None
        began = time.perf_counter()
        try:
            status, body = self.ask("POST" if form is not None else "GET", address, form)
        except OSError as fault:
            found.errors.append(f"{name}: {fault!r}")
            self.http.close()
            return
        found.ms[name].append((time.perf_counter() - began) * 1000)
        if status != (302 if form is not None else 200):
            wrong = re.findall(rb"invalid-feedback[^>]*>([^<]+)|<h1>([^<]+)", body)[:3]
            found.errors.append(f"{name} ({self.role}): {status} {address} {wrong}")

    def chosen(self) -> str:
        """What this person asks for next."""
        names = [name for name, ask in PAGES.items() if self.role in ask.roles]
        return self.dice.choices(names, [PAGES[name].weight for name in names])[0]


def loaded(people: list[Person], scene: Scene, seconds: float) -> tuple[Found, float]:
    """All of them at once for so long."""
    found, until = Found(), time.perf_counter() + seconds
    lock = threading.Lock()

    def live(person: Person) -> None:
        own = Found()
        while time.perf_counter() < until:
            person.page(person.chosen(), scene, own)
        with lock:
            for name, times in own.ms.items():
                found.ms[name] += times
            found.errors.extend(own.errors)

    began = time.perf_counter()
    threads = [threading.Thread(target=live, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, time.perf_counter() - began


def family(first: int) -> set[int]:
    """A process and all that come of it."""
    parents: dict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.read_text().rpartition(")")[2].split()[1])].append(int(path.parent.name))
        except OSError:
            continue
    found, open_ = set(), [first]
    while open_:
        pid = open_.pop()
        found.add(pid)
        open_ += parents[pid]
    return found


def cpu_ms(processes: set[int]) -> dict[int, float]:
    """Processor time of each of these, to the nanosecond, threads included."""
    found: dict[int, float] = defaultdict(float)
    for pid in processes:
        for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                found[pid] += int(path.read_text().split()[0]) / 1e6
            except OSError:
                continue
    return found


def used_ms(before: dict[int, float], after: dict[int, float]) -> float:
    """What was used between two readings, but for what a process used that ended meanwhile."""
    return sum(max(0.0, ms - before.get(pid, 0.0)) for pid, ms in after.items())


def is_worker(pid: int) -> bool:
    """Whether the process does jobs rather than pages."""
    try:
        return "hengtan.web.jobs.process" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def alone(person: Person, scene: Scene, web: int, database: int) -> dict[str, dict[str, float]]:
    """Processor milliseconds of each page, of the processes that answer and of the database."""
    told = {}
    answers = {pid for pid in family(web) if not is_worker(pid)}
    for name in PAGES:
        found = Found()
        for _ in range(3 * WORKERS):  # every process has seen it
            person.page(name, scene, found)
        found = Found()
        before = cpu_ms(answers), cpu_ms(family(database))
        for _ in range(ALONE):
            person.page(name, scene, found)
        after = cpu_ms(answers), cpu_ms(family(database))
        if found.errors:
            raise SystemExit("\n".join(found.errors[:5]))
        told[name] = {
            "web_cpu_ms": round(used_ms(before[0], after[0]) / ALONE, 1),
            "database_cpu_ms": round(used_ms(before[1], after[1]) / ALONE, 1),
            "wall_ms": round(statistics.median(found.ms[name]), 1),
        }
    return told


# how it is set up
def _environ(data: Path, database: str) -> dict[str, str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("HENGTAN_", "DJANGO_", "DATABASE_"))
    }
    return {
        **clean, "HENGTAN_DATA": str(data), "DATABASE_URL": database, "HENGTAN_CONFIG": os.devnull, "HENGTAN_API_CALLS": "100000",
        "DJANGO_SETTINGS_MODULE": "hengtan.web.settings", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip


def _python(code: str, environ: dict[str, str], *words: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *words], env=environ, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


@contextmanager
def serving(environ: dict[str, str], log: Path) -> Iterator[tuple[int, int]]:
    """Port and process of ``hengtan serve``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("ab") as out:
        command = [sys.executable, str(BIN / "hengtan"), "serve", "--port", str(port), "--workers", str(WORKERS)]
        process = subprocess.Popen(command, env=environ, stdout=out, stderr=out, cwd=log.parent)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit(log.read_text()) from None
                time.sleep(0.1)
        yield port, process.pid
    except BaseException:
        print(log.read_text()[-3000:], file=sys.stderr)
        raise
    finally:
        process.terminate()
        process.wait(30)


def scene_of(port: int, made: dict[str, Any], rows: Path) -> Scene:
    """The company's rows go in, are approved and calculated twice: two runs, of which the last one counts."""
    owner, approver = (Client(f"http://127.0.0.1:{port}", token, timeout_s=120) for token in made["tokens"])
    batch = owner.send(rows, name="Everything", wait_s=300)
    approver.post(f"/batches/{batch['id']}/approve")
    run = [owner.calculate(name, wait_s=300) for name in ("first", "second")][-1]
    owner.post(f"/runs/{run['id']}/choose")
    places = [each for _, each in zip(range(200), owner.all("/facilities"), strict=False)]
    some = owner.get(f"/runs/{run['id']}/rows", limit=100)["items"]
    owner.close()
    approver.close()
    return Scene(made["key"], 0, 0, 0, [each["id"] for each in places],
                 [row["activity_id"] for row in some], [each["name"] for each in places])  # fmt: skip


def ids(person: Person, scene: Scene) -> None:
    """The numbers of runs and batch in addresses, as the pages link to them."""
    runs = sorted(
        {int(found) for found in re.findall(rb"/runs/(\d+)/", person.ask("GET", f"/o/{person.key}/runs/")[1])}
    )
    scene.other, scene.run = runs[-2], runs[-1]
    scene.batch = max(
        int(found) for found in re.findall(rb"/data/(\d+)/", person.ask("GET", f"/o/{person.key}/data/")[1])
    )


def main() -> int:
    """Measures, prints, and writes ``results_web.json`` and ``results_web.md``; 1 when a target is missed."""
    if not postgres.BINARIES:
        raise SystemExit("no PostgreSQL here (requirements/debian.txt)")
    with tempfile.TemporaryDirectory(prefix="hengtan-bench-web-") as name, postgres.server() as (database, first):
        folder = Path(name)
        environ = _environ(folder / "data", database)
        rows = folder / "rows.parquet"
        generate.write(ROWS, rows)
        _python(PREPARE, environ)
        roles = [ROLES[number % len(ROLES)] for number in range(PEOPLE)]
        made = json.loads(_python(MAKE, environ, json.dumps({"roles": roles, "password": PASSWORD})))
        with serving(environ, folder / "serve.log") as (port, web):
            print("rows go in, are approved and calculated", file=sys.stderr, flush=True)
            scene = scene_of(port, made, rows)
            _python(GIVE, environ)
            people = [Person(port, role, number, made["key"]) for number, role in enumerate(roles)]
            ids(people[0], scene)
            print("each page by one person", file=sys.stderr, flush=True)
            pages = alone(people[0], scene, web, first)
            print(f"{PEOPLE} people for {SECONDS} s", file=sys.stderr, flush=True)
            answers = family(web)
            before = cpu_ms(answers), cpu_ms(family(first))
            found, took = loaded(people, scene, SECONDS)
            used = used_ms(before[0], cpu_ms(answers)), used_ms(before[1], cpu_ms(family(first)))
            log = (folder / "serve.log").read_text()
    form = {name for name, ask in PAGES.items() if ask.form is not None}
    given = {"rows": ROWS, "people": PEOPLE, "seconds": SECONDS, "workers": WORKERS}
    return told(given, pages, found.ms, found.errors, form, took, used, log)


if __name__ == "__main__":
    raise SystemExit(main())
