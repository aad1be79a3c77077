"""The ZIP of a package: what a stranger may have put into it is refused before anything is verified, and nothing stays."""

import os
import stat
import subprocess
import tempfile
import zipfile
from pathlib import Path

import pytest

from hengtan.evidence import archive, verify
from hengtan.problems import HengtanError
from house.house import BIN


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Where archives are unpacked is looked at afterwards."""
    folder = tmp_path / "unpacking"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def zipped(path, *members, **content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name in members or ("package/package.json", "package/run/run.json"):
            file.writestr(name, content.get("text", "{}"))
    return path


def code(path):
    with pytest.raises(HengtanError) as caught:
        verify(path)
    (problem,) = caught.value.problems
    assert problem.reason("zh") and problem.reason("en")
    return problem.code


LISTED = f"package/{archive.LIST}"


def test_an_archive_of_a_package_is_one_and_a_workbook_is_none(tmp_path):
    assert archive.is_package(zipped(tmp_path / "p.zip", LISTED))
    assert archive.is_package(zipped(tmp_path / "q.zip", archive.LIST))
    assert not archive.is_package(zipped(tmp_path / "w.xlsx", "xl/workbook.xml"))
    (tmp_path / "t.zip").write_bytes(b"PK\x03\x04 and no more")
    assert not archive.is_package(tmp_path / "t.zip")


@pytest.mark.parametrize(
    "name",
    ["../outside", "package/../../outside", "/etc/outside", "C:/outside", "a\\..\\..\\outside", "a\nb", "\x1b[2J"],
)
def test_a_name_that_leads_out_is_refused_and_nothing_is_written(tmp_path, name):
    assert code(zipped(tmp_path / "p.zip", LISTED, name)) == "verify.archive-name"
    assert not list(tmp_path.rglob("outside"))


def test_a_link_is_refused(tmp_path):
    path = zipped(tmp_path / "p.zip", LISTED)
    link = zipfile.ZipInfo("package/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(link, "/etc/passwd")
    assert code(path) == "verify.archive-link"


def test_names_that_are_one_on_some_system_are_refused(tmp_path):
    assert code(zipped(tmp_path / "p.zip", LISTED, "package/Run", "package/run")) == "verify.archive-twice"
    assert code(zipped(tmp_path / "q.zip", LISTED, "package/\u00e9", "package/e\u0301")) == "verify.archive-twice"


def test_what_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "RATIO_COUNTS_FROM", 1000)
    assert code(zipped(tmp_path / "p.zip", LISTED, text="0" * 100_000)) == "verify.archive-bomb"
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    assert code(zipped(tmp_path / "p.zip", LISTED, text="0" * 100_000)) == "verify.archive-large"
    monkeypatch.setattr(archive, "MOST_FILES", 1)
    assert code(zipped(tmp_path / "q.zip", LISTED, "package/b")) == "verify.archive-many"


def test_a_part_that_declares_less_than_it_holds_is_refused(tmp_path):
    path = zipped(tmp_path / "p.zip", LISTED, text="0" * 50_000)
    data = path.read_bytes()
    size = (50_000).to_bytes(4, "little")
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, (10).to_bytes(4, "little")))
    assert code(path) in ("verify.archive-bomb", "verify.archive-spoilt")


def test_a_spoilt_archive_says_so(tmp_path):
    path = zipped(tmp_path / "p.zip", LISTED, text="".join(map(str, range(9999))))
    data = bytearray(path.read_bytes())
    data[200:220] = b"x" * 20
    path.write_bytes(data)
    assert code(path) == "verify.archive-spoilt"


def test_an_archive_without_what_its_list_needs_fails_at_the_names_of_the_archive(tmp_path):
    path = zipped(tmp_path / "p.zip", LISTED)
    found = verify(path)
    assert (found.path, found.what, found.failed) == (path, "package", "log")
    assert found.layer("log").problems[0].file.startswith(str(path))
    hostile = zipped(tmp_path / "h.zip", LISTED, "../outside")
    for each, status in ((path, 3), (hostile, 2)):
        environ = os.environ | {"TMPDIR": tempfile.tempdir}
        done = subprocess.run([BIN / "hengtan", "verify", each], capture_output=True, text=True, env=environ)
        assert done.returncode == status, done
        assert tempfile.tempdir not in done.stdout + done.stderr


def test_our_own_names_are_allowed(tmp_path):
    path = zipped(tmp_path / "p.zip", LISTED, "package/inputs/表\u30001（终）?.xlsx")
    with archive.unpacked(path) as folder:
        assert isinstance(folder, Path) and (folder / "inputs" / "表\u30001（终）?.xlsx").exists()
