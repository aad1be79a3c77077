"""A folder that is watched: every new file in it comes in once; nothing in it is changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from hengtan.problems import HengtanError, Problem

from .answers import fits, number, text
from .contract import MOST_BYTES, NUMBER, Asked, Connector, Failed, Fetched, Field, Item, Settings

MOST_FILES = 2000

FIELDS = (
    Field(
        "folder", {"en": "Folder", "zh": "文件夹"},
        help={"en": "Within the folder of this organisation, as bills or bills/2025.", "zh": "本组织文件夹内的路径，例如 bills 或 bills/2025。"},
    ),
    Field(
        "pattern", {"en": "Files", "zh": "文件名"}, required=False, default="*.csv, *.xlsx",
        help={"en": "Names, separated by commas; * stands for anything.", "zh": "多个文件名以逗号分隔，* 代表任意字符。"},
    ),
    Field(
        "settled_s", {"en": "Left alone for (seconds)", "zh": "静置时间（秒）"}, NUMBER, required=False, default="30",
        help={"en": "A file that was changed since is still being written.", "zh": "在此时间内有改动的文件视为仍在写入。"},
    ),
)  # fmt: skip


def fetch(settings: Settings, asked: Asked) -> Iterator[Item]:
    """Files that are new, the oldest first."""
    for path, mark in files(settings, asked):
        if asked.seen(mark):
            continue
        try:
            yield Fetched(path.name, copied(path, asked), mark=mark)
        except HengtanError as wrong:
            yield Failed(path.name, wrong.problems[0])


def files(settings: Settings, asked: Asked) -> list[tuple[Path, str]]:
    """Files that nobody writes any more, the oldest first, each with the mark of its state."""
    folder = asked.reach.folder(text(settings, "folder"))
    pattern, settled = settings.get("pattern", "") or "*", number(settings, "settled_s", 30, 0, 86_400)
    if not folder.is_dir():
        raise HengtanError(Problem("source.no-folder", values={"folder": str(folder)}))
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not fits(entry.name, pattern) or not entry.is_file(follow_symlinks=False):
                continue
            told = entry.stat(follow_symlinks=False)
            if asked.now.timestamp() - told.st_mtime >= settled:
                found.append((told.st_mtime_ns, Path(entry.path), f"{entry.name}|{told.st_size}|{told.st_mtime_ns}"))
    return [(path, mark) for _time, path, mark in sorted(found)[:MOST_FILES]]


def copied(path: Path, asked: Asked) -> Path:
    """The file in the folder of this fetch, where nobody changes it; no link is followed."""
    target = asked.work / f"file{path.suffix.lower()[:12]}"
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(handle, "rb") as source, target.open("wb") as out:
            if os.fstat(handle).st_size > MOST_BYTES:
                raise HengtanError(Problem("source.too-large", values={"most": str(MOST_BYTES >> 20)}))
            shutil.copyfileobj(source, out, 1 << 20)
    except OSError as fault:
        raise HengtanError(Problem("source.unreadable", values={"why": fault.strerror or "?"})) from None
    return target


CONNECTOR = Connector(
    title={"en": "Watched folder", "zh": "监视文件夹"},
    note={
        "en": "New files in a folder of the server come in once each.",
        "zh": "服务器文件夹中的新文件自动导入，每个文件只导入一次。",
    },
    fields=FIELDS,
    fetch=fetch,
    scheme="file",
)
