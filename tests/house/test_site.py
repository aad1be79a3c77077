"""The site builds, loads nothing from elsewhere, and leads to every page."""

import re
import subprocess
import sys

import pytest

from .house import ROOT, environment


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", folder]
    told = subprocess.run(
        command, cwd=ROOT, env={**environment(), "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return folder


def test_no_page_loads_anything_from_elsewhere(site):
    loads = re.compile(
        r"""<(?:script|img|iframe|source)[^>]+src=["']?(?:https?:)?//|<link[^>]+rel=["']?(?:stylesheet|preconnect|preload|icon)["']?[^>]+href=["']?(?:https?:)?//|@import\s+url\(["']?https?:"""
    )
    found = {
        page.relative_to(site).as_posix() for page in site.rglob("*.html") if loads.search(page.read_text("utf-8"))
    }
    assert found == set()


def test_every_page_can_be_reached_from_the_first(site):
    first = (site / "index.html").read_text("utf-8")
    pages = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    pages = {re.sub(r"(^|/)(index|README)$", r"\1", page) for page in pages} - {""}
    assert [page for page in sorted(pages) if f'href="{page.rstrip("/")}/"' not in first] == []


def test_every_problem_code_stands_on_the_problems_page(site):
    from hengtan.problems import catalogue

    for lang in ("", "zh/"):
        text = (site / f"{lang}problems/index.html").read_text("utf-8")
        assert [code for code in catalogue() if code not in text] == []
