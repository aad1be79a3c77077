"""A public copy holds what is public, verifies, grows with the log, and is never mixed up with another."""

import pytest

from hengtan.ledger import Log, Refused, audit, export, generate
from hengtan.problems import HengtanError

from .logs import ORIGIN, SIGNER, entries, new_log, public_files


@pytest.fixture
def folder(tmp_path):
    return new_log(tmp_path / "log", 250)


def test_a_copy_is_all_that_is_public_and_nothing_else(folder, tmp_path):
    assert export(folder, tmp_path / "a" / "copy") == 250
    assert public_files(tmp_path / "a" / "copy") == public_files(folder)
    assert {path.name for path in (tmp_path / "a" / "copy").iterdir()} == {"checkpoint", "log.vkey", "tile"}
    assert audit(tmp_path / "a" / "copy", SIGNER.verifier).holds


def test_a_copy_is_brought_up_to_date(folder, tmp_path):
    copy = tmp_path / "copy"
    export(folder, copy)
    with Log.open(folder, SIGNER) as log:
        log.append(entries(4, 250))
        export(folder, copy)
        log.append(entries(400, 254))
    assert export(folder, copy) == 654
    assert audit(copy).holds
    assert public_files(copy).items() >= public_files(folder).items()
    assert export(folder, copy) == 654


def test_a_copy_keeps_the_partial_files_of_earlier_sizes_that_the_log_has(folder, tmp_path):
    with Log.open(folder, SIGNER) as log:
        log.append(entries(2, 250))
    export(folder, tmp_path / "copy")
    assert {"tile/0/000.p/250", "tile/0/000.p/252", "tile/entries/000.p/250"} < set(public_files(tmp_path / "copy"))


def test_a_copy_of_another_log_or_a_newer_one_or_a_changed_one_is_refused_and_kept(folder, tmp_path):
    others = {
        "note.no-known-signature": new_log(tmp_path / "other", 3, generate(ORIGIN)),
        "log.rolled-back": new_log(tmp_path / "newer", 251),
    }
    changed = tmp_path / "changed"
    export(folder, changed)
    (changed / "tile/0/000.p/250").write_bytes(b"x")
    others["log.copy-other"] = changed
    for code, target in others.items():
        before = public_files(target)
        with pytest.raises(Refused) as raised:
            export(folder, target)
        assert raised.value.code == code
        assert public_files(target) == before


def test_a_log_that_does_not_hold_is_not_copied(folder, tmp_path):
    path = folder / "tile/entries/000.p/250"
    path.write_bytes(path.read_bytes().replace(b'"n":"7"', b'"n":"8"'))
    with pytest.raises(Refused) as raised:
        export(folder, tmp_path / "copy")
    assert raised.value.code == "log.entry-wrong"
    assert not (tmp_path / "copy").exists()


def test_a_folder_of_something_else_is_refused_and_kept(folder, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")
    for target, code in [
        (tmp_path / "mine", "log.not-empty"),
        (folder / "copy", "log.copy-inside"),
        (folder, "log.copy-inside"),
    ]:
        with pytest.raises(HengtanError) as raised:
            export(folder, target)
        assert raised.value.problems[0].code == code
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
