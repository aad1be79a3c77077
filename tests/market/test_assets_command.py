"""``hengtan assets``: files in, postings out, exit codes; the example of the documentation from allocation to surrender."""

import json
import shutil

import pytest
import xlsxwriter
from rich.cells import cell_len

from golden.calculating import EXAMPLES, Calculator
from hengtan.market.compliance.read import read_case

GROUP = EXAMPLES / "assets"


@pytest.fixture
def group(run):
    run("account", "--file", GROUP / "accounts.csv")
    run("post", GROUP / "events.csv", "--by", "li")
    run("post", GROUP / "trades.csv", "--template", "trades", "--by", "li")
    run("approve", "--all", "--by", "wang")
    return run


def quantities(run, *words):
    return {
        (each["account"], each["instrument"], each["place"]): each["quantity"]
        for each in run.told("balance", *words)["balances"]
    }


def test_the_group_goes_from_allocation_to_surrender_and_its_ledger_verifies(group):
    assert group.told("post", GROUP / "surrender.csv", "--by", "li")["new"] == 10
    assert len(group.told("approve", "--all", "--by", "wang")["posted"]) == 10
    found = quantities(group)
    assert (
        found["P1-CEA", "CEA25", "surrendered"] == 1186320 - 59316
        and found["P1-CCER", "CCER-01-002-A", "surrendered"] == 59316
    )
    assert found["P1-CEA", "CEA24", "held"] == 10700 and found["P1-CEA", "CEA25", "held"] == 19996
    assert (
        sum(count for (_, code, place), count in found.items() if place == "surrendered" and code == "CEA25")
        == 10896510 - 59316
    )
    assert "whole" in group("replay").out
    assert group.verify(group.folder / "book/ledger").code == 0
    group("prove", 3, "--out", group.folder / "posting.json")
    assert group.verify(group.folder / "posting.json").code == 0
    (group.folder / "posting.json").write_text("{}")
    assert group.verify(group.folder / "posting.json").code == 3


def test_a_file_that_is_read_again_proposes_nothing_twice(group):
    again = group.told("post", GROUP / "trades.csv", "--template", "trades", "--by", "li")
    assert (again["rows"], again["new"], again["known"], again["rejected"]) == (6, 0, 6, 0)
    assert group.told("approve", "--list") == []


def test_rows_without_a_reference_are_known_again_by_what_they_say(run):
    run("account", "A1", "--entity", "North")
    header, row = "day,kind,account,instrument,quantity\n", "2026-10-01,allocate,A1,CEA25,5\n"
    file = run.folder / "events.csv"
    file.write_text(header + row + row)  # the same twice is two events
    assert run.told("post", file, "--by", "li")["new"] == 2
    file.write_text(header + row + row + row)  # the file has grown
    told = run.told("post", file, "--by", "li")
    assert (told["new"], told["known"]) == (1, 2)
    lines = run.folder / "events.jsonl"
    lines.write_text('{"kind":"allocate","day":"2026-10-01","account":"A1","instrument":"CEA25","quantity":"7"}\n' * 2)
    assert (run.told("post", lines, "--by", "li")["new"], run.told("post", lines, "--by", "li")["known"]) == (2, 2)


def test_certificates_that_were_used_cover_electricity_in_the_inventory_once(group):
    group("post", GROUP / "surrender.csv", "--by", "li")
    group("approve", "--all", "--by", "wang")
    file = group.folder / "instruments.csv"
    (line,) = group.told("claims", "--year", 2025, "--out", file)
    assert (line["quantity"], line["unit"], line["co2e_kg_per_unit"], line["region"]) == ("50000", "MWh", "0", "CN")
    assert (
        group.told("claims", "--year", 2024) == [] == group.told("claims", "--year", 2025, "--beneficiary", "somebody")
    )
    bills = group.folder / "bills.csv"
    bills.write_text(
        "activity_id,facility,activity_type,start,end,quantity,unit,region\ne1,Works,electricity,2025-01-01,2025-12-31,60000,MWh,CN\n"
    )
    run = Calculator(group.folder).command(
        "calculate",
        bills,
        "--instruments",
        file,
        "--out",
        group.folder / "run",
        "--no-report",
        out=group.folder / "run",
    )
    assert run.code == 0, run.err
    whole, rest = run.one("e1", "location"), run.one("e1", "market")
    assert 0 < rest["co2e_kg"] < whole["co2e_kg"] / 3  # 10,000 of 60,000 MWh are left for the residual mix


def test_holdings_of_the_book_go_into_a_plan_that_reads_them(group):
    group("quotes", GROUP / "quotes.csv")
    plan = {"hengtan": "comply.input", "version": 1, "as_of": "2026-10-31", "years": [2025], "entities": [
        {"id": "P1", "name": "示例甬江热电", "sector": "power", "emissions": [{"year": 2025, "verified_t": 1186320}], "holdings": [
            {"id": "CCER-01-002-A", "kind": "CCER", "t": 1, "registered": "2025-06-18", "inside_market": False}]}]}  # fmt: skip
    file, filled = group.folder / "input.json", group.folder / "filled.json"
    file.write_text(json.dumps(plan), "utf-8")
    group("fill", file, "--out", filled)
    told = json.loads(filled.read_text("utf-8"))
    held = {each["id"]: (each["t"], each.get("pledge")) for each in told["entities"][0]["holdings"]}
    assert held == {
        "CEA24 allocated": (10700, None), "CEA25 carried-over SAMPLE-P-01": (40000, {"t": 40000, "free_on": "2026-12-15"}), "CEA25 allocated": (1040400, None),
        "CEA25 carried-over": (21600, None), "CEA25 bought": (20000, None), "CCER-01-002-A": (59316, None),
    }  # fmt: skip
    assert [each["close_cny_t"] for each in told["quotes"]] == ["95.80", "96.20", "96.30"]
    assert sum(each.t for each in read_case(filled).entities[0].holdings) == 10700 + 1122000 + 59316
    plan["entities"][0]["holdings"] = []
    file.write_text(json.dumps(plan | {"entities": [*plan["entities"], {"name": "nobody"}]}), "utf-8")
    err = group("fill", file, "--out", filled, code=2).err
    assert "book.inside-unknown" in err and "book.entity-unknown" in err


def test_another_event_under_a_known_reference_is_refused(group):
    other = group.folder / "trades.csv"
    other.write_text((GROUP / "trades.csv").read_text("utf-8").replace("20000,95.80", "20001,95.80"), "utf-8")
    told = group.told("post", other, "--template", "trades", "--by", "li", code=3)
    assert [each["code"] for each in told["problems"]] == ["book.key-differs"]


def test_nobody_approves_his_own_and_a_rejection_needs_a_reason(run):
    run("account", "A1", "--entity", "North")
    file = run.folder / "events.csv"
    file.write_text(
        "day,kind,account,instrument,quantity\n2026-10-01,allocate,A1,CEA25,5\n2026-10-01,allocate,A1,CEA25,6\n"
    )
    run("post", file, "--by", "li")
    assert run.told("approve", 1, "--by", "li", code=3)["problems"][0]["code"] == "book.four-eyes"
    assert run.told("approve", 1, "--reject", "--by", "li", code=3)["problems"][0]["code"] == "book.reason-missing"
    run("approve", 1, "--reject", "--by", "li", "--reason", "typing")
    assert run.told("approve", 1, 2, "--by", "wang", code=3)["posted"] == [
        {"proposal": 2, "posting": 1, "kind": "allocate"}
    ]
    assert quantities(run) == {("A1", "CEA25", "held"): 6}


def test_rows_that_are_wrong_are_told_by_row_and_the_others_are_proposed(run):
    run("account", "A1", "--entity", "North")
    file = run.folder / "events.csv"
    rows = ["day,kind,account,instrument,quantity", "2026-10-01,allocate,A1,CEA25,5", "2026-13-01,allocate,A1,CEA25,5", "2026-10-01,surrender,A1,CEA25,5",
            "2026-10-01,allocate,A9,CEA25,5", "2026-10-01,allocate,A1,CEA25,x"]  # fmt: skip
    file.write_text("\n".join(rows))
    told = run.told("post", file, "--by", "li", code=3)
    assert (told["new"], told["rejected"]) == (1, 4)
    assert {(each["row"], each["code"]) for each in told["problems"]} == {
        (3, "book.event-day"), (4, "book.event-missing"), (5, "book.account-unknown"), (6, "book.event-whole"),
    }  # fmt: skip
    assert run.told("post", file, "--by", "li", "--dry-run", code=3)["dry_run"] is True
    assert len(run.told("approve", "--list")) == 1


def test_lines_of_json_and_spreadsheets_are_read_too(run):
    run("account", "A1", "--entity", "North")
    lines = run.folder / "events.jsonl"
    lines.write_text(
        '{"kind":"allocate","day":"2026-10-01","account":"A1","instrument":"CEA25","quantity":"5","reference":"r1"}\n{"kind":1}\n'
    )
    assert run.told("post", lines, "--by", "li", code=3)["new"] == 1
    assert run.told("post", lines, "--by", "li", code=3)["known"] == 1
    book = xlsxwriter.Workbook(run.folder / "成交.xlsx")
    sheet = book.add_worksheet()
    for row, cells in enumerate([["成交编号", "成交日期", "买卖方向", "账户", "品种", "成交数量(吨)", "成交价(元/吨)", "交易方式"],
                                 ["T1", "2026/10/12", "买入", "A1", "CEA25", 2000, 97.4, "挂牌协议"]]):  # fmt: skip
        sheet.write_row(row, 0, cells)
    book.close()
    (proposal,) = run.told("post", run.folder / "成交.xlsx", "--template", "trades", "--by", "li")["proposals"]
    assert proposal["event"] == {"kind": "buy", "day": "2026-10-12", "account": "A1", "instrument": "CEA25", "quantity": "2000", "price": "97.40",
                                 "way": "listed", "reference": "T1"}  # fmt: skip


def test_a_template_of_ones_own_maps_foreign_headers(run):
    run("account", "A1", "--entity", "North")
    template = run.folder / "mine.yaml"
    template.write_text("id: mine\nmakes: events\nkey: [reference]\nneeds: [day, kind, quantity]\nsets: {account: A1, instrument: CEA25}\n"
                        "columns: {day: [Datum], kind: [Art], quantity: [Menge], reference: [Nr]}\nvalues: {kind: {Zuteilung: allocate}}\n")  # fmt: skip
    file = run.folder / "datei.csv"
    file.write_text("Nr;Datum;Art;Menge\n1;2026-10-01;Zuteilung;1.000\n")
    told = run.told("post", file, "--template", template, "--by", "li", code=0)
    assert told["proposals"][0]["event"]["kind"] == "allocate"
    template.write_text("id: mine\nmakes: music\ncolumns: {}\nneeds: []\n")
    assert "book.template-bad" in run("post", file, "--template", template, "--by", "li", code=2).err


def test_a_statement_of_the_registry_leaves_breaks_that_somebody_closes(group):
    assert group.told("reconcile", "P1-CEA", GROUP / "statement-P1.csv", "--day", "2026-10-31", "--by", "zhao") == []
    other = group.folder / "statement.csv"
    other.write_text("品种,可用数量,冻结数量\nCEA24,10700,0\nCEA25,1081000,40000\n", "utf-8")
    (gap,) = group.told("reconcile", "P1-CEA", other, "--day", "2026-10-31", "--by", "zhao", code=3)
    assert (gap["kind"], gap["ours"], gap["theirs"]) == ("quantity", 1082000, 1081000)
    assert group.told("reconcile", "P1-CEA", other, "--day", "2026-10-31", "--by", "zhao", code=3) == [
        gap
    ]  # the same again: no second break
    assert group.told("reconcile", "--list", code=3) == [gap]
    assert "book.reason-missing" in group("reconcile", "--close", gap["break"], "--by", "zhao", code=3).err
    group("reconcile", "--close", gap["break"], "--by", "zhao", "--reason", "in transit, settled on 2026-11-02")
    assert group.told("reconcile", "--list") == []
    assert (
        "book.break-unknown"
        in group("reconcile", "--close", gap["break"], "--by", "zhao", "--reason", "again", code=3).err
    )


def test_quotes_come_in_once_and_a_correction_keeps_what_was(group):
    first = group.told("quotes", GROUP / "quotes.csv")
    assert (first["new"], first["known"]) == (6, 0)
    # 1,032,700 t listed for 99,740,000 and 450,000 t block for 40,700,000: 140,440,000 / 1,482,700 = 94.7191...
    assert (first["averages"]["total_t"], first["averages"]["average"]) == (1482700, "94.72")
    assert group.told("quotes", GROUP / "quotes.csv")["known"] == 6
    other = group.folder / "quotes.csv"
    other.write_text(
        (GROUP / "quotes.csv").read_text("utf-8").replace("97.90,98.30,97.60,98.05", "97.90,98.30,97.60,98.10"), "utf-8"
    )
    assert "book.quote-differs" in group("quotes", other, code=2).err
    assert group.told("quotes", other, "--correct")["averages"]["last_close"] == "98.1"
    position = next(
        each
        for each in group.told("balance", "--method", "fifo")["positions"]
        if each["entity"] == "示例甬江热电" and each["instrument"] == "CEA25"
    )
    assert (position["quote"]["close"], position["cost"]) == ("98.10", "1917916.00")


def test_balances_of_a_day_and_the_statement_of_an_account(group):
    before = quantities(group, "--as-of", "2026-10-12", "--account", "P1-CEA")
    assert before == {("P1-CEA", "CEA24", "cancelled"): 61600, ("P1-CEA", "CEA24", "held"): 10700, ("P1-CEA", "CEA25", "frozen"): 40000,
                      ("P1-CEA", "CEA25", "held"): 1040400 + 61600 + 20000 - 40000}  # fmt: skip
    told = group.told("statement", "P1-CEA", "--from", "2026-10-01", "--to", "2026-10-31")
    assert told["opening"] == {"CEA24": 10700, "CEA25": 1102000} and told["closing"]["CEA25"] == 1122000
    assert [(each["kind"], each["change"]) for each in told["lines"]] == [("pledge", 0), ("buy", 20000)]
    assert group("statement", "X", code=3)


def test_a_reversal_is_proposed_and_approved_like_anything_else(group):
    number = next(each["posting"] for each in group.told("statement", "S1-CEA")["lines"] if each["kind"] == "sell")
    proposal = group.told("reverse", number, "--reason", "typing", "--by", "li")["proposal"]
    group("approve", proposal, "--by", "wang")
    assert quantities(group)["S1-CEA", "CEA25", "held"] == 3315000


def test_templates_explain_themselves_and_write_examples_that_are_read(group):
    assert "surrender" in group("template", book=False).out and "[K]" in group("template", "trades", book=False).out
    for lang in ("en", "zh"):
        for name in ("trades", "events", "quotes", "statement"):
            file = group.folder / f"{name}-{lang}.csv"
            group("template", name, "--out", file, "--lang", lang, book=False)
    assert "makes: quotes" in group("template", "quotes", "--yaml", book=False).out
    group("template", "nothing", book=False, code=2)
    run = group
    run("account", "A1", "--entity", "示例甬江热电")
    assert run.told("post", group.folder / "events-zh.csv", "--by", "li")["rejected"] == 0
    assert run.told("quotes", group.folder / "quotes-en.csv")["new"] in (0, 1)


def test_a_folder_without_a_book_is_said_so_and_stays_as_it_was(run):
    for words in (["balance"], ["replay"], ["approve", "--list"], ["statement", "A1"]):
        assert "book.none" in run(*words, code=2).err
    assert not (run.folder / "book").exists()
    run("account", code=2)
    run("account", "A1", "--entity", "North")
    assert "book.account-differs" in run("account", "A1", "--entity", "South", code=2).err


def test_what_a_terminal_of_eighty_columns_shows_is_whole(group, monkeypatch):
    group("quotes", GROUP / "quotes.csv")
    for columns in ("80", "60", "160"):
        monkeypatch.setenv("COLUMNS", columns)
        for lang in ("en", "zh"):
            for words in (["balance", "--method", "fifo", "--units"], ["statement", "P1-CEA"], ["instruments"]):
                out = group(*words, "--lang", lang).out
                assert "…" not in out.replace("……", "")
                wanted = {"balance": ["98.05", "1,147,000"], "statement": ["1,147,000"], "instruments": ["1,040,400"]}
                assert all(told in out for told in wanted[words[0]]), out
                assert max(cell_len(line) for line in out.splitlines()) <= int(columns)
                if words[0] == "statement":
                    assert ("after 2100-12-31" if lang == "en" else "截至 2100-12-31") in out


def test_void_allowances_say_their_rule_instead_of_a_price(group):
    group("quotes", GROUP / "quotes.csv")
    told = group("balance", "--method", "average", "--account", "P1-CEA")
    assert "void" in told.out and "what was not converted ended with" in " ".join(told.out.split())
    positions = {
        each["instrument"]: each
        for each in group.told("balance", "--method", "average", "--account", "P1-CEA")["positions"]
    }
    assert positions["CEA24"]["quote"] is None and positions["CEA24"]["value"] == "0.00" and positions["CEA24"]["void"]
    assert positions["CEA25"]["quote"]["symbol"] == "CEA" and positions["CEA25"]["void"] is None
    before = group.told("balance", "--method", "average", "--as-of", "2026-06-10")["positions"]
    assert [each["void"] for each in before if each["instrument"] == "CEA24"] == [None]


def test_what_is_unknown_ends_with_three_and_what_cannot_be_with_two(group):
    missing = group.folder / "missing.csv"
    for words in (["balance", "--account", "X"], ["statement", "X"], ["reverse", 999, "--reason", "x", "--by", "li"], ["prove", 999, "--out", group.folder / "p"],
                  ["approve", 999, "--by", "wang"], ["reconcile", "X", GROUP / "statement-P1.csv", "--day", "2026-10-31", "--by", "z"]):  # fmt: skip
        assert group(*words, code=3).err
    for words in (
        ["statement", "P1-CEA", "--from", "2027-01-01", "--to", "2026-01-01"],
        ["balance", "--as-of", "2026-02-30"],
        ["post", missing, "--by", "li"],
    ):
        assert group(*words, code=2).err  # fmt: skip


def test_one_mistake_in_a_row_is_told_once_in_the_order_of_the_file(run):
    run("account", "A1", "--entity", "North")
    file = run.folder / "trades.csv"
    rows = ["T1,2026-10-12,buy,A9,CEA25,5,97.40,listed", "T2,2026-10-12,buy,A1,CEA25,-5,97.40,listed", "T3,2026-10-12,gift,A1,CEA25,5,97.40,listed",
            "T4,2026-10-12,buy,A1,CEA25,,97.40,listed", "T5,2026-10-12,buy,A1,CEA25,5,97.405,listed"]  # fmt: skip
    file.write_text("\n".join(["reference,day,kind,account,instrument,quantity,price,way", *rows]))
    told = run.told("post", file, "--template", "trades", "--by", "li", code=3)
    assert [(each["row"], each["column"], each["code"]) for each in told["problems"]] == [
        (2, "account", "book.account-unknown"), (3, "quantity", "book.event-whole"), (4, "kind", "book.event-kind"), (5, "quantity", "book.event-missing"),
        (6, "price", "book.event-money"),
    ]  # fmt: skip
    assert run.told("approve", "--list") == []


def test_a_book_whose_ledger_was_not_begun_yet_goes_on(run):
    run("account", "A1", "--entity", "North")
    shutil.rmtree(run.folder / "book/ledger")  # the process died between the two
    file = run.folder / "events.csv"
    file.write_text("day,kind,account,instrument,quantity\n2026-10-01,allocate,A1,CEA25,5\n")
    run("post", file, "--by", "li")
    assert run.told("approve", "--all", "--by", "wang")["entered"] == 1
    run("replay")
    assert run.verify(run.folder / "book/ledger").code == 0


def test_a_command_that_waits_too_long_for_another_says_so_and_changes_nothing(run, monkeypatch):
    from hengtan.market.book import lite

    run("account", "A1", "--entity", "North")
    monkeypatch.setattr(lite, "WAIT_S", 0.1)
    holder = lite.connect(run.folder / "book/book.sqlite")
    with lite.transaction(holder):
        assert "book.busy" in run("account", "A2", "--entity", "North", code=2).err
    run("account", "A2", "--entity", "North")
    holder.close()
