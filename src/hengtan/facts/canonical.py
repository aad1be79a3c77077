"""The canonical digest: what a table says in exact sums, whatever file, row order or engine it came from.

>>> pieces = [b'["Leeds","2024-01","3","12.500000"]', b',["Leeds","2024-02","1","4.000000"]']
>>> columns = [("facility", "text"), ("month", "text"), ("rows", "integer"), ("quantity", "decimal(38,6)")]
>>> canonical_digest("activities", columns, pieces, 4)[:16]
'bb8b56a0ef30f3e8'

It is the SHA-256 of an RFC 8785 text that anybody can write down again::

    {"columns":[["facility","text"],...],"groups":[["Leeds","2024-01","3","12.500000"],...],"kind":"activities","rows":"4",
     "version":"1"}

Sums and row counts are texts. The groups come in their order from the caller and are hashed as they come; none is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from .text import encoded

VERSION = "1"


def canonical_digest(
    kind: str, columns: Sequence[tuple[str, str]], groups: Iterable[bytes | memoryview], rows: int
) -> str:
    """SHA-256 in hexadecimal of kind, columns, groups and number of rows.

    kind     what the rows are: ``emissions``, ``activities``
    columns  name and type of each cell of a group, in order
    groups   pieces that make, one behind the other, the RFC 8785 texts of the groups joined by commas; a piece may hold any
             number of groups. Their order is the caller's to keep
    rows     of all groups together

    ValueError when the pieces cannot be that: they do not begin with ``[`` and end with ``]``.
    """
    names = encoded([list(column) for column in columns])
    digest = sha256(b'{"columns":' + names + b',"groups":[')
    first, last = b"", b""
    for piece in groups:
        digest.update(piece)
        if len(piece):
            first, last = first or bytes(piece[:1]), bytes(piece[-1:])
    if (first, last) not in ((b"[", b"]"), (b"", b"")):
        raise ValueError("groups are JSON arrays, joined by commas")
    digest.update(
        b'],"kind":' + encoded(kind) + b',"rows":' + encoded(str(rows)) + b',"version":' + encoded(VERSION) + b"}"
    )
    return digest.hexdigest()
