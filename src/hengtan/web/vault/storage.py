"""How much room an organisation's files take, and how much they may: facts (files and evidence), runs, ledger.

What is there is counted on the disk, at most every ten minutes; what came since is added. The quota stands in the settings
(``quota_gb``) unless whoever runs the installation gave the organisation one of its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from hengtan.problems import HengtanError, Problem
from hengtan.web.accounts.models import User
from hengtan.web.organisations.models import Organisation

from .models import Quota
from .services import home, record

COUNTED_S = 600
GB = 1 << 30


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes; quota None: as much as the disk holds."""

    facts: int
    runs: int
    other: int
    quota: int | None
    own: bool

    @property
    def used(self) -> int:
        """All of it."""
        return self.facts + self.runs + self.other

    @property
    def percent(self) -> float:
        """Of the quota, at most 100."""
        return min(100.0, 100 * self.used / self.quota) if self.quota else 0.0


def room(organisation: Organisation, fresh: bool = False) -> Room:
    """What is taken and what may be."""
    key = f"room:{organisation.pk}"
    counted = None if fresh else cache.get(key)
    if counted is None:
        folder = home(organisation)
        files, runs = _bytes(folder / "facts"), _bytes(folder / "runs")
        counted = [files, runs, max(0, _bytes(folder) - files - runs)]
        cache.set(key, counted, COUNTED_S)
    own = Quota.objects.filter(organisation=organisation).first()
    gb = own.gb if own is not None else settings.CONFIGURATION.quota_gb
    files, runs, other = counted
    return Room(files, runs, other, int(gb * GB) if gb else None, own is not None)


def must_fit(organisation: Organisation, more: int) -> None:
    """Raises HengtanError ``storage.full`` when so many bytes more are over the quota; counts them otherwise."""
    now = room(organisation)
    if now.quota is not None and now.used + more > now.quota:
        now = room(organisation, fresh=True)  # something may have gone meanwhile
        if now.quota is not None and now.used + more > now.quota:
            told = {"used": told_size(now.used), "quota": told_size(now.quota), "more": told_size(more)}
            raise HengtanError(Problem("storage.full", values=told))
    cache.set(f"room:{organisation.pk}", [now.facts + more, now.runs, now.other], COUNTED_S)


@transaction.atomic
def give_room(organisation: Organisation, by: User, gb: float | None) -> None:
    """A quota of its own, 0 for none at all; None: that of the installation again. For whoever runs the installation."""
    if gb is None:
        Quota.objects.filter(organisation=organisation).delete()
    else:
        Quota.objects.update_or_create(organisation=organisation, defaults={"gb": gb, "set_by": by})
    record(organisation, "storage.quota", {"gb": "" if gb is None else f"{gb:g}"}, by)


def told_size(number: int) -> str:
    """12.3 MB, 4.5 GB."""
    for unit, size in (("GB", GB), ("MB", 1 << 20)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number / 1024:.0f} kB"


def _bytes(folder: Path) -> int:
    total, waiting = 0, [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                for each in found:
                    if each.is_dir(follow_symlinks=False):
                        waiting.append(each.path)
                    elif each.is_file(follow_symlinks=False):
                        total += each.stat(follow_symlinks=False).st_size
        except OSError:  # gone meanwhile
            continue
    return total
