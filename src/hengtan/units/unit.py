"""The unit as a value, and the table of all that a quantity may be counted in (contract, section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from .currencies import CURRENCIES

BTU_IN_J = Fraction("1055.05585262")  # International Table British thermal unit
TCE_IN_J = Fraction("29307600000")  # tonne of standard coal: 29.3076 GJ, net (GB/T 2589)
LB_IN_KG = Fraction("0.45359237")  # international pound, exact
MILE_IN_KM = Fraction("1.609344")  # statute mile, exact
GAL_US_IN_M3 = Fraction("0.003785411784")  # 231 cubic inches, exact
GAL_UK_IN_M3 = Fraction("0.00454609")  # imperial gallon, exact
WAN = 10_000  # 万


@dataclass(frozen=True, slots=True)
class Unit:
    """What a quantity is counted in.

    symbol  as in the contract, case-sensitive: ``kWh_gcv``, ``万Nm3``, ``USD_2022``
    group   units of one group convert into each other: mass, energy, volume, normal_volume, standard_volume, distance,
            passenger_distance, freight_distance, room_night, fte_hour, cod, currency:USD_2022
    scale   one of it in the base unit of the group (kg, J, m3, Nm3, scf, km, p.km, t.km)
    basis   energy only: "" (none stated), "ncv" or "gcv"
    """

    symbol: str
    group: str
    scale: Fraction
    basis: str = ""

    def __str__(self) -> str:
        return self.symbol


_MASS = {
    "t": Fraction(1000),
    "kg": Fraction(1),
    "g": Fraction(1, 1000),
    "mg": Fraction(1, 1_000_000),
    "lb": LB_IN_KG,
    "short_ton": 2000 * LB_IN_KG,
    "long_ton": 2240 * LB_IN_KG,
}
_ENERGY = {
    "kWh": Fraction(3_600_000),
    "MWh": Fraction(3_600_000_000),
    "GWh": Fraction(3_600_000_000_000),
    "Wh": Fraction(3600),
    "万kWh": Fraction(3_600_000 * WAN),
    "MJ": Fraction(10**6),
    "GJ": Fraction(10**9),
    "TJ": Fraction(10**12),
    "kBtu": 1000 * BTU_IN_J,
    "mmBtu": 1_000_000 * BTU_IN_J,
    "therm": 100_000 * BTU_IN_J,  # the contract's: 0.1 mmBtu, of the same Btu (the US therm of 1968 is 0.02 % smaller)
    "tce": TCE_IN_J,
    "kgce": TCE_IN_J / 1000,
}
_VOLUME = {
    "L": Fraction(1, 1000),
    "m3": Fraction(1),
    "ML": Fraction(1000),
    "gal_us": GAL_US_IN_M3,
    "gal_uk": GAL_UK_IN_M3,
    "bbl": 42 * GAL_US_IN_M3,
}
_SUFFIXES = {"_ncv": "ncv", "_gcv": "gcv", "_hhv": "gcv"}
_OTHERS = {
    "normal_volume": {"Nm3": Fraction(1), "万Nm3": Fraction(WAN)},
    "standard_volume": {"scf": Fraction(1)},
    # A vehicle kilometre is a kilometre of road.
    "distance": {"km": Fraction(1), "mile": MILE_IN_KM, "vehicle.km": Fraction(1), "vehicle.mile": MILE_IN_KM},
    "passenger_distance": {"p.km": Fraction(1), "passenger.mile": MILE_IN_KM},
    "freight_distance": {"t.km": Fraction(1), "short_ton.mile": 2 * LB_IN_KG * MILE_IN_KM},
    "room_night": {"room.night": Fraction(1)},
    "fte_hour": {"FTE.hour": Fraction(1)},
    "cod": {"kg_COD": Fraction(1)},
}


@cache
def symbols() -> Mapping[str, Unit]:
    """Every unit but the currencies, by symbol."""
    table = {symbol: Unit(symbol, "mass", scale) for symbol, scale in _MASS.items()}
    for symbol, scale in _ENERGY.items():
        table[symbol] = Unit(symbol, "energy", scale)
        for suffix, basis in _SUFFIXES.items():
            table[symbol + suffix] = Unit(symbol + suffix, "energy", scale, basis)
    table |= {symbol: Unit(symbol, "volume", scale) for symbol, scale in _VOLUME.items()}
    for group, units in _OTHERS.items():
        table |= {symbol: Unit(symbol, group, scale) for symbol, scale in units.items()}
    return table


def currency(symbol: str) -> Unit | None:
    """``USD_2022``: the money of one year; None when it is not one."""
    code, _, year = symbol.partition("_")
    if code in CURRENCIES and len(year) == 4 and year.isascii() and year.isdigit() and "1950" <= year <= "2100":
        return Unit(symbol, f"currency:{symbol}", Fraction(1))
    return None
