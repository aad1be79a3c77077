"""Reports: prepared by one person, issued by another, signed, verified offline by the real command, never changed."""

import io
import json
import subprocess
import zipfile
from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError

from hengtan.evidence.proof_file import SUFFIX
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.worker import run_one
from hengtan.web.notices.models import Notice
from hengtan.web.organisations.roles import MAY, Act, Role
from hengtan.web.reporting import base, services
from hengtan.web.reporting.models import About, BaseYear, RecalculationPolicy, Report, ReportFile, State
from hengtan.web.vault import services as vault
from hengtan.web.vault.models import Outbox
from house.house import BIN

from .calculated import calculated

ABOUT = {
    "name": "甬江制造有限公司",
    "credit_code": "91330200MA2XYZ1234",
    "responsible": "Lin",
    "boundary": "three plants <b>",
}


def worked():
    while (job := run_one()) is not None:
        assert job.state == "done" or job.kind == "tried.work", (job.kind, job.problems, job.reference)


def prepared(company, run, by=Role.MANAGER, languages=("en",), formats=("html", "xlsx"), **more):
    return services.prepare(company.people[by], run, "iso14064", languages, formats, ABOUT, **more)


def issued(company, run, **more):
    report = prepared(company, run, **more)
    services.issue(report, company.people[Role.OWNER])
    worked()
    report.refresh_from_db()
    assert report.state == State.ISSUED
    return report


def verify(folder, *names, vkey=""):
    told = subprocess.run(
        [BIN / "hengtan", "verify", *(folder / name for name in names), *(["--vkey", vkey] if vkey else []), "--json"],
        capture_output=True, text=True,
    )  # fmt: skip
    return told.returncode, json.loads(told.stdout) if told.stdout else told.stderr


@pytest.fixture
def run(company):
    for kind in (BaseYear, RecalculationPolicy, ReportFile, Report, About):  # what every company of the tests has
        kind.objects.all().delete()
    return calculated(company)


def test_who_prepared_a_report_does_not_issue_it_and_who_issues_it_signs_it_into_the_ledger(company, run):
    report = prepared(company, run)
    with pytest.raises(ValidationError, match="themselves"):
        services.issue(report, company.people[Role.MANAGER])
    services.issue(report, company.people[Role.APPROVER])
    with pytest.raises(ValidationError, match="meantime"):
        services.issue(report, company.people[Role.OWNER])
    worked()
    report.refresh_from_db()
    assert (report.code, report.state, report.decided_by) == (
        "RP-0001",
        State.ISSUED,
        company.people[Role.APPROVER].user,
    )
    files = list(report.files.select_related("event"))
    assert [file.name for file in files] == ["RP-0001-iso14064-en.html", "RP-0001-iso14064-en.xlsx"]
    for file in files:
        told = json.loads(file.event.record)
        assert (told["kind"], told["sha256"], told["run_sha256"]) == ("report.issued", file.digest, run.run_sha256)
        assert told["issued_together"] == {each.name: each.digest for each in files}  # one that was kept back is missed
        assert file.event.entry_index is not None
    html = vault.facts(company.organisation).read(files[0].digest).decode()
    assert "甬江制造有限公司" in html and "Lin" in html and "three plants &lt;b&gt;" in html
    assert Notice.objects.filter(kind="report.issued", person=company.people[Role.MANAGER].user).exists()
    assert About.objects.get(organisation=company.organisation).fields["name"] == ABOUT["name"]  # for the next one


def test_a_file_and_its_proof_are_verified_offline_by_the_command_and_a_changed_byte_is_found(company, run, tmp_path):
    report = issued(company, run, languages=("en", "zh"))
    answer = company.client(Role.VIEWER).get(company.url(f"reports/{report.pk}/files/"))
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 8
    key = vault.vkey(company.organisation)
    for name in names:
        if not name.endswith(SUFFIX):
            status, told = verify(tmp_path, name, vkey=key)
            assert (status, told["ok"], told["vkey_given"]) == (0, True, True), told
    path = tmp_path / names[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    status, told = verify(tmp_path, names[0], vkey=key)
    assert (status, told["failed"]) == (3, "records")
    single = company.client().get(company.url(f"report-files/{report.files.first().pk}/?proof=1")).content
    assert single.startswith(b"c2sp.org/tlog-proof@v1\n")


def test_the_whole_ledger_still_verifies_and_counts_the_reports_among_its_facts(company, run, tmp_path):
    issued(company, run)
    status, told = verify(vault.ledger(company.organisation), ".")
    assert (status, [layer["state"] for layer in told["layers"]]) == (0, ["ok", "not-checked", "ok"]), told


def test_a_newer_report_takes_the_place_of_an_older_one_and_both_say_so(company, run):
    old = issued(company, run)
    new = issued(company, run, replaces=old)
    old.refresh_from_db()
    assert (old.state, new.code) == (State.SUPERSEDED, "RP-0002")
    client = company.client(Role.AUDITOR)
    assert "superseded by" in client.get(company.url(f"reports/{old.pk}/")).content.decode()
    assert "takes the place of" in client.get(company.url(f"reports/{new.pk}/")).content.decode()
    with pytest.raises(ValidationError):
        prepared(company, run, replaces=old)
    with pytest.raises(ValidationError):
        services.withdraw(old, company.people[Role.OWNER], "x")
    assert Outbox.objects.filter(kind="report.superseded").count() == 1


def test_two_that_wait_for_the_same_place_do_not_both_get_it(company, run):
    old = issued(company, run)
    one, other = prepared(company, run, replaces=old), prepared(company, run, replaces=old)
    services.issue(one, company.people[Role.OWNER])
    worked()
    with pytest.raises(ValidationError, match="replaced"):
        services.issue(other, company.people[Role.OWNER])


def test_a_withdrawal_has_a_reason_and_the_report_stays_to_be_seen(company, run):
    report = issued(company, run)
    with pytest.raises(ValidationError, match="why"):
        services.withdraw(report, company.people[Role.OWNER], "  ")
    services.withdraw(report, company.people[Role.OWNER], "wrong boundary")
    page = company.client(Role.VIEWER).get(company.url(f"reports/{report.pk}/")).content.decode()
    assert "wrong boundary" in page and "RP-0001-iso14064-en.html" in page
    event = Outbox.objects.get(kind="report.withdrawn")
    assert json.loads(event.record)["reason"] == "wrong boundary"


def test_what_is_not_issued_has_a_reason_and_no_number(company, run):
    report = prepared(company, run)
    with pytest.raises(ValidationError, match="why"):
        services.give_back(report, company.people[Role.OWNER], "")
    services.give_back(report, company.people[Role.OWNER], "address is old")
    report.refresh_from_db()
    assert (report.state, report.number) == (State.RETURNED, None)
    with pytest.raises(ValidationError):
        services.issue(report, company.people[Role.OWNER])


def test_a_run_whose_files_were_altered_is_not_issued(company, run):
    report = prepared(company, run)
    services.issue(report, company.people[Role.OWNER])
    path = run.folder / "emissions.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"x")
    while (job := run_one()) is not None:
        if job.kind == services.ISSUE:
            break
    assert (job.state, job.problems[0]["code"]) == ("failed", "verify.entry-unlike")
    report.refresh_from_db()
    assert (report.state, report.files.count()) == (State.ISSUING, 0)
    page = company.client().get(company.url(f"reports/{report.pk}/")).content.decode()
    assert "verify.entry-unlike" in page
    services.give_back(report, company.people[Role.OWNER], "the run is altered")  # a failed one is not stuck


def test_done_twice_the_job_issues_once(company, run):
    report = issued(company, run)
    Job.objects.filter(kind=services.ISSUE).update(state="queued")
    worked()
    assert ReportFile.objects.filter(report=report).count() == 2
    assert Outbox.objects.filter(kind="report.issued").count() == 2


def test_who_may_no_longer_issue_has_nothing_issued_by_a_job_that_still_waits(company, run):
    report = prepared(company, run)
    services.issue(report, company.people[Role.APPROVER])
    company.people[Role.APPROVER].role = Role.VIEWER
    company.people[Role.APPROVER].save()
    while (job := run_one()) is not None:
        if job.kind == services.ISSUE:
            break
    assert job.state == "cancelled"
    assert not ReportFile.objects.exists()


def test_the_pages_prepare_preview_and_issue(company, run):
    client = company.client(Role.MANAGER)
    form = {"run": run.pk, "standard": "ghgp", "languages": ["en"], "formats": ["html"], "about_name": "Yong & Co",
            "about_boundary": "all"}  # fmt: skip
    seen = client.post(company.url("reports/new/"), form | {"preview": "1"})
    assert seen.status_code == 200 and b"preview, not issued" in seen.content and b"Yong &amp; Co" in seen.content
    assert "sha256-" in seen["Content-Security-Policy"] and "unsafe" not in seen["Content-Security-Policy"]
    assert not Report.objects.exists()
    wrong = client.post(company.url("reports/new/"), {**form, "about_name": "", "languages": []})
    assert wrong.status_code == 422 and b">\nall</textarea>" in wrong.content  # what was typed is kept
    made = client.post(company.url("reports/new/"), form | {"prepare": "1"})
    report = Report.objects.get()
    assert made["Location"] == company.url(f"reports/{report.pk}/")
    assert b"somebody else issues it" in client.get(made["Location"]).content
    assert b"Yong &amp; Co" in company.client().get(company.url(f"reports/{report.pk}/preview/")).content
    company.client().post(company.url(f"reports/{report.pk}/issue/"))
    with patch("hengtan.web.reporting.proofs.vault.proof", return_value=None):  # before it is in the log
        worked()
        page = company.client(Role.AUDITOR).get(company.url(f"reports/{report.pk}/")).content.decode()
        assert 'hx-select="#files"' in page and "?proof=1" not in page
    page = company.client(Role.AUDITOR).get(company.url(f"reports/{report.pk}/")).content.decode()
    assert 'hx-select="#files"' not in page and "?proof=1" in page
    assert "RP-0001-ghgp-en.html" in page and "verified" in page and report.files.get().digest[:12] in page
    table = company.client(Role.VIEWER).get(company.url("reports/?format=csv")).content.decode()
    assert "RP-0001,ghgp,R-0901" in table
    assert company.client(Role.VIEWER).get(company.url("reports/?format=xlsx")).content[:2] == b"PK"


def test_the_roles_of_reports(company, run):
    report = prepared(company, run)
    wanted = {
        ("reports/", "get"): Act.WHOLE, ("base-year/", "get"): Act.WHOLE, (f"reports/{report.pk}/", "get"): Act.WHOLE,
        ("reports/new/", "get"): Act.REPORT, (f"reports/{report.pk}/return/", "post"): Act.REPORT,
        (f"reports/{report.pk}/withdraw/", "post"): Act.REPORT, ("base-year/policy/", "post"): Act.REPORT,
        ("base-year/choose/", "post"): Act.REPORT, ("base-year/restate/", "post"): Act.REPORT,
    }  # fmt: skip
    for role in Role:
        client = company.client(role)
        for (path, method), act in wanted.items():
            status = getattr(client, method)(company.url(path)).status_code
            assert (status == 403) == (role not in MAY[act]), (role, path, status)


def test_a_file_that_was_altered_in_the_vault_is_said_to_be_so_first_and_not_handed_out(company, run):
    report = issued(company, run)
    file = report.files.first()
    path = vault.facts(company.organisation).path(file.digest)
    path.chmod(0o644)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    page = company.client().get(company.url(f"reports/{report.pk}/")).content.decode()
    assert page.index("is not what was signed") < page.index("<h1>")
    assert company.client().get(company.url(f"report-files/{file.pk}/")).status_code == 302


# --- base year
CORRECTED = """activity_id,facility,activity_type,start,end,quantity,unit,region
G-1,{m} plant 1,fuel.natural_gas,2025-01-01,2025-12-31,160000,kWh_gcv,GB
E-1,{m} plant 1,electricity,2025-01-01,2025-01-31,50000,kWh,CN-33
E-2,{m} plant 2,electricity,2025-02-01,2025-02-28,40000,kWh,CN-33
E-3,{m} plant 3,electricity,2025-03-01,2025-04-15,30000,kWh,CN-33
"""
NEXT = CORRECTED.replace("2025-", "2026-").replace("160000", "240000")


def test_no_threshold_is_given_for_anybody_and_without_one_no_base_year_is_chosen(company, run):
    owner = company.people[Role.OWNER]
    page = company.client().get(company.url("base-year/")).content.decode()
    assert 'name="threshold_pct" inputmode="decimal" required value=""' in " ".join(page.split())
    with pytest.raises(ValidationError, match="no threshold is given"):
        base.choose(owner, run, "location", "first year")
    told = company.client().post(company.url("base-year/policy/"), {"threshold_pct": "many", "text": "kept"})
    assert told.status_code == 422 and b">kept</textarea>" in told.content
    for bad in ("0", "-5", "100.01", "nan"):
        assert (
            company.client().post(company.url("base-year/policy/"), {"threshold_pct": bad, "text": "x"}).status_code
            == 422
        )
    company.client().post(company.url("base-year/policy/"), {"threshold_pct": "5", "text": "above 5 % together"})
    base.choose(owner, run, "location", "first year")
    assert json.loads(Outbox.objects.get(kind="base-year.policy").record)["threshold_pct"] == "5"


def test_a_corrected_run_above_the_threshold_is_told_with_its_effects_and_restates_the_base_year(company, run):
    owner = company.people[Role.OWNER]
    base.set_policy(owner, 5, "above 5 % together")
    base.choose(owner, run, "location", "first year")
    newer = calculated(company, CORRECTED, "2025 corrected")
    page = company.client().get(company.url("base-year/")).content.decode()
    assert "1 run differs from the base year by more than 5%" in page and "above the threshold" in page
    with pytest.raises(ValidationError, match="Restate it"):
        base.choose(owner, newer, "location", "again")
    with pytest.raises(ValidationError, match="kind of change"):
        base.restate(owner, newer, "chosen", "meter was wrong")
    with pytest.raises(ValidationError, match="reason"):
        base.restate(owner, newer, "error", " ")
    made = base.restate(owner, newer, "error", "meter was wrong")
    assert made.change["effects"]["factor"] == "0" or not float(made.change["effects"]["factor"])
    assert float(made.change["after"]) - float(made.change["before"]) == pytest.approx(40000 * 0.1829, rel=0.02)
    told = json.loads(Outbox.objects.get(kind="base-year.restated").record)
    assert (told["before"], told["run"], told["category"]) == (run.code, newer.code, "error")
    page = company.client(Role.VIEWER).get(company.url("base-year/")).content.decode()
    assert "meter was wrong" in page and "Old and new" in page
    assert base.current(company.organisation).run == newer
    history = company.client().get(company.url("base-year/?format=csv&table=history")).content.decode()
    assert history.count("\n") == 3 and "error," in history


def test_growth_is_no_reason_to_restate_and_the_years_stand_against_the_base_year(company, run):
    from hengtan.web.boundaries.models import Denominator

    owner = company.people[Role.OWNER]
    base.set_policy(owner, 5, "above 5 % together")
    base.choose(owner, run, "location", "first year")
    later = calculated(company, NEXT, "2026")
    later.chosen_at = later.done_at
    later.save()
    for year, value in ((2025, 1000), (2026, 1250)):
        Denominator.objects.create(organisation=company.organisation, kind="output", start=f"{year}-01-01", end=f"{year}-12-31",
                                   value=value, unit="t")  # fmt: skip
    (found,) = base.findings(company.organisation, base.current(company.organisation), 5)
    assert (found.same_year, found.verdict.significant) == (
        False,
        False,
    )  # electricity's factor is of the same year for both
    page = company.client().get(company.url("base-year/?per=output")).content.decode()
    assert "below the threshold" in page and "differs from the base year" not in page
    first, second = base.years(company.organisation, base.current(company.organisation), [], "location", "output")
    assert (first.is_base, first.change, second.run.pk) == (True, None, later.pk)
    assert second.change == second.total - first.total
    assert second.intensity == (second.total / 1250).quantize(second.intensity) and second.intensity_percent is not None
    base.choose(owner, later, "market", "new owners")  # another year
    assert BaseYear.objects.count() == 2


def test_a_report_compares_with_the_base_year(company, run):
    owner = company.people[Role.OWNER]
    base.set_policy(owner, 5, "above 5 % together")
    base.choose(owner, run, "location", "first year")
    later = calculated(company, NEXT, "2026")
    report = issued(company, later, formats=("html",), previous=base.run_to_compare(company.organisation, later))
    html = vault.facts(company.organisation).read(report.files.get().digest).decode()
    assert f"{run.code} 2025" in html
    page = company.client(Role.MANAGER).get(company.url("reports/new/")).content.decode()
    assert "above 5 % together" in page  # what was decided is the beginning of what is written
