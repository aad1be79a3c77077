"""How we say what is wrong: a problem is a value with a code, a place, a reason and a way to mend it.

>>> problem = Problem("activity.quantity-negative", file="bills.csv", row=3, column="quantity",
...                   values={"quantity": "-5"})
>>> problem.reason("en")
'The quantity -5 is below zero.'

The sentences lie in ``catalogue/*.yaml``, English and Chinese together, keyed by the code, which never changes
once it is published; the parts of sentences that they are filled with, in ``clauses.yaml``. Knows nothing else of hengtan.
"""

from .clauses import both, system
from .problem import HengtanError, Problem
from .sentences import Entry, catalogue

__all__ = ["Entry", "HengtanError", "Problem", "both", "catalogue", "system"]
