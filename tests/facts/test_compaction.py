"""Compaction makes many batches one to read and loses no byte and no name."""

import hashlib
import shutil
import subprocess
import zipfile
from datetime import date

import pyarrow as pa
import pytest

from hengtan.facts import Book, Store, merge, rows_digest
from hengtan.facts.entry import THOUSAND
from hengtan.facts.merged import alive

from .batches import batch, filled, refusal


@pytest.fixture
def few(monkeypatch):
    """Packs from two objects on."""
    monkeypatch.setattr(merge, "FEW", 2)


def rows(*numbers, count=20):
    return pa.concat_tables(batch(number, count) for number in numbers)


def reads(place, at=None):
    return place.book().table(at, kind="activities")


def test_the_same_rows_are_read_before_and_after(place, few):
    entries = filled(place.book(), 5)
    assert reads(place).equals(rows(0, 1, 2, 3, 4))
    done = place.book().compact()
    assert (done.batches, done.tables, done.packed) == (5, 1, 10)
    assert reads(place).equals(rows(0, 1, 2, 3, 4))
    (part,) = place.book().parts(kind="activities")
    assert (part.start, part.stop, part.whole) == (0, 100, True)
    assert place.book().as_of() == tuple(entry.manifest for entry in entries)
    assert place.book().verify(rows=True) == ()
    assert place.store().usage().objects == 0


def test_every_digest_goes_on_resolving_to_the_same_bytes(place, few):
    filled(place.book(), 4)
    store = place.store()
    before = {digest: store.read(digest) for digest in store.digests()}
    assert len(before) == 8
    assert place.book().compact().packed == 8
    store = place.store()
    assert set(store.digests()) == set(before)
    for digest, data in before.items():
        assert store.has(digest)
        assert store.size(digest) == len(data)
        assert store.read(digest) == data
        assert store.path(digest).read_bytes() == data
        store.verify(digest)
    assert place.store().put_bytes(next(iter(before.values()))) in before
    assert place.store().usage().objects == 0  # what is in a pack is not written again


def test_originals_can_be_taken_out_of_a_pack_with_other_peoples_tools(folder, few):
    filled(Book(Store(folder), "energy"), 3)
    before = set(Store(folder).digests())
    Book(Store(folder), "energy").compact()
    (pack,) = folder.glob("packs/*.zip")
    assert hashlib.sha256(pack.read_bytes()).hexdigest() == pack.stem
    with zipfile.ZipFile(pack) as archive:
        assert archive.testzip() is None
        assert {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()} == {
            name: name for name in before
        }
    if shutil.which("unzip"):
        assert subprocess.run(["unzip", "-tq", pack], capture_output=True).returncode == 0


def test_the_past_is_read_from_a_merged_table_as_it_was(place):
    book = place.book()
    first = filled(book, 5)
    book.compact()
    corrected = book.add(batch(9), kind="activities", who="ann", supersedes=(first[2].manifest.id,))
    assert reads(place).equals(rows(0, 1, 3, 4, 9))
    assert reads(place, first[3].recorded).equals(rows(*range(4)))
    assert [(part.start, part.stop) for part in place.book().parts(kind="activities")] == [(0, 40), (60, 100), (0, 20)]
    assert place.book().compact().batches == 5
    assert reads(place).equals(rows(0, 1, 3, 4, 9))
    assert [(part.start, part.stop) for part in place.book().parts(kind="activities")] == [(0, 100)]
    assert reads(place, corrected.recorded).equals(rows(0, 1, 3, 4, 9))
    assert reads(place, first[4].recorded).equals(rows(0, 1, 2, 3, 4))
    assert place.book().verify(rows=True) == ()


def test_what_was_merged_before_is_merged_with_what_came_since_and_the_old_table_goes(place):
    filled(place.book(), 3)
    place.book().compact()
    filled(place.book(), 3, first=3)
    assert reads(place).equals(rows(*range(6)))
    assert place.book().compact().batches == 6
    assert reads(place).equals(rows(*range(6)))
    merged = [name for name, _ in place.store().root.names("books/energy/merged")]
    assert len(merged) == 2
    assert place.book().compact() == merge.Compacted(0, 0, 0, 0)
    assert [name for name, _ in place.store().root.names("books/energy/merged")] == merged


def test_a_full_merged_table_is_left_as_it_is(folder, monkeypatch):
    monkeypatch.setattr(merge, "FULL", 60)
    book = Book(Store(folder), "energy")
    filled(book, 3)
    book.compact()
    (full,) = alive(book)
    filled(book, 3, first=3)
    assert book.compact().batches == 3
    assert full in alive(Book(Store(folder), "energy"))
    assert book.table(kind="activities").equals(rows(*range(6)))


def test_a_merged_table_may_be_deleted_and_is_made_again(folder, few):
    book = Book(Store(folder), "energy")
    filled(book, 3)
    book.compact()
    shutil.rmtree(folder / "books/energy/merged")
    assert Book(Store(folder), "energy").table(kind="activities").equals(rows(0, 1, 2))
    assert Book(Store(folder), "energy").verify(rows=True) == ()
    assert Book(Store(folder), "energy").compact().tables == 1
    assert len(Book(Store(folder), "energy").parts(kind="activities")) == 1


def test_batches_of_other_columns_or_kinds_are_not_mixed(folder):
    book = Book(Store(folder), "energy")
    filled(book, 2)
    other = batch(7).append_column("note", pa.array(["x"] * 20))
    book.add(other, kind="activities", who="ann")
    book.add(other, kind="emissions", who="ann")
    book.add(other.take([1, 0]), kind="emissions", who="ann")
    book.add(b"a bill", kind="evidence", who="ann")
    done = book.compact()
    assert (done.batches, done.tables) == (4, 2)
    assert refusal(lambda: book.table(kind="activities")) == ("facts.schemas-differ", book.history()[2].manifest.id)
    assert book.table(kind="emissions").num_rows == 22
    assert book.table(kind="evidence").num_rows == 0
    assert len(book.parts(kind="activities")) == 2


def test_a_manifest_that_miscounts_its_rows_is_refused_when_they_are_read(folder):
    book = Book(Store(folder), "energy")
    filled(book, 1)
    wrong = book.add(batch(1), kind="activities", who="ann", rows=19)
    for act in (lambda: book.table(kind="activities"), lambda: book.parts(kind="activities"), book.compact):
        assert refusal(act) == ("facts.rows-differ", wrong.manifest.digest)


def test_rows_that_equal_nothing_are_merged_too(folder):
    book = Book(Store(folder), "energy")
    for number in range(2):
        book.add(pa.table({"share": [float("nan"), float(number)]}), kind="rows", who="ann")
    assert book.compact().batches == 2
    assert book.verify(rows=True) == ()


def test_large_batches_are_cut_and_joined_where_row_groups_end(folder, monkeypatch):
    monkeypatch.setattr(merge, "ROW_GROUP", 50)
    monkeypatch.setattr(merge, "LARGEST", 500)
    book = Book(Store(folder), "energy")
    filled(book, 40, rows=37)
    done = book.compact()
    assert (done.batches, done.tables) == (39, 3)  # 13 each; one is left over
    wanted = rows(*range(40), count=37)
    assert book.table(kind="activities").equals(wanted)
    assert rows_digest(book.table(kind="activities").to_batches()) == rows_digest(wanted.to_batches())
    first = book.history()[10]
    assert book.table(first.recorded, kind="activities").equals(rows(*range(11), count=37))


@pytest.mark.parametrize("kind", ["folder", "moto"])
def test_full_thousands_of_entries_become_one_file_and_the_book_goes_on(kind, request, tmp_path, monkeypatch):
    from hengtan.facts import entry, sequence

    from .conftest import place_of

    for module in (entry, sequence):
        monkeypatch.setattr(module, "THOUSAND", 5)
    place = place_of(kind, request, tmp_path)
    asleep = place.book()
    filled(asleep, 4)
    awake = place.book()
    filled(awake, 8, first=4)
    before = awake.history()
    assert awake.compact().bundles == 2
    names = [name for name, _ in place.store().root.names("books/energy/entries")]
    assert len(names) == (3 if kind == "folder" else 13)  # one tells of the merged table
    assert place.book().history() == before
    assert filled(asleep, 1, first=12)[0].sequence == 13  # who was asleep takes no number again
    assert [entry.manifest for entry in place.book().history()] == [entry.manifest for entry in asleep.history()]
    assert [place.book().compact().bundles for _ in range(2)] == [1, 0]  # the fifteenth entry tells of a merged table
    assert place.book().verify(rows=True) == ()
    assert place.book().as_of(date(2000, 1, 1)) == ()
    bundle = "books/energy/bundles/000001"
    data = place.store().root.read(bundle)
    store = place.store()
    store.root.keep([(store.root.stage(data[:-10]), bundle)])
    assert refusal(lambda: place.book().history()) == ("facts.book-damaged", bundle)


def test_a_thousand_is_a_thousand():
    assert THOUSAND == 1000  # the layout says so


def test_a_sweep_finishes_a_packing_that_was_cut_short(folder):
    store = Store(folder)
    digests = [store.put_bytes(bytes([number]) * 9) for number in range(3)]
    shutil.copytree(folder / "objects", folder / "aside")
    assert store.pack(digests) == 3
    for path in (folder / "aside").rglob("*"):
        if path.is_file():
            path.rename(folder / "objects" / path.relative_to(folder / "aside"))
    shutil.rmtree(folder / "aside")
    swept = Store(folder).sweep()
    assert (swept.packed, swept.packed_bytes) == (3, 27)
    assert Store(folder).usage().objects == 0
    assert [Store(folder).read(digest)[:1] for digest in digests] == [b"\0", b"\1", b"\2"]


def test_an_original_whose_pack_is_damaged_is_not_swept(folder):
    store = Store(folder)
    digest = store.put_bytes(b"a" * 50)
    shutil.copy(store.path(digest), folder / "aside")
    store.pack([digest, store.put_bytes(b"b" * 50)])
    (folder / "aside").rename(store.root.folder / "objects" / digest[:2] / digest)
    (pack,) = folder.glob("packs/*")
    data = pack.read_bytes()
    pack.chmod(0o644)
    pack.write_bytes(data.replace(b"aaaa", b"aaca", 1))
    assert Store(folder).sweep().packed == 0
    assert Store(folder).read(digest) == b"a" * 50
