"""Units: what a quantity is counted in, and the few conversions that need no guess.

>>> conversion(parse("万千瓦时"), parse("MWh"), fuel=False)
Fraction(10, 1)
>>> parse("kWh (Gross CV)").symbol
'kWh_gcv'

Everything is an exact Fraction. Net and gross calorific value are different units, a normal, a standard and a plain cubic
metre are different units, a currency is one of a year; between them there is no conversion without a number that the
user gives, and the error says which. Knows only ``problems``.
"""

from .compound import Compound, parse_compound
from .conversion import conversion
from .errors import AmbiguousUnitError, PriceYearError, UnitError, UnitMismatchError, UnknownUnitError
from .parse import parse
from .unit import Unit, symbols

__all__ = [
    "AmbiguousUnitError",
    "Compound",
    "PriceYearError",
    "Unit",
    "UnitError",
    "UnitMismatchError",
    "UnknownUnitError",
    "conversion",
    "parse",
    "parse_compound",
    "symbols",
]
