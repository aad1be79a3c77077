"""The Thrift compact protocol, as far as Parquet footers use it: read into plain lists, written back to the byte.

Reference: Apache Thrift, ``thrift-compact-protocol.md``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)


class Field(NamedTuple):
    """One field of a struct. value: int, bool, bytes, ``(element type, values)`` of a list, or fields of a struct."""

    number: int
    kind: int
    value: Any


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def varint(self) -> int:
        result = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result
            shift += 7

    def zigzag(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def take(self, count: int) -> bytes:
        chunk = self.data[self.at : self.at + count]
        self.at += count
        return chunk

    def value(self, kind: int) -> Any:
        if kind == _BYTE:
            return self.take(1)
        if kind in (_I16, _I32, _I64):
            return self.zigzag()
        if kind == _DOUBLE:
            return self.take(8)
        if kind == _BINARY:
            return self.take(self.varint())
        if kind in (_LIST, _SET):
            head = self.take(1)[0]
            count, element = head >> 4, head & 0x0F
            if count == 15:
                count = self.varint()
            if element in (_TRUE, _FALSE):
                return element, [self.take(1) for _ in range(count)]
            return element, [self.value(element) for _ in range(count)]
        if kind == _STRUCT:
            return self.struct()
        raise ValueError(f"Thrift type {kind} does not stand in Parquet footers")

    def struct(self) -> list[Field]:
        fields: list[Field] = []
        number = 0
        while True:
            head = self.take(1)[0]
            if head == 0:
                return fields
            delta, kind = head >> 4, head & 0x0F
            number = number + delta if delta else self.zigzag()
            fields.append(Field(number, kind, None if kind in (_TRUE, _FALSE) else self.value(kind)))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _zigzag(value: int) -> bytes:
    return _varint((value << 1) ^ (value >> 63))


def _written(kind: int, value: Any) -> bytes:
    if kind in (_TRUE, _FALSE):
        return b""  # the value of a boolean field is its type
    if kind in (_BYTE, _DOUBLE):
        return bytes(value)
    if kind in (_I16, _I32, _I64):
        return _zigzag(value)
    if kind == _BINARY:
        return _varint(len(value)) + bytes(value)
    if kind in (_LIST, _SET):
        element, values = value
        head = (
            bytes([len(values) << 4 | element]) if len(values) < 15 else bytes([0xF0 | element]) + _varint(len(values))
        )
        if element in (_TRUE, _FALSE):
            return head + b"".join(values)
        return head + b"".join(_written(element, item) for item in values)
    return write_struct(value)


def read_struct(data: bytes) -> list[Field]:
    """The fields of one struct, in their order."""
    return _Reader(data).struct()


def write_struct(fields: list[Field]) -> bytes:
    """The bytes of a struct; ``write_struct(read_struct(b)) == b`` for what common writers write."""
    out = bytearray()
    last = 0
    for field in fields:
        delta = field.number - last
        out += bytes([delta << 4 | field.kind]) if 0 < delta <= 15 else bytes([field.kind]) + _zigzag(field.number)
        out += _written(field.kind, field.value)
        last = field.number
    out.append(0)
    return bytes(out)
