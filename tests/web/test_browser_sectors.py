"""The way of a power company in a real browser: monthly values pasted, approved, the annual report, allowances from the statement and
each step of them, the same data in the inventory and reconciled, the record verified in the ledger. One form of it is tried every day."""

import csv
import io
import json
import re
import subprocess
import time

import pytest
from playwright.sync_api import expect

from hengtan.ledger.log import Log
from house.house import BIN

from .serving import serving
from .test_browser import CHROMIUM, PASSWORD, SLOW, Desk, browser  # noqa: F401  the fixture
from .test_browser_journey import calculated

FORMS = [pytest.param("zh-CN"), pytest.param("en-GB", marks=pytest.mark.browser)]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium here (requirements/debian.txt)")
MONTHS = "\t".join(["100000"] * 12)
PASTE = """([name, at, text]) => {
  const cell = document.querySelectorAll(`tr[data-parameter="${name}"] input.n`)[at];
  const held = new DataTransfer(); held.setData('text/plain', text);
  cell.dispatchEvent(new ClipboardEvent('paste', {clipboardData: held, bubbles: true, cancelable: true}));
}"""
YEARS = {
    "coal.conventional.c_ar": "0.5",
    "heat_supplied": "2000000",
    "heat_produced": "20000000",
    "rated_power": "660",
    "running_hours": "7500",
}


def kinds_of(ledger):
    return {json.loads(entry)["kind"] for entry in Log.open(ledger).entries()}


@pytest.mark.parametrize("language", FORMS)
def test_a_power_company_goes_from_months_to_allowances_and_three_views(browser, tmp_path, language):  # noqa: F811
    with serving(tmp_path / "data") as (_address, first_run, _log):
        lin = Desk(browser, language)
        page = lin.page
        page.goto(first_run)
        lin.types(organisation="甬江发电", region="CN-33", name="Lin Wei", email="lin@example.com", password=PASSWORD)
        lin.sends()
        inside = re.match(r".*/o/\w+/", page.url)[0]
        page.goto(f"{inside}people/invite/")
        page.select_option("[name=role]", "approver")
        lin.types(email="chen@example.com")
        lin.sends()
        link = page.inner_text("#link")
        chen = Desk(browser, language)
        chen.page.goto(link)
        chen.types(name="Chen Yu", password=PASSWORD)
        chen.sends()

        page.goto(f"{inside}statements/new/")
        page.select_option("[name=method]", "cn-power-2022")
        page.fill("[name=year]", "2024")
        lin.sends()
        page.goto(f"{page.url}?unit=1")
        for name, text in (("coal.conventional.amount", MONTHS), ("generation", MONTHS.replace("100000", "250000"))):
            page.evaluate(PASTE, [name, 1, text])
        page.evaluate(PASTE, ["own_use", 1, MONTHS.replace("100000", "12500")])
        for name, value in YEARS.items():
            page.locator(f'tr[data-parameter="{name}"] input.n').first.fill(value)
        page.locator('tr[data-parameter="coal.conventional.amount"] [data-obtained]').select_option("measured")
        page.click(".st-bar .btn-primary")
        # 1,200,000 t x 0.5 x 0.99 x 44/12 = 2,178,000 t
        expect(page.locator("main")).to_contain_text("2,178,000.00")
        statement = page.url
        page.click("form[action$='/submit/'] button")
        page.wait_for_load_state()
        chen.page.goto(statement)
        chen.page.click("button[name=approve]")
        expect(chen.page.locator("form[action$='/decide/']")).to_have_count(0)
        with chen.page.expect_download() as coming:
            chen.page.click(".act details.ht-menu summary")
            chen.page.click(".act a[href*='form=xlsx']")
        assert coming.value.suggested_filename.startswith("statement-")

        page.goto(f"{inside}allowances/from-statements/")
        expect(page.locator("main")).to_contain_text("2,178,000.00")
        page.click("button[name=allocate]")
        page.wait_for_url(re.compile(r".*/allowances/\d+/$"))
        expect(page.locator(".ht-kpis")).to_contain_text("2,178,000")
        page.locator("table .ht-ex:not([href*='unit='])").first.click()
        expect(page.locator("main")).to_contain_text("1,742,400")  # 0.8 x 2,178,000, below which an entity is topped up
        page.go_back()
        page.locator("table .ht-ex[href*='unit=']").first.click()
        expect(page.locator("main")).to_contain_text("0.791")  # the benchmark of class I

        page.goto(f"{statement}hand-over/")
        lin.sends()
        page.wait_for_url(re.compile(r".*/data/\d+/$"))
        batch = page.url
        chen.page.goto(batch)
        chen.page.locator("button[name=approve]").wait_for()
        chen.page.click("button[name=approve]")
        expect(chen.page.locator(".ht-said")).to_be_visible()
        calculated(lin, inside, "2024")

        page.goto(f"{inside}three-views/new/")
        page.check("[name=statements]")
        lin.sends()
        page.wait_for_url(re.compile(r".*/three-views/\d+/$"))
        for at in (0, 1, 2):
            expect(page.locator(".ht-kpi").nth(at)).to_contain_text("2,178,000.00")
        page.click(".rc-line summary")
        cell = page.locator(".rc-side a").first
        expect(cell).to_be_visible()
        three = page.url
        table = page.request.get(f"{three}?format=csv").text().removeprefix("\ufeff")
        assert {row["kind"] for row in csv.DictReader(io.StringIO(table))} <= {"rounding"}
        cell.click()
        expect(page).to_have_url(statement)
        chen.page.goto(three)
        chen.page.click("form[action$='/sign/'] .btn-primary")
        expect(chen.page.locator(".ht-head .ht-tag.ok")).to_be_visible()
        assert not lin.complaints
        assert not chen.complaints
        (tenant,) = (tmp_path / "data/tenants").iterdir()
        until = time.monotonic() + SLOW / 1000
        while "reconciliation.signed" not in kinds_of(tenant / "ledger") and time.monotonic() < until:
            time.sleep(0.2)  # the sequencer enters it a moment after it was signed

    told = subprocess.run(
        [BIN / "hengtan", "verify", tenant / "ledger", "--facts", tenant / "facts"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    kinds = kinds_of(tenant / "ledger")
    assert {"statement.approved", "allocation.calculated", "statement.handed-over", "reconciliation.signed"} <= kinds
