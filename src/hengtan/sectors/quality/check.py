"""What a plan must still hold: problems, each with its place and how to mend it. And when its instruments are due."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hengtan.problems import Problem
from hengtan.sectors.method import SectorMethod

from .form import ACCREDITATION, ENTITY, MANAGEMENT, METERS, OBTAINED, SAMPLING, TITLES, Line, Plan

INTERVAL_MONTHS = 12  # read: CETS-AG-03.01-V01-2024, calibration interval at most 12 months
CLASS = {"belt_scale": Decimal("0.5"), "liquid": Decimal("0.5"), "gas": Decimal("2.0")}  # read: the same
ACCREDITED = ("coal.",)  # read: huanban qihou han [2022] No.111: carbon content of coal with the mark of CMA or CNAS
CARBON = ("c_ar", "c_ad", "c_d")
_CLASS = re.compile(r"\d+(?:\.\d+)?")
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def check(plan: Plan, method: SectorMethod, year: int | None = None) -> list[Problem]:
    """Everything that is missing or cannot be, in the order of the plan; ``row`` is the number of the line, from 1."""
    return [
        *_entity(plan),
        *_facilities(plan),
        *_complete(plan, method, year),
        *(problem for at, line in enumerate(plan.lines, 1) for problem in _line(at, line, method)),
        *_management(plan),
    ]


def credit_code_is_right(code: str) -> bool:
    """GB 32100-2015: weights 3^i modulo 31, the last character makes the sum a multiple of 31."""
    if len(code) != 18 or any(each not in _CODE for each in code):
        return False
    total = sum(_CODE.index(each) * pow(3, at, 31) for at, each in enumerate(code[:17]))
    return _CODE[(31 - total % 31) % 31] == code[17]


def _both(name: str) -> dict[str, str]:
    """A title as a problem takes it: in both languages."""
    english, chinese = TITLES[name]
    return {"field_en": english, "field_zh": chinese}


def _entity(plan: Plan) -> Iterator[Problem]:
    for name in ("name", "credit_code", "registry"):
        if name in ENTITY and not plan.entity.get(name):
            yield Problem("quality.entity-missing", column=name, values=_both(name))
    code = plan.entity.get("credit_code", "")
    if code and not credit_code_is_right(code):
        yield Problem("quality.credit-code", column="credit_code", values={"code": code})


def _facilities(plan: Plan) -> Iterator[Problem]:
    if not plan.boundary:
        yield Problem("quality.entity-missing", column="boundary", values=_both("boundary"))
    if not plan.facilities:
        yield Problem("quality.no-facility", column="facilities")
    known = {(each.process, each.unit_name) for each in plan.facilities} | {("", "")}
    if len(known) < len(plan.facilities) + 1:
        yield Problem("quality.facility-twice", column="facilities")
    seen: set[tuple[str, str, str]] = set()
    for at, line in enumerate(plan.lines, 1):
        if (line.process, line.unit_name) not in known:
            yield _of(line, at, "quality.facility-unknown", "facility")
        if line.key in seen:
            yield _of(line, at, "quality.line-twice", "parameter")
        seen.add(line.key)


def _complete(plan: Plan, method: SectorMethod, year: int | None) -> Iterator[Problem]:
    """Every value that an equation reads is said to come from somewhere: a line, the guideline, or an equation of such."""
    if not plan.lines:
        yield Problem("quality.no-line", column="lines")
        return
    by_place: dict[tuple[str, str], set[str]] = {}
    for line in plan.lines:
        by_place.setdefault((line.process, line.unit_name), set()).add(line.parameter)
    whole = by_place.get(("", ""), set())
    emitting = {
        part.group for source in method.sources for part in source.parts if part.group and source.kind == "direct"
    }
    single = {
        name
        for source in method.sources
        if source.kind == "direct"
        for part in source.parts
        if not part.group
        for name in part.equation.names
    }
    if not any(line.parameter in single or line.parameter.partition(".")[0] in emitting for line in plan.lines):
        yield Problem("quality.no-source", column="lines")
    for (process, unit_name), names in by_place.items():
        told: set[str] = set()
        for source in method.sources:
            if source.processes and process not in source.processes:
                continue
            for part in source.parts:
                for full in _read(method, part.group, part.equation.names, names):
                    if full in told or full in names | whole or not _lacks(method, full, names | whole, year):
                        continue
                    told.add(full)
                    where = " / ".join(each for each in (process, unit_name) if each) or plan.entity.get("name", "-")
                    yield Problem(
                        "quality.parameter-missing", column="parameter", values={"place": where, "parameter": full}
                    )


def _read(method: SectorMethod, group: str, names: frozenset[str] | set[str], lines: set[str]) -> Iterator[str]:
    """Full names that an equation reads at a place: of single parameters where any is planned, of items that are planned."""
    if not group:
        if any(name in lines for name in names if name in method.parameters):
            yield from sorted(name for name in names if name in method.parameters)
        return
    items = dict.fromkeys(
        each.split(".", 1)[1].rpartition(".")[0] for each in sorted(lines) if each.startswith(f"{group}.")
    )
    for item in items:
        known = method.groups[group].items.get(item)
        shapes = known.parameters if known else method.groups[group].own
        yield from (f"{group}.{item}.{name}" for name in sorted(names) if name in shapes)


def _lacks(method: SectorMethod, full: str, lines: set[str], year: int | None) -> bool:
    """Whether neither the guideline nor an equation of planned values gives it."""
    place = method.find(full)
    if place is None:
        return False
    parameter = place[2]
    if parameter.default(year) or (year is None and parameter.defaults):
        return False
    stem = full.rpartition(".")[0]
    for way in parameter.ways:
        parts = [f"{stem}.{name}" if stem and method.find(f"{stem}.{name}") else name for name in way.names]
        if any(part in lines for part in parts) and not any(
            part not in lines and _lacks(method, part, lines, year) for part in parts
        ):
            return False
    return True


def _of(line: Line, at: int, code: str, column: str, /, **values: str) -> Problem:
    told = {"place": line.where or "—", "parameter": line.parameter or "—", **values}
    return Problem(code, row=at, column=column, values=told)


def _line(at: int, line: Line, method: SectorMethod) -> Iterator[Problem]:
    place = method.find(line.parameter)
    if place is None:
        yield _of(line, at, "quality.parameter-unknown", "parameter", method=method.id)
        return
    parameter = place[2]
    needs = ["description", "how", "department"]
    if line.obtained in ("measured", "calculated"):
        needs += ["recorded_every", "missing"]
    if line.obtained == "measured":
        needs.insert(0, "measured_every")
    if line.obtained not in OBTAINED:
        yield _of(line, at, "quality.obtained", "obtained")
    for name in needs:
        if not getattr(line, name):
            yield _of(line, at, "quality.field-missing", name, **_both(name))
    if line.obtained == "default" and not parameter.defaults and not parameter.ways:
        yield _of(line, at, "quality.no-default", "obtained")
    if parameter.only_default and line.obtained not in ("default", ""):
        yield _of(line, at, "quality.only-default", "obtained")
    for name, known in (("meter", METERS), ("sampling", SAMPLING), ("accreditation", ACCREDITATION)):
        if getattr(line, name) and getattr(line, name) not in known:
            yield _of(line, at, "quality.choice", name, given=getattr(line, name), **_both(name))
    if line.obtained == "measured":
        yield from _measured(at, line)


def _measured(at: int, line: Line) -> Iterator[Problem]:
    tested = bool(line.sampling)
    if tested:
        for name in ("laboratory", "standard"):
            if not getattr(line, name):
                yield _of(line, at, "quality.field-missing", name, **_both(name))
        short = line.parameter.rpartition(".")[2]
        coal = line.parameter.startswith(ACCREDITED) and short in CARBON
        if coal and line.accreditation in ("", "none"):
            yield _of(line, at, "quality.accreditation", "accreditation")
    if not line.instrument:
        if line.sampling != "commissioned":
            yield _of(line, at, "quality.instrument-missing", "instrument")
        return
    for name in ("model", "serial", "location", "accuracy", "interval_months", "calibrated_on"):
        if not getattr(line, name):
            yield _of(line, at, "quality.field-missing", name, **_both(name))
    if line.interval_months and (
        not line.interval_months.isdigit() or not 0 < int(line.interval_months[:4]) <= INTERVAL_MONTHS
    ):
        yield _of(
            line, at, "quality.interval", "interval_months", given=line.interval_months, most=str(INTERVAL_MONTHS)
        )
    if line.calibrated_on and day_of(line.calibrated_on) is None:
        yield _of(line, at, "quality.day", "calibrated_on", given=line.calibrated_on)
    limit, found = CLASS.get(line.meter), _CLASS.search(line.accuracy)
    if limit is not None and found and Decimal(found.group()) > limit:
        yield _of(line, at, "quality.accuracy", "accuracy", given=line.accuracy, limit=str(limit))


def _management(plan: Plan) -> Iterator[Problem]:
    for name in MANAGEMENT:
        if not plan.management.get(name):
            yield Problem("quality.management-missing", column=name, values=_both(name))


def day_of(text: str) -> date | None:
    """A day as plans write it, 2026-03-31; None for anything else."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last one of that month."""
    at = day.month - 1 + months
    year, month = day.year + at // 12, at % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Calibration:
    """An instrument with its days. row: of the first line that names it; parameters: of all lines that do; days: until next, negative when over."""

    row: int
    instrument: str
    model: str
    serial: str
    where: str
    last: date
    next: date
    days: int
    parameters: tuple[str, ...]


def calibrations(plan: Plan, today: date) -> list[Calibration]:
    """Each instrument once, the most urgent first; lines without days or interval are left to ``check``."""
    found: dict[tuple[str, ...], tuple[int, Line, date, list[str]]] = {}
    for at, line in enumerate(plan.lines, 1):
        last = day_of(line.calibrated_on)
        if not line.instrument or last is None or not line.interval_months.isdigit():
            continue
        months = int(line.interval_months[:4])
        if not 0 < months <= 120:
            continue
        key = (line.instrument, line.model, line.serial, line.where if not line.serial else "", line.calibrated_on)
        if key in found:
            found[key][3].append(line.parameter)
        else:
            found[key] = (at, line, months_after(last, months), [line.parameter])
    rows = [
        Calibration(at, line.instrument, line.model, line.serial, line.location or line.where, day_of(line.calibrated_on) or until, until,
                    (until - today).days, tuple(names))
        for at, line, until, names in found.values()
    ]  # fmt: skip
    return sorted(rows, key=lambda each: (each.next, each.row))
