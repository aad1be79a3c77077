"""What is fed with hostile bytes: every parser and verifier of the ledger, and good samples to start from.

``TARGETS[name](data)`` raises Refused or nothing. ``python tests/ledger/fuzz/targets.py NAME [libFuzzer options]`` lets atheris
drive one of them, guided by which branches of our code the data reaches.
"""

import sys
from contextlib import nullcontext

with __import__("atheris").instrument_imports(include=["hengtan.ledger"]) if __name__ == "__main__" else nullcontext():
    from hengtan.ledger import (
        Checkpoint,
        Proof,
        Refused,
        TileReader,
        canonical,
        cosign,
        cosigner,
        decode_bundle,
        encode_bundle,
        inclusion_proof,
        leaf_hashes,
        open_checkpoint,
        parse_checkpoint,
        parse_note,
        parse_proof,
        parse_strict,
        parse_vkey,
        root_at,
        root_of,
        sign,
        verify_consistency,
        verify_inclusion,
        verify_proof,
    )
    from hengtan.ledger.cosignature import time_of, with_signatures
    from hengtan.ledger.keys import _signer, parse_secret
    from hengtan.ledger.note import parse_signatures
    from hengtan.ledger.rotation import chain, keys_at, rotations, statement
    from hengtan.problems import Problem

# the published key of Go's documentation of signed notes and one made of zeros: the same samples everywhere
LOG = parse_secret("PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
NEXT = _signer(LOG.name, "ed25519", bytes(32))
WITNESS = cosigner(LOG, lambda: 1_700_000_000)
ENTRIES = [b"", b"one", b'{"kind":"batch.accepted"}', b"x" * 300]
HASHES = leaf_hashes(ENTRIES)
NOTE = sign(Checkpoint(LOG.name, 4, root_of(HASHES)), LOG)
COSIGNED = with_signatures(NOTE, (cosign(NOTE, WITNESS),))
KEYS = [LOG.verifier, WITNESS.verifier]
ROTATED = statement(LOG, NEXT, "2025-01-01T00:00:00Z")
PATH = inclusion_proof(2, 4, lambda level, index: root_of(HASHES[index << level : (index + 1) << level]))
PROOF = Proof(2, tuple(PATH), COSIGNED, b"extra").encode()


def note(data):
    parsed = parse_note(data)
    assert parsed.encode() == data  # what is taken is written the same, so nothing is read two ways
    assert all(time_of(each) >= 0 for each in parsed.signatures if len(each.blob) == 72)


def signatures(data):
    parse_signatures(data.decode("utf-8", "surrogateescape"))


def checkpoint(data):
    text = data.decode("utf-8", "surrogateescape")
    assert parse_checkpoint(text).text == text


def signed_checkpoint(data):
    found, opened = open_checkpoint(data, KEYS)
    assert (found.size, found.root) == (4, root_of(HASHES))  # nobody else has the key
    assert opened.verified


def proof(data):
    parsed = parse_proof(data)
    assert parsed.encode() == data
    verify_proof(ENTRIES[2], parsed, KEYS)
    assert parsed.index == 2


def vkey(data):
    parsed = parse_vkey(data.decode("utf-8", "surrogateescape"))
    assert parse_vkey(parsed.vkey) == parsed


def secret(data):
    parse_secret(data.decode("utf-8", "surrogateescape"))


def strict_json(data):
    value = parse_strict(data)
    assert parse_strict(canonical(value)) == value


def strict_text(data):
    parse_strict(data.decode("utf-8", "surrogateescape"))


def bundle(data):
    assert encode_bundle(decode_bundle(data)) == data


def tiles(data):
    """Size, length of the hashes, hashes, entries; every tile is the same file."""
    size, end = int.from_bytes(data[:2], "big"), 4 + int.from_bytes(data[2:4], "big")
    reader = TileReader(lambda path: data[end:] if "entries" in path else data[4:end], size)
    root_at(size, reader)
    list(reader.entries(0, size))


def inclusion(data):
    numbers, hashes = _numbers_and_hashes(data)
    verify_inclusion(HASHES[2], *numbers, hashes, root_of(HASHES))
    assert numbers == (2, 4)


def consistency(data):
    numbers, hashes = _numbers_and_hashes(data)
    verify_consistency(*numbers, hashes, root_of(HASHES[:2]), root_of(HASHES))
    assert numbers == (2, 4)


def _numbers_and_hashes(data):
    rest = data[2:]
    return (data[0] if data else 0, data[1] if len(data) > 1 else 0), [
        rest[at : at + 32] for at in range(0, len(rest), 32)
    ]


def rotation(data):
    found = rotations([data], LOG.name)
    assert all({each.old, each.new} == {LOG.verifier, NEXT.verifier} for each in found)
    assert chain(found, LOG.verifier)
    assert keys_at(found, LOG.verifier, 1)


TARGETS = {
    each.__name__: each
    for each in (
        note, signatures, checkpoint, signed_checkpoint, proof, vkey, secret, strict_json, strict_text, bundle, tiles,
        inclusion, consistency, rotation,
    )
}  # fmt: skip
SAMPLES = {
    "note": [NOTE, COSIGNED],
    "signatures": [COSIGNED.rpartition(b"\n\n")[2]],
    "checkpoint": [NOTE.rpartition(b"\n\n")[0] + b"\n", NOTE.rpartition(b"\n\n")[0] + b"\nextension\n"],
    "signed_checkpoint": [NOTE, COSIGNED],
    "proof": [PROOF, Proof(2, tuple(PATH), NOTE).encode()],
    "vkey": [each.vkey.encode() for each in KEYS],
    "secret": [LOG.secret.encode()],
    "strict_json": [ENTRIES[2], b'[null, true, {"\\ud83d\\ude00": "\\u0000", "": ["x"]}]', b'{"a": 1, "a": -1.5e9}'],
    "strict_text": [ENTRIES[2], b'["\\ud83d"]', '"é"'.encode()],
    "bundle": [encode_bundle(ENTRIES), encode_bundle([])],
    "tiles": [
        b"\0\4\0\x80" + b"".join(HASHES) + encode_bundle(ENTRIES),
        b"\1\0\x20\0" + b"".join(HASHES * 64) + encode_bundle([b""] * 256),
    ],
    "inclusion": [b"\2\4" + b"".join(PATH)],
    "consistency": [b"\2\4" + root_of(HASHES[2:])],
    "rotation": [ROTATED, ENTRIES[2]],
}


def feed(name, data):
    """Whether the data was taken; whatever else than Refused is raised goes up. A refusal says what it means."""
    try:
        TARGETS[name](data)
    except Refused as refused:
        problem = refused.problem
        assert isinstance(problem, Problem)
        for lang in ("en", "zh"):
            assert problem.sentence(lang).isprintable()
        return False
    return True


def main():
    import atheris

    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, lambda data: feed(name, data) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
