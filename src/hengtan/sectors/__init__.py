"""Sector accounting by Chinese guidelines: a statement of monthly values becomes emissions by source, process and enterprise.

>>> method = sector_methods()["cn-aluminium-2024"]
>>> rows = [(2, {"entity": "Smelter", "parameter": "aluminium", "value": "100000", "unit": "t", "obtained": "measured"})]
>>> result = calculate(read_statement(rows, method), method)
>>> [(each.source.id, float(each.co2e_t)) for each in result.sources]
[('anode', 147083.2), ('anode_effect', 26316.0)]

Each guideline is a file in ``data``: parameters with units, defaults, sources and marks; equations; rules of rounding. Knows the
equation language of ``methods``, ``gases`` and ``units``.
"""

from .calculate import calculate
from .loader import sector_methods
from .method import Default, Group, Item, Parameter, SectorMethod, Source
from .result import RatioResult, Result, SourceResult, Step, Used, rounded
from .statement import Given, Place, Statement, read_statement

__all__ = [
    "Default",
    "Given",
    "Group",
    "Item",
    "Parameter",
    "Place",
    "RatioResult",
    "Result",
    "SectorMethod",
    "Source",
    "SourceResult",
    "Statement",
    "Step",
    "Used",
    "calculate",
    "read_statement",
    "rounded",
    "sector_methods",
]
