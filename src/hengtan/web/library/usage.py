"""Where a factor, a policy or a method was used: the runs of this organisation, as far as a person sees their rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, Sum
from django.urls import reverse

from hengtan.inventory.cube_rows import whole
from hengtan.inventory.totals import EXACT
from hengtan.web.activities.models import State
from hengtan.web.organisations.models import Membership
from hengtan.web.runs.models import Cube, Run
from hengtan.web.runs.services import facilities_of

from .models import OwnFactor, OwnMethod, OwnPolicy

RUNS = 12  # that are looked through, the newest first


def of_factor(membership: Membership, factor_id: str) -> list[dict[str, Any]]:
    """The runs whose rows were calculated with it, the newest first: rows and mass, location-based, and the address of the rows."""
    seen = facilities_of(membership)
    runs = Run.objects.visible_to(membership.user).of(membership.organisation).filter(done_at__isnull=False)
    last = list(runs.defer("figures", "summary").select_related("organisation")[:RUNS])
    mine = Cube.objects.of(membership.organisation).filter(run__in=last, basis__in=("-", "location"))
    if seen is not None:
        mine = mine.filter(facility__in=seen)
    mine = mine.filter(Q(factor_id=factor_id) | Q(factor_id__contains=factor_id))
    sums: dict[int, dict[str, Any]] = {}
    for row in mine.values("run", "factor_id").annotate(n=Sum("rows"), k=Sum("kg"), a=Sum("nano"), b=Sum("atto")):
        if factor_id in row["factor_id"].split(";"):
            into = sums.setdefault(row["run"], {"rows": 0, "kg": Decimal(0)})
            into["rows"] += row["n"]
            into["kg"] = EXACT.add(into["kg"], whole(row["k"], row["a"], row["b"]))
    found = []
    for run in (each for each in last if each.pk in sums):
        query = urlencode({"basis": "location", "factor_id": factor_id})
        rows = reverse("run-rows", kwargs={"key": membership.organisation.key, "pk": run.pk})
        found.append({"run": run, **sums[run.pk], "rows_href": f"{rows}?{query}"})
    return found


def of_file(membership: Membership, digest: str, role: str) -> list[Run]:
    """The runs that this file went into, the newest first."""
    if not digest:
        return []
    runs = Run.objects.visible_to(membership.user).of(membership.organisation).filter(done_at__isnull=False)
    return [
        run for run in runs.defer("figures", "summary")[:200]
        if any(each["sha256"] == digest and each["role"] == role for each in run.sources)
    ][:RUNS]  # fmt: skip


def of_method(membership: Membership, method_id: str) -> list[dict[str, Any]]:
    """The runs that have rows of a method, by the activity table's own column; only where all rows may be seen."""
    from hengtan.engine import read_parquet  # noqa: PLC0415  DuckDB is opened for this alone

    if facilities_of(membership) is not None:
        return []
    runs = Run.objects.visible_to(membership.user).of(membership.organisation).filter(done_at__isnull=False)
    found = []
    for run in runs.defer("figures", "summary")[:RUNS]:
        try:
            lines = read_parquet(run.folder / "plan.parquet", ["line_method", "line_basis", "rows"]).to_pylist()
        except OSError:
            continue
        rows = sum(
            line["rows"]
            for line in lines
            if line["line_method"] == method_id and line["line_basis"] in ("-", "location")
        )
        if rows:
            found.append({"run": run, "rows": rows})
    return found


def links(run: Run, factor_ids: list[str], method_id: str) -> dict[str, str]:
    """For the explanation of a row: addresses of the factors, the method and the policy that it was calculated with."""
    key = run.organisation.key
    page = reverse("library-factor", kwargs={"key": key})
    found = {name: f"{page}?{urlencode({'id': name})}" for name in factor_ids if name}
    states = (State.APPROVED, State.SUPERSEDED)
    own = OwnFactor.objects.of(run.organisation).filter(factor_id__in=list(found), state__in=states)
    own = own.filter(decided_at__lte=run.created_at).filter(Q(superseded_at=None) | Q(superseded_at__gt=run.created_at))
    if any(each["name"].startswith("own-factors-") for each in run.sources):
        for row in own:
            found[row.factor_id] = reverse("own-factor", kwargs={"key": key, "pk": row.pk})
    digests = {each["role"]: each["sha256"] for each in run.sources if each["role"] == "policy"}
    policy = OwnPolicy.objects.of(run.organisation).filter(sha256=digests.get("policy", "-"), state__in=states).first()
    if policy is not None:
        found["policy"] = reverse("own-policy", kwargs={"key": key, "pk": policy.pk})
    if method_id:
        found["method"] = f"{reverse('method', kwargs={'key': key})}?{urlencode({'id': method_id})}"
        files = [each["sha256"] for each in run.sources if each["role"] == "method"]
        mine = OwnMethod.objects.of(run.organisation).filter(method_id=method_id, sha256__in=files, state__in=states)
        if (own_method := mine.first()) is not None:
            found["method"] = reverse("own-method", kwargs={"key": key, "pk": own_method.pk})
    return found
