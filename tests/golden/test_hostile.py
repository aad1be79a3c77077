"""A new user who does everything wrong: nothing gives a traceback, an exit 1 or half a result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from golden.calculating import COLUMNS, ROOT, Calculator, activity, write_csv

HEADER = ",".join(COLUMNS) + ",region"
GOOD = "a1,Plant,electricity,2024-01-01,2024-12-31,100,kWh,GB"


def texts(**files: bytes) -> dict[str, bytes]:
    return files


CSV: dict[str, tuple[bytes, int]] = {
    # name: (bytes, exit)
    "Windows line ends": (f"{HEADER}\r\n{GOOD}\r\n".encode(), 0),
    "old Mac line ends": (f"{HEADER}\r{GOOD}\r".encode(), -1),
    "no line end at the end": (f"{HEADER}\n{GOOD}".encode(), 0),
    "a byte order mark": (b"\xef\xbb\xbf" + f"{HEADER}\n{GOOD}\n".encode(), 0),
    "semicolons": (f"{HEADER}\n{GOOD}\n".replace(",", ";").encode(), 0),
    "tabs": (f"{HEADER}\n{GOOD}\n".replace(",", "\t").encode(), 0),
    "UTF-16": (f"{HEADER}\n{GOOD}\n".encode("utf-16"), 2),
    "every cell quoted": ("\n".join(",".join(f'"{c}"' for c in line.split(",")) for line in (HEADER, GOOD)).encode(), 0),
    "an open quote": (f'{HEADER}\na1,"Plant,electricity,2024-01-01,2024-12-31,100,kWh,GB\n'.encode(), 2),
    "an open quote in the middle": (f'{HEADER}\n{GOOD}\na2,"Pl\nant",electricity,2024-01-01,2024-12-31,100,kWh,"GB\n'.encode(), 2),
    "line breaks in a cell": (f'{HEADER}\n"a\n1",Plant,electricity,2024-01-01,2024-12-31,100,kWh,GB\n'.encode(), 0),
    "blank lines between": (f"{HEADER}\n\n{GOOD}\n\n\n".encode(), 0),
    "an empty text in every cell": ((HEADER + "\n" + ",".join(['""'] * 8) + "\n").encode(), 2),
    "blanks in every cell": ((HEADER + "\n" + ",".join(["  "] * 8) + "\n").encode(), 2),
    "too few cells": (f"{HEADER}\n{GOOD}\na2,Plant\n".encode(), 3),
    "too many cells": (f"{HEADER}\n{GOOD},more,and more\n".encode(), -1),
    "a zero byte": (f"{HEADER}\n{GOOD.replace('Plant', 'Pl' + chr(0) + 'ant')}\n".encode(), -1),
    "only zero bytes": (b"\x00" * 4000, 2),
    "noise": (bytes(range(256)) * 20, 2),
    "a column twice": (f"{HEADER},unit\n{GOOD},MWh\n".encode(), 2),
    "a nameless column": (f"{HEADER},\n{GOOD},x\n".encode(), 0),
    "columns named like ours": (f"{HEADER},row,cell,unreadable,quantity_given,given_zero,source,position,tag_x,spans,zero,year\n{GOOD},1,2,3,4,5,6,7,8,9,10,11\n".encode(), 0),
    "columns in capitals": (f"{HEADER.upper()}\n{GOOD}\n".encode(), 0),
    "columns in another order": (b"unit,quantity,region,end,start,activity_type,facility,activity_id\nkWh,100,GB,2024-12-31,2024-01-01,electricity,Plant,a1\n", 0),
    "300 further columns": ((HEADER + "," + ",".join(f"tag {i}" for i in range(300)) + "\n" + GOOD + "," + ",".join(map(str, range(300))) + "\n").encode(), 0),
    "a tag with every sign": (f"{HEADER},\"a'b\"\"c;--$1{{x}}\"\n{GOOD},\"'; DROP TABLE rows; --\"\n".encode(), 0),
    "names with signs of SQL": (f"{HEADER}\n\"a';--\",\"O'Brien \"\"Ltd\"\" % _\",electricity,2024-01-01,2024-12-31,100,kWh,GB\n".encode(), 0),
    "a cell that would run in a spreadsheet": (f"{HEADER}\n=cmd|'/c calc'!A0,@SUM(1),electricity,2024-01-01,2024-12-31,100,kWh,GB\n".encode(), -1),
    "a very long cell": (f"{HEADER}\n{GOOD.replace('Plant', 'P' * 100_000)}\n".encode(), -1),
    "a huge integer": (f"{HEADER}\n{GOOD.replace('100', '9' * 400)}\n".encode(), 3),
    "a number of many digits": (f"{HEADER}\n{GOOD.replace('100', '0.' + '3' * 400)}\n".encode(), 0),
    "a huge exponent": (f"{HEADER}\n{GOOD.replace('100', '1e999999999')}\n".encode(), 3),
    "full-width digits": (f"{HEADER}\n{GOOD.replace('100', '１００')}\n".encode(), 0),
    "the year 10000": (f"{HEADER}\n{GOOD.replace('2024-12-31', '10000-01-01')}\n".encode(), 3),
    "the year 9999": (f"{HEADER}\n{GOOD.replace('2024-12-31', '9999-12-31')}\n".encode(), -1),
    "the year 1": (f"{HEADER}\n{GOOD.replace('2024-01-01', '0001-01-01')}\n".encode(), -1),
    "29 February of no leap year": (f"{HEADER}\n{GOOD.replace('2024-01-01', '2023-02-29')}\n".encode(), 3),
    "an emoji": (f"{HEADER}\n{GOOD.replace('Plant', '🏭👩‍🔬')}\n".encode(), 0),
    "half a surrogate in GB18030": (f"{HEADER}\n{GOOD.replace('Plant', '朱鎔基钢铁厂有限公司')}\n".encode("gb18030"), 0),
    "a right-to-left name": (f"{HEADER}\n{GOOD.replace('Plant', 'مصنع')}\n".encode(), 0),
    "JSON": (b'[{"activity_id": 1}]', 2),
    "HTML": (b"<html><table><tr><td>activity_id</td></tr></table></html>", 2),
    "a factor of ours as input": ((ROOT / "data/factors/us_egrid.csv").read_bytes()[:5000], 2),
}  # fmt: skip


@pytest.mark.parametrize("name", CSV)
def test_a_text_file_of_any_kind_is_read_or_refused(name: str, run: Calculator) -> None:
    raw, code = CSV[name]
    path = run.folder / "in.csv"
    path.write_bytes(raw)
    done = run.calculate(path)
    assert done.code in ((0, 2, 3) if code == -1 else (code,)), (done.code, done.out, done.err)
    if done.code == 2:
        assert done.err.strip() and not done.folder.exists()
    else:
        summary = done.summary
        assert summary["rows_in"] == summary["rows_posted"] + summary["rows_rejected"] > 0
        assert (done.code == 3) == bool(summary["rows_rejected"])
        assert not summary["rows_rejected"] or done.codes("error")


def test_a_cell_that_would_run_in_a_spreadsheet_is_told_as_text_in_the_reports(run: Calculator) -> None:
    done = run.table(
        [activity("=cmd|'/c calc'!A0", facility="=1+1"), activity("@b", facility="+1", unit="furlong")], report=True
    )
    assert done.code == 3
    from openpyxl import load_workbook

    for sheet in load_workbook(done.folder / "report.xlsx"):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f" or not str(cell.value).startswith(("=cmd", "=1+1")), (
                    sheet.title,
                    cell.coordinate,
                )


PLACES = ["with space 碳 排放 ümlaut 🏭", 'it\'s 50% "off" $HOME #1', "tab\tname;b,c\\d", "*?[x] {x} -dash"]


@pytest.mark.parametrize("name", PLACES)
def test_paths_may_hold_any_sign(name: str, run: Calculator) -> None:
    folder = run.folder / name
    folder.mkdir()
    (folder / f"{name}.csv").write_text(f"{HEADER}\n{GOOD}\n", "utf-8")
    rows = [activity()]
    pq.write_table(pa.table({key: [row[key] for row in rows] for key in rows[0]}), folder / f"{name}.parquet")
    out = folder / f"{name} out"
    for kind in ("csv", "parquet"):
        done = run.calculate(folder / f"{name}.{kind}", out=out)
        assert done.code == 0, (kind, done.err)
        assert done.one("a1", "location")["co2e_kg"] > 0
        assert done.manifest["inputs"][0]["file"].endswith(f"{name}.{kind}")


def parquet(run: Calculator, **columns: Any) -> Path:
    base = {name: pa.array([value]) for name, value in activity().items()}
    path = run.folder / "in.parquet"
    pq.write_table(pa.table({**base, **columns}), path)
    return path


TYPES: dict[str, tuple[dict[str, Any], int]] = {
    "a list as tag": ({"tags": pa.array([[1, 2]])}, 0),
    "a structure as tag": ({"tags": pa.array([{"a": 1}])}, 0),
    "a map as tag": ({"tags": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int32()))}, 0),
    "a list as quantity": ({"quantity": pa.array([[1.0]])}, 2),
    "bytes as id": ({"activity_id": pa.array([b"a1"])}, 2),
    "a number as id": ({"activity_id": pa.array([17])}, 0),
    "nothing but nulls as facility": ({"facility": pa.nulls(1)}, 3),
    "a boolean as quantity": ({"quantity": pa.array([True])}, -1),
    "a date as quantity": ({"quantity": pa.array([date(2024, 1, 1)])}, -1),
    "a timestamp as start": ({"start": pa.array([datetime(2024, 1, 1, 23, 59)])}, 0),
    "a timestamp with a zone": ({"start": pa.array([datetime(2024, 1, 1)], pa.timestamp("us", "Asia/Shanghai"))}, 0),
    "nanoseconds": ({"start": pa.array([datetime(2024, 1, 1)], pa.timestamp("ns"))}, 0),
    "date64": ({"start": pa.array([date(2024, 1, 1)], pa.date64())}, 0),
    "a time as start": ({"start": pa.array([3_600_000], pa.time32("ms"))}, -1),
    "a number as start": ({"start": pa.array([45292])}, -1),
    "text as date": ({"start": pa.array(["2024年1月1日"])}, 0),
    "a dictionary of types": ({"activity_type": pa.array(["electricity"]).dictionary_encode()}, 0),
    "large text": ({"activity_id": pa.array(["a1"], pa.large_string())}, 0),
    "a tag called row": ({"row": pa.array(["first"])}, 0),
    "a tag called unreadable": ({"unreadable": pa.array(["yes"])}, 0),
    "a tag called quantity_given": ({"quantity_given": pa.array([1])}, 0),
    "a tag called file_row_number": ({"file_row_number": pa.array([9])}, 0),
    "a tag called filename": ({"filename": pa.array(["x"])}, 0),
    "a tag called position": ({"position": pa.array([9])}, 0),
    "a tag called tag_x beside x": ({"tag_x": pa.array(["1"]), "x": pa.array(["2"])}, 0),
    "tags that differ in case": ({"Meter": pa.array(["1"]), "meter": pa.array(["2"])}, -1),
    "a tag with a quote": ({'a"b': pa.array(["1"])}, 0),
    "a decimal of 76 digits": ({"quantity": pa.array([Decimal("1.5")], pa.decimal256(76, 30))}, 0),
    "half floats": ({"quantity": pa.array([1.5], pa.float16())}, -1),
    "an integer as tag": ({"meter": pa.array([7])}, 0),
    "a duration as tag": ({"meter": pa.array([7], pa.duration("s"))}, -1),
    "an empty text in every cell": ({name: pa.array([""]) for name in activity()}, -1),
    "blanks in the id": ({"activity_id": pa.array(["  "])}, 3),
    "blanks in the facility": ({"facility": pa.array(["  "])}, 3),
    "blanks around the unit": ({"unit": pa.array([" kWh "])}, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", TYPES)
def test_a_parquet_column_of_any_type_is_read_or_refused(name: str, run: Calculator) -> None:
    columns, code = TYPES[name]
    done = run.calculate(parquet(run, **columns))
    assert done.code in ((0, 2, 3) if code == -1 else (code,)), (done.code, done.out, done.err)
    if done.code != 2:
        summary = done.summary
        assert summary["rows_in"] == summary["rows_posted"] + summary["rows_rejected"] == 1
        if done.code == 0:
            assert done.rows[0]["co2e_kg"] in (Decimal("20.705"), Decimal("0.310575"))


def test_a_parquet_without_rows_is_2(run: Calculator) -> None:
    path = run.folder / "in.parquet"
    pq.write_table(pa.table({name: pa.array([], pa.string()) for name in activity()}), path)
    assert run.calculate(path).code == 2


def test_a_workbook_with_formulas_errors_and_merged_cells_is_read_cell_by_cell(run: Calculator) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(list(activity()))
    for i, quantity in enumerate(["=1+1", "#DIV/0!", "#N/A", True, "１２", "1.2万", 5]):
        sheet.append([quantity if name == "quantity" else value for name, value in activity(f"{i}").items()])
    sheet.merge_cells("B7:B8")
    book.create_sheet("empty")
    book.save(run.folder / "in.xlsx")
    done = run.calculate(run.folder / "in.xlsx")
    assert done.code == 3, done.err
    assert "#DIV/0!" not in str(done.rows)


def test_an_input_may_not_be_written_over(run: Calculator) -> None:
    path = write_csv(run.folder / "in.csv", [activity()])
    before = path.read_bytes()
    assert run.calculate(path, out=path).code == 2
    assert run.calculate(path, out=run.folder).code == 2  # the folder of the input is not ours
    assert path.read_bytes() == before


def test_an_input_in_the_folder_that_would_be_replaced_is_2_and_not_lost(run: Calculator) -> None:
    first = run.table([activity()], out=run.folder / "out")
    path = write_csv(first.folder / "mine.csv", [activity("mine")])
    done = run.calculate(path, out=first.folder)
    assert done.code == 2 and "folder.holds-input" in done.err
    assert path.exists() and (first.folder / "run.json").exists()


def test_a_crash_while_writing_leaves_nothing(run: Calculator, monkeypatch: pytest.MonkeyPatch) -> None:
    import hengtan.inventory.run as module
    from hengtan.engine import ordered

    def broken(*_: object, **__: object) -> Any:
        raise MemoryError("no room left")

    path = write_csv(run.folder / "in.csv", [activity()])
    for where, name in (
        (ordered, "join_parquet"),
        (module, "write_emissions"),
        (module, "write_plan"),
        (module, "write_json"),
        (module, "control"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(where, name, broken)
            done = run.calculate(path, out=run.folder / "deep" / "out")
            assert done.code == 1, name
        assert sorted(p.name for p in run.folder.iterdir()) == ["in.csv"], name


@pytest.mark.parametrize("fault", ["a row is lost", "a mass is changed", "a row stands twice"])
def test_rows_that_do_not_agree_with_the_plan_are_never_kept(
    fault: str, run: Calculator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of what was written is not for show."""
    from hengtan.engine import ordered

    whole = ordered.join_parquet

    def faulty(parts: Any, target: Path) -> Any:
        written = whole(parts, target)
        table = pq.read_table(target)
        if fault == "a row is lost":
            table = table.slice(0, len(table) - 1)
        elif fault == "a row stands twice":
            table = pa.concat_tables([table, table.slice(0, 1)])
        else:
            at = table.schema.get_field_index("co2e_kg")
            least = Decimal("1e-18")
            values = pa.array([value + least for value in table["co2e_kg"].to_pylist()], table.schema.field(at).type)
            table = table.set_column(at, table.schema.field(at), values)
        pq.write_table(table, target)
        return replace(written, rows=len(table))

    monkeypatch.setattr(ordered, "join_parquet", faulty)
    done = run.table([activity("a"), activity("b", quantity=2)])
    assert done.code == 1 and not done.folder.exists()


def test_a_process_that_is_killed_leaves_no_folder(run: Calculator) -> None:
    path = run.folder / "in.csv"
    lines = [HEADER, *(GOOD.replace("a1", f"id{i:07d}").replace("100", str(i + 1)) for i in range(300_000))]
    path.write_text("\n".join(lines), "utf-8")
    out = run.folder / "out"
    command = [
        sys.executable,
        "-c",
        "import sys; from hengtan.cli import main; main()",
        "calculate",
        str(path),
        "--out",
        str(out),
        "--no-report",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        # as soon as it begins to write beside its place
        while (
            process.poll() is None
            and time.monotonic() < until
            and not [p for p in run.folder.iterdir() if p.name.startswith(".out")]
        ):
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    assert not out.exists()
    assert run.calculate(write_csv(run.folder / "small.csv", [activity()]), out=out).code == 0  # and the next run works
