"""Spark against DuckDB on the same rows: the whole command, with all that a run keeps, and whether it is the same.

``python -m benchmarks.spark`` runs this part alone and prints its table; ``BENCH_SPARK="1 10"`` names the sizes in million
rows. The cluster is a real one, a master and two workers of one core each on this machine, started before the clock and
used by one application after another: what is measured is what a cluster costs on the machine that DuckDB has to itself.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from . import generate
from .measure import Run, measured

HERE = Path(__file__).parent
SETTINGS = "spark.executor.memory 1800m\nspark.driver.memory 1g\n"
_COMPARED = ("summary.json", "problems.csv")


def installed() -> bool:
    """Whether the extra [spark] and Java are there."""
    return find_spec("pyspark") is not None and shutil.which("java") is not None


def sizes() -> list[float]:
    """Million rows, small ones first."""
    return sorted(float(word) for word in os.environ.get("BENCH_SPARK", "1 10").split())


def run(data: Path, work: Path) -> list[dict[str, Any]]:
    """Each size once on each engine, one after the other."""
    from .cluster import running  # noqa: PLC0415  needs pyspark, which the benchmark may do without

    found = []
    with tempfile.TemporaryDirectory(prefix="hengtan-cluster-") as name:
        folder = Path(name)
        (folder / "spark-defaults.conf").write_text(SETTINGS, "utf-8")
        with running(folder, cores=1) as cluster:
            for size in sizes():
                activities = data / f"activities_{size:g}m.parquet"
                if not activities.exists():
                    generate.write(int(size * 1_000_000), activities)
                here, there = work / f"{size:g}m_duckdb", work / f"{size:g}m_spark"
                duckdb = _calculated(activities, here, "duckdb", {})
                spark = _calculated(activities, there, cluster.url, {"SPARK_CONF_DIR": name})
                found.append(
                    {"rows": int(size * 1_000_000), "duckdb": duckdb, "spark": spark, "same": same(here, there)}
                )
                shutil.rmtree(here)
                shutil.rmtree(there)
    return found


def _calculated(activities: Path, folder: Path, engine: str, environment: Mapping[str, str]) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    command = [
        str(Path(sys.executable).parent / "hengtan"),
        "calculate",
        str(activities),
        "--out",
        str(folder),
        "--engine",
        engine,
    ]
    done: Run = measured(command, env=environment)
    if done.code not in (0, 3):
        raise SystemExit(f"{' '.join(command)}\nended with {done.code}:\n{done.output[-3000:]}")
    manifest = json.loads((folder / "run.json").read_text("utf-8"))
    return {"wall_s": round(done.wall_s, 2), "peak_mb": round(done.peak_mb), "phases": manifest["phases"]}


def same(here: Path, there: Path) -> bool:
    """Sums, problems and digest, and every row in its place."""
    one, other = (json.loads((folder / "run.json").read_text("utf-8")) for folder in (here, there))
    if one["outputs"]["digest"] != other["outputs"]["digest"]:
        return False
    if any((here / name).read_bytes() != (there / name).read_bytes() for name in _COMPARED):
        return False
    left, right = (pq.ParquetFile(folder / "emissions.parquet") for folder in (here, there))
    with left, right:
        if left.metadata.num_rows != right.metadata.num_rows:
            return False
        pairs = zip(_batches(left), _batches(right), strict=True)
        return all(a.to_pydict() == b.to_pydict() for a, b in pairs)


def _batches(file: pq.ParquetFile) -> Any:
    return file.iter_batches(50_000)


def lines(found: list[dict[str, Any]]) -> list[str]:
    """The section of results.md."""
    rows = [
        f"| {one['rows'] / 1e6:g} | {one['duckdb']['wall_s']:.1f} | {one['spark']['wall_s']:.1f} "
        f"| {one['spark']['wall_s'] / one['duckdb']['wall_s']:.1f} | {_sum(one['spark']['phases']):.1f} "
        f"| {one['spark']['peak_mb']:,} | {'yes' if one['same'] else 'NO'} |"
        for one in found
    ]
    return [
        "",
        "## Spark",
        "",
        "The same command on DuckDB and on a standalone cluster of two workers with one core each, on this one machine. Seconds of",
        "the whole process; `phases` leaves out the start of Java and of the application (phases that overlap count twice); peak",
        "MB is of this process, without Java.",
        "",
        "| million rows | DuckDB, s | Spark, s | times DuckDB | Spark, phases | peak MB | every row the same |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | :---: |",
        *rows,
        "",
    ]


def _sum(phases: Mapping[str, float]) -> float:
    return sum(phases.values())


if __name__ == "__main__":
    print("\n".join(lines(run(HERE / "data", HERE / "work"))))
