"""What has to hold of a store of facts whatever was done to its writer."""

import re
import shutil
from pathlib import Path

from hengtan.facts import Book, Store

from .nursery import child

WORK = Path(__file__).with_name("facts_work.py")
KILLED = -9
NAMES = re.compile(
    r"facts|objects/([0-9a-f]{2})/\1[0-9a-f]{62}|packs/[0-9a-f]{64}\.zip"
    r"|books/energy/(lock|compacting|entries/\d{6}/\d{9}|bundles/\d{6}|merged/[0-9a-f]{64})"
)


def work(folder, *words, fail=""):
    """Runs the child. Gives its exit code (-9: killed), the entries it was acknowledged, and the code it was refused with."""
    died = child("faults.facts_work:begin", folder, *words, fail=fail)
    assert "Traceback" not in died.err, died.err
    said = [line.split() for line in died.out.splitlines()]
    entries = {int(what[0]): what[1] for word, *what in said if word == "entry"}
    failed = [what[0] for word, *what in said if word == "failed"]
    return died.code, entries, failed[0] if failed else ""


def copy_of(folder, target):
    """A fresh copy; what was hard-linked is not any more, which a store does not mind."""
    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(folder, target)) if folder.exists() else target


def faults(folder, target, words, fail, step):
    """Runs the work with the fault at operation 1, 1 + step, ... until the child ends by itself."""
    n = 1
    while True:
        copy = copy_of(folder, target)
        code, entries, failed = work(copy, *words, fail=fail.format(n))
        yield n, copy, code, entries, failed
        if code == 0:
            return
        n += step


def state(folder):
    """What a reader sees, everything verified: (sequence, id) of the batches, the bytes of each, and the rows."""
    strange = [name for name in _files(folder) if not NAMES.fullmatch(name) and not name.startswith("staged/")]
    assert strange == []
    store = Store(folder)
    book = Book(store, "energy")
    assert book.verify(rows=True) == ()
    for digest in store.digests():
        store.verify(digest)
    entries = book.history()
    contents = {entry.manifest.id: store.read(entry.manifest.digest) for entry in entries}
    rows = book.table(kind="rows").to_pylist()
    return [entry.manifest.id for entry in entries], contents, rows


def swept(folder):
    """After a sweep nothing is left of what was staged, and a reader sees what he saw before."""
    before = state(folder)
    Store(folder).sweep()
    assert list((folder / "staged").glob("*")) == []
    assert state(folder) == before


def _files(folder):
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
