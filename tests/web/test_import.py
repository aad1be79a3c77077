"""From a file to a batch, page by page: the real Toronto workbook, and files that people have."""

import csv
import io
import json
import re
import time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from hengtan.web.accounts.models import User
from hengtan.web.activities import services, uploads
from hengtan.web.activities.models import Batch, State
from hengtan.web.jobs import worker
from hengtan.web.jobs.models import Job
from hengtan.web.organisations.roles import Role
from hengtan.web.vault.services import facts

from .importing import HEAD, TORONTO, begin, checked, forget_jobs, line, work
from .test_language import latin

MESSY = """月份,厂房,能源,用量,计量,凭证
2025-01,yong plant 1,电力,12850.5,度,a
2025-02,yong plant 1,电力,-5,度,b
2025-03,yong plant 1,电力,13020,,c
2025-04,yong plant 2,魔法能,3,t,d
"""


@pytest.fixture
def company(company):
    company.people[Role.CONTRIBUTOR].facilities.add(company.plants[0])
    Batch.objects.all().delete()
    forget_jobs()
    return company


def uploaded(company, client, files, **more):
    sent = [
        SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content) for name, content in files
    ]
    answer = client.post(company.url("data/import/"), {"files": sent, **more})
    assert answer.status_code == 302, answer.content.decode()
    work()
    return Batch.objects.latest("pk")


def as_suggested(batch, **more):
    """What the page of columns sends when nothing is touched."""
    sent = {}
    for number, form in enumerate(batch.mapping["forms"]):
        sent[f"use-{number}"] = form["use"]
        sent |= {f"col-{number}-{at}": name for name, at in form["columns"].items()}
    return sent | more


def group(batch, code):
    return next((n, each) for n, each in enumerate(batch.preview["groups"]) if each["code"] == code)


def mend(company, client, batch, code, **sent):
    number, _ = group(batch, code)
    answer = client.post(
        company.url(f"data/{batch.pk}/fix/"), {"group": number, "checked": batch.preview["checked"], **sent}
    )
    assert answer.status_code == 302
    work()
    batch.refresh_from_db()


def test_the_filing_of_toronto_goes_through_to_the_last_cell(company):
    name = "toronto_2018_energy_ghg_report.xlsx"
    client = company.client(Role.MANAGER)
    files = [(name, (TORONTO / name).read_bytes()), ("f.csv", (TORONTO / "ontario_2018_factors.csv").read_bytes())]
    batch = uploaded(company, client, files, name="Toronto 2018")
    assert [file.role for file in batch.files.all()] == ["activities", "factors"]
    assert client.post(company.url(f"data/{batch.pk}/columns/"), as_suggested(batch)).status_code == 302
    work()
    batch.refresh_from_db()
    assert (batch.preview["rows_in"], batch.preview["good"], batch.preview["rejected"]) == (2962, 2962, 0)
    sums = {
        each["type"]: (round(Decimal(each["in"]), 2), each["in"] == each["good"]) for each in batch.preview["controls"]
    }
    assert sums == {
        "electricity": (Decimal("1506450262.71"), True),
        "fuel.natural_gas": (Decimal("53547232.42"), True),
    }
    _, twins = group(batch, "activity.identical")
    assert [cell["name"] for cell in twins["cells"]] == ["J1241", "J1308", "J1435"]
    assert Decimal(twins["kg"]) == pytest.approx(Decimal("3104.6"), rel=Decimal("0.001"))
    page = client.get(company.url(f"data/{batch.pk}/problems/")).content.decode()
    assert 'href="#r1241"' in page
    assert "−3.10" in page
    mend(company, client, batch, "activity.identical", leave="1")
    assert (batch.preview["rows_in"], batch.preview["good"], batch.preview["rejected"]) == (2962, 2959, 3)
    assert client.post(company.url(f"data/{batch.pk}/submit/"), {"name": "Toronto, filed"}).status_code == 302
    work()
    batch.refresh_from_db()
    assert (batch.state, batch.name, batch.rows_in, batch.rows_good) == (State.SUBMITTED, "Toronto, filed", 2962, 2959)
    assert company.organisation.facilities.count() == 3 + 1478
    approver = company.client(Role.APPROVER)
    assert "Approve" in approver.get(company.url(f"data/{batch.pk}/")).content.decode()
    approver.post(company.url(f"data/{batch.pk}/decide/"), {"approve": "1"})
    rows, factors = services.approved_sources(company.organisation)
    assert (rows.rows, rows.role, factors.role, factors.name) == (2959, "input", "factors", "f.csv")
    table = pq.read_table(rows.path)
    at = table["activity_id"].to_pylist().index("TOR18-1190-L")
    assert table["source_cell"][at].as_py() == "L1190"
    page = approver.get(company.url(f"data/{batch.pk}/rows/?q=TOR18-1190")).content.decode()
    assert "L1190" in page
    assert "J1191" not in page


def test_a_sheet_with_other_names_is_understood_by_what_stands_in_it_and_mended_cell_by_cell(company):
    client = company.client(Role.MANAGER)
    batch = uploaded(company, client, [("账单.csv", MESSY)])
    form = batch.mapping["forms"][0]
    assert form["columns"] == {"period": 0, "facility": 1, "activity_type": 2, "quantity": 3, "unit": 4, "evidence": 5}
    client.post(company.url(f"data/{batch.pk}/columns/"), as_suggested(batch))
    work()
    batch.refresh_from_db()
    assert (batch.preview["rows_in"], batch.preview["good"]) == (4, 1)
    mend(company, client, batch, "activity.quantity-negative", value="5")
    mend(company, client, batch, "activity.unit-empty", value="kWh")
    assert (batch.preview["good"], [(each["old"], each["new"]) for each in batch.fixes]) == (
        3,
        [("-5", "5"), ("", "kWh")],
    )
    mend(company, client, batch, "type.unknown", value="nothing we know")
    assert batch.preview["good"] == 3
    mend(company, client, batch, "type.unknown", value="fuel.diesel")
    assert batch.preview["good"] == 4
    assert batch.mapping["values"] == {"activity_type": {"魔法能": "fuel.diesel"}}
    client.post(company.url(f"data/{batch.pk}/fix/"), {"undo": "0"})
    work()
    batch.refresh_from_db()
    assert batch.preview["good"] == 3
    services.submit(batch, company.people[Role.MANAGER].user)
    work()
    batch.refresh_from_db()
    table = pq.read_table(facts(company.organisation).path(batch.parquet))
    assert str(table["start"][0]) == "2025-01-01"
    assert str(table["end"][0]) == "2025-01-31"
    assert table["source_cell"].to_pylist() == ["D2", "D4", "D5"]


def test_the_next_file_of_the_same_form_is_read_as_the_last_one(company):
    client = company.client(Role.MANAGER)
    text = "A;B;C;D;E\n2025-01-01;2025-01-31;yong plant 1;100;x\n"
    batch = uploaded(company, client, [("a.csv", text)])
    sent = as_suggested(batch) | {
        "use-0": "table",
        "col-0-0": "start",
        "col-0-1": "end",
        "col-0-2": "facility",
        "col-0-3": "quantity",
    }
    sent |= {"const-0-activity_type": "electricity", "const-0-unit": "kWh"}
    assert client.post(company.url(f"data/{batch.pk}/columns/"), sent).status_code == 302
    work()
    again = uploaded(company, client, [("b.csv", text.replace("100", "200"))])
    form = again.mapping["forms"][0]
    assert form["columns"] == {"start": 0, "end": 1, "facility": 2, "quantity": 3}
    assert form["constants"] == {"activity_type": "electricity", "unit": "kWh"}


def test_what_is_missing_is_told_and_what_was_chosen_stays(company):
    client = company.client()
    batch = uploaded(company, client, [("a.csv", "x,y\n1,2\n")])
    answer = client.post(
        company.url(f"data/{batch.pk}/columns/"), {"use-0": "table", "col-0-0": "quantity", "col-0-1": "quantity"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "two columns are both “Quantity”" in page
    assert "which column is Facility, Activity type, Start date, End date, Unit?" in page
    assert '<option value="quantity" selected>' in page
    assert Batch.objects.get(pk=batch.pk).preview == {}


def test_the_names_may_stand_in_another_row(company):
    client = company.client()
    text = "Report of the year,,,,,,,\n\n" + HEAD + line(1, "yong plant 1")
    batch = uploaded(company, client, [("a.csv", text)])
    assert batch.mapping["forms"][0]["header"] == 3
    client.post(company.url(f"data/{batch.pk}/columns/"), {"again-0": "1", "header-0": "1"})
    work()
    batch.refresh_from_db()
    assert batch.outline[0]["headers"][0] == "Report of the year"


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "parquet"])
def test_every_kind_of_file_comes_to_the_same_rows(company, kind, tmp_path):
    client = company.client()
    rows = list(
        csv.reader(io.StringIO(HEAD + line(1, "yong plant 1", "100") + line(2, "yong plant 1", "-5", month="2025-02")))
    )
    path = tmp_path / f"a.{kind}"
    written(path, kind, rows)
    batch = uploaded(company, client, [(path.name, path.read_bytes())])
    batch = checked(company, batch, Role.OWNER)
    assert (batch.preview["rows_in"], batch.preview["good"]) == (2, 1)
    _, wrong = group(batch, "activity.quantity-negative")
    assert wrong["rows"][0][2] == (2 if kind == "parquet" else 3)


def written(path, kind, rows):
    if kind == "xlsx":
        import xlsxwriter

        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    elif kind == "xls":
        import xlwt

        book = xlwt.Workbook()
        sheet = book.add_sheet("S")
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write(at, column, cell)
        book.save(str(path))
    elif kind == "ods":
        from odf.opendocument import OpenDocumentSpreadsheet
        from odf.table import Table, TableCell, TableRow
        from odf.text import P

        document = OpenDocumentSpreadsheet()
        sheet = Table(name="S")
        for row in rows:
            made = TableRow()
            for cell in row:
                one = TableCell(valuetype="string")
                one.addElement(P(text=cell))
                made.addElement(one)
            sheet.addElement(made)
        document.spreadsheet.addElement(sheet)
        document.save(str(path))
    else:
        pq.write_table(pa.table({name: [row[at] for row in rows[1:]] for at, name in enumerate(rows[0])}), path)


def test_what_is_no_table_is_refused_before_anything_is_kept(company):
    client = company.client()
    for name, data, told in (
        ("a.pdf", b"%PDF-1.7 and so on", "PDF"),
        ("b.csv", b"", "empty"),
        ("c.xlsx", b"PK\x03\x04 but cut", "c.xlsx"),
    ):
        answer = client.post(company.url("data/import/"), {"files": SimpleUploadedFile(name, data)})
        assert answer.status_code == 422, name
        assert told in answer.content.decode(), name
    assert client.post(company.url("data/import/")).status_code == 422
    assert not Batch.objects.exists()


def test_a_name_leads_nowhere_and_what_is_too_large_is_refused(company, monkeypatch):
    assert uploads.clean_name("../../etc/pass\x00wd\u202e.csv") == "pass_wd_.csv"
    assert uploads.clean_name("C:\\bills\\=1+1.csv") == "=1+1.csv"
    assert uploads.clean_name("...") == "file"
    monkeypatch.setattr(uploads, "MOST_BYTES", 1 << 20)
    big = SimpleUploadedFile("big.csv", b"x" * ((1 << 20) + 1))
    assert "larger than 1 MB" in company.client().post(company.url("data/import/"), {"files": big}).content.decode()
    monkeypatch.setattr(uploads, "MOST_TOGETHER", 1000)
    big.seek(0)
    assert company.client().post(company.url("data/import/"), {"files": big}).status_code == 400


def test_the_marked_up_workbook_shows_each_problem_at_its_cell_and_nothing_in_it_is_a_formula(company):
    client = company.client()
    rows = HEAD + line(1, "yong plant 1", "-5") + line(2, "=HYPERLINK(1)", "7")
    batch = checked(company, uploaded(company, client, [("a.csv", rows)]), Role.OWNER)
    answer = client.get(company.url(f"data/{batch.pk}/workbook/"))
    assert answer["X-Content-Type-Options"] == "nosniff"
    book = load_workbook(io.BytesIO(answer.content))
    listing, sheet = book.worksheets
    assert sheet["F2"].value == "-5"
    assert sheet["F2"].fill.start_color.rgb == "FFFBEAE8"
    assert "below zero" in sheet["F2"].comment.text
    assert sheet["B3"].data_type == "s"
    assert sheet["B3"].value == "=HYPERLINK(1)"
    assert "F2" in [cell.value for cell in listing["D"]]


def test_a_cell_that_a_person_changed_is_marked_with_what_stood_there_on_the_page_and_in_the_workbook(company):
    client, who = company.client(), company.people[Role.OWNER].user
    batch = checked(company, uploaded(company, client, [("a.csv", HEAD + line(1, "yong plant 1", "-5"))]), Role.OWNER)
    services.fix(batch, who, [("a.csv", "", 2)], 5, "=5", "-5")
    work()
    page = client.get(company.url(f"data/{batch.pk}/problems/")).content.decode()
    assert re.search(r'<td class="[^"]*fixed"\s+title="was “-5”, changed by Owner yong">', page)
    sheet = load_workbook(io.BytesIO(client.get(company.url(f"data/{batch.pk}/workbook/")).content)).worksheets[1]
    assert (sheet["F2"].value, sheet["F2"].data_type) == ("=5", "s")
    assert sheet["F2"].comment.text.startswith("Was “-5”; changed by Owner yong.")


def test_a_file_comes_back_as_it_was_given_and_is_not_opened_by_a_browser(company):
    client = company.client()
    batch = uploaded(company, client, [("a.csv", HEAD + line(1, "yong plant 1"))])
    answer = client.get(company.url(f"data/files/{batch.files.get().pk}/"))
    assert answer.content.decode() == HEAD + line(1, "yong plant 1")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"


def test_a_change_on_an_older_check_is_not_made_to_other_rows(company):
    client = company.client()
    batch = checked(company, uploaded(company, client, [("a.csv", HEAD + line(1, "yong plant 1", "-5"))]), Role.OWNER)
    client.post(company.url(f"data/{batch.pk}/fix/"), {"group": 0, "checked": "older", "value": "5"})
    assert Batch.objects.get(pk=batch.pk).fixes == []


def test_a_hundred_thousand_rows_are_looked_into_and_checked_in_seconds(company):
    facility = company.plants[0].name
    text = HEAD + "".join(line(n, facility, str(n + 1), month=f"2025-{n % 12 + 1:02}") for n in range(100_000))
    began = time.process_time()
    batch = begin(company, {"a.csv": text}, Role.MANAGER)
    batch = checked(company, batch, Role.MANAGER)
    assert batch.preview["good"] == 100_000
    assert len(json.dumps(batch.preview)) < 100_000
    assert time.process_time() - began < 20  # of processors; 4 on the smallest machine


def test_a_worker_that_dies_before_the_rows_are_kept_or_after_leaves_a_draft_that_goes_on(company, monkeypatch):
    batch = checked(company, begin(company, {"a.csv": HEAD + line(1, company.plants[0].name)}))
    services.submit(batch, company.people[Role.CONTRIBUTOR].user)
    from hengtan.web.activities import tasks

    class Killed(BaseException):
        """As a signal: nothing of the handler runs any more."""

    def dies(*_):
        raise Killed

    for where in ("keep_file", "_facilities", "record"):
        with monkeypatch.context() as broken:
            broken.setattr(tasks, where, dies)
            with pytest.raises(Killed):
                worker.run_one()
        batch.refresh_from_db()
        assert (batch.state, batch.parquet) == (State.DRAFT, "")
        Job.objects.filter(state="running").update(heartbeat_at="2020-01-01T00:00Z", attempts=1)
    worker.run_one()
    batch.refresh_from_db()
    assert (batch.state, batch.rows_good) == (State.SUBMITTED, 1)


def test_what_was_asked_meanwhile_wins_over_what_a_worker_still_does(company, monkeypatch):
    batch = begin(company, {"a.csv": HEAD + line(1, company.plants[0].name)})
    who = company.people[Role.CONTRIBUTOR].user
    services.assign(batch, who, batch.mapping)
    from hengtan.web.activities import tasks

    told = tasks.preview

    def meanwhile(*given):
        monkeypatch.setattr(tasks, "preview", told)
        services.assign(Batch.objects.get(pk=batch.pk), who, batch.mapping)
        return {"old": True}

    monkeypatch.setattr(tasks, "preview", meanwhile)
    worker.run_one()
    batch.refresh_from_db()
    assert batch.preview == {}
    work()
    batch.refresh_from_db()
    assert batch.preview["good"] == 1


PAGES = [
    "data/",
    "data/import/",
    "data/periods/",
    "data/{pk}/columns/",
    "data/{pk}/problems/",
    "data/{pk}/submit/",
    "jobs/",
]
THE_SAME = re.compile(  # in both languages: kinds of files, units, codes, what stands in the file
    r"XLSX|XLS|ODS|CSV|Parquet|MB|kWh|tCO₂e|AR5|nonunit|electricity|activity_id|activity_type|bills|facility|quantity|start|end|region|unit|<code>.*?</code>",
    re.I,
)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_pages_speak_one_language(company, language):
    client = company.client()
    User.objects.update(language=language)
    text = HEAD + line(1, "yong plant 1", "-5") + line(2, "yong plant 1", "5", "nonunit") + line(3, "yong plant 1")
    batch = checked(company, uploaded(company, client, [("a.csv", text)], name="bills"), Role.OWNER)
    pages = [page.format(pk=batch.pk) for page in PAGES]
    seen = {page: client.get(company.url(page)).content.decode() for page in pages}
    services.submit(batch, company.people[Role.OWNER].user)
    work()
    for page in (f"data/{batch.pk}/", f"data/{batch.pk}/rows/"):
        seen[page] = client.get(company.url(page)).content.decode()
    for page, html in seen.items():
        if language == "en":
            shown = re.sub(r"浙江|中文|中(?=</button>)|<option.*?</option>", "", html)
            assert re.findall(r"[\u4e00-\u9fff]+", shown) == [], page
            continue
        body = re.sub(r"<(script|style|svg|option|head)\b.*?</\1>|<code>.*?</code>", " ", html, flags=re.S)
        body = re.sub(r'<(\w+) class="mono[^"]*"[^>]*>[^<]*</\1>', " ", body)
        shown = re.sub(r"<[^>]+>", " ", body) + " ".join(re.findall(r'(?:placeholder|aria-label)="([^"]*)"', body))
        assert latin(THE_SAME.sub(" ", shown)) == [], page
