"""How a coefficient came about, term by term: what ``explain`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

_ORIGINS = {
    "measured": {"en": "measured, given in the row", "zh": "实测，取自该行"},
    "given": {"en": "given in the row", "zh": "取自该行"},
    "default": {"en": "default of the method", "zh": "方法缺省值"},
    "constant": {"en": "constant", "zh": "常数"},
    "empty": {"en": "cell empty, taken as", "zh": "单元格为空，取"},
    "conversion": {"en": "conversion of units", "zh": "单位换算"},
}
_UNVERIFIED = {"en": "not verified against the source", "zh": "未经原始来源核实"}


def plain(value: Fraction) -> str:
    """A fraction as a decimal, exact where it ends, else to 12 significant digits."""
    with localcontext() as context:
        context.prec = 40
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        if Fraction(exact) != value:
            context.prec = 12
            exact = +exact
        return f"{exact.normalize():f}" if exact else "0"


@dataclass(frozen=True, slots=True)
class Term:
    """One number in an equation.

    origin  measured (a column of the row in place of a default), given, default, constant, empty, conversion
    """

    name: str
    title: Mapping[str, str]
    value: Fraction
    unit: str
    origin: str
    source: str = ""
    valid: str = ""
    published: date | None = None
    mark: str = "read"

    def line(self, lang: str = "en") -> str:
        """``carbon_content_tc_per_gj 0.02618 t C/GJ_ncv  default of the method, 2024-01-01 …, MEE ...``."""
        notes = [_ORIGINS[self.origin][lang], self.valid, self.source]
        if self.mark == "known":
            notes.append(_UNVERIFIED[lang])
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{self.name}  {plain(self.value)}{unit}  " + {"en": ", ", "zh": "，"}[lang].join(
            note for note in notes if note
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """The method and every term of it. equations: result (co2, ch4, emissions, ...) to its text."""

    method: str
    title: Mapping[str, str]
    standard: str
    equations: Mapping[str, str]
    terms: Sequence[Term]
    unit: str

    def lines(self, lang: str = "en") -> list[str]:
        """For people, one line a term."""
        by = {"en": "by method", "zh": "方法"}[lang]
        texts = [f"{result} = {text}" for result, text in self.equations.items()]
        return [
            *texts,
            *(f"  {term.line(lang)}" for term in self.terms),
            f"  {by}  {self.method}  {self.title[lang]}: {self.standard}",
        ]

    def as_dict(self) -> dict[str, Any]:
        """For JSON and for the plan."""
        return {
            "method": self.method,
            "title": dict(self.title),
            "standard": self.standard,
            "unit": self.unit,
            "equations": dict(self.equations),
            "terms": [
                {
                    "name": term.name,
                    "title": dict(term.title),
                    "value": plain(term.value),
                    "unit": term.unit,
                    "origin": term.origin,
                    "source": term.source,
                    "valid": term.valid,
                    "published": term.published.isoformat() if term.published else "",
                    "mark": term.mark,
                }
                for term in self.terms
            ],
        }
