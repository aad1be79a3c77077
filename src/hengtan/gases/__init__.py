"""Greenhouse gases and what one kg of each weighs in kg of CO2, by the set of potentials that is asked for.

>>> gwp("CH4", "AR5")
Decimal('28')
>>> gwp("CH4", "AR6", "fossil")
Decimal('29.8')
>>> gwp("R410A", "AR5")
Decimal('1923.5')

A set that has no value for a gas raises; a value of another set never stands in. Knows ``units`` and ``problems`` alone.
"""

from .blends import Blend, blend, is_blend
from .groups import GROUPS, group_of, groups_in, groups_of
from .potentials import SETS, Gas, UnknownGasError, UnknownGwpError, find, gases
from .weight import gwp

__all__ = [
    "GROUPS",
    "SETS",
    "Blend",
    "Gas",
    "UnknownGasError",
    "UnknownGwpError",
    "blend",
    "find",
    "gases",
    "group_of",
    "groups_in",
    "groups_of",
    "gwp",
    "is_blend",
]
