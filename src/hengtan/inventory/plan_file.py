"""plan.parquet: every key of the run with its coefficients and how they were chosen, for ``explain`` and ``compare``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hengtan.problems import Problem

from .keys import KEY_TEXTS, Key
from .line import GASES, Line, coefficient

_COEFFICIENT = pa.decimal128(20, 12)


def write_plan(
    path: Path, lines: Sequence[Line], rejected: Mapping[int, tuple[Problem, ...]], keys: Sequence[Key]
) -> None:
    """One row per key and line; a rejected key has one row with its problems and no coefficients."""
    numbered = {key.number: key for key in keys}
    rows = [_line_row(line, numbered[line.key.number]) for line in lines]
    rows += [_rejected_row(numbered[number], problems) for number, problems in rejected.items()]
    rows.sort(key=lambda row: row["key_id"])
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path, compression="zstd")


SCHEMA = pa.schema(
    [
        pa.field("key_id", pa.int32()),
        *(pa.field(name, pa.string()) for name in (*KEY_TEXTS, "facility")),
        pa.field("year", pa.int32()),
        pa.field("spans", pa.bool_()),
        pa.field("zero", pa.bool_()),
        pa.field("key_start", pa.date32()),
        pa.field("key_end", pa.date32()),
        pa.field("inputs", pa.string()),
        pa.field("rows", pa.int64()),
        pa.field("quantity", pa.decimal128(38, 6)),
        pa.field("region_used", pa.string()),
        pa.field("line_basis", pa.string()),
        pa.field("line_scope", pa.int32()),
        pa.field("line_category", pa.string()),
        *(pa.field(name, _COEFFICIENT) for name in GASES),
        pa.field("line_factor_id", pa.string()),
        pa.field("line_match", pa.string()),
        pa.field("line_method", pa.string()),
        pa.field("policy", pa.string()),
        pa.field("share", pa.string()),
        pa.field("terms", pa.string()),
        pa.field("considered", pa.string()),
        pa.field("parts", pa.string()),
        pa.field("problems", pa.string()),
    ]
)


def _key_row(key: Key) -> dict[str, Any]:
    return {
        "key_id": key.number,
        **{name: getattr(key, name) for name in (*KEY_TEXTS, "facility")},
        "year": key.year,
        "spans": key.spans,
        "zero": key.zero,
        "key_start": key.start,
        "key_end": key.end,
        "inputs": _json(key.inputs),
        "rows": key.rows,
        "quantity": key.quantity,
    }


def _line_row(line: Line, key: Key) -> dict[str, Any]:
    return {
        **_key_row(key),
        "region_used": line.key.region,
        "line_basis": line.basis,
        "line_scope": line.scope,
        "line_category": line.category,
        **line.coefficients,
        "line_factor_id": line.factor_id,
        "line_match": line.match,
        "line_method": line.method,
        "policy": line.policy,
        "share": str(line.share),
        "terms": _json([asdict(term) for term in line.terms]),
        "considered": _json([dict(one) for one in line.considered]),
        "parts": _json({name: f"{coefficient(kg):f}" for name, kg in line.parts.items()}),
        "problems": _json([_problem(problem) for problem in line.warnings]),
    }


def _rejected_row(key: Key, problems: Sequence[Problem]) -> dict[str, Any]:
    return {**_key_row(key), "problems": _json([_problem(problem) for problem in problems])}


def _problem(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "column": problem.column, "values": dict(problem.values)}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
