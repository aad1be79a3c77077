"""The peer Impact Framework (``@grnsft/if``, MIT, Green Software Foundation): a look-up in a CSV table and a multiplication.

A lean pipeline, in its favour: one look-up column and a table row per activity type (it searches them one after another), one
product, no checks, no units, no gases, one basis.
"""

import random
import shutil
import subprocess
from pathlib import Path

import pyarrow.parquet as pq

from .measure import Run, measured

PACKAGE = "@grnsft/if@1.1.0"
HERE = Path(__file__).parent
RUN = HERE / "node_modules" / ".bin" / "if-run"
ROWS = 100_000
SEED = 20180101
COLUMNS = ("activity_id", "facility", "activity_type", "unit", "region")

HEAD = """name: hengtan benchmark
description: activity data times a factor looked up in a CSV table
initialize:
  plugins:
    look-up:
      method: CSVLookup
      path: builtin
      config:
        filepath: {factors}
        query: {{activity_type: activity_type}}
        output: [[factor, factor]]
    times:
      method: Multiply
      path: builtin
      config:
        input-parameters: [quantity, factor]
        output-parameter: emissions
tree:
  children:
    company:
      pipeline:
        compute: [look-up, times]
      inputs:
"""


def installed() -> bool:
    """True when the package is there, or could be fetched with npm into ``benchmarks/node_modules``."""
    if not RUN.exists() and shutil.which("npm") and shutil.which("node"):
        command = [
            "npm",
            "install",
            "--prefix",
            str(HERE),
            "--no-save",
            "--no-package-lock",
            "--no-fund",
            "--no-audit",
            PACKAGE,
        ]
        subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    return RUN.exists()


def write_manifest(folder: Path, activities: Path, rows: int = ROWS) -> Path:
    """The pipeline with its rows inside, as Impact Framework wants it, and the table beside it.

    The rows are the first of the same activity table that hengtan is measured with, without most of their tags.
    """
    table = (
        next(pq.ParquetFile(activities).iter_batches(rows, columns=[*COLUMNS, "start", "quantity"]))
        .slice(0, rows)
        .to_pylist()
    )
    dice = random.Random(SEED)
    types = sorted({row["activity_type"] for row in table})
    factors = folder / "if_factors.csv"
    lines = [f"{name},{dice.uniform(0.01, 9):.5f}" for name in types]
    factors.write_text("activity_type,factor\n" + "\n".join(lines) + "\n", "utf-8")
    manifest = folder / "if_manifest.yaml"
    with manifest.open("w", encoding="utf-8") as out:
        out.write(HEAD.format(factors=factors))
        for row in table:
            tags = ", ".join(f"{name}: '{row[name]}'" for name in COLUMNS)
            out.write(
                f"        - {{timestamp: '{row['start']}T00:00:00.000Z', duration: 86400, quantity: {abs(row['quantity'] or 0)}, {tags}}}\n"
            )
    return manifest


def run(folder: Path, activities: Path, rows: int = ROWS) -> Run:
    """Start to end in a process of its own, its result written as YAML."""
    result = folder / "if_result.yaml"
    result.unlink(missing_ok=True)
    manifest = write_manifest(folder, activities, rows)
    run_ = measured([str(RUN), "--manifest", str(manifest), "--output", str(result.with_suffix(""))])
    if not result.exists() or "emissions:" not in result.read_text("utf-8")[-2000:]:
        raise RuntimeError(f"Impact Framework wrote no result: {run_.output[-800:]}")
    return run_
