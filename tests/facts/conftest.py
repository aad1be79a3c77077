"""Every kind of root that a store may lie on."""

from dataclasses import dataclass, field
from itertools import count

import pytest

from hengtan.facts import Book, Store

from .servers import BUCKET, moto, options, rclone

KINDS = ("folder", "memory", "file server", "rclone", "moto")
_NUMBERS = count()


@dataclass(frozen=True)
class Place:
    """Somewhere a store may lie; ``store()`` is what another process would open. sole: books there need a sole writer."""

    kind: str
    root: str
    options: dict = field(default_factory=dict)

    @property
    def sole(self):
        return self.kind in ("file server", "rclone")

    def store(self, **more):
        return Store(self.root, options=dict(self.options), **more)

    def book(self, name="energy", **more):
        return Book(self.store(), name, sole_writer=self.sole, **more)


@pytest.fixture(scope="session")
def rclone_port(tmp_path_factory):
    with rclone(tmp_path_factory.mktemp("rclone")) as port:
        yield port


@pytest.fixture(scope="session")
def moto_port():
    with moto() as port:
        yield port


def place_of(kind, request, tmp_path):
    """A new place of that kind."""
    number = next(_NUMBERS)
    if kind == "folder":
        return Place(kind, str(tmp_path / "facts"))
    if kind == "memory":
        return Place(kind, f"memory://facts{number}")
    if kind == "file server":  # fsspec's view of a folder: files that are moved into place, no conditional put
        (tmp_path / "served").mkdir()
        return Place(kind, "dir://facts", {"path": str(tmp_path / "served"), "target_protocol": "file"})
    port = request.getfixturevalue(f"{kind}_port")
    return Place(kind, f"s3://{BUCKET}/facts{number}", options(port))


@pytest.fixture(params=KINDS)
def place(request, tmp_path):
    return place_of(request.param, request, tmp_path)


@pytest.fixture
def folder(tmp_path):
    """The root of a local store."""
    return tmp_path / "facts"
