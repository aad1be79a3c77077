"""Making, finding and revoking tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from hengtan.web.organisations import wall
from hengtan.web.organisations.models import Membership
from hengtan.web.vault.services import record

from .models import Scope, Token

BEGINS = "hgt_"
USED_EVERY = timedelta(minutes=1)  # that it was used is noted no more often
OFFERED_DAYS = (30, 90, 365)


@transaction.atomic
def make(membership: Membership, name: str, scopes: Iterable[str], days: int) -> tuple[Token, str]:
    """A token and its text, which is known now and never again."""
    text = BEGINS + secrets.token_urlsafe(32)
    token = Token.objects.create(
        organisation=membership.organisation, user=membership.user, name=name, hint=text[:10], sha256=_hashed(text),
        scopes=sorted({Scope(each).value for each in scopes}), expires_at=timezone.now() + timedelta(days=days),
    )  # fmt: skip
    record(membership.organisation, "token.made", _told(token), membership.user)
    return token, text


def find(text: str) -> tuple[Token, Membership] | None:
    """The token and who it acts for; None when it is unknown, revoked, expired, or its person no longer belongs."""
    digest = _hashed(text)
    with wall.by_key(digest):
        found = Token.objects.filter(sha256=digest, revoked_at=None, expires_at__gt=timezone.now())
        token = found.select_related("user").first()
    if token is None or not token.user.is_active:
        return None
    with wall.within(token.organisation_id):
        return _of(token)


def _of(token: Token) -> tuple[Token, Membership] | None:
    mine = Membership.objects.filter(organisation_id=token.organisation_id, user=token.user, ended_at=None)
    membership = mine.select_related("organisation").first()
    if membership is None:
        return None
    token.organisation, membership.user = membership.organisation, token.user
    if token.used_at is None or timezone.now() - token.used_at > USED_EVERY:
        Token.objects.filter(pk=token.pk).update(used_at=timezone.now())
    return token, membership


@transaction.atomic
def revoke(token: Token, by: Membership) -> None:
    """It lets nobody in from now on."""
    if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        record(token.organisation, "token.revoked", _told(token), by.user)


def _told(token: Token) -> dict[str, object]:
    return {"token": token.hint, "name": token.name, "scopes": token.scopes, "of": token.user.email}


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
