"""The real Toronto workbook through the wizard in a real browser, in both languages; a colleague approves; typed rows."""

import re

import pytest
from playwright.sync_api import expect

from .importing import TORONTO
from .serving import serving
from .test_browser import PASSWORD, SIZES, Desk, browser, pytestmark

__all__ = ["browser", "pytestmark"]
NAME = "toronto_2018_energy_ghg_report.xlsx"
WORDS = {
    "en-GB": {
        "check": "Check the rows", "leave": "Leave out", "go": "Go on", "changes": "Changes made here",
        "waiting": "Waiting for approval", "approve": "Approve", "approved": "Approved. The rows count from now on.",
    },
    "zh-CN": {
        "check": "检查数据行", "leave": "剔除", "go": "继续", "changes": "所作修改", "waiting": "待审批", "approve": "批准",
        "approved": "已批准，数据行自现在起计入。",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", list(WORDS))
def test_the_toronto_workbook_comes_in_is_mended_submitted_and_approved(browser, tmp_path, language):
    say = WORDS[language]
    with serving(tmp_path / "data") as (address, first_run, _log):
        lin = Desk(browser, language)
        lin.page.goto(first_run)
        lin.types(
            organisation="City of Toronto", region="CA-ON", name="Lin Wei", email="lin@example.com", password=PASSWORD
        )
        lin.sends()
        inside = re.match(r".*/o/\w+/", lin.page.url)[0]
        lin.page.goto(f"{inside}people/invite/")
        lin.page.select_option("[name=role]", "approver")
        lin.types(email="chen@example.com")
        lin.sends()
        link = lin.page.inner_text("#link")

        lin.page.goto(f"{inside}data/import/")
        lin.page.set_input_files("[name=files]", [TORONTO / NAME, TORONTO / "ontario_2018_factors.csv"])
        lin.page.fill("#name", "Toronto 2018")
        lin.sends()
        lin.page.click(f"text={say['check']}")
        expect(lin.page.locator(".ht-rec")).to_contain_text("2,962")
        expect(lin.page.locator(".ht-rec")).to_contain_text("1,506,450,262.71")
        lin.page.click("a[href='#r1241']")
        expect(lin.page.locator("#r1241")).to_be_in_viewport()
        lin.page.click(f"button:text-is('{say['leave']}')")
        expect(lin.page.locator("main")).to_contain_text(say["changes"])
        expect(lin.page.locator(".ht-rec")).to_contain_text("2,959")
        lin.page.click(".ht-rec .btn-primary")
        expect(lin.page.locator("main")).to_contain_text("170,144.74")  # as published
        lin.sends()
        expect(lin.page.locator(".ht-ctx")).to_contain_text(say["waiting"])
        batch = lin.page.url
        assert lin.page.locator("button[name=approve]").count() == 0

        chen = Desk(browser, language, SIZES[2])
        chen.page.goto(link)
        chen.types(name="Chen Yu", password=PASSWORD)
        chen.sends()
        chen.page.goto(batch)
        chen.page.click("button[name=approve]")
        expect(chen.page.locator(".ht-said")).to_contain_text(say["approved"])
        chen.page.goto(f"{batch}rows/?q=TOR18-1190")
        expect(chen.page.locator("#rows")).to_contain_text("L1190")

        for size in SIZES:
            desk = Desk(browser, language, size, lin.context.storage_state())
            for page in ("data/", "data/import/", "data/entry/", "data/periods/", "jobs/"):
                desk.page.goto(inside + page)
                assert not desk.sideways(), (size, page)
            desk.page.goto(batch)
            assert not desk.sideways(), size
            assert desk.complaints == []
            assert desk.hosts <= {address, "data:"}
        for desk in (lin, chen):
            assert desk.complaints == []


def test_rows_are_typed_and_pasted_by_keyboard_and_survive_a_closed_page(browser, tmp_path):
    with serving(tmp_path / "data") as (_address, first_run, _log):
        lin = Desk(browser, "en-GB")
        lin.page.goto(first_run)
        lin.types(organisation="Yong", region="CN-33", name="Lin Wei", email="lin@example.com", password=PASSWORD)
        lin.sends()
        inside = re.match(r".*/o/\w+/", lin.page.url)[0]
        lin.page.goto(f"{inside}data/entry/")
        first = lin.page.locator("tbody tr:nth-child(1) input[name=quantity]")
        first.fill("100")
        first.press("Enter")
        lin.page.keyboard.type("200")
        lin.page.evaluate(
            """() => { const data = new DataTransfer(); data.setData("text/plain", "hall\\telectricity\\t2026-05\\nhall\\telectricity\\t2026-06\\n");
            document.querySelector("tbody input").dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})); }"""
        )
        for row in (1, 2):
            lin.page.fill(f"tbody tr:nth-child({row}) input[name=unit]", "kWh")
        lin.page.reload()
        expect(lin.page.locator("tbody tr:nth-child(2) input[name=start]")).to_have_value("2026-06")
        expect(lin.page.locator("tbody tr:nth-child(2) input[name=quantity]")).to_have_value("200")
        lin.sends()
        expect(lin.page.locator(".ht-rec")).to_contain_text("2 will post")
        assert lin.complaints == []
