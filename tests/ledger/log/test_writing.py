"""One writer, any number of callers and readers; what append gives back stays."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hengtan.durable import VARIABLE, parse
from hengtan.ledger import (
    Log,
    Refused,
    generate,
    open_checkpoint,
    verify_consistency,
    verify_proof,
)
from hengtan.problems import HengtanError

from .logs import ORIGIN, SIGNER, entries, new_log, public_files

KEYS = [SIGNER.verifier]


def codes(raised):
    return [problem.code for problem in raised.value.problems]


def test_what_append_gives_back_can_be_read_and_proved(tmp_path):
    with Log.open(new_log(tmp_path / "log"), SIGNER) as log:
        assert log.append(entries(3)) == range(3)
        assert log.append(entries(300, 3)) == range(3, 303)
        assert log.append([]) == range(303, 303)
    log = Log.open(tmp_path / "log")
    assert list(log.entries()) == entries(303)
    for index in (0, 2, 3, 255, 256, 302):
        proof = log.prove(index, extra=b"x")
        assert verify_proof(entries(1, index)[0], proof, KEYS).size == 303
        assert proof.extra == b"x"
    with pytest.raises(Refused, match="303"):
        log.prove(303)
    with pytest.raises(Refused, match="-1"):
        log.entry(-1)


def test_every_pair_of_sizes_is_proved_to_be_one_log(tmp_path):
    notes = []
    with Log.open(new_log(tmp_path / "log"), SIGNER) as log:
        for size in (1, 2, 253, 1, 255, 44):
            log.append(entries(size, log.size))
            notes.append(log.checkpoint())
        for note in notes:
            found = log.prove_since(note)
            new = open_checkpoint(found.checkpoint, KEYS)[0]
            verify_consistency(found.old.size, new.size, found.hashes, found.old.root, new.root)


def test_a_consistency_proof_from_nothing_or_backwards_or_to_another_log_is_refused(tmp_path):
    folder = new_log(tmp_path / "log", 5)
    empty = Log.open(new_log(tmp_path / "empty")).checkpoint()
    longer = Log.open(new_log(tmp_path / "longer", 6)).checkpoint()
    other = tmp_path / "other"
    Log.create(other, ORIGIN, SIGNER)
    with Log.open(other, SIGNER) as log:
        log.append([b"another history"] * 3)
        forked = log.checkpoint()
    stranger = generate(ORIGIN)
    strange = Log.open(new_log(tmp_path / "strange", 2, stranger)).checkpoint()
    for note, code in [
        (empty, "proof.from-nothing"),
        (longer, "proof.backwards"),
        (forked, "log.forked"),
        (strange, "note.no-known-signature"),
        (b"rubbish", "note.malformed"),
    ]:
        with pytest.raises(Refused) as raised:
            Log.open(folder).prove_since(note)
        assert raised.value.code == code


def test_a_second_writer_is_refused_and_readers_are_not(tmp_path):
    folder = new_log(tmp_path / "log", 2)
    with Log.open(folder, SIGNER) as log:
        with pytest.raises(HengtanError) as raised:
            Log.open(folder, SIGNER)
        assert codes(raised) == ["log.locked"]
        assert Log.open(folder).size == 2
        other = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from pathlib import Path; from hengtan.ledger import Log; from hengtan.ledger.keys import load\n"
                "folder = Path(sys.argv[1])\n"
                "Log.open(folder, load(folder / 'private/key'))",
                str(folder),
            ],
            capture_output=True,
            text=True,
        )
        assert other.returncode != 0
        assert "Another process (number" in other.stderr
        log.append(entries(1, 2))
    with Log.open(folder, SIGNER) as log:
        assert log.size == 3


def test_a_writer_may_wait_for_the_one_before_it(tmp_path):
    folder = new_log(tmp_path / "log")
    first = Log.open(folder, SIGNER)
    threading.Timer(0.3, first.close).start()
    with Log.open(folder, SIGNER, wait_s=30) as log:
        assert log.append([b"after"]) == range(1)


def test_many_callers_share_batches_and_each_finds_its_own_entries(tmp_path):
    folder = new_log(tmp_path / "log")
    notes = set()
    with Log.open(folder, SIGNER) as log, ThreadPoolExecutor(32) as callers:

        def append(number):
            mine = [b"%d/%d" % (number, each) for each in range(1 + number % 3)]
            given = log.append(mine)
            notes.add(log.checkpoint())
            assert open_checkpoint(log.checkpoint(), KEYS)[0].size >= given.stop
            return given, mine

        results = list(callers.map(append, range(200)))
        assert sorted(index for given, _ in results for index in given) == list(range(log.size))
        assert all([log.entry(index) for index in given] == mine for given, mine in results)
    assert len(notes) < 150


def test_an_entry_of_65535_bytes_is_taken_and_a_longer_one_refuses_the_whole_call(tmp_path):
    folder = new_log(tmp_path / "log")
    with Log.open(folder, SIGNER) as log:
        with pytest.raises(Refused) as raised:
            log.append([b"fine", b"x" * 65_536])
        assert raised.value.code == "tile.entry-too-large"
        assert log.size == 0
        assert log.append([b"x" * 65_535, b""]) == range(2)
        assert log.entry(0) == b"x" * 65_535
        assert log.entry(1) == b""


def test_a_reader_stays_with_the_state_it_opened_until_it_asks_for_the_next(tmp_path):
    folder = new_log(tmp_path / "log", 200)
    reader = Log.open(folder)
    with Log.open(folder, SIGNER) as log:
        log.append(entries(100, 200))  # its partial tile is gone now: the full one serves
    assert reader.size == 200
    verify_proof(entries(1, 199)[0], reader.prove(199), KEYS)
    assert list(reader.entries(190)) == entries(10, 190)
    reader.refresh()
    assert reader.size == 300


def test_a_log_opened_for_reading_appends_nothing(tmp_path):
    folder = new_log(tmp_path / "log", 2)
    before = public_files(folder)
    with pytest.raises(HengtanError) as raised:
        Log.open(folder).append([b"x"])
    assert codes(raised) == ["log.read-only"]
    with Log.open(folder, SIGNER) as log:
        pass
    with pytest.raises(HengtanError) as raised:
        log.append([b"x"])
    assert codes(raised) == ["log.read-only"]
    assert public_files(folder) == before


def test_only_the_key_of_the_log_opens_it_for_appending(tmp_path):
    folder = new_log(tmp_path / "log", 2)
    with pytest.raises(HengtanError) as raised:
        Log.open(folder, generate(ORIGIN))
    assert codes(raised) == ["key.other"]
    Log.open(folder, SIGNER).close()


@pytest.mark.parametrize("inside", ["checkpoint", "notes.txt"])
def test_a_folder_that_holds_something_is_not_made_a_log(tmp_path, inside):
    folder = new_log(tmp_path / "log", 2) if inside == "checkpoint" else tmp_path
    (folder / "notes.txt").write_text("mine")
    before = public_files(folder)
    with pytest.raises(HengtanError) as raised:
        Log.create(folder, ORIGIN, generate(ORIGIN))
    assert codes(raised) == ["log.exists" if inside == "checkpoint" else "log.not-empty"]
    assert public_files(folder) == before


@pytest.mark.parametrize("signer", [None, SIGNER])
@pytest.mark.parametrize("gone", ["checkpoint", "log.vkey", "everything"])
def test_what_is_no_log_is_not_opened(tmp_path, gone, signer):
    folder = tmp_path / "nowhere" if gone == "everything" else new_log(tmp_path / "log", 2)
    (folder / gone).unlink(missing_ok=True)
    with pytest.raises(HengtanError) as raised:
        Log.open(folder, signer)
    assert codes(raised) == ["log.not-a-log"]


def test_a_checkpoint_that_another_machine_put_there_stops_the_writer(tmp_path):
    folder, copy = new_log(tmp_path / "log", 2), new_log(tmp_path / "copy", 3)
    with Log.open(folder, SIGNER) as log:
        (folder / "checkpoint").write_bytes((copy / "checkpoint").read_bytes())
        with pytest.raises(Refused) as raised:
            log.append([b"x"])
        assert raised.value.code == "log.somebody-else"
        with pytest.raises(HengtanError) as stopped:
            log.append([b"x"])
        assert codes(stopped) == ["log.stopped"]
    assert (folder / "checkpoint").read_bytes() == (copy / "checkpoint").read_bytes()


@pytest.mark.parametrize(
    "text", ["kill", "kill@0", "kill@1:nothing", "EWHAT@1", "torn@1:fsync", "torn@1", "x", "kill@1:write-"]
)
def test_a_fail_point_that_is_misspelt_is_no_silent_pass(text):
    with pytest.raises(ValueError, match=VARIABLE):
        parse(text)
