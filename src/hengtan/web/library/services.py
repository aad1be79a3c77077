"""The door of own factors, policies and methods for those who calculate: what goes into a run beside the rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hengtan.factors import COLUMNS
from hengtan.web.organisations.models import Organisation
from hengtan.web.vault.services import facts, keep_file

from .models import OwnFactor, OwnMethod, OwnPolicy
from .proposals import in_force

ALL_COLUMNS = (*COLUMNS, "published")


def inputs(organisation: Organisation, as_of: datetime | None = None) -> list[dict[str, str]]:
    """What stood approved at a moment (now), as files among the facts: role (factors, method or policy), digest and name.

    The names hold a digest or a version, so that no two files of one name are ever different.
    """
    found: list[dict[str, str]] = []
    factors = list(in_force(OwnFactor, organisation, as_of))
    if factors:
        digest = keep_file(organisation, factor_file(factors))
        found.append({"role": "factors", "digest": digest, "name": f"own-factors-{digest[:12]}.csv"})
    for method in in_force(OwnMethod, organisation, as_of).order_by("method_id"):
        name = f"{method.method_id}-v{method.version}-{method.sha256[:12]}.yaml"
        found.append({"role": "method", "digest": method.sha256, "name": name})
    policy = in_force(OwnPolicy, organisation, as_of).last()
    if policy is not None:
        name = f"policy-v{policy.version}-{policy.sha256[:12]}.yaml"
        found.append({"role": "policy", "digest": policy.sha256, "name": name})
    return found


@dataclass(frozen=True, slots=True)
class InUse:
    """What a new run is given beside the rows: own factors and methods, and the policy in force (None: those that ship)."""

    factors: Sequence[OwnFactor]
    methods: Sequence[OwnMethod]
    policy: OwnPolicy | None


def in_use(organisation: Organisation) -> InUse:
    """For people who are about to calculate."""
    factors = list(in_force(OwnFactor, organisation).order_by("factor_id"))
    methods = list(in_force(OwnMethod, organisation).order_by("method_id"))
    return InUse(factors, methods, in_force(OwnPolicy, organisation).last())


def paths(organisation: Organisation, role: str) -> list[Path]:
    """Where those of one role lie now."""
    store = facts(organisation)
    return [store.path(each["digest"]) for each in inputs(organisation) if each["role"] == role]


def factor_file(factors: Iterable[OwnFactor]) -> bytes:
    """A factor file of them; the same factors give the same bytes."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(ALL_COLUMNS)
    for each in sorted(factors, key=lambda one: one.factor_id):
        rows.writerow([each.cells.get(name, "") for name in ALL_COLUMNS])
    return text.getvalue().encode()
