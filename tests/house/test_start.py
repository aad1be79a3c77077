"""The commands start fast. Ratios, not seconds: the machine may be slow or busy."""

import subprocess
import sys
import time

from .house import BIN, ROOT, environment


def seconds(*command, times=5):
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, check=True)
        taken.append(time.perf_counter() - began)
    return min(taken)


def test_help_costs_little_more_than_python_itself():
    bare = seconds(sys.executable, "-c", "import click, json, csv, dataclasses, importlib.resources")
    assert seconds(BIN / "hengtan", "--help") < 5 * bare


def test_the_command_line_opens_without_the_heavy_packages():
    code = "import sys, hengtan.cli; print([name for name in ('duckdb', 'ibis', 'pyarrow', 'numpy', 'pandas', 'yaml', 'typst') if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_hengtan_itself_opens_without_the_heavy_packages():
    code = "import sys, hengtan; print([name for name in ('duckdb', 'ibis', 'pyarrow', 'numpy', 'pandas', 'yaml', 'typst') if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
