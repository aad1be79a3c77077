"""``hengtan ledger rotate, erase``: a new key for a log, and the end of a record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .ledger_write import Index, folder_argument, json_option, key_option, key_path, known_option, lang_option, opened

if TYPE_CHECKING:
    from hengtan.ledger.note import Signer

WORDS = {
    "vkey": ("verifier key, for everybody:", "验证密钥（可公开）："),
    "rotated": ("Entry {index} hands the log over to the new key.", "条目 {index} 已将账本移交给新密钥。"),
    "erased": (
        "Record and salt of entry {of} are deleted; entry {index} says so.",
        "条目 {of} 的记录与盐值已删除；条目 {index} 载明此事。",
    ),
    "fact": ("Fact {digest} is deleted.", "数据对象 {digest} 已删除。"),
    "copies": (
        "Copies of private/ (backups) still hold them: delete those too.",
        "private/ 的副本（备份）中仍有该记录，请一并删除。",
    ),
}


def _say(word: str, lang: str, **values: object) -> str:
    return WORDS[word][lang == "zh"].format(**values)


@click.command("rotate")
@folder_argument
@key_option
@known_option
@click.option("--to", "new_file", type=click.Path(path_type=Path), metavar="FILE", help="A private key made elsewhere.")
@json_option
@lang_option
def rotate(
    folder: Path, key_file: Path | None, known: tuple[Path, ...], new_file: Path | None, as_json: bool, lang: str
) -> None:
    """Hand the log in DIR over to a new key: the old one and the new one sign an entry that says so.

    Without --to a key is made and takes the place of the old one in its file. Whoever trusts the old key finds the new one
    from the entries. A call that was cut short may be repeated.
    """
    from hengtan.ledger import keys
    from hengtan.ledger.rekey import rotate_file

    path = key_path(folder, key_file)
    with opened(folder, key_file, known) as (log, _):
        if new_file is None:
            new: Signer = rotate_file(log, path)
        else:
            new = keys.load(new_file)
            log.rotate(new)
        index = log.size - 1
    if as_json:
        click.echo(json.dumps({"index": index, "vkey": new.verifier.vkey}, ensure_ascii=False, indent=2))
        return
    click.echo(_say("rotated", lang, index=index))
    click.echo(f"{_say('vkey', lang)}\n  {new.verifier.vkey}")


@click.command("erase")
@folder_argument
@click.argument("index", type=Index())
@key_option
@known_option
@json_option
@lang_option
def erase(folder: Path, index: int, key_file: Path | None, known: tuple[Path, ...], as_json: bool, lang: str) -> None:
    """Delete the record and the salt behind entry INDEX, and the facts that no other record names; append an entry that says so.

    The log still verifies and says "erased"; nobody can tell any more what was recorded. A call that was cut short may be
    repeated.
    """
    from hengtan.evidence import erase as erase_record

    with opened(folder, key_file, known) as (log, _):
        found = erase_record(log, index)
    if as_json:
        click.echo(json.dumps({"index": found.index, "of": found.of, "facts": found.facts}, indent=2))
        return
    click.echo(_say("erased", lang, of=found.of, index=found.index))
    for digest in found.facts:
        click.echo(_say("fact", lang, digest=digest))
    click.echo(_say("copies", lang))
