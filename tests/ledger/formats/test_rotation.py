"""A new key for an old log: who trusts one key finds the others, and nobody else can step in."""

import json

import pytest

from hengtan.ledger import Refused, canonical, cosigner, generate
from hengtan.ledger.note import sign_note
from hengtan.ledger.rotation import chain, keys_at, rotations, statement

ORIGIN = "example.com/log"
TIME = "2025-03-31T00:00:00Z"
FIRST, SECOND, THIRD = (generate(ORIGIN) for _ in range(3))
THIEF = generate(ORIGIN)
PLAIN = canonical({"kind": "batch.accepted", "time": TIME})
LOG = [PLAIN, PLAIN, statement(FIRST, SECOND, TIME), PLAIN, statement(SECOND, THIRD, TIME), PLAIN]
KEYS = tuple(each.verifier for each in (FIRST, SECOND, THIRD))


def entry(signers, lines, kind="key.rotated"):
    note = sign_note("".join(f"{line}\n" for line in lines), signers)
    return canonical({"kind": kind, "note": note.decode(), "time": TIME, "version": "1"})


def test_the_rotations_of_a_log_are_read_from_its_entries():
    found = rotations(LOG, ORIGIN)
    assert [(each.old, each.new, each.index) for each in found] == [(*KEYS[:2], 2), (*KEYS[1:], 4)]
    assert [each.index for each in rotations(LOG[3:], ORIGIN, first=3)] == [4]


@pytest.mark.parametrize("trusted", range(3))
def test_whoever_trusts_one_key_finds_all(trusted):
    assert chain(rotations(LOG, ORIGIN), KEYS[trusted]) == KEYS


@pytest.mark.parametrize("trusted", range(3))
@pytest.mark.parametrize(
    ("size", "keys"),
    [(0, KEYS[:1]), (2, KEYS[:1]), (3, KEYS[:2]), (4, KEYS[1:2]), (5, KEYS[1:]), (6, KEYS[2:]), (99, KEYS[2:])],
)
def test_a_key_signs_from_its_rotation_to_the_next_and_not_after(trusted, size, keys):
    assert keys_at(rotations(LOG, ORIGIN), KEYS[trusted], size) == keys


def test_a_log_that_never_changed_its_key_has_one():
    assert chain((), KEYS[0]) == keys_at((), KEYS[0], 7) == KEYS[:1]


LINES = [ORIGIN, "key.rotated", KEYS[0].vkey, THIEF.verifier.vkey]
BACKWARDS = [ORIGIN, "key.rotated", THIEF.verifier.vkey, KEYS[0].vkey]


@pytest.mark.parametrize(
    "made_up",
    [
        entry([THIEF], LINES),  # the old key did not sign: a log cannot be taken over
        entry([THIEF], BACKWARDS),  # the new key did not sign: nobody is an ancestor of a trusted key by his own word
        entry([FIRST], LINES),  # a key is not pushed upon somebody who does not have it
        entry([FIRST, THIEF], ["example.com/other", *LINES[1:]]),
        entry([FIRST, THIEF], [*LINES, "more"]),
        entry([FIRST, THIEF], LINES[:3]),
        entry([FIRST, THIEF], [ORIGIN, "key.other", *LINES[2:]]),
        entry([FIRST, THIEF], LINES, kind="batch.accepted"),
        entry([FIRST, SECOND], LINES),
        canonical({"kind": "key.rotated", "time": TIME}),
        canonical({"kind": "key.rotated", "note": {"text": "key.rotated"}}),
        canonical(["key.rotated"]),
        b"key.rotated",
        b'{"kind": "key.rotated", "kind": "key.rotated"}',
        json.dumps({"kind": "key.rotated", "note": 7}).encode(),
        entry([FIRST, cosigner(FIRST)], [ORIGIN, "key.rotated", KEYS[0].vkey, cosigner(FIRST).verifier.vkey + "x"]),
    ],
)
def test_what_both_keys_did_not_sign_is_no_rotation(made_up):
    assert rotations([made_up], ORIGIN) == ()


def test_a_note_that_was_changed_after_signing_is_no_rotation():
    good = statement(FIRST, SECOND, TIME)
    assert rotations([good], ORIGIN) != ()
    assert rotations([good.replace(SECOND.verifier.vkey.encode(), THIRD.verifier.vkey.encode())], ORIGIN) == ()


def test_a_key_of_another_log_or_the_same_key_cannot_follow():
    for new, code in (
        (generate("example.com/other"), "key.other-log"),
        (cosigner(SECOND), "key.other-log"),
        (FIRST, "key.same"),
    ):
        with pytest.raises(Refused) as refused:
            statement(FIRST, new, TIME)
        assert refused.value.code == code


def test_a_rotation_is_no_checkpoint_so_its_signature_cannot_pass_for_one():
    from hengtan.ledger import parse_checkpoint, parse_note

    with pytest.raises(Refused):
        parse_checkpoint(parse_note(json.loads(LOG[2])["note"].encode()).text)


def test_a_key_that_was_handed_on_twice_is_followed_to_its_first_heir():
    forked = [*LOG, statement(FIRST, THIEF, TIME)]
    assert chain(rotations(forked, ORIGIN), KEYS[0]) == KEYS


def test_going_back_to_an_old_key_ends_nothing_and_begins_nothing():
    back = [*LOG, statement(THIRD, FIRST, TIME)]
    assert chain(rotations(back, ORIGIN), KEYS[0]) == KEYS
    assert keys_at(rotations(back, ORIGIN), KEYS[0], 9) == KEYS[2:]
