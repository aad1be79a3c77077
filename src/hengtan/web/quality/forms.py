"""Forms of plans: a new one, its parts, a line, a revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hengtan.sectors import SectorMethod, sector_methods
from hengtan.sectors.quality import FIELDS, MANAGEMENT, REASONS, Facility, Line, Plan, title_of
from hengtan.sectors.quality.form import ACCREDITATION, ENTITY, LONG, METERS, OBTAINED, SAMPLING, SHORT, place_title
from hengtan.web.statements.models import Statement

CHOICES: Mapping[str, Sequence[str]] = {
    "obtained": OBTAINED, "meter": METERS, "sampling": SAMPLING, "accreditation": ACCREDITATION,
}  # fmt: skip
SECTIONS = (
    (_("How it is obtained"), ("facility", "parameter", "obtained", "description", "how")),
    (_("Measuring instrument"), ("meter", "instrument", "model", "serial", "location", "accuracy", "interval_months", "calibrated_on")),
    (_("Sampling and laboratory"), ("sampling", "laboratory", "standard", "accreditation")),
    (_("Frequency and responsibility"), ("measured_every", "recorded_every", "department", "missing")),
)  # fmt: skip
AREAS = ("description", "how", "missing", "boundary", *MANAGEMENT)
ROWS = 3  # empty facilities at the end
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def shown(name: str, value: str, lang: str) -> str:
    """The word of a choice: ``laboratory`` means an instrument where it is one."""
    return title_of("laboratory_meter" if (name, value) == ("meter", "laboratory") else value, lang)


def choices(name: str, lang: str) -> list[tuple[str, str]]:
    """Of a field that is chosen."""
    return [("", "—"), *((value, shown(name, value, lang)) for value in CHOICES[name])]


def text_field(name: str, lang: str, **more: Any) -> forms.Field:
    """One text of the plan, short or long."""
    if name in CHOICES:
        return forms.ChoiceField(label=title_of(name, lang), required=False, choices=choices(name, lang))
    if name == "calibrated_on":
        return forms.DateField(label=title_of(name, lang), required=False, widget=DAY)
    if name == "interval_months":
        return forms.IntegerField(label=title_of(name, lang), required=False, min_value=1, max_value=120)
    long = name in AREAS
    widget = forms.Textarea(attrs={"rows": 2}) if long else forms.TextInput()
    return forms.CharField(
        label=title_of(name, lang), required=False, max_length=LONG if long else SHORT, widget=widget, **more
    )


class NewPlanForm(forms.Form):
    """Enterprise, guideline, year; and the statement with whose places and parameters the plan begins."""

    name = forms.CharField(label=_("Enterprise"), max_length=120, help_text=_("As its statements name it."))
    method = forms.ChoiceField(label=_("Guideline"))
    year = forms.IntegerField(label=_("Year of the plan"), min_value=2013, max_value=2100)
    valid_from = forms.DateField(label=_("Plan valid from"), widget=DAY)
    statement = forms.ModelChoiceField(
        Statement.objects.none(), label=_("Begin with a statement"), required=False, empty_label=_("the guideline alone"),
        help_text=_("Its units, fuels and materials, and how each was obtained."),
    )  # fmt: skip

    def __init__(self, lang: str, statements: Any, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        named = [(method.id, method.title[lang]) for method in sector_methods().values()]
        self.fields["method"].choices = [("", "—"), *named]  # type: ignore[attr-defined]  # a ChoiceField
        field: Any = self.fields["statement"]
        field.queryset = statements
        field.label_from_instance = lambda each: f"{each.name} {each.year}"

    def clean(self) -> dict[str, Any]:
        """A statement is of the same guideline."""
        found = super().clean() or {}
        statement = found.get("statement")
        if statement is not None and found.get("method") and statement.method != found["method"]:
            self.add_error("statement", _("This statement follows another guideline."))
        return found


class EnterpriseForm(forms.Form):
    """Enterprise, boundary, and from when the version counts."""

    def __init__(self, lang: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in ENTITY:
            if name != "name":
                self.fields[name] = text_field(name, lang)
        self.fields["boundary"] = text_field("boundary", lang)
        self.fields["valid_from"] = forms.DateField(label=_("Plan valid from"), widget=DAY)


class ManagementForm(forms.Form):
    """Internal quality control."""

    def __init__(self, lang: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in MANAGEMENT:
            self.fields[name] = text_field(name, lang)
            self.fields[name].widget.attrs["rows"] = 4


class LineForm(forms.Form):
    """How one parameter of one facility comes about."""

    def __init__(
        self, lang: str, method: SectorMethod, facilities: Iterable[Facility], *args: Any, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        places = [
            ("|", _("the enterprise as a whole")),
            *(
                (f"{each.process}|{each.unit_name}", place_title(method, each.process, each.unit_name, lang))
                for each in facilities
            ),
        ]
        self.fields["facility"] = forms.ChoiceField(label=title_of("facility", lang), choices=places, initial="|")
        self.fields["parameter"] = forms.CharField(
            label=title_of("parameter", lang), max_length=120, widget=forms.TextInput(attrs={"list": "parameters", "autocomplete": "off"})
        )  # fmt: skip
        for name in FIELDS:
            self.fields[name] = text_field(name, lang)
        self.method = method

    def clean_parameter(self) -> str:
        """Of the guideline."""
        name = " ".join(str(self.cleaned_data["parameter"]).split())
        if self.method.find(name) is None:
            raise forms.ValidationError(_("The guideline has no such parameter: choose one of the list."))
        return name

    def line(self) -> Line:
        """As the plan holds it."""
        told = self.cleaned_data
        process, _bar, unit_name = str(told["facility"]).partition("|")
        texts = {name: "" if told.get(name) is None else str(told[name]) for name in FIELDS}
        return Line(process=process, unit_name=unit_name, parameter=told["parameter"], **texts)

    def sections(self) -> list[tuple[Any, list[Any]]]:
        """Fields under their headings."""
        return [(title, [self[name] for name in names]) for title, names in SECTIONS]


def initial_of(line: Line) -> dict[str, str]:
    """What a form of the line begins with."""
    return {
        "facility": f"{line.process}|{line.unit_name}",
        "parameter": line.parameter,
        **{name: getattr(line, name) for name in FIELDS},
    }


class ReviseForm(forms.Form):
    """Why there is a new version, and from when it counts."""

    why = forms.ChoiceField(label=_("Why it is revised"))
    reason = forms.CharField(
        label=_("Reason in words"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    year = forms.IntegerField(label=_("Year of the plan"), min_value=2013, max_value=2100)
    valid_from = forms.DateField(label=_("Plan valid from"), widget=DAY)

    def __init__(self, lang: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        named = [(key, both[lang == "zh"]) for key, both in REASONS.items()]
        self.fields["why"].choices = [("", "—"), *named]  # type: ignore[attr-defined]  # a ChoiceField


PLACE_FIELDS = ("process", "unit_name", "kind", "number", "place", "note")


def typed_facilities(posted: Mapping[str, str], most: int) -> list[dict[str, str]]:
    """Rows of the table that say anything: ``f-0-process`` and so on."""
    found = []
    for at in range(most):
        if f"f-{at}-process" not in posted and f"f-{at}-unit_name" not in posted:
            break
        row = {name: str(posted.get(f"f-{at}-{name}", ""))[:SHORT].strip() for name in PLACE_FIELDS}
        if any(row.values()):
            found.append(row)
    return found


def facility_rows(plan: Plan) -> list[list[tuple[str, str, str]]]:
    """(name of the input, field, text) of each row, with empty ones at the end."""
    rows = [*plan.facilities, *[Facility()] * ROWS]
    return [[(f"f-{at}-{name}", name, getattr(each, name)) for name in PLACE_FIELDS] for at, each in enumerate(rows)]
