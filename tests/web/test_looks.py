"""Looks that can be checked: contrast of every colour of text in both appearances, and no page that sticks out sideways or complains."""

import re
from pathlib import Path

import pytest

from hengtan.web.shell.middleware import POLICY
from house.house import ROOT

from .serving import serving
from .test_browser import CHROMIUM, SIZES, Desk, browser  # noqa: F401  the fixture

STATIC = ROOT / "src/hengtan/web/shell/static/hengtan"
TEXTS = ("ink", "ink-2", "ink-3", "accent", "ok", "warn", "bad", "info", "up", "down")
GROUNDS = ("page", "surface", "sunken")
SOFT = ("accent", "ok", "warn", "bad", "info")
MARKS = ("s1", "s2", "s3", "m-pinned", "m-exact", "m-proxy", "m-rejected")


def tokens(appearance):
    css = (STATIC / "theme.css").read_text()
    root = css[css.index(":root{") : css.index("[data-bs-theme=dark]{")]
    dark = css[css.index("[data-bs-theme=dark]{") : css.index("html,body{")]
    found = dict(re.findall(r"--ht-([\w-]+):(#[0-9A-Fa-f]{6})", root))
    return found | (dict(re.findall(r"--ht-([\w-]+):(#[0-9A-Fa-f]{6})", dark)) if appearance == "dark" else {})


def light_of(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((light_of(one), light_of(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_text_stands_out_by_four_and_a_half_and_marks_by_three(appearance):
    colour = tokens(appearance)
    weak = [
        (text, ground, round(contrast(colour[text], colour[ground]), 2))
        for text, grounds in [
            *((text, GROUNDS) for text in TEXTS),
            *((name, (f"{name}-soft",)) for name in SOFT),
            ("accent-ink", ("accent",)),
        ]
        for ground in grounds
        if contrast(colour[text], colour[ground]) < 4.5
    ]
    weak += [(mark, "surface") for mark in MARKS if contrast(colour[mark], colour["surface"]) < 3]
    assert weak == []


def test_no_template_brings_style_or_script_that_the_policy_refuses():
    assert "unsafe" not in POLICY
    bad = re.compile(
        r"\sstyle=|\son\w+=[\"']|<style|<script(?![^>]*(?:\bsrc=|type=\"application/json\"))", re.IGNORECASE
    )
    found = [path.name for path in (ROOT / "src/hengtan/web").rglob("*.html") if bad.search(path.read_text("utf-8"))]
    assert found == []


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium here (requirements/debian.txt)")
def test_every_page_of_the_side_bar_can_be_read_and_none_sticks_out_or_complains_at_any_size(browser, tmp_path):  # noqa: F811
    with serving(tmp_path / "data", "--demo") as (address, _first_run, log):
        told = log.read_text()
        link = re.search(r"Open\s+(\S+)", told).group(1)
        desk = Desk(browser, "en-GB")
        desk.page.goto(link)
        desk.types(login="lin@demo.example", password=re.search(r"password\s+(\S+)", told).group(1))
        desk.sends()
        inside = re.match(r".*/o/\w+/", desk.page.url).group(0)
        links = desk.page.eval_on_selector_all(".ht-nav a, .ht-top a", "found => found.map(each => each.href)")
        more = (
            "runs/1/rows/",
            "runs/1/facilities/",
            "runs/1/explain/?id=TOR18-1190-J",
            "find/?q=Main",
            "data/calendar/",
        )
        pages = list(dict.fromkeys([*links, *(inside + each for each in more), f"{address}/account/me/"]))
        wide, faint, contrast_of = [], [], (Path(__file__).parent / "contrast.js").read_text("utf-8")
        for language in ("en", "zh-hans"):
            desk.page.goto(f"{address}/more/")
            if desk.page.get_attribute("html", "lang") != language:
                desk.page.click("main button[name=language]")
            for size in SIZES:
                other = Desk(browser, language, size, desk.context.storage_state())
                for page in pages:
                    other.page.goto(page)
                    assert other.page.get_attribute("html", "lang") == language, page
                    if other.sideways():
                        wide.append((language, size, page))
                    if size == SIZES[0]:
                        faint += [(language, page, each) for each in other.page.evaluate(contrast_of)]
                assert other.complaints == [], (language, size)
                assert other.hosts <= {address, "data:"}
                other.context.close()
        assert wide == []
        dark = Desk(browser, "en-GB", SIZES[2], desk.context.storage_state())
        dark.page.emulate_media(color_scheme="dark")
        for page in pages:
            dark.page.goto(page)
            assert dark.page.get_attribute("html", "data-bs-theme") == "dark", page
            faint += [("dark", page, each) for each in dark.page.evaluate(contrast_of)]
        assert faint == []
