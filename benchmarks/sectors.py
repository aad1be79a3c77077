"""Statements by sector guidelines and allocations of allowances, by the number of enterprises and units.

``python -m benchmarks.sectors`` runs this part alone and prints its tables. Whole processes are measured, from interpreter start to the
last stored byte. ``BENCH_UNITS="5000 50000"`` names the sizes of allocations in units, ``BENCH_STATEMENTS="500 5000"`` those of statements
in enterprises; an enterprise states ten parameters by month, 120 values.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .measure import Run, measured

HENGTAN = str(Path(sys.executable).parent / "hengtan")
MONTHS = 12
STATED = (
    ("coal.conventional.amount", "t", 80_000, 100_000),
    ("coal.conventional.c_ad", "%", 48, 55),
    ("coal.conventional.m_ar", "%", 8, 14),
    ("coal.conventional.m_ad", "%", 2, 4),
    ("fuel.diesel.amount", "t", 10, 30),
    ("generation", "MWh", 200_000, 300_000),
    ("own_use", "MWh", 10_000, 20_000),
    ("heat_supplied", "GJ", 10_000, 20_000),
    ("heat_produced", "GJ", 100_000, 200_000),
    ("running_hours", "h", 600, 720),
)
TARGET_S = 1.0  # for 5,000 units


def _sizes(name: str, default: str) -> list[int]:
    return sorted(int(word) for word in os.environ.get(name, default).split())


def units(path: Path, count: int) -> None:
    """A province of generating units of all classes, two an entity."""
    draw = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        file.write(
            "entity,unit_name,class,rated_mw,generation_mwh,supply_mwh,heat_gj,load_factor,heat_ratio,cooling,verified_t\n"
        )
        for number in range(count):
            kind, rated = draw.choice((("I", 660), ("II", 330), ("III", 300), ("IV", 400)))
            made = round(draw.uniform(1e5, 4e6), 3)
            file.write(f"E{number // 2},{number},{kind},{rated},{made},{made * 0.94:.3f},{draw.uniform(1, 3e6):.2f},"
                       f"{draw.uniform(0.3, 0.95):.4f},{draw.uniform(0.01, 0.4):.4f},{draw.choice(('water', 'air'))},{int(made * 0.85)}\n")  # fmt: skip


def lines_of_steel(path: Path, count: int) -> None:
    """A sector whose balance value is to be solved."""
    draw = random.Random(2)
    with path.open("w", encoding="utf-8") as file:
        file.write("entity,line,sector,output_t,verified_t,intensity,balance_value\n")
        for number in range(count):
            file.write(f"E{number},1,steel,,{draw.randint(10_000, 9_000_000)},{draw.uniform(0.9, 2.4):.4f},\n")


def statements(path: Path, count: int) -> None:
    """Enterprises with one unit, ten parameters by month."""
    draw = random.Random(3)
    with path.open("w", encoding="utf-8") as file:
        file.write("entity,process,unit_name,parameter,month,value,unit,obtained,source\n")
        for number in range(count):
            for name, unit, low, high in STATED:
                for month in range(1, MONTHS + 1):
                    file.write(f"E{number},,1,{name},{month},{draw.uniform(low, high):.3f},{unit},measured,meter\n")


def run(work: Path, times: int) -> dict[str, Any]:
    """All of it; the fastest of several runs counts."""
    work.mkdir(parents=True, exist_ok=True)
    allocations = []
    for size in _sizes("BENCH_UNITS", "5000 50000"):
        for name, make, year in (("supply basis, 2022", units, 2022), ("generation basis, 2024", units, 2024),
                                 ("balance value solved, 2025", lines_of_steel, 2025)):  # fmt: skip
            table = work / f"units_{size}_{year}.csv"
            make(table, size)
            words = ["ets", "allocate", str(table), "--year", str(year)]
            allocations.append({"plan": name, "units": size} | _figures(words, work, times))
            table.unlink()
    stated = []
    for size in _sizes("BENCH_STATEMENTS", "500 5000"):
        table = work / f"statements_{size}.csv"
        statements(table, size)
        words = ["sector", "calculate", str(table), "--method", "cn-power-2022", "--year", "2024"]
        stated.append({"entities": size, "values": size * len(STATED) * MONTHS} | _figures(words, work, times))
        table.unlink()
    return {"allocations": allocations, "statements": stated}


def _figures(words: list[str], work: Path, times: int) -> dict[str, float]:
    folder = work / "sectors_out"
    runs: list[Run] = []
    for _ in range(times):
        shutil.rmtree(folder, ignore_errors=True)
        found = measured([HENGTAN, *words, "--out", str(folder)])
        if found.code:
            raise SystemExit(f"{' '.join(words)}\nended with {found.code}:\n{found.output[-3000:]}")
        runs.append(found)
    shutil.rmtree(folder)
    best = min(runs, key=lambda each: each.wall_s)
    return {"wall_s": round(best.wall_s, 3), "cpu_s": round(best.cpu_s, 3), "peak_mb": round(best.peak_mb, 1)}


def lines(found: Mapping[str, Any]) -> list[str]:
    """A section of the results."""
    return [
        "## Sector statements and allowances",
        "",
        f"Whole commands. Wanted: {TARGET_S:g} s for 5,000 units; seconds of a unit or value stay the same as the file grows.",
        "",
        "| allocation | units | s | processor s | units / processor s | peak MB |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {each['plan']} | {each['units']:,} | {each['wall_s']:.2f} | {each['cpu_s']:.2f} | {each['units'] / each['cpu_s']:,.0f} | {each['peak_mb']:,.0f} |"
            for each in found["allocations"]
        ),
        "",
        "| statement, enterprises | values | s | processor s | values / processor s | peak MB |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {each['entities']:,} | {each['values']:,} | {each['wall_s']:.2f} | {each['cpu_s']:.2f} | {each['values'] / each['cpu_s']:,.0f} | {each['peak_mb']:,.0f} |"
            for each in found["statements"]
        ),
        "",
    ]


if __name__ == "__main__":
    print("\n".join(lines(run(Path(__file__).parent / "work", 2))))
