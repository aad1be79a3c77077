"""A run that is kept: what it leaves in the facts, in the ledger and beside itself."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256

import pyarrow as pa
import pytest

import hengtan
from evidence.desk import ORIGIN, ROWS, Desk, tree
from golden.calculating import EXAMPLES, activity, write_csv
from hengtan.facts import Book, Store
from hengtan.ledger import Log, Records
from hengtan.ledger.records import commitment_of
from hengtan.problems import HengtanError


def records(desk):
    """Kind and record of every entry."""
    log, kept = Log.open(desk.ledger), Records(desk.ledger)
    found = []
    for entry in log.entries():
        private = kept.of(commitment_of(entry))
        found.append((json.loads(entry)["kind"], json.loads(private.record)))
    return found


def test_a_kept_run_is_in_the_log_with_all_that_went_in_and_came_out(kept):
    desk, outcome = kept
    named = records(desk)
    assert [kind for kind, _ in named] == ["batch.accepted", "run.finished", *["report.issued"] * 3]
    store = Store(desk.ledger / "private/facts")
    run = named[1][1]
    assert run["run_sha256"] == sha256((outcome.folder / "run.json").read_bytes()).hexdigest()
    assert run["canonical_digest"] == outcome.manifest["outputs"]["canonical_digest"]
    for name, digest in run["files"].items():
        assert store.read(digest) == (outcome.folder / name).read_bytes()
    assert store.read(named[0][1]["sha256"]) == (desk.folder / "input.csv").read_bytes()
    assert {record["file"] for _, record in named[2:]} == {"report.pdf", "report.xlsx", "report.html"}
    for _, record in named[2:]:
        assert store.read(record["sha256"]) == (outcome.folder / record["file"]).read_bytes()


def test_a_kept_run_is_verified_and_so_is_its_ledger(kept):
    desk, outcome = kept
    for path in (outcome.folder, desk.ledger, outcome.folder / "run.json", outcome.folder / "report.pdf"):
        code, found = desk.verify(path, "--vkey", desk.vkey)
        assert (code, found["ok"]) == (0, True), found
        states = [layer["state"] for layer in found["layers"]]
        assert states == ["ok", "not-checked", "ok"]
        assert all(layer["problems"] == [] for layer in found["layers"])


def test_what_the_terminal_shows_is_the_command_that_verifies(desk):
    outcome = desk.kept()
    line = next(line for line in outcome.out.splitlines() if "hengtan verify" in line)
    told = desk.command(*line.split("hengtan ", 1)[1].split())
    assert told.code == 0
    assert "Verified." in told.out
    assert f"of {ORIGIN}" in outcome.out
    assert "验证：hengtan verify" in desk.kept(ROWS, "--lang", "zh").out


def test_the_book_says_what_stood_with_its_totals(kept):
    desk, _ = kept
    entries = Book(Store(desk.ledger / "private/facts"), next((desk.ledger / "private/facts/books").iterdir()).name)
    activities, emissions = entries.as_of(kind="activities"), entries.as_of(kind="emissions")
    (batch,), (result,) = activities, emissions
    assert (batch.name, batch.rows, batch.period) == ("input.csv", 4, "2024-01-01/2024-12-31")
    assert dict(batch.control_totals) == {"kWh": "99.5", "kWh_gcv": "31", "L": "7"}
    assert batch.canonical and batch.who
    assert (result.name, result.rows) == ("emissions.parquet", 4)  # three activities, one of them on two bases
    assert entries.verify(rows=True) == ()
    assert entries.table(kind="emissions").num_rows == 4


def test_the_same_input_is_one_batch_however_often_it_is_calculated(desk):
    first = desk.kept()
    second = desk.kept(ROWS, "--gwp", "AR6")
    store = Store(desk.ledger / "private/facts")
    book = Book(store, next((desk.ledger / "private/facts/books").iterdir()).name)
    assert len(book.as_of(kind="activities")) == 1
    assert len(book.as_of(kind="emissions")) == 2
    assert desk.verify(first.folder)[0] == desk.verify(second.folder)[0] == desk.verify(desk.ledger)[0] == 0
    assert len(records(desk)) == 4


def test_outsiders_learn_nothing_from_the_tiles(kept):
    desk, _ = kept
    public = b"".join(data for name, data in tree(desk.ledger).items() if not name.startswith("private/"))
    for secret in (b"sha256", b"input.csv", b"Plant", b"emissions"):
        assert secret not in public
    assert b"run.finished" in public


def test_without_the_ledger_no_canonical_digest_is_taken(desk):
    outcome = desk.table(ROWS)
    assert "canonical_digest" not in outcome.manifest["outputs"]
    assert "ledger" not in outcome.manifest


@pytest.mark.parametrize(
    "fault", ["no folder", "a plain folder", "no key", "an open key", "another key", "a spoilt vkey"]
)
def test_a_ledger_that_cannot_be_written_to_is_exit_2_before_anything_is_read(desk, fault):
    key = desk.ledger / "private/key"
    ledger = desk.ledger
    if fault == "no folder":
        ledger = desk.folder / "none"
    elif fault == "a plain folder":
        ledger = desk.folder / "plain"
        ledger.mkdir()
    elif fault == "no key":
        key.unlink()
    elif fault == "an open key":
        key.chmod(0o644)
    elif fault == "another key":
        (other := desk.folder / "other").mkdir()
        desk.command("ledger", "init", other / "book", "--origin", ORIGIN)
        key.write_bytes((other / "book/private/key").read_bytes())
    else:
        (ledger / "log.vkey").write_text("nonsense")
    before = tree(desk.folder)
    told = desk.calculate(desk.folder / "not-even-there.csv", "--ledger", ledger)
    assert told.code == 2
    assert "not-even-there" not in told.err
    assert not told.folder.exists()
    assert tree(desk.folder) == before


def test_a_dry_run_writes_nothing(desk):
    write_csv(desk.folder / "input.csv", ROWS)
    before = tree(desk.folder)
    told = desk.command("calculate", desk.folder / "input.csv", "--dry-run", "--ledger", desk.ledger)
    assert told.code == 3
    assert tree(desk.folder) == before


def test_facts_want_a_ledger(desk):
    write_csv(desk.folder / "input.csv", ROWS)
    told = desk.calculate(desk.folder / "input.csv", "--facts", desk.folder / "facts")
    assert (told.code, "evidence.facts-without-ledger" in told.err) == (2, True)


def test_a_ledger_in_the_folder_that_is_replaced_is_exit_2(desk):
    desk.table([activity()], out=desk.folder / "out")
    desk.command("ledger", "init", desk.folder / "out/book", "--origin", "x.org/y")
    told = desk.calculate(desk.folder / "input.csv", "--ledger", desk.folder / "out/book", out=desk.folder / "out")
    assert (told.code, "evidence.inside" in told.err) == (2, True)
    assert (desk.folder / "out/book/checkpoint").exists()


@pytest.mark.parametrize("root", ["facts", "memory://facts-of-a-test"])
def test_facts_may_lie_elsewhere(desk, root):
    url = root if "://" in root else str(desk.folder / root)
    outcome = desk.kept(ROWS, "--facts", url)
    assert not (desk.ledger / "private/facts").exists()
    assert desk.verify(outcome.folder)[0] == 0
    code, found = desk.verify(desk.ledger)
    assert code == 0
    codes = {problem["code"] for problem in found["layers"][2]["problems"]}
    assert codes == ({"verify.facts-elsewhere"} if "://" in root else set())
    code, found = desk.verify(desk.ledger, "--facts", url)
    assert (code, found["layers"][2]["problems"]) == (0, [])


def test_a_key_may_lie_elsewhere(desk):
    key = desk.folder / "safe" / "key"
    key.parent.mkdir()
    (desk.ledger / "private/key").rename(key)
    outcome = desk.kept(ROWS, "--ledger-key", key)
    assert desk.verify(outcome.folder)[0] == 0


def test_a_key_may_come_from_the_environment(desk, monkeypatch):
    key = desk.ledger / "private/key"
    monkeypatch.setenv("HENGTAN_LEDGER_KEY", key.read_text("utf-8").strip())
    key.unlink()
    assert desk.verify(desk.kept().folder)[0] == 0


def test_every_sheet_and_every_file_of_rules_is_kept(desk):
    folder = EXAMPLES / "toronto"
    outcome = desk.calculate(
        folder / "toronto_2018_energy_ghg_report.xlsx", "--template", "ontario_bps",
        "--factors", folder / "ontario_2018_factors.csv", "--ledger", desk.ledger,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    named = dict(records(desk))
    store = Store(desk.ledger / "private/facts")
    assert store.read(named["evidence.attached"]["facts"][0]) == (folder / "ontario_2018_factors.csv").read_bytes()
    assert desk.verify(desk.ledger)[0] == 0


def test_files_that_rows_name_are_kept_when_they_lie_beside_the_input(desk):
    (desk.folder / "bills").mkdir()
    files = {"bills/january.pdf": b"%PDF january", "meter 7.txt": b"read 100", "账单.jpg": b"\xff\xd8", "b.csv": b"x"}
    for name, data in files.items():
        (desk.folder / name).write_bytes(data)
    (desk.folder.parent / "outside.txt").write_bytes(b"not yours")
    (desk.folder / "link").symlink_to(desk.folder.parent / "outside.txt")
    cells = ["bills/january.pdf", "meter 7.txt; 账单.jpg", "INV-1", "../outside.txt", "link", str(desk.folder / "b.csv"),
             "bills", "", "a" * 5000, "bills/january.pdf"]  # fmt: skip
    outcome = desk.kept([activity(f"a{at}", evidence=cell) for at, cell in enumerate(cells)])
    told = {one["file"]: one["sha256"] for one in outcome.manifest["evidence"]}
    assert told == {
        name: sha256(files[name]).hexdigest() for name in ("bills/january.pdf", "meter 7.txt", "账单.jpg")
    } | {str(desk.folder / "b.csv"): sha256(b"x").hexdigest()}
    store = Store(desk.ledger / "private/facts")
    assert {store.read(digest) for digest in told.values()} == set(files.values())
    assert desk.verify(desk.ledger)[0] == 0


def test_a_file_that_changes_while_it_is_calculated_is_not_kept(desk, monkeypatch):
    from hengtan.evidence import keep

    path = write_csv(desk.folder / "input.csv", ROWS)
    bring = keep._bring

    def later(*args):
        path.write_bytes(path.read_bytes() + b"\n")
        bring(*args)

    monkeypatch.setattr(keep, "_bring", later)
    told = desk.calculate(path, "--ledger", desk.ledger)
    assert (told.code, "evidence.changed-meanwhile" in told.err) == (2, True)
    assert not told.folder.exists()
    assert Log.open(desk.ledger).size == 0
    code, found = desk.verify(desk.ledger)
    assert code == 0
    assert [problem["code"] for problem in found["layers"][2]["problems"]] == ["verify.unfinished"]


def test_two_runs_at_once_are_both_in_the_ledger(desk):
    code = "import sys; from hengtan.cli import main; main()"
    at_once = []
    for number in range(2):
        path = write_csv(desk.folder / f"in{number}.csv", [activity(f"r{number}")])
        words = ["calculate", path, "--out", desk.folder / f"out{number}", "--no-report", "--ledger", desk.ledger]
        at_once.append(subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.DEVNULL))
    assert [one.wait() for one in at_once] == [0, 0]
    assert len(records(desk)) == 4
    assert desk.verify(desk.ledger)[0] == 0
    for number in range(2):
        assert desk.verify(desk.folder / f"out{number}", "--vkey", desk.vkey)[0] == 0


def test_an_inventory_of_the_python_api_is_kept_when_it_is_saved(desk):
    table = pa.table({name: [row[name] for row in ROWS] for name in ROWS[0]})
    inventory = hengtan.calculate(table, ledger=desk.ledger)
    assert Log.open(desk.ledger).size == 0
    folder = inventory.save(desk.folder / "saved", reports=True)
    assert [kind for kind, _ in records(desk)][:2] == ["batch.accepted", "run.finished"]
    code, found = desk.verify(folder, "--vkey", desk.vkey)
    assert (code, found["layers"][2]["problems"]) == (0, [])
    assert desk.replay(folder)[1]["verdict"] == "equal"
    again = hengtan.calculate(table).save(desk.folder / "again", ledger=desk.ledger)
    one, other = (json.loads((each / "run.json").read_text("utf-8"))["outputs"] for each in (folder, again))
    assert one["canonical_digest"] == other["canonical_digest"]
    assert desk.verify(again)[0] == desk.verify(desk.ledger)[0] == 0


def test_the_python_api_refuses_what_is_no_ledger(desk):
    with pytest.raises(HengtanError, match="hengtan ledger init"):
        hengtan.calculate([activity()], ledger=desk.folder)
    with pytest.raises(HengtanError, match="--ledger"):
        hengtan.calculate([activity()], facts=str(desk.folder))


def test_another_ledger_keeps_its_own_account_in_a_shared_store(desk):
    facts = str(desk.folder / "facts")
    desk.kept(ROWS, "--facts", facts)
    desk.command("ledger", "init", desk.folder / "other", "--origin", "example.org/other")
    outcome = desk.calculate(desk.folder / "input.csv", "--ledger", desk.folder / "other", "--facts", facts)
    assert outcome.code == 3
    assert desk.verify(desk.folder / "other")[0] == desk.verify(desk.ledger)[0] == 0
    assert len(list((desk.folder / "facts/books").iterdir())) == 2


def test_a_run_is_kept_by_whoever_may_read_it_alone(kept):
    desk, _ = kept
    assert (desk.ledger / "private").stat().st_mode & 0o077 == 0
    assert isinstance(desk, Desk)


def test_an_issued_report_is_not_written_over_and_names_its_ledger(kept):
    desk, outcome = kept
    assert desk.vkey in (outcome.folder / "report.html").read_text("utf-8").replace("<wbr>", "")
    before = tree(outcome.folder)
    told = desk.command("report", outcome.folder, "--lang", "zh", "--format", "html")
    assert (told.code, "evidence.issued" in told.err) == (2, True)
    assert tree(outcome.folder) == before
    assert desk.command("report", outcome.folder, "--format", "html", "--out", desk.folder / "zh").code == 0
    assert desk.verify(outcome.folder)[0] == 0


def test_a_report_is_not_put_beside_a_run_that_was_entered_without_it(desk):
    outcome = desk.kept()
    before = tree(outcome.folder)
    told = desk.command("report", outcome.folder, "--format", "html")
    assert (told.code, "evidence.entered" in told.err, "--out" in told.err) == (2, True, True)
    assert tree(outcome.folder) == before
