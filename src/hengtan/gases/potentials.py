"""The table of potentials over 100 years, gas by gas, and how a gas is found by its names."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from .names import key, other_names

SETS = ("SAR", "AR4", "AR5", "AR5F", "AR6")
"""IPCC assessment reports: second, fourth, fifth, fifth with climate-carbon feedbacks, sixth."""

DATA = Path(__file__).parent / "data"


class UnknownGasError(LookupError):
    """No gas and no blend of this name. Becomes the problem ``gas.unknown``."""

    problem_code = "gas.unknown"

    def __init__(self, name: str) -> None:
        self.values = {"gas": name}
        super().__init__(f"no greenhouse gas or blend is known as {name!r}")


class UnknownGwpError(LookupError):
    """The set has no value for the gas. Becomes the problem ``gwp.unknown-value``."""

    problem_code = "gwp.unknown-value"

    def __init__(self, gas: str, gwp_set: str, has: tuple[str, ...]) -> None:
        self.values = {"gas": gas, "set": gwp_set, "has": ", ".join(has) or "-"}
        super().__init__(
            f"{gwp_set} has no global warming potential of {gas}; sets that have one: {', '.join(has) or 'none'}"
        )


@dataclass(frozen=True, slots=True)
class Gas:
    """One substance.

    values  kg CO2e per kg over 100 years, by set; a set without a value is absent
    source  where the values were read
    """

    name: str
    formula: str
    cas: str
    values: Mapping[str, Decimal]
    source: str


@cache
def gases() -> Mapping[str, Gas]:
    """Every pure gas by its name. CH4 stands three times: of unknown origin, fossil, biogenic."""
    found = {}
    with (DATA / "gwp.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            values = {name: Decimal(row[name]) for name in SETS if row[name]}
            found[row["gas"]] = Gas(row["gas"], row["formula"], row["cas"], values, row["source"])
    return found


@cache
def _by_key() -> Mapping[str, str]:
    names: dict[str, str] = {}
    formulas: dict[str, list[str]] = {}
    for gas in gases().values():
        names[key(gas.name)] = gas.name
        formulas.setdefault(key(gas.formula), []).append(gas.name)
    for formula, meant in formulas.items():
        if formula and len(meant) == 1:
            names.setdefault(formula, meant[0])
    for name in gases():
        family, dash, number = name.partition("-")
        if dash and family in ("HFC", "HCFC", "CFC", "HFO", "HCFO", "PFC"):
            names.setdefault(key(f"R-{number}"), name)
    names.update({key(name): gas for name, gas in other_names().items()})
    return names


def find(name: str) -> Gas:
    """The pure gas of this name, formula, R number or alias. Raises UnknownGasError."""
    found = _by_key().get(key(name))
    if found is None:
        raise UnknownGasError(name)
    return gases()[found]
