"""By mouse, in both languages: one person prepares a report, another issues it, the verifier draws, tests, verifies and takes the package home."""

import re
import subprocess
import zipfile

import pytest
from playwright.sync_api import expect

from house.house import BIN

from .serving import serving
from .test_browser import CHROMIUM, SIZES, Desk, browser  # noqa: F401  the fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium here (requirements/debian.txt)"),
]


def signed_in(browser, language, who, address, password, size=SIZES[0]):  # noqa: F811
    desk = Desk(browser, language, size)
    desk.page.goto(f"{address}/account/login/")
    desk.types(login=f"{who}@demo.example", password=password)
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator(".ht-brand").first).to_be_visible()
    return desk


def verified(path):
    return subprocess.run([BIN / "hengtan", "verify", path], capture_output=True, text=True).returncode


def test_a_report_is_issued_by_a_second_person_and_the_verifier_takes_home_a_package_that_verifies(browser, tmp_path):  # noqa: F811
    with serving(tmp_path / "data", "--demo") as (address, _first_run, log):
        told = log.read_text()
        inside = address + re.search(r"/o/\w+/", re.search(r"Open\s+(\S+)", told).group(1).replace("%2F", "/")).group(0)
        password = re.search(r"password\s+(\S+)", told).group(1)

        lin = signed_in(browser, "zh-CN", "lin", address, password)
        lin.page.goto(f"{inside}reports/new/")
        lin.page.check("[name=standard][value=iso14064]")
        lin.types(about_responsible="林薇")
        with lin.context.expect_page() as opened:
            lin.page.click("button[name=preview]")
        expect(opened.value.locator("header .sample")).to_have_text("预览，未签发")
        lin.page.click("button[name=prepare]")
        expect(lin.page.locator("main")).to_contain_text("须由他人签发")
        report = lin.page.url

        chen = signed_in(browser, "en-GB", "chen", address, password)
        chen.page.goto(report)
        chen.page.click("text=Issue and sign")
        expect(chen.page.locator("h1")).to_contain_text("RP-0001")
        expect(chen.page.locator(".ht-tag.ok:has-text('verified')")).to_have_count(3)
        with chen.page.expect_download() as coming:
            chen.page.click("text=All files with proofs")
        zipfile.ZipFile(coming.value.path()).extractall(tmp_path / "report")
        assert verified(next((tmp_path / "report").glob("*.pdf"))) == 0

        sam = signed_in(browser, "en-GB", "sam", address, password)
        sam.page.goto(f"{inside}audit/new/")
        sam.types(name="2018 inventory", verifier="Lakeshore Verification", materiality_pct="5", seed="2018-11-20")
        sam.page.select_option("[name=level]", "reasonable")
        sam.sends()
        kpis = sam.page.locator(".ht-kpis")
        expect(kpis).to_contain_text("8,099.06")
        expect(kpis).to_contain_text("1,619.81")
        expect(kpis).to_contain_text("10 tested in full")
        sam.page.locator(".ht-t tbody a").first.click()
        sam.page.check("[name=result][value=agreed]")
        sam.types(note="bill, meter")
        sam.page.click("button[name=next]")
        expect(sam.page.locator("main")).to_contain_text("Kept.")
        sam.page.goto(f"{inside}audit/")
        expect(sam.page.locator(".ht-t tbody")).to_contain_text("1 / ")
        sam.page.click(".ht-t tbody a.b")
        room = sam.page.url
        sam.page.click("text=Verify now")
        expect(sam.page.locator(".ht-checks").first).to_contain_text("The log is consistent and signed")
        expect(sam.page.locator("main")).to_contain_text("passed")
        sam.page.click("text=Export package")
        link = sam.page.locator("a:has-text('package-R-0001.zip')")
        expect(link).to_be_visible()
        with sam.page.expect_download() as coming:
            link.click()
        zipfile.ZipFile(coming.value.path()).extractall(tmp_path / "home")
        package = tmp_path / "home" / "package-R-0001"
        assert verified(package) == 0
        rows = package / "run" / "emissions.parquet"
        bent = bytearray(rows.read_bytes())
        bent[len(bent) // 2] ^= 1
        rows.write_bytes(bent)
        assert verified(package) == 3

        for desk, pages in (
            (lin, ("reports/", "base-year/", "audit/history/")),
            (sam, (room.removeprefix(inside), "audit/", "reports/")),
        ):
            for page in pages:
                desk.page.goto(inside + page)
                assert not desk.sideways(), page
            assert desk.complaints == []
            assert desk.hosts <= {address, "data:"}
