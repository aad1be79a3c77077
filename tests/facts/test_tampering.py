"""Flipped bits, cut and swapped files: refused by name, wherever they are; wrong rows are never read in silence."""

import hashlib
import os
import random
import shutil
from io import BytesIO

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from hengtan.facts import Book, FactRefused, Store
from hengtan.facts.merged import alive
from hengtan.facts.rows import parquet

from .batches import batch, filled, flipped, overwritten, refusal


def file_of(folder, digest):
    return folder / "objects" / digest[:2] / digest


def readings(store, digest):
    return (store.verify, store.read, store.open, store.path, store.table)


def places(data, step):
    """Every so many bytes, and all of the first and last hundred: magic, page headers, footer."""
    return sorted({*range(0, len(data), step), *range(100), *range(len(data) - 100, len(data))})


def test_a_flipped_bit_anywhere_in_an_object_is_refused_with_its_name(folder):
    store = Store(folder)
    digest = store.put_table(batch(1, 500))
    path = file_of(folder, digest)
    data = path.read_bytes()
    chosen = places(data, 41)
    assert len(chosen) > 250
    for place in chosen:
        overwritten(path, flipped(data, place, place % 8))
        for read in readings(store, digest)[:: 1 if place % 10 == 0 else 4]:
            assert refusal(lambda read=read: read(digest)) == ("facts.damaged", digest), place
    overwritten(path, data)
    assert store.table(digest).equals(batch(1, 500))


def test_without_a_digest_most_flips_in_a_plain_file_would_be_read_and_page_checksums_catch_them_all():
    """Why objects are verified, and why what facts write has a checksum on every page."""
    table = batch(1, 500)
    plain = BytesIO()
    pq.write_table(table, plain, compression="none", use_dictionary=False)
    rng = random.Random(3)

    def wrong_in_silence(data, **how):
        start, stop = 4, len(data) - 1200  # the pages
        wrong = 0
        for _ in range(150):
            try:
                read = pq.ParquetFile(BytesIO(flipped(data, rng.randrange(start, stop))), **how).read()
            except (pa.ArrowException, OSError, UnicodeDecodeError):
                continue
            wrong += not read.equals(table)
        return wrong

    assert wrong_in_silence(plain.getvalue()) > 75
    assert wrong_in_silence(parquet(table), page_checksum_verification=True) == 0


@pytest.mark.parametrize("how", ["cut", "emptied", "longer", "swapped", "folder", "pipe", "gone"])
def test_other_ways_of_being_wrong_are_refused_by_name_too(folder, how):
    store = Store(folder)
    digest, other = store.put_table(batch(1)), store.put_table(batch(2))
    path, data = file_of(folder, digest), file_of(folder, digest).read_bytes()
    store.verify(digest)
    if how == "cut":
        overwritten(path, data[:-1])
    elif how == "emptied":
        overwritten(path, b"")
    elif how == "longer":
        overwritten(path, data + b"\0")
    elif how == "swapped":
        aside = folder / "aside"
        path.rename(aside)
        file_of(folder, other).rename(path)
        aside.rename(file_of(folder, other))
        assert refusal(lambda: store.read(other)) == ("facts.damaged", other)
    else:
        path.unlink()
        if how == "folder":
            path.mkdir()
        elif how == "pipe":
            os.mkfifo(path)
    for read in readings(store, digest):
        if how in ("folder", "pipe"):
            with pytest.raises(Exception, match=digest):
                read(digest)
        else:
            assert refusal(lambda read=read: read(digest)) == (
                "facts.missing" if how == "gone" else "facts.damaged",
                digest,
            )


def test_a_link_to_other_bytes_is_refused(folder, tmp_path):
    store = Store(folder)
    digest = store.put_bytes(b"one")
    (tmp_path / "other").write_bytes(b"two")
    file_of(folder, digest).unlink()
    file_of(folder, digest).symlink_to(tmp_path / "other")
    assert refusal(lambda: store.read(digest)) == ("facts.damaged", digest)


def test_putting_the_bytes_again_mends_a_damaged_object(place):
    store = place.store()
    digest = store.put_bytes(b"one")
    name = f"objects/{digest[:2]}/{digest}"
    store.root.keep([(store.root.stage(b"eno"), name)])
    assert refusal(lambda: place.store().verify(digest)) == ("facts.damaged", digest)
    assert refusal(lambda: place.store().path(digest)) == ("facts.damaged", digest)
    assert place.store().put_bytes(b"one") == digest
    assert place.store().read(digest) == b"one"


def test_a_flipped_bit_in_a_pack_never_gives_other_bytes_and_what_is_lost_is_named(folder):
    store = Store(folder)
    contents = {store.put_bytes(data): data for data in (os.urandom(50), os.urandom(300), b"", b"x" * 70)}
    assert store.pack(contents) == 4
    (path,) = folder.glob("packs/*")
    data = path.read_bytes()
    lost = 0
    for place in range(len(data)):
        overwritten(path, flipped(data, place, place % 8))
        fresh = Store(folder)
        for digest, wanted in contents.items():
            try:
                assert fresh.read(digest) == wanted
            except FactRefused as refused:
                assert refused.problem.file == digest
                assert refused.problem.code in ("facts.damaged", "facts.pack-damaged")
                lost += 1
    assert lost > 420  # every byte of every member, and the directory
    for cut in (0, 1, 100, len(data) - 1):
        overwritten(path, data[:cut])
        assert refusal(lambda: Store(folder).read(next(iter(contents)))) is not None


def test_a_pack_in_anothers_place_gives_no_other_bytes(folder):
    store = Store(folder)
    first = [store.put_bytes(os.urandom(40)) for _ in range(3)]
    assert store.pack(first) == 3
    second = [store.put_bytes(os.urandom(40)) for _ in range(3)]
    assert store.pack(second) == 3
    one, two = folder.glob("packs/*")
    shutil.copy(one, folder / "aside")
    two.replace(one)
    (folder / "aside").replace(two)
    fresh = Store(folder)  # the directories went with the bytes: everything is still found, and verified
    for digest in first + second:
        assert hashlib.sha256(fresh.read(digest)).hexdigest() == digest
    assert refusal(lambda: fresh.read("0" * 64)) == ("facts.pack-damaged", "0" * 64)


@pytest.fixture
def chain(folder):
    """A book of five entries, and its files."""
    filled(Book(Store(folder), "energy"), 5)
    return sorted((folder / "books/energy/entries/000000").iterdir())


def read_anew(folder):
    return refusal(lambda: Book(Store(folder), "energy").history())


def test_a_flipped_bit_anywhere_in_an_entry_of_a_book_is_refused(folder, chain):
    for path in (chain[0], chain[2], chain[-1]):
        data = path.read_bytes()
        for place in range(0, len(data), 3):
            overwritten(path, flipped(data, place, place % 8))
            assert read_anew(folder) == ("facts.book-damaged", path.relative_to(folder).as_posix()), place
        overwritten(path, data)
    assert read_anew(folder) is None


def test_entries_that_are_gone_swapped_doubled_or_cut_are_refused(folder, chain):
    data = [path.read_bytes() for path in chain]
    chain[2].unlink()
    assert read_anew(folder) == ("facts.book-damaged", chain[2].relative_to(folder).as_posix())
    for other in (data[3], data[1], data[2][:-1], data[2] + b"\n", b"", b"\n\n"):
        chain[2].unlink(missing_ok=True)
        chain[2].write_bytes(other)
        assert read_anew(folder) == ("facts.book-damaged", chain[2].relative_to(folder).as_posix())
    overwritten(chain[2], data[2])
    chain[0].unlink()
    assert read_anew(folder) is not None
    chain[0].write_bytes(data[0])
    assert read_anew(folder) is None


def test_a_book_that_was_written_anew_has_another_head(folder, chain, tmp_path):
    """Whoever can write files can write a whole other chain; who kept, or logged, the head sees it."""
    kept = Book(Store(folder), "energy").head
    shutil.rmtree(folder / "books")
    other = Book(Store(folder), "energy")
    filled(other, 5, first=1)
    assert kept[0] == other.head[0] == 5
    assert kept[1] != other.head[1]


def test_a_flipped_bit_in_a_merged_table_or_its_description_is_refused_by_name(folder):
    book = Book(Store(folder), "energy")
    filled(book, 5)
    assert book.compact().tables == 1
    wanted = book.table(kind="activities")
    ((description, merged),) = alive(book).items()
    for digest in (merged.table, description):
        path = folder / "books/energy/merged" / digest
        data = path.read_bytes()
        for place in places(data, 97)[::5]:
            overwritten(path, flipped(data, place))
            found = refusal(lambda: Book(Store(folder), "energy").table(kind="activities"))
            assert found == ("facts.damaged", digest), place
            for rows in (False, True):
                problems = Book(Store(folder), "energy").verify(rows=rows)
                assert [(each.code, each.file) for each in problems] == [("facts.damaged", digest)]
        overwritten(path, data)
    assert Book(Store(folder), "energy").table(kind="activities").equals(wanted)


def test_a_merged_table_with_other_rows_that_is_well_described_is_found_out_by_comparing(folder):
    """One who can append to the book can record what he likes; ``verify(rows=True)`` holds it against the objects."""
    book = Book(Store(folder), "energy")
    filled(book, 2)
    entries = book.history()
    from hengtan.facts.merged import Merged, merged_name

    rows = pa.concat_tables([batch(0), batch(7)])
    data = parquet(rows)
    told = Merged("activities", hashlib.sha256(data).hexdigest(), tuple((each.manifest.id, 20) for each in entries))
    root = book.store.root
    root.keep(
        [
            (root.stage(data), merged_name("energy", told.table)),
            (root.stage(told.encoded), merged_name("energy", told.digest)),
        ]
    )
    book.record_merged(told.digest)
    (problem,) = Book(Store(folder), "energy").verify(rows=True)
    assert (problem.code, problem.file) == ("facts.merged-differs", entries[1].manifest.id)
    assert Book(Store(folder), "energy").verify() == ()
