"""Posted rows of a run as a person asks for them: of one scope, facility, month or factor, the largest first, a page at a time."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from hengtan.engine import DECIMAL_MASS, asking, fetch, write_parquet

if TYPE_CHECKING:
    from .posting import Posting

EMISSIONS = "emissions.parquet"
LABELS = "labels.parquet"
GASES = {"co2": "co2_kg", "ch4": "ch4_kg", "n2o": "n2o_kg", "other": "other_co2e_kg"}
COLUMNS = (
    "activity_id", "facility", "org_unit", "start", "end", "scope", "category", "basis", "co2e_kg", "factor_id", "match",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted; None is all of them. basis: location or market, for scope 2; month: 2018-01, rows that touch it, or those up to ``until``.

    scope        1, 2, 3; 0 is what lies outside the scopes, which is in no total and therefore not among all of them
    facilities   those that the person may see; text: a part of the activity id or of the facility's name
    gas          co2, ch4, n2o, other: rows that hold it; unsplit: rows whose factor tells CO2e alone
    activities   these alone; between: kg CO2e from ... to, both inclusive
    quality      the text of the column data_quality, "" for rows that have none; of runs that keep it (``write_labels``)
    """

    basis: str = "location"
    scope: int | None = None
    category: str | None = None
    facility: str | None = None
    org_unit: str | None = None
    month: str | None = None
    match: str | None = None
    factor_id: str | None = None
    text: str = ""
    facilities: Sequence[str] | None = None
    gas: str | None = None
    activities: Sequence[str] | None = None
    between: tuple[Decimal, Decimal] | None = None
    quality: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A page of rows, and how many there are in all with their sum."""

    rows: list[dict[str, Any]]
    count: int
    co2e_kg: Decimal


def posted(folder: Path, asked: Asked, most: int, offset: int = 0) -> Posted:
    """The rows, the largest first."""
    with asking() as con:
        rows = _filtered(con.read_parquet(str(folder / EMISSIONS)), asked)
        if asked.quality is not None and (folder / LABELS).exists():
            labels = con.read_parquet(str(folder / LABELS))
            rows = (
                rows.semi_join(labels.filter(labels.data_quality == asked.quality), "activity_id")
                if asked.quality
                else rows.anti_join(labels, "activity_id")
            )
        told = fetch(rows.aggregate(count=rows.count(), kg=rows.co2e_kg.sum())).to_pylist()[0]
        page = rows.order_by(rows.co2e_kg.desc(), "activity_id", "basis").select(*COLUMNS).limit(most, offset=offset)
        return Posted(fetch(page).to_pylist(), int(told["count"]), told["kg"] or Decimal(0))


def write_labels(con: Any, posting: Posting, path: Path) -> bool:
    """activity_id and data_quality of the good rows that have one; False, and nothing is written, where no source has the column."""
    if "data_quality" not in posting.good.staged.present:
        return False
    rows = posting.good.union(con)
    write_parquet(rows.filter(rows.data_quality != "").select("activity_id", "data_quality"), path)
    return True


def _filtered(rows: Any, asked: Asked) -> Any:
    wanted = [rows.basis.isin(["-", asked.basis])]
    if asked.scope == 0:
        wanted.append(rows.scope.isnull())
    else:
        wanted.append(rows.scope.notnull() if asked.scope is None else rows.scope == asked.scope)
    for name in ("category", "facility", "org_unit", "factor_id", "match"):
        value = getattr(asked, name)
        if value is not None:
            wanted.append(rows[name].fill_null("") == value)
    if asked.month is not None:
        first = date.fromisoformat(f"{asked.month}-01")
        last = date.fromisoformat(f"{asked.until or asked.month}-01")
        last = last.replace(day=calendar.monthrange(last.year, last.month)[1])
        wanted += [rows.start <= last, rows.end >= first]
    if asked.text:
        part = asked.text.lower()
        wanted.append(rows.activity_id.lower().contains(part) | rows.facility.lower().contains(part))
    if asked.gas == "unsplit":
        wanted += [rows[name].isnull() for name in GASES.values()]
    elif asked.gas is not None:
        wanted.append(rows[GASES[asked.gas]] != 0)
    if asked.activities is not None:
        wanted.append(rows.activity_id.isin(list(asked.activities) or [""]))
    if asked.between is not None:
        least, most = (ibis.literal(f"{kg:f}").cast(DECIMAL_MASS) for kg in asked.between)
        wanted.append(rows.co2e_kg.between(least, most))
    if asked.facilities is not None:
        wanted.append(rows.facility.isin(list(asked.facilities) or [""]))
    return rows.filter(*wanted)  # at once: every step more is compiled anew
