"""The long work of the audit room: drawing a sample, verifying, writing a package. Each may be done twice and comes out as once."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan import __version__
from hengtan.engine import read_parquet
from hengtan.evidence import verify
from hengtan.evidence.package import EXPORTED, LEDGER, REPORTS, RUN_FOLDER, listed, write_zip
from hengtan.evidence.proof_file import SUFFIX
from hengtan.inventory.posted import Asked, posted
from hengtan.inventory.run import text
from hengtan.inventory.sampling import Chosen, draw, plan, population, total
from hengtan.ledger.export import export
from hengtan.methods import methods
from hengtan.problems import HengtanError, Problem
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.jobs.services import as_json
from hengtan.web.reporting.models import PUBLIC, ReportFile
from hengtan.web.runs.models import Run
from hengtan.web.vault import services as vault
from hengtan.web.vault.models import Outbox

from . import services
from .models import Engagement, Item, Package, Verification
from .readme import readme

AT_ONCE = 500
PHASES = {
    "rows": _("reading the rows"),
    "keep": _("keeping the sample"),
    "entries": _("hashing the entries"),
    "records": _("opening the records"),
    "facts": _("hashing the files"),
    "run": _("verifying the run"),
    "list": _("listing the files"),
    "sign": _("signing the list"),
    "pack": _("packing"),
}


def _address(job: Job) -> str:
    found: Any = None
    if "engagement" in job.arguments:
        found = job.arguments["engagement"]
    elif "verification" in job.arguments:
        found = (
            Verification.objects.filter(pk=job.arguments["verification"])
            .values_list("engagement_id", flat=True)
            .first()
        )
    elif "package" in job.arguments:
        found = Package.objects.filter(pk=job.arguments["package"]).values_list("engagement_id", flat=True).first()
    return reverse("engagement", kwargs={"key": job.organisation.key, "pk": found}) if found else ""


@handler(services.SAMPLE, title=_("Drawing the sample"), phases=PHASES, address=_address)
def sample(job: Job, progress: Progress) -> dict[str, Any]:
    """Of one engagement."""
    held = (
        Engagement.objects.of(job.organisation)
        .select_related("run__organisation", "opened_by")
        .get(pk=job.arguments["engagement"])
    )
    if held.plan:
        return {"rows": held.items.count()}
    progress.at("rows")
    run = held.run
    mass = total(kg for _name, kg in population(run.folder, held.basis) if kg > 0)
    made = plan(mass, held.materiality_pct, held.performance_pct, held.confidence)
    if made.interval_kg <= 0:
        raise HengtanError(Problem("audit.nothing-to-draw"))
    progress.check()
    found = draw(population(run.folder, held.basis), made.interval_kg, held.seed)
    chosen = [*found.top, *found.drawn]
    progress.at("keep", 0, len(chosen))
    rows = _rows(run, held.basis, chosen)
    told = {
        "total_kg": text(made.total_kg), "materiality_kg": text(made.materiality_kg), "performance_kg": text(made.performance_kg),
        "factor": str(made.factor), "interval_kg": text(made.interval_kg), "start_kg": text(found.start),
        "rows": found.rows, "low_rows": found.low_rows, "low_kg": text(found.low_kg), "top_rows": len(found.top),
        "top_kg": text(found.top_kg), "drawn_rows": len(found.drawn), "drawn_kg": text(found.drawn_kg),
    }  # fmt: skip
    digest = hashlib.sha256("\n".join(each.activity_id for each in chosen).encode()).hexdigest()
    with transaction.atomic():
        progress.hold()
        locked = Engagement.objects.select_for_update().get(pk=held.pk)
        if locked.plan:
            return {"rows": len(chosen)}
        Item.objects.bulk_create([
            Item(organisation=job.organisation, engagement=held, place=each.place, activity_id=each.activity_id, hits=each.hits,
                 book_kg=text(each.kg), **rows.get(each.activity_id, {"facility": ""}))
            for each in chosen
        ], batch_size=AT_ONCE)  # fmt: skip
        locked.plan = told
        locked.save(update_fields=["plan"])
        what = {
            "engagement": held.code,
            "run": run.code,
            "run_sha256": run.run_sha256,
            "seed": held.seed,
            "sample_sha256": digest,
        }
        plain = {name: str(value) for name, value in told.items()}
        vault.record(job.organisation, "audit.sampled", {**what, "plan": plain}, held.opened_by)
    return {"rows": len(chosen)}


def _rows(run: Run, basis: str, chosen: list[Chosen]) -> dict[str, dict[str, str]]:
    """Facility, activity type and factor of the rows."""
    kinds = {
        line["line_factor_id"]: line["activity_type"] or ""
        for line in read_parquet(run.folder / "plan.parquet", ["line_factor_id", "activity_type"]).to_pylist()
    }
    found: dict[str, dict[str, str]] = {}
    for at in range(0, len(chosen), AT_ONCE):
        names = [each.activity_id for each in chosen[at : at + AT_ONCE]]
        for row in posted(run.folder, Asked(basis=basis, activities=names), len(names) * 2).rows:
            found[row["activity_id"]] = {
                "facility": (row["facility"] or "")[:300], "activity_type": kinds.get(row["factor_id"], "")[:120],
                "source": (row["factor_id"] or "")[:400],
            }  # fmt: skip
    return found


@handler(services.VERIFY, title=_("Verifying run, ledger and reports"), phases=PHASES, address=_address)
def verification(job: Job, progress: Progress) -> dict[str, Any]:
    """What an outsider would find, found here."""
    asked = Verification.objects.of(job.organisation).select_related("organisation", "engagement__run__organisation")
    held = asked.get(pk=job.arguments["verification"])
    if held.done_at is not None:
        return {"verification": held.pk}
    run = held.engagement.run
    vault.sequence(job.organisation)
    key, folder = vault.vkey(job.organisation), vault.ledger(job.organisation)
    progress.at("run")
    told = [{"what": "run", **each} for each in _layers(verify(run.folder, vkey=key)) if each["name"] != "history"]
    found = _since(held, folder, key, progress)
    told += [{"what": "ledger", **each} for each in _layers(found)]
    told.append(_reports(run, progress))
    told.append(_control(run))
    with transaction.atomic():
        progress.hold()
        held.outcome, held.done_at = told, timezone.now()
        held.checkpoint = (folder / "checkpoint").read_text("utf-8")
        held.save(update_fields=["outcome", "done_at", "checkpoint"])
        failed = [f"{each['what']}.{each['name']}" for each in told if each["state"] == "failed"]
        what = {"engagement": held.engagement.code, "run": run.code, "run_sha256": run.run_sha256, "failed": failed}
        vault.record(job.organisation, "audit.verified", what, job.created_by)
    return {"verification": held.pk, "failed": len(failed)}


def _since(held: Verification, folder: Path, key: str, progress: Progress) -> Any:
    """The ledger, which must extend the checkpoint that the last verification kept."""
    before = Verification.objects.of(held.organisation).filter(done_at__isnull=False, pk__lt=held.pk).first()
    facts = str(vault.home(held.organisation) / "facts")
    with tempfile.TemporaryDirectory() as beside:
        older = Path(beside) / "checkpoint"
        if before is not None:
            older.write_text(before.checkpoint, "utf-8")
        return verify(folder, vkey=key, since=older if before is not None else None, facts=facts, tell=progress.at)


def _layers(report: Any) -> Iterator[dict[str, Any]]:
    for layer in report.layers:
        yield {
            "name": layer.name, "state": layer.state, "counts": dict(layer.counts),
            "problems": as_json(problem for problem in layer.problems if problem.code != "verify.key-unconfirmed")[:20],
        }  # fmt: skip


def _reports(run: Run, progress: Progress) -> dict[str, Any]:
    """Every file that was issued of this run, by its proof."""
    from hengtan.web.reporting.proofs import standing  # noqa: PLC0415  one needs the other's models first

    files = ReportFile.objects.filter(report__run=run, report__state__in=PUBLIC).select_related("event__organisation")
    problems: list[Problem] = []
    count = waiting = 0
    for file in files:
        progress.at("facts", count)
        told = standing(file.digest, file.event)
        count += 1
        waiting += told.state == "pending"
        if told.state == "bad":
            problems.append(told.problem or Problem("verify.entry-unlike", file=file.name))
    state = "failed" if problems else "not-checked" if waiting or not count else "ok"
    return {
        "what": "reports",
        "name": "proofs",
        "state": state,
        "counts": {"files": count},
        "problems": as_json(problems),
    }


def _control(run: Run) -> dict[str, Any]:
    """Rows in = posted + rejected, as run.json says and the rows themselves count."""
    manifest = json.loads((run.folder / "run.json").read_text("utf-8"))
    counts = manifest["counts"]
    rows_in, rows_posted, rows_rejected = (int(counts[name]) for name in ("rows_in", "rows_posted", "rows_rejected"))
    agree = rows_in == rows_posted + rows_rejected == run.rows_in and rows_posted == run.rows_posted
    told = {"rows_in": rows_in, "rows_posted": rows_posted, "rows_rejected": rows_rejected}
    return {"what": "control", "name": "rows", "state": "ok" if agree else "failed", "counts": told, "problems": []}


@handler(services.PACKAGE, title=_("Writing the verification package"), phases=PHASES, address=_address)
def package(job: Job, progress: Progress) -> dict[str, Any]:
    """The list is signed first; then the ledger, which holds that event now, is copied, and the ZIP is put in place whole."""
    held = Package.objects.of(job.organisation).select_related("engagement__run__organisation", "asked_by", "event").get(
        pk=job.arguments["package"]
    )  # fmt: skip
    if held.done_at is not None:
        return {"package": held.pk}
    organisation, engagement, run = job.organisation, held.engagement, held.engagement.run
    vault.sequence(organisation)
    progress.at("list")
    files = _files(engagement, progress)
    digests = {name: _digest(content) for name, content in files.items()}
    list_ = listed(
        run.run_sha256, digests, {"run": run.code, "engagement": engagement.code, "organisation": organisation.name}
    )
    event = _signed(held, list_, job, progress)
    vault.sequence(organisation)
    event.refresh_from_db()
    proof = vault.proof(event)
    if proof is None:  # a moment later it is there: the job is tried again
        raise RuntimeError("the event of a package is not in the ledger")
    progress.at("pack")
    target = package_file(held)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=target.parent) as beside:
        export(vault.ledger(organisation), Path(beside) / LEDGER)
        half = Path(beside) / "package.zip"
        with half.open("wb") as sink:
            write_zip(sink, f"package-{run.code}", files, list_, proof, Path(beside) / LEDGER)
        held.sha256, held.bytes = _digest(half), half.stat().st_size
        half.replace(target)
    with transaction.atomic():
        progress.hold()
        held.list_sha256, held.contents, held.done_at = (
            hashlib.sha256(list_).hexdigest(),
            _contents(files),
            timezone.now(),
        )
        held.save(update_fields=["sha256", "bytes", "list_sha256", "contents", "done_at"])
    return {"package": held.pk, "bytes": held.bytes}


def package_file(held: Package) -> Path:
    """Where the ZIP lies."""
    return vault.home(held.organisation) / "packages" / f"{held.pk}.zip"


def _signed(held: Package, list_: bytes, job: Job, progress: Progress) -> Outbox:
    """The event that vouches for the list; one that an earlier attempt wrote for the same list is taken."""
    digest = hashlib.sha256(list_).hexdigest()
    if held.event is not None and held.list_sha256 == digest:
        return held.event
    progress.at("sign")
    with transaction.atomic():
        progress.hold()
        what = {
            "sha256": digest, "run": held.engagement.run.code, "run_sha256": held.engagement.run.run_sha256,
            "engagement": held.engagement.code,
        }  # fmt: skip
        held.event, held.list_sha256 = vault.record(job.organisation, EXPORTED, what, held.asked_by), digest
        held.save(update_fields=["event", "list_sha256"])
    return held.event


def _files(engagement: Engagement, progress: Progress) -> dict[str, Path | bytes]:
    """Everything but the ledger: path in the package, and where its content stands."""
    run = engagement.run
    found: dict[str, Path | bytes] = {}
    for path in sorted(run.folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            found[f"{RUN_FOLDER}/{path.name}"] = path
    store = vault.facts(run.organisation)
    for each in run.sources:
        found[each["path"]] = store.path(each["sha256"])
        progress.check()
    found["factors/factors.csv"] = _csv(read_parquet(run.folder / "factors.parquet").to_pylist())
    found |= _methods(run)
    for file in ReportFile.objects.filter(report__run=run, report__state__in=PUBLIC).select_related(
        "event__organisation", "report"
    ):
        proof = vault.proof(file.event) if file.event else None
        if proof is not None:
            found[f"{REPORTS}/{file.name}"] = store.path(file.digest)
            found[f"{REPORTS}/{file.name}{SUFFIX}"] = proof
    found["audit/sample.csv"] = _csv([_item(item) for item in engagement.items.all()])
    found["audit/engagement.json"] = json.dumps(_engagement(engagement), ensure_ascii=False, indent=1).encode() + b"\n"
    key = vault.vkey(run.organisation)
    found["vkey.txt"] = f"{key}\n".encode()
    found["ledger/log.vkey"] = f"{key}\n".encode()
    found["README.md"] = readme(run.organisation.name, run.code, key).encode()
    return found


def _methods(run: Run) -> dict[str, Path | bytes]:
    """What each method that was used computes; own methods are among the inputs too."""
    known = methods()
    used = sorted(
        {
            line["line_method"]
            for line in read_parquet(run.folder / "plan.parquet", ["line_method"]).to_pylist()
            if line["line_method"]
        }
    )
    told = [
        {"id": name, "title": dict(known[name].title), "equation": known[name].equation, "standard": known[name].standard}
        for name in used if name in known
    ]  # fmt: skip
    return {
        "methods/methods.json": json.dumps(
            {"hengtan": __version__, "methods": told}, ensure_ascii=False, indent=1
        ).encode()
        + b"\n"
    }


def _engagement(engagement: Engagement) -> dict[str, Any]:
    return {
        "code": engagement.code, "name": engagement.name, "level": engagement.level, "standard": engagement.standard,
        "verifier": engagement.verifier, "basis": engagement.basis, "materiality_pct": str(engagement.materiality_pct),
        "performance_pct": str(engagement.performance_pct), "confidence": engagement.confidence, "seed": engagement.seed,
        "plan": engagement.plan, "opinion": engagement.opinion, "statement": engagement.statement,
        "closed_at": engagement.closed_at.isoformat() if engagement.closed_at else None,
    }  # fmt: skip


def _item(item: Item) -> dict[str, object]:
    return {
        "stratum": "drawn" if item.hits else "top", "place": item.place, "activity_id": item.activity_id, "facility": item.facility,
        "activity_type": item.activity_type, "book_kg": item.book_kg, "result": item.result, "audited_kg": item.audited_kg, "note": item.note,
    }  # fmt: skip


def _csv(rows: list[dict[str, Any]]) -> bytes:
    from hengtan.web.shell.tables import safe  # noqa: PLC0415

    out = io.StringIO()
    writer = csv.writer(out)
    if rows:
        writer.writerow(rows[0])
        writer.writerows([safe(cell) for cell in row.values()] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _contents(files: dict[str, Path | bytes]) -> list[dict[str, Any]]:
    """For people: what is in it, by kind, how many files and bytes."""
    kinds: dict[str, list[int]] = {}
    for name, content in files.items():
        kind = name.partition("/")[0] if "/" in name else "README"
        kinds.setdefault(kind, []).append(len(content) if isinstance(content, bytes) else content.stat().st_size)
    return [{"kind": kind, "files": len(sizes), "bytes": sum(sizes)} for kind, sizes in kinds.items()]


def _digest(content: Path | bytes) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
