"""``hengtan verify``: three layers, and it says which one failed."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hengtan.ledger.event import event
from hengtan.ledger.keys import load
from hengtan.ledger.log import Log
from hengtan.ledger.records import Records
from ledger.commands.commands import ORIGIN, good, new_log, refused, run


def told(*arguments: object) -> dict:
    return json.loads(run("verify", *arguments, "--json").text)


def states(found: dict) -> list[str]:
    return [layer["state"] for layer in found["layers"]]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with entries of somebody's own and two records; ``kept`` beside it is its checkpoint of three entries."""
    folder = new_log(tmp_path / "log", '{"a":"b"}')
    with Log.open(folder, load(folder / "private" / "key")) as open_log:
        Records(folder).post(
            open_log, [event("approval.given", {"by": "somebody"}), event("period.closed", {"year": "2024"})]
        )
    (tmp_path / "kept").write_bytes((folder / "checkpoint").read_bytes())
    good("ledger", "append", folder, given=b'{"c":"d"}')
    return folder


def test_all_three_layers_hold(log: Path, tmp_path: Path) -> None:
    found = told(log, "--vkey", log / "log.vkey", "--since", tmp_path / "kept")
    assert (found["ok"], found["failed"], found["origin"], found["size"], found["since"]) == (True, "", ORIGIN, 4, 3)
    assert states(found) == ["ok", "ok", "ok"]
    assert found["vkey_given"] is True


def test_a_key_is_given_as_text_or_as_a_file(log: Path, tmp_path: Path) -> None:
    vkey = (log / "log.vkey").read_text().strip()
    good("verify", log, "--vkey", vkey)
    good("verify", log, "--vkey", log / "log.vkey")
    refused("file.missing", "verify", log, "--vkey", tmp_path / "none.vkey", exit_code=2)


def test_without_a_key_the_one_of_the_folder_is_used_and_that_is_said(log: Path) -> None:
    done = run("verify", log)
    assert done.code == 0
    assert "taken from PATH" in done.text
    assert [one["code"] for one in told(log)["layers"][0]["problems"]] == ["verify.key-unconfirmed"]


def test_the_first_layer_fails_and_is_named(log: Path, tmp_path: Path) -> None:
    (log / "tile" / "0" / "000.p" / "4").unlink()
    done = run("verify", log, "--since", tmp_path / "kept")
    assert done.code == 3 and "layer 1 failed" in done.text and "tile/0/000.p/4" in done.text
    assert states(told(log, "--since", tmp_path / "kept")) == ["failed", "not-checked", "not-checked"]


def test_the_second_layer_fails_and_is_named(log: Path, tmp_path: Path) -> None:
    key = log / "private" / "key"
    forked = tmp_path / "forked"
    Log.create(forked, ORIGIN, load(key))
    good("ledger", "append", forked, "--key", key, given=b'{"w":"1"}\n{"w":"2"}\n{"w":"3"}\n{"w":"4"}')
    done = run("verify", forked, "--vkey", log / "log.vkey", "--since", tmp_path / "kept")
    assert done.code == 3 and "layer 2 failed" in done.text
    found = told(forked, "--since", tmp_path / "kept")
    assert found["failed"] == "history" and states(found)[:2] == ["ok", "failed"]


def test_the_third_layer_fails_and_is_named(log: Path, tmp_path: Path) -> None:
    record = next(path for path in (log / "private" / "records").rglob("*") if path.is_file())
    whole = record.read_bytes()
    record.write_bytes(whole.replace(b"somebody", b"somebodx").replace(b"2024", b"2025"))
    done = run("verify", log, "--since", tmp_path / "kept")
    assert done.code == 3 and "layer 3 failed" in done.text and "record.damaged" in done.text
    assert states(told(log, "--since", tmp_path / "kept")) == ["ok", "ok", "failed"]
    record.unlink()
    refused("record.missing", "verify", log)
    record.write_bytes(whole)
    good("verify", log)


def test_an_older_checkpoint_that_is_none_fails_the_second_layer(log: Path, tmp_path: Path) -> None:
    for code, data in {
        "note.malformed": b"hello\n",
        "note.no-known-signature": (new_log(tmp_path / "x", "{}") / "checkpoint").read_bytes(),
    }.items():
        (tmp_path / "wrong").write_bytes(data)
        refused(code, "verify", log, "--since", tmp_path / "wrong")
    (tmp_path / "wrong").write_bytes((new_log(tmp_path / "empty") / "checkpoint").read_bytes())
    assert run("verify", tmp_path / "empty", "--since", tmp_path / "wrong").code == 3  # from size 0 nothing is proved
    assert run("verify", log, "--since", tmp_path / "none").code == 2


def test_a_log_that_lost_its_checkpoint_or_its_key_is_refused(log: Path) -> None:
    whole = (log / "checkpoint").read_bytes()
    (log / "checkpoint").unlink()
    refused("tile.missing", "verify", log)
    (log / "checkpoint").write_bytes(whole)
    vkey = (log / "log.vkey").read_text().strip()
    (log / "log.vkey").unlink()
    refused("tile.missing", "verify", log)
    good("verify", log, "--vkey", vkey)


def test_entries_of_others_that_commit_to_something_else_need_no_record_here(tmp_path: Path) -> None:
    log = new_log(
        tmp_path / "log", '{"kind":"batch.accepted","commitment":"%s","time":"2026-03-31T08:00:00Z"}' % ("ab" * 32)
    )
    good("verify", log)


def test_a_public_copy_is_verified_without_the_third_layer(log: Path, tmp_path: Path) -> None:
    good("ledger", "export", log, tmp_path / "public")
    found = told(tmp_path / "public", "--vkey", log / "log.vkey", "--since", tmp_path / "kept")
    assert found["ok"] and states(found) == ["ok", "ok", "not-checked"]


def test_an_entry_is_verified_by_its_proof_where_the_log_was_never_seen(log: Path, tmp_path: Path) -> None:
    vkey = (log / "log.vkey").read_text().strip()
    away = tmp_path / "away"
    away.mkdir()
    good("ledger", "prove", log, 3, "--out", away / "plain.tlog-proof")
    good("ledger", "entry", log, 3, "--out", away / "plain")
    good("ledger", "prove", log, 3, "--with-entry", "--out", away / "alone.tlog-proof")
    newest = tmp_path / "newest"
    newest.write_bytes((log / "checkpoint").read_bytes())
    shutil.rmtree(log)
    found = told(away / "plain", "--vkey", vkey, "--since", newest)
    assert (found["ok"], found["index"], found["size"], found["origin"]) == (True, 3, 4, ORIGIN)
    assert states(found) == ["ok", "ok", "not-checked"]
    good("verify", away / "plain.tlog-proof", "--vkey", vkey)
    good("verify", away / "alone.tlog-proof")
    refused("verify.key-needed", "verify", away / "plain", exit_code=2)
    (away / "plain").write_bytes(b'{"c":"e"}')
    refused("proof.inclusion", "verify", away / "plain", "--vkey", vkey)
    whole = (away / "alone.tlog-proof").read_bytes()
    for code, spoilt in {
        "proof.malformed": whole.replace(b"tlog-proof@v1", b"tlog-proof@v2"),
        "proof.length": whole.replace(b"\n\n", b"\n" + b"A" * 43 + b"=\n\n", 1),
        "proof.hash-length": whole.replace(b"\n\n", b"\nAAAA\n\n", 1),
        "proof.index-beyond-size": whole.replace(b"index 3", b"index 4"),
        "note.bad-signature": whole.replace(b"\n4\n", b"\n5\n"),
        "note.malformed": whole[:-1],
    }.items():
        (away / "alone.tlog-proof").write_bytes(spoilt)
        refused(code, "verify", away / "alone.tlog-proof", "--vkey", vkey)


def test_several_are_verified_at_once_and_one_that_fails_makes_all_fail(log: Path, tmp_path: Path) -> None:
    other = new_log(tmp_path / "other", '{"a":"b"}')
    assert [one["ok"] for one in told(log, other)] == [True, True]
    (other / "tile" / "0" / "000.p" / "1").write_bytes(bytes(32))
    assert [one["ok"] for one in told(log, other)] == [True, False]
    assert run("verify", log, other).code == 3


def test_what_cannot_be_verified_is_wrong_usage(tmp_path: Path) -> None:
    assert run("verify").code == 2
    assert run("verify", tmp_path / "none").code == 2
    assert run("verify", tmp_path).code == 2


def test_a_place_that_the_system_refuses_is_wrong_usage_and_no_internal_fault(log: Path, tmp_path: Path) -> None:
    long, within = "x" * 300, log / "checkpoint" / "x"
    for path, code in ((long, "file.refused"), (within, "key.not-written")):
        refused("verify.not-here", "verify", path, exit_code=2)
        refused(code, "ledger", "init", path, "--origin", ORIGIN, exit_code=2)
    refused("file.refused", "ledger", "prove", log, 0, "--out", long, exit_code=2)
    assert run("verify", log, "--vkey", "a+b+" + "c" * 5000).code == 3
    good("ledger", "init", tmp_path / "named", "--origin", long)
    good("verify", tmp_path / "named", "--vkey", (tmp_path / "named" / "log.vkey").read_text().strip())


def test_it_is_said_in_chinese_and_within_eighty_columns(log: Path, tmp_path: Path) -> None:
    from unicodedata import east_asian_width

    shutil.rmtree(log / "private" / "records")
    for lang, word in {"zh": "第 3 层未通过", "en": "layer 3 failed"}.items():
        done = run("verify", log, "--lang", lang)
        assert word in done.text
        lines = [line for line in done.text.splitlines() if ORIGIN not in line]  # a key is one word of 74 letters
        assert max(sum(1 + (east_asian_width(c) in "WF") for c in line) for line in lines) <= 80


def test_hostile_tiles_are_refused_and_never_a_traceback(log: Path) -> None:
    for path, data in {
        "tile/entries/000.p/4": b"\xff" * 100_000,
        "tile/0/000.p/4": b"",
        "checkpoint": b"\x00" * 1000,
        "log.vkey": b"\xff\xfe",
    }.items():
        whole = (log / path).read_bytes()
        (log / path).write_bytes(data)
        assert run("verify", log).code == 3, path
        (log / path).unlink()
        (log / path).mkdir()
        assert run("verify", log).code == 3, f"{path} as a folder"
        (log / path).rmdir()
        (log / path).write_bytes(whole)
    good("verify", log)


def test_a_log_of_seventy_thousand_entries_is_verified_in_little_more_than_it_takes_to_hash_it(tmp_path: Path) -> None:
    """A ratio, not seconds: the machine may be slow or busy. 70,000 entries <= 1 s is in the benchmarks."""
    from hashlib import sha256

    log = new_log(tmp_path / "log")
    entries = [b'{"kind":"x","number":"%d"}' % number for number in range(70_000)]
    with Log.open(log, load(log / "private" / "key")) as open_log:
        open_log.append(entries)

    def least(act) -> float:
        taken = []
        for _ in range(3):
            began = time.process_time()
            act()
            taken.append(time.process_time() - began)
        return min(taken)

    bare = least(lambda: [sha256(b"\x00" + entry).digest() for entry in entries for _ in range(2)])
    assert least(lambda: good("verify", log)) < 15 * bare


def test_verify_needs_neither_network_nor_engine_nor_settings(log: Path, tmp_path: Path) -> None:
    code = (
        "import sys, socket; socket.socket = None\n"
        "from hengtan.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: assert not {'duckdb', 'ibis', 'pandas', 'pyspark', 'typst', 'fsspec'} & set(sys.modules), sorted(sys.modules)\n"
    )
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "nobody"), "LANG": "C"}
    done = subprocess.run([sys.executable, "-c", code, "verify", str(log)], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")
@pytest.mark.parametrize(("lang", "words"), [("en", "Hashing the entries"), ("zh", "核算条目哈希")])
def test_on_a_terminal_a_bar_says_how_far_it_is_and_nowhere_else(tmp_path: Path, lang: str, words: str) -> None:
    log = new_log(tmp_path / "log", *(f'{{"n":"{number}"}}' for number in range(600)))
    code = "from hengtan.cli import main; main()"
    command = [sys.executable, "-c", code, "verify", str(log), "--lang", lang]
    ours, theirs = os.openpty()
    shown = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    )
    os.close(theirs)
    said = os.read(ours, 1 << 16).decode("utf-8", "replace")
    os.close(ours)
    assert shown.returncode == 0 and words in said and "600/600" in said
    quiet = subprocess.run(command, capture_output=True)
    assert (quiet.returncode, quiet.stderr, quiet.stdout) == (0, b"", shown.stdout)
