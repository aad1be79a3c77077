"""Whatever is changed in a log is seen by other people's code and by ours: bits, entries, tiles, history, keys."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from foreign import ours
from foreign.go_verifier import GoVerifier
from foreign.logs import KEY, OTHER_KEY, SIZES, Made, bundle, copy, entries, files, flipped, forge, needed, put

NOT_EMPTY = [size for size in SIZES if size]


def refused_by_both(go: GoVerifier, folder: Path, vkey: object, since: Path | None = None) -> None:
    assert not go.accepts(folder, vkey, since), "accepted by x/mod"
    assert not ours.accepts(folder, vkey, since), "accepted by us"


def some_of(folder: Path) -> list[Path]:
    """All files of a small log; of a large one the first, middle and last of each kind."""
    found = files(folder)
    if len(found) < 20:
        return found
    kinds: dict[tuple[str, ...], list[Path]] = {}
    for path in found:
        kinds.setdefault(path.relative_to(folder).parts[:2], []).append(path)
    return [each for some in kinds.values() for each in dict.fromkeys((some[0], some[len(some) // 2], some[-1]))]


def places(made: Made) -> list[tuple[Path, int]]:
    """Files and bits to turn over: anywhere, and in small logs the first and the last bit too."""
    chance = random.Random(made.size)
    found = []
    for path in some_of(made.folder):
        bits = 8 * path.stat().st_size
        found += [(path, bit) for bit in {chance.randrange(bits), *([] if made.size > 1000 else [0, bits - 1])}]
    return found


@pytest.mark.parametrize("size", SIZES)
def test_one_bit_turned_over_is_seen_by_both(size: int, log_of, go: GoVerifier, tmp_path: Path) -> None:
    made = log_of(size)
    folder = copy(made, tmp_path / "log")
    for path, bit in places(made):
        whole, spoilt = path.read_bytes(), folder / path.relative_to(made.folder)
        put(spoilt, flipped(whole, bit))
        assert not go.accepts(folder, made.vkey), f"x/mod: bit {bit} of {spoilt}"
        assert not ours.accepts(folder, made.vkey), f"we: bit {bit} of {spoilt}"
        put(spoilt, whole)
    assert go.accepts(folder, made.vkey) and ours.accepts(folder, made.vkey)


@pytest.mark.parametrize(("step", "theirs"), [(3, 24), pytest.param(1, 1, marks=pytest.mark.faults_long)])
def test_each_byte_of_a_small_log_matters_to_us_and_to_both(
    step: int, theirs: int, log_of, go: GoVerifier, tmp_path: Path
) -> None:
    """At three bits of each byte, and at one of every third byte the others; the long form takes each bit with both."""
    made = log_of(2)
    folder = copy(made, tmp_path / "log")
    for path in files(folder):
        whole = path.read_bytes()
        for bit in range(0, 8 * len(whole), step):
            put(path, flipped(whole, bit))
            assert not ours.accepts(folder, made.vkey), f"we: bit {bit} of {path}"
            if bit % theirs == 0:
                assert not go.accepts(folder, made.vkey), f"x/mod: bit {bit} of {path}"
        put(path, whole)


def edited(all_: list[bytes], at: int) -> list[bytes]:
    return [*all_[:at], all_[at].replace(b"test", b"tent"), *all_[at + 1 :]]


def deleted(all_: list[bytes], at: int) -> list[bytes]:
    return [*all_[:at], *all_[at + 1 :]]


def inserted(all_: list[bytes], at: int) -> list[bytes]:
    return [*all_[:at], b'{"kind":"new"}', *all_[at:]]


def reordered(all_: list[bytes], at: int) -> list[bytes]:
    other = at - 1 if at else len(all_) - 1
    changed = list(all_)
    changed[at], changed[other] = changed[other], changed[at]
    return changed


CHANGES = [edited, deleted, inserted, reordered]


ANYWHERE = {"first": 0.0, "middle": 0.5, "last": 1.0}
LARGE = [size for size in NOT_EMPTY if size > 1000]
FORGED = [(size, change, tuple(ANYWHERE)) for size in NOT_EMPTY if size < 1000 for change in CHANGES]
FORGED += [
    (size, change, ("middle",)) for size, change in zip(LARGE, CHANGES, strict=False)
]  # a large log in one place
EVERYWHERE = [(size, change, tuple(ANYWHERE)) for size in LARGE for change in CHANGES]


@pytest.mark.parametrize(
    ("size", "change", "places"),
    [*FORGED, *(pytest.param(*each, marks=pytest.mark.faults_long) for each in EVERYWHERE)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_changed_history_is_seen_by_both_however_it_is_signed(
    size: int,
    change: Callable[[list[bytes], int], list[bytes]],
    places: tuple[str, ...],
    log_of,
    go: GoVerifier,
    tmp_path: Path,
) -> None:
    if change is reordered and size == 1:
        return  # one entry has one order
    made = log_of(size)
    for name in places:
        at = int(ANYWHERE[name] * (size - 1))
        content = change(entries(size), at)
        stolen = forge(tmp_path / f"{name}-stolen", content, OTHER_KEY)
        refused_by_both(go, stolen, made.vkey)  # signed by somebody else
        put(stolen / "log.vkey", (made.folder / "log.vkey").read_bytes())
        put(stolen / "checkpoint", (made.folder / "checkpoint").read_bytes())
        refused_by_both(go, stolen, made.vkey)  # under the true checkpoint
        forked = forge(tmp_path / f"{name}-forked", content, KEY)
        assert go.accepts(forked, made.vkey) and ours.accepts(forked, made.vkey)  # a log of its own ...
        refused_by_both(go, forked, made.vkey, made.folder / "checkpoint")  # ... but not for who kept a checkpoint
        shutil.rmtree(stolen), shutil.rmtree(forked)


@pytest.mark.parametrize("size", NOT_EMPTY)
def test_entries_changed_in_their_bundle_alone_are_seen_by_both(
    size: int, log_of, go: GoVerifier, tmp_path: Path
) -> None:
    made = log_of(size)
    folder = copy(made, tmp_path / "log")
    last, content = needed(folder, size)[len(range(0, size, 256))], entries(size)[(size - 1) // 256 * 256 :]
    assert last.read_bytes() == bundle(content)
    for change in CHANGES:
        if change is not reordered or len(content) > 1:
            put(last, bundle(change(content, len(content) - 1)))
            refused_by_both(go, folder, made.vkey)


@pytest.mark.parametrize("size", NOT_EMPTY)
def test_a_cut_or_missing_file_is_seen_by_both(size: int, log_of, go: GoVerifier, tmp_path: Path) -> None:
    made = log_of(size)
    folder = copy(made, tmp_path / "log")
    found = needed(folder, size)
    for path in found if len(found) < 20 else [found[0], found[1], found[len(found) // 2], found[-1]]:
        whole = path.read_bytes()
        cuts = [whole[:-32], whole[:-1], b""] + ([] if size > 1000 else [whole[: len(whole) // 2], whole + whole[-32:]])
        for cut in cuts:
            put(path, cut)
            refused_by_both(go, folder, made.vkey)
        path.unlink()
        refused_by_both(go, folder, made.vkey)
        put(path, whole)
    shutil.rmtree(folder / "tile")
    refused_by_both(go, folder, made.vkey)


@pytest.mark.parametrize("size", SIZES)
def test_a_wrong_key_is_refused_by_both(size: int, log_of, go: GoVerifier) -> None:
    refused_by_both(go, log_of(size).folder, OTHER_KEY.verifier.vkey)


@pytest.mark.parametrize("size", [size for size in NOT_EMPTY if size > 1])
def test_a_log_that_went_back_is_refused_by_both_who_kept_the_newer_checkpoint(
    size: int, log_of, go: GoVerifier, tmp_path: Path
) -> None:
    made = log_of(size)
    back = forge(tmp_path / "back", entries(size)[: (size + 1) // 2], KEY)
    assert go.accepts(back, made.vkey, made.older) and ours.accepts(back, made.vkey, made.older)
    refused_by_both(go, back, made.vkey, made.folder / "checkpoint")
