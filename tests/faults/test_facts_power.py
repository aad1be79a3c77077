"""The power fails between any two operations of a writer of facts: what was acknowledged is on the disk, what is there is whole."""

import os
import random
import shutil
import sys
from pathlib import Path

import pytest

from hengtan.durable import medium
from hengtan.facts import Book, Manifest, Store, entry, local, merge, sequence

from .facts_oracles import state, swept
from .facts_work import SMALL_THOUSAND, WHEN, content, table
from .lost_power import Disk

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads what was fsynced through /proc")


class FactsDisk(Disk):
    """The disk that forgets, watching what facts write with."""

    def watch(self, monkeypatch):
        super().watch(monkeypatch)
        link = os.link

        def watched_link(source, target):
            link(source, target)
            self._seen("name", Path(target), Path(target).stat().st_ino)

        monkeypatch.setattr(local.os, "link", watched_link)


@pytest.fixture(autouse=True)
def short_thousands(monkeypatch):
    """As in the children of the other faults."""
    for module in (entry, sequence):
        monkeypatch.setattr(module, "THOUSAND", SMALL_THOUSAND)
    monkeypatch.setattr(merge, "FEW", 2)


def recorded(folder, monkeypatch):
    """A writer that appends and compacts, what it did to the disk and when it gave its word."""
    folder.mkdir()
    disk = FactsDisk(folder)
    with monkeypatch.context() as patch:
        disk.watch(patch)
        book = Book(Store(folder), "energy")
        for number in range(6):
            what, kind = (table(number), "rows") if number % 2 else (content(number), "bytes")
            done = book.add(what, kind=kind, who="a writer", when=WHEN, name=str(number))
            disk.mark("acknowledged", done.manifest.id)
            if number in (3, 5):
                book.compact()
    return disk


@pytest.mark.parametrize("thorough", [False, pytest.param(True, marks=pytest.mark.faults_long)])
def test_whatever_a_power_failure_leaves_holds_what_was_acknowledged(tmp_path, monkeypatch, thorough):
    disk = recorded(tmp_path / "facts", monkeypatch)
    whole = state(tmp_path / "facts")
    rng = random.Random(7)
    ways = [lambda: False, lambda: True, *([lambda: rng.random() < 0.5] * (6 if thorough else 1))]
    counts = range(len(disk.events) + 1)
    assert len(counts) > 200
    seen = set()
    for count in counts if thorough else sorted(rng.sample(counts, 25)):
        acknowledged = [what[1] for kind, *what in disk.events[:count] if kind == "mark"]
        for persists in ways:
            left = disk.rebuild(count, tmp_path / "left", persists)
            ids, contents, _ = state(left)
            assert ids == whole[0][: len(ids)]
            assert len(ids) - len(acknowledged) in (0, 1)
            assert all(contents[each] == whole[1][each] for each in ids)
            seen.add(len(ids) - len(acknowledged))
    swept(left)
    assert seen == {0, 1} or not thorough


def nothing_synced(patch):
    """A writer that dies before its fsyncs: what it did can be seen by others, and is on no disk."""
    patch.setattr(medium, "sync_handle", lambda handle: None)
    patch.setattr(medium, "sync_folder", lambda folder: None)


def test_an_object_whose_writer_died_before_it_was_durable_is_durable_when_it_is_named_by_another(
    tmp_path, monkeypatch
):
    folder = tmp_path / "facts"
    folder.mkdir()
    disk = FactsDisk(folder)
    with monkeypatch.context() as patch:
        disk.watch(patch)
        with monkeypatch.context() as died:
            nothing_synced(died)
            digest = Store(folder).put_bytes(content(0))
        manifest = Manifest("bytes", digest, 0, "another writer", WHEN)
        Book(Store(folder), "energy").append(manifest)
    left = disk.rebuild(len(disk.events), tmp_path / "left", lambda: False)
    assert state(left)[1] == {manifest.id: content(0)}


def test_an_entry_whose_writer_died_before_it_was_durable_is_durable_when_another_comes_after_it(tmp_path, monkeypatch):
    folder = tmp_path / "facts"
    folder.mkdir()
    disk = FactsDisk(folder)
    with monkeypatch.context() as patch:
        disk.watch(patch)
        book, last = Book(Store(folder), "energy"), SMALL_THOUSAND - 1
        for number in range(last):
            book.add(content(number), kind="bytes", who="a writer", when=WHEN)
        with monkeypatch.context() as died:  # after the link, which comes after the fsync of the file
            died.setattr(medium, "sync_folder", lambda folder: None)
            book.add(content(last), kind="bytes", who="a writer", when=WHEN)
        Book(Store(folder), "energy").add(content(last + 1), kind="bytes", who="another writer", when=WHEN)
    left = disk.rebuild(len(disk.events), tmp_path / "left", lambda: False)
    assert len(Book(Store(left), "energy").history()) == SMALL_THOUSAND + 1


def test_an_entry_that_is_appended_again_after_its_writer_died_is_durable_when_that_returns(tmp_path, monkeypatch):
    folder = tmp_path / "facts"
    folder.mkdir()
    disk = FactsDisk(folder)
    with monkeypatch.context() as patch:
        disk.watch(patch)
        with monkeypatch.context() as died:
            died.setattr(medium, "sync_folder", lambda folder: None)
            entry = Book(Store(folder), "energy").add(content(0), kind="bytes", who="a writer", when=WHEN)
        assert Book(Store(folder), "energy").append(entry.manifest) == entry
    left = disk.rebuild(len(disk.events), tmp_path / "left", lambda: False)
    assert state(left)[1] == {entry.manifest.id: content(0)}


@pytest.mark.parametrize("forgotten", ["sync_folder", "sync_handle"])
def test_the_model_forgets_what_is_not_fsynced(tmp_path, monkeypatch, forgotten):
    """The proof that the test above can fail: without these fsyncs what was acknowledged is lost, or torn."""
    disk = FactsDisk(tmp_path / "facts")
    (tmp_path / "facts").mkdir()
    with monkeypatch.context() as patch:
        disk.watch(patch)
        patch.setattr(medium, forgotten, lambda what: None)
        Book(Store(tmp_path / "facts"), "energy").add(content(0), kind="bytes", who="a writer", when=WHEN)
    left = disk.rebuild(len(disk.events), tmp_path / "left", lambda: forgotten == "sync_handle")
    with pytest.raises(Exception):  # noqa: B017  nothing there, or nothing in it
        assert len(state(left)[0]) == 1
    shutil.rmtree(left)
