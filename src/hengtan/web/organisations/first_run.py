"""The first run: an administrator and an organisation, once, by whoever can read the console of the server."""

from __future__ import annotations

import hmac
import secrets

from django.conf import settings
from django.db import IntegrityError, transaction

from hengtan.web.accounts.models import User
from hengtan.web.accounts.services import new_person
from hengtan.web.configuration import kept

from . import wall
from .models import Installation, Membership, Organisation
from .roles import Role


class TooLateError(Exception):
    """Somebody was first."""


def wanted() -> bool:
    """Whether nobody has set this installation up."""
    return not Installation.objects.exists() and not User.objects.exists()


def code() -> str:
    """Eight characters that the console shows and the page asks for, so that no stranger who finds the server first owns it."""
    return kept(settings.CONFIGURATION.data / "first-run-code", secrets.token_hex(4))


def is_code(given: str) -> bool:
    """Whether these are the characters."""
    return hmac.compare_digest(given.strip().lower().encode(), code().encode())


def begin(
    *, email: str, name: str, password: str, language: str, organisation: Organisation
) -> tuple[User, Organisation]:
    """All of it or nothing; of two that come at once one gets TooLateError, on any database."""
    try:
        with wall.opened(), transaction.atomic():
            Installation.objects.create(id=1)
            if User.objects.exists():
                raise TooLateError
            user = new_person(email=email, name=name, password=password, language=language, is_operator=True)
            organisation.save()
            Membership.objects.create(organisation=organisation, user=user, role=Role.OWNER)
    except IntegrityError as taken:
        raise TooLateError from taken
    (settings.CONFIGURATION.data / "first-run-code").unlink(missing_ok=True)
    return user, organisation
