"""The calculation as a job: inputs out of the vault, the run into the ledger, its folder shown, its cube into the database.

Each step is durable before the next. A worker that dies leaves no folder or a whole one; the next takes a whole one as it is,
because it is in the ledger already, and shows one that is in the ledger and was not shown yet.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal, localcontext
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan.api import Request
from hengtan.api.job import carry_out
from hengtan.engine import Engine, read_parquet
from hengtan.evidence import verify
from hengtan.evidence.proof_file import SUFFIX, read_proof
from hengtan.facts import Store
from hengtan.inventory.cube import write_cube
from hengtan.inventory.cube_rows import CUBE, CubeRow, cube_rows, parted
from hengtan.inventory.folder import finish_left, sha256
from hengtan.inventory.posted import LABELS, write_labels
from hengtan.inventory.report_data import read_manifest, report_data
from hengtan.inventory.run import ControlError, text
from hengtan.inventory.totals import EXACT
from hengtan.web.boundaries.models import Facility
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.jobs.services import as_json
from hengtan.web.vault import services as vault
from hengtan.web.webhooks.services import announce

from .claims import note_used
from .figures import figures
from .models import Cube, Run
from .services import KIND, every_facility, hot_spots
from .summing import OfDatabase, viewed

TOLD = "problems.json"  # the first problem of each code, in both languages
AT_ONCE = 2000
PHASES = {
    "inputs": _("fetching the files"),
    "read": _("reading"),
    "stage": _("taking the rows"),
    "check": _("checking"),
    "group": _("grouping"),
    "plan": _("choosing factors"),
    "twins": _("looking for twins"),
    "tell": _("listing problems"),
    "total": _("summing"),
    "uncertainty": _("uncertainty"),
    "apply": _("writing the rows"),
    "control": _("checking the sums"),
    "digest": _("digest"),
    "report": _("writing the reports"),
    "ledger": _("entering it into the ledger"),
    "cube": _("preparing the dashboard"),
}


def forms() -> tuple[str, ...]:
    """Of reports, as far as this installation can write them."""
    return ("pdf", "xlsx", "html") if find_spec("typst") else ("xlsx", "html")


def _address(job: Job) -> str:
    return reverse("run", kwargs={"key": job.organisation.key, "pk": job.arguments["run"]})


@handler(KIND, title=_("Calculation"), phases=PHASES, address=_address)
def calculate(job: Job, progress: Progress) -> dict[str, Any] | None:
    """One run."""
    run = Run.objects.of(job.organisation).select_related("organisation", "previous", "created_by").get(
        pk=job.arguments["run"]
    )  # fmt: skip
    if run.is_done:
        return {"run": run.pk}
    if not (run.folder / "run.json").exists() and not _taken_up(run):
        progress.at("inputs")
        _inputs(run)
        _carry_out(run, progress)
    progress.at("cube")
    _keep(run, progress)
    return {"run": run.pk}


def _taken_up(run: Run) -> bool:
    """Whether the folder of a worker that died is shown: the ledger holds its run, and every file is as the ledger says."""
    keeper, key = vault.keeper(run.organisation), vault.vkey(run.organisation)
    return finish_left(run.folder, lambda left: keeper.finish(left) and verify(left, vkey=key).ok)


def _inputs(run: Run) -> None:
    """The files under the names that people gave them, as links to the facts where the medium can."""
    folder = run.home / "inputs"
    shutil.rmtree(folder, ignore_errors=True)
    store = vault.facts(run.organisation)
    for each in run.sources:
        path = run.home / each["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        _linked(store, each["sha256"], path)


def _linked(store: Store, digest: str, path: Path) -> None:
    kept = store.path(digest)
    try:
        os.link(kept, path)
    except OSError:
        shutil.copyfile(kept, path)


def _carry_out(run: Run, progress: Progress) -> None:
    named: dict[str, list[str]] = {}
    for each in run.sources:
        named.setdefault(each["role"], []).append(each["path"])
    one: dict[str, Any] = {
        role: named[role][0] for role in ("organisation", "instruments", "policy", "aliases") if role in named
    }
    options = {name: value for name, value in run.options.items() if value not in (None, "")}
    previous = run.previous.folder if run.previous is not None and (run.previous.folder / "run.json").exists() else None
    with contextlib.chdir(run.home):
        request = Request(
            inputs=tuple(named.get("input", ())),
            factors=tuple(named.get("factors", ())),
            methods=tuple(named.get("method", ())),
            **one,
            **options,
        )
        progress.at("read")
        intake, rules, asked = request.load()
        carry_out(
            request, intake, rules, asked, run.folder,
            forms=forms(),
            about={"name": run.organisation.name},
            previous=previous,
            tell=_here(progress),
            more=_more,
            keeper=vault.keeper(run.organisation),
        )  # fmt: skip


def _here(progress: Progress) -> Callable[[str], None]:
    """What the engine tells from threads of its own does not touch the database of this one."""
    mine = threading.get_ident()

    def tell(phase: str) -> None:
        if threading.get_ident() == mine:
            progress.at(phase)

    return tell


def _more(folder: Path, run: Any, con: Any) -> None:
    """What the pages need beside what the reports show."""
    if run.posting is not None:
        write_cube(con, run.posting, folder / CUBE)
        write_labels(con, run.posting, folder / LABELS)
    first: dict[str, Any] = {}
    for problem in run.problems.listed:
        first.setdefault(problem.code, problem)
    told = [
        {**each, "count": run.problems.counts[each["code"]]}
        for each in as_json(
            replace(one, file=Path(one.file).name)
            for one in sorted(first.values(), key=lambda one: (one.severity, one.code))
        )
    ]
    (folder / TOLD).write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def _keep(run: Run, progress: Progress) -> None:
    folder = run.folder
    manifest, summary = read_manifest(folder), json.loads((folder / "summary.json").read_text("utf-8"))
    rows = _cube(run, folder, progress)
    found = figures(OfDatabase(Cube.objects.filter(run=run)))
    for name, kg in summary["totals"].items():
        if Decimal(found["totals"][name]) != Decimal(kg):
            raise ControlError(f"run {run.key}: {name} is {found['totals'][name]} in the cube, {kg} in the summary")
    more = {**_told(folder, manifest), "area": _area(run), "spread_rows": _spread(folder)}
    shown = {
        "hot": hot_spots(run, None), "labels": (folder / LABELS).exists(), "uncertainty": summary["uncertainty"], "month_bands": summary.get("uncertainty_by_month"),
    }  # fmt: skip
    first, _slash, last = str(manifest["organisation"]["period"]).partition("/")
    run.first = date.fromisoformat(first) if first else None
    run.last = date.fromisoformat(last) if last else None
    run.rows_in, run.rows_posted = summary["rows_in"], summary["rows_posted"]
    run.totals, run.summary = summary["totals"], _small(summary)
    run.figures = {**found, **more, **shown}
    run.digest, run.run_sha256 = manifest["outputs"]["digest"], sha256(folder / "run.json")
    run.entry_index = read_proof(folder / f"run.json{SUFFIX}").proof.index
    run.done_at = timezone.now()
    with transaction.atomic():
        note_used(run, summary.get("instruments", {}))
        progress.hold()
        if Cube.objects.filter(run=run).count() != rows:
            raise ControlError(f"run {run.key}: somebody else wrote its cube at the same time")
        run.save()
        announce(run.organisation, "run.done", {"run": run.code, "name": run.name, "run_sha256": run.run_sha256})


def _cube(run: Run, folder: Path, progress: Progress) -> int:
    """Writes the cube, some rows at a time so that others may write between; nobody sees it before the run is done."""
    Cube.objects.filter(run=run).delete()
    count = 0
    with viewed(run) as view:
        rows = (_row(run, view.add(each)) for each in cube_rows(folder))
        while some := list(islice(rows, AT_ONCE)):
            progress.at("cube", count)
            progress.check()
            Cube.objects.bulk_create(some)
            count += len(some)
    return count


def _area(run: Run) -> dict[str, str]:
    """Floor area and emissions of the facilities whose floor area is known on the day of the calculation."""
    known = dict(Facility.objects.of(run.organisation).filter(floor_area_m2__gt=0).values_list("name", "floor_area_m2"))
    square, location, market, count = Decimal(0), Decimal(0), Decimal(0), 0
    with localcontext(EXACT):
        for row in every_facility(run, None):
            area = known.get(row["facility"])
            if area:
                square, count = square + area, count + 1
                location, market = location + row["location_kg"], market + row["market_kg"]
    return {"m2": text(square), "location_kg": text(location), "market_kg": text(market), "facilities": str(count)}


def _spread(folder: Path) -> int:
    """Rows that tell no single month; their masses are split by days."""
    table = read_parquet(folder / CUBE, ["first", "last", "rows"])
    return sum(row["rows"] for row in table.to_pylist() if row["first"] != row["last"])


def _row(run: Run, each: CubeRow) -> Cube:
    parts = dict(zip(("kg", "nano", "atto"), parted(each.co2e_kg), strict=True))
    biogenic = zip(("biogenic_kg", "biogenic_nano", "biogenic_atto"), parted(each.biogenic_co2_kg), strict=True)
    named = {name: value for name, value in asdict(each).items() if not name.endswith("_kg")}
    return Cube(organisation=run.organisation, run=run, **named, **parts, **dict(biogenic))


def _small(summary: dict[str, Any]) -> dict[str, Any]:
    """The summary without what the cube holds."""
    return {name: value for name, value in summary.items() if name not in ("by_facility", "by_month", "by_category")}


def _told(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    with Engine().session() as con:
        data = report_data(folder, con, manifest)
    return {
        "problems": json.loads((folder / TOLD).read_text("utf-8")),
        "reference": _plain(data.reference) if data.reference else None,
        "previous": _plain(data.previous) if data.previous else None,
        "quality": [_plain(row) for row in data.data_quality],
        "gases": [_plain(row) for row in data.gases],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return text(value)
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value
