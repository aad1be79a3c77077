"""The factor between two units, exact, or the reason why there is none."""

from __future__ import annotations

from fractions import Fraction

from hengtan.problems import both

from .errors import UnitMismatchError
from .unit import Unit

_BTU_FAMILY = frozenset({"kBtu", "mmBtu", "therm"})  # without a basis: gross
_COAL_EQUIVALENT = frozenset({"tce", "kgce"})  # without a basis: net

# What would bridge two groups, English and Chinese.
_DENSITY = ("a density", "密度")
_CALORIFIC = ("a calorific value", "热值")
_STATE = ("temperature and pressure of the gas", "气体的温度和压力")
_BRIDGES: dict[frozenset[str], tuple[str, str]] = {
    frozenset({"mass", "volume"}): _DENSITY,
    frozenset({"mass", "normal_volume"}): _DENSITY,
    frozenset({"mass", "standard_volume"}): _DENSITY,
    frozenset({"mass", "energy"}): _CALORIFIC,
    frozenset({"volume", "energy"}): _CALORIFIC,
    frozenset({"normal_volume", "energy"}): _CALORIFIC,
    frozenset({"standard_volume", "energy"}): _CALORIFIC,
    frozenset({"volume", "normal_volume"}): _STATE,
    frozenset({"volume", "standard_volume"}): _STATE,
    frozenset({"normal_volume", "standard_volume"}): ("a stated change of reference state", "明确的参比状态换算"),
    frozenset({"distance", "passenger_distance"}): ("the number of passengers", "乘客人数"),
    frozenset({"distance", "freight_distance"}): ("the mass of the load", "载货质量"),
    frozenset({"mass", "freight_distance"}): ("the distance", "运输距离"),
    frozenset({"distance", "volume"}): ("the fuel used per distance", "单位里程油耗"),
    frozenset({"distance", "mass"}): ("the fuel used per distance", "单位里程油耗"),
    frozenset({"mass", "cod"}): ("the COD content", "COD 含量"),
    frozenset({"volume", "cod"}): ("the COD concentration", "COD 浓度"),
}


def conversion(source: Unit, target: Unit, *, fuel: bool) -> Fraction:
    """How many ``target`` one ``source`` is.

    fuel  True: the energy of a fuel has a calorific basis. Bare kWh, MJ, GJ, TJ then meet only the same bare unit, the
          Btu family without a basis is gross, tce and kgce are net. False (electricity, heat, steam, cooling): no basis.
    Raises UnitMismatchError with code unit.mismatch, unit.calorific-basis, unit.price-index or unit.exchange-rate.
    """
    if source.symbol == target.symbol:
        return Fraction(1)
    if source.group != target.group:
        raise _mismatch(source, target)
    if fuel and source.group == "energy":
        one, other = calorific_basis(source), calorific_basis(target)
        if not one or one != other:
            raise UnitMismatchError("unit.calorific-basis", {"source": source.symbol, "target": target.symbol})
    return source.scale / target.scale


def calorific_basis(unit: Unit) -> str:
    """``ncv`` or ``gcv``, as stated or as the unit's name implies for a fuel; "" when neither."""
    if unit.basis:
        return unit.basis
    return "gcv" if unit.symbol in _BTU_FAMILY else "ncv" if unit.symbol in _COAL_EQUIVALENT else ""


def _mismatch(source: Unit, target: Unit) -> UnitMismatchError:
    values = {"source": source.symbol, "target": target.symbol}
    if source.group.startswith("currency:") and target.group.startswith("currency:"):
        same = source.symbol[:3] == target.symbol[:3]
        return UnitMismatchError("unit.price-index" if same else "unit.exchange-rate", values)
    bridge = _BRIDGES.get(frozenset({source.group, target.group}))
    if bridge is None:
        return UnitMismatchError("unit.mismatch", values | both("bridge", "unit-other-kind"))
    missing = {"missing": bridge[0], "missing_zh": bridge[1]}
    return UnitMismatchError("unit.mismatch", values | missing | both("bridge", "unit-missing", **missing))
