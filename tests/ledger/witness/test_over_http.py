"""Asked over HTTP on loopback: by our client, and by hand; two logs that witness each other."""

import http.client
import socket
import threading
import time
from contextlib import suppress
from hashlib import sha256
from urllib.parse import urlsplit

import pytest

from hengtan.ledger import Log, Refused, generate, open_checkpoint, time_of
from hengtan.ledger.witness import SIZE, Witness, beside
from hengtan.ledger.witness_client import Known, add_checkpoint, cosignature, have_witnessed
from hengtan.ledger.witness_server import MAX_REQUEST_BYTES, server
from hengtan.problems import HengtanError

from .served import Told, listening


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def witness(tmp_path, told):
    made = Witness.create(tmp_path / "witness", "witness.example/w1")
    made.trust(told.key.verifier.vkey)
    return made


@pytest.fixture
def url(witness):
    with listening(witness) as address:
        yield address


def by_hand(url, method, path, body=b"", headers=None):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.request(method, path, body, headers or {})
    reply = connection.getresponse()
    return reply.status, reply.read(), reply.headers


def test_a_log_finds_out_by_itself_what_the_witness_knows(url, witness, told):
    known = Known(url, witness.verifier)
    for size in (1, 7, 7, 40):  # it is not told what was cosigned before
        signature = cosignature(told.note(size), told.node, known)
        assert witness.verifier.verify(told.note(size).rpartition(b"\n\n")[0] + b"\n", signature.blob)
        assert abs(time_of(signature) - time.time()) < 60
    assert cosignature(told.note(40), told.node, known, old=40)


@pytest.mark.parametrize(
    ("old", "size", "status", "media"),
    [(0, 9, 200, "text/plain; charset=utf-8"), (3, 9, 409, SIZE), (9, 3, 400, "text/plain; charset=utf-8")],
)
def test_status_and_media_type_go_over_the_wire(url, told, old, size, status, media):
    answer = add_checkpoint(url, told.request(old, size))
    assert (answer.status, answer.media) == (status, media)


def test_a_monitor_sees_what_was_cosigned_last(url, witness, told):
    path = f"/{sha256(told.key.name.encode()).hexdigest()}/checkpoint"
    assert by_hand(url, "GET", path)[0] == 404
    add_checkpoint(url, told.request(0, 9))
    status, body, headers = by_hand(url, "GET", path)
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert open_checkpoint(body, [told.key.verifier, witness.verifier])[0].size == 9


@pytest.mark.parametrize(
    "path", ["/", "/checkpoint", "/witness.vkey", "/private/key", "/../private/key", "/logs", f"/{'0' * 64}/keys"]
)
def test_nothing_else_is_served(url, path):
    assert by_hand(url, "GET", path)[0] == 404
    assert by_hand(url, "POST", path, b"old 0\n")[0] == 404


def test_requests_of_no_stated_or_no_possible_length_are_not_read(url):
    assert by_hand(url, "POST", "/add-checkpoint", headers={"Content-Length": "x"})[0] == 411
    assert by_hand(url, "POST", "/add-checkpoint", headers={"Content-Length": "-1"})[0] == 411
    assert by_hand(url, "POST", "/add-checkpoint", headers={"Transfer-Encoding": "chunked"})[0] == 411
    assert by_hand(url, "POST", "/add-checkpoint", headers={"Content-Length": str(MAX_REQUEST_BYTES + 1)})[0] == 413
    assert by_hand(url, "POST", "/add-checkpoint", b"x" * MAX_REQUEST_BYTES)[0] == 400
    assert by_hand(url, "PUT", "/add-checkpoint")[0] == 501


def test_a_connection_is_kept_for_the_next_request(url, told):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    for old, size in ((0, 2), (2, 5), (0, 5)):
        connection.request("POST", "/add-checkpoint", told.request(old, size).encode())
        line = connection.sock
        reply = connection.getresponse()
        reply.read()
        assert reply.status == (409 if (old, size) == (0, 5) else 200)
        assert connection.sock is line


def test_a_client_that_goes_away_disturbs_nobody(url, told, capfd):
    host, port = urlsplit(url).netloc.split(":")
    for text in (b"", b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 900\r\n\r\nold 0\n", b"\x00\xff\r\n\r\n"):
        with socket.create_connection((host, int(port))) as line:
            line.sendall(text)
    assert add_checkpoint(url, told.request(0, 2)).status == 200
    assert "Traceback" not in capfd.readouterr().err


def test_a_state_that_cannot_be_read_is_a_fault_of_the_witness(url, witness, told):
    add_checkpoint(url, told.request(0, 2))
    next(witness.folder.glob("logs/*/checkpoint")).unlink()
    answer = add_checkpoint(url, told.request(2, 3))
    assert answer.status == 500
    assert str(witness.folder).encode() not in answer.body


def test_the_problems_of_asking_are_told(url, witness, told, tmp_path):
    known = Known(url, witness.verifier)
    cosignature(told.note(20), told.node, known)
    for code, asked, size in (
        ("witness.ahead", known, 7),
        ("witness.no-cosignature", Known(url, generate("witness.example/w1").verifier), 20),
    ):
        with pytest.raises(Refused) as refused:
            cosignature(told.note(size), told.node, asked)
        assert refused.value.code == code
    forked = Told(key=told.key, fork=4)
    for size in (20, 30):
        with pytest.raises(Refused) as refused:
            cosignature(forked.note(size), forked.node, known)
        assert refused.value.code == "witness.said-no"
    with pytest.raises(Refused) as refused:
        stranger = Told("example.com/stranger")
        cosignature(stranger.note(3), stranger.node, known)
    assert "404" in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "witness.example",
        "ftp://witness.example",
        "file:///etc",
        "http://",
        "http://[",
        "http://x:99999",
        "http://x/?q",
    ],
)
def test_what_is_no_address_is_told(address, told):
    with pytest.raises(HengtanError) as error:
        add_checkpoint(address, told.request(0, 1))
    assert error.value.problems[0].code == "witness.address"


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\xff\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 3\r\n\r\n-1\n",
        b"HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 1\r\n\r\n5",
        b"HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 2\r\n\r\n0\n",
        b"HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 4\r\n\r\n999\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\n\x1b[2Jxxxxx",
    ],
)
def test_a_witness_that_talks_nonsense_is_told_and_nothing_more(reply, told, witness):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk():
            with suppress(OSError):  # not everyone asks twice
                for _ in range(2):
                    line, _ = listener.accept()
                    with line:
                        line.recv(65536)
                        line.sendall(reply)

        threading.Thread(target=talk, daemon=True).start()
        known = Known(f"http://127.0.0.1:{listener.getsockname()[1]}", witness.verifier)
        with pytest.raises((Refused, HengtanError)) as error:
            cosignature(told.note(9), told.node, known, timeout_s=5)
        assert "\x1b" not in str(error.value)


def test_a_cosignature_of_another_checkpoint_is_none_of_this_one(told, witness):
    other = witness.add_checkpoint(told.request(0, 5).encode()).body
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk():
            line, _ = listener.accept()
            with line:
                line.recv(65536)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(other), other))

        threading.Thread(target=talk, daemon=True).start()
        known = Known(f"http://127.0.0.1:{listener.getsockname()[1]}", witness.verifier)
        with pytest.raises(Refused) as refused:
            cosignature(told.note(9), told.node, known)
        assert refused.value.code == "witness.no-cosignature"


def test_a_witness_that_sends_a_byte_now_and_then_does_not_hold_the_log_for_ever(told, witness):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip():
            line, _ = listener.accept()
            with line:
                line.recv(65536)
                line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
                with suppress(OSError):  # the log has hung up
                    for _ in range(2000):
                        time.sleep(0.1)
                        line.sendall(b"x")

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        with pytest.raises((Refused, HengtanError, OSError)):
            cosignature(
                told.note(9),
                told.node,
                Known(f"http://127.0.0.1:{listener.getsockname()[1]}", witness.verifier),
                timeout_s=0.5,
            )
        assert time.monotonic() - began < 100  # half of what the other side takes


def test_an_address_that_is_taken_is_told(witness, url):
    with pytest.raises(HengtanError) as error:
        server(witness, port=urlsplit(url).port)
    assert error.value.problems[0].code == "log.not-served"


def test_two_logs_witness_each_other(tmp_path):
    keys = {name: generate(f"{name}.example/ledger") for name in ("company", "verifier")}
    for name, key in keys.items():
        Log.create(tmp_path / name, key.name, key)
    company, verifier = (beside(tmp_path / name) for name in keys)
    company.trust((tmp_path / "verifier" / "log.vkey").read_text("utf-8"))
    verifier.trust((tmp_path / "company" / "log.vkey").read_text("utf-8"))
    with listening(company) as at_company, listening(verifier) as at_verifier:
        for name, known in (
            ("company", Known(at_verifier, verifier.verifier)),
            ("verifier", Known(at_company, company.verifier)),
        ):
            with Log.open(tmp_path / name, keys[name]) as log:
                for count in (3, 300):
                    log.append([b"%d" % number for number in range(count)])
                    (asked,) = have_witnessed(log, [known])
                    assert asked.problem is None
                    assert asked.signature is not None
            checkpoint, opened = open_checkpoint(
                (tmp_path / name / "checkpoint").read_bytes(), [keys[name].verifier, known.verifier]
            )
            assert checkpoint.size == 303
            assert opened.signed_by(known.verifier)


def test_a_witness_that_is_away_stops_none_of_the_others(tmp_path, witness, url):
    key = generate("example.com/other")
    Log.create(tmp_path / "log", key.name, key)
    witness.trust(key.verifier.vkey)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    away = generate("witness.example/away").verifier
    with Log.open(tmp_path / "log", key) as log:
        log.append([b"x"])
        asked = have_witnessed(log, [Known(nobody, away), Known(url, witness.verifier), Known("nonsense", away)])
        assert [each.problem and each.problem.code for each in asked] == [
            "witness.unreachable",
            None,
            "witness.address",
        ]
        assert open_checkpoint(log.checkpoint(), [key.verifier, witness.verifier])[1].signed_by(witness.verifier)
        assert have_witnessed(log, []) == ()
    with pytest.raises(HengtanError):
        have_witnessed(Log.open(tmp_path / "log"), [Known(url, witness.verifier)])


def test_an_old_copy_of_a_log_is_found_out_by_its_witness(tmp_path, witness, url):
    key = generate("example.com/other")
    witness.trust(key.verifier.vkey)
    for name, count in (("new", 9), ("old", 4)):
        Log.create(tmp_path / name, key.name, key)
        with Log.open(tmp_path / name, key) as log:
            log.append([b"%d" % number for number in range(count)])
            (asked,) = have_witnessed(log, [Known(url, witness.verifier)])
            assert (asked.problem and asked.problem.code) == (None if name == "new" else "witness.ahead")
