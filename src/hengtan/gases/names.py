"""How gases are called elsewhere, and the form in which two names are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping


def key(name: str) -> str:
    """``R-134a``, ``R134A`` and ``r 134 a`` are one name."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in plain if letter not in " -_.()（）")


def other_names() -> Mapping[str, str]:
    """Names that follow from no rule, to the name in ``gwp.csv``."""
    return _OTHERS


_OTHERS = {
    "carbon dioxide": "CO2", "二氧化碳": "CO2", "R-744": "CO2",
    "methane": "CH4", "甲烷": "CH4", "R-50": "CH4", "CH4 non-fossil": "CH4 biogenic",
    "nitrous oxide": "N2O", "氧化亚氮": "N2O", "一氧化二氮": "N2O", "R-744A": "N2O",
    "sulphur hexafluoride": "SF6", "sulfur hexafluoride": "SF6", "六氟化硫": "SF6", "R-7146": "SF6",
    "nitrogen trifluoride": "NF3", "三氟化氮": "NF3", "sulfuryl fluoride": "SO2F2", "硫酰氟": "SO2F2",
    "CF4": "PFC-14", "perfluoromethane": "PFC-14", "tetrafluoromethane": "PFC-14", "四氟化碳": "PFC-14", "全氟甲烷": "PFC-14",
    "C2F6": "PFC-116", "perfluoroethane": "PFC-116", "hexafluoroethane": "PFC-116", "六氟乙烷": "PFC-116", "全氟乙烷": "PFC-116",
    "C3F8": "PFC-218", "perfluoropropane": "PFC-218", "八氟丙烷": "PFC-218", "c-C4F8": "PFC-C-318", "PFC-318": "PFC-C-318",
    "R-C318": "PFC-C-318", "octafluorocyclobutane": "PFC-C-318", "八氟环丁烷": "PFC-C-318", "C4F10": "PFC-31-10",
    "PFC-3-1-10": "PFC-31-10", "perfluorobutane": "PFC-31-10", "C5F12": "PFC-41-12", "PFC-4-1-12": "PFC-41-12",
    "C6F14": "PFC-51-14", "PFC-5-1-14": "PFC-51-14", "perfluorohexane": "PFC-51-14", "HFC-4310mee": "HFC-43-10mee",
    "trifluoromethane": "HFC-23", "三氟甲烷": "HFC-23", "difluoromethane": "HFC-32", "二氟甲烷": "HFC-32",
    "pentafluoroethane": "HFC-125", "五氟乙烷": "HFC-125", "tetrafluoroethane": "HFC-134a", "四氟乙烷": "HFC-134a",
    "trifluoroethane": "HFC-143a", "三氟乙烷": "HFC-143a", "difluoroethane": "HFC-152a", "二氟乙烷": "HFC-152a",
    "heptafluoropropane": "HFC-227ea", "七氟丙烷": "HFC-227ea", "FM-200": "HFC-227ea", "FM200": "HFC-227ea",
    "chlorodifluoromethane": "HCFC-22", "一氯二氟甲烷": "HCFC-22", "二氟一氯甲烷": "HCFC-22",
    "R-290": "Propane", "R-170": "Ethane", "R-600": "Butane", "CCl4": "Carbon tetrachloride", "CH3Br": "Methyl bromide",
    "CHCl3": "Chloroform", "CH2Cl2": "Methylene chloride", "Novec 1230": "CF3CF2COCF(CF3)2", "FK-5-1-12": "CF3CF2COCF(CF3)2",
    "R-1234yf": "HFO-1234yf", "R-1234ze": "HFO-1234ze(E)", "R-1234ze(E)": "HFO-1234ze(E)", "R-1233zd": "HCFO-1233zd(E)",
}  # fmt: skip
