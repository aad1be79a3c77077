"""What is asked about files: how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from hengtan.connectors.headers import headings
from hengtan.connectors.mapped import PERIOD

from .models import Json
from .reading import lacking

CONSTANTS = ("facility", "activity_type", "unit", "region", "start", "end")


def mapping_from(post: Mapping[str, str], outlines: list[Json], before: Json) -> tuple[Json, list[str]]:
    """The mapping that a person sent, and what is wrong with it, in words."""
    forms: list[Json] = []
    wrong: list[str] = []
    names = {*headings(), PERIOD}
    for number, told in enumerate(outlines):
        use = post.get(f"use-{number}", "skip")
        form: Json = {
            "file": told["file"], "sheet": told["sheet"], "header": told["header"], "template": told["template"],
            "use": use if use in ("table", "skip") or (use == "template" and told["template"]) else "skip",
            "columns": {}, "constants": {},
        }  # fmt: skip
        for at in range(len(told["headers"])):
            name = post.get(f"col-{number}-{at}", "")
            if name not in names:
                continue
            if name in form["columns"] and form["use"] == "table":
                wrong.append(
                    _("%(place)s: two columns are both “%(name)s”.") % {"place": place(told), "name": title(name)}
                )
            form["columns"].setdefault(name, at)
        for name in CONSTANTS:
            text = post.get(f"const-{number}-{name}", "").strip()[:200]
            if text and name not in form["columns"]:
                form["constants"][name] = text
        if form["use"] == "table":
            missing = [str(title(name)) for name in lacking(form)]
            if missing:
                told_missing = (_("%(place)s: which column is %(names)s? If there is none, say below what holds for all rows.")
                                % {"place": place(told), "names": listed(missing)})  # fmt: skip
                wrong.append(told_missing)
        forms.append(form)
    if forms and all(form["use"] == "skip" for form in forms):
        wrong.append(_("Choose at least one sheet to read."))
    numbers, dates = post.get("numbers", ""), post.get("dates", "")
    mapping: Json = {"forms": forms, "values": before.get("values", {})}
    mapping |= {"numbers": numbers if numbers in ("comma", "point") else ""}
    mapping |= {"dates": dates if dates in ("day", "month") else ""}
    return mapping, wrong


def place(told: Json) -> str:
    """A sheet in a sentence."""
    return f"{told['file']}, {told['sheet']}" if told["sheet"] else str(told["file"])


def listed(words: list[str]) -> str:
    """Words one behind the other, as the language writes them."""
    return _(", ").join(words)


def title(name: str) -> Any:
    """What a column of the activity table is called."""
    return TITLES.get(name, lambda: name)()


TITLES = {
    "activity_id": lambda: _("Activity id"),
    "facility": lambda: _("Facility"),
    "activity_type": lambda: _("Activity type"),
    "start": lambda: _("Start date"),
    "end": lambda: _("End date"),
    PERIOD: lambda: _("Month or period"),
    "quantity": lambda: _("Quantity"),
    "unit": lambda: _("Unit"),
    "org_unit": lambda: _("Organisational unit"),
    "region": lambda: _("Region"),
    "supplier": lambda: _("Supplier"),
    "instrument": lambda: _("Instrument"),
    "factor_id": lambda: _("Factor id"),
    "method": lambda: _("Method"),
    "scope": lambda: _("Scope"),
    "category": lambda: _("Category"),
    "data_quality": lambda: _("Data quality"),
    "uncertainty_pct": lambda: _("Uncertainty, %"),
    "evidence": lambda: _("Evidence"),
    "control": lambda: _("for comparison"),
}
