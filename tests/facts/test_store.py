"""Objects in a store, wherever it lies."""

import hashlib
import subprocess
import sys

import pyarrow as pa
import pytest

from hengtan.facts import FactRefused, Store
from hengtan.problems import HengtanError


def name_of(data):
    return hashlib.sha256(data).hexdigest()


def code(act):
    with pytest.raises(HengtanError) as raised:
        act()
    return raised.value.problems[0].code


def test_what_is_put_is_found_by_its_sha256_by_another_process(place, tmp_path):
    contents = [b"", b"one", bytes(range(256)) * 5000]
    (tmp_path / "file").write_bytes(contents[2])
    digests = place.store().put_many([contents[0], contents[1], tmp_path / "file"])
    assert digests == [name_of(data) for data in contents]
    store = place.store()
    for digest, data in zip(digests, contents, strict=True):
        assert store.has(digest)
        assert store.size(digest) == len(data)
        assert store.read(digest) == data
        with store.open(digest) as file:
            assert file.read() == data
            assert file.seek(-1, 2) == len(data) - 1 if data else True
        assert store.path(digest).read_bytes() == data
        store.verify(digest)
    assert list(store.digests()) == sorted(digests)
    store.close()


def test_what_was_never_put_is_missing_and_the_refusal_names_it(place):
    store, other = place.store(), name_of(b"other")
    assert not store.has(other)
    for act in (store.read, store.open, store.path, store.verify, store.size):
        with pytest.raises(FactRefused) as raised:
            act(other)
        assert (raised.value.problem.code, raised.value.problem.file) == ("facts.missing", other)
    store.put_bytes(b"one")
    assert code(lambda: store.read(other)) == "facts.missing"


def test_the_same_bytes_twice_are_one_object(place):
    store = place.store()
    assert len(set(store.put_many([b"one", b"one", b"two", b"one"]))) == 2
    assert store.put_bytes(b"two") == name_of(b"two")
    assert (store.usage().objects, store.usage().object_bytes) == (2, 6)
    assert store.usage().total_bytes == 6
    assert store.usage().staged == 0


def test_a_large_file_is_what_was_hashed(place, tmp_path):
    data = bytes(range(251)) * (70 * 4200)  # beyond what is held in memory on its way to a server
    (tmp_path / "large").write_bytes(data)
    digest = place.store().put_file(tmp_path / "large")
    assert digest == name_of(data)
    assert place.store().path(digest).read_bytes() == data


def test_rows_come_back_as_they_were(place):
    table = pa.table({"n": [1, 2, 3], "word": ["a", None, "ü"]})
    digest = place.store().put_table(table)
    assert place.store().table(digest).equals(table)
    assert place.store().table(digest, ["word"]).equals(table.select(["word"]))
    assert code(lambda: place.store().table(place.store().put_bytes(b"no rows"))) == "facts.not-parquet"


@pytest.mark.parametrize("given", ["", "../../etc/passwd", "0" * 63, "A" * 64, "0" * 64 + "\n", "\u0660" * 64])
def test_what_is_no_digest_never_becomes_a_file_name(folder, given):
    store = Store(folder)
    for act in (store.has, store.read, store.open, store.path, store.verify, store.size):
        assert code(lambda act=act: act(given)) == "facts.not-a-digest"


def test_a_place_that_holds_something_else_is_left_alone(place, tmp_path):
    other = place.store()
    other.root._ours = True
    if other.root.folder is not None:
        other.root.folder.mkdir()
        (other.root.folder / "thesis.doc").write_bytes(b"mine")
    else:
        other.root._send(b"mine", "thesis.doc")
    assert code(lambda: place.store().put_bytes(b"one")) == "facts.not-a-store"
    assert other.root.top() == {"thesis.doc"}


def test_a_store_of_another_version_is_not_written_to(place):
    store = place.store()
    store.root.keep([(store.root.stage(b"hengtan facts 2\n"), "facts")])
    assert code(lambda: place.store().put_bytes(b"one")) == "facts.other-version"


def test_reading_makes_nothing(folder):
    store = Store(folder)
    assert list(store.digests()) == []
    assert store.usage().total_bytes == 0
    assert not store.has("0" * 64)
    assert not folder.exists()


def test_a_digest_that_the_caller_knows_spares_the_reading_of_an_object_that_is_there(folder, tmp_path):
    store = Store(folder)
    digest = store.put_bytes(b"one")
    assert store.put_file(tmp_path / "never read", digest) == digest
    next(folder.glob("objects/*/*")).unlink()
    (tmp_path / "file").write_bytes(b"one")
    assert store.put_file(tmp_path / "file", digest) == digest
    assert store.read(digest) == b"one"


def test_objects_are_read_only_files(folder):
    digest = Store(folder).put_bytes(b"one")
    assert Store(folder).path(digest).stat().st_mode & 0o222 == 0


def test_what_cannot_be_read_or_written_is_told_and_no_traceback(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert code(lambda: Store(tmp_path / "file" / "facts").put_bytes(b"one")) == "facts.unreadable"
    with pytest.raises(HengtanError) as raised:
        Store(tmp_path / "facts").put_many([b"one", tmp_path / "missing"])
    assert raised.value.problems[0].file == str(tmp_path / "missing")
    assert not Store(tmp_path / "facts").has(name_of(b"one"))
    assert Store(tmp_path / "facts").usage().staged == 0
    assert code(lambda: Store("nowhere://at/all")) == "facts.no-driver"
    unreachable = {"endpoint_url": "http://127.0.0.1:9", "key": "k", "secret": "s"}
    store = Store("s3://bucket/facts", options={**unreachable, "config_kwargs": {"retries": {"max_attempts": 0}}})
    store.root._fs.retries = 1
    assert code(lambda: store.put_bytes(b"one")) == "facts.unreadable"


def test_a_local_store_needs_neither_arrow_nor_a_driver(folder):
    code = (
        "import sys, hengtan.facts as f; s = f.Store(sys.argv[1]); b = f.Book(s, 'b'); b.add(b'x', kind='k', who='w');"
        "s.read(b.as_of()[0].digest); s.sweep(); b.verify();"
        "print([name for name in ('pyarrow', 'numpy', 'fsspec', 'duckdb', 'ibis') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True)
    assert told.stdout.strip() == "[]", told.stderr


def test_what_is_removed_is_gone_from_objects_and_packs_and_the_rest_stays(tmp_path):
    store = Store(tmp_path / "facts")
    digests = store.put_many([f"object {number}".encode() for number in range(9)])
    assert store.pack(digests[:6]) == 6
    assert store.remove([digests[0], digests[8], "0" * 64]) == 2
    for each in (store, Store(tmp_path / "facts")):
        assert [each.has(digest) for digest in digests] == [False, *[True] * 7, False]
        assert [each.read(digest) for digest in digests[1:8]] == [f"object {number}".encode() for number in range(1, 8)]
    assert not any(b"object 0" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert store.remove(digests) == 7 and list(store.digests()) == []
    assert store.remove(digests) == 0
    assert store.put_bytes(b"object 0") == digests[0] and store.read(digests[0]) == b"object 0"
