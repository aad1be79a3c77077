"""What scopes, categories, match classes and activity types are called."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hengtan.factors import find_type

SCOPES: Mapping[int | None, str | Promise] = {
    1: _("Scope 1"),
    2: _("Scope 2"),
    3: _("Scope 3"),
    None: _("outside the scopes"),
}
CATEGORIES: Mapping[str, str | Promise] = {
    "stationary": _("Stationary combustion"),
    "mobile": _("Mobile combustion"),
    "process": _("Process emissions"),
    "fugitive": _("Fugitive emissions"),
    "electricity": _("Purchased electricity"),
    "heat": _("Purchased heat"),
    "steam": _("Purchased steam"),
    "cooling": _("Purchased cooling"),
    "1": _("1 Purchased goods and services"),
    "2": _("2 Capital goods"),
    "3": _("3 Fuel- and energy-related"),
    "4": _("4 Upstream transport"),
    "5": _("5 Waste"),
    "6": _("6 Business travel"),
    "7": _("7 Commuting"),
    "8": _("8 Upstream leased assets"),
    "9": _("9 Downstream transport"),
    "10": _("10 Processing of sold products"),
    "11": _("11 Use of sold products"),
    "12": _("12 End of life"),
    "13": _("13 Downstream leased assets"),
    "14": _("14 Franchises"),
    "15": _("15 Investments"),
    "": _("without a category"),
}
MATCHES: Mapping[str, str | Promise] = {
    "pinned": _("pinned"),
    "exact": _("exact match"),
    "earlier-year": _("earlier year"),
    "parent-region": _("parent region"),
    "proxy": _("proxy"),
    "none": _("no class"),
}
COLOURS = {
    "pinned": "pinned", "exact": "exact", "earlier-year": "earlier", "parent-region": "parent", "proxy": "proxy",
    "none": "rejected",
}  # fmt: skip
GASES: Mapping[str, str | Promise] = {
    "co2": "CO₂",
    "ch4": "CH₄",
    "n2o": "N₂O",
    "other": _("other gases"),
    "unsplit": _("published as CO₂e alone"),
}
BASES: Mapping[str, str | Promise] = {"location": _("Location-based"), "market": _("Market-based")}


def lang() -> str:
    """zh or en, as the house says it."""
    return "zh" if (get_language() or "").startswith("zh") else "en"


def category(name: str) -> str | Promise:
    """A category of any scope."""
    return CATEGORIES.get(name, name)


def activity_type(name: str) -> str:
    """As the library calls it; its own name where it is not the library's."""
    known = find_type(name) if name else None
    return known.title[lang()] if known else name
