"""What has to be erased is gone from everywhere, and the rest is as it was."""

import pytest

from hengtan.facts import Store, merge

from .batches import batch, filled, flipped, overwritten, refusal


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Packs from two objects on."""
    monkeypatch.setattr(merge, "FEW", 2)


def everything(place):
    root = place.store().root
    return {
        name: root.read(name) for folder in ("objects", "packs", "books", "staged") for name, _ in root.names(folder)
    }


@pytest.mark.parametrize("compacted", [False, True])
def test_a_removed_object_is_nowhere_any_more_and_the_others_are_as_they_were(place, compacted):
    book, secret = place.book(), b"name,trip\nLi Lei,Shenzhen\n"
    entries = filled(book, 3)
    personal = book.add(secret, kind="evidence", who="ann").manifest
    if compacted:
        book.compact()
    store = place.store()
    store.path(personal.digest)
    others = {digest: store.read(digest) for digest in store.digests() if digest != personal.digest}
    assert store.remove([personal.digest]) == 1
    for reader in (store, place.store()):
        assert not reader.has(personal.digest)
        assert refusal(lambda reader=reader: reader.path(personal.digest)) == ("facts.missing", personal.digest)
        assert {digest: reader.read(digest) for digest in reader.digests()} == others
    assert not [name for name, data in everything(place).items() if secret in data]
    assert place.book().table(kind="activities").num_rows == 60
    assert [(problem.code, problem.file) for problem in place.book().verify(rows=True)] == [
        ("facts.missing", personal.digest)
    ]
    assert len(place.book().history()) == len(entries) + 1
    assert store.remove([personal.digest]) == 0
    assert place.store().put_bytes(secret) == personal.digest  # it may come back, if it must
    assert place.book().verify(rows=True) == ()


def test_rows_that_were_merged_are_gone_with_their_object(place):
    book = place.book()
    first = filled(book, 3)[1].manifest
    book.compact()
    book.add(batch(9), kind="activities", who="ann", supersedes=(first.id,))
    place.store().remove([first.digest])
    assert place.store().root.names("books/energy/merged") == []
    assert place.book().table(kind="activities").num_rows == 60
    assert place.book().compact().batches == 3
    assert place.book().table(kind="activities").num_rows == 60
    assert refusal(lambda: place.book().table(book.history()[2].recorded, kind="activities")) == (
        "facts.missing",
        first.digest,
    )


def test_where_a_damaged_pack_may_hold_the_object_it_is_not_told_to_be_gone(folder):
    store = Store(folder)
    digests = store.put_many([b"a" * 40, b"b" * 40])
    store.pack(digests)
    (pack,) = folder.glob("packs/*")
    data = pack.read_bytes()
    overwritten(pack, flipped(data, data.rindex(digests[0].encode()) + 3))  # its name in the directory
    assert refusal(lambda: Store(folder).remove([digests[0]])) == ("facts.pack-damaged", digests[0])


def test_what_was_never_there_is_removed_as_well_as_can_be(place):
    assert place.store().remove(["0" * 64]) == 0
    assert place.store().remove([]) == 0
