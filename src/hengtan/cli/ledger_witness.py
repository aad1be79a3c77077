"""``hengtan ledger witness``: have a log's checkpoints cosigned by others, and cosign theirs."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .ledger_write import folder_argument, json_option, key_option, known_option, lang_option, opened
from .named import verifier

if TYPE_CHECKING:
    from hengtan.ledger.witness import Witness
    from hengtan.ledger.witness_client import Asked

WORDS = {
    "vkey": ("witness key, for those who will trust it:", "见证密钥（交给信任此见证方的人）："),
    "trusted": ("witnesses the log of {name} from now on", "自此见证账本 {name}"),
    "distrusted": ("no longer takes signatures of {vkey}", "不再接受 {vkey} 的签名"),
    "serving": ("Witness {name} listens at {url} (Ctrl+C ends)", "见证方 {name} 正在 {url} 监听（按 Ctrl+C 结束）"),
    "no_logs": ("it witnesses no log yet", "尚未见证任何账本"),
    "log": ("log {name}: {size:,} entries, cosigned {time}", "账本 {name}：{size:,} 条，联署于 {time}"),
    "never": ("log {name}: nothing cosigned yet", "账本 {name}：尚未联署"),
    "conflicts": (
        "  {count} checkpoints contradict it: two histories were signed. They are in {folder}",
        "  有 {count} 个检查点与之矛盾：存在两份已签名历史，见 {folder}",
    ),
    "cosigned": ("{name}: cosigned {size:,} entries at {time}", "{name}：已于 {time} 联署 {size:,} 条"),
}
witness_argument = click.argument("folder", metavar="WITNESS", type=click.Path(path_type=Path))


def _say(word: str, lang: str, **values: object) -> str:
    return WORDS[word][lang == "zh"].format(**values)


@click.group("witness")
def group() -> None:
    """Witnesses keep a log from showing two histories: each cosigns a checkpoint only if it extends the one before.

    Two companies, or a company and its verifier, can be each other's witness. WITNESS is the folder of a witness, or that of
    a log whose owner is a witness for others too (it is then kept in its private/witness).
    """


@group.command("init", short_help="Begin a witness with a key of its own.")
@witness_argument
@click.option(
    "--name", metavar="NAME", help="Its name, such as verifier.example/witness; not needed for a log's folder."
)
@json_option
@lang_option
def init(folder: Path, name: str | None, as_json: bool, lang: str) -> None:
    """Begin a witness with a key of its own, and print the key that others trust it by."""
    from hengtan.ledger import Refused
    from hengtan.ledger.witness import Witness, beside
    from hengtan.problems import HengtanError

    if _is_log(folder):
        witness = beside(folder)
    elif not name:
        raise click.UsageError("Missing option '--name'.")
    else:
        try:
            witness = Witness.create(folder, name)
        except Refused as refused:  # a name on the command line is usage, not evidence
            raise HengtanError(refused.problem) from None
    if as_json:
        click.echo(
            json.dumps({"name": witness.verifier.name, "vkey": witness.verifier.vkey}, ensure_ascii=False, indent=2)
        )
    else:
        click.echo(f"{_say('vkey', lang)}\n  {witness.verifier.vkey}")


@group.command("trust", short_help="Witness these logs from now on.")
@witness_argument
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@lang_option
def trust(folder: Path, keys: tuple[str, ...], lang: str) -> None:
    """Witness the logs of these verifier keys (or files with one, such as log.vkey) from now on.

    After a log has changed its key, trust the new one too.
    """
    witness = _witness(folder)
    for key in keys:
        click.echo(_say("trusted", lang, name=witness.trust(verifier(key).vkey).name))


@group.command("distrust", short_help="No longer take signatures of these keys.")
@witness_argument
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@lang_option
def distrust(folder: Path, keys: tuple[str, ...], lang: str) -> None:
    """No longer take signatures of these keys. What was cosigned stays known."""
    witness = _witness(folder)
    for known in [verifier(key) for key in keys]:
        witness.distrust(known)
        click.echo(_say("distrusted", lang, vkey=known.vkey))


@group.command("check", short_help="What it cosigned last; did a log fork?")
@witness_argument
@json_option
@lang_option
def check(folder: Path, as_json: bool, lang: str) -> None:
    """Show what the witness cosigned last for each log, and whether a log ever showed it a second history (exit 3)."""
    witness = _witness(folder)
    found = [_state(witness, origin) for origin in dict.fromkeys(each.name for each in witness.logs())]
    if as_json:
        record = {"name": witness.verifier.name, "vkey": witness.verifier.vkey, "logs": found}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{_say('vkey', lang)}\n  {witness.verifier.vkey}")
        for each in found:
            click.echo(_say("log" if each["time"] else "never", lang, name=each["origin"], **each))
            if each["conflicts"]:
                click.echo(_say("conflicts", lang, count=each["conflicts"], folder=each["folder"]))
        if not found:
            click.echo(_say("no_logs", lang))
    sys.exit(3 if any(each["conflicts"] for each in found) else 0)


def _state(witness: Witness, origin: str) -> dict[str, Any]:
    from hashlib import sha256

    from hengtan.ledger import time_of

    own, conflicts = witness.verifier, witness.folder / "logs" / sha256(origin.encode()).hexdigest() / "conflicts"
    latest = witness.latest(origin)
    times = [time_of(each) for each in latest[1].signatures if each.key_id == own.key_id] if latest else []
    return {
        "origin": origin,
        "size": latest[0].size if latest else 0,
        "time": _moment(times[0]) if times else None,
        "conflicts": len(list(conflicts.iterdir())) if conflicts.is_dir() else 0,
        "folder": str(conflicts),
    }


@group.command("serve", short_help="Answer the logs it trusts, over HTTP.")
@witness_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; 0.0.0.0 for other machines.")
@click.option("--port", type=click.IntRange(0, 65535), default=8801, show_default=True, help="0: any free one.")
@lang_option
def serve(folder: Path, host: str, port: int, lang: str) -> None:
    """Answer add-checkpoint requests (C2SP tlog-witness) of the logs it trusts, until Ctrl+C."""
    from hengtan.ledger.witness_server import server

    witness = _witness(folder)
    with server(witness, host, port) as running:
        url = f"http://{host}:{running.server_address[1]}/"
        click.echo(_say("serving", lang, name=witness.verifier.name, url=url))
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            return


@group.command("ask", short_help="Have a log's newest checkpoint cosigned.")
@folder_argument
@click.argument("witnesses", metavar="URL KEY...", nargs=-1, required=True)
@key_option
@known_option
@json_option
@lang_option
def ask(
    folder: Path, witnesses: tuple[str, ...], key_file: Path | None, known: tuple[Path, ...], as_json: bool, lang: str
) -> None:
    """Ask witnesses to cosign the newest checkpoint of the log in DIR, and publish what they give below it.

    Each witness is its URL and its key (or a file with it). One that is away or refuses stops none of the others (exit 3).
    """
    from hengtan.ledger.witness_client import Known, have_witnessed

    if len(witnesses) % 2:
        raise click.UsageError("Give the URL and the key of each witness.")
    asked = [Known(url, verifier(key)) for url, key in zip(witnesses[::2], witnesses[1::2], strict=True)]
    with opened(folder, key_file, known) as (log, _):
        answers = have_witnessed(log, asked)
        size = log.size
    if as_json:
        click.echo(json.dumps([_answer(each, size, lang) for each in answers], ensure_ascii=False, indent=2))
    for each in answers:
        if each.problem is not None:
            click.echo(f"{each.problem.code}: {each.problem.sentence(lang)}", err=True)
        elif not as_json:
            time = _answer(each, size, lang)["time"]
            click.echo(_say("cosigned", lang, name=each.witness.verifier.name, size=size, time=time))
    sys.exit(3 if any(each.problem for each in answers) else 0)


def _answer(asked: Asked, size: int, lang: str) -> dict[str, Any]:
    from hengtan.ledger import time_of

    return {
        "witness": asked.witness.verifier.name,
        "url": asked.witness.url,
        "size": size if asked.signature else None,
        "time": _moment(time_of(asked.signature)) if asked.signature else None,
        "problem": f"{asked.problem.code}: {asked.problem.sentence(lang)}" if asked.problem else None,
    }


def _moment(seconds: int) -> str:
    """RFC 3339; a witness may claim any time that 63 bits hold."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _is_log(folder: Path) -> bool:
    return (folder / "log.vkey").exists()


def _witness(folder: Path) -> Witness:
    from hengtan.ledger.witness import Witness, beside

    return beside(folder) if _is_log(folder) else Witness.open(folder)
