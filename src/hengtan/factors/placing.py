"""Where a result stands in the inventory: scope and category, from the factor first (contract, section 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hengtan.problems import Problem

from .factor import Factor
from .taxonomy import ActivityType

# Category of the library -> scope and categories of the inventory it may mean, the usual one first.
_MEANING: dict[str, tuple[int | None, tuple[str, ...]]] = {
    "stationary_combustion": (1, ("stationary",)),
    "mobile_combustion": (1, ("mobile",)),
    "process": (1, ("process",)),
    "wastewater": (
        1,
        ("process",),
    ),  # anaerobic treatment stands beside the process emissions in the Chinese guidelines
    "refrigerant": (1, ("fugitive",)),
    "purchased_electricity": (2, ("electricity",)),
    "electric_vehicle": (2, ("electricity",)),
    "purchased_heat": (2, ("heat", "steam", "cooling")),  # published for heat and steam together
    "td_losses": (3, ("3",)),
    "wtt": (3, ("3",)),
    "material": (3, ("1",)),
    "purchased_goods_spend": (3, ("1", "2")),
    "cloud_electricity": (3, ("1",)),
    "cbam_embedded_emissions": (3, ("1",)),
    "freight": (3, ("4", "9")),
    "waste": (3, ("5", "12")),
    "business_travel": (3, ("6", "7")),
    "hotel": (3, ("6",)),
    "homeworking": (3, ("7",)),
    "leased_assets": (3, ("8", "13")),
    "water": (3, ("1", "5")),
    "electricity_footprint": (3, ()),
    "biogenic_outside_scopes": (None, ()),
}
CATEGORIES: dict[int, tuple[str, ...]] = {
    1: ("stationary", "mobile", "process", "fugitive"),
    2: ("electricity", "heat", "steam", "cooling"),
    3: tuple(str(number) for number in range(1, 16)),
}
_WORDS = {
    "固定": "stationary",
    "固定燃烧": "stationary",
    "固定源": "stationary",
    "移动": "mobile",
    "移动燃烧": "mobile",
    "移动源": "mobile",
    "过程": "process",
    "工业过程": "process",
    "生产过程": "process",
    "逸散": "fugitive",
    "制冷剂": "fugitive",
    "电力": "electricity",
    "外购电力": "electricity",
    "热力": "heat",
    "外购热力": "heat",
    "蒸汽": "steam",
    "制冷": "cooling",
    "冷": "cooling",
}
# Names of the GHG Protocol's fifteen categories, as people write them into the column.
_SCOPE_3 = (
    ("purchased goods and services", "外购商品和服务"),
    ("capital goods", "资本商品"),
    ("fuel- and energy-related activities", "燃料和能源相关活动"),
    ("upstream transportation and distribution", "上游运输和配送"),
    ("waste generated in operations", "运营中产生的废物"),
    ("business travel", "商务旅行"),
    ("employee commuting", "员工通勤"),
    ("upstream leased assets", "上游租赁资产"),
    ("downstream transportation and distribution", "下游运输和配送"),
    ("processing of sold products", "售出产品的加工"),
    ("use of sold products", "售出产品的使用"),
    ("end-of-life treatment of sold products", "售出产品的报废处理"),
    ("downstream leased assets", "下游租赁资产"),
    ("franchises", "特许经营"),
    ("investments", "投资"),
)
_NAMES_3 = {name: str(number) for number, names in enumerate(_SCOPE_3, 1) for name in names}
_AROUND = re.compile(r"^purchased (?=electricity|heat|steam|cooling)| (?:combustion|emissions?|sources?)$")
_NUMBERED = re.compile(r"(?:scope\s*3|3|category|cat\.?|类别|范围三|范围3)?[\s.:-]*(1[0-5]|[1-9])", re.IGNORECASE)
_SCOPES = {"一": 1, "二": 2, "三": 3}


@dataclass(frozen=True, slots=True)
class Place:
    """scope: 1, 2, 3, None outside the scopes; category: as in the contract, "" if unknown."""

    scope: int | None
    category: str
    warnings: tuple[Problem, ...] = ()


def scope_in(text: str) -> int | None:
    """The scope that a cell names: ``1``, ``Scope 2``, ``范围三``; None when none."""
    match = re.fullmatch(r"(?:scope|范围)?\s*([123一二三])(?:\.0)?", text.strip(), re.IGNORECASE)
    if not match:
        return None
    return _SCOPES.get(match[1]) or int(match[1])


def category_in(text: str, scope: int | None = None) -> str:
    """The category that a cell names: ``mobile``, ``6``, ``3.6``, ``类别6``, ``移动源``; "" when none."""
    plain = text.strip().casefold()
    word = _WORDS.get(plain, _AROUND.sub("", plain))
    if any(word in names for number, names in CATEGORIES.items() if number != 3 and scope in (None, number)):
        return word
    if scope not in (None, 3):
        return ""
    match = _NUMBERED.fullmatch(plain)
    return match[1] if match else _NAMES_3.get(plain, "")


def energies_of_factor(factor: Factor) -> tuple[str, ...]:
    """Kinds of purchased energy that a factor's category means, the usual one first; () where it means none."""
    known = _MEANING.get(factor.category.strip().casefold())
    if known:
        return known[1] if known[0] == 2 else ()
    named = category_in(factor.category, 2)
    return (named,) if named else ()


def scope_of_factor(factor: Factor) -> int | None:
    """The scope that a factor states or that its category means; None where it leaves it open or is outside the scopes."""
    known = _MEANING.get(factor.category.strip().casefold())
    if known and known[0] is None:
        return None
    return factor.scope or (known[0] if known else None) or (3 if factor.ghgp_category.strip() else None)


def place(
    factor: Factor, kind: ActivityType | None, scope_text: str, category_text: str, *, pinned: bool
) -> Place | Problem:
    """Scope and category of what this factor computes.

    The factor decides; the row's scope and category count only where it gives none or several. ``kind`` is the row's
    activity type: without a pin it tells stationary from mobile use of a fuel and heat from steam.
    """
    known = _MEANING.get(factor.category.strip().casefold())
    if known and known[0] is None:
        return Place(None, "")
    scope = scope_of_factor(factor)
    warnings = []
    asked = scope_in(scope_text)
    if scope is None:
        scope = asked or (kind.scope if kind else None) or _scope_of(category_text)
        if scope is None:
            return Problem("choice.no-scope", values={"factor": factor.factor_id, "scope": scope_text or "-"})
    elif asked and asked != scope:
        values = {"factor": factor.factor_id, "scope": str(scope), "asked": scope_text}
        warnings.append(Problem("choice.scope-ignored", values=values))
    options = _options(factor, scope, known[1] if known and known[0] == scope else ())
    named = category_in(category_text, scope)
    own = kind.category if kind and kind.scope == scope else ""
    if scope == 1 and not pinned and {*options, named or own} <= {"stationary", "mobile"} and (named or own):
        return Place(scope, named or own, tuple(warnings))
    if len(options) == 1:
        category = options[0]
    elif options:
        category = next((name for name in (named, own) if name in options), options[0] if scope == 2 else "")
        if not category:
            values = {"factor": factor.factor_id, "options": ", ".join(options)}
            warnings.append(Problem("choice.category-open", values=values))
    else:
        category = named or own
    if category_text.strip() and named != category and not (named and not options):
        values = {"factor": factor.factor_id, "category": category or "-", "asked": category_text}
        warnings.append(Problem("choice.category-ignored", values=values))
    return Place(scope, category, tuple(warnings))


def _options(factor: Factor, scope: int, usual: tuple[str, ...]) -> tuple[str, ...]:
    if scope == 3:
        given = tuple(category_in(part, 3) for part in re.split(r"[;,|]", factor.ghgp_category))
        return tuple(name for name in given if name) or usual
    if usual:
        return usual
    named = category_in(factor.category, scope)  # a company's own file may use the words of the inventory
    return (named,) if named else ()


def _scope_of(category_text: str) -> int | None:
    named = category_in(category_text)
    return next((scope for scope, names in CATEGORIES.items() if named in names), None)
