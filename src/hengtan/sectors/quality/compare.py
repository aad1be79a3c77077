"""A statement beside its plan: what came about otherwise than was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from hengtan.problems import Problem
from hengtan.sectors.method import SectorMethod
from hengtan.sectors.statement import Given, Statement

from .check import day_of, months_after
from .form import TITLES, Line, Plan


def against(plan: Plan, statement: Statement, method: SectorMethod, year: int) -> list[Problem]:
    """Values obtained otherwise, values of which the plan says nothing, values of instruments out of calibration, planned values that are
    not there; ``row`` is that of the first value in the statement. The name of the enterprise is not compared."""
    problems: list[Problem] = []
    stated: set[tuple[str, str, str]] = set()
    for place, values in statement.values.items():
        for name, months in values.items():
            stated.add((place.process, place.unit_name, name))
            line = plan.line(place.process, place.unit_name, name)
            where = " / ".join(part for part in (place.process, place.unit_name) if part) or place.entity
            told = {"place": where, "parameter": name}
            first = min(each.row for each in months.values())
            if line is None:
                problems.append(Problem("quality.not-in-plan", row=first, column="parameter", values=told))
                continue
            problems += _obtained(line, months, told)
            problems += _calibration(line, months, told, year)
    for line in plan.lines:
        if line.obtained in ("measured", "calculated") and line.key not in stated and not _elsewhere(line, stated):
            told = {"place": line.where or "—", "parameter": line.parameter}
            problems.append(Problem("quality.not-stated", column="parameter", values=told))
    return problems


def _elsewhere(line: Line, stated: set[tuple[str, str, str]]) -> bool:
    """Whether a line of the enterprise as a whole is stated by any of its places."""
    return not (line.process or line.unit_name) and any(name == line.parameter for _p, _u, name in stated)


def _months(months: Iterable[int | None]) -> str:
    return ", ".join(str(month) for month in months if month is not None) or "—"


def _obtained(line: Line, months: Mapping[int | None, Given], told: Mapping[str, str]) -> Iterator[Problem]:
    """Months by how they were obtained otherwise; what does not say how is told as such."""
    other: dict[str, list[int | None]] = {}
    for month, each in months.items():
        if each.obtained != line.obtained and line.obtained:
            other.setdefault(each.obtained, []).append(month)
    for obtained, found in other.items():
        row = min(months[month].row for month in found)
        planned = {f"planned_{lang}": TITLES[line.obtained][at] for at, lang in enumerate(("en", "zh"))}
        if not obtained:
            values = {**told, **planned, "months": _months(found)}
            yield Problem("quality.obtained-unsaid", row=row, column="obtained", values=values)
            continue
        did = {f"did_{lang}": TITLES[obtained][at] for at, lang in enumerate(("en", "zh"))}
        values = {**told, **planned, **did, "months": _months(found)}
        yield Problem("quality.obtained-differs", row=row, column="obtained", values=values)


def _calibration(
    line: Line, months: Mapping[int | None, Given], told: Mapping[str, str], year: int
) -> Iterator[Problem]:
    """Measured months that begin after the calibration ran out, or end before it."""
    last = day_of(line.calibrated_on)
    if last is None or not line.interval_months.isdigit() or not 0 < int(line.interval_months[:4]) <= 120:
        return
    until = months_after(last, int(line.interval_months[:4]))
    found = [
        month
        for month, each in months.items()
        if month is not None and each.obtained == "measured" and date(year, month, 1) > until
    ]
    if found:
        values = {
            **told,
            "instrument": f"{line.instrument} {line.serial}".strip(),
            "until": until.isoformat(),
            "months": _months(sorted(found)),
        }
        yield Problem(
            "quality.calibration-over", row=min(months[month].row for month in found), column="value", values=values
        )
