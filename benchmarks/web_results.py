"""What ``make bench-web`` found, as ``results_web.json`` and as a page."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TARGETS = {"per_s": 60, "read_p99_ms": 800, "write_p99_ms": 1500}


def percentile(values: list[float], share: float) -> float:
    """The value below which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def told(
    given: dict[str, int], pages: dict[str, dict[str, float]], ms: dict[str, list[float]], errors: list[str], writing: set[str],
    took: float, used: tuple[float, float], log: str,
) -> int:  # fmt: skip
    """What was found, printed and kept; 1 when a target is missed."""
    reads = [each for name, times in ms.items() if name not in writing for each in times]
    writes = [each for name, times in ms.items() if name in writing for each in times]
    number = len(reads) + len(writes)
    results = {
        "made": f"{datetime.now(UTC):%Y-%m-%d}", "cpus": os.cpu_count(), **given, "requests": number, "per_s": round(number / took, 1), "errors": len(errors),
        "read_p50_ms": round(percentile(reads, 0.5)), "read_p99_ms": round(percentile(reads, 0.99)),
        "write_p50_ms": round(percentile(writes, 0.5)), "write_p99_ms": round(percentile(writes, 0.99)),
        "writes": len(writes), "web_cpu_s": round(used[0] / 1000, 1), "database_cpu_s": round(used[1] / 1000, 1),
        "pages": {
            name: {
                **figures, "requests": len(ms[name]), "p50_ms": round(percentile(ms[name], 0.5)),
                "p99_ms": round(percentile(ms[name], 0.99)),
            }
            for name, figures in pages.items()
        },
    }  # fmt: skip
    (HERE / "results_web.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (HERE / "results_web.md").write_text(table(results), "utf-8")
    print(table(results))
    for error in errors[:10]:
        print(error)
    if errors:
        print(log[-3000:])
    met = results["per_s"] >= TARGETS["per_s"] and not errors
    return 0 if met and all(results[name] <= TARGETS[name] for name in ("read_p99_ms", "write_p99_ms")) else 1


def table(results: dict[str, Any]) -> str:
    """Markdown."""
    lines = [
        "# The web application under load",
        "",
        f"Made by `make bench-web` on {results['made']}, {results['cpus']} processors, which client, server, worker and database share:",
        f"PostgreSQL behind its wall, {results['rows']:,} activity rows, `hengtan serve --workers {results['workers']}` and its worker, {results['people']} signed-in people without",
        f"pauses for {results['seconds']} s, {results['writes'] / max(1, results['requests']):.0%} of the requests write.",
        "",
        "| measure | figure | target |",
        "| --- | ---: | ---: |",
        f"| requests a second | {results['per_s']:.1f} | at least {TARGETS['per_s']} |",
        f"| reads, 99 of 100 within, ms | {results['read_p99_ms']:,} | under {TARGETS['read_p99_ms']:,} |",
        f"| writes, 99 of 100 within, ms | {results['write_p99_ms']:,} | under {TARGETS['write_p99_ms']:,} |",
        f"| errors, of {results['requests']:,} requests | {results['errors']} | 0 |",
        f"| half of the reads, of the writes within, ms | {results['read_p50_ms']:,}, {results['write_p50_ms']:,} | |",
        f"| processor seconds of server and worker, of the database | {results['web_cpu_s']:.0f}, {results['database_cpu_s']:.0f} | |",
        "",
        "Processor milliseconds by one person alone; the times under load behind them.",
        "",
        "| page | server, CPU ms | database, CPU ms | alone, ms | requests | half within, ms | 99 of 100 within, ms |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, each in sorted(results["pages"].items(), key=lambda pair: -pair[1]["web_cpu_ms"]):
        lines.append(
            f"| {name} | {each['web_cpu_ms']:.1f} | {each['database_cpu_ms']:.1f} | {each['wall_ms']:.1f} | {each['requests']} "
            f"| {each['p50_ms']:,} | {each['p99_ms']:,} |"
        )
    return "\n".join([*lines, ""])
