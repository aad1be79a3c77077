"""What has to hold of a log whatever was done to its writer."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from hengtan.ledger import Frontier, Log, audit, leaf_hash, open_checkpoint
from hengtan.ledger.keys import generate, load, save

from .ledger_work import entry
from .nursery import child

ORIGIN = "example.com/faults"
WORK = Path(__file__).with_name("ledger_work.py")
PUBLIC = re.compile(r"checkpoint|log\.vkey|tile/(\d+|entries)/(x\d{3}/)*\d{3}(\.p/\d+)?")


def new_log(folder):
    """An empty log with its key in place."""
    signer = generate(ORIGIN)
    Log.create(folder, ORIGIN, signer)
    save(signer, folder / "private" / "key")
    return folder


def copy_of(folder, target):
    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(folder, target))


def work(folder, *words, fail="", wrap=(), **more):
    """Runs the child. Gives its exit code (-9: killed), the last size it acknowledged and the code it was refused with.

    wrap, more   what only an interpreter of its own can have: a program around it, limits
    """
    if wrap or more:
        command = [*wrap, sys.executable, str(WORK), str(folder), *map(str, words)]
        env = {**os.environ, "HENGTAN_FAIL_AT": fail}
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, **more)
        code, out, err = done.returncode, done.stdout, done.stderr
    else:
        died = child("faults.ledger_work:begin", folder, *words, fail=fail)
        code, out, err = died.code, died.out, died.err
    said = [line.split() for line in out.splitlines()]
    acks = [int(value) for word, value in said if word == "ack"]
    failed = [value for word, value in said if word == "failed"]
    assert "Traceback" not in err, err
    return code, max(acks, default=0), failed[0] if failed else ""


def roots(sizes):
    """The root of each size: what no run may differ from."""
    tree, found = Frontier(), {}
    for size in sorted({0, *sizes}):
        tree.extend([leaf_hash(entry(number)) for number in range(tree.size, size)])
        found[size] = tree.root()
    return found


def published(folder, wanted):
    """What a reader sees now: one whole state, its root the only one of its size. Gives the checkpoint's bytes and size."""
    found = audit(folder)
    assert found.holds, [str(problem.sentence()) for problem in found.own]
    assert wanted[found.checkpoint.size] == found.checkpoint.root
    strange = [name for name in names(folder) if not PUBLIC.fullmatch(name)]
    if not (
        folder / "private/journal"
    ).exists():  # then nothing is under way, and nothing is there ahead of its checkpoint
        strange += [name for name in names(folder) if (name.count("/") and last_of(name) > found.checkpoint.size)]
    assert strange == []
    return (folder / "checkpoint").read_bytes(), found.checkpoint.size


def names(folder):
    """Public files."""
    return [
        name
        for path in folder.rglob("*")
        if path.is_file() and not (name := path.relative_to(folder).as_posix()).startswith("private/")
    ]


def last_of(name):
    """How many entries the log has at least that has this tile or bundle."""
    level, _, number = name.removeprefix("tile/").partition("/")
    number, _, width = number.partition(".p/")
    index = int(number.replace("/", "").replace("x", ""))
    return (index * 256 + int(width or 256)) * 256 ** (0 if level == "entries" else int(level))


def after(folder, wanted, acknowledged, may_be):
    """The oracles after a fault, in order: nothing half-done visible, the next start, nothing acknowledged lost, no going back.

    wanted        size to root
    acknowledged  the last size that the writer was told
    may_be        sizes that the log may have after the next start
    """
    before, size = published(folder, wanted)
    assert size >= acknowledged
    with Log.open(folder, load(folder / "private" / "key")) as log:
        assert log.size >= max(size, acknowledged)
        assert log.size in may_be
        assert list(log.entries()) == [entry(number) for number in range(log.size)]
        found = audit(folder, log.verifier, since=before if size else None)
        assert found.holds, [str(problem.sentence()) for problem in (*found.own, *(found.extends or ()))]
        assert wanted[log.size] == open_checkpoint(log.checkpoint(), [log.verifier])[0].root
        assert not list((folder / "private" / "staged").iterdir())
        assert not (folder / "private" / "journal").exists()
        return log.size
