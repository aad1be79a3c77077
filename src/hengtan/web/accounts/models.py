"""A person who signs in."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


def known_time_zone(name: str) -> None:
    """Refuses a name that the time zone database does not have."""
    if name not in available_timezones():
        raise ValidationError(_("This time zone is not known. Give a name like Asia/Shanghai."))


class UserManager(BaseUserManager["User"]):
    """People by their e-mail address, whose case does not count."""

    def create_user(self, email: str, password: str | None = None, **more: Any) -> User:
        """A new person; the password is hashed."""
        user = self.model(email=email.strip().lower(), **more)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """By address."""
        return self.get(email=(username or "").strip().lower())


def _new_key() -> str:
    """The name of a copy on the disk: nobody can guess it."""
    return secrets.token_urlsafe(32)


class User(AbstractBaseUser):
    """Signs in by e-mail address. What he may do stands in his memberships, not here."""

    email = models.EmailField(_("E-mail"), unique=True)
    name = models.CharField(_("Full name"), max_length=120)
    language = models.CharField(
        _("Language"), max_length=10, blank=True, choices=[("en", "English"), ("zh-hans", "中文")]
    )
    time_zone = models.CharField(_("Time zone"), max_length=60, blank=True, validators=[known_time_zone])
    theme = models.CharField(
        _("Appearance"),
        max_length=10,
        blank=True,
        choices=[("", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))],
    )

    class NoticeMail(models.TextChoices):
        """How often notices come as e-mails."""

        AT_ONCE = "once", _("At once, one e-mail each")
        DAILY = "daily", _("Together, every morning")
        NEVER = "never", _("Not by e-mail")

    notice_mail = models.CharField(
        _("E-mails about notices"), max_length=5, choices=NoticeMail.choices, default=NoticeMail.AT_ONCE
    )
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Addresses are kept in small letters, so that one person is not two."""
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    @property
    def initials(self) -> str:
        """What stands in the round mark: the last character of a Chinese name's family part, two letters otherwise."""
        words = self.name.split()
        if not words:
            return self.email[:1].upper()
        if ord(words[0][0]) > 0x2E7F:
            return words[0][0]
        return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


class Export(models.Model):
    """A copy of everything that is kept of a person, which he asked for."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exports")
    key = models.CharField(max_length=43, unique=True, default=_new_key, editable=False)
    made_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.person}, {self.made_at:%Y-%m-%d}"
