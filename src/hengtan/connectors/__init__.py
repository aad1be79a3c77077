"""What comes in: files of many kinds read into tables of activities, with every fault told at its cell.

>>> intake = read(["bills.csv", "meters.xlsx"])         # doctest: +SKIP
>>> intake.sources[0].data.column("quantity")           # doctest: +SKIP

Knows no factor and computes nothing: a number is read, never judged. CSV, XLSX, XLS, ODS and Parquet; foreign sheets
through a declarative template (``templates/*.yaml``).
"""

from .intake import read
from .source import Intake, Operation, Reference, Source

__all__ = ["Intake", "Operation", "Reference", "Source", "read"]
