"""What the columns of a factor file are called, and how a factor is told to people."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hengtan.factors import Factor, describe
from hengtan.factors.factor import AMOUNTS, NEVER

TITLES: Mapping[str, str | Promise] = {
    "factor_id": _("Factor id"),
    "dataset": _("Dataset"),
    "dataset_version": _("Version of the dataset"),
    "name": _("Name in English"),
    "name_zh": _("Name in Chinese"),
    "category": _("Category"),
    "scope": _("Scope"),
    "ghgp_category": _("Category of the GHG Protocol"),
    "activity_unit": _("Per unit"),
    "region": _("Region"),
    "valid_from": _("Valid from"),
    "valid_to": _("Valid to"),
    "co2_kg": _("CO₂, kg"),
    "ch4_kg": _("CH₄, kg"),
    "n2o_kg": _("N₂O, kg"),
    "ch4_kgco2e": _("CH₄, weighed as kg CO₂e"),
    "n2o_kgco2e": _("N₂O, weighed as kg CO₂e"),
    "co2e_kg": _("CO₂e in all, kg"),
    "gwp_set": _("GWP set of the CO₂e"),
    "biogenic_co2_kg": _("Biogenic CO₂, kg"),
    "lcv_mj_per_unit": _("Net calorific value, MJ per unit"),
    "uncertainty_pct": _("Uncertainty, ± %"),
    "source_title": _("Source"),
    "source_url": _("Address of the source"),
    "source_table": _("Table and row of the source"),
    "licence": _("Licence"),
    "retrieved_from": _("Taken from"),
    "published": _("Published on"),
}
STATED: Mapping[str, str | Promise] = {
    "co2": _("CO₂ alone"),
    "gases": _("CO₂, CH₄, N₂O apart"),
    "co2e": _("CO₂e total"),
    "biogenic": _("with biogenic CO₂"),
    "AR4": _("CO₂e in AR4"),
    "AR5": _("CO₂e in AR5"),
    "AR6": _("CO₂e in AR6"),
}


def lang() -> str:
    """zh or en, as the house says it."""
    return "zh" if (get_language() or "").startswith("zh") else "en"


def value(factor: Factor) -> tuple[Decimal | None, str]:
    """The one number that stands for it, and of what: the CO2e total, else CO2, else what there is."""
    for name, told in (("co2e_kg", "CO₂e"), ("co2_kg", "CO₂"), *((each, "") for each in AMOUNTS)):
        amount = getattr(factor, name)
        if amount is not None:
            return amount, told or describe.NAMES[name]["en"].replace("CO2", "CO₂").replace("H4", "H₄").replace(
                "N2O", "N₂O"
            )
    return None, ""


def line(factor: Factor) -> dict[str, Any]:
    """A factor as a table shows it."""
    here = lang()
    amount, gas = value(factor)
    return {
        "factor": factor, "id": factor.factor_id, "name": factor.title(here), "amount": amount, "gas": gas,
        "unit": factor.activity_unit, "region": factor.region, "years": describe.years(factor, here),
        "publisher": factor.source_title, "licence": factor.licence, "unverified": factor.unverified,
        "category": describe.category(factor.category, here), "dataset": factor.dataset, "gwp": factor.gwp_set,
        "own": factor.origin == "user",
    }  # fmt: skip


def cells(factor: Factor) -> list[tuple[str, str | Promise, str, str]]:
    """Every column in words: its name in a file, its title, what stands there, and a remark."""
    here, found = lang(), []
    for name, written in factor.as_row().items():
        remark, cell = "", written
        if name == "category":
            remark = describe.category(factor.category, here)
        elif name == "published":
            cell = "" if factor.published == NEVER else cell
            remark = describe.published(factor, here) if factor.origin != "user" or factor.published_assumed else ""
        elif name == "retrieved_from" and factor.unverified:
            remark = describe.UNVERIFIED[here]
        elif name == "licence":
            remark = describe.terms(factor.licence, here)
        found.append((name, TITLES[name], cell, remark if remark != cell else ""))
    return found
