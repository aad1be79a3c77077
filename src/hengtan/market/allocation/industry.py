"""Allowances of steel, cement and aluminium lines: verified emissions, corrected by the carbon intensity.

A = E x (1 + alpha), rounded down; X = (BP - I)/BP; alpha = 0.15 X for -20 % < X < 20 %, +0.03 or -0.03 beyond. BP is published by the
ministry after verification; where it is not given, it is solved from the lines of the file, taken as the whole sector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from hengtan.problems import Problem

from .allotment import Allotment, Term
from .balance import Balance, IntensityRule, solve
from .plan import Plan, Special

SECTORS = ("steel", "cement", "aluminium")
_BY_OUTPUT = ("cement", "aluminium")  # emissions per t of the one product; steel counts ironmaking and sintering alone
SOLVED = "solved from the lines of the file"


@dataclass(frozen=True, slots=True)
class Line:
    """A process line and its year, as verified; None: not given. intensity and balance_value in t CO2(e) per t of product."""

    entity: str
    name: str
    sector: str
    row: int
    output_t: Fraction | None = None
    verified_t: int | None = None
    intensity: Fraction | None = None
    balance_value: Fraction | None = None
    special: str = ""
    special_rate: Fraction | None = None

    @property
    def carbon_intensity(self) -> Fraction | None:
        """As given; else emissions over output where the sector has one product."""
        if self.intensity is not None:
            return self.intensity
        if self.sector in _BY_OUTPUT and self.output_t and self.verified_t is not None:
            return Fraction(self.verified_t) / self.output_t
        return None


def faults(line: Line, plan: Plan) -> list[Problem]:
    """Everything about the line that the plan cannot work with."""
    found: list[Problem] = []

    def wrong(code: str, column: str, /, **values: object) -> None:
        told = {name: str(value) for name, value in values.items()}
        found.append(Problem(code, row=line.row, column=column, values={"unit": line.name, **told}))

    if line.sector not in plan.sectors:
        wrong("ets.sector-unknown", "sector", sector=line.sector or "-", known=", ".join(plan.sectors))
        return found
    if line.verified_t is None:
        wrong("ets.verified-missing", "verified_t")
    if line.special and special(line, plan) is None:
        known = ", ".join(each.id for each in plan.special) or "-"
        wrong("ets.special-unknown", "special", special=line.special, known=known)
    case = special(line, plan)
    if case is not None and case.above is not None and line.special_rate is None:
        wrong("ets.special-rate-missing", "special_rate", special=line.special)
    elif "intensity" in plan.rules and not as_verified(line, plan):
        if line.carbon_intensity is None:
            wrong("ets.intensity-missing", "intensity", sector=line.sector)
        elif line.carbon_intensity <= 0 and line.verified_t:
            wrong("ets.intensity-zero", "intensity")
        elif not _agrees(line):
            wrong("ets.intensity-differs", "intensity", intensity=f"{float(line.carbon_intensity):g}",
                  quotient=f"{float(Fraction(line.verified_t or 0) / (line.output_t or 1)):.6g}")  # fmt: skip
    if line.balance_value is not None and line.balance_value <= 0:
        wrong("ets.balance-zero", "balance_value")
    if line.special_rate is not None and line.special_rate > 1:
        wrong("ets.share-above-one", "special_rate", column="special_rate", value=float(line.special_rate),
              fraction=float(line.special_rate / 100))  # fmt: skip
    return found


def _agrees(line: Line) -> bool:
    """Whether a given intensity is emissions over output, where one product stands for it, to 1 %."""
    if line.intensity is None or line.sector not in _BY_OUTPUT or not line.output_t or not line.verified_t:
        return True
    quotient = Fraction(line.verified_t) / line.output_t
    return abs(line.intensity / quotient - 1) <= Fraction(1, 100)


def special(line: Line, plan: Plan) -> Special | None:
    """The case of its own that the line is, if the plan knows it; one with a rate counts above the rate alone."""
    return next((each for each in plan.special if each.id == line.special), None)


def as_verified(line: Line, plan: Plan) -> str:
    """The rule under which the line gets what it emitted, or ""."""
    if "as_verified" in plan.rules:
        return "verified"
    case = special(line, plan)
    if case is None or (case.above is not None and (line.special_rate is None or line.special_rate <= case.above)):
        return ""
    return f"special:{case.id}"


def intensity_rule(plan: Plan) -> IntensityRule:
    """The numbers of the plan."""
    numbers = plan.rules["intensity"].numbers
    return IntensityRule(numbers["slope"], numbers["band"], numbers["most"])


def balances(lines: Sequence[Line], plan: Plan) -> tuple[Mapping[str, Balance], list[Problem]]:
    """By sector, solved where no line gives a value; and lines of a sector that give different ones."""
    found: dict[str, Balance] = {}
    problems: list[Problem] = []
    if "intensity" not in plan.rules:
        return found, problems
    for sector in plan.sectors:
        here = [line for line in lines if line.sector == sector and not as_verified(line, plan)]
        given = {line.balance_value for line in here if line.balance_value is not None}
        if len(given) > 1:
            values = {"sector": sector, "values": ", ".join(f"{float(each):g}" for each in sorted(given))}
            problems += [
                Problem(
                    "ets.balance-differs", row=line.row, column="balance_value", values={"unit": line.name, **values}
                )
                for line in here
                if line.balance_value is not None
            ]
        elif given:
            (value,) = given
            found[sector] = Balance(value, value, value, 0, 0, 0, Fraction(0))
        else:
            pairs = [
                (Fraction(line.verified_t), line.carbon_intensity)
                for line in here
                if line.verified_t and line.carbon_intensity is not None
            ]
            solved = solve(pairs, intensity_rule(plan))
            if solved is not None:
                found[sector] = solved
                if not solved.is_unique:
                    values = {"sector": sector, "low": f"{float(solved.low):g}", "high": f"{float(solved.high):g}"}
                    problems.append(Problem("ets.balance-not-unique", column="balance_value", values=values))
    return found, problems


def allot(line: Line, plan: Plan, balance: Balance | None) -> Allotment:
    """The allowances of one line in which ``faults`` found nothing."""
    assert line.verified_t is not None
    rule = as_verified(line, plan)
    if rule or not line.verified_t:
        case = special(line, plan)
        source = plan.source if rule == "verified" or case is None else case.source
        return Allotment(line.entity, line.name, None, None, line.verified_t, line.verified_t, line.verified_t,
                         rule or "intensity", (Term("E", "verified_t", Fraction(line.verified_t), "t CO2", ""),), source=source)  # fmt: skip
    intensity = line.carbon_intensity
    assert intensity is not None and balance is not None
    numbers = intensity_rule(plan)
    x = numbers.x(balance.value, intensity)
    alpha = numbers.alpha(x)
    given = floor(line.verified_t * (1 + alpha))
    source = plan.rules["intensity"].source
    terms = (
        Term("E", "verified_t", Fraction(line.verified_t), "t CO2", ""),
        Term("I", "intensity", intensity, "t CO2/t", ""),
        Term(
            "BP", "balance_value", balance.value, "t CO2/t", "" if line.balance_value is not None else f"read: {SOLVED}"
        ),
        Term("X", "x", x, "", source),
        Term("alpha", "alpha", alpha, "", source),
    )
    return Allotment(
        line.entity, line.name, None, None, given, given, line.verified_t, "intensity", terms, source=source
    )
