"""Pages of jobs: mine, one with its progress, retry and cancel."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language

from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act

from . import services
from .models import Job

PAGE = 50
OVER = 286  # htmx stops polling


@within()
def index(request: TenantRequest) -> HttpResponse:
    """What this person asked for, the newest first."""
    mine = Job.objects.visible_to(request.user).of(request.organisation).filter(created_by=request.user)
    page = Paginator(mine, PAGE).get_page(request.GET.get("page"))
    under_way = any(not job.is_over for job in page)
    return render(request, "jobs/jobs.html", {"page": page, "under_way": under_way})


def _job(request: TenantRequest, pk: int) -> Job:
    return get_object_or_404(Job.objects.visible_to(request.user).of(request.organisation), pk=pk)


@within()
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """One job; asked by its own fragment, the fragment. When it is over the page around it is told to load again."""
    job = _job(request, pk)
    context = progress(request, job)
    if not request.htmx:
        return render(request, "jobs/job.html", context)
    answer = render(request, "jobs/progress.html", context)
    if job.is_over:
        answer.status_code = OVER
        answer["HX-Refresh"] = "true"
    return answer


def progress(request: TenantRequest, job: Job) -> dict[str, object]:
    """What ``jobs/progress.html`` shows."""
    zh = (get_language() or "").startswith("zh")
    may = job.created_by_id == request.user.pk or request.membership.may(Act.PEOPLE)
    return {"job": job, "problems": job.told("zh" if zh else "en"), "may_job": may}


def _may(request: TenantRequest, pk: int) -> Job:
    job = _job(request, pk)
    if job.created_by_id != request.user.pk and not request.membership.may(Act.PEOPLE):
        raise Http404
    return job


@within()
def retry(request: TenantRequest, pk: int) -> HttpResponse:
    """Once more."""
    job = _may(request, pk)
    if request.method == "POST":
        services.retry(job)
    return redirect(_back(request, job))


@within()
def cancel(request: TenantRequest, pk: int) -> HttpResponse:
    """No more."""
    job = _may(request, pk)
    if request.method == "POST":
        services.cancel(job)
    return redirect(_back(request, job))


def _back(request: TenantRequest, job: Job) -> str:
    return job.href or f"/o/{request.organisation.key}/jobs/{job.pk}/"
