"""What it costs to keep a run: file hashes, canonical digests, and the whole of ``calculate --ledger``.

``python -m benchmarks.evidence 1 10`` measures these sizes (million rows) alone and prints the tables. The digests are measured as whole
steps that nothing runs beside, on the files of a finished run; in ``calculate --ledger`` their sums are at the same time the control of the
written rows, and part of the work runs beside other phases, so the process is what counts in the end.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hengtan.connectors import read
from hengtan.engine import Engine
from hengtan.inventory.digest import activity_sums, emission_sums
from hengtan.inventory.folder import sha256
from hengtan.inventory.staging import stage
from hengtan.ledger import Log
from hengtan.ledger.keys import generate, save

from .measure import measured

HENGTAN = str(Path(sys.executable).parent / "hengtan")
ORIGIN = "benchmark.example/ledger"
SHARE_PCT = 25.0


def run(activities: Path, work: Path, times: int, plain_s: float) -> dict[str, Any]:
    """One size; ``plain_s``: wall seconds of the same calculation without a ledger. The fastest of several runs counts."""
    ledger, folder = work / "book", work / "run"
    whole, steps = [], []
    for _ in range(times):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        signer = generate(ORIGIN)
        Log.create(ledger, ORIGIN, signer)
        save(signer, ledger / "private" / "key")
        found = measured([HENGTAN, "calculate", str(activities), "--out", str(folder), "--ledger", str(ledger)])
        if found.code not in (0, 3):
            raise SystemExit(found.output[-3000:])
        whole.append(found)
        steps.append(_steps(activities, folder))
    verified = measured([HENGTAN, "verify", str(ledger), str(folder)])
    if verified.code:
        raise SystemExit(verified.output[-3000:])
    shutil.rmtree(work)
    best = min(whole, key=lambda one: one.wall_s)
    fastest = {name: round(min(step[name] for step in steps), 3) for name in steps[0]}
    return {
        "plain_s": round(plain_s, 3),
        "kept_s": round(best.wall_s, 3),
        "kept_cpu_s": round(best.cpu_s, 3),
        "kept_peak_mb": round(best.peak_mb),
        "verify_s": round(verified.wall_s, 3),
        "steps": fastest,
    }


def _steps(activities: Path, folder: Path) -> dict[str, float]:
    """Wall seconds of each step by itself."""
    with suppress(ImportError):  # pyarrow does so with its first kernel; the command line keeps it from that
        import pandas  # noqa: F401, PLC0415
    seconds: dict[str, float] = {}

    def timed(name: str, began: float) -> float:
        now = time.perf_counter()
        seconds[name] = now - began
        return now

    at = time.perf_counter()
    sha256(activities)
    at = timed("input_hash", at)
    sha256(folder / "emissions.parquet")
    timed("emissions_hash", at)
    with Engine().session() as con, tempfile.TemporaryDirectory() as scratch:
        at = time.perf_counter()
        sums = emission_sums(con.read_parquet(str(folder / "emissions.parquet")))
        at = timed("emissions_sums", at)
        digest = sums.digest()
        timed("emissions_text", at)
        stated = json.loads((folder / "run.json").read_text("utf-8"))["outputs"]["canonical_digest"]
        if digest != stated:
            raise SystemExit(f"{digest} is not the digest of run.json, {stated}")
        staged = stage(read([activities]).sources, Path(scratch), con)
        at = time.perf_counter()
        activity_sums(con, staged, 0).digest()
        timed("activities", at)
    return seconds


def lines(sizes: Sequence[Mapping[str, Any]]) -> list[str]:
    """The tables, as lines of Markdown; ``sizes``: rows and what :func:`run` found."""
    found = [
        "## Evidence",
        "",
        "A run kept in a ledger, beside the same run without: digests and hashes as steps by themselves, then the whole processes.",
        "",
        "| million rows | SHA-256 of input, of rows, s | sums of the digest, s | text and hash, s | digest of the input, s | calculation, s | "
        "with --ledger, s | peak MB | verify ledger and run, s |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for each in sizes:
        step = each["steps"]
        found.append(
            f"| {each['rows'] / 1e6:g} | {step['input_hash']:.2f}, {step['emissions_hash']:.2f} | {step['emissions_sums']:.2f} "
            f"| {step['emissions_text']:.2f} | {step['activities']:.2f} | {each['plain_s']:.2f} | {each['kept_s']:.2f} "
            f"| {each['kept_peak_mb']:,} | {each['verify_s']:.2f} |"
        )
    large = sizes[-1]
    share = 100 * added(large) / large["plain_s"]
    found += ["", "| measure | figure | target |", "| --- | ---: | ---: |"]
    found.append(
        f"| file hash and canonical digest of the rows, {large['rows'] / 1e6:g} million, % of the calculation | {share:,.1f} "
        f"| at most {SHARE_PCT:g} |"
    )
    return [*found, ""]


def added(size: Mapping[str, Any]) -> float:
    """Seconds of file hash and canonical digest of the rows that were calculated."""
    step = size["steps"]
    return float(step["emissions_hash"] + step["emissions_sums"] + step["emissions_text"])


def main(words: Sequence[str]) -> None:
    """The sizes that are named, in million rows."""
    here = Path(__file__).parent
    found = []
    for word in words or ("1",):
        activities = here / "data" / f"activities_{float(word):g}m.parquet"
        plain = measured([HENGTAN, "calculate", str(activities), "--out", str(here / "work" / "plain")])
        shutil.rmtree(here / "work" / "plain")
        size = run(activities, here / "work" / "evidence", 1, plain.wall_s)
        found.append(size | {"rows": int(float(word) * 1e6)})
        print(f"{word}: processor s {plain.cpu_s:.1f}, with --ledger {size['kept_cpu_s']:.1f}", file=sys.stderr)
    print("\n".join(lines(found)))


if __name__ == "__main__":
    main(sys.argv[1:])
