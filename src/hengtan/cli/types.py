"""``hengtan types``: what an activity may be called."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from .wrap import wrapped

if TYPE_CHECKING:
    from hengtan.factors import ActivityType

_WIDTH, _INDENT = 80, "    "
_GENERATED = ("spend.naics.", "wtt.")  # thousands of names on one pattern: listed when asked for
_WORDS = {
    "none": {
        "en": "No activity type for “{text}”. Nearest: {near}.",
        "zh": "没有与“{text}”相符的活动类型。最接近：{near}。",
    },
    "more": {
        "en": "{count} more on the patterns spend.naics.<code> and wtt.<type>: hengtan types spend, hengtan types wtt",
        "zh": "另有 {count} 个按 spend.naics.<代码> 与 wtt.<类型> 命名：hengtan types spend、hengtan types wtt",
    },
}


@click.command("types")
@click.argument("text", required=False, default="")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the titles."
)
def command(text: str, as_json: bool, lang: str) -> None:
    """List the activity types, or those whose id, title or alias holds TEXT (English or Chinese)."""
    from hengtan.factors import near_types, types

    found = _matching(text) if text.strip() else list(types().values())
    plain = [kind for kind in found if not kind.id.startswith(_GENERATED)]
    if as_json:
        click.echo(json.dumps([_record(kind) for kind in found], ensure_ascii=False, indent=1))
    elif not found:
        near = ", ".join(near_types(text)) or "-"
        click.echo(wrapped(_WORDS["none"][lang].format(text=text, near=near), _WIDTH, _INDENT), err=True)
    else:
        asked = any(pattern.split(".")[0] in text.casefold() for pattern in _GENERATED)
        shown = found if asked or not plain else plain
        for kind in shown:
            click.echo(_lines(kind, lang))
        if len(shown) < len(found):
            click.echo(wrapped(_WORDS["more"][lang].format(count=len(found) - len(shown)), _WIDTH, ""))
    if not found:
        sys.exit(3)


def _matching(text: str) -> list[ActivityType]:
    """The type that the text names, then those that hold it somewhere."""
    from hengtan.factors import find_type, types
    from hengtan.factors.taxonomy import folded

    named, part = find_type(text), folded(text)
    rest = [
        kind
        for kind in types().values()
        if kind != named and any(part in folded(name) for name in (kind.id, *kind.title.values(), *kind.aliases))
    ]
    rest.sort(key=lambda kind: kind.id.count("."))
    return [*([named] if named else []), *rest]


def _place(kind: ActivityType) -> str:
    if kind.scope is None:
        return "-"
    return f"3.{kind.category}" if kind.scope == 3 else f"{kind.scope} {kind.category}"


def _lines(kind: ActivityType, lang: str) -> str:
    """The id, where it belongs and its units; below, its title and other names. No line is wider than 80 columns."""
    aliases = ("、" if lang == "zh" else ", ").join(kind.aliases[:6])
    told = kind.title[lang] + ((f"（{aliases}）" if lang == "zh" else f" ({aliases})") if aliases else "")
    head = f"{kind.id:<38} {_place(kind):<13} {' '.join(kind.units[:5])}".rstrip()
    if len(head) > _WIDTH:
        head = f"{kind.id} {_place(kind)}\n{_INDENT}{' '.join(kind.units[:5])}"
    return f"{head}\n{_INDENT}{wrapped(told, _WIDTH - len(_INDENT), _INDENT)}"


def _record(kind: ActivityType) -> dict[str, object]:
    return {
        "activity_type": kind.id,
        "title": dict(kind.title),
        "aliases": list(kind.aliases),
        "scope": kind.scope,
        "category": kind.category,
        "carrier": kind.carrier,
        "units": list(kind.units),
        "note": kind.note,
    }
