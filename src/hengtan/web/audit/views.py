"""Pages of the audit room."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from hengtan.ledger import parse_note
from hengtan.problems import HengtanError
from hengtan.web.jobs.views import progress
from hengtan.web.organisations.door import NotYours, TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.runs.services import current
from hengtan.web.shell.tables import as_table, form_of
from hengtan.web.vault import services as vault

from . import services
from .forms import EngagementForm
from .models import Attachment, Engagement, Item, Opinion, Package, Question, Result
from .work import package_file

PAGE = 25
ITEMS = ("stratum", "place", "activity_id", "facility", "activity_type", "factor", "book_kg", "result", "audited_kg", "difference_kg", "note",
         "tested_by", "tested_at")  # fmt: skip
QUESTIONS = ("asked_at", "asked_by", "activity_id", "question", "state", "replies")
SHOWN: dict[str, tuple[str, ...]] = {
    "open": (Result.OPEN, Result.QUESTION), "tested": (Result.AGREED, Result.DIFFERENCE), "difference": (Result.DIFFERENCE,),
    "question": (Result.QUESTION,),
}  # fmt: skip


def _engagements(request: TenantRequest) -> Any:
    found = Engagement.objects.visible_to(request.user).of(request.organisation)
    return found.select_related(
        "organisation", "run__organisation", "opened_by", "closed_by", "closed_event", "job"
    ).defer("run__figures", "run__summary")


def _engagement(request: TenantRequest, pk: int) -> Engagement:
    found: Engagement = get_object_or_404(_engagements(request), pk=pk)
    return found


def _item(request: TenantRequest, pk: int) -> Item:
    mine = Item.objects.filter(engagement__in=Engagement.objects.visible_to(request.user).of(request.organisation))
    return get_object_or_404(mine.select_related("engagement__organisation", "engagement__run__organisation"), pk=pk)


@within(Act.WHOLE)
def index(request: TenantRequest) -> HttpResponse:
    """All engagements."""
    done = Count("items", filter=Q(items__result__in=(Result.AGREED, Result.DIFFERENCE)))
    found = _engagements(request).annotate(rows=Count("items"), tested=done).order_by("-number")
    form = form_of(request)
    if form:
        columns = (
            "number",
            "name",
            "run",
            "level",
            "verifier",
            "materiality_pct",
            "rows",
            "tested",
            "opinion",
            "closed_at",
        )
        lines = ((each.code, each.name, each.run.code, each.level, each.verifier, each.materiality_pct, each.rows, each.tested, each.opinion,
                  each.closed_at.isoformat(timespec="seconds") if each.closed_at else "") for each in found)  # fmt: skip
        return as_table(form, "engagements", columns, lines)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "audit/engagements.html",
        {"page": page, "may": request.membership.may(Act.AUDIT), "run": current(request.organisation)},
    )


@within(Act.WHOLE, change=Act.AUDIT)
def new(request: TenantRequest) -> HttpResponse:
    """The verifier chooses; a worker draws."""
    if not request.membership.may(Act.AUDIT):
        return redirect("engagements", key=request.organisation.key)
    chosen = current(request.organisation)
    form = EngagementForm(request.organisation, request.POST or None, initial={"run": chosen.pk if chosen else None})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.begin(request.membership, form.cleaned_data["run"], form.cleaned_data)
        except ValidationError as wrong:
            form.add_error(None, ValidationError(wrong.messages))
        else:
            return redirect("engagement", key=request.organisation.key, pk=made.pk)
    return render(request, "audit/new.html", {"form": form, "run": chosen}, status=422 if form.errors else 200)


@within(Act.WHOLE)
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """One engagement: the plan, the sample, what was verified, checkpoint, package."""
    held = _engagement(request, pk)
    form, table = form_of(request), request.GET.get("table", "")
    items = held.items.select_related("tested_by").prefetch_related("attachments")
    if form and table == "questions":
        return as_table(form, f"{held.code}-questions", QUESTIONS, (_question(each) for each in _questions(held)))
    if form:
        wanted = items.filter(result=Result.DIFFERENCE) if table == "differences" else items
        return as_table(
            form,
            f"{held.code}-{'differences' if table == 'differences' else 'sample'}",
            ITEMS,
            (_line(each) for each in wanted),
        )
    shown = request.GET.get("show", "")
    if shown in SHOWN:
        items = items.filter(result__in=SHOWN[shown])
    page = Paginator(items, PAGE).get_page(request.GET.get("page"))
    may = request.membership.may(Act.AUDIT)
    context: dict[str, Any] = {
        "engagement": held, "page": page, "shown": shown, "told": services.summary(held), "parts": _parts(held.plan),
        "may": may and held.is_open, "company": request.membership.may(Act.REPORT), "exporting": may or request.membership.may(Act.REPORT),
        "open_questions": held.questions.exclude(state=Question.State.SETTLED).count(), "results": Result.choices[1:],
        "verification": held.verifications.select_related("job", "asked_by").first(),
        "package": held.packages.select_related("job", "asked_by", "event").first(), "checkpoint": _checkpoint(request),
        "zip_name": f"package-{held.run.code}", "zip_end": ".zip",
    }  # fmt: skip
    waiting = [
        each.job
        for each in (held, context["verification"], context["package"])
        if each is not None and each.job is not None
    ]
    waiting = [job for job in waiting if job.state != "done"]
    if waiting:
        waiting[0].organisation = request.organisation
        context |= progress(request, waiting[0])
    return render(request, "audit/engagement.html", context)


@within(Act.WHOLE)
def item(request: TenantRequest, pk: int) -> HttpResponse:
    """One row of the sample: what it is, its result, evidence, questions."""
    held = _item(request, pk)
    typed, wrong = None, []
    if request.method == "POST":
        _verifier(request)
        typed = request.POST
        try:
            services.test(
                held, request.membership, typed.get("result", ""), typed.get("audited_kg", ""), typed.get("note", "")
            )
            file = request.FILES.get("file")
            if file is not None and file.size is not None and file.name is not None:
                if file.size > services.MOST_FILE:
                    raise ValidationError(_("At most %(most)d MB.") % {"most": services.MOST_FILE // 2**20})
                services.attach(held, request.membership, file.name, file.read())
        except ValidationError as fault:
            wrong = fault.messages
        else:
            after = held.engagement.items.filter(result=Result.OPEN)
            following = (
                after.filter(Q(hits=held.hits, place__gt=held.place) | Q(hits__gt=held.hits)).first() or after.first()
            )
            messages.success(request, _("Kept."))
            if "next" in typed and following is not None:
                return redirect("engagement-item", key=request.organisation.key, pk=following.pk)
            return redirect("engagement", key=request.organisation.key, pk=held.engagement_id)
    context = {
        "item": held, "engagement": held.engagement, "typed": typed, "wrong": wrong, "results": Result.choices,
        "attachments": held.attachments.select_related("added_by"), "questions": held.questions.prefetch_related("replies__said_by"),
        "may": request.membership.may(Act.AUDIT) and held.engagement.is_open, "may_answer": _may_answer(request, held.engagement),
    }  # fmt: skip
    return render(request, "audit/item.html", context, status=422 if wrong else 200)


@within(Act.WHOLE)
def questions(request: TenantRequest, pk: int) -> HttpResponse:
    """All of an engagement; the verifier asks here."""
    held = _engagement(request, pk)
    if request.method == "POST":
        _verifier(request)
        given = request.POST.get("item", "")
        about = held.items.filter(pk=int(given)).first() if given.isdecimal() and len(given) < 18 else None
        try:
            services.ask(held, request.membership, request.POST.get("text", ""), about)
        except ValidationError as wrong:
            for each in wrong.messages:
                messages.error(request, each)
        else:
            messages.success(request, _("The company is told of the question."))
        if about is not None:
            return redirect("engagement-item", key=request.organisation.key, pk=about.pk)
        return redirect("engagement-questions", key=request.organisation.key, pk=held.pk)
    context = {
        "engagement": held, "questions": _questions(held), "may": request.membership.may(Act.AUDIT) and held.is_open,
        "may_answer": _may_answer(request, held),
    }  # fmt: skip
    return render(request, "audit/questions.html", context)


@within(Act.WHOLE)
def answer(request: TenantRequest, pk: int) -> HttpResponse:
    """Of the company, or back of the verifier, who also settles it."""
    mine = Question.objects.filter(engagement__in=Engagement.objects.visible_to(request.user).of(request.organisation))
    held = get_object_or_404(mine.select_related("engagement"), pk=pk)
    if request.method == "POST":
        if not (request.membership.may(Act.AUDIT) or request.membership.may(Act.REPORT)):
            raise NotYours(Act.REPORT)
        try:
            services.reply(held, request.membership, request.POST.get("text", ""), settled="settle" in request.POST)
        except ValidationError as wrong:
            for each in wrong.messages:
                messages.error(request, each)
    return redirect("engagement-questions", key=request.organisation.key, pk=held.engagement_id)


@within(Act.WHOLE)
def close(request: TenantRequest, pk: int) -> HttpResponse:
    """With a statement, which goes into the ledger."""
    held = _engagement(request, pk)
    typed, wrong = None, []
    if request.method == "POST":
        _verifier(request)
        typed = request.POST
        try:
            services.close(held, request.membership, typed.get("opinion", ""), typed.get("statement", ""))
        except ValidationError as fault:
            wrong = fault.messages
        else:
            messages.success(request, _("The engagement is closed; its statement is in the ledger."))
            return redirect("engagement", key=request.organisation.key, pk=pk)
    if not request.membership.may(Act.AUDIT) or not held.is_open:
        return redirect("engagement", key=request.organisation.key, pk=pk)
    context = {
        "engagement": held,
        "told": services.summary(held),
        "typed": typed or {},
        "wrong": wrong,
        "opinions": Opinion.choices,
    }
    return render(request, "audit/close.html", context, status=422 if wrong else 200)


@within(Act.WHOLE)
def verify(request: TenantRequest, pk: int) -> HttpResponse:
    """One click."""
    held = _engagement(request, pk)
    if request.method == "POST":
        services.verify(held, request.membership)
    return redirect("engagement", key=request.organisation.key, pk=pk)


@within(Act.WHOLE)
def package(request: TenantRequest, pk: int) -> HttpResponse:
    """Asked for by POST; given by GET when it is written."""
    held = _engagement(request, pk)
    if request.method == "POST":
        if not (request.membership.may(Act.AUDIT) or request.membership.may(Act.REPORT)):
            raise NotYours(Act.AUDIT)
        services.export(held, request.membership)
        return redirect("engagement", key=request.organisation.key, pk=pk)
    last = held.packages.filter(done_at__isnull=False).first()
    if last is None:
        return redirect("engagement", key=request.organisation.key, pk=pk)
    return zipped(last)


def zipped(last: Package) -> HttpResponse:
    """The file of a package."""
    try:
        opened = package_file(last).open("rb")
    except OSError:
        raise Http404 from None
    name = f"package-{last.engagement.run.code}.zip"
    answer = FileResponse(opened, as_attachment=True, filename=name, content_type="application/zip")
    return cast("HttpResponse", answer)  # of the same base


@within(Act.WHOLE)
def attachment(request: TenantRequest, pk: int) -> HttpResponse:
    """A file that the verifier laid to a row; only ever to keep, never as a page."""
    engagements = Engagement.objects.visible_to(request.user).of(request.organisation)
    held = get_object_or_404(Attachment.objects.filter(item__engagement__in=engagements), pk=pk)
    try:
        data = vault.facts(request.organisation).read(held.digest)
    except HengtanError:
        raise Http404 from None
    response = HttpResponse(data, content_type="application/octet-stream")
    name = "".join(each if each.isascii() and each not in '"\\' else "_" for each in held.name)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _verifier(request: TenantRequest) -> None:
    """After the record was found, so that nobody is told of another tenant's."""
    if not request.membership.may(Act.AUDIT):
        raise NotYours(Act.AUDIT)


def _may_answer(request: TenantRequest, engagement: Engagement) -> bool:
    return engagement.is_open and (request.membership.may(Act.AUDIT) or request.membership.may(Act.REPORT))


def _questions(engagement: Engagement) -> Any:
    return engagement.questions.select_related("asked_by", "item").prefetch_related("replies__said_by")


def _checkpoint(request: TenantRequest) -> dict[str, Any] | None:
    """The newest signed note, and who signed it besides the log."""
    try:
        text = (vault.ledger(request.organisation) / "checkpoint").read_text("utf-8")
        note = parse_note(text.encode())
    except (OSError, HengtanError):
        return None
    lines = text.splitlines()
    own = lines[0] if lines else ""
    names = [line.split(" ")[1] for line in lines if line.startswith("— ")]
    return {
        "text": text.rstrip(), "size": note.text.split("\n")[1] if isinstance(note.text, str) else lines[1],
        "witnesses": [name for name in names if name != own],
    }  # fmt: skip


def _parts(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The bar above the sample: tested in full, drawn, not drawn."""
    if not plan:
        return []
    whole, at = Decimal(plan["total_kg"]), Decimal(0)
    low = Decimal(plan["low_kg"]) - Decimal(plan["drawn_kg"])
    found = []
    for name, kg, rows in (("top", Decimal(plan["top_kg"]), plan["top_rows"]), ("drawn", Decimal(plan["drawn_kg"]), plan["drawn_rows"]),
                           ("rest", low, plan["low_rows"] - plan["drawn_rows"])):  # fmt: skip
        share = kg * 100 / whole if whole else Decimal(0)
        found.append(
            {"name": name, "kg": kg, "rows": rows, "share": share, "x": f"{at:.2f}%", "width": f"{share:.2f}%"}
        )
        at += share
    return found


def _line(row: Item) -> tuple[object, ...]:
    return (
        "drawn" if row.hits else "top", row.place, row.activity_id, row.facility, row.activity_type, row.source, row.book, row.result,
        row.audited, row.difference, row.note, row.tested_by.name if row.tested_by else "",
        row.tested_at.isoformat(timespec="seconds") if row.tested_at else "",
    )  # fmt: skip


def _question(row: Question) -> tuple[object, ...]:
    replies = " | ".join(f"{each.said_by.name}: {each.text}" for each in row.replies.all())
    return (
        row.asked_at.isoformat(timespec="seconds"),
        row.asked_by.name,
        row.item.activity_id if row.item else "",
        row.text,
        row.state,
        replies,
    )
