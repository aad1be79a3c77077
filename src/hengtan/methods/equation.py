"""The small language of equations: ``+ - * /``, brackets, numbers, names and a few functions.

>>> equation = Equation("amount * carbon_content * 44 / 12")
>>> sorted(equation.names)
['amount', 'carbon_content']
>>> equation.value({"amount": Fraction(3), "carbon_content": Fraction(1, 2)})
Fraction(11, 2)

Python's own parser reads it, a short list of node types is let through, and nothing is ever executed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from fractions import Fraction
from functools import cached_property

from hengtan.problems import both
from hengtan.units import Compound

MAX_LENGTH = 2000
MAX_DEPTH = 200
MAX_EXPONENT = 60  # 1e999999999 is nine characters and would fill the memory
MAX_BITS = 4096  # of a power: powers of powers grow as fast
_POWER = Context(prec=40)


class EquationError(ValueError):
    """The text is not an equation of this language, or its parts do not fit each other; says what and where.

    key  the clause of ``problems/clauses.yaml`` that says it
    """

    def __init__(self, key: str, /, **values: str) -> None:
        self.key, self.values = key, values
        super().__init__(both("why", key, **values)["why"])

    def told(self, name: str) -> dict[str, str]:
        """What is wrong, as two values of a problem."""
        return both(name, self.key, **self.values)


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits * max(abs(exponent), Fraction(1)) > MAX_BITS:
        raise EquationError("equation-power-large")
    if exponent.denominator == 1 and abs(exponent) <= 64 and (base or exponent >= 0):
        return base ** int(exponent)
    if base <= 0:
        raise EquationError("equation-power-exponent")
    decimals = (Decimal(part.numerator) / Decimal(part.denominator) for part in (base, exponent))
    return Fraction(_POWER.power(*decimals))


def _exp(exponent: Fraction) -> Fraction:
    if abs(exponent) > 1000:
        raise EquationError("equation-exp-exponent")
    return Fraction(_POWER.exp(_POWER.divide(Decimal(exponent.numerator), Decimal(exponent.denominator))))


PLAIN = ("power", "exp")  # of plain numbers alone
FUNCTIONS: Mapping[str, Callable[..., Fraction]] = {
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
    "sum": lambda *values: sum(values, Fraction(0)),
    "mean": lambda *values: sum(values, Fraction(0)) / len(values),
    "exp": _exp,  # 40 digits
    "power": _power,  # 40 digits where the exponent is not whole; base and exponent are plain numbers
}


class Equation:
    """One parsed equation, the right-hand side of ``co2 = ...``."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        if len(self.text) > MAX_LENGTH:
            raise EquationError("equation-length", most=str(MAX_LENGTH))
        try:
            self._tree = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise EquationError("equation-syntax", detail=str(error)) from error
        self._check(self._tree)

    def _check(self, node: ast.expr, depth: int = 0) -> None:
        if depth > MAX_DEPTH:
            raise EquationError("equation-depth", most=str(MAX_DEPTH))
        match node:
            case ast.Name():
                if node.id in FUNCTIONS:
                    raise EquationError("equation-function", name=node.id)
            case ast.Constant(value=bool() as value):
                raise EquationError("equation-not-a-number", value=str(value))
            case ast.Constant(value=int() | float()):
                text = ast.get_source_segment(self.text, node) or ""
                if abs(int(text.lower().partition("e")[2] or 0)) > MAX_EXPONENT:
                    raise EquationError("equation-number-large", number=text, most=str(MAX_EXPONENT))
                self._number(node)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                self._check(node.operand, depth + 1)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
                self._check(node.left, depth + 1)
                self._check(node.right, depth + 1)
            case ast.Call(func=ast.Name(id=function), keywords=[]) if function in FUNCTIONS and node.args:
                if function == "power" and len(node.args) != 2:
                    raise EquationError("equation-power-arguments")
                if function == "exp" and len(node.args) != 1:
                    raise EquationError("equation-exp-arguments")
                for argument in node.args:
                    self._check(argument, depth + 1)
            case _:
                part = ast.get_source_segment(self.text, node) or type(node).__name__
                known = ", ".join(FUNCTIONS)
                raise EquationError("equation-not-allowed", part=part, known=known)

    def _number(self, node: ast.Constant) -> Fraction:
        """As it stands in the text: 0.1 is a tenth, not the double next to it."""
        return Fraction((ast.get_source_segment(self.text, node) or "").replace("_", ""))

    @cached_property
    def names(self) -> frozenset[str]:
        """Every quantity and parameter that it reads."""
        called = {id(node.func) for node in ast.walk(self._tree) if isinstance(node, ast.Call)}
        return frozenset(n.id for n in ast.walk(self._tree) if isinstance(n, ast.Name) and id(n) not in called)

    def value(self, values: Mapping[str, Fraction]) -> Fraction:
        """The exact result. Raises EquationError for a division by zero."""
        return self._worked(values)

    @cached_property
    def _worked(self) -> Callable[[Mapping[str, Fraction]], Fraction]:
        """The tree as functions, made once: an equation is worked out for each unit and month of a sector."""
        return self._function(self._tree)

    def _function(self, node: ast.expr) -> Callable[[Mapping[str, Fraction]], Fraction]:
        match node:
            case ast.Name(id=name):
                return lambda values: values[name]
            case ast.Constant():
                number = self._number(node)
                return lambda values: number
            case ast.UnaryOp():
                inner = self._function(node.operand)
                return (lambda values: -inner(values)) if isinstance(node.op, ast.USub) else inner
            case ast.BinOp():
                left, right = self._function(node.left), self._function(node.right)
                match node.op:
                    case ast.Add():
                        return lambda values: left(values) + right(values)
                    case ast.Sub():
                        return lambda values: left(values) - right(values)
                    case ast.Mult():
                        return lambda values: left(values) * right(values)
                part = self._text(node.right)

                def quotient(values: Mapping[str, Fraction]) -> Fraction:
                    divisor = right(values)
                    if not divisor:
                        raise EquationError("equation-zero", part=part)
                    return left(values) / divisor

                return quotient
            case ast.Call(func=ast.Name(id=function)):
                arguments = [self._function(argument) for argument in node.args]
                called = FUNCTIONS[function]
                return lambda values: called(*(argument(values) for argument in arguments))
        raise AssertionError(node)  # pragma: no cover

    def dimension(self, units: Mapping[str, Compound]) -> Compound:
        """The unit of the result. Raises EquationError where unlike things are added or compared."""
        return self._dimension(self._tree, units)

    def _dimension(self, node: ast.expr, units: Mapping[str, Compound]) -> Compound:
        match node:
            case ast.Name():
                return Compound(powers=units[node.id].powers)
            case ast.UnaryOp():
                return self._dimension(node.operand, units)
            case ast.BinOp(op=ast.Mult()):
                return self._dimension(node.left, units) * self._dimension(node.right, units)
            case ast.BinOp(op=ast.Div()):
                return self._dimension(node.left, units) / self._dimension(node.right, units)
            case ast.BinOp():
                return self._alike([node.left, node.right], units)
            case ast.Call(func=ast.Name(id=function)) if function in PLAIN:
                for argument in node.args:
                    if self._dimension(argument, units).powers:
                        raise EquationError("equation-plain-unit", function=function, part=self._text(argument))
            case ast.Call():
                return self._alike(node.args, units)
        return Compound()

    def _alike(self, nodes: list[ast.expr], units: Mapping[str, Compound]) -> Compound:
        first = self._dimension(nodes[0], units)
        for node in nodes[1:]:
            other = self._dimension(node, units)
            if other.powers != first.powers:
                raise EquationError(
                    "equation-unlike",
                    one=self._text(nodes[0]),
                    dimension=first.dimension(),
                    other=self._text(node),
                    other_dimension=other.dimension(),
                )
        return first

    def unit(self, units: Mapping[str, Compound], literals: Mapping[str, Compound]) -> Compound:
        """The unit of the result with its size, where the numbers of the text have units of their own (``literals`` by their text).

        Raises EquationError where unlike things, or like things of unlike size, are added: a factor of 1000 that was left out.
        """
        return self._unit(self._tree, units, literals)

    def _unit(self, node: ast.expr, units: Mapping[str, Compound], literals: Mapping[str, Compound]) -> Compound:
        match node:
            case ast.Name():
                return units[node.id]
            case ast.Constant():
                return literals.get(self._text(node), Compound())
            case ast.UnaryOp():
                return self._unit(node.operand, units, literals)
            case ast.BinOp():
                left, right = (self._unit(part, units, literals) for part in (node.left, node.right))
                if isinstance(node.op, ast.Mult):
                    return left * right
                if isinstance(node.op, ast.Div):
                    return left / right
                if (dict(left.powers), left.scale) != (dict(right.powers), right.scale):
                    one, other = (f"{each.dimension()} ({float(each.scale):g})" for each in (left, right))
                    raise EquationError(
                        "equation-unlike", one=self._text(node.left), dimension=one, other=self._text(node.right), other_dimension=other
                    )  # fmt: skip
                return left
        raise EquationError("equation-not-allowed", part=self._text(node), known="+ - * /")

    def degree(self, name: str) -> int:
        """The power of ``name``: 1 when the result is proportional to it. Raises EquationError when it has none."""
        return self._degree(self._tree, name)

    def _degree(self, node: ast.expr, name: str) -> int:
        match node:
            case ast.Name():
                return int(node.id == name)
            case ast.UnaryOp():
                return self._degree(node.operand, name)
            case ast.BinOp(op=ast.Mult()):
                return self._degree(node.left, name) + self._degree(node.right, name)
            case ast.BinOp(op=ast.Div()):
                return self._degree(node.left, name) - self._degree(node.right, name)
            case ast.BinOp() | ast.Call():
                parts = [node.left, node.right] if isinstance(node, ast.BinOp) else node.args
                degrees = {self._degree(part, name) for part in parts}
                exempt = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PLAIN
                if len(degrees) > 1 or (exempt and degrees != {0}):
                    raise EquationError("equation-not-proportional", part=self._text(node), name=name)
                return degrees.pop()
        return 0

    def _text(self, node: ast.expr) -> str:
        return ast.get_source_segment(self.text, node) or "?"

    def __repr__(self) -> str:
        return f"Equation({self.text!r})"
