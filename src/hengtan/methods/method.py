"""A method as a value: how a quantity becomes kg of each gas, and by which standard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction

from hengtan.problems import Problem
from hengtan.units import Unit, UnitError, parse

from .equation import Equation
from .errors import MethodError
from .parameter import Input, Parameter
from .trace import Trace, plain

DENSITY = "density_kg_per_L"
"""The column that carries a litre of fuel to a method that counts tonnes."""

GASES = ("co2_kg", "ch4_kg", "n2o_kg", "other_co2e_kg", "co2e_kg", "biogenic_co2_kg")


@dataclass(frozen=True, slots=True)
class FactorNeed:
    """That the method scales an emission factor, and per what.

    unit       the factor is looked for per this unit; "" per the unit of the row; ``price_year``: money of the year in
               the column ``price_year``, which the column ``price_index`` leads to
    otherwise  ``gwp``: where no factor is given, the gas named by the activity type weighs what the GWP set says
    """

    unit: str = ""
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """kg per unit of the row's amount.

    gases     by the names of the result columns; None: the method does not state it (never 0 by silence)
    trace     every term that went in
    methane   origin of the CH4: fossil, biogenic or unknown (AR6 tells them apart)
    warnings  to be posted beside the row
    """

    gases: Mapping[str, Fraction | None]
    trace: Trace
    methane: str = "unknown"
    warnings: tuple[Problem, ...] = ()

    def __getitem__(self, name: str) -> Fraction | None:
        return self.gases[name]


@dataclass(frozen=True)
class Method:
    """One way to compute, as data.

    title, standard  for people; the standard with the number of its equation
    patterns         activity types that it fits, ``fuel.*``; empty: all
    unit             what the amount is counted in: "" any, ``table`` as the table says for the type, else a symbol
    fuel             the energy in ``unit`` has a calorific basis
    methane          origin of the CH4 it gives: fossil, biogenic, unknown, or ``carbon``: that of the fuel's CO2
    amount_equation  the effective amount from ``quantity`` and further columns in the same unit; None: the quantity
    equations        result to equation: co2, ch4, n2o, biogenic_co2, a gas by its name, co2e, or ``emissions`` (all
                     gases of the factor); proportional to ``amount``
    """

    id: str
    title: Mapping[str, str]
    standard: str
    equations: Mapping[str, Equation]
    patterns: tuple[str, ...] = ()
    unit: str = ""
    units_by_key: Mapping[str, str] = field(default_factory=dict)
    table_key: str = "activity_type"
    fuel: bool = False
    methane: str = "unknown"
    amount_equation: Equation | None = None
    amount_columns: tuple[Input, ...] = ()
    input_columns: tuple[Input, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    factor: FactorNeed | None = None
    note: Mapping[str, str] = field(default_factory=dict)
    file: str = ""

    def applies(self, activity_type: str) -> bool:
        """Whether the method fits the activity type; an unnamed one (a pinned factor) always does."""
        return not activity_type or not self.patterns or any(fnmatchcase(activity_type, p) for p in self.patterns)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns of the activity table that decide the coefficient."""
        names = [column.name for column in self.input_columns]
        names += [parameter.name for parameter in self.parameters if parameter.measurable]
        if self.unit:
            names.append(DENSITY)
        if self.factor and self.factor.unit == "price_year":
            names.append("price_year")
        return tuple(names)

    @property
    def titles(self) -> Mapping[str, Mapping[str, str]]:
        """What the columns and parameters are called, by name."""
        named: tuple[Input | Parameter, ...] = (*self.amount_columns, *self.input_columns, *self.parameters)
        return {one.name: one.title for one in named}

    @property
    def amount_inputs(self) -> tuple[str, ...]:
        """Columns that the effective amount reads beside the quantity; they differ from row to row."""
        return tuple(column.name for column in self.amount_columns)

    @property
    def equation(self) -> str:
        """For people: the equations, one behind the other."""
        amount = f"amount = {self.amount_equation.text}; " if self.amount_equation else ""
        return amount + "; ".join(f"{result} = {equation.text}" for result, equation in self.equations.items())

    def amount_terms(self) -> Mapping[str, Fraction]:
        """The effective amount as a sum: column to its coefficient, ``quantity`` among them."""
        if self.amount_equation is None:
            return {"quantity": Fraction(1)}
        names = ["quantity", *self.amount_inputs]
        zero = dict.fromkeys(names, Fraction(0))
        return {name: self.amount_equation.value(zero | {name: Fraction(1)}) for name in names}

    def amount(self, inputs: Mapping[str, Decimal]) -> Decimal:
        """The effective amount of one row, in the unit of its quantity. ``inputs`` holds ``quantity`` and the columns.

        Raises MethodError for a required cell that is empty, one out of range, and an amount below zero.
        """
        values, problems = {"quantity": inputs["quantity"]}, []
        for column in self.amount_columns:
            given = inputs.get(column.name)
            if given is None and column.default is None:
                problems.append(self._missing(column))
            value = Fraction(given) if given is not None else (column.default or Fraction(0))
            if given is not None and out_of_range(column, value):
                problems.append(range_problem(self.id, column, value))
            values[column.name] = Decimal(value.numerator) / Decimal(value.denominator)
        if problems:
            raise MethodError(problems)
        total = sum(
            (
                values[name] * coefficient.numerator / coefficient.denominator
                for name, coefficient in self.amount_terms().items()
            ),
            Decimal(0),
        )
        if total < 0:
            raise MethodError(Problem("method.amount-negative", values={"method": self.id, "amount": f"{total:f}"}))
        return total

    def read(self, cells: Mapping[str, str]) -> dict[str, Decimal]:
        """The numbers in the columns that the method reads, from their text; empty cells are left out.

        Plain and exponent decimals, and ``98%``. Raises MethodError, one problem for each cell that is no number.
        """
        values, problems = {}, []
        for name in (*self.inputs, *self.amount_inputs):
            text = (cells.get(name) or "").strip()
            if not text:
                continue
            per_cent = text.endswith(("%", "％"))
            try:
                number = Decimal(text.rstrip("%％").strip())
            except ArithmeticError:
                number = Decimal("nan")
            if not number.is_finite():
                problems.append(Problem("method.input-unreadable", column=name, values={"column": name, "text": text}))
            else:
                values[name] = number / 100 if per_cent else number
        if problems:
            raise MethodError(problems)
        return values

    def target_unit(self, row_unit: Unit, key: str) -> Unit:
        """The unit that the equations count in: the method's, the table's for the type, or the row's own."""
        symbol = self.units_by_key.get(key, "") if self.unit == "table" else self.unit
        return parse(symbol) if symbol else row_unit

    def factor_unit(self, unit: str, inputs: Mapping[str, Decimal] | None = None) -> str:
        """The unit per which a factor is wanted for a row counted in ``unit``; "" when the method needs none.

        Raises MethodError when a price index was given without its year, or the other way round.
        """
        if self.factor is None:
            return ""
        if self.factor.unit != "price_year":
            return self.factor.unit or (self.unit if self.unit not in ("", "table") else unit)
        inputs = inputs or {}
        year, index = inputs.get("price_year"), inputs.get("price_index")
        try:
            symbol = parse(unit).symbol
        except UnitError as error:
            raise MethodError(Problem(error.problem_code, column="unit", values=error.values)) from error
        if year is None and index is None:
            return symbol
        target = f"{symbol[:3]}_{year:f}" if year is not None else symbol
        if index is None and target != symbol:
            raise MethodError(
                Problem("unit.price-index", column="price_index", values={"source": symbol, "target": target})
            )
        if year is None:
            column = next(parameter for parameter in self.parameters if parameter.name == "price_index")
            values = {
                "method": self.id,
                "column": "price_year",
                "title": column.title["en"],
                "title_zh": column.title["zh"],
            }
            raise MethodError(Problem("method.input-missing", column="price_year", values=values))
        return target

    def _missing(self, column: Input) -> Problem:
        return missing_problem(self.id, column)


def missing_problem(method: str, column: Input) -> Problem:
    """That a cell is empty which the method cannot do without."""
    values = {
        "method": method,
        "column": column.name,
        "title": column.title["en"],
        "title_zh": column.title["zh"],
        "unit": column.unit_text,
    }
    return Problem("method.input-missing", column=column.name, values=values)


def out_of_range(column: Input, value: Fraction) -> bool:
    """Whether the number lies outside what the method allows."""
    return (column.low is not None and value < column.low) or (column.high is not None and value > column.high)


def range_problem(method: str, column: Input, value: Fraction) -> Problem:
    """That the number lies outside."""
    low, high = (plain(bound) if bound is not None else "…" for bound in (column.low, column.high))
    values = {
        "method": method,
        "column": column.name,
        "value": plain(value),
        "low": low,
        "high": high,
        "unit": column.unit_text,
    }
    return Problem("method.input-range", column=column.name, values=values)
