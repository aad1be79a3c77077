"""Masses as they are shown: t with two decimals, kg where that would be 0.00; changes with their sign."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from hengtan.inventory.explain_words import words as explain_words
from hengtan.inventory.totals import EXACT
from hengtan.problems import Problem
from hengtan.web.runs import words

register = template.Library()
CENT = Decimal("0.01")
BRIEF = 12  # characters


def tonnes(kg: object, places: int = 2) -> Decimal:
    """Rounded half-even, as that context rounds, once."""
    return EXACT.quantize(EXACT.scaleb(Decimal(str(kg)), -3), Decimal(1).scaleb(-places))


def shown(value: Decimal, places: int = 2) -> str:
    """161,981.15 with U+2212 as minus."""
    return f"{value:,.{places}f}".replace("-", "−")


@register.filter
def t(kg: object, places: int = 2) -> str:
    """Tonnes of a mass in kg; an em dash for none."""
    if kg is None or kg == "":
        return "—"
    return shown(tonnes(kg, places), places)


@register.filter
def mass(kg: object) -> SafeString:
    """Tonnes with their unit; kg below 0.01 t."""
    value = Decimal(str(kg))
    if value and abs(value) < 5:
        return format_html('{}<span class="u">kg</span>', f"{value.normalize():f}"[:9])
    return format_html('{}<span class="u">t</span>', shown(tonnes(value)))


@register.filter
def cell(kg: object) -> SafeString:
    """In a column of tonnes: kg with their unit below 0.01 t."""
    value = Decimal(str(kg))
    if value and abs(value) < 5:
        return mass(kg)
    return format_html("{}", shown(tonnes(value)))


@register.filter
def unit(name: str) -> str:
    """With signs for the digits of a unit: m³, CO₂e."""
    return str(name or "").replace("CO2e", "CO₂e").replace("CO2", "CO₂").replace("m3", "m³").replace("m2", "m²")


@register.filter
def change(kg: object) -> SafeString:
    """Signed tonnes in the colour of their direction."""
    value = tonnes(kg)
    if not value:
        return format_html('<span class="mut">{}</span>', "0.00")
    sign = "+" if value > 0 else ""
    return format_html('<span class="{}">{}{}</span>', "up" if value > 0 else "down", sign, shown(value))


@register.filter
def signed(value: object, places: int = 1) -> str:
    """+3.8, −0.4."""
    told = Decimal(str(value))
    return f"{told:+,.{places}f}".replace("-", "−")


@register.filter
def share(part: object, whole: object) -> str:
    """Percent with one decimal; an em dash of nothing."""
    of = Decimal(str(whole or 0))
    return f"{Decimal(str(part)) * 100 / of:.1f}%".replace("-", "−") if of else "—"


@register.filter
def digits(value: object) -> str:
    """All digits of an exact number in groups of three before the point."""
    if value is None or value == "":
        return "—"
    text = f"{Decimal(str(value)):f}"
    number, point, rest = text.partition(".")
    rest = rest.rstrip("0")
    minus = "−" if number.startswith("-") else ""
    return f"{minus}{int(number.lstrip('-')):,}{point if rest else ''}{rest}"


@register.filter
def brief(value: object) -> str:
    """All digits where they are few; else two places, the rest stands elsewhere on the page."""
    told = digits(value)
    return told if len(told) <= BRIEF else shown(EXACT.quantize(Decimal(str(value)), CENT))


@register.filter
def scope_name(scope: Any) -> Any:
    """Scope 1."""
    return words.SCOPES.get(scope, scope)


@register.filter
def scope_number(number: str) -> Any:
    """The scope of an address; 0 is outside."""
    return words.SCOPES.get(int(number) or None, number) if number in ("0", "1", "2", "3") else number


@register.filter
def category_name(name: str) -> Any:
    """Purchased electricity."""
    return words.category(name)


@register.filter
def match_name(name: str) -> Any:
    """Exact match."""
    return words.MATCHES.get(name or "none", name)


@register.filter
def gas_name(name: str) -> Any:
    """CH₄."""
    return words.GASES.get(name, name)


@register.filter
def match_colour(name: str) -> str:
    """The end of the class that colours it."""
    return words.COLOURS.get(name or "none", "rejected")


@register.filter
def type_name(name: str) -> str:
    """Natural gas."""
    return words.activity_type(name)


@register.filter
def term_name(name: str) -> str:
    """Of a term of a coefficient: factor, instrument, conversion; a method's own input keeps its name."""
    return explain_words(words.lang()).get(name, name)


@register.filter
def short(digest: str) -> str:
    """The two ends of a digest."""
    return f"{digest[:12]}…{digest[-8:]}" if len(digest) > 24 else digest


@register.filter
def file_name(path: str) -> str:
    """Without the folder that it lies in."""
    return path.rsplit("/", 1)[-1]


@register.filter
def of(problem: dict[str, Any], name: str) -> str:
    """A sentence of a stored problem in the language of the page."""
    return str(problem.get(name, {}).get(words.lang(), ""))


@register.filter
def reason(problem: Problem | None) -> str:
    """What is wrong."""
    return problem.reason(words.lang()) if problem else ""


@register.filter
def mend(problem: Problem | None) -> str:
    """How to mend it."""
    return problem.mend(words.lang()) if problem else ""


@register.simple_tag
def basis_name(basis: str) -> str:
    """Location-based."""
    return str(words.BASES.get(basis, _("both bases")))
