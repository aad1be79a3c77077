"""Methods as data: the equation, its parameters with years and sources, and the standard that says so.

>>> method = find("cn-cets-2024-combustion")
>>> result = coefficient(method, {}, unit="t", year=2024, activity_type="fuel.coal.bituminous")
>>> round(float(result["co2_kg"]), 3)
2255.713
>>> print(result.trace.lines()[1])
  ncv_gj_per_unit  23.736 GJ_ncv/t  default of the method, 2024-01-01 …, CETS-AG-03.01-V01-2024 (huanban qihou han [2025] No.27), Table A.1

A method is a YAML file, checked when it is loaded: units parse, a tonne of carbon is not a tonne of CO2, emissions are
proportional to the amount. Knows ``gases``, ``units`` and ``problems``; factors are handed in.
"""

from .coefficient import CO2_PER_C, coefficient
from .equation import Equation, EquationError
from .errors import MethodError
from .loader import load_method
from .method import DENSITY, GASES, Coefficient, FactorNeed, Method
from .parameter import Input, Parameter, Value
from .registry import DEFAULT, cases, find, ids, methods, near
from .trace import Term, Trace
from .typeset import mathml

__all__ = [
    "CO2_PER_C",
    "DEFAULT",
    "DENSITY",
    "GASES",
    "Coefficient",
    "Equation",
    "EquationError",
    "FactorNeed",
    "Input",
    "Method",
    "MethodError",
    "Parameter",
    "Term",
    "Trace",
    "Value",
    "cases",
    "coefficient",
    "find",
    "ids",
    "load_method",
    "mathml",
    "methods",
    "near",
]
