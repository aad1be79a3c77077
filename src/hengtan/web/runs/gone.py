"""What is left to say where the folder of a run was moved, emptied or spoilt by hand: what is missing, and how to mend it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render

from hengtan.problems import Problem
from hengtan.web.organisations.door import TenantRequest
from hengtan.web.organisations.roles import Act

from .models import Run
from .proofs import EMISSIONS, vouching

NEEDED = ("run.json", "emissions.parquet", "plan.parquet", "problems.csv")
log = logging.getLogger("hengtan.web")
PARQUET = b"PAR1"  # with which such a file begins and ends


def missing(run: Run) -> Problem | None:
    """The files that cannot be read, as a problem; None while all are there. What a run says is proven elsewhere."""
    lost = [name for name in NEEDED if not _readable(run.folder / name)]
    return Problem("folder.files-missing", values={"run": run.code, "files": ", ".join(lost)}) if lost else None


def gone(request: TenantRequest, run: Run) -> HttpResponse | None:
    """The page that says so."""
    problem = missing(run)
    return None if problem is None else _page(request, run, problem)


def told_if_spoilt(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A fault while files of a run are read is told as theirs where they are no longer those that were signed."""

    @wraps(view)
    def inner(request: TenantRequest, pk: int) -> HttpResponse:
        try:
            return view(request, pk)
        except (Http404, PermissionDenied):
            raise
        except Exception:
            run = Run.objects.of(request.organisation).select_related("organisation").filter(pk=pk).first()
            if run is None or not run.is_done or vouching(run, rows=True).ok:
                raise
            log.exception("files of %s cannot be read", run.key)
            return _page(request, run, Problem("folder.files-missing", values={"run": run.code, "files": EMISSIONS}))

    return inner


def _page(request: TenantRequest, run: Run, problem: Problem) -> HttpResponse:
    may = request.membership.may(Act.CALCULATE)
    return render(request, "runs/gone.html", {"run": run, "problem": problem, "may": may}, status=410)


def _readable(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            if path.suffix != ".parquet":
                return True
            begins = file.read(4) == PARQUET
            file.seek(-4, 2)
            return begins and file.read(4) == PARQUET
    except OSError:
        return False
