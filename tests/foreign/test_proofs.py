"""Proofs that our commands write, judged by other people's code and by ours: for an entry, for growth, for a run and its files."""

import base64
import json
import random
import shutil
import subprocess
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from foreign import ours
from foreign.go_verifier import GoVerifier
from foreign.logs import KEY, OTHER_KEY, SIZES, entries, flipped, forge
from hengtan.ledger import leaf_hash
from hengtan.ledger.serve import server
from hengtan.ledger.witness import Request, Witness, parse_request
from house.house import ROOT, environment
from ledger.commands.commands import good, run

VKEY = KEY.verifier.vkey


@pytest.mark.parametrize("size", [size for size in SIZES if size])
def test_the_proof_of_any_entry_is_accepted_by_both_for_that_entry_alone(
    size: int, log_of, go: GoVerifier, tmp_path: Path
) -> None:
    folder, entry, proof = log_of(size).folder, tmp_path / "entry", tmp_path / "entry.tlog-proof"
    for index in sorted({0, size // 2, size - 1}):
        good("ledger", "prove", folder, index, "--out", proof)
        good("ledger", "entry", folder, index, "--out", entry)
        assert entry.read_bytes() == entries(index + 1)[index]
        assert go("-vkey", VKEY, "-proof", proof, "-entry", entry).returncode == 0
        assert ours.accepts(entry, VKEY)
        entry.write_bytes(b"{}")
        assert go("-vkey", VKEY, "-proof", proof, "-entry", entry).returncode == 1
        assert not ours.accepts(entry, VKEY)


def test_each_byte_of_a_proof_matters_to_both(log_of, go: GoVerifier, tmp_path: Path) -> None:
    entry, proof = tmp_path / "entry", tmp_path / "entry.tlog-proof"
    good("ledger", "prove", log_of(257).folder, 200, "--out", proof)
    good("ledger", "entry", log_of(257).folder, 200, "--out", entry)
    whole = proof.read_bytes()
    for byte in range(len(whole)):
        proof.write_bytes(flipped(whole, 8 * byte + byte % 8))
        assert not ours.accepts(entry, VKEY), f"we: byte {byte}: {proof.read_bytes()!r}"
        assert byte % 3 or go("-vkey", VKEY, "-proof", proof, "-entry", entry).returncode == 1, f"x/mod: byte {byte}"


@pytest.mark.parametrize("size", [2, 255, 256, 257, 70_000])
def test_a_proof_of_growth_is_accepted_and_a_spoilt_one_refused(
    size: int, log_of, go: GoVerifier, tmp_path: Path
) -> None:
    made, growth = log_of(size), tmp_path / "growth"
    good("ledger", "prove", made.folder, "--since", made.older, "--out", growth)
    judge = ("-vkey", VKEY, "-growth", growth, "-since")
    assert go(*judge, made.older).returncode == 0
    assert go(*judge, made.folder / "checkpoint").returncode == 1  # a proof is for one size
    whole, asked = growth.read_bytes(), parse_request(growth.read_bytes())
    chance = random.Random(size)
    for bit in chance.sample(range(8 * len(whole)), 60):
        growth.write_bytes(flipped(whole, bit))
        assert go(*judge, made.older).returncode == 1, f"bit {bit}"
    for hashes in (asked.hashes[:-1], (*asked.hashes, bytes(32)), asked.hashes[::-1] if len(asked.hashes) > 1 else ()):
        growth.write_bytes(Request(asked.old, hashes, asked.checkpoint).encode())
        assert go(*judge, made.older).returncode == 1
    forked = forge(tmp_path / "forked", [b"{}"] * size, KEY)
    growth.write_bytes(Request(asked.old, asked.hashes, (forked / "checkpoint").read_bytes()).encode())
    assert go(*judge, made.older).returncode == 1


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a calculated inventory and the ledger that it is kept in."""
    place = tmp_path_factory.mktemp("company")
    good("ledger", "init", place / "ledger", "--origin", "acme.example/ledger")
    good("calculate", ROOT / "examples/first/activities.csv", "--out", place / "out", "--ledger", place / "ledger")
    return place


def test_a_run_and_its_report_are_accepted_by_both_without_the_log(
    company: Path, go: GoVerifier, tmp_path: Path
) -> None:
    vkey = company / "ledger" / "log.vkey"
    for name in ("run.json", "report.xlsx", "report.html"):
        shutil.copy(company / "out" / name, tmp_path)
        shutil.copy(company / "out" / f"{name}.tlog-proof", tmp_path)
        path, proof = tmp_path / name, tmp_path / f"{name}.tlog-proof"
        assert go("-vkey", vkey, "-proof", proof, "-file", path).returncode == 0
        assert ours.accepts(path, vkey)
        whole = path.read_bytes()
        path.write_bytes(flipped(whole, random.Random(name).randrange(8 * len(whole))))
        assert go("-vkey", vkey, "-proof", proof, "-file", path).returncode == 1
        assert not ours.accepts(path, vkey)
        path.write_bytes(whole)
        assert go("-vkey", OTHER_KEY.verifier.vkey, "-proof", proof, "-file", path).returncode == 1
        assert not ours.accepts(path, OTHER_KEY.verifier.vkey)
    shutil.copy(tmp_path / "run.json.tlog-proof", tmp_path / "report.xlsx.tlog-proof")  # the proof of another file
    assert (
        go("-vkey", vkey, "-proof", tmp_path / "report.xlsx.tlog-proof", "-file", tmp_path / "report.xlsx").returncode
        == 1
    )
    assert not ours.accepts(tmp_path / "report.xlsx", vkey)
    issued = company / "out" / "report.xlsx.tlog-proof"  # it names the SHA-256 of run.json too, and is of another kind
    shutil.copy(issued, tmp_path / "run.json.tlog-proof")
    assert go("-vkey", vkey, "-proof", issued, "-file", tmp_path / "run.json").returncode == 1
    assert not ours.accepts(tmp_path / "run.json", vkey)


def test_a_proof_whose_record_was_exchanged_is_refused_by_both(company: Path, go: GoVerifier, tmp_path: Path) -> None:
    """The extra line is not covered by the proof; all of it hangs on the commitment in the entry."""
    vkey = company / "ledger" / "log.vkey"
    run_json, proof = tmp_path / "run.json", tmp_path / "run.json.tlog-proof"
    forged = (company / "out" / "run.json").read_bytes() + b"\n"
    run_json.write_bytes(forged)
    lines = (company / "out" / "run.json.tlog-proof").read_bytes().split(b"\n")
    extra = json.loads(base64.b64decode(lines[1].removeprefix(b"extra ")))
    extra["record"]["run_sha256"] = sha256(forged).hexdigest()
    for change in ({}, {"salt": "00" * 32}, {"salt": ""}, {"entry": "{}"}, {"record": {}}, {"entry": None}):
        text = json.dumps(extra | change, separators=(",", ":"), sort_keys=True)
        proof.write_bytes(b"\n".join([lines[0], b"extra " + base64.b64encode(text.encode()), *lines[2:]]))
        assert go("-vkey", vkey, "-proof", proof, "-file", run_json).returncode == 1, change
        assert not ours.accepts(run_json, vkey), change


def test_the_log_that_runs_are_kept_in_is_accepted_by_both(company: Path, go: GoVerifier, tmp_path: Path) -> None:
    good("ledger", "export", company / "ledger", tmp_path / "public")
    for folder in (company / "ledger", tmp_path / "public"):
        assert go.accepts(folder, company / "ledger" / "log.vkey")
        assert ours.accepts(folder, company / "ledger" / "log.vkey")


def test_a_cosignature_of_our_witness_is_accepted_by_both_and_missed_by_both(
    log_of, go: GoVerifier, tmp_path: Path
) -> None:
    log = forge(tmp_path / "log", entries(3), KEY)
    witness = Witness.create(tmp_path / "witness", "verifier.example/witness")
    witness.trust(VKEY)
    note = (log / "checkpoint").read_bytes()
    answer = witness.add_checkpoint(Request(0, (), note).encode())
    assert answer.status == 200
    required = ("-vkey", VKEY, "-witness", witness.verifier.vkey, log)
    wanted = (log, "--vkey", VKEY, "--witness", witness.verifier.vkey)
    assert go(*required).returncode == 1  # not there yet
    assert "verify.not-cosigned" in ours.verify(*wanted)[1]
    (log / "checkpoint").write_bytes(note + answer.body)
    assert go(*required).returncode == 0
    assert ours.verify(*wanted)[0] == 0
    line = bytearray(answer.body)
    line[-20] ^= 1
    (log / "checkpoint").write_bytes(note + bytes(line))
    assert go(*required).returncode == 1
    assert ours.verify(*wanted)[0] == 3


def test_tlog_scales_reads_our_log_over_http_and_writes_the_proof_that_we_write(log_of) -> None:
    made = log_of(257)
    with server(made.folder, port=0) as bound:
        thread = threading.Thread(target=bound.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{bound.server_address[1]}"

        def scales(*words: str) -> bytes:
            env = environment() | {"NO_PROXY": "*", "no_proxy": "*"}
            return subprocess.run(["tlog-tiles", *words], env=env, capture_output=True, check=True).stdout

        try:
            for index in (0, 128, 255, 256):
                assert leaf_hash(scales("get-leaf", "--check", url, str(index))) == leaf_hash(entries(257)[index])
                assert scales("gen-proof", url, str(index)) == run("ledger", "prove", made.folder, index).out
        finally:
            bound.shutdown()
            thread.join()
