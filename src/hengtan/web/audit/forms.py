"""What the verifier says when an engagement begins."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hengtan.inventory.sampling import CONFIDENCE
from hengtan.web.organisations.models import Organisation
from hengtan.web.runs.models import Run

from .models import Basis, Level

PERCENT: dict[str, Any] = {
    "min_value": Decimal("0.01"),
    "max_value": Decimal(100),
    "max_digits": 5,
    "decimal_places": 2,
}


class EngagementForm(forms.Form):
    """Run, level, who verifies, materiality: nobody but the verifier chooses it."""

    name = forms.CharField(label=_("Name"), max_length=120)
    run = forms.ModelChoiceField(label=_("Run"), queryset=Run.objects.none(), empty_label=None)
    verifier = forms.CharField(label=_("Verification body"), max_length=200)
    level = forms.ChoiceField(label=_("Level of assurance"), choices=[("", ""), *Level.choices])
    standard = forms.CharField(label=_("Standard of verification"), max_length=120, initial="ISO 14064-3:2019")
    basis = forms.ChoiceField(label=_("Scope 2 in the population"), choices=Basis.choices)
    materiality_pct = forms.DecimalField(
        label=_("Materiality, % of the total"), **PERCENT,
        help_text=_("What a reader of the report would mind. Nothing is filled in for you."),
    )  # fmt: skip
    performance_pct = forms.DecimalField(
        label=_("Performance materiality, % of materiality"), initial=Decimal(60), **PERCENT,
        help_text=_("Leaves room for what stays unfound; 50 to 75 is usual."),
    )  # fmt: skip
    confidence = forms.TypedChoiceField(
        label=_("Confidence"), choices=[(each, f"{each} %") for each in CONFIDENCE], coerce=int, initial=95
    )
    seed = forms.CharField(
        label=_("Seed"), max_length=80, required=False,
        help_text=_("The sample follows from it. Empty: one is drawn, and printed. It is kept before the sample is drawn."),
    )  # fmt: skip

    def __init__(self, organisation: Organisation, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        done = (
            Run.objects.of(organisation)
            .filter(done_at__isnull=False)
            .defer("figures", "summary")
            .select_related("organisation")
        )
        self.fields["run"].queryset = done  # type: ignore[attr-defined]
