"""In a real browser: what is typed outlives a lost session; a figure is given on a phone with its bill, which is looked at."""

import re

from playwright.sync_api import expect

from .serving import serving
from .test_browser import PASSWORD, SIZES, Desk, browser, pytestmark
from .test_evidence import PDF

__all__ = ["browser", "pytestmark"]


def test_typed_rows_outlive_a_session_and_a_figure_is_given_on_a_phone(browser, tmp_path):
    with serving(tmp_path / "data") as (_address, first_run, _log):
        lin = Desk(browser, "en-GB")
        lin.page.goto(first_run)
        lin.types(organisation="Yong", region="GB", name="Lin", email="lin@example.com", password=PASSWORD)
        lin.sends()
        inside = re.match(r".*/o/\w+/", lin.page.url)[0]
        lin.page.goto(f"{inside}facilities/new/")
        lin.types(name="Plant 1", region="GB")
        lin.sends()

        lin.page.goto(f"{inside}data/entry/")
        first = lin.page.locator(".ht-entry tbody tr").first
        first.locator("[name=facility]").fill("Plant 1")
        first.locator("[name=quantity]").fill("1250")
        expect(lin.page.locator("[data-kept]")).to_have_text("Kept on the server as you type.")
        lin.context.clear_cookies()  # the session is gone
        first.locator("[name=unit]").fill("kWh")
        expect(lin.page.locator("[data-kept]")).to_contain_text("not signed in any more")
        lin.sends()
        lin.types(login="lin@example.com", password=PASSWORD)
        lin.page.click("button.btn-primary")
        expect(lin.page.locator("h1")).to_have_text("Type rows")
        again = lin.page.locator(".ht-entry tbody tr").first
        assert [again.locator(f"[name={name}]").input_value() for name in ("facility", "quantity", "unit")] == [
            "Plant 1",
            "1250",
            "kWh",
        ]

        lin.page.goto(f"{inside}collection/new/")
        lin.types(activity_type="electricity", unit="kWh", first="2025-01-01", last="2025-01-01")
        lin.page.select_option("[name=facilities]", label="Plant 1")
        lin.sends()
        expect(lin.page.locator("td .cell.missing")).to_have_count(1)
        phone = Desk(browser, "en-GB", SIZES[-1], state=lin.context.storage_state())
        phone.page.goto(f"{inside}collection/tasks/")
        phone.page.click(".ht-tasks a")
        phone.page.fill("[name=quantity]", "12,850")
        phone.page.set_input_files("[name=photo]", {"name": "bill.pdf", "mimeType": "application/pdf", "buffer": PDF})
        phone.page.click("text=Bill")
        phone.page.click("[name=submit]")
        expect(phone.page.locator("h1")).to_have_text("My tasks")
        expect(phone.page.locator("main")).to_contain_text("Given lately")  # nobody loads the page again
        phone.page.goto(f"{inside}collection/?year=2025")
        expect(phone.page.locator("td .cell.submitted")).to_have_count(1)
        lin.page.goto(f"{inside}data/")
        lin.page.click("table a >> nth=0")
        lin.page.click("text=bill.pdf")
        expect(lin.page.locator("iframe")).to_be_visible()
        assert [said for said in lin.complaints if "Content Security Policy" in said] == []
        assert phone.complaints == []
