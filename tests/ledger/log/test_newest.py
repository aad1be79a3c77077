"""A log goes on only from its newest state: an old backup, a fork and a damaged edge are refused, and nothing is written."""

import shutil

import pytest

from hengtan.ledger import Log, Refused, audit, generate

from .logs import ORIGIN, SIGNER, entries, new_log, public_files, replace_public


def refused(folder, **given):
    before = public_files(folder)
    with pytest.raises(Refused) as raised:
        Log.open(folder, SIGNER, **given)
    assert public_files(folder) == before
    return raised.value.code


def grown(folder, count):
    with Log.open(folder, SIGNER) as log:
        log.append(entries(count, log.size))
        return log.checkpoint()


@pytest.mark.parametrize("more", [1, 5, 256])
def test_an_old_backup_of_the_public_part_is_refused_by_the_memory_beside_the_key(tmp_path, more):
    folder = new_log(tmp_path / "log", 10)
    shutil.copytree(folder, tmp_path / "backup")
    grown(folder, more)
    replace_public(folder, tmp_path / "backup")
    assert refused(folder) == "log.rolled-back"


def test_an_old_backup_of_everything_is_refused_when_a_newer_checkpoint_is_handed_in(tmp_path):
    folder = new_log(tmp_path / "log", 10)
    shutil.copytree(folder, tmp_path / "backup")
    newer = grown(folder, 5)
    assert refused(tmp_path / "backup", known=[newer]) == "log.rolled-back"
    with Log.open(folder, SIGNER, known=[newer]) as log:
        assert log.size == 15


def test_an_old_backup_of_everything_is_refused_by_a_memory_outside_the_folder(tmp_path):
    folder, memory = new_log(tmp_path / "log", 10), tmp_path / "vault" / "newest"
    memory.parent.mkdir()
    shutil.copytree(folder, tmp_path / "backup")
    with Log.open(folder, SIGNER, memory=memory) as log:
        log.append(entries(5, 10))
    assert refused(tmp_path / "backup", memory=memory) == "log.rolled-back"
    with Log.open(folder, SIGNER, memory=memory) as log:
        assert log.append([b"on"]) == range(15, 16)


@pytest.mark.parametrize("more", [2, 5, 300])
def test_a_second_history_under_the_same_key_is_refused(tmp_path, more):
    folder, other = new_log(tmp_path / "log", 10), new_log(tmp_path / "other")
    with Log.open(other, SIGNER) as log:
        log.append([b"another history"] * 12)
        forked = log.checkpoint()
    grown(folder, more)
    assert refused(folder, known=[forked]) == "log.forked"
    (folder / "private/newest").write_bytes(forked)
    assert refused(folder) == "log.forked"


def test_a_newer_state_than_the_memory_knows_is_fine(tmp_path):
    folder = new_log(tmp_path / "log", 10)
    memory = (folder / "private/newest").read_bytes()
    grown(folder, 300)
    (folder / "private/newest").write_bytes(memory)
    assert grown(folder, 1)
    assert audit(folder).holds


def test_without_any_memory_a_checkpoint_has_to_be_handed_in(tmp_path):
    folder = new_log(tmp_path / "log", 10)
    (folder / "private/newest").unlink()
    assert refused(folder) == "log.memory-missing"
    with Log.open(folder, SIGNER, known=[(folder / "checkpoint").read_bytes()]) as log:
        log.append([b"on"])
    Log.open(folder, SIGNER).close()


def test_a_memory_that_is_none_of_this_log_is_refused_by_name(tmp_path):
    folder = new_log(tmp_path / "log", 10)
    other = new_log(tmp_path / "other", 10, generate(ORIGIN))
    (folder / "private/newest").write_bytes((other / "checkpoint").read_bytes())
    with pytest.raises(Refused) as raised:
        Log.open(folder, SIGNER)
    assert raised.value.code == "note.no-known-signature"
    assert raised.value.file.endswith("private/newest")


@pytest.mark.parametrize("name", ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
def test_a_damaged_edge_is_refused_before_anything_is_signed_on_top_of_it(tmp_path, name):
    folder = new_log(tmp_path / "log", 300)
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    assert refused(folder) == "log.edge-wrong"
    (folder / name).unlink()
    assert refused(folder) == "tile.missing"


def test_a_checkpoint_with_another_bit_is_refused_by_readers_and_writers(tmp_path):
    folder = new_log(tmp_path / "log", 3)
    note = bytearray((folder / "checkpoint").read_bytes())
    note[len(ORIGIN) + 1] ^= 1  # the size
    (folder / "checkpoint").write_bytes(note)
    for signer in (None, SIGNER):
        with pytest.raises(Refused) as raised:
            Log.open(folder, signer)
        assert raised.value.code == "note.bad-signature"


@pytest.mark.parametrize("at", [0, 30, 100, -1])
def test_a_journal_with_another_bit_is_refused_and_kept(tmp_path, at):
    folder = new_log(tmp_path / "log", 3)
    grown(folder, 2)
    from hengtan.ledger import journal
    from hengtan.ledger.growth import Edge
    from hengtan.ledger.storage import Storage

    storage = Storage(folder)
    journal.stage(storage, Edge().grow(entries(5)), entries(5))
    storage.settle()
    storage.reveal()
    path = folder / "private/journal"
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + (whole[at:][1:]))
    assert refused(folder) == "log.journal-damaged"
    assert path.exists()
    path.write_bytes(whole)
    Log.open(folder, SIGNER).close()  # a batch that was published already is only cleared
    assert not path.exists()
