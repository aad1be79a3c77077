"""Room for files: counted, limited, told; and what nobody needs any more leaves."""

import os
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from hengtan.facts import FactRefused
from hengtan.problems import HengtanError
from hengtan.web.accounts.models import User
from hengtan.web.activities import evidence, services
from hengtan.web.activities.models import Batch
from hengtan.web.configuration import Configuration, MisconfiguredError
from hengtan.web.jobs import worker
from hengtan.web.organisations.roles import Role
from hengtan.web.vault import work
from hengtan.web.vault.models import Leaving, Quota
from hengtan.web.vault.services import facts, home, keep_file
from hengtan.web.vault.storage import GB, give_room, must_fit, room, told_size

from .importing import HEAD, begin, line
from .test_api import Caller, codes
from .test_evidence import PDF, given


def test_room_is_what_lies_on_the_disk(company):
    before = room(company.organisation, fresh=True)
    keep_file(company.organisation, os.urandom(50_000))
    (home(company.organisation) / "runs" / "x").mkdir(parents=True)
    (home(company.organisation) / "runs" / "x" / "a").write_bytes(b"1" * 3000)
    after = room(company.organisation, fresh=True)
    assert after.facts - before.facts >= 50_000 and after.runs - before.runs == 3000
    assert after.used == after.facts + after.runs + after.other


def test_what_does_not_fit_is_refused_with_numbers_and_a_mend(company):
    Quota.objects.filter(organisation=company.organisation).update(
        gb=(room(company.organisation, fresh=True).used + 1000) / GB
    )
    must_fit(company.organisation, 900)
    with pytest.raises(HengtanError) as refused:
        must_fit(company.organisation, 5000)
    problem = refused.value.problems[0]
    assert problem.code == "storage.full" and "5 kB" in problem.reason("en") and "管理员" in problem.mend("zh")


def test_an_upload_over_the_quota_is_refused_on_the_page_and_by_the_api(company):
    Quota.objects.filter(organisation=company.organisation).update(gb=1e-9)
    rows = SimpleUploadedFile("a.csv", (HEAD + line(1, "yong plant 1")).encode())
    page = company.client().post(company.url("data/import/"), {"files": rows})
    assert page.status_code == 422 and "There is no room for it" in page.content.decode()
    assert (
        company.client()
        .post(company.url(f"data/{company.batch.pk}/evidence/"), {"files": SimpleUploadedFile("a.pdf", PDF)})
        .status_code
        == 422
    )
    sent = Caller(company.people[Role.OWNER]).post("/batches?name=a&file=a.csv", HEAD + line(1, "p"), kind="text/csv")
    assert (sent.status_code, codes(sent)) == (422, ["storage.full"])


def test_the_installation_says_a_quota_for_all(company, monkeypatch):
    Quota.objects.all().delete()
    assert room(company.organisation).quota is None
    monkeypatch.setattr(
        settings,
        "CONFIGURATION",
        Configuration.read(
            {
                "HENGTAN_DATA": str(settings.CONFIGURATION.data),
                "HENGTAN_QUOTA_GB": "2.5",
                "HENGTAN_CONFIG": os.environ["HENGTAN_CONFIG"],
            }
        ),
    )
    assert room(company.organisation).quota == int(2.5 * GB)
    give_room(company.organisation, company.people[Role.OWNER].user, 0)
    assert room(company.organisation).quota is None
    with pytest.raises(MisconfiguredError):
        Configuration.read({"HENGTAN_QUOTA_GB": "-1", "HENGTAN_CONFIG": os.environ["HENGTAN_CONFIG"]})


def test_only_who_runs_the_installation_gives_room(company):
    client, address = company.client(), company.url("settings/room/")
    page = client.get(company.url("settings/")).content.decode()
    assert "Storage" in page and 'name="gb"' not in page
    assert client.post(address, {"gb": "9"}).status_code == 403
    User.objects.filter(pk=company.people[Role.OWNER].user.pk).update(is_operator=True)
    assert 'name="gb"' in client.get(company.url("settings/")).content.decode()
    client.post(address, {"gb": "nan"})
    client.post(address, {"gb": "-3"})
    assert Quota.objects.get(organisation=company.organisation).gb == 50
    client.post(address, {"gb": "7,5"})
    assert Quota.objects.get(organisation=company.organisation).gb == 7.5
    client.post(address, {"gb": ""})
    assert not Quota.objects.filter(organisation=company.organisation).exists()


def test_programs_see_how_much_room_is_taken(company):
    told = Caller(company.people[Role.OWNER]).get("/storage").json()
    assert told["quota"] == 50 * GB and told["used"] >= told["facts"] > 0
    assert Caller(company.people[Role.CONTRIBUTOR]).get("/storage").status_code == 403


def test_sizes_are_told_in_what_fits():
    assert [told_size(each) for each in (900, 5 << 20, 3 * GB)] == ["1 kB", "5.0 MB", "3.0 GB"]


def rested(company):
    """An hour later."""
    Leaving.objects.update(since=timezone.now() - timedelta(hours=2))
    for mark in (home(company.organisation) / "wanted").iterdir():
        os.utime(mark, (time.time() - 7200, time.time() - 7200))


def there(company, digest):
    try:
        return bool(facts(company.organisation).read(digest))
    except FactRefused:
        return False


def discarded(company, text):
    by = company.people[Role.MANAGER]
    draft = begin(company, {"rows.csv": text}, role=Role.MANAGER)
    evidence.attach(draft, by, given(company, Role.MANAGER, a__pdf=PDF + text.encode()))
    digests = [draft.files.get().digest, draft.evidence.get().digest]
    services.discard(draft, by.user)
    return digests


def cleared(company):
    work.look()
    while worker.run_one():
        pass


def test_the_files_of_a_discarded_draft_leave_after_an_hour_and_the_discard_is_recorded(company):
    digests = discarded(company, HEAD + line(1, "yong plant 1", "77"))
    cleared(company)
    assert all(there(company, each) for each in digests)
    rested(company)
    cleared(company)
    assert not any(there(company, each) for each in digests)
    told = company.organisation.events.get(kind="batch.discarded")
    assert digests[0] in told.record and told.created_by == company.people[Role.MANAGER].user
    assert not Leaving.objects.filter(digest__in=digests).exists()


def test_what_anything_else_names_stays(company):
    text = HEAD + line(1, "yong plant 1", "78")
    kept = begin(company, {"same.csv": text}, role=Role.MANAGER)
    digests = discarded(company, text)
    Batch.objects.filter(pk=kept.pk).update(outline=[{"somewhere": digests[1]}])
    rested(company)
    cleared(company)
    assert all(there(company, each) for each in digests)


def test_what_somebody_is_just_uploading_stays(company):
    digests = discarded(company, HEAD + line(1, "yong plant 1", "79"))
    rested(company)
    keep_file(company.organisation, (HEAD + line(1, "yong plant 1", "79")).encode())  # no row names it yet
    cleared(company)
    assert [there(company, each) for each in digests] == [True, False]
    rested(company)
    cleared(company)
    assert not there(company, digests[0])
