"""Pages of webhooks: list, new, one with its deliveries, one delivery."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy as pgettext
from django.views.decorators.cache import never_cache

from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.organisations.roles import Act
from hengtan.web.shell.tables import as_table, form_of

from . import services
from .models import EVENTS, Delivery, Endpoint, State

PAGE = 50


class EndpointForm(forms.Form):
    """Where, what, and what for."""

    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=500, widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=gettext_lazy("The other system takes POST there. It is told to owners and managers alone."),
    )  # fmt: skip
    note = forms.CharField(label=pgettext("webhook", "What it is for"), max_length=200, required=False)
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"), choices=list(EVENTS.items()), widget=forms.CheckboxSelectMultiple
    )


def _seen(request: TenantRequest) -> Any:
    return Endpoint.objects.visible_to(request.user).of(request.organisation)


def _one(request: TenantRequest, pk: int) -> Endpoint:
    found: Endpoint = get_object_or_404(_seen(request).select_related("organisation", "created_by"), pk=pk)
    return found


def _schemes() -> list[str]:
    """What this installation lets webhooks go to at all."""
    return [each for each in settings.CONFIGURATION.outbound_allow if each.startswith(("https://", "http://"))]


@within(Act.CONNECT)
def index(request: TenantRequest) -> HttpResponse:
    """All of the organisation."""
    found = list(_seen(request))
    form = form_of(request)
    if form:
        columns = ("address", "for", "events", "on", "failing_since", "made")
        rows = [
            (each.host, each.note, " ".join(each.events), each.is_on, each.failing_since, each.created_at)
            for each in found
        ]
        return as_table(form, "webhooks", columns, rows)
    return render(request, "webhooks/webhooks.html", {"endpoints": found, "places": _schemes()})


@within(Act.CONNECT)
@never_cache
def new(request: TenantRequest) -> HttpResponse:
    """Makes one and shows its secret once."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            endpoint, secret = services.make(request.membership, given["url"], given["events"], given["note"])
            return render(request, "webhooks/secret.html", {"endpoint": endpoint, "secret": secret, "fresh": True})
        except ValidationError as wrong:
            form.add_error("url", wrong)
    context = {"form": form, "places": _schemes(), "endpoint": None}
    return render(request, "webhooks/form.html", context, status=422 if form.errors else 200)


@within(Act.CONNECT)
def edit(request: TenantRequest, pk: int) -> HttpResponse:
    """Another address, other events."""
    endpoint = _one(request, pk)
    before = {"url": endpoint.url, "note": endpoint.note, "events": endpoint.events}
    form = EndpointForm(request.POST or None, initial=before)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.change(endpoint, request.membership, given["url"], given["events"], given["note"])
            messages.success(request, _("Saved."))
            return redirect("webhook", key=request.organisation.key, pk=pk)
        except ValidationError as wrong:
            form.add_error("url", wrong)
    context = {"form": form, "places": _schemes(), "endpoint": endpoint}
    return render(request, "webhooks/form.html", context, status=422 if form.errors else 200)


@within(Act.CONNECT)
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """One: what it hears, and what was sent to it."""
    endpoint = _one(request, pk)
    sent = Delivery.objects.of(request.organisation).filter(endpoint=endpoint)
    state = request.GET.get("state", "")
    if state in State.values:
        sent = sent.filter(state=state)
    form = form_of(request)
    if form:
        columns = ("message", "event", "state", "tries", "created_at", "sent_at", "status", "answer")
        rows = sent.values_list(*columns)[:10_000]
        return as_table(form, f"webhook-{endpoint.pk}", columns, rows)
    page = Paginator(sent.defer("body", "log"), PAGE).get_page(request.GET.get("page"))
    context = {
        "endpoint": endpoint, "page": page, "state": state if state in State.values else "", "states": State.choices,
        "zh": _zh(), "under_way": any(each.is_under_way for each in page),
    }  # fmt: skip
    return render(request, "webhooks/webhook.html", context)


@within(Act.CONNECT)
@never_cache
def act(request: TenantRequest, pk: int) -> HttpResponse:
    """Test, another secret, on, off."""
    endpoint, post = _one(request, pk), request.POST
    if request.method == "POST":
        if "rotate" in post:
            secret = services.rotate(endpoint, request.membership)
            return render(request, "webhooks/secret.html", {"endpoint": endpoint, "secret": secret})
        if "ping" in post:
            services.ping(endpoint)
            messages.success(request, _("The test is on its way. What came of it is shown here."))
        elif "on" in post or "off" in post:
            services.switch(endpoint, "on" in post, request.membership)
    return redirect("webhook", key=request.organisation.key, pk=pk)


@within(Act.CONNECT)
def delivery(request: TenantRequest, pk: int) -> HttpResponse:
    """One: what was sent, what came back at every try; sent: once more."""
    found = Delivery.objects.visible_to(request.user).of(request.organisation)
    row = get_object_or_404(found.select_related("endpoint", "endpoint__created_by", "organisation"), pk=pk)
    if request.method == "POST":
        services.redeliver(row)
        messages.success(request, _("It is sent once more."))
        return redirect("delivery", key=request.organisation.key, pk=pk)
    tries = [{**each, "why": each["why"].get("zh" if _zh() else "en", "")} for each in reversed(row.log)]
    return render(request, "webhooks/delivery.html", {"delivery": row, "endpoint": row.endpoint, "tries": tries})


def _zh() -> bool:
    return (get_language() or "").startswith("zh")
