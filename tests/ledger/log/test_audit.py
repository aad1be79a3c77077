"""An audit reads every file that the size needs and refuses every change to them."""

import random
import shutil

import pytest

from hengtan.ledger import EMPTY_ROOT, Checkpoint, Log, audit, generate, sign
from hengtan.ledger.growth import Edge
from hengtan.problems import HengtanError

from .logs import CASES, ORIGIN, SIGNER, entries, new_log, public_files, replace_public, tiles

SIZES = [0, 1, 2, 255, 256, 257, 600]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A log of 600 entries that grew in batches, so that partial files of earlier sizes are there."""
    folder = new_log(tmp_path_factory.mktemp("whole") / "log", 513)
    with Log.open(folder, SIGNER) as log:
        log.append(entries(80, 513))
        log.append(entries(7, 593))
    return folder


def codes(folder, **given):
    found = audit(folder, **given)
    return {problem.code for problem in (*found.own, *(found.extends or ()))}


@pytest.mark.parametrize("size", SIZES)
def test_a_log_that_nobody_touched_holds(tmp_path, size):
    found = audit(new_log(tmp_path / "log", size), SIGNER.verifier)
    assert found.holds
    assert found.checkpoint.size == size
    assert found.extends is None


def test_the_log_that_tessera_made_holds(tmp_path):
    folder = tmp_path / "log"
    replace_public(folder, CASES / "tessera_log_15")
    (folder / "log.vkey").write_text((CASES / "tessera_log_15.vkey").read_text())
    found = audit(folder)
    assert found.holds
    assert found.checkpoint.size == 15
    for size in range(1, 15):
        assert audit(folder, since=(folder / f"checkpoint.{size}").read_bytes()).holds


def test_one_bit_anywhere_in_a_public_file_is_found(whole, tmp_path):
    rng = random.Random(7)
    folder = tmp_path / "log"
    replace_public(folder, whole)
    files = public_files(folder)
    assert len(tiles(folder)) == 11
    for name, data in files.items():
        for bit in {0, len(data) * 8 - 1, *(rng.randrange(len(data) * 8) for _ in range(6))}:
            if name == "log.vkey" and bit >= (len(data) - 1) * 8:
                continue  # the newline behind a key is the writer's
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            (folder / name).write_bytes(changed)
            assert not audit(folder, SIGNER.verifier).holds, (name, bit)
        (folder / name).write_bytes(data)
    assert audit(folder).holds


def test_a_file_that_is_missing_or_cut_or_longer_is_named(whole, tmp_path):
    folder = tmp_path / "log"
    replace_public(folder, whole)
    for name, data in tiles(whole).items():
        needed = ".p/" not in name or name.endswith(("002.p/88", "000.p/2"))
        for change in (None, data[:-1], data[:-32], data + data[-32:], b""):
            (folder / name).unlink() if change is None else (folder / name).write_bytes(change)
            found = audit(folder)
            if change is None and not needed:
                assert found.holds
            else:
                assert any(
                    problem.file.endswith(name.removesuffix(".p/88").removesuffix(".p/2")) or name in problem.file
                    for problem in found.own
                ), (name, change)
            (folder / name).write_bytes(data)


def forge(folder, all_, signer=SIGNER):
    """All files of these entries, signed: what one who has the key can do."""
    shutil.rmtree(folder / "tile")
    growth = Edge().grow(all_)
    for name, data in growth.files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "checkpoint").write_bytes(sign(Checkpoint(ORIGIN, len(all_), growth.edge.root()), signer))


def histories():
    all_ = entries(300)
    return {
        "edited": [*all_[:7], b"{}", *all_[8:]],
        "deleted": [*all_[:7], *all_[8:]],
        "inserted": [*all_[:7], b"{}", *all_[7:]],
        "reordered": [*all_[:7], all_[8], all_[7], *all_[9:]],
    }


@pytest.mark.parametrize("kind", ["edited", "deleted", "inserted", "reordered"])
def test_another_history_under_the_old_checkpoint_is_refused(tmp_path, kind):
    folder = new_log(tmp_path / "log", 300)
    note = (folder / "checkpoint").read_bytes()
    forge(folder, histories()[kind])
    (folder / "checkpoint").write_bytes(note)
    assert codes(folder)


@pytest.mark.parametrize("kind", ["edited", "deleted", "inserted", "reordered"])
def test_another_history_that_was_signed_again_fails_against_a_kept_checkpoint_and_only_there(tmp_path, kind):
    folder = new_log(tmp_path / "log", 300)
    kept = (folder / "checkpoint").read_bytes()
    forge(folder, [*histories()[kind], *entries(20, 300)])
    assert codes(folder) == set()
    found = audit(folder, since=kept)
    assert found.own == ()
    assert [problem.code for problem in found.extends] == ["log.forked"]


def test_a_kept_checkpoint_of_another_log_or_a_newer_one_is_refused(tmp_path):
    folder, longer = new_log(tmp_path / "log", 5), new_log(tmp_path / "longer", 6)
    strange = new_log(tmp_path / "strange", 2, generate(ORIGIN))
    assert codes(folder, since=(longer / "checkpoint").read_bytes()) == {"log.rolled-back"}
    assert codes(folder, since=(strange / "checkpoint").read_bytes()) == {"note.no-known-signature"}
    assert codes(folder, since=b"rubbish") == {"note.malformed"}
    assert codes(folder, since=sign(Checkpoint(ORIGIN, 0, EMPTY_ROOT), SIGNER)) == {"proof.from-nothing"}


def test_a_log_signed_with_another_key_than_the_trusted_one_is_refused(tmp_path):
    thief = generate(ORIGIN)
    folder = new_log(tmp_path / "log", 5, thief)
    assert codes(folder) == set()
    assert codes(folder, verifier=SIGNER.verifier) >= {"note.no-known-signature"}
    assert codes(folder, verifier=generate("somebody/else").verifier) == {"log.vkey-other"}


@pytest.mark.parametrize("text", ["", "rubbish", "a+b+c", "\udcff"])
def test_a_key_file_that_is_none_is_refused_by_name(tmp_path, text):
    folder = new_log(tmp_path / "log", 5)
    (folder / "log.vkey").write_bytes(text.encode("utf-8", "surrogateescape"))
    (problem,) = audit(folder).own
    assert problem.file.endswith("log.vkey")


def test_a_checkpoint_that_claims_any_number_of_entries_ends_soon(tmp_path):
    folder = new_log(tmp_path / "log", 5)
    (folder / "checkpoint").write_bytes(sign(Checkpoint(ORIGIN, 2**63 - 1, bytes(32)), SIGNER))
    found = audit(folder)
    assert {problem.code for problem in found.own} >= {"tile.missing"}
    assert len(found.own) <= 101


def test_a_folder_without_a_checkpoint_is_no_log(tmp_path):
    with pytest.raises(HengtanError):
        audit(tmp_path)


def test_an_audit_hands_over_every_entry_in_order(whole):
    seen = []
    audit(whole, see=lambda first, part: seen.extend(enumerate(part, first)))
    assert seen == list(enumerate(entries(600)))
