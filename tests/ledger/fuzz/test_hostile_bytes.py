"""Hostile bytes: every parser takes them or refuses them with a reason, and raises nothing else."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .targets import SAMPLES, TARGETS, feed

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", TARGETS)
def test_the_samples_reach_the_end_of_the_parser(name):
    assert feed(name, SAMPLES[name][0])


@pytest.mark.parametrize("name", TARGETS)
@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=400))
def test_any_bytes_are_taken_or_refused(name, data):
    feed(name, data)


@st.composite
def spoilt(draw, samples):
    """A good sample in which something was cut, put in, doubled or overwritten, a few times."""
    data = bytearray(draw(st.sampled_from(samples)))
    words = [
        b"\n",
        b"\n\n",
        b" ",
        b"+",
        b"=",
        b"0",
        b"9" * 25,
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        "— ".encode(),
        b"[" * 2000,
        b"{",
    ]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        stop = draw(st.integers(start, min(len(data), start + 40)))
        match draw(st.integers(0, 3)):
            case 0:
                del data[start:stop]
            case 1:
                data[start:start] = draw(st.sampled_from(words) | st.binary(max_size=5))
            case 2:
                data[start:start] = data[start:stop]
            case _:
                data[start:stop] = draw(st.binary(min_size=stop - start, max_size=stop - start))
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_a_spoilt_sample_is_taken_or_refused(name):
    @settings(deadline=None, max_examples=250)
    @given(spoilt(SAMPLES[name]))
    def feeds(data):
        feed(name, data)

    feeds()


@pytest.mark.parametrize("name", TARGETS)
def test_every_bit_of_a_short_sample_may_be_wrong(name):
    sample = min(SAMPLES[name], key=len)
    for bit in range(0, min(8 * len(sample), 4000)):
        data = bytearray(sample)
        data[bit // 8] ^= 1 << bit % 8
        feed(name, bytes(data))
    for length in range(min(len(sample), 600)):
        feed(name, sample[:length])


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris has no build for this Python or system"
)
@pytest.mark.parametrize(
    ("name", "seconds"),
    [("proof", 1), *(pytest.param(name, 20, marks=pytest.mark.faults_long) for name in TARGETS)],
)
def test_atheris_finds_nothing_in_a_few_seconds(name, seconds, tmp_path):
    """Longer: ``python tests/ledger/fuzz/targets.py note -max_total_time=600``."""
    for number, sample in enumerate(SAMPLES[name]):
        (tmp_path / f"{number}").write_bytes(sample)
    command = [
        sys.executable,
        HERE / "targets.py",
        name,
        f"-max_total_time={seconds}",
        "-seed=1",
        "-rss_limit_mb=2048",
        tmp_path,
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "cov: " in done.stderr
