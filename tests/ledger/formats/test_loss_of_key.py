"""The key of a log is lost: what was logged still verifies, nothing can be appended, and a new log takes up where it ended."""

import json

import pytest

from hengtan.ledger import (
    Log,
    audit,
    canonical,
    generate,
    open_checkpoint,
    parse_proof,
    parse_strict,
    parse_vkey,
    verify_proof,
)
from hengtan.ledger.keys import find, save
from hengtan.ledger.witness import Witness
from hengtan.problems import HengtanError

from ..witness.served import Told

ENTRIES = [canonical({"kind": "period.closed", "period": str(year)}) for year in range(2000, 2010)]


@pytest.fixture
def lost(tmp_path):
    """A log of ten entries whose key file is gone; its public key and a proof are with others."""
    key = generate("example.com/ledger")
    Log.create(tmp_path / "log", key.name, key)
    save(key, tmp_path / "log" / "private" / "key")
    with Log.open(tmp_path / "log", key) as log:
        log.append(ENTRIES)
        proof = log.prove(3).encode()
    (tmp_path / "log" / "private" / "key").unlink()
    return tmp_path / "log", key.verifier.vkey, proof


def test_what_was_logged_still_verifies(lost):
    folder, vkey, proof = lost
    found = audit(folder, parse_vkey(vkey))
    assert found.own == ()
    assert found.checkpoint.size == 10
    assert verify_proof(ENTRIES[3], parse_proof(proof), [parse_vkey(vkey)]).size == 10


def test_nothing_can_be_appended_by_whoever_has_no_key_or_another(lost):
    folder, vkey, _ = lost
    with pytest.raises(HengtanError) as error:
        find(parse_vkey(vkey), folder / "private" / "key", {})
    assert error.value.problems[0].code == "key.file-missing"
    with pytest.raises(HengtanError) as error:
        Log.open(folder, generate("example.com/ledger"))
    assert error.value.problems[0].code == "key.other"


def test_a_new_log_names_the_end_of_the_old_one_in_its_first_entry(lost, tmp_path):
    folder, vkey, _ = lost
    key = generate("example.com/ledger-2")
    Log.create(tmp_path / "log-2", key.name, key)
    last = Log.open(folder).checkpoint()
    with Log.open(tmp_path / "log-2", key) as log:
        log.append([canonical({"kind": "log.continued", "checkpoint": last.decode()})])
    entry = parse_strict(Log.open(tmp_path / "log-2").entry(0))
    old, _ = open_checkpoint(entry["checkpoint"].encode(), [parse_vkey(vkey)])
    assert (old.origin, old.size) == ("example.com/ledger", 10)
    assert old == audit(folder, parse_vkey(vkey)).checkpoint
    assert json.dumps(entry)  # strings only, so anybody's JSON reads it


def test_a_second_log_under_the_old_name_finds_no_witness(tmp_path):
    real = Told("example.com/ledger")
    witness = Witness.create(tmp_path / "witness", "witness.example")
    witness.trust(real.key.verifier.vkey)
    assert witness.add_checkpoint(real.request(0, 10).encode()).status == 200
    again = Told("example.com/ledger", fork=0)  # another key, another history
    assert witness.add_checkpoint(again.request(0, 1).encode()).status == 403
    assert witness.add_checkpoint(again.request(10, 12).encode()).status == 403
