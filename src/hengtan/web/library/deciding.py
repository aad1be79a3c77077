"""What the pages of own factors, policies and methods have in common: a decision about a version, and what differs between two."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from hengtan.problems import HengtanError
from hengtan.web.organisations.door import TenantRequest

from . import proposals, words
from .models import Proposal

MOST_LINES = 600


def decided(
    request: TenantRequest,
    row: Proposal,
    submit: Callable[[], object],
    page: str,
    pages: str,
    approved: str,
    again: Callable[[], object] | None = None,
) -> HttpResponse:
    """Submit, discard, approve or return, as the button says; then back to the version, or to the list where it is gone.

    page, pages   names of the addresses of a version and of the list; approved: said when it is; again: what the button of that name does
    """
    if request.method == "POST":
        try:
            if again is not None and "again" in request.POST:
                again()
            elif "submit" in request.POST:
                submit()
                messages.success(request, _("Submitted. A colleague decides."))
            elif "discard" in request.POST:
                proposals.discard(row, request.membership)
                messages.success(request, _("The draft is gone."))
                return redirect(pages, key=request.organisation.key)
            elif "approve" in request.POST:
                proposals.approve(row, request.membership)
                messages.success(request, approved)
            else:
                proposals.give_back(row, request.membership, request.POST.get("comment", ""))
                messages.success(request, _("Returned with your comment."))
        except HengtanError as error:
            for each in error.problems:
                messages.error(request, each.sentence(words.lang()))
        except ValidationError as wrong:
            for told in wrong.messages:
                messages.error(request, told)
    return redirect(page, key=request.organisation.key, pk=row.pk)


def differing(old: str, new: str) -> list[tuple[str, str]]:
    """Lines with their sign."""
    found = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3)
    return [(line[:1], line[1:]) for line in found if not line.startswith(("---", "+++"))][:MOST_LINES]
