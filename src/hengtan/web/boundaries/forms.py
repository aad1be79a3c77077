"""What is asked for units, facilities, their places, and denominators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hengtan.units import UnitError, parse
from hengtan.web.organisations.forms import region_input
from hengtan.web.organisations.models import Approach, Organisation

from .models import Denominator, Facility, FacilityPlace, Unit


def day_input() -> forms.DateInput:
    """The browser's own calendar; ISO 8601 on the way."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class FacilityForm(forms.ModelForm):  # type: ignore[type-arg]
    """The facility itself."""

    class Meta:
        """Of a facility."""

        model = Facility
        fields = ("name", "region", "floor_area_m2", "address", "latitude", "longitude")

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.organisation = organisation
        self.fields["region"].widget = region_input()
        self.fields["region"].help_text = _("Code, or name in Chinese or English: CN-33, 浙江, Germany, CA-ON.")

    def clean_name(self) -> str:
        """One facility has it."""
        name = " ".join(str(self.cleaned_data["name"]).split())
        same = Facility.objects.of(self.instance.organisation).filter(name=name).exclude(pk=self.instance.pk)
        if same.exists():
            raise ValidationError(_("There is a facility with this name already."))
        return name


class PlaceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Where it belongs, how it counts, since when."""

    class Meta:
        """Of a place."""

        model = FacilityPlace
        fields = ("unit", "approach", "share_pct", "valid_from")
        widgets = {"valid_from": day_input()}  # noqa: RUF012

    def __init__(self, *args: Any, organisation: Organisation, dated: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.organisation = organisation
        units: Any = self.fields["unit"]
        units.queryset = Unit.objects.of(organisation)
        units.empty_label = _("The organisation itself")
        day = self.fields["valid_from"]
        day.required = dated
        day.help_text = "" if dated else _("Empty: for as long as there are data.")
        if not self.is_bound and not dated:
            self.initial.setdefault("approach", organisation.approach)

    def clean(self) -> dict[str, Any]:
        """With control, what is controlled counts in full: another share would be a contradiction."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("approach") in (Approach.OPERATIONAL, Approach.FINANCIAL) and given.get("share_pct") not in (
            None,
            100,
        ):
            self.add_error("share_pct", _("With control the share is 100 %; choose equity share to count a part."))
        return given


class ClosingForm(forms.Form):
    """The end of a facility."""

    last_day = forms.DateField(label=_("Last day"), widget=day_input())


FIXED = {Denominator.Kind.FLOOR_AREA: "m2", Denominator.Kind.EMPLOYEES: "FTE"}


class DenominatorForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is counted, in which period, how much."""

    class Meta:
        """Of a denominator."""

        model = Denominator
        fields = ("kind", "start", "end", "value", "unit")
        widgets = {"start": day_input(), "end": day_input()}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].required = False
        self.fields["unit"].help_text = _(
            "Of money CNY_2025, of output t or pieces; area is in m2, employees are counted."
        )

    def clean(self) -> dict[str, Any]:
        """A period begins before it ends, one kind has one value in it, money has a year."""
        given: dict[str, Any] = super().clean() or {}
        kind, unit = given.get("kind"), str(given.get("unit") or "").strip()
        if kind in FIXED:
            given["unit"] = FIXED[kind]
        elif not unit:
            self.add_error("unit", _("Give the unit."))
        elif kind == Denominator.Kind.REVENUE:
            try:
                given["unit"] = parse(unit).symbol
            except UnitError:
                self.add_error("unit", _("Give the currency and its year, as CNY_2025."))
        start, end = given.get("start"), given.get("end")
        if start and end and start > end:
            self.add_error("end", _("The period ends before it begins."))
        elif start and end and given.get("kind"):
            same = Denominator.objects.of(self.instance.organisation).filter(
                facility=self.instance.facility, kind=given["kind"], start__lte=end, end__gte=start
            )
            if same.exclude(pk=self.instance.pk).exists():
                self.add_error(None, _("There is a value for these days already."))
        return given


class UnitForm(forms.Form):
    """Name and place of a unit."""

    name = forms.CharField(label=_("Name"), max_length=200)
    parent = forms.ModelChoiceField(label=_("Belongs to"), queryset=Unit.objects.none(), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=day_input())

    def __init__(self, *args: Any, organisation: Organisation, unit: Unit | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation, self.unit = organisation, unit
        parents: Any = self.fields["parent"]
        parents.queryset = Unit.objects.of(organisation).exclude(pk=unit.pk if unit else 0)
        parents.empty_label = _("The organisation itself")
        self.fields["since"].help_text = (
            _("The day from which it belongs there. Before, nothing changes.")
            if unit
            else _("Empty: for as long as there are data.")
        )

    def clean_name(self) -> str:
        """One unit has it."""
        name = " ".join(str(self.cleaned_data["name"]).split())
        same = Unit.objects.of(self.organisation).filter(name=name).exclude(pk=self.unit.pk if self.unit else 0)
        if same.exists():
            raise ValidationError(_("There is a unit with this name already."))
        return name
