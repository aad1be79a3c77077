"""People are made here alone."""

from __future__ import annotations

from allauth.account.models import EmailAddress

from .models import User


def new_person(*, email: str, name: str, password: str, language: str = "", is_operator: bool = False) -> User:
    """A person whose address is known to be his: by an invitation that reached it, or by the console of the server."""
    user = User.objects.create_user(email, password, name=name.strip(), language=language, is_operator=is_operator)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user
