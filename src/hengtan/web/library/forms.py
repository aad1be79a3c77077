"""The form of an own factor: every column of a factor file, in groups, with what it means."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hengtan.factors import describe
from hengtan.gases import SETS

from .browsing import choices
from .models import OwnFactor
from .own_factors import cleaned, told_in_words
from .services import ALL_COLUMNS
from .words import TITLES, lang

GROUPS = (
    (_("What the factor is"), ("factor_id", "name_zh", "name", "category", "scope", "ghgp_category")),
    (_("What it describes"), ("activity_unit", "region", "valid_from", "valid_to")),
    (_("What one unit releases"), ("co2_kg", "ch4_kg", "n2o_kg", "co2e_kg", "gwp_set", "biogenic_co2_kg", "ch4_kgco2e",
                                   "n2o_kgco2e", "lcv_mj_per_unit", "uncertainty_pct")),
    (_("Who says so"), ("source_title", "source_table", "source_url", "licence", "published", "retrieved_from", "dataset",
                        "dataset_version")),
)  # fmt: skip
HELP = {
    "factor_id": _("Stable, as rows will name it in factor_id: OWN-steam-2025."),
    "category": _("Decides the scope, and what the number is compared with."),
    "scope": _("1, 2 or 3, where the category leaves it open."),
    "ghgp_category": _("Of scope 3: 1 to 15."),
    "activity_unit": _("All amounts are kg per one of it: kWh, t, GJ, L, t.km."),
    "region": _("A code like CN-33 or GB; GLO for the world."),
    "valid_from": _("First day that the number describes."),
    "valid_to": _("Last day, inclusive. Empty: until superseded."),
    "ch4_kg": _("Mass of the gas itself. Empty is not stated; 0 is none."),
    "co2e_kg": _("The total, when the source states one."),
    "gwp_set": _("By which potentials the CO₂e was made."),
    "source_title": _("Title, publisher, year."),
    "source_table": _("So that a colleague finds the same number."),
    "published": _("The day it became known. Empty: the day of submission."),
    "retrieved_from": _("Empty: the attached document. Begin with known: for what was not read in the source."),
    "dataset": _("Empty: own. A dataset that a policy searches lets it take part in the choice."),
}
NEEDED = ("factor_id", "activity_unit")
DATES = ("valid_from", "valid_to", "published")


class FactorForm(forms.Form):
    """Cells are kept as they were typed; what is wrong with them, the quality gate says at each."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2}),
        help_text=_("Why this factor, or why it is corrected. Whoever decides reads it first."),
    )  # fmt: skip
    document = forms.FileField(
        label=_("Source document"), required=False,
        help_text=_("PDF, picture or table, up to 20 MB; kept by its digest and shown to whoever decides."),
    )  # fmt: skip

    def __init__(self, *args: Any, corrects: OwnFactor | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in ALL_COLUMNS:
            self.fields[name] = self._field(name)
        if corrects is not None:
            self.fields["factor_id"].disabled = True
            self.fields["reason"].required = True

    def _field(self, name: str) -> forms.Field:
        needed, told = name in NEEDED, HELP.get(name, "")
        if name == "category":
            return _text(name, {"list": "categories"})
        if name == "gwp_set":
            return forms.ChoiceField(
                label=str(TITLES[name]),
                choices=[("", "—"), *((each, each) for each in SETS)],
                required=needed,
                help_text=told,
            )
        attributes: dict[str, str] = {}
        if name in DATES:
            attributes = {"placeholder": "2025-01-01", "inputmode": "numeric"}
        elif name == "activity_unit":
            attributes = {"list": "units"}
        elif name == "region":
            attributes = {"data-suggest": ""}
        elif name.endswith(("_kg", "_kgco2e", "_pct", "_unit")):
            attributes = {"inputmode": "decimal"}
        return _text(name, attributes)

    def categories(self) -> list[tuple[str, str]]:
        """What the library uses."""
        return [(each, describe.category(each, lang())) for each in choices()["category"]]

    def groups(self) -> list[tuple[Any, list[Any]]]:
        """Titles with their fields."""
        return [(title, [self[name] for name in names]) for title, names in GROUPS]

    def cells(self) -> dict[str, str]:
        """As a factor file has them; also of a form that is refused."""
        return cleaned({name: str(self[name].value() or "") for name in ALL_COLUMNS})

    def tell(self, problems: list[Any]) -> list[dict[str, str]]:
        """Errors of the gate at their fields; returns the warnings, and what has no field."""
        left = []
        for each in told_in_words(problems):
            if each["severity"] == "error" and each["column"] in self.fields:
                sentence = " ".join((each["reason"], each["mend"]))
                self.add_error(each["column"], sentence)
            else:
                left.append(each)
        return left


def _text(name: str, attributes: dict[str, str]) -> forms.CharField:
    return forms.CharField(
        label=str(TITLES[name]), max_length=2000, widget=forms.TextInput(attributes), required=name in NEEDED, help_text=HELP.get(name, "")
    )  # fmt: skip
