"""``ledger export, serve, witness, rotate, erase``: what others see of a log, and what stays private."""

import json
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from hengtan.ledger import open_checkpoint, parse_vkey
from hengtan.ledger.event import event
from hengtan.ledger.keys import generate, load, save
from hengtan.ledger.log import Log
from hengtan.ledger.records import Records
from hengtan.ledger.witness import Witness
from hengtan.ledger.witness_server import server
from ledger.commands.commands import ORIGIN, files, good, new_log, refused, run


@contextmanager
def running(bound: ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=bound.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{bound.server_address[1]}"
    finally:
        bound.shutdown()
        bound.server_close()
        thread.join()


def test_an_export_holds_all_that_is_public_and_nothing_else(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log", *[f'{{"n":"{number}"}}' for number in range(300)])
    told = json.loads(good("ledger", "export", log, tmp_path / "public", "--json"))
    assert told["size"] == 300
    public = {name: data for name, data in files(log).items() if not name.startswith("private")}
    assert files(tmp_path / "public") == public
    good("ledger", "append", log, given=b'{"one":"more"}')
    assert "301" in good("ledger", "export", log, tmp_path / "public")  # onto the earlier copy
    assert good("ledger", "checkpoint", tmp_path / "public") == good("ledger", "checkpoint", log)


def test_an_export_does_not_go_over_another_log_or_other_files(tmp_path: Path) -> None:
    log, other = new_log(tmp_path / "log", '{"a":"b"}'), new_log(tmp_path / "other", '{"c":"d"}')
    before = files(other)
    refused("note.no-known-signature", "ledger", "export", log, other)
    assert files(other) == before
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    refused("log.not-empty", "ledger", "export", log, tmp_path / "full", exit_code=2)
    refused("log.copy-inside", "ledger", "export", log, log / "copy", exit_code=2)


def test_a_log_that_does_not_hold_is_not_exported(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log", '{"a":"b"}')
    (log / "tile" / "entries" / "000.p" / "1").write_bytes(b"\x00\x09" + b'{"a":"c"}')
    refused("log.entry-wrong", "ledger", "export", log, tmp_path / "public")
    assert not (tmp_path / "public" / "checkpoint").exists()


def test_serve_gives_the_public_files_to_whoever_asks_and_ends_well(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log", '{"a":"b"}')
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background ignores it
    )
    code += "from hengtan.cli import main; main()"
    command = [sys.executable, "-u", "-c", code, "ledger", "serve", str(log), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        url = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
        with urllib.request.urlopen(f"{url}checkpoint", timeout=10) as answer:
            assert answer.read() == (log / "checkpoint").read_bytes()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{url}private/key", timeout=10)
    finally:
        process.send_signal(2)
        assert process.wait(300) == 0


def test_what_cannot_be_served_is_wrong_usage(tmp_path: Path) -> None:
    refused("log.not-a-log", "ledger", "serve", tmp_path, "--port", "0", exit_code=2)
    log = new_log(tmp_path / "log")
    refused("log.not-served", "ledger", "serve", log, "--host", "no.such.host.invalid", exit_code=2)
    assert run("ledger", "serve", log, "--port", "65536").code == 2


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    folder = tmp_path / "witness"
    good("ledger", "witness", "init", folder, "--name", "verifier.example/witness")
    return folder


def test_a_witness_cosigns_a_log_that_it_trusts_and_says_so(tmp_path: Path, witness: Path) -> None:
    log = new_log(tmp_path / "log", '{"a":"b"}')
    vkey = witness / "witness.vkey"
    with running(server(Witness.open(witness), port=0)) as url:
        refused("witness.said-no", "ledger", "witness", "ask", log, url, vkey)  # it does not know this log yet
        good("ledger", "witness", "trust", witness, log / "log.vkey")
        told = json.loads(good("ledger", "witness", "ask", log, url, vkey, "--json"))
        assert (told[0]["witness"], told[0]["size"], told[0]["problem"]) == ("verifier.example/witness", 1, None)
        good("ledger", "append", log, given=b'{"c":"d"}')
        assert "cosigned 2 entries" in good("ledger", "witness", "ask", log, url, vkey)
    keys = [parse_vkey((log / "log.vkey").read_text()), parse_vkey(vkey.read_text())]
    checkpoint, opened = open_checkpoint((log / "checkpoint").read_bytes(), keys)
    assert checkpoint.size == 2 and len(opened.verified) == 2
    found = json.loads(good("ledger", "witness", "check", witness, "--json"))
    assert [(each["origin"], each["size"], each["conflicts"]) for each in found["logs"]] == [(ORIGIN, 2, 0)]


def test_a_witness_keeps_the_proof_of_a_second_history(tmp_path: Path, witness: Path) -> None:
    log = new_log(tmp_path / "log", '{"a":"b"}')
    good("ledger", "witness", "trust", witness, log / "log.vkey")
    with running(server(Witness.open(witness), port=0)) as url:
        good("ledger", "witness", "ask", log, url, witness / "witness.vkey")
        forked, key = tmp_path / "forked", log / "private" / "key"
        Log.create(forked, ORIGIN, load(key))
        good("ledger", "append", forked, "--key", key, given=b'{"another":"history"}')
        refused("witness.said-no", "ledger", "witness", "ask", forked, url, witness / "witness.vkey", "--key", key)
    done = run("ledger", "witness", "check", witness)
    assert done.code == 3 and "two histories" in done.text


def test_one_witness_that_is_away_stops_none_of_the_others(tmp_path: Path, witness: Path) -> None:
    log = new_log(tmp_path / "log", '{"a":"b"}')
    good("ledger", "witness", "trust", witness, log / "log.vkey")
    vkey = witness / "witness.vkey"
    with running(server(Witness.open(witness), port=0)) as url:
        done = refused("witness.unreachable", "ledger", "witness", "ask", log, "http://127.0.0.1:1", vkey, url, vkey)
    assert "cosigned 1 entries" in done.text
    assert run("ledger", "witness", "ask", log, "http://127.0.0.1:1").code == 2  # whose key?


def test_two_logs_are_each_other_s_witness(tmp_path: Path) -> None:
    logs = [tmp_path / "one", tmp_path / "two"]
    for number, log in enumerate(logs):
        good("ledger", "init", log, "--origin", f"company{number}.example/ledger")
        good("ledger", "append", log, given=b'{"a":"b"}')
        good("ledger", "witness", "init", log)
    for log, other in (logs, logs[::-1]):
        good("ledger", "witness", "trust", log, other / "log.vkey")
    for log, other in (logs, logs[::-1]):
        own = Witness.open(log / "private" / "witness")
        with running(server(own, port=0)) as url:
            good("ledger", "witness", "ask", other, url, own.verifier.vkey)
    for log in logs:
        assert len(json.loads(good("ledger", "checkpoint", log, "--json"))["signatures"]) == 2


def test_a_witness_that_is_none_and_a_name_that_is_none_are_wrong_usage(tmp_path: Path) -> None:
    refused("witness.none", "ledger", "witness", "check", tmp_path, exit_code=2)
    refused("key.name", "ledger", "witness", "init", tmp_path / "w", "--name", "a b", exit_code=2)
    assert run("ledger", "witness", "init", tmp_path / "w").code == 2
    assert not (tmp_path / "w").exists()


def test_the_log_goes_over_to_a_new_key_and_the_old_checkpoint_still_counts(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log", '{"a":"b"}')
    old, kept = (log / "log.vkey").read_text(), tmp_path / "kept"
    kept.write_bytes((log / "checkpoint").read_bytes())
    told = json.loads(good("ledger", "rotate", log, "--json"))
    assert told["index"] == 1 and told["vkey"] == (log / "log.vkey").read_text().strip() != old.strip()
    good("ledger", "append", log, given=b'{"c":"d"}')
    for trusted in (old, told["vkey"]):
        (tmp_path / "vkey").write_text(trusted)
        good("verify", log, "--vkey", tmp_path / "vkey", "--since", kept)
    good("ledger", "prove", log, "--since", kept)


def test_the_log_goes_over_to_a_key_made_elsewhere(tmp_path: Path) -> None:
    log, new = new_log(tmp_path / "log", '{"a":"b"}'), generate(ORIGIN)
    save(new, tmp_path / "new.key")
    good("ledger", "rotate", log, "--to", tmp_path / "new.key")
    assert (log / "log.vkey").read_text().strip() == new.verifier.vkey
    refused("key.other", "ledger", "append", log, given=b'{"c":"d"}', exit_code=2)
    good("ledger", "append", log, "--key", tmp_path / "new.key", given=b'{"c":"d"}')
    stranger = generate("someone.example/else")
    save(stranger, tmp_path / "stranger.key")
    rotate = ("ledger", "rotate", log, "--key", tmp_path / "new.key", "--to", tmp_path / "stranger.key")
    refused("key.other-log", *rotate)


def test_a_record_is_erased_and_the_log_says_so(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log", '{"a":"b"}')
    made = event("approval.given", {"by": "somebody with a name"}, datetime(2026, 3, 31, tzinfo=UTC))
    with Log.open(log, load(log / "private" / "key")) as open_log:
        Records(log).post(open_log, [made])
    assert Records(log).of(made.commitment)
    told = json.loads(good("ledger", "erase", log, 1, "--json"))
    assert told == {"index": 2, "of": 1, "facts": []}
    assert Records(log).of(made.commitment) is None
    assert not any(b"somebody with a name" in data for data in files(log).values())
    assert "erased" in good("verify", log)
    refused("record.none", "ledger", "erase", log, 0)
    assert json.loads(good("ledger", "erase", log, 1, "--json")) == told  # once more is no other erasure
    assert Log.open(log).size == 3


def test_a_lost_record_is_not_an_erased_one(tmp_path: Path) -> None:
    log = new_log(tmp_path / "log")
    with Log.open(log, load(log / "private" / "key")) as open_log:
        Records(log).post(open_log, [event("approval.given", {"by": "somebody"})])
    good("verify", log)
    shutil.rmtree(log / "private" / "records")
    refused("record.missing", "verify", log)


def test_every_command_helps_in_eighty_columns() -> None:
    from hengtan.cli.ledger import TABLE

    commands = [["verify"], ["ledger"], *(["ledger", name] for name in TABLE)]
    commands += [["ledger", "witness", name] for name in ("init", "trust", "distrust", "check", "serve", "ask")]
    for command in commands:
        text = good(*command, "--help")
        assert max(map(len, text.splitlines())) <= 80, command
        assert "..." not in text.split("Commands:")[-1] or "Commands:" not in text, command
