"""A newcomer with a browser: first run, a facility, a colleague, the other language; at three sizes nothing sticks out."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from .serving import serving

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = [(1440, 900), (1280, 720), (390, 844)]
PASSWORD = "bridge lantern copper 41"
SLOW = 120_000  # milliseconds; no measure: how long what has to come may take on a busy machine

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium here (requirements/debian.txt)"),
]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as play:
        expect.set_options(timeout=SLOW)
        chromium = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


class Desk:
    """A person's browser, which remembers what the page complained about and where it asked."""

    def __init__(self, browser, language, size=SIZES[0], state=None):
        self.context = browser.new_context(
            locale=language, viewport={"width": size[0], "height": size[1]}, storage_state=state
        )
        self.context.set_default_timeout(SLOW)
        self.page = self.context.new_page()
        self.complaints, self.hosts = [], set()
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        self.page.on(
            "request", lambda asked: self.hosts.add(re.sub(r"^(\w+://[^/]+|data:).*", r"\1", asked.url, flags=re.S))
        )

    def types(self, **fields):
        for name, value in fields.items():
            self.page.fill(f"[name={name}]", value)

    def sends(self):
        self.page.click("main .btn-primary")

    def sideways(self):
        return self.page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_from_the_first_run_to_a_colleague_in_the_other_language(browser, tmp_path):
    with serving(tmp_path / "data") as (address, first_run, log):
        lin = Desk(browser, "zh-CN")
        lin.page.goto(first_run)
        lin.types(
            organisation="宁波甬江精密制造", region="浙江", name="林薇", email="lin@example.com", password="short"
        )
        lin.sends()
        expect(lin.page.locator(".ht-errors")).to_contain_text("密码太短")
        assert lin.page.input_value("[name=organisation]") == "宁波甬江精密制造"
        lin.complaints.clear()  # a browser calls 422 an error
        lin.types(password=PASSWORD)
        lin.sends()
        expect(lin.page.locator("h1")).to_have_text("宁波甬江精密制造")
        inside = lin.page.url

        lin.page.click("text=添加第一处设施")
        lin.page.locator("[name=region]").press_sequentially("广东")
        expect(lin.page.locator("datalist option[value=CN-44]")).to_have_count(1)
        lin.types(name="东莞注塑厂", floor_area_m2="23100")
        lin.sends()
        expect(lin.page.locator("h1")).to_have_text("东莞注塑厂")
        expect(lin.page.locator(".ht-ctx")).to_contain_text("CN-44")

        lin.page.goto(f"{inside}facilities/")
        lin.page.focus("[data-find]")
        lin.page.keyboard.type("没有这样的")
        expect(lin.page.locator("#rows")).to_contain_text("没有符合条件的设施")

        lin.page.goto(f"{inside}people/invite/")
        lin.page.select_option("[name=role]", "auditor")
        expect(lin.page.locator("select[name=facilities]")).to_be_hidden()
        lin.page.select_option("[name=role]", "contributor")
        lin.page.select_option("[name=facilities]", label="东莞注塑厂")
        lin.types(email="chen@example.com")
        lin.sends()
        link = lin.page.inner_text("#link")
        assert link in log.read_text()  # the e-mail, on the console

        chen = Desk(browser, "en-GB", SIZES[2])
        chen.page.goto(link)
        chen.types(name="Chen Yu", password="copper lantern bridge 77")
        chen.sends()
        expect(chen.page.locator(".ht-said")).to_contain_text("Welcome to 宁波甬江精密制造")
        chen.page.click(".tabbar >> text=More")
        chen.page.click("main >> text=Facilities")
        expect(chen.page.locator("#rows")).to_contain_text("东莞注塑厂")
        chen.page.click(".tabbar >> text=More")
        chen.page.click("main button[name=language]")
        expect(chen.page.locator(".tabbar")).to_contain_text("更多")
        again = Desk(browser, "en-GB", SIZES[2])
        again.page.goto(f"{address}/account/login/")
        again.types(login="chen@example.com", password="copper lantern bridge 77")
        again.sends()
        expect(again.page.locator(".tabbar")).to_contain_text("更多")  # kept with the person

        for size in SIZES:
            desk = Desk(browser, "zh-CN", size, lin.context.storage_state())
            for page in (
                "",
                "facilities/",
                "facilities/1/",
                "facilities/new/",
                "units/",
                "people/",
                "denominators/",
                "settings/",
            ):
                desk.page.goto(inside + page)
                assert not desk.sideways(), (size, page)
            assert desk.complaints == []
            assert desk.hosts == {address}
        for desk in (lin, chen, again):
            assert desk.complaints == []
            assert desk.hosts <= {address, "data:"}


def test_the_whole_way_goes_by_keyboard_and_the_focus_is_seen(browser, tmp_path):
    with serving(tmp_path / "data") as (_address, first_run, _log):
        desk = Desk(browser, "en-GB")
        desk.page.goto(first_run)
        seen = []
        for _ in range(20):
            desk.page.keyboard.press("Tab")
            seen.append(desk.page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
            outline = desk.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid", seen[-1]
            if seen[-1] == "Begin":
                break
        assert seen[0] == "Skip to content"
        wanted = ["organisation", "region", "approach", "name", "email", "password", "code", "Begin"]
        assert [name for name in seen if name in wanted] == wanted
