"""A log gets a new key without losing a reader who trusts the old one."""

import shutil
from datetime import UTC, datetime

import pytest

from hengtan.ledger import Log, Refused, audit, generate, keys, open_checkpoint, sign
from hengtan.ledger.checkpoint import parse_checkpoint
from hengtan.ledger.rekey import key_of, rotate_file
from hengtan.ledger.rotation import statement
from hengtan.problems import HengtanError

from .logs import ORIGIN, SIGNER, entries, new_log

NOW = datetime(2026, 3, 31, 8, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    return new_log(tmp_path / "log", 300)


def rotated(folder):
    with Log.open(folder, key_of(Log.open(folder).verifier, folder / "private/key", {})) as log:
        return rotate_file(log, folder / "private/key", NOW)


def test_after_a_rotation_the_new_key_signs_and_the_old_one_is_gone(folder):
    before = (folder / "checkpoint").read_bytes()
    new = rotated(folder)
    assert (folder / "log.vkey").read_text() == f"{new.verifier.vkey}\n"
    note = (folder / "checkpoint").read_bytes()
    for key in (SIGNER, new):
        assert open_checkpoint(note, [key.verifier])[0].size == 301
    with pytest.raises(HengtanError):
        Log.open(folder, SIGNER)
    with Log.open(folder, new) as log:
        log.append(entries(3))
        assert log.keys() == (SIGNER.verifier, new.verifier)
        assert log.earlier(before).size == 300
    with pytest.raises(Refused):
        open_checkpoint((folder / "checkpoint").read_bytes(), [SIGNER.verifier])
    assert {path.name for path in (folder / "private").iterdir() if "key" in path.name} == {"key"}
    assert not any(SIGNER.secret in path.read_text("latin-1") for path in folder.rglob("*") if path.is_file())


def test_who_trusts_the_first_key_follows_the_log_through_two_rotations(folder):
    first = (folder / "checkpoint").read_bytes()
    second = rotated(folder)
    third = rotated(folder)
    with Log.open(folder, third) as log:
        log.append(entries(3))
    found = audit(folder, SIGNER.verifier, since=first)
    assert found.holds
    assert found.keys == (SIGNER.verifier, second.verifier, third.verifier)
    assert audit(folder, second.verifier, since=first).holds
    assert audit(folder, since=first).holds


def test_a_thief_of_the_old_key_cannot_go_on_after_the_rotation(folder):
    rotated(folder)
    with Log.open(folder, key_of(Log.open(folder).verifier, folder / "private/key", {})) as log:
        log.append(entries(3))
    text = (folder / "checkpoint").read_text().split("\n\n")[0] + "\n"
    (folder / "checkpoint").write_bytes(sign(parse_checkpoint(text), SIGNER))
    (folder / "log.vkey").write_text(f"{SIGNER.verifier.vkey}\n")
    assert not audit(folder).holds
    assert not audit(folder, SIGNER.verifier).holds


@pytest.mark.parametrize("what", ["checkpoint", "log.vkey"])
def test_the_old_key_is_refused_in_either_place_by_who_trusts_it_from_before(folder, what):
    new = rotated(folder)
    with Log.open(folder, new) as log:
        log.append(entries(3))
    assert audit(folder, SIGNER.verifier).holds
    if what == "checkpoint":
        text = (folder / "checkpoint").read_text().split("\n\n")[0] + "\n"
        (folder / "checkpoint").write_bytes(sign(parse_checkpoint(text), SIGNER))
        assert not audit(folder, SIGNER.verifier).holds
    else:
        (folder / "log.vkey").write_text(f"{SIGNER.verifier.vkey}\n")
        assert [problem.code for problem in audit(folder, new.verifier).own] == ["log.vkey-other"]


def test_a_key_that_no_entry_names_is_refused_by_who_trusts_another(folder):
    thief = generate(ORIGIN)
    text = (folder / "checkpoint").read_text().split("\n\n")[0] + "\n"
    (folder / "checkpoint").write_bytes(sign(parse_checkpoint(text), thief))
    (folder / "log.vkey").write_text(f"{thief.verifier.vkey}\n")
    assert not audit(folder, SIGNER.verifier).holds


def test_a_rotation_that_was_cut_after_its_entry_lets_the_old_key_append_nothing_and_is_ended(folder):
    new = generate(ORIGIN)
    with Log.open(folder, SIGNER) as log:
        log.append([statement(SIGNER, new, "2026-03-31T08:00:00Z")])
    with Log.open(folder, SIGNER) as log:
        assert log.successor == new.verifier
        for act in (lambda: log.append([b"x"]), lambda: log.rotate(generate(ORIGIN))):
            with pytest.raises(HengtanError) as raised:
                act()
            assert raised.value.problems[0].code == "log.rotation-begun"
        log.rotate(new)
        assert log.size == 301
        assert log.append([b"x"]) == range(301, 302)
    assert audit(folder, SIGNER.verifier).holds


def test_a_rotation_that_was_cut_before_the_key_file_was_replaced_finds_its_key(folder):
    private = folder / "private"
    old = (private / "key").read_bytes()
    new = rotated(folder)
    shutil.move(private / "key", private / "key.next")
    (private / "key").write_bytes(old)
    (private / "key").chmod(0o600)
    assert key_of(Log.open(folder).verifier, private / "key", {}) == new
    assert not (private / "key.next").exists()
    assert keys.load(private / "key") == new


def test_a_rotation_takes_up_the_key_that_it_had_made(folder):
    made = generate(ORIGIN)
    keys.save(made, folder / "private/key.next")
    assert rotated(folder) == made


def test_only_a_key_of_the_same_name_takes_over(folder):
    with Log.open(folder, SIGNER) as log:
        for key in (SIGNER, generate("somebody/else")):
            with pytest.raises(Refused):
                log.rotate(key)
        assert log.size == 300
