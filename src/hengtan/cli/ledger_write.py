"""``hengtan ledger init, append``: what begins a log and writes to it."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .named import read, verifier

if TYPE_CHECKING:
    from hengtan.ledger.canonical import Json
    from hengtan.ledger.log import Log
    from hengtan.ledger.note import Signer

WORDS = {
    "new": ("A new log of size 0: {folder}", "已建立新账本（0 条）：{folder}"),
    "vkey": ("verifier key, for everybody:", "验证密钥（可公开）："),
    "key": ("private key, for nobody else (keep a copy in a safe place):", "私钥（请勿外传，并妥善备份）："),
    "outside": ("private key: not kept here", "私钥：不在此处保存"),
    "none": (
        "{count} of {total} lines were refused; nothing was appended.",
        "{total} 行中有 {count} 行被拒；未追加任何条目。",
    ),
}
SHOWN = 20
lang_option = click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of messages."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
key_option = click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The private key; DIR/private/key when not given.",
)
known_option = click.option(
    "--known",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="CHECKPOINT",
    help="A newer checkpoint that somebody kept: an older log is then refused.",
)
wait_option = click.option(
    "--wait",
    type=click.FloatRange(0, 86400),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for another writer of this log to end.",
)


class Index(click.ParamType[int]):
    """A whole number from 0 in its one spelling, as everywhere in a log: ``+1``, ``01`` and ``1_0`` are none.

    That there is no entry -1 is for the log to say, as for one beyond its size.
    """

    name = "index"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; wrong usage for anything else."""
        if not re.fullmatch(r"0|-?[1-9][0-9]{0,99}", value):
            told = f"{value!r} is no index: give a whole number from 0, without sign, blanks or leading zeroes."
            self.fail(told, param, ctx)
        return int(value)


folder_argument = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


def say(word: str, lang: str, **values: object) -> str:
    """The sentence in the language asked for."""
    return WORDS[word][lang == "zh"].format(**values)


def key_path(folder: Path, key_file: Path | None) -> Path:
    """Where the private key of a log lies in a file."""
    return key_file or folder / "private" / "key"


def beside(folder: Path, key_file: Path | None) -> Path | None:
    """Where the newest checkpoint is remembered as well: next to a key outside the log, which no backup of it brings back."""
    return key_file.with_name(f"{key_file.name}.newest") if key_file and folder not in key_file.parents else None


@contextmanager
def opened(
    folder: Path, key_file: Path | None, known: tuple[Path, ...] = (), wait_s: float = 0.0
) -> Iterator[tuple[Log, Signer]]:
    """The log, open to append, with its key, and what a crash left behind settled."""
    from hengtan.ledger.log import Log
    from hengtan.ledger.records import Records
    from hengtan.ledger.rekey import key_of

    signer = key_of(Log.open(folder).verifier, key_path(folder, key_file))
    notes = [read(path) for path in known]
    with Log.open(folder, signer, known=notes, memory=beside(folder, key_file), wait_s=wait_s) as log:
        Records(folder).settle(log)
        yield log, signer


@click.command("init")
@folder_argument
@click.option("--origin", required=True, metavar="NAME", help="The log's name, such as example.com/ledger.")
@key_option
@click.option("--vkey", metavar="KEY", help="With HENGTAN_LEDGER_SIGNER: the verifier key (or a file with it).")
@json_option
@lang_option
def init(folder: Path, origin: str, key_file: Path | None, vkey: str | None, as_json: bool, lang: str) -> None:
    """Begin a log of size 0 in DIR. The key's name is the origin; a name with your domain in it is unique.

    Makes a private key in DIR/private/key or in --key FILE, unless one is given by HENGTAN_LEDGER_SIGNER or
    HENGTAN_LEDGER_KEY. DIR must be new, empty, or what an earlier call left that was cut short.
    """
    from hengtan.ledger.log import Log

    path = key_path(folder, key_file)
    Log.check_new(folder)
    signer = _given(vkey) or _made(origin, path)
    Log.create(folder, origin, signer)
    kept = str(path) if path.exists() else None
    if as_json:
        record = {"origin": origin, "folder": str(folder), "vkey": signer.verifier.vkey, "key": kept}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return
    click.echo(say("new", lang, folder=folder))
    click.echo(f"{say('vkey', lang)}\n  {signer.verifier.vkey}")
    click.echo(f"{say('key', lang)}\n  {kept}" if kept else say("outside", lang))


def _given(vkey: str | None) -> Signer | None:
    """The signer of the environment, if there is one."""
    from hengtan.ledger import keys

    if os.environ.get(keys.COMMAND_VARIABLE):
        if vkey is None:
            raise click.UsageError(f"{keys.COMMAND_VARIABLE} is set: give the public half of its key by --vkey.")
        return keys.from_command(verifier(vkey))
    return keys.from_env()


def _made(origin: str, path: Path) -> Signer:
    """A new key in its file, or the one that an earlier call had already made there."""
    from hengtan.durable import make
    from hengtan.ledger import Refused, keys
    from hengtan.problems import HengtanError, Problem

    try:
        fresh = keys.generate(origin)
    except Refused as refused:  # a name on the command line is usage, not evidence
        raise HengtanError(refused.problem) from None
    if path.exists():
        return keys.load(path)
    try:
        make(path.parent, 0o700)
    except OSError as error:
        raise HengtanError(
            Problem("key.not-written", file=str(path), values={"why": error.strerror or str(error)})
        ) from None
    keys.save(fresh, path)
    return fresh


@click.command("append")
@folder_argument
@click.argument("file", metavar="[FILE.jsonl|-]", default="-", type=click.Path(path_type=Path, allow_dash=True))
@key_option
@known_option
@wait_option
@json_option
@lang_option
def append(
    folder: Path,
    file: Path,
    key_file: Path | None,
    known: tuple[Path, ...],
    wait: float,
    as_json: bool,
    lang: str,
) -> None:
    """Append the JSON objects of FILE, one a line, or of standard input.

    Prints INDEX<TAB>LEAF_HASH a line, once all of them are on disk and a published signed checkpoint covers them. The entry is
    the RFC 8785 form of the object, nothing added. Numbers and duplicate members are refused (write "1.10", not 1.10), and
    one refused line refuses the whole call.
    """
    from hengtan.ledger import leaf_hashes

    entries = _entries(file, lang)
    with opened(folder, key_file, known, wait) as (log, _):
        given = log.append(entries)
    pairs = [(index, leaf.hex()) for index, leaf in zip(given, leaf_hashes(entries), strict=True)]
    if as_json:
        click.echo(json.dumps([{"index": index, "leaf": leaf} for index, leaf in pairs], indent=1))
    else:
        click.echo("".join([f"{index}\t{leaf}\n" for index, leaf in pairs]), nl=False)


def _entries(file: Path, lang: str) -> list[bytes]:
    """The canonical bytes of every line; exit 3, telling which lines, when one of them cannot be an entry."""
    from hengtan.ledger import Refused, canonical, parse_strict
    from hengtan.ledger.tiles import MAX_ENTRY_BYTES
    from hengtan.problems import HengtanError, Problem

    name = "-" if str(file) == "-" else str(file)
    data = sys.stdin.buffer.read() if name == "-" else read(file)
    lines = data.removeprefix(b"\xef\xbb\xbf").rstrip(b" \t\r\n").split(b"\n")
    if lines == [b""]:
        raise HengtanError(Problem("ledger.no-entries", file=name))
    entries, refusals = [], []
    for number, line in enumerate(lines, 1):
        try:
            value = parse_strict(line)
            if not isinstance(value, dict):
                raise Refused("ledger.not-an-object")
            entry = canonical(value)
            _must_be_anybodys(value, entry)
            if len(entry) > MAX_ENTRY_BYTES:
                raise Refused("tile.entry-too-large", given=len(entry), limit=MAX_ENTRY_BYTES)
        except Refused as refused:
            refusals.append(Problem(refused.code, file=name, row=number, values=refused.values))
        else:
            entries.append(entry)
    if refusals:
        for problem in refusals[:SHOWN]:
            click.echo(f"{problem.code}: {problem.sentence(lang)}", err=True)
        click.echo(say("none", lang, count=len(refusals), total=len(lines)), err=True)
        sys.exit(3)
    return entries


def _must_be_anybodys(value: dict[str, Json], entry: bytes) -> None:
    """Raises Refused ``ledger.not-by-hand``: an entry by which hengtan itself vouches for what is elsewhere.

    Of a record that was never kept nobody could say any more that it was not lost, nor of one that is there that it was erased.
    """
    from hengtan.ledger import Refused
    from hengtan.ledger.records import ERASED, commitment_of
    from hengtan.ledger.rotation import KIND

    if commitment_of(entry) is not None:
        raise Refused("ledger.not-by-hand", what="commitment")
    if value.get("kind") in (ERASED, KIND):
        raise Refused("ledger.not-by-hand", what=str(value["kind"]))
