"""The find field of the top bar: what somebody types leads to the page of it.

An app that has something to find says so with ``@finder``: a function of the request and the text that returns hits. What it
returns is what this person may see; nothing else keeps it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise

from hengtan.web.organisations.door import TenantRequest, within

SHORTEST, LONGEST, MOST, QUICK = 2, 200, 60, 8


@dataclass(frozen=True, slots=True)
class Hit:
    """kind: facility, row ...; title and note as shown; exact: the text names this and nothing else."""

    kind: str | Promise
    icon: str
    title: str
    href: str
    note: str | Promise = ""
    exact: bool = False


Finder = Callable[[TenantRequest, str], Iterable[Hit]]
FINDERS: list[Finder] = []


def finder(found: Finder) -> Finder:
    """Asked after those that were named before it."""
    FINDERS.append(found)
    return found


def hits(request: TenantRequest, text: str, most: int) -> Iterator[Hit]:
    """What is found, exact hits first; each address once."""
    told: dict[str, Hit] = {}
    for each in FINDERS:
        for hit in each(request, text):
            told.setdefault(hit.href, hit)
        if len(told) >= most:
            break
    yield from sorted(told.values(), key=lambda hit: not hit.exact)[:most]


@within()
def find(request: TenantRequest) -> HttpResponse:
    """The page of what was typed, if that is one thing; else what it may be."""
    text = " ".join(request.GET.get("q", "").split())[:LONGEST]
    enough = len(text) >= SHORTEST
    found = list(hits(request, text, QUICK if request.htmx else MOST)) if enough else []
    if request.htmx:
        return render(request, "shell/found.html", {"found": found, "text": text, "enough": enough})
    exact = [hit for hit in found if hit.exact]
    if len(exact) == 1 or len(found) == 1:
        return redirect((exact or found)[0].href)
    context = {"found": found, "found_text": text, "enough": enough, "all": len(found) >= MOST}
    return render(request, "shell/find.html", context)
