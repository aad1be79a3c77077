"""What is asked when somebody asks for data."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hengtan.web.accounts.models import User
from hengtan.web.boundaries.models import Facility
from hengtan.web.organisations.models import Membership
from hengtan.web.organisations.roles import MAY, Act

from .models import Series


class SeriesForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new series."""

    class Meta:
        """Of a series."""

        model = Series
        fields = ("activity_type", "unit", "facilities", "every", "first", "last", "due_days", "remind_days", "assignee", "note")  # fmt: skip

    def __init__(self, *args: Any, giver: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisation = giver.organisation
        fields: Any = self.fields
        fields["facilities"].queryset = Facility.objects.of(organisation).order_by("name")
        fields["facilities"].label = _("Facilities")
        people = Membership.objects.of(organisation).filter(ended_at=None, role__in=MAY[Act.ENTER])
        fields["assignee"].queryset = User.objects.filter(pk__in=people.values("user")).order_by("name")
        fields["assignee"].label = _("Who is asked")
        fields["assignee"].empty_label = _("Of each facility the contributor to whom it is given")
        fields["activity_type"].widget = forms.TextInput({"list": "types", "autocomplete": "off"})
        fields["unit"].widget = forms.TextInput({"list": "units", "autocomplete": "off"})
        fields["first"].widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        fields["last"].widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        fields["first"].help_text = _("Any day in it. Periods that are over already are asked for too.")
        fields["last"].help_text = _("The last period; empty: until the series is ended.")
        fields["note"].widget = forms.Textarea({"rows": 3})
        fields["note"].help_text = _("Where the figure is found: the meter, the line of the bill.")

    def _post_clean(self) -> None:
        """The services check the whole; the form alone what is a date and a number."""
