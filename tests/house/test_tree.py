"""What the repository may not hold, and what every file keeps to."""

import re

import pytest

from .house import ROOT, kept, text_of

# put together here, so that this file does not hold what it looks for
HOSTS = [
    "pythonhosted" + ".org",
    "pypi" + ".org",
    "registry." + "npm" + "js.org",
    "deb." + "debian.org",
    "npmmirror" + ".com",
]
PLACES = ["/" + "work/", "/" + "root/", "/" + "home/", "/" + "opt/", "/" + "Users/"]
FOUND = re.compile(
    "|".join(re.escape(word) for word in HOSTS)
    + "|(?<![\\w.~-])(?:"
    + "|".join(re.escape(word) for word in PLACES)
    + ")"
)
LONGEST = 450


def texts():
    return [
        (path.relative_to(ROOT).as_posix(), text)
        for path in kept()
        if path.suffix not in {".csv", ".svg"} and (text := text_of(path)) is not None
    ]


def test_no_file_names_a_package_host_or_a_place_on_somebodys_machine():
    assert [(name, match.group()) for name, text in texts() for match in [FOUND.search(text)] if match] == []


def test_locks_have_hashes_and_no_address():
    for lock in ("run", "dev", "uv"):
        text = (ROOT / f"requirements/{lock}.txt").read_text("utf-8")
        assert "://" not in text
        packages = re.findall(r"^[\w.\[\]-]+==", text, re.M)
        assert packages
        assert len(re.findall(r"^[\w.\[\]-]+==.*\\\n\s+--hash=sha256:", text, re.M)) == len(packages)


def test_the_two_locks_agree():
    def versions(lock):
        return dict(
            re.findall(r"^([\w.-]+==[^\s;]+)(.*)\\$", (ROOT / f"requirements/{lock}.txt").read_text("utf-8"), re.M)
        )

    assert set(versions("run")) - set(versions("dev")) == set()


def test_a_python_file_of_ours_is_never_longer_than_450_lines():
    long = {
        name: lines
        for name, text in texts()
        if name.endswith(".py") and not name.startswith("tests/") and (lines := text.count("\n")) > LONGEST
    }
    assert long == {}


def test_a_folder_of_data_has_a_readme():
    folders = {
        path.parent for path in kept() if path.is_relative_to(ROOT / "data") or path.is_relative_to(ROOT / "examples")
    }
    assert [folder for folder in folders if not (folder / "README.md").exists()] == []


@pytest.mark.parametrize(
    "name", ["README.md", "README.zh.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "NOTICE"]
)
def test_the_page_is_there_and_not_empty(name):
    assert len((ROOT / name).read_text("utf-8")) > 200
