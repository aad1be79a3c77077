"""What a run is asked for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .models import GWP


class RunForm(forms.Form):
    """Name, period, set, clock."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As you speak of it: inventory 2025."))
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput({"type": "date"}))
    last = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput({"type": "date"}),
        help_text=_("Without a period everything that is approved is calculated."),
    )  # fmt: skip
    gwp = forms.ChoiceField(
        label=_("GWP set"), choices=GWP.choices,
        help_text=_("AR5 unless a standard or a programme names another."),
    )  # fmt: skip
    as_of = forms.DateField(
        label=_("Factors as of"), required=False, widget=forms.DateInput({"type": "date"}),
        help_text=_("No factor that was published later is seen. Empty: all that this installation holds."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """The end after the beginning."""
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if isinstance(first, date) and isinstance(last, date) and last < first:
            self.add_error("last", ValidationError(_("It ends before it begins.")))
        return given

    def options(self) -> dict[str, Any]:
        """As ``hengtan.api.Request`` takes them."""
        given = self.cleaned_data
        first, last = given["first"], given["last"]
        return {
            "gwp": given["gwp"],
            "period": f"{first or ''}/{last or ''}" if first or last else None,
            "as_of": str(given["as_of"]) if given["as_of"] else None,
        }
