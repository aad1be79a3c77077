"""Refrigerant blends: mixtures by mass, weighed by what they are made of."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from .names import key
from .potentials import DATA, UnknownGasError, UnknownGwpError, gases

HYDROCARBONS = {"propane": "Propane", "butane": "Butane", "isobutane": "", "isopentane": "", "propylene": ""}
"""Lubricant helpers of a few per cent: below 0.1 kg CO2e/kg where a set has a value, counted 0 where it has none."""

MONTREAL = ("HCFC", "CFC")


@dataclass(frozen=True, slots=True)
class Blend:
    """One blend of ASHRAE 34.

    components  name of the gas and its share by mass; empty where only a publisher's total is known
    published   a publisher's rounded total by set, which often leaves HCFC out; used only without components
    source      where composition and totals were read
    """

    name: str
    components: tuple[tuple[str, Decimal], ...]
    published: Mapping[str, Decimal]
    source: str

    @property
    def montreal(self) -> bool:
        """Whether a component falls under the Montreal Protocol and is reported apart from the Kyoto gases."""
        return any(name.startswith(MONTREAL) for name, _ in self.components)

    @property
    def kyoto(self) -> bool:
        """Whether a component is a gas of the Kyoto Protocol (HFC, PFC)."""
        return any(name.startswith(("HFC", "PFC")) for name, _ in self.components)

    def gwp(self, gwp_set: str, *, kyoto_only: bool = False) -> Decimal:
        """kg CO2e per kg: the sum over the components, HCFC included unless ``kyoto_only``. Raises UnknownGwpError."""
        if not self.components:
            if gwp_set not in self.published:
                raise UnknownGwpError(self.name, gwp_set, tuple(self.published))
            return self.published[gwp_set]
        total = Decimal(0)
        for name, share in self.components:
            if kyoto_only and name.startswith(MONTREAL):
                continue
            value = self._component(name, gwp_set)
            if value is None:
                raise UnknownGwpError(f"{name} in {self.name}", gwp_set, tuple(gases()[name].values))
            total += share * value
        return total.normalize() + 0 if total else Decimal(0)

    @staticmethod
    def _component(name: str, gwp_set: str) -> Decimal | None:
        if name in HYDROCARBONS:
            listed = HYDROCARBONS[name]
            return gases()[listed].values.get(gwp_set, Decimal(0)) if listed else Decimal(0)
        return gases()[name].values.get(gwp_set)


@cache
def _blends() -> Mapping[str, Blend]:
    found = {}
    with (DATA / "blends.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            parts = [part.split("% ") for part in row["composition"].split(" + ") if part]
            components = tuple((name, Decimal(share) / 100) for share, name in parts)
            published = {name: Decimal(row[name]) for name in ("AR4", "AR5") if row[name]}
            found[key(row["blend"])] = Blend(row["blend"], components, published, row["source"])
    return found


def is_blend(name: str) -> bool:
    """Whether a blend has this name."""
    return key(name) in _blends()


def blend(name: str) -> Blend:
    """The blend of this name, ``R-410A`` or ``R410a``. Raises UnknownGasError."""
    found = _blends().get(key(name))
    if found is None:
        raise UnknownGasError(name)
    return found
