"""The ledger: appending, auditing, proving and single entries, by the number of entries.

``python -m benchmarks.ledger`` runs this part alone and prints its tables; ``BENCH_LEDGER="0.07 1"`` names the sizes in
million entries. Whole processes are measured from interpreter start to end; an entry is as long as an event with its commitment.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hengtan.ledger import Log, audit, generate

from .measure import Run, measured

HENGTAN = str(Path(sys.executable).parent / "hengtan")
BATCH = 10_000
ORIGIN = "benchmark.example/ledger"
PROOFS = 200
CALLERS = 64
SINGLES_S = 5.0
TARGETS = {"append_s": 40.0, "audit_s": 10.0, "small_audit_s": 1.0, "proof_ms": 5.0, "singles": 100.0, "latency_s": 1.0}
MILLION, SMALL = 1_000_000, 70_000


def sizes() -> list[int]:
    """Numbers of entries, small ones first."""
    return sorted(round(float(word) * 1e6) for word in os.environ.get("BENCH_LEDGER", "0.07 1").split())


def entries(first: int, count: int) -> list[bytes]:
    """Public entries as long as those that ``hengtan.ledger.event`` writes (with a commitment each would want its record)."""
    form = b'{"digest_hex":"%064x","kind":"batch.accepted","time":"2026-03-31T08:00:00Z","version":"1"}'
    return [form % number for number in range(first, first + count)]


def run(work: Path, times: int) -> dict[str, Any]:
    """All of it; the fastest of several runs counts."""
    return {"sizes": [_of_size(work / f"ledger_{size}", size, times) for size in sizes()], "singles": _singles(work)}


def _of_size(folder: Path, size: int, times: int) -> dict[str, Any]:
    appended = [_fresh(folder, "append", str(folder), str(size)) for _ in range(times)]
    audited = [_whole([sys.executable, "-m", "benchmarks.ledger", "audit", str(folder)]) for _ in range(times)]
    proofs = _proofs(folder, size)
    files = sum(len(names) for _, _, names in os.walk(folder))
    lines, copy = folder.with_name(f"{folder.name}.jsonl"), folder.with_name(f"{folder.name}_cli")
    lines.write_bytes(b"\n".join(entries(0, size)) + b"\n")
    shutil.rmtree(copy, ignore_errors=True)
    _whole([HENGTAN, "ledger", "init", str(copy), "--origin", ORIGIN])
    command = _whole([HENGTAN, "ledger", "append", str(copy), str(lines)])
    verified = _whole([HENGTAN, "verify", str(copy)])
    shutil.rmtree(folder)
    shutil.rmtree(copy)
    lines.unlink()
    return {
        "entries": size,
        "files": files,
        "append": _figures(min(appended, key=lambda each: each.wall_s)),
        "audit": _figures(min(audited, key=lambda each: each.wall_s)),
        "proof_ms": {
            "median": statistics.median(proofs),
            "of_20_the_slowest": statistics.quantiles(proofs, n=20)[-1],
            "largest": max(proofs),
        },
        "command_append": _figures(command),
        "command_verify": _figures(verified),
    }


def _fresh(folder: Path, *words: str) -> Run:
    shutil.rmtree(folder, ignore_errors=True)
    return _whole([sys.executable, "-m", "benchmarks.ledger", *words])


def _whole(command: Sequence[str]) -> Run:
    found = measured(command)
    if found.code:
        raise SystemExit(f"{' '.join(command)}\nended with {found.code}:\n{found.output[-3000:]}")
    return found


def _figures(found: Run) -> dict[str, float]:
    return {"wall_s": round(found.wall_s, 3), "cpu_s": round(found.cpu_s, 3), "peak_mb": round(found.peak_mb, 1)}


def _proofs(folder: Path, size: int) -> list[float]:
    """Milliseconds of a proof and its encoding, each by a reader that has read nothing yet."""
    taken = []
    for number in range(PROOFS):
        log = Log.open(folder)
        began = time.perf_counter()
        log.prove(number * 7919 % size).encode()
        taken.append((time.perf_counter() - began) * 1e3)
    return taken


def _singles(work: Path) -> dict[str, float]:
    """Single entries for some seconds, by one caller and by many at once: entries per second and the slowest call."""
    found: dict[str, float] = {}
    for callers in (1, CALLERS):
        folder = work / "ledger_singles"
        shutil.rmtree(folder, ignore_errors=True)
        signer = generate(ORIGIN)
        Log.create(folder, ORIGIN, signer)
        taken: list[float] = []
        with Log.open(folder, signer) as log:
            began = time.perf_counter()
            until = began + SINGLES_S
            threads = [threading.Thread(target=_call, args=(log, until, taken)) for _ in range(callers)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            spent = time.perf_counter() - began
            found[f"per_s_{callers}"] = round(log.size / spent, 1)
            found[f"slowest_s_{callers}"] = round(max(taken), 4)
        shutil.rmtree(folder)
    return found


def _call(log: Any, until: float, taken: list[float]) -> None:
    while (began := time.perf_counter()) < until:
        log.append(entries(0, 1))
        taken.append(time.perf_counter() - began)


def lines(results: Mapping[str, Any]) -> list[str]:
    """The tables, as lines of Markdown."""
    found = [
        "## The ledger",
        "",
        f"Events appended in batches of {BATCH:,}, each batch durable, signed and published before the next; then every file read and",
        f"checked; {PROOFS} inclusion proofs, each by a reader that starts cold; the same entries through the commands, as one call.",
        "",
        "| entries | appended, s | audited, s | peak MB of both | proof, ms (median, largest) | files | `ledger append`, s | `verify`, s |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for each in results["sizes"]:
        append, audit, proof = each["append"], each["audit"], each["proof_ms"]
        found.append(
            f"| {each['entries']:,} | {append['wall_s']:.2f} | {audit['wall_s']:.2f} | {append['peak_mb']:,.0f}, {audit['peak_mb']:,.0f} "
            f"| {proof['median']:.2f}, {proof['largest']:.2f} | {each['files']:,} | {each['command_append']['wall_s']:.2f} "
            f"| {each['command_verify']['wall_s']:.2f} |"
        )
    return [*found, "", "| measure | figure | target |", "| --- | ---: | ---: |", *_measures(results), ""]


def _measures(results: Mapping[str, Any]) -> list[str]:
    by_size = {each["entries"]: each for each in results["sizes"]}
    rows: list[tuple[str, float, str]] = []
    if MILLION in by_size:
        large = by_size[MILLION]
        rows += [
            ("1 million entries appended, s", large["append"]["wall_s"], f"at most {TARGETS['append_s']:g}"),
            ("1 million entries audited, s", large["audit"]["wall_s"], f"at most {TARGETS['audit_s']:g}"),
        ]
    if SMALL in by_size:
        rows.append(
            ("70,000 entries audited, s", by_size[SMALL]["audit"]["wall_s"], f"at most {TARGETS['small_audit_s']:g}")
        )
    proofs = max(each["proof_ms"]["of_20_the_slowest"] for each in results["sizes"])
    rows.append(("inclusion proof, 19 of 20 are faster, ms", proofs, f"at most {TARGETS['proof_ms']:g}"))
    singles = results["singles"]
    for callers in (1, CALLERS):
        who = "one caller" if callers == 1 else f"{callers} callers"
        rows += [
            (f"single entries per second, {who}", singles[f"per_s_{callers}"], f"at least {TARGETS['singles']:g}"),
            (
                f"slowest from call to published checkpoint, {who}, s",
                singles[f"slowest_s_{callers}"],
                f"at most {TARGETS['latency_s']:g}",
            ),
        ]
    return [f"| {name} | {figure:,.2f} | {target} |" for name, figure, target in rows]


def _append(folder: Path, size: int) -> None:
    signer = generate(ORIGIN)
    Log.create(folder, ORIGIN, signer)
    with Log.open(folder, signer) as log:
        for first in range(0, size, BATCH):
            log.append(entries(first, min(BATCH, size - first)))


def _audit(folder: Path) -> None:
    found = audit(folder)
    if not found.holds or found.checkpoint is None:
        raise SystemExit(str(found.own))
    print(found.checkpoint.size)


def main() -> None:
    """Alone, or as the process that is measured: ``append FOLDER SIZE``, ``audit FOLDER``."""
    if sys.argv[1:2] == ["append"]:
        _append(Path(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["audit"]:
        _audit(Path(sys.argv[2]))
    else:
        work = Path(__file__).parent / "work"
        work.mkdir(exist_ok=True)
        print("\n".join(lines(run(work, int(os.environ.get("BENCH_REPEAT", "2"))))))


if __name__ == "__main__":
    main()
