"""A newcomer with a browser and ``hengtan serve --demo``: from the total to a proven cell, by mouse, in both languages."""

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from .serving import serving
from .test_browser import CHROMIUM, SIZES, Desk, browser  # noqa: F401  the fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium here (requirements/debian.txt)"),
]
PAGES = (
    "runs/1/", "runs/1/?basis=market", "runs/1/rows/?scope=2", "runs/1/facilities/", "runs/1/problems/", "runs/1/explain/?id=TOR18-1190-J",
    "runs/1/compare/", "runs/", "runs/new/",
)  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("demo") / "data", "--demo") as (address, _first_run, log):
        told = log.read_text()
        link = re.search(r"Open\s+(\S+)", told).group(1)
        password = re.search(r"password\s+(\S+)", told).group(1)
        yield address, link, password


def test_three_clicks_from_the_total_to_the_cell_and_the_proof_that_the_browser_walks(browser, demo):  # noqa: F811
    address, link, password = demo
    desk = Desk(browser, "en-GB")
    page = desk.page
    page.goto(link)
    desk.types(login="lin@demo.example", password=password)
    desk.sends()
    expect(page.locator(".hero .v")).to_contain_text("161,981.15")
    page.click(".hero .ht-ex")
    page.locator("#rows .ht-ex").nth(1).click()
    expect(page.locator("h1")).to_contain_text("Main Treatment Plant")
    expect(page.locator(".ht-sheet td.cell")).to_have_text("6802374.340276999")
    expect(page.locator("[data-proof-state]")).to_have_text("verified in this browser")
    expect(page.locator(".ht-eq .is .v")).to_contain_text("12,922.40")
    inside = re.match(r".*/o/\w+/", page.url).group(0)

    page.goto(f"{inside}runs/1/")
    bars = page.locator("[data-chart=chart-facilities] svg path[fill]:not([fill=none])")
    expect(bars.first).to_be_visible()
    box = page.locator("[data-chart=chart-facilities]").bounding_box()
    page.mouse.click(box["x"] + 175, box["y"] + 12)
    page.wait_for_url("**/rows/**")
    assert "facility=Main Treatment Plant" in unquote(page.url.replace("+", " "))
    expect(page.locator(".ht-sum")).to_contain_text("18,193.62")

    page.goto(f"{inside}runs/1/")
    for kind in ("png", "svg"):
        page.click(".ht-tools:has([data-of=chart-months]) summary")
        with page.expect_download() as coming:
            page.click(f"[data-save={kind}][data-of=chart-months]")
        assert coming.value.suggested_filename == f"chart-months.{kind}"
        assert coming.value.path().stat().st_size > 2000

    page.click(".ht-top button[name=language]")
    expect(page.locator(".hero .l")).to_contain_text("总排放")
    for size in SIZES:
        small = Desk(browser, "zh-CN", size, desk.context.storage_state())
        for path in PAGES:
            small.page.goto(inside + path)
            assert not small.sideways(), (size, path)
        assert small.complaints == []
        assert small.hosts <= {address, "data:"}
    assert desk.complaints == []
    assert desk.hosts <= {address, "data:"}


def test_a_number_is_reached_by_keyboard_and_its_focus_is_seen(browser, demo):  # noqa: F811
    _address, link, password = demo
    desk = Desk(browser, "en-GB", SIZES[1])
    desk.page.goto(link)
    desk.types(login="chen@demo.example", password=password)
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator(".hero .ht-ex")).to_be_visible()
    for _ in range(40):
        desk.page.keyboard.press("Tab")
        if desk.page.evaluate("document.activeElement.matches('.hero .ht-ex')"):
            break
    assert desk.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("h1")).to_have_text("Rows")
    assert desk.complaints == []
