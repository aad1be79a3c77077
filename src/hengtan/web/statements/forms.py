"""A new statement, and what it says of the enterprise."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hengtan.sectors import sector_methods
from hengtan.sectors.quality.check import credit_code_is_right

ABOUT = {
    "credit_code": _("Unified social credit code"),
    "registry": _("Registry account"),
    "legal_representative": _("Legal representative"),
    "industry": _("Industry"),
    "address": _("Address"),
    "contact": _("Contact"),
    "responsible": _("Responsible"),
    "boundary": _("Boundary in words"),
}


class StatementForm(forms.Form):
    """Guideline, year, name of the enterprise as reports print it, and its entries of the form."""

    method = forms.ChoiceField(label=_("Guideline"))
    year = forms.IntegerField(label=_("Year"), min_value=2013, max_value=2100)
    name = forms.CharField(label=_("Enterprise"), max_length=120, help_text=_("As it stands in the registry."))

    def __init__(self, lang: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(method.id, method.title[lang]) for method in sector_methods().values()]
        self.fields["method"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]  # a ChoiceField
        for name, title in ABOUT.items():
            self.fields[name] = forms.CharField(label=title, required=False, max_length=300)

    def clean_credit_code(self) -> str:
        """18 digits and capitals, the last a check character (GB 32100-2015)."""
        code = str(self.cleaned_data["credit_code"]).strip().upper()
        if code and not credit_code_is_right(code):
            raise forms.ValidationError(
                _(
                    "This is no unified social credit code: 18 characters, the last of which checks the others (GB 32100-2015)."
                )
            )
        return code

    def about(self) -> dict[str, str]:
        """What reports print."""
        told = {name: str(self.cleaned_data.get(name, "")).strip() for name in ABOUT}
        return {"name": str(self.cleaned_data["name"]), **{name: text for name, text in told.items() if text}}
