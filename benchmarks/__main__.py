"""``make bench``: runs every size and peer, writes ``results.json`` and ``results.md`` beside this file.

BENCH_SIZES    million rows, default "1 10"          BENCH_REPEAT    runs of each, the fastest counts; default 2
BENCH_LEDGER   million entries, default "0.07 1"      BENCH_BOOK      million postings, default "0.01 0.1 1"
BENCH_UNITS    units of an allocation, "5000 50000"   BENCH_STATEMENTS  enterprises of a statement, "500 5000"
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import book, coefficients, evidence, facts, generate, impact_framework, ledger, sectors, spark
from .measure import Run, measured
from .results import table

HERE = Path(__file__).parent
DATA, WORK = HERE / "data", HERE / "work"
BIN = Path(sys.executable).parent
SMALL = ((("--help",), 5), (("factors", "search", "diesel"), 5))


def say(text: str) -> None:
    """Progress, to standard error."""
    print(text, file=sys.stderr, flush=True)


def fastest(command: list[str], times: int, clear: Path | None = None) -> Run:
    """The fastest of several runs; any that fails stops the benchmark. The folder ``clear`` is emptied before each."""
    runs = []
    for _ in range(times):
        if clear is not None:
            shutil.rmtree(clear, ignore_errors=True)
        run = measured(command)
        if run.code not in (0, 3):
            raise SystemExit(f"{' '.join(command)}\nended with {run.code}:\n{run.output[-3000:]}")
        runs.append(run)
    return min(runs, key=lambda run: run.wall_s)


def ours(activities: Path, folder: Path, times: int) -> dict[str, object]:
    """hengtan, from interpreter start to stored rows, summary, manifest and reports."""
    run = fastest([str(BIN / "hengtan"), "calculate", str(activities), "--out", str(folder)], times, folder)
    manifest = json.loads((folder / "run.json").read_text("utf-8"))
    return _figures(run) | {"phases": manifest["phases"], "counts": manifest["counts"]}


def peer(activities: Path, folder: Path, times: int) -> dict[str, object]:
    """The hand-written SQL script, with the coefficients that hengtan found."""
    table_ = coefficients.write(folder / "plan.parquet", WORK / f"{folder.name}_coefficients.parquet")
    target = WORK / f"{folder.name}_peer"
    target.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "benchmarks.peer",
        str(activities),
        str(table_),
        str(target),
        str(os.cpu_count() or 2),
    ]
    run = fastest(command, times)
    same = coefficients.totals_agree(folder, target)
    shutil.rmtree(target)
    return _figures(run) | {"totals_agree": same}


def _figures(run: Run) -> dict[str, object]:
    figures = asdict(run)
    del figures["output"], figures["code"]
    return {name: round(value, 3) for name, value in figures.items()}


def main() -> None:
    """All of it; hengtan and a peer run one after the other, never at once."""
    sizes = [float(word) for word in os.environ.get("BENCH_SIZES", "1 10").split()]
    times = int(os.environ.get("BENCH_REPEAT", "2"))
    WORK.mkdir(exist_ok=True)
    results: dict[str, Any] = {
        "made": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cpus": os.cpu_count(),
        "sizes": [],
        "start": {},
    }
    for words, repeat in SMALL:
        say(f"hengtan {' '.join(words)}")
        results["start"][" ".join(words)] = fastest([str(BIN / "hengtan"), *words], repeat).wall_s
    activities = DATA
    for size in sizes:
        name, rows = f"{size:g}m", int(size * 1_000_000)
        activities = DATA / f"activities_{name}.parquet"
        if not activities.exists():
            say(f"{name}: making {activities.name}")
            generate.write(rows, activities)
        say(f"{name}: hengtan")
        mine = ours(activities, WORK / name, times)
        say(f"{name}: hengtan --ledger")
        kept = evidence.run(activities, WORK / f"{name}_kept", times, float(str(mine["wall_s"])))
        say(f"{name}: hand-written SQL")
        results["sizes"].append(
            {
                "rows": rows,
                "bytes": activities.stat().st_size,
                "hengtan": mine,
                "sql": peer(activities, WORK / name, times),
                "kept": kept,
            }
        )
    if impact_framework.installed():
        say("Impact Framework")
        results["impact_framework"] = _figures(impact_framework.run(WORK, activities)) | {
            "rows": impact_framework.ROWS,
            "package": impact_framework.PACKAGE,
        }
    else:
        say("Impact Framework: left out, no Node here")
    say("the ledger")
    results["ledger"] = ledger.run(WORK, times)
    say("facts")
    results["facts"] = facts.run(WORK, times)
    say("the book of carbon assets")
    results["book"] = book.run(WORK, times)
    say("sector statements and allowances")
    results["sectors"] = sectors.run(WORK, times)
    if spark.installed():
        say("Spark")
        results["spark"] = spark.run(DATA, WORK)
    else:
        say("Spark: left out, no Java or pyspark here")
    (HERE / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    text = table(results)
    (HERE / "results.md").write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
