"""The audit room: a sample that anybody draws again, results, questions, history, one click, and a package that verifies offline."""

import json
import subprocess
import zipfile
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from hengtan.evidence import verify
from hengtan.inventory.sampling import draw, population
from hengtan.web.audit import services
from hengtan.web.audit.models import Engagement, Item, Question, Result
from hengtan.web.jobs.models import Job
from hengtan.web.jobs.worker import run_one
from hengtan.web.notices.models import Notice
from hengtan.web.organisations.roles import MAY, Act, Role
from hengtan.web.reporting import services as reporting
from hengtan.web.vault import services as vault
from hengtan.web.vault.models import Outbox
from house.house import BIN

from .calculated import calculated

HEAD = "activity_id,facility,activity_type,start,end,quantity,unit,region\n"
ROWS = HEAD + "BIG,{m} plant 1,fuel.natural_gas,2025-01-01,2025-12-31,900000,kWh_gcv,GB\n" + "".join(
    f"E-{n},{{m}} plant {n % 3 + 1},electricity,2025-{n % 12 + 1:02}-01,2025-{n % 12 + 1:02}-28,{1000 + 37 * n},kWh,CN-33\n" for n in range(60)
)  # fmt: skip
GIVEN = {"name": "2025 inventory", "level": "reasonable", "standard": "ISO 14064-3:2019", "verifier": "Zhe Verification", "basis": "location",
         "materiality_pct": "5", "performance_pct": "60", "confidence": 95, "seed": "2025-yong"}  # fmt: skip


def worked():
    while (job := run_one()) is not None:
        assert job.state == "done" or job.kind == "tried.work", (job.kind, job.problems, job.reference)


@pytest.fixture
def run(company):
    Engagement.objects.all().delete()
    return calculated(company, ROWS)


@pytest.fixture
def engagement(company, run):
    held = services.begin(company.people[Role.AUDITOR], run, GIVEN)
    worked()
    held.refresh_from_db()
    return held


def agreed(company, engagement, but=()):
    for item in engagement.items.exclude(activity_id__in=but):
        services.test(item, company.people[Role.AUDITOR], "agreed")


def test_the_sample_follows_from_seed_and_materiality_and_anybody_draws_it_again(company, run, engagement):
    plan = engagement.plan
    rows = list(population(run.folder, "location"))
    total = sum(kg for _, kg in rows)
    assert (
        Decimal(plan["total_kg"])
        == total
        == sum(Decimal(run.totals[name]) for name in ("scope1_kg", "scope2_location_kg", "scope3_kg"))
    )
    assert Decimal(plan["performance_kg"]) == total * 5 / 100 * 60 / 100
    assert Decimal(plan["interval_kg"]) * 3 == pytest.approx(Decimal(plan["performance_kg"]))
    again = draw(rows, Decimal(plan["interval_kg"]), "2025-yong")
    kept = list(engagement.items.all())
    assert [item.activity_id for item in kept] == [row.activity_id for row in (*again.top, *again.drawn)]
    assert kept[0].activity_id == "BIG" and kept[0].hits == 0 and len(kept) > 5
    assert [item.book for item in kept] == [row.kg for row in (*again.top, *again.drawn)]
    told = json.loads(Outbox.objects.get(kind="audit.sampled").record)
    assert (told["seed"], told["plan"]["start_kg"], told["run_sha256"]) == (
        "2025-yong",
        plan["start_kg"],
        run.run_sha256,
    )
    opened = json.loads(Outbox.objects.get(kind="audit.opened").record)
    assert (opened["seed"], opened["materiality_pct"]) == ("2025-yong", "5")  # decided before it was drawn
    Job.objects.filter(kind=services.SAMPLE).update(state="queued")
    worked()
    assert engagement.items.count() == len(kept)


def test_the_verifier_alone_writes_and_writes_nothing_elsewhere(company, run, engagement):
    item = engagement.items.first()
    for role in set(Role) - {Role.AUDITOR}:
        with pytest.raises(PermissionDenied):
            services.test(item, company.people[role], "agreed")
        with pytest.raises(PermissionDenied):
            services.begin(company.people[role], run, GIVEN)
        with pytest.raises(PermissionDenied):
            services.close(engagement, company.people[role], "unmodified", "x")
    client = company.client(Role.AUDITOR)
    for path in (
        "data/import/",
        "runs/new/",
        "facilities/new/",
        "reports/new/",
        f"runs/{run.pk}/choose/",
        "settings/",
        "base-year/policy/",
    ):
        assert client.post(company.url(path)).status_code == 403, path


def test_the_roles_of_the_audit_room(company, engagement):
    item = engagement.items.first()
    wanted = {
        ("audit/", "get"): Act.WHOLE, ("audit/history/", "get"): Act.WHOLE, (f"audit/{engagement.pk}/", "get"): Act.WHOLE,
        ("audit/new/", "post"): Act.AUDIT, (f"audit/items/{item.pk}/", "get"): Act.WHOLE, (f"audit/items/{item.pk}/", "post"): Act.AUDIT,
        (f"audit/{engagement.pk}/questions/", "post"): Act.AUDIT, (f"audit/{engagement.pk}/close/", "post"): Act.AUDIT,
    }  # fmt: skip
    for role in Role:
        client = company.client(role)
        for (path, method), act in wanted.items():
            status = getattr(client, method)(company.url(path)).status_code
            assert (status == 403) == (role not in MAY[act]), (role, path, method, status)


def test_a_result_keeps_old_and_new_and_the_difference_is_projected(company, engagement):
    auditor = company.people[Role.AUDITOR]
    top, drawn = engagement.items.filter(hits=0).first(), engagement.items.filter(hits=1).first()
    for bad in ("", "x", "-1", "nan", "1e40", "0." + "1" * 19):
        with pytest.raises(ValidationError):
            services.test(drawn, auditor, "difference", bad)
    with pytest.raises(ValidationError, match="own figure"):
        services.test(drawn, auditor, "difference", drawn.book_kg)
    services.test(drawn, auditor, "agreed", note="bill seen")
    half = drawn.book / 2
    services.test(drawn, auditor, "difference", f"{half:f}", "bill says half")
    services.test(top, auditor, "difference", f"{top.book + 100:f}")
    told = json.loads(Outbox.objects.filter(kind="audit.tested").order_by("-pk")[1].record)
    assert (told["old"]["result"], told["new"]["result"], told["old"]["note"]) == ("agreed", "difference", "bill seen")
    found = services.summary(engagement)
    assert found["over"].projected_kg == pytest.approx(Decimal(engagement.plan["interval_kg"]) / 2)
    assert (found["under"].projected_kg, found["under"].found_kg) == (100, 100)
    assert not found["complete"]
    page = company.client(Role.AUDITOR).get(company.url(f"audit/{engagement.pk}/?show=difference")).content.decode()
    assert "bill says half" in page
    table = (
        company.client(Role.OWNER)
        .get(company.url(f"audit/{engagement.pk}/?table=differences&format=csv"))
        .content.decode()
    )
    assert table.count("\r\n") == 3 and f"{half:f}"[:6] in table
    assert company.client().get(company.url(f"audit/{engagement.pk}/?format=xlsx")).content[:2] == b"PK"


def test_a_note_that_looks_like_a_formula_is_text_in_every_table(company, engagement):
    services.test(engagement.items.first(), company.people[Role.AUDITOR], "agreed", note="=HYPERLINK(1)")
    table = company.client().get(company.url(f"audit/{engagement.pk}/?format=csv")).content.decode()
    assert "'=HYPERLINK(1)" in table


def test_questions_go_to_the_company_and_back_and_people_are_told(company, engagement):
    auditor, owner = company.people[Role.AUDITOR], company.people[Role.OWNER]
    item = engagement.items.first()
    asked = services.ask(engagement, auditor, "Where is the December bill?", item)
    item.refresh_from_db()
    assert item.result == Result.QUESTION
    assert set(Notice.objects.filter(kind="audit.asked").values_list("person__email", flat=True)) >= {
        "owner@yong.example",
        "approver@yong.example",
    }
    with pytest.raises(PermissionDenied):
        services.reply(asked, company.people[Role.VIEWER], "here")
    services.reply(asked, owner, "Attached to the batch.")
    assert Notice.objects.filter(kind="audit.answered", person=auditor.user).count() == 1
    with pytest.raises(PermissionDenied):
        services.reply(asked, owner, "", settled=True)
    services.reply(asked, auditor, "", settled=True)
    asked.refresh_from_db()
    assert asked.state == Question.State.SETTLED
    with pytest.raises(ValidationError):
        services.reply(asked, owner, "more")
    page = company.client().get(company.url(f"audit/{engagement.pk}/questions/")).content.decode()
    assert "December bill" in page and "Attached to the batch." in page


def test_the_pages_test_a_row_with_evidence_and_lead_to_the_next(company, engagement):
    client = company.client(Role.AUDITOR)
    first, second = list(engagement.items.all()[:2])
    address = company.url(f"audit/items/{first.pk}/")
    wrong = client.post(address, {"result": "difference", "audited_kg": "many", "note": "kept"})
    assert wrong.status_code == 422 and b">kept</textarea>" in wrong.content
    file = SimpleUploadedFile('bi"ll.html', b"<script>alert(1)</script>")
    answer = client.post(address, {"result": "agreed", "note": "seen", "file": file, "next": "1"})
    assert answer["Location"] == company.url(f"audit/items/{second.pk}/")
    attachment = first.attachments.get()
    got = company.client(Role.OWNER).get(company.url(f"audit/attachments/{attachment.pk}/"))
    assert (got["Content-Type"], got["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert got["Content-Disposition"].startswith("attachment;") and got.content == b"<script>alert(1)</script>"
    assert json.loads(Outbox.objects.get(kind="audit.evidence").record)["facts"] == [attachment.digest]


def test_a_statement_closes_the_engagement_for_good_and_stands_in_the_ledger(company, engagement):
    auditor = company.people[Role.AUDITOR]
    with pytest.raises(ValidationError, match="not tested"):
        services.close(engagement, auditor, "unmodified", "fair")
    agreed(company, engagement)
    with pytest.raises(ValidationError, match="opinion"):
        services.close(engagement, auditor, "splendid", "fair")
    with pytest.raises(ValidationError):
        services.close(engagement, auditor, "unmodified", "  ")
    company.client(Role.AUDITOR).post(
        company.url(f"audit/{engagement.pk}/close/"), {"opinion": "unmodified", "statement": "Fair in all."}
    )
    engagement.refresh_from_db()
    told = json.loads(engagement.closed_event.record)
    assert (told["kind"], told["opinion"], told["statement"]) == ("audit.closed", "unmodified", "Fair in all.")
    assert told["tested"] == told["sample"] == str(engagement.items.count())
    for act in (
        lambda: services.test(engagement.items.first(), auditor, "open"),
        lambda: services.ask(engagement, auditor, "more?"),
        lambda: services.close(engagement, auditor, "adverse", "no"),
        lambda: services.attach(engagement.items.first(), auditor, "a", b"a"),
    ):
        with pytest.raises((ValidationError, PermissionDenied)):
            engagement.items.first().engagement.refresh_from_db()
            act()
    page = company.url(f"audit/{engagement.pk}/")
    waits = company.client(Role.VIEWER).get(page).content.decode()
    assert "in the log within a minute" in waits and f'hx-get="{page}" hx-trigger="every 2s"' in waits
    worked()
    engagement.closed_event.refresh_from_db()
    sealed = company.client(Role.VIEWER).get(page).content.decode()
    assert "Fair in all." in sealed and f"ledger entry {engagement.closed_event.entry_index}" in sealed
    assert "every 2s" not in sealed


def test_one_click_verifies_run_ledger_and_reports_and_finds_what_was_altered(company, run, engagement):
    report = reporting.prepare(company.people[Role.MANAGER], run, "ghgp", ["en"], ["html"], {"name": "Yong"})
    reporting.issue(report, company.people[Role.OWNER])
    worked()
    client = company.client(Role.AUDITOR)
    client.post(company.url(f"audit/{engagement.pk}/verify/"))
    worked()
    told = {(each["what"], each["name"]): each["state"] for each in engagement.verifications.first().outcome}
    assert told == {
        ("run", "log"): "ok", ("run", "records"): "ok", ("ledger", "log"): "ok",
        ("ledger", "history"): "not-checked", ("ledger", "records"): "ok", ("reports", "proofs"): "ok", ("control", "rows"): "ok",
    }  # fmt: skip
    assert "passed" in client.get(company.url(f"audit/{engagement.pk}/")).content.decode()
    path = run.folder / "plan.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    client.post(company.url(f"audit/{engagement.pk}/verify/"))
    worked()
    last = engagement.verifications.first()
    assert ("history", "ok") in {
        (each["name"], each["state"]) for each in last.outcome
    }  # it extends what was kept the first time
    assert last.failed and {each["what"] for each in last.outcome if each["state"] == "failed"} >= {"run"}
    assert json.loads(Outbox.objects.filter(kind="audit.verified").latest("pk").record)["failed"][0] == "run.records"


@pytest.fixture
def package(company, run, engagement, tmp_path):
    report = reporting.prepare(company.people[Role.MANAGER], run, "ghgp", ["en"], ["html"], {"name": "Yong"})
    reporting.issue(report, company.people[Role.OWNER])
    worked()
    client = company.client(Role.AUDITOR)
    client.post(company.url(f"audit/{engagement.pk}/package/"))
    worked()
    answer = client.get(company.url(f"audit/{engagement.pk}/package/"))
    archive = tmp_path / "as-downloaded.zip"
    archive.write_bytes(b"".join(answer.streaming_content))
    zipfile.ZipFile(archive).extractall(tmp_path)
    return tmp_path / f"package-{run.code}"


def test_a_package_verifies_offline_by_the_real_command_and_no_byte_of_it_can_be_changed(company, run, package):
    key = vault.vkey(company.organisation)

    def said(*more, what=package):
        told = subprocess.run(
            [BIN / "hengtan", "verify", what, "--json", *more], capture_output=True, text=True, cwd=package.parent
        )
        return told.returncode, json.loads(told.stdout)

    as_archive = said("--vkey", key, what=package.parent / "as-downloaded.zip")[1]
    assert as_archive | {"path": ""} == said("--vkey", key)[1] | {
        "path": ""
    }  # the ZIP itself says the same as its folder
    assert as_archive["ok"]

    status, told = said("--vkey", key)
    assert (status, told["what"], told["vkey_given"], [each["state"] for each in told["layers"]]) == (
        0, "package", True, ["ok", "not-checked", "ok"],
    ), told  # fmt: skip
    problems = [each["code"] for layer in told["layers"] for each in layer["problems"]]
    assert problems == [], problems
    names = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert {"README.md", "package.json", "package.json.tlog-proof", "vkey.txt", "run/run.json", "run/emissions.parquet", "inputs/year.csv",
            "factors/factors.csv", "methods/methods.json", "audit/sample.csv", "ledger/checkpoint",
            "reports/RP-0001-ghgp-en.html", "reports/RP-0001-ghgp-en.html.tlog-proof"} <= names  # fmt: skip
    assert not any("private" in name or name.endswith("/key") for name in names)
    assert key in (package / "README.md").read_text() and "核查包" in (package / "README.md").read_text()
    for name in sorted(names):
        path = package / name
        whole = path.read_bytes()
        for at in {0, len(whole) // 2, len(whole) - 1} if whole else ():
            bent = bytearray(whole)
            bent[at] ^= 1
            path.write_bytes(bent)
            assert verify(package, vkey=key).failed, (name, at)
        path.write_bytes(whole)
        if ".p/" not in name:  # part of a tile as the log was once: nobody needs it any more
            path.unlink()
            assert verify(package, vkey=key).failed, name
            path.write_bytes(whole)
    assert verify(package).ok
    bent = bytearray((package / "run/emissions.parquet").read_bytes())
    bent[100] ^= 1
    (package / "run/emissions.parquet").write_bytes(bent)
    status, told = said()
    assert (status, told["failed"]) == (3, "records")


def test_a_package_of_another_key_or_with_a_file_more_is_told(company, stranger, package):
    assert verify(package, vkey=vault.vkey(stranger.organisation)).failed == "log"
    (package / "more.txt").write_text("x")
    told = verify(package)
    assert told.ok and [problem.code for problem in told.layer("records").problems] == ["verify.file-unnamed"]
    listed = json.loads((package / "package.json").read_text())
    listed["files"]["../outside"] = "0" * 64
    (package / "package.json").write_text(json.dumps(listed))
    assert verify(package).failed == "records"


def test_the_run_of_a_package_is_computed_again(company, run, package):
    told = subprocess.run(
        [BIN / "hengtan", "replay", package / "run/run.json"], capture_output=True, text=True, cwd=package
    )
    assert told.returncode == 0, told.stdout + told.stderr


# --- history
def test_changes_of_facilities_and_roles_stand_in_the_ledger_with_old_and_new(company):
    plant = company.plants[0]
    client = company.client()
    client.post(
        company.url(f"facilities/{plant.pk}/edit/"), {"name": "Plant One", "region": "CN-33", "floor_area_m2": "999"}
    )
    client.post(company.url(f"people/{company.people[Role.VIEWER].pk}/"), {"role": "approver"})
    facility = json.loads(Outbox.objects.get(kind="facility.changed").record)
    assert (facility["old"]["name"], facility["new"]["name"], facility["by"]["name"]) == (
        "yong plant 1",
        "Plant One",
        "Owner yong",
    )
    assert "region" not in facility["new"]
    role = json.loads(Outbox.objects.get(kind="role.changed").record)
    assert (role["old"], role["new"], role["name"]) == ({"role": "viewer"}, {"role": "approver"}, "Viewer yong")
    page = company.client(Role.AUDITOR).get(company.url("audit/history/?kind=facility&q=plant one")).content.decode()
    assert "Plant One" in page and "Facility changed" in page
    table = company.client(Role.AUDITOR).get(company.url("audit/history/?kind=role&format=csv")).content.decode()
    assert "role,viewer,approver" in table


def test_the_history_of_one_record_is_found_and_that_of_others_is_not(company, stranger, engagement):
    item = engagement.items.first()
    services.test(item, company.people[Role.AUDITOR], "agreed", note="meter 7")
    client = company.client(Role.VIEWER)
    page = client.get(company.url(f"audit/history/?q={item.activity_id}")).content.decode()
    assert "meter 7" in page
    assert "company.made" not in page
    assert "Maple" not in client.get(company.url("audit/history/")).content.decode()
    assert "Nothing of this kind" in client.get(company.url("audit/history/?q=%25_nothing")).content.decode()


def test_what_is_typed_is_kept_when_an_engagement_is_refused(company, run):
    client = company.client(Role.AUDITOR)
    told = client.post(company.url("audit/new/"), {**GIVEN, "run": run.pk, "materiality_pct": "0", "name": "kept name"})
    assert told.status_code == 422 and b"kept name" in told.content
    assert not Engagement.objects.exists()
    made = client.post(company.url("audit/new/"), {**GIVEN, "run": run.pk, "seed": ""})
    assert made.status_code == 302
    worked()
    held = Engagement.objects.get()
    assert len(held.seed) == 16 and held.plan
    assert Item.objects.filter(engagement=held).exists()


def test_a_package_that_is_written_twice_is_one_package_with_one_entry_for_the_same_list(company, engagement):
    made = services.export(engagement, company.people[Role.AUDITOR])
    worked()
    made.refresh_from_db()
    before, entries = made.sha256, Outbox.objects.filter(kind="package.exported").count()
    Job.objects.filter(pk=made.job_id).update(state="queued")
    worked()
    made.refresh_from_db()
    assert (made.sha256, Outbox.objects.filter(kind="package.exported").count()) == (before, entries) and entries == 1
    made.done_at = None  # the worker died after it had signed the list
    made.save()
    Job.objects.filter(pk=made.job_id).update(state="queued")
    worked()
    made.refresh_from_db()
    assert made.done_at and Outbox.objects.filter(kind="package.exported").count() == 1
    with pytest.raises(PermissionDenied):
        services.export(engagement, company.people[Role.VIEWER])
