"""The form of a source: what its connector wants to know, its hours, its facilities."""

from __future__ import annotations

from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from hengtan.connectors.plugins import CHOICE, LINES, NUMBER, SECRET, Connector, Field
from hengtan.web.boundaries.models import Facility
from hengtan.web.organisations.door import TenantRequest

from .models import Rhythm, Source
from .services import Given, as_lines

WEEKDAYS = (
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"), gettext_lazy("Friday"),
    gettext_lazy("Saturday"), gettext_lazy("Sunday"),
)  # fmt: skip
OF_CONNECTOR = "of-"


def lang() -> str:
    """``zh`` or ``en``."""
    return "zh" if (get_language() or "").startswith("zh") else "en"


class SourceForm(forms.Form):
    """Fields of the connector are ``of-NAME``; a secret is never shown again."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("Its batches bear it: Meters of Ningbo.")
    )
    rhythm = forms.ChoiceField(label=gettext_lazy("How often"), choices=Rhythm.choices, initial=Rhythm.DAILY)
    minutes = forms.IntegerField(label=gettext_lazy("Every so many minutes"), min_value=5, max_value=1440, initial=60,
        help_text=gettext_lazy("Counts for the first of these rhythms alone."),
    )  # fmt: skip
    at = forms.TimeField(
        label=gettext_lazy("At"), initial=time(6), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Day of the week"),
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        initial=0,
        help_text=gettext_lazy("Counts for every week alone."),
    )
    day = forms.IntegerField(label=gettext_lazy("Day of the month"), min_value=1, max_value=28, initial=3,
        help_text=gettext_lazy("Counts for every month alone; from 1 to 28."),
    )  # fmt: skip
    zone = forms.CharField(
        label=gettext_lazy("Time zone"), max_length=60, widget=forms.TextInput(attrs={"list": "zones"}),
        help_text=gettext_lazy("Of the hours above, and of the days of meters."),
    )  # fmt: skip
    facilities = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Facilities"), queryset=Facility.objects.none(), required=False,
        help_text=gettext_lazy("Rows of others are refused. None chosen: all of the organisation, and new ones."),
    )  # fmt: skip
    words = forms.CharField(
        label=gettext_lazy("Words of theirs"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("A line each, as 度 = kWh or Strom = electricity. What was translated in a batch is remembered anyway."),
    )  # fmt: skip
    partial = forms.BooleanField(
        label=gettext_lazy("Submit good rows although others of the file are refused"), required=False
    )

    def __init__(self, request: TenantRequest, plug: Connector, source: Source | None = None) -> None:
        self.plug, self.source = plug, source
        super().__init__(request.POST or None, initial=_initial(request, source))
        chosen = Facility.objects.visible_to(request.user).of(request.organisation).order_by("name")
        self.fields["facilities"].queryset = chosen  # type: ignore[attr-defined]
        own = {OF_CONNECTOR + each.name: self._field(each) for each in plug.fields}
        first = {"name": self.fields.pop("name")}
        self.fields = {**first, **own, **self.fields}

    def _field(self, each: Field) -> forms.Field:
        here = lang()
        kept = self.source.settings.get(each.name, "") if self.source else each.default
        hint, needed, secret = each.help.get(here, ""), each.required, each.kind == SECRET
        if secret and self.source and self.source.secrets:
            needed, hint = False, " ".join(part for part in (hint, _("Empty: it stays as it is.")) if part)
        made: forms.Field
        if each.kind == CHOICE:
            made = forms.ChoiceField(choices=[(value, title[here]) for value, title in each.choices.items()])
        elif each.kind == NUMBER:
            made = forms.IntegerField(min_value=0)
        elif each.kind == LINES:
            made = forms.CharField(max_length=20_000, widget=forms.Textarea(attrs={"rows": 5}))
        elif secret and "key" in each.name:
            made = forms.CharField(max_length=20_000, widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}))
        elif secret:
            hidden = forms.PasswordInput(attrs={"autocomplete": "new-password"})
            made = forms.CharField(max_length=2000, widget=hidden)
        else:
            made = forms.CharField(max_length=2000)
        made.label, made.help_text, made.required, made.initial = each.title[here], hint, needed, "" if secret else kept
        made.widget.is_required = needed
        return made

    def given(self) -> Given:
        """What services want."""
        clean = self.cleaned_data
        settings = {
            each.name: "" if clean.get(OF_CONNECTOR + each.name) is None else str(clean[OF_CONNECTOR + each.name])
            for each in self.plug.fields
        }
        rest = {name: clean[name] for name in ("rhythm", "minutes", "at", "weekday", "day", "zone", "partial", "words")}
        return Given(clean["name"], settings, facilities=clean["facilities"], **rest)

    def refuse(self, wrong: Any) -> None:
        """What services refuse, at its field."""
        fields = wrong.error_dict if hasattr(wrong, "error_dict") else {"": wrong}
        for name, each in fields.items():
            at = next((one for one in (name, OF_CONNECTOR + name) if one in self.fields), None)
            self.add_error(at, each)


def _initial(request: TenantRequest, source: Source | None) -> dict[str, Any]:
    if source is None:
        return {"zone": getattr(request.user, "time_zone", "") or "UTC"}
    names = ("name", "rhythm", "minutes", "at", "weekday", "day", "zone", "partial")
    return {
        **{name: getattr(source, name) for name in names}, "words": as_lines(source.words),
        "facilities": source.facilities.all(),
    }  # fmt: skip


def zones() -> list[str]:
    """For the list beside the field."""
    return sorted(each for each in available_timezones() if "/" in each and not each.startswith(("Etc/", "SystemV/")))
