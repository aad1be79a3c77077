"""In a real browser: a plan is made, approved by somebody else, and the evidence of a month goes in."""

import re
from datetime import date

from playwright.sync_api import expect

from sectors.plans import ENTITY, MANAGEMENT, METER, SCALE

from .serving import serving
from .test_browser import PASSWORD, SIZES, Desk, browser, pytestmark
from .test_evidence import PDF

__all__ = ["browser", "pytestmark"]


def last_month(today):
    return f"{today.year - (today.month == 1)}-{(today.month - 2) % 12 + 1:02}"


def test_from_a_new_plan_to_the_evidence_of_a_month(browser, tmp_path):
    month = last_month(date.today())
    with serving(tmp_path / "data") as (_address, first_run, _log):
        lin = Desk(browser, "en-GB")
        lin.page.goto(first_run)
        lin.types(organisation="Yong Power", region="CN-33", name="Lin", email="lin@example.com", password=PASSWORD)
        lin.sends()
        inside = re.match(r".*/o/\w+/", lin.page.url)[0]
        lin.page.goto(f"{inside}people/invite/")
        lin.page.select_option("[name=role]", "approver")
        lin.types(email="chen@example.com")
        lin.sends()
        chen = Desk(browser, "zh-CN", SIZES[2])
        chen.page.goto(lin.page.inner_text("#link"))
        chen.types(name="Chen Yu", password="copper lantern bridge 77")
        chen.sends()

        lin.page.goto(f"{inside}evidence/")
        lin.page.click("text=Make a data quality control plan")
        lin.types(name="Yong Power", year=month[:4], valid_from=f"{month[:4]}-01-01")
        lin.page.select_option("[name=method]", "cn-aluminium-2024")
        lin.sends()
        expect(lin.page.locator("h1")).to_have_text("Yong Power · V1")
        plan = lin.page.url
        lin.page.goto(f"{plan}edit/?part=enterprise")
        lin.types(credit_code=ENTITY["credit_code"], registry="0001", boundary="Potline 1")
        lin.sends()
        lin.page.goto(f"{plan}edit/?part=facilities")
        lin.page.fill("[name=f-0-unit_name]", "Potline 1")
        lin.sends()
        lin.page.goto(f"{plan}edit/?part=management")
        lin.types(**MANAGEMENT)
        lin.sends()
        # every line from the page of what is missing, one after another
        for _step in range(20):
            bad = lin.page.locator(".q-lines .ht-tag.bad")
            if not bad.count():
                break
            bad.first.click()
            measured = lin.page.input_value("[name=parameter]") in ("aluminium", "electricity_bought")
            told = {**(METER if measured else SCALE), "obtained": "measured" if measured else "default"}
            keep = ("description", "how", "department") if not measured else tuple(told)
            for name in keep:
                field = lin.page.locator(f"[name={name}]")
                if name in ("obtained", "meter"):
                    field.select_option(told[name])
                else:
                    field.fill(told[name])
            lin.sends()
        expect(lin.page.get_by_text("What is still missing")).to_have_count(0)
        lin.page.click("main .act .btn-primary")
        expect(lin.page.locator(".ht-ctx .ht-tag").first).to_have_text("Submitted")

        chen.page.goto(plan)
        chen.page.click("[name=approve]")
        expect(chen.page.locator(".ht-ctx .ht-tag").first).to_have_text("已批准")

        lin.page.goto(f"{inside}evidence/?year={month[:4]}")
        lin.page.click(f"a[title='{month}']")
        expect(lin.page.get_by_text("no evidence")).to_have_count(2)
        lin.page.check(".q-pick >> nth=0")
        lin.page.set_input_files("[name=files]", {"name": "cast.pdf", "mimeType": "application/pdf", "buffer": PDF})
        lin.page.click("#upload .btn-primary")
        expect(lin.page.locator("#upload")).to_contain_text("cast.pdf")
        expect(lin.page.locator("#upload")).to_contain_text("1 of 2 with evidence")
        lin.page.goto(f"{inside}evidence/?year={month[:4]}")
        expect(lin.page.locator(".q-cal td.partial")).to_have_count(1)  # the value itself is still missing
        for desk in (lin, chen):
            for path in ("evidence/", "quality/", "deadlines/"):
                desk.page.goto(f"{inside}{path}")
                assert not desk.sideways(), path
        assert lin.complaints == []
        assert chen.complaints == []
