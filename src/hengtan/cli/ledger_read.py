"""``hengtan ledger checkpoint, entry, prove``: what a log says of itself."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .ledger_write import Index, folder_argument, json_option, lang_option
from .named import read

if TYPE_CHECKING:
    from hengtan.ledger.log import Log

out_option = click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE instead of standard output."
)


@click.command("checkpoint")
@folder_argument
@json_option
@lang_option
def checkpoint(folder: Path, as_json: bool, lang: str) -> None:
    """Print the signed checkpoint of the log in DIR, byte for byte as it is published.

    Keep it: with a kept checkpoint (verify --since) nobody can change what is before it without your seeing it.
    """
    from hengtan.ledger.log import Log

    log = Log.open(folder)
    if as_json:
        click.echo(json.dumps(_record(log), ensure_ascii=False, indent=2))
    else:
        _give(log.checkpoint(), None)


def _record(log: Log) -> dict[str, Any]:
    from hengtan.ledger import open_checkpoint

    published, opened = open_checkpoint(log.checkpoint(), [log.verifier])
    return {
        "origin": published.origin,
        "size": published.size,
        "root": base64.b64encode(published.root).decode(),
        "vkey": log.verifier.vkey,
        "signatures": [
            {"name": each.name, "key_id": each.key_id.hex(), "verified": each in opened.verified}
            for each in opened.note.signatures
        ],
        "note": log.checkpoint().decode(),
    }


@click.command("entry")
@folder_argument
@click.argument("index", type=Index())
@out_option
@lang_option
def entry(folder: Path, index: int, out: Path | None, lang: str) -> None:
    """Print the bytes of entry INDEX (from 0), nothing added: what its leaf hash is taken of.

    The bytes are as the log's tiles hold them; `prove` and `verify` say whether they are what was signed.
    """
    from hengtan.ledger.log import Log

    _give(Log.open(folder).entry(index), out)


@click.command("prove")
@folder_argument
@click.argument("index", type=Index(), required=False)
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    metavar="CHECKPOINT",
    help="Prove that the log extends this older checkpoint instead.",
)
@click.option(
    "--with-entry",
    is_flag=True,
    help="Put the entry and the log's key into the proof file, so that it can be verified alone.",
)
@out_option
@lang_option
def prove(folder: Path, index: int | None, since: Path | None, with_entry: bool, out: Path | None, lang: str) -> None:
    """Prove that entry INDEX (from 0) stands in the log in DIR, as a C2SP tlog-proof.

    With --since, prove that the log extends an older checkpoint: its size, the hashes of the consistency proof (RFC 9162), an
    empty line and the new checkpoint, as witnesses are asked (C2SP tlog-witness, add-checkpoint).
    """
    from hengtan.ledger import canonical
    from hengtan.ledger.log import Log
    from hengtan.ledger.witness import Request

    if (index is None) == (since is None):
        raise click.UsageError("Give either an INDEX or --since CHECKPOINT.")
    log = Log.open(folder)
    if index is not None:
        extra = None
        if with_entry:
            text = log.entry(index).decode("utf-8", "strict")
            extra = canonical({"entry": text, "vkey": log.verifier.vkey})
        _give(log.prove(index, extra).encode(), out)
    elif since is not None:
        found = log.prove_since(read(since))
        _give(Request(found.old.size, found.hashes, found.checkpoint).encode(), out)


def _give(data: bytes, out: Path | None) -> None:
    """To standard output as it is, or to a file, whole or not at all."""
    from hengtan.problems import HengtanError, Problem

    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    fresh = out.with_name(f".{out.name}.fresh")
    try:
        fresh.write_bytes(data)
        fresh.replace(out)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        values = {"why": error.strerror or str(error)}
        raise HengtanError(Problem("ledger.not-written", file=str(out), values=values)) from error
