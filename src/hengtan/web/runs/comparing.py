"""Two runs side by side: five effects that add up to the difference."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect

from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act

from .views import run_of


@within(Act.WHOLE)
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """What changed from another run to this one, and why."""
    run = run_of(request, pk)
    return redirect("run", key=request.organisation.key, pk=run.pk)
