"""The one door to what a kg of a gas or a blend weighs in CO2."""

from __future__ import annotations

from decimal import Decimal

from .blends import blend, is_blend
from .potentials import SETS, UnknownGwpError, find, gases

ORIGINS = ("fossil", "biogenic", "unknown")


def gwp(gas: str, gwp_set: str, origin: str = "unknown") -> Decimal:
    """kg CO2e per kg over 100 years of a gas or a blend (by mass of its components).

    origin  of CH4, in AR6 alone: fossil 29.8, biogenic 27.0, unknown 27.9; other sets have one value
    Raises UnknownGasError, UnknownGwpError, and ValueError for a set or an origin that does not exist.
    """
    if gwp_set not in SETS:
        raise ValueError(f"no set of potentials is called {gwp_set!r}; sets: {', '.join(SETS)}")
    if origin not in ORIGINS:
        raise ValueError(f"the origin of methane is fossil, biogenic or unknown, not {origin!r}")
    if is_blend(gas):
        return blend(gas).gwp(gwp_set)
    found = find(gas)
    if found.name == "CH4" and origin != "unknown":
        special = gases()[f"CH4 {origin}"].values.get(gwp_set)
        if special is not None:
            return special
    if found.name.startswith("CH4 ") and gwp_set not in found.values:
        found = gases()["CH4"]  # before AR6 the origin makes no difference
    value = found.values.get(gwp_set)
    if value is None:
        raise UnknownGwpError(found.name, gwp_set, tuple(found.values))
    return value
