"""What a page says of any method: equation, inputs, dated parameters, and what a published case reaches."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from hengtan.factors.factor import decimal
from hengtan.methods import GASES, Equation, Method, MethodError, coefficient, mathml
from hengtan.methods import cases as published
from hengtan.methods.trace import plain
from hengtan.web.runs.words import activity_type

from . import words


@cache
def cases_of(method_id: str) -> list[Mapping[str, Any]]:
    """Published worked cases of a method that ships."""
    return [each for each in published() if each["given"]["method"] == method_id]


def shown(one: Method) -> dict[str, Any]:
    """What a page says of any method."""
    here = words.lang()
    rows = [_told(each, here) for each in (*one.amount_columns, *one.input_columns)]
    parameters = [
        _told(each, here) | {"measurable": each.measurable, "values": _values(each)} for each in one.parameters
    ]
    return {
        "title": one.title[here], "equations": equations_of(one), "inputs": rows, "parameters": parameters,
        "note": one.note.get(here, ""), "needs_factor": one.factor is not None, "by_type": _by_type(one, here),
    }  # fmt: skip


def _told(column: Any, here: str) -> dict[str, Any]:
    low, high = (_plain(bound) for bound in (column.low, column.high))
    return {
        "name": column.name, "title": column.title[here], "unit": column.unit_text, "low": low, "high": high,
        "default": _plain(column.default),
    }  # fmt: skip


def _plain(number: Any) -> str:
    return "" if number is None else plain(number)


def _values(parameter: Any) -> list[dict[str, Any]]:
    """Dated values."""
    return [
        {"value": _plain(each.value), "validity": each.validity(), "published": each.published, "source": each.source,
         "known": each.mark == "known"}
        for each in parameter.values
    ]  # fmt: skip


def _by_type(one: Method, here: str) -> dict[str, Any] | None:
    """Parameters that a table gives for each activity type: one line for a type and a period."""
    columns = [each for each in one.parameters if each.by_type]
    if not columns:
        return None
    lines: dict[tuple[str, str, str], dict[str, Any]] = {}
    for at, column in enumerate(columns):
        for kind, values in (column.by_type or {}).items():
            for each in values:
                line = lines.setdefault((kind, each.validity(), each.source), {
                    "type": kind, "title": activity_type(kind), "validity": each.validity(), "published": each.published,
                    "source": each.source, "known": each.mark == "known", "values": [""] * len(columns),
                })  # fmt: skip
                line["values"][at] = _plain(each.value)
    heads = [_told(each, here) | {"measurable": each.measurable} for each in columns]
    return {"heads": heads, "lines": list(lines.values())[:400]}


def equations_of(one: Method) -> list[tuple[str, SafeString, str]]:
    """Result, MathML, text. The names in it are those of the file, escaped where they are set."""
    found = []
    if one.amount_equation:
        found.append(("amount", _math(one.amount_equation), one.amount_equation.text))
    return [*found, *((name, _math(each), each.text) for name, each in one.equations.items())]


def _math(equation: Equation) -> SafeString:
    return mark_safe(mathml(equation))  # noqa: S308  names are identifiers, numbers are numbers; both are escaped


def case_of_source(one: Method, case: Mapping[str, Any]) -> dict[str, Any]:
    """A published case and what is reached now."""
    given = case["given"]
    expected = {name: text for name, text in case["published"].items() if name in GASES}
    reached: dict[str, str] = {}
    try:
        inputs = one.read({name: str(text) for name, text in (given.get("inputs") or {}).items()})
        factor = {name: decimal(str(text)) for name, text in (given.get("factor") or {}).items()}
        quantity = decimal(str(given["quantity"]))
        amount = one.amount(inputs | {"quantity": quantity or Decimal(0)})
        found = coefficient(
            one, inputs, unit=given["unit"], year=int(given["year"]), activity_type=given["activity_type"],
            factor=factor or None, gwp_set=given.get("gwp", "AR5"),
        )  # fmt: skip
        for name in expected:
            per_unit = found[name]
            reached[name] = f"{float(per_unit * Fraction(amount)):.10g}" if per_unit is not None else "—"
    except (MethodError, ValueError, KeyError):
        reached = dict.fromkeys(expected, "—")
    rows = [(name, text, reached[name]) for name, text in expected.items()]
    return {
        "title": case["title"],
        "source": case["source"],
        "given": given,
        "rows": rows,
        "tolerance": case.get("rel", ""),
    }
