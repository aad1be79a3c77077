"""The table of the benchmark says what the figures say."""

import sys

import pytest
from benchmarks.measure import measured
from benchmarks.results import table

SIZE = {
    "rows": 10_000_000,
    "bytes": 1,
    "hengtan": {"wall_s": 8.0, "cpu_s": 12.5, "peak_mb": 900.0, "phases": {"plan": 1.0, "apply": 4.5}},
}
RESULTS = {
    "made": "2026-11-21",
    "cpus": 2,
    "sizes": [SIZE | {"sql": {"wall_s": 4.0, "cpu_s": 7.0, "peak_mb": 300.0, "totals_agree": True}}],
    "start": {"--help": 0.08},
    "impact_framework": {"rows": 100_000, "cpu_s": 5.0, "wall_s": 4.0, "peak_mb": 700.0, "package": "@grnsft/if@1.1.0"},
}


def test_the_ratios_of_the_table_are_those_of_the_figures():
    text = table(RESULTS)
    assert "| 10 | 8.00 | 12.5 | 900 | 800,000 | 4.00 | 2.00 | yes |" in text
    assert "| 10 | 1.00 | 4.50 |" in text
    assert "times Impact Framework (@grnsft/if@1.1.0) | 40.00 | at least 30 |" in text


def test_the_table_of_evidence_says_what_its_figures_say():
    steps = {
        "input_hash": 0.25,
        "emissions_hash": 0.5,
        "emissions_sums": 1.0,
        "emissions_text": 0.5,
        "activities": 0.75,
    }
    kept = {"plain_s": 8.0, "kept_s": 12.0, "kept_cpu_s": 20.0, "kept_peak_mb": 1000, "verify_s": 2.5, "steps": steps}
    text = table(RESULTS | {"sizes": [RESULTS["sizes"][0] | {"kept": kept}]})
    assert "| 10 | 0.25, 0.50 | 1.00 | 0.50 | 0.75 | 8.00 | 12.00 | 1,000 | 2.50 |" in text
    assert (
        "| file hash and canonical digest of the rows, 10 million, % of the calculation | 25.0 | at most 25 |" in text
    )
    assert "## Evidence" not in table(RESULTS)


def test_the_table_of_the_ledger_says_what_its_figures_say():
    process = {"wall_s": 12.345, "cpu_s": 9.0, "peak_mb": 150.0}
    size = {
        "entries": 1_000_000,
        "files": 7841,
        "append": process,
        "audit": process | {"wall_s": 3.21},
        "proof_ms": {"median": 0.6, "of_20_the_slowest": 3.21, "largest": 4.44},
        "command_append": process | {"wall_s": 20.0},
        "command_verify": process | {"wall_s": 5.0},
    }
    singles = {"per_s_1": 80.0, "slowest_s_1": 0.1, "per_s_64": 2700.0, "slowest_s_64": 0.2}
    text = table(RESULTS | {"ledger": {"sizes": [size], "singles": singles}})
    assert "| 1,000,000 | 12.35 | 3.21 | 150, 150 | 0.60, 4.44 | 7,841 | 20.00 | 5.00 |" in text
    assert "| 1 million entries appended, s | 12.35 | at most 40 |" in text
    assert "| inclusion proof, 19 of 20 are faster, ms | 3.21 | at most 5 |" in text
    assert "| single entries per second, 64 callers | 2,700.00 | at least 100 |" in text


def test_the_table_of_spark_says_what_its_figures_say():
    engines = {
        "duckdb": {"wall_s": 10.0, "peak_mb": 600, "phases": {}},
        "spark": {"wall_s": 45.04, "peak_mb": 1234, "phases": {"check": 10.0, "apply": 20.5}},
    }
    text = table(RESULTS | {"spark": [{"rows": 10_000_000, **engines, "same": True}]})
    assert "| 10 | 10.0 | 45.0 | 4.5 | 30.5 | 1,234 | yes |" in text


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_peak_of_a_process_is_its_own_not_that_of_its_parent():
    own = bytearray(200_000_000)
    small = measured([sys.executable, "-c", "import time; time.sleep(0.1)"])
    large = measured(
        [
            sys.executable,
            "-c",
            "x = bytearray(100_000_000); x[::4096] = b'1' * len(x[::4096]); import time; time.sleep(0.2)",
        ]
    )
    assert len(own) == 200_000_000
    assert small.peak_mb < 100 < large.peak_mb < 190
    assert small.code == 0
