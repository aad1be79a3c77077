"""Tiles and entry bundles: the published log of Tessera, trees of many shapes, and files that were tampered with."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hengtan.ledger import (
    Refused,
    TileReader,
    bundles_of,
    consistency_proof,
    decode_bundle,
    encode_bundle,
    entries_path,
    inclusion_proof,
    leaf_hash,
    leaf_hashes,
    open_checkpoint,
    parse_vkey,
    root_at,
    root_of,
    tile_path,
    tiles_of,
    verify_consistency,
    verify_inclusion,
)
from hengtan.ledger.merkle import packed_parents

from .published import TESSERA, TESSERA_VKEY


def tessera(path):
    return (TESSERA / path).read_bytes()


def checkpoint(size):
    return open_checkpoint(tessera(f"checkpoint.{size}"), [parse_vkey(TESSERA_VKEY)])[0]


@pytest.mark.parametrize("size", range(16))
def test_the_published_log_has_its_published_roots(size):
    reader = TileReader(tessera, size)
    assert root_at(size, reader) == checkpoint(size).root
    assert root_of(leaf_hashes(reader.entries(0, size))) == checkpoint(size).root


@pytest.mark.parametrize("size", range(1, 16))
def test_every_entry_of_the_published_log_is_proved_against_its_published_checkpoints(size):
    reader = TileReader(tessera, size)
    for index, entry in enumerate(reader.entries(0, size)):
        proof = inclusion_proof(index, size, reader)
        verify_inclusion(leaf_hash(entry), index, size, proof, checkpoint(size).root)
    for old in range(1, size + 1):
        proof = consistency_proof(old, size, reader)
        verify_consistency(old, size, proof, checkpoint(old).root, checkpoint(size).root)


def test_the_tiles_of_a_log_of_70000_are_those_the_specification_counts():
    """C2SP tlog-tiles: 273 full tiles of level 0, one partial of 112, one full of level 1, one of 17, one of 1 above."""
    tiles = list(tiles_of(70_000))
    assert [len([t for t in tiles if t[0] == level and t[2] == 256]) for level in range(3)] == [273, 1, 0]
    assert [t for t in tiles if t[2] < 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles_of(0)) == list(bundles_of(0)) == []
    assert list(bundles_of(257)) == [(0, 256), (1, 1)]


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 1234067, 256, "tile/0/x001/x234/067"),  # the example of C2SP tlog-tiles
        (0, 0, 256, "tile/0/000"),
        (1, 999, 1, "tile/1/999.p/1"),
        (63, 1000, 255, "tile/63/x001/000.p/255"),
        (0, 1_000_000, 256, "tile/0/x001/x000/000"),
    ],
)
def test_a_tile_lies_where_the_specification_says(level, index, width, path):
    assert tile_path(level, index, width) == path
    assert entries_path(index, width) == path.replace(f"tile/{level}/", "tile/entries/")


@pytest.mark.parametrize("width", [-1, 0, 257])
def test_there_is_no_tile_of_another_width(width):
    with pytest.raises(ValueError, match="1 to 256"):
        tile_path(0, 0, width)


def files_of(entries):
    """A log in memory: the files of its tiles, made level by level by hand."""
    size, files = len(entries), {}
    for index, width in bundles_of(size):
        files[entries_path(index, width)] = encode_bundle(entries[index * 256 : index * 256 + width])
    hashes = leaf_hashes(entries)
    for level in range(4):
        for each, index, width in tiles_of(size):
            if each == level:
                files[tile_path(level, index, width)] = b"".join(hashes[index * 256 : index * 256 + width])
        hashes = [root_of(hashes[at : at + 256]) for at in range(0, len(hashes) // 256 * 256, 256)]
    return files


def reader_of(files, size):
    def read(path):
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    return TileReader(read, size)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 65_536, 65_537, 70_000])
def test_roots_and_proofs_come_out_of_the_tiles(size):
    entries = [b"%d" % number for number in range(size)]
    hashes = leaf_hashes(entries)
    reader = reader_of(files_of(entries), size)
    assert root_at(size, reader) == root_of(hashes)
    for index in {0, size // 2, size - 1}:
        verify_inclusion(hashes[index], index, size, inclusion_proof(index, size, reader), root_of(hashes))
        assert list(reader.entries(index, index + 1)) == [entries[index]]
    for old in {1, size // 2 or 1, size - 1 or 1, size}:
        proof = consistency_proof(old, size, reader)
        verify_consistency(old, size, proof, root_of(hashes[:old]), root_of(hashes))
    assert list(reader.entries(0, size)) == entries


def test_a_full_tile_stands_in_for_a_partial_one_that_was_removed():
    entries = [b"%d" % number for number in range(256)]
    reader = reader_of(files_of(entries), 100)
    assert root_at(100, reader) == root_of(leaf_hashes(entries[:100]))
    assert list(reader.entries(0, 100)) == entries[:100]


@pytest.mark.parametrize(
    ("path", "change", "code"),
    [
        ("tile/0/000", None, "tile.missing"),
        ("tile/0/000", lambda data: data[:-1], "tile.length"),
        ("tile/0/000", lambda data: data + data[:32], "tile.length"),
        ("tile/0/001.p/44", lambda data: data[:-32], "tile.length"),
        ("tile/1/000.p/1", lambda data: b"", "tile.length"),
        ("tile/entries/001.p/44", None, "tile.missing"),
        ("tile/entries/000", lambda data: data[:-1], "tile.bundle-cut"),
        ("tile/entries/000", lambda data: data + b"\0\0", "tile.bundle-cut"),
        ("tile/entries/000", lambda data: data[3:], "tile.entry-count"),
        ("tile/entries/001.p/44", lambda data: data + b"\0\0", "tile.entry-count"),
    ],
)
def test_a_file_that_is_missing_or_of_the_wrong_length_is_refused_by_name(path, change, code):
    entries = [b"%d" % (number % 10) for number in range(300)]
    files = files_of(entries)
    if change is None:
        del files[path]
    else:
        files[path] = change(files[path])
    reader = reader_of(files, 300)
    with pytest.raises(Refused) as refused:
        for each in tiles_of(300):
            reader.tile(*each[:2])
        list(reader.entries(0, 300))
    assert refused.value.code == code
    assert refused.value.file == path


def test_nothing_beyond_the_size_is_read():
    reader = reader_of(files_of([b"x"] * 5), 5)
    for ask in (
        lambda: reader(0, 5),
        lambda: reader(3, 0),
        lambda: reader(-1, 0),
        lambda: reader(0, -1),
        lambda: reader.tile(0, 1),
        lambda: reader.tile(1, 0),
        lambda: reader.tile(-1, 0),
        lambda: list(reader.entries(0, 6)),
        lambda: list(reader.entries(3, 2)),
        lambda: list(reader.entries(-1, 2)),
        lambda: reader.bundle(1),
    ):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.code == "tile.beyond-size"


def test_a_folder_in_the_place_of_a_tile_is_a_missing_tile(tmp_path):
    (tmp_path / "tile" / "0" / "000.p" / "5").mkdir(parents=True)
    with pytest.raises(Refused) as refused:
        TileReader(lambda path: (tmp_path / path).read_bytes(), 5).tile(0, 0)
    assert refused.value.code == "tile.missing"


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_gives_back_its_entries(entries):
    assert decode_bundle(encode_bundle(entries)) == entries


def test_entries_of_no_byte_and_of_65535_bytes_are_kept_and_a_longer_one_is_refused():
    assert decode_bundle(encode_bundle([b"", b"x" * 65_535, b""])) == [b"", b"x" * 65_535, b""]
    with pytest.raises(Refused) as refused:
        encode_bundle([b"x" * 65_536])
    assert refused.value.code == "tile.entry-too-large"


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_are_a_bundle_or_refused(data):
    try:
        entries = decode_bundle(data)
    except Refused as refused:
        assert refused.code == "tile.bundle-cut"
    else:
        assert encode_bundle(entries) == data


def test_the_reader_keeps_at_most_a_thousand_tiles(monkeypatch):
    monkeypatch.setattr("hengtan.ledger.tiles._KEPT_TILES", 3)
    entries = [b"%d" % number for number in range(256 * 6)]
    reader = reader_of(files_of(entries), len(entries))
    for number in range(6):
        assert reader(8, number) == packed_parents_to_the_top(b"".join(leaf_hashes(entries[number * 256 :][:256])))
        assert reader(0, number * 256) == leaf_hash(entries[number * 256])
    assert len(reader._tiles) == 3


def packed_parents_to_the_top(packed):
    while len(packed) > 32:
        packed = packed_parents(packed)
    return packed
