"""The peer that we are measured against: ``peer.sql``, run by DuckDB in a process of its own.

``python -m benchmarks.peer ACTIVITIES COEFFICIENTS FOLDER [THREADS]``
"""

import sys
from pathlib import Path
from string import Template

import duckdb


def script(activities: str, coefficients: str, folder: str, threads: str = "2") -> str:
    """``peer.sql`` with its places filled in."""
    text = (Path(__file__).parent / "peer.sql").read_text("utf-8")
    return Template(text).substitute(activities=activities, coefficients=coefficients, folder=folder, threads=threads)


if __name__ == "__main__":
    duckdb.connect().execute(script(*sys.argv[1:]))
