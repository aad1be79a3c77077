"""A file that comes again says the same however it was saved; what could mean two things is refused, never guessed."""

import datetime
import json

import pytest
import xlsxwriter

HEAD = ["成交编号", "成交日期", "买卖方向", "账户", "品种", "成交数量(吨)", "成交价(元/吨)", "交易方式", "手续费"]
ROWS = [
    ["T1", "2026-10-12", "买入", "A1", "CEA25", "1,200", "95.80", "挂牌协议", "1.90"],
    ["T2", "2026-10-13", "买入", "A1", "CEA25", "100", "96.00", "挂牌协议", "2.00"],
]


def text(*rows, head=HEAD):
    return "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in [head, *rows])


def changed(row, place, cell):
    return [*row[:place], cell, *row[place + 1 :]]


@pytest.fixture
def trades(run):
    """What a file of trades comes to: (new, known, codes of what is refused)."""
    run("account", "A1", "--entity", "Yong")

    def go(given, name="trades.csv", *words):
        path = run.folder / name
        path.write_bytes(given if isinstance(given, bytes) else given.encode())
        return posted(path, *words)

    def posted(path, *words):
        outcome = run.calculator("post", path, "--by", "li", "--json", *(words or ("--template", "trades")))
        told = json.loads(outcome.out)
        assert outcome.code == (3 if told["rejected"] else 0)
        return told["new"], told["known"], [each["code"] for each in told["problems"]]

    go.posted, go.run = posted, run
    return go


def test_a_file_saved_in_another_way_proposes_nothing(trades):
    whole = text(*ROWS)
    assert trades(whole) == (2, 0, [])
    for again in (whole, text(*reversed(ROWS)), f"\ufeff{whole}".replace("\n", "\r\n"), whole.encode("gb18030"), whole.replace(",", "\t").replace("1\t200", "1200"),
                  whole.replace("95.80", "95.8").replace("2.00", "2"), whole.replace("1,200", "1200"), whole.replace("1,200", "１２００"), whole.replace("1,200", "1，200"),
                  whole.replace("1,200", "1200.0"), whole.replace("95.80", "¥95.80"), whole.replace("2026-10-12", "2026/10/12"), whole.replace("2026-10-12", "2026年10月12日"),
                  whole.replace("2026-10-12", "2026-10-12 15:00:07"), whole.replace("2026-10-12", "２０２６-10-12"), whole.replace("CEA25", "cea2025"),
                  whole.replace("买入", "BUY")):  # fmt: skip
        assert trades(again, "renamed.csv") == (0, 2, []), again


def test_a_workbook_of_the_same_confirmations_proposes_nothing(trades):
    assert trades(text(*ROWS)) == (2, 0, [])
    book = xlsxwriter.Workbook(trades.run.folder / "trades.xlsx")
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, HEAD)
    for at, row in enumerate(ROWS, 1):
        sheet.write_row(
            at, 0, [row[0], "", *row[2:5], float(row[5].replace(",", "")), float(row[6]), row[7], float(row[8])]
        )
        sheet.write_datetime(at, 1, datetime.datetime.fromisoformat(row[1]), day)
    book.close()
    assert trades.posted(trades.run.folder / "trades.xlsx") == (0, 2, [])


def test_of_a_file_with_one_row_changed_that_row_is_refused_alone(trades):
    assert trades(text(*ROWS)) == (2, 0, [])
    other = changed(ROWS[0], 5, "1,201")
    assert trades(text(other, ROWS[1], changed(ROWS[1], 0, "T3"))) == (1, 1, ["book.key-differs"])


def test_lines_of_json_and_a_table_are_one_event_by_their_reference(trades):
    told = {"reference": "R1", "day": "2026-10-12", "kind": "buy", "account": "A1", "instrument": "CEA25", "quantity": "100", "price": "95.8", "way": "otc"}  # fmt: skip
    assert trades(text(told.values(), head=list(told)), "e.csv", "--template", "events") == (1, 0, [])
    assert trades(json.dumps(told), "e.jsonl", "--template", "events") == (0, 1, [])
    assert trades(json.dumps(told | {"price": "95.9"}), "e.jsonl", "--template", "events") == (
        0,
        0,
        ["book.key-differs"],
    )


def test_rows_without_a_reference_are_known_by_what_they_mean(trades):
    head = ["day", "kind", "account", "instrument", "quantity", "price", "way"]
    row = ["2026-10-12", "buy", "A1", "CEA25", "1000", "95.80", "otc"]
    events = ("--template", "events")
    assert trades(text(row, row, head=head), "e.csv", *events) == (2, 0, [])
    for again in (
        changed(row, 4, "1,000"),
        changed(row, 5, "95.8"),
        changed(row, 0, "2026/10/12"),
        changed(row, 3, "CEA2025"),
    ):
        assert trades(text(again, again, head=head), "other.csv", *events) == (0, 2, []), again


@pytest.mark.parametrize(
    ("place", "cell", "code"),
    [(5, "1,00", "book.event-whole"), (5, "-5", "book.event-whole"), (5, "(5)", "book.event-whole"), (5, "1e3", "book.event-whole"), (5, "=50+50", "book.event-whole"),
     (5, "1000000000000000000", "book.event-whole"), (5, "1.5", "book.event-whole"), (5, "1,000,00", "book.event-whole"), (5, "0", "book.event-zero"),
     (6, "97,40", "book.event-money"), (6, "1.000,50", "book.event-money"), (6, "-1", "book.event-money"), (6, "95.805", "book.event-money"),
     (1, "46307", "book.event-day"), (1, "10/12/2026", "book.event-day"), (1, "2026-02-30", "book.event-day"), (1, "26-10-12", "book.event-day")],
)  # fmt: skip
def test_cells_that_may_mean_another_thing_are_refused_though_their_whole_column_is_written_so(
    trades, place, cell, code
):
    """A column of 97,40 looks like decimal commas, one of 1,00 too: a fee of confirmations is no place to guess."""
    rows = [changed(changed(ROWS[1], 0, f"T{number}"), place, cell) for number in range(5)]
    assert trades(text(*rows)) == (0, 0, [code] * 5)


def test_a_statement_names_several_ranges_in_a_row_and_thousands_with_commas(trades):
    run = trades.run
    (run.folder / "buy.jsonl").write_text(json.dumps({
        "kind": "buy", "day": "2026-10-08", "account": "A1", "instrument": "W", "instrument_kind": "ccer", "project": "P", "methodology": "M", "registered_on": "2025-06-01",
        "way": "otc", "amount": "9.00", "serials": ["S:1-1000", "S:2001-2100"],
    }))  # fmt: skip
    run("post", run.folder / "buy.jsonl", "--by", "li")
    run("approve", "--all", "--by", "wang")
    statement = run.folder / "statement.csv"
    statement.write_text('品种,可用数量,序列号\nW,"1,100",S:1-1000; S:2001-2100\n', "utf-8")
    run("reconcile", "A1", statement, "--day", "2026-10-31", "--by", "zhao")
    statement.write_text('品种,可用数量,序列号\nW,"1,100",S:1-1000; S:2002-2101\n', "utf-8")
    found = run.told("reconcile", "A1", statement, "--day", "2026-10-31", "--by", "zhao", code=3)
    assert [(each["kind"], each["numbers"]) for each in found] == [
        ("ours-only", "S:2001-2001"),
        ("theirs-only", "S:2101-2101"),
    ]
    statement.write_text('品种,可用数量,序列号\nW,"1,100",S:1-1000; S:2001-2101\n', "utf-8")
    assert (
        "book.quantity-differs" in run("reconcile", "A1", statement, "--day", "2026-10-31", "--by", "zhao", code=2).err
    )


def test_the_same_statement_is_compared_with_the_book_as_it_is_now(trades):
    """It agreed; an event that was entered late makes a break, once; what is told to whoever comes again says what stayed open."""
    run = trades.run
    run("account", "A2", "--entity", "East")
    statement = run.folder / "statement.csv"
    statement.write_text("品种,可用数量\nCEA25,100\n", "utf-8")
    again = ("reconcile", "A1", statement, "--day", "2026-10-31", "--by", "zhao")

    def post(**told):
        (run.folder / "in.jsonl").write_text(json.dumps({"account": "A1", "instrument": "CEA25"} | told))
        run("post", run.folder / "in.jsonl", "--by", "li")
        run("approve", "--all", "--by", "wang")

    post(kind="allocate", day="2026-10-08", quantity="100")
    for _ in range(2):
        assert run.told(*again) == []
    post(kind="transfer", day="2026-10-20", to_account="A2", quantity="10")
    (gap,) = run.told(*again, code=3)
    assert (gap["ours"], gap["theirs"]) == (90, 100)
    assert run.told(*again, code=3) == [gap]
    post(kind="allocate", day="2026-10-21", quantity="4")
    (other,) = run.told(*again, code=3)
    assert (other["break"], other["ours"]) == (2, 94)
    assert "1 breaks of this account that were found before" in run(*again, code=3).out
    post(kind="allocate", day="2026-10-21", quantity="6")
    told = run(*again)
    assert "agrees" in told.out and "2 breaks of this account" in told.out
    assert [each["break"] for each in run.told("reconcile", "--list", code=3)] == [1, 2]
    run("reconcile", "--close", 1, "--by", " ", "--reason", "late", code=3)
    for number in (1, 2):
        run("reconcile", "--close", number, "--by", "zhao", "--reason", "entered late")
    assert run.told("reconcile", "--list") == [] == run.told(*again)


def test_numbers_are_shown_as_an_event_takes_them(trades):
    run = trades.run
    told = {"kind": "buy", "day": "2026-10-08", "account": "A1", "instrument": "W", "instrument_kind": "ccer", "project": "P", "methodology": "M",
            "registered_on": "2025-06-01", "way": "otc", "amount": "9.00", "serials": ["S:1-10"]}  # fmt: skip
    (run.folder / "in.jsonl").write_text(json.dumps(told))
    run("post", run.folder / "in.jsonl", "--by", "li")
    run("approve", "--all", "--by", "wang")
    (unit,) = run.told("balance", "--units")["units"]
    sale = {
        "kind": "sell",
        "day": "2026-10-09",
        "account": "A1",
        "instrument": "W",
        "way": "otc",
        "amount": "9.00",
        "serials": [unit["numbers"]],
    }
    (run.folder / "in.jsonl").write_text(json.dumps(sale))
    assert run.told("post", run.folder / "in.jsonl", "--by", "li")["new"] == 1


def test_a_quote_is_of_the_instrument_that_it_means_and_within_its_day(trades):
    run = trades.run
    (run.folder / "in.jsonl").write_text(
        json.dumps({"kind": "allocate", "day": "2026-10-08", "account": "A1", "instrument": "CEA25", "quantity": "10"})
    )
    run("post", run.folder / "in.jsonl", "--by", "li")
    run("approve", "--all", "--by", "wang")
    quotes = run.folder / "quotes.csv"
    head = "day,symbol,open,high,low,close,listed_t,listed_cny\n"
    quotes.write_text(f'{head}2026-10-12,cea2025,95,96,94,95.80,"182,000","17,350,000.00"\n')
    assert run.told("quotes", quotes)["new"] == 1
    (position,) = run.told("balance", "--method", "fifo", "--as-of", "2026-10-18")["positions"]
    assert (
        position["quote"] == {"symbol": "CEA25", "day": "2026-10-12", "close": "95.80"}
        and position["value"] == "958.00"
    )
    for row in ("2026-10-13,CEA,100,96,94,95,1,2", "2026-10-13,CEA,95,96,94,97,1,2", "2026-10-13,CEA,95,94,96,95,1,2"):
        quotes.write_text(f"{head}{row}\n")
        assert [each["code"] for each in run.told("quotes", quotes, code=3)["problems"]] == ["book.event-value"], row


def test_of_many_that_are_approved_together_each_is_posted_or_refused_by_itself(trades):
    """Three wait for the same 100 units: what is refused takes nothing else with it, and what the book follows meanwhile is what it holds."""
    run = trades.run
    run("account", "A2", "--entity", "East")
    told = [{"kind": "allocate", "quantity": "100"}, *({"kind": "sell", "quantity": "40", "way": "otc", "amount": "9"} for _ in range(3)),
            {"kind": "transfer", "quantity": "20", "to_account": "A2"}, {"kind": "transfer", "quantity": "1", "to_account": "A2"}]  # fmt: skip
    lines = [
        json.dumps(each | {"day": "2026-10-08", "account": "A1", "instrument": "CEA25", "note": str(at)})
        for at, each in enumerate(told)
    ]
    (run.folder / "in.jsonl").write_text("\n".join(lines))
    assert run.told("post", run.folder / "in.jsonl", "--by", "li")["new"] == 6
    found = run.told("approve", "--all", "--by", "wang", code=3)
    assert (
        [each["proposal"] for each in found["posted"]] == [1, 2, 3, 5]
        and found["entered"] == 4
        and found["rejected"] == []
    )
    assert [each["code"] for each in found["problems"]] == ["book.above-holdings", "book.above-holdings"]
    assert "whole: 4 postings" in run("replay").out
    assert "proposed by you" in run("approve", "--all", "--by", "LI").out
    assert "Rejected" not in run("approve", 4, 99, "--reject", "--by", "wang", code=3).out
    assert run.told("approve", 4, 99, "--reject", "--reason", "twice", "--by", "wang", code=3)["rejected"] == [4]
