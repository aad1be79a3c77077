"""A witness that is killed, that runs in two processes at once, or whose disk fails: what it said it stands by."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hengtan.durable import VARIABLE
from hengtan.ledger import Note, open_note, parse_checkpoint, parse_note
from hengtan.ledger.note import parse_signatures
from hengtan.ledger.witness import Witness
from hengtan.ledger.witness_client import add_checkpoint
from hengtan.problems import HengtanError

from .served import Told, listening

SERVE = """
import sys
from pathlib import Path
from hengtan.ledger.witness import Witness
from hengtan.ledger.witness_server import server
with server(Witness.open(Path(sys.argv[1])), port=0) as listener:
    print(listener.server_address[1], flush=True)
    listener.serve_forever()
"""
JUDGE = """
import json, sys
from pathlib import Path
from hengtan.ledger.witness import Witness
witness = Witness.open(Path(sys.argv[1]))
for line in sys.stdin:
    try:
        answer = witness.add_checkpoint(bytes.fromhex(line))
        print(json.dumps([answer.status, answer.body.decode()]), flush=True)
    except OSError as fault:
        print(json.dumps([0, str(fault)]), flush=True)
"""


@pytest.fixture
def told():
    return Told(count=120)


@pytest.fixture
def witness(tmp_path, told):
    made = Witness.create(tmp_path / "witness", "witness.example/w1")
    made.trust(told.key.verifier.vkey)
    return made


def judge(witness, requests, fail_at=""):
    """The answers of a process of its own, as many as it gave before it died."""
    done = subprocess.run(
        [sys.executable, "-c", JUDGE, witness.folder],
        input="".join(f"{each.encode().hex()}\n" for each in requests),
        env={**os.environ, VARIABLE: fail_at},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def size_of(witness, told):
    latest = witness.latest(told.key.name)
    return latest[0].size if latest else 0


STEPS = [(0, 3), (3, 8), (8, 8), (8, 20)]


# four operations a step: write, fsync, rename, fsync of the folder; one more of each kind than there are is no fault
KILLS = [(f"kill@{number}", number <= 4 * len(STEPS)) for number in range(1, 4 * len(STEPS) + 2)]
TEARS = [(f"torn@{number}:write", number <= len(STEPS)) for number in range(1, len(STEPS) + 2)]


@pytest.mark.parametrize(("fail_at", "dies"), KILLS + TEARS)
def test_killed_at_any_step_it_has_kept_what_it_cosigned_and_goes_on(witness, told, fail_at, dies):
    done, answers = judge(witness, [told.request(*step) for step in STEPS], fail_at)
    assert all(status == 200 for status, _ in answers)
    killed = done.returncode == -9
    assert killed == (len(answers) < len(STEPS))
    assert killed == dies
    acknowledged = STEPS[len(answers) - 1][1] if answers else 0
    known = size_of(witness, told)
    assert known in {acknowledged, *(STEPS[len(answers)][1:] if killed else ())}
    forked = Told(key=told.key, count=120, fork=0)
    for old, size in ((known, 30), (known, max(known, 1))):  # another history finds no way in
        if known:
            assert witness.add_checkpoint(forked.request(old, size).encode()).status in {409, 422}
    assert witness.add_checkpoint(told.request(known, 60).encode()).status == 200
    assert size_of(witness, told) == 60


@pytest.mark.parametrize("fault", ["ENOSPC@1:write", "EIO@1:fsync", "EIO@1:rename", "EIO@1:folder", "EROFS@1:write"])
def test_a_disk_that_fails_once_costs_an_answer_and_nothing_more(witness, told, fault):
    _, answers = judge(witness, [told.request(0, 3), told.request(0, 3), told.request(3, 8)], fault)
    assert answers[0][0] == 0
    if (
        fault == "EIO@1:folder"
    ):  # the new state has its name, only not for certain: the log is told the size and asks again
        assert [status for status, _ in answers] == [0, 409, 200]
    else:
        assert [status for status, _ in answers] == [0, 200, 200]
    assert size_of(witness, told) == 8


def test_a_disk_that_stays_full_is_answered_with_500_and_no_signature(witness, told, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with listening(witness) as url:
        assert add_checkpoint(url, told.request(0, 3)).status == 200
        monkeypatch.setattr("hengtan.ledger.witness.rewrite", full)
        answer = add_checkpoint(url, told.request(3, 8))
    assert answer.status == 500
    assert "—".encode() not in answer.body
    assert size_of(witness, told) == 3


def test_two_processes_and_many_askers_never_take_a_size_back(witness, told):
    """Each asker goes on from what he is told. Whatever was acknowledged was a step from the step before: no fork, no way back."""
    servers = [
        subprocess.Popen([sys.executable, "-c", SERVE, witness.folder], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    cosigned, faults, door = [], [], threading.Lock()
    try:
        urls = [f"http://127.0.0.1:{int(each.stdout.readline())}" for each in servers]

        def asks(number):
            known = 0
            for size in range(number + 1, 121, 3):
                for _ in range(20):
                    if known > size:
                        break
                    answer = add_checkpoint(urls[size % 2], told.request(known, size))
                    if answer.status == 200:
                        with door:
                            cosigned.append((known, size, answer.body))
                        known = size
                        break
                    if answer.status != 409:
                        faults.append(answer)
                    known = int(answer.body)

        askers = [threading.Thread(target=asks, args=(number,)) for number in range(6)]
        for each in askers:
            each.start()
        for each in askers:
            each.join()
    finally:
        for each in servers:
            each.terminate()
            each.wait()
    assert faults == []
    steps = sorted((old, size) for old, size, _ in cosigned if old < size)
    assert len({old for old, _ in steps}) == len(steps)  # from each size one step was acknowledged, not two
    assert [old for old, _ in steps] == [0, *(size for _, size in steps[:-1])]  # and they join to one line
    assert size_of(witness, told) == steps[-1][1] == 120
    for _, size, body in cosigned:
        text = parse_note(told.note(size)).text
        assert open_note(Note(text, parse_signatures(body.decode())).encode(), [witness.verifier])
        assert parse_checkpoint(text).size == size


def test_a_log_that_others_keep_busy_is_answered_with_503(witness, told, monkeypatch):
    monkeypatch.setattr("hengtan.ledger.witness.WAIT_S", 0.1)
    (folder,) = witness.folder.glob("logs/*")
    with witness._alone(folder):
        with pytest.raises(HengtanError) as error:
            witness.add_checkpoint(told.request(0, 3).encode())
        assert error.value.problems[0].code == "log.locked"
        with listening(witness) as url:
            assert add_checkpoint(url, told.request(0, 3)).status == 503
    assert witness.add_checkpoint(told.request(0, 3).encode()).status == 200


def test_a_witness_that_trusts_many_logs_keeps_them_apart(witness):
    logs = [Told(f"example.com/{number}") for number in range(5)]
    for number, each in enumerate(logs):
        witness.trust(each.key.verifier.vkey)
        assert witness.add_checkpoint(each.request(0, number + 1).encode()).status == 200
    assert [size_of(witness, each) for each in logs] == [1, 2, 3, 4, 5]


def test_trust_given_in_many_threads_is_all_kept(tmp_path):
    witness = Witness.create(tmp_path / "w", "witness.example/w2")
    keys = [Told("example.com/log", count=1).key.verifier for _ in range(8)]
    threads = [threading.Thread(target=witness.trust, args=(each.vkey,)) for each in keys]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {each.key_id for each in witness.logs()} == {each.key_id for each in keys}


def test_the_bytes_are_durable_before_the_name_and_the_name_before_the_signature_leaves(witness, told, monkeypatch):
    """What a power cut would show: the order in which the operating system is told."""
    done = []

    def note(name, act):
        def told_of(*given):
            done.append(name)
            return act(*given)

        return told_of

    from hengtan.durable import medium

    monkeypatch.setattr(medium.os, "write", note("write", os.write))
    monkeypatch.setattr(medium, "sync_handle", note("fsync", medium.sync_handle))
    monkeypatch.setattr(Path, "replace", note("rename", Path.replace))
    monkeypatch.setattr(medium, "sync_folder", note("fsync of the folder", medium.sync_folder))
    assert witness.add_checkpoint(told.request(0, 3).encode()).status == 200
    # the first write is the number of the process in the lock
    assert done == ["write", "write", "fsync", "rename", "fsync of the folder"]
