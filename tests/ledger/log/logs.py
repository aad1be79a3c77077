"""Logs to try things on, and what a log has to look like as RFC 6962 and tlog-tiles say it: slow, and not our code."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

from hengtan.ledger import Log, generate
from hengtan.ledger.keys import save

CASES = Path(__file__).resolve().parents[2] / "cases" / "ledger"
ORIGIN = "example.com/ledger"
SIGNER = generate(ORIGIN)


def entries(count, first=0):
    return [
        json.dumps({"kind": "test", "n": str(n)}, separators=(",", ":")).encode() for n in range(first, first + count)
    ]


def new_log(folder, count=0, signer=SIGNER):
    """A log with its key in place and this many entries in one batch."""
    Log.create(folder, ORIGIN, signer)
    save(signer, folder / "private" / "key")
    if count:
        with Log.open(folder, signer) as log:
            log.append(entries(count))
    return folder


def public_files(folder):
    """Relative path and bytes of all that is public."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith("private/")}


def tiles(folder):
    return {name: data for name, data in public_files(folder).items() if name.startswith("tile/")}


def replace_public(folder, copy):
    """The public part as another copy has it; ``private`` stays."""
    shutil.rmtree(folder / "tile", ignore_errors=True)
    for name, data in public_files(copy).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def mth(leaves):
    """RFC 6962 section 2.1 over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + mth(leaves[:half]) + mth(leaves[half:])).digest()


def leaves(all_):
    return [sha256(b"\0" + entry).digest() for entry in all_]


def number(index):
    """tlog-tiles: zero-padded groups of three digits, all but the last behind an x."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])


def wanted_tiles(all_):
    """tlog-tiles: every tile and bundle of a tree, by the definition MTH(D[(n*256+i)*256**l : (n*256+i+1)*256**l])."""
    hashes, found = leaves(all_), {}
    for at in range(0, len(all_), 256):
        part = all_[at : at + 256]
        name = f"tile/entries/{number(at // 256)}" + (f".p/{len(part)}" if len(part) < 256 else "")
        found[name] = b"".join(len(entry).to_bytes(2, "big") + entry for entry in part)
    level, span = 0, 1
    while len(hashes) // span:
        nodes = [mth(hashes[at * span : (at + 1) * span]) for at in range(len(hashes) // span)]
        for at in range(0, len(nodes), 256):
            part = nodes[at : at + 256]
            name = f"tile/{level}/{number(at // 256)}" + (f".p/{len(part)}" if len(part) < 256 else "")
            found[name] = b"".join(part)
        level, span = level + 1, span * 256
    return found
