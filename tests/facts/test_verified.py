"""An object is hashed once per process, and again when its file is not the same any more."""

import os
import time

import pytest

from hengtan.facts import Store, verified

from .batches import overwritten, refusal


@pytest.fixture
def hashed(monkeypatch):
    """How often a file was hashed; the files of the test are old enough to be remembered."""
    count = []
    really = verified.digest_of

    def counted(stream):
        count.append(1)
        return really(stream)

    monkeypatch.setattr(verified, "digest_of", counted)
    monkeypatch.setattr(verified, "YOUNG_NS", -(10**9))
    return count


def test_an_object_is_hashed_once_by_a_process_however_often_it_is_used(folder, hashed):
    digest = Store(folder).put_bytes(b"x" * 100_000)
    store = Store(folder)
    for _ in range(3):
        store.verify(digest)
        store.open(digest).close()
        store.path(digest)
    assert len(hashed) == 1
    Store(folder).verify(digest)
    assert len(hashed) == 2


@pytest.mark.parametrize("times_set_back", [False, True])
@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_changes_after_it_was_verified_is_hashed_again_and_refused(
    folder, hashed, replaced, times_set_back
):
    store = Store(folder)
    digest = store.put_bytes(b"one")
    path = store.path(digest)
    before = path.stat()
    if replaced:
        path.unlink()
        path.write_bytes(b"two")
    else:
        overwritten(path, b"two")  # same length, same inode
    if times_set_back:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # what changed the inode stays in its own time
    for read in (store.verify, store.open, store.path, store.read):
        assert refusal(lambda read=read: read(digest)) == ("facts.damaged", digest)
    overwritten(path, b"one")
    assert store.path(digest) == path


def test_what_is_too_young_to_show_a_change_in_its_times_is_hashed_every_time(folder, hashed, monkeypatch):
    monkeypatch.setattr(verified, "YOUNG_NS", 500_000_000)
    store = Store(folder)
    digest = store.put_bytes(b"one")
    store.verify(digest)
    store.verify(digest)
    assert len(hashed) == 2
    time.sleep(0.6)
    store.verify(digest)
    store.verify(digest)
    assert len(hashed) == 3


def test_a_file_that_changes_while_it_is_verified_is_refused(folder, monkeypatch):
    store = Store(folder)
    digest = store.put_bytes(b"one")
    path = folder / "objects" / digest[:2] / digest
    really = verified.digest_of

    def meanwhile(stream):
        found = really(stream)
        overwritten(path, b"two")
        return found

    monkeypatch.setattr(verified, "digest_of", meanwhile)
    assert refusal(lambda: store.path(digest)) == ("facts.changing", digest)


def test_a_damaged_local_copy_of_a_remote_object_is_fetched_again(tmp_path):
    store = Store("memory://scratched", scratch=tmp_path / "scratch")
    digest = store.put_bytes(b"one")
    path = store.path(digest)
    path.write_bytes(b"two")
    assert store.path(digest).read_bytes() == b"one"
    store.close()
    assert path.exists()  # a folder that was given is the giver's
    other = Store("memory://scratched")
    copy = other.path(digest)
    other.close()
    assert not copy.exists()
    assert other.path(digest).read_bytes() == b"one"
