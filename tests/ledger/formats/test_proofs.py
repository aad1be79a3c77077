"""Proof files: C2SP tlog-proof, to the letter."""

from base64 import b64encode
from hashlib import sha256

import pytest

from hengtan.ledger import (
    Checkpoint,
    Proof,
    Refused,
    TileReader,
    generate,
    inclusion_proof,
    parse_proof,
    parse_vkey,
    root_of,
    sign,
    verify_proof,
)

from .published import LEAVES, TESSERA, TESSERA_VKEY, mth, path

H1, H2 = (sha256(text).digest() for text in (b"hash1", b"hash2"))
B1, B2 = (b64encode(each).decode() for each in (H1, H2))
HEAD = "c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(
    ("proof", "text"),
    [  # the cases of github.com/transparency-dev/formats, proof/tlog_proof_test.go (Apache-2.0)
        (Proof(5, (H1, H2), b"test checkpoint\n"), f"{HEAD}index 5\n{B1}\n{B2}\n\ntest checkpoint\n"),
        (
            Proof(10, (H1,), b"checkpoint data\n", b"extra information"),
            f"{HEAD}extra {b64encode(b'extra information').decode()}\nindex 10\n{B1}\n\ncheckpoint data\n",
        ),
        (Proof(0, (), b"checkpoint\n"), f"{HEAD}index 0\n\ncheckpoint\n"),
        (Proof(0, (), b"checkpoint\n", b""), f"{HEAD}extra \nindex 0\n\ncheckpoint\n"),
    ],
)
def test_a_proof_is_written_and_read_as_published(proof, text):
    assert proof.encode().decode() == text
    assert parse_proof(text.encode()) == proof


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "proof.malformed"),
        ("wrong-header\nindex 0\n\ncheckpoint\n", "proof.malformed"),
        ("c2sp.org/tlog-proof@v2\nindex 0\n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}extra !!notbase64!!\nindex 0\n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}extra\nindex 0\n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}\n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}extra YQ==\n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}extra YQ==\nextra YQ==\nindex 0\n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}index notanumber\n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}index -5\n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}index 05\n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}index {2**63}\n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}index 0\n!!notbase64!!\n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}index 0\n{B1} \n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}index 0\r\n\r\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}index 0\n{B1}\n", "proof.malformed"),
        (f"{HEAD}índex 0\n\ncheckpoint\n", "proof.malformed"),
        (f"{HEAD}index 0\n{b64encode(bytes(64)).decode()}\n\ncheckpoint\n", "proof.hash-length"),
        (f"{HEAD}index 0\n{b64encode(bytes(31)).decode()}\n\ncheckpoint\n", "proof.hash-length"),
        (f"{HEAD}index 0\n" + f"{B1}\n" * 64 + "\ncheckpoint\n", "proof.length"),
    ],
)
def test_what_is_no_proof_is_refused_with_the_reason(text, code):
    with pytest.raises(Refused) as refused:
        parse_proof(text.encode())
    assert refused.value.code == code
    assert "?" not in refused.value.problem.reason("zh")


def test_a_proof_of_more_than_16_million_bytes_is_not_read():
    with pytest.raises(Refused) as refused:
        parse_proof(HEAD.encode() + b"x" * 2**24)
    assert refused.value.code == "proof.too-large"


def test_an_entry_of_the_published_log_is_proved_to_somebody_who_never_saw_the_log():
    reader = TileReader(lambda path: (TESSERA / path).read_bytes(), 15)
    key = parse_vkey(TESSERA_VKEY)
    entries = list(reader.entries(0, 15))
    for index, entry in enumerate(entries):
        made = Proof(index, tuple(inclusion_proof(index, 15, reader)), (TESSERA / "checkpoint").read_bytes())
        proof = parse_proof(made.encode())
        assert verify_proof(entry, proof, [key]).size == 15
        for other in {*entries, entry + b"\0", b""} - {entry}:
            with pytest.raises(Refused) as refused:
                verify_proof(other, proof, [key])
            assert refused.value.code == "proof.inclusion"
        with pytest.raises(Refused) as refused:
            verify_proof(entry, proof, [generate("example.com/log/testdata").verifier])
        assert refused.value.code == "note.no-known-signature"


def test_the_extra_data_is_not_what_the_proof_proves():
    signer = generate("example.com/log")
    note = sign(Checkpoint("example.com/log", 8, mth(LEAVES)), signer)
    for extra in (None, b"", b"anything"):
        proof = parse_proof(Proof(3, tuple(path(3, LEAVES)), note, extra).encode())
        assert proof.extra == extra
        assert verify_proof(LEAVES[3], proof, [signer.verifier]).root == mth(LEAVES)


def test_a_log_of_one_entry_is_proved_without_hashes():
    signer = generate("example.com/log")
    note = sign(Checkpoint("example.com/log", 1, mth([b"only"])), signer)
    assert mth([b"only"]) == root_of([sha256(b"\0only").digest()])
    assert verify_proof(b"only", parse_proof(Proof(0, (), note).encode()), [signer.verifier]).size == 1
