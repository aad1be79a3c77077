import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

Drawn = Callable[..., Path]
VOID = {"meta", "br", "hr", "img", "link", "input"}
ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "p",
    "span",
    "h1",
    "h2",
    "h3",
    "div",
    "nav",
    "details",
    "summary",
    "ol",
    "ul",
    "li",
    "a",
    "main",
    "dl",
    "dt",
    "dd",
    "section",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "small",
    "strong",
    "code",
    "pre",
    "b",
    "i",
    "figure",
    "figcaption",
    "svg",
    "desc",
    "g",
    "rect",
    "path",
    "text",
    "circle",
    "polygon",
    "polyline",
}


class Page(HTMLParser):
    """Counts elements, keeps attributes and text, and finds out whether tags close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, (tag, self.open[-3:])

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(
    params=[
        ("toronto", "en", "iso14064"),
        ("plant", "zh", "cn-enterprise"),
        ("hostile", "en", "ghgp"),
        ("empty", "zh", "iso14064"),
    ]
)
def source(request: pytest.FixtureRequest, drawn: Drawn) -> str:
    return (drawn(*request.param) / "report.html").read_text("utf-8")


def test_the_page_loads_nothing_and_runs_nothing(source: str) -> None:
    page = Page(source)
    assert {tag for tag, _ in page.tags} <= ALLOWED
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on") and name != "style", (tag, name)
            if name in ("src", "href", "action", "data", "poster", "srcset", "xlink:href"):
                assert (value or "").startswith("#"), (tag, name, value)
    style = re.search(r"<style>(.*?)</style>", source, re.S)
    assert style and "url(" not in style[1] and "@import" not in style[1]


def test_the_policy_of_the_page_allows_only_its_own_style_sheet(source: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', source)
    style = re.search(r"<style>(.*?)</style>", source, re.S)
    assert policy and style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert "default-src 'none'" in policy[1] and f"style-src 'sha256-{digest}'" in policy[1]


def test_tags_close_in_order_and_names_of_sections_are_unique(source: str) -> None:
    page = Page(source)
    assert page.open == []
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))


def test_tables_have_headers_and_charts_have_names(source: str) -> None:
    page = Page(source)
    cells = [a for tag, a in page.tags if tag == "th"]
    assert cells and all(a.get("scope") in ("col", "row") for a in cells)
    drawings = source.count("<svg ")
    assert (
        source.count('role="img"') == drawings
        and len(re.findall(r"<svg [^>]*><title>[^<]+</title><desc>[^<]+</desc>", source)) == drawings
    )


def test_the_language_is_said(drawn: Drawn) -> None:
    assert '<html lang="zh-CN">' in (drawn("plant", "zh", "cn-enterprise") / "report.html").read_text("utf-8")
    assert '<html lang="en">' in (drawn("toronto", "en", "iso14064") / "report.html").read_text("utf-8")


def test_names_are_escaped_and_kept(drawn: Drawn) -> None:
    source = (drawn("hostile", "en", "ghgp") / "report.html").read_text("utf-8")
    assert "<script" not in source and "&lt;script&gt;alert(1)&lt;/script&gt;" in source
    assert "㐂 𠮷" in source and "\u202e" not in source
    assert "{summary} {0} %s" in "".join(Page(source).text)


def test_all_thousand_facilities_can_be_unfolded(drawn: Drawn) -> None:
    source = (drawn("toronto", "en", "iso14064") / "report.html").read_text("utf-8")
    assert "Show the other 971" in source and "161,981.15" in source
    assert source.count('<tr><th scope="row">') > 1_000
