"""The way of a carbon-asset manager and his approver in a real browser: a plan out of the book, approved, its steps posted, until the gap is closed."""

import re
import subprocess
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from house.house import BIN

from .serving import serving
from .test_browser import PASSWORD, SIZES, Desk, browser, pytestmark

__all__ = ["browser", "pytestmark"]
TODAY = date.today()
YEAR = TODAY.year - 1  # its emissions are surrendered until the end of this year
CEA = f"CEA{YEAR % 100:02}"
WIDE = """[...document.querySelectorAll('#main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.ht-scroll, .ht-tabs, nav'))
    .map(e => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 40)).slice(0, 8)"""
BEYOND = """[...document.querySelectorAll('#main .ht-scroll > table:not(.cpi-t)')].filter(e => e.checkVisibility() && e.getBoundingClientRect().width > e.parentNode.clientWidth + 2).map(e => e.className)"""
ON_PAPER = """[...document.querySelectorAll('#main table')].filter(e => e.getBoundingClientRect().right > innerWidth + 2)
    .concat([...document.querySelectorAll('.ht-side, .ht-top, .tabbar, .as-tabs, #main .btn')].filter(e => e.checkVisibility())).map(e => e.tagName + '.' + e.className)"""
NAME = "甬江热电有限公司"
WORDS = {
    "zh-CN": {
        "room": f"{YEAR} 年度配额清缴", "optimal": "已证最优", "gap": "缺口", "why": "97.40 元/吨", "posted": "已入账 #", "later": "待前置步骤",
        "submitted": "已提交", "approved": "计划已批准", "proof": "证明文件", "notice": "等待您审批", "cost": "1.46",
    },
    "en-GB": {
        "room": f"Surrender for {YEAR}", "optimal": "Proven cheapest", "gap": "Gap", "why": "97.40 CNY/t", "posted": "posted, no.",
        "later": "not yet", "submitted": "Submitted", "approved": "Plan approved", "proof": "Proof file", "notice": "waits for your decision", "cost": "14,610.00",
    },
}  # fmt: skip


class Way:
    """Two people of one organisation, in one language."""

    def __init__(self, browser, first_run, language):
        self.words = WORDS[language]
        self.lin = Desk(browser, language)
        self.lin.page.goto(first_run)
        self.lin.types(organisation="甬江集团", region="CN-33", name="林薇", email="lin@example.com", password=PASSWORD)
        self.lin.sends()
        self.inside = re.match(r".*/o/\w+/", self.lin.page.url)[0]
        self.lin.page.goto(f"{self.inside}people/invite/")
        self.lin.types(email="chen@example.com")
        self.lin.page.select_option("[name=role]", "approver")
        self.lin.sends()
        self.chen = Desk(browser, language)
        self.chen.page.goto(self.lin.page.inner_text("#link"))
        self.chen.types(name="陈宇", password="copper lantern bridge 77")
        self.chen.sends()

    def holds(self, quantity):
        """The account, and allowances that were allocated to it."""
        page = self.lin.page
        page.goto(f"{self.inside}assets/accounts/")
        self.lin.types(key="YJ", entity=NAME)
        page.locator("form:has([name=entity]) button.btn-primary").click()
        expect(page.locator("table")).to_contain_text(NAME)
        page.goto(f"{self.inside}assets/new/?kind=allocate")
        page.select_option("[name=account]", "YJ")
        self.lin.types(day=(TODAY - timedelta(days=3)).isoformat(), instrument=CEA, quantity=str(quantity))
        self.proposes()
        self.approves(1)

    def proposes(self):
        """The event on the form goes before the second person."""
        self.lin.page.locator("form:has([name=quantity]) button.btn-primary").last.click()
        expect(self.lin.page).to_have_url(re.compile(r"/assets/queue/\d+/"))

    def approves(self, count):
        """The second person takes so many postings from the queue, one after the other."""
        page = self.chen.page
        for _ in range(count):
            page.goto(f"{self.inside}assets/queue/")
            page.locator("#main table a[href*='/assets/queue/']").first.click()
            page.locator("button[name=verdict][value=approve]").click()
            expect(page.locator(".ht-said")).to_be_visible()

    def plans(self, due):
        """The plan out of the book: what the book does not know is typed."""
        page = self.lin.page
        page.goto(f"{self.inside}compliance/")
        expect(page.locator("h1")).to_have_text(self.words["room"])
        page.locator("a[href$='/compliance/new/']").first.click()
        page.locator("form:has([name=begin]) .btn-primary").click()
        expect(page.locator("[name='holdings.0.t']")).to_have_value(re.compile("1,?000"))
        page.locator("#cp-form .act .btn-primary").click()  # nothing is planned from what nobody said
        expect(page.locator("#cp-wrong")).to_be_visible()
        assert page.locator("[aria-invalid=true]").count() >= 2
        page.select_option("[name='entities.0.sector']", "power")
        page.fill("[name='emissions.0.verified_t']", f"{due:,}")
        page.fill("[name='offers.0.price']", "97.40")
        page.locator("#cp-form .act .btn-primary").click()
        expect(page).to_have_url(re.compile(r"/compliance/plans/\d+/"))
        expect(page.locator("#main")).to_contain_text(self.words["optimal"])
        return page.url


def walk(browser, data, language):
    """From an allocation to the surrender that closes the gap."""
    with serving(data) as (address, first_run, _log):
        way = Way(browser, first_run, language)
        lin, chen, words = way.lin.page, way.chen.page, way.words
        way.holds(1000)
        plan = way.plans(1150)
        expect(lin.locator("#steps")).to_contain_text(words["why"])
        expect(lin.locator("#steps tfoot")).to_contain_text(words["cost"])  # 150 t x 97.40
        lin.locator("form[action$='/submit/'] button").click()
        expect(lin.locator(".ht-said")).to_contain_text(words["submitted"])
        assert lin.locator("#decide").count() == 0  # not one's own

        chen.goto(f"{way.inside}notices/")
        chen.locator("form button", has_text=words["notice"]).or_(
            chen.locator("#main", has_text=words["notice"])
        ).first.wait_for()
        chen.goto(plan)
        chen.locator("#decide button[value=approve]").click()
        expect(chen.locator("#main")).to_contain_text(words["approved"])

        lin.goto(f"{way.inside}compliance/")
        expect(lin.locator("#main")).to_contain_text(re.compile(rf"{words['gap']}\s*150"))
        lin.locator("form[action$='/propose/'] button").click()  # the allocated ones; the others are not bought yet
        expect(lin.locator("#step-2")).to_contain_text(words["later"])
        way.approves(1)
        lin.goto(f"{way.inside}compliance/")
        expect(lin.locator("#step-1")).to_contain_text(words["posted"])
        lin.locator("#step-2 a.cp-do").click()  # the purchase, with what the plan knows of it
        expect(lin.locator("[name=quantity]")).to_have_value("150")
        way.proposes()
        way.approves(1)
        lin.goto(f"{way.inside}compliance/")
        lin.locator("form[action$='/propose/'] button").click()
        expect(lin.locator("#step-2 .ht-tag.warn")).to_be_visible()
        way.approves(1)

        lin.goto(f"{way.inside}compliance/")
        expect(lin.locator("#step-2 .ht-tag.ok")).to_have_count(2)  # bought and surrendered
        assert lin.locator("form[action$='/propose/']").count() == 0
        assert re.search(words["gap"] + r"\s*0", lin.inner_text(".ht-kpis")), lin.inner_text(".ht-kpis")
        lin.locator("#step-2 .ht-tag.ok").last.click()
        expect(lin.locator("a[href$='what=proof']")).to_be_visible()
        files = []
        for link in (lin.locator("a[href$='/proof/']").first, lin.locator("a[href$='what=proof']").first):
            with lin.expect_download() as told:
                link.click()
            files.append(data.parent / told.value.suggested_filename)
            told.value.save_as(files[-1])
        told = subprocess.run([BIN / "hengtan", "verify", files[0]], capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout + told.stderr
        content = files[0].read_bytes()
        assert b'"quantity":"150"' in content
        files[0].write_bytes(content.replace(b'"quantity":"150"', b'"quantity":"151"'))
        assert subprocess.run([BIN / "hengtan", "verify", files[0]], capture_output=True, check=False).returncode == 3

        at_every_size(browser, way, plan)
        for desk in (way.lin, way.chen):
            left = ("422", "htmx:")  # a form that was refused; a page that was left while it asked
            assert [said for said in desk.complaints if not any(each in said for each in left)] == []
            assert desk.hosts <= {address, "data:"}


def at_every_size(browser, way, plan):
    """Nothing scrolls sideways, and the steps are reached by keyboard alone."""
    pages = (
        "compliance/",
        "compliance/new/",
        f"compliance/new/?begin=book&year={YEAR}",
        "compliance/plans/",
        "compliance/rules/",
    )
    for size in (SIZES[0], SIZES[2]):
        desk = Desk(browser, "zh-CN", size, way.lin.context.storage_state())
        for page in (*(way.inside + each for each in pages), plan):
            desk.page.goto(page)
            assert not desk.sideways(), (size, page, desk.page.evaluate(WIDE))
            assert size == SIZES[0] or desk.page.evaluate(BEYOND) == [], page  # on a phone each row is a card
        assert desk.complaints == []
    paper = Desk(browser, "zh-CN", (718, 1000), way.lin.context.storage_state())  # A4 less its margins
    paper.page.emulate_media(media="print", color_scheme="dark")
    for page in ("assets/", "assets/postings/", "assets/units/", *pages):
        paper.page.goto(way.inside + page)
        assert paper.page.evaluate(ON_PAPER) == [], page
        ground = paper.page.evaluate(
            "getComputedStyle(document.querySelector('#main .card, .ht-empty, body')).backgroundColor"
        )
        assert ground in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"), (page, ground)
    paper.context.close()
    desk.page.goto(plan)
    seen = set()
    for _ in range(150):
        desk.page.keyboard.press("Tab")
        place = desk.page.evaluate("e => (e = document.activeElement).getAttribute('href') || e.name || e.tagName")
        seen.add(re.sub(r"^.*/o/\w+", "", str(place)))
    assert any("assets/postings/" in each for each in seen), seen


def test_a_plan_out_of_the_book_is_approved_and_posted_until_the_gap_is_closed(browser, tmp_path):
    walk(browser, tmp_path / "data", "zh-CN")


@pytest.mark.long
def test_the_same_way_in_english(browser, tmp_path):
    walk(browser, tmp_path / "data", "en-GB")
