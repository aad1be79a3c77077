"""Emission factors: what one unit of an activity releases, and who says so.

>>> library = open_library()
>>> library.get("CN-EL-AVG-CN-2023").co2_kg
Decimal('0.5306')

The numbers and their licences lie in ``factors/data``, packed from ``data/factors`` of the repository; a user's own factor
file joins them under ids of its own. Knows ``gases``, ``units`` and ``problems``.
"""

from .factor import COLUMNS, Factor
from .gwp_rules import Coefficients, coefficients
from .library import Library, open_library
from .policy import Policy, load_policy, policy_for
from .quality import check
from .question import Choice, Considered, Query
from .regions import Region, find_region, parents
from .resolve import resolve
from .search import Hit, search
from .taxonomy import ActivityType, find_type, near_types, told_types, types

__all__ = [
    "COLUMNS",
    "ActivityType",
    "Choice",
    "Coefficients",
    "Considered",
    "Factor",
    "Hit",
    "Library",
    "Policy",
    "Query",
    "Region",
    "check",
    "coefficients",
    "find_region",
    "find_type",
    "load_policy",
    "near_types",
    "open_library",
    "parents",
    "policy_for",
    "resolve",
    "search",
    "told_types",
    "types",
]
