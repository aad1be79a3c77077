"""What is verified, what is refused, and which layer says so."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime
from hashlib import sha256

import pyarrow as pa
import pytest

from evidence.desk import ORIGIN, ROWS, Desk
from golden.calculating import activity
from hengtan.evidence import LAYERS, verify
from hengtan.evidence.proof_file import extra, read_proof
from hengtan.facts import Book, Store
from hengtan.ledger import Log, Records, canonical, event, generate, parse_proof
from hengtan.ledger.keys import load
from hengtan.problems import catalogue

PROOF = "run.json.tlog-proof"


def failed(found):
    """The layer that failed, and the codes of its errors."""
    layer = next((layer for layer in found["layers"] if layer["state"] == "failed"), None)
    if layer is None:
        return "", set()
    return layer["layer"], {problem["code"] for problem in layer["problems"] if problem["severity"] == "error"}


@pytest.fixture(scope="module")
def shown(first, tmp_path_factory):
    """A kept run with its reports, to be copied by each test, and a second one in its ledger."""
    folder = shutil.copytree(first[0], tmp_path_factory.mktemp("evidence"), dirs_exist_ok=True)
    desk = Desk(folder, new=False)
    desk.runs = 1
    desk.kept([activity("b1")], name="second.csv")
    return desk, folder / first[1].folder


@pytest.fixture
def run(shown, tmp_path):
    """A copy of the run's folder, on a machine that has never seen the log."""
    return shutil.copytree(shown[1], tmp_path / "elsewhere")


@pytest.fixture
def ledger(shown, tmp_path):
    """A copy of the ledger's folder."""
    return shutil.copytree(shown[0].ledger, tmp_path / "book")


@pytest.mark.parametrize("name", ["run.json", "report.pdf", "report.xlsx", "report.html"])
def test_a_file_alone_is_verified_by_its_proof_on_a_machine_that_has_never_seen_the_log(shown, tmp_path, name):
    desk, folder = shown
    there = tmp_path / "there"
    there.mkdir()
    for each in (name, f"{name}.tlog-proof"):
        shutil.copy(folder / each, there)
    for path in (there / name, there / f"{name}.tlog-proof"):
        code, found = desk.verify(path, "--vkey", desk.vkey)
        assert (code, found["ok"], found["vkey_given"]) == (0, True, True)
    code, found = desk.verify(there / name)
    assert (code, found["vkey_given"]) == (0, False)
    (told,) = found["layers"][0]["problems"]
    assert (told["code"], told["severity"]) == ("verify.key-unconfirmed", "warning")
    assert desk.vkey in told["reason"]


def test_verification_needs_no_engine_and_no_home(shown):
    code = (
        "import sys; from pathlib import Path; from hengtan.evidence import verify\n"
        "assert verify(Path(sys.argv[1])).ok and verify(Path(sys.argv[2])).ok\n"
        "heavy = {'duckdb', 'ibis', 'pyarrow', 'numpy', 'fsspec'} & set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, shown[1], shown[0].ledger], env={"PATH": ""}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["run.json", "emissions.parquet", "summary.json", "plan.parquet", "report.pdf"])
def test_a_flipped_bit_in_any_file_of_a_run_is_found(shown, run, name):
    data = bytearray((run / name).read_bytes())
    data[len(data) // 2] ^= 1
    (run / name).write_bytes(data)
    code, found = shown[0].verify(run, "--vkey", shown[0].vkey)
    assert (code, *failed(found)) == (3, "records", {"verify.file-altered"})
    assert any(name in problem["file"] for problem in found["layers"][2]["problems"])


@pytest.mark.parametrize("name", ["emissions.parquet", "problems.csv", "report.pdf"])
def test_a_file_that_is_gone_is_found(shown, run, name):
    (run / name).unlink()
    code, found = shown[0].verify(run)
    assert (code, *failed(found)) == (3, "records", {"verify.file-missing"})


def test_the_proof_of_some_entry_beside_a_run_does_not_vouch_for_the_run(shown, run):
    """Anybody may have a proof of entry 0; laid beside an altered run it must not be what is verified."""
    entry = run.with_name(f"{run.name}.tlog-proof")
    assert shown[0].command("ledger", "prove", shown[0].ledger, "0", "--with-entry", "--out", entry).code == 0
    (run / "run.json").write_bytes((run / "run.json").read_bytes() + b" ")
    code, found = shown[0].verify(run)
    assert (code, found["what"], *failed(found)) == (3, "run", "records", {"verify.file-altered"})
    code, found = shown[0].verify(entry)
    assert (code, found["what"], found["path"]) == (0, "file", str(entry))
    shutil.copy(entry, run / PROOF)
    (run / "run.json").unlink()
    for path in (run, run / "run.json"):
        assert shown[0].verify(path)[0] == 3


def test_a_copy_of_the_public_log_in_the_folder_of_a_run_does_not_vouch_for_the_run(shown, run):
    """It is true, signed by the published key, and to be had by anybody."""
    assert shown[0].command("ledger", "export", shown[0].ledger, run.with_name("public")).code == 0
    shutil.copytree(run.with_name("public"), run, dirs_exist_ok=True)
    assert shown[0].verify(run, "--vkey", shown[0].vkey)[0] == 0
    (run / "run.json").write_bytes((run / "run.json").read_bytes() + b" ")
    code, found = shown[0].verify(run, "--vkey", shown[0].vkey)
    assert (code, found["what"], failed(found)[0]) == (3, "run", "records")


def test_a_file_that_was_put_there_later_is_told(shown, run):
    (run / "approval.pdf").write_bytes(b"%PDF")
    code, found = shown[0].verify(run, "--vkey", shown[0].vkey)
    assert code == 0
    assert [problem["code"] for problem in found["layers"][2]["problems"]] == ["verify.file-unnamed"]


@pytest.mark.parametrize(
    "name", ["report.pdf", "report.html", "report.docx", "REPORT.PDF", "reference.json", "Summary.json"]
)
def test_a_result_that_nothing_vouches_for_is_refused_and_no_note(shown, run, name):
    """Who alters a report deletes its proof too; who adds a result never had one."""
    (run / f"{name}.tlog-proof").unlink(missing_ok=True)
    (run / name).write_bytes(b"other numbers")
    code, found = shown[0].verify(run, "--vkey", shown[0].vkey)
    assert (code, failed(found)[0]) == (3, "records")
    assert "verify.result-unproven" in failed(found)[1]
    (told,) = (one for one in found["layers"][2]["problems"] if one["code"] == "verify.result-unproven")
    assert told["file"].endswith(name) and name in told["reason"] and "--out" in told["mend"]


def test_a_report_that_was_taken_away_with_its_proof_is_missed(shown, run):
    for name in ("report.pdf", "report.pdf.tlog-proof"):
        (run / name).unlink()
    code, found = shown[0].verify(run, "--vkey", shown[0].vkey)
    assert (code, *failed(found)) == (3, "records", {"verify.file-missing"})
    assert found["layers"][2]["problems"][0]["file"].endswith("report.pdf")


def test_a_report_under_the_name_of_another_is_refused(shown, run):
    for end in ("", ".tlog-proof"):
        shutil.copy(run / f"report.pdf{end}", run / f"report.html{end}")
        shutil.copy(run / f"report.pdf{end}", run / f"approved.pdf{end}")
    code, found = shown[0].verify(run, "--vkey", shown[0].vkey)
    assert (code, *failed(found)) == (3, "records", {"verify.record-of-something-else", "verify.file-altered"})


@pytest.fixture
def liar(shown, tmp_path):
    """Puts another record behind the proof of a run: a company that signs what it likes, and may sign it. Gives its key."""
    signer = generate(ORIGIN)
    Log.create(tmp_path / "liar", ORIGIN, signer)

    def post(run, change):
        with Log.open(tmp_path / "liar", signer) as log:
            for name in ("run.json", "report.pdf", "report.xlsx", "report.html"):
                record = dict(read_proof(run / f"{name}.tlog-proof").record)
                made = event(record["kind"], change(record) if name == "run.json" else record)
                (index,) = Records(tmp_path / "liar").post(log, [made])
                (run / f"{name}.tlog-proof").write_bytes(log.prove(index, extra(made, signer.verifier.vkey)).encode())
        return signer.verifier.vkey

    return post


LIES = {
    "no files are named": lambda record: record | {"files": {}, "emissions_sha256": ""},
    "the digest of a file is none": lambda record: record | {"files": record["files"] | {"emissions.parquet": None}},
    "files are no object": lambda record: record | {"files": []},
    "a name leads out": lambda record: record | {"files": record["files"] | {"../secret": "0" * 64}},
    "reports are no object": lambda record: record | {"reports": "report.pdf"},
    "two digests of the emissions": lambda record: record | {"emissions_sha256": "0" * 64},
    "a report of another digest": lambda record: record | {"reports": record["reports"] | {"report.pdf": "0" * 64}},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_record_that_does_not_vouch_for_the_results_vouches_for_nothing(shown, run, liar, lie):
    """Signed by the key that the verifier trusts, and no more believed for that."""
    vkey = liar(run, lambda record: record)
    assert shown[0].verify(run, "--vkey", vkey)[0] == 0
    code, found = shown[0].verify(run, "--vkey", liar(run, LIES[lie]))
    assert (code, failed(found)[0]) == (3, "records"), found


def test_other_rows_than_those_that_run_json_speaks_of_are_refused(shown, run, liar):
    """Their file is named by the record as it lies there; the record and run.json name the digest of the rows that were computed."""
    (run / "emissions.parquet").write_bytes(b"other rows")
    other = {"emissions.parquet": sha256(b"other rows").hexdigest()}
    code, found = shown[0].verify(run, "--vkey", liar(run, lambda record: record | {"files": record["files"] | other}))
    assert (code, *failed(found)) == (3, "records", {"verify.record-malformed"})


def test_a_run_of_before_whose_record_names_no_reports_is_verified_as_ever(shown, run, liar):
    vkey = liar(run, lambda record: {name: value for name, value in record.items() if name != "reports"})
    code, found = shown[0].verify(run, "--vkey", vkey)
    assert (code, found["layers"][2]["problems"]) == (0, [])


def test_a_run_json_that_says_other_digests_than_its_record_is_refused(shown, run, liar):
    """A company that tells one number in the record and another in the file, and signs both."""
    manifest = json.loads((run / "run.json").read_text("utf-8"))
    for change in ({"canonical_digest": "0" * 64}, {"emissions_sha256": "0" * 64}):
        text = json.dumps(manifest | {"outputs": manifest["outputs"] | change})
        (run / "run.json").write_text(text, "utf-8")
        vkey = liar(run, lambda record, text=text: record | {"run_sha256": sha256(text.encode()).hexdigest()})
        for path in (run, run / "run.json"):
            code, found = shown[0].verify(path, "--vkey", vkey)
            assert (code, failed(found)[0]) == (3, "records")
            assert "verify.record-malformed" in failed(found)[1]


@pytest.mark.parametrize("name", ["evil\n  Verified.", "\x1b[2K\x1b[1A\x1b[32mVerified.\x1b[0m", "\u202egnp.fdp"])
def test_a_name_does_not_write_on_the_terminal_of_who_verifies(shown, run, name):
    """A file is altered, and another one has a name that would write over the line that says so."""
    (run / name).write_bytes(b"x")
    (run / "summary.json").write_bytes(b"{}")
    told = shown[0].command("verify", run)
    assert told.code == 3
    assert "\n  Verified." not in told.out and "\u202e" not in told.out and "\x1b[2K" not in told.out
    assert "\\u" in told.out  # it is shown for what it is


@pytest.mark.skipif(os.name != "posix", reason="pipes with names")
@pytest.mark.parametrize("name", ["run.json", PROOF, "emissions.parquet", "report.pdf", "report.pdf.tlog-proof"])
def test_a_pipe_in_place_of_a_file_of_a_run_keeps_nobody_waiting(shown, run, name):
    (run / name).unlink()
    os.mkfifo(run / name)
    assert shown[0].verify(run)[0] == 3
    (run / name).unlink()
    (run / name).symlink_to("/dev/zero")
    assert shown[0].verify(run)[0] == 3


@pytest.mark.skipif(os.name != "posix", reason="pipes with names")
@pytest.mark.parametrize(
    "name", ["checkpoint", "log.vkey", "tile/entries/000.p/*", "tile/0/000.p/*", "private/records/??/*"]
)
def test_a_pipe_in_place_of_a_file_of_a_log_keeps_nobody_waiting(shown, ledger, name):
    for path in ledger.glob(name):
        path.unlink()
        os.mkfifo(path)
    code, _ = shown[0].verify(ledger)
    assert code == 3
    for path in ledger.glob(name):
        path.unlink()
        path.symlink_to("/dev/zero")
    assert shown[0].verify(ledger)[0] == 3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names that are no text")
def test_a_name_that_is_no_text_is_told(shown, run):
    (run / os.fsdecode(b"report.\xff")).write_bytes(b"x")
    code, found = shown[0].verify(run)
    assert (code, failed(found)[1]) == (3, {"verify.result-unproven"})
    assert shown[0].command("verify", run).code == 3


@pytest.mark.parametrize("name", ["run.json", "summary.json", "report.html"])
def test_an_entry_that_looks_like_a_result_is_no_result(shown, run, ledger, name):
    """Whoever may append logs a text with other numbers; the proof of that entry vouches for an entry and for no run."""
    text = canonical({"outputs": {}, "control": {"totals": {"scope1_kg": "1"}}})
    with Log.open(ledger, load(ledger / "private/key")) as log:
        (index,) = log.append([text])
    (run / name).write_bytes(text)
    proof = run / f"{name}.tlog-proof"
    assert shown[0].command("ledger", "prove", ledger, index, "--with-entry", "--out", proof).code == 0
    for path in (run, run / name, proof):
        assert shown[0].verify(path, "--vkey", shown[0].vkey)[0] == 3
    (run / "entry").write_bytes(text)
    shutil.copy(proof, run / "entry.tlog-proof")
    assert shown[0].verify(run / "entry", "--vkey", shown[0].vkey)[0] == 0


@pytest.mark.skipif(os.name != "posix", reason="pipes with names")
def test_a_pipe_among_the_lists_of_a_log_keeps_nobody_waiting(shown, ledger):
    (ledger / "private/unfinished").mkdir(exist_ok=True)
    os.mkfifo(ledger / "private/unfinished/a")
    os.mkfifo(ledger / "private/facts-roots")
    assert shown[0].verify(ledger)[0] == 0


def test_proofs_of_two_histories_in_one_folder_are_refused(shown, run, liar, tmp_path):
    """The same key signed two logs of one size: each proof holds by itself."""
    signer = generate(ORIGIN)
    for number, name in enumerate(("run.json", "report.pdf")):
        Log.create(tmp_path / f"log{number}", ORIGIN, signer)
        with Log.open(tmp_path / f"log{number}", signer) as log:
            made = event(
                read_proof(run / f"{name}.tlog-proof").record["kind"], read_proof(run / f"{name}.tlog-proof").record
            )
            Records(tmp_path / f"log{number}").post(log, [made])
            (run / f"{name}.tlog-proof").write_bytes(log.prove(0, extra(made, signer.verifier.vkey)).encode())
    code, found = shown[0].verify(run, "--vkey", signer.verifier.vkey)
    assert (code, failed(found)[0]) == (3, "records")
    assert "log.forked" in failed(found)[1]


def test_without_its_proof_nothing_vouches_for_a_run(shown, run):
    (run / PROOF).unlink()
    code, found = shown[0].verify(run)
    assert (code, *failed(found)) == (3, "log", {"verify.proof-missing"})


def test_every_bit_of_a_proof_counts(shown, run):
    """Flipped anywhere, a proof is refused; its extra line is not covered by the log, but by the commitment in the entry."""
    data = (run / PROOF).read_bytes()
    for at in range(0, len(data), 7):
        spoilt = bytearray(data)
        spoilt[at] ^= 1
        (run / PROOF).write_bytes(spoilt)
        code, _ = shown[0].verify(run / "run.json", "--vkey", shown[0].vkey)
        assert code == 3 or _only_the_key_it_names_differs(data, bytes(spoilt)), (at, data[at - 20 : at + 20])


def _only_the_key_it_names_differs(one, other):
    """The name of the key in the proof is not used where the reader gives the key."""
    parts = [json.loads(parse_proof(each).extra) for each in (one, other)]
    for each in parts:
        each.pop("vkey")
    return parts[0] == parts[1]


def test_the_proof_of_a_report_does_not_vouch_for_a_run(shown, run):
    shutil.copy(run / "report.pdf.tlog-proof", run / PROOF)
    code, found = shown[0].verify(run / "run.json")
    assert (code, *failed(found)) == (3, "records", {"verify.record-of-something-else"})


def test_the_report_of_another_run_is_found(shown, run, tmp_path):
    desk, _ = shown
    other = desk.kept([activity("c1")], name="third.csv", report=True)
    for each in ("report.pdf", "report.pdf.tlog-proof"):
        shutil.copy(other.folder / each, run)
    code, found = desk.verify(run)
    assert (code, *failed(found)) == (3, "records", {"verify.report-of-another-run", "verify.file-altered"})


def test_a_history_that_was_forged_and_signed_anew_is_found_by_the_published_key(shown, run, tmp_path):
    """Somebody changes a number, and makes a log and a key of his own with the same name."""
    desk, _ = shown
    manifest = json.loads((run / "run.json").read_text("utf-8"))
    manifest["control"]["totals"]["scope1_kg"] = "1"
    (run / "run.json").write_text(json.dumps(manifest), "utf-8")
    forger = Desk(tmp_path / "forger") if (tmp_path / "forger").mkdir() is None else None
    old = read_proof(run / PROOF)
    record = {**old.record, "run_sha256": sha256((run / "run.json").read_bytes()).hexdigest()}
    made = event("run.finished", record, datetime.now(UTC))
    with Log.open(forger.ledger, load(forger.ledger / "private/key")) as log:
        (index,) = Records(forger.ledger).post(log, [made])
        (run / PROOF).write_bytes(log.prove(index, extra(made, forger.vkey)).encode())
    code, found = desk.verify(run / "run.json")
    assert (code, found["vkey_given"]) == (0, False)
    assert {problem["code"] for problem in found["layers"][0]["problems"]} == {"verify.key-unconfirmed"}
    code, found = desk.verify(run / "run.json", "--vkey", desk.vkey)
    assert (code, *failed(found)) == (3, "log", {"note.no-known-signature"})


def test_an_older_checkpoint_of_the_same_size_must_be_the_same(shown, run, tmp_path):
    desk, _ = shown
    proof = parse_proof((run / PROOF).read_bytes())
    (tmp_path / "kept").write_bytes(proof.checkpoint)
    code, found = desk.verify(run, "--since", tmp_path / "kept", "--vkey", desk.vkey)
    assert (code, found["layers"][1]["state"]) == (0, "ok")
    code, found = desk.verify(run, "--since", desk.ledger / "checkpoint", "--vkey", desk.vkey)
    assert (code, found["layers"][1]["state"]) == (0, "not-checked")
    assert found["layers"][1]["problems"][0]["code"] == "verify.history-wants-log"
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    code, found = desk.verify(run, "--since", other.ledger / "checkpoint", "--vkey", desk.vkey)
    assert (code, failed(found)[0]) == (3, "history")
    (tmp_path / "none").write_bytes(b"nonsense")
    code, found = desk.verify(run, "--since", tmp_path / "none", "--vkey", desk.vkey)
    assert (code, failed(found)[0]) == (3, "history")


def test_a_log_extends_what_was_kept_of_it_or_is_refused(shown, ledger, tmp_path):
    desk, _ = shown
    (tmp_path / "kept").write_bytes((ledger / "checkpoint").read_bytes())
    assert desk.verify(ledger, "--since", tmp_path / "kept")[1]["layers"][1]["state"] == "ok"
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    code, found = desk.verify(other.ledger, "--since", tmp_path / "kept")
    assert (code, failed(found)[0]) == (3, "history")


def fact(ledger, number=0):
    return sorted((ledger / "private/facts/objects").rglob("?" * 64))[number]


def broken(path, data):
    path.chmod(0o600)
    path.write_bytes(data)


FAULTS = {
    "a fact is altered": (lambda book: broken(fact(book), b"x"), "facts.damaged"),
    "a fact is gone": (lambda book: fact(book).unlink(), "verify.fact-missing"),
    "two facts changed places": (
        lambda book: broken(fact(book), fact(book, 1).read_bytes()), "facts.damaged"),
    "a fact was put there": (
        lambda book: (fact(book).with_name(fact(book).name[:2] + "0" * 62)).write_bytes(b"x"),
        "verify.fact-without-entry"),
    "a manifest is altered": (lambda book: broken(manifest(book), b"x"), "facts.damaged"),
    "a manifest is gone": (lambda book: manifest(book).unlink(), "verify.fact-missing"),
    "there is no folder of records": (
        lambda book: (shutil.rmtree(book / "private/records"), (book / "private/records").write_bytes(b"x")),
        "record.missing"),
    "a record is altered": (lambda book: broken(record(book), record(book).read_bytes()[:-9] + b'"x"}'), "record.damaged"),
    "a record is gone": (lambda book: record(book).unlink(), "record.missing"),
    "a record was put there": (
        lambda book: shutil.copy(record(book), record(book).with_name(record(book).name[:2] + "0" * 62)),
        "record.no-entry"),
    "the mark of the store is damaged": (
        lambda book: broken(book / "private/facts/facts", b"hengtan facts 2\n"), "facts.other-version"),
    "the mark of the store is gone": (lambda book: (book / "private/facts/facts").unlink(), "facts.mark-missing"),
    "the book was cut": (
        lambda book: sorted(path for path in (book / "private/facts/books").rglob("0*") if path.is_file())[-1].unlink(),
        "verify.book-rewritten"),
}  # fmt: skip


def manifest(ledger):
    """The object that describes a batch of the ledger's book."""
    return next(
        path
        for path in sorted((ledger / "private/facts/objects").rglob("?" * 64))
        if path.read_bytes().startswith(b"{") and b'"control_totals"' in path.read_bytes()
    )


def record(ledger):
    return sorted((ledger / "private/records").rglob("?" * 64))[0]


@pytest.mark.parametrize("fault", FAULTS)
def test_facts_and_records_that_are_not_what_their_entries_say_fail_the_third_layer(shown, ledger, fault):
    spoil, code_ = FAULTS[fault]
    spoil(ledger)
    code, found = shown[0].verify(ledger, "--vkey", shown[0].vkey)
    assert code == 3
    name, codes = failed(found)
    assert name == "records"
    assert code_ in codes


def posted(ledger, kind, record, before=()):
    """One more record in the log, of a company that logs what it likes."""
    with Log.open(ledger, load(ledger / "private/key")) as log:
        if before:
            log.append(list(before))
        return Records(ledger).post(log, [event(kind, record)])[0]


@pytest.mark.parametrize(
    ("record", "code_"),
    [
        ({"kind": "x", "facts": ["no digest"]}, "facts.not-a-digest"),
        ({"kind": "x", "files": {"a": "../../etc/passwd"}}, "facts.not-a-digest"),
        ({"kind": "x", "facts": ["0" * 64]}, "verify.fact-missing"),
        ({"kind": "run.finished"}, "record.other-kind"),
        ({"kind": ["x"]}, "record.other-kind"),
        ({"kind": "x", "manifest": "0" * 64}, "verify.fact-missing"),
        ({"kind": "x", "book": {"entries": "1", "digest": "0" * 64}}, "verify.book-rewritten"),
    ],
)
def test_a_record_that_names_what_is_not_so_fails_the_third_layer(shown, ledger, record, code_):
    posted(ledger, "x", record)
    code, found = shown[0].verify(ledger)
    assert (code, failed(found)[0]) == (3, "records")
    assert code_ in failed(found)[1]


def test_an_erasure_that_was_logged_in_advance_erases_nothing(shown, ledger):
    """Else the facts of the record that comes after it would not be looked at."""
    size = Log.open(ledger).size
    said = canonical({"kind": "record.erased", "of": str(size + 1), "time": "2026-03-31T08:00:00Z", "version": "1"})
    assert posted(ledger, "x", {"kind": "x", "facts": ["0" * 64]}, before=[said]) == size + 1
    code, found = shown[0].verify(ledger)
    assert (code, *failed(found)) == (3, "records", {"verify.fact-missing"})


def test_facts_that_are_said_to_lie_elsewhere_are_not_told_to_be_in_order(shown, ledger):
    """Who deletes the facts and names a place that nobody asks has shown nothing."""
    shutil.rmtree(ledger / "private/facts")
    assert failed(shown[0].verify(ledger)[1])[0] == "records"
    (ledger / "private/facts-roots").write_text("s3://nowhere/facts\n")
    code, found = shown[0].verify(ledger)
    assert (code, found["layers"][2]["state"]) == (0, "not-checked")
    assert found["layers"][2]["problems"][0]["code"] == "verify.facts-elsewhere"


def test_a_log_is_no_witness_of_itself(shown, run):
    """Its own key given as that of a witness would be satisfied by its own signature."""
    desk, _ = shown
    told = desk.command("verify", run, "--vkey", desk.vkey, "--witness", desk.vkey)
    assert (told.code, "verify.no-witness-key" in told.err) == (2, True)


def test_the_public_copy_of_a_log_is_verified_without_its_records(shown, tmp_path):
    desk, _ = shown
    assert desk.command("ledger", "export", desk.ledger, tmp_path / "public").code == 0
    code, found = desk.verify(tmp_path / "public", "--vkey", desk.vkey)
    assert (code, [layer["state"] for layer in found["layers"]]) == (0, ["ok", "not-checked", "not-checked"])
    assert found["layers"][2]["problems"][0]["code"] == "verify.public-copy"


def test_who_may_not_read_the_private_part_verifies_the_public_one(shown, ledger, monkeypatch):
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(ledger / "private") and allowed(path, mode))
    code, found = shown[0].verify(ledger, "--vkey", shown[0].vkey)
    assert (code, [layer["state"] for layer in found["layers"]]) == (0, ["ok", "not-checked", "not-checked"])
    assert found["layers"][2]["problems"][0]["code"] == "verify.private-closed"


@pytest.mark.parametrize("change", ["altered", "gone"])
def test_a_merged_table_of_the_book_that_is_altered_is_found(shown, ledger, change):
    store = Store(ledger / "private/facts")
    name = next((ledger / "private/facts/books").iterdir()).name
    book = Book(store, name)
    for number in range(2):
        book.add(pa.table({"n": [number]}), kind="rows", who="a person")
    assert book.compact().tables
    unnamed = {"verify.fact-without-entry"}  # nor does anybody add a batch unseen
    assert failed(shown[0].verify(ledger)[1])[1] == unnamed
    for path in (ledger / "private/facts/books").rglob("merged/*"):
        if path.read_bytes()[:4] != b"PAR1":
            continue
        if change == "gone":
            path.unlink()  # made again by the next compaction
        else:
            broken(path, path.read_bytes().replace(b"PAR1", b"PAR2", 1))
    assert failed(shown[0].verify(ledger)[1])[1] == unnamed | ({"facts.damaged"} if change == "altered" else set())


def test_a_log_that_went_back_behind_what_its_writer_remembers_fails_the_second_layer(shown, tmp_path):
    """The public part of an older copy is put back; nothing was handed in by the reader."""
    book = tmp_path / "book"
    assert shown[0].command("ledger", "init", book, "--origin", ORIGIN).code == 0
    for number in range(2):
        with Log.open(book, load(book / "private/key")) as log:
            log.append([b"%d" % number])
        if not number:
            shutil.copytree(book, tmp_path / "older", ignore=shutil.ignore_patterns("private"))
    assert shown[0].verify(book)[1]["layers"][1]["state"] == "not-checked"
    newest = (book / "private/newest").read_bytes()
    for change, code_ in [
        ((book / "private/newest").unlink, "log.memory-missing"),
        (lambda: (book / "private/newest").write_bytes(newest[:-9] + b"AAAAAAA=\n"), "note.bad-signature"),
        (lambda: (book / "private/newest").write_bytes(newest), ""),
        (lambda: shutil.rmtree(book / "tile"), "tile.missing"),
        (lambda: shutil.copytree(tmp_path / "older", book, dirs_exist_ok=True), "log.rolled-back"),
        (lambda: (book / "private/journal").write_bytes(b"a batch is under way"), ""),
    ]:
        change()
        code, found = shown[0].verify(book)
        assert (code, failed(found)[1]) == ((3, {code_}) if code_ else (0, set()))
        assert failed(found)[0] == {"": "", "tile.missing": "log"}.get(code_, "history")


def test_a_log_that_is_appended_to_meanwhile_did_not_go_back(shown, ledger):
    done = threading.Event()

    def grow():
        with Log.open(ledger, load(ledger / "private/key")) as log:
            for number in range(60):
                log.append([b'{"n":"%d"}' % number] * (1 + number % 40))
        done.set()

    writer = threading.Thread(target=grow)
    writer.start()
    seen = 0
    while not done.is_set():
        seen += 1
        assert verify(ledger).layer("history").problems == ()
    writer.join()
    assert seen > 3


def test_a_log_that_does_not_hold_fails_in_the_first_layer_and_the_others_are_not_asked(shown, ledger):
    tile = next(path for path in (ledger / "tile/entries").rglob("*") if path.is_file())
    broken(tile, tile.read_bytes()[:-1])
    code, found = shown[0].verify(ledger)
    assert (code, failed(found)[0]) == (3, "log")
    assert [layer["state"] for layer in found["layers"]] == ["failed", "not-checked", "not-checked"]


@pytest.mark.parametrize("path", ["none", "empty", "none.pdf"])
def test_what_is_nothing_to_verify_is_exit_2(desk, path):
    (desk.folder / "empty").mkdir()
    told = desk.command("verify", desk.folder / path)
    assert (told.code, told.out) == (2, "")


def hostile():
    """Extra lines that somebody made up."""
    deep = "[" * 100 + "]" * 100
    return {
        "no json": b"{", "a number": b"1", "a list": b"[]", "empty": b"{}", "deep": deep.encode(), "bytes": b"\xff",
        "entry is no text": json.dumps({"entry": {}, "record": {}, "salt": "0" * 64, "vkey": ""}).encode(),
        "salt is short": json.dumps({"entry": "{}", "record": {}, "salt": "00", "vkey": ""}).encode(),
        "entry is no json": json.dumps({"entry": "x", "record": {}, "salt": "0" * 64, "vkey": ""}).encode(),
        "names that lead out": json.dumps({"entry": "{}", "record": {"kind": "run.finished", "files": {"../x": "00"}},
                                           "salt": "0" * 64, "vkey": ""}).encode(),
        "surrogate": b'{"entry":"\\ud800","record":{},"salt":"' + b"0" * 64 + b'","vkey":""}',
    }  # fmt: skip


@pytest.mark.parametrize("name", hostile())
def test_a_hostile_proof_is_refused_without_a_traceback(shown, run, name):
    lines = (run / PROOF).read_bytes().split(b"\n")
    at = next(at for at, line in enumerate(lines) if line.startswith(b"extra "))
    lines[at] = b"extra " + base64.b64encode(hostile()[name])
    (run / PROOF).write_bytes(b"\n".join(lines))
    for more in ((), ("--vkey", shown[0].vkey)):
        for path in (run, run / "run.json"):
            told = shown[0].command("verify", path, *more)
            assert told.code == 3 or (told.code == 2 and "verify.key-needed" in told.err and not more)


def test_a_report_says_what_it_looked_at(shown):
    report = verify(shown[0].ledger, vkey=shown[0].vkey)
    assert tuple(layer.name for layer in report.layers) == LAYERS
    assert (report.what, report.ok, report.failed, report.checkpoint.origin) == ("log", True, "", ORIGIN)
    assert report.layer("records").counts["records"] == report.checkpoint.size
    assert len(ROWS) == 4 and "verify.erased" in catalogue()


def test_it_tells_how_far_it_is(shown):
    told = []
    assert verify(shown[0].ledger, tell=lambda *each: told.append(each)).ok
    size = Log.open(shown[0].ledger).size
    facts = [each for each in told if each[0] == "facts"]
    assert [each for each in told if each[0] != "facts"] == [
        ("entries", size, size), *(("records", number, size) for number in range(1, size + 1))]  # fmt: skip
    assert [done for _, done, _ in facts] == list(range(len(facts))) and {of for *_, of in facts} == {len(facts)}
