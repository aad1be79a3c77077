"""Whoever owns the file may drop triggers and write what he likes: computing the book again finds each row and record that he touched."""

import json
import shutil
import sqlite3

import pytest

from golden.calculating import Calculator

EVENTS = (
    {"kind": "allocate", "day": "2026-10-08", "account": "A1", "instrument": "CEA25", "quantity": "1,000", "note": "final"},
    {"kind": "buy", "day": "2026-10-08", "account": "A1", "instrument": "G", "instrument_kind": "gec", "produced_on": "2025-11", "way": "otc", "amount": "10.00",
     "fee": "1.00", "serials": ["C:1-100"]},
    {"kind": "retire", "day": "2026-10-12", "account": "A1", "instrument": "G", "purpose": "scope2", "beneficiary": "Yong", "year": "2025",
     "consumption_mwh": "1000", "serials": ["C:1-60"]},
    {"kind": "sell", "day": "2026-10-13", "account": "A1", "instrument": "CEA25", "quantity": "10", "way": "otc", "amount": "5"},
    {"kind": "reverse", "day": "2026-10-14", "reverses": "4", "reason": "typing"},
    {"kind": "pledge", "day": "2026-10-15", "account": "A1", "instrument": "CEA25", "quantity": "10", "contract": "K1", "counterparty": "Bank"},
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder whose book has postings of several kinds, and whether a folder's book is whole."""
    folder = tmp_path_factory.mktemp("book")
    calculator = Calculator(folder)

    def go(*words, where=folder / "book"):
        return calculator.command("assets", *words, "--book", where, out=where)

    go("account", "A1", "--entity", "Yong")
    go("account", "A2", "--entity", "East")
    for number, each in enumerate(EVENTS):
        (folder / "event.jsonl").write_text(json.dumps(each))
        assert go("post", folder / "event.jsonl", "--by", f"li {number}").code == 0
        assert go("approve", "--all", "--by", "wang").code == 0
    assert go("replay").code == 0
    return folder / "book", lambda where: go("replay", where=where)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE book_claim SET beneficiary = 'Thief'",
        "UPDATE book_claim SET year = 2026",
        "UPDATE book_claim SET beneficiary = 'Thief'; UPDATE book_posting SET record = REPLACE(record, '\"Yong\",\"2025\"', '\"Thief\",\"2025\"')",
        "DELETE FROM book_claim",
        "UPDATE book_posting SET record = REPLACE(record, 'wang', 'mallory')",
        "UPDATE book_posting SET record = REPLACE(record, '\"amount\":\"5\"', '\"amount\":\"9\"')",
        "UPDATE book_posting SET record = 'x' WHERE number = 4",
        "UPDATE book_posting SET record = '{}' WHERE number = 4",
        "UPDATE book_posting SET record = '[]' WHERE number = 4",
        "UPDATE book_posting SET day = '2025-01-01' WHERE number = 4",
        "UPDATE book_posting SET entity = 'East' WHERE number = 4",
        "UPDATE book_posting SET kind = 'transfer' WHERE number = 4",
        "UPDATE book_posting SET contract = 'K2' WHERE number = 6",
        "UPDATE book_posting SET quantity = 9 WHERE number = 6",
        "UPDATE book_posting SET reverses = 1 WHERE number = 5",
        "UPDATE book_posting SET posted_at = '2020-01-01 00:00:00+00:00' WHERE number = 6",
        "UPDATE book_account SET entity = 'East' WHERE key = 'A1'",
        "UPDATE book_decision SET decided_by = 'mallory' WHERE posting = 1",
        "UPDATE book_decision SET verdict = 'rejected', posting = NULL, reason = 'x' WHERE posting = 1",
        "UPDATE book_proposal SET proposed_by = 'mallory' WHERE id = 1",
        "UPDATE book_proposal SET event = REPLACE(event, '\"5\"', '\"9\"')",
        "UPDATE book_money SET what = 'vat' WHERE posting = 2 AND what = 'fee'",
        "UPDATE book_money SET posting = 4, line = 9 WHERE posting = 2 AND what = 'fee'",
        "UPDATE book_money SET fen = fen + 1 WHERE what = 'fee'",
        "UPDATE book_batch SET produced_on = '2024-01-01' WHERE kind = 'gec'",
        "UPDATE book_batch SET vintage = 2024, code = 'CEA24' WHERE kind = 'cea'",
        "UPDATE book_batch SET inside_market = 'no'",
        "UPDATE book_lot SET account = 'A2' WHERE spent_by = 4",
        "UPDATE book_lot SET series = 'ccer|C' WHERE series <> ''",
        "UPDATE book_lot SET posting = 1 WHERE posting = 4 AND place = 'held'",
        "INSERT INTO book_lot (organisation_id, posting, spent_by, batch, code, series, first_number, last_number, account, place, contract) "
        "VALUES (1, 77, 78, 1, 'CEA25', '', 1, 5, 'A1', 'held', '')",
        "UPDATE book_head SET number = 3",
        "DELETE FROM book_entry WHERE posting = 4",
        "UPDATE book_entry SET entry = REPLACE(entry, 'a', 'b') WHERE posting = 4",
        "UPDATE book_entry SET entry_index = 9 WHERE posting = 4",
        "DELETE FROM book_posting WHERE number = 6; DELETE FROM book_decision WHERE posting = 6; UPDATE book_lot SET spent_by = NULL WHERE spent_by = 6; "
        "DELETE FROM book_lot WHERE posting = 6; DELETE FROM book_entry WHERE posting = 6; UPDATE book_head SET number = 5; DELETE FROM book_money WHERE posting = 6",
    ],
)  # fmt: skip
def test_whatever_row_was_touched_the_book_is_not_whole(whole, tmp_path, sql):
    book, replayed = whole
    shutil.copytree(book, tmp_path / "book")
    plain = sqlite3.connect(tmp_path / "book" / "book.sqlite")
    for (name,) in plain.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        plain.execute(f"DROP TRIGGER {name}")
    plain.execute("PRAGMA ignore_check_constraints = ON")
    before = plain.total_changes
    plain.executescript(sql)
    assert plain.total_changes > before
    plain.commit()
    plain.close()
    told = replayed(tmp_path / "book")
    assert told.code == 3, told.out
    assert "book.ledger-differs" in told.err or "book.record-broken" in told.err
