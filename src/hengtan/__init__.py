"""hengtan 衡碳 weighs a company's carbon so that anybody can check the weighing.

    import hengtan
    inventory = hengtan.calculate(table, gwp="AR5")

What stands behind these names is loaded when one of them is first used; ``import hengtan`` alone loads nothing.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "HengtanError": "hengtan.problems",
    "Inventory": "hengtan.api",
    "Problem": "hengtan.problems",
    "calculate": "hengtan.api",
}
__all__ = ["HengtanError", "Inventory", "Problem", "__version__", "calculate"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'hengtan' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
