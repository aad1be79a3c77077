"""This year's statement beside last year's, or the company's beside the verifier's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from hengtan.problems import HengtanError, Problem

JUMP_PCT = Decimal(10)
NAME = "statement.json"


def read_record(folder: Path) -> dict[str, Any]:
    """statement.json of a folder, or the file itself. Raises HengtanError."""
    try:
        path = folder / NAME if folder.is_dir() else folder
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
        record["by_source"], record["by_entity"], record["method"]["id"]
    except (OSError, ValueError, KeyError, TypeError):
        raise HengtanError(Problem("sector.not-a-statement", values={"folder": str(folder)})) from None
    return record


def _implied(record: Mapping[str, Any]) -> dict[tuple[str, str, str, str, str], Decimal]:
    """Tonnes of gas per unit of what is used, by place and item: the first value of a step that adds up over months."""
    found = {}
    for each in record["by_source"]:
        for step in each["steps"]:
            if not step["item"]:
                continue
            amount = next(
                (one for one in step["values"] if one["parameter"].rpartition(".")[2] in ("amount", "output")), None
            )
            if amount and Decimal(amount["value"]):
                key = (each["entity"], each["process"], each["unit_name"], each["source"], step["item"])
                found[key] = Decimal(step["t_gas"]) / Decimal(amount["value"])
    return found


def jumps(now: Mapping[str, Any], before: Mapping[str, Any], limit_pct: Decimal = JUMP_PCT) -> list[Problem]:
    """Items whose emissions per unit changed by more than so many per cent."""
    last = _implied(before)
    found = []
    for key, value in _implied(now).items():
        if not last.get(key):
            continue
        change = (value / last[key] - 1) * 100
        if abs(change) > limit_pct:
            values = {"place": " / ".join(part for part in key[:3] if part), "parameter": key[4], "now": f"{value:.4f}",
                      "before": f"{last[key]:.4f}", "change": f"{change:+.1f}", "limit": f"{limit_pct:f}"}  # fmt: skip
            found.append(Problem("sector.jump", column="parameter", values=values))
    return found


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Values and emissions that are not the same: of a verifier and a company, or of two years."""
    one, other = _figures(first), _figures(second)
    for key in dict.fromkeys([*one, *other]):
        a, b = one.get(key), other.get(key)
        if a != b:
            entity, process, unit, figure = key
            difference = "" if a is None or b is None else f"{Decimal(b) - Decimal(a):f}"
            yield {"entity": entity, "process": process, "unit_name": unit, "figure": figure, "a": a or "", "b": b or "",
                   "difference": difference}  # fmt: skip


def _figures(record: Mapping[str, Any]) -> dict[tuple[str, str, str, str], str]:
    found = {}
    for each in record["by_source"]:
        place = (each["entity"], each["process"], each["unit_name"])
        for step in each["steps"]:
            for value in step["values"]:
                found[*place, f"{value['parameter']} ({value['unit']})"] = value["value"]
        found[*place, f"{each['source']} (t CO2e)"] = each["t_co2e"]
    for each in record["by_entity"]:
        found[each["entity"], "", "", "total (t CO2e)"] = each["t_co2e"]
    return found
