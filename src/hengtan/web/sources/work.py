"""A run of a source as a job. Each file is kept in one transaction with the note that it was taken: twice is as once."""

from __future__ import annotations

import csv
import io
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings as installation
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hengtan.connectors.mapped import open_file
from hengtan.connectors.plugins import Asked, Failed, Fetched, Item, Reading, Readings, lacking
from hengtan.connectors.plugins.registers import Daily, daily
from hengtan.problems import HengtanError, Problem
from hengtan.web.accounts.models import User
from hengtan.web.activities import uploads
from hengtan.web.activities.models import Remembered
from hengtan.web.activities.reading import lacking as lacking_columns
from hengtan.web.activities.reading import outline_of, signature, suggested
from hengtan.web.boundaries.models import Facility
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.jobs.services import as_json
from hengtan.web.notices.services import tell, who_may
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act
from hengtan.web.outbound import way_out
from hengtan.web.vault.services import keep_file

from . import services
from .models import Meter, MeterReading, SourceRun, Taken

log = logging.getLogger("hengtan.web.sources")
SHOWN, MOST_FILES = 20, 200  # of a dry run; of one run, so that others get their turn
HEAD = ("activity_id", "facility", "activity_type", "start", "end", "quantity", "unit", "meter")


def _address(job: Job) -> str:
    run = SourceRun.objects.filter(pk=job.arguments["run"]).first()
    return reverse("source", kwargs={"key": job.organisation.key, "pk": run.source_id}) if run else ""


@handler(
    services.RUN, title=_("Fetching from a source"), phases={"fetch": _("fetching")}, address=_address, elsewhere=True
)
def run(job: Job, progress: Progress) -> dict[str, Any]:
    """Everything that is new."""
    found = SourceRun.objects.of(job.organisation).filter(pk=job.arguments["run"])
    row = found.select_related("source__organisation", "source__run_by").first()
    if row is None or row.ended_at is not None:
        return {}
    once = _Run(row, progress)
    try:
        with tempfile.TemporaryDirectory(prefix="hengtan-source-") as folder:
            once.carry_out(Path(folder))
    except HengtanError as wrong:
        once.fails(wrong.problems[0])
        raise
    once.ends()
    return dict(once.count)


class _Run:
    """One run while it goes on."""

    def __init__(self, row: SourceRun, progress: Progress) -> None:
        self.row, self.source, self.progress = row, row.source, progress
        self.organisation = row.source.organisation
        self.count = {"new": 0, "known": 0, "failed": 0, "readings": 0}
        self.shown: list[dict[str, Any]] = []
        self.fresh = 0  # issues that were not in the queue before

    def carry_out(self, folder: Path) -> None:
        """Item by item; what is handed out is kept before the next is asked for."""
        zone = ZoneInfo(self.source.zone)
        asked = Asked(way_out(self.organisation.key), timezone.now(), zone, folder, self._seen, self.row.dry)
        for item in self._items(asked):
            self.progress.at("fetch", sum(self.count.values()))
            self.progress.check()
            if isinstance(item, Failed):
                self._failed(item)
            elif isinstance(item, Readings):
                self._readings(item)
            elif self.row.dry:
                self._shows(item)
            else:
                self._takes(item)
            if self.count["new"] + self.count["failed"] >= MOST_FILES:
                break
        if not self.row.dry:
            self._days(asked.now, zone)

    def _items(self, asked: Asked) -> Iterator[Item]:
        plug = self.source.plug
        if plug is None:
            raise HengtanError(Problem("source.fault", values={"why": self.source.connector}))
        missing = lacking(plug)
        if missing is not None:
            raise HengtanError(missing)
        hidden = services.secrets_of(self.source)
        try:
            yield from plug.fetch({**self.source.settings, **hidden}, asked)
        except HengtanError as wrong:
            raise HengtanError([_without(each, hidden) for each in wrong.problems]) from None
        except (
            OSError,
            ValueError,
            TypeError,
            KeyError,
            ArithmeticError,
            RuntimeError,
            AttributeError,
            LookupError,
        ) as fault:
            log.error(
                "source %s (%s): %s", self.source.key, self.source.connector, type(fault).__name__
            )  # its words may hold a secret
            raise HengtanError(Problem("source.fault", values={"why": type(fault).__name__})) from None

    def _seen(self, mark: str) -> bool:
        return bool(mark) and Taken.objects.filter(source=self.source, mark=mark[:400]).exists()

    # files
    def _takes(self, item: Fetched) -> None:
        name = uploads.clean_name(item.name)
        try:
            given = uploads.taken(self.organisation, item.path, name)
        except HengtanError as wrong:
            self._failed(Failed(item.name, wrong.problems[0]))
            return
        key = item.key[:200] or f"sha256:{given.digest}"
        with transaction.atomic():
            self.progress.hold()
            before = Taken.objects.select_for_update().filter(source=self.source, key=key).first()
            if before is not None:
                if before.digest == given.digest:
                    Taken.objects.filter(pk=before.pk).update(mark=item.mark[:400])
                    self.count["known"] += 1
                    services.solved(self.source, f"changed/{key}/")
                    return
                problem = Problem("source.changed", values={"name": name})
                self.fresh += services.tell_issue(
                    self.source, f"changed/{key}/{given.digest}", name, problem, given.digest, before
                )  # fmt: skip
                self.count["failed"] += 1
                return
            batch = services.begin(self.source, self._membership(), name, given.digest)
            Taken.objects.create(
                organisation=self.organisation, source=self.source, key=key, digest=given.digest, mark=item.mark[:400],
                name=name[:255], batch=batch,
            )  # fmt: skip
            services.solved(self.source, f"fetch/{item.name}/")
            self.count["new"] += 1

    def _failed(self, item: Failed) -> None:
        self.count["failed"] += 1
        problem = _without(item.problem, services.secrets_of(self.source))
        if self.row.dry:
            self.shown.append({"name": item.name, "problem": as_json([problem])[0]})
            return
        with transaction.atomic():
            self.progress.hold()
            key = f"fetch/{item.name}/{problem.code}"
            self.fresh += services.tell_issue(self.source, key, item.name, problem)

    def _membership(self) -> Membership:
        """Of who set the source up: what he may no longer do, it may not either."""
        found = Membership.objects.of(self.organisation).filter(user=self.source.run_by, ended_at=None)
        membership = found.select_related("organisation", "user").first()
        if membership is None or not membership.may(Act.CONNECT):
            raise HengtanError(Problem("source.nobody", values={"name": self.source.run_by.name}))
        return membership

    def _shows(self, item: Fetched) -> None:
        """How a file would be read; nothing of it is kept."""
        if len(self.shown) >= SHOWN:
            return
        name = uploads.clean_name(item.name)
        told: dict[str, Any] = {"name": name, "bytes": item.path.stat().st_size, "sheets": []}
        digest = sha256(item.path.read_bytes()).hexdigest()
        told["known"] = Taken.objects.filter(source=self.source, key=item.key or f"sha256:{digest}").exists()
        self.count["known" if told["known"] else "new"] += 1
        try:
            opened = open_file(item.path, name)
            memory = {each.signature: each.mapping for each in Remembered.objects.of(self.organisation)}
            names = frozenset(Facility.objects.of(self.organisation).values_list("name", flat=True))
            sheets = outline_of({name: opened})
            forms = [suggested(sheet, memory.get(signature(sheet)), names) for sheet in sheets]
            if all(form["use"] == "skip" for form in forms) and sheets:
                forms[max(range(len(sheets)), key=lambda number: sheets[number]["rows"])]["use"] = "table"
            for sheet, form in zip(sheets, forms, strict=True):
                told["sheets"].append(
                    {
                        "sheet": sheet["sheet"], "rows": sheet["rows"], "use": form["use"],
                        "columns": [[sheet["headers"][at], column] for column, at in form["columns"].items() if at < len(sheet["headers"])],
                        "lacking": lacking_columns(form) if form["use"] == "table" else [],
                    }
                )  # fmt: skip
        except HengtanError as wrong:
            told["problem"] = as_json(wrong.problems[:1])[0]
        self.shown.append(told)

    # meters
    def _readings(self, item: Readings) -> None:
        self.count["readings"] += len(item.readings)
        if self.row.dry:
            for meter in sorted({each.meter for each in item.readings})[:SHOWN]:
                last = max((each for each in item.readings if each.meter == meter), key=lambda each: each.at)
                self.shown.append(
                    {"name": meter, "reading": f"{last.value:f}", "at": last.at.isoformat(timespec="seconds")}
                )
            return
        with transaction.atomic():
            self.progress.hold()
            meters = {each.name: each for each in Meter.objects.filter(source=self.source, name__in=list(item.what))}
            for name, what in item.what.items():
                if name not in meters:
                    meters[name] = Meter.objects.create(
                        organisation=self.organisation, source=self.source, name=name, what=dict(what)
                    )  # fmt: skip
                elif meters[name].what != what:
                    Meter.objects.filter(pk=meters[name].pk).update(what=dict(what))
            self._late(meters, item.readings)
            MeterReading.objects.bulk_create(
                [
                    MeterReading(organisation=self.organisation, meter=meters[each.meter], at=each.at, value=each.value)
                    for each in item.readings
                ],
                ignore_conflicts=True,
            )

    def _late(self, meters: dict[str, Meter], readings: tuple[Reading, ...]) -> None:
        """A day that is closed stays as it is; of a reading that is known already nothing is told."""
        for each in readings:
            meter = meters[each.meter]
            if meter.settled is None or each.at >= meter.settled:
                continue
            if not MeterReading.objects.filter(meter=meter, at=each.at).exists():
                day = str(each.at.astimezone(ZoneInfo(self.source.zone)).date())
                problem = Problem("source.late", values={"meter": meter.name, "day": day})
                self.fresh += services.tell_issue(self.source, f"late/{meter.name}/{day}", meter.name, problem)

    def _days(self, now: datetime, zone: ZoneInfo) -> None:
        """What was used on the days that are over, as one file of all meters."""
        with transaction.atomic():
            self.progress.hold()
            rows, told = [], []
            for meter in Meter.objects.select_for_update().filter(source=self.source):
                found = self._day(meter, now, zone)
                told += [(meter, key, problem) for key, problem in found.told]
                for used in found.used:
                    what = meter.what
                    one = sha256(f"{meter.name}\0{used.first}\0{used.last}".encode()).hexdigest()[:12]
                    rows.append((
                        f"{self.source.key}-{used.first}-{one}", what["facility"], what["activity_type"], used.first, used.last,
                        f"{used.quantity.normalize():f}", what["unit"], meter.name,
                    ))  # fmt: skip
                if found.closed != meter.closed:
                    Meter.objects.filter(pk=meter.pk).update(closed=found.closed, settled=found.settled)
            for meter, key, problem in told:
                self.fresh += services.tell_issue(self.source, key, meter.name, problem)
            if not rows:
                return
            text = io.StringIO()
            writer = csv.writer(text)
            writer.writerow(HEAD)
            writer.writerows(sorted(rows))
            digest = keep_file(self.organisation, text.getvalue().encode())
            name = f"meters-{min(row[3] for row in rows)}-{max(row[4] for row in rows)}.csv"
            batch = services.begin(self.source, self._membership(), name, digest)
            Taken.objects.create(
                organisation=self.organisation, source=self.source, key=f"sha256:{digest}", digest=digest, name=name, batch=batch
            )  # fmt: skip
            self.count["new"] += 1

    def _day(self, meter: Meter, now: datetime, zone: ZoneInfo) -> Daily:
        kept = MeterReading.objects.filter(meter=meter)
        if meter.settled is not None:
            kept = kept.filter(at__gte=meter.settled)
        readings = [Reading(meter.name, each.at, each.value) for each in kept.order_by("at")]
        return daily(meter.name, readings, now, zone, meter.closed, meter.settled)

    # the end
    def ends(self) -> None:
        """What came of it."""
        self._over(failed=False)
        if not self.row.dry:
            services.solved(self.source, "run/")
        if self.fresh:
            self._tell(None)

    def fails(self, problem: Problem) -> None:
        """Nothing more could be fetched; what was kept stays. People are told when it fails after it went well."""
        if not self.row.dry:
            with transaction.atomic():
                new = services.tell_issue(self.source, f"run/{problem.code}", self.source.name, problem)
            if new:
                self._tell(problem)
        self.shown.append({"name": self.source.name, "problem": as_json([problem])[0]})
        self._over(failed=True)

    def _over(self, *, failed: bool) -> None:
        self.row.ended_at, self.row.failed = timezone.now(), failed
        self.row.result = services.without_nul({**self.count, "shown": self.shown})
        self.row.save(update_fields=["ended_at", "failed", "result"])

    def _tell(self, problem: Problem | None) -> None:
        """Each in his language: what is in the way of the whole, or how many things wait in the queue."""
        address = reverse("source", kwargs={"key": self.organisation.key, "pk": self.source.pk})
        people: dict[str, list[User]] = {}
        for each in who_may(self.organisation, Act.CONNECT):
            people.setdefault(each.language or installation.LANGUAGE_CODE, []).append(each)
        with transaction.atomic():
            for language, some in people.items():
                with translation.override(language):
                    queue = gettext("%(count)d new entries in its queue") % {"count": self.fresh}
                reason = problem.reason(language[:2]) if problem else queue
                tell(self.organisation, some, "connector.failed", {"name": self.source.name, "reason": reason}, address)


def _without(problem: Problem, hidden: dict[str, str]) -> Problem:
    """The problem without any secret that somebody's error message repeats."""
    values = dict(problem.values)
    parts = {
        part
        for secret in hidden.values()
        for part in (secret, *secret.replace("@", ":").replace("/", ":").split(":"))
        if len(part) >= 4 and not part.isdigit()
    }
    for part in sorted(parts, key=len, reverse=True):
        values = {name: value.replace(part, "***") for name, value in values.items()}
    return replace(problem, values=values)
