"""The way of an allowance in a real browser: allocation proposed, approved by another, a trade imported, surrendered, its proof seen."""

import re

from playwright.sync_api import expect

from .serving import serving
from .test_browser import PASSWORD, Desk, browser, pytestmark

__all__ = ["browser", "pytestmark"]
TRADES = "成交编号,成交日期,买卖方向,交易账户,标的代码,成交数量(吨),成交价(元/吨),交易方式\nT-1,2026-10-12,买入,A1,CEA25,200,97.40,挂牌协议\n"


def test_from_allocation_to_a_proved_surrender(browser, tmp_path):
    with serving(tmp_path / "data") as (address, first_run, _log):
        lin = Desk(browser, "en-GB")
        lin.page.goto(first_run)
        lin.types(organisation="Yong", region="CN-33", name="Lin", email="lin@example.com", password=PASSWORD)
        lin.sends()
        inside = re.match(r".*/o/\w+/", lin.page.url)[0]
        lin.page.goto(f"{inside}people/invite/")
        lin.types(email="chen@example.com")
        lin.page.select_option("[name=role]", "approver")
        lin.sends()
        link = lin.page.inner_text("#link")
        chen = Desk(browser, "en-GB")
        chen.page.goto(link)
        chen.types(name="Chen", password="copper lantern bridge 77")
        chen.sends()

        def approved():
            chen.page.goto(f"{inside}assets/queue/")
            chen.page.click("text=Approve >> nth=-1")
            expect(chen.page.locator("#main")).to_contain_text("Approved: posting")

        lin.page.goto(f"{inside}assets/accounts/")
        lin.types(key="A1", entity="Yong River Power")
        lin.page.click("text=Open the account")
        expect(lin.page.locator("table")).to_contain_text("Yong River Power")
        lin.page.goto(f"{inside}assets/new/?kind=allocate")
        lin.types(day="2026-09-28", instrument="CEA25", quantity="1000")
        lin.page.select_option("[name=account]", "A1")
        lin.page.click("text=Propose >> nth=-1")
        expect(lin.page.locator("h1")).to_contain_text("CEA25")
        assert lin.page.locator("text=Approve and post").count() == 0  # not one's own
        approved()

        lin.page.goto(f"{inside}assets/import/")
        lin.page.set_input_files(
            "[name=file]", {"name": "trades.csv", "mimeType": "text/csv", "buffer": TRADES.encode()}
        )
        lin.page.click("text=Take it in")
        expect(lin.page.locator(".as-queue")).to_contain_text("trades.csv")
        approved()

        lin.page.goto(f"{inside}assets/new/?kind=surrender")
        lin.types(day="2026-11-20", instrument="CEA25", quantity="1300", year="2025", due_t="1300")
        lin.page.select_option("[name=account]", "A1")
        lin.page.click("text=Propose >> nth=-1")
        expect(lin.page.locator("#main")).to_contain_text("1,200")  # more than there is
        assert lin.page.locator("[name=quantity]").input_value() == "1300"
        lin.types(quantity="1150", due_t="1150")
        lin.page.click("text=Propose >> nth=-1")
        expect(lin.page.locator("h1")).to_contain_text("surrender")
        approved()

        chen.page.goto(f"{inside}assets/postings/")
        chen.page.click("text=#3")
        expect(chen.page.locator("text=Proof file")).to_be_visible()
        with chen.page.expect_download() as told:
            chen.page.click("text=Proof file")
        proof = tmp_path / "proof"
        told.value.save_as(proof)
        assert proof.read_text().startswith("c2sp.org/tlog-proof@v1")
        lin.page.goto(f"{inside}assets/?year=2025")
        expect(lin.page.locator(".as-pos tbody")).to_contain_text("50")
        expect(lin.page.locator(".ht-chart svg")).to_be_visible()
        assert [said for said in (*lin.complaints, *chen.complaints) if "Content Security Policy" in said] == []
        assert address in lin.page.url
