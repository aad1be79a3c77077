"""What a witness answers, status by status, as C2SP tlog-witness says."""

from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from hengtan.ledger import (
    EMPTY_ROOT,
    Checkpoint,
    Refused,
    cosigner,
    generate,
    leaf_hash,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    parse_note,
    sign,
    time_of,
)
from hengtan.ledger.note import sign_note, verifier_of
from hengtan.ledger.witness import SIZE, TEXT, Request, Witness, beside, parse_request
from hengtan.problems import HengtanError

from .served import Told

PUBLISHED = yaml.safe_load((Path(__file__).parents[2] / "cases/ledger/add_checkpoint.yaml").read_text("utf-8"))


@pytest.fixture
def witness(tmp_path):
    return Witness.create(tmp_path / "witness", "witness.example/w1")


@pytest.fixture
def log(witness):
    told = Told()
    witness.trust(told.key.verifier.vkey)
    return told


def ask(witness, request):
    answer = witness.add_checkpoint(request.encode())
    if answer.status != 200:
        assert "— ".encode() not in answer.body  # no cosignature with a refusal
    return answer


def size_of(witness, log):
    latest = witness.latest(log.key.name)
    return latest[0].size if latest else 0


def test_the_published_requests_are_answered_as_published(witness):
    witness.trust(verifier_of(PUBLISHED["origin"], "ed25519", bytes.fromhex(PUBLISHED["vkey_public"])).vkey)
    for case in PUBLISHED["requests"]:
        hashes = "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * case.get("hashes_before_the_empty_line", 0)
        answer = witness.add_checkpoint(case["body"].replace("\n\n", f"\n{hashes}\n", 1).encode())
        assert answer.status == case["status"], case["title"]
        if "answer" in case:
            assert (answer.body.decode(), answer.media) == (case["answer"], SIZE)
    assert witness.latest(PUBLISHED["origin"])[0].root == b64decode("QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=")


def test_a_request_is_written_as_the_specification_shows_it():
    hashes = ["PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=", "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk="]
    text = f"old 20852014\n{hashes[0]}\n{hashes[1]}\n\nexample.com/behind-the-sofa\n"
    request = parse_request(text.encode())
    assert request == Request(20852014, tuple(b64decode(each) for each in hashes), b"example.com/behind-the-sofa\n")
    assert request.encode().decode() == text


def test_200_a_checkpoint_that_extends_the_last_is_cosigned(witness, log):
    for old, size in ((0, 1), (1, 3), (3, 3), (3, 40)):
        answer = ask(witness, log.request(old, size))
        assert (answer.status, answer.media) == (200, TEXT)
        note = log.note(size) + answer.body
        assert open_checkpoint(note, [log.key.verifier, witness.verifier])[1].signed_by(witness.verifier)
        assert size_of(witness, log) == size


def test_200_an_empty_log_is_cosigned_too_and_again(witness, log):
    for old, size in ((0, 0), (0, 0), (0, 5)):
        assert ask(witness, log.request(old, size)).status == 200


def test_200_what_is_kept_has_the_signatures_of_the_log_and_the_witness(witness, log):
    stranger = generate("stranger.example")
    note = sign_note(parse_note(log.note(7)).text, [log.key, stranger])
    assert ask(witness, Request(0, (), note)).status == 200
    origin = sha256(log.key.name.encode()).hexdigest()
    opened = open_note(witness.published(origin), [log.key.verifier, witness.verifier])
    assert [each.name for each in opened.verified] == [log.key.name, "witness.example/w1"]
    assert opened.unverified == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old\n\n",
        b"old 0",
        b"old 0\n",
        b"old 00\n\nNOTE",
        b"old -1\n\nNOTE",
        b"old 0 \n\nNOTE",
        b"new 0\n\nNOTE",
        b"OLD 0\n\nNOTE",
        b"old 9223372036854775808\n\nNOTE",
        b"old 0\nnot-base64\n\nNOTE",
        b"old 0\nAAAA\n\nNOTE",
        b"old 0\n" + b"KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * 64 + b"\nNOTE",
        b"old 0\n\n",
        b"old 0\n\nexample.com/log\n1\n",
        b"old 0\n\nNO CHECKPOINT",
        b"\xff\xfe\n\nNOTE",
        b"old 41\n\nNOTE",
    ],
)
def test_400_what_is_no_request_or_has_an_old_size_above_the_new(witness, log, body):
    other = sign_note("any text\n", [log.key])
    answer = witness.add_checkpoint(body.replace(b"NOTE", log.note(40)).replace(b"NO CHECKPOINT", other))
    assert answer.status == 400
    assert witness.latest(log.key.name) is None


def test_403_no_signature_of_a_trusted_key(witness, log):
    thief = generate(log.key.name)
    text = parse_note(log.note(5)).text
    bad = parse_note(log.note(6)).signatures[0].line
    for note in (
        sign_note(text, [thief]),
        sign_note(text, [cosigner(log.key)]),
        f"{text}\n{bad}".encode(),
        sign_note(text, [thief]) + bad.encode(),
    ):
        assert ask(witness, Request(0, (), note)).status == 403
    assert witness.latest(log.key.name) is None


def test_404_a_log_that_the_witness_was_not_told_of(witness, log):
    stranger = Told("example.com/stranger")
    assert ask(witness, stranger.request(0, 5)).status == 404
    renamed = sign_note(parse_note(log.note(5)).text.replace("example.com/log", "example.com/gol"), [log.key])
    assert ask(witness, Request(0, (), renamed)).status == 404


@pytest.mark.parametrize("old", [0, 3, 6, 7])
def test_409_an_old_size_that_is_not_what_was_cosigned_last(witness, log, old):
    assert ask(witness, log.request(0, 5)).status == 200
    answer = ask(witness, log.request(old, 9))
    assert (answer.status, answer.body, answer.media) == (409, b"5\n", SIZE)
    assert size_of(witness, log) == 5


def test_409_before_the_first_time_the_size_is_0(witness, log):
    answer = ask(witness, log.request(3, 9))
    assert (answer.status, answer.body, answer.media) == (409, b"0\n", SIZE)


def test_409_another_history_of_the_same_size_is_not_cosigned_and_kept_as_evidence(witness, log):
    assert ask(witness, log.request(0, 9)).status == 200
    forked = Told(key=log.key, fork=4)
    for _ in range(3):
        answer = ask(witness, forked.request(9, 9))
        assert (answer.status, answer.media) == (409, TEXT)
        assert b"two different histories" in answer.body
    kept = list(witness.folder.glob("logs/*/conflicts/*"))
    assert [each.read_bytes() for each in kept] == [forked.note(9)]
    assert witness.latest(log.key.name)[0].root == parse_checkpoint(parse_note(log.note(9)).text).root


def test_a_log_that_forks_without_end_does_not_fill_the_disk(witness, log, monkeypatch):
    monkeypatch.setattr("hengtan.ledger.witness.MAX_CONFLICTS", 2)
    assert ask(witness, log.request(0, 9)).status == 200
    for fork in range(5):
        assert ask(witness, Told(key=log.key, fork=fork).request(9, 9)).status == 409
    assert len(list(witness.folder.glob("logs/*/conflicts/*"))) == 2


def test_422_a_history_that_does_not_extend_the_last(witness, log):
    assert ask(witness, log.request(0, 9)).status == 200
    good = log.request(9, 12)
    for hashes in (
        (),
        good.hashes[:-1],
        (*good.hashes, bytes(32)),
        tuple(reversed(good.hashes)),
        (bytes(32),) * len(good.hashes),
    ):
        assert ask(witness, log.request(9, 12, hashes)).status == 422
    assert ask(witness, Told(key=log.key, fork=4).request(9, 12)).status == 422
    assert ask(witness, log.request(9, 9, (bytes(32),))).status == 422
    assert size_of(witness, log) == 9
    assert ask(witness, good).status == 200


@pytest.mark.parametrize(
    ("known", "old", "size", "root", "hashes", "status"),
    [  # TestZeroSize of github.com/FiloSottile/torchwood, internal/witness/witness_test.go (BSD-3-Clause)
        (0, 0, 0, EMPTY_ROOT, 0, 200),
        (0, 0, 0, leaf_hash(b"leaf"), 0, 422),
        (0, 0, 0, bytes(32), 0, 422),
        (0, 0, 0, EMPTY_ROOT, 1, 422),
        (0, 0, 1, leaf_hash(b"leaf"), 0, 200),
        (0, 0, 1, leaf_hash(b"leaf"), 1, 422),
        (1, 0, 1, leaf_hash(b"leaf"), 1, 409),
        (1, 1, 0, EMPTY_ROOT, 0, 400),
    ],
)
def test_sizes_of_zero_are_judged_as_published(witness, log, known, old, size, root, hashes, status):
    def note(size, root):
        return sign(Checkpoint(log.key.name, size, root), log.key)

    if known:
        assert ask(witness, Request(0, (), note(1, leaf_hash(b"leaf")))).status == 200
    request = Request(old, (leaf_hash(b"leaf"),) * hashes, note(size, root))
    assert ask(witness, request).status == status


def test_a_clock_that_was_set_back_takes_no_cosignature_back(tmp_path, log):
    now = [1_700_000_000.0]
    made = Witness.create(tmp_path / "w", "witness.example/w2")
    witness = Witness(made.folder, made._cosigner.key, lambda: now[0])
    witness.trust(log.key.verifier.vkey)
    times = []
    for time, (old, size) in ((1_700_000_000, (0, 1)), (1_600_000_000, (1, 2)), (0, (2, 2)), (1_700_000_100, (2, 3))):
        now[0] = time
        body = ask(witness, log.request(old, size)).body
        times.append(time_of(parse_note(log.note(size) + body).signatures[-1]))
    assert times == [1_700_000_000, 1_700_000_000, 1_700_000_000, 1_700_000_100]


def test_a_log_with_a_new_key_is_witnessed_on_once_the_witness_trusts_it(witness, log):
    assert ask(witness, log.request(0, 3)).status == 200
    new = Told(key=generate(log.key.name))
    assert ask(witness, new.request(3, 5)).status == 403
    witness.trust(new.key.verifier.vkey)
    assert ask(witness, new.request(3, 5)).status == 200
    assert ask(witness, log.request(5, 6)).status == 200
    witness.distrust(log.key.verifier)
    assert ask(witness, log.request(6, 7)).status == 403
    assert ask(witness, new.request(6, 7)).status == 200
    assert witness.logs() == (new.key.verifier,)


def test_what_was_cosigned_stays_known_when_all_keys_of_a_log_were_taken_back(witness, log):
    assert ask(witness, log.request(0, 9)).status == 200
    witness.distrust(log.key.verifier)
    assert ask(witness, log.request(9, 10)).status == 404
    witness.trust(log.key.verifier.vkey)
    assert ask(witness, Told(key=log.key, fork=1).request(0, 9)).status == 409
    assert ask(witness, log.request(9, 10)).status == 200


@pytest.mark.parametrize("spoil", ["gone", "empty line", "bit", "old key"])
def test_a_witness_that_cannot_read_what_it_cosigned_signs_nothing(witness, log, spoil):
    assert ask(witness, log.request(0, 9)).status == 200
    (state,) = witness.folder.glob("logs/*/checkpoint")
    data = bytearray(state.read_bytes())
    if spoil == "gone":
        state.unlink()
    elif spoil == "empty line":
        state.write_bytes(b"\n")
    elif spoil == "bit":
        data[20] ^= 1
        state.write_bytes(data)
    else:
        state.write_bytes(log.note(3))  # signed by the log, but not by us
    for request in (log.request(0, 9), log.request(9, 10), log.request(3, 10)):
        with pytest.raises(Refused) as refused:
            witness.add_checkpoint(request.encode())
        assert (refused.value.code, refused.value.file) == ("witness.state", str(state))


def test_a_witness_is_opened_again_with_all_that_it_knows(witness, log):
    assert ask(witness, log.request(0, 9)).status == 200
    again = Witness.open(witness.folder)
    assert again.verifier == witness.verifier
    assert again.logs() == (log.key.verifier,)
    assert again.latest(log.key.name)[0].size == 9
    assert ask(again, log.request(0, 9)).status == 409
    assert again.latest("example.com/stranger") is None
    assert again.published("0" * 64) is None


def test_a_witness_is_not_made_twice_and_not_where_there_is_none(witness, tmp_path):
    (tmp_path / "file").write_text("x")
    for act, code in (
        (lambda: Witness.create(witness.folder, "witness.example/w1"), "witness.exists"),
        (lambda: Witness.open(tmp_path), "witness.none"),
        (lambda: Witness.create(tmp_path / "file", "witness.example/w1"), "witness.not-written"),
        (
            lambda: Witness(tmp_path / "file", witness._cosigner.key).trust(Told().key.verifier.vkey),
            "witness.not-written",
        ),
    ):
        with pytest.raises(HengtanError) as error:
            act()
        assert error.value.problems[0].code == code


def test_a_witness_whose_making_was_cut_short_keeps_its_key(witness):
    (witness.folder / "witness.vkey").unlink()
    assert Witness.create(witness.folder, "witness.example/w1").verifier == witness.verifier


def test_the_key_of_a_witness_has_variables_of_its_own(witness, monkeypatch):
    monkeypatch.setenv("HENGTAN_LEDGER_KEY", Told().key.secret)  # of the log on the same machine
    monkeypatch.setenv("HENGTAN_LEDGER_SIGNER", "no-such-command")
    assert Witness.open(witness.folder).verifier == witness.verifier
    monkeypatch.setenv("HENGTAN_WITNESS_KEY", witness._cosigner.key.secret)
    (witness.folder / "private" / "key").unlink()
    assert Witness.open(witness.folder).verifier == witness.verifier
    monkeypatch.setenv("HENGTAN_WITNESS_KEY", Told().key.secret)
    with pytest.raises(HengtanError) as error:
        Witness.open(witness.folder)
    assert error.value.problems[0].code == "key.other"


def test_a_list_of_keys_that_cannot_be_read_is_told_by_name_and_nothing_is_signed(witness, log):
    (path,) = witness.folder.glob("logs/*/keys")
    path.write_bytes(b"\xff\n")
    for act in (witness.logs, lambda: witness.add_checkpoint(log.request(0, 3).encode())):
        with pytest.raises(Refused) as refused:
            act()
        assert (refused.value.code, refused.value.file) == ("key.malformed", str(path))


def test_the_key_of_a_witness_is_no_key_of_a_log(witness):
    with pytest.raises(Refused) as refused:
        witness.trust(witness.verifier.vkey)
    assert refused.value.code == "witness.log-key"


def test_the_witness_beside_a_log_bears_its_name_and_is_made_once(tmp_path):
    from hengtan.ledger import Log

    Log.create(tmp_path / "log", "example.com/log", generate("example.com/log"))
    first = beside(tmp_path / "log")
    assert first.verifier.name == "example.com/log/witness"
    assert beside(tmp_path / "log").verifier == first.verifier
    assert first.folder == tmp_path / "log" / "private" / "witness"  # never served, never exported
    with pytest.raises(HengtanError) as error:
        beside(tmp_path)
    assert error.value.problems[0].code == "log.not-a-log"
