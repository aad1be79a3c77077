"""What is asked when a report is prepared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hengtan.reports.sentences import Words
from hengtan.web.organisations.models import Organisation
from hengtan.web.runs.models import Run

from . import base
from .models import Format, Language, Report, Standard, State
from .rendering import MAIN, fields_of, formats
from .services import MOST_FIELD, about_of

LONG = frozenset({"description", "boundary", "reporting_boundary", "significance", "exclusions", "method_choice", "base_year",
                  "recalculation", "removals", "instruments", "verification", "statement", "processes", "monitoring",
                  "retention", "intended_use", "products"})  # fmt: skip
HELP: Mapping[str, Any] = {
    "verification": _("Who verified it, by which standard, at which level; empty when nobody did."),
    "boundary": _("Which sites and companies are in it, and which are not."),
}


class ReportForm(forms.Form):
    """Standard, languages, formats, whose place it takes, and the fields that the standard asks of the company."""

    run = forms.ModelChoiceField(label=_("Run"), queryset=Run.objects.none(), empty_label=None)
    standard = forms.ChoiceField(label=_("Standard"), choices=Standard.choices, widget=forms.RadioSelect)
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=Language.choices, widget=forms.CheckboxSelectMultiple
    )
    formats = forms.MultipleChoiceField(label=_("Formats"), choices=Format.choices, widget=forms.CheckboxSelectMultiple)
    replaces = forms.ModelChoiceField(
        label=_("Takes the place of"), queryset=Report.objects.none(), required=False, empty_label=_("no other report"),
        help_text=_("The older one stays to be seen; both say which took the place of which."),
    )  # fmt: skip

    def __init__(self, organisation: Organisation, lang: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        words = Words(lang)
        self.fields["formats"].choices = [each for each in Format.choices if each[0] in formats()]  # type: ignore[attr-defined]
        done = Run.objects.of(organisation).filter(done_at__isnull=False).defer("figures", "summary")
        self.fields["run"].queryset = done  # type: ignore[attr-defined]
        open_ = Report.objects.of(organisation).filter(state__in=(State.ISSUED, State.WITHDRAWN))
        self.fields["replaces"].queryset = open_.exclude(replaced_by__number__isnull=False).select_related("run")  # type: ignore[attr-defined]
        self.asked = tuple(dict.fromkeys(name for each in Standard for name in fields_of(each.value)))
        kept = {**base.sentence(organisation, lang), **about_of(organisation)}
        for name in self.asked:
            shown = forms.Textarea({"rows": 3}) if name in LONG else forms.TextInput()
            self.fields[f"about_{name}"] = forms.CharField(
                label=words(f"org.{name}"), required=name == "name", max_length=MOST_FIELD, initial=kept.get(name, ""),
                widget=shown, help_text=HELP.get(name, ""),
            )  # fmt: skip

    def about(self) -> dict[str, str]:
        """What was typed of the company."""
        return {name: self.cleaned_data.get(f"about_{name}", "") for name in self.asked}

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """Those that nearly every report prints."""
        return [self[f"about_{name}"] for name in MAIN if name in self.asked]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        """The rest."""
        return [self[f"about_{name}"] for name in self.asked if name not in MAIN]
