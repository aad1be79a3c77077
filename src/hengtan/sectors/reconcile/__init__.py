"""One set of activities seen three ways: by the carbon market, by the sector guideline, by the inventory; each difference explained.

>>> from decimal import Decimal
>>> own_car = InventorySum("fuel.petrol.mobile", {"en": "Petrol, vehicles", "zh": "车用汽油"}, 1, "mobile", "F", "t", Decimal("2925.056"),
...                        Decimal("2925.056"), Decimal("29250.56"), "AR5")
>>> found = reconcile([], [own_car], 2024, "AR5")
>>> [(line.key, float(line.differences[1].total)) for line in found.lines]
[('1.mobile.fuel.petrol.mobile', 29.25056)]

Statements come as the records of ``hengtan.sectors.record``, the inventory as sums by activity type and factor. The parts of a difference
and what is left unexplained add up to it exactly. Which source belongs to which activity is ``mapping.csv``; what each view counts, and why,
is ``boundaries.yaml``.
"""

from .difference import Difference, Part, difference
from .handing import Activity, handed, own_factors
from .posted import Posted, grid_factors, inventory_sums, posted_rows
from .record import as_record
from .rules import Mapped, mapped
from .side import GridFactor, InventorySum, Side
from .stated import Taken
from .views import VIEWS, Line, Reconciliation, reconcile

__all__ = [
    "VIEWS",
    "Activity",
    "Difference",
    "GridFactor",
    "InventorySum",
    "Line",
    "Mapped",
    "Part",
    "Posted",
    "Reconciliation",
    "Side",
    "Taken",
    "as_record",
    "difference",
    "grid_factors",
    "handed",
    "inventory_sums",
    "mapped",
    "own_factors",
    "posted_rows",
    "reconcile",
]
