"""Columns as RFC 8785 JSON texts, a whole column at a time: text, whole numbers, days and decimals; null is ``null``.

>>> json_texts(pa.array(["Leeds", 'the "old" mill', None])).to_pylist()
['"Leeds"', '"the \\\\"old\\\\" mill"', 'null']
>>> json_texts(pa.array([Decimal("0E-18"), Decimal("-1.5")], pa.decimal128(38, 18))).to_pylist()
['"0.000000000000000000"', '"-1.500000000000000000"']
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_ESCAPES = {code: f"\\u{code:04x}" for code in range(0x20)} | {
    0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r", 0x22: '\\"', 0x5C: "\\\\",
}  # fmt: skip
_LARGE = pa.large_string()  # a piece of many long texts may pass 2 GB


def json_text(text: str) -> str:
    """A JSON string as RFC 8785, section 3.2.2.2, writes it."""
    return f'"{text.translate(_ESCAPES)}"'


def json_texts(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A JSON string for each cell, ``null`` where there is none; decimals with all their digits after the point."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    texts = pc.cast(array, _LARGE)
    if pa.types.is_decimal(array.type):
        texts = _plain(texts, array.type.scale)
    elif not pa.types.is_integer(array.type) and not pa.types.is_date(array.type):
        texts = _escaped(texts)
    quoted = pc.binary_join_element_wise(_literal('"'), texts, _literal('"'), _literal(""))
    return quoted.fill_null("null")


def json_arrays(cells: list[pa.Array], before: str = "") -> pa.Array:
    """A JSON array for each row of the columns of JSON texts; ``before`` stands in front of each."""
    rows = pc.binary_join_element_wise(*cells, _literal(","))
    return pc.binary_join_element_wise(_literal(f"{before}["), rows, _literal("]"), _literal(""))


def bytes_of(texts: pa.Array) -> tuple[memoryview, np.ndarray]:
    """All texts of a large_string array, one behind the other, and where each begins and the last ends; no copy."""
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return memoryview(texts.buffers()[2])[offsets[0] : offsets[-1]], offsets - offsets[0]


def _literal(text: str) -> pa.Scalar:
    return pa.scalar(text, _LARGE)


def _plain(texts: pa.Array, scale: int) -> pa.Array:
    small = pc.match_substring(texts, "E")  # Arrow writes what is below 10^-6 as 1E-7, and zero as 0E-18
    if not pc.any(small).as_py():
        return texts
    found = texts.filter(small).dictionary_encode()
    plain = pa.array([f"{Decimal(one):.{scale}f}" for one in found.dictionary.to_pylist()], _LARGE)
    return pc.replace_with_mask(texts, small, plain.take(found.indices))


def _escaped(texts: pa.Array) -> pa.Array:
    odd = pc.match_substring_regex(texts, r'["\\\x00-\x1f]')
    if not pc.any(odd).as_py():
        return texts
    plain = pa.array([one.translate(_ESCAPES) for one in texts.filter(odd).to_pylist()], _LARGE)
    return pc.replace_with_mask(texts, odd, plain)
