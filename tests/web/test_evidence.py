"""Evidence behind rows: what may be attached, which rows it stands for, and that nothing in it ever runs."""

import io
import zipfile

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from hengtan.problems import HengtanError
from hengtan.web.activities import evidence, services
from hengtan.web.activities.evidence_pages import uploaded
from hengtan.web.activities.models import Batch, Evidence
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.services import facts

from .importing import begin, checked, submitted, work
from .test_api import Caller, codes

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0500000030101c6f4c1120000000049454e44ae426082"
)
HEIC = b"\x00\x00\x00\x18ftypheic" + b"\0" * 40
ROWS = "activity_id,facility,activity_type,start,end,quantity,unit,region,evidence\n" + "".join(
    f"A-{n},yong plant 1,electricity,2025-0{n}-01,2025-0{n}-28,100,kWh,CN-33,{name}\n"
    for n, name in enumerate(("Bill-1.pdf", "bill-2", "BILL-1.PDF；meter.png", "", "gone.pdf"), 1)
)


def xlsx():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


def given(company, role=Role.CONTRIBUTOR, **files):
    named = [SimpleUploadedFile(name.replace("__", "."), data) for name, data in files.items()]
    return uploaded(company.people[role], named)


@pytest.fixture(autouse=True)
def contributor(db, request):
    if "company" in request.fixturenames:
        company = request.getfixturevalue("company")
        company.people[Role.CONTRIBUTOR].facilities.set(company.plants)


@pytest.fixture
def batch(company):
    return submitted(company, {"rows.csv": ROWS})


def proven(batch):
    batch.refresh_from_db()
    return batch.rows_proven


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.pdf", PDF, "pdf"), ("a.pdf", PNG, "png"), ("photo", b"\xff\xd8\xff\xe0" + b"\0" * 9, "jpeg"), ("a.gif", b"GIF89a...", "gif"),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "webp"), ("a.heic", HEIC, "heic"), ("a.csv", b"a,b\n1,2\n", "csv"),
    ],
)  # fmt: skip
def test_the_kind_of_a_file_is_what_stands_in_it_and_not_its_name(tmp_path, name, data, kind):
    path = tmp_path / "x"
    path.write_bytes(data)
    assert evidence.kind(path, name) == kind


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "attachment.empty"), (b"MZ\x90\0" + b"\0" * 60, "attachment.kind"), (b"<html><script>alert(1)</script>", "attachment.kind"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "attachment.kind"), (b"\n <!DOCTYPE html>", "attachment.kind"),
        (b"\x1f\x8b123", "attachment.kind"), (b"PAR1" + b"\0" * 20 + b"PAR1", "attachment.kind"), (b"PK\x05\x06" + b"\0" * 18, "attachment.kind"),
    ],
)  # fmt: skip
def test_what_is_no_bill_is_refused_with_the_reason(tmp_path, data, code):
    path = tmp_path / "bill.pdf"
    path.write_bytes(data)
    with pytest.raises(HengtanError) as refused:
        evidence.kind(path, "bill.pdf")
    assert [each.code for each in refused.value.problems] == [code]
    assert "bill.pdf" in refused.value.problems[0].sentence("zh")


def test_a_file_that_is_too_large_is_refused_before_it_is_kept(company, monkeypatch):
    monkeypatch.setattr(evidence, "MOST_BYTES", 40)
    with pytest.raises(ValidationError, match="may have 0 MB"):
        given(company, a__pdf=PDF)


def test_files_find_the_rows_that_name_them(company, batch):
    evidence.attach(
        batch,
        company.people[Role.CONTRIBUTOR],
        given(company, **{"bill-1__PDF": PDF, "Bill-2__png": PNG, "other__pdf": PDF}),
    )
    stands = evidence.standing(batch, batch.evidence.all())
    assert {one: [each.name for each in files] for one, files in stands.by_row.items()} == {
        "A-1": ["bill-1.PDF"], "A-2": ["Bill-2.png"], "A-3": ["bill-1.PDF"],
    }  # fmt: skip
    assert [each.name for each in stands.whole] == ["other.pdf"]
    assert stands.lacking == {"meter.png": 1, "gone.pdf": 1}
    assert proven(batch) == 3


def test_rows_may_be_chosen_by_hand_and_a_row_that_is_none_is_told(company, batch):
    by = company.people[Role.CONTRIBUTOR]
    evidence.attach(batch, by, given(company, scan__pdf=PDF), ["A-4", "A-4", "A-5"])
    assert proven(batch) == 2
    with pytest.raises(ValidationError, match="“A-9” is no row of this batch"):
        evidence.attach(batch, by, given(company, scan__pdf=PDF), ["A-9"])
    assert batch.evidence.count() == 1


def test_what_was_attached_to_a_draft_counts_when_its_rows_are_taken_in(company):
    draft = checked(company, begin(company, {"rows.csv": ROWS}))
    evidence.attach(draft, company.people[Role.CONTRIBUTOR], given(company, **{"bill-1__pdf": PDF}))
    services.submit(draft, company.people[Role.CONTRIBUTOR].user)
    work()
    assert proven(draft) == 2


def test_evidence_is_added_until_the_batch_is_approved_and_not_after(company, batch):
    by = company.people[Role.CONTRIBUTOR]
    first = evidence.attach(batch, by, given(company, a__pdf=PDF))[0]
    services.approve(batch, company.people[Role.APPROVER])
    with pytest.raises(ValidationError, match="approved"):
        evidence.attach(batch, by, given(company, b__pdf=PDF))
    with pytest.raises(ValidationError, match="approved"):
        evidence.withdraw(first, by, "wrong")


@pytest.mark.parametrize("role", [Role.APPROVER, Role.AUDITOR, Role.VIEWER])
def test_who_does_not_enter_data_attaches_nothing(company, batch, role):
    with pytest.raises(PermissionDenied):
        evidence.attach(batch, company.people[role], given(company, role, a__pdf=PDF))
    answer = company.client(role).post(
        company.url(f"data/{batch.pk}/evidence/"), {"files": SimpleUploadedFile("a.pdf", PDF)}
    )
    assert answer.status_code == 403
    assert not Evidence.objects.filter(batch=batch).exists()


def test_withdrawing_and_replacing_keep_the_old_file_and_say_why(company, batch):
    by = company.people[Role.CONTRIBUTOR]
    old = evidence.attach(batch, by, given(company, scan__pdf=PDF), ["A-4"])[0]
    new = evidence.attach(batch, by, given(company, better__png=PNG), replaces=old)[0]
    old.refresh_from_db()
    assert (old.replaced_by, new.rows, proven(batch)) == (new, ["A-4"], 1)
    with pytest.raises(ValidationError):
        evidence.withdraw(new, by, "  ")
    evidence.withdraw(new, by, "of another meter")
    assert proven(batch) == 0
    with pytest.raises(ValidationError, match="already"):
        evidence.withdraw(new, by, "again")
    assert facts(company.organisation).read(old.digest) == PDF
    kinds = list(
        company.organisation.events.filter(kind__startswith="evidence.").order_by("pk").values_list("kind", flat=True)
    )
    assert kinds == ["evidence.added", "evidence.added", "evidence.withdrawn", "evidence.withdrawn"]


def test_a_batch_takes_so_many_files_and_no_more(company, batch, monkeypatch):
    monkeypatch.setattr(evidence, "MOST_OF_BATCH", 1)
    by = company.people[Role.CONTRIBUTOR]
    with pytest.raises(HengtanError) as refused:
        evidence.attach(batch, by, given(company, a__pdf=PDF, b__pdf=PNG))
    assert refused.value.problems[0].code == "attachment.too-many"


def test_pages_attach_show_and_withdraw(company, batch):
    client = company.client()
    address = company.url(f"data/{batch.pk}/evidence/")
    assert "No evidence yet" in client.get(address).content.decode()
    refused = client.post(address, {"files": SimpleUploadedFile("a.pdf", b"MZ\x90\0"), "rows": "A-1"})
    assert refused.status_code == 422 and "A-1</textarea>" in refused.content.decode()
    files = [SimpleUploadedFile("bill-1.pdf", PDF), SimpleUploadedFile("../../<b>.png", PNG)]
    assert client.post(address, {"files": files}).status_code == 302
    page = client.get(address).content.decode()
    assert "<b>2 of 5</b> rows" in page and "gone.pdf" in page and "<b>.png" not in page
    assert "2 of 5 rows have evidence" in client.get(company.url(f"data/{batch.pk}/")).content.decode()
    one = Evidence.objects.get(batch=batch, kind="pdf")
    assert one.digest in client.get(company.url(f"data/evidence/{one.pk}/")).content.decode()
    assert "evidence/?row=A-1" in client.get(company.url(f"data/{batch.pk}/rows/")).content.decode()
    assert "bill-1.pdf" in client.get(address + "?row=A-1").content.decode()
    assert "bill-1.pdf" not in client.get(address + "?row=A-4").content.decode()
    client.post(company.url(f"data/evidence/{one.pk}/withdraw/"), {"reason": "of 2024"})
    assert "of 2024" in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("name", "data", "inline"),
    [("a.pdf", PDF, "application/pdf"), ("a.png", PNG, "image/png"), ("a.csv", b"a,b\n1,2\n", "")],
)
def test_a_file_is_served_as_what_it_is_and_nothing_in_it_runs(company, batch, name, data, inline):
    one = evidence.attach(batch, company.people[Role.CONTRIBUTOR], given(company, **{name.replace(".", "__"): data}))[0]
    address = company.url(f"data/evidence/{one.pk}/file/")
    for query, kind in (("", ""), ("?inline", inline)):
        answer = company.client().get(address + query)
        assert answer.content == data
        assert answer["Content-Type"] == (kind or "application/octet-stream")
        assert answer["Content-Disposition"].startswith("inline" if kind else "attachment")
        policy = answer["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "script-src" not in policy
        assert ("sandbox" in policy) == (kind != "application/pdf")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "SAMEORIGIN"
    page = company.client().get(company.url(f"data/evidence/{one.pk}/"))
    assert page["Content-Security-Policy"].endswith("frame-src 'self'") and page["X-Frame-Options"] == "DENY"


def test_a_contributor_does_not_see_the_evidence_of_others(company):
    theirs = submitted(company, {"rows.csv": ROWS}, role=Role.MANAGER)
    one = evidence.attach(theirs, company.people[Role.MANAGER], given(company, Role.MANAGER, a__pdf=PDF))[0]
    client = company.client(Role.CONTRIBUTOR)
    for path in (f"data/{theirs.pk}/evidence/", f"data/evidence/{one.pk}/", f"data/evidence/{one.pk}/file/"):
        assert client.get(company.url(path)).status_code == 404


def test_a_discarded_draft_takes_its_evidence_along(company):
    draft = begin(company, {"rows.csv": ROWS})
    evidence.attach(draft, company.people[Role.CONTRIBUTOR], given(company, a__pdf=PDF))
    services.discard(draft, company.people[Role.CONTRIBUTOR].user)
    assert not Evidence.objects.filter(batch_id=draft.pk).exists()
    assert not Batch.objects.filter(pk=draft.pk).exists()


def test_programs_attach_list_fetch_and_withdraw(company, batch):
    caller = Caller(company.people[Role.OWNER])
    path = f"/batches/{batch.key}/evidence"
    sent = caller.post(f"{path}?name=bill-1.pdf", PDF, kind="application/pdf")
    assert sent.status_code == 201, sent.content
    told = caller.get(path).json()
    assert (told["rows_proven"], told["rows"], told["lacking"]) == (2, 5, ["bill-2", "gone.pdf", "meter.png"])
    assert told["items"][0]["stands_for"] == ["A-1", "A-3"]
    one = told["items"][0]["id"]
    assert b"".join(caller.get(f"/evidence/{one}/file").streaming_content) == PDF
    refused = caller.post(f"{path}?name=x.pdf", b"MZ\x90\0", kind="application/pdf")
    assert (refused.status_code, codes(refused)) == (422, ["attachment.kind"])
    gone = caller.post(f"/evidence/{one}/withdraw", {"reason": "wrong"})
    assert gone.status_code == 200 and gone.json()["withdrawn_at"]
    assert caller.get(path).json()["rows_proven"] == 0
