"""What a person may set about himself, and the passwords he chooses."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .models import User


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name, language, time zone, appearance, e-mails."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=lambda: [("", _("UTC"))] + [(name, name) for name in sorted(available_timezones()) if "/" in name],
    )

    class Meta:
        """Of a person."""

        model = User
        fields = ("name", "language", "time_zone", "theme", "notice_mail")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].required = False
        self.fields["language"].choices = [("", _("As the browser")), ("en", "English"), ("zh-hans", "中文")]  # type: ignore[attr-defined]
        self.fields["notice_mail"].required = False

    def clean_notice_mail(self) -> str:
        """As it was, where a form does not ask for it."""
        return str(self.cleaned_data["notice_mail"] or self.instance.notice_mail)


class NewPersonForm(forms.Form):
    """Name and password of somebody whose address is known."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput({"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 10 characters. A few unrelated words are easy to remember and hard to guess."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    address = ""

    def clean_password(self) -> str:
        """Long enough, not common, not like the person."""
        password: str = self.cleaned_data["password"]
        email = self.cleaned_data.get("email") or self.address
        validate_password(password, User(email=email, name=self.cleaned_data.get("name", "")))
        return password


def free_address(email: str) -> str:
    """The address in small letters; refused when somebody has it."""
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise ValidationError(_("Somebody uses this address already."))
    return email
