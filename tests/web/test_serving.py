"""``hengtan serve``: one command, one folder."""

import os
import signal
import stat
import subprocess
import urllib.request
from pathlib import Path

from django.core.management import call_command

from house.house import BIN, environment

from .serving import serving


def test_it_makes_its_folder_keeps_its_key_and_packs_its_pages_and_a_second_start_changes_neither(tmp_path):
    data = tmp_path / "data"
    with serving(data) as (address, first_run, _log):
        assert first_run.startswith(address)
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert stat.S_IMODE((data / "secret-key").stat().st_mode) == 0o600
        key = (data / "secret-key").read_text()
        page = urllib.request.urlopen(f"{address}/account/login/").read().decode()
        sheet = next(word.split('"')[0] for word in page.split('href="') if "tabler.min." in word)
        packed = urllib.request.Request(address + sheet, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(packed) as answer:
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Encoding"] == "gzip"
            assert len(answer.read()) < 100_000
    with serving(data) as (_, again, _log):
        assert again.split("code=")[1] == first_run.split("code=")[1]
        assert (data / "secret-key").read_text() == key


def children(pid):
    told = (path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(one) for each in told for one in each]


def test_it_ends_when_it_is_told_to_also_when_its_server_hears_nothing_any_more(tmp_path):
    data = tmp_path / "data"
    with serving(data):
        (main,) = [pid for pid in children(os.getpid()) if str(data) in Path(f"/proc/{pid}/cmdline").read_text()]
        (server,) = [pid for pid in children(main) if str(data) in Path(f"/proc/{pid}/cmdline").read_text()]
        os.kill(server, signal.SIGSTOP)  # as one whose signal got lost, or whose client keeps its connection open
    assert not Path(f"/proc/{server}").exists()


def test_behind_https_cookies_are_secure_and_plain_requests_are_led_there(tmp_path):
    settings = {"HENGTAN_PUBLIC_URL": "https://carbon.example.com", "HENGTAN_BEHIND_PROXY": "true"}
    with serving(tmp_path / "data", **settings) as (address, first_run, _log):
        assert first_run.startswith("https://carbon.example.com/welcome/")
        request = urllib.request.Request(
            f"{address}/account/login/",
            headers={"Host": "carbon.example.com", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"},
        )
        with urllib.request.urlopen(request) as answer:
            cookie = answer.headers["Set-Cookie"]
            assert cookie.strip().startswith("__Host-csrf=")
            assert "Secure" in cookie
            assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_a_wrong_setting_is_told_in_a_line(tmp_path):
    told = subprocess.run(
        [BIN / "hengtan", "serve", "--data", tmp_path / "data"],
        env={**environment(), "HENGTAN_MAIL_URL": "imap://x"}, capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 2
    assert "mail_url" in told.stderr
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "data").exists()


def test_the_tables_are_those_of_the_models(db):
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
