"""What a hostile person sends: every page is asked for what it must not do."""

import csv
import io
import subprocess
import sys
import threading
import time
import zipfile

import openpyxl
import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from hengtan.web.accounts.models import User
from hengtan.web.boundaries.models import Facility, Unit
from hengtan.web.jobs.models import Job
from hengtan.web.organisations.models import Invitation, Membership, Organisation
from hengtan.web.organisations.roles import Role
from house.house import environment

from .company import PASSWORD
from .importing import work
from .test_tenancy import ids, tenant_addresses

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "\thttps://evil.example",
    "https:evil.example",
]
FRAMED = {"evidence-file", "month-evidence-file"}  # on a page of ours
EVIL = '=HYPERLINK("https://evil.example","+1")'


def addresses(company):
    for name, rest in tenant_addresses():
        more = {"pk": ids(company)[name]} if rest else {}
        yield name, reverse(name, kwargs={"key": company.organisation.key, **more})


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


# what a browser is told
def test_every_address_of_a_tenant_says_what_a_browser_may_do(company):
    client = company.client()
    for name, address in addresses(company):
        answer = client.get(address)
        policy = answer["Content-Security-Policy"]
        scripts = policy.partition("script-src")[2].partition(";")[0]
        assert "default-src 'none'" in policy or "sandbox" in policy, name
        assert "unsafe" not in scripts and "unsafe-eval" not in policy, name
        assert "unsafe-inline" not in policy or name.endswith("-file"), name  # styles of a PDF's own viewer
        assert answer["X-Frame-Options"] == ("SAMEORIGIN" if name in FRAMED else "DENY"), name
        assert answer["X-Content-Type-Options"] == "nosniff", name
        assert "public" not in answer["Cache-Control"], name


def test_behind_https_cookies_are_secure_and_browsers_are_told_to_stay(tmp_path):
    code = """
import django; django.setup()
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
from django.test import Client
client = Client(headers={"host": "carbon.example.com"})
plain = client.get("/account/login/")
print(plain.status_code, plain["Location"])
for head in ("evil.example", "carbon.example.com"):
    answer = client.get("/account/login/", headers={"host": head, "X-Forwarded-Proto": "https"})
    print(answer.status_code, answer.headers.get("Strict-Transport-Security"))
from hengtan.web.accounts.services import new_person
user = new_person(email="a@example.com", name="A", password="bridge lantern copper 41")
answer = client.post("/account/login/", {"login": user.email, "password": "bridge lantern copper 41"}, headers={"X-Forwarded-Proto": "https"})
for name, cookie in sorted(client.cookies.items()):
    print(name, bool(cookie["secure"]), bool(cookie["httponly"]), cookie["samesite"], cookie["path"], cookie["domain"] or "-")
"""
    environ = {k: v for k, v in environment().items() if not k.startswith(("HENGTAN_", "DJANGO_", "DATABASE_"))}
    environ |= {
        "HENGTAN_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "hengtan.web.settings", "HENGTAN_SECRET_KEY": "x" * 50,
        "HENGTAN_PUBLIC_URL": "https://carbon.example.com", "HENGTAN_BEHIND_PROXY": "true",
    }  # fmt: skip
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=environ, capture_output=True, text=True)
    lines = told.stdout.splitlines()
    assert lines[0] == "301 https://carbon.example.com/account/login/", told.stderr
    assert lines[1].startswith("400 ")
    assert lines[2] == "200 max-age=31536000"
    cookies = {line.split()[0]: line.split()[1:] for line in lines[3:]}
    assert {"__Host-session", "__Host-csrf"} <= set(cookies)
    for name in ("__Host-session", "__Host-csrf"):
        assert cookies[name] == ["True", "True", "Lax", "/", "-"]


def test_every_form_of_a_tenant_wants_its_token(company):
    client = Client(enforce_csrf_checks=True)
    client.force_login(company.people[Role.OWNER].user, backend=BACKEND)
    for name, address in addresses(company):
        assert client.post(address, {}).status_code in (403, 405), name
    assert client.get("/api/v1/me").status_code == 401  # a session opens no API, so nobody's page can call it


@pytest.mark.parametrize("to", ELSEWHERE)
def test_no_address_leads_elsewhere(company, to):
    owner = company.people[Role.OWNER].user
    for path, form in (
        ("/account/login/", {"login": owner.email, "password": PASSWORD, "next": to}),
        ("/language/", {"language": "en", "next": to}),
        ("/appearance/", {"theme": "dark", "next": to}),
        ("/account/logout/", {"next": to}),
    ):
        client = Client() if "login" in path else company.client()
        answer = client.post(path, form)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/") and not answer["Location"].startswith(("//", "/\\")), (path, to)
    answer = company.client().get("/account/login/", {"next": to})  # who is signed in already
    assert not answer.get("Location", "/").lstrip().startswith(("http", "//", "/\\", "java"))


# what is sent beside what was asked for
def test_fields_that_a_form_does_not_show_are_not_taken(company, stranger):
    viewer, manager = company.people[Role.VIEWER], company.people[Role.MANAGER]
    company.client(Role.VIEWER).post(
        "/account/me/",
        {"name": "Me", "is_operator": "on", "is_active": "", "email": "x@evil.example", "password": "x", "id": 1},
    )
    user = User.objects.get(pk=viewer.user.pk)
    assert (user.name, user.is_operator, user.is_active, user.email) == ("Me", False, True, viewer.user.email)
    client, key = company.client(), company.organisation.key
    client.post(company.url("settings/"), {"name": "N", "region": "GB", "approach": "equity_share", "key": "taken", "id": stranger.organisation.pk})  # fmt: skip
    assert Organisation.objects.get(pk=company.organisation.pk).key == key
    assert Organisation.objects.get(pk=stranger.organisation.pk).name == "Maple Foods"
    plant = company.plants[0]
    client.post(company.url(f"facilities/{plant.pk}/edit/"), {
        "name": plant.name, "region": "CN-33", "organisation": stranger.organisation.pk, "organisation_id": stranger.organisation.pk,
        "id": stranger.plants[0].pk,
    })  # fmt: skip
    assert Facility.objects.get(pk=plant.pk).organisation_id == company.organisation.pk
    manager_client = company.client(Role.MANAGER)
    manager_client.post(company.url(f"people/{viewer.pk}/"), {"role": "owner"})
    manager_client.post(company.url(f"people/{manager.pk}/"), {"role": "owner"})
    manager_client.post(company.url("people/invite/"), {"email": "own@evil.example", "role": "owner"})
    assert Membership.objects.of(company.organisation).filter(role=Role.OWNER).count() == 1
    assert not Invitation.objects.filter(email="own@evil.example").exists()


def test_what_belongs_to_another_tenant_is_not_given_to_anybody(company, stranger):
    client, theirs = company.client(), stranger.plants[0].pk
    contributor = company.people[Role.CONTRIBUTOR]
    assert (
        client.post(
            company.url(f"people/{contributor.pk}/"), {"role": "contributor", "facilities": [theirs]}
        ).status_code
        == 422
    )
    form = {"email": "n@evil.example", "role": "contributor", "facilities": [theirs]}
    assert client.post(company.url("people/invite/"), form).status_code == 422
    assert list(contributor.facilities.all()) == []
    form = {
        "name": "x",
        "region": "GB",
        "unit": stranger.group.pk,
        "approach": "operational_control",
        "share_pct": "100",
    }
    assert client.post(company.url("facilities/new/"), form).status_code == 422
    assert client.post(company.url("units/new/"), {"name": "x", "parent": stranger.group.pk}).status_code == 422
    head = {"Authorization": f"Bearer {company.token_text}"}
    answer = client.post("/api/v1/units", {"name": "x", "parent": stranger.group.pk, "organisation": stranger.organisation.pk}, "application/json", headers=head)  # fmt: skip
    assert answer.status_code in (403, 404, 422)
    assert not Unit.objects.of(stranger.organisation).filter(name="x").exists()


# files
def workbook(**parts):
    made = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["facility", "activity_type", "start", "end", "quantity", "unit"])
    book.active.append(["yong plant 1", "electricity", "2025-01-01", "2025-01-31", 5, "kWh"])
    book.save(made)
    out = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            key = name.rpartition("/")[2].partition(".")[0]
            new.writestr(name, parts[key](old.read(name)) if key in parts else old.read(name))
    return out.getvalue()


def sent(company, data, name="bill.xlsx"):
    """The page of an upload, and what came of it."""
    Job.objects.all().delete()
    client = company.client()
    answer = client.post(company.url("data/import/"), {"files": SimpleUploadedFile(name, data)}, follow=True)
    work()
    last = answer.request["PATH_INFO"]
    return answer.content.decode() + client.get(last).content.decode(), [job.problems for job in Job.objects.all()]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
OUTSIDE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "head",
    [
        f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]>',
        OUTSIDE,
        OUTSIDE.replace("file:///etc/passwd", "http://127.0.0.1:9/x"),
    ],
)
def test_a_workbook_that_calls_things_from_elsewhere_or_multiplies_is_refused_and_shows_nothing(company, head):
    def planted(data):
        text = data.decode()
        at = text.index("<", text.index("?>") if "?>" in text else 0)
        return (text[:at] + head + text[at:]).replace("yong plant 1", "&x;&l9;").encode()

    for part in ("sheet1", "sharedStrings", "workbook"):
        page, problems = sent(company, workbook(**{part: planted}))
        assert "root:" not in page and "hahaha" not in page
        assert "Something went wrong" not in page, part
        assert not any("root:" in str(each) or "hahaha" in str(each) for each in problems)


def test_a_workbook_that_unpacks_to_a_thousand_times_its_size_is_refused_with_a_reason(company):
    page, _problems = sent(
        company, workbook(sheet1=lambda data: data.replace(b"<sheetData>", b"<sheetData>" + b" " * (150 << 20)))
    )
    assert "Something went wrong" not in page
    assert "unpack" in page or "larger" in page, page[-3000:]


def test_names_of_files_and_of_folders_lead_nowhere(company):
    client, head = company.client(), {"Authorization": f"Bearer {company.token_text}"}
    for name in (
        "../../../secret-key",
        "/etc/passwd",
        "..%2f..%2fsecret-key",
        "run.json\x00.txt",
        "....//run.json",
        "C:\\x",
    ):
        assert client.get(company.url(f"runs/{company.run.pk}/file/"), {"name": name}).status_code in (302, 404), name
        assert client.get(f"/api/v1/runs/{company.run.key}/files/{name}", headers=head).status_code in (
            403,
            404,
            422,
        ), name
        assert client.get(f"/static/{name}").status_code in (302, 404), name


def test_no_table_of_any_page_holds_a_formula(company):
    company.plant(EVIL)
    Unit.objects.filter(pk=company.group.pk).update(name="@SUM(1+1)*cmd|' /C calc'!A0")
    company.batch.name = "+1+1"
    company.batch.save()
    client, tables = company.client(), 0
    for name, address in addresses(company):
        for form in ("csv", "xlsx", "tsv"):
            answer = client.get(address, {"format": form})
            kind = answer.get("Content-Type", "")
            if "spreadsheetml" in kind:
                tables += 1
                book = openpyxl.load_workbook(io.BytesIO(body(answer)))
                cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
                assert [cell.value for cell in cells if cell.data_type == "f"] == [], name
            elif "csv" in kind or "tab-separated" in kind:
                tables += 1
                mark = "\t" if "tab" in kind else ","
                for row in csv.reader(io.StringIO(body(answer).decode("utf-8-sig")), delimiter=mark):
                    bad = [
                        cell
                        for cell in row
                        if cell[:1] in ("=", "+", "@", "\t", "\r") or (cell[:1] == "-" and not number(cell))
                    ]
                    assert bad == [], (name, form)
    assert tables >= 6


def number(text):
    try:
        float(text.replace(",", ""))
    except ValueError:
        return text == "-"
    return True


# who is who
def test_a_wrong_password_costs_as_much_where_nobody_has_the_address(company, monkeypatch):
    hashed, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *given: hashed.append(1) or encode(self, *given))
    counts = []
    for email in (company.people[Role.OWNER].user.email, "nobody@example.com"):
        hashed.clear()
        Client().post("/account/login/", {"login": email, "password": "wrong"})
        counts.append(len(hashed))
    assert counts[0] == counts[1] == 1


def test_a_reset_of_an_unknown_address_takes_as_long_as_one_that_sends_an_e_mail(company, monkeypatch, settings):
    """With a mail server that takes a minute, nobody waits for it."""
    sent_, gate = [], threading.Event()

    def slow(message, *_given, **_more):
        gate.wait(60)
        sent_.append(message)
        return 1

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    monkeypatch.setattr("django.core.mail.message.EmailMessage.send", slow)
    answer = Client().post("/account/password/reset/", {"email": company.people[Role.OWNER].user.email})
    assert answer.status_code == 302
    assert sent_ == []  # answered while the mail server still takes its time
    gate.set()
    until = time.monotonic() + 60
    while not sent_ and time.monotonic() < until:
        time.sleep(0.01)
    assert sent_[0].to == [company.people[Role.OWNER].user.email]
    assert mail.outbox == []


def test_a_new_password_ends_the_other_sessions_and_signing_out_ends_the_own(company):
    here, there = company.client(), company.client()
    fresh = "harbour velvet onion 52"
    here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})
    assert here.get(company.url()).status_code == 200
    assert there.get(company.url()).status_code == 302
    kept = here.cookies["session"].value
    here.post("/account/logout/")
    again = Client()
    again.cookies["session"] = kept
    assert again.get(company.url()).status_code == 302


def test_who_invents_where_he_comes_from_is_counted_all_the_same(db):
    client = Client()
    codes = [
        client.post(
            f"/invitations/{'x' * 20}/", headers={"X-Forwarded-For": f"10.0.0.{n}", "X-Real-IP": f"10.0.0.{n}"}
        ).status_code
        for n in range(22)
    ]
    assert codes[-1] == 429
