"""An allocation plan: the rule book of one period, read from YAML, with a source and a mark on every part."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml

from hengtan.methods import Equation, EquationError
from hengtan.problems import HengtanError, Problem, system

CLASSES = ("I", "II", "III", "IV")
KINDS = ("benchmark", "balance")
Kind = Literal["benchmark", "balance"]
_BENCHMARKS = "power_benchmarks.csv"


@dataclass(frozen=True, slots=True)
class Rule:
    """A part of a plan: its numbers, and who says so (``read:`` or ``known:`` first)."""

    source: str
    numbers: Mapping[str, Fraction] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """``R``: read in the source; ``K``: known from it, to be checked."""
        return "R" if self.source.startswith("read:") else "K"


@dataclass(frozen=True, slots=True)
class LoadRule:
    """How a unit that ran below its rated power is compensated.

    bands  (from which load factor, equation in F), highest first; decimals: of the result, None for all
    """

    source: str
    classes: tuple[str, ...]
    with_heat: bool
    bands: Sequence[tuple[Fraction, Equation]]
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Special:
    """A case of its own. allocation: ``verified`` (as much as was emitted) or ``none`` (not in the plan)."""

    id: str
    title: Mapping[str, str]
    allocation: str
    source: str
    above: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """t CO2 per MWh and per GJ for one class in one year."""

    power: Fraction
    heat: Fraction
    source: str
    draft: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What one published text says about some years of one sector, or of several alike."""

    id: str
    title: Mapping[str, str]
    sector: str
    sectors: tuple[str, ...]
    years: tuple[int, ...]
    basis: str
    draft: bool
    published: date
    published_source: str
    source: str
    rules: Mapping[str, Rule]
    load: LoadRule | None
    special: tuple[Special, ...]
    notes: tuple[Mapping[str, str], ...]
    benchmarks: Mapping[tuple[int, str, str], Benchmark]
    pre_allocation_of: str = ""

    def benchmark(self, year: int, unit_class: str, kind: Kind) -> Benchmark | None:
        """None where the year has no value of this kind."""
        return self.benchmarks.get((year, unit_class, kind))

    def kinds(self, year: int) -> tuple[Kind, ...]:
        """Which of ``benchmark`` and ``balance`` the year has."""
        return tuple(kind for kind in KINDS if any((year, each, kind) in self.benchmarks for each in CLASSES))  # type: ignore[misc]  # a tuple of literals


class _File:
    """Reads one plan; everything wrong is gathered before it is told."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []

    def wrong(self, key: str, wanted: str) -> None:
        self.problems.append(Problem("ets.plan-bad", file=self.name, values={"key": key, "wanted": wanted}))

    def number(self, key: str, text: Any) -> Fraction:
        try:
            if isinstance(text, float):
                raise ValueError
            return Fraction(str(text))
        except (ValueError, ZeroDivisionError):
            self.wrong(key, 'a number in quotes, such as "0.2"')
            return Fraction(0)

    def mapping(self, key: str, body: Any) -> dict[str, Any]:
        if not isinstance(body, dict):
            self.wrong(key, "key: value")
            return {}
        return body

    def title(self, key: str, body: Any) -> dict[str, str]:
        given = self.mapping(key, body)
        if not given.get("en") or not given.get("zh"):
            self.wrong(key, "{en, zh}")
        return {lang: str(given.get(lang, "")) for lang in ("en", "zh")}

    def source(self, key: str, body: Mapping[str, Any]) -> str:
        text = str(body.get("source", ""))
        if not text.startswith(("read: ", "known: ")):
            self.wrong(f"{key}.source", "read: … or known: …")
        return text

    def rule(self, key: str, body: Any, *names: str) -> Rule:
        given = self.mapping(key, body)
        numbers = {name: self.number(f"{key}.{name}", given[name]) for name in names if name in given}
        return Rule(self.source(key, given), numbers, tuple(str(each) for each in given.get("classes", ())))


_RULES = {
    "cooling": ("water", "air"),
    "heat": CLASSES,
    "gap_cap": ("share",),
    "gas_exempt": (),
    "pre_allocation": ("share",),
    "borrowing": ("from_gap", "share"),
    "intensity": ("slope", "band", "most"),
    "as_verified": (),
    "threshold": ("tonnes",),
}
_KEYS = {"id", "title", "sector", "sectors", "years", "basis", "draft", "published", "source", "load", "special", "notes",
         "benchmarks", *_RULES}  # fmt: skip


def read_plan(path: Path) -> Plan:
    """A plan of one's own, or a shipped one with other numbers. Raises HengtanError with everything that is wrong."""
    try:
        body = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        raise HengtanError(Problem("file.missing", file=str(path))) from None
    except OSError as error:
        raise HengtanError(Problem("file.unreadable", file=str(path), values=system("why", error))) from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise HengtanError(
            Problem("ets.plan-bad", file=str(path), values={"key": "-", "wanted": f"YAML, UTF-8 ({error})"})
        ) from None
    return _plan(path.name, body, _shipped_benchmarks())


@cache
def plans() -> Mapping[str, Plan]:
    """The shipped plans, in the order of their years."""
    folder = files(__package__) / "data"
    found = [
        _plan(each.name, yaml.load(each.read_text("utf-8"), Loader=yaml.CSafeLoader), _shipped_benchmarks())
        for each in folder.iterdir()
        if each.name.endswith(".yaml")
    ]
    return {plan.id: plan for plan in sorted(found, key=lambda plan: (plan.years, plan.sector))}


def plan_of(sector: str, year: int) -> Plan | None:
    """The shipped plan for a sector (``power``, ``steel``, ``cement``, ``aluminium``) in a year."""
    return next((plan for plan in plans().values() if year in plan.years and sector in plan.sectors), None)


@cache
def _shipped_benchmarks() -> list[dict[str, str]]:
    text = (files(__package__) / "data" / _BENCHMARKS).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _plan(name: str, body: Any, rows: Sequence[Mapping[str, str]]) -> Plan:
    file = _File(name)
    given = file.mapping("-", body)
    for key in given:
        if key not in _KEYS:
            file.wrong(str(key), ", ".join(sorted(_KEYS)))
    published = file.mapping("published", given.get("published"))
    day = published.get("date")
    if not isinstance(day, date):
        file.wrong("published.date", "2024-10-21")
        day = date.min
    years = given.get("years")
    if not isinstance(years, list) or not years or not all(type(year) is int for year in years):
        file.wrong("years", "[2025]")
        years = []
    sector = str(given.get("sector", ""))
    plan = Plan(
        id=str(given.get("id", "")),
        title=file.title("title", given.get("title")),
        sector=sector,
        sectors=tuple(str(each) for each in given.get("sectors", [sector])),
        years=tuple(years),
        basis=str(given.get("basis", "")),
        draft=given.get("draft") is True,
        published=day,
        published_source=file.source("published", published),
        source=file.source("-", given),
        rules={key: file.rule(key, given[key], *names) for key, names in _RULES.items() if key in given},
        load=_load(file, given["load"]) if "load" in given else None,
        special=tuple(_special(file, each) for each in given.get("special", ())),
        notes=tuple(file.title("notes", each) for each in given.get("notes", ())),
        benchmarks=_benchmarks(file, given.get("benchmarks", rows) if sector == "power" else (), years),
        pre_allocation_of=_base(file, given),
    )
    if sector == "power" and (plan.basis not in ("supply", "generation") or not plan.benchmarks):
        file.wrong("basis", "supply or generation, and benchmarks")
    if sector != "power" and not {"as_verified", "intensity"} & set(plan.rules):
        file.wrong("intensity", "intensity or as_verified")
    if file.problems:
        raise HengtanError(file.problems)
    return plan


def _base(file: _File, given: Mapping[str, Any]) -> str:
    """The column that the pre-allocation is a share of."""
    if "pre_allocation" not in given:
        return ""
    name = str(file.mapping("pre_allocation", given["pre_allocation"]).get("of"))
    if name not in ("previous_verified_t", "base_allocation_t"):
        file.wrong("pre_allocation.of", "previous_verified_t or base_allocation_t")
    return name


def _load(file: _File, body: Any) -> LoadRule:
    given = file.mapping("load", body)
    bands = []
    for each in given.get("bands", ()):
        part = file.mapping("load.bands", each)
        try:
            equation = Equation(str(part.get("equation", "")))
            if equation.names - {"F"}:
                raise EquationError("equation-not-allowed", part=", ".join(equation.names - {"F"}), known="F")
            bands.append((file.number("load.bands.from", part.get("from")), equation))
        except EquationError as error:
            file.wrong("load.bands.equation", str(error))
    bands.sort(key=lambda band: band[0], reverse=True)
    if not bands or bands[-1][0] != 0:
        file.wrong("load.bands", 'bands down to from: "0"')
    decimals = given.get("decimals")
    classes = tuple(str(each) for each in given.get("classes", ()))
    return LoadRule(file.source("load", given), classes, given.get("with_heat") is True, bands, decimals)


def _special(file: _File, body: Any) -> Special:
    given = file.mapping("special", body)
    above = file.number("special.above", given["above"]) if "above" in given else None
    allocation = str(given.get("allocation"))
    if allocation not in ("verified", "none"):
        file.wrong("special.allocation", "verified or none")
    title = file.title("special.title", given.get("title"))
    return Special(str(given.get("id")), title, allocation, file.source("special", given), above)


def _benchmarks(file: _File, rows: Any, years: Sequence[int]) -> Mapping[tuple[int, str, str], Benchmark]:
    found: dict[tuple[int, str, str], Benchmark] = {}
    for row in rows:
        given = file.mapping("benchmarks", row)
        year, kind = int(str(given.get("year", "0"))), str(given.get("kind", ""))
        if year not in years:
            continue
        found[year, str(given.get("class")), kind.removesuffix(" (draft)")] = Benchmark(
            file.number("benchmarks.power_tco2_per_mwh", given.get("power_tco2_per_mwh")),
            file.number("benchmarks.heat_tco2_per_gj", given.get("heat_tco2_per_gj")),
            str(given.get("confirmed", "")),
            kind.endswith("(draft)"),
        )
    return found
