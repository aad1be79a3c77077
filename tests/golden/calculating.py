"""Runs the command line in this process, and reads back what it wrote."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from hengtan.cli import _run

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
COLUMNS = ("activity_id", "facility", "activity_type", "start", "end", "quantity", "unit")
FACTOR_COLUMNS = [
    "factor_id",
    "dataset",
    "dataset_version",
    "name",
    "name_zh",
    "category",
    "scope",
    "ghgp_category",
    "activity_unit",
    "region",
    "valid_from",
    "valid_to",
    "co2_kg",
    "ch4_kg",
    "n2o_kg",
    "ch4_kgco2e",
    "n2o_kgco2e",
    "co2e_kg",
    "gwp_set",
    "biogenic_co2_kg",
    "lcv_mj_per_unit",
    "uncertainty_pct",
    "source_title",
    "source_url",
    "source_table",
    "licence",
    "retrieved_from",
]
GASES = ("co2_kg", "ch4_kg", "n2o_kg", "other_co2e_kg", "co2e_kg", "biogenic_co2_kg")
SUMS = ("scope1_kg", "scope2_location_kg", "scope2_market_kg", "scope3_kg")


@dataclass(frozen=True)
class Outcome:
    """What a command ended with. folder: where it was to write, which may not exist."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def rows(self) -> list[dict[str, Any]]:
        """emissions.parquet, in its order."""
        return pq.read_table(self.folder / "emissions.parquet").to_pylist()

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.folder / "summary.json").read_text("utf-8"))

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.folder / "run.json").read_text("utf-8"))

    @property
    def problems(self) -> list[dict[str, str]]:
        with (self.folder / "problems.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def codes(self, severity: str = "error") -> list[str]:
        return [problem["code"] for problem in self.problems if problem["severity"] == severity]

    def one(self, activity_id: str, basis: str | None = None) -> dict[str, Any]:
        """The only row of an activity (on one basis)."""
        found = [r for r in self.rows if r["activity_id"] == activity_id and basis in (None, r["basis"])]
        assert len(found) == 1, (found, self.out, self.err)
        return found[0]

    def total(self, name: str = "co2e_kg", basis: str = "location", ids: Iterable[str] | None = None) -> Decimal:
        """The exact sum of a column over the rows of one basis and those that have none."""
        wanted = None if ids is None else set(ids)
        with localcontext() as context:
            context.prec = 80
            return sum(
                (row[name] for row in self.rows
                 if row["basis"] in (basis, "-") and row[name] is not None
                 and (wanted is None or row["activity_id"] in wanted)),
                Decimal(0),
            )  # fmt: skip


class Calculator:
    """Runs commands in this process; files are written under ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs = folder, 0

    def command(self, *args: object, out: Path | None = None) -> Outcome:
        """Any command of the line."""
        printed, told = io.StringIO(), io.StringIO()
        with redirect_stdout(printed), redirect_stderr(told):
            try:
                code = _run([str(arg) for arg in args], debug=False)
            except SystemExit as stop:
                code = int(stop.code or 0)
        assert "Traceback" not in printed.getvalue() + told.getvalue()
        return Outcome(code, printed.getvalue(), told.getvalue(), out or self.folder)

    def calculate(self, *args: object, out: Path | None = None, report: bool = False) -> Outcome:
        """``hengtan calculate ARGS --out DIR``, without reports unless they are asked for."""
        self.runs += 1
        target = out or self.folder / f"run-{self.runs}"
        more = () if report else ("--no-report",)
        return self.command("calculate", *args, "--out", target, *more, out=target)

    def table(
        self, rows: Sequence[Mapping[str, Any] | Sequence[Any]], *args: object, name: str = "", **more: Any
    ) -> Outcome:
        """Calculates a table of activities written as CSV."""
        self.runs += 1
        path = self.folder / (name or f"activities-{self.runs}.csv")
        write_csv(path, rows)
        return self.calculate(path, *args, **more)

    def factors(self, *rows: Mapping[str, Any], name: str = "factors.csv") -> Path:
        """A factor file; what a row leaves out is empty but for a source, a licence and a category."""
        path = self.folder / name
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            more = ["published"] if any("published" in row for row in rows) else []
            writer = csv.DictWriter(file, [*FACTOR_COLUMNS, *more])
            writer.writeheader()
            for row in rows:
                writer.writerow({**_FACTOR, "dataset": path.stem, **{k: text(v) for k, v in row.items()}})
        return path


_FACTOR = {
    "name": "a case's own", "name_zh": "案例自带", "category": "stationary_combustion", "scope": "1",
    "source_title": "the case", "licence": "facts", "retrieved_from": "the case",
}  # fmt: skip


def text(value: Any) -> str:
    """Numbers in plain decimal form, as a person would write them."""
    if value is None:
        return ""
    if isinstance(value, float):
        value = Decimal(str(value))
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def activity(activity_id: str = "a1", **cells: Any) -> dict[str, Any]:
    """One good row of a year of British grid electricity, changed by ``cells``."""
    return {
        "activity_id": activity_id, "facility": "Plant", "activity_type": "electricity", "start": "2024-01-01",
        "end": "2024-12-31", "quantity": "100", "unit": "kWh", "region": "GB", **cells,
    }  # fmt: skip


def write_csv(path: Path, rows: Sequence[Mapping[str, Any] | Sequence[Any]], encoding: str = "utf-8") -> Path:
    """Rows as a CSV file: mappings under the header of all their names, sequences under the required columns."""
    named = [dict(row) if isinstance(row, Mapping) else dict(zip(COLUMNS, row, strict=False)) for row in rows]
    header = list(dict.fromkeys([*COLUMNS, *(name for row in named for name in row)]))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        for row in named:
            writer.writerow({name: text(value) for name, value in row.items()})
    return path
