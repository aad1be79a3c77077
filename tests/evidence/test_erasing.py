"""Erasing the record of a run or an input: the facts that only it named go too, and the ledger still verifies."""

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from hengtan.durable import points
from hengtan.evidence import erase, verify
from hengtan.facts import FactRefused, Store
from hengtan.ledger import Refused
from hengtan.ledger.keys import load
from hengtan.ledger.log import Log
from hengtan.ledger.records import Records
from hengtan.problems import HengtanError
from house.house import ROOT
from ledger.commands.commands import good, run

INPUT = ROOT / "examples" / "first" / "activities.csv"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with one run: entry 0 is its input, entry 1 the run."""
    folder = tmp_path_factory.mktemp("whole")
    good("ledger", "init", folder / "book", "--origin", "example.com/ledger")
    good("calculate", INPUT, "--out", folder / "out", "--ledger", folder / "book", "--no-report")
    return folder


@pytest.fixture
def book(whole: Path, tmp_path: Path) -> Path:
    """A copy of that ledger."""
    return shutil.copytree(whole, tmp_path, dirs_exist_ok=True) / "book"


def store(book: Path) -> Store:
    return Store(book / "private" / "facts")


def erased(book: Path, index: int):
    with Log.open(book, load(book / "private" / "key")) as log:
        Records(book).settle(log)
        return erase(log, index)


def digest_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def test_the_input_goes_with_its_record_and_nothing_else_goes(book: Path) -> None:
    before = set(store(book).digests())
    found = erased(book, 0)
    assert found.facts == (digest_of(INPUT),)
    assert before - set(store(book).digests()) == {digest_of(INPUT)}
    assert not any(INPUT.read_bytes() in path.read_bytes() for path in (book / "private").rglob("*") if path.is_file())
    report = verify(book)
    assert report.ok and report.layer("records").counts["erased"] == 1
    assert [problem.code for problem in report.layer("records").problems] == ["verify.erased"]


def test_a_fact_that_another_record_names_stays(book: Path, tmp_path: Path) -> None:
    good("calculate", INPUT, "--out", tmp_path / "again", "--ledger", book, "--no-report")
    assert erased(book, 0).facts == ()
    assert store(book).has(digest_of(INPUT))
    assert verify(book).ok
    assert erased(book, 2).facts == (digest_of(INPUT),)  # the input of the second run
    assert verify(book).ok


def test_every_record_may_go_and_the_log_still_verifies(book: Path) -> None:
    size = Log.open(book).size
    for index in range(size):
        erased(book, index)
    report = verify(book)
    assert report.ok and report.layer("records").counts == {"records": 0, "erased": size, "facts": 0}


def test_a_packed_fact_goes_too_and_the_others_of_its_pack_stay(book: Path) -> None:
    kept = {digest: store(book).read(digest) for digest in store(book).digests()}
    assert store(book).pack(kept) > 2
    erased(book, 0)
    left = store(book)
    del kept[digest_of(INPUT)]
    assert {digest: left.read(digest) for digest in kept} == kept
    with pytest.raises(FactRefused):
        left.read(digest_of(INPUT))
    assert not any(INPUT.read_bytes() in path.read_bytes() for path in (book / "private").rglob("*") if path.is_file())
    assert verify(book).ok


def test_what_has_no_record_is_refused_and_what_is_erased_stays_so_and_nothing_changes(book: Path) -> None:
    first = erased(book, 0)
    before = set(store(book).digests()), Log.open(book).size
    again = erased(book, 0)
    assert (again.index, again.of, again.facts) == (first.index, 0, ())
    with pytest.raises(Refused, match="record") as refused:
        erased(book, before[1] - 1)
    assert refused.value.code == "record.none"
    with pytest.raises(Refused) as refused:
        erased(book, 99)
    assert refused.value.code == "proof.index-beyond-size"
    assert before == (set(store(book).digests()), Log.open(book).size)
    assert verify(book).ok and not list((book / "private" / "unfinished").iterdir())


def test_a_record_that_a_backup_brought_back_is_told_and_erased_anew(book: Path, tmp_path: Path) -> None:
    backup = shutil.copytree(book / "private", tmp_path / "backup")
    erased(book, 0)
    shutil.copytree(backup / "records", book / "private" / "records", dirs_exist_ok=True)
    shutil.copytree(backup / "facts" / "objects", book / "private" / "facts" / "objects", dirs_exist_ok=True)
    told = run("verify", book)
    assert told.code == 3 and "record.not-erased" in told.text
    assert "`hengtan ledger erase DIR 0` once more" in " ".join(told.text.split())
    good("ledger", "erase", book, "0")
    assert verify(book).ok and not store(book).has(digest_of(INPUT))


def test_an_erasure_cut_short_anywhere_is_finished_by_the_next_call(book: Path, tmp_path: Path, monkeypatch) -> None:
    """Every write, fsync, rename and removal fails once; what is half done is told or finished, and nothing else is lost."""
    done, count = False, 0
    while not done:
        count += 1
        copy = tmp_path / f"copy-{count}"
        shutil.copytree(book, copy)
        monkeypatch.setattr(points, "_plan", points.parse(f"EIO@{count}"))
        try:
            erased(copy, 0)
            done = points._plan.left > 0
        except (HengtanError, OSError):
            pass
        finally:
            monkeypatch.setattr(points, "_plan", None)
        problems = [problem for layer in verify(copy).layers for problem in layer.problems]
        wrong = {problem.code for problem in problems if problem.severity == "error"}
        assert wrong <= {"record.not-erased"}, count  # said in the log, and still there: that is told
        assert run("ledger", "erase", copy, "0").code == 0  # as it is told to
        assert verify(copy).ok and not store(copy).has(digest_of(INPUT)), count
        assert not list((copy / "private" / "unfinished").iterdir())
        shutil.rmtree(copy)
    assert count > 2
