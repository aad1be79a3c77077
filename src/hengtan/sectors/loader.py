"""Methods from their files: a YAML for each guideline, shared blocks, tables of items."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from hengtan.methods import Equation

from .dimension import check
from .method import CATEGORIES, Default, Group, Item, Parameter, Part, Ratio, SectorMethod, Source

_GASES = ("co2", "ch4", "n2o", "cf4", "c2f6", "c3f8", "sf6", "hfc23", "item")
BLOCKS = "blocks.yaml"


@cache
def sector_methods() -> Mapping[str, SectorMethod]:
    """The shipped methods by id. Raises DimensionError for one whose equations do not give what they say."""
    folder = files(__package__) / "data"
    blocks = _yaml(BLOCKS)
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".yaml") and each.name != BLOCKS)
    found = [_method(_merged(_yaml(name), blocks)) for name in names]
    for method in found:
        check(method)
    return {method.id: method for method in found}


def _yaml(name: str) -> dict[str, Any]:
    text = (files(__package__) / "data" / name).read_text("utf-8")
    body: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return body


@cache
def _table(name: str) -> tuple[Mapping[str, str], ...]:
    text = (files(__package__) / "data" / f"{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _merged(body: dict[str, Any], blocks: Mapping[str, Any]) -> dict[str, Any]:
    """With the blocks that it uses; what the file says itself comes first in the list of sources."""
    merged = dict(body)
    for name in body.get("uses", ()):
        block = blocks[name]
        for key in ("groups", "parameters"):
            merged[key] = {**block.get(key, {}), **merged.get(key, {})}
        merged["sources"] = [*merged.get("sources", ()), *block.get("sources", ())]
    return merged


def _method(body: Mapping[str, Any]) -> SectorMethod:
    rounding = body.get("rounding", {})
    first, _slash, last = str(body["valid"]).partition("/")
    parameters = {name: _parameter(name, each, rounding) for name, each in body.get("parameters", {}).items()}
    return SectorMethod(
        id=body["id"],
        title=body["title"],
        sector=body["sector"],
        standard=body["standard"],
        source=_plain(body["source"]),
        mark=_mark(body["source"]),
        first=date.fromisoformat(first),
        last=date.fromisoformat(last) if last else None,
        published=body["published"],
        gwp=body["gwp"],
        groups={name: _group(name, each, rounding) for name, each in body.get("groups", {}).items()},
        parameters=parameters,
        sources=tuple(_source(each, body["source"]) for each in body.get("sources", ())),
        ratios=tuple(_ratio(each) for each in body.get("ratios", ())),
        processes=body.get("processes", {}),
        emission_decimals=rounding.get("emissions"),
        summary_decimals=rounding.get("summary"),
        notes=tuple(body.get("notes", ())),
        gwp_beside={gas: _default(each)[0] for gas, each in body.get("gwp_beside", {}).items()},
    )


def _mark(source: str) -> str:
    return {"read": "R", "known": "K"}[source.partition(":")[0]]


def _plain(source: str) -> str:
    return source.partition(": ")[2]


def _number(text: Any) -> Fraction:
    if isinstance(text, float):
        raise ValueError(f"{text} must stand in quotes, or its digits are those of a double")
    return Fraction(str(text))


def _default(body: Any) -> tuple[Default, ...]:
    """``{value, source}``, or a list of them with ``valid``."""
    found = []
    for each in body if isinstance(body, list) else [body]:
        first, _slash, last = str(each.get("valid", "/")).partition("/")
        days = [date.fromisoformat(day) if day else None for day in (first, last)]
        value = _number(each["value"])
        found.append(Default(value, str(each["value"]), _plain(each["source"]), _mark(each["source"]), *days))
    return tuple(found)


def _parameter(name: str, body: Mapping[str, Any], rounding: Mapping[str, Any], **more: Any) -> Parameter:
    low, high = body.get("range", [0, None])
    usual = body.get("usual")
    ways = body.get("ways", ())
    return Parameter(
        name=name,
        unit=more.get("unit") or str(body["unit"]),
        title=body["title"],
        sums=body.get("sums") is True,
        weight=Equation(body["weight"]) if "weight" in body else None,
        ways=tuple(Equation(each) for each in ways),
        defaults=more.get("defaults") or (_default(body["default"]) if "default" in body else ()),
        low=None if low is None else _number(low),
        high=None if high is None else _number(high),
        usual=(_number(usual[0]), _number(usual[1])) if usual else None,
        once_measured=body.get("once_measured", "weight" in body and not body.get("sums")) is True,
        decimals=body.get("decimals", rounding.get(name)),
        only_default=body.get("only_default") is True or more.get("item", "") in body.get("only_default_of", ()),
        also=tuple(body.get("also", ())),
    )


def _group(name: str, body: Mapping[str, Any], rounding: Mapping[str, Any]) -> Group:
    shapes: Mapping[str, Any] = body["parameters"]
    items = {}
    for row in _rows(body):
        parameters = {}
        for each, shape in shapes.items():
            value = row.get(each, "")
            defaults = (Default(Fraction(value), value, _plain(row["source"]), _mark(row["source"])),) if value else ()
            unit = str(shape["unit"]).replace("{unit}", row.get("unit", ""))
            parameters[each] = _parameter(each, shape, rounding, unit=unit, defaults=defaults, item=row["id"])
        items[row["id"]] = Item(row["id"], {"en": row["en"], "zh": row["zh"]}, parameters, row.get("gas", ""))
    unit = body.get("unit", "t")
    own = {
        each: _parameter(each, shape, rounding, unit=str(shape["unit"]).replace("{unit}", unit))
        for each, shape in shapes.items()
    }
    return Group(name, body["title"], items, own if body.get("own", True) else {})


def _rows(body: Mapping[str, Any]) -> Iterable[Mapping[str, str]]:
    listed = [{key: str(value) for key, value in each.items()} for each in body.get("items", ())]
    found = [*(_table(body["table"]) if "table" in body else ()), *listed]
    only = body.get("only")
    return [row for row in found if only is None or row["id"] in only]


def _source(body: Mapping[str, Any], source: str) -> Source:
    source = body.get("source", source)
    parts = [_part(each) for each in body.get("parts", [body])]
    return Source(
        body["id"], body["title"], body.get("kind", "direct"), tuple(part for each in parts for part in each),
        tuple(body.get("processes", ())), body.get("counts", True) is True, _mark(source), _plain(source), _category(body),
    )  # fmt: skip


def _category(body: Mapping[str, Any]) -> str:
    """As the file says; else as its kind says, and a source that is none of these is a process."""
    by_kind = {"indirect": body["id"], "removed": "removal", "note": "beside"}
    found = str(body.get("category") or by_kind.get(body.get("kind", "direct"), "process"))
    if found not in CATEGORIES:
        raise ValueError(f"{body['id']}: category {found} is none of {', '.join(CATEGORIES)}")
    return found


def _part(body: Mapping[str, Any]) -> list[Part]:
    return [
        Part(body.get("each", ""), "" if gas == "item" else gas, Equation(str(body[gas])), body.get("minus") is True)
        for gas in _GASES
        if gas in body
    ]


def _ratio(body: Mapping[str, Any]) -> Ratio:
    return Ratio(body["id"], body["title"], body["unit"], Equation(body["equation"]), tuple(body.get("processes", ())),
                 body.get("decimals"), body.get("reads", {}))  # fmt: skip
