"""The Chinese catalogues of the web application: gathers what is marked in code and templates, and compiles it.

An app with a folder ``locale`` keeps the sentences that it alone says; the others, and what several say, stand in the central one.

.venv/bin/python scripts/catalogues.py           # new sentences get a place in django.po; fill it in
.venv/bin/python scripts/catalogues.py compile   # django.mo, which is kept beside it

"""

import io
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

WEB = Path(__file__).resolve().parent.parent / "src/hengtan/web"
NAME = "locale/zh_Hans/LC_MESSAGES/django.po"
PO = WEB / NAME
APPS = sorted(folder.parent for folder in WEB.glob("*/locale"))
CATALOGUES = [PO, *(app / NAME for app in APPS)]
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2), "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
CALL = re.compile(r"""\w*gettext\((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^()'"])*\)""")
FOREIGN = (  # sentences of Django and allauth whose own catalogue lacks them or says them otherwise
    (
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
)
HEAD = {"project": "hengtan", "version": "1", "copyright_holder": "The hengtan contributors", "fuzzy": False,
        "msgid_bugs_address": "the issue tracker", "last_translator": "The hengtan contributors", "language_team": "zh",
        "header_comment": "# The Chinese of the web application. Gathered and compiled by scripts/catalogues.py.",
        "creation_date": datetime(2026, 11, 1, tzinfo=UTC), "revision_date": datetime(2026, 11, 1, tzinfo=UTC)}  # fmt: skip


def gathered(po: Path = PO) -> Catalog:
    """Every sentence that is marked in the code and templates to which this catalogue belongs."""
    found = Catalog(locale="zh_Hans", **HEAD)
    home = po.parents[3]
    central = kept() if po != PO else None
    for path in sorted([*home.rglob("*.py"), *home.rglob("*.html"), *home.rglob("*.txt")]):
        if po == PO and any(path.is_relative_to(app) for app in APPS):
            continue
        text = path.read_text("utf-8")
        if path.suffix != ".py":
            text = templatize(text, origin=str(path))
            text = "\n".join(CALL.findall(text))
        for _line, message, _comments, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
            if central is None or central.get(message, context) is None:
                found.add(message, locations=[(path.relative_to(WEB).as_posix(), 0)], context=context)
    for each in FOREIGN if po == PO else ():
        found.add(each, locations=[("foreign", 0)], flags=("python-format",))
    return found


def kept(po: Path = PO) -> Catalog:
    """What stands in the file."""
    with po.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def update(po: Path) -> None:
    """New sentences in, those that are gone out; translations stay."""
    old = kept(po) if po.exists() else Catalog(locale="zh_Hans")
    new = gathered(po)
    for message in new:
        before = old.get(message.id, message.context) if message.id else None
        if before and before.string and isinstance(before.id, str) == isinstance(message.id, str):
            message.string = before.string
    po.parent.mkdir(parents=True, exist_ok=True)
    with po.open("wb") as file:
        write_po(file, new, width=120, sort_output=True, include_lineno=False, omit_header=False)
    missing = [message.id for message in new if message.id and not translated(message.string)]
    print(f"{po.relative_to(WEB)}: {len(list(new))} sentences, {len(missing)} without translation")
    for each in missing:
        print(repr(each))


def translated(string: object) -> bool:
    """Whether every form of it is there."""
    return all(string) if isinstance(string, (list, tuple)) else bool(string)


def compiled(po: Path = PO) -> bytes:
    """The catalogue as gettext reads it."""
    out = io.BytesIO()
    write_mo(out, kept(po))
    return out.getvalue()


if __name__ == "__main__":
    for each in CATALOGUES:
        if sys.argv[1:] == ["compile"]:
            each.with_suffix(".mo").write_bytes(compiled(each))
        else:
            update(each)
