"""The power fails between any two operations: what was acknowledged is on the disk, what is on the disk is whole."""

import random
import sys

import pytest

from hengtan.ledger import Log, audit
from hengtan.ledger.keys import load
from ledger.commands.commands import good

from .ledger_oracles import after, copy_of, new_log, roots
from .ledger_work import entry
from .lost_power import Disk
from .test_facts_power import FactsDisk

SIZES = (3, 250, 256, 257, 700)
ROOTS = roots(SIZES)

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads what was fsynced through /proc")


class Told:
    """The key of the log, which tells what it has signed."""

    def __init__(self, key, disk):
        self.key, self.disk, self.name, self.verifier = key, disk, key.name, key.verifier

    def sign(self, text):
        self.disk.mark("signed", int(text.split(b"\n")[1]))
        return self.key.sign(text)


def recorded(folder, monkeypatch):
    """A writer that goes through all sizes, what it did to the disk, when it signed and when it gave its word."""
    disk = Disk(folder)
    with monkeypatch.context() as patch:
        disk.watch(patch)
        with Log.open(folder, Told(load(folder / "private" / "key"), disk)) as log:
            for size in SIZES:
                log.append([entry(number) for number in range(log.size, size)])
                disk.mark("acknowledged", size)
    return disk


@pytest.mark.parametrize("thorough", [False, pytest.param(True, marks=pytest.mark.faults_long)])
def test_whatever_a_power_failure_leaves_holds_what_was_acknowledged(tmp_path, monkeypatch, thorough):
    disk = recorded(new_log(tmp_path / "log"), monkeypatch)
    rng = random.Random(11)
    ways = [lambda: False, lambda: True, *([lambda: rng.random() < 0.5] * (6 if thorough else 1))]
    counts = range(len(disk.events) + 1)
    assert len(counts) > 150
    seen = set()
    for count in counts if thorough else sorted(rng.sample(counts, 30)):
        marks = [what for kind, *what in disk.events[:count] if kind == "mark"]
        acknowledged = max([size for word, size in marks if word == "acknowledged"], default=0)
        signed = max([size for word, size in marks if word == "signed"], default=0)
        following = [size for size in SIZES if size > acknowledged][:1]
        for persists in ways:
            left = disk.rebuild(count, tmp_path / "left", persists)
            size = after(left, ROOTS, acknowledged, {acknowledged, *following})
            assert size >= signed  # with the one root of that size, as `after` has seen
            seen.add(size > acknowledged)
    assert seen == {False, True}


@pytest.mark.parametrize("where", [(), ("--key", "safe/key")], ids=["inside", "outside"])
def test_a_log_that_was_begun_is_there_after_a_power_failure_with_its_key(tmp_path, monkeypatch, where):
    """Its folder too, and that of the key: a name is durable when the folder above it was synced."""
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    disk = FactsDisk(place)
    given = [str(place / each) if "/" in each else each for each in where]
    with monkeypatch.context() as patch:
        disk.watch(patch)
        good("ledger", "init", place / "deep" / "book", "--origin", "example.com/faults", *given)
    left = disk.rebuild(len(disk.events), tmp_path / "left", lambda: False)
    book, key = left / "deep" / "book", left / (where[1] if where else "deep/book/private/key")
    assert audit(book).holds
    with Log.open(book, load(key)) as log:
        assert log.append([entry(0)]) == range(1)


def test_the_model_forgets_what_is_not_fsynced(tmp_path, monkeypatch):
    """The proof that the test above can fail: a writer that fsyncs no folder loses what it acknowledged."""
    from hengtan.durable import medium

    folder = new_log(tmp_path / "log")
    monkeypatch.setattr(medium, "sync_folder", lambda folder: None)
    disk = Disk(folder)
    with monkeypatch.context() as patch:
        disk.watch(patch)
        patch.setattr(medium, "sync_folder", lambda folder: None)
        with Log.open(folder, load(folder / "private" / "key")) as log:
            log.append([entry(0)])
    left = disk.rebuild(len(disk.events), tmp_path / "left", lambda: False)
    assert Log.open(left).size == 0
    assert Log.open(copy_of(folder, tmp_path / "copy")).size == 1
