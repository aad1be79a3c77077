"""Signed notes, byte for byte as others sign and read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengtan.ledger import (
    Note,
    Refused,
    Signature,
    generate,
    open_checkpoint,
    open_note,
    parse_note,
    parse_vkey,
    time_of,
)
from hengtan.ledger.keys import parse_secret
from hengtan.ledger.note import sign_note

from .published import notes

NOTES = notes()
PETER = NOTES[0]
VKEY = PETER["vkeys"][0]


def ids(case):
    return case["title"]


@pytest.mark.parametrize(("case", "vkey"), [(case, vkey) for case in NOTES for vkey in case["vkeys"]])
def test_a_published_note_opens_with_each_published_key(case, vkey):
    verifier = parse_vkey(vkey)
    opened = open_note(case["note"].encode(), [verifier])
    assert [each.name for each in opened.verified] == [verifier.name]
    assert opened.signed_by(verifier)
    assert len(opened.unverified) == case["note"].count("— ") - 1


@pytest.mark.parametrize("case", NOTES, ids=ids)
def test_a_published_note_is_written_as_it_was_read(case):
    assert parse_note(case["note"].encode()).encode() == case["note"].encode()
    assert [parse_vkey(vkey).vkey for vkey in case["vkeys"]] == case["vkeys"]


@pytest.mark.parametrize("case", NOTES, ids=ids)
def test_a_published_note_with_another_text_is_refused(case):
    changed = (
        case["note"].replace("r", "R", 1) if "checksum" not in case["title"] else case["note"].replace("6", "7", 1)
    )
    text, _, below = case["note"].rpartition("\n\n")
    for bad in (changed if changed.rpartition("\n\n")[2] == below else f"{text}x\n\n{below}", f"{text}\n\n\n{below}"):
        with pytest.raises(Refused) as refused:
            open_note(bad.encode(), [parse_vkey(case["vkeys"][0])])
        assert refused.value.code == "note.bad-signature"


def test_we_sign_what_go_signs_byte_for_byte():
    text = parse_note(PETER["note"].encode()).text
    signer = parse_secret(PETER["secret"])
    assert signer.verifier.vkey == VKEY
    assert signer.secret == PETER["secret"]
    assert sign_note(text, [signer]).decode() == PETER["note"]


def test_a_public_witness_says_when_it_saw_the_certificate_log():
    case = NOTES[-1]
    checkpoint, opened = open_checkpoint(case["note"].encode(), [parse_vkey(vkey) for vkey in case["vkeys"]])
    assert checkpoint.size == case["size"]
    times = {each.name: time_of(each) for each in opened.verified if each.name != checkpoint.origin}
    assert times == case["times"]


def test_signatures_of_strangers_say_nothing_even_when_they_hold_a_known_name():
    stranger = generate("PeterNeumann")
    note = parse_note(PETER["note"].encode())
    strange = Signature("PeterNeumann", stranger.verifier.key_id, b"\0" * 64)
    opened = open_note(Note(note.text, (strange, *note.signatures)).encode(), [parse_vkey(VKEY)])
    assert opened.unverified == (strange,)
    with pytest.raises(Refused) as refused:
        open_note(PETER["note"].encode(), [stranger.verifier])
    assert refused.value.code == "note.no-known-signature"


def test_one_key_that_signed_twice_counts_once():
    note = parse_note(PETER["note"].encode())
    opened = open_note(Note(note.text, note.signatures * 3).encode(), [parse_vkey(VKEY)])
    assert len(opened.verified) == 1


def test_a_note_of_sixteen_signers_is_read():
    signers = [generate(f"signer-{number}.example") for number in range(16)]
    note = sign_note("text\n", signers)
    assert len(open_note(note, [each.verifier for each in signers]).verified) == 16


@pytest.mark.parametrize("start", range(0, len(VKEY), 3))
def test_a_part_of_a_key_is_no_key(start):
    for stop in range(start + 1, len(VKEY) + 1):
        if (start, stop) != (0, len(VKEY)):
            with pytest.raises(Refused):
                parse_vkey(VKEY[start:stop])


@pytest.mark.parametrize("secret", [False, True])
def test_a_key_with_one_other_letter_is_no_key(secret):
    text, parse = (PETER["secret"], parse_secret) if secret else (VKEY, parse_vkey)
    for at in range(len(text)):
        with pytest.raises(Refused) as refused:
            parse(text[:at] + chr(ord(text[at]) + 1) + text[at + 1 :])
        assert not secret or PETER["secret"][-44:] not in str(refused.value)


@pytest.mark.parametrize(
    ("vkey", "code"),
    [
        (
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "key.malformed",
        ),  # x/mod note_test
        ("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "key.unknown-type"),  # x/mod note_test
        ("rekor.sigstore.dev+12345678+AwEB", "key.unknown-type"),  # transparency-dev/formats
        ("bananas.sigstore.dev+12344556", "key.malformed"),
        ("rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!", "key.malformed"),
        (VKEY.replace("c74f20a3", "00000000"), "key.id"),
        (VKEY.replace("c74f20a3", "NOT_HEX!"), "key.malformed"),
        ("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "key.name"),
        ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "key.name"),
        ("", "key.malformed"),
    ],
)
def test_a_bad_key_is_refused_with_the_reason(vkey, code):
    with pytest.raises(Refused) as refused:
        parse_vkey(vkey)
    assert refused.value.code == code


GOOD = PETER["note"].encode()
LINE = GOOD.rpartition(b"\n\n")[2]


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\n",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        b"text\n" + LINE,
        b"text\n\n" + LINE[:-1],
        b"text\n\n" + LINE + LINE[:-1],
        b"text\n\n" + LINE.replace("—".encode(), b"-"),
        b"text\n\n" + LINE.replace(b" ", b"  "),
        b"text\n\n" + LINE.replace(b" x08go", b"  x08go"),
        b"text\n\n" + LINE.replace(b"=", b""),
        b"text\n\n" + LINE.replace(b"nAM=", b"nAN="),  # other spare bits of the same bytes
        b"text\n\n" + LINE.replace(b"PeterNeumann", b"Peter+Neumann"),
        b"text\n\n" + LINE.replace(b"PeterNeumann", "Peter\u00a0Neumann".encode()),
        b"text\n\n" + LINE.replace(b"PeterNeumann", "Peter\u2028Neumann".encode()),
        b"text\n\n" + "— PeterNeumann AAAAAA==\n".encode(),  # the key id and no signature
        b"te\rxt\n\n" + LINE,
        b"te\0xt\n\n" + LINE,
        b"te\txt\n\n" + LINE,
        b"te\xffxt\n\n" + LINE,
        b"te\xed\xa0\x80xt\n\n" + LINE,
        b"text\n\n" + LINE * 101,
        b"\xef\xbb\xbf",
    ],
)
def test_what_is_no_note_is_refused_with_the_reason(bad):
    with pytest.raises(Refused) as refused:
        parse_note(bad)
    assert refused.value.code == "note.malformed"
    assert "?" not in refused.value.problem.reason("en") + refused.value.problem.reason("zh")


def test_a_note_larger_than_a_million_bytes_is_not_read():
    with pytest.raises(Refused) as refused:
        parse_note(b"x" * 1_000_000 + b"\n\n" + LINE)
    assert refused.value.code == "note.too-large"


@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=200))
def test_what_can_be_signed_opens_again_and_what_cannot_is_refused(text):
    signer = parse_secret(PETER["secret"])
    try:
        note = sign_note(text, [signer])
    except Refused as refused:
        assert refused.code == "note.malformed"
        assert not text.endswith("\n") or any(c < " " and c != "\n" for c in text)
    else:
        assert open_note(note, [signer.verifier]).note.text == text
