"""Why the same stream weighs another amount in another run: five effects that add up exactly to the difference.

One thing is changed after the other, in the order in which the effects are shown, and each effect is the step that its
change makes (the accountant's volume and price variance, taken further; Laspeyres weights for the activity, Paasche for
what follows; in the literature a sequential or "polar" decomposition, see Ang 2004, Energy Policy 32, 1131-1139,
section 2, and Dietzenbacher and Los 1998, Economic Systems Research 10, 307-324):

    before    quantity A x coefficient A
    activity  quantity B x coefficient A                    less before
    factor    quantity B x coefficient B, in share and GWP set of A   less the step before (method: where it differs)
    boundary  ... x share B                                 less the step before
    GWP       ... in the GWP set of B, which is B itself    less the step before

Levels are rounded half-even to 18 places and effects are their differences, so that nothing is left over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from hengtan.gases import gwp

from .stream import Stream

EFFECTS = ("activity", "factor", "method", "boundary", "gwp")
NOTHING = Decimal(0)
_PLACES = Decimal(1).scaleb(-18)
_GASES = ("co2_kg", "ch4_kg", "n2o_kg")
_ORIGINS = ("fossil", "biogenic", "unknown")


@dataclass(frozen=True, slots=True)
class Side:
    """Streams of one run that are compared as one.

    quantity  in the base unit, and ``shared`` times the organisation's share
    masses    kg by gas; None where one of the streams does not state it
    factors   ids of the emission factors, "" for what a method weighs without one; told: what else the rows say
    """

    quantity: Fraction
    shared: Fraction
    masses: Mapping[str, Decimal | None]
    methods: frozenset[str]
    factors: frozenset[str]
    told: frozenset[tuple[str, ...]]
    gwp: str

    @property
    def kg(self) -> Decimal:
        """CO2e in kg."""
        return self.masses["co2e_kg"] or NOTHING

    @property
    def share(self) -> Fraction:
        """The part of the quantity that counts; 1 where there is none."""
        return self.shared / self.quantity if self.quantity else Fraction(1)


def side(streams: Iterable[Stream], gwp_set: str) -> Side:
    """Streams taken together. Sums are exact within the caller's decimal context."""
    quantity = shared = Fraction(0)
    masses: dict[str, Decimal | None] = {"co2e_kg": NOTHING, "co2_kg": NOTHING, "ch4_kg": NOTHING, "n2o_kg": NOTHING}
    used = []
    for stream in streams:
        quantity, shared = quantity + stream.quantity, shared + stream.shared
        if stream.quantity:
            used.append(stream)
        for gas, before in masses.items():
            value = stream.masses[gas]
            if stream.quantity:
                masses[gas] = None if before is None or value is None else before + value
    methods, factors, told = (frozenset(getattr(s, name) for s in used) for name in ("method", "factor_id", "told"))
    return Side(quantity, shared, masses, methods, factors, told, gwp_set)


def effects(before: Side, after: Side) -> dict[str, Decimal]:
    """The five effects between two sides in the same unit, in kg; their sum is ``after.kg - before.kg``."""
    found = dict.fromkeys(EFFECTS, NOTHING)
    if not before.quantity or not after.quantity:
        # Nothing was used on one side, so no coefficient of that side weighs anything: the amount is what changed.
        found["activity"] = after.kg - before.kg
        return found
    amount = rounded(before.kg, after.quantity / before.quantity)
    same_gwp = after.kg - gwp_effect(before, after)
    if before.share == after.share:
        coefficient = same_gwp
    elif after.share:
        coefficient = rounded(same_gwp, before.share / after.share)
    else:
        coefficient = amount  # nothing of B counts, so nothing tells what its factor was
    found["activity"] = amount - before.kg
    found["factor" if before.methods == after.methods else "method"] = coefficient - amount
    found["boundary"] = same_gwp - coefficient
    found["gwp"] = after.kg - same_gwp
    return found


def gwp_effect(before: Side, after: Side) -> Decimal:
    """What B's gases weigh in its own GWP set, less what they would weigh in A's.

    Where the gases of a unit are the same in both runs the factor is the same, and the set explains all that is left of
    the difference; so it does where a method weighs a gas by its potential, without a factor. What a factor states as
    CO2e alone cannot be weighed again: its effect is 0 here.
    """
    if before.gwp == after.gwp:
        return NOTHING
    if _same_gases(before, after) or _potential_alone(before, after):
        return after.kg - rounded(before.kg, after.shared / before.shared)
    total = NOTHING
    for gas, mass in (("CH4", after.masses["ch4_kg"]), ("N2O", after.masses["n2o_kg"])):
        if mass:
            here, there = _potential(gas, after, after), _potential(gas, before, after)
            total += mass * (here - there)
    return total.quantize(_PLACES, ROUND_HALF_EVEN)


def rounded(kg: Decimal, ratio: Fraction) -> Decimal:
    """kg times the ratio, half-even at 18 places."""
    if ratio == 1:
        return kg
    exact = Fraction(kg) * ratio
    return Decimal(round(exact * 10**18)).scaleb(-18)


def _same_gases(before: Side, after: Side) -> bool:
    if not before.shared or not after.shared:
        return False
    for gas in _GASES:
        one, other = before.masses[gas], after.masses[gas]
        if one is None or other is None:
            if one is not other:
                return False
        elif Fraction(one) * after.shared != Fraction(other) * before.shared:
            return False
    return any(before.masses[gas] is not None for gas in ("ch4_kg", "n2o_kg"))


def _potential_alone(before: Side, after: Side) -> bool:
    """Whether nothing but potentials made the coefficients: the same method with the same inputs, and either no factor,
    or the potential of the same gas, which stands in the library under an id that ends with its set (CN-GWP-SF6-AR5).
    """
    if not before.shared or not after.shared or any(before.masses[gas] or after.masses[gas] for gas in _GASES):
        return False
    gases = [{name.removesuffix(f"-{one.gwp}") for name in one.factors} for one in (before, after)]
    known_by_set = all(not name or name.endswith(f"-{one.gwp}") for one in (before, after) for name in one.factors)
    return known_by_set and gases[0] == gases[1] and before.methods == after.methods and before.told == after.told


def _potential(gas: str, of: Side, mass_of: Side) -> Decimal:
    """The potential of a gas in the set of ``of``. AR6 tells CH4 by its origin: the one that its own numbers imply."""
    if gas != "CH4" or of.gwp != "AR6":
        return gwp(gas, of.gwp)
    told = of if of.masses["ch4_kg"] else mass_of
    methane, other_gases = told.masses["ch4_kg"], (told.masses["co2_kg"] or NOTHING)
    if not methane or told.gwp != "AR6":
        return gwp("CH4", "AR6", "unknown")
    nitrous = told.masses["n2o_kg"] or NOTHING
    implied = (told.kg - other_gases - nitrous * gwp("N2O", "AR6")) / methane
    return min((gwp("CH4", "AR6", origin) for origin in _ORIGINS), key=lambda value: abs(value - implied))
