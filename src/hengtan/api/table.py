"""A small table of results that shows itself well: in a terminal, in a notebook, as Arrow or pandas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from html import escape
from typing import Any

_EXACT = Context(prec=80)


@dataclass(frozen=True, repr=False)
class Table:
    """Names of columns and rows of values; masses are exact Decimals in the unit that the column's name ends with.

    >>> table = Table(("scope", "co2e_kg"), (("1", Decimal("1234.5")), ("3", Decimal("2"))), "By scope")
    >>> table["1"]
    Decimal('1234.5')
    >>> table.total
    Decimal('1236.5')
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    title: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def __getitem__(self, labels: str | tuple[str, ...]) -> Any:
        """The mass in the row with these labels. Raises KeyError."""
        wanted = (labels,) if isinstance(labels, str) else tuple(labels)
        for row in self.rows:
            if row[: len(wanted)] == wanted:
                return row[self._measure]
        raise KeyError(labels)

    @property
    def _measure(self) -> int:
        """The column of masses: the first whose name ends with kg."""
        return next(at for at, name in enumerate(self.columns) if name.endswith("kg"))

    @property
    def total(self) -> Decimal:
        """Exact sum of the masses."""
        with localcontext(_EXACT):
            return sum((row[self._measure] for row in self.rows), Decimal(0))

    def to_arrow(self) -> Any:
        """A pyarrow Table; masses are DECIMAL(38,18)."""
        import pyarrow as pa

        arrays = [[row[at] for row in self.rows] for at in range(len(self.columns))]
        kinds = [pa.decimal128(38, 18) if any(isinstance(v, Decimal) for v in values) else None for values in arrays]
        return pa.table(
            {name: pa.array(values, kind) for name, values, kind in zip(self.columns, arrays, kinds, strict=True)}
        )

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> Any:
        """A pandas DataFrame; needs the extra [notebook]."""
        return self.to_arrow().to_pandas()

    def __repr__(self) -> str:
        lines = [list(self.columns), *([shown(value) for value in row] for row in self.rows)]
        widths = [max(_width(line[at]) for line in lines) for at in range(len(self.columns))]
        right = [self._is_number(at) for at in range(len(self.columns))]
        text = [
            "  ".join(
                _padded(cell, width, side) for cell, width, side in zip(line, widths, right, strict=True)
            ).rstrip()
            for line in lines
        ]
        return "\n".join(([self.title] if self.title else []) + text)

    def _is_number(self, at: int) -> bool:
        return any(isinstance(row[at], (Decimal, int)) for row in self.rows)

    def _repr_html_(self) -> str:
        return html_table(self.columns, [[shown(value) for value in row] for row in self.rows],
                          [self._is_number(at) for at in range(len(self.columns))], self.title)  # fmt: skip


def shown(value: Any) -> str:
    """For people: masses to two places with thousands separators; the values themselves stay exact."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        with localcontext(_EXACT):
            return f"{value.quantize(Decimal('0.01'), ROUND_HALF_EVEN):,f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def html_table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], title: str = "") -> str:
    """A plain table that takes its colours from the page around it."""
    style = "border-collapse:collapse;font-variant-numeric:tabular-nums;color:inherit;background:transparent"
    sides = ["right" if side else "left" for side in right]
    cell = "padding:.2em .8em;border:0;border-bottom:1px solid rgba(128,128,128,.35);text-align:{}"
    head = "".join(
        f'<th style="{cell.format(side)}">{escape(name)}</th>' for name, side in zip(columns, sides, strict=True)
    )
    body = "".join(
        "<tr style='background:transparent'>"
        + "".join(f'<td style="{cell.format(side)}">{escape(text)}</td>' for text, side in zip(row, sides, strict=True))
        + "</tr>"
        for row in rows
    )
    caption = f"<caption style='text-align:left;color:inherit'>{escape(title)}</caption>" if title else ""
    return f"<table style='{style}'>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _width(text: str) -> int:
    """In columns of a terminal: a Chinese character takes two."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def as_rows(names: Sequence[str], found: Mapping[tuple[str, ...], Decimal], unit: str, title: str) -> Table:
    """A table out of sums by labels, sorted by them."""
    rows = tuple((*labels, kg) for labels, kg in sorted(found.items(), key=lambda item: _natural(item[0])))
    return Table((*names, unit), rows, title)


def _natural(labels: tuple[str, ...]) -> tuple[Any, ...]:
    """1.10 after 1.9; numbers before words."""
    return tuple(
        tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in label.split(".")) for label in labels
    )
