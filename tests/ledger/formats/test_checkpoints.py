"""Checkpoints: the published log of Tessera, and what is no checkpoint."""

import pytest

from hengtan.ledger import (
    EMPTY_ROOT,
    Checkpoint,
    Refused,
    cosigner,
    generate,
    open_checkpoint,
    parse_checkpoint,
    parse_vkey,
    sign,
)
from hengtan.ledger.note import sign_note

from .published import NOTES_OF_SUMDB, TESSERA, TESSERA_VKEY

ORIGIN = "example.com/log"
ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.mark.parametrize("size", range(16))
def test_the_checkpoints_of_tessera_open_and_are_written_the_same(size):
    data = (TESSERA / f"checkpoint.{size}").read_bytes()
    checkpoint, opened = open_checkpoint(data, [parse_vkey(TESSERA_VKEY)])
    assert (checkpoint.origin, checkpoint.size) == ("example.com/log/testdata", size)
    assert checkpoint.text == opened.note.text


def test_a_signed_checkpoint_opens_with_the_key_of_the_log():
    signer = generate(ORIGIN)
    checkpoint = Checkpoint(ORIGIN, 3, b"r" * 32, ("an extension line",))
    assert open_checkpoint(sign(checkpoint, signer), [signer.verifier])[0] == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n1\n{ROOT}",
        f"\n1\n{ROOT}\n",
        f"{ORIGIN}\n{ROOT}\n",
        f"{ORIGIN}\n\n{ROOT}\n",
        f"{ORIGIN}\n01\n{ROOT}\n",
        f"{ORIGIN}\n-1\n{ROOT}\n",
        f"{ORIGIN}\n+1\n{ROOT}\n",
        f"{ORIGIN}\n1 \n{ROOT}\n",
        f"{ORIGIN}\n1e3\n{ROOT}\n",
        f"{ORIGIN}\n１\n{ROOT}\n",
        f"{ORIGIN}\n9223372036854775808\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ROOT}\n",
        f"{ORIGIN}\n1\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n1\n{ROOT[:-2]}V=\n",
        f"{ORIGIN}\n1\nZG9uJ3QgY2FyZSAy\n",
        f"{ORIGIN}\n1\n{ROOT}\n\n",
        f"{ORIGIN}\n1\n{ROOT}\nextension\n\nextension\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(Refused) as refused:
        parse_checkpoint(text)
    assert refused.value.code == "checkpoint.malformed"


def test_the_largest_size_is_read():
    assert parse_checkpoint(f"{ORIGIN}\n{2**63 - 1}\n{ROOT}\n").size == 2**63 - 1


def test_a_checkpoint_that_could_not_be_read_again_is_not_signed():
    signer = generate(ORIGIN)
    for bad in (
        Checkpoint(ORIGIN, -1, b"r" * 32),
        Checkpoint(ORIGIN, 2**63, b"r" * 32),
        Checkpoint(ORIGIN, 1, b"r" * 31),
        Checkpoint("", 1, b"r" * 32),
        Checkpoint(f"{ORIGIN}\n7", 1, b"r" * 32),
        Checkpoint(ORIGIN, 1, b"r" * 32, ("",)),
        Checkpoint(ORIGIN, 1, b"r" * 32, ("a\n\n",)),
    ):
        with pytest.raises(Refused) as refused:
            sign(bad, signer)
        assert refused.value.code == "checkpoint.malformed"


def test_a_witness_alone_makes_no_checkpoint():
    witness = cosigner(generate(ORIGIN))  # even one of the log's own name
    other = generate("example.com/other")
    for signers in ([witness], [other], [witness, other]):
        note = sign_note(Checkpoint(ORIGIN, 1, b"r" * 32).text, signers)
        with pytest.raises(Refused) as refused:
            open_checkpoint(note, [each.verifier for each in signers])
        assert refused.value.code == "checkpoint.not-by-the-log"


def test_a_log_whose_key_has_another_name_is_told_so():
    with pytest.raises(Refused) as refused:
        open_checkpoint(NOTES_OF_SUMDB["note"].encode(), [parse_vkey(NOTES_OF_SUMDB["vkeys"][0])])
    assert refused.value.code == "checkpoint.not-by-the-log"


def test_an_empty_log_has_the_root_of_nothing():
    signer = generate(ORIGIN)
    assert open_checkpoint(sign(Checkpoint(ORIGIN, 0, EMPTY_ROOT), signer), [signer.verifier])[0].size == 0
    with pytest.raises(Refused) as refused:
        open_checkpoint(sign(Checkpoint(ORIGIN, 0, b"r" * 32), signer), [signer.verifier])
    assert refused.value.code == "checkpoint.empty-root"
