"""Emissions of a statement: each source by its equation, summed by source, process and enterprise.

A value of the year that is a mean is weighted by what it is a mean of (calorific values by consumption); the plain mean of twelve
months is never taken. Rounding follows the guideline where it says how; everything else is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from hengtan.gases import UnknownGwpError, find, gwp
from hengtan.methods import Equation, EquationError
from hengtan.problems import Problem

from .method import Default, Parameter, Part, Ratio, SectorMethod, Source
from .result import ZERO, RatioResult, Result, SourceResult, Step, Used, rounded
from .statement import MONTHS, Given, Place, Statement, Values, is_missing

_GAS_NAMES = {"co2": "CO2", "ch4": "CH4", "n2o": "N2O", "cf4": "CF4", "c2f6": "C2F6", "c3f8": "C3F8", "sf6": "SF6",
              "hfc23": "HFC-23"}  # fmt: skip


def calculate(statement: Statement, method: SectorMethod, year: int | None = None) -> Result:
    """Every source of every place for which the statement says anything."""
    problems: list[Problem] = list(statement.problems)
    if year is not None and not (method.first.year <= year and (method.last is None or year <= method.last.year)):
        valid = f"{method.first}/{method.last or ''}"
        problems.append(Problem("sector.not-in-force", values={"method": method.id, "year": str(year), "valid": valid}))
    results: list[SourceResult] = []
    ratios: list[RatioResult] = []
    incomplete: set[Place] = set()
    years: dict[tuple[Place, str], Fraction] = {}
    counted: set[tuple[Place, str]] = set()
    read = method.read_anywhere()
    for place, values in statement.values.items():
        here = _Here(place, values, method, year, problems)
        found = [each for source in method.sources if (each := here.source(source)) is not None]
        results += found
        ratios += here.ratios(found)
        counted |= {(place, name) for name in here.counted(found)}
        here.check(read)
        if here.failed:
            incomplete.add(place)
        years |= {(place, name): value for name, value in here.means()}
    return Result(method, year, results, ratios, problems, statement, frozenset(incomplete), years, frozenset(counted))


class _Missing(Exception):  # noqa: N818  (a turn in the way of calculating, told as a problem)
    """A value that an equation needs and nothing gives."""


class _Here:
    """One place while it is worked out."""

    def __init__(
        self, place: Place, values: Values, method: SectorMethod, year: int | None, problems: list[Problem]
    ) -> None:
        self.place, self.values, self.method, self.year, self.problems = place, values, method, year, problems
        self.failed = False
        self._read: set[str] = set()
        self._cache: dict[tuple[str, str, str], Used] = {}
        self._told: set[tuple[str, str]] = set()

    def wrong(self, code: str, name: str, /, **told: str) -> None:
        """One problem of a parameter here, told once."""
        if (code, name) not in self._told:
            self._told.add((code, name))
            rows = [each.row for each in self.values.get(name, {}).values()]
            where = " / ".join(part for part in (self.place.entity, self.place.process, self.place.unit_name) if part)
            values = {"parameter": name, "place": where, **told}
            self.problems.append(Problem(code, row=min(rows, default=None), column="parameter", values=values))

    def items(self, group: str) -> list[str]:
        """The items of a group of which anything is given, in the order of the statement."""
        found: dict[str, None] = {}
        for name in self.values:
            place = self.method.find(name)
            if place and place[0] == group and group:
                found[place[1]] = None
        return list(found)

    def source(self, source: Source) -> SourceResult | None:
        """None where nothing of the source is given here."""
        if source.processes and self.place.process not in source.processes:
            return None
        steps: list[Step] = []
        co2 = co2e = ZERO
        for part in source.parts:
            if part.group:
                items = self.items(part.group)
            else:
                known = [name for name in part.equation.names if name in self.method.parameters]
                items = [""] if any(self._stated(name, "", "") for name in known) else []
            for item in items:
                try:
                    step = self.step(part, item)
                except _Missing:
                    self.failed = True
                    continue
                except (EquationError, UnknownGwpError) as error:
                    self.failed = True
                    self.wrong("sector.equation", f"{part.group}.{item}".strip("."), why=str(error))
                    continue
                steps.append(step)
                sign = -1 if part.minus else 1
                co2e += sign * rounded(step.co2e_t, self.method.emission_decimals)
                co2 += sign * rounded(step.co2e_t, self.method.emission_decimals) if step.gas == "CO2" else 0
        return SourceResult(source, self.place, co2, co2e, tuple(steps)) if steps else None

    def _gwp(self, gas: str) -> Fraction:
        """Of the guideline's set; where that lacks the gas, of the set that the guideline's file names, and told."""
        beside = self.method.gwp_beside.get(gas)
        if beside is None:
            return Fraction(gwp(gas, self.method.gwp))
        self.wrong("sector.gwp-beside", gas, gas=gas, set=self.method.gwp, value=beside.text, source=beside.source)
        return beside.value

    def step(self, part: Part, item: str) -> Step:
        """One equation for one item."""
        used = [self.year_value(name, part.group, item) for name in sorted(part.equation.names)]
        gas = part.gas and _GAS_NAMES[part.gas]
        if not gas:
            known = self.method.groups[part.group].items.get(item)
            gas = find(known.gas if known and known.gas else item).name
        value = part.equation.value(
            {name: each.value for name, each in zip(sorted(part.equation.names), used, strict=True)}
        )
        weighed = value if gas == "CO2" else value * self._gwp(gas)
        return Step(part.group, item, gas, part.equation.text, value, tuple(used), part.minus, weighed)

    # --- values

    def full(self, name: str, group: str, item: str) -> str:
        """The name as a statement writes it: a parameter of the item, or a single one."""
        if group:
            members = self.method.groups[group].items
            shapes = members[item].parameters if item in members else self.method.groups[group].own
            if name in shapes:
                return f"{group}.{item}.{name}" if item else f"{group}.{name}"
        return name

    def parameter(self, full: str) -> Parameter:
        """What the method says of it; KeyError for a name that an equation made up (a slip in the method's file)."""
        found = self.method.find(full)
        if found is None:
            raise KeyError(full)
        return found[2]

    def year_value(self, name: str, group: str, item: str) -> Used:
        """The value of the year."""
        full = self.full(name, group, item)
        key = (full, group, item)
        if key not in self._cache:
            self._read.add(full)
            self._cache[key] = self._year_value(full, group, item)
        return self._cache[key]

    def _year_value(self, full: str, group: str, item: str) -> Used:
        parameter = self.parameter(full)
        months = self.values.get(full, {})
        if not months:
            return self._not_given(full, parameter, group, item)
        whole = months.get(None)
        by_month = {month: each for month, each in months.items() if month is not None}
        if not by_month:
            assert whole is not None
            return Used(
                full,
                rounded(whole.value, parameter.decimals),
                parameter.unit,
                whole.obtained,
                whole.source,
                row=whole.row,
            )
        if parameter.sums:
            value = sum((each.value for each in by_month.values()), ZERO)
            missing = is_missing(parameter, months)
            if missing:
                self.wrong("sector.months-missing", full, months=", ".join(map(str, missing)))
            if whole is not None and whole.value != value:
                code = "sector.year-differs" if len(by_month) == 12 else "sector.year-and-months"
                self.wrong(code, full, year=_text(whole.value), sum=_text(value), count=str(len(by_month)))
                self.failed |= len(by_month) < 12
        else:
            value = self._mean(full, parameter, by_month, group, item)
            digits = parameter.decimals
            if whole is not None and rounded(whole.value, digits) != rounded(value, digits):
                self.wrong("sector.mean-differs", full, year=_text(whole.value), mean=_text(value))
        first = next(iter(by_month.values()))
        obtained = "; ".join(dict.fromkeys(each.obtained for each in by_month.values() if each.obtained))
        shown = {month: each.value for month, each in sorted(by_month.items())}
        return Used(
            full,
            rounded(value, parameter.decimals),
            parameter.unit,
            obtained,
            first.source,
            row=first.row,
            months=shown,
        )

    def _way(self, parameter: Parameter, group: str, item: str) -> tuple[Equation, list[str]] | None:
        """The first equation that the statement, with the defaults, can fill; and what of it the statement gives.

        Where one is begun and cannot be filled, what lacks is told, and nothing stands in for it.
        """
        begun: list[tuple[list[str], str]] = []  # what is given of it, and the first thing that lacks
        for way in parameter.ways:
            names = [self.full(name, group, item) for name in sorted(way.names)]
            given = [each for each in names if self._stated(each, group, item)]
            lacking = [each for each in names if each not in given and not self.parameter(each).default(self.year)]
            if given and not lacking:
                for others, lack in begun:
                    if not set(others) <= set(names):
                        self._lacks(lack)
                return way, given
            if given:
                begun.append((given, lacking[0]))
        if begun:
            self._lacks(begun[0][1])
        return None

    def _stated(self, full: str, group: str, item: str) -> bool:
        """Whether the statement gives it, or what it follows from."""
        if full in self.values:
            return True
        ways = self.parameter(full).ways
        return any(self._stated(self.full(name, group, item), group, item) for way in ways for name in way.names)

    def _lacks(self, full: str) -> None:
        parameter = self.parameter(full)
        self.wrong("sector.missing", full, unit=parameter.unit, years=_years(parameter))
        raise _Missing

    def _not_given(self, full: str, parameter: Parameter, group: str, item: str) -> Used:
        found = self._way(parameter, group, item)
        if found is not None:
            way, given = found
            self._read |= {self.full(name, group, item) for name in way.names}
            monthly = sorted({
                month for each in given for month in self.values.get(each, ()) if month is not None
            })  # fmt: skip
            shown: dict[int, Fraction] = {}
            if monthly and (parameter.weight is not None or parameter.sums):
                shown = {month: way.value(self._month(way, month, group, item)) for month in monthly}
            if shown and parameter.weight is not None:
                each = {month: Given(value, "calculated", way.text, 0) for month, value in shown.items()}
                value = self._mean(full, parameter, each, group, item)
            elif shown:
                value = sum(shown.values(), ZERO)
            else:
                value = way.value({name: self.year_value(name, group, item).value for name in way.names})
            return Used(full, rounded(value, parameter.decimals), parameter.unit, "calculated", way.text, months=shown)
        default = self._default(parameter, group, item)
        if default is None:
            self._lacks(full)
        assert default is not None
        if default.first is not None and (self.year is None or not default.holds(self.year)):
            asked = "-" if self.year is None else str(self.year)
            self.wrong("sector.default-of-year", full, default=f"{default.text} {parameter.unit}",
                       of=str(default.first.year), asked=asked)  # fmt: skip
        return Used(full, default.value, parameter.unit, "default", default.source, default.mark)

    def _default(self, parameter: Parameter, group: str, item: str) -> Default | None:
        """The guideline's value, or what follows from its values alone where nothing is measured."""
        own = parameter.default(self.year)
        if own is not None:
            return own
        for way in parameter.ways:
            names = sorted(way.names)
            parts = [self.parameter(self.full(name, group, item)).default(self.year) for name in names]
            known = {name: each for name, each in zip(names, parts, strict=True) if each is not None}
            if len(known) == len(names):
                value = way.value({name: each.value for name, each in known.items()})
                first = known[names[0]]
                return Default(value, _text(value), f"{way.text}: {first.source}", first.mark)
        return None

    def _month(self, equation: Equation, month: int, group: str, item: str) -> dict[str, Fraction]:
        """What an equation reads, in one month: the month's value, else the year's where it does not add up, else the default."""
        return {
            name: self._of_month(self.full(name, group, item), month, equation, group, item) for name in equation.names
        }

    def _of_month(self, full: str, month: int, equation: Equation, group: str, item: str) -> Fraction:
        parameter = self.parameter(full)
        months = self.values.get(full, {})
        if month in months:
            return months[month].value
        if None in months and not parameter.sums:
            return months[None].value
        if parameter.sums and any(each is not None for each in months):
            return ZERO  # a month that is left out of a sum is told as missing
        if not months and (found := self._way(parameter, group, item)) is not None:
            self._read |= {self.full(name, group, item) for name in found[0].names}
            return found[0].value(self._month(found[0], month, group, item))
        default = self._default(parameter, group, item)
        if default is not None and not months and not (parameter.sums and default.value):
            return default.value
        if parameter.sums:
            self.wrong("sector.weight-missing", full, parameter_of=equation.text)
            raise _Missing
        if default is None:
            self._lacks(full)
        assert default is not None
        return default.value

    def _mean(self, full: str, parameter: Parameter, months: Mapping[int, Given], group: str, item: str) -> Fraction:
        """The mean of the months, weighted; months without a value take the default where the guideline lets them."""
        if parameter.weight is None:
            values = {each.value for each in months.values()}
            if len(values) > 1:
                self.wrong("sector.weight-unknown", full)
                raise _Missing
            return values.pop()
        default = self._default(parameter, group, item)
        measured = [month for month, each in months.items() if each.obtained == "measured"]
        weights, total = {}, ZERO
        for month in MONTHS:
            given = months.get(month)
            weight = parameter.weight.value(self._month(parameter.weight, month, group, item))
            if given is None and not weight:
                continue
            if given is None and default is None:
                self.wrong("sector.month-value-missing", full, month=str(month))
                raise _Missing
            falls_back = given is None or given.obtained == "default"
            if parameter.once_measured and falls_back and measured and month > min(measured):
                self.wrong("sector.back-to-default", full, month=str(month), first=str(min(measured)))
                self.failed = True
            if given is None and default is not None:
                self.wrong(
                    "sector.month-by-default", full, month=str(month), default=f"{default.text} {parameter.unit}"
                )
            weights[month] = weight
            total += weight * (given.value if given is not None else default.value if default is not None else ZERO)
        weighed = sum(weights.values(), ZERO)
        if not weighed:
            return next(iter(months.values())).value
        return total / weighed

    # --- beside the emissions

    def ratios(self, results: Sequence[SourceResult]) -> list[RatioResult]:
        """Intensities and the like, where everything they need is there; what they lack is no fault of the statement."""
        found = []
        emissions = sum((each.co2e_t for each in results if each.source.kind == "direct"), ZERO)
        for ratio in self.method.ratios:
            if ratio.processes and self.place.process not in ratio.processes:
                continue
            told, known, failed = len(self.problems), set(self._told), self.failed
            try:
                value = self._ratio(ratio, results, emissions)
            except (_Missing, EquationError):
                kept = [each for each in self.problems[told:] if each.code != "sector.missing"]
                self._told, self.failed = known | {(each.code, each.values["parameter"]) for each in kept}, failed
                self.problems[told:] = kept
                continue
            if value is not None:
                decimals = ratio.decimals
                found.append(
                    RatioResult(ratio.id, self.place, rounded(value, decimals), ratio.unit, ratio.equation.text)
                )
        return found

    def _ratio(self, ratio: Ratio, results: Sequence[SourceResult], emissions: Fraction) -> Fraction | None:
        """None where the statement says nothing that it is about."""
        names = ratio.equation.names
        singles = [name for name in names if name in self.method.parameters and name not in ratio.reads]
        values = {name: self._alias(ratio.reads[name], results) for name in names if name in ratio.reads}
        if ("e" in names and not results) or not (values or any(self._stated(name, "", "") for name in singles)):
            return None
        values |= {name: self.year_value(name, "", "").value for name in singles}
        return ratio.equation.value(values | {"e": emissions})

    def _alias(self, what: str, results: Sequence[SourceResult]) -> Fraction:
        """A value of a group, its sum over items, or the emissions of a part. Raises _Missing where nothing is given."""
        if what.startswith("emissions:"):
            group = what.partition(":")[2]
            steps = [step.gas_t for each in results for step in each.steps if step.group == group]
            if not steps:
                raise _Missing
            return sum(steps, ZERO)
        group, _, rest = what.partition(".")
        chosen, _, name = rest.rpartition(".")
        items = [item for item in self.items(group) if chosen in ("*", item)]
        if not items:
            raise _Missing
        return sum((self.year_value(name, group, item).value for item in items), ZERO)

    def means(self) -> Iterator[tuple[str, Fraction]]:
        """The weighted mean of what was stated by month; what cannot be weighted has none, and was told where it was needed."""
        told, failed = len(self.problems), self.failed
        for name, months in self.values.items():
            parameter = self.parameter(name)
            if parameter.sums or parameter.weight is None or set(months) == {None}:
                continue
            group, item, _ = self.method.find(name) or ("", "", None)
            try:
                yield name, self.year_value(name.rpartition(".")[2] if group else name, group, item).value
            except (_Missing, EquationError):
                continue
        del self.problems[told:]
        self.failed = failed

    def counted(self, results: Sequence[SourceResult]) -> set[str]:
        """What was stated and counts in the emissions."""
        open_ = [
            (used.name, step.group, step.item)
            for each in results if each.source.kind != "note" for step in each.steps for used in step.used
        ]  # fmt: skip
        found: set[str] = set()
        while open_:
            full, group, item = open_.pop()
            if full in self.values:
                found.add(full)
                continue
            names = {name for way in self.parameter(full).ways for name in way.names}
            open_ += [(self.full(name, group, item), group, item) for name in names]
        return found

    def check(self, read: frozenset[str]) -> None:
        """Values that nothing read, and values that are unusual."""
        for name, months in self.values.items():
            parameter = self.parameter(name)
            if name not in self._read and ("." in name or name in read):
                self.wrong("sector.not-used", name)
            if parameter.usual is not None:
                low, high = parameter.usual
                for each in months.values():
                    if not low <= each.value <= high:
                        self.wrong(
                            "sector.unusual",
                            name,
                            value=_text(each.value),
                            unit=parameter.unit,
                            low=_text(low),
                            high=_text(high),
                        )


def _text(value: Fraction) -> str:
    return f"{float(value):g}"


def _years(parameter: Parameter) -> str:
    return ", ".join(str(each.first.year) for each in parameter.defaults if each.first) or "-"
