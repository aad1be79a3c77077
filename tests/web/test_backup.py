"""A backup is taken beside a working installation, and another one goes on from it: deploy/backup.sh and docs/deploy.md."""

import subprocess
import sys

from hengtan.client import Client
from house.house import ROOT

from .serving import serving
from .test_client import MAKE, bill


def test_an_installation_goes_on_from_its_backup(tmp_path):
    data, kept, other = tmp_path / "data", tmp_path / "kept", tmp_path / "other"
    with serving(data) as (address, _first, _log):
        told = subprocess.run(
            [sys.executable, "-c", MAKE], env={"HENGTAN_DATA": str(data), "PATH": ""}, capture_output=True, text=True
        )
        owner, approver = told.stdout.split()
        with Client(address, owner) as carbon, Client(address, approver) as second:
            batch = carbon.send([bill(1, "12850.5")], name="January")
            second.post(f"/batches/{batch['id']}/approve")
            run = carbon.calculate("2024")
            env = {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable}
            done = subprocess.run([ROOT / "deploy/backup.sh", data, kept], env=env, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            later = carbon.post("/units", {"name": "after the backup"})
            assert later["name"]
    other.mkdir(mode=0o700)  # as docs/deploy.md restores it
    subprocess.run(["tar", "-C", other, "-xf", kept / "files.tar"], check=True)
    (other / "hengtan.sqlite3").write_bytes((kept / "hengtan.sqlite3").read_bytes())
    with serving(other) as (address, first, _log), Client(address, owner) as carbon:
        assert first is None  # somebody has set it up
        again = carbon.get(f"/runs/{run['id']}")
        assert again == carbon.get("/runs")["items"][0] and again["totals"] == run["totals"]
        assert carbon.get(f"/runs/{run['id']}/proof")["ok"]
        assert "after the backup" not in [unit["name"] for unit in carbon.all("/units")]
        assert carbon.get(f"/batches/{batch['id']}/rows")[:4] == b"PAR1"
        new = carbon.calculate("2024 once more")  # and it goes on
        assert new["digest"] == run["digest"] and carbon.get(f"/runs/{new['id']}/proof")["ok"]
