"""Who calls, and whether he may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer

from hengtan.problems import Problem
from hengtan.web.organisations import wall
from hengtan.web.organisations.door import TenantRequest
from hengtan.web.organisations.limits import Tickets
from hengtan.web.organisations.roles import MAY, Act, Role

from . import tokens
from .models import Scope, Token

CALLS = Tickets("calls", settings.CONFIGURATION.api_calls, 60)  # of a token
FAILURES = Tickets("wrong-tokens", 60, 60, lot=5)  # of an address
SCOPES = {
    Act.READ: Scope.READ,
    Act.WHOLE: Scope.READ,
    Act.ENTER: Scope.ENTER,
    Act.APPROVE: Scope.APPROVE,
    Act.CALCULATE: Scope.CALCULATE,
    Act.REPORT: Scope.REPORT,
    Act.AUDIT: Scope.AUDIT,
    Act.BOUNDARY: Scope.BOUNDARY,
    Act.ASSETS: Scope.ENTER,
    Act.CONNECT: Scope.CONNECT,
    Act.PEOPLE: Scope.PEOPLE,
    Act.SETTINGS: Scope.PEOPLE,
}


class Call(TenantRequest):
    """A request that came with a token."""

    token: Token
    content_sha256: str = ""  # of a body that was taken in as a stream


class Said(Exception):  # noqa: N818  an answer, not a fault
    """An answer that is one problem."""

    def __init__(self, status: int, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.code)
        self.status, self.problems, self.headers = status, (problem,), headers or {}


class Bearer(HttpBearer):
    """``Authorization: Bearer hgt_...``"""

    def authenticate(self, request: HttpRequest, token: str) -> Token | None:
        """The token, and the request is made one of its person in its organisation."""
        found = tokens.find(token)
        if found is None:
            _once_more(FAILURES, get_ip(request), "call.wrong-too-often")
            return None
        _once_more(CALLS, str(found[0].pk), "call.too-often")
        call = cast("Call", request)  # which it becomes here
        call.token, call.membership = found
        call.user, call.organisation = call.membership.user, call.membership.organisation
        wall.let_in_to(call.organisation.pk)
        return call.token


def _once_more(limit: Tickets, who: str, code: str) -> None:
    """Raises Said 429 when it is too often."""
    if wait := limit.take(who):
        raise Said(
            429, Problem(code, values={"most": str(limit.most), "seconds": str(wait)}), {"Retry-After": str(wait)}
        )


def need(call: Call, act: Act) -> None:
    """Raises Said 403 unless both token and role allow it."""
    scope = SCOPES[act]
    if scope not in call.token.scopes:
        raise Said(403, Problem("call.scope", values={"scope": scope.value}))
    if not call.membership.may(act):
        roles = ", ".join(str(role.label) for role in Role if role in MAY[act])
        raise Said(403, Problem("call.role", values={"roles": roles}))
