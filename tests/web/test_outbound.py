"""The one way out: nobody is led where the installation does not allow it."""

import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from hengtan.problems import HengtanError
from hengtan.web import outbound
from hengtan.web.configuration import Configuration, MisconfiguredError
from hengtan.web.deployment import deployed
from hengtan.web.outbound import Outbound, Refused, place


class Answering(BaseHTTPRequestHandler):
    """Answers as the path says; keeps what it heard."""

    def do_POST(self):
        self.server.heard.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/secret")
            self.end_headers()
            return
        if self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                try:
                    self.wfile.write(b".")
                    self.wfile.flush()
                except OSError:
                    return
                self.server.over.wait(0.05)
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * (10_000_000 if self.path == "/large" else 5))

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Answering) as there:
        there.heard, there.over = [], threading.Event()
        thread = threading.Thread(target=there.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield there
        there.over.set()
        there.shutdown()


def url(server, path="/hook"):
    return f"http://127.0.0.1:{server.server_port}{path}"


def local(server):
    return Outbound((f"http://127.0.0.1:{server.server_port}",))


def code(wrong):
    return wrong.value.problems[0].code


def test_what_is_allowed_is_reached_and_its_first_bytes_are_heard(server):
    answer = local(server).post(url(server), b"{}", {"x-mark": "7"}, most=3)
    assert (answer.status, answer.body) == (200, b"xxx")
    path, headers, body = server.heard[0]
    assert (path, headers["x-mark"], body) == ("/hook", "7", b"{}")
    assert headers["Host"] == f"127.0.0.1:{server.server_port}"


def test_nothing_is_allowed_that_does_not_stand_in_the_list(server):
    with pytest.raises(Refused) as wrong:
        Outbound(()).post(url(server), b"", {})
    assert code(wrong) == "outbound.not-allowed"
    for listed in ("https://127.0.0.1:*", "http://127.0.0.2:*", "http://127.0.0.1:1", "http://*:*"):
        with pytest.raises(Refused):
            Outbound((listed,)).post(url(server), b"", {})
    assert not server.heard


def test_a_redirect_is_an_answer_and_leads_nowhere(server):
    assert local(server).post(url(server, "/away"), b"{}", {}).status == 302
    assert [path for path, _, _ in server.heard] == ["/away"]


def test_an_answer_that_trickles_or_never_ends_is_cut(server):
    with pytest.raises(Refused) as wrong:
        local(server).post(url(server, "/slow"), b"{}", {}, timeout_s=0.4)
    assert "timeout" in wrong.value.problems[0].reason("en")
    assert len(local(server).post(url(server, "/large"), b"{}", {}).body) == 2048


INSIDE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "168.63.129.16", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00:ec2::254", "fec0::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "ff02::1",
)  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_leads_nowhere(address, monkeypatch):
    tried = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 443))])
    monkeypatch.setattr(socket, "create_connection", lambda to, **_: tried.append(to))
    with pytest.raises(Refused) as wrong:
        Outbound(("https://*", "https://evil.example")).connect("https", "evil.example")
    assert code(wrong) == "outbound.private"
    assert not tried


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0", "127.0.0.1.", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_an_address_in_other_clothes_is_the_address(host):
    with pytest.raises(Refused):
        Outbound(("http://*:*",)).addresses("http", host, 80)


def test_a_name_is_resolved_once_and_the_address_that_was_looked_at_is_the_one_that_is_called(monkeypatch):
    answers, tried = iter(["93.184.215.14", "127.0.0.1"]), []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (next(answers), 443))])
    monkeypatch.setattr(socket, "create_connection", lambda to, **_: tried.append(to))
    Outbound(("https://rebinds.example",)).connect("https", "rebinds.example")
    assert tried == [("93.184.215.14", 443)]


def test_of_several_addresses_those_inside_are_left_out(monkeypatch):
    both = [(0, 0, 0, "", ("10.0.0.1", 443)), (0, 0, 0, "", ("93.184.215.14", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    assert Outbound(("https://*",)).addresses("https", "two.example") == ["93.184.215.14"]


def test_a_network_that_is_named_is_let_through_for_its_scheme_and_port_alone(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("10.1.7.7", 0))])
    way = Outbound(("postgresql://erp.inside", "postgresql://10.1.0.0/16", "mqtt://erp.inside", "mqtt://[fd00::]/8"))
    assert way.addresses("postgresql", "erp.inside") == ["10.1.7.7"]
    assert way.addresses("postgresql", "10.1.9.9") == ["10.1.9.9"]
    for scheme, host, port in (
        ("mqtt", "erp.inside", None),
        ("postgresql", "erp.inside", 22),
        ("mqtt", "10.1.7.7", None),
    ):
        with pytest.raises(Refused):
            way.addresses(scheme, host, port)


@pytest.mark.parametrize(
    "address",
    ["ftp://a.example", "https://user:word@a.example", "https://a.example/#x", "https://", "https://a.example:x", "https://a.ex ample",
     "https://a.example/\r\nX: 1", "https://bücher.example", "javascript:alert(1)", ""],
)  # fmt: skip
def test_what_is_no_address_is_refused_before_anybody_is_asked(address):
    with pytest.raises(Refused) as wrong:
        Outbound(("https://*",)).check(address)
    assert code(wrong) == "outbound.address"


@pytest.mark.parametrize(
    "text",
    ["example.com", "https://", "https://a.example/path", "https://a*.example", "gopher://a.example", "https://10.0.0.0/99", "file:///",
     "file://etc", "file:///srv/../etc", "https://a.example:99999"],
)  # fmt: skip
def test_an_entry_that_means_nothing_is_told_when_it_starts(text):
    with pytest.raises(ValueError, match=r".+"):
        place(text)
    with pytest.raises(MisconfiguredError, match="outbound_allow"):
        Configuration.read({"HENGTAN_OUTBOUND_ALLOW": text, "HENGTAN_DATA": "x"})


def test_the_check_before_deployment_says_what_is_allowed(db, settings):
    allowed = replace(settings.CONFIGURATION, outbound_allow=("https://*", "file:///srv/incoming"))
    [told] = [each for each in deployed(allowed) if each.code == "deploy.outbound"]
    assert "https://*, file:///srv/incoming" in told.reason("en")
    assert "deploy.outbound" not in {each.code for each in deployed(replace(allowed, outbound_allow=()))}


def test_each_organisation_reads_its_own_folder_alone(tmp_path):
    ours, theirs = tmp_path / "in" / "aaaa", tmp_path / "in" / "bbbb"
    ours.mkdir(parents=True)
    theirs.mkdir()
    (ours / "door").symlink_to(theirs)
    way = Outbound((f"file://{tmp_path}/in",), "aaaa")
    assert way.folder("bills") == way.folder(f"{ours}/bills") == ours / "bills"
    for path in ("../bbbb", str(theirs), "door", "/etc", f"{tmp_path}/in", "x/../../bbbb"):
        with pytest.raises(HengtanError) as wrong:
            way.folder(path)
        assert wrong.value.problems[0].code == "outbound.folder"


def test_nobody_answers_and_no_certificate_is_told(server):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    with pytest.raises(Refused) as wrong:
        Outbound(("http://127.0.0.1:*",)).post(f"http://127.0.0.1:{port}/", b"", {}, timeout_s=1)
    assert code(wrong) == "outbound.no-answer"
    with pytest.raises(Refused):
        Outbound(("https://127.0.0.1:*",)).post(f"https://127.0.0.1:{server.server_port}/", b"", {}, timeout_s=1)
    assert outbound.Answer(200, b"", 0.1).status == 200
