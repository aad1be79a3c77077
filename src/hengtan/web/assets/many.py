"""Pages of many proposals at once: what is ticked with its sums, the decision, what the book refused."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hengtan.web.jobs.models import Job
from hengtan.web.jobs.progress import Progress
from hengtan.web.jobs.registry import handler
from hengtan.web.jobs.services import enqueue
from hengtan.web.jobs.views import progress as of_job
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.words import lang
from hengtan.web.shell.tables import as_table, form_of

from . import deciding, services, words
from .models import Decision, Proposal
from .views import context_of

KIND = "assets.decide"
MOST_TICKED = 1000
MOST_KEPT = 2000
REFUSED = ("proposal", "event", "reason", "mend", "code")


def _ticked(request: TenantRequest) -> tuple[list[int], str, int]:
    """(numbers, source, up to which number) of the request; a source is meant as a whole."""
    given = request.POST if request.method == "POST" else request.GET
    ids = [
        int(each) for each in given.getlist("id")[:MOST_TICKED] if each.isascii() and each.isdigit() and len(each) < 16
    ]
    source, upto = given.get("source", "")[:200], given.get("upto", "")
    if not source.isprintable():
        source = ""
    return ids, source, int(upto) if upto.isascii() and upto.isdigit() and len(upto) < 16 else 0


@within(Act.APPROVE)
def sums(request: TenantRequest) -> HttpResponse:
    """What is ticked comes to: the part of the queue that follows the ticks."""
    ids, source, upto = _ticked(request)
    rows = deciding.waiting(request.organisation, ids, source, upto)
    found = deciding.sums(deciding.events(rows))
    return render(request, "assets/sums.html", {"sums": _titled(found), "count": sum(each.count for each in found)})


def _titled(found: list[deciding.Sum]) -> list[tuple[str, deciding.Sum]]:
    return [(words.kind(each.kind), each) for each in found]


@within(Act.WHOLE, change=Act.APPROVE)
def decide_many(request: TenantRequest) -> HttpResponse:
    """First what it comes to; then, with a verdict, each by itself. Many are a job."""
    if request.method != "POST":
        return redirect("assets-queue", key=request.organisation.key)
    of, me = request.organisation, services.who(request.membership)
    ids, source, upto = _ticked(request)
    rows = deciding.waiting(of, ids, source, upto)
    own = rows.filter(proposed_by=me).count()
    others = rows.exclude(proposed_by=me)
    numbers = list(others.values_list("pk", flat=True))
    verdict, reason = request.POST.get("verdict", ""), request.POST.get("reason", "").strip()[:300]
    if not reason.isprintable():
        reason = " ".join("".join(each if each.isprintable() else " " for each in reason).split())
    lacks = verdict == "reject" and not reason
    if not numbers:
        messages.warning(request, _("Nothing that waits is ticked, or all of it is your own."))
        return redirect("assets-queue", key=of.key)
    if verdict not in ("approve", "reject") or lacks:
        found = deciding.sums(deciding.events(others))
        context = context_of(
            request, "assets-queue", ids=[] if source else numbers, source=source, upto=upto, own=own, count=len(numbers), sums=_titled(found),
            lacks=lacks, reason=reason,
        )  # fmt: skip
        return render(request, "assets/decide_many.html", context, status=422 if lacks else 200)
    if len(numbers) > deciding.NOW:
        asked: dict[str, Any] = {"verdict": verdict, "reason": reason, "count": len(numbers)}
        asked |= {"source": source, "upto": upto} if source else {"ids": numbers}
        job = enqueue(of, KIND, asked, request.user)
        return redirect("assets-decided", key=of.key, pk=job.pk)
    results = deciding.decide_many(request.membership, numbers, "approve" if verdict == "approve" else "reject", reason)
    refused = [each for each in results if each.problems]
    _say(request, verdict, len(results) - len(refused))
    if not refused:
        return redirect("assets-queue", key=of.key)
    told = _events(request, [each.id for each in refused])
    shown = [(each.id, told.get(each.id, ""), words.said(each.problems)) for each in refused]
    return render(request, "assets/decided.html", context_of(request, "assets-queue", refused=shown, job=None))


def _say(request: TenantRequest, verdict: str, count: int) -> None:
    if verdict == "approve" and count:
        said = ngettext(
            "%(count)d event is posted, with its entry in the ledger.",
            "%(count)d events are posted, each with its entry in the ledger.",
            count,
        )
        messages.success(request, said % {"count": count})
    elif count:
        said = ngettext(
            "%(count)d event is turned down, with your reason.",
            "%(count)d events are turned down, with your reason.",
            count,
        )
        messages.success(request, said % {"count": count})


def _events(request: TenantRequest, ids: list[int]) -> dict[int, str]:
    rows = Proposal.objects.visible_to(request.user).of(request.organisation).filter(pk__in=ids)
    return {each.pk: words.sentence(told) for each, told in zip(rows, deciding.events(rows), strict=True)}


@within(Act.WHOLE)
def decided(request: TenantRequest, pk: int) -> HttpResponse:
    """A job that decides many: how far it is, then what was refused."""
    job = get_object_or_404(Job.objects.visible_to(request.user).of(request.organisation).filter(kind=KIND), pk=pk)
    here = lang()
    kept = job.result.get("refused", [])
    told = _events(request, [each["id"] for each in kept])
    refused = [(each["id"], told.get(each["id"], ""), [problem[here] for problem in each["problems"]]) for each in kept]
    if form := form_of(request):
        lines = (
            (number, event, problem["reason"], problem["mend"], problem["code"])
            for number, event, problems in refused
            for problem in problems
        )
        return as_table(form, f"refused-{pk}", REFUSED, lines)
    context = context_of(
        request, "assets-queue", refused=refused, result=job.result, **of_job(request, job),
    )  # fmt: skip
    return render(request, "assets/decided.html", context)


def _address(job: Job) -> str:
    return reverse("assets-decided", kwargs={"key": job.organisation.key, "pk": job.pk})


@handler(
    KIND, title=gettext_lazy("Decide many events"), phases={"decide": gettext_lazy("each by itself")}, address=_address
)
def run(job: Job, progress: Progress) -> dict[str, Any]:
    """Each is committed by itself: after a death the rest is decided, and nothing twice."""
    asked = job.arguments
    membership = Membership.objects.select_related("organisation", "user").get(
        organisation=job.organisation, user=job.created_by, ended_at=None
    )
    rows = deciding.waiting(job.organisation, asked.get("ids", ()), asked.get("source", ""), asked.get("upto", 0))
    numbers = list(rows.exclude(proposed_by=services.who(membership)).values_list("pk", flat=True))
    count, before = asked["count"], asked["count"] - len(numbers)
    progress.at("decide", before, count)
    results = deciding.decide_many(
        membership, numbers, asked["verdict"], asked["reason"], lambda done: progress.at("decide", before + done, count)
    )
    refused = [each for each in results if each.problems]
    kept = [{"id": each.id, "problems": [_both(problem) for problem in each.problems]} for each in refused[:MOST_KEPT]]
    mine = Decision.objects.of(job.organisation).filter(
        decided_by=services.who(membership), decided_at__gte=job.created_at.replace(microsecond=0)
    )
    done = (
        mine.filter(proposal__source=asked["source"])
        if asked.get("source")
        else mine.filter(proposal_id__in=asked["ids"])
    )
    return {"verdict": asked["verdict"], "done": done.count(), "left": len(refused), "refused": kept}


def _both(problem: Any) -> dict[str, dict[str, str]]:
    """In both languages: nobody knows yet who reads it."""
    return {
        language: {"reason": problem.reason(language), "mend": problem.mend(language), "code": problem.code}
        for language in ("en", "zh")
    }
