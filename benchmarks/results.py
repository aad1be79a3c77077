"""The results as a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import book, evidence, facts, ledger, sectors, spark

TARGETS = {"sql": 2.5, "impact_framework": 30.0, "hundred_to_ten": 12.0, "peak_mb": 2000.0}


def table(results: Mapping[str, Any]) -> str:
    """Markdown: end to end, the phases of it, the ratios with their targets."""
    sizes = results["sizes"]
    lines = [
        "# Speed and memory",
        "",
        f"Made by `make bench` on {results['made']}, {results['cpus']} processors; times are wall seconds of a whole process, from",
        "interpreter start to the last stored byte; the fastest of the runs.",
        "",
        "| million rows | hengtan, s | processor s | peak MB | rows / processor s | hand-written SQL, s | times that | same totals |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | :---: |",
    ]
    for size in sizes:
        mine, sql = size["hengtan"], size["sql"]
        lines.append(
            f"| {size['rows'] / 1e6:g} | {mine['wall_s']:.2f} | {mine['cpu_s']:.1f} | {mine['peak_mb']:,.0f} | {size['rows'] / mine['cpu_s']:,.0f} "
            f"| {sql['wall_s']:.2f} | {mine['wall_s'] / sql['wall_s']:.2f} | {'yes' if sql['totals_agree'] else 'NO'} |"
        )
    phases = list(dict.fromkeys(name for size in sizes for name in size["hengtan"]["phases"]))
    lines += [
        "",
        "Where the time goes, seconds:",
        "",
        "| million rows | " + " | ".join(phases) + " |",
        "| ---: |" + " ---: |" * len(phases),
    ]
    for size in sizes:
        found = size["hengtan"]["phases"]
        lines.append(
            f"| {size['rows'] / 1e6:g} | "
            + " | ".join(f"{found[name]:.2f}" if name in found else "" for name in phases)
            + " |"
        )
    lines += ["", "| measure | figure | target |", "| --- | ---: | ---: |", *_measures(results), ""]
    kept = [size["kept"] | {"rows": size["rows"]} for size in sizes if "kept" in size]
    if kept:
        lines += evidence.lines(kept)
    if "ledger" in results:
        lines += ledger.lines(results["ledger"])
    if "facts" in results:
        lines += facts.lines(results["facts"])
    if "book" in results:
        lines += book.lines(results["book"])
    if "sectors" in results:
        lines += sectors.lines(results["sectors"])
    if "spark" in results:
        lines += spark.lines(results["spark"])
    return "\n".join(lines)


def _measures(results: Mapping[str, Any]) -> list[str]:
    by_rows = {size["rows"]: size for size in results["sizes"]}
    ten, hundred = by_rows.get(10_000_000), by_rows.get(100_000_000)
    found = []
    if ten:
        found.append(
            (
                "10 million rows, times the hand-written SQL",
                ten["hengtan"]["wall_s"] / ten["sql"]["wall_s"],
                f"at most {TARGETS['sql']}",
            )
        )
    if ten and hundred:
        found.append(
            (
                "100 million rows, times 10 million",
                hundred["hengtan"]["wall_s"] / ten["hengtan"]["wall_s"],
                f"at most {TARGETS['hundred_to_ten']:g}",
            )
        )
    if hundred:
        found.append(("100 million rows, peak MB", hundred["hengtan"]["peak_mb"], f"under {TARGETS['peak_mb']:,.0f}"))
    framework = results.get("impact_framework")
    if framework:
        best = ten or results["sizes"][-1]
        ratio = best["rows"] / best["hengtan"]["cpu_s"] / (framework["rows"] / framework["cpu_s"])
        found.append(
            (
                f"rows per processor second, times Impact Framework ({framework['package']})",
                ratio,
                f"at least {TARGETS['impact_framework']:g}",
            )
        )
    found += [
        (f"`hengtan {words}`, s", seconds, "under 0.3" if words == "--help" else "under 0.6")
        for words, seconds in results["start"].items()
    ]
    return [f"| {name} | {value:,.2f} | {target} |" for name, value, target in found]
