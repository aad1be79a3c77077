"""Pages of tokens: list, new, shown once, revoked."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache

from hengtan.web.organisations.door import TenantRequest, within

from . import tokens
from .models import Scope, Token


def _lasting() -> list[tuple[str, str]]:
    return [(str(n), ngettext("%(days)d day", "%(days)d days", n) % {"days": n}) for n in tokens.OFFERED_DAYS]


class TokenForm(forms.Form):
    """What it is for, what it may do, how long."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("What will use it: ERP export, notebook.")
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ], help_text=gettext_lazy("Never more than you may yourself."),
    )  # fmt: skip
    days = forms.ChoiceField(label=gettext_lazy("Valid for"), choices=_lasting, initial="90")


@within()
def index(request: TenantRequest) -> HttpResponse:
    """One's own; those of others to who gives the roles."""
    found = Token.objects.visible_to(request.user).of(request.organisation).select_related("user")
    return render(request, "api/tokens.html", {"tokens": found[:500], "now": timezone.now()})


@within()
@never_cache
def new(request: TenantRequest) -> HttpResponse:
    """Makes one and shows it once."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        token, text = tokens.make(request.membership, given["name"], given["scopes"], int(given["days"]))
        address = request.build_absolute_uri("/api/v1/me")
        example = f'curl -H "Authorization: Bearer {token.hint}…" {address}'
        return render(request, "api/made.html", {"token": token, "text": text, "example": example})
    return render(request, "api/new.html", {"form": form}, status=422 if form.errors else 200)


@within()
def revoke(request: TenantRequest, pk: int) -> HttpResponse:
    """It lets nobody in any more."""
    found = Token.objects.visible_to(request.user).of(request.organisation).select_related("organisation", "user")
    token = get_object_or_404(found, pk=pk)
    if request.method == "POST":
        tokens.revoke(token, request.membership)
        messages.success(request, _("The token “%(name)s” lets nobody in any more.") % {"name": token.name})
    return redirect("tokens", key=request.organisation.key)
