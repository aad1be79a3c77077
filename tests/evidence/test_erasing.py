"""Erasing the record of a run or an input: the facts that only it named go too, and the ledger still verifies."""

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from hengtan.durable import points as of_facts
from hengtan.evidence import erase, verify
from hengtan.facts import FactRefused, Store
from hengtan.ledger import Refused
from hengtan.ledger import points as of_ledger
from hengtan.ledger.keys import load
from hengtan.ledger.log import Log
from hengtan.ledger.records import Records
from hengtan.problems import HengtanError
from house.house import ROOT
from ledger.commands.commands import good

INPUT = ROOT / "examples" / "first" / "activities.csv"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A ledger with one run: entry 0 is its input, entry 1 the run."""
    folder = tmp_path / "book"
    good("ledger", "init", folder, "--origin", "example.com/ledger")
    good("calculate", INPUT, "--out", tmp_path / "out", "--ledger", folder, "--no-report")
    return folder


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


def test_what_is_erased_or_has_no_record_is_refused_and_nothing_changes(book: Path) -> None:
    erased(book, 0)
    before = set(store(book).digests()), Log.open(book).size
    for index in (0, before[1] - 1):
        with pytest.raises(Refused, match="record") as refused:
            erased(book, index)
        assert refused.value.code == "record.none"
    with pytest.raises(Refused) as refused:
        erased(book, 99)
    assert refused.value.code == "proof.index-beyond-size"
    assert before == (set(store(book).digests()), Log.open(book).size)
    assert verify(book).ok and not list((book / "private" / "unfinished").iterdir())


@pytest.mark.parametrize("points", [of_facts, of_ledger], ids=["facts", "ledger"])
def test_an_erasure_cut_short_anywhere_is_finished_by_the_next_call(
    book: Path, tmp_path: Path, monkeypatch, points
) -> None:
    """Every write, fsync, rename and removal fails once; what is half done is told or finished, and nothing else is lost."""
    whole, count = False, 0
    while not whole:
        count += 1
        copy = tmp_path / f"copy-{count}"
        shutil.copytree(book, copy)
        monkeypatch.setattr(points, "_plan", points.parse(f"EIO@{count}"))
        try:
            erased(copy, 0)
            whole = points._plan.left > 0
        except (HengtanError, OSError):
            pass
        finally:
            monkeypatch.setattr(points, "_plan", None)
        problems = [problem for layer in verify(copy).layers for problem in layer.problems]
        wrong = {problem.code for problem in problems if problem.severity == "error"}
        assert wrong <= {"record.not-erased"}, count  # said in the log, and still there: that is told
        try:
            erased(copy, 0)
        except Refused as refused:
            assert refused.code == "record.none"  # it was done after all
        assert verify(copy).ok and not store(copy).has(digest_of(INPUT)), count
        assert not list((copy / "private" / "unfinished").iterdir())
        shutil.rmtree(copy)
    assert count > 2
