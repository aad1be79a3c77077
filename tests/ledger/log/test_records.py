"""Records stay private, open their commitments, and can be erased from a log that goes on verifying."""

import json
from datetime import UTC, datetime

import pytest

from hengtan.ledger import Log, Records, Refused, audit, event, leaf_hash, verify_proof
from hengtan.ledger.event import commitment
from hengtan.ledger.records import check
from hengtan.problems import HengtanError

from .logs import SIGNER, new_log, public_files

NOW = datetime(2026, 3, 31, 8, tzinfo=UTC)
PERSON = {"kind": "approval.given", "by": "王小明", "run_sha256": "ab" * 32}


@pytest.fixture
def folder(tmp_path):
    return new_log(tmp_path / "log")


def posted(folder, *records):
    with Log.open(folder, SIGNER) as log:
        return Records(folder).post(log, [event("approval.given", record, NOW) for record in records])


def problems(folder):
    return [(problem.code, dict(problem.values)) for problem in check(Records(folder), Log.open(folder).entries())]


def test_the_commitment_is_the_hmac_that_rfc_4231_computes():
    # RFC 4231 has no key of 32 bytes; its test case 2 padded with zero bytes to 32 is the same key to HMAC.
    key = b"Jefe" + bytes(28)
    assert (
        commitment(key, b"what do ya want for nothing?")
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_an_entry_tells_kind_and_time_and_nothing_of_the_record(folder):
    posted(folder, PERSON)
    entry = json.loads(Log.open(folder).entry(0))
    assert set(entry) == {"commitment", "kind", "time", "version"}
    assert (entry["kind"], entry["time"]) == ("approval.given", "2026-03-31T08:00:00Z")
    assert not any("王小明".encode() in data or b"abab" in data for data in public_files(folder).values())


def test_the_same_record_twice_gives_two_commitments(folder):
    posted(folder, PERSON, PERSON)
    first, second = (json.loads(entry)["commitment"] for entry in Log.open(folder).entries())
    assert first != second


def test_a_record_opens_its_commitment(folder):
    assert posted(folder, PERSON) == range(1)
    digest = json.loads(Log.open(folder).entry(0))["commitment"]
    kept = Records(folder).of(digest)
    assert json.loads(kept.record) == PERSON
    assert commitment(kept.salt, kept.record) == digest
    assert Records(folder).of("0" * 64) is None
    assert problems(folder) == []


def test_an_entry_may_say_more_but_not_in_the_place_of_what_every_entry_says():
    made = event("report.issued", PERSON, NOW, members={"lang": "zh"})
    assert json.loads(made.entry)["lang"] == "zh"
    with pytest.raises(Refused):
        event("report.issued", PERSON, NOW, members={"kind": "other"})
    with pytest.raises(Refused):
        event("report.issued", {"co2e_kg": 5}, NOW)


def test_what_was_erased_is_gone_and_the_log_says_so_and_holds(folder):
    posted(folder, PERSON, {"kind": "x"})
    before = Log.open(folder)
    old, digest = before.checkpoint(), json.loads(before.entry(0))["commitment"]
    proof, entry = before.prove(0), before.entry(0)
    with Log.open(folder, SIGNER) as log:
        assert Records(folder).erase(log, 0, NOW) == 2
        assert json.loads(log.entry(2)) == {
            "kind": "record.erased",
            "of": "0",
            "time": "2026-03-31T08:00:00Z",
            "version": "1",
        }
        assert log.entry(0) == entry
    assert Records(folder).of(digest) is None
    assert not any("王小明".encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert audit(folder, since=old).holds
    assert verify_proof(entry, proof, [SIGNER.verifier]).size == 2
    assert problems(folder) == []


def test_what_has_no_record_cannot_be_erased(folder):
    posted(folder, PERSON)
    with Log.open(folder, SIGNER) as log:
        records = Records(folder)
        records.erase(log, 0)
        for index, code in [(0, "record.none"), (1, "record.none"), (2, "proof.index-beyond-size")]:
            with pytest.raises(Refused) as raised:
                records.erase(log, index)
            assert raised.value.code == code
        assert log.size == 2


def test_a_record_that_is_gone_without_an_entry_that_says_so_is_missing(folder):
    posted(folder, PERSON, {"kind": "x"})
    digest = json.loads(Log.open(folder).entry(1))["commitment"]
    (folder / "private/records" / digest[:2] / digest).unlink()
    assert problems(folder) == [("record.missing", {"index": "1", "commitment": digest})]


def test_an_erasure_that_stands_before_its_entry_erases_nothing(folder):
    with Log.open(folder, SIGNER) as log:
        log.append([b'{"kind":"record.erased","of":"1","time":"2026-03-31T08:00:00Z","version":"1"}'])
    posted(folder, PERSON)
    digest = json.loads(Log.open(folder).entry(1))["commitment"]
    (folder / "private/records" / digest[:2] / digest).unlink()
    assert [code for code, _ in problems(folder)] == ["record.missing"]


def test_a_record_that_came_back_from_a_backup_after_its_erasure_is_told(folder):
    posted(folder, PERSON)
    digest = json.loads(Log.open(folder).entry(0))["commitment"]
    path = folder / "private/records" / digest[:2] / digest
    backup = path.read_bytes()
    with Log.open(folder, SIGNER) as log:
        Records(folder).erase(log, 0)
    path.write_bytes(backup)
    assert [code for code, _ in problems(folder)] == ["record.not-erased"]


@pytest.mark.parametrize("change", ["record", "salt", "torn", "other"])
def test_a_record_that_was_changed_is_found(folder, change):
    posted(folder, PERSON)
    digest = json.loads(Log.open(folder).entry(0))["commitment"]
    path = folder / "private/records" / digest[:2] / digest
    data = path.read_bytes()
    body = json.loads(data)
    if change == "record":
        body["record"]["by"] = "somebody"
    elif change == "salt":
        body["salt"] = "00" * 32
    path.write_bytes({"torn": data[:40], "other": b"[]"}.get(change) or json.dumps(body).encode())
    with pytest.raises(Refused) as raised:
        Records(folder).of(digest)
    assert raised.value.code == "record.damaged"
    assert [code for code, _ in problems(folder)] == ["record.damaged"]


def test_a_record_without_an_entry_is_found(folder):
    posted(folder, PERSON)
    stray = event("approval.given", PERSON, NOW)
    path = folder / "private/records" / stray.commitment[:2] / stray.commitment
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"{}")
    assert problems(folder) == [("record.no-entry", {"commitment": stray.commitment})]


@pytest.mark.parametrize("given", ["", "../../key", "A" * 64, "0" * 63])
def test_what_is_no_commitment_names_no_file(folder, given):
    with pytest.raises(Refused) as raised:
        Records(folder).of(given)
    assert raised.value.code == "record.commitment"


def test_nothing_is_kept_through_a_log_that_only_reads(folder):
    with pytest.raises(HengtanError):
        Records(folder).post(Log.open(folder), [event("x.y", PERSON, NOW)])
    assert not (folder / "private/records").exists()


def test_the_leaf_of_an_entry_is_the_hash_of_its_canonical_bytes():
    made = event("run.finished", {"b": "1", "a": "é"}, NOW, salt=bytes(32))
    digest = commitment(bytes(32), '{"a":"é","b":"1"}'.encode())
    assert (
        made.entry
        == f'{{"commitment":"{digest}","kind":"run.finished","time":"2026-03-31T08:00:00Z","version":"1"}}'.encode()
    )
    assert len(leaf_hash(made.entry)) == 32


@pytest.mark.parametrize(
    "text", ["", "[]", '{"since":"x"}', '{"erase":"../../key","index":"0","since":"0"}', '{"salt":"00"}']
)
def test_what_lies_in_pending_and_is_no_record_is_refused_by_name(folder, text):
    posted(folder, PERSON)
    (folder / "private/records/pending/x").write_text(text)
    with Log.open(folder, SIGNER) as log, pytest.raises(Refused) as raised:
        Records(folder).settle(log)
    assert raised.value.code == "record.damaged"
    assert raised.value.file.endswith("pending/x")
