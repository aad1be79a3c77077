"""``ledger checkpoint, entry, prove``, and what is given to them that is no evidence."""

import json
from pathlib import Path

import pytest

from hengtan.ledger import leaf_hash, open_checkpoint, parse_proof, parse_vkey, verify_consistency, verify_proof
from hengtan.ledger.keys import load
from hengtan.ledger.log import Log
from hengtan.ledger.witness import parse_request
from ledger.commands.commands import ORIGIN, good, new_log, refused, run

ENTRIES = [f'{{"number":"{number}"}}' for number in range(300)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return new_log(tmp_path / "log", *ENTRIES)


def own_key(log: Path):
    return parse_vkey((log / "log.vkey").read_text())


@pytest.mark.parametrize("index", [0, 1, 255, 256, 299])
def test_a_proof_proves_its_entry_and_no_other(log: Path, index: int) -> None:
    done = run("ledger", "prove", log, index)
    assert done.code == 0
    proof = parse_proof(done.out)
    assert (proof.index, proof.extra) == (index, None)
    assert verify_proof(ENTRIES[index].encode(), proof, [own_key(log)]).size == 300
    with pytest.raises(Exception, match=r".+"):
        verify_proof(ENTRIES[index - 1].encode(), proof, [own_key(log)])


def test_a_proof_goes_into_a_file_whole(log: Path, tmp_path: Path) -> None:
    good("ledger", "prove", log, 7, "--out", tmp_path / "seven.tlog-proof")
    assert (tmp_path / "seven.tlog-proof").read_bytes() == run("ledger", "prove", log, 7).out
    refused("ledger.not-written", "ledger", "prove", log, 7, "--out", tmp_path / "none" / "proof", exit_code=2)
    assert not list(tmp_path.glob(".*"))


def test_a_proof_may_carry_its_entry(log: Path) -> None:
    proof = parse_proof(run("ledger", "prove", log, 7, "--with-entry").out)
    extra = json.loads(proof.extra or b"")
    assert leaf_hash(extra["entry"].encode()) == leaf_hash(ENTRIES[7].encode())
    assert extra["vkey"] == own_key(log).vkey


def test_the_log_proves_that_it_extends_an_older_checkpoint(log: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(run("ledger", "checkpoint", log).out)
    good("ledger", "append", log, given=b'{"more":"1"}\n{"more":"2"}')
    request = parse_request(run("ledger", "prove", log, "--since", kept).out)
    old, _ = open_checkpoint(kept.read_bytes(), [own_key(log)])
    new, _ = open_checkpoint(request.checkpoint, [own_key(log)])
    assert (request.old, new.size) == (300, 302)
    verify_consistency(old.size, new.size, request.hashes, old.root, new.root)


def test_an_index_beyond_the_size_is_refused(log: Path) -> None:
    for index in ("300", "9" * 30):
        refused("proof.index-beyond-size", "ledger", "prove", log, index)
        refused("proof.index-beyond-size", "ledger", "entry", log, index)
    refused("proof.not-a-size", "ledger", "prove", log, "--", "-1")
    refused("proof.index-beyond-size", "ledger", "erase", log, "300")


@pytest.mark.parametrize(("name", "index"), [("tile/0/001.p/*", 0), ("tile/entries/001.p/*", 302)])
def test_a_log_that_was_altered_hands_out_no_proof_that_nobody_could_verify(
    log: Path, tmp_path: Path, name: str, index: int
) -> None:
    """Its owner is told at once, and not by the auditor to whom he sent it."""
    kept = tmp_path / "kept"
    kept.write_text(good("ledger", "checkpoint", log))
    good("ledger", "append", log, given=b'{"kind":"one","more":"x"}\n' * 3)
    for spoilt in log.glob(name):
        data = bytearray(spoilt.read_bytes())
        data[-1] ^= 1
        spoilt.write_bytes(data)
    refused("log.unproved", "ledger", "prove", log, index)
    refused("log.unproved", "ledger", "prove", log, index, "--with-entry")
    if "entries" not in name:
        refused("log.unproved", "ledger", "prove", log, "--since", kept)


def test_what_is_no_index_is_wrong_usage(log: Path, tmp_path: Path) -> None:
    for wrong in (["one"], ["1.0"], ["-1"], [], ["1", "--since", str(tmp_path / "kept")], ["1", "2"]):
        done = run("ledger", "prove", log, *wrong)
        assert done.code == 2 and done.err, wrong


def test_a_consistency_proof_from_size_0_is_refused(tmp_path: Path) -> None:
    log, kept = new_log(tmp_path / "log"), tmp_path / "kept"
    kept.write_bytes((log / "checkpoint").read_bytes())
    refused("proof.from-nothing", "ledger", "prove", log, "--since", kept)
    good("ledger", "append", log, given=b'{"a":"b"}')
    refused("proof.from-nothing", "ledger", "prove", log, "--since", kept)


def test_a_checkpoint_that_is_not_of_this_history_is_refused(log: Path, tmp_path: Path) -> None:
    key = load(log / "private" / "key")
    kept = tmp_path / "kept"
    forked = tmp_path / "forked"
    Log.create(forked, ORIGIN, key)
    with Log.open(forked, key) as other:
        other.append([b'{"other":"history"}'])
        kept.write_bytes(other.checkpoint())
        refused("log.forked", "ledger", "prove", log, "--since", kept)
        other.append([b"{}"] * 400)
        kept.write_bytes(other.checkpoint())
        refused("proof.backwards", "ledger", "prove", log, "--since", kept)
    kept.write_bytes((new_log(tmp_path / "stranger", *ENTRIES) / "checkpoint").read_bytes())
    refused("note.no-known-signature", "ledger", "prove", log, "--since", kept)


def spoilt_notes(note: bytes) -> dict[str, tuple[str, bytes]]:
    text, _, signatures = note.partition(b"\n\n")
    name = ORIGIN.encode()
    return {
        "nothing": ("note.malformed", b""),
        "no empty line": ("note.malformed", note.replace(b"\n\n", b"\n")),
        "no signature": ("note.malformed", text + b"\n\n"),
        "no newline at the end": ("note.malformed", note[:-1]),
        "a signature that is no Base64": ("note.malformed", text + b"\n\n\xe2\x80\x94 " + name + b" !!!\n"),
        "not UTF-8": ("note.malformed", b"\xff" + note),
        "another text under a known key": ("note.bad-signature", note.replace(b"\n300\n", b"\n301\n")),
        "a hyphen for the dash": ("note.malformed", note.replace("—".encode(), b"-")),
        "megabytes": ("note.too-large", b"x" * 2_000_000),
        "an endless number of signatures": ("note.malformed", note + signatures * 101),
    }


@pytest.mark.parametrize("mistake", spoilt_notes(b"a\n\nb\n"))
def test_a_malformed_note_or_a_known_key_with_a_bad_signature_is_refused(
    log: Path, tmp_path: Path, mistake: str
) -> None:
    code, data = spoilt_notes((log / "checkpoint").read_bytes())[mistake]
    (tmp_path / "kept").write_bytes(data)
    refused(code, "ledger", "prove", log, "--since", tmp_path / "kept")
    (log / "checkpoint").write_bytes(data)
    refused(code, "ledger", "checkpoint", log)
    refused(code, "ledger", "prove", log, 0)
    refused(code, "ledger", "append", log, given=b'{"a":"b"}')
    refused(code, "verify", log)


def test_the_checkpoint_is_also_told_in_json(log: Path) -> None:
    told = json.loads(good("ledger", "checkpoint", log, "--json"))
    assert (told["origin"], told["size"], told["vkey"]) == (ORIGIN, 300, own_key(log).vkey)
    assert told["note"].encode() == (log / "checkpoint").read_bytes()
    assert [each["verified"] for each in told["signatures"]] == [True]


@pytest.mark.parametrize(("code", "vkey"), [
    ("key.unknown-type", ORIGIN + "+c74f20a3+CsG5q39JVBsdfLFbrOvVaG6aX0c1/QYnOdWRQ1ZqjEYt"),
    ("key.malformed", "nonsense"),
    ("key.malformed", ""),
    ("key.id", ORIGIN + "+00000000+AWzqoMbHlzGm7wUZ6Tc1kf0Tq8oCHUhWkGQHb3xu7DwI"),
])  # fmt: skip
def test_a_key_that_is_none_is_refused(log: Path, tmp_path: Path, code: str, vkey: str) -> None:
    (tmp_path / "vkey").write_text(vkey)
    refused(code, "verify", log, "--vkey", tmp_path / "vkey")
    refused(code, "ledger", "witness", "trust", log, tmp_path / "vkey")
    (log / "log.vkey").write_text(vkey)
    refused(code, "verify", log)
    refused(code, "ledger", "checkpoint", log)


@pytest.mark.parametrize("index", ["+1", "01", "1_0", " 1", "1.0", "١", "-0", "", "0x1"])
@pytest.mark.parametrize("command", ["entry", "prove", "erase"])
def test_an_index_has_one_spelling(tmp_path: Path, command: str, index: str) -> None:
    log = new_log(tmp_path / "log", *(f'{{"n":"{number}"}}' for number in range(12)))
    told = run("ledger", command, log, "--", index)
    assert (told.code, told.out) == (2, b"")
    assert "is no index: give a whole number from 0" in told.err
    assert Log.open(log).size == 12
