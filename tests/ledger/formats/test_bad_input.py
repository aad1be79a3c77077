"""Bad input, case by case as the issue names them: refused with the reason in both languages, never another exception."""

import pytest

from hengtan.ledger import (
    Checkpoint,
    Note,
    Proof,
    Refused,
    Signature,
    consistency_proof,
    generate,
    inclusion_proof,
    open_checkpoint,
    parse_note,
    parse_proof,
    parse_strict,
    parse_vkey,
    sign,
    verify_consistency,
    verify_inclusion,
    verify_proof,
)

from .published import LEAVES, mth, node_of, path, proof

LOG = generate("example.com/log")
ROOT = mth(LEAVES)
NOTE = sign(Checkpoint(LOG.name, 8, ROOT), LOG)
LEAF = mth(LEAVES[2:3])
GOOD = Proof(2, tuple(path(2, LEAVES)), NOTE)


def changed_signature():
    note = parse_note(NOTE)
    each = note.signatures[0]
    return Note(note.text, (Signature(each.name, each.key_id, each.blob[:-1] + bytes([each.blob[-1] ^ 1])),)).encode()


CASES = {
    "a malformed note": (lambda: parse_note(b"example.com/log\n8\n"), "note.malformed"),
    "a note cut in its signature": (lambda: open_checkpoint(NOTE[:-20], [LOG.verifier]), "note.malformed"),
    "a proof file with a malformed note": (
        lambda: verify_proof(LEAVES[2], Proof(2, GOOD.hashes, b""), []),
        "note.malformed",
    ),
    "an inclusion proof that is too short": (
        lambda: verify_inclusion(LEAF, 2, 8, path(2, LEAVES)[:-1], ROOT),
        "proof.length",
    ),
    "an inclusion proof that is too long": (
        lambda: verify_inclusion(LEAF, 2, 8, [*path(2, LEAVES), LEAF], ROOT),
        "proof.length",
    ),
    "a consistency proof that is too short": (
        lambda: verify_consistency(3, 8, proof(3, LEAVES)[:-1], mth(LEAVES[:3]), ROOT),
        "proof.length",
    ),
    "a consistency proof that is too long": (
        lambda: verify_consistency(3, 8, [*proof(3, LEAVES), LEAF], mth(LEAVES[:3]), ROOT),
        "proof.length",
    ),
    "a consistency proof where none is needed": (lambda: verify_consistency(8, 8, [LEAF], ROOT, ROOT), "proof.length"),
    "a proof file of the wrong length": (
        lambda: verify_proof(LEAVES[2], Proof(2, GOOD.hashes[1:], NOTE), [LOG.verifier]),
        "proof.length",
    ),
    "an index beyond the size": (
        lambda: verify_inclusion(LEAF, 8, 8, path(2, LEAVES), ROOT),
        "proof.index-beyond-size",
    ),
    "an index in an empty log": (lambda: verify_inclusion(LEAF, 0, 0, [], mth([])), "proof.index-beyond-size"),
    "a proof file with an index beyond the size": (
        lambda: verify_proof(LEAVES[2], Proof(2**63 - 1, GOOD.hashes, NOTE), [LOG.verifier]),
        "proof.index-beyond-size",
    ),
    "a proof asked for an index beyond the size": (
        lambda: inclusion_proof(8, 8, node_of(LEAVES)),
        "proof.index-beyond-size",
    ),
    "a negative index": (lambda: verify_inclusion(LEAF, -1, 8, path(2, LEAVES), ROOT), "proof.not-a-size"),
    "a size that is no number": (lambda: verify_inclusion(LEAF, 2, "8", path(2, LEAVES), ROOT), "proof.not-a-size"),
    "true in the place of a size": (lambda: verify_inclusion(LEAF, False, True, [], LEAF), "proof.not-a-size"),
    "a consistency proof from size 0": (lambda: verify_consistency(0, 8, [], mth([]), ROOT), "proof.from-nothing"),
    "a consistency proof from size 0 to 0": (
        lambda: verify_consistency(0, 0, [], mth([]), mth([])),
        "proof.from-nothing",
    ),
    "a consistency proof asked from size 0": (lambda: consistency_proof(0, 8, node_of(LEAVES)), "proof.from-nothing"),
    "a consistency proof backwards": (lambda: verify_consistency(8, 3, [], ROOT, mth(LEAVES[:3])), "proof.backwards"),
    "a consistency proof asked backwards": (lambda: consistency_proof(9, 8, node_of(LEAVES)), "proof.backwards"),
    "a leaf hash that is not 32 bytes": (lambda: verify_inclusion(LEAF[:-1], 0, 1, [], LEAF[:-1]), "proof.hash-length"),
    "a root that is not 32 bytes": (lambda: verify_inclusion(LEAF, 0, 1, [], b""), "proof.hash-length"),
    "a hash of the proof that is not 32 bytes": (
        lambda: verify_inclusion(LEAF, 0, 2, [LEAF + b"\0"], ROOT),
        "proof.hash-length",
    ),
    "hashes as text": (lambda: verify_inclusion(LEAF, 0, 2, [LEAF.hex()], ROOT), "proof.hash-length"),
    "roots that are not 32 bytes, equal": (lambda: verify_consistency(1, 1, [], b"root", b"root"), "proof.hash-length"),
    "a hash that is not 32 bytes in a proof file": (
        lambda: parse_proof(GOOD.encode().replace(b"index 2\n", b"index 2\nAAAA\n")),
        "proof.hash-length",
    ),
    "duplicate JSON keys": (lambda: parse_strict('{"a": "1", "b": {"c": "2", "c": "2"}}'), "json.duplicate-key"),
    "a key of unknown type": (
        lambda: parse_vkey("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
        "key.unknown-type",
    ),
    "a key of post-quantum type, which we do not read yet": (
        lambda: parse_vkey("test+5893dc2c+BtMcFiao6ZOdU6LZ40tLKbsWpDOU8smRapXBIYI3lXyE"),
        "key.unknown-type",
    ),
    "a known key with a bad signature": (
        lambda: open_checkpoint(changed_signature(), [LOG.verifier]),
        "note.bad-signature",
    ),
    "a known key with a bad signature beside a good one": (
        lambda: open_checkpoint(NOTE + changed_signature().rpartition(b"\n\n")[2], [LOG.verifier]),
        "note.bad-signature",
    ),
    "a known witness with a bad signature beside the good one of the log": (
        lambda: open_checkpoint(
            NOTE + Signature(OTHER.name, OTHER.verifier.key_id, bytes(64)).line.encode(), [LOG.verifier, OTHER.verifier]
        ),
        "note.bad-signature",
    ),
    "nobody that is known": (lambda: open_checkpoint(NOTE, [OTHER.verifier]), "note.no-known-signature"),
    "no key at all": (lambda: open_checkpoint(NOTE, []), "note.no-known-signature"),
}
OTHER = generate("witness.example")


def test_the_samples_are_good_before_they_are_spoilt():
    assert verify_proof(LEAVES[2], parse_proof(GOOD.encode()), [LOG.verifier]).root == ROOT
    verify_inclusion(LEAF, 2, 8, path(2, LEAVES), ROOT)
    verify_consistency(3, 8, proof(3, LEAVES), mth(LEAVES[:3]), ROOT)


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused_with_the_reason(case):
    act, code = CASES[case]
    with pytest.raises(Refused) as refused:
        act()
    problem = refused.value.problem
    assert problem.code == code
    assert problem.severity == "error"
    for lang in ("en", "zh"):
        assert "?" not in problem.reason(lang) + problem.mend(lang)  # no value of the sentence is missing
        assert "{" not in problem.sentence(lang)


def test_a_refusal_names_the_file_once_it_is_known():
    refused = Refused("proof.length", wanted=3, given=2)
    assert str(refused.at("run.json.tlog-proof")).startswith(
        "run.json.tlog-proof: The proof has 2 hashes where 3 are needed."
    )
    assert refused.at("other").file == "run.json.tlog-proof"


def test_hostile_text_reaches_no_terminal_as_it_is():
    hostile = "\x1b[2J\u202e" + "x" * 10_000
    refused = Refused("checkpoint.malformed", line=1, given=hostile)
    assert "\x1b" not in str(refused)
    assert "\u202e" not in str(refused)
    assert len(str(refused)) < 500
