"""Asking for a run, choosing the one that counts, finding what a person may see of it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import PurePath
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from hengtan.engine import read_parquet
from hengtan.inventory.posted import Asked, posted
from hengtan.web.accounts.models import User
from hengtan.web.activities.models import Batch, State
from hengtan.web.activities.services import approved_sources
from hengtan.web.boundaries.models import Denominator, Facility, FacilityPlace
from hengtan.web.jobs.services import enqueue
from hengtan.web.library import services as library
from hengtan.web.organisations.models import Membership, Organisation
from hengtan.web.organisations.roles import Act
from hengtan.web.vault.services import keep_file, record

from .figures import facilities, figures, parts
from .models import Run
from .summing import summed

KIND = "runs.calculate"
HOT = 5
KEPT_S = 24 * 3600  # a run never changes, so its sums do not


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the vault: role is input, factors, organisation, instruments, policy, aliases or method."""

    name: str
    sha256: str
    role: str = "input"


@transaction.atomic
def start(
    organisation: Organisation,
    by: User,
    name: str,
    sources: Sequence[Source],
    options: Mapping[str, Any],
    *,
    sample: bool = False,
    previous: Run | None = None,
) -> Run:
    """A run that waits for a worker; what it is calculated from is settled here."""
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    last = Run.objects.of(organisation).aggregate(last=Max("number"))["last"] or 0
    boundary = organisation_file(organisation)
    if boundary is not None:
        kept = keep_file(organisation, boundary.encode("utf-8"))
        sources = [*sources, Source("organisation.csv", kept, "organisation")]
    run = Run.objects.create(
        organisation=organisation, number=last + 1, name=name, options=dict(options), sources=_placed(sources),
        created_by=by, sample=sample, previous=previous or current(organisation),
    )  # fmt: skip
    run.job = enqueue(organisation, KIND, {"run": run.pk}, by)
    run.save(update_fields=["job"])
    return run


def approved(organisation: Organisation) -> list[Source]:
    """What a new run is calculated from, in a fixed order; empty without an approved batch.

    The rows of approved batches, the factors that came with them, then own factors, methods and the policy in force.
    """
    found = [Source(each.name, each.sha256, each.role) for each in approved_sources(organisation)]
    more = library.inputs(organisation) if found else []
    return found + [Source(each["name"], each["digest"], each["role"]) for each in more]


def approved_batches(organisation: Organisation) -> QuerySet[Batch]:
    """The batches of these rows."""
    return Batch.objects.of(organisation).filter(state=State.APPROVED).select_related("decided_by").order_by("pk")


@transaction.atomic
def choose(run: Run, by: User) -> None:
    """From now on this is the inventory that people look at first; the ledger knows who said so."""
    run.chosen_at, run.chosen_by = timezone.now(), by
    run.save(update_fields=["chosen_at", "chosen_by"])
    record(run.organisation, "run.chosen", {"run": run.code, "name": run.name, "run_sha256": run.run_sha256}, by)


def current(organisation: Organisation) -> Run | None:
    """The run that somebody chose last; without a choice the newest that is done."""
    done = Run.objects.of(organisation).filter(done_at__isnull=False)
    return done.filter(chosen_at__isnull=False).order_by("-chosen_at").first() or done.first()


def run_before(run: Run) -> Run | None:
    """What a dashboard is compared with: the run that was chosen last for the same days a year earlier, else the one before it."""
    if run.first and run.last:
        same = Run.objects.of(run.organisation).filter(
            done_at__isnull=False, first=_year_before(run.first), last=_year_before(run.last)
        )
        found = same.exclude(pk=run.pk).order_by(F("chosen_at").desc(nulls_last=True), "-number").first()
        if found is not None:
            return found
    return run.previous


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def places(run: Run, names: Iterable[str]) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of the facilities of these names, as far as they are known."""
    known = Facility.objects.of(run.organisation).filter(
        name__in=list(names), longitude__isnull=False, latitude__isnull=False
    )
    return {
        name: (float(lon), float(lat))
        for name, lon, lat in known.values_list("name", "longitude", "latitude")
        if lon is not None and lat is not None
    }


def denominators(run: Run) -> list[Denominator]:
    """Of the whole organisation, within the period of the run."""
    if not (run.first and run.last):
        return []
    return list(Denominator.objects.of(run.organisation).filter(facility=None, start__gte=run.first, end__lte=run.last))


def facilities_of(membership: Membership) -> list[str] | None:
    """The names of the facilities whose rows this person may see; None: all rows."""
    if membership.may(Act.WHOLE):
        return None
    return list(Facility.objects.visible_to(membership.user).of(membership.organisation).values_list("name", flat=True))


def figures_of(run: Run, seen: Sequence[str]) -> dict[str, Any]:
    """What the dashboard shows to somebody who sees these facilities alone."""
    key = f"figures:{_of(run, seen)}"
    found = cache.get(key)
    if found is None:
        with summed(run, seen) as source:
            found = figures(source)
        cache.set(key, found, KEPT_S)
    return dict(found)


def every_facility(run: Run, seen: Sequence[str] | None) -> list[dict[str, Any]]:
    """All facilities that are seen, with their sums; the largest first."""
    with summed(run, seen) as source:
        return facilities(source)


def every(run: Run, seen: Sequence[str] | None, by: str) -> list[dict[str, Any]]:
    """All categories, facilities, units, activity types or match classes that are seen, with ``name`` and sums; the largest first."""
    with summed(run, seen) as source:
        found = parts(source, ("scope", "category") if by == "category" else (by,))
    for row in found:
        row["name"] = f"{row['scope']}.{row['category']}".rstrip(".") if by == "category" else row[by]
    return found


def hot_spots_of(run: Run, seen: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """As ``hot_spots``, kept."""
    key = f"hot:{_of(run, seen)}"
    found = cache.get(key)
    if found is None:
        found = hot_spots(run, seen)
        cache.set(key, found, KEPT_S)
    return dict(found)


def _of(run: Run, seen: Sequence[str]) -> str:
    return f"{run.key}:{sha256(chr(0).join(sorted(seen)).encode()).hexdigest()}"


def hot_spots(run: Run, seen: Sequence[str] | None, most: int = HOT) -> dict[str, list[dict[str, Any]]]:
    """The rows that emit most, on either basis of scope 2, as far as they are seen."""
    kinds = {
        line["line_factor_id"]: line["activity_type"] or ""
        for line in read_parquet(run.folder / "plan.parquet", ["line_factor_id", "activity_type"]).to_pylist()
    }
    return {
        basis: [
            {
                "activity_id": row["activity_id"], "facility": row["facility"], "co2e_kg": f"{row['co2e_kg']:f}",
                "activity_type": kinds.get(row["factor_id"], ""), "scope": row["scope"],
            }
            for row in posted(run.folder, Asked(basis=basis, facilities=seen), most).rows
        ]
        for basis in ("location", "market")
    }  # fmt: skip


def organisation_file(organisation: Organisation) -> str | None:
    """The facilities as ``--org`` reads them, exactly as they are named; None without any."""
    places = FacilityPlace.objects.of(organisation).select_related("facility", "unit")
    lines = [
        (
            place.facility.name, place.unit.name if place.unit else "", place.facility.region, place.approach,
            f"{place.share_pct.normalize():f}", place.valid_from or "", place.valid_to or "",
        )
        for place in places.order_by("facility__name", "facility_id", "valid_from")
    ]  # fmt: skip
    if not lines:
        return None
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("facility", "org_unit", "region", "approach", "share_pct", "valid_from", "valid_to"))
    rows.writerows(lines)
    return text.getvalue()


def _placed(sources: Iterable[Source]) -> list[dict[str, str]]:
    """Each with a path of its own below the folder of the run; nothing in a name leads out of it."""
    found: list[dict[str, str]] = []
    taken: set[str] = set()
    for each in sources:
        name = re.sub(r"[\x00-\x1f/\\:]+", "_", PurePath(each.name).name).lstrip(".")[-120:] or "file"
        path, number = f"inputs/{name}", 1
        while path.lower() in taken:
            number += 1
            path = f"inputs/{number}/{name}"
        taken.add(path.lower())
        found.append({"name": name, "sha256": each.sha256, "role": each.role, "path": path})
    return found
