"""SIGKILL at the n-th write, fsync, rename, link, folder fsync or removal of appends, compactions and sweeps of facts.

``HENGTAN_FAIL_AT`` picks the operation (``hengtan.durable.points``); n counts up until the child ends by itself, so no
operation is left out by the long form. The short form takes every so many.
"""

import pytest

from hengtan.facts import Book, Store, entry, sequence

from .facts_oracles import KILLED, copy_of, faults, state, swept, work
from .facts_work import SMALL_THOUSAND
from .nursery import chances, some


@pytest.fixture(autouse=True)
def short_thousands(monkeypatch):
    """As in the child."""
    for module in (entry, sequence):
        monkeypatch.setattr(module, "THOUSAND", SMALL_THOUSAND)


@pytest.mark.parametrize("step", [23, pytest.param(1, marks=pytest.mark.faults_long)])
@pytest.mark.parametrize("fail", ["kill@{}", "torn@{}:write"])
def test_after_a_kill_at_any_operation_of_an_append_nothing_acknowledged_is_lost_and_a_retry_changes_nothing(
    tmp_path, fail, step
):
    assert work(tmp_path / "whole", 6)[0] == 0
    whole = state(tmp_path / "whole")
    last, ahead = 0, 0
    for n, copy, code, acknowledged, _ in faults(tmp_path / "new", tmp_path / "copy", [6], fail, step):
        assert code in (0, KILLED), n
        ids, *_ = state(copy)
        assert ids == whole[0][: len(ids)]
        assert dict(enumerate(ids)) | acknowledged == dict(enumerate(ids))
        assert len(ids) - len(acknowledged) in (0, 1)
        ahead += len(ids) > len(acknowledged)
        swept(copy)
        assert work(copy, 6)[0] == 0
        assert state(copy) == whole
        last = n
    assert last > (12 if "torn" in fail else 60)  # the child has that many operations
    # And some kills fell between an entry's being there and its being acknowledged.
    assert ahead or step > 1 or "torn" in fail


@pytest.mark.parametrize("step", [29, pytest.param(1, marks=pytest.mark.faults_long)])
@pytest.mark.parametrize("fail", ["kill@{}", "torn@{}:write"])
def test_after_a_kill_at_any_operation_of_a_compaction_every_digest_resolves_and_the_next_one_finishes_it(
    tmp_path, fail, step
):
    folder = tmp_path / "facts"
    assert work(folder, 3, "rows", 4, "compact", 6)[0] == 0  # a second compaction replaces a table, and bundles again
    whole = state(folder)
    assert len(whole[0]) == 9
    last = 0
    for n, copy, code, _, _ in faults(folder, tmp_path / "copy", ["compact"], fail, step):
        assert code in (0, KILLED), n
        assert state(copy) == whole
        swept(copy)
        assert state(copy) == whole
        assert work(copy, "compact")[0] == 0
        assert state(copy) == whole
        names = [path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()]
        assert not [name for name in names if name.startswith(("objects/", "staged/"))]
        assert len([name for name in names if "/merged/" in name]) == 2
        last = n
    assert last > (4 if "torn" in fail else 30)


def test_a_sweep_that_is_killed_is_finished_by_the_next(tmp_path):
    folder = tmp_path / "facts"
    assert work(folder, 5, "compact", fail="kill@1:remove")[0] == KILLED  # packed, and not one original removed
    whole = state(folder)
    for n, copy, code, _, _ in faults(folder, tmp_path / "copy", ["sweep"], "kill@{}", 3):
        assert code in (0, KILLED), n
        assert state(copy) == whole
        swept(copy)
        assert not list((copy / "objects").rglob("*/*"))


@pytest.mark.parametrize("picks", [4, pytest.param(0, marks=pytest.mark.faults_long)])
@pytest.mark.parametrize("plan", ["kill@{}", "torn@{}:write", "EIO@{}:remove", "EIO@{}:folder", "ENOSPC@{}:write+"])
@pytest.mark.parametrize("words", [("rows", 4), ("rows", 4, "compact"), (4, "compact")], ids=str)
def test_a_removal_that_is_cut_short_loses_nothing_else_and_the_next_one_finishes_it(tmp_path, words, plan, picks):
    folder = tmp_path / "facts"
    assert work(folder, *words)[0] == 0
    whole = Store(folder)
    going = Book(whole, "energy").history()[1].manifest.digest
    secret = whole.read(going)
    others = {digest: whole.read(digest) for digest in whole.digests() if digest != going}
    count = chances(plan, "faults.facts_work:begin", copy_of(folder, tmp_path / "counted"), "remove")
    for n in some(count, picks) if picks else range(1, count + 1):
        copy = copy_of(folder, tmp_path / "copy")
        code, _, failed = work(copy, "remove", fail=plan.format(n))
        assert code == (2 if failed else KILLED), n
        left = Store(copy)
        assert {digest: left.read(digest) for digest in others} == others, n
        if left.has(going):  # whole, or not there at all
            assert left.read(going) == secret, n
        assert work(copy, "remove")[0] == 0
        left = Store(copy)
        assert {digest: left.read(digest) for digest in left.digests()} == others, n
        holding = [path for path in copy.rglob("*") if path.is_file() and secret in path.read_bytes()]
        assert holding == [], n
        assert list((copy / "staged").iterdir()) == [], n
