"""Cells as texts that depend neither on the file they came from nor on the library that read it, a whole column at a time.

>>> import pyarrow as pa
>>> cell_texts(pa.array(["Leeds", 'the "old" mill', None])).to_pylist()
['"Leeds"', '"the \\\\"old\\\\" mill"', 'null']

Every cell is a JSON string as RFC 8785 writes it, or ``null``. Text stands as it is; whole numbers in digits; decimals with
all digits of their scale and no exponent; ``true`` and ``false``; days as 2024-01-31; moments in UTC with six digits of a
second; floating-point numbers in the shortest digits that read back as the same; bytes in hexadecimal. Of one type in several
widths (int32 and int64, string and dictionary) the text is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .refused import FactRefused

_ESCAPES = {code: f"\\u{code:04x}" for code in range(0x20)} | {
    0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r", 0x22: '\\"', 0x5C: "\\\\",
}  # fmt: skip
_LARGE = pa.large_string()  # a piece of many long texts may pass 2 GB


def cell_texts(column: pa.Array | pa.ChunkedArray, name: str = "") -> pa.Array:
    """A JSON string for each cell. FactRefused ``facts.cell-type`` for lists, structs, durations and times of day."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    texts = pc.binary_join_element_wise(_literal('"'), _texts(array, name), _literal('"'), _literal(""))
    return texts.fill_null("null")


def row_texts(cells: list[pa.Array]) -> pa.Array:
    """A JSON array for each row of columns of JSON texts."""
    rows = pc.binary_join_element_wise(*cells, _literal(","))
    return pc.binary_join_element_wise(_literal("["), rows, _literal("]"), _literal(""))


def bytes_of(texts: pa.Array) -> tuple[memoryview, np.ndarray]:
    """All texts of a large_string array, one behind the other, and where each begins and the last ends; no copy."""
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = texts.buffers()[2]
    return memoryview(data if data is not None else b"")[offsets[0] : offsets[-1]], offsets - offsets[0]


def _texts(array: pa.Array, name: str) -> pa.Array:
    kind, types = array.type, pa.types
    if types.is_null(kind):
        return pa.nulls(len(array), _LARGE)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return _escaped(pc.cast(array, _LARGE))
    if types.is_integer(kind) or types.is_boolean(kind) or types.is_date(kind):
        return pc.cast(pc.cast(array, pa.date32()) if types.is_date64(kind) else array, _LARGE)
    if types.is_decimal(kind):
        return _each(pc.cast(array, _LARGE), "E", lambda text: f"{Decimal(text):.{max(kind.scale, 0)}f}")
    if types.is_floating(kind):
        return _unique(array.cast(pa.float64()), repr)
    if types.is_timestamp(kind):
        return _moments(array, name)
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return _unique(array, bytes.hex)
    raise FactRefused("facts.cell-type", column=name, type=str(kind))


def _moments(array: pa.Array, name: str) -> pa.Array:
    zone = array.type.tz
    try:
        exact = array.cast(pa.timestamp("us", zone))
    except pa.ArrowInvalid:  # nanoseconds that are no whole microseconds
        raise FactRefused("facts.cell-type", column=name, type=str(array.type)) from None
    plain = exact.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us")) if zone else exact
    texts = pc.cast(pc.strftime(plain, "%Y-%m-%dT%H:%M:%S"), _LARGE)
    return pc.binary_join_element_wise(texts, _literal("Z" if zone else ""), _literal(""))


def _unique(array: pa.Array, text: Callable[[Any], str]) -> pa.Array:
    """The text of every cell, made once for each value; two floats that differ in their bits alone keep apart."""
    found = array.dictionary_encode()
    made = pa.array([text(value) for value in found.dictionary.to_pylist()], _LARGE)
    return made.take(found.indices)


def _each(texts: pa.Array, having: str, text: Callable[[str], str]) -> pa.Array:
    """The texts, those of them that have a certain letter made anew."""
    odd = pc.match_substring(texts, having)
    if not pc.any(odd).as_py():
        return texts
    found = texts.filter(odd).dictionary_encode()
    made = pa.array([text(one) for one in found.dictionary.to_pylist()], _LARGE)
    return pc.replace_with_mask(texts, odd, made.take(found.indices))


def _escaped(texts: pa.Array) -> pa.Array:
    odd = pc.match_substring_regex(texts, r'["\\\x00-\x1f]')
    if not pc.any(odd).as_py():
        return texts
    made = pa.array([one.translate(_ESCAPES) for one in texts.filter(odd).to_pylist()], _LARGE)
    return pc.replace_with_mask(texts, odd, made)


def _literal(text: str) -> pa.Scalar:
    return pa.scalar(text, _LARGE)
