"""The ledger: a transparency log in open formats, so that anybody can check what was logged with somebody else's tool.

>>> signer = generate("example.com/ledger")
>>> entry = canonical({"kind": "period.closed", "period": "2024"})
>>> signed = sign(Checkpoint("example.com/ledger", 1, root_of([leaf_hash(entry)])), signer)
>>> checkpoint, _ = open_checkpoint(signed, [signer.verifier])
>>> checkpoint.size
1

RFC 6962 / 9162 tree, C2SP signed notes, checkpoints, tiles, proofs and cosignatures. Takes bytes and knows no domain type.
Whatever is refused as evidence is a :class:`Refused`. Knows only ``problems``.
"""

from .audit import Audit, audit
from .canonical import canonical, parse_strict
from .checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign
from .cosignature import Cosigner, cosign, cosigner, time_of
from .event import Event, event
from .export import export
from .keys import CommandSigner, KeySigner, generate
from .log import Extension, Log
from .merkle import (
    EMPTY_ROOT,
    Frontier,
    Node,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    leaf_hashes,
    node_hash,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from .note import Note, Opened, Signature, Signer, Verifier, open_note, parse_note, parse_vkey
from .proof import Proof, parse_proof, verify_proof
from .records import Kept, Records
from .refused import Refused
from .tiles import TileReader, bundles_of, decode_bundle, encode_bundle, entries_path, tile_path, tiles_of

__all__ = [
    "EMPTY_ROOT",
    "Audit",
    "Checkpoint",
    "CommandSigner",
    "Cosigner",
    "Event",
    "Extension",
    "Frontier",
    "Kept",
    "KeySigner",
    "Log",
    "Node",
    "Note",
    "Opened",
    "Proof",
    "Records",
    "Refused",
    "Signature",
    "Signer",
    "TileReader",
    "Verifier",
    "audit",
    "bundles_of",
    "canonical",
    "consistency_proof",
    "cosign",
    "cosigner",
    "decode_bundle",
    "encode_bundle",
    "entries_path",
    "event",
    "export",
    "generate",
    "inclusion_proof",
    "leaf_hash",
    "leaf_hashes",
    "node_hash",
    "open_checkpoint",
    "open_note",
    "parse_checkpoint",
    "parse_note",
    "parse_proof",
    "parse_strict",
    "parse_vkey",
    "root_at",
    "root_of",
    "sign",
    "tile_path",
    "tiles_of",
    "time_of",
    "verify_consistency",
    "verify_inclusion",
    "verify_proof",
]
