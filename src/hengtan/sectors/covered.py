"""What a statement says of the units and lines that allowances are given to: rows of an allocation's file, and what it lacks.

>>> SECTORS["cn-cement-2024"]
'cement'

Sectors and allowances do not know each other: what is made here is a table, as it goes between company and ministry. Emissions of an
approved statement stand for the verified ones until a verifier's figure is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from hengtan.problems import Problem
from hengtan.units.decimal_text import shown

SECTORS: Mapping[str, str] = {
    "cn-power-2022": "power", "cn-steel-2024": "steel", "cn-cement-2024": "cement", "cn-aluminium-2024": "aluminium",
}  # fmt: skip
POWER_ROW = (
    "entity", "unit_name", "class", "rated_mw", "generation_mwh", "supply_mwh", "heat_gj", "load_factor", "heat_ratio", "cooling",
    "verified_t", "special", "previous_verified_t",
)  # fmt: skip
LINE_ROW = (
    "entity",
    "line",
    "sector",
    "output_t",
    "verified_t",
    "intensity",
    "balance_value",
    "special",
    "previous_verified_t",
)
ASKED = {
    "power": ("class", "rated_mw", "cooling", "special", "verified_t", "previous_verified_t"),
    "steel": ("intensity", "balance_value", "special", "verified_t", "previous_verified_t"),
    "cement": ("balance_value", "special", "verified_t", "previous_verified_t"),
    "aluminium": ("balance_value", "special", "verified_t", "previous_verified_t"),
}  # fmt: skip
"""By sector the columns that a person may give beside the statement, or in its place."""
GASES = frozenset({"natural_gas", "lng", "lpg", "refinery_gas", "bfg", "ldg", "cog", "other_gas"})
LARGE_MW = 400  # rated power from which conventional coal is class I
COOLING_UNTIL = 2022
HOT = ("ironmaking", "sintering")
Place = tuple[str, str]


def covered_rows(
    record: Mapping[str, Any],
    entity: str,
    year: int,
    previous: Mapping[str, Any] | None = None,
    given: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[list[dict[str, str]], list[Problem]]:
    """Rows by the columns of ``hengtan ets allocate``, and what the statement does not say.

    previous  the record of last year's statement: what a pre-allocation is a share of
    given     by unit or line: what a person says of ``ASKED``, which holds before the statement
    """
    sector = SECTORS.get(record["method"]["id"])
    if sector is None:
        return [], [Problem("covered.sector", values={"method": record["method"]["id"], "known": ", ".join(SECTORS)})]
    one = _Statement(record, entity, year, previous)
    rows = one.units() if sector == "power" else one.lines(sector)
    for at, row in enumerate(rows, 2):
        name = row.get("unit_name", row.get("line", ""))
        for column, text in (given or {}).get(name, {}).items():
            if column in ASKED[sector] and text.strip():
                told = {"unit": name, "what": column, "value": text.strip(), "stated": row.get(column) or "-"}
                one.problems.append(Problem("covered.given", row=at, column=column, values=told))
                row[column] = text.strip()
        one.check(row, at, name, sector)
    return rows, one.problems


class _Statement:
    """A record by its places."""

    def __init__(self, record: Mapping[str, Any], entity: str, year: int, previous: Mapping[str, Any] | None) -> None:
        self.record, self.entity, self.year = record, entity, year
        self.before = {} if previous is None else _emissions(previous)
        self.before_all = None if previous is None else _whole(previous)
        self.emissions = _emissions(record)
        self.problems: list[Problem] = []

    def units(self) -> list[dict[str, str]]:
        """Of generating units: every place that is one."""
        values, ratios = _values(self.record), _ratios(self.record)
        for place, tonnes in self.emissions.items():
            if not place[1] and tonnes:
                self.problems.append(
                    Problem("covered.no-unit", values={"entity": self.entity, "tonnes": shown(tonnes, 2)})
                )
        rows = []
        for place in dict.fromkeys((*self.emissions, *values)):
            if not place[1]:
                continue
            own, ratio = values.get(place, {}), ratios.get(place, {})
            supply = own.get("supply")
            if supply is None and "generation" in own and "own_use" in own:
                supply = own["generation"] - own["own_use"]
            found = {
                "class": self._class(place, own), "rated_mw": own.get("rated_power"), "generation_mwh": own.get("generation"),
                "supply_mwh": supply, "heat_gj": own.get("heat_supplied"), "load_factor": ratio.get("load_factor"),
                "heat_ratio": ratio.get("heat_ratio"), "verified_t": self.emissions.get(place, Fraction(0)),
                "previous_verified_t": self._before(place),
            }  # fmt: skip
            rows.append({"entity": self.entity, "unit_name": place[1]} | {
                name: _text(found.get(name)) for name in POWER_ROW[2:]
            })  # fmt: skip
        return rows

    def _class(self, place: Place, own: Mapping[str, Fraction]) -> str:
        """I to IV by fuel and rated power; empty where a unit burns coal of both kinds, which is decided by heat."""
        burned = {
            step["item"]
            for each in self.record["by_source"]
            if (each["process"], each["unit_name"]) == place
            for step in each["steps"]
        }
        coal = {item.partition(".")[2] for item in burned if item.startswith("coal.")}
        fuels = {item.partition(".")[2] for item in burned if item.startswith("fuel.")}
        if coal == {"unconventional"}:
            return "III"
        if coal == {"conventional"} and "rated_power" in own:
            return "I" if own["rated_power"] >= LARGE_MW else "II"
        return "IV" if not coal and fuels and fuels <= GASES else ""

    def lines(self, sector: str) -> list[dict[str, str]]:
        """Of clinker lines and electrolysis: every place that emits; of steel the enterprise."""
        values = _values(self.record)
        if sector == "steel":
            whole = values.get(("", ""), {}) or values.get(("enterprise", ""), {})
            found = {
                "output_t": whole.get("hot_metal"), "intensity": self._hot_intensity(values), "verified_t": _whole(self.record),
                "previous_verified_t": self.before_all,
            }  # fmt: skip
            return [self._line("企业层级 enterprise", sector, found)]
        output = "clinker_output" if sector == "cement" else "aluminium"
        rows = []
        for place, tonnes in self.emissions.items():
            own = values.get(place, {})
            made = own.get(output)
            if made is None and sector == "cement":
                clinker = [
                    value for name, value in own.items() if name.startswith("clinker.") and name.endswith(".output")
                ]
                made = sum(clinker, Fraction(0)) if clinker else None
            name = " ".join(part for part in place if part) or "企业层级 enterprise"
            found = {"output_t": made, "verified_t": tonnes, "previous_verified_t": self._before(place)}
            rows.append(self._line(name, sector, found))
        return rows

    def _line(self, name: str, sector: str, found: Mapping[str, Fraction | None]) -> dict[str, str]:
        return {"entity": self.entity, "line": name, "sector": sector} | {
            column: _text(found.get(column)) for column in LINE_ROW[3:]
        }

    def _hot_intensity(self, values: Mapping[Place, Mapping[str, Fraction]]) -> Fraction | None:
        """(ironmaking + sintering) / hot metal, as the plan of 2025 says; None without both processes or the hot metal."""
        parts = {
            each["process"]: Fraction(each["t_co2e"]) for each in self.record["by_process"] if each["process"] in HOT
        }
        metal = next((own["hot_metal"] for own in values.values() if own.get("hot_metal")), None)
        return None if metal is None or set(parts) != set(HOT) else sum(parts.values(), Fraction(0)) / metal

    def _before(self, place: Place) -> Fraction | None:
        return self.before.get(place)

    def check(self, row: dict[str, str], at: int, name: str, sector: str) -> None:
        """What the statement and the person leave open."""
        wanted = {"class": "class", "load_factor": "load_factor", "rated_mw": "rated_mw"} if sector == "power" else {}
        if sector == "power":
            wanted["supply_mwh" if self.year <= COOLING_UNTIL else "generation_mwh"] = "generation"
            if self.year <= COOLING_UNTIL:
                wanted["cooling"] = "cooling"
            if row["class"] == "IV":
                wanted.pop("load_factor")
        elif sector == "steel" and self.year > 2024:
            wanted = {"intensity": "intensity"}
        for column in wanted:
            if not row.get(column):
                self.problems.append(
                    Problem("covered.lacks", row=at, column=column, values={"unit": name, "what": column})
                )
        if sector == "power" and not row["heat_gj"]:
            row["heat_gj"] = "0"
            self.problems.append(Problem("covered.no-heat", row=at, column="heat_gj", values={"unit": name}))


def _emissions(record: Mapping[str, Any]) -> dict[Place, Fraction]:
    """t CO2e by (process, unit), of what counts."""
    found: dict[Place, Fraction] = {}
    for each in record["by_source"]:
        if each["counts"] and each["kind"] != "note":
            place = (each["process"], each["unit_name"])
            found[place] = found.get(place, Fraction(0)) + (-1 if each["kind"] == "removed" else 1) * Fraction(
                each["t_co2e"]
            )
    return found


def emitted_t(record: Mapping[str, Any]) -> int:
    """Tonnes CO2e of the enterprise as allowances are counted: whole, half rounded up, never below 0."""
    return max(int((_whole(record) + Fraction(1, 2)) // 1), 0)


def _whole(record: Mapping[str, Any]) -> Fraction:
    return sum((Fraction(each["t_co2e"]) for each in record["by_entity"]), Fraction(0))


def _values(record: Mapping[str, Any]) -> dict[Place, dict[str, Fraction]]:
    """The year of what adds up, and what was stated for the year."""
    found: dict[Place, dict[str, Fraction]] = {}
    for each in record["values"]:
        months: Iterable[str] = each["months"].values()
        value = None if each["year"] is None else Fraction(each["year"])
        if each["months"] and each["adds_up"]:
            value = sum((Fraction(text) for text in months), Fraction(0))
        if value is not None:
            found.setdefault((each["process"], each["unit_name"]), {})[each["parameter"]] = value
    return found


def _ratios(record: Mapping[str, Any]) -> dict[Place, dict[str, Fraction]]:
    found: dict[Place, dict[str, Fraction]] = {}
    for each in record["ratios"]:
        found.setdefault((each["process"], each["unit_name"]), {})[each["ratio"]] = Fraction(each["value"])
    return found


def _text(value: Fraction | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return shown(value)
