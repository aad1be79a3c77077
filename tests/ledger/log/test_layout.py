"""What lies in a log folder is what tlog-tiles says, to the byte."""

import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hengtan.ledger import Log, TileReader, generate, open_checkpoint, parse_vkey, root_at
from hengtan.ledger.growth import Edge, outgrown

from .logs import CASES, ORIGIN, SIGNER, entries, leaves, mth, new_log, public_files, tiles, wanted_tiles


def opened(folder):
    return open_checkpoint((folder / "checkpoint").read_bytes(), [parse_vkey((folder / "log.vkey").read_text())])[0]


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 1000, 65_536])
def test_a_log_made_in_one_batch_has_just_the_files_of_its_size(tmp_path, size):
    folder, all_ = new_log(tmp_path / "log", size), entries(size)
    assert opened(folder).size == size
    assert opened(folder).root == mth(leaves(all_))
    assert tiles(folder) == wanted_tiles(all_)
    assert set(public_files(folder)) - set(wanted_tiles(all_)) == {"checkpoint", "log.vkey"}


def test_a_log_of_70000_entries_has_the_tiles_that_the_specification_counts(tmp_path):
    names = set(tiles(new_log(tmp_path / "log", 70_000)))
    level_0 = {name for name in names if name.startswith("tile/0/")}
    assert len(level_0) == 274
    assert "tile/0/273.p/112" in level_0
    assert {name for name in names if name.startswith(("tile/1/", "tile/2/"))} == {
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    }


def test_the_fifteen_entries_of_tessera_make_the_files_that_tessera_made(tmp_path):
    published = CASES / "tessera_log_15"
    reader = TileReader(lambda path: (published / path).read_bytes(), 15)
    folder = tmp_path / "log"
    Log.create(folder, ORIGIN, SIGNER)
    with Log.open(folder, SIGNER) as log:
        for index, entry in enumerate(reader.bundle(0), 1):
            log.append([entry])
            theirs = (published / f"checkpoint.{index}").read_text().split("\n")[1:3]
            assert log.checkpoint().decode().split("\n")[1:3] == theirs
    theirs = {
        f"tile/{path.relative_to(published / 'tile').as_posix()}": path.read_bytes()
        for path in published.rglob("*.p/*")
    }
    assert len(theirs) == 30
    assert tiles(folder) == theirs


def test_partial_files_of_every_published_size_stay_until_the_full_one_is_there(tmp_path):
    folder = new_log(tmp_path / "log", 3)
    with Log.open(folder, SIGNER) as log:
        log.append(entries(4, 3))
        assert {"tile/entries/000.p/3", "tile/entries/000.p/7", "tile/0/000.p/3", "tile/0/000.p/7"} == set(
            tiles(folder)
        )
        log.append(entries(248, 7))
        assert {"tile/entries/000.p/255", "tile/0/000.p/255"} < set(tiles(folder))
        log.append(entries(1, 255))
    assert tiles(folder) == wanted_tiles(entries(256))
    assert not (folder / "tile/0/000.p").exists()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_a_tree_that_grows_in_batches_is_the_tree_that_grew_at_once(sizes):
    edge, files, all_ = Edge(), {}, []
    for size in sizes:
        fresh = entries(size, len(all_))
        growth = edge.grow(fresh)
        files.update(growth.files())
        for folder in outgrown(edge.size, growth.edge.size):
            files = {name: data for name, data in files.items() if not name.startswith(f"{folder}/")}
        edge, all_ = growth.edge, [*all_, *fresh]
        assert edge.root() == mth(leaves(all_))
    wanted = wanted_tiles(all_)
    assert {name: files[name] for name in wanted} == wanted
    assert all("." in name for name in set(files) - set(wanted))  # partial files of the sizes between
    assert root_at(edge.size, TileReader(lambda path: wanted[path], edge.size)) == edge.root()


def test_private_is_for_the_owner_alone(tmp_path):
    folder = new_log(tmp_path / "log", 3)
    assert stat.S_IMODE((folder / "private").stat().st_mode) == 0o700
    inside = [path for path in (folder / "private").rglob("*") if path.is_file()]
    assert {path.name for path in inside} == {"key", "lock", "newest"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in inside} == {0o600}


def test_the_key_of_a_log_bears_its_name(tmp_path):
    with pytest.raises(Exception, match="named “somebody/else”"):
        Log.create(tmp_path / "log", ORIGIN, generate("somebody/else"))
    assert not (tmp_path / "log").exists()
