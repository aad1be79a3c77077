"""The server gives what is public, with the headers of tlog-tiles, and nothing else."""

import gzip
import http.client
import threading

import pytest

from hengtan.ledger import TileReader, open_checkpoint, parse_vkey, root_at
from hengtan.ledger.serve import path_of, server
from hengtan.problems import HengtanError

from .logs import new_log, public_files


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return new_log(tmp_path_factory.mktemp("served") / "log", 600)


@pytest.fixture(scope="module")
def get(folder):
    with server(folder, port=0) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()

        def ask(path, method="GET", **headers):
            connection = http.client.HTTPConnection(*running.server_address[:2], timeout=20)
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            return answer.status, dict(answer.getheaders()), body

        yield ask
        running.shutdown()


def test_every_public_file_is_served_as_it_lies_there(folder, get):
    for name, data in public_files(folder).items():
        status, headers, body = get(f"/{name}")
        assert (status, body) == (200, data), name
        assert headers["Content-Length"] == str(len(data))


def test_tiles_may_be_cached_for_ever_and_the_checkpoint_may_not(get):
    for path in ("/tile/0/000", "/tile/0/002.p/88", "/tile/entries/000"):
        _, headers, _ = get(path)
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert headers["Content-Type"] == "application/octet-stream"
    for path in ("/checkpoint", "/log.vkey"):
        _, headers, _ = get(path)
        assert headers["Cache-Control"] == "no-cache"
        assert headers["Content-Type"] == "text/plain; charset=utf-8"


def test_bundles_are_compressed_for_who_asks(folder, get):
    data = (folder / "tile/entries/000").read_bytes()
    for accepted, packed in [("gzip", True), ("identity, gzip;q=0.5", True), ("br", False), ("gzip;q=0", False)]:
        _, headers, body = get("/tile/entries/000", Accept_Encoding=accepted)
        assert headers.get("Content-Encoding") == ("gzip" if packed else None)
        assert (gzip.decompress(body) if packed else body) == data
        assert headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in get("/tile/0/000", Accept_Encoding="gzip")[1]


def test_a_head_has_the_headers_and_no_body(get):
    status, headers, body = get("/tile/0/000", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "8192", b"")


@pytest.mark.parametrize(
    "path",
    [
        "/private/key",
        "/private/newest",
        "/private/lock",
        "/private/",
        "/",
        "/tile",
        "/tile/0",
        "/tile/0/000.p",
        "/tile/../private/key",
        "/tile/0/../../private/key",
        "/tile/0/%2e%2e/%2e%2e/private/key",
        "//private/key",
        "/./checkpoint",
        "/checkpoint/",
        "/checkpoint%00",
        "/tile/00/000",
        "/tile/64/000",
        "/tile/0/0",
        "/tile/0/x000/000",
        "/tile/0/000.p/0",
        "/tile/0/000.p/256",
        "/tile/0/000.p/088",
        "/tile/0/999",
        "http://elsewhere/checkpoint",
    ],
)
def test_nothing_else_is_served(get, path):
    status, headers, body = get(path)
    assert (status, body) == (404, b"not found\n")
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_sent_to_it(get, method):
    assert get("/checkpoint", method)[0] == 501


def test_a_link_leads_nowhere(folder, get):
    (folder / "tile/0/777").symlink_to(folder / "private/key")
    (folder / "tile/7").symlink_to(folder / "tile/0")
    try:
        assert get("/tile/0/777")[0] == 404
        assert get("/tile/7/000")[0] == 404
    finally:
        (folder / "tile/0/777").unlink()
        (folder / "tile/7").unlink()


def test_a_reader_over_http_computes_the_root_of_the_checkpoint(get):
    checkpoint, _ = open_checkpoint(get("/checkpoint")[2], [parse_vkey(get("/log.vkey")[2].decode())])
    assert root_at(checkpoint.size, TileReader(lambda path: get(f"/{path}")[2], checkpoint.size)) == checkpoint.root


def test_what_is_no_log_and_an_address_that_is_taken_are_refused(folder, tmp_path):
    with pytest.raises(HengtanError):
        server(tmp_path)
    with server(folder, port=0) as running, pytest.raises(HengtanError) as raised:
        server(folder, port=running.server_address[1])
    assert raised.value.problems[0].code == "log.not-served"
    with pytest.raises(HengtanError):
        server(folder, port=70_000)


def test_a_path_of_a_request_is_a_public_file_or_nothing():
    assert path_of("/tile/entries/x001/234.p/7") == "tile/entries/x001/234.p/7"
    assert path_of("/tile/entries/x001/234.p/7\n") is None
    assert path_of("/tile/0/٠٠٠") is None  # digits, but not these
