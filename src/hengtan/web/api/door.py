"""Who calls, and whether he may."""

from __future__ import annotations

from typing import cast

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from ninja.security import HttpBearer

from hengtan.problems import Problem
from hengtan.web.organisations import wall
from hengtan.web.organisations.door import TenantRequest
from hengtan.web.organisations.roles import MAY, Act, Role

from . import tokens
from .models import Scope, Token

FAILURES_A_MINUTE = 60
SCOPES = {
    Act.READ: Scope.READ,
    Act.WHOLE: Scope.READ,
    Act.ENTER: Scope.ENTER,
    Act.APPROVE: Scope.APPROVE,
    Act.CALCULATE: Scope.CALCULATE,
    Act.REPORT: Scope.REPORT,
    Act.AUDIT: Scope.AUDIT,
    Act.BOUNDARY: Scope.BOUNDARY,
    Act.CONNECT: Scope.CONNECT,
}


class Call(TenantRequest):
    """A request that came with a token."""

    token: Token
    content_sha256: str = ""  # of a body that was taken in as a stream


class Said(Exception):  # noqa: N818  an answer, not a fault
    """An answer that is one problem."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(problem.code)
        self.status, self.problems = status, (problem,)


class Bearer(HttpBearer):
    """``Authorization: Bearer hgt_...``"""

    def authenticate(self, request: HttpRequest, token: str) -> Token | None:
        """The token, and the request is made one of its person in its organisation."""
        found = tokens.find(token)
        if found is None:
            if _failures(request) > FAILURES_A_MINUTE:
                raise Said(429, Problem("call.too-often"))
            return None
        call = cast("Call", request)  # which it becomes here
        call.token, call.membership = found
        call.user, call.organisation = call.membership.user, call.membership.organisation
        wall.let_in_to(call.organisation.pk)
        return call.token


def _failures(request: HttpRequest) -> int:
    """Calls with a wrong token from this address in the last minute, this one included; allauth's limits let GET pass."""
    key = f"wrong-tokens:{get_adapter().get_client_ip(request)}"
    cache.add(key, 0, 60)
    try:
        return int(cache.incr(key))
    except ValueError:  # the minute has just passed
        return 1


def need(call: Call, act: Act) -> None:
    """Raises Said 403 unless both token and role allow it."""
    scope = SCOPES[act]
    if scope not in call.token.scopes:
        raise Said(403, Problem("call.scope", values={"scope": scope.value}))
    if not call.membership.may(act):
        roles = ", ".join(str(role.label) for role in Role if role in MAY[act])
        raise Said(403, Problem("call.role", values={"roles": roles}))
