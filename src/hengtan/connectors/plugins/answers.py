"""What people answered to the fields of a connector, as it needs them; each refusal names the field."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NoReturn

from hengtan.problems import HengtanError, Problem

from .contract import Settings


def refuse(name: str, en: str, zh: str) -> NoReturn:
    """This field cannot be used, and why."""
    raise HengtanError(Problem("source.setting", column=name, values={"field": name, "why_en": en, "why_zh": zh}))


def text(settings: Settings, name: str) -> str:
    """What must be there."""
    value = settings.get(name, "").strip()
    if not value:
        refuse(name, "it is empty", "未填写")
    return value


def number(settings: Settings, name: str, default: int, least: int, most: int) -> int:
    """A whole number within limits."""
    value = settings.get(name, "").strip()
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or not least <= int(value[:12]) <= most:
        refuse(name, f"give a whole number from {least} to {most}", f"请填写 {least} 至 {most} 的整数")
    return int(value)


def choice(settings: Settings, name: str, choices: tuple[str, ...]) -> str:
    """One of them; the first without an answer."""
    value = settings.get(name, "").strip() or choices[0]
    if value not in choices:
        refuse(name, f"choose one of {', '.join(choices)}", f"请从 {'、'.join(choices)} 中选择")
    return value


def table(settings: Settings, name: str, columns: int) -> dict[str, tuple[str, ...]]:
    """Lines ``key = a, b, c``; further columns may be left out."""
    found: dict[str, tuple[str, ...]] = {}
    for number_, line in enumerate(settings.get(name, "").splitlines(), 1):
        if not line.strip():
            continue
        left, sign, right = line.partition("=")
        cells = tuple(cell.strip() for cell in right.split(","))
        if not sign or not left.strip() or len(cells) > columns or not cells[0]:
            refuse(name, f"line {number_} is not of the form key = value", f"第 {number_} 行不符合 键 = 值 的格式")
        found[left.strip()] = cells + ("",) * (columns - len(cells))
    return found


def fits(name: str, patterns: str) -> bool:
    """Whether a file's name is one of ``*.csv, *.xlsx``; hidden ones never are."""
    wanted = [each.strip().lower() for each in patterns.split(",") if each.strip()] or ["*"]
    return not name.startswith((".", "~")) and any(fnmatchcase(name.lower(), each) for each in wanted)
