"""Gas groups that ISO 14064-1 and the GHG Protocol ask for: what is neither CO2, CH4 nor N2O.

>>> group_of("HFC-134a"), group_of("CF4"), group_of("R-22")
('hfc', 'pfc', 'montreal')
>>> groups_of("R-410A", "AR5")
{'hfc': Fraction(1, 1)}
>>> groups_in("anode effect (CF4 0.034 kg, C2F6 0.0034 kg)", "AR5")
{'pfc': Fraction(1, 1)}
"""

from __future__ import annotations

import re
from fractions import Fraction

from .blends import HYDROCARBONS, MONTREAL, blend, is_blend
from .potentials import UnknownGasError, UnknownGwpError, find
from .weight import gwp

GROUPS = ("hfc", "pfc", "sf6", "nf3", "montreal", "other")
"""HFCs, PFCs, SF6, NF3; CFCs, HCFCs and halons (Montreal Protocol, no Kyoto gases); fluorinated ethers and the rest."""

_OWN = frozenset({"CO2", "CH4", "CH4 fossil", "CH4 biogenic", "N2O"})
_DEPLETING = ("CFC", "HCFC", "Halon", "Carbon tetrachloride", "Methyl chloroform", "Methyl bromide")
_TOKEN = re.compile(r"[^\s,;:>/+&=（）()]+")


def group_of(name: str) -> str:
    """The group of a pure gas; "" for CO2, CH4 and N2O, which stand alone. Raises UnknownGasError."""
    found = find(name).name
    if found in _OWN:
        return ""
    if found in ("SF6", "NF3"):
        return found.lower()
    if found.startswith(("HFC-", "PFC-")):
        return found[:3].lower()
    return "montreal" if found.startswith(_DEPLETING) else "other"


def groups_of(name: str, gwp_set: str, *, kyoto_only: bool = False) -> dict[str, Fraction]:
    """What part of the CO2e of a gas or blend belongs to which group; {} where nobody can say, and for CO2, CH4, N2O.

    kyoto_only   of a blend with HCFC or CFC, the HFC and PFC alone
    """
    if not is_blend(name):
        try:
            group = group_of(name)
        except UnknownGasError:
            return {}
        return {group: Fraction(1)} if group else {}
    parts = [
        (part, Fraction(share))
        for part, share in blend(name).components
        if part not in HYDROCARBONS and not (kyoto_only and part.startswith(MONTREAL))
    ]
    names = {group_of(part) for part, _ in parts}
    if len(names) == 1:
        return {names.pop(): Fraction(1)}
    try:
        weights = [(group_of(part), share * Fraction(gwp(part, gwp_set))) for part, share in parts]
    except UnknownGwpError:
        return {}
    whole = sum((weight for _, weight in weights), Fraction(0))
    found: dict[str, Fraction] = {}
    for group, weight in weights:
        found[group] = found.get(group, Fraction(0)) + weight / whole
    return found if whole else {}


def groups_in(text: str, gwp_set: str) -> dict[str, Fraction]:
    """The groups of the gases that a name mentions (``R410A leak``), where that is one blend or all are of one group."""
    found = []
    for token in _TOKEN.findall(text):
        if any(letter.isdigit() for letter in token) and (groups := _named(token, gwp_set)) is not None:
            found.append(groups)
    if len(found) == 1:
        return found[0]
    names = {name for groups in found for name in groups}
    return {names.pop(): Fraction(1)} if len(names) == 1 and all(found) else {}


def _named(token: str, gwp_set: str) -> dict[str, Fraction] | None:
    """The groups of the gas that a word names, {} for CO2, CH4 and N2O; None where it names none."""
    if not is_blend(token):
        try:
            find(token)
        except UnknownGasError:
            return None
    return groups_of(token, gwp_set)
