"""Files that are missing, broken, locked, or made to hurt: refused with a sentence, never a crash."""

import io
import os
import random
import struct
import zipfile
import zlib

import pytest
import xlsxwriter
import xlwt

from hengtan.connectors import read
from hengtan.problems import HengtanError

from .conftest import HEADER, row
from .test_spreadsheets import ods, put


@pytest.fixture
def workbook(tmp_path):
    path = tmp_path / "good.xlsx"
    book = xlsxwriter.Workbook(str(path))
    put(book.add_worksheet("S"), [row() for _ in range(50)])
    book.close()
    return path


def rezip(path, out, change):
    """Copies an archive, with some members changed."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out


def test_missing_files_folders_and_empty_files_are_refused(tmp_path, refused):
    assert refused(tmp_path / "no.csv") == ["file.missing"]
    assert refused(tmp_path) == ["file.folder"]
    for name, content in (("e.csv", b""), ("b.csv", b"\xef\xbb\xbf"), ("n.csv", b"\n\n \n"), ("z.xlsx", b"\0" * 100)):
        (tmp_path / name).write_bytes(content)
        assert refused(tmp_path / name) == ["file.empty"]


def test_a_file_that_may_not_be_read_is_refused(tmp_path, refused):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = tmp_path / "s.csv"
    path.write_text("x")
    path.chmod(0)
    assert refused(path) == ["file.unreadable"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "PDF"), (b"\x1f\x8b\x08 gz", "a gzip archive"), (b"<html><table><tr><td>activity_id</td></tr></table>", "HTML"),
        (b"<?xml version='1.0'?><a/>", "XML"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"\x00\x01\x02 binary \xff", "binary data of some program"),
        (b"SQLite format 3\0", "SQLite"),
    ],
)  # fmt: skip
def test_files_of_other_kinds_are_named(tmp_path, content, kind):
    path = tmp_path / "x.xls"
    path.write_bytes(content)
    with pytest.raises(HengtanError) as caught:
        read([path])
    told = caught.value.problems[0]
    assert (told.code, told.values["kind"]) == ("file.kind", kind)
    assert told.values["kind_zh"] in told.reason("zh")
    assert "binary" not in told.reason("zh")


def test_word_documents_and_plain_archives_are_named(tmp_path, refused):
    for name, member in (("w.xlsx", "word/document.xml"), ("z.xlsx", "a.csv"), ("b.xlsx", "xl/workbook.bin")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("[Content_Types].xml" if name != "z.xlsx" else "b.csv", "x")
            archive.writestr(member, "x")
        assert refused(tmp_path / name) == ["file.kind"]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_a_truncated_workbook_is_refused(workbook, refused, share):
    content = workbook.read_bytes()
    workbook.write_bytes(content[: int(len(content) * share)])
    assert refused(workbook)[0] in ("file.truncated", "file.kind")


def test_a_workbook_with_damaged_bytes_never_crashes(workbook, tmp_path):
    content, luck = workbook.read_bytes(), random.Random(7)
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(luck.randint(1, 12)):
            damaged[luck.randrange(len(damaged))] = luck.randrange(256)
        workbook.write_bytes(bytes(damaged))
        try:
            read([workbook])
        except HengtanError as error:
            assert error.problems[0].code.startswith("file.")


@pytest.mark.parametrize("kind", ["xls", "ods", "parquet"])
def test_other_kinds_with_damaged_or_missing_bytes_never_crash(tmp_path, kind):
    path = tmp_path / f"b.{kind}"
    if kind == "xls":
        book = xlwt.Workbook()
        put(book.add_sheet("S"), [row() for _ in range(30)])
        book.save(str(path))
    elif kind == "ods":
        ods(path, {"S": [HEADER, *[row() for _ in range(30)]]})
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({name: [cell] * 50 for name, cell in zip(HEADER, row(), strict=True)}), path)
    content, luck = path.read_bytes(), random.Random(3)
    for turn in range(60):
        damaged = bytearray(content)
        for _ in range(luck.randint(1, 8)):
            damaged[luck.randrange(len(damaged))] = luck.randrange(256)
        path.write_bytes(bytes(damaged if turn % 2 else content[: luck.randrange(len(content))]))
        try:
            read([path])
        except HengtanError as error:
            assert error.problems[0].code.startswith("file.")


@pytest.mark.parametrize("at", [0, 30])
def test_a_sheet_whose_first_entry_is_spoilt_is_refused(tmp_path, refused, at):
    """The entry that says what kind of document it is: its mark, its text."""
    path = tmp_path / "b.ods"
    ods(path, {"S": [HEADER, row()]})
    damaged = bytearray(path.read_bytes())
    damaged[at] ^= 0xFF
    path.write_bytes(bytes(damaged))
    assert refused(path)[0] in ("file.truncated", "file.kind")


def test_an_encrypted_workbook_is_recognised(tmp_path, refused):
    name = "EncryptedPackage".encode("utf-16-le")
    path = tmp_path / "locked.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1024 + name + b"\0" * 4096)
    assert refused(path) == ["file.encrypted"]


def test_an_encrypted_old_workbook_is_recognised(tmp_path, refused):
    book = xlwt.Workbook()
    put(book.add_sheet("S"), [row()])
    path = tmp_path / "locked.xls"
    book.save(str(path))
    content = bytearray(path.read_bytes())
    at = content.find(struct.pack("<HH", 0x0042, 2))  # CodePage becomes FilePass
    content[at : at + 2] = struct.pack("<H", 0x002F)
    path.write_bytes(bytes(content))
    assert refused(path) == ["file.encrypted"]


def test_an_encrypted_ods_and_encrypted_archive_entries_are_recognised(tmp_path, refused):
    ods(tmp_path / "a.ods", {"S": [HEADER, row()]})
    locked = rezip(tmp_path / "a.ods", tmp_path / "b.ods",
                   lambda name, data: data + b"<!-- encryption-data -->" if "manifest" in name else data)  # fmt: skip
    assert refused(locked) == ["file.encrypted"]
    content = bytearray((tmp_path / "a.ods").read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    (tmp_path / "c.ods").write_bytes(bytes(content))
    assert refused(tmp_path / "c.ods") == ["file.encrypted"]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, workbook, refused):
    bomb = rezip(
        workbook, tmp_path / "bomb.xlsx", lambda name, data: b"<x>" + b" " * (150 << 20) if "sheet1" in name else data
    )
    assert bomb.stat().st_size < 1 << 20
    assert refused(bomb) == ["file.bomb"]


def test_an_archive_that_lies_about_its_sizes_is_refused(tmp_path, workbook, refused):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    squeezed = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(1100)) + packer.flush()
    out = tmp_path / "liar.xlsx"
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if "sheet1" not in name:
                new.writestr(name, old.read(name))
        new.writestr("xl/worksheets/sheet1.xml", "x")
    content = bytearray(out.read_bytes())
    first = content.rfind(b"PK\x03\x04")
    name_length, extra = struct.unpack_from("<HH", content, first + 26)
    start = first + 30 + name_length + extra
    packed = struct.unpack_from("<I", content, first + 18)[0]
    content[start : start + packed] = squeezed
    grown = len(squeezed) - packed
    central = content.find(b"PK\x01\x02")
    entry = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, first + 18, len(squeezed))
    struct.pack_into("<I", content, entry + 20, len(squeezed))
    end = content.rfind(b"PK\x05\x06")
    struct.pack_into("<I", content, end + 16, central)
    assert grown > 0
    out.write_bytes(bytes(content))
    assert refused(out)[0] in ("file.bomb", "file.truncated")


def test_cells_spread_over_the_whole_sheet_are_refused_and_not_laid_out(tmp_path, refused):
    path = tmp_path / "far.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("S")
    put(sheet, [row()])
    sheet.write("XFD1048576", 1)
    book.close()
    assert refused(path) == ["file.spread"]


def test_a_far_cell_is_found_however_its_reference_is_written(tmp_path, workbook, refused):
    def change(name, data):
        far = b"<row><c  r = 'XFD1048576' ><v>1</v></c></row></sheetData>"
        return data.replace(b"</sheetData>", far) if "sheet1" in name else data

    assert refused(rezip(workbook, tmp_path / "far.xlsx", change)) == ["file.spread"]


def test_formats_without_values_far_away_do_no_harm(tmp_path):
    path = tmp_path / "far.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("S")
    put(sheet, [row()])
    sheet.write_blank("XFD1048576", None, book.add_format({"bold": True}))
    book.close()
    assert read([path]).sources[0].rows == 1


def test_an_ods_that_repeats_a_cell_a_billion_times_is_refused(tmp_path, refused):
    ods(tmp_path / "a.ods", {"S": [HEADER, row()]})
    bomb = rezip(tmp_path / "a.ods", tmp_path / "b.ods", lambda name, data: data.replace(
        b"<table:table-cell", b'<table:table-cell table:number-columns-repeated="1000000000"', 1) if name == "content.xml" else data)  # fmt: skip
    assert refused(bomb) == ["file.spread"]


def test_entities_that_multiply_are_refused(tmp_path, refused):
    ods(tmp_path / "a.ods", {"S": [HEADER, row()]})
    laughs = b'<!DOCTYPE x [<!ENTITY a "' + b"ha" * 50 + b'">' + b"".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">'.encode() for n in range(9)) + b"]>"  # fmt: skip

    def change(name, data):
        if name != "content.xml":
            return data
        head, _, body = data.partition(b"?>")
        return head + b"?>" + laughs + body.replace(b"Plant", b"&j;")

    assert refused(rezip(tmp_path / "a.ods", tmp_path / "b.ods", change)) == ["file.truncated"]


def test_a_parquet_file_without_its_end_is_refused(tmp_path, refused):
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 500)
    assert refused(path) == ["file.truncated"]
    path.write_bytes(b"PAR1" + b"\0" * 500 + b"PAR1")
    assert refused(path) == ["file.unreadable"]


def test_random_bytes_and_random_text_never_crash(tmp_path):
    luck = random.Random(11)
    for turn in range(120):
        path = tmp_path / f"r{turn}.csv"
        start = luck.choice(
            [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1", ",".join(HEADER).encode() + b"\n"]
        )
        body = (
            luck.randbytes(luck.randrange(3000))
            if turn % 2
            else bytes(luck.choices(b'abc,;"\n\t 0123', k=luck.randrange(2000)))
        )
        path.write_bytes(start + body)
        try:
            read([path])
        except HengtanError as error:
            assert error.problems


def test_a_cell_as_long_as_a_book_is_read_or_refused(tmp_path):
    path = tmp_path / "long.csv"
    out = io.StringIO()
    out.write(",".join(HEADER) + "\n" + ",".join(row(facility="x" * 3_000_000)) + "\n" + ",".join(row()) + "\n")
    path.write_text(out.getvalue())
    assert read([path]).sources[0].rows == 2
