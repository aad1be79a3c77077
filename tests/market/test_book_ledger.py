"""Every posting has one entry in the ledger, whenever its process died, and the ledger verifies offline."""

import json
import sqlite3

import pytest

from faults.nursery import child
from hengtan.evidence import verify
from hengtan.market.book import Account, read_record
from hengtan.market.book.checked import differences
from hengtan.market.book.proved import Folder
from hengtan.market.book.rebuilt import records_differ, rows_differ
from hengtan.market.book.replay import replay

from .books import event


@pytest.fixture
def folder(tmp_path):
    book = Folder(tmp_path / "book", create=True)
    with book.store() as store:
        store.add_account(Account("A1", "Yong River Power"))
    book.close()
    return tmp_path / "book"


def whole(folder):
    """The number of postings, after everything that must hold of book and ledger was looked at."""
    book = Folder(folder)
    book.log()
    with book.store() as store:
        postings = [read_record(each) for each in store.records()]
        kept = list(book.ledger_records())
        assert sorted(json.loads(each)["number"] for each in kept) == sorted(str(each.number) for each in postings)
        assert differences(store, replay(store.records())) == [] == rows_differ(store)
        assert differences(store, replay(kept), ledger=True) == [] == records_differ(store.records(), kept)
        assert book.unproved() == []
        places = [row[0] for row in store.rows("SELECT entry_index FROM book_entry")]
        assert sorted(places) == list(range(len(postings)))
    book.close()
    report = verify(folder / "ledger")
    assert report.ok, report
    assert report.layers[2].counts["records"] == len(postings)
    return len(postings)


def test_a_posting_is_one_entry_and_its_ledger_verifies(folder):
    assert child("market.book_work:approve", folder, 1).code == 0
    assert whole(folder) == 3


@pytest.mark.parametrize("at", [1, 2, 4, 7, 11, 16, 22, 29])
def test_whoever_is_killed_between_book_and_ledger_leaves_each_posting_with_one_entry(folder, at):
    died = child("market.book_work:approve", folder, 1, fail=f"kill@{at}")
    assert died.code == -9, died.err
    acknowledged = died.out.count("posted")
    done = whole(folder)
    assert done >= acknowledged
    assert child("market.book_work:approve", folder, 1).code == 0  # the same again: what was done is not done twice
    assert whole(folder) == 3


def test_an_altered_row_is_found_by_computing_the_book_again(folder):
    assert child("market.book_work:approve", folder, 1).code == 0
    book = Folder(folder)
    with book.store() as store:
        store.execute("DROP TRIGGER book_lot_kept")  # somebody who owns the file can do that
        store.execute("UPDATE book_lot SET last_number = 11, id = id WHERE posting = 1")
        found = differences(store, replay(store.records()))
    assert {each.values["what"].split()[0] for each in found} == {"balances", "lots"}


def test_a_lot_that_is_spent_by_nothing_is_found(folder):
    assert child("market.book_work:approve", folder, 1).code == 0
    plain = sqlite3.connect(folder / "book.sqlite")  # by hand, without foreign keys
    plain.execute("UPDATE book_lot SET spent_by = 99 WHERE posting = 2")
    plain.commit()
    plain.close()
    book = Folder(folder)
    with book.store() as store:
        assert {each.code for each in differences(store, replay(store.records()))} == {"book.ledger-differs"}


def test_an_altered_record_is_found_by_the_ledger(folder):
    assert child("market.book_work:approve", folder, 1).code == 0
    book = Folder(folder)
    with book.store() as store:
        store.execute("DROP TRIGGER book_posting_update")
        store.execute("""UPDATE book_posting SET record = REPLACE(record, '"1","10","A1"', '"1","11","A1"')""")
        assert any(each.code == "book.record-broken" for each in differences(store, replay(store.records())))
        assert differences(store, replay(book.ledger_records()), ledger=True) == []  # the ledger keeps what happened


def test_the_entry_of_a_posting_is_neither_changed_nor_deleted_nor_moved(folder):
    assert child("market.book_work:approve", folder, 1).code == 0
    book = Folder(folder)
    for sql in ("DELETE FROM book_entry", "UPDATE book_entry SET entry_index = 9 WHERE posting = 1", "UPDATE book_entry SET entry = ''",
                "INSERT OR REPLACE INTO book_entry SELECT id, 1, posting, salt, commitment, 'x', NULL FROM book_entry"):  # fmt: skip
        with pytest.raises(sqlite3.IntegrityError, match=r"book\.append-only"), book.store() as store:
            store.execute(sql)


def test_nothing_is_entered_of_what_was_taken_back(folder):
    book = Folder(folder)
    with pytest.raises(ZeroDivisionError), book.store() as store:
        proposal = store.propose(event("allocate", account="A1", instrument="CEA25", quantity=5), "li")
        store.approve(proposal.id, "wang")
        raise ZeroDivisionError
    assert book.log() == 0
    with book.store() as store:
        assert list(store.records()) == [] and store.proposals() == []
