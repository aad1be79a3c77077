"""What object stores do otherwise: conditional puts, answers that get lost, servers that overwrite in silence."""

import pytest

from hengtan.facts import Book
from hengtan.facts.remote import RemoteRoot
from hengtan.problems import HengtanError

from .batches import batch, filled
from .conftest import place_of


@pytest.mark.parametrize("kind", ["rclone", "file server"])
def test_where_a_put_overwrites_in_silence_a_book_wants_a_sole_writer(kind, request, tmp_path):
    """rclone takes If-None-Match and overwrites all the same: asked for nothing, it would lose an entry of one of two writers."""
    place = place_of(kind, request, tmp_path)
    place.store().put_bytes(b"objects need no conditional put")
    book = Book(place.store(), "energy")
    with pytest.raises(HengtanError) as raised:
        book.add(batch(0), kind="activities", who="ann")
    assert raised.value.problems[0].code == "facts.no-conditional-put"
    assert place.book().history() == ()
    assert [name for name, _ in place.store().root.names("staged")] == []
    filled(place.book(), 2)
    assert len(Book(place.store(), "energy").history()) == 2


@pytest.mark.parametrize("kind", ["moto", "memory", "folder"])
def test_where_a_put_can_be_conditional_it_is_found_out_and_relied_on(kind, request, tmp_path):
    place = place_of(kind, request, tmp_path)
    root = place.store().root
    assert root.creates_once()
    assert root.create("books/x/entries/0", b"one")
    assert not root.create("books/x/entries/0", b"two")
    assert root.read("books/x/entries/0") == b"one"
    assert [name for name, _ in root.names("staged")] == []


def test_an_append_whose_answer_got_lost_is_not_made_twice(request, tmp_path, monkeypatch):
    place = place_of("moto", request, tmp_path)
    book = place.book()
    filled(book, 1)
    put, lost = book.store.root._fs.pipe_file, []

    def once_without_answer(path, data, mode="overwrite", **more):
        done = put(path, data, mode=mode, **more)
        if "/entries/" in path and not lost:
            lost.append(path)
            raise ConnectionResetError("the server was heard no more")
        return done

    monkeypatch.setattr(book.store.root._fs, "pipe_file", once_without_answer)
    entry = filled(book, 1, first=1)[0]
    assert lost
    assert entry.sequence == 1
    assert [each.sequence for each in place.book().history()] == [0, 1]


def test_a_writer_that_lost_the_race_takes_the_number_after(request, tmp_path):
    place = place_of("moto", request, tmp_path)
    one, two = place.book(), place.book()
    filled(one, 1)
    two.history()
    filled(one, 2, first=1)
    assert filled(two, 1, first=3)[0].sequence == 3
    assert place.book().verify() == ()


def test_many_entries_are_read_from_a_server_at_once(request, tmp_path):
    place = place_of("moto", request, tmp_path)
    filled(place.book(), 25, rows=1)
    assert [entry.sequence for entry in place.book().history()] == list(range(25))


def test_what_a_server_refuses_is_told_and_no_traceback(request, tmp_path):
    place = place_of("moto", request, tmp_path)
    wrong = type(place)(place.kind, place.root.replace("bucket", "another-bucket"), place.options)
    for act in (lambda: wrong.store().put_bytes(b"one"), lambda: filled(wrong.book(), 1)):
        with pytest.raises(HengtanError) as raised:
            act()
        assert raised.value.problems[0].code in ("facts.not-written", "facts.unreadable")
    at_once = {"config_kwargs": {"retries": {"max_attempts": 0}}}
    gone = type(place)(place.kind, place.root, {**place.options, "endpoint_url": "http://127.0.0.1:9", **at_once})
    root = RemoteRoot(gone.root, gone.options)
    root._fs.retries = 1
    with pytest.raises(OSError):
        root.size("facts")


def test_a_prefix_may_be_a_whole_bucket_or_have_a_slash_too_many(request, tmp_path):
    place = place_of("moto", request, tmp_path)
    store = type(place)(place.kind, place.root + "/", place.options).store()
    digest = store.put_bytes(b"one")
    assert place.store().read(digest) == b"one"
    assert list(place.store().digests()) == [digest]
