"""Keys: made, kept to oneself, given by the environment, or behind a command."""

import os
import shlex
import stat
import subprocess
import sys

import pytest

from hengtan.ledger import Refused, generate
from hengtan.ledger.keys import (
    COMMAND_VARIABLE,
    KEY_VARIABLE,
    CommandSigner,
    find,
    from_command,
    from_env,
    load,
    parse_secret,
    save,
)
from hengtan.problems import HengtanError

TEXT = b"example.com/log\n0\n"


@pytest.fixture
def signer():
    return generate("example.com/log")


def code_of(error):
    return error.value.problems[0].code


def test_a_key_file_is_its_owners_alone_and_gives_the_key_back(signer, tmp_path):
    path = tmp_path / "key"
    old = os.umask(0)
    try:
        save(signer, path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load(path) == signer
    assert signer.verifier.verify(TEXT, load(path).sign(TEXT))


def test_two_keys_are_never_the_same(signer):
    assert generate(signer.name).verifier != signer.verifier


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o606, 0o610, 0o777])
def test_a_key_that_others_may_use_is_not_used(signer, tmp_path, mode):
    save(signer, tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(HengtanError) as error:
        load(tmp_path / "key")
    assert code_of(error) == "key.file-open"
    assert f"{mode:03o}" in str(error.value)


def test_a_key_is_never_written_over(signer, tmp_path):
    save(signer, tmp_path / "key")
    with pytest.raises(HengtanError) as error:
        save(generate("example.com/log"), tmp_path / "key")
    assert code_of(error) == "key.file-exists"
    assert load(tmp_path / "key") == signer


def test_a_key_that_cannot_be_written_is_told_and_leaves_no_half_of_it(signer, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")

    def full(*_):
        raise OSError(28, "No space left on device")

    for path in (tmp_path / "none" / "key", tmp_path / "file" / "key"):
        with pytest.raises(HengtanError) as error:
            save(signer, path)
        assert code_of(error) == "key.not-written"
    monkeypatch.setattr("hengtan.durable.medium.sync_handle", full)
    with pytest.raises(HengtanError) as error:
        save(signer, tmp_path / "key")
    assert code_of(error) == "key.not-written"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_of_two_who_make_the_same_key_at_once_one_is_told_and_no_key_is_half_the_other(signer, tmp_path, monkeypatch):
    others = []

    def meanwhile(handle):
        with pytest.raises(HengtanError) as error:
            save(generate("example.com/log"), tmp_path / "key")
        others.append(code_of(error))

    monkeypatch.setattr("hengtan.durable.medium.sync_handle", meanwhile)
    save(signer, tmp_path / "key")
    assert others == ["key.not-written"]
    assert load(tmp_path / "key") == signer
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_key_is_not_written_through_somebody_elses_link(signer, tmp_path):
    (tmp_path / "key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HengtanError) as error:
        save(signer, tmp_path / "key")
    assert code_of(error) == "key.file-exists"
    assert not (tmp_path / "elsewhere").exists()


def test_a_missing_key_and_a_folder_in_its_place_are_told(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(HengtanError) as error:
            load(path)
        assert code_of(error) == "key.file-missing"


@pytest.mark.parametrize("content", [b"", b"\0\xff", b"PRIVATE+KEY+a+b", b"x" * 100_000])
def test_a_file_that_holds_no_key_is_refused_by_name(tmp_path, content):
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Refused) as refused:
        load(path)
    assert (refused.value.code, refused.value.file) == ("key.secret-malformed", str(path))


def test_a_private_key_is_never_told(signer, tmp_path):
    secret = signer.secret.split("+", 4)[4]
    assert secret not in repr(signer) + str(signer)
    for text in (signer.secret + "x", signer.secret.replace("example", "other"), secret):
        with pytest.raises(Refused) as refused:
            parse_secret(text)
        assert secret[4:20] not in str(refused.value) + repr(refused.value) + str(refused.value.values)


def test_a_private_key_of_unknown_type_is_refused(signer):
    parts = signer.secret.split("+", 4)  # the key itself may hold a plus
    with pytest.raises(Refused) as refused:
        parse_secret("+".join([*parts[:4], f"Z{parts[4][1:]}"]))
    assert refused.value.code == "key.unknown-type"


def test_the_environment_gives_the_key(signer):
    assert from_env({KEY_VARIABLE: signer.secret}) == signer
    assert from_env({}) is from_env({KEY_VARIABLE: ""}) is None
    with pytest.raises(Refused) as refused:
        from_env({KEY_VARIABLE: "nonsense"})
    assert refused.value.file == KEY_VARIABLE


SIGNS = """
import sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(sys.argv[1]))
sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read()))
"""


def command(signer, code=SIGNS):
    return from_command(
        signer.verifier, {COMMAND_VARIABLE: shlex.join([sys.executable, "-c", code, signer.seed.hex()])}
    )


def test_a_command_signs_what_it_is_given(signer):
    behind = command(signer)
    assert behind.name == signer.name
    assert behind.sign(TEXT) == signer.sign(TEXT)
    assert from_command(signer.verifier, {}) is None


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.exit(1)",
        "print('signature')",
        "import sys; sys.stdout.buffer.write(bytes(64))",
        SIGNS.replace("read()", "read() + b'x'"),
        SIGNS.replace("sys.argv[1]", "'00' * 32"),
    ],
)
def test_a_command_that_gives_no_signature_of_this_key_signs_nothing(signer, code):
    with pytest.raises(HengtanError) as error:
        command(signer, code).sign(TEXT)
    assert code_of(error) == "key.command"


def test_a_command_that_is_not_there_or_hangs_or_is_no_command_is_told(signer, monkeypatch):
    monkeypatch.setattr("hengtan.ledger.keys.COMMAND_SECONDS", 0.2)
    for argv in (("/nonexistent/signer",), (sys.executable, "-c", "import time; time.sleep(30)")):
        with pytest.raises(HengtanError) as error:
            CommandSigner(signer.verifier, argv).sign(TEXT)
        assert code_of(error) == "key.command"
    with pytest.raises(HengtanError) as error:
        from_command(signer.verifier, {COMMAND_VARIABLE: "sign 'unclosed"})
    assert code_of(error) == "key.command"


def test_openssl_can_be_the_command(signer, tmp_path):
    """What the page on the ledger shows: OpenSSL signs with a PEM key; with -engine or -provider the key is in an HSM."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.from_private_bytes(signer.seed)
    pem = tmp_path / "key.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    script = tmp_path / "sign.sh"
    script.write_text(
        'set -e\nt=$(mktemp)\ntrap \'rm -f "$t"\' EXIT\ncat > "$t"\n'
        f'openssl pkeyutl -sign -rawin -inkey {shlex.quote(str(pem))} -in "$t"\n'
    )
    assert subprocess.run(["openssl", "version"], capture_output=True).returncode == 0
    behind = from_command(signer.verifier, {COMMAND_VARIABLE: shlex.join(["sh", str(script)])})
    assert behind.sign(TEXT) == signer.sign(TEXT)


def test_the_command_comes_before_the_environment_and_that_before_the_file(signer, tmp_path):
    save(signer, tmp_path / "key")
    by_command = {COMMAND_VARIABLE: "signs --now"}
    assert find(signer.verifier, tmp_path / "key", {}) == signer
    assert find(signer.verifier, tmp_path / "none", {KEY_VARIABLE: signer.secret}) == signer
    found = find(signer.verifier, tmp_path / "none", {**by_command, KEY_VARIABLE: signer.secret})
    assert found == CommandSigner(signer.verifier, ("signs", "--now"))


def test_the_key_of_another_log_is_not_used(signer, tmp_path):
    save(generate("example.com/log"), tmp_path / "key")
    with pytest.raises(HengtanError) as error:
        find(signer.verifier, tmp_path / "key", {})
    assert code_of(error) == "key.other"
