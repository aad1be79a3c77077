"""Rows as NDJSON: one object a line. Every number keeps the digits in which it was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 50_000, 300, 32_768


def as_parquet(path: Path, name: str) -> Path:
    """The rows of an NDJSON file as text columns in a Parquet file beside it. ValidationError names line and column."""
    columns: dict[str, list[str | None]] = {}
    count = 0
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                if count == MOST_ROWS:
                    raise ValidationError(_("At most %(most)d rows in one call.") % {"most": MOST_ROWS})
                for column, value in _row(line, number).items():
                    if column not in columns:
                        if len(columns) == MOST_COLUMNS:
                            raise ValidationError(_("At most %(most)d columns.") % {"most": MOST_COLUMNS})
                        columns[column] = [None] * count
                    columns[column].append(value)
                count += 1
                for values in columns.values():
                    if len(values) < count:
                        values.append(None)
    except UnicodeDecodeError:
        raise ValidationError(_("%(name)s is not UTF-8.") % {"name": name}) from None
    if not count:
        raise ValidationError(_("There is no row in it."))
    target = path.with_suffix(".parquet")
    pq.write_table(pa.table({column: pa.array(values, pa.string()) for column, values in columns.items()}), target)
    return target


def _row(line: str, number: int) -> dict[str, str | None]:
    try:
        row = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
    except (json.JSONDecodeError, RecursionError):
        raise ValidationError(_("Line %(line)d is not JSON.") % {"line": number}) from None
    if not isinstance(row, dict):
        raise ValidationError(_("Line %(line)d is not an object.") % {"line": number})
    return {column: _cell(column, value, number) for column, value in row.items()}


def _cell(column: str, value: Any, number: int) -> str | None:
    if value is None or (isinstance(value, str) and len(value) <= MOST_CHARACTERS):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    raise ValidationError(
        _("Line %(line)d, %(column)s: give text or a number.") % {"line": number, "column": column[:80]}
    )
