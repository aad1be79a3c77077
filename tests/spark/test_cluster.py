"""What a cluster does when it is not there, when rows must be moved, and when a worker dies in the middle of a run."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.cluster import Cluster
from benchmarks.generate import write

from golden.calculating import Calculator
from hengtan.engine import Found, StoppedError, open_engine, repeated_values
from hengtan.engine.spark import Spark
from hengtan.engine.spark_files import moves_rows, write_rows
from hengtan.problems import HengtanError

pytestmark = pytest.mark.xdist_group("spark")


@pytest.mark.parametrize("name", ["sparc://host:7077", "spark://host", "spark://", "local[2]", "", "spark://h:1;x"])
def test_an_engine_that_does_not_exist_is_refused(name: str, tmp_path: Path) -> None:
    done = Calculator(tmp_path).table([{}], "--engine", name)
    assert (done.code, done.err.partition(":")[0]) == (2, "engine.unknown")
    assert not done.folder.exists()


def test_a_master_that_does_not_answer_is_told_before_anything_is_read(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else answers there either
        done = Calculator(tmp_path).calculate("nothing.csv", "--engine", f"spark://127.0.0.1:{taken.getsockname()[1]}")
    assert (done.code, done.err.partition(":")[0]) == (2, "engine.unreachable")


def test_a_master_of_another_trade_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"spark://127.0.0.1:{server.getsockname()[1]}"
        assert open_engine(url, tmp_path / "a" / "b").folder == tmp_path  # the nearest folder that is there


def test_rows_that_were_moved_are_written_in_their_order(engine: Spark, tmp_path: Path) -> None:
    rows = 3_000
    source = tmp_path / "source.parquet"
    pq.write_table(pa.table({"value": [f"v{at * 7919 % rows}" for at in range(rows)]}), source, row_group_size=100)
    with engine.session() as con:
        table = con.read_parquet(source, file_row_number=True)
        straight = con.frame(table.select("file_row_number", "value"))
        moved = straight.repartition(7, "value")
        assert (moves_rows(straight), moves_rows(moved)) == (False, True)
        for frame in (straight, moved):
            written = write_rows(frame, tmp_path / "target.parquet", ("file_row_number",))
            assert written.rows == rows
            assert pq.read_table(tmp_path / "target.parquet").equals(pq.read_table(source))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.parquet", "target.parquet"]


def test_what_is_found_in_all_rows_does_not_come_here(engine: Spark, tmp_path: Path) -> None:
    pq.write_table(pa.table({"h": [1, 2, 2, 3, 3, 3]}), tmp_path / "hashes.parquet")
    with engine.session() as con:
        table = con.read_parquet(tmp_path / "hashes.parquet")
        found = repeated_values(table, "h", 6)
        assert found is not None and found.rows == 2
        assert con.arrow(found.table.order_by("h"))["h"].to_pylist() == [2, 3]
        assert found.table.op().source is con  # a table of the cluster
        assert Found.of(table.filter(table.h > 3)) is None


def test_a_file_that_is_wanted_no_more_is_given_up(engine: Spark, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": range(50_000)}), tmp_path / "source.parquet", row_group_size=100)
    stop = threading.Event()
    stop.set()
    with engine.session() as con:
        frame = con.frame(con.read_parquet(tmp_path / "source.parquet"))
        with pytest.raises(StoppedError):
            write_rows(frame.crossJoin(frame), tmp_path / "target.parquet", stop=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["source.parquet"]


def test_what_the_cluster_cannot_do_is_said_in_one_line(engine: Spark, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["1", "x"]}), tmp_path / "a.parquet")
    with pytest.raises(HengtanError) as caught, engine.session() as con:
        con.arrow(con.read_parquet(tmp_path / "a.parquet").mutate(n=lambda t: t.a.cast("int64")))
    (problem,) = caught.value.problems
    assert problem.code == "engine.failed" and "CAST_INVALID_INPUT" in problem.values["why"]


@pytest.fixture
def activities(tmp_path: Path) -> Path:
    return write(20_000, tmp_path / "in" / "activities.parquet")


@pytest.fixture
def whole(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster; a worker that a test has killed is put back."""
    yield cluster
    for number, worker in enumerate(cluster.workers):
        if worker.poll() is not None:
            cluster.replace_worker(number)


def test_a_run_survives_a_worker_that_dies_or_leaves_nothing(
    whole: Cluster, activities: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Calculator(tmp_path / "in").calculate(activities, out=tmp_path / "here")
    out = tmp_path / "out" / "run"
    out.parent.mkdir()
    command = [str(Path(sys.executable).with_name("hengtan")), "calculate", str(activities), "--out", str(out),
               "--no-report", "--engine", whole.url]  # fmt: skip
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    end = time.monotonic() + 240
    while not list(out.parent.glob(".run.*/hengtan-parts-*")) and run.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert run.poll() is None, run.communicate()  # the rows are being written
    whole.kill_worker(0)
    assert not out.exists()
    told, wrong = run.communicate(timeout=240)
    assert run.returncode in (2, 3), (told, wrong)
    if run.returncode == 2:
        assert wrong.startswith("engine.failed") and not out.exists()
    else:
        for name in ("summary.json", "problems.csv"):
            assert (out / name).read_bytes() == (here.folder / name).read_bytes()
        assert pq.read_table(out / "emissions.parquet").to_pylist() == here.rows
    assert [path.name for path in out.parent.iterdir()] == (["run"] if out.exists() else [])
    assert "Traceback" not in wrong
