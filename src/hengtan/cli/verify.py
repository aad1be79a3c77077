"""``hengtan verify``: is this what was signed?"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .named import verifier
from .wrap import wrapped

if TYPE_CHECKING:
    from hengtan.evidence import Layer, Report
    from hengtan.evidence.findings import Tell
    from hengtan.problems import Problem

WORDS = {
    "log": ("Log {origin}", "账本 {origin}"),
    "run": ("Run {path}", "核算 {path}"),
    "package": ("Package {path}", "核查包 {path}"),
    "file": ("File {path}", "文件 {path}"),
    "entry": ("entry {index:,} of {origin}", "{origin} 的条目 {index:,}"),
    "root": ("root", "根"),
    "key": ("key", "密钥"),
    "given": ("the key you gave", "您给出的密钥"),
    "found": ("taken from PATH: compare it with the one that is published", "取自 PATH，请与公布的密钥核对"),
    "layer.log": ("1 consistent and signed", "1 自洽且已签名"),
    "layer.history": ("2 extends an older one", "2 延续旧检查点"),
    "layer.records": ("3 facts, runs, records", "3 数据、核算、记录"),
    "ok": ("ok", "通过"),
    "failed": ("FAILED", "未通过"),
    "not-checked": ("not checked", "未检查"),
    "give-since": ("give --since: one that you kept", "请用 --since 给出您保存的旧检查点"),
    "since": ("the one of size {size:,}", "旧检查点共 {size:,} 条"),
    "entries": ("{count:,} entries", "{count:,} 条"),
    "records": ("{count:,} records", "{count:,} 份记录"),
    "erased": ("{count:,} erased", "{count:,} 份已删除"),
    "facts": ("{count:,} facts", "{count:,} 个数据对象"),
    "files": ("{count:,} files", "{count:,} 个文件"),
    "reading.entries": ("Hashing the entries", "核算条目哈希"),
    "reading.records": ("Opening the records", "核对记录"),
    "reading.facts": ("Hashing the facts", "核对数据对象"),
    "error": ("error", "错误"),
    "warning": ("note", "提示"),
    "more": ("... and {count:,} more", "……另有 {count:,} 项"),
    "verified": ("Verified.", "验证通过。"),
    "refused": ("Not verified: layer {number} failed.", "验证未通过：第 {number} 层未通过。"),
}  # fmt: skip
LAYERS = ("log", "history", "records")
WIDTH = 80
SHOWN = 10
UNCONFIRMED = "verify.key-unconfirmed"


@click.command("verify")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    metavar="CHECKPOINT",
    help="An older checkpoint that you kept: the log must extend it.",
)
@click.option(
    "--vkey",
    metavar="KEY",
    help="The log's verifier key, or a file with it, as its owner publishes it. Without it the key in PATH is taken.",
)
@click.option(
    "--witness",
    "witnesses",
    metavar="KEY",
    multiple=True,
    help="Key of a witness that you trust, or a file with it: its cosignature must be there.",
)
@click.option("--facts", metavar="ROOT", help="Where the facts lie, if not in the log's folder: a path or URL.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
def command(
    paths: tuple[Path, ...],
    since: Path | None,
    vkey: str | None,
    witnesses: tuple[str, ...],
    facts: str | None,
    as_json: bool,
    lang: str,
) -> int:
    """Check PATH against what was signed: the folder of a log, of a run, of a verification package, its ZIP, or a single file such as run.json
    or report.pdf beside its .tlog-proof. Needs no configuration, no database and no network.

    Three layers, and it says which one failed: 1 the log is self-consistent and signed, every file that its size needs; 2 it
    extends the OLDER checkpoint that you kept; 3 every fact, run and record equals its entry and none lacks one.

    Exit 0: all that was checked holds; 3: something does not; 2: there is nothing to check.
    """
    from hengtan.evidence import cosigned, verify

    key = verifier(vkey).vkey if vkey is not None else None
    trusted = [verifier(each) for each in witnesses]
    with _watched(lang) as tell:
        reports = [cosigned(verify(path, since=since, vkey=key, facts=facts, tell=tell), trusted) for path in paths]
    if as_json:
        records = [_record(report, lang) for report in reports]
        text = json.dumps(records[0] if len(records) == 1 else records, ensure_ascii=False, indent=2)
        click.echo(text.encode("utf-8", "backslashreplace").decode())  # a name that is no UTF-8 is still told
    else:
        for number, report in enumerate(reports):
            if number:
                click.echo()
            for line in _lines(report, lang):
                click.echo(line)
    return 0 if all(report.ok for report in reports) else 3


@contextmanager
def _watched(lang: str) -> Iterator[Tell | None]:
    """A bar on a terminal only; a million entries and gigabytes of facts take their time."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)

        def tell(what: str, done: int, of: int) -> None:
            bar.update(task, description=_say(f"reading.{what}", lang), completed=done, total=of or None, visible=True)

        yield tell


def _say(word: str, lang: str, **values: object) -> str:
    return WORDS[word][lang == "zh"].format(**values)


def _lines(report: Report, lang: str) -> Iterator[str]:
    found = report.checkpoint
    origin = _shown(found.origin if found else report.path)
    title = _say(report.what, lang, origin=origin, path=_shown(report.path))
    if found and report.index is None:
        title += f"{'，' if lang == 'zh' else ', '}{_counted('entries', found.size, lang)}"
    yield click.style(title, bold=True)
    if found:
        if report.index is not None:
            yield f"  {_say('entry', lang, index=report.index, origin=origin)}"
        yield f"  {_padded(_say('root', lang), 5)} {base64.b64encode(found.root).decode()}"
    if report.vkey:
        yield f"  {_padded(_say('key', lang), 5)} {_shown(report.vkey)}"
        yield f"        {_say('given' if report.trusted else 'found', lang)}"
    for layer in report.layers:
        colour = {"ok": "green", "failed": "red", "not-checked": "yellow"}[layer.state]
        state, about = _say(layer.state, lang), _about(report, layer, lang)
        gap = _padded(state, 12)[len(state) :] if about else ""
        yield f"  {_padded(_say(f'layer.{layer.name}', lang), 25)}{click.style(state, fg=colour)}{gap}{about}"
        problems = [problem for problem in layer.problems if problem.code != UNCONFIRMED]  # said beside the key
        for problem in problems[:SHOWN]:
            yield _told(problem, report.path, lang)
        if len(problems) > SHOWN:
            yield f"    {_say('more', lang, count=len(problems) - SHOWN)}"
    if report.ok:
        yield click.style(_say("verified", lang), fg="green")
    else:
        yield click.style(_say("refused", lang, number=LAYERS.index(report.failed) + 1), fg="red", bold=True)


def _about(report: Report, layer: Layer, lang: str) -> str:
    """What was looked at, in a few words."""
    if layer.name == "history":
        if layer.state == "not-checked" and not layer.problems and report.since is None:
            return _say("give-since", lang)
        return _say("since", lang, size=report.since.size) if report.since and layer.state == "ok" else ""
    comma = "，" if lang == "zh" else ", "
    shown = [(name, count) for name, count in layer.counts.items() if name in WORDS and (count or layer.state == "ok")]
    return comma.join(_counted(name, count, lang) for name, count in shown)


def _counted(name: str, count: int, lang: str) -> str:
    words = _say(name, lang, count=count)
    return words.replace("entries", "entry").removesuffix("s") if count == 1 and lang == "en" else words


def _told(problem: Problem, path: Path, lang: str) -> str:
    """Kind, code and place in one line, what is wrong and how to mend it below; files as seen from what is verified."""
    place = _shown(problem.place(lang).replace(f"{path}{os.sep}", "", 1))
    head = f"    {_say(problem.severity, lang)} {problem.code}{f'  {place}' if place else ''}"
    gap = "" if lang == "zh" else " "
    return f"{head}\n      {wrapped(_shown(problem.reason(lang) + gap + problem.mend(lang)), WIDTH - 8, ' ' * 6)}"


def _shown(text: object) -> str:
    """Without what moves a terminal's cursor or turns its text about: names in the evidence are somebody else's words."""
    return "".join(each if each.isprintable() or each == "\u3000" else f"\\u{ord(each):04x}" for each in str(text))


def _padded(text: str, width: int) -> str:
    """To this many columns; a Chinese character takes two."""
    from unicodedata import east_asian_width

    taken = sum(1 + (east_asian_width(character) in "WF") for character in text)
    return text + " " * max(1, width - taken)


def _record(report: Report, lang: str) -> dict[str, Any]:
    found, since = report.checkpoint, report.since
    return {
        "ok": report.ok,
        "failed": report.failed,
        "path": str(report.path),
        "what": report.what,
        "origin": found.origin if found else None,
        "size": found.size if found else None,
        "root": base64.b64encode(found.root).decode() if found else None,
        "index": report.index,
        "vkey": report.vkey,
        "vkey_given": report.trusted,
        "since": since.size if since else None,
        "layers": [
            {
                "layer": layer.name,
                "state": layer.state,
                "counts": dict(layer.counts),
                "problems": [
                    {
                        "code": problem.code,
                        "severity": problem.severity,
                        "file": problem.file,
                        "reason": problem.reason(lang),
                        "mend": problem.mend(lang),
                    }
                    for problem in layer.problems
                ],
            }
            for layer in report.layers
        ],
    }
