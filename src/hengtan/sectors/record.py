"""A result as a record: emissions by source, process and enterprise, each with its equation, as decimal text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from hengtan.units.decimal_text import shown

from .method import CATEGORIES, Parameter, SectorMethod
from .result import Result, SourceResult, Step, Used, rounded
from .statement import Given, Place

_SIGNS = {"direct": "+", "indirect": "+", "removed": "-"}


def record(result: Result) -> dict[str, Any]:
    """What ``statement.json`` holds."""
    method = result.method
    processes: dict[tuple[str, str], list[SourceResult]] = {}
    entities: dict[str, list[SourceResult]] = {}
    for each in result.sources:
        processes.setdefault((each.place.entity, each.place.process), []).append(each)
        entities.setdefault(each.place.entity, []).append(each)
    incomplete = {place.entity for place in result.incomplete}
    titles = {
        name: method.title_of(name) for name in {name for values in result.statement.values.values() for name in values}
    }
    return {
        "method": about(method)
        | {
            "sources": sources(method),
            "processes": {name: dict(title) for name, title in method.processes.items()},
        },
        "year": result.year,
        "gwp_set": method.gwp,
        "by_source": [_source(each, method) for each in result.sources],
        "by_process": [
            {"entity": entity, "process": process, **_sums(result, found, counted=False)}
            for (entity, process), found in processes.items()
        ]
        + [_other(result, entity, found) for entity, found in entities.items() if _has_processes(found)],
        "by_entity": [
            {"entity": entity, **_sums(result, found), "complete": entity not in incomplete}
            for entity, found in entities.items()
        ],
        "identified": [_identified(method, entity, found) for entity, found in entities.items()],
        "values": [
            _given(place, name, months, method, titles[name], result.years.get((place, name)))
            | {"counted": (place, name) in result.counted}
            for place, values in result.statement.values.items()
            for name, months in values.items()
        ],
        "ratios": [
            {
                **_place(each.place),
                "ratio": each.id,
                "title": dict(next(ratio.title for ratio in method.ratios if ratio.id == each.id)),
                "value": shown(each.value),
                "unit": each.unit,
                "equation": each.equation,
            }
            for each in result.ratios
        ],
    }


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """A record as JSON text, one row of its lists a line: readable, and by the fast encoder."""
    parts = list(found.items())
    yield "{"
    for at, (name, value) in enumerate(parts, 1):
        end = "" if at == len(parts) else ","
        if isinstance(value, list):
            yield f"{json.dumps(name)}: [\n"
            for number, row in enumerate(value, 1):
                yield json.dumps(row, ensure_ascii=False) + (",\n" if number < len(value) else "\n")
            yield f"]{end}\n"
        else:
            yield f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}{end}\n"
    yield "}\n"


def about(method: SectorMethod) -> dict[str, Any]:
    """Which guideline it was."""
    return {
        "id": method.id, "title": dict(method.title), "sector": dict(method.sector), "standard": method.standard,
        "source": method.source, "mark": method.mark, "gwp_set": method.gwp, "published": method.published.isoformat(),
        "valid_from": method.first.isoformat(), "valid_to": method.last.isoformat() if method.last else None,
    }  # fmt: skip


def inputs(method: SectorMethod, year: int | None = None) -> list[dict[str, Any]]:
    """Everything that a statement may give, with its default, source and mark."""
    found = []
    for name, title, parameter in method.inputs():
        default = parameter.default(year)
        latest = default or (parameter.defaults[-1] if parameter.defaults else None)
        found.append({
            "id": name, "unit": parameter.unit, "title": dict(title),
            "default": default.text if default else None,
            "defaults": [{"value": each.text, "valid_from": each.first.isoformat() if each.first else None,
                          "valid_to": each.last.isoformat() if each.last else None, "source": each.source, "mark": each.mark}
                         for each in parameter.defaults],
            "source": latest.source if latest else method.source,
            "mark": latest.mark if latest else method.mark,
            "adds_up": parameter.sums,
            "weighted_by": parameter.weight.text if parameter.weight else None,
            "or": [way.text for way in parameter.ways],
            "range": [None if each is None else shown(each) for each in (parameter.low, parameter.high)],
            "only_default": parameter.only_default, "once_measured": parameter.once_measured,
        })  # fmt: skip
    return found


def _place(place: Place) -> dict[str, str]:
    return {"entity": place.entity, "process": place.process, "unit_name": place.unit_name}


def _source(each: SourceResult, method: SectorMethod) -> dict[str, Any]:
    return {
        **_place(each.place), "source": each.source.id, "title": dict(each.source.title), "kind": each.source.kind,
        "counts": each.source.counts, "t_co2": shown(each.co2_t), "t_co2e": shown(each.co2e_t),
        "equation": equation(each), "mark": each.source.mark, "stated_in": each.source.source,
        "steps": [_step(step, method) for step in each.steps],
    }  # fmt: skip


def equation(each: SourceResult) -> str:
    """Of the whole source: the sum over its parts."""
    parts: list[str] = []
    for part in each.source.parts:
        body = f"sum({part.equation.text})" if part.group else part.equation.text
        sign = "- " if part.minus else "+ " if parts else ""
        parts.append(f"{sign}{body}")
    return f"{each.source.id} = {' '.join(parts)}"


def _step(step: Step, method: SectorMethod) -> dict[str, Any]:
    return {
        "item": f"{step.group}.{step.item}".strip("."), "gas": step.gas, "minus": step.minus, "t_gas": shown(step.gas_t), "t_co2e": shown(step.co2e_t), "equation": step.equation,
        "worked": worked(step), "values": [_used(used, method) for used in step.used],
    }  # fmt: skip


def worked(step: Step) -> str:
    """The equation with its numbers in place of the names."""
    text = step.equation
    for used in sorted(step.used, key=lambda used: -len(used.name)):
        name = used.name.rpartition(".")[2]
        text = _with(text, name, shown(used.value))
    return f"{text} = {shown(step.gas_t)} t {step.gas}"


def _with(text: str, name: str, value: str) -> str:
    return re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w.])", value, text)


def _used(used: Used, method: SectorMethod) -> dict[str, Any]:
    found = method.find(used.name)
    return {
        "parameter": used.name, "title": dict(method.title_of(used.name)), "adds_up": found is not None and found[2].sums,
        "share": found is not None and _is_share(found[2]), "value": shown(used.value), "unit": used.unit, "obtained": used.obtained,
        "source": used.source, "mark": used.mark, "row": used.row or None,
        "months": {str(month): shown(value) for month, value in used.months.items()},
    }  # fmt: skip


def sources(method: SectorMethod) -> list[dict[str, Any]]:
    """What the guideline has an enterprise identify (GB/T 32150), by category."""
    order = list(CATEGORIES)
    return [
        {"id": each.id, "title": dict(each.title), "category": each.category, "category_title": dict(CATEGORIES[each.category]),
         "kind": each.kind, "counts": each.counts, "source": each.source, "mark": each.mark}
        for each in sorted(method.sources, key=lambda each: order.index(each.category))
    ]  # fmt: skip


def _identified(method: SectorMethod, entity: str, found: Iterable[SourceResult]) -> dict[str, Any]:
    """Which sources of the guideline the statement of an enterprise says something about; of the others it says nothing."""
    stated = {each.source.id for each in found}
    return {
        "entity": entity,
        "stated": [each.id for each in method.sources if each.id in stated],
        "not_stated": [each.id for each in method.sources if each.id not in stated],
    }


def _has_processes(found: Iterable[SourceResult]) -> bool:
    """Whether the enterprise is balanced as a whole and some of its processes by themselves."""
    counted = {each.source.counts for each in found if each.source.kind != "note"}
    return counted == {True, False}


def _other(result: Result, entity: str, found: list[SourceResult]) -> dict[str, Any]:
    """CETS-AG-03.01-V01-2024: other = enterprise - processes - power units."""
    chosen = [each for each in found if each.source.kind != "note"]
    whole = {gas: result.total(chosen, gas=gas) for gas in ("co2", "co2e")}
    apart = {
        gas: sum((getattr(each, f"{gas}_t") for each in chosen if not each.source.counts), Fraction(0)) for gas in whole
    }
    places = dict.fromkeys(each.place.process for each in chosen if not each.source.counts)
    left = {gas: whole[gas] - apart[gas] for gas in whole}
    return {
        "entity": entity, "process": "other", "t_co2": shown(left["co2"]), "t_co2e": shown(left["co2e"]),
        "by_kind": {"direct": shown(left["co2e"])}, "equation": " - ".join(["enterprise", *places]),
    }  # fmt: skip


def _given(
    place: Place, name: str, months: Mapping[int | None, Given], method: SectorMethod, title: Mapping[str, str],
    mean: Fraction | None,
) -> dict[str, Any]:  # fmt: skip
    """A value as it was stated: twelve months or the year."""
    found = method.find(name)
    assert found is not None  # a statement holds what the method knows
    parameter = found[2]
    return {
        **_place(place), "parameter": name, "title": dict(title), "unit": parameter.unit, "adds_up": parameter.sums,
        "months": {str(month): shown(each.value) for month, each in sorted((m, e) for m, e in months.items() if m is not None)},
        "year": shown(months[None].value) if None in months else None, "mean": None if mean is None else shown(mean),
        "share": _is_share(parameter), "meter": _joined(months, "meter"), "evidence": _joined(months, "evidence"),
        "obtained": _joined(months, "obtained"), "source": _joined(months, "source"),
    }  # fmt: skip


def _joined(months: Mapping[int | None, Given], name: str) -> str:
    return "; ".join(dict.fromkeys(text for each in months.values() if (text := getattr(each, name))))


def _is_share(parameter: Parameter) -> bool:
    """Whether people read it in per cent."""
    return parameter.unit == "1" and parameter.high is not None and parameter.high <= 1


def _sums(result: Result, found: Iterable[SourceResult], *, counted: bool = True) -> dict[str, Any]:
    """Of an enterprise the sources that count; of a process all of its own."""
    chosen = [each for each in found if each.source.kind != "note" and (each.source.counts or not counted)]
    signs = {"direct": 1, "indirect": 1, "removed": -1}
    totals: Mapping[str, Fraction] = {
        gas: sum((signs[each.source.kind] * getattr(each, f"{gas}_t") for each in chosen), Fraction(0))
        for gas in ("co2", "co2e")
    }
    kinds = {
        kind: shown(sum((each.co2e_t for each in chosen if each.source.kind == kind), Fraction(0)))
        for kind in dict.fromkeys(each.source.kind for each in chosen)
    }
    names = list(dict.fromkeys((each.source.id, _SIGNS[each.source.kind]) for each in chosen))
    text = " ".join(f"{sign} {name}" for name, sign in names).removeprefix("+ ")
    sums: dict[str, Any] = {
        "t_co2": shown(totals["co2"]),
        "t_co2e": shown(totals["co2e"]),
        "by_kind": kinds,
        "equation": text,
    }
    if result.method.summary_decimals is not None:
        sums["summary_t"] = shown(rounded(totals["co2e"], result.method.summary_decimals))
    return sums
