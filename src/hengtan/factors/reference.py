"""Tables beside the factors: what a CBAM default is made of, cloud coefficients, fuel properties.

>>> cbam_detail("eu-cbam-dv-2026-al-25231000-a")["direct_tco2e_per_t"]
'0.87'
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

REFERENCE = Path(__file__).parent / "data" / "reference"


def reference_names() -> list[str]:
    """The tables that are there; one taken out for its licence is not."""
    return sorted(path.stem for path in REFERENCE.glob("*.parquet"))


@cache
def reference(name: str) -> pa.Table:
    """A table, every cell as text. Raises LookupError with the names there are."""
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415  pyarrow costs 0.2 s, --help must not pay it

    if name not in reference_names():
        raise LookupError(f"no table {name}; there are {', '.join(reference_names())}")
    with ParquetFile(REFERENCE / f"{name}.parquet") as file:
        return file.read(use_threads=False)


def cbam_detail(factor_id: str) -> Mapping[str, str]:
    """Direct and indirect part, totals with mark-up and route of a CBAM default, and what its CN code means.

    Empty for an id that is none, or where the tables were taken out.
    """
    if "eu_cbam_default_values_detail" not in reference_names():
        return {}
    table = reference("eu_cbam_default_values_detail")
    ids = table.column("factor_id").to_pylist()
    if factor_id not in ids:
        return {}
    row: dict[str, str] = table.slice(ids.index(factor_id), 1).to_pylist()[0]
    return row | {"description": _description(row["cn_code"], row["description_no"])}


def _description(cn_code: str, number: str) -> str:
    if "eu_cbam_cn_descriptions" not in reference_names():
        return ""
    rows = reference("eu_cbam_cn_descriptions").to_pylist()
    return next((r["description"] for r in rows if (r["cn_code"], r["description_no"]) == (cn_code, number)), "")
