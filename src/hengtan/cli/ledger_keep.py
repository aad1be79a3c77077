"""``hengtan ledger export, serve``: the public half of a log, for others."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .ledger_write import folder_argument, json_option, lang_option

WORDS = {
    "exported": ("{size:,} entries, all that is public: {target}", "共 {size:,} 条，全部公开内容：{target}"),
    "serving": ("Serving {folder} at {url} (Ctrl+C ends)", "正在 {url} 提供 {folder}（按 Ctrl+C 结束）"),
}


@click.command("export")
@folder_argument
@click.argument("target", metavar="TARGET", type=click.Path(path_type=Path))
@json_option
@lang_option
def export(folder: Path, target: Path, as_json: bool, lang: str) -> None:
    """Copy all that is public of the log in DIR to TARGET, for a web server or an auditor: checkpoint, log.vkey and tiles.

    The log is verified on the way, and `private/` stays behind. Exporting onto an earlier copy brings that up to date; a
    TARGET that is no beginning of this log is refused.
    """
    from hengtan.ledger.export import export as copy

    size = copy(folder, target)
    if as_json:
        click.echo(json.dumps({"target": str(target), "size": size}, ensure_ascii=False, indent=2))
    else:
        click.echo(WORDS["exported"][lang == "zh"].format(size=size, target=target))


@click.command("serve")
@folder_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; 0.0.0.0 for other machines.")
@click.option("--port", type=click.IntRange(0, 65535), default=8800, show_default=True, help="0: any free one.")
@lang_option
def serve(folder: Path, host: str, port: int, lang: str) -> None:
    """Serve the public files of the log in DIR over HTTP, with the headers of C2SP tlog-tiles, until Ctrl+C.

    Nothing but checkpoint, log.vkey and tiles has a path; any static web server does as well on an exported copy.
    """
    from hengtan.ledger.serve import server

    with server(folder, host, port) as running:
        url = f"http://{host}:{running.server_address[1]}/"
        click.echo(WORDS["serving"][lang == "zh"].format(folder=folder, url=url))
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            return
