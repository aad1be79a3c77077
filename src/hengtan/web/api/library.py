"""The factor library: factors, activity types, methods. The same for everybody."""

from __future__ import annotations

from typing import Any, Literal

from django.http import Http404
from ninja import Router, Schema

from hengtan.factors import Factor, open_library
from hengtan.factors import types as activity_types
from hengtan.factors.search import found, index_for
from hengtan.web.organisations.roles import Act

from .door import Call, need
from .wire import REFUSED, ask, lang

router = Router(tags=["Library"])


class FactorOut(Schema):
    """An emission factor. Amounts are kg per unit of the activity, as decimal text; null: not published.

    published   the day of publication, known, read or assumed as the library says
    """

    factor_id: str
    dataset: str
    dataset_version: str | None
    name: str
    category: str
    activity_unit: str
    region: str
    valid_from: str | None
    valid_to: str | None
    published: str | None
    co2_kg: str | None
    ch4_kg: str | None
    n2o_kg: str | None
    co2e_kg: str | None
    biogenic_co2_kg: str | None
    gwp_set: str | None
    source_title: str
    source_url: str | None
    source_table: str | None
    licence: str


class TypeOut(Schema):
    """An activity type of the taxonomy."""

    id: str
    title: str
    scope: int | None
    category: str


def _factor(factor: Factor) -> dict[str, Any]:
    told = {name: getattr(factor, name) for name in FactorOut.model_fields}
    plain = {name: None if value is None or value == "" else str(value) for name, value in told.items()}
    if lang() == "zh" and factor.name_zh:
        plain["name"] = factor.name_zh
    return plain | {name: plain[name] or "" for name in ("dataset", "category", "region", "source_title", "licence")}


@router.get("/factors", response={200: list[FactorOut], **REFUSED})
def factors(
    request: Call,
    q: str = ask(
        ..., min_length=1, max_length=200, description="Chinese or English, misspelt, with unit, place or year."
    ),
    region: str = ask("", max_length=100),
    year: int | None = ask(None, ge=1900, le=2100),
    unit: str = ask("", max_length=40),
    category: str = ask("", max_length=100),
    dataset: str = ask("", max_length=100),
    stated: Literal["", "co2", "gases", "co2e", "biogenic", "AR4", "AR5", "AR6"] = ask(
        "", description="What the publisher states: CO2 alone, the gases apart, a CO2e total, or one in a GWP set."
    ),
    limit: int = ask(20, ge=1, le=200),
    offset: int = ask(0, ge=0, le=100_000),
) -> Any:
    """The nearest factors, best first."""
    need(request, Act.READ)
    hits = found(
        open_library(), q, region=region or None, year=year, unit=unit or None, category=category or None,
        dataset=dataset or None, stated=stated or None, limit=limit, offset=offset,
    ).hits  # fmt: skip
    return [_factor(hit.factor) for hit in hits]


@router.get("/factors/{factor_id}/years", response={200: list[FactorOut], **REFUSED})
def years(request: Call, factor_id: str) -> Any:
    """The same series in all its years, the oldest first."""
    need(request, Act.READ)
    one = open_library().get(factor_id)
    if one is None:
        raise Http404
    series = [*index_for(open_library()).relatives(factor_id), one]
    return [_factor(each) for each in sorted(series, key=lambda each: (str(each.valid_from or ""), each.factor_id))]


@router.get("/factors/{factor_id}", response={200: FactorOut, **REFUSED})
def factor(request: Call, factor_id: str) -> Any:
    """One."""
    need(request, Act.READ)
    one = open_library().get(factor_id)
    if one is None:
        raise Http404
    return _factor(one)


@router.get("/types", response={200: list[TypeOut], **REFUSED})
def types(request: Call, prefix: str = ask("", max_length=100)) -> Any:
    """Activity types, as rows name them; ``prefix``: only ids that begin so."""
    need(request, Act.READ)
    return [
        {"id": each.id, "title": each.title[lang()], "scope": each.scope, "category": each.category}
        for each in activity_types().values()
        if each.id.startswith(prefix)
    ]
