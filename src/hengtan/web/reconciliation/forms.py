"""What is reconciled with what."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hengtan.web.boundaries.models import Facility
from hengtan.web.market.models import Allocation
from hengtan.web.organisations.models import Membership
from hengtan.web.runs.models import Run

from .services import usable

MOST = 200


class ReconciliationForm(forms.Form):
    """Statements of one year, a run, and which of its facilities are the enterprise."""

    statements: Any = forms.ModelMultipleChoiceField(
        None, label=_("Approved statements of one year"), widget=forms.CheckboxSelectMultiple,
        help_text=_("One by the guideline of the carbon market, and, where there is one, that of the whole enterprise."),
    )  # fmt: skip
    run: Any = forms.ModelChoiceField(None, label=_("Run of the inventory"), empty_label=None)
    facilities = forms.MultipleChoiceField(
        label=_("Facilities of the enterprise"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of the run."),
    )
    allocation: Any = forms.ModelChoiceField(
        None, label=_("Allocation to compare with"), required=False, empty_label=_("no allocation")
    )
    name = forms.CharField(label=_("Name of this reconciliation"), max_length=120)

    def __init__(self, membership: Membership, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        of, user = membership.organisation, membership.user
        fields: Any = self.fields
        fields["statements"].queryset = usable(membership).defer("rows", "problems")
        fields["statements"].label_from_instance = lambda each: f"{each.year} · {each.name} · {each.method}"
        fields["run"].queryset = Run.objects.visible_to(user).of(of).filter(done_at__isnull=False)
        fields["allocation"].queryset = (
            Allocation.objects.visible_to(user).of(of).defer("record", "entities", "problems")
        )
        fields["allocation"].label_from_instance = lambda each: f"{each.year} · {each.name} · {each.plan}"
        names = Facility.objects.visible_to(user).of(of).order_by("name").values_list("name", flat=True)[:MOST]
        fields["facilities"].choices = [(name, name) for name in names]


class HandOverForm(forms.Form):
    """Which facility, and by which factors."""

    facility = forms.CharField(
        label=_("Facility of the inventory"), max_length=200, help_text=_("One that is not known yet is made.")
    )
    own = forms.TypedChoiceField(
        label=_("By which factors the inventory counts"), coerce=lambda text: text == "own", widget=forms.RadioSelect, initial="own",
        choices=(
            ("own", _("those of the statement (measured values, guideline defaults)")),
            ("library", _("those that the policy of the inventory chooses in the library")),
        ),
    )  # fmt: skip
