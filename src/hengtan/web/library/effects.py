"""What a policy would change in the approved activities, computed as a job: old and new factor of every key that differs."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hengtan.api import Request
from hengtan.factors import load_policy
from hengtan.inventory.run import text
from hengtan.inventory.totals import EXACT
from hengtan.inventory.whatif import BASES, Change, WhatIf, what_if
from hengtan.web.activities.models import OPEN
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.organisations.models import Organisation
from hengtan.web.runs.services import approved, current, organisation_file
from hengtan.web.vault.services import facts

from .models import Json, OwnPolicy
from .own_policies import EFFECT, SHOWN, digest
from .own_policies import current as policy_in_force
from .yaml_text import as_file

MOST = 2000
PHASES = {
    "inputs": _("fetching the files"), "stage": _("taking the rows"), "check": _("checking"), "group": _("grouping"),
    "plan": _("choosing factors"), "keep": _("comparing"),
}  # fmt: skip


def _address(job: Job) -> str:
    return reverse("own-policy", kwargs={"key": job.organisation.key, "pk": job.arguments["policy"]})


@handler(EFFECT, title=_("What the policy would change"), phases=PHASES, address=_address)
def effect(job: Job, progress: Progress) -> Json | None:
    """Of one draft, against the policy in force."""
    row = OwnPolicy.objects.of(job.organisation).filter(pk=job.arguments["policy"]).first()
    if row is None or digest(row.body) != job.arguments["body"]:
        return None  # it was discarded, or changed meanwhile: another job is asked
    progress.at("inputs")
    now = policy_in_force(job.organisation)
    found = compute(job.organisation, row.body, now.body if now else None, progress.at)
    found |= {
        "body_sha256": digest(row.body),
        "based_on": now.sha256 if now else "",
        "computed_at": timezone.now().isoformat(),
    }
    progress.at("keep")
    with transaction.atomic():
        progress.hold()
        kept = OwnPolicy.objects.filter(pk=row.pk, job=job, state__in=OPEN).update(effect=found)
    return {"changed": found["changed"], "kept": kept}


def compute(organisation: Organisation, body: str, before: str | None, tell: Callable[[str], None]) -> Json:
    """Both policies over the approved activities; with the GWP set and the clock of the run that counts."""
    sources = [each for each in approved(organisation) if each.role != "policy"]
    run = current(organisation)
    options = {name: run.options.get(name) for name in ("gwp", "as_of", "upstream")} if run is not None else {}
    if not any(each.role == "input" for each in sources):
        return _told(WhatIf(0, 0, dict.fromkeys(BASES, Decimal(0)), dict.fromkeys(BASES, Decimal(0)), ()), options)
    with tempfile.TemporaryDirectory(prefix="hengtan-effect-") as folder, contextlib.ExitStack() as files:
        placed: dict[str, list[str]] = {"input": [], "factors": [], "method": []}
        store = facts(organisation)
        for number, each in enumerate(sources):
            path = Path(folder) / f"{number}-{Path(each.name).name}"[-200:]
            _linked(store.path(each.sha256), path)
            placed[each.role].append(str(path))
        boundary = organisation_file(organisation)
        if boundary is not None:
            (Path(folder) / "organisation.csv").write_text(boundary, "utf-8")
        given = {name: value for name, value in options.items() if value}
        request = Request(
            inputs=tuple(placed["input"]), factors=tuple(placed["factors"]), methods=tuple(placed["method"]),
            organisation=str(Path(folder) / "organisation.csv") if boundary is not None else None,
            policy=str(files.enter_context(as_file(before))) if before is not None else None, **given,
        )  # fmt: skip
        intake, rules, _asked = request.load()
        policy = load_policy(files.enter_context(as_file(body)), SHOWN)
        return _told(
            what_if(intake.sources, rules, policy, tell=lambda phase: tell(phase) if phase in PHASES else None), options
        )


def _linked(kept: Path, path: Path) -> None:
    try:
        os.link(kept, path)
    except OSError:
        shutil.copyfile(kept, path)


def _told(found: WhatIf, options: Json) -> Json:
    """As the page shows it: sums, and the changes grouped by what people choose factors for, the largest first."""
    lines = _grouped(found.changes)
    refused = [each for each in found.changes if each.new.refused and not each.old.refused]
    resolved = [each for each in found.changes if each.old.refused and not each.new.refused]
    return {
        "keys": found.keys, "rows": found.rows, "changed": len(found.changes), "options": options,
        "changed_rows": sum(each.key.rows for each in found.changes),
        "refused_rows": sum(each.key.rows for each in refused), "resolved_rows": sum(each.key.rows for each in resolved),
        "old": {basis: text(found.old[basis]) for basis in BASES}, "new": {basis: text(found.new[basis]) for basis in BASES},
        "lines": lines[:MOST], "all_lines": len(lines),
    }  # fmt: skip


def _grouped(changes: Iterable[Change]) -> list[Json]:
    groups: dict[tuple[Any, ...], Json] = {}
    for each in changes:
        key, old, new = each.key, each.old, each.new
        of = (
            key.activity_type,
            key.unit,
            key.region,
            key.year,
            key.factor_id,
            *old.factors.values(),
            old.match,
            *new.factors.values(),
            new.match,
        )
        line = groups.setdefault(of, {
            "activity_type": key.activity_type, "unit": key.unit, "region": key.region, "year": key.year,
            "pinned": key.factor_id, "rows": 0, "quantity": Decimal(0), "location": Decimal(0), "market": Decimal(0),
            "old": _side(old), "new": _side(new), "facilities": [],
        })  # fmt: skip
        line["rows"] += key.rows
        line["quantity"] = EXACT.add(line["quantity"], key.quantity)
        for basis in BASES:
            line[basis] = EXACT.add(line[basis], each.effect(basis))
        if key.facility and key.facility not in line["facilities"] and len(line["facilities"]) < 5:
            line["facilities"].append(key.facility)
    found = sorted(
        groups.values(),
        key=lambda line: (-max(abs(line[basis]) for basis in BASES), line["activity_type"], line["region"]),
    )
    return [line | {name: text(line[name]) for name in ("quantity", *BASES)} for line in found]


def _side(outcome: Any) -> Json:
    location, market = (outcome.factors.get(basis, "") for basis in BASES)
    return {
        "factor_id": location, "market_factor_id": market if market != location else "", "match": outcome.match, "policy": outcome.policy,
        "refused": {lang: outcome.refused[0].reason(lang) for lang in ("en", "zh")} if outcome.refused else None,
    }  # fmt: skip
