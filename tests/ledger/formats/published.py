"""What others published, and the tree as RFC 6962 writes it down: slow, and not our code."""

import json
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import yaml

CASES = Path(__file__).resolve().parents[2] / "cases" / "ledger"
TESSERA = CASES / "tessera_log_15"
TESSERA_VKEY = (CASES / "tessera_log_15.vkey").read_text("utf-8")

# The eight leaves that every implementation of certificate transparency is tested with, and the roots of their trees
# (certificate-transparency, MerkleTreeTest; Apache-2.0).
LEAVES = [
    bytes.fromhex(x)
    for x in ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def vectors(kind):
    """The cases of one kind, hashes as bytes."""
    cases = [json.loads(line) for line in (CASES / f"merkle_{kind}.jsonl").read_text("utf-8").splitlines()]
    for case in cases:
        case["proof"] = [b64decode(each) for each in case["proof"] or []]
        for name in {"root", "leafHash", "root1", "root2"} & case.keys():
            case[name] = b64decode(case[name])
    return cases


def notes():
    return yaml.safe_load((CASES / "notes.yaml").read_text("utf-8"))


NOTES_OF_SUMDB = next(each for each in notes() if each.get("origin_differs"))


def mth(entries):
    """RFC 6962 section 2.1, as it stands there."""
    if len(entries) < 2:
        return sha256(b"\0" + entries[0]).digest() if entries else sha256(b"").digest()
    k = split(len(entries))
    return sha256(b"\1" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m, entries):
    """RFC 6962 section 2.1.1, as it stands there."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def proof(m, entries):
    """RFC 6962 section 2.1.2, as it stands there."""
    return subproof(m, entries, True)


def subproof(m, entries, b):
    n = len(entries)
    if m == n:
        return [] if b else [mth(entries)]
    k = split(n)
    if m <= k:
        return [*subproof(m, entries[:k], b), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def split(n):
    """The largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def node_of(entries):
    """A stored tree: the hash of a complete subtree, by the definition of the RFC."""
    return lambda level, index: mth(entries[index << level : (index + 1) << level])
