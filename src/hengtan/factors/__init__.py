"""Emission factors: what one unit of an activity releases, and who says so.

>>> library = open_library()
>>> library.get("CN-EL-AVG-CN-2023").co2_kg
Decimal('0.5306')

The numbers and their licences lie in ``factors/data``, packed from ``data/factors`` of the repository; a user's own factor
file joins them under ids of its own. Knows ``gases``, ``units`` and ``problems``.
"""

from .factor import COLUMNS, Factor
from .library import Library, open_library

__all__ = ["COLUMNS", "Factor", "Library", "open_library"]
