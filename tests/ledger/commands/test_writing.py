"""``ledger init`` and ``ledger append``: to the letter."""

import json
import stat
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
import rfc8785

from hengtan.ledger import generate, open_checkpoint, parse_vkey
from hengtan.ledger.keys import save
from hengtan.ledger.log import Log
from ledger.commands.commands import ORIGIN, files, good, new_log, refused, run


def test_a_new_log_has_its_fixed_layout_and_a_private_key_of_its_owner_alone(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log")
    assert {path.name for path in log.iterdir()} == {"checkpoint", "log.vkey", "private"}
    assert stat.S_IMODE((log / "private").stat().st_mode) == 0o700
    assert stat.S_IMODE((log / "private" / "key").stat().st_mode) == 0o600
    verifier = parse_vkey((log / "log.vkey").read_text())
    checkpoint, _ = open_checkpoint((log / "checkpoint").read_bytes(), [verifier])
    assert (verifier.name, checkpoint.origin, checkpoint.size) == (ORIGIN, ORIGIN, 0)


def test_init_prints_the_verifier_key_and_never_the_private_one(tmp_path: Path) -> None:
    told = json.loads(good("ledger", "init", tmp_path / "a", "--origin", ORIGIN, "--json"))
    assert told["vkey"] == (tmp_path / "a" / "log.vkey").read_text().strip()
    text = good("ledger", "init", tmp_path / "b", "--origin", ORIGIN)
    assert (tmp_path / "b" / "log.vkey").read_text().strip() in text
    assert "PRIVATE+KEY" not in text + json.dumps(told)


def test_a_log_is_not_begun_where_something_is(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log", '{"a":"b"}')
    before = files(log)
    refused("log.exists", "ledger", "init", log, "--origin", ORIGIN, exit_code=2)
    assert files(log) == before
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("dear")
    refused("log.not-empty", "ledger", "init", other, "--origin", ORIGIN, exit_code=2)
    assert list(other.iterdir()) == [other / "letter.txt"]
    refused("log.not-written", "ledger", "init", other / "letter.txt", "--origin", ORIGIN, exit_code=2)
    refused("key.name", "ledger", "init", tmp_path / "new", "--origin", "two words", exit_code=2)
    assert not (tmp_path / "new").exists()
    assert run("ledger", "init", tmp_path / "new").code == 2


def test_a_beginning_that_was_cut_short_is_ended_with_the_key_it_had_made(tmp_path: Path) -> None:
    key = generate(ORIGIN)
    (tmp_path / "log" / "private").mkdir(parents=True, mode=0o700)
    save(key, tmp_path / "log" / "private" / "key")
    good("ledger", "init", tmp_path / "log", "--origin", ORIGIN)
    assert (tmp_path / "log" / "log.vkey").read_text().strip() == key.verifier.vkey


def test_the_key_may_lie_elsewhere_and_then_the_newest_checkpoint_is_remembered_beside_it(tmp_path: Path) -> None:
    log, key = tmp_path / "log", tmp_path / "safe" / "ledger.key"
    good("ledger", "init", log, "--origin", ORIGIN, "--key", key)
    assert key.exists() and not (log / "private" / "key").exists()
    refused("key.file-missing", "ledger", "append", log, given=b'{"a":"b"}', exit_code=2)
    good("ledger", "append", log, "--key", key, given=b'{"a":"b"}')
    assert (tmp_path / "safe" / "ledger.key.newest").read_bytes() == (log / "checkpoint").read_bytes()


def test_where_no_folder_for_the_key_can_be_made_nothing_is_begun(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    key = tmp_path / "file" / "deep" / "key"
    refused("key.not-written", "ledger", "init", tmp_path / "log", "--origin", ORIGIN, "--key", key, exit_code=2)
    assert not (tmp_path / "log").exists()


def test_the_key_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HENGTAN_LEDGER_KEY", generate(ORIGIN).secret)
    log = new_log(tmp_path / "log", '{"a":"b"}')
    assert not (log / "private" / "key").exists()
    monkeypatch.setenv("HENGTAN_LEDGER_KEY", generate(ORIGIN).secret)
    refused("key.other", "ledger", "append", log, given=b'{"a":"b"}', exit_code=2)
    monkeypatch.setenv("HENGTAN_LEDGER_KEY", "nonsense")
    refused("key.secret-malformed", "ledger", "append", log, given=b'{"a":"b"}')


def test_a_command_may_sign_as_for_a_key_in_an_hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = generate(ORIGIN)
    program = tmp_path / "sign.py"
    program.write_text(
        "import sys\nfrom cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as K\n"
        f"sys.stdout.buffer.write(K.from_private_bytes(bytes.fromhex({key.seed.hex()!r})).sign(sys.stdin.buffer.read()))\n"
    )
    monkeypatch.setenv("HENGTAN_LEDGER_SIGNER", f"{sys.executable} {program}")
    log = tmp_path / "log"
    assert run("ledger", "init", log, "--origin", ORIGIN).code == 2  # whose signatures will it be? --vkey is missing
    good("ledger", "init", log, "--origin", ORIGIN, "--vkey", key.verifier.vkey)
    good("ledger", "append", log, given=b'{"a":"b"}')
    assert Log.open(log).size == 1
    monkeypatch.setenv("HENGTAN_LEDGER_SIGNER", "false")
    refused("key.command", "ledger", "append", log, given=b'{"a":"b"}', exit_code=2)
    assert Log.open(log).size == 1


LINES = ['{"b": "2", "a": ["é", true, null]}', '{"\\ud83d\\ude00":"x","\\ufb33":"y"}', '{"kind":"x"}']


@pytest.mark.parametrize("way", ["file", "dash", "nothing"])
def test_append_prints_index_and_leaf_hash_of_the_rfc_8785_form_with_nothing_added(tmp_path: Path, way: str) -> None:
    log = new_log(tmp_path / "log", '{"first":"entry"}')
    data = ("\n".join(LINES) + "\n").encode()
    if way == "file":
        (tmp_path / "lines.jsonl").write_bytes(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))  # as Windows writes it
        printed = good("ledger", "append", log, tmp_path / "lines.jsonl")
    else:
        printed = good("ledger", "append", log, *(["-"] if way == "dash" else []), given=data)
    wanted = [rfc8785.dumps(json.loads(line)) for line in LINES]
    leaves = [sha256(b"\x00" + entry).hexdigest() for entry in wanted]
    assert printed == "".join(f"{index}\t{leaf}\n" for index, leaf in enumerate(leaves, 1))
    for index, entry in enumerate(wanted, 1):
        assert run("ledger", "entry", log, index).out == entry


RESERVED = {
    "a commitment": {"kind": "run.finished", "commitment": "ab" * 32, "time": "2026-03-31T08:00:00Z", "version": "1"},
    "an erasure": {"kind": "record.erased", "of": "0"},
    "a rotation": {"kind": "key.rotated", "note": "x"},
}


@pytest.mark.parametrize("name", RESERVED)
def test_an_entry_that_vouches_for_what_was_never_kept_is_refused(tmp_path: Path, name: str) -> None:
    """Its record would be missing for ever, the record of another be told to be erased, the key be handed over to nobody."""
    log = new_log(tmp_path / "log", '{"a":"b"}')
    told = refused("ledger.not-by-hand", "ledger", "append", log, given=json.dumps(RESERVED[name]).encode())
    assert "ledger erase" in told.err
    assert Log.open(log).size == 1
    assert run("verify", log).code == 0


def test_a_commitment_of_somebodys_own_is_taken(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log")
    good("ledger", "append", log, given=json.dumps({"kind": "own", "commitment": "ab" * 32}).encode())
    assert run("verify", log).code == 0


def test_append_has_signed_when_it_returns(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log")
    for size in (1, 2, 3):
        good("ledger", "append", log, given=b'{"a":"b"}')
        note = good("ledger", "checkpoint", log).encode()
        assert open_checkpoint(note, [parse_vkey((log / "log.vkey").read_text())])[0].size == size
        assert note == (log / "checkpoint").read_bytes()


def test_append_says_it_in_json_too(tmp_path: Path) -> None:
    told = json.loads(good("ledger", "append", new_log(tmp_path / "log"), "--json", given=b'{"a":"b"}\n{"c":"d"}'))
    assert [each["index"] for each in told] == [0, 1]
    assert told[0]["leaf"] == sha256(b'\x00{"a":"b"}').hexdigest()


BAD_LINES = {
    "a number": ("json.number", b'{"a": 1}'),
    "a number deep inside": ("json.number", b'{"a": {"b": [{"c": 1.10}]}}'),
    "not a number": ("json.number", b'{"a": NaN}'),
    "a duplicate key": ("json.duplicate-key", b'{"a": "1", "a": "1"}'),
    "a duplicate key deep inside": ("json.duplicate-key", b'{"x": [{"a": "1", "\\u0061": "2"}]}'),
    "an array": ("ledger.not-an-object", b'["a"]'),
    "a string": ("ledger.not-an-object", b'"a"'),
    "null": ("ledger.not-an-object", b"null"),
    "half a character": ("json.surrogate", b'{"a": "\\ud800"}'),
    "bytes that are no UTF-8": ("json.malformed", b'{"a": "\xff"}'),
    "no JSON": ("json.malformed", b"{a: b}"),
    "two objects": ("json.malformed", b'{"a":"b"} {"c":"d"}'),
    "an empty line": ("json.malformed", b""),
    "a comma too many": ("json.malformed", b'{"a":"b",}'),
    "a control character": ("json.malformed", b'{"a":"\x01"}'),
    "endless depth": ("json.depth", b'{"a":' * 5000 + b'"b"' + b"}" * 5000),
    "an entry beyond 65,535 bytes": ("tile.entry-too-large", b'{"a":"' + b"x" * 65_535 + b'"}'),
    "a line beyond a megabyte": ("json.too-large", b'{"a":"' + b"x" * 2**20 + b'"}'),
}


@pytest.mark.parametrize("mistake", BAD_LINES)
def test_one_refused_line_refuses_the_whole_call(tmp_path: Path, mistake: str) -> None:
    code, line = BAD_LINES[mistake]
    log = new_log(tmp_path / "log", '{"first":"entry"}')
    before = files(log)
    done = refused(code, "ledger", "append", log, given=b'{"a":"b"}\n' + line + b'\n{"c":"d"}\n')
    assert "row 2" in done.err
    assert done.out == b""
    assert files(log) == before


def test_the_longest_entry_goes_in_and_comes_out(tmp_path: Path) -> None:
    entry = b'{"a":"' + b"x" * (65_535 - 8) + b'"}'
    log = new_log(tmp_path / "log")
    good("ledger", "append", log, given=entry)
    assert run("ledger", "entry", log, 0).out == entry


def test_a_refused_line_is_told_in_chinese_too(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log")
    done = refused("json.number", "ledger", "append", log, "--lang", "zh", given=b'{"a": 1}')
    assert "第 1 行" in done.err and "未追加任何条目" in done.err


def test_what_is_no_log_or_no_file_is_wrong_usage(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log")
    refused("log.not-a-log", "ledger", "append", tmp_path / "none", given=b'{"a":"b"}', exit_code=2)
    refused("log.not-a-log", "ledger", "checkpoint", tmp_path, exit_code=2)
    refused("file.missing", "ledger", "append", log, tmp_path / "none.jsonl", exit_code=2)
    refused("ledger.unreadable", "ledger", "append", log, tmp_path, exit_code=2)
    for nothing in (b"", b"\n\n", b"\xef\xbb\xbf"):
        refused("ledger.no-entries", "ledger", "append", log, given=nothing, exit_code=2)
    assert not (tmp_path / "none").exists()


def test_a_second_writer_refuses_to_start_or_waits_as_long_as_it_is_told(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log")
    from hengtan.ledger.keys import load

    with Log.open(log, load(log / "private" / "key")):
        refused("log.locked", "ledger", "append", log, given=b'{"a":"b"}', exit_code=2)
        refused("log.locked", "ledger", "append", log, "--wait", "0.1", given=b'{"a":"b"}', exit_code=2)
        assert good("ledger", "checkpoint", log)  # reading needs no lock
    code = "import sys, time; sys.path[:0] = [{path!r}]; from ledger.commands.commands import good; good(*{args!r}, given={given!r})"
    args = ("ledger", "append", str(log), "--wait", "60")
    writers = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                code.format(path=str(Path(__file__).parents[2]), args=args, given=b'{"w":"%d"}' % number),
            ]
        )
        for number in range(4)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    assert Log.open(log).size == 4


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log")
    (log / "private" / "key").chmod(0o644)
    refused("key.file-open", "ledger", "append", log, given=b'{"a":"b"}', exit_code=2)


def test_an_old_copy_of_the_log_is_refused_when_a_newer_checkpoint_is_known(tmp_path: Path) -> None:
    import shutil

    log, key = tmp_path / "log", tmp_path / "ledger.key"
    good("ledger", "init", log, "--origin", ORIGIN, "--key", key)
    good("ledger", "append", log, "--key", key, given=b'{"a":"b"}')
    shutil.copytree(log, tmp_path / "backup")
    good("ledger", "append", log, "--key", key, given=b'{"c":"d"}')
    newer = tmp_path / "newer"
    newer.write_bytes((log / "checkpoint").read_bytes())
    shutil.rmtree(log)
    shutil.copytree(tmp_path / "backup", log)
    refused(
        "log.rolled-back", "ledger", "append", log, "--key", key, given=b'{"e":"f"}'
    )  # by the memory beside the key
    (tmp_path / "ledger.key.newest").unlink()
    refused("log.rolled-back", "ledger", "append", log, "--key", key, "--known", newer, given=b'{"e":"f"}')


@pytest.mark.parametrize("end", [b"\x0b", b"\x0c", b"\x0b\n"])
def test_what_is_no_blank_of_json_is_refused_at_the_end_as_anywhere(tmp_path: Path, end: bytes) -> None:
    log = new_log(tmp_path / "log")
    refused("json.malformed", "ledger", "append", log, given=b'{"a":"b"}' + end)
    good("ledger", "append", log, given=b'{"a":"b"} \t\r\n\r\n')
