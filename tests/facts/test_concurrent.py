"""Processes that append at once lose nothing, whoever else reads, compacts or sweeps meanwhile."""

import json

import pytest

from faults.nursery import together
from hengtan.facts import Book, Store

from .batches import batch, filled
from .conftest import place_of


def writers(place, count, each, *words):
    """That many processes at once; gives what every one of them was acknowledged: sequence numbers and manifest ids."""
    given = [(place.root, json.dumps(place.options), number, each, *words) for number in range(count)]
    told = []
    for died in together("facts.writer:main", *given):
        assert died.code == 0, died.err[-3000:]
        told.append([line.split() for line in died.out.splitlines()])
    return told


@pytest.mark.parametrize(("kind", "each"), [("folder", 60), ("moto", 12)])
def test_two_processes_that_append_at_once_lose_nothing(kind, each, request, tmp_path):
    place = place_of(kind, request, tmp_path)
    told = writers(place, 2, each)
    acknowledged = {int(sequence): identity for one in told for sequence, identity in one}
    assert len(acknowledged) == 2 * each
    book = place.book()
    assert {entry.sequence: entry.manifest.id for entry in book.history()} == acknowledged
    for one in told:  # each finds its own in its own order
        assert [int(sequence) for sequence, _ in one] == sorted(int(sequence) for sequence, _ in one)
    assert book.verify() == ()
    assert place.store().sweep().staged == 0


def test_processes_that_append_compact_sweep_and_read_at_once_lose_nothing(tmp_path):
    from .conftest import Place

    place = Place("folder", str(tmp_path / "facts"))
    told = writers(place, 4, 16, "and", "all")
    acknowledged = {int(sequence): identity for one in told for sequence, identity in one}
    assert len(acknowledged) == 64
    book = place.book()
    assert {entry.sequence: entry.manifest.id for entry in book.history()} == acknowledged
    assert book.verify(rows=True) == ()
    assert book.table(kind="activities").num_rows == 64 * 5


def test_the_same_manifest_from_two_processes_stands_once(tmp_path):
    from .conftest import Place

    place = Place("folder", str(tmp_path / "facts"))
    told = writers(place, 2, 10, "same")
    assert sorted(told[0]) == sorted(told[1])
    assert len(place.book().history()) == 10


def test_a_sweep_leaves_alone_what_a_living_process_has_staged(folder):
    store = Store(folder)
    store.put_bytes(b"one")
    staged = store.root.stage(b"two")
    assert Store(folder).sweep().staged == 0
    store.root.keep([(staged, "objects/xx/two")])
    assert (folder / "objects/xx/two").read_bytes() == b"two"
    (folder / "staged" / "0123").write_bytes(b"left by nobody who lives")
    swept = Store(folder).sweep()
    assert (swept.staged, swept.staged_bytes) == (1, 24)


def test_threads_of_one_process_may_share_a_book(folder):
    from concurrent.futures import ThreadPoolExecutor

    book = Book(Store(folder), "energy")
    with ThreadPoolExecutor(8) as threads:
        entries = list(threads.map(lambda n: book.add(batch(n), kind="activities", who="ann"), range(40)))
    assert sorted(entry.sequence for entry in entries) == list(range(40))
    assert Book(Store(folder), "energy").verify() == ()


def test_a_reader_goes_on_while_objects_move_into_packs(folder):
    book = Book(Store(folder), "energy")
    filled(book, 3)
    reader = Store(folder)
    digests = list(reader.digests())
    for digest in digests[:3]:
        reader.verify(digest)
    assert Store(folder).pack(digests) == 6
    for digest in digests:
        reader.verify(digest)
        assert reader.path(digest).exists()
