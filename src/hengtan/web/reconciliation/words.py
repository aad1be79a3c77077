"""What views, kinds of differences and gaps are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hengtan.web.runs.words import category

VIEWS: Mapping[str, str | Promise] = {
    "ets": _("Carbon market"),
    "enterprise": _("Sector guideline"),
    "inventory": _("ISO 14064 inventory"),
}
KINDS: Mapping[str, str | Promise] = {
    "boundary": _("Another boundary"),
    "period": _("Another period"),
    "amount": _("Another amount"),
    "ncv": _("Another calorific value"),
    "carbon": _("Another carbon content"),
    "oxidation": _("Another oxidation factor"),
    "factor": _("Another emission factor"),
    "grid-year": _("Grid factor of another year"),
    "grid-region": _("Grid factor of another region"),
    "gwp": _("Another set of potentials (GWP)"),
    "gases": _("Other gases counted"),
    "rounding": _("Rounding"),
}
HINTS: Mapping[str, str | Promise] = {
    "not-stated": _(
        "The inventory counts it, no statement does, and no rule keeps it out: either it is missing from a statement, or a person says why it does not belong there."
    ),
    "not-handed": _(
        "The statement counts it, the inventory does not: hand the statement to the inventory, or say why it is missing."
    ),
    "no-activity": _(
        "The inventory has no activity for this (carbon that stays in products, balances of a process): a person says what it is."
    ),
    "amounts": _("The two sides count in units that do not convert into each other."),
    "": _("No rule explains this part."),
}


def kind(name: str) -> str | Promise:
    """A kind of difference."""
    return KINDS.get(name, name)


def sentence(part: Mapping[str, Any], language: str) -> str:
    """A part of a difference in plain words."""
    if part["rule"] is not None:
        return str(part["rule"]["text"][language])
    values = {"was": part["was"], "now": part["now"], "unit": part["unit"]}
    match part["kind"]:
        case "period":
            return gettext("The run holds activities of another year.")
        case "rounding":
            return gettext("One side is rounded as its guideline or its printed factor is, the other is not.")
        case "gwp":
            return (
                gettext("Gases other than CO2 are weighed by %(was)s on one side and by %(now)s on the other.") % values
            )
        case "gases":
            return gettext("One side counts %(was)s, the other %(now)s.") % values
    return gettext("From %(was)s to %(now)s %(unit)s.") % values


def scope_and_category(text: str) -> str:
    """``1.mobile`` as people say it."""
    scope, _dot, rest = text.partition(".")
    return str(category(rest)) if scope in ("1", "2", "3") and rest else ""
