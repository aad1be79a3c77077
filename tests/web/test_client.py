"""The Python client against a real server with its real worker."""

import subprocess
import sys
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from hengtan.client import ApiError, Client
from house.house import BIN, environment

from .serving import serving

MAKE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "hengtan.web.settings"
import django; django.setup()
from hengtan.web.accounts.services import new_person
from hengtan.web.api import tokens
from hengtan.web.organisations.models import Membership, Organisation
home = Organisation.objects.create(name="Yong River Works", region="CN-33")
for name, role in (("li", "owner"), ("wang", "approver")):
    user = new_person(email=f"{name}@yong.example", name=name, password="bridge lantern copper 41")
    member = Membership.objects.create(organisation=home, user=user, role=role)
    print(tokens.make(member, "client", ["read", "enter", "approve", "calculate", "boundary", "connect"], 30)[1])
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """(address, token of the owner, token of the approver)"""
    data = tmp_path_factory.mktemp("client") / "data"
    with serving(data) as (address, _first, _log):
        told = subprocess.run(
            [sys.executable, "-c", MAKE], env={"HENGTAN_DATA": str(data), "PATH": ""}, capture_output=True, text=True
        )
        assert told.returncode == 0, told.stderr
        yield address, *told.stdout.split()


def bill(number, quantity, **more):
    return {"activity_id": f"b{number}", "facility": "Plant 1", "activity_type": "electricity", "start": "2024-01-01",
            "end": "2024-01-31", "quantity": quantity, "unit": "kWh", "region": "CN-33", **more}  # fmt: skip


def test_rows_become_a_number_that_anybody_can_verify(site, tmp_path):
    address, owner, approver = site
    with Client(address, owner) as carbon, Client(address, approver) as other:
        batch = carbon.send([bill(1, Decimal("12850.123456")), bill(2, "-5")], name="January")
        assert (batch["next"], batch["rows_good"], batch["rows_rejected"]) == ("decision", 1, 1)
        assert [each["code"] for each in batch["problems"]] == ["activity.quantity-negative"]
        other.post(f"/batches/{batch['id']}/approve")
        run = carbon.calculate("2024", first="2024-01-01", last="2024-12-31")
        (row,) = carbon.rows(run["id"])
        assert row["co2e_kg"] == Decimal(run["totals"]["scope2_location_kg"]) > 0
        told = carbon.explain(run["id"], row["activity_id"])
        assert "12850.123456" in str(told)
        for name in ("run.json", "run.json.tlog-proof"):
            assert carbon.download(run["id"], name, tmp_path / name).stat().st_size > 100
        key = carbon.get("/ledger/vkey").decode().strip()
        assert carbon.get(f"/runs/{run['id']}/proof")["vkey"] == key
    (tmp_path / "log.vkey").write_text(key + "\n")
    said = subprocess.run(
        [BIN / "hengtan", "verify", tmp_path / "run.json", "--vkey", tmp_path / "log.vkey"],
        capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert said.returncode == 0 and "Verified." in said.stdout, said.stdout + said.stderr
    spoilt = (tmp_path / "run.json").read_bytes().replace(b"12850", b"12851") + b" "
    (tmp_path / "run.json").write_bytes(spoilt)
    assert subprocess.run([BIN / "hengtan", "verify", tmp_path / "run.json", "--vkey", tmp_path / "log.vkey"],
                          capture_output=True, env=environment()).returncode == 3  # fmt: skip


def test_what_is_refused_says_why_and_how_to_mend_it(site):
    address, owner, _ = site
    with Client(address, owner, lang="zh") as carbon, pytest.raises(ApiError) as caught:
        carbon.post("/facilities", {"name": "x", "region": "Atlantis"})
    assert caught.value.status == 422 and caught.value.problems[0]["code"] == "call.body"
    assert "请" in str(caught.value)
    with Client(address, "hgt_wrong") as carbon, pytest.raises(ApiError) as caught:
        carbon.get("/me")
    assert caught.value.status == 401
    with Client(address, owner) as carbon, pytest.raises(ApiError) as caught:
        carbon.send([bill(9, "-1")], name="nothing good")
    assert caught.value.problems[0]["code"] == "activity.quantity-negative"


def test_a_call_is_repeated_with_its_key_until_it_is_answered(monkeypatch):
    keys = []

    class Failing(BaseHTTPRequestHandler):
        def do_POST(self):
            keys.append(self.headers["Idempotency-Key"])
            self.rfile.read(int(self.headers["Content-Length"]))
            if len(keys) == 1:
                self.connection.close()
                return
            self.send_response(503 if len(keys) == 2 else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"ok": true}')

        def log_message(self, *_):
            pass

    monkeypatch.setattr("hengtan.client.client.FIRST_PAUSE_S", 0.01)
    server = HTTPServer(("127.0.0.1", 0), Failing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with Client(f"http://127.0.0.1:{server.server_port}", "t") as carbon:
            assert carbon.post("/units", {"name": "x"}) == {"ok": True}
    finally:
        server.shutdown()
        server.server_close()
    assert len(keys) == 3 and len(set(keys)) == 1


def test_what_is_no_table_is_refused_before_it_is_sent():
    with Client("http://127.0.0.1:1", "t") as carbon, pytest.raises(ValueError, match=r"\.parquet"):
        carbon.send("notes.docx", name="x")


def test_a_source_is_set_up_and_tried_dry(site):
    address, owner, _ = site
    with Client(address, owner) as carbon:
        made = carbon.post("/sources", {"connector": "folder", "name": "Bills", "settings": {"folder": "bills"}})
        run = carbon.fetch(made["id"], dry=True)
        assert (run["state"], run["shown"][0]["problem"]["code"]) == ("failed", "outbound.folder")
        assert [each["id"] for each in carbon.get("/connectors")] == ["billing", "folder", "mqtt", "sftp", "sql"]


def test_a_file_of_the_book_goes_as_far_as_the_queue_and_back(site, tmp_path):
    address, owner, _approver = site
    file = tmp_path / "trades.csv"
    head = "成交编号,成交日期,买卖方向,交易账户,标的代码,成交数量(吨),成交价(元/吨),交易方式\n"
    file.write_text(head + "N-1,2026-10-12,买入,A1,CEA25,5,97.40,挂牌协议\n", "utf-8")
    with Client(address, owner) as carbon:
        with pytest.raises(ApiError) as refused:  # no such account
            carbon.send_events(file)
        assert refused.value.problems[0]["code"] == "book.account-unknown"
        carbon.post("/assets/accounts", {"key": "A1", "entity": "Yong River Works"})
        looked = carbon.send_events(file, propose=False)
        assert (looked["next"], looked["sums"][0]["cny"]) == ("propose", "487.00")
        assert not list(carbon.all("/assets/proposals"))
        made = carbon.send_events(file)
        assert (made["next"], made["new"]) == ("decision", 1)
        carbon.post(f"/assets/files/{made['id']}/withdraw", {"reason": "a trial"})
        assert not list(carbon.all("/assets/proposals"))
