"""What a report is told, read back from the folder of a run: the same data when it is made and ten years later."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hengtan.engine import fetch, read_parquet
from hengtan.factors import Factor
from hengtan.problems import HengtanError, Problem

from .folder import MANIFEST
from .gas_groups import by_group
from .line import GASES, Line
from .totals import EXACT, SUMS
from .view import ReportData

HOT_SPOTS = 20
LISTED = 200
LISTED_OF_A_CODE = 40  # so that a frequent warning does not crowd out a rare one


_PARTS = ("hengtan", "options", "library", "organisation", "counts", "outputs")


def read_manifest(folder: Path) -> dict[str, Any]:
    """run.json of a finished run, or HengtanError (exit 2)."""
    path = folder if folder.is_file() else folder / MANIFEST
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        manifest = None
    if not isinstance(manifest, dict) or not all(isinstance(manifest.get(name), dict) for name in _PARTS):
        raise HengtanError(Problem("folder.not-a-run", values={"folder": str(folder)}))
    return manifest


def write_factors(path: Path, factors: Mapping[str, Factor]) -> None:
    """factors.parquet: every factor that the run used, as it stood, so that the run can be read without the library."""
    rows = [{**factor.as_row(), "published_assumed": str(factor.published_assumed)} for factor in factors.values()]
    columns = list(rows[0]) if rows else ["factor_id"]
    pq.write_table(pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in columns])), path)


def report_data(folder: Path, con: Any, manifest: Mapping[str, Any] | None = None) -> ReportData:
    """Everything a report shows; ``con`` is an engine session for the one question to the rows (the hot spots)."""
    manifest = manifest or read_manifest(folder)
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    plan = [row for row in read_parquet(folder / "plan.parquet").to_pylist() if row["line_basis"]]
    factors = {row["factor_id"]: row for row in read_parquet(folder / "factors.parquet").to_pylist()}
    with localcontext(EXACT):
        for row in plan:
            row["masses"] = {gas: None if row[gas] is None else row["quantity"] * row[gas] for gas in GASES}
        listed, counts = _problems(folder / "problems.csv", manifest.get("problems", {}))
        return ReportData(
            manifest=manifest,
            summary=summary,
            gases=_gases(plan, factors, str(summary.get("gwp_set") or "")),
            factors=_factors(plan, factors),
            methods=_methods(plan),
            facilities=_facilities(folder, summary),
            hot_spots=_hot_spots(folder, con, plan, summary),
            problem_counts=counts,
            problems=listed,
            reference=_json(folder / "reference.json"),
            previous=_json(folder / "previous.json"),
            data_quality=_data_quality(manifest),
        )


def _json(path: Path) -> Any:
    if not path.exists():
        return None
    value = json.loads(path.read_text("utf-8"), parse_float=Decimal)
    return value


def _gases(
    plan: Sequence[Mapping[str, Any]], factors: Mapping[str, Mapping[str, str]], gwp_set: str
) -> list[dict[str, Any]]:
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in plan:
        key = (row["line_scope"], row["line_category"], row["line_basis"])
        names = dict(zip(("scope", "category", "basis"), key, strict=True))
        into = found.setdefault(
            key, {**names, "rows": 0, **dict.fromkeys(GASES), "groups": {}, "ungrouped_co2e_kg": None}
        )
        into["rows"] += row["rows"]
        for gas, kg in row["masses"].items():
            if kg is not None:
                into[gas] = (into[gas] or Decimal(0)) + kg
        groups = by_group(row, factors.get(row["line_factor_id"], {}), gwp_set)
        for group, kg in groups.items():
            into["groups"][group] = into["groups"].get(group, Decimal(0)) + kg
        grouped = sum(groups.values(), Decimal(0))
        if row["masses"]["other_co2e_kg"] is not None:
            into["ungrouped_co2e_kg"] = (into["ungrouped_co2e_kg"] or 0) + row["masses"]["other_co2e_kg"] - grouped
        elif all(row[gas] is None for gas in ("co2_kg", "ch4_kg", "n2o_kg")) and row["masses"]["co2e_kg"]:
            into["unsplit_co2e_kg"] = into.get("unsplit_co2e_kg", Decimal(0)) + row["masses"]["co2e_kg"] - grouped
    return [found[key] for key in sorted(found, key=lambda k: (k[0] or 9, str(k[1]).zfill(2), k[2]))]


def _factors(plan: Sequence[Mapping[str, Any]], factors: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """One row for each factor, class and basis; a result of several factors is shown beside each of them."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in plan:
        names = [name for name in row["line_factor_id"].split(";") if name] or [""]
        for name in names:
            key = (name, row["line_match"], row["line_basis"])
            into = found.get(key)
            if into is None:
                into = found[key] = _factor_row(name, row, factors.get(name, {}), alone=len(names) == 1)
            into["rows"] += row["rows"]
            if len(names) == 1:
                into["co2e_kg"] = (into["co2e_kg"] or Decimal(0)) + (row["masses"]["co2e_kg"] or 0)
                amount = _in_unit_of_factor(row)
                if amount is not None:
                    into["quantity"] = (into.get("quantity") or Decimal(0)) + amount
    return sorted(found.values(), key=lambda row: (-(row["co2e_kg"] or 0), row["factor_id"], row["basis"]))


def _factor_row(name: str, row: Mapping[str, Any], factor: Mapping[str, str], *, alone: bool) -> dict[str, Any]:
    return {
        **{column: factor.get(column, "") for column in _SHOWN},
        "factor_id": name,
        "match": row["line_match"],
        "basis": row["line_basis"],
        "published_assumed": factor.get("published_assumed") == "True",
        "unverified": (factor.get("retrieved_from") or "").startswith("known:"),
        "co2e_per_unit": factor.get("co2e_kg") or (_co2e_per_unit(row) if alone else ""),
        "rows": 0,
        "co2e_kg": None,
    }


def _per_unit(row: Mapping[str, Any]) -> Fraction:
    """One unit of the row in units of its factor."""
    terms = json.loads(row["terms"] or "[]")
    return next(
        (Fraction(term["value"]) for term in terms if term["name"] == "conversion" and "/" in term["unit"]), Fraction(1)
    )


def _co2e_per_unit(row: Mapping[str, Any]) -> str:
    """Of a factor that is published as gases: what they make in the run's GWP set, to ten digits."""
    scale = _per_unit(row) * Fraction(row["share"] or 1)
    if not scale or row["co2e_kg"] is None:
        return ""
    exact = Fraction(row["co2e_kg"]) / scale
    return f"{Context(prec=10).divide(Decimal(exact.numerator), Decimal(exact.denominator)).normalize():f}"


def _in_unit_of_factor(row: Mapping[str, Any]) -> Decimal | None:
    scale = _per_unit(row)
    amount = Fraction(row["quantity"]) * scale
    return Decimal(round(amount * 10**6)).scaleb(-6)


_SHOWN = ("name", "name_zh", "dataset", "activity_unit", "region", "valid_from", "valid_to", "published", "source_title",
          "source_table", "source_url", "licence", "gwp_set")  # fmt: skip


def _methods(plan: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    from hengtan.methods import methods  # noqa: PLC0415  YAML is read only when a report is wanted

    rows: dict[str, int] = {}
    for row in plan:
        if row["line_basis"] != "market":
            rows[row["line_method"]] = rows.get(row["line_method"], 0) + row["rows"]
    known = methods()
    found = []
    for name, count in sorted(rows.items(), key=lambda item: (-item[1], item[0])):
        method = known.get(name)
        found.append(
            {
                "id": name,
                "title_en": method.title["en"] if method else name,
                "title_zh": method.title["zh"] if method else name,
                "standard": method.standard if method else "",
                "equation": method.equation if method else "",
                "rows": count,
            }
        )
    return found


def _facilities(folder: Path, summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    units: dict[str, str] = {}
    path = folder / "groups.parquet"
    if path.exists():
        table = (
            read_parquet(path, columns=["facility", "org_unit"]).group_by(["facility"]).aggregate([("org_unit", "min")])
        )
        units = dict(zip(table["facility"].to_pylist(), table["org_unit_min"].to_pylist(), strict=True))
    return [
        {
            "facility": name,
            "org_unit": units.get(name) or "",
            **{key: Decimal(sums[key]) for key in SUMS},
            "share_pct": None,
        }
        for name, sums in summary["by_facility"].items()
    ]


def _hot_spots(
    folder: Path, con: Any, plan: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]
) -> list[dict[str, Any]]:
    rows = con.read_parquet(str(folder / "emissions.parquet"))
    rows = rows.filter(rows.basis != "market", rows.scope.notnull())
    top = rows.order_by(rows.co2e_kg.desc(), "activity_id").limit(HOT_SPOTS)
    chosen = fetch(top.select("activity_id", "facility", "factor_id", "co2e_kg")).to_pylist()
    kinds = {row["line_factor_id"]: row["activity_type"] for row in plan}
    sums = summary["totals"]
    total = Decimal(sums["scope1_kg"]) + Decimal(sums["scope2_location_kg"]) + Decimal(sums["scope3_kg"])
    return [
        {
            **row,
            "activity_type": kinds.get(row["factor_id"], ""),
            "share": float(row["co2e_kg"] / total) if total else 0.0,
        }
        for row in chosen
    ]


def _problems(path: Path, totals: Mapping[str, int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    counts: dict[str, dict[str, Any]] = {}
    listed: list[dict[str, Any]] = []
    shown: dict[str, int] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            shown[row["code"]] = shown.get(row["code"], 0) + 1
            if shown[row["code"]] <= LISTED_OF_A_CODE and len(listed) < LISTED:
                listed.append(dict(row))
            into = counts.setdefault(
                row["code"],
                {name: row[name] for name in ("code", "severity", "reason", "mend")} | {"count": 0},
            )
            into["count"] += 1
    for code, into in counts.items():
        into["count"] = totals.get(code, into["count"])  # the file lists at most 10,000 of a code
    return listed, sorted(counts.values(), key=lambda row: (row["severity"], -row["count"], row["code"]))


def _data_quality(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{**row, "co2e_kg": Decimal(row["co2e_kg"])} for row in manifest.get("data_quality", ())]


def used_factors(lines: Sequence[Line], library: Any) -> dict[str, Factor]:
    """The library's and the user's factors that stand in the lines, by id."""
    names = dict.fromkeys(name for line in lines for name in line.factor_id.split(";") if name)
    return {name: factor for name in names if (factor := library.get(name)) is not None}
