"""One number explained: activity times coefficient, where each comes from, who says so, and what proves it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.cache import caches
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from hengtan.api import Request
from hengtan.api.reopen import Inputs, methods_of, open_inputs
from hengtan.connectors.neighbours import Neighbours, neighbours
from hengtan.facts import FactRefused
from hengtan.inventory.explain import Kept, explain
from hengtan.inventory.explain_record import record
from hengtan.inventory.report_data import read_manifest
from hengtan.inventory.totals import EXACT
from hengtan.methods import Method
from hengtan.web.activities.models import Batch
from hengtan.web.library import usage
from hengtan.web.organisations.door import TenantRequest, within
from hengtan.web.vault.services import facts, home

from . import services, taking, words
from .gone import gone, told_if_spoilt
from .models import Run
from .proofs import root_base64, vouching
from .views import basis_of, run_of

KEPT_S = 24 * 3600  # a run never changes, so its explanations do not
CONSIDERED = 5


@within()
@told_if_spoilt
def show(request: TenantRequest, pk: int) -> HttpResponse:
    """The explanation of the activity that ``?id=`` names."""
    run = run_of(request, pk)
    activity = request.GET.get("id", "")[:400]
    if not run.is_done or not activity:
        return redirect("run-rows" if run.is_done else "run", key=request.organisation.key, pk=pk)
    if lost := gone(request, run):
        return lost
    told = explanation(run, activity)
    seen = services.facilities_of(request.membership)
    if told is None or (seen is not None and told["facility"] not in seen):
        raise Http404
    if request.GET.get("format") == "json":
        return _json(run, told)
    basis = basis_of(request)
    results = told["results"]
    result = next((each for each in results if each["basis"] in ("-", basis)), results[0] if results else None)
    if (
        result is not None
    ):  # an instrument that states its own rate is told as what it is, not as a factor without a name
        result = {**result, "factors": [each for each in result["factors"] if "activity_unit" in each]}
    proof = vouching(run, rows=True)
    row = told["rows"][0] if told["rows"] else None
    context: dict[str, Any] = {
        "run": run, "told": told, "row": row, "result": result, "basis": basis, "both": len(results) > 1, "proof": proof,
        "root": root_base64(proof.root), "sheet": told["sheet"], "whole": seen is None,
        "factor": result["factors"][0] if result and len(result["factors"]) == 1 else None,
        "share": _share(run, result), "kind": _kind(row, result), "json_query": f"{request.GET.urlencode()}&format=json",
        "lead": _lead(row), "considered": result["considered"][:CONSIDERED] if result else [],
        "title": _title(told, row), "links": _linked(run, result), "claims": taking.behind(run, result) if seen is None else [], "per": _per(told, result),
    }  # fmt: skip
    return render(request, "runs/explain.html", context)


def _linked(run: Run, result: dict[str, Any] | None) -> dict[str, str]:
    """Addresses of the factors (at each of them too), the method and the policy of a result."""
    if result is None:
        return {}
    found = usage.links(
        run, [each["factor_id"] for each in result["factors"] if each.get("activity_unit")], result["method"]["id"]
    )
    for each in result["factors"]:
        each["href"] = found.get(each["factor_id"], "")
    return found


def _per(told: Mapping[str, Any], result: Mapping[str, Any] | None) -> str:
    """What a coefficient is per; a quantity of 0 may have no unit, and a method no factor."""
    factors = result["factors"] if result else []
    return str(told["unit"] or (factors[0].get("activity_unit") if factors else "") or "")


def explanation(run: Run, activity: str) -> dict[str, Any] | None:
    """As plain values, with the cells around the one that was read; None for an id that the run does not know."""
    lang = words.lang()
    key = f"explained:{run.key}:{lang}:{activity.encode().hex()[:180]}"
    found = caches["here"].get(key)
    if found is not None and found["activity_id"] == activity:
        return dict(found)
    kept, method_of, inputs = _opened(run.folder)
    rows, state = inputs.rows(activity)
    made = explain(kept, activity, rows, state, method_of, lang)
    if made is None:
        return None
    told = record(made)
    told["sha256"] = {each["file"]: each["sha256"] for each in kept.manifest["inputs"]}
    places = {each["file"]: run.home / each["file"] for each in told["rows"]}
    told["batch"] = None
    for row in told["rows"][:1]:
        if row["values"].get("source_sha256"):
            told["batch"] = _as_given(run, row)
            digest = row["values"]["source_sha256"]
            told["sha256"][row["file"]], places[row["file"]] = digest, _place(run, digest)
    told["sheet"] = _sheet(run, told["rows"], places)
    caches["here"].set(key, told, KEPT_S)
    return told


def _opened(folder: Path) -> tuple[Kept, Callable[[str], Method | None], Inputs]:
    """What every explanation of a run needs, kept for the runs that were asked for last, as long as their inputs lie there."""
    request = Request.remember(read_manifest(folder), folder)
    stands = tuple(_mark(request.path(name)) for name in request.inputs)
    return _open(folder, stands)


@lru_cache(maxsize=4)
def _open(
    folder: Path, _stands: tuple[tuple[int, int, int], ...]
) -> tuple[Kept, Callable[[str], Method | None], Inputs]:
    kept = Kept(folder)
    request = Request.remember(kept.manifest, folder)
    return kept, methods_of(request), open_inputs(kept.manifest, request)


def _mark(path: Path) -> tuple[int, int, int]:
    """By which another file of the same name is known; nothing where none is."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _as_given(run: Run, row: dict[str, Any]) -> dict[str, str] | None:
    """Of a row that came in a batch: the file, sheet and cell that somebody gave, and who approved it."""
    batch = (
        Batch.objects.of(run.organisation)
        .filter(key=Path(row["file"]).stem)
        .select_related("created_by", "decided_by")
        .only("name", "created_by__name", "decided_by__name")  # not what its check found: megabytes of a large one
        .first()
    )
    values = row["values"]
    row["file"], row["sheet"] = values["source_file"], values.get("source_sheet", "")
    row["row"] = int(values["source_row"]) if values.get("source_row", "").isdecimal() else row["row"]
    row["cells"]["quantity"] = {"address": values.get("source_cell", "")}
    for name in ("unit", "activity_type"):
        given = values.get(f"{name}_given", "")
        row["cells"][name] = {"given": given} if given and given != values.get(name) else {}
    for name in [name for name in row["cells"] if name not in ("quantity", "unit", "activity_type")]:
        row["cells"][name] = {}
    if batch is None:
        return None
    return {
        "name": batch.name, "entered": batch.created_by.name,
        "approved": batch.decided_by.name if batch.decided_by else "", "pk": str(batch.pk),
    }  # fmt: skip


def _place(run: Run, digest: str) -> Path | None:
    try:
        return facts(run.organisation).path(digest)
    except FactRefused:
        return None


def _sheet(run: Run, rows: list[dict[str, Any]], places: Mapping[str, Path | None]) -> dict[str, Any] | None:
    """The cells around the quantity, with the headers of the columns that were read."""
    if not rows:
        return None
    row = rows[0]
    cells = row["cells"]
    addresses = [cells[name]["address"] for name in ("quantity", "unit") if cells.get(name, {}).get("address")]
    file = places.get(row["file"])
    found: Neighbours | None = None
    if addresses and file is not None and file.resolve().is_relative_to(home(run.organisation).resolve()):
        found = neighbours(file, row["file"], row["sheet"], addresses)
    if found is None:
        return None
    headers = {_letters(each["address"]): each.get("header", "") for each in cells.values() if each.get("address")}
    marked = {_letters(each) for each in addresses}
    return {
        "letters": [(each, headers.get(each, "")) for each in found.letters],
        "rows": [
            {
                "number": number, "here": number == row["row"],
                "cells": [
                    (text, number == row["row"] and letters in marked, letters == _letters(addresses[0]), _is_number(text))
                    for letters, text in zip(found.letters, texts, strict=True)
                ],
            }
            for number, texts in found.rows
        ],
    }  # fmt: skip


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def _letters(address: str) -> str:
    return address.rstrip("0123456789")


def _share(run: Run, result: Mapping[str, Any] | None) -> Decimal | None:
    """Percent of the inventory on the basis of the result."""
    if result is None or not result["scope"] or not run.totals:
        return None
    second = "scope2_market_kg" if result["basis"] == "market" else "scope2_location_kg"
    total = EXACT.add(
        EXACT.add(Decimal(run.totals["scope1_kg"]), Decimal(run.totals[second])), Decimal(run.totals["scope3_kg"])
    )
    return EXACT.divide(Decimal(result["kg"]["co2e_kg"]) * 100, total) if total else None


def _kind(row: Mapping[str, Any] | None, result: Mapping[str, Any] | None) -> str:
    name = row["values"].get("activity_type", "") if row else ""
    return words.activity_type(name) or (str(words.category(result["category"])) if result else "")


def _lead(row: Mapping[str, Any] | None) -> str:
    """The cell of the quantity as a spreadsheet names it."""
    if row is None:
        return ""
    address = row["cells"].get("quantity", {}).get("address", "")
    return f"{row['sheet']}!{address}" if row["sheet"] and address else address


def _title(told: Mapping[str, Any], row: Mapping[str, Any] | None) -> str:
    return str(told["facility"] or (row["values"].get("facility") if row else "") or told["activity_id"])


def _json(run: Run, told: Mapping[str, Any]) -> HttpResponse:
    left = {name: value for name, value in told.items() if name not in ("sheet", "sha256")}
    answer = HttpResponse(json.dumps(left, ensure_ascii=False, indent=2), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{run.code}-explained.json"'
    return answer
