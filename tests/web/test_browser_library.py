"""The library in a real browser: found while one types, charted, and a method checked while it is written; in both languages."""

import pytest
from playwright.sync_api import expect

from .serving import serving
from .test_browser import CHROMIUM, PASSWORD, SIZES, Desk, browser  # noqa: F401  the fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium here (requirements/debian.txt)"),
]
PAGES = ("", "factor/?id=CN-EL-AVG-CN-2023", "own/", "own/new/", "policy/", "policy/new/", "methods/", "methods/new/")


def test_factors_are_found_and_a_method_is_checked_while_one_types(browser, tmp_path):  # noqa: F811
    with serving(tmp_path / "data") as (address, first_run, _log):
        desk = Desk(browser, "zh-CN")
        page = desk.page
        page.goto(first_run)
        desk.types(organisation="宁波甬江", region="浙江", name="林薇", email="lin@example.com", password=PASSWORD)
        desk.sends()
        expect(page.locator("h1")).to_have_text("宁波甬江")
        library = f"{page.url}library/"

        page.goto(library)
        page.locator("main input[name=q]").press_sequentially("广东 电力")
        expect(page.locator("#hits .lib-t tbody tr").first).to_contain_text("CN-EL-AVG-44")
        page.locator("#hits .lib-t a").first.click()
        expect(page.locator("[data-chart=chart-years] svg")).to_be_visible()

        page.goto(f"{library}methods/new/")
        equation = page.locator("[name=equation-text]").first
        equation.fill("amount * carbon_kg_per_gj * oxidation")
        expect(page.locator("#checked .ht-note.bad")).to_contain_text("equation, co2")
        equation.fill("amount * carbon_kg_per_gj * oxidation * co2_per_c")
        expect(page.locator("#checked math").first).to_be_visible()

        page.goto(f"{library}own/new/")
        page.fill("[name=factor_id]", "OWN-1")
        page.fill("[name=activity_unit]", "gjj")
        page.fill("[name=co2_kg]", "98.6")
        page.click("button[name=submit]")
        expect(page.locator("#id_activity_unit ~ .ht-errors")).to_contain_text("gjj")
        assert page.input_value("[name=co2_kg]") == "98.6"
        desk.complaints.clear()  # a browser calls 422 an error

        for size in SIZES:
            small = Desk(browser, "zh-CN", size, desk.context.storage_state())
            for path in PAGES:
                small.page.goto(library + path)
                wide = "document.querySelector('main').getBoundingClientRect().right > innerWidth"
                assert not small.page.evaluate(wide), (size, path)
            assert small.complaints == [] and small.hosts <= {address, "data:"}
        assert desk.complaints == []
