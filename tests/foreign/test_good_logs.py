"""What our writer makes is accepted by other people's code and by ours."""

from pathlib import Path

import pytest

from foreign import ours
from foreign.go_verifier import GoVerifier
from foreign.logs import SIZES

VECTORS = Path(__file__).resolve().parent.parent / "cases" / "ledger"


@pytest.mark.parametrize("size", SIZES)
def test_a_log_of_our_writer_is_accepted_by_both(size: int, log_of, go: GoVerifier) -> None:
    made = log_of(size)
    assert go.accepts(made.folder, made.vkey)
    assert ours.accepts(made.folder, made.vkey)
    assert ours.verify(made.folder)[0] == 0  # with the key of its own folder


@pytest.mark.parametrize("size", [size for size in SIZES if size])
def test_both_see_that_it_extends_the_checkpoint_of_before(size: int, log_of, go: GoVerifier) -> None:
    made = log_of(size)
    assert go.accepts(made.folder, made.vkey, made.older)
    assert ours.accepts(made.folder, made.vkey, made.older)
    assert ours.accepts(made.folder, made.vkey, made.folder / "checkpoint")


def test_an_older_checkpoint_of_size_0_proves_nothing_to_either(log_of, go: GoVerifier) -> None:
    empty = log_of(0).folder / "checkpoint"
    for size in (0, 1, 256):
        assert not go.accepts(log_of(size).folder, log_of(size).vkey, empty)
        assert not ours.accepts(log_of(size).folder, log_of(size).vkey, empty)


@pytest.mark.parametrize("older", range(1, 16))
def test_a_log_of_tessera_is_accepted_by_both_since_each_of_its_checkpoints(older: int, go: GoVerifier) -> None:
    folder, vkey = VECTORS / "tessera_log_15", VECTORS / "tessera_log_15.vkey"
    since = folder / f"checkpoint.{older}"
    assert go.accepts(folder, vkey, since)
    assert ours.accepts(folder, vkey, since)


def test_both_print_the_same_root(log_of, go: GoVerifier) -> None:
    made = log_of(257)
    root = go("-vkey", made.vkey, made.folder).stdout.split("root ")[1].strip()
    assert root in ours.verify(made.folder)[1]
