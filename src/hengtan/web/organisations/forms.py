"""What is asked for organisations, first runs and invitations."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hengtan.web.accounts.forms import NewPersonForm, free_address
from hengtan.web.boundaries.models import Facility

from . import first_run
from .models import Approach, Invitation, Membership, Organisation, RegionField
from .roles import Role, may_give


def region_input() -> forms.TextInput:
    """A field that suggests places while one types."""
    return forms.TextInput({"data-suggest": "regions", "autocomplete": "off", "placeholder": "CN-33"})


class OrganisationForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name, place, approach."""

    class Meta:
        """Of an organisation."""

        model = Organisation
        fields = ("name", "region", "approach")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].widget = region_input()
        self.fields["region"].help_text = _("Code, or name in Chinese or English: CN-33, 浙江, Germany, CA-ON.")


class FirstRunForm(NewPersonForm):
    """The administrator and the organisation."""

    organisation = forms.CharField(label=_("Name of the organisation"), max_length=200)
    region = forms.CharField(
        label=_("Country or region"), max_length=60, widget=region_input(),
        help_text=_("Code, or name in Chinese or English: CN-33, 浙江, Germany, CA-ON."),
    )  # fmt: skip
    approach = forms.ChoiceField(
        label=_("Consolidation approach"), choices=Approach.choices,
        help_text=_("Most companies take operational control. Each facility may have its own."),
    )  # fmt: skip
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput({"autocomplete": "email"}))
    code = forms.CharField(
        label=_("First-run code"), max_length=20, help_text=_("Printed where the server was started.")
    )
    field_order = ("code", "organisation", "region", "approach", "name", "email", "password")

    def clean_code(self) -> str:
        """As the console shows it."""
        if not first_run.is_code(self.cleaned_data["code"]):
            raise ValidationError(_("This is not the code that the server printed."))
        return str(self.cleaned_data["code"])

    def clean_email(self) -> str:
        """Nobody else's."""
        return free_address(self.cleaned_data["email"])

    def clean_region(self) -> str:
        """A place that factors know."""
        field: RegionField = Organisation._meta.get_field("region")
        return str(field.clean(self.cleaned_data["region"], None))


class FacilitiesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Some of the facilities; a number that no database holds is none of them."""

    def _check_values(self, value: Any) -> Any:
        try:
            return super()._check_values(value)  # type: ignore[misc]  # of Django, which lets the fault of the database through
        except OverflowError:
            raise ValidationError(self.error_messages["invalid_pk_value"], params={"pk": "…"}) from None


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who is invited, as what, for which facilities."""

    class Meta:
        """Of an invitation."""

        model = Invitation
        fields = ("email", "role", "facilities")
        field_classes: ClassVar = {"facilities": FacilitiesField}

    def __init__(self, *args: Any, giver: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.giver = giver
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role.value, role.label) for role in Role if may_give(giver.role, role)
        ]
        self.fields["facilities"].queryset = Facility.objects.of(giver.organisation)  # type: ignore[attr-defined]
        self.fields["facilities"].label = _("Facilities")
        self.fields["facilities"].help_text = _("For contributors: the facilities whose data they enter.")

    def clean_email(self) -> str:
        """Not a member already."""
        email = str(self.cleaned_data["email"]).strip().lower()
        if Membership.objects.of(self.giver.organisation).filter(user__email=email, ended_at=None).exists():
            raise ValidationError(_("This person belongs to the organisation already."))
        return email


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]
    """Another role, other facilities."""

    class Meta:
        """Of a membership."""

        model = Membership
        fields = ("role", "facilities")
        field_classes: ClassVar = {"facilities": FacilitiesField}

    def __init__(self, *args: Any, giver: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role.value, role.label) for role in Role if may_give(giver.role, role)
        ]
        self.fields["facilities"].queryset = Facility.objects.of(giver.organisation)  # type: ignore[attr-defined]
        self.fields["facilities"].label = _("Facilities")
        self.fields["facilities"].help_text = _("For contributors: the facilities whose data they enter.")
