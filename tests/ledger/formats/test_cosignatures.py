"""Cosignatures of witnesses: C2SP tlog-cosignature, Ed25519. Published ones are opened in test_notes."""

from base64 import b64decode

import pytest

from hengtan.ledger import Checkpoint, Refused, Signature, cosign, cosigner, generate, open_checkpoint, sign, time_of
from hengtan.ledger.cosignature import with_signatures
from hengtan.ledger.note import Verifier, cosigned, sign_note

LOG = generate("example.com/log")
WITNESS = cosigner(generate("witness.example/w1"), lambda: 1679315147.9)
CHECKPOINT = Checkpoint("example.com/log", 3, b"r" * 32)
NOTE = sign(CHECKPOINT, LOG)


def test_the_message_is_the_one_of_the_specification():
    """The example of C2SP tlog-cosignature."""
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert cosigned(text.encode(), 1679315147).decode() == f"cosignature/v1\ntime 1679315147\n{text}"


def test_the_time_of_a_published_cosignature_is_read():
    """github.com/transparency-dev/formats, note/note_cosigv1_test.go (Apache-2.0)."""
    line = "ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA=="
    assert time_of(Signature("w", b64decode(line)[:4], b64decode(line)[4:])) == 1727964367
    short = "eQjRQm6eSKzFoiYalgwCPXu2y3ijtg68is9M46JKxuZB+dRfTmeQeDBoXnvxZx2ugnkyV+MUMLXpWs1hPb/W/4xkNQY="
    with pytest.raises(Refused) as refused:
        time_of(Signature("w", b64decode(short)[:4], b64decode(short)[4:]))
    assert refused.value.code == "cosignature.length"


def test_a_cosigned_checkpoint_opens_and_tells_when():
    signature = cosign(NOTE, WITNESS)
    both = with_signatures(NOTE, (signature,))
    checkpoint, opened = open_checkpoint(both, [LOG.verifier, WITNESS.verifier])
    assert checkpoint == CHECKPOINT
    assert [each.name for each in opened.verified] == ["example.com/log", "witness.example/w1"]
    assert time_of(opened.verified[1]) == 1679315147
    assert open_checkpoint(both, [LOG.verifier])[1].unverified == (signature,)


@pytest.mark.parametrize("at", range(0, 72, 5))
def test_time_and_signature_are_both_signed(at):
    signature = cosign(NOTE, WITNESS)
    blob = bytearray(signature.blob)
    blob[at] ^= 1
    with pytest.raises(Refused) as refused:
        changed = with_signatures(NOTE, (Signature(signature.name, signature.key_id, bytes(blob)),))
        open_checkpoint(changed, [LOG.verifier, WITNESS.verifier])
    assert refused.value.code == "note.bad-signature"


@pytest.mark.parametrize("length", [1, 8, 64, 71, 73, 136])
def test_a_cosignature_of_another_length_does_not_hold(length):
    blob = (cosign(NOTE, WITNESS).blob * 2)[:length]
    assert not WITNESS.verifier.verify(CHECKPOINT.text.encode(), blob)


def test_a_time_beyond_what_the_specification_allows_does_not_hold():
    late = 2**63
    blob = late.to_bytes(8, "big") + WITNESS.key.sign(cosigned(CHECKPOINT.text.encode(), late))
    assert not WITNESS.verifier.verify(CHECKPOINT.text.encode(), blob)
    for time in (-1, late):
        with pytest.raises(Refused) as refused:
            WITNESS.sign_at(b"text\n", time)
        assert refused.value.code == "cosignature.time"


def test_a_plain_signature_is_no_cosignature_and_the_other_way_round():
    text = CHECKPOINT.text.encode()
    plain = WITNESS.key.verifier
    assert plain.key_id != WITNESS.verifier.key_id
    assert not plain.verify(text, WITNESS.sign(text)[8:])
    assert not WITNESS.verifier.verify(text, bytes(8) + WITNESS.key.sign(text))
    swapped = Verifier(plain.name, plain.key_id, "cosignature", plain.public)
    assert not swapped.verify(text, WITNESS.key.sign(text))


def test_only_a_checkpoint_is_cosigned():
    with pytest.raises(Refused) as refused:
        cosign(sign_note("any text\n", [LOG]), WITNESS)
    assert refused.value.code == "checkpoint.malformed"


def test_a_new_cosignature_takes_the_place_of_the_old_one():
    old = with_signatures(NOTE, (cosign(NOTE, WITNESS),))
    later = cosigner(WITNESS.key, lambda: 1700000000)
    opened = open_checkpoint(with_signatures(old, (cosign(NOTE, later),)), [LOG.verifier, WITNESS.verifier])[1]
    assert [time_of(each) for each in opened.verified[1:]] == [1700000000]
