"""The whole way in a real browser: first run, invitations, the real Toronto workbook, approval, calculation, one number to its cell and
proof, a second run and the comparison, an issued report, a verifier's engagement; in both languages, on both databases.

One form of it is tried every day, all four by ``make test-all``.
"""

import re
import subprocess

import pytest
from playwright.sync_api import expect

from house.house import BIN

from .importing import TORONTO
from .serving import serving
from .test_browser import CHROMIUM, PASSWORD, Desk, browser  # noqa: F401  the fixture
from .test_on_postgresql import BINARIES, server  # noqa: F401  the fixture

FILES = ("toronto_2018_energy_ghg_report.xlsx", "ontario_2018_factors.csv")
ROLES = {"chen": "approver", "sam": "auditor"}
BOTH = [
    pytest.param("zh-CN", "sqlite"),
    pytest.param("en-GB", "sqlite", marks=pytest.mark.browser),
    pytest.param("zh-CN", "postgresql", marks=pytest.mark.browser),
    pytest.param("en-GB", "postgresql", marks=pytest.mark.browser),
]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium here (requirements/debian.txt)")


def calculated(lin, inside, name):
    """A run of everything that is approved; its address."""
    lin.page.goto(f"{inside}runs/new/")
    lin.page.fill("[name=name]", name)
    lin.sends()
    lin.page.wait_for_url(re.compile(r".*/runs/\d+/$"))
    expect(lin.page.locator(".hero .v")).to_be_visible()
    return lin.page.url


@pytest.mark.parametrize(("language", "database"), BOTH)
def test_a_team_goes_from_nothing_to_a_report_that_its_verifier_checked(browser, tmp_path, request, language, database):  # noqa: F811
    environ = {}
    if database == "postgresql":
        if not BINARIES:
            pytest.skip("no PostgreSQL here (requirements/debian.txt)")
        environ["DATABASE_URL"] = request.getfixturevalue("server").partition("?")[0]
    with serving(tmp_path / "data", **environ) as (address, first_run, _log):
        lin = Desk(browser, language)
        lin.page.goto(first_run)
        lin.types(
            organisation="City of Toronto", region="CA-ON", name="Lin Wei", email="lin@example.com", password=PASSWORD
        )
        lin.sends()
        inside = re.match(r".*/o/\w+/", lin.page.url)[0]
        people = {"lin": lin}
        for name, role in ROLES.items():
            lin.page.goto(f"{inside}people/invite/")
            lin.page.select_option("[name=role]", role)
            lin.types(email=f"{name}@example.com")
            lin.sends()
            link = lin.page.inner_text("#link")
            people[name] = Desk(browser, language)
            people[name].page.goto(link)
            people[name].types(name=name.title(), password=PASSWORD)
            people[name].sends()
        chen, sam = people["chen"], people["sam"]

        lin.page.goto(f"{inside}data/import/")
        lin.page.set_input_files("[name=files]", [TORONTO / name for name in FILES])
        lin.page.fill("#name", "Toronto 2018")
        lin.sends()
        lin.page.click("main .ht-acts .btn-primary")
        expect(lin.page.locator(".ht-rec")).to_contain_text("2,962")
        lin.page.click(".ht-rec .btn-primary")
        expect(lin.page.locator("main")).to_contain_text("170,144.74")
        lin.sends()
        lin.page.wait_for_url(re.compile(r".*/data/\d+/$"))
        batch = lin.page.url
        chen.page.goto(batch)
        chen.page.locator("button[name=approve]").wait_for()
        chen.page.click("button[name=approve]")
        expect(chen.page.locator(".ht-said")).to_be_visible()

        run = calculated(lin, inside, "2018")
        expect(lin.page.locator(".hero .v")).to_contain_text("161,981.15")
        lin.page.click(".hero .ht-ex")
        lin.page.locator("#rows .ht-ex").nth(1).click()
        expect(lin.page.locator(".ht-sheet td.cell")).to_have_text("6802374.340276999")
        expect(lin.page.locator(".ht-eq .is .v")).to_contain_text("12,922.40")
        expect(lin.page.locator("[data-proof-state]")).to_have_class(re.compile("ok"))
        lin.page.goto(run)
        again = calculated(lin, inside, "2018 again")
        lin.page.goto(f"{again}compare/")
        expect(lin.page.locator("main")).to_contain_text("161,981.15")

        lin.page.goto(f"{inside}reports/new/")
        lin.page.fill("[name=about_name]", "City of Toronto")
        lin.page.click("button[name=prepare]")
        lin.page.wait_for_url(re.compile(r".*/reports/\d+/$"))
        report = lin.page.url
        assert lin.page.locator("form[action$='/issue/']").count() == 0  # who prepared it does not issue it
        chen.page.goto(report)
        chen.page.click("form[action$='/issue/'] .btn-primary")
        chen.page.locator("a[href*='proof=1']").first.wait_for()
        vkey = re.search(r"--vkey (\S+)", chen.page.inner_text("pre.ht-link"))[1]
        folder = tmp_path / "handed-out"
        folder.mkdir()
        for link in ("a[href*='/report-files/']:not([href*='proof'])", "a[href*='proof=1']"):
            with chen.page.expect_download() as coming:
                chen.page.locator(link).first.click()
            coming.value.save_as(folder / coming.value.suggested_filename)
        (handed,) = [each for each in folder.iterdir() if not each.name.endswith(".tlog-proof")]
        told = subprocess.run([BIN / "hengtan", "verify", handed, "--vkey", vkey], capture_output=True, text=True)
        assert told.returncode == 0, told.stdout + told.stderr

        sam.page.goto(f"{inside}audit/new/")
        sam.types(name="Toronto 2018", verifier="Independent Verifiers", materiality_pct="5", seed="2018-11-20")
        sam.page.select_option("[name=level]", "reasonable")
        sam.sends()
        sam.page.wait_for_url(re.compile(r".*/audit/\d+/$"))
        expect(sam.page.locator(".ht-kpis")).to_contain_text("8,099.06")
        verify = sam.page.locator("form[action$='/verify/'] button")
        verify.wait_for()
        verify.click()
        expect(sam.page.locator(".ht-checks .okc").first).to_be_visible()
        assert sam.page.locator(".ht-checks .badc").count() == 0
        sam.page.locator("main tbody a[href*='/audit/items/']").first.click()
        expect(sam.page.locator("[name=result]").first).to_be_attached()
        for one in people.values():
            assert one.complaints == []
            assert one.hosts <= {address, "data:"}
